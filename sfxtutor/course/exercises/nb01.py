"""Exercises of lesson 01, SFX background: rarity, Bragg's law, the Ewald sphere, the label."""

import numpy as np

from .check import Exercise, Mistake
from .probes01 import (
    SPOTS,
    label_with,
    labels_by,
    lit,
    multiples,
    own_hit_rate,
    points,
    spacing,
    visible_in,
)

EXERCISES = (
    Exercise(
        id="nb01.q1",
        title="From hit rate to crystals",
        reference=lambda: -np.log(1 - own_hit_rate()),
        tolerance=1e-3,
        right="More crystals than hits: some pulses met two or more, and those frames count once.",
        mistakes=(
            Mistake(
                "rate taken for the mean",
                own_hit_rate,
                "The share of frames with a crystal is not the mean number of crystals. A pulse "
                "that meets two or three makes one hit, so the mean must be higher.",
                "With three crystals a pulse on average, can the hit rate be 300 %?",
            ),
            Mistake(
                "no crystal taken for a hit",
                lambda: -np.log(own_hit_rate()),
                "You set exp(-m) equal to the hit rate. Poisson's law gives exp(-m) for *no* "
                "crystal at all: that is the share of the misses.",
                "For m near 0, what is exp(-m), and what is the hit rate?",
            ),
            Mistake(
                "logarithm to base ten",
                lambda: -np.log10(1 - own_hit_rate()),
                "The right equation, but its logarithm was taken to base 10. The law has a power "
                "of e in it, and only the natural logarithm undoes that.",
                "How could one have noticed? Is the mean lower or higher than the hit rate?",
            ),
        ),
    ),
    Exercise(
        id="nb01.q2",
        title="Which planes made this spot?",
        reference=spacing,
        probe=lambda spacing: [spacing(*spot) for spot in zip(*SPOTS, strict=True)],
        right="From the place on the detector to an angle, from the angle to d: every resolution "
        "ring in a figure is drawn this way.",
        mistakes=(
            Mistake(
                "two theta taken for theta",
                lambda: spacing(lambda angle: angle),
                "The angle of the ray with the beam went into Bragg's law as it is. The ray leaves "
                "at *twice* the angle between beam and planes.",
                "Draw beam, planes and ray: which of the angles is theta?",
            ),
            Mistake(
                "factor of two missing",
                lambda: spacing(order=1),
                "All your values of d are twice too large: the 2 of Bragg's law is missing. The "
                "path difference arises before the plane and again after it.",
                "How much longer is the way of a ray that is reflected one plane deeper?",
            ),
            Mistake(
                "small angles",
                lambda: lambda radius, wavelength, distance: wavelength * distance / radius,
                "Close to the beam this is good, far out it is not: sine, tangent and angle are "
                "equal for small angles only, and the spots that interest most lie far out.",
                "At which radius is the error of wavelength × distance / radius a tenth?",
            ),
        ),
    ),
    Exercise(
        id="nb01.q3",
        title="Which reflections light up?",
        reference=lit,
        probe=lambda lit: [lit(points(), 1.3, width) for width in (0.002, 0.008, 0.03)],
        right="Near the sphere from inside or outside: nothing else decides which reflections a "
        "still frame shows.",
        mistakes=(
            Mistake(
                "sphere about the origin",
                lambda: lit(center=lambda w: 0),
                "You measured from the origin of reciprocal space. The sphere passes *through* the "
                "origin; a sphere about it would light all planes of one single spacing.",
                "Which point lies on the sphere at every wavelength?",
            ),
            Mistake(
                "centre on the wrong side",
                lambda: lit(center=lambda w: (0, 0, -1 / w)),
                "Your sphere lies on the other side of the origin, as for a beam that comes from "
                "the detector. Check with one point which way the shift must go.",
                "Seen from the centre, where is the origin: along the beam or against it?",
            ),
            Mistake(
                "wavelength as radius",
                lambda: lit(lambda w: (0, 0, w), lambda w: w),
                "Your sphere has the wavelength itself as radius, in Å. Reciprocal space is "
                "measured in 1/Å, and the units alone rule this out.",
                "Does the sphere become flatter or rounder with a shorter wavelength?",
            ),
            Mistake(
                "one side only",
                lambda: lit(size=lambda error: error),
                "All points inside the sphere came out as lit. A distance has a sign here: a large "
                "negative one is as far from the sphere as a large positive one.",
                "The centre of the sphere is a point, too: how near to the sphere is it?",
            ),
        ),
    ),
    Exercise(
        id="nb01.q4",
        title="The label of a crop",
        reference=label_with(lambda y, x, seen: seen & (y < 362) & (x < 362)),
        probe=labels_by,
        right="People saw the whole detector, a network sees the crop: where your function "
        "disagrees with the label, the network cannot know better.",
        mistakes=(
            Mistake(
                "whole detector",
                label_with(lambda y, x, seen: seen),
                "Spots outside the crop were counted, too. That is the label of a person; the "
                "question is what the central pixels alone would give.",
                "Can a network count a spot that it is not shown?",
            ),
            Mistake(
                "hidden spots counted",
                label_with(lambda y, x, seen: (y < 362) & (x < 362)),
                "Faint spots that nobody sees were counted as well. The experts' rule counts "
                "*visible* spots: only the twin knows of the others.",
                "Who could label real frames by spots that are not visible?",
            ),
            Mistake(
                "whole side to each side",
                label_with(lambda y, x, seen: seen & (y < 724) & (x < 724)),
                "Your square is twice as wide as the crop: it reaches 724 pixels from the centre "
                "to each side. The whole side of the crop has 724.",
                "How many pixels are there from the centre of a square to its edge?",
            ),
            Mistake(
                "a strip, not a square",
                label_with(lambda y, x, seen: seen & (x < 362)),
                "Spots above or beside the crop got in. A spot is inside only if y *and* x are "
                "both near enough to the centre.",
                "Sketch the pixels that pass your condition: what shape do they make?",
            ),
            Mistake(
                "a circle, not a square",
                label_with(lambda y, x, seen: seen & (np.hypot(y, x) < 362)),
                "Spots in the corners of the crop were left out. You measured the distance from "
                "the centre, which makes a circle; the crop is a square.",
                "How far from the centre is a corner of the crop?",
            ),
        ),
    ),
    Exercise(
        id="nb01.g1",
        title="Two crystals in one frame",
        reference=lambda: multiples,
        probe=lambda share: [share(m) for m in (0.03, 0.3, 0.9, 3.0)],
        right="A share of the hits, not of all frames: it is the price of a higher hit rate.",
        mistakes=(
            Mistake(
                "share of all frames",
                lambda: lambda m: 1 - np.exp(-m) - m * np.exp(-m),
                "This is the share of *all* frames that hold two or more crystals. The task asks "
                "for the share of those frames that hold any.",
                "At a hit rate of 3 %, how large can the share of all frames be at most?",
            ),
            Mistake(
                "exactly two",
                lambda: lambda m: m**2 / 2 * np.exp(-m) / (1 - np.exp(-m)),
                "You counted frames of exactly two crystals. Three or four overlap as well, and "
                "with many crystals a pulse they are the most.",
                "What should the share become when m is very large?",
            ),
        ),
    ),
    Exercise(
        id="nb01.g2",
        title="What the experts would count",
        reference=visible_in,
        right="The visible ones make the label. From one hit to the next their number differs "
        "widely.",
        mistakes=(
            Mistake(
                "all true spots",
                lambda: visible_in(column=0),
                "You counted every spot that the crystal made, also those lost in the noise. The "
                "label comes from the spots that a person sees.",
                "run.spots(i) returns two things. What is the second one for?",
            ),
            Mistake(
                "frames counted from one",
                lambda: visible_in(offset=1),
                "These are the spots of the frames that follow the hits. Annotation files count "
                "from 1, but np.flatnonzero and run.spots count from 0.",
                "What is the number of the first frame of a run, here and in a file?",
            ),
            Mistake(
                "first frames of the run",
                lambda: visible_in(label=None),
                "These are the first ten frames of the run, most of which are misses. The first "
                "ten that are labelled HIT were asked for.",
                "Which of your numbers are below ten? Can that be a hit?",
            ),
        ),
    ),
)
