"""A beamline on one day: detector, beam, background and defects, the same for all of its frames."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from .crystal import CELLS, Crystal
from .devices import DETECTORS

WATER = ((0.32, 0.055, 1.0), (0.48, 0.05, 0.35))  # 1/Å: rings at 3.1 and 2.1 Å, and their share


@dataclass
class Scene:
    """What stays from shot to shot.

    Attributes
    ----------
    detector : Detector
    background : float, photons, mean of the good pixels
    distance : float, m
    beam : (y, x), pixels, where the beam meets the detector, from the detector's middle
    crystal : Crystal
    profile : of the shape detector.flat, float32, background with mean 1 over the good pixels
    dead : of the shape detector.flat, bool, pixels that the files mark
    hot : (rows, columns, photons a frame) of single hot pixels that no mask marks
    flat_field, residual : of the shape detector.flat, gain of each pixel relative to the mean, and
        what the dark subtraction left, units of the frame; None for counters
    """

    detector: object
    background: float
    distance: float
    beam: tuple
    crystal: Crystal
    profile: np.ndarray
    dead: np.ndarray
    hot: tuple
    flat_field: np.ndarray | None
    residual: np.ndarray | None

    @property
    def good(self):
        """Pixels that are no gap and not marked: bool, of the shape detector.flat."""
        return self.detector.active & ~self.dead

    @cached_property
    def expected(self):
        """Photons to be expected without a crystal: of the shape detector.flat, float32."""
        return self.profile * np.float32(self.background)

    @cached_property
    def cumulative(self):
        """Running sum of the profile, for drawing places of few photons: (pixels,) float64."""
        return np.cumsum(self.profile.ravel(), dtype=np.float64)

    @property
    def q_max(self):
        """Largest |q| on the detector's edges, 1/Å."""
        return float(self.q_at(self.detector.reach))

    def q_at(self, radius):
        """|q| at a distance from the beam in pixels: 1/Å."""
        two_theta = np.arctan(radius * self.detector.pixel / self.distance)
        return 2 * np.sin(two_theta / 2) / self.detector.wavelength

    def radius_at(self, q):
        """Distance from the beam in pixels of |q| in 1/Å."""
        two_theta = 2 * np.arcsin(q * self.detector.wavelength / 2)
        return np.tan(two_theta) * self.distance / self.detector.pixel

    def from_beam(self):
        """Where each pixel lies from the beam: y and x, of the shape detector.flat, float32."""
        y, x = self.detector.positions
        return y - np.float32(self.beam[0]), x - np.float32(self.beam[1])


@lru_cache(maxsize=2)  # a scene holds arrays of the size of a frame
def build_scene(name, background, seed, cell=None):
    """The scene of a detector by its name, a background in photons a pixel, and a seed: Scene.

    The cell is one of `CELLS`, by its name; one is drawn if none is given.
    """
    detector = DETECTORS[name]
    rng = np.random.default_rng([seed, sum(name.encode())])
    crystal = _crystal(rng, cell)
    distance = _distance(detector, crystal, rng)
    beam = tuple(rng.uniform(-0.015, 0.015, 2) * detector.reach)
    dead = np.zeros(detector.flat, bool)
    if detector.kind != "ccd":  # whose frames are written with dead pixels interpolated
        dead.ravel()[_draw(rng, dead.size, 2e-4)] = True
    scene = Scene(detector, background, distance, beam, crystal, None, dead, None,
                  *_pixel_to_pixel(detector, rng))  # fmt: skip
    scene.profile = _profile(scene, rng)
    scene.hot = _hot_pixels(scene, rng)
    return scene


def _draw(rng, size, share):
    return rng.integers(size, size=rng.poisson(size * share))


def _crystal(rng, cell):
    name = str(rng.choice(list(CELLS))) if cell is None else cell
    small = max(CELLS[name][:3]) < 30
    return Crystal(
        CELLS[name],
        mosaicity=float(rng.uniform(0.03, 0.12)) * (2 if small else 1),
        domain=float(rng.uniform(600, 2500)),
        bandwidth=float(rng.choice([1e-4, 1e-3])),
        b_factor=3.0 if small else float(rng.uniform(12, 45)),
        seed=int(rng.integers(2**31)),
    )


def _distance(detector, crystal, rng):
    """m, such that the edge is at a usual resolution and spots are 8 pixels from each other."""
    small = max(crystal.cell[:3]) < 30
    edge = float(rng.uniform(0.75, 0.9) if small else rng.uniform(1.7, 2.8))
    two_theta = min(2 * np.arcsin(detector.wavelength / (2 * edge)), 1.15)
    apart = 8 * max(crystal.cell[:3]) / detector.wavelength
    return detector.pixel * max(detector.reach / np.tan(two_theta), apart)


def _pixel_to_pixel(detector, rng):
    if detector.kind == "counter":
        return None, None
    flat = 1 + 0.01 * rng.standard_normal(detector.flat, np.float32)
    return flat, detector.pedestal * rng.standard_normal(detector.flat, np.float32)


def _profile(scene, rng):
    """Water rings, air scatter and fluorescence behind a beam stop: mean 1 over good pixels."""
    y, x = scene.from_beam()
    radius = np.hypot(y, x)
    steps = np.arange(int(radius.max()) + 2)
    q = scene.q_at(steps)
    water = sum(share * np.exp(-0.5 * ((q - at) / wide) ** 2) for at, wide, share in WATER)
    air = np.exp(-q / rng.uniform(0.04, 0.12))
    curve = rng.uniform(0.3, 1.5) * water + rng.uniform(0.5, 2.5) * air + rng.uniform(0.05, 0.3)
    curve *= np.cos(np.arctan(steps * scene.detector.pixel / scene.distance)) ** 3  # solid angle
    image = np.interp(radius, steps, curve).astype(np.float32)
    # the polarisation of an electric field along x: 1 - sin²(2 theta) cos²(phi)
    image *= 1 - x**2 / (radius**2 + np.float32(scene.distance / scene.detector.pixel) ** 2)
    image *= _beam_stop(scene, y, x, radius, rng)
    image[~scene.detector.active] = 0
    return image / image[scene.good].mean()


def _beam_stop(scene, y, x, radius, rng):
    """What passes the beam stop and its arm: of the shape detector.flat, 0.01 in the shadow."""
    size = rng.uniform(12, 30) * scene.detector.reach / 1000
    angle = rng.uniform(0, 2 * np.pi)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    arm = np.where(x * cos + y * sin > 0, np.abs(y * cos - x * sin) - size / 6, np.float32(1e9))
    edge = np.minimum(radius - size, arm)
    return np.clip((edge + 1.5) / 3, 0.01, 1)  # a penumbra of three pixels


def _hot_pixels(scene, rng):
    """Single pixels that count in all frames, five in a million, and are marked nowhere."""
    where = _draw(rng, scene.dead.size, 5e-6)
    where = where[scene.good.ravel()[where]]
    level = 10 ** rng.uniform(0.5, 2.5, where.size) + scene.background
    return (*np.unravel_index(where, scene.dead.shape), level)
