"""Exercises of lesson 10, learning from unlabelled frames."""

import numpy as np

from . import probes10 as probes
from .exercise import Mistake, exercise

SWAPPED = probes.losses(
    lambda real, made: probes.softplus(real).mean() + probes.softplus(-made).mean()
)
REAL_ALONE = probes.losses(lambda real, made: probes.softplus(-real).mean())

EXERCISES = (
    exercise(
        "nb10.q1",
        reference=lambda: probes.losses(),
        probe=probes.probe_losses,
        mistakes={
            "labels swapped": Mistake(lambda: SWAPPED, fits=probes.first_like(SWAPPED)),
            "generated frames left out": Mistake(
                lambda: REAL_ALONE, fits=probes.first_like(REAL_ALONE)
            ),
            "generator helps the discriminator": lambda: probes.losses(
                generator=lambda made: probes.softplus(made).mean()
            ),
            "discriminator's loss with a minus": lambda: probes.losses(
                generator=lambda made: -probes.softplus(made).mean()
            ),
        },
    ),
    exercise(
        "nb10.q2",
        reference=lambda: probes.drop(),
        probe=probes.probe_drop,
        mistakes={
            "filled with 0": lambda: probes.drop(0.0),
            "one panel for all frames": lambda: probes.drop(every=True),
            "rows and columns swapped": lambda: probes.drop(
                place=lambda number, n: divmod(number, n)[::-1]
            ),
            "frames given were changed": lambda: probes.drop(copy=False),
        },
    ),
    exercise(
        "nb10.q3",
        reference=lambda: probes.contrastive(),
        probe=probes.probe_contrastive,
        mistakes={
            "a view among its own candidates": lambda: probes.contrastive(own=True),
            "lengths left in": lambda: probes.contrastive(unit=False),
            "only the other kind of view": lambda: probes.contrastive(across=True),
            "times the temperature": lambda: probes.contrastive(scale=lambda x, t: x * t),
        },
    ),
    exercise(
        "nb10.q4",
        reference=lambda: probes.paired(),
        probe=probes.probe_paired,
        tolerance=5e-4,
        mistakes={
            "as if on different frames": lambda: probes.paired(probes.independent),
            "spread of single frames": lambda: probes.paired(
                lambda a, b: np.std(a.astype(float) - b, ddof=1)
            ),
            "standard error alone": lambda: probes.paired(factor=1.0),
        },
    ),
    exercise(
        "nb10.q5",
        reference=lambda: probes.needed(),
        probe=probes.probe_needed,
        tolerance=1e-3,
        mistakes={
            "straight in the number of labels": lambda: probes.needed(
                scale=lambda x: x, back=lambda x: x
            ),
            "next budget": lambda: probes.next_budget,
            "largest budget where none is enough": lambda: probes.needed(beyond=200.0),
        },
    ),
    exercise(
        "nb10.g1",
        reference=lambda: probes.standardised(),
        probe=probes.probe_standardised,
        mistakes={
            "statistics of the labelled frames": lambda: probes.standardised(
                lambda labelled, unlabelled: labelled
            ),
            "one mean for all features": lambda: probes.standardised(axis=None),
            "divided by the variance": lambda: probes.standardised(power=2),
        },
    ),
    exercise(
        "nb10.g2",
        reference=lambda: probes.variety(),
        probe=probes.probe_variety,
        mistakes={
            "spread within a frame": lambda: probes.variety(lambda x: x.std(axis=(1, 2)).mean()),
            "one spread for all": lambda: probes.variety(np.std),
            "upside down": lambda: probes.variety(ratio=lambda made, real: real / made),
        },
    ),
)
