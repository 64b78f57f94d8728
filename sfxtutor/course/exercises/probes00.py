"""What the exercises of lesson 00 compare: answers that are right, and the usual mistakes."""

from functools import lru_cache

import numpy as np

from ...metrics import wilson
from ...runs.open import open_run
from ..student import personal_seed


def own_counts():
    """A student's own decisions on 400 frames, 65 of them positives: called rightly, wrongly."""
    rng = np.random.default_rng(personal_seed())
    return rng.integers(40, 52), rng.integers(40, 60)


def first(width):
    """The smallest multiple of 20 for which width(n) is 5 points or less."""
    return next(n for n in range(20, 5000, 20) if width(n) <= 0.05)


def width_at(n):
    """Width of Wilson's interval at 95 % found of n."""
    return np.ptp(wilson(0.95 * n, n))


def frame_sets():
    """Three sets of frames, each spots found (n,) and which are positives (n,) bool."""
    rng = np.random.default_rng(0)
    for positives, misses in ((20, 300), (30, 150), (60, 60)):
        hits = rng.integers(20, 60, positives)
        hits[:6] = 2, 5, 8, 11, 14, 17  # the faint ones, of which some may be lost
        spots = np.concatenate([hits, rng.geometric(0.15, misses) - 1])
        yield spots, np.arange(len(spots)) < positives


def decisions(choose):
    """Frames kept, of each set, with the thresholds that `choose` gives."""
    return [int(np.sum(spots >= choose(spots, truth))) for spots, truth in frame_sets()]


def chosen(spots, truth):
    return max(t for t in np.unique(spots) if np.mean(spots[truth] >= t) >= 0.95)


def best(merit):
    """Function that chooses the lowest threshold of greatest merit(truth, decision)."""
    return lambda spots, truth: max(np.unique(spots), key=lambda t: merit(truth, spots >= t))


def quantile(method):
    """Answer that takes the 5 % quantile of the positives' spots."""
    return lambda: lambda spots, truth: np.quantile(spots[truth], 0.05, method=method)


def reaching(rate):
    """Answer that gives the lowest threshold at which rate(truth, decision) is at least 95 %."""
    return lambda: (
        lambda spots, truth: next(t for t in np.unique(spots) if rate(truth, spots >= t) >= 0.95)
    )


def same_as(*answers):
    """Function that tells whether the frames kept are those of one of the answers."""
    return lambda found: any(list(found) == decisions(answer()) for answer in answers)


@lru_cache(maxsize=4)
def own_labels(seed):
    return open_run("LO19", seed=seed).labels


def share(wanted, frames=300, scale=1):
    """Number of frames with one of the wanted labels, and the interval of their share."""
    count = int(np.isin(own_labels(personal_seed())[:frames], wanted).sum())
    return count, *(scale * end for end in wilson(count, frames))


def cases():
    """Two sets of labels and decisions, both (n,) bool."""
    rng = np.random.default_rng(4)
    for n, hits in ((50, 0.2), (400, 0.35)):
        truth = rng.random(n) < hits
        yield truth, np.where(rng.random(n) < 0.25, ~truth, truth)


def rates(*columns):
    """Answer whose two rates are the functions of (truth, decision) in `columns`."""
    return lambda: lambda truth, decision: tuple(rate(truth, decision) for rate in columns)


def recall(truth, decision):
    return np.mean(decision[truth])


def specificity(truth, decision):
    return np.mean(~decision[~truth])


def precision(truth, decision):
    return np.mean(truth[decision])
