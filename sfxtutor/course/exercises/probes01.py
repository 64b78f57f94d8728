"""What the exercises of lesson 01 compare: spacings, spots on the sphere, labels of frames."""

from functools import lru_cache

import numpy as np

from ...runs.open import open_run
from ...runs.twin.shot import label_of
from ..student import personal_seed

SPOTS = (5.0, 25.0, 60.0, 150.0), (1.3, 1.3, 1.0, 2.0), (105.0, 200.0, 105.0, 140.0)
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


def own_hit_rate():
    """Share of a student's own frames that hold a crystal."""
    return 0.3 + 0.15 * np.random.default_rng(personal_seed()).random()


def spacing(theta=lambda angle: angle / 2, order=2):
    """Answer that makes theta of the angle of the ray, and d = wavelength / order sin theta."""
    return lambda radius, wavelength, distance: (
        wavelength / (order * np.sin(theta(np.arctan(radius / distance))))
    )


def by_ratio(inverse, power=1):
    """Answer whose angle of the ray is inverse((radius / distance) ** power)."""
    return lambda radius, wavelength, distance: (
        wavelength / (2 * np.sin(inverse((radius / distance) ** power) / 2))
    )


def spacings(spacing):
    """What a student's function gives for the spots; nan where an angle is not defined."""
    with np.errstate(invalid="ignore"):
        return [float(spacing(*map(np.float64, spot))) for spot in zip(*SPOTS, strict=True)]


def points():
    """Points (n, 3) in 1/Å, on both sides of the sphere of 1.3 Å, and elsewhere."""
    rng = np.random.default_rng(8)
    ray = rng.normal(size=(300, 3)) * (1, 1, 0.5) + (0, 0, 1)
    length = 1 / 1.3 + rng.choice([-0.05, -0.012, -0.004, 0.004, 0.012, 0.05], 300)
    s = ray / np.linalg.norm(ray, axis=1, keepdims=True) * length[:, None] - (0, 0, 1 / 1.3)
    return np.concatenate([s, -s, s * 1.3, s + np.array([0, 0, 1 / 1.3])])


def lit(center=lambda w: (0, 0, 1 / w), radius=lambda w: 1 / w, size=np.abs):
    """Answer that asks how near the points are to a sphere seen from its centre."""
    return lambda s, wavelength, width: (
        size(np.linalg.norm(s + center(wavelength), axis=1) - radius(wavelength)) < width
    )


def near_in_squares(s, wavelength, width):
    """Wrong answer that compares squares of lengths with the width."""
    ray = s + np.array([0, 0, 1 / wavelength])
    return np.abs(np.sum(ray**2, axis=1) - 1 / wavelength**2) < width


def flat(s, wavelength, width):
    """Wrong answer: the plane that touches the sphere at the origin."""
    return np.abs(s[:, 2]) < width


def labels_by(label):
    """What a student's function calls the frames above."""
    labels = []
    for frame in FRAMES:
        names = np.repeat(list(frame), list(frame.values()))
        y, x = np.array([PLACES[name] for name in names], float).T + 959.5
        labels.append(label(y, x, names != "hidden"))
    return labels


def label_with(keep):
    """Answer that applies the rule to the spots with keep(|y|, |x|, visible), from the centre."""

    def label(y, x, visible):
        n = np.sum(keep(np.abs(y - 959.5), np.abs(x - 959.5), visible))
        return label_of(n)

    return lambda: label


def corner_label(y, x, visible):
    """Wrong answer: the first 724 rows and columns of the detector."""
    return label_of(np.sum(visible & (y < 724) & (x < 724)))


def multiples(m):
    none, one = np.exp(-m), m * np.exp(-m)
    return (1 - none - one) / (1 - none)


@lru_cache(maxsize=256)
def spots_in(seed, i):
    """True and visible spots of a frame of a student's own run."""
    visible = own_run(seed).spots(i)[1]
    return len(visible), int(visible.sum())


@lru_cache(maxsize=4)
def own_run(seed):
    return open_run("LN83", seed=seed)


def visible_in(offset=0, column=1, label="HIT"):
    """Spots of the first ten frames of a label in a student's own run."""
    seed = personal_seed()
    frames = np.flatnonzero(own_run(seed).labels == label)[:10] if label else np.arange(10)
    return [spots_in(seed, int(i) + offset)[column] for i in frames]
