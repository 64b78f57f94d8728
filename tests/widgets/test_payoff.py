"""Payoff: the slider merges what the threshold keeps, and says what that gives."""

import re

import numpy as np
import pytest

from sfxtutor import Payoff, merge
from sfxtutor.runs.twin.run import TwinRun


@pytest.fixture(scope="module")
def data():
    """Reflections of 40 hits and maybes of a twin, and scores that put the brightest first."""
    run = TwinRun("LO19")
    frames = np.flatnonzero(run.labels != "MISS")[:40]
    measured = run.integrate(frames, 3.0)
    count = np.array([np.sum(measured.frame[measured.crystal] == i) for i in frames])
    return measured, frames, {"count": count, "number": np.arange(40.0)}


def test_the_first_threshold_loses_nothing(data):
    payoff = Payoff(*data)
    assert payoff.kept < 40
    payoff.slider.index = 0
    assert payoff.kept == 40
    numbers = payoff.numbers()
    assert numbers["hits and maybes kept"].startswith("100.0 % (40/40")
    assert numbers["resolution, CC1/2 = 0.5"] == numbers["nothing lost"]
    assert numbers["nothing lost"] == f"{merge(data[0]).resolution():.2f} Å"


def test_every_threshold_merges_what_it_keeps(data):
    measured, frames, scores = data
    payoff = Payoff(measured, frames, scores)
    for method, score in scores.items():
        payoff.method.value = method
        assert len(payoff.slider.options) > 10
        for i in (3, len(payoff.slider.options) - 1):
            payoff.slider.index = i
            kept = frames[score >= payoff.slider.value]
            assert 1 < len(kept) < 40
            assert payoff.kept == len(kept)
            assert payoff.by_score.cc_half == pytest.approx(
                merge(measured, kept).cc_half, nan_ok=True
            )
            assert f"{len(kept)}/40" in payoff.table.value
            assert payoff.error.value == ""


def test_charts_and_figure_say_the_same_as_the_table(data):
    payoff = Payoff(*data)
    payoff.slider.index = 5
    assert len(re.findall("<svg", payoff.curves.value)) == 2
    assert "kept by the filter" in payoff.curves.value
    for text in payoff.numbers().values():
        assert text in payoff.alt()
    assert len(payoff.figure().axes) == 2


def test_scores_must_fit_the_frames(data):
    measured, frames, scores = data
    with pytest.raises(ValueError, match=r"shape \(39,\) of predictions.*each of 40 frames"):
        Payoff(measured, frames, scores["count"][:-1])
