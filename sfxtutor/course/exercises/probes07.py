"""What the answers of lesson 07 are put through, and the answers that the mistakes give."""

import math

import numpy as np

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


def total_loss(label=1.0, domain=1.0, target=1, labels=False):
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


def source_alone(p_hit, y, p_hit_target, y_target, p_source, p_target):
    return entropy(p_hit, y) + entropy(p_source, 0)


def one_of(*answers):
    """Whether what the probe gave is what it gives for one of these answers to q3."""
    return lambda value: any(agree(value, losses(answer), 1e-4) for answer in answers)


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


# --- g1: what reaches the base


def schedule(progress):
    return 2 / (1 + math.exp(-10 * progress)) - 1


def gradients(my_gradient):
    """What reaches the base at four times of a training, (3,) each."""
    label, domain = np.random.default_rng(9).normal(size=(2, 3))
    times = (0.0, 0.1, 0.4, 1.0)
    return tuple(my_gradient(label.copy(), domain.copy(), p) for p in times)


# --- g2: mixing


def clouds():
    """Features z (40, 3) and which of the rows are the target's: mixed, half mixed, separate."""
    rng = np.random.default_rng(13)
    for apart in (0.0, 1.5, 20.0):
        is_target = rng.permutation(40) < 20
        yield rng.normal(size=(40, 3)) + apart * is_target[:, None], is_target


def mixings(my_mixing):
    return tuple(float(my_mixing(z, is_target, k)) for z, is_target in clouds() for k in (3, 6))


def mixing_by(full=lambda n: n / (2 * n - 1), first=1, same=False, neighbours=None):
    """An answer to g2: share at full mixing, first neighbour counted, same run, how many."""

    def mixing(z, is_target, k):
        k = neighbours or k
        distance = np.linalg.norm(z[:, None] - z, axis=2)
        nearest = np.argsort(distance, axis=1)[:, first : first + k]
        foreign = is_target[nearest] != is_target[:, None]
        return np.mean(foreign != same) / full(len(z) // 2)

    return mixing
