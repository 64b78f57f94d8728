"""The students' release of the assignments: solutions, mark schemes and hidden tests taken out.

A source is a notebook in nbgrader's format, ``NAME/NAME.ipynb``. The first line of each of its
cells is a visible marker, ``# sfxtutor: NAME-g1-answer``, equal to its nbgrader id: by it a
notebook whose metadata was stripped is repaired (see `sfxtutor.course.grading.repair`).
"""

import copy
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat.reader import NotJSONError

from ..support.disk import write_text
from .cells import (
    BEGIN,
    CODE_STUB,
    END,
    MARKER,
    TEXT_STUB,
    grade_id,
    nbgrader,
    regions,
    role,
    visible_text,
)
from .exercises import check
from .exercises.own import known_from, problems
from .lessons import notebook_folder
from .markers import add_markers, unmarkable


@dataclass(frozen=True)
class Assignment:
    """An assignment: its name, its source and the students' release of it (two notebooks).

    `notes` are sentences on what was added to the source that was read.
    """

    name: str
    source: nbformat.NotebookNode
    released: nbformat.NotebookNode
    notes: tuple = ()


def assign(out, source=None, solutions=False, tell=print):
    """Write the students' release of every assignment: ``OUT/NAME/NAME.ipynb``.

    Nothing but notebooks is taken from the source, and nothing is written before all releases
    are made and searched for leaks.

    Parameters
    ----------
    out : path
    source : path, optional
        Folder of the sources; default: the course's own.
    solutions : bool
        Write what is for after the deadline instead: solved notebooks with their mark schemes.
    tell : callable
        Takes a line on what was added to a source.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ValueError
        A source breaks the format, a release would leak, exercises beside a source are wrong, or
        `out` lies within the sources.
    """
    folder = assignment_folder(source).resolve()
    out = Path(out)
    if out.resolve().is_relative_to(folder):
        raise ValueError(f"Found {out} within the sources {folder}. Choose another folder.")
    assignments, paths = read_assignments(folder), []
    for name, assignment in assignments.items():
        check_own(folder / name / "exercises.py", assignment)
        for note in assignment.notes:
            tell(f"{name}: {note}")
    for name, assignment in assignments.items():
        notebook = solved(assignment.source) if solutions else assignment.released
        paths.append(out / name / f"{name}{'-solution' if solutions else ''}.ipynb")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        write_text(paths[-1], nbformat.writes(notebook) + "\n")
    return paths


def check_own(path, assignment):
    """Raise ValueError where exercises beside a source, or its tests of them, are wrong.

    The source is executed with its solutions: every test, hidden or not, has to pass.
    """
    if not path.is_file():
        return
    with known_from(path.parent.parent):
        found = problems(path, check.check) or failing_tests(assignment.source)
    if found:
        raise ValueError(f"{path}: {'; '.join(found)}. Correct the exercises or the source.")


def failing_tests(source):
    """Sentences on the tests of a source that its own solutions do not pass; a list."""
    notebook = copy.deepcopy(source)
    with TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, allow_errors=True, timeout=600, resources=resources)
        client.execute()
    return [
        f"{grade_id(cell)} fails with the solution ({output.ename}: {output.evalue})"
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]


def solved(source):
    """A source as students get it after the deadline: solved, with the mark schemes.

    Hidden tests are not in it: they may be used again. Nor are markers and nbgrader's metadata, so
    that it cannot be handed in.
    """
    notebook = copy.deepcopy(source)
    for cell in notebook.cells:
        public, _, kinds = regions(cell.source)
        lines = public if "HIDDEN TESTS" in kinds else cell.source.splitlines()
        lines = ["**Mark scheme**\n" if "BEGIN MARK" in line else line for line in lines]
        lines = [line for line in lines if not (BEGIN.search(line) or END.search(line))]
        cell.source = MARKER.sub("", "\n".join(lines)).strip()
        cell.metadata = {}
    return notebook


def assignment_folder(source=None):
    """Folder of the sources: the given one, else that of the course; a `pathlib.Path`.

    Raises
    ------
    FileNotFoundError
        None is given, and the package is not in a checkout: its wheel holds no solutions.
    """
    if source:
        return Path(source)
    folder = notebook_folder() / "assignments" / "source"
    if not folder.is_dir():
        raise FileNotFoundError(
            "Found no sources of assignments in this installation, expected the repository's "
            "notebooks/assignments/source. Clone the repository and name that folder by --source."
        )
    return folder


def read_assignments(folder):
    """Read the sources in a folder, check their form, and make their releases.

    Parameters
    ----------
    folder : path

    Returns
    -------
    dict of str to Assignment

    Raises
    ------
    FileNotFoundError
        There is none.
    ValueError
        As of `assign`.
    """
    paths = [
        path for path in sorted(Path(folder).glob("*/*.ipynb")) if path.stem == path.parent.name
    ]
    if not paths:
        raise FileNotFoundError(
            f"Found no assignment in {folder}, expected notebooks such as lesson05/lesson05.ipynb."
        )
    return {path.stem: read_assignment(path) for path in paths}


def read_assignment(path):
    """One source and its release as an `Assignment`; raises as `read_assignments`."""
    try:
        source = nbformat.read(path, as_version=4)
    except (NotJSONError, nbformat.ValidationError) as error:
        raise ValueError(f"{path} is no notebook ({error}). Restore the file.") from error
    broken = unmarkable(source)
    added = 0 if broken else add_markers(source, path.stem)
    broken = broken or broken_form(source, path.stem)
    if not broken:
        released = release(source)
        broken = [f"the release would show {line!r}" for line in leaks(source, released)]
    if broken:
        raise ValueError(f"{path}: {'; '.join(broken)}. Correct the source.")
    notes = (f"markers and ids were added to its {added} cells.",) if added else ()
    return Assignment(path.stem, source, released, notes)


def broken_form(source, name):
    """What breaks the format of an assignment's source: a list of sentences, empty where none."""
    problems, seen = [], set()
    wanted = {"answer": "SOLUTION", "written": "MARK SCHEME"}
    for number, cell in enumerate(source.cells, start=1):
        identifier = grade_id(cell)
        where = f"cell {number} ({identifier or 'without nbgrader id'})"
        if not re.fullmatch(rf"{re.escape(name)}-(\w+-)?\w+", identifier) or identifier in seen:
            problems.append(f"{where} needs an id of its own such as {name}-g1-answer")
        if MARKER.findall(cell.source.partition("\n")[0]) != [identifier]:
            problems.append(f"{where} does not begin with the marker 'sfxtutor: {identifier}'")
        try:
            kinds = regions(cell.source)[2]
        except ValueError as error:
            problems.append(f"{where}: {error}")
            continue
        allowed = "HIDDEN TESTS" if role(cell) == "test" else wanted.get(role(cell))
        if set(kinds) - {allowed} or (role(cell) in wanted and not kinds):
            problems.append(f"{where} has the regions {kinds}, expected {allowed or 'none'}")
        seen.add(identifier)
    return problems


def release(source):
    """The students' version of a source, made by nbgrader's preprocessors.

    Parameters
    ----------
    source : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
        A new notebook.
    """
    tools = nbgrader().preprocessors
    notebook, resources = copy.deepcopy(source), {}
    for cell in notebook.cells:
        if role(cell) == "written":  # nbgrader would take the whole cell, and with it the marker
            cell.source = cell.source.replace("MARK SCHEME ===", "SOLUTION ===")
    steps = (
        tools.LockCells(),
        tools.ClearSolutions(code_stub={"python": CODE_STUB}, text_stub=TEXT_STUB),
        tools.ClearOutput(),
        tools.ClearHiddenTests(),
        tools.ClearMarkScheme(),
        tools.ComputeChecksums(),
        tools.CheckCellMetadata(),
    )
    for step in steps:
        notebook, resources = step.preprocess(notebook, resources)
    return notebook


def leaks(source, released):
    """Lines of solutions, mark schemes and hidden tests that a release shows.

    Parameters
    ----------
    source, released : nbformat.NotebookNode

    Returns
    -------
    list of str
        Empty where nothing leaks. A line that also stands outside the regions is no secret.
    """
    public, private = set(), set()
    for cell in source.cells:
        shown, hidden, _ = regions(cell.source)
        public |= {line.strip() for line in shown}
        private |= {line.strip() for line in hidden}
    text = "\n".join(visible_text(cell) for cell in released.cells)
    secret = {line for line in private - public if len(line) >= 8}
    return sorted(line for line in secret if line in text) + BEGIN.findall(text)
