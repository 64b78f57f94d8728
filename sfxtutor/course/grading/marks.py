"""Marks of an executed submission; a submission that failed has none, which is not 0."""

import re
from dataclasses import dataclass, field

from ..cells import grade_id, own_text, role, task
from .failures import failure
from .partial import earned
from .submissions import Submission

GRADED, BY_HAND, REFUSED = "graded", "needs manual grading", "refused"
MEMORY = "out of memory"
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
        Per automatic task whose test ended early without a result of a check: see
        `sfxtutor.course.grading.failures.failure`.
    written : dict of str to str
        The answers to be marked by hand.
    values : dict of str to dict
        Per automatic task the values that its test took from the kernel, as
        `sfxtutor.course.grading.judge.kept` gives them.
    prints : dict of str to list
        Per answer its fingerprint and its length (see `sfxtutor.course.grading.suspicions`).
    suspicions : list of str
        What the instructor may look into.
    notebook : nbformat.NotebookNode
        The restored notebook, with the outputs of the submitted file.
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
    values: dict = field(default_factory=dict)
    prints: dict = field(default_factory=dict)
    suspicions: list = field(default_factory=list)
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


def mark(graded, assignment, reply, by_hand):
    """Fill in a submission's marks.

    Parameters
    ----------
    graded : Graded
        Changed in place; `notebook` is the one that was executed.
    assignment : sfxtutor.course.assignments.Assignment
    reply : dict
        See `sfxtutor.course.grading.runner.execute_submission`.
    by_hand : sfxtutor.course.grading.written.Marks
        Of the written tasks.
    """
    graded.status, graded.reason = reply["status"], reply["reason"]
    if graded.status == "ran":
        graded.status, graded.reason = obstacle(graded.notebook, reply)
    if graded.status != GRADED:
        return
    for cell in graded.notebook.cells:
        name = task(cell) if role(cell) != "locked" else ""
        if role(cell) == "test":
            outcome = reply["tests"][grade_id(cell)]
            reached = graded.most[name] if outcome["passed"] else 0.0
            graded.points[name] = earned(reached, graded.most[name], outcome["result"], cell)
            graded.results[name] = outcome["result"]
            graded.values[name] = outcome["values"]
            if not outcome["passed"] and not outcome["result"]:
                graded.failures[name] = failure(graded.notebook, assignment, cell, reply)
        elif role(cell) == "written":
            graded.written[name] = written_text(cell, assignment)
    by_hand.enter(graded)
    if None in graded.points.values():
        waiting = ", ".join(name for name, value in graded.points.items() if value is None)
        graded.status = BY_HAND
        graded.reason = f"Read the answer to {waiting} in marking.html, save manual.csv, repeat."


def obstacle(notebook, reply):
    """Why an executed notebook cannot be marked: status and reason, ("graded", "") if it can."""
    tests = [n for n, cell in enumerate(notebook.cells) if role(cell) == "test"]
    for number, kind, message in reply["errors"]:
        cell = notebook.cells[number]
        name = grade_id(cell) or "one of the student's own cells"
        if re.fullmatch(MEMORY_ERRORS, kind):
            return MEMORY, f"{name} asked for more memory than the limit."
        if grade_id(cell) and role(cell) == "locked":
            known = number < min(tests, default=0)  # later a message may repeat a hidden test
            what = f"{kind}: {message}" if known else kind
            return REFUSED, f"The given cell {name} raised {what}. Run it by hand to see why."
    for name in (grade_id(notebook.cells[number]) for number in tests):
        outcome = reply["tests"].get(name)
        if outcome is None:
            return REFUSED, (
                f"The kernel gave no answer at the place of {name}: the submission's code "
                "interferes with the tests. Read it by hand."
            )
        kind = outcome["error"][0] if outcome["of_student"] else ""
        text = outcome["result"].get("text", "")
        if re.fullmatch(MEMORY_ERRORS, kind) or re.search(f"raised {MEMORY_ERRORS}", text):
            return MEMORY, f"The answer tested by {name} asked for more memory than the limit."
    return GRADED, ""


def exercise_of(cell):
    """Id of the exercise whose result a test shows, "" where it shows none."""
    match = re.search(r"""check\(["'](\w+\.\w+)["']""", cell.source)
    return match[1] if match and "display(" in cell.source else ""


def written_text(cell, assignment):
    """The student's own words in a written answer, "" where there are none."""
    (given,) = (c for c in assignment.released.cells if grade_id(c) == grade_id(cell))
    return own_text(cell.source, given.source)
