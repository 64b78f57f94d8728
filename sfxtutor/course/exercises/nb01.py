"""Exercises of lesson 01, SFX background: rarity, Bragg's law, the Ewald sphere, the label."""

from functools import lru_cache

import numpy as np

import sfxtutor as sfx

from . import Exercise, Mistake, personal_seed

SPOTS = (5.0, 25.0, 60.0, 150.0), (1.3, 1.3, 1.0, 2.0), (105.0, 200.0, 105.0, 140.0)


def _hit_rate():
    """Share of a student's own frames that hold a crystal."""
    return 0.3 + 0.15 * np.random.default_rng(personal_seed()).random()


def _spacing(theta=lambda angle: angle / 2, order=2):
    """Answer that makes theta of the angle of the ray, and d = wavelength / order sin theta."""
    return lambda radius, wavelength, distance: (
        wavelength / (order * np.sin(theta(np.arctan(radius / distance))))
    )


def _points():
    """Points (n, 3) in 1/Å, on both sides of the sphere of 1.3 Å, and elsewhere."""
    rng = np.random.default_rng(8)
    ray = rng.normal(size=(300, 3)) * (1, 1, 0.5) + (0, 0, 1)
    length = 1 / 1.3 + rng.choice([-0.05, -0.012, -0.004, 0.004, 0.012, 0.05], 300)
    s = ray / np.linalg.norm(ray, axis=1, keepdims=True) * length[:, None] - (0, 0, 1 / 1.3)
    return np.concatenate([s, -s, s * 1.3, s + np.array([0, 0, 1 / 1.3])])


def _lit(center=lambda w: (0, 0, 1 / w), radius=lambda w: 1 / w, size=np.abs):
    """Answer that asks how near the points are to a sphere seen from its centre."""
    return lambda s, wavelength, width: (
        size(np.linalg.norm(s + center(wavelength), axis=1) - radius(wavelength)) < width
    )


PLACES = {  # of a spot against the centre of the detector, pixels
    "middle": (120, -90), "corner": (-330, 340), "above": (-520, 60), "beside": (40, 500),
    "far": (500, -480), "rim": (-900, 890), "hidden": (50, 80),
}  # fmt: skip
FRAMES = (  # how many spots there are where
    {"middle": 5, "corner": 6},
    {"middle": 3, "far": 8},
    {"middle": 3, "hidden": 9},
    {"middle": 3, "above": 2, "beside": 2},
    {"middle": 4, "rim": 20},
)


def _labels(label):
    """What a student's function calls the frames above."""
    found = []
    for frame in FRAMES:
        names = np.repeat(list(frame), list(frame.values()))
        y, x = np.array([PLACES[name] for name in names], float).T + 959.5
        found.append(label(y, x, names != "hidden"))
    return found


def _label(keep):
    """Answer that applies the rule to the spots with keep(|y|, |x|, visible), from the centre."""

    def label(y, x, visible):
        n = np.sum(keep(np.abs(y - 959.5), np.abs(x - 959.5), visible))
        return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"

    return lambda: label


def _multiples(m):
    none, one = np.exp(-m), m * np.exp(-m)
    return (1 - none - one) / (1 - none)


@lru_cache(maxsize=256)
def _spots(seed, i):
    """True and visible spots of a frame of a student's own run."""
    visible = _run(seed).spots(i)[1]
    return len(visible), int(visible.sum())


@lru_cache(maxsize=4)
def _run(seed):
    return sfx.open_run("LN83", seed=seed)


def _visible(offset=0, column=1, label="HIT"):
    """Spots of the first ten frames of a label in a student's own run."""
    seed = personal_seed()
    frames = np.flatnonzero(_run(seed).labels == label)[:10] if label else np.arange(10)
    return [_spots(seed, int(i) + offset)[column] for i in frames]


EXERCISES = (
    Exercise(
        id="nb01.q1",
        title="From hit rate to crystals",
        reference=lambda: -np.log(1 - _hit_rate()),
        tolerance=1e-3,
        right="More crystals than hits: some pulses met two or more, and those frames count once.",
        mistakes=(
            Mistake(
                "rate taken for the mean",
                _hit_rate,
                "The share of frames with a crystal is not the mean number of crystals. A pulse "
                "that meets two or three makes one hit, so the mean must be higher.",
                "With three crystals a pulse on average, can the hit rate be 300 %?",
            ),
            Mistake(
                "no crystal taken for a hit",
                lambda: -np.log(_hit_rate()),
                "You set exp(-m) equal to the hit rate. Poisson's law gives exp(-m) for *no* "
                "crystal at all: that is the share of the misses.",
                "For m near 0, what is exp(-m), and what is the hit rate?",
            ),
            Mistake(
                "logarithm to base ten",
                lambda: -np.log10(1 - _hit_rate()),
                "The right equation, but its logarithm was taken to base 10. The law has a power "
                "of e in it, and only the natural logarithm undoes that.",
                "How could one have noticed? Is the mean lower or higher than the hit rate?",
            ),
        ),
    ),
    Exercise(
        id="nb01.q2",
        title="Which planes made this spot?",
        reference=_spacing,
        probe=lambda spacing: [spacing(*spot) for spot in zip(*SPOTS, strict=True)],
        right="From the place on the detector to an angle, from the angle to d: every resolution "
        "ring in a figure is drawn this way.",
        mistakes=(
            Mistake(
                "two theta taken for theta",
                lambda: _spacing(lambda angle: angle),
                "The angle of the ray with the beam went into Bragg's law as it is. The ray leaves "
                "at *twice* the angle between beam and planes.",
                "Draw beam, planes and ray: which of the angles is theta?",
            ),
            Mistake(
                "factor of two missing",
                lambda: _spacing(order=1),
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
        reference=_lit,
        probe=lambda lit: [lit(_points(), 1.3, width) for width in (0.002, 0.008, 0.03)],
        right="Near the sphere from inside or outside: nothing else decides which reflections a "
        "still frame shows.",
        mistakes=(
            Mistake(
                "sphere about the origin",
                lambda: _lit(center=lambda w: 0),
                "You measured from the origin of reciprocal space. The sphere passes *through* the "
                "origin; a sphere about it would light all planes of one single spacing.",
                "Which point lies on the sphere at every wavelength?",
            ),
            Mistake(
                "centre on the wrong side",
                lambda: _lit(center=lambda w: (0, 0, -1 / w)),
                "Your sphere lies on the other side of the origin, as for a beam that comes from "
                "the detector. Check with one point which way the shift must go.",
                "Seen from the centre, where is the origin: along the beam or against it?",
            ),
            Mistake(
                "wavelength as radius",
                lambda: _lit(lambda w: (0, 0, w), lambda w: w),
                "Your sphere has the wavelength itself as radius, in Å. Reciprocal space is "
                "measured in 1/Å, and the units alone rule this out.",
                "Does the sphere become flatter or rounder with a shorter wavelength?",
            ),
            Mistake(
                "one side only",
                lambda: _lit(size=lambda error: error),
                "All points inside the sphere came out as lit. A distance has a sign here: a large "
                "negative one is as far from the sphere as a large positive one.",
                "The centre of the sphere is a point, too: how near to the sphere is it?",
            ),
        ),
    ),
    Exercise(
        id="nb01.q4",
        title="The label of a crop",
        reference=_label(lambda y, x, seen: seen & (y < 362) & (x < 362)),
        probe=_labels,
        right="People saw the whole detector, a network sees the crop: where your function "
        "disagrees with the label, the network cannot know better.",
        mistakes=(
            Mistake(
                "whole detector",
                _label(lambda y, x, seen: seen),
                "Spots outside the crop were counted, too. That is the label of a person; the "
                "question is what the central pixels alone would give.",
                "Can a network count a spot that it is not shown?",
            ),
            Mistake(
                "hidden spots counted",
                _label(lambda y, x, seen: (y < 362) & (x < 362)),
                "Faint spots that nobody sees were counted as well. The experts' rule counts "
                "*visible* spots: only the twin knows of the others.",
                "Who could label real frames by spots that are not visible?",
            ),
            Mistake(
                "whole side to each side",
                _label(lambda y, x, seen: seen & (y < 724) & (x < 724)),
                "Your square is twice as wide as the crop: it reaches 724 pixels from the centre "
                "to each side. The whole side of the crop has 724.",
                "How many pixels are there from the centre of a square to its edge?",
            ),
            Mistake(
                "a strip, not a square",
                _label(lambda y, x, seen: seen & (x < 362)),
                "Spots above or beside the crop got in. A spot is inside only if y *and* x are "
                "both near enough to the centre.",
                "Sketch the pixels that pass your condition: what shape do they make?",
            ),
            Mistake(
                "a circle, not a square",
                _label(lambda y, x, seen: seen & (np.hypot(y, x) < 362)),
                "Spots in the corners of the crop were left out. You measured the distance from "
                "the centre, which makes a circle; the crop is a square.",
                "How far from the centre is a corner of the crop?",
            ),
        ),
    ),
    Exercise(
        id="nb01.g1",
        title="Two crystals in one frame",
        reference=lambda: _multiples,
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
        reference=_visible,
        right="The visible ones make the label. From one hit to the next their number differs "
        "widely.",
        mistakes=(
            Mistake(
                "all true spots",
                lambda: _visible(column=0),
                "You counted every spot that the crystal made, also those lost in the noise. The "
                "label comes from the spots that a person sees.",
                "run.spots(i) returns two things. What is the second one for?",
            ),
            Mistake(
                "frames counted from one",
                lambda: _visible(offset=1),
                "These are the spots of the frames that follow the hits. Annotation files count "
                "from 1, but np.flatnonzero and run.spots count from 0.",
                "What is the number of the first frame of a run, here and in a file?",
            ),
            Mistake(
                "first frames of the run",
                lambda: _visible(label=None),
                "These are the first ten frames of the run, most of which are misses. The first "
                "ten that are labelled HIT were asked for.",
                "Which of your numbers are below ten? Can that be a hit?",
            ),
        ),
    ),
)
