"""Marks of written answers: a table that the instructor fills in and every grading reads."""

import csv
import hashlib
import io

from ...support.disk import write_text

COLUMNS = ("student", "assignment", "task", "max", "points", "comment", "answer")


class Marks:
    """The rows of ``manual.csv``.

    Parameters
    ----------
    path : pathlib.Path
        The table; it may be missing.

    Raises
    ------
    ValueError
        A row is not what was written, or its points are no number from 0 to max.
    """

    def __init__(self, path):
        self.path = path
        self.rows = {}
        text = path.read_text("utf-8-sig") if path.exists() else ""
        separator = ";" if ";" in text.partition("\n")[0] else ","  # a spreadsheet's own choice
        for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=separator), 2):
            where = f"{path}, line {number}"
            if any(row.get(name) is None for name in COLUMNS):
                raise ValueError(f"{where}: expected the columns {', '.join(COLUMNS)}. Correct it.")
            row = {name: row[name].strip() for name in COLUMNS}
            check_points(row, where)
            self.rows[row["student"], row["assignment"], row["task"]] = row

    def enter(self, graded):
        """Fill in the points of a submission's written tasks, and remember them for `write`.

        An answer that nobody wrote has 0 points. Marks of an answer that was changed since are
        not used; they stay in the comment.
        """
        submission = graded.submission
        for name, text in graded.written.items():
            row = self.rows.setdefault(
                (submission.student, submission.assignment, name),
                dict.fromkeys(COLUMNS, "")
                | {
                    "student": submission.student,
                    "assignment": submission.assignment,
                    "task": name,
                },
            )
            print_ = fingerprint(text)
            if row["points"] and row["answer"] != print_:
                graded.notes.append(f"the answer to {name} changed since it was marked")
                row["comment"] = f"({row['points']} for an earlier answer) {row['comment']}".strip()
                row["points"] = ""
            row |= {"max": f"{graded.most[name]:g}", "answer": print_}
            graded.comments[name] = row["comment"]
            graded.points[name] = number_in(row["points"]) if row["points"] else None
            if not text and not row["points"]:
                graded.points[name] = 0.0

    def write(self):
        """Write the table, sorted; rows of students who are not there now are kept."""
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows[key] for key in sorted(self.rows))
        write_text(self.path, table.getvalue())


def check_points(row, where):
    """Raise ValueError where a row's points are no number from 0 to its max."""
    try:
        fine = not row["points"] or 0 <= number_in(row["points"]) <= number_in(row["max"])
    except ValueError:
        fine = False
    if not fine:
        raise ValueError(
            f"{where}: found {row['points']!r} points, expected a number from 0 to {row['max']} "
            "or nothing. Correct it."
        )


def number_in(text):
    """Number in a cell of a table, with a point or a comma."""
    return float(text.replace(",", "."))


def fingerprint(text):
    """Eight characters that change with a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
