"""A domain-adversarial network (DANN), and its training: a run adapted to without its labels.

The source is a run with labels, the target one without.  No function that trains here takes labels
of the target.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from . import training
from .layers import GradientReversal
from .metrics import count
from .training import History, Training, balanced_loss, channelled, check_labels, class_weights

VERSION = 2  # of what the training of a DANN computes: raised when that changes


class Dann(keras.Model):
    """A 2D CNN with a second classifier, of the run that a frame is from, behind a reversal.

    Trained to tell source from target, the domain classifier teaches the base to hide the
    difference (Ganin et al., J. Mach. Learn. Res. 17, 1, 2016).  Both runs go through the same
    weights, but each through batch-norm statistics of its own (Chang et al., CVPR 2019).

    Parameters
    ----------
    cnn : a model of `build_cnn` or `build_rwd_cnn`; its layers are used, not copied
    dense : width of each hidden dense layer of the domain classifier
    shared : bool, one set of batch-norm statistics, of batches of both runs, as Ganin et al.

    Attributes
    ----------
    reversal : GradientReversal
    """

    RUNS = ("source", "target")

    def __init__(self, cnn: keras.Model, dense: tuple[int, ...] = (32,), *, shared: bool = False):
        super().__init__(name="dann")
        self.shared = shared
        self.base, self.classifier = cnn.get_layer("base"), cnn.get_layer("classifier")
        self.reversal = GradientReversal(name="reversal")
        stack = [layers.Dense(units, activation="relu") for units in dense]
        stack = [keras.Input((self.base.output_shape[1],)), self.reversal, *stack]
        stack.append(layers.Dense(1, activation="sigmoid"))
        self.domain = keras.Sequential(stack, name="domain")
        norms = [x for x in self.base.layers if isinstance(x, layers.BatchNormalization)]
        self.used = [v for norm in norms for v in (norm.moving_mean, norm.moving_variance)]
        self.kept = {run: [self._like(v, run) for v in self.used] for run in self.RUNS}

    def _like(self, variable, run):
        """A variable of the model with the shape and value of that one."""
        name = f"{run}_{variable.path.replace('/', '_')}"
        new = self.add_weight(variable.shape, "zeros", trainable=False, name=name)
        new.assign(variable)
        return new

    def call(self, x, run="target", training=False):
        """Inputs (n, ...) of that run -> p("hit or maybe"), p(it is the target), (n,) each."""
        kept = [] if self.shared else list(zip(self.used, self.kept[run], strict=True))
        for used, own in kept:
            used.assign(own)
        features = self.base(x, training=training)
        for used, own in kept if training else ():
            own.assign(used)
        return self.classifier(features)[:, 0], self.domain(features)[:, 0]

    def both(self, x, x_target):
        """Of frames of either run in training: p(hit) of the source, p(target) of the two."""
        if self.shared:
            p_hit, p_target = self(tf.concat([x, x_target], 0), training=True)
            n = tf.shape(x)[0]
            return p_hit[:n], p_target[:n], p_target[n:]
        return *self(x, run="source", training=True), self(x_target, run="target", training=True)[1]

    def cnn(self, run: str) -> keras.Model:
        """A CNN as of `build_cnn`, with the weights as they are and the statistics of that run."""
        base = keras.models.clone_model(self.base)
        for used, own in () if self.shared else zip(self.used, self.kept[run], strict=True):
            used.assign(own)
        base.set_weights(self.base.get_weights())
        classifier = keras.models.clone_model(self.classifier)
        classifier.set_weights(self.classifier.get_weights())
        return keras.Sequential([keras.Input(base.input_shape[1:]), base, classifier], name="cnn")


@dataclass
class DannHistory(History):
    """What happened in a training of a DANN: one entry per epoch in each list.

    Losses are cross-entropies, class-balanced (0.69 = guessing).  What it shares with `History` is
    the label head's, on the source; `domain_loss`, `domain_val_loss` and `domain_accuracy` are the
    domain head's, on both runs.  `p_target` is p("hit or maybe") of the target's validation frames
    after each epoch, (epochs, n): with labels, which the training never had, it shows how far the
    epoch kept lies from the best one.
    """

    domain_loss: list = field(default_factory=list)
    domain_val_loss: list = field(default_factory=list)
    domain_accuracy: list = field(default_factory=list)
    p_target: list = field(default_factory=list)

    def validate_domains(self, p_source, p_target):
        """Append what p(target) gives, (n,) of frames of the source and (m,) of the target."""
        p = np.concatenate([p_source, p_target])
        domain = np.arange(len(p)) >= len(p_source)
        self.domain_val_loss.append(balanced_loss(p, domain))
        self.domain_accuracy.append(count(domain, p > 0.5).balanced_accuracy)


def reversal_strength(progress: float) -> float:
    """Ganin's schedule of lambda: progress 0 to 1 of the training -> 0 to 1.

    While the features mean nothing, the domain head must not disturb them.
    """
    return 2 / (1 + math.exp(-10 * progress)) - 1


def unlabelled_risk(val_loss: float, domain_val_loss: float) -> float:
    """What an epoch is judged by, without target labels; the lower the better.

    The label head's loss on the source, plus what the domain head still tells better than by
    guessing: the two terms, estimated, that bound the error on the target (Ben-David et al.,
    Mach. Learn. 79, 151, 2010).  The bound has a third, which no unlabelled frame can show: the
    least error of one classifier on both runs.
    """
    return val_loss + max(0.0, math.log(2) - domain_val_loss)


def fit_dann(
    dann: Dann, x: np.ndarray, y: np.ndarray, x_target: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray, np.ndarray], settings: Training, *,
    title: str | None = "DANN", watch: Callable | None = None,
) -> DannHistory:  # fmt: skip
    """Train a DANN in place on a labelled source and an unlabelled target: `DannHistory`.

    There is no argument for labels of the target.  Each step takes a batch of frames of either run;
    an epoch shows each of the n source frames once, and n of the target.  The epoch with the lowest
    `unlabelled_risk` is kept.  Lambda rises over as many epochs as the patience lasts, or over all
    where there is none.  Like that of `fit`, a training that was done before is read from disk.

    Parameters
    ----------
    dann : Dann, of a CNN of `build_cnn`
    x, y : labelled frames of the source, (n, y, x) and (n,) bool
    x_target : frames of the target, (m, y, x)
    validation : (x, y, x_target), further frames and labels of the source, and frames of the target
    settings, title, watch : as in `fit`

    Raises
    ------
    ValueError
        If frames and labels differ in number, or labels lack one of the classes.
    """
    x_val, y_val, x_target_val = validation
    y, y_val = check_labels(x, y, "training"), check_labels(x_val, y_val, "validation")
    frames, history = {"x": x, "y": y, "x_target": x_target}, DannHistory()
    frames |= {"x_val": x_val, "y_val": y_val, "x_target_val": x_target_val}
    epochs = _epochs(dann, frames, settings, history)
    key = frames | {"version": [training.VERSION, VERSION], "shared": dann.shared}
    return training.train_epochs(dann, epochs, history, settings, key, title=title, watch=watch)


def _epochs(dann, frames, settings, history):
    """Train epoch after epoch: see `training.train_epochs`."""
    x, y, x_target, x_val, y_val, x_target_val = frames.values()
    rng, weights = np.random.default_rng(settings.seed), class_weights(y)
    dann.compile(settings.optimizer(len(x)))
    dann.optimizer.build(dann.trainable_variables)
    step, predict = training_step(dann, dann.optimizer), predictor(dann)
    rise = settings.patience or settings.epochs
    for epoch in itertools.count():
        losses, mine = [], settings.batches(rng.permutation(len(x)))
        theirs = settings.batches(np.resize(rng.permutation(len(x_target)), len(x)))
        for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            dann.reversal.lambda_ = reversal_strength(min(1.0, (epoch + i / len(mine)) / rise))
            images = channelled(x[a], dann.base), channelled(x_target[b], dann.base)
            losses.append(step(images[0], y[a], weights[a], images[1]))
        label_loss, domain_loss = np.mean(losses, axis=0)
        history.loss.append(float(label_loss))
        history.domain_loss.append(float(domain_loss))
        (p, p_source), (p_hit, p_target) = predict(x_val, "source"), predict(x_target_val, "target")
        history.validate(p, y_val)
        history.validate_domains(p_source, p_target)
        history.p_target.append(np.round(p_hit.astype(float), 5).tolist())
        rates = f"recall {history.recall[-1]:.1%}, specificity {history.specificity[-1]:.1%}"
        words = f"source: {rates}; domains distinguished: {history.domain_accuracy[-1]:.1%}"
        yield -unlabelled_risk(history.val_loss[-1], history.domain_val_loss[-1]), words


def training_step(dann, optimizer):
    """One step on frames of either run; the losses of both heads.  Lesson 07 writes it out."""

    @tf.function(reduce_retracing=True)
    def step(x, y, weight, x_target):
        with tf.GradientTape() as tape:
            p_hit, p_source, p_target = dann.both(x, x_target)
            label_loss = tf.reduce_mean(weight * cross_entropy(tf.where(y, p_hit, 1 - p_hit)))
            domain_loss = tf.reduce_mean(cross_entropy(tf.concat([1 - p_source, p_target], 0)))
            loss = label_loss + domain_loss
        gradients = tape.gradient(loss, dann.trainable_variables)
        optimizer.apply_gradients(zip(gradients, dann.trainable_variables, strict=True))
        return label_loss, domain_loss

    return step


def cross_entropy(p):
    """-log of the probability given to the truth, (n,), finite for p = 0."""
    return -tf.math.log(tf.maximum(p, 1e-7))


def predictor(dann, batch=50):
    """Function of images (n, y, x) and the run they are from: both probabilities, (n,) each."""
    compiled = tf.function(lambda x, run: dann(x, run=run), reduce_retracing=True)

    def predict(x, run):
        parts = [
            compiled(channelled(x[i : i + batch], dann.base), run) for i in range(0, len(x), batch)
        ]
        return tuple(np.concatenate(head) for head in zip(*parts, strict=True))

    return predict
