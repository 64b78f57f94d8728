"""Data, probes and wrong answers of the exercises of lesson 05; see nb05.

Timings, frames and vectors are synthetic.
"""

import math

import numpy as np

from ..student import personal_seed
from .compare import agree


def times():
    """Preprocessing, the 1D and the 2D network on your machine: three numbers, ms a frame."""
    return np.random.default_rng(personal_seed()).uniform((6, 0.1, 24), (20, 0.4, 60))


def frames():
    """Two preprocessed frames (2, 6, 8), every row and column of another height; no unit."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(2, 6, 8)) + np.arange(6)[:, None] - 3 * np.arange(8)


def vectors():
    """Three RWD vectors (3, 9), each of another level, with peaks one and two rows wide."""
    vectors = np.random.default_rng(6).uniform(0.8, 1.2, size=(3, 9)) * [[1], [3], [8]]
    vectors[:, 2] *= 4
    vectors[:, 5:7] *= 5
    return vectors


def row_range(axis):
    """An answer to q1."""
    return lambda frames: np.ptp(frames, axis=axis)


def probe_rwd(rwd):
    """Vectors of a frame, of both frames, and of a corner that is small enough to be shown."""
    return rwd(frames()[0]), rwd(frames()), rwd(frames()[0, :2, :3])


def single_like(wanted):
    """Whether the first part, of a single frame, is what `wanted` gives."""
    return lambda value: agree(value[0], wanted(frames()[0]), 1e-4)


def relative(mean, spread=None):
    """An answer to q2 that divides by `spread`, where it is not the mean itself."""
    return lambda x: (x - mean(x)) / (spread or mean)(x)


def own_mean(x):
    """The mean of each vector, as q2 wants it."""
    return x.mean(axis=-1, keepdims=True)


def operations(positions=lambda length, step: math.ceil(length / step), weights=math.prod):
    """An answer to q3."""
    return lambda length, channels, filters, window, step: (
        positions(length, step) * weights((channels, filters, window))
    )


def probe_operations(count):
    return tuple(count(*a) for a in ((720, 1, 16, 8, 4), (45, 16, 16, 5, 1), (50, 4, 8, 3, 4)))


def gain(before_1d=1, before_2d=1):
    """An answer to q4 that counts preprocessing that many times on either way."""
    before, one, two = times()
    return (before_2d * before + two) / (before_1d * before + one)


def other_frame(make):
    """Probe of q5: what a function makes of a copy of the first frame."""
    made = make(frames()[0])
    return made if made is None or made is ... else np.asarray(made, float)


def is_other_frame(value):
    """Whether a frame differs in every row from the first one, and has its vector."""
    frame = frames()[0]
    same_vector = value.shape == frame.shape and np.allclose(np.ptp(value, -1), np.ptp(frame, -1))
    return bool(same_vector and np.all(np.any(value != frame, axis=-1)))


def rows_moved(value):
    """Whether it has the ranges of the first frame, in other rows."""
    ranges = np.ptp(frames()[0], axis=-1)
    return value.shape == (6, 8) and bool(
        np.allclose(np.sort(np.ptp(value, -1)), np.sort(ranges))
        and not np.allclose(np.ptp(value, -1), ranges)
    )


def of_three(middle, axis=-1):
    """An answer to g1: `middle` of three neighbours along the axis, ends as they are."""

    def smooth(vectors):
        x = np.moveaxis(np.array(vectors, float), axis, -1)
        x[..., 1:-1] = middle([x[..., :-2], x[..., 1:-1], x[..., 2:]], axis=0)
        return np.moveaxis(x, -1, axis)

    return smooth


def own_vector(reduce=-1, gcn=True, lcn=True, masked=True):
    """An answer to g2, with a step changed: RWD of the first hit of your own LN83."""
    from ... import preprocess
    from ...runs.open import open_run

    run = open_run("LN83", seed=personal_seed())
    frame = run.crop(int(np.flatnonzero(run.labels == "HIT")[0])).astype(float)
    good = preprocess.center_crop(run.mask) if masked else np.ones(frame.shape, bool)
    frame = preprocess.gcn(frame, good) if gcn else frame
    frame = preprocess.lcn(frame, mask=good) if lcn else frame
    return np.ptp(frame, axis=reduce)
