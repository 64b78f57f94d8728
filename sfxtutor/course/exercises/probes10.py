"""Data, probes and wrong answers of the exercises of lesson 10; see nb10.

All numbers are synthetic.
"""

import numpy as np

BUDGETS = (10, 20, 50, 100, 200)


def softplus(x):
    """-log p of log-odds -x."""
    return np.logaddexp(0, x)


# --- q1: the losses of a GAN


def log_odds():
    """Log-odds of five frames of a run and of four generated ones: (5,) and (4,)."""
    return np.array([1.5, -0.4, 2.0, 0.3, -1.1]), np.array([-1.2, 0.8, -2.5, 0.1])


def losses(discriminator=None, generator=None):
    """An answer to q1."""
    discriminator = discriminator or (
        lambda real, made: softplus(-real).mean() + softplus(made).mean()
    )
    generator = generator or (lambda made: softplus(-made).mean())
    return lambda real, made: (discriminator(real, made), generator(made))


def first_like(wanted):
    """Whether the discriminator's loss of both probes is that of another answer."""
    expected = probe_losses(wanted)
    return lambda found: all(
        np.allclose(np.asarray(one[0], float), other[0])
        for one, other in zip(found, expected, strict=True)
    )


def probe_losses(answer):
    real, made = log_odds()
    return answer(real, made), answer(made - 1, real[:3])


# --- q2: a panel without data


def small():
    """Five small frames (5, 60, 60), -1 to 1, and the number of a panel for each (5,)."""
    rng = np.random.default_rng(10)
    return rng.uniform(-0.9, 0.9, (5, 60, 60)), np.array([1, 4, 14, 0, 11])


def drop(value=-1.0, place=divmod, every=None, copy=True):
    """An answer to q2; `place` of (number, 4) gives row and column of panels."""

    def dropped(frames, panels):
        frames = frames.copy() if copy else frames
        for frame, number in zip(frames, panels, strict=True):
            row, column = place(int(panels[0] if every else number), 4)
            frame[15 * row : 15 * row + 15, 15 * column : 15 * column + 15] = value
        return frames

    return dropped


def probe_drop(answer):
    """What it returns, and whether the frames given are as they were."""
    frames, panels = small()
    given = frames.copy()
    found = answer(given, panels.copy())
    return found if found is None else (found, float(np.array_equal(given, frames)))


# --- q3: the contrastive loss


def views():
    """Outputs for two views of four frames: two of (4, 3)."""
    rng = np.random.default_rng(11)
    a = rng.normal(size=(4, 3)) * [[1], [3], [0.5], [2]]
    return a, 1.4 * a + 0.4 * rng.normal(size=(4, 3))


def contrastive(unit=True, own=False, across=False, scale=lambda x, t: x / t):
    """An answer to q3, with a step changed."""

    def loss(a, b, temperature):
        z = np.concatenate([a, b])
        z = z / np.linalg.norm(z, axis=1, keepdims=True) if unit else z
        n, alike = len(a), scale(z @ z.T, temperature)
        partner = np.roll(np.arange(2 * n), n)
        keep = np.ones_like(alike, bool) if own else ~np.eye(2 * n, dtype=bool)
        if across:  # only the views of the other kind
            keep &= (np.arange(2 * n) < n)[:, None] != (np.arange(2 * n) < n)
        total = np.log(np.where(keep, np.exp(alike), 0).sum(axis=1))
        return float(np.mean(total - alike[np.arange(2 * n), partner]))

    return loss


def probe_contrastive(answer):
    a, b = views()
    return answer(a, b, 0.5), answer(b[:2], a[:2], 0.2)


# --- q4: paired difference


def decisions():
    """Which of 400 positives two methods find: two of (400,) bool, mostly the same."""
    rng = np.random.default_rng(12)
    easy = rng.random(400) < 0.8
    return easy | (rng.random(400) < 0.25), easy & (rng.random(400) < 0.97)


def paired(error=None, factor=1.96):
    """An answer to q4; `error` of both gives the standard error."""
    error = error or (lambda a, b: np.std(a.astype(float) - b, ddof=1) / np.sqrt(len(a)))

    def interval(a, b):
        value, half = a.mean() - b.mean(), factor * error(a, b)
        return value, value - half, value + half

    return interval


def independent(a, b):
    """The standard error of a difference of rates on different frames."""
    return np.sqrt(a.mean() * (1 - a.mean()) / len(a) + b.mean() * (1 - b.mean()) / len(b))


def probe_paired(answer):
    a, b = decisions()
    return answer(a.copy(), b.copy()), answer(b[:150].copy(), a[:150].copy())


# --- q5: what pre-training is worth


def curves():
    """(budgets, recalls, wanted recall) of four methods."""
    rising = np.array([0.70, 0.78, 0.86, 0.91, 0.94])
    return ((BUDGETS, rising, 0.82), (BUDGETS, rising, 0.93), (BUDGETS, rising, 0.97),
            (BUDGETS, rising - 0.1, 0.76))  # fmt: skip


def needed(scale=np.log, back=np.exp, beyond=np.inf):
    """An answer to q5, linear in `scale` of the budget."""

    def labels(budgets, recalls, wanted):
        recalls = np.asarray(recalls)
        if wanted > recalls.max():
            return beyond
        return float(back(np.interp(wanted, recalls, scale(np.asarray(budgets, float)))))

    return labels


def next_budget(budgets, recalls, wanted):
    """The smallest budget of the list that reaches it."""
    return next((float(n) for n, r in zip(budgets, recalls, strict=True) if r >= wanted), np.inf)


def probe_needed(answer):
    return tuple(
        answer(list(budgets), recalls.copy(), wanted) for budgets, recalls, wanted in curves()
    )


# --- the assignment


def table(rows=40):
    """Features of frames (rows, 5), of another mean and spread each."""
    rng = np.random.default_rng(rows)
    return rng.normal(size=(rows, 5)) * [1, 20, 0.3, 5, 2] + [0, 100, -3, 4, 50]


def standardised(of=lambda labelled, unlabelled: unlabelled, axis=0, power=1):
    """An answer to g1: which frames give mean and spread, along which axis."""

    def answer(labelled, unlabelled):
        x = of(labelled, unlabelled)
        return (labelled - x.mean(axis=axis)) / x.std(axis=axis) ** power

    return answer


def probe_standardised(answer):
    return answer(table(6), table(40)), answer(table(3), table(25))


def made_frames():
    """Frames of a run (30, 8, 8) and generated ones (20, 8, 8), which vary less."""
    rng = np.random.default_rng(13)
    fixed = rng.normal(size=(8, 8))
    return fixed + 2 * rng.normal(size=(30, 8, 8)), fixed + 0.5 * rng.normal(size=(20, 8, 8))


def variety(spread=lambda x: x.std(axis=0).mean(), ratio=lambda made, real: made / real):
    """An answer to g2."""
    return lambda real, made: ratio(spread(made), spread(real))


def probe_variety(answer):
    real, made = made_frames()
    return answer(real, made), answer(made[:10], real)
