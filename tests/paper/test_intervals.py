"""Conclusions: the rule on intervals, and the arithmetic of intervals over frames and seeds."""

import numpy as np
import pytest

from sfxtutor.metrics import wilson
from sfxtutor.paper.intervals import (
    SMALLEST,
    Estimate,
    above,
    advantage,
    difference,
    mean,
    paired_gain,
    rate,
    spread,
    unpacked,
    verdict,
)
from tools.study.rows import packed


def test_the_rule():
    up, down, open_ = Estimate(1, 0.5, 2), Estimate(-1, -2, -0.5), Estimate(1, -1, 2)
    assert verdict([up, up]) == "holds"
    assert verdict([up, open_]) == "unresolved"
    assert verdict([up, open_, down]) == "fails"


def test_the_interval_of_a_difference_is_newcombes():
    """56 of 70 against 48 of 80: Newcombe, Stat. Med. 17, 873 (1998), table II, method 10."""
    a, b = (Estimate(k / n, *wilson(k, n)) for k, n in ((56, 70), (48, 80)))
    d = difference(a, b)
    assert (d.value, d.low, d.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_mean_of_equal_numbers_is_surer_by_the_root_of_their_number():
    m = mean([Estimate(0.5, 0.3, 0.6)] * 4)
    assert (m.value, m.low, m.high) == pytest.approx((0.5, 0.4, 0.55))


def test_seeds_widen_an_interval_and_never_narrow_it():
    def found(*numbers):
        return rate([{"hits_found": k, "hits_total": 100} for k in numbers])

    one, same, spread = found(80), found(80, 80, 80), found(70, 80, 90)
    assert (one.low, one.high) == pytest.approx(wilson(80, 100))
    assert (same.low, same.high) == pytest.approx((one.low, one.high))
    # Student: 4.303 x 10 / sqrt(3) hits, in quadrature with Wilson's part
    assert spread.value == pytest.approx(0.8)
    seeds = 4.3027 * 0.10 / 3**0.5
    assert spread.low == pytest.approx(0.8 - ((0.8 - one.low) ** 2 + seeds**2) ** 0.5, abs=1e-5)


def test_a_rate_stays_within_0_and_1():
    rows = [{"hits_found": n, "hits_total": 100} for n in (60, 99)]
    assert (rate(rows).low, rate(rows).high) == (0, 1)


def test_a_spread_is_students_interval_of_what_trainings_give():
    """1, 2, 3: mean 2, t(2) = 4.303, standard deviation 1."""
    s = spread([1, 2, 3])
    assert (s.value, s.low, s.high) == pytest.approx((2, 2 - 2.4841, 2 + 2.4841), abs=1e-4)
    assert verdict([spread([5])]) == "unresolved"  # one training shows nothing
    assert verdict([spread([5, 5])]) == "holds"


def test_a_number_minus_a_limit_keeps_the_width():
    a = above(Estimate(0.95, 0.93, 0.96), 0.9)
    assert (a.value, a.low, a.high) == pytest.approx((0.05, 0.03, 0.06))
    assert str(a) == "5.0 (3.0 to 6.0)"


def test_specificity_is_the_rate_of_the_misses():
    counts = {"hits_found": 1, "hits_total": 2, "misses_found": 30, "misses_total": 40}
    assert rate([counts], "misses").value == 0.75
    assert rate([counts]).value == 0.5


def test_one_training_gives_a_number_without_an_interval():
    alone = spread([0.25])
    assert str(alone) == "25.0 (one training, no interval)"
    assert verdict([alone]) == "unresolved"
    assert str(Estimate(0.5, 0.25, 0.75)) == "50.0 (25.0 to 75.0)"


# ---- paired: it is known which frames are wrong


def seen(wrong, seed=0, run="LN83", train="LN83"):
    """A row of a method that got those of the hits wrong."""
    wrong = np.asarray(wrong, bool)
    counts = {"hits_found": int(np.sum(~wrong)), "hits_total": len(wrong)}
    return (
        counts
        | {"hits_missed": packed(wrong), "seed": seed, "test_on": run, "train": train}
        | {"adapt_to": ""}
    )


def test_an_effect_of_less_than_a_point_is_none():
    none, small = Estimate(0, -0.004, 0.004), Estimate(0.004, 0.001, 0.007)
    assert verdict([none]) == "unresolved"
    assert verdict([none], SMALLEST) == "fails"
    assert verdict([small], SMALLEST) == "holds"
    assert verdict([Estimate(0.005, -0.002, 0.012)], SMALLEST) == "unresolved"


@pytest.mark.parametrize("n", [1, 7, 8, 10_000])
def test_wrong_frames_come_back_as_they_were_packed(n):
    wrong = np.random.default_rng(n).random(n) < 0.3
    np.testing.assert_array_equal(unpacked(seen(wrong), "hits"), wrong)


def test_what_two_methods_have_in_common_cancels():
    """Both miss the same 100 of 1,000 hits, one of them 10 more: 1.96 sqrt(.0099 / 1000)."""
    common = np.arange(1000) < 100
    more = np.arange(1000) < 110
    found = advantage([[seen(common)]], [[seen(more)]])
    half = 1.96 * (0.01 * 0.99 / 1000) ** 0.5
    assert (found.value, found.low, found.high) == pytest.approx((0.01, 0.01 - half, 0.01 + half))
    apart = advantage([[seen(common)]], [[seen(more[::-1])]])
    assert apart.value == pytest.approx(0.01)
    assert apart.high - apart.low > 4 * (found.high - found.low)


def test_trainings_count_by_welch():
    """1.0, 0.9 and 0.8 against 0.5 alone: Student's t(2) = 4.303 times 0.1 / sqrt(3)."""
    n = 100_000  # so many frames that they do not matter
    a = [seen(np.arange(n) < n * share, seed) for seed, share in enumerate((0, 0.1, 0.2))]
    found = advantage([a], [[seen(np.arange(n) < n / 2)]])
    assert found.value == pytest.approx(0.4)
    assert found.high - found.value == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-2)
    same = advantage([a], [a])
    assert same.value == 0
    # twice the variance, four degrees of freedom
    assert same.high == pytest.approx(2.776 * 0.1 * (2 / 3) ** 0.5, rel=1e-2)


def test_pairs_of_runs_are_trainings_of_their_own_and_runs_tested_by_one_are_not():
    """Two seeds each, 10 points apart: of one run t(1) = 12.7, of two that differ t(2) = 4.3."""
    n = 100_000
    good, bad = np.arange(n) < 0, np.arange(n) < n / 10

    def group(train, run):
        return [seen(good, 0, run, train), seen(bad, 1, run, train)]

    def half(*groups):
        found = advantage(list(groups), [[seen(bad, run="LN83", train="LO19")]])
        return found.high - found.value

    one = 0.1 / 2**0.5 / 2**0.5  # standard error of the mean of two
    assert half(group("LN83", "LN84")) == pytest.approx(12.706 * one, rel=1e-2)
    both = half(group("LN83", "LN84"), group("LO19", "LN84"))
    assert both == pytest.approx(4.303 * one / 2**0.5, rel=1e-2)
    same = half(group("LN83", "LN84"), group("LN83", "LO19"))
    assert same == pytest.approx(12.706 * one, rel=1e-2)


def test_groups_weigh_the_same_and_runs_are_independent():
    few, many = np.arange(100) < 50, np.arange(10_000) < 0
    found = advantage([[seen(few)], [seen(many, run="LN84")]])
    assert found.value == pytest.approx(0.75)
    assert found.high - found.value == pytest.approx(1.96 * (0.25 / 100) ** 0.5 / 2)


def test_the_paired_interval_covers_as_often_as_it_says():
    """300 pairs of methods on frames that are hard for both; truly they differ by two points."""
    rng, inside = np.random.default_rng(0), 0
    for _ in range(300):
        hard = rng.random(2000)
        rows = [
            [[seen(rng.random(2000) < np.clip(hard**9 + more, 0, 1), seed) for seed in range(5)]]
            for more in (0.02, 0.04)
        ]
        found = advantage(*rows)
        inside += found.low < np.mean(np.minimum(hard**9 + 0.04, 1) - hard**9 - 0.02) < found.high
    assert inside > 0.93 * 300


def test_a_paired_gain_is_that_of_the_mean_of_both_rates_and_its_interval_counts_changes_alone():
    truth = np.arange(400) < 100
    same = paired_gain(truth, truth, truth)
    assert same.value == 0
    assert 0 < same.high == -same.low < 0.02
    worse = truth & (np.arange(400) >= 20)  # 20 of 100 hits more afterwards, no miss
    gain = paired_gain(truth, worse, truth)
    assert gain.value == pytest.approx(0.1)
    half = 1.96 / 2 * np.sqrt((21 - 400 / 102) / 102**2 + 1 / 302**2)
    assert (gain.low, gain.high) == pytest.approx((0.1 - half, 0.1 + half))
    back = paired_gain(truth, truth, worse)
    assert (back.value, back.low, back.high) == pytest.approx((-0.1, -0.1 - half, half - 0.1))
