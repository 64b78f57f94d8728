"""A network trained again and again: on few labels, from the same start, with both classes."""

import keras
import numpy as np
import pytest
from mininets import small_rwd as small, vectors

from sfxtutor.metrics import count
from sfxtutor.training import predict
from sfxtutor.widgets.retraining import Retraining


@pytest.fixture(scope="module")
def retraining():
    return Retraining(small, steps=60)


def test_few_labels_suffice_without_validation_frames(retraining):
    x, y = vectors(24, seed=1)
    model = retraining.fit(x, y)
    x, y = vectors(200, seed=3)
    counts = count(y, predict(model, x) > 0.5)
    assert counts.recall > 0.9
    assert counts.specificity > 0.9


def test_a_retraining_knows_nothing_of_those_before(retraining):
    (x, y), (other, z), seen = vectors(24, seed=1), vectors(30, seed=2), vectors(50, seed=3)[0]
    first = predict(retraining.fit(x, y), seen)
    retraining.fit(other, z, seed=1)
    np.testing.assert_array_equal(predict(retraining.fit(x, y), seen), first)
    fresh = Retraining(small, steps=60)
    np.testing.assert_array_equal(predict(fresh.fit(x, y), seen), first)
    for model in (retraining.fit(x, ~y), retraining.fit(x, y, seed=1)):
        assert not np.allclose(predict(model, seen), first)


def test_a_retraining_shows_as_many_positives_as_misses(retraining, monkeypatch):
    drawn = []
    monkeypatch.setattr(retraining, "run", lambda x, y: drawn.append((x, y)))
    x, y = vectors(40, seed=1)
    retraining.fit(x, y)
    [(frames, labels)] = drawn
    assert frames.shape == (60, 10, 128)
    np.testing.assert_array_equal(np.sum(labels, axis=1), 5)
    known = {row.tobytes(): label for row, label in zip(x, y, strict=True)}
    for row, label in zip(np.reshape(frames, (-1, 128)), np.ravel(labels), strict=True):
        assert known[row.tobytes()] == label


def test_a_retraining_needs_both_classes(retraining):
    x, _ = vectors(10, seed=1)
    with pytest.raises(ValueError, match="All 10 training labels are misses"):
        retraining.fit(x, np.zeros(10, bool))


def test_a_retraining_goes_on_where_the_last_one_ended(retraining):
    (x, y), (seen, _) = vectors(24, seed=1), vectors(50, seed=3)
    first = predict(retraining.fit(x, y), seen)
    further = predict(retraining.fit(x, y, seed=7, go_on=True), seen)
    alone = predict(retraining.fit(x, y, seed=7), seen)
    assert 0 < np.abs(further - first).mean() < np.abs(further - alone).mean()


def test_a_retraining_follows_the_loss_that_it_is_given():
    x, y = vectors(40, seed=1)
    inverted = Retraining(
        small, steps=60, loss=lambda y, p: keras.ops.mean(y * p + (1 - y) * (1 - p))
    )
    p = predict(inverted.fit(x, y), x)
    assert p[y].mean() < 0.3 < 0.6 < p[~y].mean()
