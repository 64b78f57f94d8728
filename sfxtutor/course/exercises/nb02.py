"""Exercises of lesson 02, preprocessing: crop, GCN, LCN, binning, and a score of one's own."""

import numpy as np

from ...preprocess import center_crop, gcn, lcn
from .compare import agree
from .exercise import Mistake, exercise
from .probes02 import (
    blocks,
    contrast,
    cropped,
    crops,
    first_axes,
    floor,
    follows_energy,
    follows_shape,
    found,
    frames,
    masked,
    normalised,
    only_one,
    patch,
    scores,
    separates,
    ties,
    windowed,
    wrong_blocks,
)

EXERCISES = (
    exercise(
        "nb02.q1",
        reference=lambda: center_crop,
        probe=crops,
        mistakes={
            "offsets swapped": cropped(lambda top, left, n: (left, left + n, top, top + n)),
            "corner, not centre": cropped(lambda top, left, n: (0, n, 0, n)),
            "end taken for a length": cropped(lambda top, left, n: (top, n, left, n)),
            "stack cropped as a frame": Mistake(lambda: first_axes, fits=only_one),
        },
    ),
    exercise(
        "nb02.q2",
        reference=normalised((-2, -1)),
        probe=lambda gcn: (gcn(frames()[0]), gcn(frames()), gcn(frames()[:, :2, :2])),
        tolerance=1e-3,
        mistakes={
            "whole set at once": normalised(None),
            "first axis": normalised(0),
            "mean alone": normalised((-2, -1), scale=lambda frames, **axes: 1),
            "variance for spread": normalised((-2, -1), scale=np.var),
        },
    ),
    exercise(
        "nb02.q3",
        reference=windowed(floor),
        probe=lambda lcn: (lcn(contrast()), lcn(contrast()[:5, -5:])),
        mistakes={
            "no floor": windowed(lambda spread: spread),
            "floor added": windowed(lambda spread: spread + 1),
            "ceiling, not floor": windowed(lambda spread: np.minimum(spread, 1)),
            "pixel beside its window": Mistake(
                windowed(floor, slice(None, -4)),
                fits=lambda found: any(
                    agree(found[0], windowed(floor, part)()(contrast()), 1e-4)
                    for part in (slice(None, -4), slice(4, None))
                ),
            ),
            "variance for spread": windowed(lambda spread: np.maximum(spread**2, 1)),
            "zero where it is quiet": windowed(lambda spread: np.where(spread < 1, np.inf, spread)),
            "mean left in": windowed(floor, mean=np.zeros_like),
            "median for mean": windowed(floor, level_of=np.median),
            "sample standard deviation": windowed(floor, ddof=1),
            "spread of the whole frame": lambda: (
                lambda frame: windowed(lambda spread: np.maximum(frame.std(), 1))()(frame)
            ),
        },
    ),
    exercise(
        "nb02.q4",
        reference=blocks(np.max),
        probe=lambda bin: [
            bin(frames()[0][:n, : n + m], size)
            for n, m, size in ((24, 12, 2), (24, 12, 4), (4, 0, 2))
        ],
        mistakes={
            "mean of the block": blocks(np.mean),
            "one pixel of each block": lambda: lambda frame, bin: frame[::bin, ::bin],
            "blocks mixed up": lambda: wrong_blocks,
        },
    ),
    exercise(
        "nb02.q5",
        reference=lambda: lambda frame: np.max(lcn(gcn(frame))),
        probe=scores,
        accepts=separates,
        mistakes={
            "follows the pulse energy": Mistake(lambda: np.max, fits=follows_energy),
            "follows the background's shape": Mistake(
                lambda: lambda frame: gcn(frame).max(), fits=follows_shape
            ),
            "same score for many": Mistake(
                lambda: lambda frame: np.sum(lcn(gcn(frame)) > 3), fits=ties
            ),
            "spots no higher than noise": Mistake(
                lambda: lambda frame: lcn(gcn(frame), floor=0).max(),
                fits=lambda scores: (scores[:, 1].min(axis=1) <= scores[:, 0].max(axis=1)).any(),
            ),
        },
    ),
    exercise(
        "nb02.g1",
        reference=masked(),
        probe=lambda gcn: gcn(*patch()),
        mistakes={
            "mask comes too late": masked(np.ones_like),
            "mask upside down": lambda: lambda frame, good: masked()()(frame, ~good),
            "bad pixels not cleared": masked(clear=False),
        },
    ),
    exercise(
        "nb02.g2",
        reference=found,
        mistakes={
            "mask forgotten": lambda: found(masked=False),
            "gain of another run": lambda: found(gain=0.27),
        },
    ),
)
