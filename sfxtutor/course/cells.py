"""The cells of an assignment: their markers, nbgrader ids and roles, and their regions.

The first line of each cell is a visible marker, ``# sfxtutor: NAME-g1-answer``, equal to its
nbgrader id.
"""

import re

CODE_STUB, TEXT_STUB = "...", "*Your answer here.*"
MARKER = re.compile(r"^\s*(?:#|<!--)\s*sfxtutor:\s*([\w.-]+)\s*(?:-->)?\s*$", re.MULTILINE)
BEGIN = re.compile(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
END = re.compile(r"END (SOLUTION|HIDDEN TESTS|MARK SCHEME)")


def nbgrader():
    """The package nbgrader; raises ImportError, with the remedy, where it is not installed."""
    try:
        import nbgrader.preprocessors
        import nbgrader.utils
    except ImportError as error:
        raise ImportError(
            'Assignments need nbgrader, which is not installed. Run: pip install "sfxtutor[grade]"'
        ) from error
    return nbgrader


def role(cell):
    """What a cell of a source is: "test", "answer", "written" (marked by hand) or "locked"."""
    meta = cell.metadata.get("nbgrader", {})
    graded, answered = meta.get("grade", False), meta.get("solution", False)
    names = {(True, True): "written", (True, False): "test", (False, True): "answer"}
    return names.get((graded, answered), "locked")


def grade_id(cell):
    """The nbgrader id of a cell, "" without one."""
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))


def task(cell):
    """Name of the task that a cell belongs to: "g1" for ``lesson05-g1-test``."""
    return grade_id(cell).split("-")[-2]


def regions(source):
    """Split a cell's lines: (public, private, kinds), kinds being the names of its regions.

    Raises ValueError where a region is not closed or opened twice.
    """
    public, private, kinds, inside = [], [], [], None
    for line in source.splitlines():
        begin, end = BEGIN.search(line), END.search(line)
        if (begin and inside) or (end and inside != end[1]):
            raise ValueError(f"the line {line.strip()!r} does not match the one before it")
        if begin:
            inside = begin[1]
            kinds.append(inside)
        elif end:
            inside = None
        else:
            (private if inside else public).append(line)
    if inside:
        raise ValueError(f"END {inside} is missing")
    return public, private, kinds


def visible_text(cell):
    """All that a cell of a notebook holds, as text: source, outputs, attachments, metadata."""
    rest = {key: value for key, value in cell.items() if key != "source"}
    return f"{cell.source}\n{rest}"


def own_text(text, given):
    """What a text says beyond the one that was given out: its lines that do not stand there."""
    known = {line.strip() for line in given.splitlines()}
    own = [line for line in text.splitlines() if line.strip() not in known]
    return "\n".join(own).replace(TEXT_STUB, "").strip()
