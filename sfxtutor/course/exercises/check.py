"""The exercises of the lessons: what is right, the usual mistakes, and what is said to each.

Every lesson has a module here, named after it (nb03 for 03_benchmark_cnn), that lists its
exercises. An answer is judged by what it does: it is put through the same probe as the right answer
and as the answer of every usual mistake, and what it agrees with names the result.
"""

import html
import os
import re
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from ...support.errors import first_line
from .cases import Recorded, direction, is_function, last_case, wrong_case
from .compare import ELSE, agrees_with, difference, is_nothing, parts_right
from .own import FOLDER, own_exercises

MIME = "application/vnd.sfxtutor.check+json"  # a result among a cell's outputs; see grading
UNANSWERED, FAILED, OTHER = "not answered", "raised an error", "none of the usual mistakes"
LATER = "checked when graded"  # an instructor's own exercise, of which students have nothing
NOTHING = "Your function returns nothing yet. Write its body and let it return a value."


@dataclass(frozen=True)
class Result:
    """What `check` found: shown in a notebook as one sentence or two, true where it passed.

    One that is only checked later is true as well, so that no assert stops the student.
    """

    id: str
    passed: bool
    diagnosis: str  # "" where passed, else a mistake's name
    text: str
    detail: str = ""  # what was measured, or the case that went wrong
    share: float = 0.0  # of the parts that are right, where the exercise names parts

    def __bool__(self):
        return self.passed or self.diagnosis == LATER

    def __str__(self):
        heads = {"": "Right", LATER: "Not checked yet"}
        head = f"{heads.get(self.diagnosis, 'Not yet')} ({self.id}). {self.text}"
        return f"{head} {self.detail}".rstrip()

    def _repr_mimebundle_(self, include=None, exclude=None):
        marks = {"": ("✓", "#009e73"), LATER: ("…", "#56606b")}
        mark, colour = marks.get(self.diagnosis, ("✗", "#d55e00"))
        head, _, text = html.escape(str(self)).partition(". ")
        page = (
            f'<div role="status" style="border-left:4px solid {colour};padding:4px 12px">'
            f"<b>{mark} {head}.</b> {text}</div>"
        )
        return {"text/plain": str(self), "text/html": page, MIME: asdict(self)}


def check(id: str, answer: object = ...) -> Result:
    """Judge the answer to an exercise, and say what is wrong with it.

    Parameters
    ----------
    id : str
        Such as "nb03.q2".
    answer : object
        What the exercise asks for; ``...`` while it is not answered.

    Returns
    -------
    Result

    Raises
    ------
    KeyError
        There is no such exercise.
    """
    if is_for_later(id):
        return Result(id, False, LATER, "This task is checked when it is graded.")
    exercise = find(id)
    if answer is ... or answer is None:
        return Result(id, False, UNANSWERED, "Replace the dots by your answer, then run again.")
    recorded = Recorded(answer) if is_function(answer) else answer
    try:
        value = exercise.probe(recorded)
    except Exception as error:  # whatever a student's code raises is the result
        if isinstance(error, TypeError) and re.search("NoneType|ellipsis", str(error)):
            return Result(id, False, UNANSWERED, NOTHING)
        detail = last_case(recorded) if is_function(answer) else ""
        return Result(id, False, FAILED, f"Your answer raised {error_text(error)}.", detail)
    if is_nothing(value):
        return Result(id, False, UNANSWERED, NOTHING)
    detail = exercise.report(value) if exercise.report else ""
    if passes(exercise, value):
        return Result(id, True, "", exercise.right, detail, 1.0)
    return with_share(exercise, value, diagnosed(exercise, answer, value, detail))


def diagnosed(exercise, answer, value, detail):
    """The `Result` of an answer that is not right: a known mistake, or how it differs."""
    for mistake in exercise.mistakes:
        fits = mistake.fits or agrees_with(exercise.probe(mistake.answer()), exercise.tolerance)
        if fits(value):
            return Result(exercise.id, False, mistake.name, mistake.says, detail)
    return unknown(exercise, answer, value)


def with_share(exercise, value, result):
    """A `Result` with the share of the exercise's parts that are right, and their names."""
    if not exercise.parts:
        return result
    expected = exercise.probe(exercise.reference())
    right = parts_right(value, expected, exercise.parts, exercise.tolerance)
    text = f"Of the {len(exercise.parts)} parts right: {', '.join(right) or 'none'}."
    detail = f"{result.detail} {text}".strip()
    return replace(result, detail=detail, share=len(right) / len(exercise.parts))


def passes(exercise, value):
    """Whether what a probe gave is right."""
    if exercise.accepts:
        return exercise.accepts(value)
    return agrees_with(exercise.probe(exercise.reference()), exercise.tolerance)(value)


def unknown(exercise, answer, value):
    """The `Result` of an answer that no known mistake fits: how it differs, and one case."""
    expected = exercise.probe(exercise.reference())
    text = difference(value, expected)
    if is_function(answer):
        detail = wrong_case(exercise, answer)
    else:
        detail = "" if exercise.graded else direction(value, expected)
    if text == ELSE and not detail:
        detail = "Try it on a case that you can do by hand."
    return Result(exercise.id, False, OTHER, text, detail)


def find(id):
    """The `Exercise` of that id; KeyError, naming those there are, where there is none."""
    lesson = str(id).partition(".")[0]
    there = of(lesson) if lesson in lessons() else own_exercises(lesson)
    known = {exercise.id: exercise for exercise in there}
    if id not in known:
        names = ", ".join(known or lessons())
        raise KeyError(f"Found no exercise {id!r}, expected one of: {names}. Look at its heading.")
    return known[id]


def is_for_later(id):
    """Whether an id is that of an instructor's own task, and we are not where it is graded."""
    own = re.fullmatch(r"(?!nb\d\d\.)\w+\.g\w+", str(id))
    return bool(own) and FOLDER not in os.environ


def lessons():
    """Names of the lessons that have exercises: ["nb00", ...]."""
    return sorted(
        module.name
        for module in iter_modules([str(Path(__file__).parent)])
        if module.name[:2] == "nb"
    )


def of(lesson):
    """The exercises of a lesson ("nb03"), in their order; a tuple."""
    return import_module(f".{lesson}", __package__).EXERCISES


def every():
    """All exercises of the course, in its order; a list."""
    return [exercise for lesson in lessons() for exercise in of(lesson)]


def error_text(error):
    """Kind and first line of an error."""
    kind, first = type(error).__name__, first_line(error)
    return kind if first == kind else f"{kind}: {first}"
