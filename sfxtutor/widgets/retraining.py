"""A network that is trained again after each new label."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from ..training import channelled, check_labels, set_seed


class Retraining:
    """Trains a network on a few labels, again and again, each time from new weights.

    There are no validation frames, which would need labels, too.  Every training has the same
    number of steps, while the learning rate falls to 0 along a cosine; a step takes as many
    positives as misses, drawn with replacement.  The same labels and seed give the same network.

    Parameters
    ----------
    build : function without arguments that builds the untrained network, as `build_rwd_cnn`
    steps : int, of the optimiser, Adam
    batch : int, frames a step
    learning_rate : float, at the start
    loss : function of labels (batch,) 0 or 1 and p (batch,), both tensors, that gives one number
    """

    def __init__(self, build: Callable, steps: int = 60, batch: int = 10,
                 learning_rate: float = 5e-3, loss: Callable = keras.losses.binary_crossentropy,
                 ):  # fmt: skip
        self.build, self.steps, self.half = build, steps, batch // 2
        self.model, self._weights = build(), {}
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self._optimizer = keras.optimizers.Adam(schedule)
        self._optimizer.build(self.model.trainable_variables)
        self.run = _steps(self.model, self._optimizer, loss)  # compiled once: that takes seconds

    def fit(self, x: np.ndarray, y: np.ndarray, seed: int = 0, *,
            go_on: bool = False) -> keras.Model:  # fmt: skip
        """Train from the weights of that seed: the model, which the next training changes.

        Parameters
        ----------
        x : inputs of the labelled frames, (n, length) or (n, y, x, 1), any float dtype
        y : (n,) bool, True = hit or maybe; both classes must occur
        seed : int, of the weights at the start, of dropout and of the frames drawn
        go_on : keep the weights of the last training; only the learning rate starts again

        Raises
        ------
        ValueError
            If frames and labels differ in number, or a class is missing.
        """
        y, rng = check_labels(x, y, "training"), np.random.default_rng(seed)
        self._reset(seed, go_on)
        sides = [np.flatnonzero(y == side) for side in (True, False)]
        drawn = np.hstack([rng.choice(side, (self.steps, self.half)) for side in sides])
        self.run(tf.constant(channelled(x[drawn], self.model)), tf.constant(y[drawn], tf.float32))
        return self.model

    def _reset(self, seed, go_on=False):
        """Model and optimiser as they are before a training with that seed."""
        if seed not in self._weights:
            set_seed(seed)
            self._weights[seed] = [variable.numpy() for variable in self.build().variables]
        if not go_on:
            for variable, value in zip(self.model.variables, self._weights[seed], strict=True):
                variable.assign(value)
        for variable in self._optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))


def _steps(model, optimizer, loss):
    """Function of inputs (steps, batch, ...) and labels (steps, batch): trains with one a step."""

    @tf.function
    def run(x, y):
        for i in tf.range(len(x)):
            with tf.GradientTape() as tape:
                value = loss(y[i], model(x[i], training=True)[:, 0])
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return run
