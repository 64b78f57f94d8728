"""From shots of one kind of particle to its intensity in three dimensions: orient, then merge.

A single step of what EMC does (Loh and Elser, Phys. Rev. E 80, 026705, 2009), with one orientation
for each shot: the most likely one.  Shots come as the photons in the bins of `particles.Rings`.
By the icosahedron's mirror planes one octant of q holds all of its intensity.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from ..runs.run import Card
from ..runs.spi.particle import virus
from .particles import EMPTY, Rings

STEP = 0.025  # 1/nm, edge of a voxel; a fringe of a virus of 70 nm is 0.09 wide
VOXELS = 20  # along each axis of the octant
SHELLS = np.arange(0.075, 0.476, 0.05)  # 1/nm, edges


def random_orientations(number: int, seed: int = 0) -> np.ndarray:
    """Rotations drawn evenly: (number, 3, 3). Of an icosahedron each one stands for 60."""
    return Rotation.random(number, random_state=seed).as_matrix()


def bin_vectors(rings: Rings, card: Card) -> np.ndarray:
    """Scattering vectors of the middle of each bin, on the Ewald sphere: (bins, 3), 1/nm."""
    k = 20 * np.pi / card.wavelength  # the card's wavelength is in Å
    sectors = rings.pixels.shape[1]
    angle = 2 * np.pi * (np.arange(sectors) + 0.5) / sectors
    across = rings.q * np.sqrt(1 - (rings.q / (2 * k)) ** 2)
    x, y = across[:, None] * np.cos(angle), across[:, None] * np.sin(angle)
    z = np.broadcast_to(-(rings.q[:, None] ** 2) / (2 * k), x.shape)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)


def virus_slices(vectors: np.ndarray, rotations: np.ndarray, radius: float) -> np.ndarray:
    """|F|**2 of a virus of that radius (nm) in each orientation: (rotations, bins), nm6."""
    return np.stack([virus(vectors, rotation, radius) for rotation in rotations]) ** 2


def orient_shots(sums: np.ndarray, rings: Rings, expected: np.ndarray) -> np.ndarray:
    """The most likely orientation of each shot: sums (n, rings, sectors) -> (n,) int.

    Given how many photons a shot has, their places are multinomial: the log-likelihood is the sum
    over the bins of photons times the logarithm of the bin's share of the light.

    Parameters
    ----------
    expected : (rotations, bins), intensity a pixel of each orientation, in any unit
    """
    pixels = rings.pixels.ravel()
    light = expected * pixels
    share = light / light.sum(axis=1, keepdims=True) + EMPTY * pixels / pixels.sum()
    photons, there = sums.reshape(len(sums), -1), pixels > 0
    return np.argmax(photons[:, there] @ np.log(share[:, there]).T, axis=1)


def merge_shots(
    sums: np.ndarray, rings: Rings, vectors: np.ndarray, rotations: np.ndarray
) -> np.ndarray:
    """Mean intensity of shots whose orientations are known: (VOXELS, VOXELS, VOXELS) float.

    Voxel i along an axis covers q from i to i + 1 times `STEP`; NaN where no shot has data.  Each
    shot is scaled to the mean number of photons.

    Parameters
    ----------
    sums : (n, rings, sectors) photons, background subtracted
    vectors : (bins, 3), of `bin_vectors`
    rotations : (n, 3, 3), of each shot
    """
    pixels, total = rings.pixels.ravel(), sums.sum(axis=(1, 2), dtype=float)
    photons = sums.reshape(len(sums), -1) * (total.mean() / total)[:, None]
    light, weight = np.zeros((2, VOXELS**3))
    for shot, rotation in zip(photons, rotations, strict=True):
        number, inside = voxels(vectors @ rotation)
        light += np.bincount(number, shot[inside], VOXELS**3)
        weight += np.bincount(number, pixels[inside], VOXELS**3)
    light, weight = (threefold(x.reshape([VOXELS] * 3)) for x in (light, weight))
    return np.where(weight > 0, light / np.maximum(weight, 1e-9), np.nan)


def voxels(vectors):
    """The voxel of each vector (n, 3) that lies in the grid, and which do: two (n,) arrays."""
    at = np.floor(np.abs(vectors) / STEP).astype(int)
    inside = np.all(at < VOXELS, axis=1)
    return np.ravel_multi_index(at[inside].T, [VOXELS] * 3), inside


def threefold(grid):
    """Sum over the three ways in which a turn about (1, 1, 1) maps an octant onto itself."""
    return grid + grid.transpose(1, 2, 0) + grid.transpose(2, 0, 1)


def r_factor(merged: np.ndarray, radius: float) -> np.ndarray:
    """How far a merged intensity is from that of a virus of that radius, nm: (shells,) float.

    In each shell of q between two `SHELLS`, the sum of the absolute deviations over the sum of the
    intensities, after scaling; 0 for a perfect merge.
    """
    axis = STEP * (np.arange(VOXELS) + 0.5)
    q = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    truth, found = virus(q, np.eye(3), radius) ** 2, merged.ravel()
    shell = np.where(np.isfinite(found), np.digitize(np.linalg.norm(q, axis=1), SHELLS), 0)
    return np.array(
        [_deviation(found[shell == s], truth[shell == s]) for s in range(1, len(SHELLS))]
    )


def _deviation(found, truth):
    scale = (found @ truth) / (truth @ truth)
    return np.abs(found / scale - truth).sum() / truth.sum()
