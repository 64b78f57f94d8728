"""The marks as tables that learning platforms read: Moodle's grading worksheet, Canvas' gradebook.

Moodle: the columns that mod/assign/feedback/offline/importgradeslib.php looks for. Canvas: the
columns of its gradebook export, which its import takes.
"""

import re

from .tables import table_text

MOODLE = (
    "Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade",
    "Last modified (grade)", "Feedback comments",
)  # fmt: skip
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def moodle_worksheets(graded):
    """Moodle's offline grading worksheet of every assignment.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded

    Returns
    -------
    dict of str to str
        Of an assignment's name, the text of the CSV file. A grade that is not there is empty,
        and Moodle leaves it as it is.
    """
    return {
        name: table_text(
            MOODLE, [moodle_row(one) for one in graded if one.submission.assignment == name]
        )
        for name in assignments_of(graded)
    }


def moodle_row(one):
    """A row of a worksheet; Moodle's participant number is the id in the name of the folder."""
    submission = one.submission
    number = submission.id if re.fullmatch(r"\d+", submission.id) else ""
    mail = submission.id if "@" in submission.id else ""
    participant = f"Participant {number}" if number else ""
    most = f"{sum(one.most.values()):g}"
    return [
        participant,
        submission.student,
        submission.id,
        mail,
        grade(one),
        most,
        "",
        comments(one),
    ]


def canvas_gradebook(graded):
    """All assignments as one table for the gradebook of Canvas; a str.

    The ID is the number in the name of a file that Canvas made; Canvas matches a column without a
    number in its name by the title of the assignment.
    """
    names = assignments_of(graded)
    most = {one.submission.assignment: f"{sum(one.most.values()):g}" for one in graded}
    rows = [["    Points Possible", "", "", "", "", *(most[name] for name in names)]]
    for student, ones in by_student(graded).items():
        id = next(iter(ones.values())).submission.id
        numeric = id if re.fullmatch(r"\d+", id) else ""
        marks = [grade(ones[name]) if name in ones else "" for name in names]
        rows.append([student, numeric, "" if numeric else id, "", "", *marks])
    return table_text([*CANVAS, *names], rows)


def by_student(graded):
    """{student: {assignment: Graded}}, sorted. A platform's ids may differ between assignments."""
    students = {}
    for one in sorted(graded, key=lambda one: (one.submission.student, one.submission.assignment)):
        students.setdefault(one.submission.student, {})[one.submission.assignment] = one
    return students


def assignments_of(graded):
    """Names of the assignments that were handed in; a sorted list."""
    return sorted({one.submission.assignment for one in graded if one.submission.assignment})


def grade(one):
    """The total of a submission as text, "" without one."""
    return "" if one.total is None else f"{one.total:g}"


def comments(one):
    """For the student: points of every task and what was written beside them, or why none."""
    if one.total is None:
        return "Not all tasks are marked yet." if one.points else one.reason
    parts = []
    for name, points in one.points.items():
        remark = one.comments.get(name, "")
        parts.append(f"{name}: {points:g} of {one.most[name]:g}{f' ({remark})' if remark else ''}")
    if one.deduction:
        parts.append(f"late: -{one.deduction:g}")
    return "; ".join(parts)
