"""Markers for a source that was made in nbgrader's Create Assignment panel, which writes none.

Every cell gets an id of the form NAME-g1-answer, and the line that shows it.
"""

from .cells import MARKER, regions, role

REGIONS = {
    "answer": "### BEGIN SOLUTION\n{}\n### END SOLUTION",
    "written": "=== BEGIN MARK SCHEME ===\n{}\n=== END MARK SCHEME ===",
}


def add_markers(source, name):
    """Give each cell of a source its marker, where no cell has one.

    The cells of a task are those from behind the test before it to its own test; a cell to be
    marked by hand is a task of its own. An answer without a region is a solution as a whole, as
    for nbgrader, and a written one a mark scheme. All other cells are locked.

    Parameters
    ----------
    source : nbformat.NotebookNode
        Changed in place.
    name : str
        Of the assignment.

    Returns
    -------
    int
        Number of cells that got a marker: all, or 0 where some cell has one, or none is graded.
    """
    cells = source.cells
    if not lacks_markers(cells):
        return 0
    for cell, id in zip(cells, new_ids(cells, name), strict=True):
        if role(cell) in REGIONS and not regions(cell.source)[2]:
            cell.source = REGIONS[role(cell)].format(cell.source)
        locked = {"grade": False, "solution": False, "locked": True, "task": False}
        kept = cell.metadata.get("nbgrader", locked | {"schema_version": 3})
        cell.metadata["nbgrader"] = {**kept, "grade_id": id}
        marker = f"# sfxtutor: {id}" if cell.cell_type == "code" else f"<!-- sfxtutor: {id} -->"
        cell.source = f"{marker}\n{cell.source}"
    return len(cells)


def lacks_markers(cells):
    """Whether cells are graded and none of all has a marker."""
    marked = any(MARKER.search(cell.source.partition("\n")[0]) for cell in cells)
    return not marked and any(role(cell) in ("test", "written") for cell in cells)


def new_ids(cells, name):
    """An id for every cell: NAME-g1-answer, NAME-g1-test, NAME-w1-answer, NAME-text1, ..."""
    ids, graded, written, answers, others = [], 1, 0, 0, 0
    for cell in cells:
        kind = role(cell)
        if kind == "written":
            written += 1
            ids.append(f"{name}-w{written}-answer")
        elif kind == "answer":
            answers += 1
            ids.append(f"{name}-g{graded}-answer{'' if answers == 1 else answers}")
        elif kind == "test":
            ids.append(f"{name}-g{graded}-test")
            graded, answers = graded + 1, 0
        else:
            others += 1
            ids.append(f"{name}-text{others}")
    return ids


def unmarkable(source):
    """Sentences on cells that cannot get a marker: a %% line must be first, a region be closed."""
    found = []
    for number, cell in enumerate(source.cells if lacks_markers(source.cells) else (), start=1):
        if cell.cell_type == "code" and cell.source.lstrip().startswith("%%"):
            found.append(
                f"cell {number} begins with {cell.source.split()[0]}, which has to stand above the "
                "marker: use a % command of one line"
            )
        try:
            regions(cell.source)
        except ValueError as error:
            found.append(f"cell {number}: {error}")
    return found
