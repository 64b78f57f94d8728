"""Training: seeds, profiles, a training loop that keeps the best weights, prediction and its speed.

The loop never sees test frames: `fit` takes training and validation sets and nothing else.
Images may be float16 and memory-mapped; they become float32 batch by batch.
"""

import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from tqdm import tqdm

from .cache.trainings import cached
from .metrics import count
from .preprocess import ROWS

VERSION = 3  # of what a training computes: raised when that changes

# TensorFlow looks at it when it makes the first tensor: freed memory is used again, not asked from
# the system for every layer of every step, which makes a training on a CPU about a fifth faster.
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")


SLOWER = 0.25  # times the learning rate, after a third of the patience without a better epoch


@dataclass(frozen=True)
class Training:
    """Settings of a training, for `fit` and `fit_dann`.

    Attributes
    ----------
    epochs : int, passes over the training frames, at most
    seed : int, of the order of the frames; `set_seed` before building draws weights and dropout
    batch : int, frames per step
    learning_rate : float, of Adam at the start
    patience : int or None
        Early stopping: the training ends after that many epochs without a better one; after each
        third of them the learning rate is lowered to a quarter. None: all epochs, while the
        learning rate falls to 0 along a cosine.
    cache : bool
        Read a training that was done before from disk. False trains again.
    """

    epochs: int
    seed: int = 0
    batch: int = 20
    learning_rate: float = 3e-3
    patience: int | None = None
    cache: bool = True

    def optimizer(self, frames: int) -> keras.Optimizer:
        """Adam, for that many frames an epoch; with a patience, no gradient is longer than 1."""
        if self.patience is not None:
            return keras.optimizers.Adam(self.learning_rate, clipnorm=1.0)
        steps = self.epochs * math.ceil(frames / self.batch)
        return keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        )

    def batches(self, order: np.ndarray) -> list[np.ndarray]:
        """The numbers of the frames in that order, one batch after another: (batch,) int each.

        They ascend within a batch, so that a memory-mapped file is read forwards.
        """
        return [
            np.sort(order[start : start + self.batch]) for start in range(0, len(order), self.batch)
        ]


@dataclass(frozen=True)
class Profile:
    """How much is computed: `quick` for a lesson, `paper` for the tables.

    Attributes
    ----------
    name : str
    bin : int
        Pixels of the 720 x 720 frame, along each axis, that become one by their maximum.
    patience, steps : int, of the optimiser
        A training stops after `patience` steps without a better epoch, after `steps` in any case.
    """

    name: str
    bin: int
    patience: int
    steps: int

    def training(self, frames: int, seed: int = 0, learning_rate: float = 2e-3) -> Training:
        """Settings with which every network is trained until it gets no better.

        The patience is counted in steps, not in epochs: 200 frames make 10 steps an epoch and
        1,200 make 60, and networks are compared that have had equal chances to improve.
        """
        settings = Training(1, seed, learning_rate=learning_rate)
        per_epoch = math.ceil(frames / settings.batch)
        epochs, patience = (math.ceil(n / per_epoch) for n in (self.steps, self.patience))
        return replace(settings, epochs=epochs, patience=patience)

    @property
    def shape(self):
        """(y, x, 1), pixels: the images that `build_cnn` gets."""
        return (ROWS // self.bin, ROWS // self.bin, 1)


PROFILES = {
    "quick": Profile("quick", bin=4, patience=180, steps=1440),
    "paper": Profile("paper", bin=4, patience=300, steps=2400),
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
    stopped = False  # by `watch` before the last epoch; no field, for it is never cached

    @property
    def converged(self):
        """Whether epochs followed that were no better than the one kept."""
        return 0 < self.best_epoch < len(self.loss)

    @property
    def learned(self):
        """Whether the epoch kept tells hits from misses: a network that died calls all the same."""
        kept = self.best_epoch - 1
        return kept >= 0 and self.recall[kept] + self.specificity[kept] > 1.1

    def validate(self, p, y):
        """Append what p("hit or maybe") (n,) of the validation frames gives; their `Counts`."""
        counts = count(y, p > 0.5)
        self.val_loss.append(balanced_loss(p, y))
        self.recall.append(counts.recall)
        self.specificity.append(counts.specificity)
        return counts


class Speed(NamedTuple):
    """Inputs per second: median, lowest and highest of the repeats."""

    median: float
    low: float
    high: float

    def __str__(self):
        return f"{self.median:,.0f} /s ({self.low:,.0f} to {self.high:,.0f})"


def profile(name: str | None = None) -> Profile:
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


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow. Call it before building a model: it draws the weights."""
    keras.utils.set_random_seed(seed)


def class_weights(y: np.ndarray) -> np.ndarray:
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
    model: keras.Model, x: np.ndarray, y: np.ndarray, validation: tuple[np.ndarray, np.ndarray],
    settings: Training, *, title: str | None = "training", watch: Callable | None = None,
) -> History:  # fmt: skip
    """Train a model in place with Adam and balanced classes, keep the epoch that validates best.

    Best is the highest mean of validation recall and specificity; among equals, the lowest
    validation loss, to two decimals.  With 45 positives, as in 200 frames of LN83, the last epoch
    may be a bad one.  With a patience the training ends when it gets no better; `History.converged`
    says whether it did.

    A training that was done before, on the same frames from the same weights with the same
    settings, is read from disk (`sfxtutor.cache.trainings`); its `seconds` are those it took.

    Parameters
    ----------
    model : keras.Model, inputs -> p("hit or maybe") (n, 1); layers that are not trainable stay
    x : (n, y, x), (n, y, x, 1) or (n, length), any float dtype, memory-mapped or not
    y : (n,) bool, True = hit or maybe
    validation : (x, y) of the frames by which the epoch is chosen; never the test frames
    settings : Training
    title : words before the line that counts the epochs; None shows no line
    watch : called with the history and the number of epochs after each epoch, and at the end;
        where it returns True the training stops, and is not cached (`TrainingMonitor`)

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
    frames, history = {"x": x, "y": y, "x_val": x_val, "y_val": y_val}, History()
    epochs = _epochs(model, frames, settings, history)
    key = frames | {"version": VERSION}
    return train_epochs(model, epochs, history, settings, key, title=title, watch=watch)


def _epochs(model, frames, settings, history):
    """Train epoch after epoch: see `train_epochs`."""
    x, y, x_val, y_val = frames.values()
    weights, rng = class_weights(y), np.random.default_rng(settings.seed)
    # XLA would compile again for every new batch length, and gains nothing on small convolutions
    model.compile(settings.optimizer(len(x)), "binary_crossentropy", jit_compile=False)
    while True:
        batches = settings.batches(rng.permutation(len(x)))
        history.loss.append(train_epoch(model, x, y, weights, batches))
        counts = history.validate(predict(model, x_val), y_val)
        merit = counts.recall + counts.specificity, -round(history.val_loss[-1], 2)
        words = f"validation: recall {counts.recall:.1%}, specificity {counts.specificity:.1%}"
        yield merit, words


def train_epochs(model, epochs, history, settings, key, *, title, watch):
    """What `fit` and `fit_dann` share: read a training from disk, or do it; its `History`.

    Parameters
    ----------
    model : keras.Model, left with the weights of the best epoch
    epochs : iterator that trains one epoch, appends to the history, and gives the merit of the
        epoch (the higher the better) and the words to show; it has compiled the model
    history : History, empty
    settings : Training
    key : dict of the frames, the labels and the versions that decide the result
    title, watch : as in `fit`
    """
    total, hidden = settings.epochs, title is None
    # standard output, because nbgrader takes anything on standard error for a failure
    with tqdm(total=total, desc=title, unit="epoch", file=sys.stdout, disable=hidden) as line:

        def report(words):
            line.set_postfix_str(words, refresh=False)
            line.update()
            return bool(watch and watch(history, total))

        work = partial(_train, model, epochs, history, settings, report)
        if settings.cache:
            key = key | {name: value for name, value in asdict(settings).items() if name != "cache"}
            history = cached(model, key, work, type(history))
        else:
            work()
        line.update(len(history.loss) - line.n)
    if watch:
        watch(history, total)
    return history


def _train(model, epochs, history, settings, report):
    """The training itself; `report(words)` after each epoch says whether to stop there."""
    best, weights, started = None, None, time.perf_counter()
    for epoch in range(1, settings.epochs + 1):
        merit, words = next(epochs)
        if best is None or merit > best:
            best, weights, history.best_epoch = merit, model.get_weights(), epoch
        history.stopped = report(words) and epoch < settings.epochs
        waited = epoch - history.best_epoch
        if history.stopped or (settings.patience is not None and waited >= settings.patience):
            break
        third = math.ceil((settings.patience or epoch) / 3)
        if settings.patience is not None and waited and waited % third == 0:
            model.optimizer.learning_rate = float(model.optimizer.learning_rate) * SLOWER
    model.set_weights(weights)
    history.seconds = time.perf_counter() - started
    return history


def predict(model: keras.Model, x: np.ndarray, batch: int = 64) -> np.ndarray:
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


def throughput(
    model: keras.Model, x: np.ndarray, batch: int | None = None, repeats: int = 5
) -> Speed:
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


def train_epoch(model, x, y, weights, batches):
    """One pass over the frames in those batches; the mean training loss."""
    total = 0.0
    for chosen in batches:
        # Keras gives the loss of this batch alone
        loss = model.train_on_batch(
            channelled(x[chosen], model), y[chosen], sample_weight=weights[chosen]
        )
        total += float(loss) * len(chosen)
    return total / sum(map(len, batches))


def channelled(part, model):
    """The batch as float32, with the channel axis that the model asks for."""
    part = part[..., None] if part.ndim == len(model.input_shape) - 1 else part
    return np.asarray(part, np.float32)


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
