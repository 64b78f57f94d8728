"""What the exercises of lesson 03 compare: epochs, numbers of frames, splits, reports, leaks."""

import math

import numpy as np

from ...metrics import is_positive, wilson
from ..student import history, hit_rate, night

PRIOR = 0.01  # of q1: share of positives in the run to be filtered
RATE, LABELLED = 0.97, 1500  # of q3: expected recall, and frames of the test


def own_rates():
    """Recall and specificity of a student's own filter."""
    kept, lost, slipped, rejected = night()
    return kept / (kept + lost), rejected / (slipped + rejected)


def precision_at(prior=PRIOR, wrong=lambda rate: 1 - rate):
    """An answer to q1; `wrong` makes the share of misses that is kept of the specificity."""
    recall, specificity = own_rates()
    hits = recall * prior
    return hits / (hits + wrong(specificity) * (1 - prior))


def accuracy_at():
    """A wrong answer to q1: the share of right decisions."""
    recall, specificity = own_rates()
    return recall * PRIOR + specificity * (1 - PRIOR)


def epoch_by(choose, report="test", first=0, rate=0):
    """An answer to q2: the epoch that `choose` picks, counted from `first`, and a rate of it."""
    rates = history()
    epoch = int(choose(rates))
    return epoch + first, rates[report][epoch, rate]


def expected_interval(positives=lambda frames: frames * hit_rate(), interval=wilson):
    """The interval of the expected recall in q3; `positives` gives how many the test holds."""
    n = positives(LABELLED)
    return interval(RATE * n, n)


def textbook(k, n):
    """p +- 1.96 sqrt(p (1 - p) / n): (low, high)."""
    p = k / n
    half = 1.96 * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def split_facts(split):
    """What counts in a split, for two runs: sizes, order, frames in two parts, smallest gap."""
    facts = []
    for n, sizes, gap in ((44, (20, 8, 6), 3), (120, (50, 30, 20), 5)):
        a, b, c = (np.arange(n)[part] for part in split(n, sizes, gap))
        gaps = [np.abs(x[:, None] - y).min() - 1 for x, y in ((a, b), (b, c), (a, c))]
        facts.append(
            {
                "sizes": (a.size, b.size, c.size) == sizes,
                "in_order": a.max() < b.min() and b.max() < c.min(),
                "backwards": c.max() < a.min(),
                "shared": len(np.intersect1d(a, b)) + len(np.intersect1d(np.union1d(a, b), c)),
                "gap": min(gaps) >= gap,
            }
        )
    return facts


def every_split(**wanted):
    """Whether the facts of both splits are as wanted."""
    return lambda facts: all(fact[name] == wanted[name] for fact in facts for name in wanted)


def sequential(n, sizes, gap):
    a, b, c = sizes
    second, third = a + gap, a + b + 2 * gap
    return slice(0, a), slice(second, second + b), slice(third, third + c)


def shuffled(n, sizes, gap):
    order = np.random.default_rng(0).permutation(n)
    return [order[part] for part in sequential(n, sizes, gap)]


def report_by(
    positive=is_positive, over=lambda truth: truth, above=np.greater, interval=wilson, scale=1
):
    """An answer to g1; `over` picks the frames that are counted, `above` those called positive."""

    def report(labels, p, threshold):
        truth = positive(labels)
        right = above(p, threshold) == truth
        k, n = int(right[over(truth)].sum()), int(over(truth).sum())
        return k, n, *(scale * end for end in interval(k, n))

    return report


def precision_report(labels, p, threshold):
    """A wrong answer to g1: of the frames called positive, those that are."""
    called = p > threshold
    k, n = int(is_positive(labels)[called].sum()), int(called.sum())
    return k, n, *wilson(k, n)


def probe_report(report):
    rng = np.random.default_rng(3)
    labels = rng.choice(["HIT", "MAYBE", "MISS"], 300, p=(0.1, 0.06, 0.84))
    centre = {"HIT": 0.8, "MAYBE": 0.55, "MISS": 0.2}
    p = np.clip([rng.normal(centre[label], 0.2) for label in labels], 0, 1)
    edge = p[labels != "MISS"][3]  # a positive whose p is the threshold itself
    return report(labels, p, 0.5), report(labels[:120], p[:120], 0.3), report(labels, p, edge)


def leaked_by(count):
    """An answer to g2: `count` sums up which training frame (column) is near which test frame."""
    return lambda train, test, reach: int(
        count(np.abs(np.asarray(test)[:, None] - np.asarray(train)) <= reach)
    )


def probe_leaked(leaked):
    order = np.random.default_rng(4).permutation(60)
    return leaked(order[:20], order[40:], 1), leaked(order[:9], order[30:], 2), leaked([5], [4], 1)
