"""Many networks in place of one: members, what they agree on, and how they are put together.

A `retraining` below is a `sfxtutor.Retraining`: it trains on (x, y) from the weights of a seed, in
the same number of steps each time.  p of several members is (members, n) float32.
"""

import numpy as np

from ..training import predict

MEMBERS = 5
AT_ONCE = 1000  # frames that are predicted together


def members(retraining, x, y, of, number=MEMBERS, seed=0):
    """p of networks that differ in their initial weights alone: (number, n) float32.

    Lakshminarayanan et al., NeurIPS 30, 6402 (2017).

    Parameters
    ----------
    retraining : sfxtutor.Retraining
    x, y : inputs of the labelled frames, and their labels (n,) bool
    of : inputs of the frames that are scored
    number : int
    seed : int, of the first member; the others take those that follow
    """
    seeds = range(seed, seed + number)
    return np.array([predict(retraining.fit(x, y, each), of, AT_ONCE) for each in seeds])


def bootstrap(y, rng):
    """Places of as many labelled frames, drawn with replacement in each class: (n,) int."""
    sides = [np.flatnonzero(y == side) for side in (True, False)]
    return np.concatenate([rng.choice(side, len(side)) for side in sides])


def bagging(retraining, x, y, of, number=MEMBERS, seed=0):
    """p of networks that each learn from a `bootstrap` of the labels: (number, n) float32.

    Breiman, Mach. Learn. 24, 123 (1996).  Parameters as those of `members`.
    """
    rng, p = np.random.default_rng(seed), []
    for each in range(seed, seed + number):
        drawn = bootstrap(y, rng)
        p.append(predict(retraining.fit(x[drawn], y[drawn], each), of, AT_ONCE))
    return np.array(p)


def snapshots(retraining, x, y, of, number=MEMBERS, seed=0):
    """p of one network at the end of each cycle of its learning rate: (number, n) float32.

    Huang et al., ICLR (2017).  Parameters as those of `members`.
    """
    p = [predict(retraining.fit(x, y, seed), of, AT_ONCE)]
    for cycle in range(1, number):
        model = retraining.fit(x, y, seed + 1000 * cycle, go_on=True)
        p.append(predict(model, of, AT_ONCE))
    return np.array(p)


def entropy(p):
    """Entropy of a decision with that probability, nats; any shape."""
    p = np.clip(np.asarray(p, float), 1e-7, 1 - 1e-7)
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def disagreement(p):
    """Entropy of the mean p less the mean entropy: (members, n) -> (n,), nats.

    0 where all members give the same p, whatever it is; at most log 2, where half of them are
    sure of a hit and half of a miss.
    """
    return entropy(np.mean(p, axis=0)) - np.mean(entropy(p), axis=0)


def folds(y, number, seed=0):
    """Number of the fold that each frame is in: (n,) int; every fold has its share of either class.

    Parameters
    ----------
    y : (n,) bool
    number : int
    seed : int
    """
    fold, rng = np.empty(len(y), int), np.random.default_rng(seed)
    for side in (True, False):
        places = rng.permutation(np.flatnonzero(y == side))
        fold[places] = np.arange(len(places)) % number
    return fold


def out_of_fold(retraining, x, y, number, seed=0):
    """p of each labelled frame from a network that has not seen its label: (n,) float32.

    Parameters as those of `members` and `folds`.
    """
    p, fold = np.empty(len(y), np.float32), folds(y, number, seed)
    for k in range(number):
        model = retraining.fit(x[fold != k], y[fold != k], seed)
        p[fold == k] = predict(model, x[fold == k], AT_ONCE)
    return p


def log_odds(p):
    """log(p / (1 - p)), finite: any shape."""
    p = np.clip(np.asarray(p, float), 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))


def stack(columns, y):
    """A logistic regression that puts the scores of several methods together (Wolpert, 1992).

    Neural Networks 5, 241.  Both classes weigh the same.

    Parameters
    ----------
    columns : (n, methods) float, scores of the labelled frames from networks that did not learn
        from them (`out_of_fold`)
    y : (n,) bool

    Returns
    -------
    scikit-learn's pipeline, with `predict_proba`
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    return model.fit(columns, y)
