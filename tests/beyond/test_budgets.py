"""Label budgets: paired differences, recalls with their intervals, and the curves."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.beyond import budgets
from tools.study.rows import packed

TRUTH = np.arange(400) < 200


def made(recall, seed=0, repeat=0, method="a", labels=50, run="LN83", specificity=1.0, shift=0):
    """A row of a method that finds that share of 200 positives, beginning at number `shift`."""
    found = np.roll(np.arange(200) < round(200 * recall), shift)
    right = np.arange(200) < round(200 * specificity)
    counts = sfx.count(TRUTH, np.concatenate([found, ~right]))
    row = sfx.row(0, method, run, run, counts, seed=seed, profile="paper", source="twin")
    return row | {
        "run": run, "labels": labels, "repeat": repeat, "auc": 0.9,
        "hits_missed": packed(~found), "misses_kept": packed(~right),
        "hits_at_95": int(found.sum()), "misses_at_95": 190, "hits_missed_at_95": packed(~found),
    }  # fmt: skip


def several(recalls, **options):
    return [made(recall, seed, **options) for seed, recall in enumerate(recalls)]


def test_a_difference_is_the_mean_over_seeds_of_the_differences():
    a, b = several([0.9, 0.8, 0.7]), several([0.7, 0.6, 0.5])
    found = budgets.difference(a, b)
    assert found.value == pytest.approx(0.2)
    assert found.low < 0.2 < found.high


def test_what_varies_alike_from_seed_to_seed_cancels():
    a, b = several([0.9, 0.6, 0.8]), several([0.8, 0.5, 0.7])
    paired = budgets.difference(a, b)
    crossed = budgets.difference(a, several([0.5, 0.7, 0.8]))
    assert paired.high - paired.low < 0.5 * (crossed.high - crossed.low)


def test_frames_that_both_miss_add_no_width():
    alike = budgets.difference(several([0.8] * 3), several([0.75] * 3))
    apart = budgets.difference(several([0.8] * 3), several([0.75] * 3, shift=100))
    assert alike.value == pytest.approx(apart.value) == pytest.approx(0.05)
    assert alike.high - alike.low < 0.5 * (apart.high - apart.low)
    # one frame in 20: the standard deviation of the difference over sqrt(200)
    half = 1.96 * np.sqrt(0.05 * 0.95 / 200)
    assert alike.high - alike.value == pytest.approx(half, rel=1e-6)


def test_several_draws_of_a_seed_count_once():
    a = [made(r, seed, repeat) for seed in range(3) for repeat, r in enumerate((0.9, 0.7))]
    b = [made(0.6, seed, repeat) for seed in range(3) for repeat in range(2)]
    found = budgets.difference(a, b)
    assert found.value == pytest.approx(0.2)
    assert budgets.difference(a, b[:-1]).value == pytest.approx((0.2 + 0.2 + 0.3) / 3)


def test_a_method_without_labels_is_compared_with_every_draw():
    a = several([0.9] * 3, labels=0)
    b = [made(r, seed, repeat) for seed in range(3) for repeat, r in enumerate((0.8, 0.6))]
    assert budgets.difference(a, b).value == pytest.approx(0.2)


def test_seeds_that_one_side_lacks_are_left_out():
    a, b = several([0.9, 0.9, 0.1]), several([0.8, 0.8])
    assert budgets.difference(a, b).value == pytest.approx(0.1)
    with pytest.raises(ValueError, match="expected some in common"):
        budgets.difference([made(0.5, seed=1)], [made(0.5, seed=2)])


def test_balanced_is_the_mean_of_both_rates():
    a, b = several([0.9] * 3, specificity=0.8), several([0.7] * 3, specificity=0.9)
    assert budgets.difference(a, b, balanced=True).value == pytest.approx(0.05)
    assert budgets.difference(a, b).value == pytest.approx(0.2)


def test_the_recall_of_a_point_has_wilsons_interval_and_that_of_the_seeds():
    alike = budgets.recall(several([0.9, 0.9, 0.9]))
    assert alike.value == pytest.approx(0.9)
    assert (alike.low, alike.high) == pytest.approx(sfx.wilson(180, 200))
    spread = budgets.recall(several([0.8, 0.9, 1.0]))
    assert spread.value == pytest.approx(0.9)
    assert spread.high - spread.low > 1.5 * (alike.high - alike.low)
    assert budgets.recall([made(1.0)]).high == 1


def test_a_missing_point_is_named():
    rows = several([0.9])
    assert budgets.chosen(rows, "LN83", "a", 50) == rows
    with pytest.raises(KeyError, match="a, LN83, 20 labels"):
        budgets.chosen(rows, "LN83", "a", 20)


def test_curves_lie_where_the_recalls_are():
    rows = [*several([0.7, 0.8], labels=10), *several([0.9, 0.95], labels=100)]
    rows += several([0.99, 0.99], method="no label", labels=0)
    rows += several([0.5], run="LN84", method="elsewhere")
    ax = budgets.plot_budgets(rows, "LN83", ["a", "no label", "elsewhere"])
    handles, labels = ax.get_legend_handles_labels()
    assert labels == ["no label", "a"]
    [flat, curve] = handles
    assert list(flat.get_ydata()) == pytest.approx([99, 99])
    assert list(curve.lines[0].get_xdata()) == [10, 100]
    assert list(curve.lines[0].get_ydata()) == pytest.approx([75, 92.5])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "100"]
    plt.close(ax.figure)


def test_what_is_committed_has_all_runs_budgets_and_seeds():
    rows = budgets.rows("pretraining")
    assert {row["run"] for row in rows} == {"LN83", "LN84", "LO19"}
    assert {row["labels"] for row in rows} == {0, 10, 20, 50, 100, 200}
    methods = {row["method"] for row in rows}
    for run in ("LN83", "LN84", "LO19"):
        for method in methods:
            found = budgets.chosen(rows, run, method)
            assert {row["seed"] for row in found} == {0, 1, 2, 3, 4}
            assert {row["hits_total"] + row["misses_total"] for row in found} == {4000}
    assert budgets.rows("no such part") == []
