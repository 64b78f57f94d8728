"""Grade a folder of submissions: marks, feedback, and what the class misunderstood."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ...support.disk import write_text
from ..assignments import assignment_folder, read_assignments
from ..cells import grade_id, nbgrader, role
from ..exercises.own import known_from, own_exercises
from . import suspicions
from .adjust import Overrides, adjust
from .cell_code import magic_first
from .feedback import feedback_page, report_page, with_outputs
from .kept import Executed, key, other_rows, write_rows
from .lms import canvas_gradebook, moodle_worksheets
from .marking import marking_page
from .marks import BY_HAND, GRADED, REFUSED, Graded, mark, most_points
from .overview import overview_page
from .pool import Limits, run_all
from .repair import Refused, read_cells, restore, seen_right
from .report import findings, misconceptions
from .roster import read_roster
from .submissions import MISSING, find_submissions, under_own_name
from .tables import harmless
from .written import Marks


@dataclass(frozen=True)
class Terms:
    """What an instructor sets for a class.

    Attributes
    ----------
    roster : path or None
        Table of the class, see `sfxtutor.course.grading.roster.read_roster`.
    due : str or None
        ISO time after which a submission is late.
    late_penalty : float
        % of the points reached that a late submission loses.
    """

    roster: object = None
    due: str | None = None
    late_penalty: float = 0.0


def grade(submitted, out="graded", source=None, limits=None, tell=print, terms=None):
    """Grade every submission in a folder.

    All notebooks are read before the first is executed. What was executed once is kept in
    ``OUT/executed`` by its content, so that a grading that was stopped goes on, and one after marks
    were entered executes nothing. Marks of written answers are read from ``OUT/manual.csv``,
    points that the instructor set from ``OUT/overrides.csv``. Submissions of an earlier grading
    that are not in the folder keep their rows and pages.

    Parameters
    ----------
    submitted : path
        See `sfxtutor.course.grading.submissions.find_submissions`.
    out : path
        Receives ``grades.csv``, ``moodle/ASSIGNMENT.csv``, ``canvas.csv``, ``manual.csv``,
        ``overrides.csv``, ``marking.html``, ``overview.html``, ``misconceptions.md`` and
        ``.html``, and ``feedback/STUDENT/ASSIGNMENT.html``.
    source : path, optional
        Folder of the assignments' sources; default: the course's own.
    limits : sfxtutor.course.grading.pool.Limits, optional
    tell : callable
        Takes a line for every submission.
    terms : Terms, optional

    Returns
    -------
    list of sfxtutor.course.grading.marks.Graded
        Of the submissions in the folder.

    Raises
    ------
    FileNotFoundError
        There are no submissions or no assignments.
    ValueError
        A source, ``manual.csv``, ``overrides.csv`` or the roster is broken, or `out` lies within
        the submissions.
    """
    out = Path(out)
    if out.resolve().is_relative_to(Path(submitted).resolve()):
        raise ValueError(f"Found {out} within the submissions {submitted}. Choose another folder.")
    nbgrader()
    assignments = read_assignments(assignment_folder(source))
    terms = terms or Terms()
    people = read_roster(terms.roster) if terms.roster else None
    most = {name: most_points(assignment) for name, assignment in assignments.items()}
    by_hand, overrides = Marks(out / "manual.csv", most), Overrides(out / "overrides.csv", most)
    submissions = find_submissions(submitted, list(assignments), people, terms.due)
    for unused in overrides.check(submissions):
        tell(unused)
    graded = [*map(received, submissions)]
    others = other_rows(graded, out)
    waiting = [(entry, *prepared) for entry in graded if (prepared := prepare(entry, assignments))]
    count = len(graded) - len(waiting)
    for entry in graded:
        if entry.reason:
            tell(progress_text(entry))

    def done(number, reply):
        nonlocal count
        entry, _, seen = waiting[number]
        try:
            mark(entry, assignments[entry.submission.assignment], reply, by_hand)
            entry.notes += doubts(entry, seen)
        except Exception as error:  # a submission may hold anything; it must not stop the others
            entry.points, entry.status = {}, REFUSED
            entry.reason = (
                f"It could not be marked ({type(error).__name__}: {error}). Read it by hand."
            )
        count += 1
        tell(f"[{count}/{len(graded)}] {progress_text(entry)}")

    notebooks = [(entry.submission.seed_name, notebook) for entry, notebook, _ in waiting]
    with known_from(assignment_folder(source)):
        for name in assignments:
            own_exercises(name)  # one that is broken is reported before anything is executed
        execute(notebooks, limits or Limits(), Executed(out / "executed"), done)
        adjust(graded, overrides, terms.late_penalty)
        overrides.write()
        write_all(graded, others, assignments, by_hand, out)
    return graded


def received(submission):
    """A submission before it is executed, as a `Graded`."""
    status = MISSING if submission.missing else REFUSED
    return Graded(submission, status, submission.problem, list(submission.notes))


def prepare(entry, assignments):
    """Notebook to execute, and what its author saw as right; None where it is refused."""
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
    entry.notebook = with_outputs(notebook, cells)
    released = assignment.released
    entry.prints = suspicions.fingerprints(notebook, released)
    entry.suspicions = suspicions.in_code(cells, released, entry.submission.seed_name)
    entry.notes += put_right(notebook)
    return notebook, seen_right(cells)


def put_right(notebook):
    """Move magics of the student's cells to the first line, in place; notes on it."""
    notes = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and (role(cell) == "answer" or not grade_id(cell)):
            cell.source, moved = magic_first(cell.source)
            where = grade_id(cell) or "a cell of the student's own"
            notes += [f"{moved} stood below the first line of {where} and was moved"] * bool(moved)
    return notes


def execute(notebooks, limits, executed, done):
    """Execute the notebooks whose execution is not kept, and keep it.

    Parameters
    ----------
    notebooks : list of (student, nbformat.NotebookNode)
    limits : Limits
    executed : Executed
    done : callable
        Takes a number in the list and its reply, as of `run_all`.
    """
    names = [key(notebook, student, limits) for student, notebook in notebooks]
    left = []
    for number, name in enumerate(names):
        reply = executed.read(name)
        if reply is None:
            left.append(number)
        else:
            done(number, reply)

    def keep(place, reply):
        executed.write(names[left[place]], reply)
        done(left[place], reply)

    run_all([notebooks[number] for number in left], limits, keep)


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


def write_all(graded, others, assignments, by_hand, out):
    """Write everything that `grade` promises; `others` were graded before and keep their pages."""
    out.mkdir(parents=True, exist_ok=True)
    by_hand.write()
    for entry in graded:
        folder = out / "feedback" / entry.submission.student
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "not graded.html").unlink(missing_ok=True)  # of an earlier file
    for entry in graded:
        folder = out / "feedback" / entry.submission.student
        name = entry.submission.assignment or "not graded"
        page = feedback_page(entry, assignments.get(entry.submission.assignment))
        write_text(folder / f"{name}.html", page)
    graded = sorted([*graded, *others], key=lambda entry: place(entry.submission))
    write_rows(graded, out)
    in_class = suspicions.in_class(graded)
    for entry in graded:
        entry.suspicions = [*entry.suspicions, *in_class[place(entry.submission)]]
    statuses = Counter(entry.status for entry in graded)
    marked = [entry for entry in graded if entry.submission.assignment in assignments]
    found = findings(marked, assignments)
    notes = [(*place(entry.submission), entry.suspicions) for entry in graded if entry.suspicions]
    for name, text in (
        ("misconceptions.md", misconceptions(found, statuses)),
        ("misconceptions.html", report_page(found, statuses, notes)),
        ("marking.html", marking_page(graded, assignments, by_hand)),
        ("overview.html", overview_page(graded)),
        ("grades.csv", grades_table(graded)),
        ("canvas.csv", canvas_gradebook(graded)),
        *((f"moodle/{name}.csv", text) for name, text in moodle_worksheets(graded).items()),
    ):
        (out / name).parent.mkdir(exist_ok=True)
        write_text(out / name, text)


def place(submission):
    """Student and assignment: where a submission stands in the tables."""
    return submission.student, submission.assignment


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
        "deduction",
        "total",
        "max",
        "reason",
        "notes",
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for entry in graded:
        values = [entry.points.get(name) for name in tasks]
        values += [entry.automatic, entry.deduction or None, entry.total]
        numbers = ["" if value is None else f"{value:g}" for value in values]
        most = f"{sum(entry.most.values()):g}" if entry.most else ""
        name = entry.submission
        late = "late" if name.late else ""
        row = [name.student, name.id, name.assignment, entry.status, late, *numbers, most,
               entry.reason, "; ".join([*entry.notes, *entry.suspicions])]  # fmt: skip
        writer.writerow(map(harmless, row))
    return f"\ufeff{text.getvalue()}"  # the mark by which Excel knows UTF-8


def without_marks(graded):
    """Submissions that got no marks; a list. Who handed in nothing is not among them."""
    return [entry for entry in graded if entry.status not in (GRADED, BY_HAND, MISSING)]
