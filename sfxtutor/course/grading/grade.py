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
from .roster import read_roster
from .submissions import MISSING, find_submissions, under_own_name
from .tables import harmless
from .written import Marks


def grade(submitted, out="graded", source=None, limits=None, tell=print, roster=None, due=None):
    """Grade every submission in a folder.

    All notebooks are read before the first is executed, and every grading begins again: the same
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
    roster : path, optional
        Table of the class, see `sfxtutor.course.grading.roster.read_roster`.
    due : str, optional
        ISO time after which a submission is late.

    Returns
    -------
    list of sfxtutor.course.grading.marks.Graded

    Raises
    ------
    FileNotFoundError
        There are no submissions or no assignments.
    ValueError
        A source, ``manual.csv`` or the roster is broken, or `out` lies within the submissions.
    """
    out = Path(out)
    if out.resolve().is_relative_to(Path(submitted).resolve()):
        raise ValueError(f"Found {out} within the submissions {submitted}. Choose another folder.")
    nbgrader()
    assignments = read_assignments(assignment_folder(source))
    by_hand = Marks(out / "manual.csv")
    people = read_roster(roster) if roster else None
    graded = [*map(received, find_submissions(submitted, list(assignments), people, due))]
    waiting = [(entry, *prepared) for entry in graded if (prepared := prepare(entry, assignments))]
    count = len(graded) - len(waiting)
    for entry in graded:
        if entry.reason:
            tell(progress_text(entry))

    def done(number, reply):
        nonlocal count
        entry, _, token, seen = waiting[number]
        try:
            mark(entry, assignments[entry.submission.assignment], reply, token, by_hand)
            entry.notes += doubts(entry, seen)
        except Exception as error:  # a submission may hold anything; it must not stop the others
            entry.points, entry.status = {}, REFUSED
            entry.reason = (
                f"It could not be marked ({type(error).__name__}: {error}). Read it by hand."
            )
        count += 1
        tell(f"[{count}/{len(graded)}] {progress_text(entry)}")

    run_all(
        [(entry.submission.seed_name, notebook) for entry, notebook, *_ in waiting],
        limits or Limits(),
        done,
    )
    write_all(graded, assignments, by_hand, out)
    return graded


def received(submission):
    """A submission before it is executed, as a `Graded`."""
    status = MISSING if submission.missing else REFUSED
    return Graded(submission, status, submission.problem, list(submission.notes))


def prepare(entry, assignments):
    """Notebook to execute, its secret, what its author saw as right; None where it is refused."""
    assignment = assignments.get(entry.submission.assignment)
    if assignment:
        entry.most = most_points(assignment)
    if entry.reason:
        return None
    try:
        cells = read_cells(entry.submission.path, entry.notes)
        entry.submission, names = under_own_name(entry.submission, cells)
        notebook, repaired = restore(assignment, cells)
        entry.notes += names + repaired
    except Refused as refusal:
        entry.reason = str(refusal)
        return None
    token = uuid.uuid4().hex
    with_ends(notebook, token)
    return notebook, token, seen_right(cells)


def doubts(entry, seen):
    """Notes on answers that the student's copy shows as right and the grading does not."""
    return [
        f"{result['id']} was right in the student's copy: was it made under another name than "
        f"{entry.submission.seed_name!r}, or with another version?"
        for result in entry.results.values()
        if result and not result["passed"] and result["id"] in seen
    ]


def progress_text(entry):
    """One line on a submission."""
    line = f"{entry.submission.student} {entry.submission.assignment}: {entry.status}"
    if entry.points:
        reached = entry.automatic if entry.total is None else entry.total
        line += f", {reached:g} of {sum(entry.most.values()):g} points"
        line += " so far" if entry.total is None else ""
    return line if entry.points else f"{line}. {entry.reason}"


def write_all(graded, assignments, by_hand, out):
    """Write everything that `grade` promises."""
    shutil.rmtree(out / "feedback", ignore_errors=True)  # of an earlier grading
    out.mkdir(parents=True, exist_ok=True)
    by_hand.write()
    for entry in graded:
        folder = out / "feedback" / entry.submission.student
        folder.mkdir(parents=True, exist_ok=True)
        name = entry.submission.assignment or "not graded"
        page = feedback_page(entry, assignments.get(entry.submission.assignment))
        write_text(folder / f"{name}.html", page)
    statuses = Counter(entry.status for entry in graded)
    found = findings(graded, assignments)
    for name, text in (
        ("misconceptions.md", misconceptions(found, statuses)),
        ("misconceptions.html", report_page(found, statuses)),
        ("written.html", written_page(graded, assignments)),
        ("grades.csv", grades_table(graded)),
    ):
        write_text(out / name, text)


def grades_table(graded):
    """The marks as CSV; what is not marked, or failed, is an empty field and not 0."""
    tasks = sorted({name for entry in graded for name in entry.most})
    head = [
        "student",
        "id",
        "assignment",
        "status",
        "late",
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
    for entry in graded:
        values = [entry.points.get(name) for name in tasks] + [entry.automatic, entry.total]
        numbers = ["" if value is None else f"{value:g}" for value in values]
        most = f"{sum(entry.most.values()):g}" if entry.most else ""
        name = entry.submission
        late = "late" if name.late else ""
        row = [name.student, name.id, name.assignment, entry.status, late, *numbers, most,
               entry.reason, "; ".join(entry.notes)]  # fmt: skip
        writer.writerow(map(harmless, row))
    return text.getvalue()


def without_marks(graded):
    """Submissions that got no marks; a list. Who handed in nothing is not among them."""
    return [entry for entry in graded if entry.status not in (GRADED, BY_HAND, MISSING)]
