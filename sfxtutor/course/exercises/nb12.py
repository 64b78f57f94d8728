"""Exercises of lesson 12, single particles."""

import numpy as np

from . import probes12 as probes
from .exercise import Mistake, exercise

EXERCISES = (
    exercise(
        "nb12.q1",
        reference=lambda: probes.specificity(),
        probe=probes.probe_specificity,
        mistakes={
            "class share ignored": lambda: probes.specificity(lambda share: 1),
            "odds upside down": lambda: probes.specificity(lambda share: (1 - share) / share),
            "of all frames": lambda: probes.specificity(lambda share: share),
            "share of misses kept": lambda: lambda *a: 1 - probes.specificity()(*a),
        },
    ),
    exercise(
        "nb12.q2",
        reference=lambda: probes.precision_at(),
        probe=probes.probe_precision,
        mistakes={
            "highest scores of all frames": lambda: probes.precision_at(
                of=lambda score, truth: score
            ),
            "rounded down": lambda: probes.precision_at(rounded=np.floor),
            "equal scores left out": lambda: probes.precision_at(keeps=np.greater),
            "recall returned": lambda: (
                lambda score, truth, recall: (
                    truth[score >= probes.threshold(score, truth, recall)].sum() / truth.sum()
                )
            ),
        },
    ),
    exercise(
        "nb12.q3",
        reference=lambda: probes.radius(),
        tolerance=2e-3,
        mistakes={
            "diameter": lambda: 2 * probes.radius(),
            "one wavelength of path": lambda: probes.radius(zero=2 * np.pi),
            "half a wavelength of path": lambda: probes.radius(zero=np.pi),
            "angle not halved": lambda: probes.radius(part=1),
            "angle in degrees": Mistake(
                probes.in_degrees, fits=lambda x: abs(x / probes.in_degrees() - 1) < 5e-3
            ),
        },
    ),
    exercise(
        "nb12.q4",
        reference=lambda: probes.correlation(),
        probe=probes.probe_correlation,
        mistakes={
            "divided by all sectors": lambda: probes.correlation(pairs=lambda there, d: there.size),
            "divided by the sectors with data": lambda: probes.correlation(
                pairs=lambda there, d: there.sum()
            ),
            "gap counted as data": lambda: (
                lambda ring, there: probes.correlation()(ring, np.ones_like(there))
            ),
            "gap counted as dark": lambda: (
                lambda ring, there: probes.correlation()(
                    np.where(there, ring, 0), np.ones_like(there)
                )
            ),
            "mean not subtracted": lambda: probes.correlation(middle=lambda values: 0),
        },
    ),
    exercise(
        "nb12.q5",
        reference=lambda: probes.orientation(),
        probe=probes.probe_orientation,
        mistakes={
            "expected not normalised": lambda: probes.orientation(share=lambda x: x),
            "logarithm forgotten": lambda: probes.orientation(log=lambda x: x),
            "largest of the wrong axis": lambda: probes.orientation(axis=0),
            "least squares": probes.nearest,
        },
    ),
    exercise(
        "nb12.g1",
        reference=lambda: probes.contrast(),
        probe=probes.probe_contrast,
        mistakes={
            "background not subtracted": lambda: probes.contrast(background=0),
            "ratio of the two": lambda: probes.contrast(of=lambda high, low: low / high),
            "divided by the maximum": lambda: probes.contrast(
                of=lambda high, low: (high - low) / high
            ),
        },
    ),
    exercise(
        "nb12.g2",
        reference=probes.own_counts,
        probe=lambda answer: tuple(float(x) for x in answer),
        tolerance=5e-3,
        parts=("singles kept", "false ones kept", "hours"),
        mistakes={
            "class share ignored": lambda: probes.own_counts(
                false=lambda recall, specificity, share: 1 - specificity
            ),
            "specificity taken for its rest": lambda: probes.own_counts(
                false=lambda recall, specificity, share: specificity * (1 - share)
            ),
            "recall forgotten in the hours": lambda: probes.own_counts(found=False),
        },
    ),
)
