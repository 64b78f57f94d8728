"""Exercises of lesson 07, domain-adversarial networks."""

from .exercise import Mistake, exercise
from .probes07 import (
    balanced_error,
    both_ways,
    chosen,
    differ,
    distance_by,
    distances,
    epochs,
    four_bools,
    frames_with,
    gradients,
    kept_by,
    losses,
    plain_error,
    risk,
    schedule,
    shares,
    target_alone,
    total_loss,
    turned_forward,
    well_chosen,
)

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
            "domain loss of the target alone": lambda: target_alone,
            "runs averaged, then added": lambda: total_loss(domain=2),
            "label loss alone": lambda: total_loss(domain=0),
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
    exercise(
        "nb07.q5",
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
)
