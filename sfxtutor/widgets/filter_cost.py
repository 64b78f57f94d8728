"""What a filter costs in frames, disk and beam time, and goals that weigh these."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..metrics import wilson

SHOTS = 120  # a second: the laser of LCLS, of which each shot gives a frame
PIXEL = 2  # bytes, uint16, not compressed


@dataclass(frozen=True)
class Measurement:
    """A run that is still to be measured, and what of it a filter writes.

    Attributes
    ----------
    hit_rate : float
        Share of hits and maybes, 0 to 1. Recall and specificity are taken to be those of the test
        frames, whatever this share is.
    shape : (y, x) or None
        Pixels of a frame; without it nothing is said of the disk.
    frames : int
    """

    hit_rate: float
    shape: tuple[int, int] | None = None
    frames: int = 1_000_000

    @property
    def hours(self):
        """Beam time of all frames, hours: float."""
        return self.frames / SHOTS / 3600

    def written(self, points):
        """Share of the frames that are kept at each threshold of `OperatingPoints`, (m,)."""
        positives = self.hit_rate * points.recall
        return positives + (1 - self.hit_rate) * (1 - points.specificity)

    def costs(self, points, i):
        """What the i-th threshold costs, in words: dict of name to str."""
        positives, misses = self.hit_rate * self.frames, (1 - self.hit_rate) * self.frames
        lost, kept = points.positives - points.found[i], points.misses - points.rejected[i]
        written = float(self.written(points)[i])
        rows = {
            "positives lost": _of(lost, points.positives, positives),
            "misses kept": _of(kept, points.misses, misses),
            "frames written": f"{written * self.frames:,.0f} of {self.frames:,}",
        }
        if self.shape:
            disk = self.frames * np.prod(self.shape, dtype=float) * PIXEL / 1e9
            rows["disk"] = f"{written * disk:,.0f} of {disk:,.0f} GB"
        again = 60 * self.hours * lost / points.positives
        rows["beam time"] = f"{again:.1f} more minutes to measure as many positives as are lost"
        return rows

    def assumed(self):
        """What the costs rest on: str."""
        y, x = self.shape or (0, 0)
        size = f"{y} x {x} pixels of {PIXEL} bytes, uncompressed; " if self.shape else ""
        return (
            f"Assumed: {self.frames:,} frames, {SHOTS} a second ({self.hours:.1f} hours); {size}"
            "recall and specificity as on the test frames."
        )


def _of(k, n, total):
    """The share k / n of a larger number, with its 95 % interval, in frames."""
    low, high = (total * end for end in wilson(int(k), int(n)))
    rate, low, high = (_three_digits(number) for number in (total * k / n, low, high))
    return f"{rate} of {total:,.0f} (95 %: {low} to {high})"


def _three_digits(number):
    """A number of frames, of which three digits are known at best."""
    return f"{float(f'{number:.3g}'):,.0f}"


@dataclass(frozen=True)
class Goal:
    """Something to be reached by moving a threshold.

    Attributes
    ----------
    text : str
    allowed : callable
        Takes `OperatingPoints`; returns the thresholds that are allowed, (m,) bool.
    merit : callable
        Takes `OperatingPoints` and `Measurement`; returns how good each is, (m,), best highest.
    """

    text: str
    allowed: Callable
    merit: Callable

    def score(self, points, i, rivals, run):
        """Points from 0 to 100: merit as a share of the best that any rival reaches; None: missed.

        Parameters
        ----------
        points : OperatingPoints
            Of the method chosen; `i` is the index of its threshold.
        rivals : list of OperatingPoints
            Of all methods.
        run : Measurement
        """
        if not self.allowed(points)[i]:
            return None
        best = max(
            np.max(self.merit(one, run), where=self.allowed(one), initial=0) for one in rivals
        )
        merit = max(0.0, float(self.merit(points, run)[i]))
        return int(100 * merit / best + 1e-6) if best > 0 else 100


def _saved(points, run):
    """What a filter saves of the cost of keeping all frames; a positive costs 10 misses."""
    lost = 10 * run.hit_rate * (1 - points.recall)
    kept = (1 - run.hit_rate) * (1 - points.specificity)
    return 1 - (lost + kept) / (1 - run.hit_rate)


GOALS = (
    Goal("lose at most 5 % of the positives, write as few frames as you can",
         lambda points: points.recall >= 0.95 - 1e-9,
         lambda points, run: 1 / run.written(points)),
    Goal("keep at most 5 % of the misses, lose as few positives as you can",
         lambda points: points.specificity >= 0.95 - 1e-9,
         lambda points, run: points.recall),
    Goal("a lost positive costs as much as 10 kept misses: pay as little as you can",
         lambda points: np.ones(len(points.recall), bool),
         _saved),
)  # fmt: skip
