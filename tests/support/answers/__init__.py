"""Wrong answers as students write them, one module a lesson, for tests/test_exercises.py.

Each module holds ``WRONG``: {(exercise, mistake): source}. They are written apart from the answers
in `sfxtutor.course.exercises`, so that a diagnosis is tested on code that it was not made from.
"""
