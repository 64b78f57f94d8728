"""What the answers of lesson 06 are put through, and the answers that the mistakes give."""

import numpy as np

from ..student import personal_seed
from .compare import agree

# --- q1: AdaBN by hand


def filters():
    """z (8, 6, 5, 3), and the source's mean, variance, gamma and beta, (3,) each."""
    rng = np.random.default_rng(11)
    z = rng.normal(size=(8, 6, 5, 3)) * (0.5, 1.0, 2.0) + (1.0, -2.0, 0.3)
    z += rng.normal(size=(8, 1, 1, 3))  # the frames differ
    return z, *rng.uniform(0.5, 2.0, (4, 3))


def normalised(my_adabn):
    return my_adabn(*filters(), 0.1)


def adabn(axes=(0, 1, 2), learned=True, constant=True, power=0.5):
    """An answer to q1: over which axes, with gamma and beta or not, with eps, divided by what."""

    def norm(z, mean, variance, gamma, beta, eps):
        mean, variance = (of(axis=axes, keepdims=True) for of in (z.mean, z.var))
        gamma, beta = (gamma, beta) if learned else (1.0, 0.0)
        return gamma * (z - mean) / (variance + eps * constant) ** power + beta

    return norm


def as_stored(z, mean, variance, gamma, beta, eps):
    return gamma * (z - mean) / np.sqrt(variance + eps) + beta


# --- q2: the share of hits

RUNS = ((0.9, 0.04, 0.06), (0.8, 0.1, 0.7), (0.7, 0.2, 0.1), (0.6, 0.1, 0.8))


def shares_found(my_share):
    """The share found in four runs; in the last two the estimate lies outside 0 to 1."""
    truth = np.arange(400) < 80
    values = []
    for recall, false, called in RUNS:
        decision = np.where(truth, np.arange(400) < 80 * recall, np.arange(400) < 80 + 320 * false)
        target = np.arange(500) < 500 * called
        values.append(float(my_share(truth, decision, target[::-1].copy())))
    return tuple(values)


def share_by(estimate):
    """An answer to q2 from estimate(truth, decision, share called a hit in the run)."""
    return lambda truth, decision, target: float(
        np.clip(estimate(truth, decision, target.mean()), 0, 1)
    )


def solved(called, recall, false):
    return (called - false) / (recall - false)


def bbse(truth, decision, called):
    return solved(called, decision[truth].mean(), decision[~truth].mean())


def by_columns(truth, decision, called):
    """With the matrix divided by the decisions: precision, and hits among those called a miss."""
    return called * truth[decision].mean() + (1 - called) * truth[~decision].mean()


def outside(value):
    """Whether a share is right where it lies from 0 to 1, but is not limited to that."""
    right = agree(value[:2], shares_found(share_by(bbse))[:2], 1e-4)
    return right and (min(value) < 0 or max(value) > 1)


# --- q3: another class prior


def probabilities(my_p):
    """The corrected p of six frames for three pairs of shares."""
    p = np.array([0.02, 0.2, 0.45, 0.6, 0.9, 0.99])
    pairs = ((0.05, 0.5), (0.7, 0.4), (0.1, 0.3))
    return tuple(my_p(p.copy(), *pair) for pair in pairs)


def posterior(p, share, prior):
    hit, miss = p * share / prior, (1 - p) * (1 - share) / (1 - prior)
    return hit / (hit + miss)


# --- q4: frames for AdaBN

N, LEAST = 200, 6


def shares():
    """Share of hits in the source, the student's own, and in the target."""
    return 0.1 + 0.01 * (personal_seed() % 11), 0.45


def spots_found():
    """Spots of each of 1,000 target frames, (1000,); one hit in twenty has exactly `LEAST`."""
    rng = np.random.default_rng(personal_seed())
    is_hit = rng.permutation(1000) < 1000 * shares()[1]
    above = rng.poisson(14, 1000) * (rng.random(1000) > 0.05)
    return np.where(is_hit, LEAST + above, rng.integers(0, LEAST, 1000))


def chosen(my_frames):
    """Of the frames chosen: the share that looks like hits, how many differ, and how many."""
    spots = spots_found()
    frames = my_frames(spots.copy(), LEAST, shares()[0], N)
    if frames is None:
        return None
    frames = np.asarray(frames)
    if frames.ndim != 1 or frames.dtype.kind not in "iu":
        given = f"{frames.dtype} of shape {frames.shape}"
        raise ValueError(f"found {given}, expected frame numbers, whole, of shape ({N},)")
    return float(np.mean(spots[frames] >= LEAST)), len(np.unique(frames)), len(frames)


def well_chosen(value):
    """Whether the share of likely hits is that of the source, within a frame, no frame twice."""
    return abs(value[0] - shares()[0]) <= 1.01 / N and value[1:] == (N, N)


def frames_with(share, above=0):
    """An answer to q4 with that share of likely hits; `above`: spots beyond the threshold."""

    def frames(spots, least, wanted, n):
        k = round(share(wanted) * n)
        is_hit = spots >= least + above
        hits, misses = np.flatnonzero(is_hit), np.flatnonzero(~is_hit)
        return np.concatenate([hits[:k], misses[: n - k]])

    return frames


# --- g1: the proxy A-distance


def guesses():
    """Decisions and truth of domain classifiers: good, fair, below guessing; (400,) bool each."""
    for right in ((285, 95), (280, 60), (150, 25)):  # of 300 source and of 100 target frames
        truth = np.arange(400) >= 300
        yield np.where(truth, np.arange(400) < 300 + right[1], np.arange(400) >= right[0]), truth


def distances(my_distance):
    return tuple(float(my_distance(decision, is_target)) for decision, is_target in guesses())


def distance_by(error, floor=0.0, factor=2):
    """An answer to g1 from error(decision, is_target)."""
    return lambda decision, is_target: max(floor, factor * (1 - 2 * error(decision, is_target)))


def plain_error(decision, truth):
    return np.mean(decision != truth)


def balanced_error(decision, truth):
    return (np.mean(~decision[truth]) + np.mean(decision[~truth])) / 2


# --- g2: statistics for another share of hits


def mixtures(my_statistics):
    """Mean and standard deviation, (3,) each, for two shares."""
    rng = np.random.default_rng(12)
    hits = rng.normal(size=(60, 3)) * (1.0, 3.0, 2.0) + (2.0, 0.0, -1.0)
    misses = rng.normal(size=(140, 3)) * (0.5, 1.0, 1.5)
    found = [my_statistics(hits.copy(), misses.copy(), share) for share in (0.1, 0.6)]
    return tuple((np.asarray(mean), np.asarray(deviation)) for mean, deviation in found)


def mixture(between=1, turned=False, own=False):
    """An answer to g2: how much the classes' means add, the share of the misses or of all used."""

    def statistics(hits, misses, share):
        share = 1 - share if turned else len(hits) / (len(hits) + len(misses)) if own else share
        parts = hits, misses
        mean = share * hits.mean(axis=0) + (1 - share) * misses.mean(axis=0)
        within = share * hits.var(axis=0) + (1 - share) * misses.var(axis=0)
        apart = [(z.mean(axis=0) - mean) ** 2 for z in parts]
        return mean, np.sqrt(within + between * (share * apart[0] + (1 - share) * apart[1]))

    return statistics


def deviations_averaged(hits, misses, share):
    mean, deviation = (
        share * of(hits, 0) + (1 - share) * of(misses, 0) for of in (np.mean, np.std)
    )
    return mean, deviation


def as_variance(hits, misses, share):
    mean, deviation = mixture()(hits, misses, share)
    return mean, deviation**2
