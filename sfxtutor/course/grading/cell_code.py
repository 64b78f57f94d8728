"""What keeps a student's cell from being executed at all, and the magic that can be put right."""

import re

from IPython.core.inputtransformer2 import TransformerManager

MAGIC = re.compile(r"^\s*%%(\w+)")
MOVED = ("time", "capture", "prun")  # these execute the cell in the notebook's own names
CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


def magic_first(source):
    """A cell whose magic stands under comments, as under the marker, with the magic as first line.

    Parameters
    ----------
    source : str

    Returns
    -------
    source : str
    moved : str
        The magic, such as "%%time", "" where nothing was moved.
    """
    number, magic = late_magic(source)
    if magic not in MOVED:
        return source, ""
    lines = source.splitlines()
    return "\n".join([lines.pop(number).strip(), *lines]), f"%%{magic}"


def late_magic(source):
    """Line, from 0, and name of a cell magic below the first line; (0, "") without one."""
    for number, line in enumerate(source.splitlines()):
        found = MAGIC.match(line)
        if found and number:
            return number, found[1]
        if found or (line.strip() and not line.strip().startswith("#")):
            break
    return 0, ""


def problem(source):
    """Why a cell cannot be executed, as in "the cell ..."; "" where it can.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
    """
    if found := CONFLICT.search(source):
        line = source[: found.start()].count("\n") + 1
        return f"holds the marks of a merge conflict ({found[1]}, line {line})"
    lines = magic_first(source)[0].splitlines() or [""]
    if magic := late_magic("\n".join(lines))[1]:
        return f"has the magic %%{magic} below its first line"
    if first := MAGIC.match(lines[0]):
        if first[1] not in MOVED:
            return f"begins with the magic %%{first[1]}"
        lines[0] = "#"
    try:
        code = TransformerManager().transform_cell("\n".join(lines))
        compile(code, "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        kind = type(error).__name__
        article = "an" if kind.startswith("I") else "a"
        return f"has {article} {kind} in line {error.lineno} ({error.msg})"
    except ValueError:
        return "holds a character that Python cannot read"
    return ""
