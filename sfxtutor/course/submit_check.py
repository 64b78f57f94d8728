"""What a student can check before handing in: markers, answers, name, size."""

import ast
import json
from collections import Counter

from .cells import MARKER, TEXT_STUB
from .grading.archives import LARGEST
from .grading.damage import Refused
from .grading.repair import read_cells

NO_NAME, NAME = "No name is set", "You are: "


def check_submission(path):
    """What keeps a notebook from being graded as its author expects.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    list of str
        Sentences; empty where all is well.

    Raises
    ------
    FileNotFoundError
    ValueError
        The file is no notebook, or none of an assignment.
    """
    if not path.exists():
        raise FileNotFoundError(f"Found no file {path}, expected your notebook. Check its name.")
    try:
        cells = read_cells(path)
    except Refused as error:
        raise ValueError(f"{error} If it is yours, save it again in JupyterLab.") from error
    marked = [
        (id, cell["cell_type"], cell["source"])
        for cell in cells
        for id in MARKER.findall(cell["source"])
    ]
    if not marked:
        raise ValueError(
            f"{path.name} has no line such as '# sfxtutor: lesson03-g1-answer', expected one in "
            "every cell of an assignment. Is it the right file?"
        )
    ids = [id for id, *_ in marked]
    return [
        *wrong_markers(ids, [cell["metadata_id"] for cell in cells]),
        *(sentence for id, kind, text in marked if (sentence := empty(id, kind, text))),
        *wrong_name(json.dumps([cell["outputs"] for cell in cells])),
        *too_large(path),
    ]


def wrong_markers(ids, meta_ids):
    """Sentences on markers that are missing or there twice."""
    tasks = {id.rpartition("-")[0] for id in ids if id.endswith(("-task", "-test"))}
    wanted = {id for id in meta_ids if id} | {f"{task}-answer" for task in tasks}
    for id in sorted(wanted - set(ids)):
        yield f"The line '# sfxtutor: {id}' is missing: put it back as the first line of its cell."
    for id, count in sorted(Counter(ids).items()):
        if count > 1:
            yield f"{id} stands in {count} cells: delete the copies, and keep the one that counts."


def empty(id, kind, text):
    """A sentence where an answer is not written yet, else ""."""
    if not id.rpartition("-")[2].startswith("answer"):
        return ""
    body = MARKER.sub("", text)
    stub = TEXT_STUB in body if kind == "markdown" else has_dots(body)
    if stub or not body.strip():
        return f"{id} has no answer yet: replace {TEXT_STUB if kind == 'markdown' else 'the dots'}."
    return ""


def has_dots(code):
    """Whether a function has no body but dots, or the last value of a name is dots."""
    try:
        body = ast.parse(code).body
    except SyntaxError:  # an error that the student sees, or a magic command
        return False
    values = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            rest = node.body[1:] if ast.get_docstring(node) else node.body
            values[node.name] = not rest or all(is_dots(part) for part in rest)
        elif isinstance(node, ast.Assign):
            for name in (part.id for part in node.targets if isinstance(part, ast.Name)):
                values[name] = is_dots(node)
    return any(values.values())


def is_dots(node):
    """Whether a statement is dots, or sets a name to them."""
    value = getattr(node, "value", None)
    return isinstance(value, ast.Constant) and value.value is ...


def wrong_name(outputs):
    """Sentences on the name that the cells ran under."""
    if NO_NAME in outputs:
        yield "The cells ran without a name: start by sfxtutor lab --student NAME, run all cells."
    elif NAME not in outputs:
        yield "The first cells were not run: run all cells, look at the name, and save."


def too_large(path):
    """A sentence where a file is larger than grading takes."""
    size = path.stat().st_size
    if size > LARGEST:
        yield f"The file has {size / 1e6:.0f} MB, at most 50: clear large outputs, and save."
