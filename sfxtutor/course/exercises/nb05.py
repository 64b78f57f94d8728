"""Exercises of lesson 05, row-wise decomposition."""

import numpy as np

from . import Exercise, Mistake


def _frames():
    """Two preprocessed frames (2, 6, 8), every row and column of another height; no unit."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(2, 6, 8)) + np.arange(6)[:, None] - 3 * np.arange(8)


EXERCISES = (
    Exercise(
        id="nb05.q1",
        title="Write RWD",
        reference=lambda: lambda frames: frames.max(axis=-1) - frames.min(axis=-1),
        probe=lambda rwd: (rwd(_frames()[0]), rwd(_frames())),
        right="One number a row, for one frame and for many: that is all the 1D CNN gets to see.",
        mistakes=(
            Mistake(
                "axis swapped",
                lambda: lambda frames: frames.max(axis=-2) - frames.min(axis=-2),
                "This takes the range along y, one number per column. A row has one y and all x: "
                "reduce over the axis that counts x.",
                "Shape (y, x): which axis disappears when a row becomes one number?",
            ),
            Mistake(
                "maximum alone",
                lambda: lambda frames: frames.max(axis=-1),
                "The maximum alone still moves with the background. RWD takes the range of the row.",
                "Add 10 ADU to the whole frame: which of max and max - min changes?",
            ),
        ),
    ),
)
