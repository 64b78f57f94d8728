"""What the answers of lesson 07 are put through, and the answers that the mistakes give."""

import math

import numpy as np

from ..student import personal_seed
from .compare import agree

# --- q1: who may know what


def four_bools(answer):
    """Four values as bool; ValueError for another number of them."""
    values = [bool(value) for value in np.ravel(answer)]
    if len(values) != 4:
        raise ValueError(f"found {len(values)} values, expected four")
    return tuple(values)


# --- q2: the reversal

STRENGTHS = (0.3, 2.0)


def both_ways(my_reversal):
    """What goes forward and what goes back, for each of the strengths."""
    rng, values = np.random.default_rng(6), []
    for lambda_ in STRENGTHS:
        forward, backward = my_reversal(*rng.normal(size=(2, 3, 4)), lambda_)
        values.append((np.asarray(forward, float), np.asarray(backward, float)))
    return tuple(values)


def turned_forward(value):
    """Whether the input left the layer turned."""
    rng = np.random.default_rng(6)
    x = [rng.normal(size=(2, 3, 4))[0] for _ in STRENGTHS]
    forward = [part[0] for part in value]
    scaled = [-strength * z for strength, z in zip(STRENGTHS, x, strict=True)]
    return agree(forward, [-z for z in x], 1e-6) or agree(forward, scaled, 1e-6)


# --- q3: the two losses


def entropy(p, truth):
    """Mean cross-entropy."""
    return -np.mean(np.log(np.where(truth, p, 1 - p)))


def total_loss(label=1, domain=1, target=1, labels=False):
    """An answer to q3: weights of both losses, number of the target, whether it uses y_target."""

    def total(p_hit, y, p_hit_target, y_target, p_source, p_target):
        of_run = (entropy(p_source, 1 - target) + entropy(p_target, target)) / 2
        of_label = entropy(p_hit, y)
        if labels:
            of_label = (of_label + entropy(p_hit_target, y_target)) / 2
        return label * of_label + domain * of_run

    return total


def target_alone(p_hit, y, p_hit_target, y_target, p_source, p_target):
    return entropy(p_hit, y) + entropy(p_target, 1)


def losses(my_loss):
    """The loss of a batch, and the same with the opposite labels of the target."""
    rng = np.random.default_rng(8)
    p_hit, p_hit_target, p_source, p_target = rng.uniform(0.05, 0.95, (4, 20))
    y, y_target = np.arange(20) % 4 == 0, np.arange(20) % 3 == 0
    return tuple(
        float(my_loss(p_hit, y, p_hit_target, labels, p_source, p_target))
        for labels in (y_target, ~y_target)
    )


def differ(value):
    """Whether an answer depends on the labels of the target."""
    return not agree(value[0], value[1], 1e-9)


# --- q4: when to stop

HISTORIES = (  # val_loss, domain_val_loss, and the target's merit in two cases
    (
        (0.60, 0.40, 0.25, 0.32, 0.34, 0.60),
        (0.69, 0.62, 0.45, 0.68, 0.90, 0.95),
        (0.70, 0.80, 0.85, 0.83, 0.90, 0.82),
        (0.70, 0.91, 0.85, 0.83, 0.80, 0.82),
    ),
    (
        (0.55, 0.30, 0.44, 0.41, 0.20, 0.35),
        (0.66, 0.67, 0.90, 0.70, 0.40, 0.64),
        (0.60, 0.70, 0.80, 0.92, 0.75, 0.72),
        (0.94, 0.70, 0.80, 0.82, 0.75, 0.72),
    ),
)


def risk(val_loss, domain_val_loss):
    return val_loss + max(0.0, math.log(2) - domain_val_loss)


def kept_by(score):
    """An answer to q4 that keeps the epoch of the lowest score."""

    def epoch(val_loss, domain_val_loss, target_merit):
        scores = list(map(score, val_loss, domain_val_loss, target_merit))
        return 1 + int(np.argmin(scores))

    return epoch


def epochs(my_epoch):
    """The epochs kept of two trainings, for either case of what the target's labels say."""

    def kept(label, domain, *merits, case):
        return int(my_epoch(np.array(label), np.array(domain), np.array(merits[case])))

    return tuple(tuple(kept(*story, case=case) for story in HISTORIES) for case in (0, 1))


# --- q5: frames for AdaBN

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
    """An answer to q5 with that share of likely hits; `above`: spots beyond the threshold."""

    def frames(spots, least, wanted, n):
        k = round(share(wanted) * n)
        is_hit = spots >= least + above
        hits, misses = np.flatnonzero(is_hit), np.flatnonzero(~is_hit)
        return np.concatenate([hits[:k], misses[: n - k]])

    return frames


# --- g1 and g2


def schedule(progress):
    return 2 / (1 + math.exp(-10 * progress)) - 1


def gradients(my_gradient):
    """What reaches the base at four times of a training, (3,) each."""
    label, domain = np.random.default_rng(9).normal(size=(2, 3))
    times = (0.0, 0.1, 0.4, 1.0)
    return tuple(my_gradient(label.copy(), domain.copy(), p) for p in times)


def guesses():
    """Decisions and truth of domain classifiers: good, fair, below guessing; (400,) bool each."""
    for right in ((285, 95), (280, 60), (150, 25)):  # of 300 source and of 100 target frames
        truth = np.arange(400) >= 300
        yield np.where(truth, np.arange(400) < 300 + right[1], np.arange(400) >= right[0]), truth


def distances(my_distance):
    return tuple(float(my_distance(decision, is_target)) for decision, is_target in guesses())


def distance_by(error, floor=0.0, factor=2):
    """An answer to g2 from error(decision, is_target)."""
    return lambda decision, is_target: max(floor, factor * (1 - 2 * error(decision, is_target)))


def plain_error(decision, truth):
    return np.mean(decision != truth)


def balanced_error(decision, truth):
    return (np.mean(~decision[truth]) + np.mean(decision[~truth])) / 2
