"""CSV files that a spreadsheet opens, changes and saves: read in any of its forms, written in one.

Excel shows umlauts only behind a byte order mark, and saves what it opened in the encoding, with
the separator and the decimal sign of its country.
"""

import csv
import io

from ...support.disk import write_text

SEPARATORS = ",;\t"
FORMULA = ("=", "+", "-", "@")  # a cell that begins with one of these would be computed


def read_table(path, needed, optional=()):
    """The rows of a CSV file.

    Read are UTF-8 and UTF-16, else cp1252, with commas, semicolons or tabs. Columns may come in
    any order, and others may be there.

    Parameters
    ----------
    path : pathlib.Path
    needed, optional : iterable of str
        Columns; one of `optional` that is missing is "" in every row.

    Returns
    -------
    list of (str, dict of str to str)
        Where the row stands ("manual.csv, line 2"), and its cells without spaces around them.

    Raises
    ------
    ValueError
        The file cannot be decoded, a column is missing, or a row has too many or too few cells.
    """
    lines = decoded(path).splitlines(keepends=True)
    if lines and lines[0].lower().startswith("sep="):  # Excel's own way to name the separator
        lines[0] = "\n"
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    head = lines[start] if lines else ""
    reader = csv.reader(lines, delimiter=max(SEPARATORS, key=head.count))
    rows, columns, before = [], None, 0
    for cells in reader:
        where, before = f"{path.name}, line {before + 1}", reader.line_num
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if columns is None:
            columns = [cell.lower() for cell in cells]
            check_columns(columns, needed, where)
            continue
        missing = set(columns[len(cells) :]) & set(needed)
        if any(cells[len(columns) :]) or missing:
            raise ValueError(
                f"{where}: found {len(cells)} cells, expected {len(columns)}. Put a text that "
                "holds a separator in quotation marks, or save the table as CSV again."
            )
        row = dict(zip(columns, cells, strict=False))
        rows.append((where, {name: plain(row.get(name, "")) for name in (*needed, *optional)}))
    return rows


def check_columns(columns, needed, where):
    """Raise ValueError where a header lacks a column that is needed."""
    missing = [name for name in needed if name not in columns]
    if missing:
        raise ValueError(
            f"{where}: found the columns {', '.join(columns)}, expected {', '.join(needed)}. Add "
            f"{', '.join(missing)} to the first line."
        )


def decoded(path):
    """The text of a file that a spreadsheet or an editor saved; ValueError where it is none."""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as failure:
            error = failure
        else:
            if "\0" not in text:
                return text
            break
    else:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path.name}, line {line}: found the byte 0x{data[error.start]:02x}, expected text in "
            "UTF-8, UTF-16 or cp1252. Save the table as 'CSV UTF-8'."
        )
    raise ValueError(
        f"{path.name}, line 1: found binary data, expected a table. Save it as 'CSV UTF-8'."
    )


def table_text(columns, rows):
    """A table as text, behind a byte order mark; a row is a list of cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return f"\ufeff{text.getvalue()}"


def write_table(path, columns, rows):
    """Write a table, as `table_text` makes it."""
    write_text(path, table_text(columns, rows))


def harmless(cell):
    """A cell that a spreadsheet shows and does not compute; numbers stay as they are."""
    return f"'{cell}" if isinstance(cell, str) and formula_like(cell) else cell


def plain(cell):
    """A cell as it was before `harmless`."""
    return cell[1:] if cell.startswith("'") and formula_like(cell[1:]) else cell


def formula_like(cell):
    """Whether a spreadsheet would compute a cell."""
    return cell.startswith(FORMULA) and not is_number(cell)


def is_number(text):
    """Whether a cell holds a number."""
    try:
        number_in(text)
    except ValueError:
        return False
    return True


def number_in(text):
    """Number in a cell, with a decimal point or comma; ValueError where there is none."""
    return float(text.replace(",", "."))


def points_in(text, most, where):
    """Points in a cell: a number from 0 to `most`, None where it is empty.

    Raises ValueError, naming `where` the cell stands, for anything else.
    """
    try:
        value = number_in(text) if text else None
        fine = value is None or 0 <= value <= most
    except ValueError:
        fine = False
    if not fine:
        raise ValueError(
            f"{where}: found {text!r} points, expected a number from 0 to {most:g} or nothing. "
            "Correct it."
        )
    return value
