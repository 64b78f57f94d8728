"""Labels by a count, by a network itself, with errors, and of hits alone."""

import keras
import numpy as np
import pytest
from mininets import small_rwd as small, vectors

from sfxtutor.beyond import weak_labels as weak
from sfxtutor.metrics import auc
from sfxtutor.training import predict
from sfxtutor.widgets.retraining import Retraining


def test_a_share_of_the_frames_becomes_hits():
    spots = np.array([3, 50, 0, 7, 7, 1, 2, 9, 0, 4])
    np.testing.assert_array_equal(np.flatnonzero(weak.by_share(spots, 0.2)), [1, 7])
    assert not weak.by_share(spots, 0).any()
    assert weak.by_share(10 * spots, 0.4).sum() == 4


def test_the_surest_decisions_lie_farthest_on_their_side():
    p = np.array([0.9, 0.6, 0.99, 0.1, 0.4, 0.02, 0.3, 0.2])
    kept = weak.surest(p, p > 0.5, share=0.6)
    np.testing.assert_array_equal(np.flatnonzero(kept), [0, 2, 3, 5, 7])
    assert weak.surest(p, p > 0.5, share=1.0).all()
    assert weak.surest(p, p > 0.95, share=0.1).sum() == 2  # neither class dies out


def test_a_network_is_better_than_its_labeller_where_that_errs_at_random():
    x, y = vectors(300, seed=1)
    given = y ^ (np.random.default_rng(0).random(300) < 0.15)
    model = weak.self_training(Retraining(small, steps=100), x, given, rounds=0)
    of, truth = vectors(200, seed=2)
    assert np.mean((predict(model, of) > 0.5) == truth) > 0.93


def test_self_training_learns_from_the_surest_of_its_own_decisions():
    class Seen:
        """Notes what it is trained with; p is the vector's first number."""

        input_shape = (None, 1)

        def __init__(self):
            self.trainings = []

        def fit(self, x, y, seed):
            self.trainings.append((x[:, 0], y))
            return self

        def predict_on_batch(self, x):
            return x[:, :1]

    seen, x = Seen(), np.linspace(0, 1, 20, dtype=np.float32)[:, None]
    weak.self_training(seen, x, np.arange(20) % 4 == 0, rounds=1)
    (_, first), (kept, labels) = seen.trainings
    assert first.sum() == 5
    np.testing.assert_array_equal(kept, np.r_[x[:12, 0], x[16:, 0]])  # 80 % of 15, and of 5
    np.testing.assert_array_equal(labels, kept > 0.75)


def test_the_risk_takes_the_hits_out_of_the_unlabelled():
    y, p = np.array([1.0, 1, 0, 0]), np.array([0.9, 0.7, 0.6, 0.2])
    assert float(weak.pu_risk(0.25)(y, p)) == pytest.approx(0.25 * 0.2 + 0.4 - 0.25 * 0.8)
    assert float(weak.pu_risk(0.9)(y, p)) == pytest.approx(0.9 * 0.2)  # never below 0
    assert float(weak.pu_risk(0.0)(y, p)) == pytest.approx(0.4)


def test_marked_hits_alone_are_enough_with_the_risk():
    x, y = vectors(400, seed=1, share=0.5)
    marks = y & (np.arange(400) < 80)
    prior = y[~marks].mean()
    areas, found = {}, {}
    for name, loss in (
        ("as misses", keras.losses.binary_crossentropy),
        ("pu", weak.pu_risk(prior)),
    ):
        model = Retraining(small, steps=150, batch=40, loss=loss).fit(x, marks)
        of, truth = vectors(200, seed=2, share=0.5)
        p = predict(model, of)
        areas[name], found[name] = auc(p, truth), np.mean(p[truth] > 0.5)
    assert areas["pu"] > 0.95
    assert found["pu"] > 0.85 > found["as misses"]


def test_confident_learning_finds_the_labels_that_were_inverted():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2 == 0
    p = np.clip(np.where(y, 0.8, 0.2) + rng.normal(0, 0.02, 200), 0, 1)
    wrong = np.isin(np.arange(200) % 10, (3, 6))  # a fifth of either class
    errors = weak.label_errors(p, y ^ wrong)
    assert errors[wrong].mean() > 0.9
    assert not errors[~wrong].any()
    joint = weak.confident_joint(p, y ^ wrong)
    assert joint[0, 1] + joint[1, 0] == errors.sum()
    assert joint.sum() == np.sum(weak.confident_label(p, y ^ wrong) >= 0)


def test_a_frame_that_reaches_both_thresholds_counts_for_the_more_probable_class():
    given = np.array([True, True, False, False, False])
    p = np.array([0.3, 0.5, 0.45, 0.48, 0.6])  # thresholds: p from 0.4, 1 - p from 0.49
    np.testing.assert_array_equal(weak.confident_label(p, given), [0, 0, 0, 0, 1])
