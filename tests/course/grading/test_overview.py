"""Statistics of a class: shares with intervals, discrimination, and who is at risk."""

import csv
import re
from types import SimpleNamespace

import numpy as np
import pytest

from sfxtutor.course.grading.lms import canvas_gradebook
from sfxtutor.course.grading.overview import discrimination, item, overview_page, students
from sfxtutor.metrics import wilson

MOST = {"g1": 3.0, "g2": 3.0, "w1": 4.0}


def entry(student, *points, assignment="lesson03", id=""):
    marks = dict(zip(MOST, points, strict=True)) if points else {}
    total = None if None in marks.values() or not marks else sum(marks.values())
    return SimpleNamespace(
        submission=SimpleNamespace(
            student=student, id=id, assignment=assignment, missing=not points
        ),
        points=marks,
        most=MOST,
        total=total,
        status="graded" if marks else "refused",
    )


CLASS = [entry(f"s{i:02}", 3.0 if i % 2 else 1.5, 3.0, 4.0 * (i % 2)) for i in range(12)]


def test_share_right_has_its_count_and_wilson_interval():
    found = item("g1", CLASS)
    assert (found.right, found.marked) == (6, 12)
    assert (found.low, found.high) == pytest.approx(wilson(6, 12))
    assert found.mean == pytest.approx(0.75)
    assert item("w1", [*CLASS, entry("t", 3.0, 3.0, None)]).marked == 12


def test_discrimination_is_a_correlation_and_needs_a_class():
    rng = np.random.default_rng(0)
    own, rest = 3.0 * (rng.random(40) < 0.5), rng.uniform(0, 4, 40)
    many = [entry(f"s{i}", own[i], 3.0, rest[i]) for i in range(40)]
    right, wrong = rest[own > 0], rest[own == 0]  # the point-biserial formula
    shares = len(right) * len(wrong) / 40**2
    expected = (right.mean() - wrong.mean()) / rest.std() * np.sqrt(shares)
    assert discrimination("g1", many) == pytest.approx(expected)
    assert discrimination("g2", many) is None  # all have it
    assert discrimination("g1", many[:9]) is None


def test_at_risk_are_those_below_half_and_those_without_marks():
    low = [entry("low", 0.0, 0.0, 1.0), entry("low", 3.0, 3.0, 2.0, assignment="lesson05")]
    away = [entry("away", 3.0, 3.0, 4.0)]
    broken = [entry("broken"), entry("broken", 3.0, 3.0, 4.0, assignment="lesson05")]
    fine = [entry("fine", 3.0, 3.0, 4.0), entry("fine", 3.0, 0.0, 2.0, assignment="lesson05")]
    rows = students([*low, *away, *broken, *fine], ["lesson03", "lesson05"])
    assert [(row[0], row[4]) for row in rows] == [
        ("low", "below 50 % of the points"),
        ("away", "no marks in lesson05"),
        ("broken", "no marks in lesson03"),
    ]
    assert rows[0][2] == pytest.approx(9 / 20)
    assert rows[1][3] == ["10 of 10", "nothing"]


def test_a_student_whose_id_differs_between_assignments_is_one():
    ones = [entry("ada", 3.0, 3.0, 4.0, id="12"), entry("ada", 3.0, 3.0, 4.0, assignment="lesson05",
            id="77")]  # fmt: skip
    assert students(ones, ["lesson03", "lesson05"]) == []
    _, _, row = csv.reader(canvas_gradebook(ones).splitlines())
    assert row == ["ada", "12", "", "", "", "10", "10"]


def test_page_shows_the_numbers_of_all_assignments():
    page = overview_page([*CLASS, entry("x"), entry("<b>", 0.0, 0.0, 0.0, assignment="lesson05")])
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "12 handed in, 12 with all marks. Mean 7.2, median 7.2 of 10 points" in text
    assert "g1 6 of 12 50 % (25 to 75 %) 75 %" in text
    assert "lesson05 1 handed in" in text
    assert "<b>" not in page
    assert "Students by points: 0, 0, 0, 0, 6, 0, 0, 0, 0, 6 in tenths" in page
