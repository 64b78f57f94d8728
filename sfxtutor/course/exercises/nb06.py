"""Exercises of lesson 06, domain shift."""

from .exercise import Mistake, exercise
from .probes06 import (
    adabn,
    as_stored,
    as_variance,
    balanced_error,
    bbse,
    by_columns,
    chosen,
    deviations_averaged,
    distance_by,
    distances,
    frames_with,
    mixture,
    mixtures,
    normalised,
    outside,
    plain_error,
    posterior,
    probabilities,
    share_by,
    shares,
    shares_found,
    well_chosen,
)

EXERCISES = (
    exercise(
        "nb06.q1",
        reference=adabn,
        probe=normalised,
        mistakes={
            "stored statistics used": lambda: as_stored,
            "each frame by itself": lambda: adabn(axes=(1, 2)),
            "all filters together": lambda: adabn(axes=(0, 1, 2, 3)),
            "scale and shift left out": lambda: adabn(learned=False),
            "variance for standard deviation": lambda: adabn(power=1),
            "small constant forgotten": lambda: adabn(constant=False),
        },
    ),
    exercise(
        "nb06.q2",
        reference=lambda: share_by(bbse),
        probe=shares_found,
        mistakes={
            "share called a hit": lambda: share_by(lambda truth, decision, called: called),
            "share of the source": lambda: share_by(lambda truth, decision, called: truth.mean()),
            "recall alone": lambda: share_by(
                lambda truth, decision, called: called / decision[truth].mean()
            ),
            "false positives alone": lambda: share_by(
                lambda truth, decision, called: called - decision[~truth].mean()
            ),
            "precision for recall": lambda: share_by(by_columns),
            "outside 0 to 1": Mistake(
                lambda: lambda truth, decision, target: bbse(truth, decision, target.mean()),
                fits=outside,
            ),
        },
    ),
    exercise(
        "nb06.q3",
        reference=lambda: posterior,
        probe=probabilities,
        mistakes={
            "ratio upside down": lambda: lambda p, share, prior: posterior(p, prior, share),
            "prior left out": lambda: lambda p, share, prior: posterior(p, share, 0.5),
            "misses not weighted": lambda: (
                lambda p, share, prior: p * share / prior / (p * share / prior + 1 - p)
            ),
            "sum not one": lambda: lambda p, share, prior: p * share / prior,
            "p shifted": lambda: lambda p, share, prior: p + share - prior,
        },
    ),
    exercise(
        "nb06.q4",
        reference=lambda: frames_with(lambda share: share),
        probe=chosen,
        accepts=well_chosen,
        mistakes={
            "frames taken twice": Mistake(
                lambda: lambda spots, *rest: [0] * 100 + list(range(100)),
                fits=lambda found: found[1] < found[2],
            ),
            "half of them hits": Mistake(
                lambda: frames_with(lambda share: 0.5), fits=lambda found: found[0] == 0.5
            ),
            "share of the target kept": Mistake(
                lambda: lambda spots, least, share, n: range(n),
                fits=lambda found: 0.3 < found[0] < 0.65,
            ),
            "threshold left out": Mistake(
                lambda: frames_with(lambda share: share, above=1),
                fits=lambda found: found[1] == found[2] and 0.01 < found[0] - shares()[0] < 0.1,
            ),
            "no hits at all": Mistake(
                lambda: frames_with(lambda share: 0), fits=lambda found: found[0] == 0
            ),
            "hits and misses exchanged": Mistake(
                lambda: frames_with(lambda share: 1 - share), fits=lambda found: found[0] >= 0.65
            ),
        },
    ),
    exercise(
        "nb06.g1",
        reference=lambda: distance_by(balanced_error),
        probe=distances,
        mistakes={
            "accuracy taken for the error": lambda: distance_by(
                lambda decision, truth: 1 - balanced_error(decision, truth)
            ),
            "frames counted alike": lambda: distance_by(plain_error),
            "below zero": lambda: distance_by(balanced_error, floor=-2),
        },
    ),
    exercise(
        "nb06.g2",
        reference=mixture,
        probe=mixtures,
        mistakes={
            "means of the classes left out": lambda: mixture(between=0),
            "standard deviations averaged": lambda: deviations_averaged,
            "shares exchanged": lambda: mixture(turned=True),
            "share of the frames kept": lambda: mixture(own=True),
            "variance returned": lambda: as_variance,
        },
    ),
)
