"""What an integration of indexed crystals measures: the intensity of every predicted reflection.

Indexing gives the orientation of a crystal, and with it the place of every reflection, also of
those too weak to be seen. The light in a box around each place, less the background, is the
intensity measured: a partial one, of unknown scale, because the size of the crystal is not known.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ...support.jit import compiled
from .crystal import Crystal, wilson_intensity
from .detector import background
from .shot import bragg, tape_shade, visibility

INDEXABLE = 16  # visible spots of one crystal; fewer are not tried, as in dials.stills_process
_BOX, _AROUND = 5, 9  # pixels: sides of the square that is summed, and of that with background


@dataclass(frozen=True, eq=False)
class Reflections:
    """Measured intensities of the indexed crystals of some frames.

    Attributes
    ----------
    hkl : (m, 3) int array
        The unique reflections of the sample out to `d_min`, measured or not: h, k, l >= 0, from
        low to high resolution.
    d, truth : (m,) float arrays
        Their spacing, Å, and their true intensity, which only a simulation knows.
    unique : (n,) int array
        For each measurement the number in `hkl` of what was measured, in ascending order.
    intensity, sigma : (n,) float arrays
        Photons, corrected for polarisation, and their standard deviation by counting.
    crystal : (n,) int array
        The number of the crystal that it was measured in.
    frame : (crystals,) int array
        The frame that each crystal is in.
    """

    hkl: np.ndarray
    d: np.ndarray
    truth: np.ndarray
    unique: np.ndarray
    intensity: np.ndarray
    sigma: np.ndarray
    crystal: np.ndarray
    frame: np.ndarray


def gather(sample: Crystal, key: int, d_min: float, shots: Iterable) -> Reflections:
    """The `Reflections` of many shots.

    Parameters
    ----------
    sample : Crystal
    key : int
        Names the sample, as in `bragg_spots`.
    d_min : float
        Å.
    shots : iterable of (frame, measured)
        The number of each frame, and what `measure` found in it.
    """
    hkl, d, truth = unique_reflections(sample, key, d_min)
    number = np.full(hkl.max(axis=0) + 1, -1, np.int32)
    number[tuple(hkl.T)] = np.arange(len(hkl))
    columns, frames, crystals = [], [], 0
    for frame, (spots, intensity, sigma) in shots:
        indices = tuple(np.abs(spots[name]) for name in "hkl")
        present, crystal = np.unique(spots["crystal"], return_inverse=True)
        columns.append((number[indices], intensity, sigma, crystals + crystal))
        frames += [frame] * len(present)
        crystals += len(present)
    columns.append((np.empty(0, np.int32),) * 4)
    unique, intensity, sigma, crystal = (np.concatenate(c) for c in zip(*columns, strict=True))
    order = np.argsort(unique, kind="stable")  # or each merge would jump about in memory
    measured = (unique, intensity, sigma, crystal)
    columns = (c[order].astype(t) for c, t in zip(measured, ("i4", "f4", "f4", "i4"), strict=True))
    return Reflections(hkl, d, truth, *columns, np.array(frames, int))


def unique_reflections(sample: Crystal, key: int, d_min: float):
    """All reflections that differ, out to a resolution, for Laue group mmm.

    Reflections that the screw axes of P2₁2₁2₁ extinguish are left out; (h, k, l) stands for all
    of (±h, ±k, ±l).

    Returns
    -------
    hkl : (m, 3) int array, h, k, l >= 0
    d : (m,) float array, Å, from large to small
    truth : (m,) float array
        Intensity of the whole reflection in a crystal of brightness 1.
    """
    most = [int(edge / d_min) + 1 for edge in sample.cell]
    hkl = np.indices(most).reshape(3, -1).T[1:]  # without (0, 0, 0)
    d = 1 / np.linalg.norm(hkl / np.asarray(sample.cell, float), axis=1)
    order = np.argsort(-d)[: np.count_nonzero(d > d_min)]
    hkl, d = hkl[order], d[order]
    truth = _wilson(hkl, key) * np.exp(-sample.b_factor / (2 * d * d))
    present = truth > 0
    return hkl[present], d[present], truth[present]


@compiled
def _wilson(hkl, key):
    values = np.empty(len(hkl))
    for i in range(len(hkl)):
        values[i] = wilson_intensity(hkl[i, 0], hkl[i, 1], hkl[i, 2], key)
    return values


def measure(setup, shot, key, rng, d_min):
    """Integrate the crystals of a shot that can be indexed, at every predicted place.

    Parameters
    ----------
    setup : Setup
    shot : Shot
    key : int
        Names the sample.
    rng : numpy.random.Generator
        Of the counting noise.
    d_min : float
        Å; reflections of a higher resolution are left out.

    Returns
    -------
    spots : (n,) structured array of `SPOT`
    intensity, sigma : (n,) float arrays
        Photons counted in a box, less the background around it, corrected for polarisation.

    Notes
    -----
    Summation integration (Leslie, Acta Cryst. D62, 48, 2006): the pixels of a box, less the mean of
    those around it; the variance is that of counting, with the detector's point spread. The noise
    is not that of the rendered frame's pixels, only as large. Crystals of one shot are indexed
    one by one (Gevorkov et al., Acta Cryst. A75, 694, 2019); where their spots overlap, each is
    measured as if it were alone.
    """
    shot = replace(shot, crystals=indexable(setup, shot, key))
    spots = bragg(setup, shot, key, _window(setup, shot, d_min), faintest=0.0)
    spots = spots[spots["d"] > d_min]
    y, x = np.rint(spots["y"]).astype(int), np.rint(spots["x"]).astype(int)
    shade = tape_shade(setup, shot.edge, x)
    light = background(setup)[y + 1, x + 1] * shade * shot.pulse
    peak = spots["photons"] * shade
    by_light, by_readout = _noise(setup.blur)
    sigma = np.sqrt(peak + by_light * light + by_readout * (setup.readout / setup.gain) ** 2)
    counted = peak + sigma * rng.standard_normal(len(spots))
    polarisation = _polarisation(setup, spots)
    return spots, counted / polarisation, sigma / polarisation


def indexable(setup, shot, key):
    """The crystals of a shot with at least `INDEXABLE` visible spots: as in `Shot.crystals`."""
    spots = bragg(setup, shot, key)
    seen = spots["crystal"][visibility(setup, shot, spots) > 1]
    count = np.bincount(seen, minlength=len(shot.crystals))
    return tuple(c for c, n in zip(shot.crystals, count, strict=True) if n >= INDEXABLE)


def _window(setup, shot, d_min):
    """The part of the detector with reflections out to d_min: top, left, bottom, right, pixels."""
    angle = 2 * np.arcsin(shot.wavelength / (2 * d_min))
    radius = setup.distance * np.tan(min(angle, 1.5)) / setup.pixel
    low = [max(c - radius, -0.5) for c in setup.center]
    high = [min(c + radius, n - 0.5) for c, n in zip(setup.center, setup.shape, strict=True)]
    return *low, *high


def _noise(blur):
    """Variance of a box less its background, for a variance of 1 a pixel in light and in readout.

    The point spread makes light, but not readout, alike in neighbouring pixels.
    """
    spread = np.array([blur, 1, blur]) / (1 + 2 * blur)
    share = _BOX**2 / (_AROUND**2 - _BOX**2)  # of the sum around the box that is taken off
    sharp = [np.pad(np.ones(side), (_AROUND - side) // 2 + 1) for side in (_BOX, _AROUND)]
    blurred = [np.convolve(side, spread, "same") for side in sharp]
    weights = ((1 + share) * np.outer(a, a) - share * np.outer(b, b) for a, b in (blurred, sharp))
    return [(weight**2).sum() for weight in weights]


def _polarisation(setup, spots):
    """Share of the light that horizontal polarisation leaves at each spot, (n,) float."""
    y, x = ((spots[axis] - c) * setup.pixel for axis, c in zip("yx", setup.center, strict=True))
    return 1 - x * x / (x * x + y * y + setup.distance**2)
