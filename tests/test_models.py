"""The networks: parts, shapes, arithmetic, and what the 1D CNN does with its input."""

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras
import numpy as np
from mininets import images, small_rwd, vectors

from sfxtutor.layers import RelativeToMean
from sfxtutor.models import (
    activation_map,
    build_classifier,
    build_cnn,
    build_rwd_cnn,
    count_multiply_adds,
    cut,
    occlusion,
    transfer_from,
)
from sfxtutor.training import Training, fit, set_seed


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


def test_with_average_pooling_it_does_not_matter_where_a_spot_is():
    image = np.zeros((1, 96, 96, 1), np.float32)
    image[0, 40:43, 40:43] = 1
    moved = np.roll(image, (16, -16), axis=(1, 2))  # by whole steps of the last block
    anywhere = build_cnn((96, 96, 1), filters=(4, 4, 8), pooling="average")
    assert anywhere.get_layer("base").output_shape == (None, 8)
    np.testing.assert_allclose(anywhere(moved), anywhere(image), rtol=1e-5)
    somewhere = build_cnn((96, 96, 1), filters=(4, 4, 8))
    assert not np.allclose(somewhere(moved), somewhere(image), rtol=1e-3)


def test_a_cnn_of_relative_images_does_not_see_the_level_of_the_noise():
    x = np.random.default_rng(2).random((2, 32, 32, 1), np.float32) + 0.1
    model = build_cnn((32, 32, 1), filters=(4, 4), relative=True)
    np.testing.assert_allclose(model(2 * x), model(x), atol=1e-5)
    assert not np.allclose(build_cnn((32, 32, 1), filters=(4, 4))(2 * x), model(x), atol=1e-3)


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
        (lambda: build_cnn((64, 64, 1), pooling="max"), "'max', expected one of flatten, average"),
        (lambda: build_rwd_cnn(100), "at least 128 rows"),
        (lambda: build_rwd_cnn(filters=(4, 4)), "one pool per block"),
    ],
)
def test_what_cannot_be_built_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_saved_model_comes_back(tmp_path):
    model = build_rwd_cnn()
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(2).random((2, 720), np.float32)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def weights_by_layer(model):
    """Copies of all weights, batch-norm statistics included: {layer name: [array, ...]}."""
    layers = [layer for part in ("base", "classifier") for layer in model.get_layer(part).layers]
    return {layer.name: [w.copy() for w in layer.get_weights()] for layer in layers}


def same(a, b):
    return len(a) == len(b) and all(map(np.array_equal, a, b))


def frames(n=12, shape=(64, 64)):
    """Images (n, y, x) float32 and labels (n,), every other a hit."""
    return np.random.default_rng(3).random((n, *shape), np.float32), np.arange(n) % 2 == 0


def lived_in(model):
    """The model with batch-norm statistics that are no longer those of an untrained one."""
    rng = np.random.default_rng(4)
    for layer in model.get_layer("base").layers:
        if layer.name.endswith("_norm"):
            layer.set_weights([rng.random(w.shape) + 0.5 for w in layer.get_weights()])
    return model


@pytest.mark.parametrize(
    "trained",
    [lived_in(build_cnn((64, 64, 1))), lived_in(build_rwd_cnn(128, (2, 3), (2, 2)))],
    ids=["cnn", "rwd"],
)
def test_transfer_copies_the_base_draws_a_classifier_and_leaves_the_trained_model(trained):
    before = weights_by_layer(trained)
    set_seed(0)
    model = transfer_from(trained)
    after = weights_by_layer(model)
    base = [layer.name for layer in trained.get_layer("base").layers]
    assert [layer.name for layer in model.get_layer("base").layers] == base
    assert all(same(before[name], after[name]) for name in base)
    assert not same(before["dense1"], after["dense1"])
    set_seed(0)
    assert same(after["dense1"], weights_by_layer(transfer_from(trained))["dense1"])

    for variable in model.variables:
        variable.assign(variable + 1)
    now = weights_by_layer(trained)
    assert all(same(before[name], now[name]) for name in before)
    assert not same(now["block1_conv"], weights_by_layer(model)["block1_conv"])


def test_transfer_takes_a_classifier_of_another_width():
    model = transfer_from(build_cnn((64, 64, 1)), dense=(5, 4))
    names = [layer.name for layer in model.get_layer("classifier").layers]
    assert names == ["dense1", "dense2", "p_hit"]
    assert model.output_shape == (None, 1)


def test_what_was_cut_before_is_not_frozen_in_a_transfer():
    trained = build_cnn((64, 64, 1))
    cut(trained, 0)
    assert all(layer.trainable for layer in transfer_from(trained).get_layer("base").layers)


@pytest.mark.parametrize("open_blocks", [0, 1, 2, 3])
def test_lower_and_upper_together_are_the_model(open_blocks):
    model = lived_in(build_cnn((64, 64, 1)))
    x = frames()[0][..., None]
    lower, upper = cut(model, open_blocks)
    np.testing.assert_allclose(upper(lower(x)), model(x), rtol=1e-5)
    opened = {layer.name for layer in upper.layers if layer.name.endswith("_conv")}
    assert opened == {f"block{i}_conv" for i in range(5 - open_blocks, 5)}


@pytest.mark.parametrize("open_blocks", [0, 1, 2])
def test_what_is_frozen_does_not_change_by_a_bit_and_what_is_open_does(
    open_blocks, tmp_path, monkeypatch
):
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path))
    set_seed(0)
    model = transfer_from(lived_in(build_cnn((64, 64, 1))))
    before, (x, y) = weights_by_layer(model), frames()
    lower, upper = cut(model, open_blocks)
    z = np.asarray(lower(x[..., None]))
    fit(upper, z, y, (z, y), Training(2, batch=4), title=None)
    after = weights_by_layer(model)
    assert len(after["block1_norm"]) == 4  # scale, shift, mean, variance
    for name, weights in before.items():
        if weights:
            block = int(name[5]) if name.startswith("block") else 5
            unchanged = [np.array_equal(*pair) for pair in zip(weights, after[name], strict=True)]
            frozen = block <= 4 - open_blocks
            assert all(unchanged) if frozen else not any(unchanged), name


def test_the_frozen_part_stays_also_when_the_whole_model_is_trained(tmp_path, monkeypatch):
    """Of a training through the full model, not on outputs of `lower`."""
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path))
    model = lived_in(build_cnn((64, 64, 1)))
    cut(model, 1)
    before, (x, y) = weights_by_layer(model), frames()
    fit(model, x, y, (x, y), Training(1, batch=4), title=None)
    after = weights_by_layer(model)
    kept = {name for name, weights in before.items() if weights and same(weights, after[name])}
    assert kept == {f"block{i}_{kind}" for i in (1, 2, 3) for kind in ("conv", "norm")}


@pytest.mark.parametrize("open_blocks", [-1, 4, 5])
def test_a_cut_that_leaves_nothing_frozen_is_refused(open_blocks):
    with pytest.raises(ValueError, match="base of 4, expected 0 to 3"):
        cut(build_cnn((64, 64, 1)), open_blocks)


@pytest.fixture
def pair():
    """Small images, and a network for them that has seen a few batches."""
    x, y = images(40, 0)
    set_seed(0)
    return x, {kind: trained(kind, x, y) for kind in ("flatten", "average")}


def trained(pooling, x, y):
    model = build_cnn((32, 32, 1), filters=(4, 4), dense=(8,), pooling=pooling)
    fit(model, x, y, (x, y), Training(2, cache=False), title=None)
    return model


def log_odds(model, x):
    p = model.predict(np.asarray(x, np.float64)[..., None], verbose=0)[:, 0].astype(float)
    return np.log(p / (1 - p))


@pytest.mark.parametrize("size", [8, 12])
def test_occlusion_is_what_a_plain_loop_gives(pair, size):
    x, models = pair
    image, model = x[0].astype(np.float32), models["flatten"]
    drops = occlusion(model, image, size)
    rows = -(-32 // size)
    assert drops.shape == (rows, rows)
    for i in range(rows):
        for j in range(rows):
            hidden = image.copy()
            hidden[i * size : (i + 1) * size, j * size : (j + 1) * size] = np.median(image)
            expected = log_odds(model, [image])[0] - log_odds(model, [hidden])[0]
            assert drops[i, j] == pytest.approx(expected, abs=1e-4)
    assert np.ptp(drops) > 1e-3


@pytest.mark.parametrize(("image", "size"), [(np.zeros((2, 32, 32)), 8), (np.zeros((32, 32)), 33)])
def test_occlusion_says_what_does_not_fit(pair, image, size):
    with pytest.raises(ValueError, match=r"expected \(y, x\) and a size that fits"):
        occlusion(pair[1]["flatten"], image, size)


def test_the_map_of_the_top_block_with_average_pooling_is_the_class_activation_map(pair):
    x, models = pair
    model = models["average"]
    base, classifier = model.get_layer("base"), model.get_layer("classifier")
    activation = x[:3].astype(np.float32)[..., None]
    for layer in base.layers[:-1]:
        activation = layer(activation, training=False)
    features = np.asarray(activation).mean(axis=(1, 2))
    dense, last = classifier.layers  # locally linear: the hidden units that are on
    on = (features @ dense.kernel.numpy() + dense.bias.numpy()) > 0
    weight = (on * last.kernel.numpy()[:, 0]) @ dense.kernel.numpy().T  # of each filter, Zhou's w
    places = activation.shape[1] * activation.shape[2]
    expected = np.einsum("nyxf,nf->nyx", activation, weight) / places
    np.testing.assert_allclose(activation_map(model, x[:3], block=2), expected, atol=1e-5)


@pytest.mark.parametrize("block", [1, 2])
def test_the_map_is_activation_times_the_slope_of_the_log_odds(pair, block):
    x, models = pair
    model = models["flatten"]
    stack = [layer for part in ("base", "classifier") for layer in model.get_layer(part).layers]
    at = [layer.name for layer in stack].index(f"block{block}_pool") + 1
    below, values = x[:1].astype(np.float32)[..., None], []
    for layer in stack[:at]:
        below = layer(below, training=False)
    below, (y, column) = np.array(below), (2, 3)
    for factor in (0.99, 1.01):  # the activations of one place, a little lower and higher
        changed = below.copy()
        changed[0, y, column] *= factor
        for layer in stack[at:]:
            changed = layer(changed, training=False)
        p = float(changed[0, 0])
        values.append(np.log(p / (1 - p)))
    seen = activation_map(model, x[:1], block)
    assert seen.shape == below.shape[:3]
    assert seen[0, y, column] == pytest.approx((values[1] - values[0]) / 0.02, abs=2e-3)


def test_rows_of_a_vector_have_a_map_too_and_a_block_too_many_is_refused():
    set_seed(0)
    model, (x, _) = small_rwd(), vectors(6, 0)
    assert activation_map(model, x).shape == (6, 8)  # 128 rows, steps of 4, pools of 4
    with pytest.raises(ValueError, match="no block 3, expected 1 to 2"):
        activation_map(model, x, 3)
