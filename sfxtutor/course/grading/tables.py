"""Tables that pass through a spreadsheet: read as it saves them, written without formulas.

Excel saves CSV with commas or semicolons, as UTF-8 with a byte order mark, UTF-16 or the code page
of Western Windows, and executes a cell that begins like a formula.
"""

import codecs
import csv
import io

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_table(path):
    """Rows of a CSV file with a header.

    Parameters
    ----------
    path : pathlib.Path
        Separated by commas, semicolons or tabs, in UTF-8, UTF-16 or cp1252.

    Returns
    -------
    list of dict of str to str
        A row each, without surrounding spaces; keys as in the header. Empty rows are left out.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is no text, or it has no row below its header.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Found no file {path}, expected a CSV table. Check its name.")
    text = decoded(path)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = [
        {str(key).strip(): (value or "").strip() for key, value in row.items() if key is not None}
        for row in csv.DictReader(io.StringIO(text), delimiter=separator)
    ]
    rows = [row for row in rows if any(row.values())]
    if not rows:
        raise ValueError(
            f"Found no row in {path}, expected a header and rows below it. Fill it in."
        )
    return rows


def decoded(path):
    """Text of a table in the encodings of `read_table`; raises ValueError."""
    data = path.read_bytes()
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(f"{path} is no CSV table in UTF-8. Save it again as 'CSV UTF-8'.")


def without_formula(value):
    """A cell's text that no spreadsheet executes: an apostrophe goes before a formula's sign."""
    return f"'{value}" if str(value).startswith(FORMULA) else value
