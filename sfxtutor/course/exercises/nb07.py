"""Exercises of lesson 07, domain-adversarial networks."""

import math

from . import trained
from .exercise import Mistake, exercise
from .probes07 import (
    both_ways,
    differ,
    epochs,
    four_bools,
    gradients,
    kept_by,
    losses,
    mixing_by,
    mixings,
    one_of,
    risk,
    schedule,
    source_alone,
    target_alone,
    total_loss,
    turned_forward,
)

LN2, LN10 = math.log(2), math.log(10)

EXERCISES = (
    exercise(
        "nb07.q1",
        reference=lambda: (True, False, True, True),
        probe=four_bools,
        mistakes={
            "target labels used": Mistake(
                lambda: (True, True, True, True), fits=lambda found: found[1]
            ),
            "domain labels taken for labels of hits": Mistake(
                lambda: (True, False, True, False),
                fits=lambda found: found[0] and not (found[2] and found[3]),
            ),
            "source labels left out": Mistake(
                lambda: (False, False, True, True), fits=lambda found: not found[0]
            ),
        },
    ),
    exercise(
        "nb07.q2",
        reference=lambda: lambda x, gradient, lambda_: (x, -lambda_ * gradient),
        probe=both_ways,
        mistakes={
            "reversed forward too": Mistake(
                lambda: lambda x, gradient, lambda_: (-lambda_ * x, -lambda_ * gradient),
                fits=turned_forward,
            ),
            "sign not turned": lambda: lambda x, gradient, lambda_: (x, lambda_ * gradient),
            "lambda forgotten": lambda: lambda x, gradient, lambda_: (x, -gradient),
            "nothing reversed": lambda: lambda x, gradient, lambda_: (x, gradient),
        },
    ),
    exercise(
        "nb07.q3",
        reference=total_loss,
        probe=losses,
        mistakes={
            "target labels used": Mistake(lambda: total_loss(labels=True), fits=differ),
            "losses subtracted": lambda: total_loss(domain=-1),
            "runs exchanged": lambda: total_loss(target=0),
            "frames missing in the domain loss": Mistake(
                lambda: target_alone, fits=one_of(target_alone, source_alone, total_loss(domain=0))
            ),
            "sums, not means": Mistake(
                lambda: total_loss(20, 40),
                fits=one_of(
                    total_loss(20, 40), total_loss(20), total_loss(1, 2), total_loss(1, 40)
                ),
            ),
            "logarithm of another base": Mistake(
                lambda: total_loss(1 / LN2, 1 / LN2),
                fits=one_of(*(total_loss(1 / x, 1 / x) for x in (LN2, LN10))),
            ),
        },
    ),
    exercise(
        "nb07.q4",
        reference=lambda: kept_by(lambda label, domain, _: risk(label, domain)),
        probe=epochs,
        mistakes={
            "target labels used": Mistake(
                lambda: kept_by(lambda label, domain, merit: -merit), fits=differ
            ),
            "counted from 0": lambda: (
                lambda *story: kept_by(lambda a, b, _: risk(a, b))(*story) - 1
            ),
            "source loss alone": lambda: kept_by(lambda label, domain, _: label),
            "domain loss alone": lambda: kept_by(lambda label, domain, _: -domain),
            "floor missing": lambda: kept_by(lambda label, domain, _: label - domain),
        },
    ),
    trained.pair(
        "nb07.q5",
        "LN84",
        reference=lambda: (trained.counting(), trained.counting(0.15, 0.0103)),
        wrong={
            "nothing trained": lambda: (trained.counting(), trained.counting()),
            "labels inverted": lambda: (trained.counting(), trained.counting(0.15, 0.0103, -400)),
            "one answer to every frame": lambda: (trained.counting(), trained.counting(90)),
            "networks exchanged": lambda: (trained.counting(0.15, 0.0103), trained.counting()),
            "no clear gain": lambda: (trained.counting(), trained.counting(0.41)),
        },
    ),
    exercise(
        "nb07.g1",
        reference=lambda: lambda label, domain, p: label - schedule(p) * domain,
        probe=gradients,
        mistakes={
            "domain gradient added": lambda: lambda label, domain, p: label + schedule(p) * domain,
            "everything reversed": lambda: lambda label, domain, p: -schedule(p) * (label + domain),
            "lambda forgotten": lambda: lambda label, domain, p: label - domain,
            "schedule starts at one half": lambda: (
                lambda label, domain, p: label - (1 + schedule(p)) / 2 * domain
            ),
        },
    ),
    exercise(
        "nb07.g2",
        reference=mixing_by,
        probe=mixings,
        mistakes={
            "itself counted as a neighbour": lambda: mixing_by(first=0),
            "own run counted": lambda: mixing_by(same=True),
            "not divided by full mixing": lambda: mixing_by(full=lambda n: 1),
            "full mixing taken for one half": lambda: mixing_by(full=lambda n: 0.5),
            "nearest neighbour alone": lambda: mixing_by(neighbours=1),
        },
    ),
)
