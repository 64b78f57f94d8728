"""Marks of written answers: a table that the instructor fills in and every grading reads."""

import hashlib

from .tables import points_in, read_table, write_table

NEEDED = ("student", "assignment", "task", "points")
OPTIONAL = ("id", "max", "lines", "comment", "answer")
COLUMNS = ("student", "id", "assignment", "task", "max", "points", "lines", "comment", "answer")


class Marks:
    """The rows of ``manual.csv``: `lines` names the ticked lines of the mark scheme ("1 3").

    Parameters
    ----------
    path : pathlib.Path
        The table; it may be missing.
    most : dict of str to dict of str to float, optional
        Points there are, per assignment and task.

    Raises
    ------
    ValueError
        The table is damaged, names a student's task twice, or has points that are no number from 0
        to the most there are; the message names file and line.
    """

    def __init__(self, path, most=None):
        self.path = path
        self.rows = {}
        for where, row in read_table(path, NEEDED, OPTIONAL) if path.exists() else ():
            there_is = (most or {}).get(row["assignment"], {}).get(row["task"])
            points_in(row["points"], most_of(row, there_is, where), where)
            key = key_of(row)
            if key in self.rows:
                raise ValueError(
                    f"{where}: {' '.join(filter(None, key))} is there twice. Delete one of the two."
                )
            self.rows[key] = row

    def enter(self, graded):
        """Fill in the points of a submission's written tasks, and keep them for `write`.

        An answer that nobody wrote has 0 points. Marks of an answer that was changed since are
        not used; they stay in the comment.
        """
        for name, text in graded.written.items():
            print_ = fingerprint(text)
            row = self.row(graded.submission, name, print_)
            if row["points"] and row["answer"] != print_:
                graded.notes.append(f"the answer to {name} changed since it was marked")
                row["comment"] = f"({row['points']} for an earlier answer) {row['comment']}".strip()
                row["points"] = row["lines"] = ""
            row |= {"max": f"{graded.most[name]:g}", "answer": print_}
            graded.comments[name] = row["comment"]
            graded.points[name] = points_in(row["points"], graded.most[name], self.path.name)
            if not text and not row["points"]:
                graded.points[name] = 0.0

    def row(self, submission, name, answer=""):
        """The row of a submission's task; a new one where there is none.

        An id that a spreadsheet took for a number, 00123 or 4.56E+12, is put right where student,
        task and answer agree.
        """
        keys = {"student": submission.student, "id": submission.id}
        keys |= {"assignment": submission.assignment, "task": name}
        if key_of(keys) not in self.rows:
            others = [key for key, row in self.rows.items() if mistaken(row, keys, answer)]
            old = self.rows.pop(others[0]) if len(others) == 1 else dict.fromkeys(COLUMNS, "")
            self.rows[key_of(keys)] = old | keys
        return self.rows[key_of(keys)]

    def write(self):
        """Write the table, sorted; rows of students who are not there now are kept."""
        rows = [self.rows[key] for key in sorted(self.rows)]
        write_table(self.path, COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def key_of(row):
    """What names a row: student, id, assignment, task."""
    return tuple(row[name] for name in ("student", "id", "assignment", "task"))


def mistaken(row, keys, answer):
    """Whether a row is that of `keys` with its id left out, or spoilt by a spreadsheet."""
    same = all(row[name] == keys[name] for name in ("student", "assignment", "task"))
    return same and bool(keys["id"]) and (not row["id"] or row["answer"] == answer)


def most_of(row, there_is, where):
    """Points there are for a row: by the assignment, else by its own column max."""
    if there_is is not None:
        return there_is
    most = points_in(row["max"], float("inf"), where)
    return float("inf") if most is None else most


def fingerprint(text):
    """Nine characters that change with a text; no spreadsheet takes them for a number."""
    return f"x{hashlib.sha256(text.encode()).hexdigest()[:8]}"
