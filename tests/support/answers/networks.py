"""What the wrong answers to the exercises with a training share: frames, and quick trainings."""

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

import sfxtutor as sfx
from sfxtutor.course.exercises import trained
from sfxtutor.layers import RelativeToMean


def frames(name, kind, change=lambda run: run):
    """The first 200 frames of a run, as "images" (n, y, x, 1) or "rwd", float32, and labels."""
    run = change(trained.own(name))
    x = np.asarray(getattr(sfx.prepare(run, 4, progress=False), kind), np.float32)
    return x[..., None] if x.ndim == 3 else x, sfx.is_positive(run.labels)


def counting(x, y, above, weights=None, relative=True):
    """A network that adds up what stands out of the mean; logistic regression of that sum."""
    axes = tuple(range(1, x.ndim))
    height = x / x.mean(axis=axes, keepdims=True) - 1 if relative else x
    feature = np.where(height > above, height, 0).mean(axis=axes)
    size = feature.std()
    found = LogisticRegression(C=100, class_weight=weights).fit(feature[:, None] / size, y)
    flat, last = x.ndim == 2, keras.layers.Dense(1, "sigmoid")
    pool = keras.layers.GlobalAveragePooling1D if flat else keras.layers.GlobalAveragePooling2D
    parts = [RelativeToMean()] if relative else []
    parts += [keras.layers.Reshape((*x.shape[1:], 1))] if flat else []
    parts += [keras.layers.ReLU(threshold=above), pool(), last]
    model = keras.Sequential([keras.Input(x.shape[1:]), *parts])
    last.set_weights([found.coef_ / size, found.intercept_])
    return model


def linear(x, y):
    """A network with one weight for each pixel or row, as least squares gives it: it memorises."""
    flat, last = x.reshape(len(x), -1).astype(float), keras.layers.Dense(1, "sigmoid")
    kernel = flat.T @ np.linalg.solve(flat @ flat.T + 1e-6 * np.eye(len(x)), np.where(y, 4, -4))
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Flatten(), last])
    last.set_weights([kernel[:, None], np.zeros(1)])
    return model


def constant(shape, bias=-4.0):
    """A network that gives every frame the same p."""
    start = keras.initializers.Constant(bias)
    last = keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer=start)
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), last])


def fitted(model, x, y, epochs=8, rate=2e-3):
    """The model, after a short training on 100 vectors that 100 others validate."""
    settings = sfx.Training(epochs, learning_rate=rate)
    sfx.fit(model, x[:100], y[:100], (x[100:], y[100:]), settings, title=None)
    return model
