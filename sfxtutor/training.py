"""Training: seeds, profiles, a training loop that keeps the best weights, prediction and its speed.

The loop never sees test frames: `fit` takes training and validation sets and nothing else.
Images may be float16 and memory-mapped; they become float32 batch by batch.
"""

import math
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from tqdm import tqdm

from .cache.trainings import remembered
from .metrics import count
from .preprocess import ROWS

VERSION = 1  # of what a training computes: raised when that changes

# TensorFlow looks at it when it makes the first tensor: freed memory is used again, not asked from
# the system for every layer of every step, which makes a training on a CPU about a fifth faster.
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")


@dataclass(frozen=True)
class Profile:
    """How much is computed: `quick` for a lesson, `paper` for the tables.

    Attributes
    ----------
    name : str
    bin : int
        Pixels of the 720 x 720 frame, along each axis, that become one by their maximum.
    epochs, epochs_few, epochs_rwd : int
        Of the 2D CNN on 1,200 labels, the 2D CNN on 200, and the 1D CNN on 200.
    epochs_transfer, epochs_dann : int
        Of each step of a transfer on 200 labels, and of a DANN on two runs.
    """

    name: str
    bin: int
    epochs: int
    epochs_few: int
    epochs_rwd: int
    epochs_transfer: int
    epochs_dann: int

    @property
    def shape(self):
        """(y, x, 1), pixels: the images that `build_cnn` gets."""
        return (ROWS // self.bin, ROWS // self.bin, 1)


# 200 frames make six times fewer steps an epoch than 1,200, so they get more epochs.
PROFILES = {
    "quick": Profile(
        "quick", bin=4, epochs=4, epochs_few=8, epochs_rwd=30, epochs_transfer=10, epochs_dann=4
    ),
    "paper": Profile(
        "paper", bin=4, epochs=8, epochs_few=25, epochs_rwd=60, epochs_transfer=20, epochs_dann=6
    ),
}


@dataclass
class History:
    """What happened in a training: one number per epoch in each list, and the epoch kept.

    Losses are class-balanced cross-entropies (0.69 = guessing); recall and specificity are the
    validation set's, at p = 0.5.  The training loss is taken with dropout on.
    """

    loss: list = field(default_factory=list)
    val_loss: list = field(default_factory=list)
    recall: list = field(default_factory=list)
    specificity: list = field(default_factory=list)
    best_epoch: int = 0  # from 1; 0 before the first
    seconds: float = 0.0
    stopped = False  # by `watch` before the last epoch; no field, for it is never kept


class Speed(NamedTuple):
    """Inputs per second: median, lowest and highest of the repeats."""

    median: float
    low: float
    high: float

    def __str__(self):
        return f"{self.median:,.0f} /s ({self.low:,.0f} to {self.high:,.0f})"


def profile(name=None):
    """The profile of that name; without one, $SFXTUTOR_PROFILE, else quick.

    Raises
    ------
    ValueError
        If there is no profile of that name.
    """
    name = name or os.environ.get("SFXTUTOR_PROFILE") or "quick"
    if name not in PROFILES:
        raise ValueError(
            f"No profile {name!r}, expected one of {', '.join(PROFILES)}. "
            "Set SFXTUTOR_PROFILE or the argument to one of them."
        )
    return PROFILES[name]


def set_seed(seed):
    """Seed Python, NumPy and TensorFlow. Call it before building a model: it draws the weights."""
    keras.utils.set_random_seed(seed)


def class_weights(y):
    """Weight of each frame, (n,) float32, mean 1, so that both classes weigh the same in the loss.

    Where one frame in five is a hit, a network that always says "miss" is right on 80 % of them.

    Parameters
    ----------
    y : (n,) bool, True = hit or maybe; both classes must occur
    """
    y = np.asarray(y, bool)
    return np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean())).astype(np.float32)


def balanced_loss(p, y):
    """Class-balanced cross-entropy of probabilities p (n,) for labels y (n,) bool."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(np.mean(-np.log(np.where(y, p, 1 - p)) * class_weights(y)))


def fit(
    model,
    x,
    y,
    validation,
    epochs,
    *,
    seed=0,
    batch=20,
    learning_rate=3e-3,
    patience=None,
    progress=True,
    title="training",
    again=False,
    watch=None,
):
    """Train a model in place with Adam and balanced classes, keep the epoch that validates best.

    Best is the highest mean of validation recall and specificity; among equals, the lowest
    validation loss.  With 45 positives, as in 200 frames of LN83, the last epoch may be a bad one.

    A training that was done before, on the same frames from the same weights with the same
    settings, is read from disk (`sfxtutor.cache.trainings`); its `seconds` are those it took.

    Parameters
    ----------
    model : keras.Model, inputs -> p("hit or maybe") (n, 1); layers that are not trainable stay
    x : (n, y, x), (n, y, x, 1) or (n, length), any float dtype, memory-mapped or not
    y : (n,) bool, True = hit or maybe
    validation : (x, y) of the frames by which the epoch is chosen; never the test frames
    epochs : int
    seed : order of the frames; `set_seed` before building draws the weights and dropout
    batch : frames per step
    learning_rate : of Adam at the start; it falls to 0 along a cosine
    patience : stop after that many epochs without a better one; None, never
    progress, title : show one line that counts the epochs, and the words at its start
    again : train even if that training is remembered
    watch : called with the history and `epochs` after each epoch, and at the end; where it returns
        True the training stops, and is not remembered (`TrainingMonitor`)

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If frames and labels differ in number, or a set lacks one of the classes.
    """
    x_val, y_val = validation
    y, y_val = check_labels(x, y, "training"), check_labels(x_val, y_val, "validation")
    inputs = {"x": x, "y": y, "x_val": x_val, "y_val": y_val, "epochs": epochs, "seed": seed,
              "batch": batch, "learning_rate": learning_rate, "patience": patience}  # fmt: skip
    with progress_line(epochs, title, progress) as line:
        train = partial(_fit, model, **inputs, line=line, watch=watch)
        key = inputs | {"version": VERSION}
        history = train() if again else remembered(model, key, train, History)
        line.update(len(history.loss) - line.n)
    if watch:
        watch(history, epochs)
    return history


def _fit(model, x, y, x_val, y_val, epochs, seed, batch, learning_rate, patience, line, watch):
    """The training itself: see `fit`."""
    weights, order = class_weights(y), np.random.default_rng(seed)
    # the step shrinks to 0 along a cosine; with a constant one, validation recall jumps to the end
    steps = epochs * math.ceil(len(x) / batch)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    # XLA would compile again for every new batch length, and gains nothing on small convolutions
    model.compile(optimizer, "binary_crossentropy", jit_compile=False)
    history, best, kept, started = History(), None, None, time.perf_counter()
    for epoch in range(1, epochs + 1):
        history.loss.append(_epoch(model, x, y, weights, order.permutation(len(x)), batch))
        p = predict(model, x_val)
        counts = count(y_val, p > 0.5)
        history.val_loss.append(balanced_loss(p, y_val))
        history.recall.append(counts.recall)
        history.specificity.append(counts.specificity)
        merit = (counts.recall + counts.specificity, -history.val_loss[-1])
        if best is None or merit > best:
            best, kept, history.best_epoch = merit, model.get_weights(), epoch
        line.set_postfix_str(
            f"validation: recall {counts.recall:.1%}, specificity {counts.specificity:.1%}",
            refresh=False,
        )
        line.update()
        history.stopped = bool(watch and watch(history, epochs)) and epoch < epochs
        if history.stopped or (patience is not None and epoch - history.best_epoch >= patience):
            break
    model.set_weights(kept)
    history.seconds = time.perf_counter() - started
    return history


def predict(model, x, batch=64):
    """p("hit or maybe") of each input, (n,) float32; x as in `fit`, read batch by batch."""
    p = np.empty(len(x), np.float32)
    batch = max(1, min(batch, len(x)))
    # one buffer of one length: TensorFlow builds a graph for each new length of a batch
    buffer = np.zeros((batch, *model.input_shape[1:]), np.float32)
    for start in range(0, len(x), batch):
        part = channelled(x[start : start + batch], model)
        buffer[: len(part)] = part
        p[start : start + batch] = model.predict_on_batch(buffer)[: len(part), 0]
    return p


def throughput(model, x, batch=None, repeats=5):
    """Speed of the model alone on inputs x held in memory: reading and preprocessing not counted.

    Parameters
    ----------
    model : keras.Model
    x : inputs as in `fit`; a second's worth or more
    batch : inputs per call; by default 2048 vectors or 64 images
    repeats : number of timed passes, after one that is not timed

    Returns
    -------
    Speed
    """
    batch = batch or (2048 if len(model.input_shape) == 2 else 64)
    x = np.asarray(x, np.float32)
    predict(model, x[:batch], batch)
    speeds = []
    for _ in range(repeats):
        started = time.perf_counter()
        predict(model, x, batch)
        speeds.append(len(x) / (time.perf_counter() - started))
    return Speed(statistics.median(speeds), min(speeds), max(speeds))


def _epoch(model, x, y, weights, order, batch):
    """One pass over the frames in that order; the mean training loss."""
    total = 0.0
    for start in range(0, len(order), batch):
        # ascending within a batch: a memory-mapped file is read forwards
        chosen = np.sort(order[start : start + batch])
        images = channelled(x[chosen], model).astype(np.float32)
        # Keras gives the loss of this batch alone
        loss = model.train_on_batch(images, y[chosen], sample_weight=weights[chosen])
        total += float(loss) * len(chosen)
    return total / len(order)


def channelled(part, model):
    """The batch with the channel axis that the model asks for."""
    return part[..., None] if part.ndim == len(model.input_shape) - 1 else part


def images(x):
    """Images (n, y, x) with a channel axis, float32: (n, y, x, 1)."""
    return x[..., None].astype(np.float32)


def progress_line(epochs, title, progress):
    # standard output, because nbgrader takes anything on standard error for a failure
    return tqdm(total=epochs, desc=title, unit="epoch", file=sys.stdout, disable=not progress)


def check_labels(x, y, which):
    y = np.asarray(y)
    if y.dtype != bool or y.shape != (len(x),):
        raise ValueError(
            f"The {which} labels have shape {y.shape} and dtype {y.dtype}, expected one bool for "
            f"each of the {len(x)} frames. Use is_positive(labels) of the same frames."
        )
    if y.all() or not y.any():
        raise ValueError(
            f"All {len(y)} {which} labels are {'hits' if y.all() else 'misses'}, expected both "
            "classes. Take more frames."
        )
    return y
