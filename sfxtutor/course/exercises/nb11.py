"""Exercises of lesson 11, ensembles and few labels."""

import numpy as np

from . import probes11 as probes
from .compare import agree
from .exercise import Mistake, exercise

EXERCISES = (
    exercise(
        "nb11.q1",
        reference=lambda: probes.disagreement(),
        probe=lambda answer: answer(probes.votes()),
        mistakes={
            "entropy of the mean alone": lambda: probes.disagreement(members=lambda p: 0.0),
            "mean of the entropies alone": Mistake(
                lambda: probes.mean_entropy, fits=lambda found: probes.is_mean_entropy(found)
            ),
            "spread of p": Mistake(
                lambda: lambda p: p.std(axis=0),
                fits=lambda found: any(
                    agree(found, spread(probes.votes()), 1e-4) for spread in probes.SPREADS
                ),
            ),
            "the other class forgotten": lambda: probes.disagreement(entropy=probes.half_entropy),
            "bits for nats": lambda: lambda p: probes.disagreement()(p) / np.log(2),
            "axis swapped": lambda: probes.disagreement(axis=1),
        },
    ),
    exercise(
        "nb11.q2",
        reference=lambda: probes.out_of_fold,
        probe=probes.probe_out_of_fold,
        mistakes={
            "trained on all labels": lambda: probes.seen_by_all,
            "trained on its own fold": lambda: probes.own_fold,
            "sorted by fold": lambda: probes.by_fold,
            "one fold left out for all": lambda: probes.one_network,
        },
    ),
    exercise(
        "nb11.q3",
        reference=lambda: probes.suspects(),
        probe=probes.probe_suspects,
        mistakes={
            "threshold of 0.5": lambda: probes.suspects(0.5, 0.5),
            "one threshold for all": Mistake(
                lambda: lambda p, given: (p >= p.mean()) != given,
                fits=lambda found: agree(
                    found, probes.probe_suspects(lambda p, given: (p >= p.mean()) != given), 1e-4
                ),
            ),
            "thresholds of the wrong class": lambda: probes.thresholds_swapped,
            "confident right labels": lambda: probes.confident_right,
            "hits alone": lambda: lambda p, given: ~given & probes.suspects()(p, given),
        },
    ),
    exercise(
        "nb11.q4",
        reference=lambda: probes.risk(),
        probe=probes.probe_risk,
        mistakes={
            "unlabelled as misses": lambda: probes.risk(subtract=0),
            "negative cost of misses": lambda: probes.risk(at_least=-np.inf),
            "prior forgotten in the subtraction": lambda: probes.risk(subtract=1),
            "prior forgotten for the marked": lambda: probes.risk(weight=1),
            "prior of misses": lambda: probes.of_misses,
        },
    ),
    exercise(
        "nb11.q5",
        reference=lambda: probes.fewest(),
        probe=probes.probe_fewest,
        mistakes={
            "first crossing": lambda: probes.first_crossing,
            "recall itself": lambda: probes.fewest(lambda k, n: k / n),
            "upper end": lambda: probes.fewest(lambda k, n: probes.wilson(k, n)[1]),
            "number with the highest recall": lambda: probes.largest,
        },
    ),
    exercise(
        "nb11.g1",
        reference=lambda: probes.by_share(),
        probe=probes.probe_shares,
        mistakes={
            "ties counted twice": lambda: (
                lambda score, share: score >= np.quantile(score, 1 - share)
            ),
            "ties left out": lambda: lambda score, share: score > np.quantile(score, 1 - share),
            "lowest scores": lambda: probes.by_share(sign=-1),
            "share of misses": lambda: lambda score, share: probes.by_share()(score, 1 - share),
        },
    ),
    exercise(
        "nb11.g2",
        reference=probes.weak_rates,
        tolerance=1e-3,
        mistakes={
            "maybe counted as a miss": lambda: probes.weak_rates(positive=("HIT",)),
            "more than 4 spots": lambda: probes.weak_rates(limit=5),
            "the two swapped": lambda: probes.weak_rates()[::-1],
            "precision for recall": lambda: probes.weak_rates(of_called=True),
        },
        parts=("recall", "specificity"),
    ),
)
