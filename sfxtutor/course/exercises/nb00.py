"""Exercises of lesson 00, start here: the rule, rates and their intervals, a threshold."""

import numpy as np

from ...runs.twin.shot import label_of
from .exercise import Mistake, exercise
from .probes00 import (
    best,
    cases,
    chosen,
    decisions,
    first,
    own_counts,
    precision,
    quantile,
    rates,
    reaching,
    recall,
    same_as,
    share,
    specificity,
    width_at,
)

EXERCISES = (
    exercise(
        "nb00.q1",
        reference=lambda: label_of,
        probe=lambda label: [label(n) for n in (0, 3, 4, 7, 9, 10, 11, 200)],
        mistakes={
            "edges left out": lambda: lambda n: "HIT" if n > 10 else "MAYBE" if n > 4 else "MISS",
            "HIT never reached": lambda: lambda n: "MAYBE" if n >= 4 else "MISS",
            "maybe called a hit": lambda: lambda n: "HIT" if n >= 4 else "MISS",
        },
    ),
    exercise(
        "nb00.q2",
        reference=lambda: own_counts()[0] / 65,
        tolerance=1e-3,
        mistakes={
            "accuracy read as recall": lambda: (own_counts()[0] + 335 - own_counts()[1]) / 400,
            "precision read as recall": lambda: own_counts()[0] / sum(own_counts()),
            "specificity read as recall": lambda: 1 - own_counts()[1] / 335,
            "percent": lambda: 100 * own_counts()[0] / 65,
        },
    ),
    exercise(
        "nb00.q3",
        reference=lambda: first(width_at),
        mistakes={
            "half the width": Mistake(
                lambda: first(lambda n: width_at(n) / 2), fits=lambda found: 60 <= found <= 160
            ),
            "textbook formula": lambda: first(lambda n: 2 * 1.96 * np.sqrt(0.95 * 0.05 / n)),
            "frames found, not frames there": lambda: 0.95 * first(width_at),
            "one step too far": lambda: first(width_at) + 20,
            "twice too strict": Mistake(
                lambda: first(lambda n: 2 * width_at(n)), fits=lambda found: 1200 <= found <= 1600
            ),
            "a width, not a number": Mistake(lambda: 0.05, fits=lambda found: 0 < found < 1),
        },
    ),
    exercise(
        "nb00.q4",
        reference=lambda: chosen,
        probe=decisions,
        mistakes={
            "everything kept": lambda: lambda spots, truth: spots.min(),
            "accuracy made largest": lambda: best(lambda *pair: np.mean(np.equal(*pair))),
            "the lesson's sum": lambda: best(lambda *pair: recall(*pair) + specificity(*pair)),
            "one spot too low": lambda: (
                lambda spots, truth: max(
                    t for t in range(-1, 999) if np.mean(spots[truth] > t) >= 0.95
                )
            ),
            "a quantile": Mistake(
                quantile(method="linear"),
                fits=same_as(quantile(method="linear"), quantile(method="lower")),
            ),
            "rate of another kind": Mistake(
                reaching(specificity), fits=same_as(reaching(specificity), reaching(precision))
            ),
        },
    ),
    exercise(
        "nb00.g1",
        reference=lambda: share(("HIT", "MAYBE")),
        tolerance=1e-3,
        mistakes={
            "hits alone": lambda: share(("HIT",)),
            "the whole run": lambda: share(("HIT", "MAYBE"), 2000),
            "interval in percent": lambda: share(("HIT", "MAYBE"), scale=100),
            "interval of a number, not a share": lambda: share(("HIT", "MAYBE"), scale=300),
        },
        parts=("number", "lower end", "upper end"),
    ),
    exercise(
        "nb00.g2",
        reference=rates(recall, specificity),
        probe=lambda rates: [rates(*case) for case in cases()],
        mistakes={
            "accuracy read as recall": rates(
                lambda truth, decision: np.mean(truth == decision), specificity
            ),
            "precision read as recall": rates(
                lambda truth, decision: np.mean(truth[decision]), specificity
            ),
            "rates swapped": rates(specificity, recall),
            "false alarms as specificity": rates(
                recall, lambda truth, decision: np.mean(decision[~truth])
            ),
        },
        parts=("recall", "specificity"),
    ),
)
