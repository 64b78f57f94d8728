"""Operating points: what each threshold on real predictions finds, keeps and gets wrong."""

from dataclasses import dataclass

import numpy as np

from ..metrics import rate_text


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
    def misses(self):
        """Frames that are no positives: int."""
        return self.frames - self.positives

    @property
    def rejected(self):
        """Misses below the threshold, (m,) int."""
        return self.misses - (self.kept - self.found)

    @property
    def precision(self):
        """Share of hits and maybes among the frames kept, (m,)."""
        return self.found / self.kept

    @property
    def recall(self):
        """Share of the hits and maybes that are kept, (m,)."""
        return self.found / self.positives

    @property
    def specificity(self):
        """Share of the misses that are not kept, (m,); it rises with the threshold."""
        return self.rejected / self.misses

    @property
    def share_kept(self):
        """Share of the frames that are kept, (m,)."""
        return self.kept / self.frames

    def rates(self, i):
        """Four rates at the i-th threshold, with counts and 95 % interval: dict of name to str."""
        found, kept = int(self.found[i]), int(self.kept[i])
        return {
            "recall": rate_text(found, self.positives),
            "specificity": rate_text(int(self.rejected[i]), self.misses),
            "precision": rate_text(found, kept),
            "data kept": rate_text(kept, self.frames),
        }

    def nearest(self, threshold):
        """Index of the lowest of the thresholds that keeps the same frames as this one would."""
        return min(int(np.searchsorted(self.threshold, threshold)), len(self.threshold) - 1)

    def at_specificity(self, wanted):
        """Index of the lowest threshold that recognises this share of the misses; None if none."""
        enough = self.specificity >= wanted - 1e-9
        return int(np.argmax(enough)) if enough.any() else None


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


def auc_interval(score, truth):
    """Area under the ROC curve and its 95 % interval: (area, low, high), from 0 to 1.

    E. R. DeLong et al., Biometrics 44, 837 (1988): the variance is that of the share of misses that
    each positive beats, and of positives that beat each miss.

    Parameters
    ----------
    score : (n,) numbers, the higher the surer of a hit
    truth : (n,) bool, True = hit or maybe; both classes must occur
    """
    score = np.asarray(score, float)
    hits, misses = np.sort(score[truth]), np.sort(score[~truth])

    def below(many, values):
        """Share of `many`, sorted, below each of the values; ties count by half."""
        return (
            sum(np.searchsorted(many, values, side) for side in ("left", "right")) / 2 / many.size
        )

    beaten, beating = below(misses, hits), 1 - below(hits, misses)
    area = float(beaten.mean())
    error = sum(part.var(ddof=1) / part.size for part in (beaten, beating) if part.size > 1) ** 0.5
    return area, max(0.0, area - 1.96 * error), min(1.0, area + 1.96 * error)
