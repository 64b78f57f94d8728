"""What an exercise is: answers, right and wrong, and the words that go with them.

The answers stand in nbNN.py; what is said of them, to students and instructors, in words/nbNN.toml.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..words import read

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True)
class Mistake:
    """A usual mistake.

    Attributes
    ----------
    answer : callable
        Without arguments; returns what somebody hands in who makes this mistake.
    fits : callable, optional
        Takes what the probe gave for the student's answer; True where it shows this mistake.
        Default: it agrees with what the probe gives for `answer`.
    name : str
        In a few words, for the instructor's table: "axis swapped".
    says : str
        To the student: what happened and why it is wrong, a sentence or two, not the solution.
    talk : str
        To the instructor: a question or a remark that clears it up in class.
    """

    answer: Callable
    fits: Callable | None = None
    name: str = ""
    says: str = ""
    talk: str = ""


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
    report : callable, optional
        Takes what the probe gave, returns what was measured, in a sentence that is always shown.
    parts : tuple of str
        Names of the parts of an answer, where some of them right are worth something: the check
        names those that are, and grading may give part of the points.
    """

    id: str
    title: str
    reference: Callable
    right: str
    mistakes: tuple = ()
    probe: Callable = lambda answer: answer
    tolerance: float = 1e-4
    accepts: Callable | None = None
    report: Callable | None = None
    parts: tuple = ()

    @property
    def graded(self):
        """Whether it is a task of an assignment, whose answer is not given away."""
        return ".g" in self.id


def exercise(id, reference, mistakes=None, **options):
    """An `Exercise` with its words.

    Parameters
    ----------
    id : str
        Such as "nb03.q2".
    reference : callable
    mistakes : dict, optional
        Of a mistake's name, as in the words, to its answer or to a `Mistake`.
    **options
        `probe`, `tolerance`, `accepts`, `report`, `parts`.

    Raises
    ------
    KeyError
        The words of the exercise or of a mistake are missing.
    """
    lesson, _, number = id.partition(".")
    texts = words(lesson)[number]
    return Exercise(
        id,
        texts["title"],
        reference,
        texts["right"],
        tuple(worded(name, how, texts["mistakes"][name]) for name, how in (mistakes or {}).items()),
        **options,
    )


def worded(name, how, texts):
    how = how if isinstance(how, Mistake) else Mistake(how)
    return replace(how, name=name, says=texts["says"], talk=texts["talk"])


@lru_cache
def words(lesson):
    """The words of a lesson's exercises, "nb03": dict of "q2" to title, right and mistakes."""
    return read(WORDS / f"{lesson}.toml")
