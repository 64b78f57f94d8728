"""Marks of an executed submission; a submission that failed has none, which is not 0."""

import copy
import re
from dataclasses import dataclass, field

from ..cells import TEXT_STUB, grade_id, nbgrader, role, task
from ..exercises.check import MIME
from .failures import failure
from .partial import earned
from .submissions import Submission

GRADED, BY_HAND, REFUSED = "graded", "needs manual grading", "refused"
MEMORY = "out of memory"
END_MIME = "application/vnd.sfxtutor.end+json"  # a test shows it when it has come to its end
MEMORY_ERRORS = r"(\w*MemoryError|ResourceExhaustedError|bad_alloc)"


@dataclass
class Graded:
    """What became of a submission.

    Attributes
    ----------
    points : dict of str to float
        Per task; None for a written one that is not marked. Empty where the submission failed.
    most : dict of str to float
        Points there are, per task.
    results : dict of str to dict
        Per automatic task what `sfxtutor.check` said; {} where it said nothing.
    failures : dict of str to tuple
        Per automatic task that raised: see `sfxtutor.course.grading.failures.failure`.
    written : dict of str to str
        The answers to be marked by hand.
    deduction : float
        Points that a late submission loses.
    """

    submission: Submission
    status: str = REFUSED
    reason: str = ""
    notes: list = field(default_factory=list)
    points: dict = field(default_factory=dict)
    most: dict = field(default_factory=dict)
    results: dict = field(default_factory=dict)
    failures: dict = field(default_factory=dict)
    written: dict = field(default_factory=dict)
    comments: dict = field(default_factory=dict)
    notebook: object = None
    deduction: float = 0.0

    @property
    def automatic(self):
        """Sum of the points that need no reader, None where the submission failed."""
        points = [self.points[name] for name in self.results]
        return None if not points or None in points else sum(points)

    @property
    def total(self):
        """Sum of all points, None while one is missing or where the submission failed."""
        missing = not self.points or None in self.points.values()
        return None if missing else sum(self.points.values()) - self.deduction


def most_points(assignment):
    """Points there are, per task of an assignment; a dict of str to float."""
    graded = [cell for cell in assignment.source.cells if role(cell) in ("test", "written")]
    return {task(cell): float(cell.metadata.nbgrader.points) for cell in graded}


def with_ends(notebook, token):
    """Let every test of a notebook end with a sign; code that keeps tests from running lacks it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.
    token : str
        A secret of this execution.
    """
    for cell in notebook.cells:
        if role(cell) == "test":
            sign = f"{{{END_MIME!r}: {token!r}}}"
            cell.source += f'\n__import__("IPython").display.display({sign}, raw=True)'


def mark(graded, assignment, reply, token, by_hand):
    """Fill in a submission's marks.

    Parameters
    ----------
    graded : Graded
        Changed in place.
    assignment : sfxtutor.course.assignments.Assignment
    reply : dict
        See `sfxtutor.course.grading.runner.execute_submission`.
    token : str
        As given to `with_ends`.
    by_hand : sfxtutor.course.grading.written.Marks
        Of the written tasks.
    """
    graded.notebook = reply["notebook"]
    graded.status, graded.reason = reply["status"], reply["reason"]
    if graded.status == "ran":
        graded.status, graded.reason = obstacle(graded.notebook, token)
    if graded.status != GRADED:
        return
    for cell in graded.notebook.cells:
        if role(cell) == "test":
            name, result = task(cell), check_result(cell)
            graded.points[name] = earned(points(cell), graded.most[name], result, cell)
            graded.results[name] = result
            for error in errors(cell)[:1]:
                released = next(
                    c for c in assignment.released.cells if grade_id(c) == grade_id(cell)
                )
                graded.failures[name] = failure(error.ename, error.evalue, released)
        elif role(cell) == "written":
            graded.written[task(cell)] = written_text(cell, assignment)
    by_hand.enter(graded)
    if None in graded.points.values():
        waiting = ", ".join(name for name, value in graded.points.items() if value is None)
        graded.status = BY_HAND
        graded.reason = f"Read the answer to {waiting} in marking.html, save manual.csv, repeat."


def obstacle(notebook, token):
    """Why an executed notebook cannot be marked: status and reason, ("graded", "") if it can."""
    for cell in notebook.cells:
        name = grade_id(cell) or "one of the student's own cells"
        for error in errors(cell):
            if re.fullmatch(MEMORY_ERRORS, error.ename):
                return MEMORY, f"{name} asked for more memory than the limit ({error.evalue})."
        kind = role(cell) if grade_id(cell) else ""
        if kind == "locked" and errors(cell):
            what = f"{errors(cell)[0].ename}: {errors(cell)[0].evalue}"
            return REFUSED, f"The given cell {name} raised {what}. Run it by hand to see why."
        if kind != "test":
            continue
        result = check_result(cell)
        if re.search(f"raised {MEMORY_ERRORS}", result.get("text", "")):
            return MEMORY, f"The answer tested by {name} asked for more memory than the limit."
        if not credible(cell, result, token):
            return REFUSED, (
                f"The test {name} gave points without having run to its end and shown a check "
                "that passed: the submission's code interferes with the tests. Read it by hand."
            )
    return GRADED, ""


def credible(cell, result, token):
    """Whether a test that gives points ran to its end and its check, where it has one, passed."""
    if not points(cell):
        return True
    ended = any(out.get("data", {}).get(END_MIME) == token for out in cell.outputs)
    return ended and (result.get("passed", False) or not exercise_of(cell))


def exercise_of(cell):
    """Id of the exercise whose result a test shows, "" where it shows none."""
    match = re.search(r"""check\(["'](\w+\.\w+)["']""", cell.source)
    return match[1] if match and "display(" in cell.source else ""


def points(cell):
    """Points of an executed test, by nbgrader: all or none.

    Only errors count. With a warning on stderr nbgrader alone gives 0, and with a number that the
    student's code shows before the error it gives as many points.
    """
    judged = copy.deepcopy(cell)
    judged.outputs = errors(cell)
    return nbgrader().utils.determine_grade(judged)[0]


def errors(cell):
    """The errors among a cell's outputs; a list."""
    return [out for out in cell.get("outputs", ()) if out.output_type == "error"]


def check_result(cell):
    """What the check of a test's own exercise said: the last such output, else {}."""
    for output in reversed(cell.outputs):
        result = output.get("data", {}).get(MIME)
        if isinstance(result, dict) and result.get("id") == exercise_of(cell):
            words = {key: str(result.get(key, "")) for key in ("id", "diagnosis", "text", "detail")}
            share = result.get("share")
            share = float(share) if isinstance(share, int | float) else 0.0
            return words | {"passed": result.get("passed") is True, "share": share}
    return {}


def written_text(cell, assignment):
    """The student's own words in a written answer, "" where there are none.

    Lines that the release has in this cell are not the student's.
    """
    (given,) = (c for c in assignment.released.cells if grade_id(c) == grade_id(cell))
    given = {line.strip() for line in given.source.splitlines()} - {""}
    own = [line for line in cell.source.splitlines() if line.strip() not in given]
    return "\n".join(own).replace(TEXT_STUB, "").strip()
