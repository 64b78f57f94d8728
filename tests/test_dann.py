"""Adaptation on small synthetic runs: no target label, each run its statistics, what overlaps."""

import inspect
from functools import partial

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras
import numpy as np
import tensorflow as tf
from mininets import another_run, images, small

from sfxtutor import dann as training_of_dann, domains
from sfxtutor.dann import Dann
from sfxtutor.metrics import count
from sfxtutor.training import Training, class_weights, predict, set_seed


@pytest.fixture
def eager():
    """Steps run as they are written: for a few, that is quicker than compiling them."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def train(frames=40, x_target=None, watch=None, **settings):
    """A DANN of two runs and its history, trained anew."""
    settings = Training(**{"epochs": 2, "cache": False} | settings)
    set_seed(settings.seed)
    dann = Dann(small(), dense=(8,))
    x_target = another_run(frames, 2)[0] if x_target is None else x_target
    validation = *images(30, 3), another_run(30, 4)[0]
    history = training_of_dann.fit_dann(
        dann, *images(frames, 1), x_target, validation, settings, title=None, watch=watch
    )
    return dann, history


@pytest.fixture(scope="module")
def trained():
    return train(frames=240, epochs=6)


# ---- no label of the target


def test_there_is_no_argument_for_labels_of_the_target():
    arguments = inspect.signature(training_of_dann.fit_dann).parameters
    assert list(arguments) == [
        "dann", "x", "y", "x_target", "validation", "settings", "title", "watch",
    ]  # fmt: skip
    for name in ("adapt_batch_norm", "features", "outputs"):
        assert not {"y", "labels"} & set(inspect.signature(getattr(domains, name)).parameters)


def test_the_label_head_learns_from_frames_of_the_source_alone(eager):
    """One step with two targets: the same label head comes out, another domain head."""
    (x, y), heads = images(20, 1), []
    for target in (another_run(20, 2)[0], another_run(20, 5)[0] + 1):
        set_seed(0)
        dann = Dann(small())
        dann.reversal.lambda_ = 0.7
        optimizer = keras.optimizers.Adam(1e-2)
        optimizer.build(dann.trainable_variables)
        step = training_of_dann.training_step(dann, optimizer)
        step(x[..., None].astype("f4"), y, class_weights(y), target[..., None].astype("f4"))
        heads.append([dann.classifier.get_weights(), dann.domain.get_weights()])
    (label, domain), (label_again, domain_again) = heads
    for a, b in zip(label, label_again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(domain, domain_again, strict=True))


def test_the_losses_are_those_of_source_labels_and_of_the_run_that_a_frame_is_from(eager):
    (x, y), target = images(20, 1), another_run(20, 2)[0]
    x, target = (a[..., None].astype(np.float32) for a in (x, target))
    weight = class_weights(y)
    set_seed(0)
    dann = Dann(small(dropout=0))
    p, p_source = (np.asarray(head) for head in dann(x, run="source", training=True))
    p_target = np.asarray(dann(target, run="target", training=True)[1])
    label = np.mean(-weight * np.log(np.where(y, p, 1 - p)))
    domain = (np.mean(-np.log(1 - p_source)) + np.mean(-np.log(p_target))) / 2
    optimizer = keras.optimizers.Adam()
    found = training_of_dann.training_step(dann, optimizer)(x, y, weight, target)
    np.testing.assert_allclose(found, [label, domain], rtol=1e-4)


# ---- the reversal at work


def test_the_base_is_pushed_against_the_domain_head_by_lambda():
    set_seed(0)
    dann, x = Dann(small(), dense=(8,)), images(20, 1)[0][..., None].astype(np.float32)
    dann.reversal.lambda_ = 0.7
    base, head = dann.base.trainable_variables, dann.domain.trainable_variables

    def without_reversal():
        z = dann.base(x)
        for layer in dann.domain.layers:
            z = z if layer is dann.reversal else layer(z)
        return z[:, 0]

    def gradients(p):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(training_of_dann.cross_entropy(p()))
        both = tape.gradient(loss, base + head)
        return both[: len(base)], both[len(base) :]

    turned, head_turned = gradients(lambda: dann(x, run="source")[1])
    plain, head_plain = gradients(without_reversal)
    for a, b in zip(turned, plain, strict=True):
        np.testing.assert_allclose(a, -0.7 * b, rtol=1e-3, atol=1e-7)
    for a, b in zip(head_turned, head_plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-7)
    assert max(np.abs(a).max() for a in plain) > 1e-4


def test_lambda_rises_from_0_to_1_as_ganins_and_step_by_step(monkeypatch, eager):
    assert training_of_dann.reversal_strength(0) == 0
    assert training_of_dann.reversal_strength(0.5) == pytest.approx(2 / (1 + np.exp(-5)) - 1)
    assert training_of_dann.reversal_strength(1) == pytest.approx(1, abs=1e-3)
    asked = []

    def recorded(progress):
        asked.append(progress)
        return 0.01 * len(asked)

    monkeypatch.setattr(training_of_dann, "reversal_strength", recorded)
    dann, _ = train(frames=40, epochs=2, batch=20)
    assert asked == [0, 0.25, 0.5, 0.75]
    assert dann.reversal.lambda_ == pytest.approx(0.04)


# ---- one set of statistics


def shared_dann():
    set_seed(0)
    return Dann(small(), dense=(8,), shared=True)


def test_with_shared_statistics_a_batch_of_both_runs_is_normalised_as_one():
    dann = shared_dann()
    x, target = (a[..., None].astype("f4") for a in (images(20, 1)[0], another_run(20, 2)[0]))
    p, p_source, p_target = dann.both(x, target)
    both = np.concatenate([x, target])
    set_seed(0)
    same = shared_dann()
    p_both, domain = same(both, training=True)
    np.testing.assert_allclose(p, p_both[:20], rtol=1e-3)
    np.testing.assert_allclose(np.r_[p_source, p_target], domain, rtol=1e-3)
    assert len(p) == len(p_target) == 20


def test_with_shared_statistics_source_and_target_go_through_the_same_network():
    dann = shared_dann()
    x = another_run(20, 2)[0]
    dann.both(images(20, 1)[0][..., None].astype("f4"), x[..., None].astype("f4"))
    a, b = (predict(dann.cnn(run), x) for run in Dann.RUNS)
    np.testing.assert_array_equal(a, b)
    own = Dann(small(), dense=(8,))
    own.both(images(20, 1)[0][..., None].astype("f4"), x[..., None].astype("f4"))
    a, b = (predict(own.cnn(run), x) for run in Dann.RUNS)
    assert not np.array_equal(a, b)


def test_with_a_patience_lambda_rises_over_it_and_stays(monkeypatch, eager):
    asked = []
    monkeypatch.setattr(
        training_of_dann, "reversal_strength", lambda progress: asked.append(progress) or 0.5
    )
    train(frames=20, epochs=4, batch=20, patience=2)
    assert asked[:3] == [0, 0.5, 1.0]
    assert set(asked[3:]) <= {1.0}


# ---- training


def test_it_learns_and_helps_on_the_target(trained):
    dann, history = trained
    x, y = another_run(120, 6)
    counts = count(y, predict(dann.cnn("target"), x) > 0.5)
    assert counts.recall > 0.9
    assert counts.specificity > 0.9
    assert history.loss[-1] < history.loss[0]
    assert {len(getattr(history, name)) for name in vars(history)
            if isinstance(getattr(history, name), list)} == {6}  # fmt: skip
    assert np.shape(history.p_target) == (6, 30)


def test_who_watches_a_training_can_stop_it(eager):
    _, history = train(epochs=3, watch=lambda history, epochs: len(history.loss) == epochs - 1)
    assert history.stopped
    assert len(history.domain_loss) == 2


def test_the_same_seed_gives_the_same_weights_trained_anew_or_read_from_disk(monkeypatch, eager):
    first, a = train(cache=True)
    again, b = train()
    fail = partial(pytest.fail, "trained again")
    monkeypatch.setattr(training_of_dann, "reversal_strength", lambda progress: fail())
    read, c = train(cache=True)
    for u, v, w in zip(*(dann.get_weights() for dann in (first, again, read)), strict=True):
        np.testing.assert_array_equal(u, v)
        np.testing.assert_array_equal(u, w)
    assert a.p_target == b.p_target
    assert a == c
    for other in ({"seed": 1}, {"x_target": another_run(40, 7)[0]}):
        with pytest.raises(pytest.fail.Exception, match="trained again"):  # another training
            train(cache=True, **other)


def test_the_epoch_kept_has_the_lowest_risk_that_shows_without_target_labels(monkeypatch, eager):
    """Probabilities are prescribed: epoch 2 of 4 has a good label head and a domain head at 0.5."""
    script = iter([(0.6, 0.5), (0.9, 0.55), (0.95, 0.9), (0.6, 0.6)])
    y = images(30, 3)[1]
    seen, now = [], []

    def prescribed(dann):
        def predict(x, run):
            if run == "source":
                seen.append(dann.get_weights())
                now[:] = next(script)
            p, told = now
            right = np.where(y, p, 1 - p)
            return right, np.full(30, told if run == "target" else 1 - told)

        return predict

    monkeypatch.setattr(training_of_dann, "predictor", prescribed)
    dann, history = train(epochs=4)
    assert history.best_epoch == 2
    np.testing.assert_allclose(history.val_loss, -np.log([0.6, 0.9, 0.95, 0.6]), rtol=1e-4)
    np.testing.assert_allclose(history.domain_val_loss, -np.log([0.5, 0.55, 0.9, 0.6]), rtol=1e-4)
    assert history.domain_accuracy == [0.5, 1, 1, 1]
    for kept, then in zip(dann.get_weights(), seen[1], strict=True):
        np.testing.assert_array_equal(kept, then)
    assert not np.array_equal(seen[1][0], seen[3][0])


def test_a_domain_head_worse_than_guessing_earns_nothing():
    assert training_of_dann.unlabelled_risk(0.3, np.log(2)) == pytest.approx(0.3)
    assert training_of_dann.unlabelled_risk(0.3, 5.0) == pytest.approx(0.3)
    assert training_of_dann.unlabelled_risk(0.3, 0.1) == pytest.approx(0.3 + np.log(2) - 0.1)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(40, bool), "All 40 training labels are misses"),
        (np.ones(39, bool), r"training labels have shape \(39,\)"),
        (np.array(["HIT"] * 40), "expected one bool"),
    ],
)
def test_labels_that_cannot_train_are_refused(y, message):
    (x, truth), x_target = images(40, 1), another_run(40, 2)[0]
    with pytest.raises(ValueError, match=message):
        training_of_dann.fit_dann(Dann(small()), x, y, x_target, (x, truth, x_target), Training(1))
    message = message.replace("training", "validation")
    with pytest.raises(ValueError, match=message):
        training_of_dann.fit_dann(Dann(small()), x, truth, x_target, (x, y, x_target), Training(1))


# ---- each run its own batch-norm statistics


def test_each_run_has_its_own_statistics_and_its_cnn_uses_them(trained):
    dann, _ = trained
    (x, _), (x_target, _) = images(10, 8), another_run(10, 8)
    for own, other in zip(dann.kept["source"], dann.kept["target"], strict=True):
        assert np.max(np.abs(own - other)) > 1e-3
    for run, frames in (("source", x), ("target", x_target)):
        cnn = dann.cnn(run)
        norms = [layer for layer in cnn.get_layer("base").layers if "norm" in layer.name]
        used = [v for norm in norms for v in (norm.moving_mean, norm.moving_variance)]
        for a, b in zip(used, dann.kept[run], strict=True):
            np.testing.assert_array_equal(a, b)
        as_dann = dann(frames[..., None].astype(np.float32), run=run)[0]
        np.testing.assert_allclose(predict(cnn, frames), as_dann, atol=1e-5)
    wrong = predict(dann.cnn("source"), x_target)
    assert np.max(np.abs(wrong - predict(dann.cnn("target"), x_target))) > 1e-2


def test_a_step_moves_the_statistics_of_the_run_it_saw_and_no_others():
    set_seed(0)
    dann, x = Dann(small()), another_run(20, 1)[0][..., None].astype(np.float32)

    def state():
        return {run: [np.array(v) for v in dann.kept[run]] for run in dann.RUNS}

    before = state()
    dann(x, run="target")
    assert all(
        np.array_equal(a, b) for a, b in zip(state()["target"], before["target"], strict=True)
    )
    dann(x, run="target", training=True)
    after = state()
    for a, b in zip(after["source"], before["source"], strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(after["target"], before["target"], strict=True):
        assert not np.array_equal(a, b)


def test_a_cnn_taken_from_a_dann_is_a_copy(trained):
    dann, _ = trained
    cnn, kept = dann.cnn("source"), dann.get_weights()
    for variable in cnn.trainable_variables:
        variable.assign(variable + 1)
    for a, b in zip(dann.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(a, b)


# ---- AdaBN
