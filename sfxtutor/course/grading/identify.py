"""Which cell of a submitted notebook stands for which cell of the source.

The visible marker, the first line of a cell, goes before nbgrader's metadata: JupyterLab copies
the metadata when a cell is split or copied.
"""

import ast
import re
import unicodedata

from ..cells import MARKER, grade_id, own_text, role

ANSWERS = ("answer", "written")


def identify(assignment, cells):
    """Find the cells of the source among those of a submission.

    Parameters
    ----------
    assignment : sfxtutor.course.assignments.Assignment
    cells : list of dict
        See `repair.read_cells`.

    Returns
    -------
    cells : list of dict
        Copies; "ids" holds the ids of the source that each stands for, none for the student's own.
    answers : dict of str to str
        The student's text of each answer, by id.
    notes : list of str
        What was not as it was given out.
    problems : list of str
        What no rule decides, each with what to do; `answers` lacks it.
    """
    released = {grade_id(cell): cell for cell in assignment.released.cells}
    cells, notes = retyped(released, cells)
    answers, problems = {}, merged(released, cells)
    for id, cell in released.items():
        metadata_alone, visible = carriers(id, cells)
        if visible:
            for other in metadata_alone:
                other["ids"] = set()
        if role(cell) not in ANSWERS:
            continue
        if visible and any(own_text(other["source"], cell.source) for other in metadata_alone):
            notes.append(
                f"{id} was split or copied: the cell with the visible marker counts, the other is "
                "one of the student's own"
            )
        chosen = choose(cell, visible or metadata_alone)
        texts = list(dict.fromkeys(one["source"].strip() for one in chosen))
        if len(texts) == 1:
            answers[id] = texts[0]
            if len(chosen) < len(visible or metadata_alone):
                notes.append(f"{id} is there more than once: an old or empty copy is left out")
        else:
            problems.append(undecided(id, first_line(cell), texts, visible))
    return cells, answers, notes, problems


def retyped(released, cells):
    """Copies of the cells with markers corrected that differ from the given line, and notes."""
    known = {letters(f"sfxtutor{id}"): id for id in released}
    copies, notes = [], []
    for cell in cells:
        lines, found = cell["source"].split("\n"), set()
        for number, line in enumerate(lines):
            id = known.get(letters(line))
            if id and MARKER.findall(line) != [id]:
                lines[number] = first_line(released[id])
                notes.append(f"the first line of {id} was changed to {line.strip()!r}")
            found |= {id} if id else set()
        visible = found | set(MARKER.findall(cell["source"]))
        ids = visible or {cell["metadata_id"]} - {""}
        source = "\n".join(lines)
        copies.append(cell | {"source": source, "ids": ids, "visible": visible})
    return copies, notes


def letters(text):
    """Letters and digits of a line, without case and width."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def first_line(cell):
    """The marker of a cell of the release."""
    return cell.source.partition("\n")[0]


def merged(released, cells):
    """Sentences on cells that carry an answer's marker and another one: no answer can be told."""
    problems = []
    for cell in cells:
        answers = {id for id in cell["ids"] & released.keys() if role(released[id]) in ANSWERS}
        if answers and len(cell["ids"]) > 1:
            both = " and ".join(sorted(cell["ids"]))
            problems.append(
                f"One cell carries the marks of {both}: were cells merged or pasted? Split it, so "
                "that each of the marks is the first line of its own cell."
            )
    return problems


def carriers(id, cells):
    """Cells that carry an id in their metadata alone, and those with its visible marker."""
    carrying = [cell for cell in cells if id in cell["ids"]]
    visible = [cell for cell in carrying if id in cell["visible"]]
    return [cell for cell in carrying if id not in cell["visible"]], visible


def choose(given, cells):
    """Of several cells for one answer those that may count.

    Left out, as long as others remain, are for code those that are text now, those in which
    nothing was written, and those whose code is commented out.
    """
    rules = [lambda cell: own_text(cell["source"], given.source)]
    if role(given) == "answer":
        rules = [
            lambda cell: cell["cell_type"] == "code",
            lambda cell: is_new(cell, given),
            has_code,
        ]
    for rule in rules:
        cells = [cell for cell in cells if rule(cell)] or cells
    return cells


def is_new(cell, given):
    """Whether a cell of code differs from the given one, its first line left out."""
    given, own = (
        [line.rstrip() for line in text.splitlines() if line.strip() and not MARKER.match(line)]
        for text in (given.source, cell["source"])
    )
    return own not in ([], given)


def has_code(cell):
    """Whether a code cell holds more than comments and strings."""
    try:
        body = ast.parse(cell["source"]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return any(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body
    )


def undecided(id, marker, texts, visible):
    """Sentence on an answer of which no cell, or no single one, is known."""
    if not texts:
        return f"No cell carries {id}. Put the line '{marker}' above the answer."
    if visible:
        return (
            f"{id} is there {len(texts)} times, with different texts. Delete the line '{marker}' "
            "from those that do not count."
        )
    return (
        f"{id} is there {len(texts)} times, without its first line. Put the line '{marker}' above "
        "the one that counts."
    )
