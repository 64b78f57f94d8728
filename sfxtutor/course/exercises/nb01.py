"""Exercises of lesson 01, SFX background: rarity, Bragg's law, the Ewald sphere, the label."""

import numpy as np

from .exercise import exercise
from .probes01 import (
    by_ratio,
    corner_label,
    flat,
    label_with,
    labels_by,
    lit,
    multiples,
    near_in_squares,
    own_hit_rate,
    points,
    spacing,
    spacings,
    visible_in,
)

EXERCISES = (
    exercise(
        "nb01.q1",
        reference=lambda: -np.log(1 - own_hit_rate()),
        tolerance=1e-3,
        mistakes={
            "rate taken for the mean": own_hit_rate,
            "no crystal taken for a hit": lambda: -np.log(own_hit_rate()),
            "logarithm to base ten": lambda: -np.log10(1 - own_hit_rate()),
        },
    ),
    exercise(
        "nb01.q2",
        reference=spacing,
        probe=spacings,
        mistakes={
            "two theta taken for theta": lambda: spacing(lambda angle: angle),
            "factor of two missing": lambda: spacing(order=1),
            "small angles": lambda: (
                lambda radius, wavelength, distance: wavelength * distance / radius
            ),
            "ratio upside down": lambda: by_ratio(np.arctan, power=-1),
            "sine for tangent": lambda: by_ratio(np.arcsin),
            "one over d": lambda: lambda *geometry: 1 / spacing()(*geometry),
            "degrees": lambda: spacing(lambda angle: np.rad2deg(angle) / 2),
        },
    ),
    exercise(
        "nb01.q3",
        reference=lit,
        probe=lambda lit: [lit(points(), 1.3, width) for width in (0.002, 0.008, 0.03)],
        mistakes={
            "sphere about the origin": lambda: lit(center=lambda w: 0),
            "centre on the wrong side": lambda: lit(center=lambda w: (0, 0, -1 / w)),
            "wavelength as radius": lambda: lit(lambda w: (0, 0, w), lambda w: w),
            "one side only": lambda: lit(size=lambda error: error),
            "squares compared": lambda: near_in_squares,
            "sphere taken for a plane": lambda: flat,
        },
    ),
    exercise(
        "nb01.q4",
        reference=label_with(lambda y, x, seen: seen & (y < 362) & (x < 362)),
        probe=labels_by,
        mistakes={
            "whole detector": label_with(lambda y, x, seen: seen),
            "hidden spots counted": label_with(lambda y, x, seen: (y < 362) & (x < 362)),
            "whole side to each side": label_with(lambda y, x, seen: seen & (y < 724) & (x < 724)),
            "a strip, not a square": label_with(lambda y, x, seen: seen & (x < 362)),
            "a circle, not a square": label_with(lambda y, x, seen: seen & (np.hypot(y, x) < 362)),
            "corner of the detector": lambda: corner_label,
        },
    ),
    exercise(
        "nb01.g1",
        reference=lambda: multiples,
        probe=lambda share: [share(m) for m in (0.03, 0.3, 0.9, 3.0)],
        mistakes={
            "share of all frames": lambda: lambda m: 1 - np.exp(-m) - m * np.exp(-m),
            "exactly two": lambda: lambda m: m**2 / 2 * np.exp(-m) / (1 - np.exp(-m)),
        },
    ),
    exercise(
        "nb01.g2",
        reference=visible_in,
        mistakes={
            "all true spots": lambda: visible_in(column=0),
            "frames counted from one": lambda: visible_in(offset=1),
            "first frames of the run": lambda: visible_in(label=None),
        },
    ),
)
