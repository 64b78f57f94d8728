"""Frames with and without a crystal, made one by one when they are taken."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .crystal import orientation, still
from .response import add_spots, background_counts, digitise, respond
from .scene import Scene, build_scene

FLOOR = 8  # photons of a spot that is visible where there is no background
SIGMAS = 6  # and by how many standard deviations of what lies under it, it exceeds these
RANGE = 0.6  # of a crystal's spots that may be visible; for more, the strongest would be absurd
HITS, MISSES, BLANKS = 1, 2, 3  # keep the random numbers of the three from each other


@dataclass(frozen=True)
class Spots:
    """Spots of one frame: rows, columns, sigma (pixels of the flat frame) and photons, all (n,).

    Attributes
    ----------
    bounds : (n, 4) int, first and last row, first and last column of the panel of each
    limit : (n,) float, photons from which each is visible
    q, error : (n, 3) and (n,), 1/Å, the reflection and its distance from the Ewald sphere
    """

    rows: np.ndarray
    columns: np.ndarray
    sigma: np.ndarray
    photons: np.ndarray
    bounds: np.ndarray
    limit: np.ndarray
    q: np.ndarray
    error: np.ndarray

    @property
    def visible(self):
        """Number of spots that are visible: int."""
        return int((self.photons >= self.limit).sum())

    @property
    def brightness(self):
        """Median photons of the ten strongest spots: float."""
        return float(np.median(np.sort(self.photons)[-10:]))


class Frames:
    """A run of raw frames: `len`, index and loop give arrays of the detector's shape and dtype.

    Attributes
    ----------
    scene : Scene
    mask : bool, of the shape of a frame, True = good, as the files state it; None if they do not
    centre : (y, x), pixels from 0, where the beam meets an assembled frame; None for panel stacks
    wavelength : float, Å
    distance, pixel : float, m
    spots : list of Spots, one a frame; None for frames without a crystal
    visible : (n,) int, visible spots of each frame
    """

    def __init__(self, scene: Scene, count: int, make: Callable, spots: list | None = None):
        self.scene, self.spots = scene, spots
        self._count, self._make = count, make

    def __len__(self):
        return self._count

    def __getitem__(self, i):
        if not -self._count <= i < self._count:
            raise IndexError(f"Found {i}, expected a frame from 0 to {self._count - 1}.")
        return self._make(i % self._count)

    def __iter__(self):
        return map(self._make, range(self._count))

    def stack(self):
        """All frames in memory: (n, *shape)."""
        return np.stack(list(self))

    @cached_property
    def mask(self):
        detector = self.scene.detector
        return self.scene.good.reshape(detector.shape) if detector.stated else None

    @property
    def good(self):
        """Pixels that hold data, whether the files state it or not: bool, of a frame's shape."""
        return self.scene.good.reshape(self.scene.detector.shape)

    @property
    def centre(self):
        if len(self.scene.detector.panels) > 1:
            return None
        [panel] = self.scene.detector.panels
        return tuple(float(b - c) for b, c in zip(self.scene.beam, panel.corner, strict=True))

    @property
    def wavelength(self):
        return self.scene.detector.wavelength

    @property
    def distance(self):
        return self.scene.distance

    @property
    def pixel(self):
        return self.scene.detector.pixel

    @property
    def visible(self):
        return np.array([s.visible for s in self.spots or []] or [0] * self._count)

    @property
    def brightness(self):
        """(n,) float, median photons of the ten strongest spots of each frame."""
        return np.array([s.brightness for s in self.spots or []] or [0.0] * self._count)


def hits(name, background=0.5, count=20, seed=0, *, visible=(15, 150), brightness=None, cell=None):
    """Frames with a crystal on a detector of `DETECTORS`: Frames.

    Parameters
    ----------
    background : float, photons, mean of the good pixels
    visible : (low, high), the visible spots of a frame; the number is drawn, evenly in its
        logarithm, and the crystal's size follows from it.  (3, 12) makes weak hits
    brightness : float, photons, optional
        Median of the ten strongest spots.  The crystal's size follows from it, and orientations
        are drawn until the number of visible spots lies within `visible`.
    cell : one of `CELLS`, optional; otherwise drawn, one for all frames

    The same name, background, seed and cell give `misses` of the same beamline.
    """
    scene = build_scene(name, float(background), seed, cell)
    spots = [_crystal_shot(scene, _rng(seed, HITS, i), visible, brightness) for i in range(count)]

    def make(i):
        rng = _rng(seed, HITS, i, 1)
        counts = shot(rng, scene)
        s = spots[i]
        add_spots(rng, counts, s.rows, s.columns, s.photons, s.sigma, s.bounds)
        return finish(rng, scene, counts)

    return Frames(scene, count, make, spots)


def misses(name, background=0.5, count=20, seed=0, *, cell=None):
    """Frames of the same beamline as `hits`, without a crystal: Frames."""
    scene = build_scene(name, float(background), seed, cell)

    def make(i):
        rng = _rng(seed, MISSES, i)
        return finish(rng, scene, shot(rng, scene))

    return Frames(scene, count, make)


def _rng(*key):
    return np.random.default_rng(np.random.SeedSequence(key))


def shot(rng, scene):
    """Photons of the background of one shot, whose strength varies by 15 %: (rows, columns)."""
    return background_counts(rng, scene, rng.lognormal(0, 0.15))


def finish(rng, scene, counts, added=None, after=None):
    """The raw frame of photons (rows, columns) that the detector takes, and of its hot pixels.

    `added`, (rows, columns, photons), arises in the sensor as the hot pixels do, behind all optics;
    `after(value)` changes the values before they are rounded.
    """
    counts[~scene.detector.active] = 0
    value = respond(rng, scene, counts)
    rows, columns, level = scene.hot
    for y, x, photons in ((rows, columns, rng.poisson(level)), *([added] if added else [])):
        signal = np.rint(photons) if scene.detector.kind == "counter" else photons
        np.add.at(value, (y, x), (scene.detector.gain * signal).astype(value.dtype))
    return digitise(scene, value if after is None else after(value))


def _crystal_shot(scene, rng, visible, brightness):
    """The spots of one crystal, of which as many are visible as wanted."""
    for _ in range(200):
        spots = _on_detector(scene, rng)
        if RANGE * len(spots.photons) < max(visible[0], 1):
            continue
        spots = _scaled(spots, _size(spots, rng, visible, brightness))
        if visible[0] <= spots.visible <= visible[1]:
            return spots
    raise ValueError(
        f"Found no orientation of the cell {scene.crystal.cell} with {visible[0]} to {visible[1]} "
        f"visible spots on {scene.detector.name} (brightness {brightness}). Widen `visible`."
    )


def _size(spots, rng, visible, brightness):
    """What the relative intensities are multiplied by, photons."""
    if brightness is not None:
        return brightness / spots.brightness
    low, high = visible[0], min(visible[1], int(RANGE * len(spots.photons)))
    wanted = min(int(np.exp(rng.uniform(np.log(low), np.log(high + 1)))), high)
    # a trifle more, lest the last spot fall below its own limit by rounding
    return np.sort(spots.limit / spots.photons)[wanted - 1] * (1 + 1e-9)


def _scaled(spots, size):
    return Spots(**{**vars(spots), "photons": spots.photons * size})


def _on_detector(scene, rng):
    """The reflections of a crystal, freshly turned, that meet good pixels; photons are relative."""
    wavelength = scene.detector.wavelength
    q, error, relative = still(scene.crystal, wavelength, scene.q_max, orientation(rng))
    ray = q + np.array([0, 0, 1 / wavelength])
    reach = scene.distance / scene.detector.pixel
    y, x = (ray[:, axis] / ray[:, 2] * reach + scene.beam[1 - axis] for axis in (1, 0))
    rows, columns, bounds, which = _in_panels(scene.detector, y, x)
    on_good = scene.good[np.rint(rows).astype(int), np.rint(columns).astype(int)]
    on_good &= relative[which] > 0
    rows, columns, bounds, which = (a[on_good] for a in (rows, columns, bounds, which))
    sigma = np.full(len(rows), rng.uniform(0.5, 0.9)) * (1 + 0.4 * _obliquity(ray[which]))
    limit = _limit(scene, rows, columns, sigma)
    return Spots(rows, columns, sigma, relative[which], bounds, limit, q[which], error[which])


def _obliquity(ray):
    """1 - cos(2 theta): oblique rays make longer spots."""
    return 1 - ray[:, 2] / np.linalg.norm(ray, axis=1)


def _in_panels(detector, y, x):
    """Where lab positions fall in the flat frame: rows, columns, bounds of panels, which ray."""
    found = []
    for rows, columns, panel in detector.places:
        dy, dx = y - panel.corner[0], x - panel.corner[1]
        i = dy * panel.slow[0] + dx * panel.slow[1]
        j = dy * panel.fast[0] + dx * panel.fast[1]
        inside = (i > -0.5) & (i < panel.shape[0] - 0.5) & (j > -0.5) & (j < panel.shape[1] - 0.5)
        which = np.flatnonzero(inside)
        box = np.tile([rows.start, rows.stop - 1, columns.start, columns.stop - 1], (which.size, 1))
        found.append((rows.start + i[which], columns.start + j[which], box, which))
    return (np.concatenate(parts) for parts in zip(*found, strict=True))


def _limit(scene, rows, columns, sigma):
    """Photons from which a spot is visible: 8, and six times the noise of what lies under it."""
    detector = scene.detector
    spread = np.hypot(sigma, detector.shared if detector.kind == "ccd" else 0.3)
    area = 4 * np.pi * spread**2  # pixels that weigh in for a Gaussian
    around = scene.expected[np.rint(rows).astype(int), np.rint(columns).astype(int)]
    readout = (detector.noise**2 + detector.pedestal**2) / detector.gain**2
    return FLOOR + SIGMAS * np.sqrt(area * (around + readout))
