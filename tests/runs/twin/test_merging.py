"""Merging statistics: cases counted by hand, noise, and what more crystals do."""

from itertools import pairwise

import numpy as np
import pytest

from sfxtutor.runs.twin.integration import Reflections
from sfxtutor.runs.twin.merging import Merged, merge


def reflections(table, truth=None, sigma=1.0, d=None):
    """`Reflections` of a (crystals, m) table of intensities, nan where none was measured."""
    table = np.asarray(table, float)
    unique, crystal = np.nonzero(~np.isnan(table.T))
    m = table.shape[1]
    return Reflections(
        hkl=np.arange(3 * m).reshape(m, 3), d=np.linspace(4, 3.9, m) if d is None else d,
        truth=np.ones(m) if truth is None else truth, unique=unique,
        intensity=table[crystal, unique], sigma=np.full(len(unique), sigma), crystal=crystal,
        frame=np.arange(len(table)) + 100,
    )  # fmt: skip


def simulated(crystals, noise, spread=0.0, m=800, seed=0):
    """Crystals of lognormal brightness that measure a third of m reflections, partly."""
    rng = np.random.default_rng(seed)
    truth = rng.exponential(size=m)
    partial = rng.random((crystals, m)) * rng.lognormal(0, spread, (crystals, 1))
    table = truth * partial + noise * rng.standard_normal((crystals, m))
    table[rng.random(table.shape) > 1 / 3] = np.nan
    return reflections(table, truth, sigma=noise)


def seed_that_splits(crystals):
    """A seed that puts the first half of the crystals into one half, the others into the other."""
    wanted = np.arange(crystals) < crystals // 2
    for seed in range(1000):
        half = np.random.default_rng(seed).integers(2, size=crystals) == 1
        if np.array_equal(half, wanted) or np.array_equal(half, ~wanted):
            return seed
    raise AssertionError("no such seed")


def test_two_halves_give_the_numbers_computed_by_hand():
    measured = reflections([[10, 20, 30], [14, 16, 30]], truth=np.array([1.0, 2.0, 4.0]))
    found = merge(measured, scaled=False, shells=1, seed=seed_that_splits(2))
    assert found.r_split == pytest.approx([8 / np.sqrt(2) / 60])
    assert found.cc_half == pytest.approx([160 / np.sqrt(200 * 152)])
    cc = 160 / np.sqrt(200 * 152)
    assert found.cc_star == pytest.approx([np.sqrt(2 * cc / (1 + cc))])
    assert found.cc_true == pytest.approx([np.corrcoef([12, 18, 30], [1, 2, 4])[0, 1]])
    # standard errors of the means: |a - b| / 2, which is 2, 2 and 0
    assert found.i_sigma == pytest.approx([60 / 4])
    assert found.crystals == 2


def test_completeness_and_multiplicity_are_counted():
    nan = np.nan
    found = merge(reflections([[1, 2, nan, 4], [2, nan, nan, 5]]), scaled=False, shells=1)
    assert (found.possible[0], found.measured[0]) == (4, 3)
    assert found.completeness == pytest.approx([0.75])
    assert found.multiplicity == pytest.approx([5 / 3])
    assert merge(reflections([[1, 2], [2, 3]]), shells=1).completeness == pytest.approx([1])


def test_shells_have_equal_volumes_in_reciprocal_space():
    s = np.linspace(0.05, 0.5, 2000)
    table = np.random.default_rng(0).random((4, 2000))
    found = merge(reflections(table, d=1 / s), shells=5, scaled=False)
    edges = 0.5 * (np.arange(6) / 5) ** (1 / 3)
    assert found.possible == pytest.approx(np.histogram(s, edges)[0], abs=1)
    middle = [np.mean(s[(s > a) & (s <= b)] ** 2) ** -0.5 for a, b in pairwise(edges)]
    assert found.d == pytest.approx(middle, rel=0.01)
    assert (np.diff(found.d) < 0).all()


@pytest.mark.parametrize("scaled", [False, True])
def test_pure_noise_has_no_correlation(scaled):
    noise = np.random.default_rng(3).standard_normal((30, 4000))
    found = merge(reflections(noise + 0.01), scaled=scaled, shells=1)
    assert abs(found.cc_half[0]) < 0.06


@pytest.mark.parametrize("scaled", [False, True])
def test_more_crystals_agree_better_and_come_closer_to_the_truth(scaled):
    few, many = (merge(simulated(n, noise=1.0), scaled=scaled, shells=1) for n in (30, 300))
    assert many.cc_half[0] > few.cc_half[0] + 0.2
    assert many.r_split[0] < few.r_split[0]
    assert many.cc_true[0] > few.cc_true[0]
    assert many.i_sigma[0] > 2 * few.i_sigma[0]


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_cc_star_estimates_the_correlation_with_the_truth(noise, scaled):
    found = merge(simulated(200, noise), scaled=scaled, shells=1)
    assert found.cc_true[0] == pytest.approx(found.cc_star[0], abs=0.04)


def test_scaling_helps_where_crystals_differ_in_brightness():
    measured = simulated(200, noise=1.0, spread=1.5)
    plain, scaled = (merge(measured, scaled=s, shells=1) for s in (False, True))
    assert scaled.cc_true[0] > plain.cc_true[0] + 0.04


def test_a_dark_crystal_gets_no_weight_when_scaled():
    bright = [[10.0, 20, 30, 5], [11, 19, 31, 6], [9, 21, 29, 4]]
    measured = reflections([*bright, [-5, -9, -14, -2]])
    without = merge(measured, [100, 101, 102], shells=1)
    assert merge(measured, shells=1).cc_true == pytest.approx(without.cc_true, nan_ok=True)
    assert merge(measured, shells=1).multiplicity == without.multiplicity


def test_only_the_frames_kept_are_merged_in_the_same_halves():
    table = np.random.default_rng(1).random((6, 50))
    kept = [100, 103, 104]
    found = merge(reflections(table), kept, scaled=False, shells=1)
    assert found.crystals == 3
    half = np.random.default_rng(0).integers(2, size=6)[[0, 3, 4]]
    means = [table[[0, 3, 4]][half == side].mean(axis=0) for side in (0, 1)]
    assert found.cc_half[0] == pytest.approx(np.corrcoef(*means)[0, 1])
    assert merge(reflections(table), [*kept, 7], scaled=False, shells=1).crystals == 3


def test_one_crystal_cannot_be_merged():
    measured = reflections([[1, 2, 3], [2, 3, 4]])
    with pytest.raises(ValueError, match="Found 1 indexed crystals.*two or more"):
        merge(measured, [101])


def merged(cc_half):
    count = np.full(len(cc_half), 10)
    d = np.array([5.0, 4.0, 3.0])
    rest = dict.fromkeys(("multiplicity", "r_split", "i_sigma", "cc_true"), d)
    return Merged(
        crystals=5, d=d, possible=count, measured=count, cc_half=np.array(cc_half), **rest
    )


def test_resolution_is_where_cc_half_crosses_the_limit():
    between = (4.0**-2 + 0.5 * (3.0**-2 - 4.0**-2)) ** -0.5
    assert merged([0.9, 0.5, 0.1]).resolution(0.3) == pytest.approx(between)
    assert merged([0.9, 0.5, 0.1]).resolution(0.5) == pytest.approx(4.0)
    assert merged([0.9, 0.2, 0.8]).resolution(0.3) > 4.0  # the first time counts
    assert merged([0.9, 0.8, 0.7]).resolution(0.3) == 3.0
    assert merged([0.9, 0.8, np.nan]).resolution(0.3) == pytest.approx(4.0)
    assert np.isnan(merged([0.2, 0.1, 0.0]).resolution(0.3))
