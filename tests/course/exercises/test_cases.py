"""The case that is shown where no known mistake fits: the smallest, short, and never a solution."""

import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.course.exercises import check
from sfxtutor.course.exercises.cases import Recorded, direction, shown, size


def test_a_function_is_shown_the_smallest_case_that_it_gets_wrong():
    found = sfx.check("nb05.q1", lambda frames: frames.max(axis=-1) + 1)
    assert found.diagnosis == check.OTHER
    assert found.detail.startswith("One case: for frames = [[")  # 2 x 3, not 6 x 8
    frame = found.detail.partition("frames = ")[2].partition(" yours")[0]
    frame = np.array(eval(frame))
    assert frame.shape == (2, 3)
    returned, _, expected = found.detail.partition("returned ")[2].partition(", expected ")
    assert eval(returned) == pytest.approx(frame.max(axis=-1) + 1, rel=1e-3)
    assert eval(expected[:-1]) == pytest.approx(np.ptp(frame, axis=-1), rel=1e-3)
    assert found.detail in str(found)
    assert found._repr_mimebundle_()[check.MIME]["detail"] == found.detail


def test_only_a_wrong_case_is_shown():
    found = sfx.check("nb00.q1", lambda n: "MAYBE" if n == 11 else sfx_label(n))
    assert found.detail == "One case: for n = 11 yours returned 'MAYBE', expected 'HIT'."


def sfx_label(n):
    return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"


def test_a_large_array_is_shown_by_its_shape_and_where_it_differs():
    def other(frame, size):
        cut = frame[..., 5:25, 9:29].copy()
        cut[..., 3, 4] = 7
        return cut

    found = sfx.check("nb02.q1", other)
    assert "frame = an array of shape (30, 38), size = 20" in found.detail
    assert "at [3, 4] 7, not" in found.detail


def test_a_graded_task_and_one_with_many_answers_do_not_show_what_was_expected():
    answers = {
        "nb00.g2": lambda truth, decision: (0.5, 0.5),
        "nb05.q5": lambda frame: frame + np.eye(*frame.shape)[:, ::-1],
    }
    for id, answer in answers.items():
        found = sfx.check(id, answer)
        assert found.diagnosis == check.OTHER
        assert "yours returned" in found.detail
        assert "expected" not in found.detail
    assert "number" not in sfx.check("nb00.g1", (1, 0.1, 0.2)).detail


def test_of_a_number_only_the_direction_is_shown():
    right = check.find("nb03.q3").reference()
    assert sfx.check("nb03.q3", 3 * right).detail == "Your number is too large."
    assert sfx.check("nb03.q3", right / 3).detail == "Your number is too small."
    epoch, recall = check.find("nb03.q2").reference()
    assert sfx.check("nb03.q2", (epoch, recall / 3)).detail == "Your second number is too small."
    assert direction("text", "other") == direction(np.nan, 1.0) == direction([1, 2], [1]) == ""


def test_an_answer_that_raises_is_told_what_it_was_given():
    def broken(n, sizes, gap):
        raise IndexError("index 44")

    found = sfx.check("nb03.q4", broken)
    assert found.diagnosis == check.FAILED
    assert found.detail == "It was given n = 44, sizes = (20, 8, 6), gap = 3."


def test_what_was_given_is_noted_before_an_answer_changes_it():
    recorded = Recorded(lambda values, *rest: values.clear())
    recorded([1, 2], 3)
    given, returned = recorded.calls[0]
    assert list(given.items()) == [("values", [1, 2]), ("rest", (3,))]
    assert returned is None
    assert size(given) == 3


def test_values_are_short():
    assert shown(np.arange(4.0).reshape(2, 2) / 3) == "[[0, 0.3333], [0.6667, 1]]"
    assert shown(np.zeros((3, 99))) == "an array of shape (3, 99)"
    assert shown((1, np.float32(0.5), "a", True)) == "(1, 0.5, 'a', True)"
    assert len(shown("x" * 500)) == 60
    assert shown(...) == "nothing"
