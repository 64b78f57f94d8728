"""The exercises of the lessons: what is right, the usual mistakes, and what is said to each.

Every lesson has a module here, named after it (nb03 for 03_benchmark_cnn), that lists its
exercises. An answer is judged by what it does: it is put through the same probe as the right answer
and as the answer of every usual mistake, and what it agrees with names the verdict.
"""

import html
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np

from ...support.errors import first_line

MIME = "application/vnd.sfxtutor.check+json"  # a verdict among a cell's outputs; see grading
UNANSWERED, FAILED, OTHER = "not answered", "raised an error", "none of the usual mistakes"
NOTHING = "Your function returns nothing yet. Write its body and let it return a value."
ELSE = "The values differ from what is expected. Try it on a case that you can do by hand."


@dataclass(frozen=True)
class Mistake:
    """A usual mistake.

    Attributes
    ----------
    name : str
        In a few words, for the instructor's table: "axis swapped".
    answer : callable
        Without arguments; returns what somebody hands in who makes this mistake.
    says : str
        To the student: what happened and why it is wrong, a sentence or two, not the solution.
    talk : str
        To the instructor: a question or a remark that clears it up in class.
    fits : callable, optional
        Takes what the probe gave for the student's answer; True where it shows this mistake.
        Default: it agrees with what the probe gives for `answer`.
    """

    name: str
    answer: Callable
    says: str
    talk: str
    fits: Callable | None = None


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    id : str
        Lesson and number: "nb03.q2", or "nb03.g1" for a graded task.
    title : str
    reference : callable
        Without arguments; returns the right answer.
    right : str
        What is said to a right answer: what to keep from it.
    mistakes : tuple of Mistake
        The more particular first.
    probe : callable
        Takes an answer (a number, an array, a function ...), returns what is compared: a number,
        a string, an array, or a tuple or dict of these. Default: the answer itself.
    tolerance : float
        Relative, and absolute near zero.
    accepts : callable, optional
        Where many answers are right: takes what the probe gave, returns whether it will do.
    """

    id: str
    title: str
    reference: Callable
    right: str
    mistakes: tuple = ()
    probe: Callable = lambda answer: answer
    tolerance: float = 1e-4
    accepts: Callable | None = None


@dataclass(frozen=True)
class Verdict:
    """What `check` found: shown in a notebook as one sentence or two, true where it passed."""

    id: str
    passed: bool
    diagnosis: str  # "" where passed, else a mistake's name
    text: str

    def __bool__(self):
        return self.passed

    def __str__(self):
        return f"{'Right' if self.passed else 'Not yet'} ({self.id}). {self.text}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        mark, colour = ("✓", "#009e73") if self.passed else ("✗", "#d55e00")
        head, _, text = html.escape(str(self)).partition(". ")
        page = (
            f'<div role="status" style="border-left:4px solid {colour};padding:4px 12px">'
            f"<b>{mark} {head}.</b> {text}</div>"
        )
        return {"text/plain": str(self), "text/html": page, MIME: asdict(self)}


def check(id, answer=...):
    """Judge the answer to an exercise, and say what is wrong with it.

    Parameters
    ----------
    id : str
        Such as "nb03.q2".
    answer : object
        What the exercise asks for; ``...`` while it is not answered.

    Returns
    -------
    Verdict

    Raises
    ------
    KeyError
        There is no such exercise.
    """
    exercise = find(id)
    if answer is ... or answer is None:
        return Verdict(id, False, UNANSWERED, "Replace the dots by your answer, then run again.")
    try:
        found = exercise.probe(answer)
    except Exception as error:  # whatever a student's code raises is the verdict
        if isinstance(error, TypeError) and re.search("NoneType|ellipsis", str(error)):
            return Verdict(id, False, UNANSWERED, NOTHING)
        return Verdict(id, False, FAILED, f"Your answer raised {describe(error)}.")
    if is_nothing(found):
        return Verdict(id, False, UNANSWERED, NOTHING)
    expected = exercise.probe(exercise.reference())
    if (exercise.accepts or agrees_with(expected, exercise.tolerance))(found):
        return Verdict(id, True, "", exercise.right)
    for mistake in exercise.mistakes:
        fits = mistake.fits or agrees_with(exercise.probe(mistake.answer()), exercise.tolerance)
        if fits(found):
            return Verdict(id, False, mistake.name, mistake.says)
    return Verdict(id, False, OTHER, difference(found, expected))


def find(id):
    """The `Exercise` of that id; KeyError, naming those there are, where there is none."""
    lesson = str(id).partition(".")[0]
    known = {exercise.id: exercise for exercise in (of(lesson) if lesson in lessons() else ())}
    if id not in known:
        there = ", ".join(known or lessons())
        raise KeyError(f"Found no exercise {id!r}, expected one of: {there}. Look at its heading.")
    return known[id]


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


def agrees_with(expected, tolerance):
    """Function that tells whether what a probe gave agrees with `expected`."""
    return lambda found: agree(found, expected, tolerance)


def agree(found, expected, tolerance):
    """Whether two results of a probe are the same: kind, shape, and values within `tolerance`."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(agree(found[key], expected[key], tolerance) for key in expected)
        )
    if isinstance(expected, tuple | list):
        return (
            isinstance(found, tuple | list | np.ndarray)
            and len(found) == len(expected)
            and all(agree(*pair, tolerance) for pair in zip(found, expected, strict=True))
        )
    if isinstance(expected, str):
        return isinstance(found, str) and found.strip().lower() == expected.strip().lower()
    try:
        found, expected = np.asarray(found, float), np.asarray(expected, float)
    except (TypeError, ValueError):
        return False
    return found.shape == expected.shape and bool(
        np.allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    )


def is_nothing(found):
    """Whether a probe gave nothing: None, dots, or a collection of nothing else."""
    parts = found.values() if isinstance(found, dict) else found
    if isinstance(found, tuple | list | dict):
        return all(is_nothing(part) for part in parts)
    return found is None or found is ...


def difference(found, expected):
    """In a sentence, how two results of a probe differ, without giving the answer away."""
    parts = isinstance(expected, tuple | list) and isinstance(found, tuple | list | np.ndarray)
    if parts and len(found) == len(expected):
        pairs = zip(found, expected, strict=True)
        return next((difference(*pair) for pair in pairs if not agree(*pair, 1e-4)), ELSE)
    text = isinstance(found, str), isinstance(expected, str)
    if text[0] != text[1] or isinstance(found, dict) != isinstance(expected, dict):
        kinds = type(found).__name__, type(expected).__name__
        return f"Found {kinds[0]}, expected {kinds[1]}. Read the task again, or open a hint."
    try:
        shapes = np.shape(found), np.shape(expected)
    except ValueError:  # ragged
        return f"Found {len(found)} parts of other shapes than expected. Open a hint."
    if shapes[0] != shapes[1]:
        return f"Found values of shape {shapes[0]}, expected {shapes[1]}. Open a hint."
    return ELSE


def describe(error):
    """Kind and first line of an error."""
    kind, first = type(error).__name__, first_line(error)
    return kind if first == kind else f"{kind}: {first}"
