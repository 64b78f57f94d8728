"""What the instructor changes of the marks: points set by hand with a reason, a late penalty."""

from .marks import BY_HAND, GRADED
from .tables import points_in, read_table, write_table

NEEDED = ("student", "assignment", "task", "points", "reason")
COLUMNS = ("student", "id", "assignment", "task", "points", "reason")


class Overrides:
    """The rows of ``overrides.csv``: points of any task of a student, with the reason.

    Parameters
    ----------
    path : pathlib.Path
        The table; it may be missing.
    most : dict of str to dict of str to float
        Points there are, per assignment and task.

    Raises
    ------
    ValueError
        The table is damaged, a reason is missing, a task is unknown, or points are no number from
        0 to the most there are; the message names file and line.
    """

    def __init__(self, path, most):
        self.path = path
        self.rows = []
        for where, row in read_table(path, NEEDED, ("id",)) if path.exists() else ():
            task = f"{row['assignment']}, {row['task']}"
            if row["task"] not in most.get(row["assignment"], {}):
                raise ValueError(
                    f"{where}: there is no task {task}. Name the assignment and the task as the "
                    "columns of grades.csv do, such as lesson03 and g1."
                )
            points = points_in(row["points"], most[row["assignment"]][row["task"]], where)
            if points is not None and not row["reason"]:
                raise ValueError(f"{where}: points without a reason. Write why {task} has them.")
            self.rows.append((where, row, points))

    def check(self, submissions):
        """Sentences on rows that fit no submission; a list.

        Raises ValueError where a row fits more than one.
        """
        unused = []
        for where, row, _ in self.rows:
            count = sum(fits(row, one) for one in submissions)
            whose = f"{row['assignment']} by {row['student']}"
            if count > 1:
                raise ValueError(f"{where}: there are {count} of {whose}. Add a column id.")
            if not count:
                unused.append(f"{where} is not used: there is no {whose} here.")
        return unused

    def of(self, submission):
        """Of the rows of a submission: (task, points, reason); a list."""
        return [
            (row["task"], points, row["reason"])
            for _, row, points in self.rows
            if points is not None and fits(row, submission)
        ]

    def write(self):
        """Write an empty table where there is none yet."""
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_table(self.path, COLUMNS, [])


def fits(row, submission):
    """Whether a row is of that submission; its id may be left out."""
    return (
        row["student"] == submission.student
        and row["assignment"] == submission.assignment
        and row["id"] in ("", submission.id)
    )


def adjust(graded, overrides, late_penalty=0.0):
    """Set the points that the instructor gave, then deduct the penalty of late submissions.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded
        Changed in place.
    overrides : Overrides
    late_penalty : float
        % of the points reached.
    """
    for one in graded:
        if rows := overrides.of(one.submission):
            set_points(one, rows)
        if late_penalty and one.submission.late and one.points:
            reached = sum(value or 0 for value in one.points.values())
            one.deduction = reached * late_penalty / 100
            one.notes.append(f"late: {one.deduction:g} points deducted ({late_penalty:g} %)")


def set_points(graded, rows):
    """Set points of a submission; one without marks needs them for all of its tasks."""
    missing = ", ".join(sorted(graded.most.keys() - {name for name, *_ in rows}))
    if not graded.points and missing:
        graded.notes.append(f"overrides.csv has to set {missing} as well: there are no marks yet")
        return
    graded.points = graded.points or dict.fromkeys(graded.most)
    for name, points, reason in rows:
        before = graded.points[name]
        instead = "" if before is None else f" instead of {before:g}"
        graded.notes.append(f"{name}: {points:g}{instead} by the instructor: {reason}")
        graded.points[name] = points
        graded.comments[name] = f"Points set by the instructor: {reason}"
    waiting = [name for name, value in graded.points.items() if value is None]
    graded.status = BY_HAND if waiting else GRADED
    if not waiting:
        graded.reason = ""
