"""Written answers that stand beside their cell: an answer in words is never lost to a 0."""

import ast
import re

from ..cells import grade_id, own_text, role, task


def find_written(assignment, cells, groups, answers):
    """Complete written answers by the text that stands in other cells.

    Parameters
    ----------
    assignment : sfxtutor.course.assignments.Assignment
    cells : list of dict
        As `identify.identify` gives them.
    groups : dict of str to list of dict
        The student's own cells by the cell that they follow; those used are taken out.
    answers : dict of str to str
        By id; changed in place.

    Returns
    -------
    list of str
        Notes: where each text was found.
    """
    notes = []
    for given in assignment.released.cells:
        if role(given) != "written":
            continue
        id, name = grade_id(given), task(given)
        found, where = place_of(assignment, given, cells, groups, answers[id])
        if where:
            notes.append(f"the answer to {name} {where}")
        if found:
            answers[id] += "\n\n" + "\n\n".join(cell["source"] for cell in found)
            if any(cell.get("attached") for cell in found):
                notes.append(f"{id} holds a picture: see the submitted notebook")
    return notes


def place_of(assignment, given, cells, groups, answer):
    """Cells that hold an answer's text or its continuation, and words on where they stand.

    No cells and "" where the answer is complete, or was not written.
    """
    id, empty = grade_id(given), not own_text(answer, given.source)
    below = take(assignment, groups, id, code=empty)
    if below:
        return below, "was found in a cell below its own" if empty else "goes on in a cell below"
    if not empty:
        return [], ""
    if added := added_text(assignment, given, cells):
        return [{"source": added}], "was found in the cell of the question"
    before = previous(assignment, id, cells)
    if before and before not in written_ids(assignment):
        above = take(assignment, groups, before, code=False)
        if above:
            return above, "is empty, and the cell above it is shown in its place"
    if groups.get(id):
        return [], "is empty, and the student's own cells follow it: look at them"
    return [], ""


def take(assignment, groups, anchor, code):
    """Take the cells with text out of a group; with `code` also code cells that are text."""
    given = "\n".join(cell.source for cell in assignment.released.cells)

    def of_text(cell):
        own = own_text(cell["source"], given)
        return own and (cell["cell_type"] != "code" or (code and is_prose(cell["source"])))

    found = [cell for cell in groups.get(anchor, []) if of_text(cell)]
    if found:
        groups[anchor] = [cell for cell in groups[anchor] if cell not in found]
    return found


def is_prose(source):
    """Whether what stands in a code cell is words: comments alone, or several and no Python."""
    lines = [line for line in source.splitlines() if not re.match(r"\s*[%!]", line)]
    try:
        return not ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return len(re.findall(r"[^\W\d_]{2,}", source)) >= 3 and "=" not in source


def added_text(assignment, given, cells):
    """What was added to the locked text of the same task, where that is still whole; else ""."""
    added = []
    for locked in assignment.released.cells:
        if role(locked) != "locked" or task_of(locked) != task(given):
            continue
        lines = {line.strip() for line in locked.source.splitlines()}
        for cell in (cell for cell in cells if grade_id(locked) in cell["ids"]):
            if lines <= {line.strip() for line in cell["source"].splitlines()} | {""}:
                added.append(own_text(cell["source"], locked.source))
    return "\n\n".join(filter(None, added))


def task_of(cell):
    """Task of a cell, "" for one that belongs to none."""
    parts = grade_id(cell).split("-")
    return parts[-2] if len(parts) > 2 else ""


def written_ids(assignment):
    """Ids of the written answers; a set."""
    return {grade_id(cell) for cell in assignment.released.cells if role(cell) == "written"}


def previous(assignment, id, cells):
    """Id of the cell of the source that stands before the one of that id, as it was handed in."""
    known = {grade_id(cell) for cell in assignment.released.cells}
    before = None
    for cell in cells:
        if id in cell["ids"]:
            return before
        before = next(iter(sorted(cell["ids"] & known)), before)
    return None
