"""The networks: parts, shapes, arithmetic, and what the 1D CNN does with its input."""

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras
import numpy as np

from sfxtutor.models import (
    RelativeToMean,
    build_classifier,
    build_cnn,
    build_rwd_cnn,
    count_multiply_adds,
)


def names(model):
    return [layer.name for layer in model.get_layer("base").layers]


@pytest.mark.parametrize(
    ("model", "shape"),
    [(build_cnn((64, 48, 1)), (64, 48, 1)), (build_rwd_cnn(), (720,))],
    ids=["cnn", "rwd"],
)
def test_a_model_is_a_base_and_a_classifier_and_gives_a_probability(model, shape):
    x = np.random.default_rng(0).random((3, *shape), np.float32)
    p = np.asarray(model(x))
    assert p.shape == (3, 1)
    assert ((p > 0) & (p < 1)).all()
    features = model.get_layer("base")(x)
    assert features.ndim == 2
    np.testing.assert_allclose(model.get_layer("classifier")(features), p, rtol=1e-6)


def test_blocks_come_in_the_papers_order_with_dropout_in_the_top_two():
    kinds = ["conv", "norm", "activation", "pool"]
    expected = [f"block{i}_{kind}" for i in (1, 2, 3) for kind in [*kinds, *["dropout"] * (i > 1)]]
    assert names(build_cnn((64, 64, 1), filters=(2, 3, 4))) == [*expected, "features"]
    start = ["relative", "as_channel"]
    assert names(build_rwd_cnn(filters=(2, 3, 4))) == [*start, *expected, "features"]
    assert not any("dropout" in name for name in names(build_cnn((64, 64, 1), dropout=0)))


def test_a_new_classifier_fits_on_the_base_of_another_model():
    base = build_cnn((64, 64, 1)).get_layer("base")
    model = keras.Sequential([base, build_classifier(base.output_shape[1], dense=(5, 4))])
    assert model.output_shape == (None, 1)
    assert [layer.name for layer in model.layers[-1].layers] == ["dense1", "dense2", "p_hit"]


def test_multiply_adds_are_those_counted_by_hand():
    model = build_cnn((16, 16, 1), filters=(2, 3), dense=(4,))
    first = 8 * 8 * 5 * 5 * 1 * 2  # 16 x 16 in steps of 2
    second = 4 * 4 * 3 * 3 * 2 * 3  # halved by pooling, then again to 2 x 2
    assert count_multiply_adds(model) == first + second + 2 * 2 * 3 * 4 + 4
    vectors = build_rwd_cnn(32, filters=(2, 3), pools=(2, 2), dense=(4,))
    assert count_multiply_adds(vectors) == 8 * 8 * 2 + 4 * 5 * 2 * 3 + 2 * 3 * 4 + 4


def test_the_1d_cnn_sees_a_row_relative_to_the_frames_other_rows():
    x = np.random.default_rng(1).random((2, 720), np.float32) + 0.1
    relative = np.asarray(RelativeToMean()(x))
    np.testing.assert_allclose(relative, x / x.mean(axis=1, keepdims=True) - 1, atol=1e-5)
    model = build_rwd_cnn()
    # so a background that is twice as noisy changes nothing
    np.testing.assert_allclose(model(2 * x), model(x), atol=1e-5)
    assert np.isfinite(np.asarray(model(np.zeros((1, 720), np.float32)))).all()


def test_batch_statistics_settle_within_two_epochs_of_200_frames():
    model = build_cnn((64, 64, 1))
    norms = [a for a in model.get_layer("base").layers if a.name.endswith("_norm")]
    assert len(norms) == 4
    assert all(norm.momentum**20 < 0.15 for norm in norms)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: build_cnn((31, 64, 1)), "at least 32 x 32 pixels"),
        (lambda: build_cnn((360, 360)), r"\(y, x, channels\)"),
        (lambda: build_rwd_cnn(100), "at least 128 rows"),
        (lambda: build_rwd_cnn(filters=(4, 4)), "one pool per block"),
    ],
)
def test_an_input_that_is_too_small_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_saved_model_comes_back(tmp_path):
    model = build_rwd_cnn()
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(2).random((2, 720), np.float32)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))
