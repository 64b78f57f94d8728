"""Exercises of lesson 08, which method. Numbers are synthetic, frames those of a hidden twin."""

import numpy as np

from . import filtered, probes08 as probes, trained
from .compare import agree
from .exercise import Mistake, exercise

# With the threshold of the validation frames the RWD network costs 37, 9 and 32 (seeds 0 to 2); at
# p = 0.5 it costs 113 to 213, with the threshold of the training frames 171 to 231.
PRICED = filtered.Errand("LN84", price=10, mark=60)


def counting(above):
    """A network that sorts the frames of LN84 well, if it counts rows from 0.1 to 0.2."""
    return trained.counting(above, 0.0103)


EXERCISES = (
    exercise(
        "nb08.q1",
        reference=probes.in_bin,
        tolerance=1e-3,
        mistakes={
            "share of all positives": lambda: probes.in_bin(
                share=lambda truth, chosen: truth[chosen].sum() / truth.sum()
            ),
            "share of frames": lambda: probes.in_bin(share=lambda truth, chosen: chosen.mean()),
            "bin open above": lambda: probes.in_bin(high=2),
        },
    ),
    exercise(
        "nb08.q2",
        reference=lambda: probes.operate(
            lambda valid, test, wanted: probes.threshold(*valid, wanted)
        ),
        probe=probes.probe_operate,
        mistakes={
            "test data used for choosing": Mistake(
                lambda: probes.operate(lambda valid, test, wanted: probes.threshold(*test, wanted)),
                fits=probes.follows_test,
            ),
            "validation rate reported": lambda: probes.validated,
            "all frames in the quantile": lambda: probes.operate(
                lambda valid, test, wanted: np.quantile(valid[0], 1 - wanted)
            ),
            "wrong end of the quantile": Mistake(
                lambda: probes.operate(
                    lambda valid, test, wanted: np.quantile(valid[0][valid[1]], wanted)
                ),
                fits=probes.finds_less_than(0.5),
            ),
            "too few found on validation": Mistake(
                lambda: probes.operate(
                    lambda valid, test, wanted: np.quantile(valid[0][valid[1]], 1 - wanted)
                ),
                fits=probes.finds_less_than(0.9),
            ),
        },
    ),
    exercise(
        "nb08.q3",
        reference=lambda: probes.cheapest(lambda lost, kept, y, n, ratio: ratio * lost + kept),
        probe=probes.probe_cheapest,
        mistakes={
            "R on the wrong error": lambda: probes.cheapest(
                lambda lost, kept, y, n, ratio: lost + ratio * kept
            ),
            "threshold of a calibrated p": lambda: lambda p, truth, ratio: 1 / (1 + ratio),
            "dearest threshold": lambda: probes.cheapest(
                lambda lost, kept, y, n, ratio: -ratio * lost - kept
            ),
            "R ignored": lambda: probes.cheapest(lambda lost, kept, y, n, ratio: lost + kept),
            "shares instead of counts": lambda: probes.cheapest(
                lambda lost, kept, y, n, r: r * lost / y + kept / n
            ),
        },
    ),
    exercise(
        "nb08.q4",
        reference=probes.lost,
        tolerance=5e-3,
        mistakes={
            "only those looked at": lambda: probes.lost(scale=probes.watched()[2]),
            "scaled to all frames": lambda: probes.lost(scale=probes.watched()[0]),
            "textbook interval": lambda: probes.lost(interval=probes.textbook),
        },
    ),
    exercise(
        "nb08.q5",
        reference=lambda: probes.better,
        probe=probes.probe_better,
        mistakes={
            "the larger count wins": lambda: lambda a, b, n: probes.decision(a - b, a - b),
            "intervals must not touch": lambda: probes.apart,
            "one rate taken as exact": Mistake(
                lambda: probes.one_fixed,
                fits=lambda found: any(
                    agree(found, probes.probe_better(rule), 0)
                    for rule in (probes.one_fixed, probes.other_fixed)
                ),
            ),
            "textbook interval": lambda: probes.wald,
        },
    ),
    filtered.filtering(
        "nb08.q6",
        PRICED,
        reference=lambda: (counting(0.1), 0.75),
        wrong={
            "labels inverted": lambda: (trained.counting(0.15, 0.0103, -400), 0.4),
            "one answer to every frame": lambda: (counting(90), 0.4),
            "a half by habit": lambda: (counting(0.2), 0.5),
            "too many lost": lambda: (counting(0.2), 0.6),
            "too many kept": lambda: (counting(0.15), 1e-6),
            "below the mark": lambda: (trained.counting(2, 1e-4), 0.1),
        },
    ),
    exercise(
        "nb08.g1",
        reference=probes.written,
        probe=probes.probe_written,
        mistakes={
            "rates applied to all frames": Mistake(
                lambda: probes.written(
                    lost=lambda recall, frames: frames * (1 - recall),
                    kept=lambda specificity, n, frames: frames * (1 - specificity),
                ),
                fits=lambda found: agree(found[0], 50_000, 1e-4),
            ),
            "specificity taken for what is kept": Mistake(
                lambda: probes.written(kept=lambda specificity, n, frames: n * specificity),
                fits=lambda found: agree(found[1], 873_000, 1e-4),
            ),
            "misses left out of what is written": lambda: probes.written(
                disk=lambda saved, slipped: saved
            ),
        },
        parts=("positives lost", "misses kept", "share written"),
    ),
    exercise(
        "nb08.g2",
        reference=probes.chosen,
        tolerance=1e-6,
        mistakes={
            "test data used for choosing": lambda: probes.chosen(use=slice(2, 4)),
            "a half by habit": lambda: probes.chosen(t=0.5),
            "validation rate reported": lambda: probes.chosen(report=slice(0, 2)),
            "textbook interval": lambda: probes.chosen(interval=probes.textbook),
            "rates in percent": lambda: probes.chosen(scale=100),
        },
        parts=("threshold", "recall", "lower end", "upper end"),
    ),
)
