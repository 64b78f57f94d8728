"""Adapting a network to another run without its labels: DANN, AdaBN, and how alike domains look.

The source is a run with labels, the target one without.  No function that trains here takes labels
of the target.
"""

import math
import time
from dataclasses import dataclass, field
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from . import training
from .evaluate import count
from .remembered import remembered
from .training import History, balanced_loss, channelled, check_labels, class_weights, progress_line

VERSION = 1  # of what the training of a DANN computes: raised when that changes


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


def reversal_strength(progress):
    """Ganin's schedule of lambda: progress 0 to 1 of the training -> 0 to 1.

    While the features mean nothing, the domain head must not disturb them.
    """
    return 2 / (1 + math.exp(-10 * progress)) - 1


def unlabelled_risk(val_loss, domain_val_loss):
    """What an epoch is judged by, without target labels; the lower the better.

    The label head's loss on the source, plus what the domain head still tells better than by
    guessing: the two terms, estimated, that bound the error on the target (Ben-David et al.,
    Mach. Learn. 79, 151, 2010).  The bound has a third, which no unlabelled frame can show: the
    least error of one classifier on both runs.
    """
    return val_loss + max(0.0, math.log(2) - domain_val_loss)


def fit_dann(
    dann,
    x,
    y,
    x_target,
    validation,
    x_target_validation,
    epochs,
    *,
    seed=0,
    batch=20,
    learning_rate=3e-3,
    progress=True,
    title="DANN",
    again=False,
    watch=None,
):
    """Train a DANN in place on a labelled source and an unlabelled target: `DannHistory`.

    There is no argument for labels of the target.  Each step takes `batch` frames of either run.
    The epoch with the lowest `unlabelled_risk` is kept.  Like that of `fit`, a training that was
    done before is read from disk.

    Parameters
    ----------
    dann : Dann, of a CNN of `build_cnn`
    x, y : labelled frames of the source, (n, y, x) and (n,) bool
    x_target : frames of the target, (m, y, x)
    validation : (x, y), further labelled frames of the source
    x_target_validation : further frames of the target
    epochs : int; an epoch shows each of the n source frames once, and n of the target
    seed, batch, learning_rate, progress, title, again, watch : as in `fit`

    Raises
    ------
    ValueError
        If frames and labels differ in number, or labels lack one of the classes.
    """
    x_val, y_val = validation
    y, y_val = check_labels(x, y, "training"), check_labels(x_val, y_val, "validation")
    inputs = {
        "x": x, "y": y, "x_target": x_target, "x_val": x_val, "y_val": y_val, "epochs": epochs,
        "x_target_val": x_target_validation, "seed": seed, "batch": batch,
        "learning_rate": learning_rate,
    }  # fmt: skip
    with progress_line(epochs, title, progress) as line:
        train = partial(_fit, dann, **inputs, line=line, watch=watch)
        key = inputs | {"version": [training.VERSION, VERSION]}
        history = train() if again else remembered(dann, key, train, DannHistory)
        line.update(len(history.loss) - line.n)
    if watch:
        watch(history, epochs)
    return history


def _fit(
    dann, x, y, x_target, x_val, y_val, x_target_val, epochs, seed, batch, learning_rate, line,
    watch,
):  # fmt: skip
    """The training itself: see `fit_dann`."""
    rng, weights, steps = np.random.default_rng(seed), class_weights(y), math.ceil(len(x) / batch)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(dann.trainable_variables)
    step, predict = _compiled_step(dann, optimizer), _compiled_predict(dann)
    history, kept, started = DannHistory(), None, time.perf_counter()
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        other = np.resize(rng.permutation(len(x_target)), len(x))
        losses = []
        for i in range(steps):
            dann.reversal.lambda_ = reversal_strength((epoch + i / steps) / epochs)
            mine = np.sort(order[i * batch : (i + 1) * batch])
            theirs = np.sort(other[i * batch : (i + 1) * batch])
            losses.append(step(_images(x[mine]), y[mine], weights[mine], _images(x_target[theirs])))
        label_loss, domain_loss = np.mean(losses, axis=0)
        history.loss.append(float(label_loss))
        history.domain_loss.append(float(domain_loss))
        _judge(predict(x_val, "source"), y_val, predict(x_target_val, "target"), history)
        risks = list(map(unlabelled_risk, history.val_loss, history.domain_val_loss))
        if risks[-1] == min(risks):
            kept, history.best_epoch = dann.get_weights(), epoch + 1
        line.set_postfix_str(
            f"source: recall {history.recall[-1]:.1%}, specificity {history.specificity[-1]:.1%}; "
            f"domains told apart: {history.domain_accuracy[-1]:.1%}",
            refresh=False,
        )
        line.update()
        history.stopped = bool(watch and watch(history, epochs)) and epoch + 1 < epochs
        if history.stopped:
            break
    dann.set_weights(kept)
    history.seconds = time.perf_counter() - started
    return history


def _compiled_step(dann, optimizer):
    """One step on frames of either run; the losses of both heads.  Lesson 06 writes it out."""

    @tf.function(reduce_retracing=True)
    def step(x, y, weight, x_target):
        with tf.GradientTape() as tape:
            p_hit, p_source = dann(x, run="source", training=True)
            _, p_target = dann(x_target, run="target", training=True)
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


def _compiled_predict(dann, batch=50):
    """Function of images (n, y, x) and the run they are from: both probabilities, (n,) each."""
    compiled = tf.function(lambda x, run: dann(x, run=run), reduce_retracing=True)

    def predict(x, run):
        parts = [compiled(_images(x[i : i + batch]), run) for i in range(0, len(x), batch)]
        return tuple(np.concatenate(head) for head in zip(*parts, strict=True))

    return predict


def _judge(source, y_val, target, history):
    """Append what the validation frames of both runs say after an epoch."""
    (p, p_source), (p_target, p_domain) = source, target
    counts = count(y_val, p > 0.5)
    history.val_loss.append(balanced_loss(p, y_val))
    history.recall.append(counts.recall)
    history.specificity.append(counts.specificity)
    domain = np.arange(len(p) + len(p_target)) >= len(p)
    told = np.concatenate([p_source, p_domain])
    history.domain_val_loss.append(balanced_loss(told, domain))
    history.domain_accuracy.append(count(domain, told > 0.5).balanced_accuracy)
    history.p_target.append(np.round(p_target.astype(float), 5).tolist())


def _images(x):
    return x[..., None].astype(np.float32)


def adapt_batch_norm(cnn, x):
    """AdaBN: a copy of a CNN with the batch-norm statistics of other frames (n, y, x), no labels.

    Weights stay; each normalisation gets the mean and variance that its input has on these frames
    (Li et al., Pattern Recognit. 80, 109, 2018).
    """
    copy = keras.models.clone_model(cnn)
    copy.set_weights(cnn.get_weights())
    features = _images(x)
    for layer in copy.get_layer("base").layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(features.mean(axis=(0, 1, 2)))
            layer.moving_variance.assign(features.var(axis=(0, 1, 2)))
        features = np.concatenate(
            [layer(features[i : i + 64], training=False) for i in range(0, len(features), 64)]
        )
    return copy


def features(cnn, x, batch=50):
    """What the base of a CNN makes of each image: (n, features) float32."""
    return outputs(cnn.get_layer("base"), x, batch)


def outputs(model, x, batch=50):
    """Output of a model, or of a lower half (`cut`), for each of the inputs: (n, ...) float32."""
    rows = [
        model.predict_on_batch(channelled(x[i : i + batch], model).astype(np.float32))
        for i in range(0, len(x), batch)
    ]
    return np.concatenate(rows)


def proxy_a_distance(a, b, seed=0):
    """How far apart features a (n, f) and b (m, f) lie: 0, the same, to 2, told apart always.

    2 (1 - 2 e), e the balanced error of a linear classifier on the half of the rows that did not
    train it (Ben-David et al., Mach. Learn. 79, 151, 2010); not below 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(seed)
    x = np.concatenate([a, b])
    y = np.arange(len(x)) >= len(a)
    order = rng.permutation(len(x))
    train, test = order[::2], order[1::2]
    linear = LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
    said = make_pipeline(StandardScaler(), linear).fit(x[train], y[train]).predict(x[test])
    counts = count(y[test], said)
    return max(0.0, 2 * (2 * counts.balanced_accuracy - 1))


def foreign_neighbours(a, b, k=10):
    """Mixing of features a (n, f) and b (m, f): 0, apart, to 1 or a little more, fully mixed.

    The share of the k nearest neighbours that come from the other set, over the share expected if
    both were drawn from one distribution; averaged over both sets.
    """
    from sklearn.neighbors import NearestNeighbors

    x = np.concatenate([a, b])
    second = np.arange(len(x)) >= len(a)
    nearest = NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x, return_distance=False)
    foreign = (second[nearest[:, 1:]] != second[:, None]).mean(axis=1)
    expected = np.where(second, len(a), len(b)) / (len(x) - 1)
    share = foreign / expected
    return float((share[second].mean() + share[~second].mean()) / 2)
