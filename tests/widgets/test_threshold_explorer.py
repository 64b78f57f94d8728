"""Threshold explorer: counts done by hand, and controls that show them."""

import re

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_auc_score

from sfxtutor import ThresholdExplorer
from sfxtutor.metrics import count
from sfxtutor.runs.datasets import CARDS
from sfxtutor.widgets.chart import Chart, Line
from sfxtutor.widgets.filter_cost import GOALS, Measurement
from sfxtutor.widgets.operating_points import auc_interval, operating_points

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
        "specificity": "50.0 % (1/2, 95 %: 9 to 91)",
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


def test_specificity_is_what_counting_gives_and_rises():
    score, truth = predictions()
    points = operating_points(score, truth)
    for i in (0, 150, len(points.threshold) - 1):
        found = count(truth, score >= points.threshold[i])
        assert (points.rejected[i], points.misses) == (found.misses_found, found.misses_total)
    assert np.all(np.diff(points.specificity) >= 0)
    i = points.at_specificity(0.9)
    assert points.specificity[i - 1] < 0.9 <= points.specificity[i]
    assert operating_points([0.0, 1, 1], np.array([False, True, False])).at_specificity(0.9) is None


def test_the_area_is_that_of_scikit_learn_and_its_interval_covers():
    score, truth = predictions()
    for values in (score, np.round(score, 1)):  # with ties, too
        area, low, high = auc_interval(values, truth)
        assert area == pytest.approx(roc_auc_score(truth, values))
        assert low < area < high
    rng, inside = np.random.default_rng(1), 0
    for _ in range(200):  # two normal distributions 1 apart: the area is Phi(1 / sqrt 2)
        truth = np.arange(80) % 2 == 0
        _, low, high = auc_interval(rng.normal(truth, 1), truth)
        inside += low <= 0.7602 <= high
    assert 180 <= inside <= 198


def test_a_million_shots_by_hand():
    """Two of three positives found, one of two misses recognised, at a hit rate of 30 %."""
    points = operating_points(SCORE, TRUTH)
    run = Measurement(0.3, (1000, 1000))
    costs = run.costs(points, 2)
    assert costs["positives lost"].startswith("100,000 of 300,000 (95 %: 18,")
    assert costs["misses kept"].startswith("350,000 of 700,000 (95 %: ")
    assert costs["frames written"] == "550,000 of 1,000,000"
    assert costs["disk"] == "1,100 of 2,000 GB"
    assert costs["beam time"].startswith("46.3 more minutes")  # a third of 1,000,000 / 120 s
    assert "2.3 hours" in run.assumed()
    assert "disk" not in Measurement(0.3).costs(points, 2)


def test_a_goal_gives_all_points_to_the_best_and_none_to_what_is_not_allowed():
    score, truth = predictions()
    rivals = [operating_points(score, truth), operating_points(np.round(score, 1), truth)]
    run = Measurement(0.1)
    for goal in GOALS:
        points = [[goal.score(one, i, rivals, run) for i in range(len(one.threshold))]
                  for one in rivals]  # fmt: skip
        reached = [p for one in points for p in one if p is not None]
        assert (max(reached), len(reached)) == (100, sum(goal.allowed(r).sum() for r in rivals))
        assert 0 <= min(reached) < 99
    disk = GOALS[0]
    best = points_of(rivals[0], lambda one: one.recall >= 0.95)[-1]  # the highest threshold allowed
    assert disk.score(rivals[0], best, rivals[:1], run) == 100
    assert disk.score(rivals[0], best + 1, rivals, run) is None
    keep_all = disk.score(rivals[0], 0, rivals[:1], run)
    assert keep_all == int(100 * run.written(rivals[0])[best])


def points_of(points, allowed):
    return np.flatnonzero(allowed(points))


def test_a_perfect_filter_and_a_useless_one_reach_the_dear_positives():
    truth = np.array([True, False, True, False])
    perfect, useless = (operating_points(s, truth) for s in ([1, 0, 1, 0], [0, 0, 0, 0]))
    assert GOALS[2].score(perfect, 1, [perfect, useless], Measurement(0.5)) == 100
    assert GOALS[2].score(useless, 0, [perfect, useless], Measurement(0.5)) == 0
    assert GOALS[2].score(useless, 0, [useless], Measurement(0.5)) == 100


def test_a_lost_positive_costs_ten_kept_misses():
    """By hand, at a hit rate of one half, as shares of the cost of keeping all misses."""
    saved = GOALS[2].merit(operating_points(SCORE, TRUTH), Measurement(0.5))
    np.testing.assert_allclose(saved, [0, 1 / 2, 1 - 10 / 3 - 1 / 2, 1 - 20 / 3])


def test_the_slider_moves_numbers_and_point(explorer):
    before = explorer.table.value, explorer.costs.value, explorer.rivals.value
    explorer.slider.index += 40
    i = explorer.slider.index
    after = explorer.table.value, explorer.costs.value, explorer.rivals.value
    assert not set(before) & set(after)
    rates = explorer.points.rates(i)
    assert all(text in explorer.table.value for text in rates.values())
    assert all(text in explorer.alt() for text in rates.values())
    assert explorer.curves.at == [0, i]
    left, right, low, high = explorer.curves.interval
    assert left < 100 * explorer.points.specificity[i] < right
    assert low < 100 * explorer.points.recall[i] < high


def test_the_point_moves_slider_and_method(explorer):
    explorer.curves.at = [0, 7]  # as a drag in the browser does
    assert explorer.slider.index == 7
    explorer.curves.at = [1, 3]
    assert (explorer.method.value, explorer.slider.index) == ("spots", 3)
    assert explorer.points.rates(3)["recall"] in explorer.table.value
    explorer.method.value = "CNN"  # its point is where it was
    assert explorer.curves.at == [0, 7]


def test_curves_are_those_of_all_methods(explorer):
    places = np.frombuffer(explorer.curves.points, np.float32).reshape(-1, 2)
    sizes = [n for *_, n in explorer.curves.curves]
    assert sizes == [len(points.threshold) for points in explorer.all.values()]
    second = explorer.all["spots"]
    np.testing.assert_allclose(places[sizes[0] :, 0], 100 * second.specificity, rtol=1e-6)
    np.testing.assert_allclose(places[sizes[0] :, 1], 100 * second.recall, rtol=1e-6)


def test_the_others_are_compared_at_the_specificity_of_the_point(explorer):
    wanted = explorer.points.specificity[explorer.slider.index]
    ((number, i),) = explorer.curves.others
    spots = explorer.all["spots"]
    assert number == 1
    assert spots.specificity[i] >= wanted > spots.specificity[i - 1]
    assert spots.rates(i)["recall"] in explorer.rivals.value
    assert explorer.points.rates(explorer.slider.index)["recall"] in explorer.rivals.value


def test_hit_rate_and_goal_change_what_it_costs(explorer):
    assert explorer.hit_rate.value == explorer.points.positives / 300
    explorer.hit_rate.value = 0.03
    assert "of 30,000 (95 %" in explorer.costs.value
    assert "GB" not in explorer.costs.value  # no card
    explorer.goal.value = GOALS[1].text
    explorer.slider.index = 0
    assert "not reached" in explorer.reached.value
    explorer.slider.index = explorer.points.at_specificity(0.95)
    assert re.search(r"\d+ of 100 points", explorer.reached.value)
    with_card = ThresholdExplorer(*predictions(), card=CARDS["twin"]["LN84"])
    assert "of 7,373 GB" in with_card.costs.value


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
    data, metadata = explorer.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "recall" in metadata["image/png"]["alt"]
    whole, corner = explorer.figure().axes
    assert len(whole.lines) >= 3  # two methods and the point
    assert (whole.get_xlabel(), whole.get_ylabel()) == ("specificity, %", "recall, %")
    assert corner.get_xlim()[0] == 80


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
