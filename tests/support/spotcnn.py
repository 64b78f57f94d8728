"""A CNN with weights set by hand: one filter that adds up what stands out of the noise."""

import keras
import numpy as np
from keras import layers


def spot_cnn(noise=0.31, deviation=0.07):
    """LCN images (n, 90, 90, 1), the twin's LN83 binned by 8 -> p("hit or maybe") (n, 1).

    `noise` and `deviation`, of a pixel without a spot, are the statistics of its normalisation.
    """
    norm = layers.BatchNormalization(name="block1_norm")
    base = [
        keras.Input((90, 90, 1)),
        layers.Conv2D(1, 1, use_bias=False, name="block1_conv"),
        norm,
        layers.ReLU(name="block1_activation"),
        layers.GlobalAveragePooling2D(),
    ]
    base = keras.Sequential(base, name="base")
    classifier = keras.Sequential(
        [keras.Input((1,)), layers.Dense(1, "sigmoid")], name="classifier"
    )
    cnn = keras.Sequential([keras.Input((90, 90, 1)), base, classifier], name="cnn")
    # the convolution; scale, shift, mean and variance of the normalisation; the classifier
    numbers = (1, 1, -4, noise, deviation**2, 500, -4)
    cnn.set_weights([np.full(w.shape, x) for w, x in zip(cnn.weights, numbers, strict=True)])
    return cnn
