"""Data, probes and wrong answers of the exercises of lesson 08; see nb08.

All scores, labels and counts are synthetic.
"""

import math

import numpy as np

from ...metrics import wilson
from ..student import judged, scores, validated_and_tested, watched
from .compare import agree


def in_bin(low=0.6, high=0.8, share=lambda truth, chosen: truth[chosen].mean()):
    """An answer to q1: mean p of a bin, and a share."""
    p, truth = judged()
    chosen = (p >= low) & (p < high)
    return p[chosen].mean(), share(truth, chosen)


def threshold(p, truth, wanted):
    """The highest threshold that finds that share of the positives."""
    positives = np.sort(p[truth])[::-1]
    return positives[math.ceil(wanted * len(positives) - 1e-9) - 1]  # 1e-9: rounding of a product


def operate(choose):
    """An answer to q2 from a function that chooses the threshold."""

    def operating_point(p_valid, truth_valid, p_test, truth_test, wanted):
        t = choose((p_valid, truth_valid), (p_test, truth_test), wanted)
        return t, np.mean(p_test[truth_test] >= t)

    return operating_point


def validated(p_valid, truth_valid, p_test, truth_test, wanted):
    """A wrong answer to q2: the recall on the frames that chose the threshold."""
    t = threshold(p_valid, truth_valid, wanted)
    return t, np.mean(p_valid[truth_valid] >= t)


def valid_frames():
    """Validation frames of q2: p and labels."""
    return scores(np.random.default_rng(7), 37, 90)


def probe_operate(operating_point):
    """Threshold and recall for the same validation frames and two sets of test frames."""
    valid, rng = valid_frames(), np.random.default_rng(70)
    first, second = scores(rng, 60, 200), scores(rng, 50, 170, shift=0.8)
    points = [operating_point(*valid, *test, 0.9) for test in (first, second)]
    return tuple(float(number) for t, recall in points for number in (t, recall))


def follows_test(value):
    """Whether the threshold changes with the test frames."""
    return not agree(value[0], value[2], 1e-6)


def finds_less_than(share):
    """Whether the threshold finds less than that share of the validation positives."""
    p, truth = valid_frames()
    return lambda value: bool(np.mean(p[truth] >= value[0]) < share)


def cheapest(cost):
    """An answer to q3 from cost(lost positives, kept misses, positives, misses, R)."""

    def choose(p, truth, ratio):
        grid = np.unique(p)
        lost = np.array([np.sum(truth & (p < t)) for t in grid])
        kept = np.array([np.sum(~truth & (p >= t)) for t in grid])
        return grid[np.argmin(cost(lost, kept, truth.sum(), np.sum(~truth), ratio))]

    return choose


def probe_cheapest(choose):
    """Positives lost and misses kept at the thresholds chosen for three ratios."""
    p, truth = scores(np.random.default_rng(8), 40, 300, shift=0.6)
    values = []
    for ratio in (1, 8, 40):
        t = choose(p, truth, ratio)
        values += [np.sum(truth & (p < t)), np.sum(~truth & (p >= t))]
    return tuple(values)


def lost(n=None, scale=None, interval=wilson):
    """An answer to q4: k of n positive, times `scale`."""
    _, rejected, looked_at, k = watched()
    n, scale = n or looked_at, scale or rejected
    low, high = interval(k, n)
    return scale * k / n, scale * low, scale * high


def textbook(k, n):
    """p +- 1.96 sqrt(p (1 - p) / n): (low, high)."""
    half = 1.96 * math.sqrt(k / n * (1 - k / n) / n)
    return k / n - half, k / n + half


def newcombe(a, b, n):
    """Difference of two rates, a and b found of n each, with its 95 % interval."""
    (a_low, a_high), (b_low, b_high) = wilson(a, n), wilson(b, n)
    value = (a - b) / n
    low = value - math.hypot(a / n - a_low, b_high - b / n)
    return value, low, value + math.hypot(a_high - a / n, b / n - b_low)


def decision(low, high):
    """What an interval of a - b says."""
    return "a" if low > 0 else "b" if high < 0 else "undecided"


def better(a, b, n):
    """The right answer to q5."""
    return decision(*newcombe(a, b, n)[1:])


def apart(a, b, n):
    """A wrong answer to q5: decided only where the two intervals do not touch."""
    (a_low, a_high), (b_low, b_high) = wilson(a, n), wilson(b, n)
    return decision(a_low - b_high, a_high - b_low)


def one_fixed(a, b, n):
    """A wrong answer to q5: whether the other rate lies in the interval of the first."""
    low, high = wilson(a, n)
    return decision(low - b / n, high - b / n)


def other_fixed(a, b, n):
    """The same the other way round."""
    low, high = wilson(b, n)
    return decision(a / n - high, a / n - low)


def wald(a, b, n):
    """A wrong answer to q5: the textbook's interval of a difference."""
    half = 1.96 * math.sqrt((a * (n - a) + b * (n - b)) / n**3)
    return decision((a - b) / n - half, (a - b) / n + half)


CASES = ((63, 60, 65), (392, 378, 400), (378, 392, 400), (186, 175, 200), (390, 350, 400))
CASES += ((57, 63, 65), (59, 64, 65), (205, 200, 400))


def probe_better(decide):
    """What a function says to five pairs of counts."""
    return tuple(decide(*case) for case in CASES)


def written(lost=None, kept=None, disk=None):
    """An answer to g1; other functions replace its parts."""

    def budget(recall, specificity, hit_rate, frames):
        y, n = frames * hit_rate, frames * (1 - hit_rate)
        saved = y * recall
        slipped = kept(specificity, n, frames) if kept else n * (1 - specificity)
        on_disk = disk(saved, slipped) if disk else saved + slipped
        gone = lost(recall, frames) if lost else y - saved
        return gone, slipped, on_disk / frames

    return budget


def probe_written(budget):
    """What a function says to two filters."""
    filters = (0.95, 0.9, 0.03, 1_000_000), (0.8, 0.99, 0.2, 5_000)
    return tuple(number for rates in filters for number in budget(*rates))


def chosen(use=slice(0, 2), t=None, report=slice(2, 4), interval=wilson, scale=1):
    """An answer to g2: threshold from one pair of arrays, recall and interval of another."""
    data = validated_and_tested()
    t = threshold(*data[use], 0.95) if t is None else t
    p, truth = data[report]
    k, n = int(np.sum(p[truth] >= t)), int(truth.sum())
    return t, *(scale * rate for rate in (k / n, *interval(k, n)))
