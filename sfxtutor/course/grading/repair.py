"""Put a submission back into the form of its source: locked cells restored, answers kept.

A cell is known by its nbgrader id or, where the metadata was stripped, by its visible marker. What
cannot be told for certain is refused with a sentence, never guessed and never scored 0.
"""

import json
import re

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from ..cells import MARKER, grade_id, role

NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


class Refused(ValueError):
    """A submission that cannot be graded as it is; the message says why and what to do."""


def read_cells(path):
    """Cells of a submitted notebook as plain dicts; only what grading needs is looked at.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of dict
        "cell_type", "source" (str), "ids" (set of nbgrader id and markers), "outputs" (list),
        "attached" (bool: it holds pictures that were pasted in).

    Raises
    ------
    Refused
        The file is no notebook of format 4.
    """
    try:
        notebook = json.loads(path.read_text("utf-8-sig"))
        cells = notebook["cells"]
        return [plain(cell) for cell in cells]
    except OSError as error:
        raise Refused(f"{path.name} cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{path.name} is no notebook of format 4 ({type(error).__name__}). Ask for it again."
        ) from error


def plain(cell):
    """One cell of a submitted notebook as `read_cells` gives it."""
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(source)
    ids = set(MARKER.findall(source)) | {grade_id(cell)} - {""}
    kind = cell["cell_type"] if cell["cell_type"] in NEW else "raw"
    return {
        "cell_type": kind,
        "source": source,
        "ids": ids,
        "outputs": cell.get("outputs") or [],
        "attached": bool(cell.get("attachments")),
    }


def restore(assignment, cells):
    """The notebook to execute: the source's cells in their order, with the student's answers.

    The student's own further cells stay behind the cell that they followed.

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
    roles = {grade_id(cell): role(cell) for cell in assignment.source.cells}
    answers = collect_answers(assignment.name, roles, cells)
    groups, notes, restored = {}, [], []
    anchor = None
    for cell in cells:
        known = sorted(cell["ids"] & roles.keys(), key=list(roles).index)
        if known:
            anchor = known[0]
        elif cell["source"].strip():
            groups.setdefault(anchor, []).append(NEW[cell["cell_type"]](cell["source"]))
    restored += groups.get(None, [])
    for source, released in zip(assignment.source.cells, assignment.released.cells, strict=True):
        id = grade_id(source)
        notes += changes(source, released, cells)
        text = answers.get(id, source.source)
        restored.append(NEW[source.cell_type](text, metadata=dict(released.metadata)))
        restored += groups.get(id, [])
    return new_notebook(cells=restored, metadata=KERNEL), notes


def collect_answers(name, roles, cells):
    """The student's text of every answer, {id: source}; raises Refused, naming all problems."""
    answers, problems = {}, []
    foreign = {id for cell in cells for id in cell["ids"]} - roles.keys()
    for cell in cells:
        own = {id for id in cell["ids"] & roles.keys() if roles[id] in ("answer", "written")}
        if own and len(cell["ids"]) > 1:
            both = " and ".join(sorted(cell["ids"]))
            problems.append(f"One cell carries the marks of {both}: were cells merged or pasted?")
    for id in (id for id, kind in roles.items() if kind in ("answer", "written")):
        texts = {cell["source"].strip() for cell in cells if id in cell["ids"]}
        if len(texts) == 1:
            answers[id] = texts.pop()
        elif texts:
            problems.append(f"{id} is there {len(texts)} times: was the cell split or copied?")
        else:
            problems.append(f"No cell carries {id}: was the cell or its first line deleted?")
    if problems:
        other = f" It holds marks of {', '.join(sorted(foreign))}." if foreign else ""
        raise Refused(
            f"This is not {name} as it was given out. {' '.join(problems)}{other} Put the line "
            f"'# sfxtutor: {name}-...' of the release above each answer, once, and grade again."
        )
    return answers


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
    changed = texts - {squeezed(source.source), squeezed(released.source)}
    return [f"{id} was changed and is restored"] if changed else []


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
