"""Scores that can be trusted: the split, counts with intervals, thresholds, baselines.

A hit or maybe is a positive.  Recall is the share of positives found, specificity the share of
misses recognised; neither is ever shown without its counts and its 95 % interval.
"""

import math
from collections import namedtuple
from collections.abc import Sized
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

Split = namedtuple("Split", "train validation test")


def is_positive(labels: ArrayLike) -> np.ndarray:
    """Which frames are hits or maybes: labels (n,) "HIT", "MAYBE" or "MISS" -> (n,) bool.

    Raises
    ------
    ValueError
        If there are no labels, or a label is none of the three.
    """
    if labels is None:
        raise ValueError(
            "This run has no labels, expected HIT, MAYBE or MISS for each frame. "
            "Give open_run a file of labels."
        )
    labels = np.asarray(labels)
    strange = sorted(set(labels.tolist()) - {"HIT", "MAYBE", "MISS"}, key=str)
    if strange:
        raise ValueError(
            f"Found the label {strange[0]!r}, expected HIT, MAYBE or MISS. Correct the labels."
        )
    return labels != "MISS"


def split(frames: int | Sized, sizes: str = "1200/400/400") -> Split:
    """Training, validation and test frames in the order they were measured, as three slices.

    Sequential as in the paper, not shuffled: neighbouring shots are alike, and a shuffled split
    would test on near copies of training frames.

    Parameters
    ----------
    frames : int, or anything with a length, such as a run or its labels
    sizes : "1200/400/400" (table 1), "200/200/1600" (tables 2 to 4), or other three numbers

    Returns
    -------
    Split
        Slices `train`, `validation` and `test`.

    Raises
    ------
    ValueError
        If the sizes are not three positive numbers that add up to the number of frames.
    """
    n = frames if isinstance(frames, int) else len(frames)
    parts = [int(size) if size.strip().isdecimal() else 0 for size in sizes.split("/")]
    if len(parts) != 3 or min(parts) < 1 or sum(parts) != n:
        raise ValueError(
            f"Cannot split {n} frames into {sizes!r}, expected three positive sizes that add up "
            'to the number of frames. Write them as "1200/400/400".'
        )
    first, second = parts[0], parts[0] + parts[1]
    return Split(slice(0, first), slice(first, second), slice(second, n))


def wilson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a rate, k found out of n: (low, high), as shares from 0 to 1.

    It stays within 0 and 1 and is not empty when k is 0 or n (Wilson, J. Am. Stat. Assoc. 22,
    209, 1927).  k may be a fraction, the mean of several seeds.  For n = 0 it is (0, 1).

    Raises
    ------
    ValueError
        If k is not between 0 and n, or the level not between 0 and 1.
    """
    if not (0 <= k <= n and 0 < level < 1):
        raise ValueError(
            f"No interval for {k} found of {n} at level {level}, expected 0 <= k <= n and "
            "0 < level < 1. Check the counts."
        )
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate, scale = k / n, 1 + z**2 / n
    centre = (rate + z**2 / (2 * n)) / scale
    half = z / scale * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    return (max(0.0, centre - half) if k else 0.0), (min(1.0, centre + half) if k < n else 1.0)


@dataclass(frozen=True)
class Counts:
    """What a classifier got right: hits (and maybes) found, misses recognised, of how many."""

    hits_found: int
    hits_total: int
    misses_found: int
    misses_total: int

    @property
    def recall(self) -> float:
        """Share of hits and maybes found; nan where there is none or the count is not known."""
        return _share(self.hits_found, self.hits_total)

    @property
    def specificity(self) -> float:
        """Share of misses recognised; nan where there is none or the count is not known."""
        return _share(self.misses_found, self.misses_total)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of recall and specificity: 0.5 for guessing, whatever the share of hits."""
        return (self.recall + self.specificity) / 2

    @property
    def recall_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the recall, (low, high)."""
        return wilson(self.hits_found, self.hits_total)

    @property
    def specificity_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the specificity, (low, high)."""
        return wilson(self.misses_found, self.misses_total)

    def __str__(self):
        recall = rate_text(self.hits_found, self.hits_total)
        return f"recall {recall}; specificity {rate_text(self.misses_found, self.misses_total)}"


def _share(k, n):
    return math.nan if k is None or n == 0 else k / n


def rate_text(k: int, n: int) -> str:
    """A rate as it is shown: "96.9 % (63/65, 95 %: 89 to 99)"; a dash where it is not known."""
    if k is None or n == 0:
        return "–"
    low, high = wilson(k, n)
    return f"{100 * k / n:.1f} % ({k}/{n}, 95 %: {100 * low:.0f} to {100 * high:.0f})"


def count(truth: ArrayLike, decision: ArrayLike) -> Counts:
    """Compare decisions with labels, both (n,) bool, True = hit or maybe: `Counts`.

    Raises
    ------
    ValueError
        If they differ in length or are not bool (probabilities need a threshold first).
    """
    truth, decision = np.asarray(truth), np.asarray(decision)
    if truth.shape != decision.shape or truth.dtype != bool or decision.dtype != bool:
        raise ValueError(
            f"Cannot compare {decision.dtype} decisions of shape {decision.shape} with "
            f"{truth.dtype} labels of shape {truth.shape}, expected two bool arrays of one length. "
            "Compare probabilities with a threshold first."
        )
    hits, detected = int(truth.sum()), int((truth & decision).sum())
    rejected = int((~truth & ~decision).sum())
    return Counts(detected, hits, rejected, truth.size - hits)


def best_threshold(score: ArrayLike, truth: ArrayLike) -> float:
    """The lowest score to call a hit that maximises recall + specificity on these frames.

    Parameters
    ----------
    score : (n,) numbers, such as spots per frame; a hit has more
    truth : (n,) bool, True = hit or maybe; both classes must occur

    Raises
    ------
    ValueError
        If a class is missing.
    """
    score, truth = np.asarray(score), np.asarray(truth, bool)
    if truth.all() or not truth.any():
        raise ValueError(
            f"All {truth.size} labels are of one class, expected both. Use more frames."
        )
    candidates = np.unique(score)
    merits = [np.mean(score[truth] >= t) + np.mean(score[~truth] < t) for t in candidates]
    return candidates[int(np.argmax(merits))]


def auc(score: ArrayLike, truth: ArrayLike) -> float:
    """Area under the ROC curve: how often a hit scores above a miss, ties counted by half.

    Parameters
    ----------
    score : (n,) numbers, the higher the surer of a hit
    truth : (n,) bool, True = hit or maybe; both classes must occur

    Raises
    ------
    ValueError
        If a class is missing.
    """
    from sklearn.metrics import roc_auc_score

    _by_class(score, truth)
    return float(roc_auc_score(truth, score))


def _by_class(score, truth):
    """The scores of hits and those of misses."""
    score, truth = np.asarray(score), np.asarray(truth, bool)
    if score.shape != truth.shape or np.isnan(score).any() or truth.all() or not truth.any():
        raise ValueError(
            f"Found {score.size} scores, {np.isnan(score).sum()} of them no number, and "
            f"{truth.size} labels, {truth.sum()} of them hits or maybes, expected a score for each "
            "label, and both classes. Give the scores and labels of the same frames, or more."
        )
    return score[truth], score[~truth]


def threshold_at(score: ArrayLike, truth: ArrayLike, specificity: float = 0.95) -> float:
    """The lowest score to call a hit that recognises at least this share of the misses.

    Choose it on validation frames, then `count` on the test frames: methods are compared at the
    same specificity, not at a p of 0.5 that each network puts elsewhere.

    Parameters
    ----------
    score : (n,) numbers, the higher the surer of a hit
    truth : (n,) bool, True = hit or maybe; at least one miss
    specificity : share of the misses, 0 to 1

    Raises
    ------
    ValueError
        If there is no miss, or a score is no number.
    """
    score, truth = np.asarray(score), np.asarray(truth, bool)
    if truth.all() or np.isnan(score).any():
        problem = "no miss among the labels" if truth.all() else "a score that is no number"
        raise ValueError(f"Found {problem}, expected a number each and a miss. Use more frames.")
    candidates = np.unique(score)
    recognised = np.searchsorted(np.sort(score[~truth]), candidates)
    # whole counts: without the slack, 0.95 of 20 misses could be 20
    enough = recognised >= specificity * np.sum(~truth) - 1e-9
    if enough.any():
        return candidates[np.argmax(enough)]
    kind = np.result_type(score, np.float16)  # float32 scores do not see the next float64
    return np.nextafter(candidates[-1].astype(kind), np.inf, dtype=kind)  # no frame is a hit


def spot_count(spots: ArrayLike, labels: ArrayLike, sizes: str = "1200/400/400") -> Counts:
    """The baseline of every table: a threshold on spots, chosen on training labels: `Counts`.

    Parameters
    ----------
    spots : (n,) spots found per frame
    labels : (n,) "HIT", "MAYBE" or "MISS"
    sizes : as in `split`; the validation frames are not used
    """
    spots, truth, parts = np.asarray(spots), is_positive(labels), split(labels, sizes)
    threshold = best_threshold(spots[parts.train], truth[parts.train])
    return count(truth[parts.test], spots[parts.test] >= threshold)


def always_miss(labels: ArrayLike, sizes: str = "1200/400/400") -> Counts:
    """The baseline of no skill: every test frame is called a miss: `Counts`."""
    truth = is_positive(labels)[split(labels, sizes).test]
    return count(truth, np.zeros_like(truth))
