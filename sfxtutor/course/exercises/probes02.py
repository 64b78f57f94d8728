"""What the exercises of lesson 02 are probed with, and answers with one thing to vary."""

from functools import lru_cache

import numpy as np

from ...fast.kernels import count_spots
from ...preprocess import center_crop
from ...runs.open import open_run
from ..student import personal_seed
from .compare import agree


def frames():
    """Three frames (3, 30, 38), ADU, each with its own mean and standard deviation."""
    photons = np.random.default_rng(2).gamma(9.0, size=(3, 30, 38))
    return photons * np.array([40, 90, 300])[:, None, None]


def crops(crop):
    """What a student's function keeps of one frame and of all."""
    return crop(frames()[0], 20), crop(frames(), 20)


def cropped(choose):
    """Answer that crops by choose(top, left, size): rows from, to, columns from, to."""

    def crop(frames, size):
        top, left = ((n - size) // 2 for n in frames.shape[-2:])
        a, b, c, d = choose(top, left, size)
        return frames[..., a:b, c:d]

    return lambda: crop


def first_axes(frames, size):
    """Wrong crop: a stack is cut along its first two axes."""
    top, left = ((n - size) // 2 for n in frames.shape[-2:])
    return frames[top : top + size, left : left + size]


def only_one(value):
    """Whether a crop is right for one frame and wrong for a stack."""
    one, many = crops(center_crop)
    return agree(value[0], one, 1e-4) and not agree(value[1], many, 1e-4)


def normalised(axes, scale=np.std):
    """Answer of GCN over the given axes; None: all."""

    def gcn(frames):
        height = frames - frames.mean(axis=axes, keepdims=True)
        return height / scale(frames, axis=axes, keepdims=True)

    return lambda: gcn


def contrast():
    """A GCN frame (12, 15): quiet on the left, loud on the right."""
    frame = np.random.default_rng(6).normal(size=(12, 15)) * np.linspace(0.1, 3, 15)
    return frame + np.linspace(-1, 1, 12)[:, None]


def windowed(divide, pick=slice(2, -2), mean=lambda mean: mean, level_of=np.mean, ddof=0):
    """Answer of LCN: the pixel minus the mean, divided by divide(standard deviation)."""

    def lcn(frame):
        windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
        level = mean(level_of(windows, axis=(2, 3)))
        spread = windows.std(axis=(2, 3), ddof=ddof)
        return (frame[pick, pick] - level) / divide(spread)

    return lambda: lcn


def floor(spread):
    """The divisor of LCN."""
    return np.maximum(spread, 1)


def blocks(reduce):
    """Answer that reduces bin x bin blocks."""

    def binned(frame, bin):
        rows, columns = frame.shape
        return reduce(frame.reshape(rows // bin, bin, columns // bin, bin), axis=(1, 3))

    return lambda: binned


def wrong_blocks(frame, bin):
    """Wrong binning: what meets in a block are not neighbours."""
    rows, columns = frame.shape
    return frame.reshape(rows // bin, columns // bin, bin, bin).max(axis=(2, 3))


@lru_cache(maxsize=1)
def scenes():
    """Raw frames by scene, class (miss, hit) and number: (3, 2, 3, 96, 96), ADU of gain 1.

    In each scene the background is another: weak pulses, strong pulses, another shape.
    """
    rng = np.random.default_rng(7)
    y, x = np.indices((96, 96)) - 47.5
    places = [(i, j) for i in (-39, 0, 39) for j in (-39, 0, 39) if i or j]

    def frame(energy, radius, spots):
        level = 400 + 1600 * np.exp(-(((np.hypot(y, x) - radius) / 16) ** 2))
        for place in rng.permutation(places)[:spots] + rng.uniform(-3, 3, (spots, 2)):
            level += 800 * np.exp(-((y - place[0]) ** 2 + (x - place[1]) ** 2) / 1.4)
        return rng.poisson(energy * level).astype(float)

    kinds = ((0.4, 24), (3.0, 24), (0.8, 0))
    return np.array(
        [[[frame(*kind, spots) for _ in range(3)] for spots in (0, 5)] for kind in kinds]
    )


def scores(score):
    """What a student's function gives for those frames: (3, 2, 3)."""
    values = [float(score(frame.copy())) for frame in scenes().reshape(-1, 96, 96)]
    return np.array(values).reshape(3, 2, 3)


def separates(scores):
    """Whether every hit scores higher than every miss, whatever the background."""
    return scores[:, 1].min() > scores[:, 0].max()


def follows_energy(scores):
    """Whether misses of strong pulses score higher than those of weak ones."""
    weak, strong, _ = scores[:, 0]
    return strong.min() > 1.3 * weak.max()


def follows_shape(scores):
    """Whether misses on the other background score otherwise."""
    other = scores[2, 0]
    return other.min() > 1.3 * scores[:2, 0].max() or 1.3 * other.max() < scores[:2, 0].min()


def ties(scores):
    """Whether a miss and a hit share a score, and no miss scores higher than a hit of its scene."""
    pairs = [(hits.min(), misses.max()) for misses, hits in scores]
    return any(low == high for low, high in pairs) and all(low >= high for low, high in pairs)


def patch():
    """A raw frame (8, 9), ADU, and its good pixels: all but a shadow in the middle."""
    frame = np.random.default_rng(3).uniform(100, 900, (8, 9))
    good = np.ones((8, 9), bool)
    good[2:5, 3:7] = False
    return np.where(good, frame, frame / 10), good


def masked(chosen=lambda good: good, clear=True):
    """Answer of GCN by mean and spread of frame[chosen(good)], the rest cleared or not."""

    def gcn(frame, good):
        pixels = frame[chosen(good)]
        result = (frame - pixels.mean()) / pixels.std()
        return np.where(good, result, 0) if clear else result

    return lambda: gcn


@lru_cache(maxsize=1)
def hits(seed):
    """A student's own run of LO19, its mask, and the crops of its first six hits."""
    run = open_run("LO19", seed=seed)
    frames = np.flatnonzero(run.labels == "HIT")[:6]
    return run, center_crop(run.mask), [run.crop(i) for i in frames]


def found(gain=None, masked=True):
    """Spots found in those crops."""
    run, good, crops = hits(personal_seed())
    mask = good if masked else None
    return [count_spots(crop, gain or run.card.gain, mask=mask) for crop in crops]
