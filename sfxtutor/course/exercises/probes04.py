"""What the answers of lesson 04 are put through, and the answers that the mistakes give."""

import numpy as np

from ..student import personal_seed
from .compare import agree

# --- q1: the budget of labels


def budget():
    """Labels of the target to train with: every student's own number."""
    return 20 + personal_seed() % 100


# --- q2: what is open

KINDS = ("conv", "norm", "activation", "pool")
TOP = ("features", "dense1", "p_hit")
NAMES = [*(f"block{i}_{kind}" for i in range(1, 5) for kind in KINDS), *TOP]
LEARN = [name for name in NAMES if name.endswith(("conv", "norm", "dense1", "hit"))]


def opened_where(rule):
    """An answer to q2 from rule(block or None, kind, open blocks), one layer at a time."""

    def layer(name, opened):
        block, _, kind = name.partition("_")
        return bool(rule(int(block[5:]) if block[:5] == "block" else None, kind, opened))

    return lambda names, opened: [layer(name, opened) for name in names]


def flags(my_open):
    """What is open with 0, 1 and 2 blocks; of the layers that have something to learn."""
    states = []
    for opened in (0, 1, 2):
        values = list(my_open(list(NAMES), opened))
        if len(values) != len(NAMES):
            raise ValueError(f"found {len(values)} values for {len(NAMES)} names, expected as many")
        pairs = zip(NAMES, values, strict=True)
        states.append([bool(is_open) for name, is_open in pairs if name in LEARN])
    return np.array(states, float)


# --- q3: batch normalisation


def norm_that(by_batch, moves, share=0.1, constant=1e-3, ddof=0):
    """An answer to q3 that uses the batch's, and moves the stored statistics, if those say so."""

    def norm(z, mean, variance, training, trainable):
        batch = z.mean(axis=0), z.var(axis=0, ddof=ddof)
        used = batch if by_batch(training, trainable) else (mean, variance)
        out = (z - used[0]) / np.sqrt(used[1] + constant)
        if moves(training, trainable):
            pairs = zip((mean, variance), batch, strict=True)
            mean, variance = (old + share * (new - old) for old, new in pairs)
        return out, mean, variance

    return norm


# mean and variance; a small variance, so that the constant in the root is seen
STORED = ((0.0, 1.0, 2.0), (0.01, 2.0, 4.0))


def batches(my_norm):
    """Output and stored statistics after one batch: frozen and open, in training and out of it."""
    z = np.random.default_rng(4).normal((0.1, 2, 2), (0.1, 3, 3), size=(20, 3))
    values = []
    for training, trainable in ((True, False), (True, True), (False, True), (False, False)):
        parts = my_norm(z.copy(), *map(np.array, STORED), training, trainable)
        values.append(tuple(np.asarray(part, float) for part in parts))
    return tuple(values)


def statistics_moved(state):
    """Whether what q3 gave for one batch holds other statistics than before."""
    return not agree(state[1:], STORED, 1e-6)


def both(training, trainable):
    return training and trainable


# --- q4 and g2: choosing

PARTS = np.split(np.arange(200), [40, 80])  # learn, choose, test; every fourth frame is a hit
FOUND = np.array(  # hits found and misses recognised by four networks, in the three parts
    [
        [(8, 24), (9, 24), (24, 72)],  # the best of the validation frames
        [(7, 25), (6, 30), (20, 80)],  # the most right decisions there
        [(7, 24), (8, 22), (28, 85)],  # the best of the test frames
        [(10, 30), (7, 25), (22, 70)],  # has learned the training frames by heart
    ]
)


def networks(order):
    """Decisions of the networks in that order: p (4, 200), truth (200,) bool."""
    rng, truth = np.random.default_rng(7), np.arange(200) % 4 == 0
    right = np.zeros((4, 200), bool)
    for network, counts in enumerate(FOUND[list(order)]):
        for part, pair in zip(PARTS, counts, strict=True):
            for is_hit, n in zip((True, False), pair, strict=True):
                right[network, rng.permutation(part[truth[part] == is_hit])[:n]] = True
    return np.where(right == truth, 0.8, 0.2) + rng.uniform(-0.15, 0.15, right.shape), truth


def choices(my_choice):
    """The choices from four networks in two orders: as it is, other test, other training labels."""
    values = []
    for changed in ([], list(PARTS[2]), list(PARTS[0])):
        chosen = []
        for order in ((2, 0, 3, 1), (0, 1, 2, 3)):
            p, truth = networks(order)
            truth[changed] = ~truth[changed]
            chosen.append(int(my_choice(p, truth, *(part.copy() for part in PARTS))))
        values.append(tuple(chosen))
    return tuple(values)


def merit(decision, truth):
    """Recall + specificity."""
    return np.mean(decision[truth]) + np.mean(~decision[~truth])


def choice_by(part, merit=merit):
    """An answer to q4 that asks the frames of that part."""

    def choice(p, truth, *parts):
        return int(np.argmax([merit(row[parts[part]] > 0.5, truth[parts[part]]) for row in p]))

    return choice


def accuracy(decision, truth):
    return np.mean(decision == truth)


def line_by(part, merit=merit):
    """An answer to g2 whose line is the best of that part (0 learn, 1 test)."""

    def line(p, truth, *parts):
        own, test = parts[part], parts[1]
        tried = np.unique(p[own])
        least = tried[np.argmax([merit(p[own] >= t, truth[own]) for t in tried])]
        return judged(p, truth, test, least)

    return line


def judged(p, truth, test, least):
    decision, true = p[test] >= least, truth[test]
    return least, np.sum(decision & true), np.sum(~decision & ~true)


def lines(my_line):
    """Line and counts for two untuned networks, whose p is too low for hits and for misses."""
    values = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        truth = rng.random(1000) < 0.2
        p = np.where(truth, rng.beta(2, 6, 1000), rng.beta(1, 9, 1000))
        values.append(tuple(float(x) for x in my_line(p, truth, *np.split(np.arange(1000), [200]))))
    return tuple(values)


# --- g1: step 1 of a small network without bends


def tuning(learns, sign=-1):
    """An answer to g1 in which "base", "head" or both learn."""

    def tune(base, head, x, y, rate, steps):
        for _ in range(steps):
            error = 2 * (x @ base @ head - y) / len(x)
            slopes = x.T @ np.outer(error, head), (x @ base).T @ error
            base = base + sign * rate * slopes[0] * ("base" in learns)
            head = head + sign * rate * slopes[1] * ("head" in learns)
        return base, head

    return tune


def untuned():
    """Base (4, 3), head (3,) and inputs (12, 4)."""
    rng = np.random.default_rng(11)
    return [rng.normal(size=shape) for shape in ((4, 3), 3, (12, 4))]


def weights(my_step):
    """Base and head as returned, and the base that was handed over, afterwards."""
    given, head, x = untuned()
    base, head = my_step(given, head, x, (x[:, 0] > 0).astype(float), 0.05, 8)
    return np.asarray(base, float), np.asarray(head, float), given
