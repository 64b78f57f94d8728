"""Small images and vectors, and small networks for them."""

import numpy as np

from sfxtutor.models import build_cnn, build_rwd_cnn


def images(n, seed, gain=1.0, level=0.0):
    """Noise (n, 32, 32) float16, every third with 20 bright pixels; labels (n,)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.2, 0.1, (n, 32, 32))
    y = np.arange(n) % 3 == 0
    for i in np.flatnonzero(y):
        x[i, rng.integers(32, size=20), rng.integers(32, size=20)] += 3
    return (gain * x + level).astype(np.float16), y


def another_run(n, seed):
    return images(n, seed, gain=0.4, level=0.5)


def small(dropout=0.25):
    return build_cnn((32, 32, 1), filters=(4, 4), dense=(8,), dropout=dropout)


def vectors(n, seed, share=0.25):
    """RWD-like vectors (n, 128) float32, a quarter of them with five bright rows; labels (n,)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.3, 0.03, (n, 128)).astype(np.float32)
    y = np.arange(n) % round(1 / share) == 0
    for i in np.flatnonzero(y):
        x[i, rng.choice(128, 5, replace=False)] += 1
    return x, y


def small_rwd():
    """A 1D CNN for `vectors`."""
    return build_rwd_cnn(128, filters=(4, 8), pools=(4, 2), dense=(8,))
