"""Training on small synthetic sets: it learns, repeats itself, and keeps the best epoch."""

import inspect
from functools import partial

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras
import numpy as np
from mininets import small_rwd as small, vectors

from sfxtutor import training
from sfxtutor.metrics import count
from sfxtutor.models import build_cnn

fit = partial(training.fit, title=None)
Training = partial(training.Training, cache=False)  # always trains


def train(seed=0, epochs=12, **options):
    x, y = vectors(120, seed=1)
    training.set_seed(seed)
    model = small()
    history = fit(model, x, y, vectors(80, seed=2), Training(epochs, seed, **options))
    return model, history


@pytest.fixture(scope="module")
def trained():
    return train()


def test_it_learns_from_few_frames_what_it_was_not_shown(trained):
    model, history = trained
    x, y = vectors(200, seed=3)
    counts = count(y, training.predict(model, x) > 0.5)
    assert counts.recall > 0.9
    assert counts.specificity > 0.9
    assert history.loss[-1] < history.loss[0]
    assert history.seconds > 0
    lists = (history.loss, history.val_loss, history.recall, history.specificity)
    assert {len(numbers) for numbers in lists} == {12}


def test_the_same_seed_gives_the_same_weights_and_another_does_not(trained):
    (first, a), (again, b), (other, c) = trained, train(), train(1)
    for u, v in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(u, v)
    assert a.loss == b.loss
    assert a.loss != c.loss
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_the_kept_weights_are_those_of_the_best_epoch(monkeypatch):
    """Validation probabilities are prescribed: epochs 2 and 3 tie on rates, 3 has less loss."""
    y = np.array([True, True, False, False])
    script = iter([[0.1, 0.1, 0.1, 0.1], [0.6, 0.6, 0.4, 0.6], [0.9, 0.9, 0.1, 0.6], [0.9] * 4])
    seen = []

    def prescribed(model, x):
        seen.append(model.get_weights())
        return np.array(next(script))

    monkeypatch.setattr(training, "predict", prescribed)
    model = small()
    x, truth = vectors(20, seed=1)
    history = fit(model, x, truth, (x[:4], y), Training(4, batch=10))
    assert history.best_epoch == 3
    assert history.recall == [0, 1, 1, 1]
    assert history.specificity == [1, 0.5, 0.5, 0]
    for kept, then in zip(model.get_weights(), seen[2], strict=True):
        np.testing.assert_array_equal(kept, then)
    assert not np.array_equal(seen[2][0], seen[3][0])


def test_patience_ends_a_training_that_no_longer_improves(monkeypatch):
    y = np.array([True, False])
    monkeypatch.setattr(training, "predict", lambda model, x: np.array([0.5, 0.5]))
    x, truth = vectors(20, seed=1)
    model = small()
    history = fit(model, x, truth, (x[:2], y), Training(10, patience=4))
    assert (history.best_epoch, len(history.loss)) == (1, 5)
    assert history.converged


@pytest.mark.parametrize(("patience", "times"), [(1, 0), (2, 1), (3, 2), (4, 1), (6, 2), (9, 2)])
def test_after_each_third_of_the_patience_it_learns_slower(patience, times, monkeypatch):
    """A patience of 4 has thirds of 2 epochs: after 2 it learns slower, after 4 it ends."""
    monkeypatch.setattr(training, "predict", lambda model, x: np.array([0.5, 0.5]))
    x, truth = vectors(20, seed=1)
    model = small()
    fit(model, x, truth, (x[:2], np.array([True, False])), Training(20, patience=patience))
    rate = float(model.optimizer.learning_rate)
    assert rate == pytest.approx(3e-3 * training.SLOWER**times)


def test_a_network_that_calls_all_frames_the_same_has_learned_nothing():
    dead = training.History(recall=[1.0, 0.0], specificity=[0.0, 1.0], best_epoch=2)
    assert not dead.learned
    assert training.History(recall=[0.8], specificity=[0.9], best_epoch=1).learned
    assert not training.History().learned


def test_a_training_whose_last_epoch_is_the_best_has_not_converged():
    history = training.History(loss=[0.6, 0.5, 0.4], best_epoch=3)
    assert not history.converged
    history.loss.append(0.3)  # an epoch that was no better on the validation frames
    assert history.converged
    assert not training.History().converged


@pytest.mark.parametrize("name", ["quick", "paper"])
def test_every_training_of_a_profile_has_the_same_patience_in_steps(name):
    profile = training.profile(name)
    for frames in (10, 200, 1200):
        settings = profile.training(frames, seed=3)
        steps = -(-frames // settings.batch)
        assert 0 <= settings.patience * steps - profile.patience < steps
        assert 0 <= settings.epochs * steps - profile.steps < steps
        assert settings.seed == 3
    assert profile.steps >= 4 * profile.patience


def test_images_of_a_memory_mapped_file_are_read_a_batch_at_a_time(tmp_path):
    """`fit` and `predict` ask for slices and lists of frames, never for the whole array."""
    rng = np.random.default_rng(0)
    stored = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float16, (30, 32, 32))
    stored[:] = rng.random(stored.shape)
    most = 0

    class Watched:
        ndim, shape = stored.ndim, stored.shape

        def __len__(self):
            return len(stored)

        def __getitem__(self, key):
            nonlocal most
            part = stored[key]
            most = max(most, len(part))
            return part

        def __array__(self, *_, **__):
            raise AssertionError("copied whole")

    y = np.arange(30) % 3 == 0
    model = build_cnn((32, 32, 1), filters=(2, 2), dense=())
    history = fit(model, Watched(), y, (Watched(), y), Training(1, batch=8))
    assert np.isfinite(history.loss).all()
    assert most == 30  # validation fits into one batch of `predict`
    p = training.predict(model, Watched(), batch=8)
    whole = np.asarray(model(np.asarray(stored, np.float32)[..., None]))[:, 0]
    np.testing.assert_allclose(p, whole, atol=1e-5)


def test_predictions_do_not_depend_on_the_batch():
    x, _ = vectors(33, seed=4)
    model = small()
    whole = np.asarray(model(x))[:, 0]
    for batch in (7, 33, 100):
        np.testing.assert_allclose(training.predict(model, x, batch), whole, atol=1e-6)
    assert training.predict(model, x[:0]).shape == (0,)


def test_both_classes_weigh_the_same():
    y = np.arange(10) < 2
    weights = training.class_weights(y)
    assert weights[y].sum() == pytest.approx(weights[~y].sum())
    assert weights.mean() == pytest.approx(1)
    assert training.balanced_loss(np.full(10, 0.5), y) == pytest.approx(np.log(2))
    # by hand: half the loss from each class
    p = np.where(y, 0.8, 0.4)
    assert training.balanced_loss(p, y) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)


def test_the_training_loss_is_the_mean_over_all_frames_of_an_epoch():
    """At a learning rate of 0, without dropout, it is the loss of the model as it is."""
    x, y = vectors(50, seed=1)  # batches of 20, 20 and 10
    model = keras.Sequential([keras.Input((128,)), keras.layers.Dense(1, activation="sigmoid")])
    history = fit(model, x, y, (x, y), Training(2, learning_rate=0.0))
    expected = training.balanced_loss(training.predict(model, x), y)
    np.testing.assert_allclose(history.loss, expected, rtol=1e-5)


def test_layers_that_are_frozen_stay_as_they_are():
    model = small()
    model.get_layer("base").trainable = False
    before = model.get_layer("base").get_weights()
    x, y = vectors(20, seed=1)
    fit(model, x, y, (x, y), Training(1))
    for old, new in zip(before, model.get_layer("base").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_there_is_no_way_to_hand_test_frames_to_a_training():
    assert not any("test" in name for name in inspect.signature(training.fit).parameters)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(20, bool), "All 20 training labels are misses"),
        (np.ones(20, bool), "All 20 training labels are hits"),
        (np.ones(19, bool), r"training labels have shape \(19,\)"),
        (np.array(["HIT"] * 20), "expected one bool"),
    ],
)
def test_labels_that_cannot_train_are_refused(y, message):
    x, truth = vectors(20, seed=1)
    with pytest.raises(ValueError, match=message):
        fit(small(), x, y, (x, truth), Training(1))


def test_the_progress_is_one_line_on_standard_output(capfd):
    x, y = vectors(20, seed=1)
    fit(small(), x, y, (x, y), Training(2), title="RWD, LN83")
    out, err = capfd.readouterr()
    assert "RWD, LN83: 100%" in out
    assert "recall" in out
    assert out.count("\n") == 1
    assert err == ""


def test_the_profile_comes_from_the_argument_or_the_environment(monkeypatch):
    monkeypatch.delenv("SFXTUTOR_PROFILE", raising=False)
    assert training.profile().shape == (180, 180, 1)
    monkeypatch.setenv("SFXTUTOR_PROFILE", "paper")
    assert training.profile().shape == (180, 180, 1)
    assert training.profile().patience > training.profile("quick").patience
    assert training.profile("quick").name == "quick"
    with pytest.raises(ValueError, match="'fast', expected one of quick, paper"):
        training.profile("fast")


def test_throughput_is_inputs_per_second_of_the_timed_passes(monkeypatch):
    clock = iter([0, 2, 10, 11, 20, 24])
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(clock))
    speed = training.throughput(small(), vectors(40, seed=1)[0], repeats=3)
    assert speed == (20, 10, 40)
    assert str(speed) == "20 /s (10 to 40)"


def test_the_seed_draws_the_weights():
    def kernel(seed):
        training.set_seed(seed)
        return small().get_weights()[0]

    np.testing.assert_array_equal(kernel(3), kernel(3))
    assert not np.array_equal(kernel(3), kernel(4))
    assert keras.backend.backend() == "tensorflow"
