"""Exercises of lesson 04, transfer learning."""

import numpy as np

from . import trained
from .compare import agree
from .exercise import Mistake, exercise
from .probes04 import (
    accuracy,
    batches,
    both,
    budget,
    choice_by,
    choices,
    flags,
    judged,
    line_by,
    lines,
    norm_that,
    opened_where,
    statistics_moved,
    tuning,
    untuned,
    weights,
)

EXERCISES = (
    exercise(
        "nb04.q1",
        reference=lambda: (budget() + 200, budget() + 200, budget()),
        probe=lambda answer: np.atleast_1d(np.asarray(answer, float)),
        mistakes={
            "test frames counted in": Mistake(
                lambda: (budget() + 600, budget() + 600, budget() + 400),
                fits=lambda found: len(found) == 3 and found[1] > budget() + 200,
            ),
            "source labels counted in": Mistake(
                lambda: (budget() + 1800, budget() + 200, budget()),
                fits=lambda found: len(found) == 3 and found[0] > budget() + 200,
            ),
            "validation labels forgotten": lambda: (budget(),) * 3,
            "validation counted for the spot count": lambda: (budget() + 200,) * 3,
        },
    ),
    exercise(
        "nb04.q2",
        reference=lambda: opened_where(lambda i, kind, n: i is None or i > 4 - n),
        probe=flags,
        mistakes={
            "base left trainable": lambda: opened_where(lambda i, kind, n: True),
            "opened from the bottom": lambda: opened_where(lambda i, kind, n: i is None or i <= n),
            "classifier frozen": lambda: opened_where(
                lambda i, kind, n: i is not None and i > 4 - n
            ),
            "batch norm left open": lambda: opened_where(
                lambda i, kind, n: i is None or i > 4 - n or kind == "norm"
            ),
            "batch norm left frozen": lambda: opened_where(
                lambda i, kind, n: i is None or (i > 4 - n and kind != "norm")
            ),
            "one block too many": lambda: opened_where(lambda i, kind, n: i is None or i > 3 - n),
        },
    ),
    exercise(
        "nb04.q3",
        reference=lambda: norm_that(both, both),
        probe=batches,
        mistakes={
            "frozen batch norm still learning": Mistake(
                lambda: norm_that(lambda training, _: training, lambda training, _: training),
                fits=lambda found: statistics_moved(found[0]),
            ),
            "batch statistics though frozen": lambda: norm_that(lambda training, _: training, both),
            "momentum swapped": lambda: norm_that(both, both, share=0.9),
            "statistics move outside training": Mistake(
                lambda: norm_that(both, lambda _, trainable: trainable),
                fits=lambda found: statistics_moved(found[2]),
            ),
            "small constant forgotten": lambda: norm_that(both, both, constant=0),
            "variance of a sample": lambda: norm_that(both, both, ddof=1),
        },
    ),
    exercise(
        "nb04.q4",
        reference=lambda: choice_by(1),
        probe=choices,
        mistakes={
            "test data used for choosing": Mistake(
                lambda: choice_by(2), fits=lambda found: found[0] != found[1]
            ),
            "training frames used for choosing": Mistake(
                lambda: choice_by(0), fits=lambda found: found[0] != found[2]
            ),
            "accuracy instead of the two rates": lambda: choice_by(1, accuracy),
        },
    ),
    trained.pair(
        "nb04.q5",
        "LN84",
        reference=lambda: (trained.counting(), trained.counting(0.15, 0.0103)),
        wrong={
            "nothing trained": lambda: (trained.counting(), trained.counting()),
            "networks exchanged": lambda: (trained.counting(0.15, 0.0103), trained.counting()),
            "one answer to every frame": lambda: (trained.counting(), trained.counting(90)),
            "labels inverted": lambda: (trained.counting(), trained.counting(0.15, 0.0103, -400)),
            "statistics moved": lambda: (trained.counting(), trained.counting(half=0.0121)),
            "base frozen throughout": lambda: (trained.counting(), trained.counting(steep=500)),
            "overfitted": lambda: (trained.counting(), trained.memory("LN84", trained.VECTOR)),
            "no clear gain": lambda: (trained.counting(), trained.counting(0.41)),
        },
    ),
    exercise(
        "nb04.g1",
        reference=lambda: tuning(["head"]),
        probe=weights,
        mistakes={
            "base left trainable": Mistake(
                lambda: tuning(["base", "head"]),
                fits=lambda found: not agree(found[::2], [untuned()[0]] * 2, 1e-6),
            ),
            "gradient climbed": lambda: tuning(["head"], sign=1),
        },
    ),
    exercise(
        "nb04.g2",
        reference=lambda: line_by(0),
        probe=lines,
        mistakes={
            "line chosen on the test frames": lambda: line_by(1),
            "accuracy instead of the two rates": lambda: line_by(0, accuracy),
            "line left at 0.5": lambda: lambda p, truth, learn, test: judged(p, truth, test, 0.5),
        },
        parts=("threshold", "hits found", "misses recognised"),
    ),
)
