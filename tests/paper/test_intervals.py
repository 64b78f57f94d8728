"""Conclusions: the rule on intervals, and the arithmetic of intervals over frames and seeds."""

import pytest

from sfxtutor.metrics import wilson
from sfxtutor.paper.intervals import Estimate, above, difference, mean, rate, spread, verdict


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
