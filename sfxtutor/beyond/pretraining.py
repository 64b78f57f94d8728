"""Learning from frames without labels: a GAN, contrastive learning, and heads on frozen features.

All networks take small frames, (n, 60, 60, 1) in -1 to 1 (`small_frames`), and share one encoder.
Lesson 10 writes out the losses and the steps.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from ..training import set_seed

VERSION = 1  # of what these trainings compute: raised when that changes
SIDE = 60  # pixels of a small frame, along each axis
BRIGHTEST = 3.0  # times the mean of a frame: brighter pixels, those of spots, are cut there
LEVEL = 2 / BRIGHTEST - 1  # of a pixel that reads the mean of its frame
LATENT = 64  # numbers from which the generator makes a frame


def small_frames(images: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Prepared images (n, y, x), binned again by maximum: (n, side, side, 1) float32, -1 to 1.

    Each frame is divided by its own mean, as `RelativeToMean` does; 0 (masked) becomes -1, the mean
    `LEVEL`, and `BRIGHTEST` times the mean 1.

    Raises
    ------
    ValueError
        If `side` does not divide the images.
    """
    n, y, x = images.shape
    if y != x or y % side:
        raise ValueError(
            f"Found images of {y} x {x} pixels, expected squares that {side} x {side} pixels tile. "
            "Give the images of sfx.prepare, or another side."
        )
    by, small = y // side, np.empty((n, side, side, 1), np.float32)
    for start in range(0, n, 500):  # of a mapped file, a part at a time
        part = np.asarray(images[start : start + 500], np.float32)
        part = part.reshape(len(part), side, by, side, by).max(axis=(2, 4))
        part /= part.mean(axis=(1, 2), keepdims=True) + 1e-7
        small[start : start + 500, ..., 0] = np.clip(part, 0, BRIGHTEST)
    return small * (2 / BRIGHTEST) - 1


# --- networks


def build_encoder(side: int = SIDE, filters: tuple[int, ...] = (16, 32, 64)) -> keras.Model:
    """Small frames (n, side, side, 1) -> features (n, 2 sum(filters)), untrained.

    Each block halves y and x.  The features are the mean and the maximum of every filter of every
    block over the frame: what is there, and not where.
    """
    x = frame = keras.Input((side, side, 1))
    pooled = []
    for i, count in enumerate(filters, 1):
        window = 5 if i == 1 else 3
        x = layers.Conv2D(count, window, strides=2, padding="same", name=f"block{i}_conv")(x)
        x = layers.LeakyReLU(0.2, name=f"block{i}_activation")(x)
        pooled += [layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)]
    return keras.Model(frame, layers.Concatenate(name="features")(pooled), name="encoder")


def flattened(encoder: keras.Model) -> keras.Model:
    """Small frames -> the top block's output at each place, flattened, by the encoder's own layers.

    A feature is then a filter at a place, as in the networks of lesson 03.
    """
    maps = [x for x in encoder.layers if x.name.endswith("_activation")][-1].output
    return keras.Model(encoder.input, layers.Flatten()(maps), name="flattened")


def build_discriminator(encoder: keras.Model) -> keras.Model:
    """Small frames -> log-odds (n, 1) that each was measured, by the encoder's own layers."""
    maps = flattened(encoder)
    return keras.Model(encoder.input, layers.Dense(1)(maps.output), name="discriminator")


def build_generator(side: int = SIDE) -> keras.Model:
    """Latent numbers (n, 64) and noise (n, side, side, 1) -> small frames (n, side, side, 1).

    The noise of the pixels is given: from 64 numbers it could not be made.
    """
    latent, noise = keras.Input((LATENT,)), keras.Input((side, side, 1))
    x = layers.Reshape((side // 4, side // 4, 24))(layers.Dense(24 * (side // 4) ** 2)(latent))
    for count in (16, 8):
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.Conv2DTranspose(count, 4, strides=2, padding="same")(x)
    x = layers.Concatenate()([layers.ReLU()(x), noise])
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    frame = layers.Conv2D(1, 3, padding="same", activation="tanh")(x)
    return keras.Model([latent, noise], frame, name="generator")


def build_small_cnn(
    side: int = SIDE, features: str = "pooled", augmented: bool = True
) -> keras.Model:
    """Small frames -> p("hit or maybe") (n, 1), untrained: an encoder and one unit.

    Parameters
    ----------
    side : int, pixels
    features : "pooled" or "flattened", of the encoder
    augmented : bool, change the frames as `augment` does, while it trains
    """
    encoder = build_encoder(side)
    base = encoder if features == "pooled" else flattened(encoder)
    change = [Augment()] if augmented else []
    last = layers.Dense(1, activation="sigmoid", name="p_hit")
    return keras.Sequential([keras.Input((side, side, 1)), *change, base, last])


# --- augmentation


class Augment(layers.Layer):
    """`augment`, while a network trains."""

    def call(self, x, training=False):
        return augment(x) if training else x


def augment(x: tf.Tensor) -> tf.Tensor:
    """Small frames (n, y, x, 1), each changed in ways that leave its label as it is.

    One of the eight rotations by 90 degrees and reflections, the height of spots times 0.7 to 1.4,
    noise, and a sixteenth of the detector that gives no data.
    """
    return drop_panel(add_noise(scale_intensity(turn(x))))


def chance(x, size=1):
    """A random number from 0 to 1 for each frame: (n, 1, 1, 1), or (n, size, size, 1)."""
    return tf.random.uniform((tf.shape(x)[0], size, size, 1))


def turn(x):
    """Each frame in one of its eight orientations: rotations by 90 degrees and reflections."""
    x = tf.where(chance(x) < 0.5, tf.reverse(x, [1]), x)
    x = tf.where(chance(x) < 0.5, tf.reverse(x, [2]), x)
    return tf.where(chance(x) < 0.5, tf.transpose(x, (0, 2, 1, 3)), x)


def scale_intensity(x, low=0.7, high=1.4):
    """Distances of all pixels from the mean of their frame, times a factor for each frame."""
    return tf.clip_by_value(LEVEL + (low + (high - low) * chance(x)) * (x - LEVEL), -1, 1)


def add_noise(x, most=0.1):
    """Gaussian noise, of a strength of up to `most` that differs from frame to frame."""
    return tf.clip_by_value(x + most * chance(x) * tf.random.normal(tf.shape(x)), -1, 1)


def drop_panel(x, grid=4):
    """One of 16 squares of the detector without data, as behind the beam stop."""
    numbers = chance(x, grid)
    dropped = tf.equal(numbers, tf.reduce_max(numbers, axis=(1, 2), keepdims=True))
    for axis in (1, 2):
        dropped = tf.repeat(dropped, x.shape[axis] // grid, axis=axis)
    return tf.where(dropped, -1.0, x)


def as_photographs(x: tf.Tensor) -> tf.Tensor:
    """Small frames changed as photographs are: a random crop, enlarged, with colour jitter.

    A crop of 20 % to 100 % of the area; brightness and contrast change by up to 40 %.
    """
    edge = tf.sqrt(0.2 + 0.8 * chance(x)[:, 0, 0])  # of the crop, in edges of the frame
    corner = (1 - edge) * tf.random.uniform((tf.shape(x)[0], 2))
    boxes = tf.concat([corner, corner + edge], 1)
    x = tf.image.crop_and_resize(x, boxes, tf.range(tf.shape(x)[0]), x.shape[1:3])
    x = tf.where(chance(x) < 0.5, tf.reverse(x, [2]), x)
    contrast, brightness = 0.6 + 0.8 * chance(x), 0.8 * chance(x) - 0.4
    return tf.clip_by_value(LEVEL + contrast * (x - LEVEL) + brightness, -1, 1)


# --- trainings


def gan_losses(real: tf.Tensor, generated: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Losses of discriminator and generator from the log-odds (n, 1) given to both kinds."""
    measured = tf.nn.softplus(-real) + tf.nn.softplus(generated)  # cross-entropies
    return tf.reduce_mean(measured), tf.reduce_mean(tf.nn.softplus(-generated))


def contrastive_loss(a: tf.Tensor, b: tf.Tensor, temperature: float = 0.2) -> tf.Tensor:
    """Cross-entropy of finding each frame's other view among all views: a and b, (n, d) each.

    NT-Xent of Chen et al. (ICML 2020).
    """
    z = tf.math.l2_normalize(tf.concat([a, b], 0), axis=1)
    alike = tf.matmul(z, z, transpose_b=True) / temperature
    alike -= 1e9 * tf.eye(len(z))  # no view is its own partner
    n = len(a)
    partner = tf.concat([tf.range(n, 2 * n), tf.range(n)], 0)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(partner, alike))


def draw(n: int) -> list[tf.Tensor]:
    """What a generator makes n frames from: latent numbers and noise."""
    return [tf.random.normal((n, LATENT)), tf.random.normal((n, SIDE, SIDE, 1))]


class Gan:
    """A generator and a discriminator, and the encoder that the discriminator trains.

    Parameters
    ----------
    seed : int, of the weights
    learning_rate : float, of both; `faster` times as much for the discriminator
    """

    def __init__(self, seed: int = 0, learning_rate: float = 1e-3, faster: float = 0.5):
        set_seed(seed)
        self.encoder, self.generator = build_encoder(), build_generator()
        self.discriminator = build_discriminator(self.encoder)
        self.optimizers = [
            keras.optimizers.Adam(rate, beta_1=0.5)
            for rate in (faster * learning_rate, learning_rate)
        ]
        for optimizer, model in zip(self.optimizers, self.models, strict=True):
            optimizer.build(model.trainable_variables)
        self.step = tf.function(self._step, reduce_retracing=True)

    @property
    def models(self):
        return self.discriminator, self.generator

    def _step(self, x):
        """One step of both on measured frames (n, 60, 60, 1): their losses."""
        with tf.GradientTape(persistent=True) as tape:
            generated = self.generator(draw(len(x)), training=True)
            log_odds = self.discriminator(tf.concat([x, generated], 0), training=True)
            losses = gan_losses(log_odds[: len(x)], log_odds[len(x) :])
        for loss, model, optimizer in zip(losses, self.models, self.optimizers, strict=True):
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return losses

    def train(self, x: np.ndarray, steps: int, batch: int = 32, seed: int = 0) -> np.ndarray:
        """Train on measured frames; the losses of each step, (steps, 2)."""
        return np.array([self.step(x[i]) for i in batches(len(x), batch, steps, seed)])

    def generate(self, n: int, seed: int = 0) -> np.ndarray:
        """Frames that were not measured: (n, 60, 60, 1) float32."""
        set_seed(seed)
        return self.generator(draw(n), training=False).numpy()


def train_contrastive(
    x: np.ndarray, steps: int, seed: int = 0, change=augment, batch: int = 64,
    learning_rate: float = 1e-3,
) -> tuple[keras.Model, np.ndarray]:  # fmt: skip
    """An encoder trained to recognise two views of a frame, and the loss of each step.

    Parameters
    ----------
    x : (n, 60, 60, 1) float32, small frames without labels
    change : function of a batch that makes a view of each of its frames
    """
    set_seed(seed)
    encoder = build_encoder()
    head = keras.Sequential([encoder, layers.Dense(64, activation="relu"), layers.Dense(32)])
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(head.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(x):
        with tf.GradientTape() as tape:
            loss = contrastive_loss(head(change(x), training=True), head(change(x), training=True))
        gradients = tape.gradient(loss, head.trainable_variables)
        optimizer.apply_gradients(zip(gradients, head.trainable_variables, strict=True))
        return loss

    losses = [step(x[i]) for i in batches(len(x), batch, steps, seed)]
    return encoder, np.array(losses)


def batches(frames: int, batch: int, steps: int, seed: int):
    """Yield for each step the numbers of `batch` frames; an epoch shows each frame once."""
    rng, left = np.random.default_rng(seed), np.empty(0, int)
    for _ in range(steps):
        if len(left) < batch:
            left = rng.permutation(frames)
        yield left[:batch]
        left = left[batch:]


# --- heads on frozen features


def features(model: keras.Model, x: np.ndarray, batch: int = 200) -> np.ndarray:
    """What a model gives for small frames: (n, features) float32."""
    parts = (model(x[i : i + batch], training=False) for i in range(0, len(x), batch))
    return np.concatenate([part.numpy() for part in parts])


def standardised(z: np.ndarray, unlabelled: np.ndarray) -> np.ndarray:
    """Features (n, d) with the mean 0 and the same spread on unlabelled frames (m, d).

    The spread is 1 / sqrt(d), so that a frame's features have a length of about 1 however many
    there are: one strength of the penalty then suits all.
    """
    mean, spread = unlabelled.mean(axis=0), unlabelled.std(axis=0) + 1e-6
    return (z - mean) / (spread * np.sqrt(z.shape[1]))


def fit_head(z: np.ndarray, y: np.ndarray, strength: float = 3.0):
    """Logistic regression on features (n, d) of labelled frames, y (n,) bool; classes weigh alike.

    `strength` is scikit-learn's C, the inverse of the L2 penalty.  The minimum is unique, so there
    is nothing to stop early.
    """
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, class_weight="balanced", max_iter=5000).fit(z, y)


def draw_labels(y: np.ndarray, labels: int, seed: int, repeat: int = 0) -> np.ndarray:
    """Frames that get labels, drawn at random: (labels,) int, ten or more.

    Of the first ten at least two are of each class, or the draw is repeated; a larger budget of the
    same draw contains the smaller ones.

    Parameters
    ----------
    y : (n,) bool, True = hit or maybe
    labels, seed, repeat : int; another repeat is another draw
    """
    rng = np.random.default_rng((seed, repeat, 10))
    while True:
        order = rng.permutation(len(y))
        if 2 <= y[order[:10]].sum() <= 8:
            return order[:labels]
