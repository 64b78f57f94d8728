"""Scores of an epoch without target labels, each on a case whose answer is known."""

import numpy as np
import pytest

from tools.study import scorers


def normal(mean, n=40_000, seed=0):
    """Features (n, 1): of two of these the density ratio is exp(x - 1/2), for means of 1 and 0."""
    return np.random.default_rng(seed).normal(mean, 1, (n, 1))


SOURCE, TARGET = normal(0), normal(1, seed=1)
NONE = np.zeros(0)


def test_the_density_ratio_of_two_normal_distributions_is_found():
    ratio = scorers.density_ratio(SOURCE, TARGET)
    known = np.exp(SOURCE[:, 0] - 0.5)
    middle = np.abs(SOURCE[:, 0]) < 1.5
    np.testing.assert_allclose(ratio[middle], known[middle], rtol=0.15)
    thrice = scorers.density_ratio(SOURCE, np.tile(TARGET, (3, 1)))  # the same, of more frames
    np.testing.assert_allclose(thrice[middle], known[middle], rtol=0.15)


def test_a_loss_where_the_target_lies_counts_for_more():
    """The loss is 1 for x > 1/2: 31 % of the source, 69 % of the target."""
    loss = (SOURCE[:, 0] > 0.5).astype(float)
    assert scorers.source_risk(SOURCE, loss, TARGET, NONE) == -loss.mean()
    assert scorers.importance_weighted(SOURCE, loss, TARGET, NONE) == pytest.approx(-0.69, abs=0.05)
    assert scorers.deep_embedded(SOURCE, loss, TARGET, NONE) == pytest.approx(-0.69, abs=0.05)
    assert scorers.importance_weighted(SOURCE, loss, SOURCE, NONE) == pytest.approx(-0.31, abs=0.02)


def test_the_control_variate_gives_a_constant_loss_exactly_and_varies_less():
    loss = np.full(50, 0.3)
    few = SOURCE[:50], loss, TARGET[:50], NONE
    assert scorers.deep_embedded(*few) == pytest.approx(-0.3, abs=1e-9)
    assert abs(scorers.importance_weighted(*few) + 0.3) > 0.01
    draws = np.arange(4000).reshape(40, 100)
    plain, controlled = (
        [score(SOURCE[i], 1 + 0.1 * SOURCE[i, 0], TARGET[i], NONE) for i in draws]
        for score in (scorers.importance_weighted, scorers.deep_embedded)
    )
    assert np.std(controlled) < np.std(plain) / 2


def test_certainty_is_the_negative_entropy():
    assert scorers.certainty(0, 0, 0, np.full(9, 0.5)) == pytest.approx(-np.log(2))
    assert scorers.certainty(0, 0, 0, np.array([0.0, 1.0])) == pytest.approx(0, abs=1e-5)


def test_two_dense_groups_have_the_density_of_their_size():
    """A frame's similarities are spread evenly over the others of its group of 50: log 49."""
    two, one = np.repeat([0.0, 1.0], 50), np.zeros(100)
    assert scorers.neighbourhood_density(0, 0, 0, two) == pytest.approx(np.log(49), abs=1e-3)
    assert scorers.neighbourhood_density(0, 0, 0, one) == pytest.approx(np.log(99))
    spread = np.linspace(0, 1, 100)
    assert scorers.neighbourhood_density(0, 0, 0, spread) < np.log(49)


@pytest.mark.parametrize("score", scorers.SCORERS.values(), ids=scorers.SCORERS)
def test_all_take_the_same_and_prefer_what_is_better(score):
    """On a target like the source: low loss and two clear groups, against high loss and none."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 3))
    sure, unsure = np.repeat([0.01, 0.99], 100), rng.uniform(0, 1, 200)
    good = score(features, np.full(200, 0.1), features[::-1], sure)
    bad = score(features, np.full(200, 0.6), features[::-1], unsure)
    assert isinstance(good, float)
    assert good > bad
