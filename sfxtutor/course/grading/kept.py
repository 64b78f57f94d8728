"""What a grading keeps for the next one: executed submissions, and the rows of all students.

``OUT/executed/`` has a file for every execution, named by a hash of all that it depends on;
``OUT/graded.json`` what became of every submission. Without the first, all is executed again;
without the second, students whose submissions are not in the folder have no row.
"""

import hashlib
import json
import os
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path

from ...support.disk import PACKAGE, write_text
from ..exercises.own import FOLDER
from .marks import Graded
from .submissions import Submission

ROWS = "graded.json"
LOST = "could not be started"  # the machine's fault, not the submission's


def key(notebook, student, limits):
    """Name of an execution: it changes with the cells, the student, the limits and the package.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As `repair.restore` gives it.
    student : str
        Whose personal seed it has.
    limits : sfxtutor.course.grading.pool.Limits

    Returns
    -------
    str
        A hash.
    """
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    allowed = asdict(limits) | {"at_once": 0}
    return digest(json.dumps([cells, student, allowed, package_digest(), *own_files()]))


def own_files():
    """The texts of an instructor's own exercises, which make marks too: a list of str."""
    folder = os.environ.get(FOLDER)
    paths = sorted(Path(folder).glob("*/exercises.py")) if folder else ()
    return [path.read_text("utf-8") for path in paths]


@lru_cache
def package_digest():
    """Hash of the package's own code and words: what checks an answer is part of its marks."""
    paths = sorted(path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".toml"))
    return digest("".join(digest(path.read_bytes()) for path in paths))


def digest(content):
    """A hash of text or bytes; str."""
    content = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()


class Executed:
    """The executed submissions in a folder; each is written as soon as it is there."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def read(self, name):
        """The reply of an execution, see `runner.execute_submission`; None where it is not kept."""
        try:
            return json.loads((self.folder / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def write(self, name, reply):
        """Keep a reply, unless the machine failed and not the submission."""
        if LOST not in reply["reason"]:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(self.folder / f"{name}.json", json.dumps(reply))


def write_rows(graded, out):
    """Keep what became of every submission.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded
    out : pathlib.Path
    """
    rows = []
    for entry in graded:
        row = {field.name: getattr(entry, field.name) for field in fields(Graded)}
        rows.append(row | {"submission": asdict(entry.submission), "notebook": None})
    write_text(out / ROWS, json.dumps(rows, default=str, indent=1))


def other_rows(graded, out):
    """What became of submissions that were graded before and are not among these.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded
        Of this grading.
    out : pathlib.Path

    Returns
    -------
    list of sfxtutor.course.grading.marks.Graded
        Without notebooks. A file that belonged to no assignment is forgotten when the same student
        has handed in another one.

    Raises
    ------
    ValueError
        The file was damaged.
    """
    path = out / ROWS
    if not path.exists():
        return []
    try:
        rows = [as_graded(row) for row in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(
            f"{path} cannot be read ({type(error).__name__}), expected the rows of an earlier "
            "grading. Delete it and grade all submissions again."
        ) from error
    here = {(entry.submission.student, entry.submission.assignment) for entry in graded}
    students = {student for student, _ in here}
    return [
        row
        for row in rows
        if (row.submission.student, row.submission.assignment) not in here
        and (row.submission.assignment or row.submission.student not in students)
    ]


def as_graded(row):
    """A row of the file as `Graded`; what an earlier version kept besides is left out."""
    known = {field.name for field in fields(Graded)}
    handed_in = {field.name for field in fields(Submission)}
    submission = {name: part for name, part in row["submission"].items() if name in handed_in}
    submission["path"] = Path(submission["path"])
    kept = {name: part for name, part in row.items() if name in known}
    return Graded(**kept | {"submission": Submission(**submission)})
