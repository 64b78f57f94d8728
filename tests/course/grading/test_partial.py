"""Part of the points for some right parts, and why a test gave none."""

from dataclasses import asdict

import classroom
import nbformat
import pytest
from classroom import at

import sfxtutor as sfx
from sfxtutor.course.assignments import Assignment, assignment_folder, read_assignments
from sfxtutor.course.cells import role
from sfxtutor.course.exercises import check
from sfxtutor.course.grading.failures import RAISED, UNDEFINED, WRONG, failure
from sfxtutor.course.grading.marks import exercise_of
from sfxtutor.course.grading.partial import earned

ON = nbformat.v4.new_code_cell("", metadata={"sfxtutor": {"partial": True}})
OFF = nbformat.v4.new_code_cell("")
WITH_PARTS = [x.id for x in check.every() if x.parts]


def test_right_parts_are_counted_over_all_cases():
    def report(labels, p, threshold):  # counts right, the interval in percent
        k, n, low, high = check.find("nb03.g1").reference()(labels, p, threshold)
        return k, n, 100 * low, 100 * high

    result = sfx.check("nb03.g1", report)
    assert (result.share, result.diagnosis) == (0.5, "interval in percent")
    assert "parts right: found, positives." in result.detail
    result = sfx.check("nb03.g1", lambda labels, p, threshold: (1, 2, 0.1, 0.9))
    assert (result.share, result.diagnosis) == (0, check.OTHER)
    assert "parts right: none" in result.detail
    right = check.find("nb03.g1").reference()
    once = sfx.check("nb03.g1", lambda *case: right(*case) if case[2] == 0.5 else (0, 0, 0, 0))
    assert once.share == 0


@pytest.mark.parametrize("id", WITH_PARTS)
def test_every_part_counts_alone(id):
    exercise = check.find(id)
    right = exercise.reference()
    one_off = with_first_changed(right)
    result = sfx.check(id, one_off)
    assert not result.passed
    count = len(exercise.parts)
    assert result.share == pytest.approx((count - 1) / count)
    assert exercise.parts[0] not in result.detail.rpartition("right:")[2]
    assert sfx.check(id, right).share == 1


def with_first_changed(answer):
    """An answer whose first part is wrong."""

    def changed(values):
        first, *rest = values
        return first * 1.7 + 1, *rest

    return (lambda *given: changed(answer(*given))) if callable(answer) else changed(answer)


def test_part_of_the_points_only_where_the_source_wants_it():
    half = {"passed": False, "share": 0.5}
    assert earned(0, 3, half, ON) == 1.5
    assert earned(0, 3, half, OFF) == 0
    assert earned(0, 3, half | {"passed": True}, ON) == 0  # the hidden tests failed
    assert earned(3, 3, half | {"passed": True, "share": 1.0}, ON) == 3
    assert earned(0, 3, {}, ON) == 0


def test_check_that_did_not_happen_gives_no_points():
    result = asdict(sfx.check("lesson10.g1", 3))
    with pytest.raises(ValueError, match="lesson10.g1 was not checked"):
        earned(3, 3, result, OFF)


def test_sources_switch_it_on_exactly_where_parts_are_named():
    cells = [
        cell
        for one in read_assignments(assignment_folder()).values()
        for cell in one.source.cells
        if role(cell) == "test" and cell.metadata.get("sfxtutor", {}).get("partial")
    ]
    assert sorted(map(exercise_of, cells)) == sorted(WITH_PARTS)


def ended(kind, message, of_student=False, errors=(), outputs=()):
    """What is said of g2's test that ended like this, in the small class's assignment."""
    notebook = classroom.source()
    released = classroom.source()
    at(released, "g2-test").source = 'assert answer, "expected a positive number"'
    test = at(notebook, "g2-test")
    test.outputs = list(outputs)
    outcome = {"error": [kind, message], "of_student": of_student}
    reply = {"tests": {"demo05-g2-test": outcome}, "errors": errors}
    return failure(notebook, Assignment("demo05", notebook, released), test, reply)


SEEN = nbformat.v4.new_output("error", ename="AssertionError", evalue="found -1 of 3")


@pytest.mark.parametrize(
    ("ename", "evalue", "outputs", "kind", "words"),
    [
        ("NameError", "name 'answer' is not defined", (), UNDEFINED, "name 'answer' is not"),
        ("AssertionError", "expected a positive number", (), WRONG, "expected a positive number"),
        ("AssertionError", "found -1 of 3", (SEEN,), WRONG, "found -1 of 3"),
        ("AssertionError", "found 42 of 3", (SEEN,), WRONG, "is not what the test expects"),
        ("AssertionError", "", (), WRONG, "is not what the test expects"),
        ("ValueError", "the hidden 42", (), RAISED, "ended early: ValueError."),
    ],
)
def test_message_of_an_assert_is_quoted_where_the_student_knows_it(
    ename, evalue, outputs, kind, words
):
    found, text = ended(ename, evalue, outputs=outputs)
    assert found == kind
    assert words in text
    assert "42" not in text
