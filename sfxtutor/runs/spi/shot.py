"""One shot: what flies through the focus and where, and the photons that the detector counts."""

from dataclasses import dataclass, field

import numpy as np

from ..twin.crystal import random_rotation
from .detector import Detector
from .particle import ellipsoid, sphere, virus

ELECTRON_RADIUS = 2.8179e-6  # nm, classical
KINDS = ("single", "dimer", "droplet", "contaminant", "empty")


@dataclass(frozen=True)
class Setup:
    """What stays the same during a run: docs/spi.md says where each number is from.

    Attributes
    ----------
    radius, radius_spread : float, of the sphere with a virus's volume, nm; relative deviation
    fluence : float, photons / nm2 in the middle of the focus
    faintest : float, share of it where a particle is that the hit finder just keeps
    pulse_spread : float, relative deviation of the pulse energy
    density : float, electrons / nm3 of all particles
    droplet, droplet_spread : float, median radius of droplets, nm, and the log-normal's sigma
    flat, halo, halo_width : float
        Photons a pixel of the background: everywhere, at the edge of the hole, and the distance in
        pixels over which the second falls to 1 / e.
    gas_spread : float, log-normal's sigma of the background from shot to shot
    shares : dict of kind to the share of all frames
    """

    detector: Detector = field(default_factory=Detector)
    radius: float = 35.0
    radius_spread: float = 0.02
    fluence: float = 2.0e5
    faintest: float = 0.04
    pulse_spread: float = 0.1
    density: float = 430.0
    droplet: float = 32.0
    droplet_spread: float = 0.3
    flat: float = 0.08
    halo: float = 6.0
    halo_width: float = 4.0
    gas_spread: float = 0.2
    shares: tuple = (0.05, 0.07, 0.33, 0.15, 0.40)

    def __repr__(self):
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"Setup({values})"


@dataclass(frozen=True)
class Part:
    """One body of a particle; of a virus or a sphere its three half axes are the same.

    Attributes
    ----------
    shape : "virus" or "ellipsoid"
    axes : (3,) float, nm
    rotation : (3, 3) float
    place : (3,) float, nm from the middle of the particle
    """

    shape: str
    axes: np.ndarray
    rotation: np.ndarray
    place: np.ndarray

    def amplitude(self, q):
        """F at q (n, 3), about the middle of the particle: (n,) complex, nm3."""
        if self.shape == "virus":
            own = virus(q, self.rotation, self.axes[0])
        elif np.ptp(self.axes) == 0:
            own = sphere(q, self.axes[0])
        else:
            own = ellipsoid(q, self.rotation, self.axes)
        return own * np.exp(1j * (q @ self.place)) if self.place.any() else own.astype(complex)


@dataclass(frozen=True)
class Shot:
    """Everything that is drawn for one pulse but the photons.

    Attributes
    ----------
    parts : tuple of Part
    share : float, of the fluence in the middle of the focus
    pulse, gas : float, 1 on average: the pulse's energy, the background's strength
    """

    parts: tuple
    share: float
    pulse: float
    gas: float


def draw(setup, rng, kind):
    """A `Shot` of that kind."""
    share = setup.faintest ** rng.random()  # in a Gaussian focus the logarithm is uniform
    pulse = max(0.3, rng.normal(1, setup.pulse_spread))
    gas = np.exp(rng.normal(0, setup.gas_spread))
    return Shot(PARTS[kind](setup, rng), share, pulse, gas)


def _virus(setup, rng, place=(0.0, 0.0, 0.0)):
    radius = setup.radius * (1 + setup.radius_spread * rng.normal())
    return Part("virus", np.full(3, radius), random_rotation(rng), np.array(place, float))


def _ball(radius, place=(0.0, 0.0, 0.0)):
    return Part("ellipsoid", np.full(3, radius), np.eye(3), np.array(place, float))


def _direction(rng):
    return random_rotation(rng)[:, 0]


def _single(setup, rng):
    return (_virus(setup, rng),)


def _dimer(setup, rng):
    """Two viruses that touch, or, of one in four, three."""
    first, second = _virus(setup, rng), _virus(setup, rng)
    apart = (first.axes[0] + second.axes[0]) * _direction(rng)
    parts = [first, Part("virus", second.axes, second.rotation, apart)]
    if rng.random() < 0.25:
        third = _virus(setup, rng)
        side = _direction(rng)
        side -= side @ apart * apart / (apart @ apart)  # a triangle that touches
        side *= np.sqrt(3) / 2 * np.linalg.norm(apart) / np.linalg.norm(side)
        parts.append(Part("virus", third.axes, third.rotation, apart / 2 + side))
    middle = np.mean([part.place for part in parts], axis=0)
    return tuple(Part(p.shape, p.axes, p.rotation, p.place - middle) for p in parts)


def _droplet(setup, rng):
    """What is left of a droplet without a virus: a sphere."""
    return (_ball(setup.droplet * np.exp(setup.droplet_spread * rng.normal())),)


def _contaminant(setup, rng):
    """An ellipsoid, or a virus with the rest of a droplet stuck to it."""
    if rng.random() < 0.5:
        axes = setup.radius * np.exp(rng.normal(0, 0.35, 3))
        return (Part("ellipsoid", axes, random_rotation(rng), np.zeros(3)),)
    body = _virus(setup, rng)
    rest = body.axes[0] * rng.uniform(0.3, 0.8)
    return body, _ball(rest, (body.axes[0] + rest) * _direction(rng))


PARTS = {"single": _single, "dimer": _dimer, "droplet": _droplet, "contaminant": _contaminant,
         "empty": lambda setup, rng: ()}  # fmt: skip


def scattered(setup, parts, fluence):
    """Mean photons that particles scatter into the good pixels: (n,) float64.

    Parameters
    ----------
    parts : tuple of Part
    fluence : float, photons / nm2
    """
    detector = setup.detector
    if not parts:
        return np.zeros(len(detector.q))
    amplitude = sum(part.amplitude(detector.q) for part in parts) * setup.density
    cross_section = ELECTRON_RADIUS**2 * np.abs(amplitude) ** 2  # nm2 / sr
    return fluence * cross_section * detector.solid_angle


def background(setup):
    """Mean photons of the background of a mean pulse: (n,) float64."""
    away = (setup.detector.radius[setup.detector.mask] - setup.detector.hole) / setup.halo_width
    return setup.flat + setup.halo * np.exp(-away)


def expected(setup, shot):
    """Mean photons in the good pixels, before they are counted: (n,) float64."""
    light = scattered(setup, shot.parts, setup.fluence * shot.share)
    return shot.pulse * (light + shot.gas * background(setup))


def expose(setup, shot, rng):
    """The frame of a shot: (y, x) uint16, photons, 0 where there is no pixel."""
    photons = rng.poisson(expected(setup, shot))
    return setup.detector.frame(np.minimum(photons, 65535).astype(np.uint16))
