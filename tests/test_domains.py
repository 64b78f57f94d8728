"""How alike two domains look, and AdaBN, on small synthetic runs."""

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import numpy as np
from mininets import another_run, images, small

from sfxtutor import domains
from sfxtutor.training import set_seed


def test_adabn_sets_the_statistics_of_the_frames_and_nothing_else():
    """A training pass over all frames at once normalises by their statistics: the same features."""
    set_seed(0)
    cnn, x = small(dropout=0), another_run(70, 1)[0]
    before = cnn.get_weights()
    adapted = domains.adapt_batch_norm(cnn, x)
    for a, b in zip(cnn.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(adapted.trainable_variables, cnn.trainable_variables, strict=True):
        np.testing.assert_array_equal(a, b)
    expected = cnn.get_layer("base")(x[..., None].astype(np.float32), training=True)
    np.testing.assert_allclose(domains.features(adapted, x), expected, rtol=1e-3, atol=1e-4)
    unadapted = domains.features(small(dropout=0), x)
    assert not np.allclose(unadapted, expected, atol=1e-2)


def test_adabn_undoes_another_gain():
    """What scales all pixels alike is gone: frames of either run get the same features."""
    set_seed(0)
    cnn = small(dropout=0)
    (x, _), (x_target, _) = images(90, 1), images(90, 1, gain=0.5)
    home = domains.features(domains.adapt_batch_norm(cnn, x), x)
    away = domains.features(domains.adapt_batch_norm(cnn, x_target), x_target)
    # not exact: float16 images, and the small number that keeps a variance from 0
    assert np.corrcoef(home.ravel(), away.ravel())[0, 1] > 0.999
    assert np.mean(np.abs(home - away)) < 0.02 * np.mean(home)
    assert np.mean(np.abs(home - domains.features(cnn, x_target))) > 0.2 * np.mean(home)


# ---- how alike two sets of features look


def normal(n, seed, shift=0.0):
    x = np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)
    x[:, 0] += shift
    return x


@pytest.mark.parametrize(("n", "m"), [(400, 400), (600, 200)])
def test_one_distribution_is_near_and_mixed_two_are_far_and_apart(n, m):
    a = normal(n, 1)
    same, apart = normal(m, 2), normal(m, 2, shift=20)
    assert domains.proxy_a_distance(a, same) < 0.3
    assert domains.proxy_a_distance(a, apart) == pytest.approx(2, abs=0.02)
    assert domains.foreign_neighbours(a, same) == pytest.approx(1, abs=0.05)
    assert domains.foreign_neighbours(a, apart) == 0
    between = normal(m, 2, shift=2)
    assert 0.5 < domains.proxy_a_distance(a, between) < 1.8
    assert 0.1 < domains.foreign_neighbours(a, between) < 0.9


def test_the_domain_classifier_is_judged_on_rows_that_did_not_train_it():
    """With more features than rows it could learn every row by heart."""
    a, b = np.random.default_rng(0).normal(size=(2, 100, 400))
    assert domains.proxy_a_distance(a, b) < 0.6


def test_the_numbers_do_not_depend_on_which_set_comes_first():
    a, b = normal(300, 1), normal(150, 2, shift=2)
    assert domains.foreign_neighbours(a, b) == pytest.approx(domains.foreign_neighbours(b, a))
    distances = [domains.proxy_a_distance(*pair) for pair in ((a, b), (b, a))]
    assert distances[0] == pytest.approx(distances[1], abs=0.25)


def test_features_are_what_the_base_makes_of_the_frames():
    cnn, (x, _) = small(), images(7, 1)
    found = domains.features(cnn, x, batch=3)
    base = cnn.get_layer("base")
    assert found.shape == (7, base.output_shape[1])
    np.testing.assert_allclose(found, base(x[..., None].astype(np.float32)), rtol=1e-4, atol=1e-5)
