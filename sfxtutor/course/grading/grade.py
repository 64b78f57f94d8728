"""Grade a folder of submissions: marks, feedback, and what the class misunderstood."""

import csv
import io
import shutil
import uuid
from collections import Counter
from pathlib import Path

from ...support.disk import write_text
from ..assignments import assignment_folder, read_assignments
from ..cells import nbgrader
from .feedback import feedback_page, report_page, written_page
from .marks import BY_HAND, GRADED, REFUSED, Graded, mark, most_points, with_ends
from .pool import Limits, run_all
from .repair import Refused, read_cells, restore, seen_right
from .report import findings, misconceptions
from .submissions import find_submissions
from .written import Marks


def grade(submitted, out="graded", source=None, limits=None, tell=print):
    """Grade every submission in a folder.

    All notebooks are read before the first is executed, and every grading begins anew: the same
    submissions get the same marks. Marks of written answers are read from ``OUT/manual.csv``.

    Parameters
    ----------
    submitted : path
        See `sfxtutor.course.grading.submissions.find_submissions`.
    out : path
        Receives ``grades.csv``, ``manual.csv``, ``written.html``, ``misconceptions.md`` and
        ``.html``, and ``feedback/STUDENT/ASSIGNMENT.html``.
    source : path, optional
        Folder of the assignments' sources; default: the course's own.
    limits : sfxtutor.course.grading.pool.Limits, optional
    tell : callable
        Takes a line for every submission.

    Returns
    -------
    list of sfxtutor.course.grading.marks.Graded

    Raises
    ------
    FileNotFoundError
        There are no submissions or no assignments.
    ValueError
        A source or ``manual.csv`` is broken, or `out` lies within the submissions.
    """
    out = Path(out)
    if out.resolve().is_relative_to(Path(submitted).resolve()):
        raise ValueError(f"Found {out} within the submissions {submitted}. Choose another folder.")
    nbgrader()
    assignments = read_assignments(assignment_folder(source))
    by_hand = Marks(out / "manual.csv")
    found = find_submissions(submitted, list(assignments))
    graded = [Graded(one, reason=one.problem) for one in found]
    waiting = [(one, *prepared) for one in graded if (prepared := prepare(one, assignments))]
    count = len(graded) - len(waiting)
    for one in graded:
        if one.reason:
            tell(describe(one))

    def done(number, reply):
        nonlocal count
        one, _, token, seen = waiting[number]
        try:
            mark(one, assignments[one.submission.assignment], reply, token, by_hand)
            one.notes += doubts(one, seen)
        except Exception as error:  # a submission may hold anything; it must not stop the others
            one.points, one.status = {}, REFUSED
            one.reason = (
                f"It could not be marked ({type(error).__name__}: {error}). Read it by hand."
            )
        count += 1
        tell(f"[{count}/{len(graded)}] {describe(one)}")

    run_all(
        [(one.submission.student, notebook) for one, notebook, *_ in waiting],
        limits or Limits(),
        done,
    )
    write_all(graded, assignments, by_hand, out)
    return graded


def prepare(one, assignments):
    """Notebook to execute, its secret, what its author saw as right; None where it is refused."""
    assignment = assignments.get(one.submission.assignment)
    if assignment:
        one.most = most_points(assignment)
    if one.reason:
        return None
    try:
        cells = read_cells(one.submission.path)
        notebook, one.notes = restore(assignment, cells)
    except Refused as refusal:
        one.reason = str(refusal)
        return None
    token = uuid.uuid4().hex
    with_ends(notebook, token)
    return notebook, token, seen_right(cells)


def doubts(one, seen):
    """Notes on answers that the student's copy shows as right and the grading does not."""
    return [
        f"{said['id']} was right in the student's copy: was it made under another name than "
        f"{one.submission.student!r}, or with another version?"
        for said in one.verdicts.values()
        if said and not said["passed"] and said["id"] in seen
    ]


def describe(one):
    """One line on a submission."""
    line = f"{one.submission.student} {one.submission.assignment}: {one.status}"
    if one.points:
        reached = one.automatic if one.total is None else one.total
        line += f", {reached:g} of {sum(one.most.values()):g} points"
        line += " so far" if one.total is None else ""
    return line if one.points else f"{line}. {one.reason}"


def write_all(graded, assignments, by_hand, out):
    """Write everything that `grade` promises."""
    shutil.rmtree(out / "feedback", ignore_errors=True)  # of an earlier grading
    out.mkdir(parents=True, exist_ok=True)
    by_hand.write()
    for one in graded:
        folder = out / "feedback" / one.submission.student
        folder.mkdir(parents=True, exist_ok=True)
        name = one.submission.assignment or "not graded"
        page = feedback_page(one, assignments.get(one.submission.assignment))
        write_text(folder / f"{name}.html", page)
    statuses = Counter(one.status for one in graded)
    found = findings(graded, assignments)
    for name, text in (
        ("misconceptions.md", misconceptions(found, statuses)),
        ("misconceptions.html", report_page(found, statuses)),
        ("written.html", written_page(graded, assignments)),
        ("grades.csv", table(graded)),
    ):
        write_text(out / name, text)


def table(graded):
    """The marks as CSV; what is not marked, or failed, is an empty field and not 0."""
    tasks = sorted({name for one in graded for name in one.most})
    head = [
        "student",
        "assignment",
        "status",
        *tasks,
        "automatic",
        "total",
        "max",
        "reason",
        "notes",
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for one in graded:
        values = [one.points.get(name) for name in tasks] + [one.automatic, one.total]
        numbers = ["" if value is None else f"{value:g}" for value in values]
        most = f"{sum(one.most.values()):g}" if one.most else ""
        name = one.submission
        writer.writerow([name.student, name.assignment, one.status, *numbers, most, one.reason,
                         "; ".join(one.notes)])  # fmt: skip
    return text.getvalue()


def without_marks(graded):
    """Submissions that got no marks; a list."""
    return [one for one in graded if one.status not in (GRADED, BY_HAND)]
