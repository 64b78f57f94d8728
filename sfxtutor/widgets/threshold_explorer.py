"""Threshold explorer: what a threshold on real predictions finds, keeps and gets wrong."""

from dataclasses import dataclass

import numpy as np

from ..metrics import rate_text
from ..plots.style import COLOURS
from .base import offer
from .by_threshold import ByThreshold
from .chart import Chart, Line, figure_of


@dataclass(frozen=True)
class OperatingPoints:
    """Every threshold that makes a difference, from low to high, and what it keeps.

    Attributes
    ----------
    threshold : (m,) float
        The distinct scores; a frame is kept from its score on.
    kept : (m,) int
        Frames with that score or more.
    found : (m,) int
        Hits and maybes among them.
    frames, positives : int
        Of all frames.
    """

    threshold: np.ndarray
    kept: np.ndarray
    found: np.ndarray
    frames: int
    positives: int

    @property
    def precision(self):
        """Share of hits and maybes among the frames kept, (m,)."""
        return self.found / self.kept

    @property
    def recall(self):
        """Share of the hits and maybes that are kept, (m,)."""
        return self.found / self.positives

    @property
    def share_kept(self):
        """Share of the frames that are kept, (m,)."""
        return self.kept / self.frames

    def rates(self, i):
        """Recall, precision and data kept at the i-th threshold, with counts and 95 % interval."""
        found, kept = int(self.found[i]), int(self.kept[i])
        return {
            "recall": rate_text(found, self.positives),
            "precision": rate_text(found, kept),
            "data kept": rate_text(kept, self.frames),
        }

    def nearest(self, threshold):
        """Index of the lowest of the thresholds that keeps the same frames as this one would."""
        return min(int(np.searchsorted(self.threshold, threshold)), len(self.threshold) - 1)


def operating_points(score, truth):
    """`OperatingPoints` of scores (n,), the higher the surer of a hit, and labels (n,) bool.

    Raises
    ------
    ValueError
        If scores and labels differ in length, a score is no number, or a class is missing.
    """
    score, truth = np.asarray(score, float), np.asarray(truth)
    if score.shape != truth.shape or truth.dtype != bool or np.isnan(score).any():
        raise ValueError(
            f"Found scores of shape {score.shape}, {np.isnan(score).sum()} of them no number, and "
            f"{truth.dtype} labels of shape {truth.shape}, expected a number and a bool for each "
            "frame. Pass the scores and is_positive(labels) of the same frames."
        )
    if truth.all() or not truth.any():
        raise ValueError(
            f"All {truth.size} labels are of one class, expected both. Use more frames."
        )
    threshold = np.unique(score)
    kept = len(score) - np.searchsorted(np.sort(score), threshold)
    found = truth.sum() - np.searchsorted(np.sort(score[truth]), threshold)
    return OperatingPoints(threshold, kept, found, truth.size, int(truth.sum()))


class ThresholdExplorer(ByThreshold):
    """Recall, precision and data kept on a slider over the predictions of one or more methods.

    Parameters
    ----------
    scores : (n,) numbers, or dict of method to them
        The higher the surer of a hit: probabilities, or spots.
    truth : (n,) bool, True = hit or maybe
    threshold : float, or dict of method to it
        Where the slider starts.

    Raises
    ------
    ValueError
        As `operating_points`.
    """

    def __init__(self, scores: dict, truth: np.ndarray, threshold: float = 0.5):
        scores = scores if isinstance(scores, dict) else {"predictions": scores}
        self.start = threshold if isinstance(threshold, dict) else dict.fromkeys(scores, threshold)
        self.all = {name: operating_points(score, truth) for name, score in scores.items()}
        self._begin(scores)

    @property
    def points(self):
        """`OperatingPoints` of the method chosen."""
        return self.all[self.method.value]

    def _choose(self):
        """Another method: its thresholds on the slider, its curves."""
        points = self.points
        self.charts = _charts(points)
        thresholds = [(f"{t:.4g}", i) for i, t in enumerate(points.threshold)]
        offer(self.slider, thresholds, points.nearest(self.start[self.method.value]))
        self._draw()

    def _draw(self):
        i, points = self.slider.index, self.points
        at = zip(self.charts, _points_shown(points, i), strict=True)
        self._show(points.rates(i), [chart.svg(self.alt(), point) for chart, point in at])

    def figure(self):
        figure = figure_of(self.charts, _points_shown(self.points, self.slider.index))
        figure.suptitle(f"{self.method.value}: kept from {self.slider.label}")
        return figure

    def alt(self):
        rates = "; ".join(
            f"{name} {text}" for name, text in self.points.rates(self.slider.index).items()
        )
        return f"{self.method.value}, frames kept from {self.slider.label}: {rates}."


def _charts(points):
    """Precision against recall, and recall against the data kept; in per cent."""
    base = 100 * points.positives / points.frames
    recall, grey = 100 * points.recall, "#888888"
    precision = [
        Line(recall, 100 * points.precision, "thresholds", COLOURS["blue"]),
        Line([0, 100], [base, base], "by chance", grey, "--"),
    ]
    kept = [
        Line(100 * points.share_kept, recall, "thresholds", COLOURS["blue"]),
        Line([0, 100], [0, 100], "by chance", grey, "--"),
    ]
    axes = (0, 102), (0, 102)
    return [
        Chart(precision, *axes, "recall, %", "precision, %"),
        Chart(kept, *axes, "data kept, %", "recall, %"),
    ]


def _points_shown(points, i):
    recall = 100 * points.recall[i]
    return (recall, 100 * points.precision[i]), (100 * points.share_kept[i], recall)
