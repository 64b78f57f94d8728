"""Data, probes and wrong answers of the exercises of lesson 11; see nb11.

All p, labels and counts are synthetic; the frames of g2 are those of your own LO19.
"""

import numpy as np

from ...metrics import wilson
from ..student import personal_seed
from .compare import agree

SPREADS = (
    lambda p: p.std(axis=0),
    lambda p: p.var(axis=0),
    lambda p: p.std(axis=0, ddof=1),
    lambda p: np.ptp(p, axis=0),
)
CURVES = (  # labels, hits found, hits tested
    ((10, 20, 50, 100, 200), (960, 990, 940, 985, 992), 1000),
    ((10, 20, 50, 100), (800, 955, 970, 975), 1000),
    ((10, 50), (900, 960), 1000),
)


def votes():
    """p of four networks for five frames, (4, 5): agreed, disputed, and between."""
    return np.array(
        [
            [0.5, 0.02, 0.9, 0.30, 0.6],
            [0.5, 0.97, 0.9, 0.45, 0.8],
            [0.5, 0.03, 0.9, 0.60, 0.7],
            [0.5, 0.99, 0.8, 0.20, 0.1],
        ]
    )


def entropy(p):
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def half_entropy(p):
    """A wrong entropy: of one of the two classes."""
    return -p * np.log(p)


def disagreement(entropy=entropy, members=None, axis=0):
    """An answer to q1; `members` replaces the mean of the entropies."""

    def answer(p):
        own = members(p) if members else entropy(p).mean(axis=axis)
        return entropy(p.mean(axis=axis)) - own

    return answer


def mean_entropy(p):
    """A wrong answer to q1: what the members are unsure of, each by itself."""
    return entropy(p).mean(axis=0)


def is_mean_entropy(found):
    """Whether it is the mean of the entropies, or that with the other sign."""
    return any(agree(found, sign * mean_entropy(votes()), 1e-4) for sign in (1, -1))


def labelled():
    """Inputs (9, 2), labels (9,) bool and folds (9,) int, in no order."""
    x = np.arange(18.0).reshape(9, 2)
    y = np.array([1, 0, 0, 1, 1, 0, 1, 0, 0], bool)
    return x, y, np.array([2, 0, 1, 1, 0, 2, 0, 1, 2])


def fit(x, y):
    """A "network" that shows what it has seen: p depends on all its labels, and on its inputs."""
    seen = {row.tobytes(): 0.3 * label for row, label in zip(x, y, strict=True)}
    share = 0.5 * np.mean(y) + 0.01 * len(y) + 0.001 * x.mean()
    return lambda inputs: np.array([share + seen.get(row.tobytes(), 0.0) for row in inputs])


def probe_out_of_fold(answer):
    x, y, fold = labelled()
    return answer(fit, x, y, fold)


def out_of_fold(fit, x, y, fold):
    """The right answer to q2."""
    p = np.empty(len(y))
    for k in np.unique(fold):
        p[fold == k] = fit(x[fold != k], y[fold != k])(x[fold == k])
    return p


def seen_by_all(fit, x, y, fold):
    """A wrong answer to q2: one network, that has seen every label."""
    return fit(x, y)(x)


def own_fold(fit, x, y, fold):
    """A wrong answer to q2: each network learns from the fold that it is tested on."""
    p = np.empty(len(y))
    for k in np.unique(fold):
        p[fold == k] = fit(x[fold == k], y[fold == k])(x[fold == k])
    return p


def by_fold(fit, x, y, fold):
    """A wrong answer to q2: right numbers in the order of the folds."""
    return np.concatenate([out_of_fold(fit, x, y, fold)[fold == k] for k in np.unique(fold)])


def one_network(fit, x, y, fold):
    """A wrong answer to q2: the network without the first fold for all frames."""
    first = np.unique(fold)[0]
    return fit(x[fold != first], y[fold != first])(x)


def judged():
    """p out of fold (12,) of a network that prefers hits, and labels (12,)."""
    p = np.array([0.95, 0.9, 0.88, 0.92, 0.3, 0.6, 0.4, 0.35, 0.55, 0.91, 0.33, 0.7])
    given = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], bool)
    return p, given


def probe_suspects(answer):
    found = answer(*(part.copy() for part in judged()))
    return found if found is None or found is ... else np.asarray(found, float)


def suspects(hit_from=None, miss_from=None):
    """An answer to q3, with other thresholds."""

    def answer(p, given):
        high = p[given].mean() if hit_from is None else hit_from
        low = (1 - p[~given]).mean() if miss_from is None else miss_from
        return np.where(given, 1 - p >= low, p >= high)

    return answer


def thresholds_swapped(p, given):
    """A wrong answer to q3: each frame is compared with the mean of its own label."""
    return np.where(given, 1 - p >= (1 - p[given]).mean(), p >= p[~given].mean())


def confident_right(p, given):
    """A wrong answer to q3: the frames whose label the network confirms."""
    return np.where(given, p >= p[given].mean(), 1 - p >= (1 - p[~given]).mean())


def risk(weight=None, subtract=None, at_least=0.0):
    """An answer to q4; `weight` and `subtract` stand for the prior in its two places."""

    def answer(marked, others, prior):
        of_hits = (prior if weight is None else weight) * np.mean(1 - marked)
        share = prior if subtract is None else subtract
        return of_hits + max(at_least, np.mean(others) - share * np.mean(marked))

    return answer


def of_misses(marked, others, prior):
    """A wrong answer to q4: the share of misses in the place of that of hits."""
    return risk()(marked, others, 1 - prior)


def probe_risk(answer):
    cases = (([0.9, 0.7], [0.6, 0.2, 0.4], 0.3), ([0.8, 0.9, 1.0], [0.1, 0.2], 0.6))
    return tuple(float(answer(np.array(a), np.array(b), prior)) for a, b, prior in cases)


def fewest(rate=lambda k, n: wilson(k, n)[0]):
    """An answer to q5; `rate` is what has to be above 0.95."""

    def answer(labels, found, total):
        best = np.inf
        for number, k in zip(labels[::-1], found[::-1], strict=True):
            if rate(k, total) <= 0.95:
                break
            best = number
        return best

    return answer


def first_crossing(labels, found, total):
    """A wrong answer to q5: the curve falls below the limit again."""
    return min((n for n, k in zip(labels, found, strict=True) if enough(k, total)), default=np.inf)


def largest(labels, found, total):
    """A wrong answer to q5: the number of labels with the highest recall, if that is enough."""
    k = int(np.argmax(found))
    return labels[k] if enough(found[k], total) else np.inf


def enough(k, total):
    return wilson(k, total)[0] > 0.95


def probe_fewest(answer):
    """What an answer gives for each curve: a tuple of numbers."""
    return tuple(answer(np.array(a), np.array(b), n) for a, b, n in CURVES)


def by_share(sign=1):
    """An answer to g1; with another sign the lowest scores are hits."""

    def answer(score, share):
        hits = np.zeros(len(score), bool)
        order = np.argsort(sign * np.asarray(score), kind="stable")
        hits[order[len(score) - round(share * len(score)) :]] = True
        return hits

    return answer


def probe_shares(answer):
    """How many frames an answer calls hits, and the sum of their scores, for three cases."""
    cases = (
        (np.array([4, 0, 9, 7, 1, 30, 2, 3]), 0.25),
        (np.array([3, 0, 3, 3, 1, 3, 8, 0, 0, 1]), 0.3),
        (np.arange(6.0), 0.5),
    )
    found = [(np.asarray(answer(score.copy(), share)), score) for score, share in cases]
    if any(hits.dtype != bool or hits.shape != score.shape for hits, score in found):
        return tuple(hits for hits, _ in found)
    return tuple((int(hits.sum()), float(score[hits].sum())) for hits, score in found)


def weak_rates(positive=("HIT", "MAYBE"), limit=4, of_called=False):
    """An answer to g2: recall and specificity of a spot count on the first 120 frames."""
    from ...fast.kernels import count_spots
    from ...preprocess import center_crop
    from ...runs.open import open_run

    run = open_run("LO19", seed=personal_seed())
    good = center_crop(run.mask)
    called = np.array([count_spots(run.crop(i), mask=good) >= limit for i in range(120)])
    truth = np.isin(run.labels[:120], positive)
    recall = np.mean(truth[called]) if of_called else np.mean(called[truth])
    return float(recall), float(np.mean(~called[~truth]))
