"""Statistics of a class over all assignments, for the instructor: one page."""

from dataclasses import dataclass

import numpy as np

from ...metrics import wilson
from .feedback import render_page
from .lms import assignments_of, by_student

ENOUGH = 10  # students from whom on a correlation is shown
AT_RISK = 0.5  # share of the points below which a student is named
BINS = 10


@dataclass(frozen=True)
class Item:
    """A task: how many were marked and right, with interval; mean share; discrimination or None.

    `discrimination` is the correlation of the task's points with the sum of the others (the
    point-biserial correlation where a task is right or wrong).
    """

    task: str
    marked: int
    right: int
    low: float
    high: float
    mean: float
    discrimination: float | None


@dataclass(frozen=True)
class Summary:
    """An assignment: submissions, those with all marks, mean and median total, counts by tenth."""

    assignment: str
    handed_in: int
    totals: int
    most: float
    mean: float
    median: float
    bins: list
    items: list


def overview_page(graded):
    """The page as HTML; it holds names.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded
        Of all assignments.

    Returns
    -------
    str
    """
    names = assignments_of(graded)
    summaries = [
        summary(name, [one for one in graded if one.submission.assignment == name])
        for name in names
    ]
    return render_page(
        "overview.html.j2",
        summaries=[one for one in summaries if one],
        names=names,
        students=students(graded, names),
        enough=ENOUGH,
        at_risk=AT_RISK,
    )


def summary(name, entries):
    """The `Summary` of an assignment, None where nobody has marks."""
    marked = [one for one in entries if one.points]
    if not marked:
        return None
    most = sum(marked[0].most.values())
    totals = np.array([one.total for one in marked if one.total is not None], float)
    bins = np.histogram(totals, BINS, (0, most))[0].tolist() if most else []
    return Summary(
        name,
        sum(not one.submission.missing for one in entries),
        len(totals),
        most,
        float(totals.mean()) if len(totals) else float("nan"),
        float(np.median(totals)) if len(totals) else float("nan"),
        bins,
        [item(task, marked) for task in marked[0].most],
    )


def item(task, marked):
    """The `Item` of a task; submissions in which it is not marked yet are left out."""
    there = [one for one in marked if one.points.get(task) is not None]
    most = there[0].most[task] if there else 1.0
    points = np.array([one.points[task] for one in there], float)
    right = int(np.sum(points >= most))
    low, high = wilson(right, len(there)) if there else (0.0, 1.0)
    mean = float(points.mean() / most) if there and most else float("nan")
    return Item(task, len(there), right, low, high, mean, discrimination(task, there))


def discrimination(task, entries):
    """Correlation of a task's points with the sum of the other tasks' points.

    Of entries in which all is marked; None where they are fewer than `ENOUGH`, or one of the two
    does not vary.
    """
    whole = [one for one in entries if None not in one.points.values()]
    if len(whole) < ENOUGH:
        return None
    own = np.array([one.points[task] for one in whole], float)
    others = np.array([sum(one.points.values()) for one in whole], float) - own
    if np.ptp(own) == 0 or np.ptp(others) == 0:
        return None
    return float(np.corrcoef(own, others)[0, 1])


def students(graded, names):
    """Students at risk, the lowest share first: a list of (student, id, share, marks, why).

    The share is of the points of all assignments that are marked for the student; `marks` has a
    text for every assignment in `names`. Who has no marks in an assignment is named as well.
    """
    found = []
    for student, ones in by_student(graded).items():
        id = next(iter(ones.values())).submission.id
        done = [one for one in ones.values() if one.total is not None]
        most = sum(sum(one.most.values()) for one in done)
        share = sum(one.total for one in done) / most if most else None
        without = [name for name in names if name not in ones or not ones[name].points]
        low = share is not None and share < AT_RISK
        if low or without:
            why = [f"below {100 * AT_RISK:.0f} % of the points"] if low else []
            why += [f"no marks in {', '.join(without)}"] if without else []
            marks = [mark_text(ones.get(name)) for name in names]
            found.append((student, id, share, marks, "; ".join(why)))
    return sorted(found, key=lambda row: (row[2] is None, row[2] or 0.0, row[0]))


def mark_text(one):
    """Marks of a submission in a cell of a table."""
    if one is None:
        return "nothing"
    if one.total is None:
        return "not all marked" if one.points else one.status
    return f"{one.total:g} of {sum(one.most.values()):g}"
