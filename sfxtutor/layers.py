"""Keras layers of our own: gradient reversal, and RWD vectors relative to their mean.

`GradientReversal` turns a domain classifier into an opponent of the base (Ganin et al., J. Mach.
Learn. Res. 17, 1, 2016); lesson 07 writes it out.
"""

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("sfxtutor")
class GradientReversal(keras.layers.Layer):
    """Passes its input on unchanged; multiplies the gradient by -lambda on the way back.

    Parameters
    ----------
    lambda_ : float, 0 or more
        How strongly what lies before the layer works against what lies behind it.  It may be set
        again at any time, also between two steps of a compiled function.

    Raises
    ------
    ValueError
        If `lambda_` is negative or not finite.
    """

    def __init__(self, lambda_: float = 1.0, **options):
        super().__init__(**options)
        self._lambda = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="lambda"
        )
        self.lambda_ = lambda_

    @property
    def lambda_(self):
        """The factor, float."""
        return float(self._lambda)

    @lambda_.setter
    def lambda_(self, value: float):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(
                f"Found lambda_ = {value}, expected a finite number of 0 or more: the layer itself "
                "turns the sign. Give its size alone."
            )
        self._lambda.assign(value)

    def call(self, x):
        @tf.custom_gradient
        def reverse(x):
            return tf.identity(x), lambda gradient: -tf.cast(self._lambda, x.dtype) * gradient

        return reverse(x)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "lambda_": self.lambda_}


@keras.saving.register_keras_serializable("sfxtutor")
class RelativeToMean(keras.layers.Layer):
    """Vectors or images (n, ...), none negative -> x / mean - 1, each by its own mean: (n, ...).

    Most rows of a frame hold no spot, and their RWD is noise: it differs two-fold between runs with
    the background; so do the pixels of an image binned by maximum.  Dividing by it uses no
    statistics of the training run, so a trained model can be applied to another run as it is.
    """

    def call(self, x):
        mean = keras.ops.mean(x, axis=tuple(range(1, len(x.shape))), keepdims=True)
        return x / (mean + keras.config.epsilon()) - 1

    def compute_output_shape(self, input_shape):
        return input_shape
