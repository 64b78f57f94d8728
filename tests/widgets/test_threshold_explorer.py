"""Threshold explorer: counts done by hand, and controls that show them."""

import re

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from sfxtutor import ThresholdExplorer
from sfxtutor.metrics import count
from sfxtutor.widgets.chart import Chart, Line
from sfxtutor.widgets.threshold_explorer import operating_points

SCORE = np.array([0.9, 0.8, 0.8, 0.4, 0.1])
TRUTH = np.array([True, True, False, True, False])


def predictions(n=300, seed=0):
    """Scores and labels of n frames: better than chance, worse than perfect."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    return np.clip(rng.normal(np.where(truth, 0.7, 0.3), 0.2), 0, 1), truth


@pytest.fixture
def explorer():
    score, truth = predictions()
    return ThresholdExplorer(
        {"CNN": score, "spots": np.round(score * 30)}, truth, {"CNN": 0.5, "spots": 14}
    )


def test_five_frames_by_hand():
    """Kept from 0.8 on are three frames, two of them positive: recall 2/3, precision 2/3."""
    points = operating_points(SCORE, TRUTH)
    np.testing.assert_array_equal(points.threshold, [0.1, 0.4, 0.8, 0.9])
    np.testing.assert_array_equal(points.kept, [5, 4, 3, 1])
    np.testing.assert_array_equal(points.found, [3, 3, 2, 1])
    np.testing.assert_allclose(points.recall, [1, 1, 2 / 3, 1 / 3])
    np.testing.assert_allclose(points.precision, [3 / 5, 3 / 4, 2 / 3, 1])
    np.testing.assert_allclose(points.share_kept, [1, 0.8, 0.6, 0.2])
    assert [points.nearest(t) for t in (0, 0.1, 0.5, 0.8, 0.85, 2)] == [0, 0, 2, 2, 3, 3]


def test_every_point_is_what_counting_gives():
    score, truth = predictions()
    points = operating_points(score, truth)
    for i in (0, 100, len(points.threshold) - 1):
        keep = score >= points.threshold[i]
        assert points.recall[i] == count(truth, keep).recall
        assert points.kept[i] == keep.sum()


def test_the_curve_is_that_of_scikit_learn():
    score, truth = predictions()
    score = np.round(score, 2)  # with ties
    points = operating_points(score, truth)
    precision, recall, threshold = precision_recall_curve(truth, score)
    np.testing.assert_array_equal(points.threshold, threshold)
    np.testing.assert_allclose(points.recall, recall[:-1])  # the last is of no frame at all
    np.testing.assert_allclose(points.precision, precision[:-1])


def test_every_rate_has_its_counts_and_interval():
    rates = operating_points(SCORE, TRUTH).rates(2)
    assert rates == {
        "recall": "66.7 % (2/3, 95 %: 21 to 94)",
        "precision": "66.7 % (2/3, 95 %: 21 to 94)",
        "data kept": "60.0 % (3/5, 95 %: 23 to 88)",
    }


@pytest.mark.parametrize(
    ("score", "truth", "message"),
    [
        (SCORE[:4], TRUTH, r"Found scores of shape \(4,\)"),
        (SCORE, TRUTH.astype(int), "int64 labels"),
        (np.where(SCORE > 0.5, np.nan, SCORE), TRUTH, "3 of them no number"),
        (SCORE, np.ones(5, bool), "All 5 labels are of one class"),
    ],
)
def test_what_cannot_be_judged_is_refused(score, truth, message):
    with pytest.raises(ValueError, match=message):
        operating_points(score, truth)


def test_the_slider_moves_numbers_and_mark(explorer):
    before = explorer.table.value, explorer.curves.value
    explorer.slider.index += 40
    assert explorer.table.value != before[0]
    assert explorer.curves.value != before[1]
    rates = explorer.points.rates(explorer.slider.index)
    assert all(text in explorer.table.value for text in rates.values())
    assert all(text in explorer.alt() for text in rates.values())
    assert explorer.curves.value.count("<svg role=") == 2


def test_another_method_brings_its_thresholds(explorer):
    assert float(explorer.slider.label) >= 0.5
    explorer.method.value = "spots"
    assert explorer.slider.label == "14"
    assert len(explorer.slider.options) <= 31
    explorer.method.value = "CNN"
    assert 0.5 <= float(explorer.slider.label) < 0.52


def test_one_method_needs_no_choice_of_it():
    explorer = ThresholdExplorer(*predictions())
    assert explorer.method not in explorer.box.children


def test_it_comes_with_a_static_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "recall" in metadata["image/png"]["alt"]
    (left, right) = explorer.figure().axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("precision, %", "recall, %")


# ---- charts as SVG


def test_a_chart_places_values_between_its_axes():
    chart = Chart([Line([0, 10], [0, 4], "rise")], (0, 10), (0, 4), "epoch", "loss")
    (x0, x1), (y0, y1) = chart.place([0, 10], [0, 4])
    assert x0 < x1
    assert y0 > y1  # up is up
    text = chart.svg("a line that rises", point=(5, 2))
    points = re.search(r'points="([^"]+)"', text)[1]
    assert points == f"{x0:.1f},{y0:.1f} {x1:.1f},{y1:.1f}"
    middle = re.search(r'cx="([\d.]+)" cy="([\d.]+)"', text)
    assert float(middle[1]) == pytest.approx((x0 + x1) / 2, abs=0.1)
    assert float(middle[2]) == pytest.approx((y0 + y1) / 2, abs=0.1)
    assert all(f">{word}</text>" in text for word in ("epoch", "loss", "rise", "10", "4"))


def test_words_of_a_chart_cannot_become_tags():
    text = Chart([Line([0, 1], [0, 1], "<b>")], (0, 1), (0, 1), "a & b", "y").svg('say "it"')
    assert "&lt;b&gt;" in text
    assert "a &amp; b" in text
    assert 'aria-label="say &quot;it&quot;"' in text
