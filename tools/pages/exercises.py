"""The table of exercises and mistakes in docs/instructor.md.

Every mistake is handed in, and the table says which diagnosis it got.
"""

import sfxtutor as sfx
from sfxtutor.course.exercises.check import every

from .markdown import table


def block():
    """A line a mistake: exercise, mistake, what the student reads, talking point."""
    lines = []
    for exercise in every():
        title = f"{exercise.id} {exercise.title}"
        for mistake in exercise.mistakes:
            result = sfx.check(exercise.id, mistake.answer())
            cells = (title, result.diagnosis, result.text, mistake.talk)
            lines.append([cell.replace("|", "&#124;") for cell in cells])
            title = ""
    return table(("Exercise", "Mistake recognised", "The student reads", "In class"), lines)
