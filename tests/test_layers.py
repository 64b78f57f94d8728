"""The reversal: nothing on the way forward, exactly -lambda times the gradient back.  The
preprocessing: the plain functions' numbers, in whatever runs the graph."""

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytest.importorskip("tf2onnx", reason="tf2onnx, which writes ONNX, is not installed")

import keras
import numpy as np
import tensorflow as tf

from sfxtutor.layers import GradientReversal

X = tf.constant(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))


def gradient_of(layer, x=X):
    """d/dx of sum(layer(x)^3), without the layer 3 x^2."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x) ** 3)
    return tape.gradient(loss, x)


@pytest.mark.parametrize("lambda_", [0.0, 0.25, 1.0, 7.5])
def test_forward_nothing_changes_and_backward_the_gradient_is_minus_lambda_times(lambda_):
    layer = GradientReversal(lambda_)
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_allclose(gradient_of(layer), -lambda_ * 3 * X**2, rtol=1e-6)


def test_a_new_lambda_counts_at_once_also_in_a_compiled_function():
    layer, traces = GradientReversal(1.0), []

    @tf.function
    def compiled(x):
        traces.append(1)
        return gradient_of(layer, x)

    for lambda_ in (1.0, 0.0, 0.5):
        layer.lambda_ = lambda_
        assert layer.lambda_ == lambda_
        np.testing.assert_allclose(compiled(X), -lambda_ * 3 * X**2, rtol=1e-6)
    assert len(traces) == 1


def test_within_a_model_the_layers_before_it_climb_and_those_behind_it_descend():
    keras.utils.set_random_seed(0)
    before, behind = keras.layers.Dense(4), keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((3,)), before, GradientReversal(0.3), behind])

    def gradients(f):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(f(X) ** 2)
        return tape.gradient(loss, [before.kernel, behind.kernel])

    (base, head), (plain_base, plain_head) = (
        gradients(model),
        gradients(lambda x: behind(before(x))),
    )
    np.testing.assert_allclose(base, -0.3 * plain_base, rtol=1e-5)
    np.testing.assert_allclose(head, plain_head, rtol=1e-5)


def test_half_precision_stays_half_precision():
    layer = GradientReversal(0.5, dtype="float16")
    x = tf.cast(X, tf.float16)
    assert layer(x).dtype == gradient_of(layer, x).dtype == tf.float16


def test_lambda_is_no_weight_that_training_changes():
    layer = GradientReversal(0.5)
    assert layer.trainable_variables == []


def test_it_is_saved_and_loaded_with_its_lambda(tmp_path):
    layer = GradientReversal(0.25, name="turn")
    again = GradientReversal.from_config(layer.get_config())
    assert (again.name, again.lambda_) == ("turn", 0.25)

    model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(1)])
    layer.lambda_ = 0.75
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("turn").lambda_ == 0.75
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf")])
def test_a_lambda_that_is_none_is_refused_and_the_old_one_stays(bad):
    with pytest.raises(ValueError, match="Give its size alone"):
        GradientReversal(bad)
    layer = GradientReversal(0.5)
    with pytest.raises(ValueError, match=f"Found lambda_ = {bad}, expected a finite number"):
        layer.lambda_ = bad
    assert layer.lambda_ == 0.5
