"""How well scorers tell hits from misses, and what they make of blanks, with intervals.

The spot count of the package stands beside each scorer, on the same frames.  An AUC has Newcombe's
interval (Stat. Med. 25, 559, 2006, method 5), which is not empty where all hits score above all
misses.  The difference of two AUCs on the same frames has the interval of Zou and Donner (Stat.
Med. 27, 1693, 2008) from the two, with the correlation of DeLong et al. (Biometrics 44, 837, 1988).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import rankdata

from sfxtutor.fast.kernels import count_spots
from sfxtutor.mask import Mask
from sfxtutor.metrics import Counts, auc, count, rate_text
from sfxtutor.paper.intervals import Estimate

from .blanks import BLANKS, blanks
from .frames import hits, misses

Z = 1.959964  # of a 95 % interval
SPOTS = "spot count"
MANY = 10  # spots that make a hit, for the spot count


@dataclass(frozen=True)
class Scorer:
    """What is judged.

    Attributes
    ----------
    score : function (frames, mask) -> (n,) numbers, the higher the surer of a hit, nan without a
        score; frames is a list of raw frames, mask what the files state, bool, or None
    threshold : float, from which a frame is called a hit
    """

    score: Callable
    threshold: float = 0.5


@dataclass(frozen=True)
class Case:
    """Frames to be judged: `count` hits and as many misses of each of the seeds' beamlines."""

    detector: str
    background: float
    count: int = 10
    seeds: tuple = (0, 1, 2)
    visible: tuple = (15, 150)
    brightness: float | None = None
    cell: str | None = None


@dataclass(frozen=True)
class Row:
    """What a scorer did on a case.

    Attributes
    ----------
    auc : Estimate
    counts : Counts, at the scorer's threshold
    gain : Estimate, its AUC minus that of the spot count on the same frames
    unscored : int, frames without a score; they count as the surest misses
    """

    case: Case
    scorer: str
    auc: Estimate
    counts: Counts
    gain: Estimate
    unscored: int


def judge(scorers, cases):
    """Hits and misses of each case by each scorer, a dict of name to `Scorer`: yield `Row`."""
    for case in cases:
        scores, truth = _scores(scorers, case)
        for name, score in scores.items():
            threshold = MANY if name == SPOTS else scorers[name].threshold
            seen = _as_numbers(score)
            yield Row(
                case,
                name,
                auc_interval(seen, truth),
                count(truth, seen >= threshold),
                auc_difference(seen, _as_numbers(scores[SPOTS]), truth),
                int(np.isnan(score).sum()),
            )


def _scores(scorers, case):
    """All scores of a case, name -> (n,), and which frames are hits: (n,) bool."""
    parts, truth = [], []
    for seed in case.seeds:
        common = {"count": case.count, "seed": seed, "cell": case.cell}
        shape = {"visible": case.visible, "brightness": case.brightness}
        for made, hit in (
            (hits(case.detector, case.background, **common, **shape), True),
            (misses(case.detector, case.background, **common), False),
        ):
            parts.append(score_all(scorers, made))
            truth += [hit] * len(made)
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}, np.array(truth)


def score_all(scorers, made):
    """The scores of frames by each scorer and by the spot count: name -> (n,) float."""
    raw = list(made)
    scores = {name: scorer.score(raw, made.mask) for name, scorer in scorers.items()}
    scores[SPOTS] = spot_counts(raw, made)
    return {name: np.asarray(score, float) for name, score in scores.items()}


def _as_numbers(score):
    """Scores with those that are no number below all others."""
    lowest = np.nanmin(score) if np.isfinite(score).any() else 0.0
    return np.where(np.isnan(score), lowest - 1, score)


def judge_blanks(scorers, detector, background=0.5, count=10, seeds=(0, 1), kinds=tuple(BLANKS)):
    """Blanks that are called hits: yield (kind, {name: (called, of)}) with the spot count's."""
    thresholds = {name: scorer.threshold for name, scorer in scorers.items()} | {SPOTS: MANY}
    for kind in kinds:
        called = dict.fromkeys(thresholds, 0)
        for seed in seeds:
            made = blanks(kind, detector, background, count, seed)
            for name, score in score_all(scorers, made).items():
                called[name] += int((score >= thresholds[name]).sum())
        yield kind, {name: (k, count * len(seeds)) for name, k in called.items()}


def spot_counts(raw, made):
    """Spots that the package finds in raw frames, all panels of each added up: (n,) int.

    Photons are what it is given of a counter or an integrating detector, with a gain of 1; of a CCD
    the raw numbers, with the gain that they have (`measured_gain`).
    """
    detector = made.scene.detector
    masks = [Mask(panel) if panel.any() else None for panel in _panels(detector, made.good)]

    def found(frame):
        ccd = detector.kind == "ccd"
        photons = frame if ccd else np.nan_to_num(frame / detector.gain)
        gain = measured_gain(frame, made.good) if ccd else 1.0
        pixels = np.clip(np.rint(photons), 0, 65535).astype(np.uint16)
        return sum(
            count_spots(panel, gain, global_threshold=0, mask=mask)
            for panel, mask in zip(_panels(detector, pixels), masks, strict=True)
            if mask is not None
        )

    return np.array([found(frame) for frame in raw])


def measured_gain(frame, good):
    """Variance over mean in blocks of 8 x 8 good pixels of a frame (y, x), their median: float.

    What DIALS' users are told to find out of a detector whose gain they do not know.
    """
    rows, columns = (n // 8 * 8 for n in frame.shape)

    def blocks(image):
        cut = image[:rows, :columns].reshape(rows // 8, 8, columns // 8, 8)
        return cut.transpose(0, 2, 1, 3).reshape(-1, 64)

    whole = blocks(good).all(axis=1)
    pixels = blocks(frame)[whole].astype(float)
    return float(np.median(pixels.var(axis=1, ddof=1) / np.maximum(pixels.mean(axis=1), 1e-9)))


def _panels(detector, frame):
    """The panels of a raw frame, also where they lie side by side in one image: list of (y, x)."""
    flat = frame.reshape(detector.flat)
    return [flat[rows, columns] for rows, columns, _ in detector.places]


def auc_interval(score, truth):
    """AUC with its 95 % interval by Newcombe's method 5: Estimate."""
    score, truth = np.asarray(score), np.asarray(truth, bool)
    value, hits_n, misses_n = auc(score, truth), int(truth.sum()), int((~truth).sum())

    def beyond(area):
        return (area - value) ** 2 - Z**2 * _variance(area, hits_n, misses_n)

    # `beyond` is 0 at an AUC of 0 and of 1, which are no ends of the interval
    low = brentq(beyond, 1e-12, min(value, 1 - 1e-9)) if value > 1e-9 else 0.0
    high = brentq(beyond, max(value, 1e-9), 1 - 1e-12) if value < 1 - 1e-9 else 1.0
    return Estimate(value, low, high)


def _variance(area, hits_n, misses_n):
    """Variance of an AUC after Hanley and McNeil (Radiology 143, 29, 1982), as Newcombe has it."""
    half = (hits_n + misses_n) / 2 - 1
    both = 1 + half * (1 - area) / (2 - area) + half * area / (1 + area)
    return area * (1 - area) * both / (hits_n * misses_n)


def auc_difference(a, b, truth):
    """AUC of scores a minus that of b, on the same frames, with its 95 % interval: Estimate."""
    if np.array_equal(a, b):
        return Estimate(0.0, 0.0, 0.0)
    first, second = auc_interval(a, truth), auc_interval(b, truth)
    together, value = _correlation(a, b, truth), first.value - second.value

    def reach(x, y):
        return math.sqrt(max(x**2 + y**2 - 2 * together * x * y, 0.0))

    low = value - reach(first.value - first.low, second.high - second.value)
    high = value + reach(first.high - first.value, second.value - second.low)
    return Estimate(value, low, high)


def _correlation(a, b, truth):
    """Correlation of two AUCs on the same frames after DeLong; 0 where one of them is certain."""
    covariance = np.zeros((2, 2))
    for wanted in (True, False):
        placed = [_placement(np.asarray(score), truth, wanted) for score in (a, b)]
        covariance += np.cov(placed) / len(placed[0])
    scale = math.sqrt(covariance[0, 0] * covariance[1, 1])
    return covariance[0, 1] / scale if scale > 0 else 0.0


def _placement(score, truth, wanted):
    """For each frame of a class, the share of the other class that it lies above, ties by half."""
    own, n = score[truth == wanted], int((truth != wanted).sum())
    above = rankdata(score)[truth == wanted] - rankdata(own)
    return above / n


def table(rows):
    """Rows as a table in Markdown: str."""
    lines = [
        "| detector | photons a pixel | scorer | AUC | recall | specificity | AUC, minus spots |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        c = row.counts
        lines.append(
            f"| {row.case.detector} | {row.case.background:g} | {row.scorer} "
            f"| {row.auc.text(1, 3)} | {rate_text(c.hits_found, c.hits_total)} "
            f"| {rate_text(c.misses_found, c.misses_total)} | {row.gain.text(1, 3)} |"
        )
    return "\n".join(lines)


def blanks_table(rows):
    """Blanks called hits as a table in Markdown, of what `judge_blanks` yields: str."""
    rows = list(rows)
    names = list(rows[0][1])
    lines = [f"| blank | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for kind, called in rows:
        cells = (f"{k}/{n}" for k, n in called.values())
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    sums = [np.sum([called[name] for _, called in rows], axis=0).tolist() for name in names]
    lines.append(f"| all | {' | '.join(rate_text(k, n) for k, n in sums)} |")
    return "\n".join(lines)
