"""The page on which an instructor marks written answers: one file, without a server or network."""

import base64
import hashlib
import re
from dataclasses import dataclass

from ..cells import MARKER, grade_id, regions, role, task
from ..pages import TEMPLATES
from .feedback import render_page
from .written import COLUMNS, fingerprint

LINE = re.compile(r"(?:[-*]\s+)?(\d+(?:[.,]\d+)?) points?\b[:,]?\s*(.*)", re.DOTALL)
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=[-*]\s)")  # an empty line, or the next item of a list


@dataclass(frozen=True)
class Question:
    """A written task: what was asked, the lines of its mark scheme, and the answers.

    `lines` is a list of (points, text), `intro` what the scheme says besides, `groups` a list of
    `Group`.
    """

    assignment: str
    task: str
    most: float
    asked: str
    intro: str
    lines: list
    groups: list
    empty: int


@dataclass(frozen=True)
class Group:
    """Answers that are equal: the text, the rows of ``manual.csv`` that it is to be marked in.

    `row` has the marks that the instructor gave already, if any.
    """

    text: str
    rows: list
    row: dict
    key: str


def marking_page(graded, assignments, by_hand):
    """The page as HTML.

    Its own script is named in its content security policy by hash; nothing that a submission
    holds is executed, and nothing is sent or fetched.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded
    assignments : dict of str to sfxtutor.course.assignments.Assignment
    by_hand : sfxtutor.course.grading.written.Marks

    Returns
    -------
    str
    """
    questions = list(asked_in(graded, assignments, by_hand))
    on_page = {id(row) for one in questions for group in one.groups for row in group.rows}
    rest = [row for row in by_hand.rows.values() if id(row) not in on_page]
    script = (TEMPLATES / "marking.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render_page(
        "marking.html.j2",
        questions=questions,
        rest=rest,
        columns=COLUMNS,
        script=script,
        digest=digest,
    )


def asked_in(graded, assignments, by_hand):
    """Every written task that was handed in, as a `Question`."""
    for name, assignment in assignments.items():
        entries = [one for one in graded if one.submission.assignment == name and one.written]
        cells = assignment.source.cells
        for cell in (cell for cell in cells if role(cell) == "written" and entries):
            about = [c for c in cells if grade_id(c) == f"{name}-{task(cell)}-task"] + [cell]
            shown = "\n\n".join("\n".join(regions(c.source)[0]) for c in about)
            intro, lines = rubric("\n".join(regions(cell.source)[1]))
            answers = [
                (one.written[task(cell)], by_hand.row(one.submission, task(cell)))
                for one in entries
            ]
            yield Question(
                name,
                task(cell),
                float(cell.metadata.nbgrader.points),
                MARKER.sub("", shown).strip(),
                intro,
                lines,
                grouped([answer for answer in answers if answer[0]]),
                sum(not text for text, _ in answers),
            )


def rubric(scheme):
    """The lines of a mark scheme that have points.

    Parameters
    ----------
    scheme : str
        Paragraphs or items of a list, of which some begin with "1 point:", "2 points:", ...

    Returns
    -------
    intro : str
        The other paragraphs.
    lines : list of (float, str)
        Points and text.
    """
    intro, lines = [], []
    for part in PARAGRAPH.split(scheme.strip()):
        match = LINE.fullmatch(part.strip())
        if match:
            lines.append((float(match[1].replace(",", ".")), " ".join(match[2].split())))
        else:
            intro.append(part.strip())
    return "\n\n".join(intro), lines


def grouped(answers):
    """Groups of (text, row) whose texts are equal but for spaces and case, in no telling order.

    Equal answers that the instructor marked differently stay in groups of their own.
    """
    same = {}
    for text, row in answers:
        same.setdefault(" ".join(text.casefold().split()), []).append((text, row))
    groups = []
    for squeezed, members in same.items():
        marks = {marks_of(row) for _, row in members} - {("", "", "")}
        split = {}
        for text, row in members:
            split.setdefault(marks_of(row) if len(marks) > 1 else "", []).append((text, row))
        for mark, part in split.items():
            rows = [row for _, row in part]
            marked = next((row for row in rows if row["points"]), rows[0])
            names = [rows[0]["assignment"], rows[0]["task"], squeezed, *mark]
            groups.append(Group(part[0][0], rows, marked, fingerprint("\n".join(names))))
    return sorted(groups, key=lambda group: group.key)


def marks_of(row):
    """What the instructor entered in a row."""
    return row["points"], row["lines"], row["comment"]
