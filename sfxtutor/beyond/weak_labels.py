"""Labels that no expert gave: from a spot count, with errors in them, or of hits alone."""

import keras
import numpy as np

from ..training import predict
from .ensembles import AT_ONCE

RULE = 4  # visible spots from which the experts' rule calls a frame a maybe
SURE = 0.8  # share of its decisions of either class from which a network learns again


def by_share(score, share):
    """Labels (n,) bool: that share of the frames with the highest scores are hits.

    For a score whose scale is wrong: no number of spots is a limit then, but their order counts.
    """
    order = np.argsort(np.asarray(score), kind="stable")
    labels = np.zeros(len(order), bool)
    labels[order[len(order) - round(share * len(order)) :]] = True
    return labels


def surest(p, labels, share=SURE):
    """Of each class the share of its frames whose p lies farthest on its side: (n,) bool."""
    kept = np.zeros(len(p), bool)
    for side in (True, False):
        places = np.flatnonzero(labels == side)
        order = np.argsort(-p[places] if side else p[places], kind="stable")
        kept[places[order[: max(1, round(share * len(places)))]]] = True
    return kept


def self_training(retraining, x, weak, rounds=1, seed=0, share=SURE):
    """A network that learns from weak labels, then from its own surest decisions, and again.

    Scudder, IEEE Trans. Inf. Theory 11, 363 (1965).  Its decisions have the weak labels' share of
    hits, so that neither class dies out (Zou et al., ECCV 2018, 297).

    Parameters
    ----------
    retraining : sfxtutor.Retraining
    x : (n, length) float32, or images
    weak : (n,) bool
    rounds : int, trainings on decisions of the network before; 0 for the weak labels alone
    seed : int
    share : float, of its decisions of either class, the surest, from which it learns again

    Returns
    -------
    keras.Model, which the next training with `retraining` changes
    """
    labels, used = weak, np.ones(len(weak), bool)
    for _ in range(rounds):
        p = predict(retraining.fit(x[used], labels[used], seed), x, AT_ONCE)
        labels = by_share(p, weak.mean())
        used = surest(p, labels, share)
    return retraining.fit(x[used], labels[used], seed)


def pu_risk(prior):
    """Loss for frames of which only some hits are marked: a function of (y, p), tensors (batch,).

    y is 1 for a marked hit, 0 for a frame that nobody looked at.  The non-negative risk of Kiryo et
    al., NeurIPS 30, 1675 (2017), with 1 - p as the loss of a hit and p as that of a miss.

    Parameters
    ----------
    prior : float, share of hits among the frames that nobody looked at
    """

    def loss(y, p):
        marked = keras.ops.sum(y * p) / keras.ops.sum(y)
        others = keras.ops.sum((1 - y) * p) / keras.ops.sum(1 - y)
        return prior * (1 - marked) + keras.ops.maximum(others - prior * marked, 0.0)

    return loss


def confident_joint(p, given):
    """Counts of frames by given label (rows) and by confident one (columns): (2, 2) int.

    Order: miss, hit.  A frame counts for a class where its probability of it reaches the mean of
    the frames that were given that label; for the more probable one where it reaches both, and
    nowhere where it reaches none (Northcutt et al., J. Artif. Intell. Res. 70, 1373, 2021).

    Parameters
    ----------
    p : (n,) p("hit") from networks that did not learn from the frame (`ensembles.out_of_fold`)
    given : (n,) bool, the labels, some of them wrong
    """
    confident = confident_label(p, given)
    counts = [[np.sum((given == i) & (confident == j)) for j in (0, 1)] for i in (False, True)]
    return np.array(counts)


def confident_label(p, given):
    """The class that each frame counts for: (n,) int, 1 hit, 0 miss, -1 none."""
    p, given = np.asarray(p, float), np.asarray(given, bool)
    hit, miss = p >= p[given].mean(), 1 - p >= (1 - p[~given]).mean()
    both = hit & miss
    return np.where(both, p > 0.5, np.where(hit, 1, np.where(miss, 0, -1))).astype(int)


def label_errors(p, given):
    """Frames whose confident label is not the given one: (n,) bool."""
    confident = confident_label(p, given)
    return (confident >= 0) & (confident != np.asarray(given, int))
