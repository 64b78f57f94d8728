"""A loop of active learning: frames are chosen, get a label, and the network is trained again."""

import numpy as np

from ..metrics import auc, count, is_positive, threshold_at
from ..training import predict

OFFERED = 400  # the first frames of a run may be labelled, all others are held out
FIRST = 5  # positives, and as many misses, with labels by the experts at the start


class Learner:
    """What a network knows from the labels of the frames that one strategy chose.

    Parameters
    ----------
    x : (n, length) float32
        RWD vectors of a run.
    truth : (n,) bool
        The experts' labels, True = hit or maybe: those of the first frames, and of the frames
        held out for scoring.
    retraining : sfxtutor.Retraining
    first : list of int
        Frames labelled at the start.
    seed : int
        Of the weights.

    Attributes
    ----------
    frames, labels : list of int, list of bool
        What is labelled, in that order.
    p : (n,) float32
        The network's p("hit or maybe").
    scores, checked : list of (Counts, float)
        Of the held-out frames the counts at 95 % specificity and the AUC, after the first frames
        and after each label: with the labels given, and with the experts' on the same frames.
    """

    def __init__(self, x, truth, retraining, first, seed=0):
        self.x, self.truth, self.retraining, self.seed = x, truth, retraining, seed
        self.frames, self.labels = list(first), truth[first].tolist()
        self.scores, self.checked = [], []
        self._train()

    def add(self, frame, label):
        """Take in the label (bool) of a frame, and train again."""
        self.frames.append(frame)
        self.labels.append(bool(label))
        self._train()

    @property
    def left(self):
        """Frames that may be labelled and are not: (m,) int."""
        return np.setdiff1d(np.arange(OFFERED), self.frames)

    def _train(self):
        experts = self.truth[self.frames]
        checked, p = None, self._predict(np.array(self.labels))
        self.scores.append(score(p, self.truth))
        if np.any(experts != self.labels):  # the same labels give the same network
            checked = score(self._predict(experts), self.truth)
        self.checked.append(checked or self.scores[-1])
        self.p = p

    def _predict(self, labels):
        model = self.retraining.fit(self.x[self.frames], labels, self.seed)
        return predict(model, self.x, OFFERED)


def score(p, truth):
    """Counts at 95 % specificity and AUC, both of the held-out frames: `(Counts, float)`.

    The threshold is read from the ROC curve of these frames themselves: no label is left to choose
    it on.

    Parameters
    ----------
    p : (n,) numbers
    truth : (n,) bool, True = hit or maybe
    """
    p, truth = p[OFFERED:], truth[OFFERED:]
    return count(truth, p >= threshold_at(p, truth)), auc(p, truth)


def most_uncertain(p, left):
    """The frame of `left` with p nearest to 0.5 (Lewis & Gale, SIGIR 1994): int."""
    return int(left[np.argmin(np.abs(p[left] - 0.5))])


def first_frames(truth, rng):
    """`FIRST` positives and as many misses of the frames that may be labelled: list of int."""
    sides = [np.flatnonzero(truth[:OFFERED] == side) for side in (True, False)]
    return [int(i) for side in sides for i in rng.choice(side, FIRST, replace=False)]


def truth_of(labels, x, count):
    """The experts' labels as (n,) bool, for a loop with `count` labels for each strategy.

    Raises
    ------
    ValueError
        When there are no labels, not one for each vector, or not enough of both classes.
    """
    truth = is_positive(labels)
    parts = truth[:OFFERED], truth[OFFERED:]
    enough = all(min(np.sum(part), np.sum(~part)) >= FIRST for part in parts)
    if len(truth) != len(x) or not enough or count > OFFERED - 2 * FIRST:
        raise ValueError(
            f"Found {len(x)} vectors, {len(truth)} labels ({truth.sum()} hits or maybes) and "
            f"{count} labels to give, expected one label a vector, {FIRST} of either class among "
            f"the first {OFFERED} frames and among the others, and {OFFERED - 2 * FIRST} labels to "
            "give or fewer. Choose a run of the course."
        )
    return truth
