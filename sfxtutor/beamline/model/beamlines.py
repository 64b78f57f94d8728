"""Simulated shots of many imaginary beamlines: what the screening model is trained on.

Cells, energies, distances, backgrounds, tapes, point spreads, gains and artefacts vary far beyond
the three twins, so that the model meets no detector for the first time at the beamline.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...runs.run import CROP
from ...runs.twin.crystal import Crystal
from ...runs.twin.detector import background
from ...runs.twin.shot import Setup, draw, render

VERSION = 1  # of the imaginary beamlines and their shots: raised when they change
FAMILIES = ("tape", "no tape", "jet", "ice", "pixel detector", "panels", "hot pixels")


@dataclass
class Beamline:
    """One imaginary beamline: its setup, the family of its artefacts and its bad pixels."""

    setup: Setup
    family: str
    mask: np.ndarray | None  # (724, 724) bool, True = good; None = all good


def log_uniform(rng, low, high):
    """A number between two, every factor as likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def beamline(rng, family=None):
    """A `Beamline` drawn at random, of a family of artefacts or of any.

    Parameters
    ----------
    rng : numpy.random.Generator
    family : one of `FAMILIES`, optional
    """
    family = family or str(rng.choice(FAMILIES))
    photon_counting = family in ("pixel detector", "panels")
    size = int(rng.integers(730, 860))
    strength = log_uniform(rng, 0.002, 1.5) if photon_counting else log_uniform(rng, 0.1, 3)
    stop = rng.uniform(15, 70) * (rng.random() < 0.85)
    setup = Setup(
        "beamline",
        Crystal(
            cell=tuple(log_uniform(rng, 35, 250) for _ in "abc"),
            b_factor=rng.uniform(12, 60),
            domain=log_uniform(rng, 400, 3000),
            mosaicity=log_uniform(rng, 2e-4, 3e-3),
        ),
        crystals=log_uniform(rng, 0.4, 2.5),
        brightness=1.0,
        spread=rng.uniform(0.7, 1.5),
        wavelength=rng.uniform(0.9, 1.8),
        distance=log_uniform(rng, 70, 350),
        pixel=float(rng.choice([0.075, 0.0885, 0.11, 0.172, 0.177])),
        shape=(size, size),
        center=tuple(size / 2 + rng.normal(0, 25, 2)),
        stop=(stop * rng.choice([1.0, rng.uniform(1, 1.8)]), stop),
        water=79 * strength * rng.uniform(0.3, 1.5),
        air=14.2 * strength * rng.uniform(0, 2),
        plain=35 * strength * log_uniform(rng, 0.05, 5),
        tape=rng.uniform(0.6, 0.97) if family == "tape" else 1.0,
        edge=rng.uniform(0.2, 0.8) * size,
        edge_width=log_uniform(rng, 1, 20),
        halo=log_uniform(rng, 10, 5000) * strength * (rng.random() < 0.6),
        pulse_spread=rng.uniform(0.05, 0.3),
        energy_spread=log_uniform(rng, 3e-4, 3e-3),
        bandwidth=log_uniform(rng, 1e-4, 6e-3),
        gain=log_uniform(rng, 0.3, 8),
        blur=rng.uniform(0, 0.08) if photon_counting else rng.uniform(0.1, 0.4),
        readout=log_uniform(rng, 0.3, 8),
        offset=rng.uniform(5, 60),
        visible_sigma=8.0,
        hot=log_uniform(rng, 2, 60) if family == "hot pixels" else log_uniform(rng, 0.05, 5),
        streaks=rng.uniform(0.3, 1) if family == "jet" else 0.02,
        ice=rng.uniform(0.2, 0.8) if family == "ice" else 0.01,
        streak=log_uniform(rng, 200, 5000) * strength,
        ring=log_uniform(rng, 50, 1500) * strength,
    )
    return Beamline(
        with_brightness(setup, rng), family, panels(rng) if family == "panels" else None
    )


def with_brightness(setup, rng):
    """The setup with crystals whose bright spots stand well above its noise, or just so."""
    local = np.median(background(setup)) * setup.gain
    sigma = np.sqrt(setup.noise_gain * local + setup.readout**2)
    seen = setup.visible_sigma * sigma / (0.3 * setup.gain)  # photons of a spot just visible
    return replace(setup, brightness=seen * log_uniform(rng, 1, 30))


def panels(rng):
    """Good pixels of a detector made of panels with gaps between them, (724, 724) bool."""
    good = np.ones((CROP, CROP), bool)
    for axis in (0, 1):
        width, period = int(rng.integers(2, 40)), int(rng.integers(150, 520))
        for start in range(int(rng.integers(0, period)), CROP, period):
            good[(slice(start, start + width), slice(None))[:: 1 if axis == 0 else -1]] = False
    return good


def shots(line, rng, count, labels=("HIT", "MISS", "MAYBE", "MISS", "HIT")):
    """Yield (crop, label) of `count` shots: (724, 724) uint16 and "HIT", "MAYBE" or "MISS".

    A class that the beamline cannot produce is left out.
    """
    key = int(rng.integers(2**31))
    top = left = (line.setup.shape[0] - CROP) // 2
    for number in range(count):
        label = labels[number % len(labels)]
        try:
            shot = draw(line.setup, rng, key, label, attempts=2_000)
        except ValueError:  # crystals too faint, or always too bright, for this class
            continue
        crop = render(line.setup, shot, key, top, left, CROP, CROP)
        if line.mask is not None:
            crop[~line.mask] = 0
        yield crop, label
