"""Learning without labels: small frames, augmentations, losses, heads on frozen features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sfxtutor.beyond import pretraining as beyond

MEAN = 2 / 3 - 1  # what a pixel at the mean of its frame becomes


@pytest.fixture(scope="module")
def frames():
    """Small frames (64, 60, 60, 1): noise about the mean, every fourth with 30 bright pixels."""
    rng = np.random.default_rng(0)
    x = rng.normal(MEAN, 0.1, (64, 60, 60, 1)).astype(np.float32)
    for i in range(0, 64, 4):
        x[i, rng.integers(60, size=30), rng.integers(60, size=30)] = 0.9
    x[:, 25:35, 27:33] = -1
    return np.clip(x, -1, 1)


# ---- small frames


def test_a_small_frame_is_relative_to_its_own_mean_and_keeps_a_spot():
    images = np.ones((2, 120, 120), np.float32)
    images[1] *= 7
    images[:, 0, 0] = 100
    small = beyond.small_frames(images)
    assert small.shape == (2, 60, 60, 1)
    assert small.dtype == np.float32
    np.testing.assert_allclose(
        small[0, 0, 0], 1
    )  # the maximum of 2 x 2, cut at three times the mean
    mean = (3599 + 100) / 3600
    np.testing.assert_allclose(small[0, 30, 30], 2 / 3 / mean - 1, rtol=1e-5)
    mean = (3599 * 7 + 100) / 3600
    np.testing.assert_allclose(small[1, 30, 30], 2 / 3 * 7 / mean - 1, rtol=1e-5)


def test_masked_pixels_are_the_lowest():
    images = np.ones((1, 60, 60), np.float32)
    images[0, :30] = 0
    np.testing.assert_allclose(np.unique(beyond.small_frames(images)), [-1, 1 / 3], atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 100, 100), (3, 120, 60)])
def test_images_that_cannot_be_tiled_are_refused(shape):
    with pytest.raises(ValueError, match=f"Found images of {shape[1]} x {shape[2]} pixels"):
        beyond.small_frames(np.ones(shape))


# ---- augmentations


def test_a_turned_frame_has_the_same_pixels_in_one_of_eight_orders(frames):
    keras.utils.set_random_seed(0)
    seen = set()
    for _ in range(80):
        turned = beyond.turn(frames[:1]).numpy()[0, ..., 0]
        frame = frames[0, ..., 0]
        ways = [np.rot90(side, k) for side in (frame, frame.T) for k in range(4)]
        same = [np.array_equal(turned, way) for way in ways]
        assert sum(same) == 1
        seen.add(same.index(True))
    assert seen == set(range(8))


def test_a_dropped_panel_is_one_sixteenth_and_the_rest_stays(frames):
    x = np.maximum(frames, -0.9)
    dropped = beyond.drop_panel(x).numpy()
    lost = dropped == -1
    assert lost.sum(axis=(1, 2, 3)).tolist() == [225] * len(x)
    np.testing.assert_array_equal(dropped[~lost], x[~lost])
    assert len({tuple(np.argwhere(each)[0]) for each in lost}) > 4  # not the same in each frame


def test_intensity_scales_heights_above_the_mean_by_one_factor_a_frame():
    x = np.full((40, 60, 60, 1), MEAN, np.float32)
    x[:, 0, 0], x[:, 1, 1] = MEAN + 0.2, MEAN + 0.4
    scaled = beyond.scale_intensity(x).numpy()
    factor = (scaled[:, 1, 1, 0] - MEAN) / 0.4
    np.testing.assert_allclose((scaled[:, 0, 0, 0] - MEAN) / 0.2, factor, rtol=1e-4)
    np.testing.assert_allclose(scaled[:, 5, 5], MEAN, atol=1e-6)
    assert 0.7 <= factor.min() < 0.85 < 1.2 < factor.max() <= 1.4


def test_noise_differs_in_strength_and_photographs_lose_spots(frames):
    added = (beyond.add_noise(frames) - frames).numpy()[:, :20].std(axis=(1, 2, 3))
    assert added.min() < 0.03 < 0.06 < added.max() < 0.12
    bright = [int((np.asarray(change(frames[::4])) > 0.6).sum())
              for change in (beyond.turn, beyond.as_photographs)]  # fmt: skip
    assert bright[1] < bright[0] / 2


def test_frames_are_changed_in_training_alone(frames):
    layer = beyond.Augment()
    np.testing.assert_array_equal(layer(frames, training=False), frames)
    assert not np.array_equal(layer(frames, training=True), frames)


# ---- losses


def test_a_discriminator_that_guesses_has_the_loss_of_guessing():
    losses = beyond.gan_losses(tf.zeros((3, 1)), tf.zeros((3, 1)))
    np.testing.assert_allclose(losses, [2 * np.log(2), np.log(2)], rtol=1e-6)


def test_what_is_good_for_one_network_of_a_gan_is_bad_for_the_other():
    right = beyond.gan_losses(tf.fill((3, 1), 20.0), tf.fill((3, 1), -20.0))
    np.testing.assert_allclose(right, [0, 20], atol=1e-4)
    wrong = beyond.gan_losses(tf.fill((3, 1), -20.0), tf.fill((3, 1), 20.0))
    np.testing.assert_allclose(wrong, [40, 0], atol=1e-4)


def test_the_contrastive_loss_is_a_cross_entropy_over_the_other_views():
    same = tf.ones((8, 5))
    np.testing.assert_allclose(beyond.contrastive_loss(same, same), np.log(15), rtol=1e-5)
    a = tf.eye(4) * 3.0  # lengths do not count
    t = 0.2
    expected = -np.log(np.exp(1 / t) / (np.exp(1 / t) + 6))
    np.testing.assert_allclose(beyond.contrastive_loss(a, a, t), expected, rtol=1e-4)


# ---- trainings


def test_the_discriminator_trains_the_encoder_that_the_head_gets(frames):
    gan = beyond.Gan(seed=3)
    kinds = gan.encoder, gan.generator
    before = [[w.numpy() for w in model.trainable_weights] for model in kinds]
    losses = gan.train(frames, 3, seed=0)
    assert losses.shape == (3, 2)
    after = [[w.numpy() for w in model.trainable_weights] for model in kinds]
    for old, new in zip(before, after, strict=True):
        assert all(not np.array_equal(a, b) for a, b in zip(old, new, strict=True))
    made = gan.generate(5, seed=1)
    assert made.shape == (5, 60, 60, 1)
    assert np.abs(made).max() <= 1
    np.testing.assert_array_equal(made, gan.generate(5, seed=1))
    again = beyond.Gan(seed=3).train(frames, 3, seed=0)
    np.testing.assert_allclose(again, losses, rtol=1e-3)


def test_a_discriminator_alone_learns_to_distinguish(frames):
    gan = beyond.Gan(seed=0)
    gan.optimizers[1].learning_rate.assign(0.0)  # the generator stays as it is
    losses = gan.train(frames, 30, seed=0)
    assert losses[-5:, 0].mean() < 0.5 * losses[:5, 0].mean()
    assert losses[-5:, 1].mean() > losses[:5, 1].mean()


def test_contrastive_training_gets_better_than_guessing(frames):
    encoder, losses = beyond.train_contrastive(frames, 25, seed=0, batch=16)
    assert losses.shape == (25,)
    assert losses[-5:].mean() < np.log(31) - 0.3
    assert beyond.features(encoder, frames).shape == (64, 224)


def test_an_epoch_shows_each_frame_once():
    shown = list(beyond.batches(10, 5, 4, seed=0))
    assert sorted(np.concatenate(shown[:2])) == sorted(np.concatenate(shown[2:])) == list(range(10))
    assert not np.array_equal(shown[0], shown[2])


def test_pooled_features_are_mean_and_maximum_of_each_filter(frames):
    encoder = beyond.build_encoder()
    first = keras.Model(encoder.input, encoder.get_layer("block1_activation").output)(frames[:4])
    z = beyond.features(encoder, frames[:4])
    np.testing.assert_allclose(z[:, :16], np.mean(first, axis=(1, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(z[:, 16:32], np.max(first, axis=(1, 2)), rtol=1e-4, atol=1e-6)
    assert beyond.flattened(encoder).output_shape == (None, 8 * 8 * 64)


@pytest.mark.parametrize(("features", "width"), [("pooled", 224), ("flattened", 4096)])
def test_a_network_from_scratch_is_the_encoder_and_one_unit(features, width):
    model = beyond.build_small_cnn(features=features)
    assert model.layers[-1].kernel.shape == (width, 1)
    p = model(np.zeros((2, 60, 60, 1)), training=False).numpy()
    assert p.shape == (2, 1)


# ---- heads


def test_features_are_standardised_by_the_frames_without_labels():
    rng = np.random.default_rng(0)
    unlabelled = rng.normal([5, -3, 100], [1, 10, 0.1], (4000, 3))
    z = beyond.standardised(unlabelled, unlabelled)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose((z**2).sum(axis=1).mean(), 1, rtol=0.01)
    few = beyond.standardised(unlabelled[:2], unlabelled)
    np.testing.assert_allclose(few, z[:2])


def test_a_head_weighs_both_classes_alike():
    rng = np.random.default_rng(0)
    y = np.arange(400) < 40
    z = rng.normal(size=(400, 2)) + 3 * y[:, None] * [1, 0]
    called = beyond.fit_head(z, y, strength=100).predict(z)
    assert called[y].mean() > 0.85
    assert called[~y].mean() < 0.15


def test_a_larger_draw_of_labels_contains_the_smaller_one():
    y = np.arange(500) % 10 == 0  # one in ten: many draws of ten lack a class
    for repeat in range(20):
        large = beyond.draw_labels(y, 200, seed=1, repeat=repeat)
        small = beyond.draw_labels(y, 10, seed=1, repeat=repeat)
        np.testing.assert_array_equal(large[:10], small)
        assert len(set(large)) == 200
        assert 2 <= y[small].sum() <= 8
    other = beyond.draw_labels(y, 10, seed=1, repeat=99)
    assert not np.array_equal(small, other)
