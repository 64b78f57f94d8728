"""The preprocessing as layers: the numbers of the plain functions, in one graph with a model."""

import re

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytest.importorskip("tf2onnx", reason="tf2onnx, which writes ONNX, is not installed")

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
from crops import ATOL, KINDS, SIZE, hit, noise, pixels, spoil
from hypothesis import given, settings, strategies as st

from sfxtutor.fast.graph import ContrastNormalization, RowWiseDecomposition, with_preprocessing
from sfxtutor.fast.kernels import fast_binned, fast_lcn, fast_rwd
from sfxtutor.models import build_cnn, build_rwd_cnn
from sfxtutor.preprocess import gcn, lcn, rwd
from sfxtutor.training import set_seed


def crops():
    """A hit, noise and every kind of frame on which shortcuts fail: (12, 724, 724) uint16."""
    return np.stack([hit(), noise(), *map(spoil, KINDS)])


MASK = np.ones((SIZE, SIZE), bool)
MASK[308:416, 308:416] = MASK[100] = MASK[:, 5] = MASK[723, 723] = False  # beam stop, gaps, a pixel
MASKS = pytest.mark.parametrize("mask", [None, MASK], ids=["all pixels", "masked"])


def jit(function):
    return tf.function(function, jit_compile=True)


def test_frames_are_four_pixels_smaller_and_nothing_of_it_is_trained():
    layer = ContrastNormalization()
    frames, has_contrast = layer(np.stack([hit((40, 64)), noise((40, 64))]))
    assert (frames.shape, frames.dtype) == ((2, 36, 60), tf.float32)
    assert (has_contrast.shape, has_contrast.dtype) == ((2,), tf.bool)
    assert layer.compute_output_shape((None, 40, 64)) == ((None, 36, 60), (None,))
    assert layer.trainable_variables == []
    assert RowWiseDecomposition().compute_output_shape((None, 36, 60)) == (None, 36)


def test_the_mask_is_no_setting_but_a_weight():
    good = np.random.default_rng(0).random((40, 64)) > 0.01
    layer = ContrastNormalization(good, name="masked")
    layer.build((None, 40, 64))
    again = ContrastNormalization.from_config(layer.get_config())
    again.build((None, 40, 64))
    assert again.name == "masked"
    again.set_weights(layer.get_weights())
    crop = hit((40, 64))[None]
    np.testing.assert_array_equal(again(crop)[0], layer(crop)[0])
    assert np.abs(layer(crop)[0] - ContrastNormalization()(crop)[0]).max() > 0.1


@pytest.mark.parametrize(
    ("crop", "message"),
    [
        (noise((40, 64)), "expected (n, y, x) of 5 x 5 pixels or more. Stack single crops"),
        (noise((4, 64))[None], "expected (n, y, x) of 5 x 5 pixels or more"),
        (noise((40, 64))[None].astype(np.int16), "Found crops of int16, expected raw ADU, uint16"),
        (gcn(noise((40, 64)))[None], "Found crops of float32, expected raw ADU, uint16"),
    ],
)
def test_what_is_no_stack_of_raw_crops_is_refused(crop, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ContrastNormalization()(crop)
    with pytest.raises(ValueError, match="Crop it as the frames"):
        ContrastNormalization(np.ones((9, 9), bool))(noise((40, 64))[None])


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
@MASKS
def test_frames_are_those_of_the_plain_functions_whatever_the_crop(mask, compiled):
    layer = ContrastNormalization(mask)
    frames, has_contrast = (jit(layer) if compiled else layer)(crops())
    vectors = RowWiseDecomposition()(frames)
    assert np.asarray(has_contrast).all()
    for crop, frame, vector in zip(crops(), frames, vectors, strict=True):
        expected = lcn(gcn(crop, mask), mask=mask)
        np.testing.assert_allclose(frame, expected, rtol=0, atol=1e-6)  # far below ATOL
        np.testing.assert_allclose(vector, rwd(expected), rtol=0, atol=1e-6)


@given(pixels(), st.integers(0, 2**32 - 1), st.sampled_from([0, 0.02, 0.5]))
@settings(max_examples=60, deadline=None)
def test_any_small_crop(crop, seed, hidden):
    good = np.random.default_rng(seed).random(crop.shape) >= hidden
    good[0, 0] = True
    (frame,), (has_contrast,) = ContrastNormalization(good)(crop[None])
    assert has_contrast == (len(np.unique(crop[good])) > 1)
    expected = fast_lcn(crop, good) if has_contrast else np.zeros(frame.shape)
    np.testing.assert_allclose(frame, expected, rtol=0, atol=ATOL)


@pytest.mark.parametrize("value", [0, 7, 3001, 65535])
def test_a_crop_without_contrast_is_zero_and_said_to_be(value):
    flat = np.full((SIZE, SIZE), value, np.uint16)
    odd = flat.copy()
    odd[200, 500] ^= 1  # one pixel by 1 ADU: contrast
    stack = np.stack([flat, np.where(MASK, flat, noise()), odd])
    for function in (ContrastNormalization(MASK), jit(ContrastNormalization(MASK))):
        frames, has_contrast = function(stack)
        assert np.asarray(has_contrast).tolist() == [False, False, True]
        np.testing.assert_array_equal(frames[:2], 0)
        np.testing.assert_allclose(frames[2], fast_lcn(odd, MASK), rtol=0, atol=ATOL)


@pytest.fixture(params=["rwd", "cnn"])
def pair(request):
    """A model, and what its input should be: (model, function of crop and mask)."""
    set_seed(0)
    if request.param == "rwd":
        return build_rwd_cnn(), fast_rwd
    model = build_cnn((180, 180, 1))
    return model, lambda crop, good: fast_binned(crop, 4, good)[..., None]


def ways(graph, folder):
    """All that can run the graph: {name: function of crops}."""
    yield "eager", graph
    yield "compiled", jit(graph)
    graph.save(folder / "graph.keras")
    yield "loaded", keras.saving.load_model(folder / "graph.keras")
    graph.export(folder / "saved_model", verbose=False)
    saved = tf.saved_model.load(folder / "saved_model")
    yield "SavedModel", saved.serve
    graph.export(folder / "graph.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(folder / "graph.onnx")
    yield "ONNX", lambda crops: session.run(None, {"crops": crops})[0]


# Keras asks whether NumPy has np.object before it converts to ONNX; not ours to mend.
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")
@MASKS
def test_one_graph_gives_the_verdicts_of_the_parts_wherever_it_runs(pair, mask, tmp_path):
    model, features = pair
    expected = np.asarray(model(np.stack([features(crop, mask) for crop in crops()])))
    assert np.ptp(expected) > 0.1  # untrained, but no two kinds of crops are alike to it
    flat = np.full((1, SIZE, SIZE), 65535, np.uint16)
    for name, run in ways(with_preprocessing(model, mask), tmp_path):
        p = np.asarray(run(crops()))
        np.testing.assert_allclose(p, expected, rtol=0, atol=ATOL, err_msg=name)
        np.testing.assert_array_equal(run(flat), [[0]], err_msg=name)


@pytest.mark.parametrize("shape", [(720,), (180, 180, 1)])
def test_a_crop_without_contrast_is_no_hit_whatever_the_model_says(shape):
    yes = keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer="ones")
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), yes])
    p = with_preprocessing(model)(np.stack([np.full((SIZE, SIZE), 65535, np.uint16), hit()]))
    np.testing.assert_allclose(p, [[0], [1 / (1 + np.exp(-1))]], rtol=1e-6)


def test_the_graph_takes_images_of_full_size_and_crops_of_another():
    set_seed(0)
    model = build_cnn((60, 96, 1))
    crop = hit((64, 100))
    p = with_preprocessing(model, shape=crop.shape)(crop[None])
    np.testing.assert_allclose(p, model(fast_lcn(crop)[None, ..., None]), atol=ATOL)


@pytest.mark.parametrize("shape", [(100, 100, 1), (180, 360, 1), (180, 180, 3), (1440, 1440, 1)])
def test_a_model_of_other_inputs_is_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(720,\) or \(720 / bin, 720 / bin, 1\)"):
        with_preprocessing(build_cnn(shape, filters=(2,)))
    with pytest.raises(ValueError, match=r"inputs of shape \(256,\)"):
        with_preprocessing(build_rwd_cnn(256))
