"""Members that differ, what they dispute, and how they are put together."""

import numpy as np
import pytest
from mininets import small_rwd as small, vectors

from sfxtutor.beyond import ensembles
from sfxtutor.metrics import auc
from sfxtutor.training import predict
from sfxtutor.widgets.retraining import Retraining


@pytest.fixture(scope="module")
def retraining():
    return Retraining(small, steps=20)


def test_members_differ_in_their_seed_alone(retraining):
    (x, y), (of, _) = vectors(24, seed=1), vectors(40, seed=2)
    p = ensembles.members(retraining, x, y, of, number=3, seed=5)
    assert p.shape == (3, 40)
    np.testing.assert_array_equal(p[1], predict(retraining.fit(x, y, 6), of, 40))
    assert not np.allclose(p[0], p[1])


def test_a_bootstrap_keeps_the_classes_and_repeats_frames():
    y = np.arange(40) % 4 == 0
    drawn = ensembles.bootstrap(y, np.random.default_rng(0))
    assert y[drawn].sum() == y.sum()
    assert len(drawn) == 40
    assert 20 < len(set(drawn)) < 36  # about 63 % of the frames


def test_bagging_learns_from_its_own_bootstraps(retraining):
    (x, y), (of, _) = vectors(24, seed=1), vectors(40, seed=2)
    p = ensembles.bagging(retraining, x, y, of, number=2, seed=3)
    drawn = ensembles.bootstrap(y, np.random.default_rng(3))
    np.testing.assert_array_equal(p[0], predict(retraining.fit(x[drawn], y[drawn], 3), of, 40))


def test_a_snapshot_goes_on_from_the_one_before(retraining):
    (x, y), (of, _) = vectors(24, seed=1), vectors(40, seed=2)
    p = ensembles.snapshots(retraining, x, y, of, number=3, seed=3)
    np.testing.assert_array_equal(p[0], predict(retraining.fit(x, y, 3), of, 40))
    alone = predict(retraining.fit(x, y, 1003), of, 40)  # the same frames, from new weights
    assert not np.allclose(p[1], alone)
    assert np.ptp(p, axis=0).mean() < np.abs(p[1] - alone).mean()


def test_disagreement_is_what_the_votes_contradict():
    p = np.array([[0.5, 0.9, 1e-6, 0.2], [0.5, 0.9, 1 - 1e-6, 0.4]])
    found = ensembles.disagreement(p)
    np.testing.assert_allclose(found[:3], [0, 0, np.log(2)], atol=1e-4)
    assert 0 < found[3] < np.log(2)
    assert ensembles.entropy(0.5) == pytest.approx(np.log(2))
    assert np.isfinite(ensembles.entropy(np.array([0.0, 1.0]))).all()


def test_every_fold_has_its_share_of_either_class():
    y = np.arange(50) % 5 == 0
    fold = ensembles.folds(y, 5, seed=1)
    for side in (True, False):
        assert np.ptp(np.bincount(fold[y == side], minlength=5)) <= 1


class Memory:
    """A network that knows the frames it was trained on, and nothing else."""

    input_shape = (None, 1)

    def fit(self, x, y, seed):
        self.known = set(x[:, 0])
        return self

    def predict_on_batch(self, x):
        return np.array([[float(value in self.known)] for value in x[:, 0]])


def test_out_of_fold_no_network_has_seen_the_frame():
    x, y = np.arange(30, dtype=np.float32)[:, None], np.arange(30) % 3 == 0
    assert ensembles.out_of_fold(Memory(), x, y, 3).sum() == 0


def test_a_stack_trusts_the_column_that_knows():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2 == 0
    columns = np.stack([rng.normal(size=200), y + rng.normal(0, 0.5, 200)], axis=1)
    model = ensembles.stack(columns[:100], y[:100])
    weights = np.abs(model[-1].coef_[0])
    assert weights[1] > 5 * weights[0]
    assert auc(model.predict_proba(columns[100:])[:, 1], y[100:]) > 0.85
    assert np.isfinite(ensembles.log_odds([0.0, 0.5, 1.0])).all()
    assert ensembles.log_odds(0.5) == 0
