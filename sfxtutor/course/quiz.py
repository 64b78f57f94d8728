"""Multiple-choice questions at the ends of sections; each choice says why it is right or wrong.

The questions are in quizzes/nbNN.toml. Each choice is an HTML `<details>`, which browsers open by
mouse and by keyboard without a script, a kernel or a network: a question works alike in JupyterLab,
on Colab and on the static pages, and saves no state. The library jupyterquiz 2.9 runs a script,
which the static pages drop; it loads MathJax from the network, and in JupyterLab 4 the arrow keys
that should reach its second choice go to the next cell.
"""

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from .words import read

FOLDER = Path(__file__).parent / "quizzes"
LETTERS = "abcdef"
BOX = "border: 1px solid; border-radius: 4px; padding: 0.2em 1em 0.6em; margin: 0.5em 0"
CHOICE = "border: 0; padding: 0; margin: 0.3em 0"
SUMMARY = (
    "cursor: pointer; font-weight: normal; padding: 0.2em 0.2em 0.2em 1.5em; text-indent: -1.3em"
)
SAYS = "border-left: 4px solid {}; margin: 0.2em 0 0.2em 1.2em; padding: 0.2em 0.8em"


@dataclass(frozen=True)
class Choice:
    """One of the answers to a question.

    Attributes
    ----------
    text : str
    says : str
        Why it is wrong and what to look at; of the right one, what to keep.
    right : bool
    """

    text: str
    says: str
    right: bool = False

    @property
    def reply(self):
        """What is said to someone who takes it: str."""
        return f"{'Right' if self.right else 'Not this one'}. {self.says}"


@dataclass(frozen=True, repr=False)
class Quiz:
    """A question with its choices; shows itself in a notebook, and as text elsewhere.

    Attributes
    ----------
    id : str, such as "nb03.a"
    question : str
    choices : tuple of Choice, in the order in which they are shown
    """

    id: str
    question: str
    choices: tuple

    def __repr__(self):
        listed = list(zip(LETTERS, self.choices, strict=False))
        lines = [f"{letter}) {choice.text}" for letter, choice in listed]
        replies = [f"{letter}: {choice.reply}" for letter, choice in listed]
        return "\n".join([self.question, *lines, "", *replies])

    def _repr_html_(self):
        choices = "".join(map(_details, LETTERS, self.choices))
        return (
            f'<div role="group" aria-label="Question {self.id}" style="{BOX}">'
            f"<p><strong>Question.</strong> {escape(self.question)}</p>{choices}</div>"
        )


def _details(letter, choice):
    """One choice as HTML: closed, with its sentence inside."""
    mark, colour = ("✓", "#009e73") if choice.right else ("✗", "#d55e00")
    head, _, says = escape(choice.reply).partition(". ")
    return (
        f'<details style="{CHOICE}"><summary style="{SUMMARY}">{letter})&ensp;'
        f'{escape(choice.text)}</summary><div style="{SAYS.format(colour)}">'
        f"<strong>{mark} {head}.</strong> {says}</div></details>"
    )


def quiz(id: str) -> Quiz:
    """A multiple-choice question: open a choice to see whether it is right, and why.

    Parameters
    ----------
    id : str
        Lesson and letter: "nb03.a"; "lg36.a" for the new run in lesson 08.

    Returns
    -------
    Quiz

    Raises
    ------
    KeyError
        There is no such question.
    """
    lesson, _, letter = str(id).partition(".")
    known = questions(lesson) if lesson in lessons() else {}
    if letter not in known:
        there = ", ".join([f"{lesson}.{name}" for name in known] or lessons())
        raise KeyError(f"Found no question {id!r}, expected one of: {there}. Correct the name.")
    return known[letter]


def lessons():
    """What questions belong to: ["lg36", "nb00", ...], lessons and the new run in lesson 08."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@lru_cache
def questions(lesson):
    """The questions of one of `lessons` by their letter, in their order."""
    return {
        letter: Quiz(
            f"{lesson}.{letter}",
            found["question"],
            tuple(Choice(**one) for one in found["choices"]),
        )
        for letter, found in read(FOLDER / f"{lesson}.toml").items()
    }
