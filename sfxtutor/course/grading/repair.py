"""Put a submission back into the form of its source: locked cells restored, answers kept.

A cell is known by its visible marker or, where that is gone, by its nbgrader id (see `identify`).
What cannot be told for certain is refused with a sentence, never guessed and never scored 0.
"""

import json
import re

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from ..cells import MARKER, grade_id, role
from .damage import Refused, load_notebook
from .identify import identify
from .strayed import find_written

NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def read_cells(path, notes=None):
    """Cells of a submitted notebook as plain dicts; only what grading needs is looked at.

    Parameters
    ----------
    path : pathlib.Path
    notes : list of str, optional
        Receives how the file had to be converted.

    Returns
    -------
    list of dict
        "cell_type", "source" (str), "ids" (set of nbgrader id and markers), "metadata_id" (the
        nbgrader id, "" without one), "outputs" (list), "attached" (bool: it holds pictures that
        were pasted in).

    Raises
    ------
    Refused
        The file is no notebook.
    """
    notebook, converted = load_notebook(path)
    try:
        cells = [plain(cell) for cell in notebook["cells"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{path.name} is no notebook of format 4 ({type(error).__name__} in a cell). Ask for "
            "it again."
        ) from error
    if notes is not None:
        notes += converted
    return cells


def plain(cell):
    """One cell of a submitted notebook as `read_cells` gives it."""
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(source)
    kind = cell["cell_type"] if cell["cell_type"] in NEW else "raw"
    return {
        "cell_type": kind,
        "source": source,
        "ids": set(MARKER.findall(source)) | {grade_id(cell)} - {""},
        "metadata_id": grade_id(cell),
        "outputs": cell.get("outputs") or [],
        "attached": bool(cell.get("attachments")),
    }


def restore(assignment, cells):
    """The notebook to execute: the source's cells in their order, with the student's answers.

    The student's own further cells stay behind the cell that they followed; text that stands there
    instead of in a written answer's cell becomes that answer.

    Parameters
    ----------
    assignment : sfxtutor.course.assignments.Assignment
    cells : list of dict
        See `read_cells`.

    Returns
    -------
    notebook : nbformat.NotebookNode
    notes : list of str
        What was restored and deserves a look.

    Raises
    ------
    Refused
    """
    cells, answers, notes, problems = identify(assignment, cells)
    if problems:
        raise Refused(
            f"This is not {assignment.name} as it was given out. {' '.join(problems)}"
            f"{foreign(assignment, cells)} Then grade again."
        )
    groups = own_cells(assignment, cells)
    notes += find_written(assignment, cells, groups, answers)
    restored = [NEW[one["cell_type"]](one["source"]) for one in groups.get(None, [])]
    for source, released in zip(assignment.source.cells, assignment.released.cells, strict=True):
        id = grade_id(source)
        notes += changes(source, released, cells)
        text = answers.get(id, source.source)
        restored.append(NEW[source.cell_type](text, metadata=dict(released.metadata)))
        restored += [NEW[one["cell_type"]](one["source"]) for one in groups.get(id, [])]
    return new_notebook(cells=restored, metadata=KERNEL), notes


def own_cells(assignment, cells):
    """The student's own cells by the cell of the source that they follow: {id or None: list}."""
    order = [grade_id(cell) for cell in assignment.source.cells]
    groups, anchor = {}, None
    for cell in cells:
        known = sorted(cell["ids"] & {*order}, key=order.index)
        if known:
            anchor = known[0]
        elif cell["source"].strip():
            groups.setdefault(anchor, []).append(cell)
    return groups


def foreign(assignment, cells):
    """Sentence on marks of other assignments, "" without any."""
    known = {grade_id(cell) for cell in assignment.source.cells}
    others = {id for cell in cells for id in cell["ids"]} - known
    return f" It holds marks of {', '.join(sorted(others))}." if others else ""


def changes(source, released, cells):
    """Notes on a test that is missing or was changed, and on pictures that are left behind.

    The source's own test counts as unchanged.
    """
    id = grade_id(source)
    if role(source) == "written" and any(cell["attached"] for cell in cells if id in cell["ids"]):
        return [f"{id} holds a picture: see the submitted notebook"]
    if role(source) != "test":
        return []
    texts = {squeezed(cell["source"]) for cell in cells if id in cell["ids"]}
    if not texts:
        return [f"{id} was missing and is restored"]
    given = {squeezed(source.source), squeezed(released.source)}
    return [] if texts & given else [f"{id} was changed and is restored"]


def squeezed(text):
    """Text without differences in spaces."""
    return re.sub(r"\s+", " ", text).strip()


def seen_right(cells):
    """Ids of the exercises that the student's own copy shows as right.

    Parameters
    ----------
    cells : list of dict
        See `read_cells`.

    Returns
    -------
    set of str
    """
    text = json.dumps([cell["outputs"] for cell in cells])
    return set(re.findall(r"Right \((nb\d\d\.\w+)\)", text))
