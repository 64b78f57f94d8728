"""A crystal in a still: reflections near the Ewald sphere, their partiality and intensity.

Lengths in Å and 1/Å.  k = 1/wavelength points along the beam, z; a reflection q diffracts as far
as k + q lies near the sphere of radius k (Ewald, 1913).  Intensities follow Wilson's statistics
of acentric crystals, an exponential distribution (Wilson, Acta Cryst. 2, 318, 1949).
"""

from dataclasses import dataclass

import numpy as np

# Cells a, b, c (Å), alpha, beta, gamma (degrees): small molecules, and proteins to photosystem II.
CELLS = {
    "small triclinic": (14.1, 16.6, 19.2, 97.0, 101.5, 93.2),
    "small orthorhombic": (12.4, 17.8, 21.5, 90.0, 90.0, 90.0),
    "lysozyme": (79.0, 79.0, 38.0, 90.0, 90.0, 90.0),
    "thaumatin": (58.0, 58.0, 151.0, 90.0, 90.0, 90.0),
    "monoclinic": (72.0, 55.0, 94.0, 90.0, 107.0, 90.0),
    "cubic insulin": (78.9, 78.9, 78.9, 90.0, 90.0, 90.0),
    "hexagonal": (106.0, 106.0, 164.0, 90.0, 90.0, 120.0),
    "photosystem II": (122.0, 228.0, 286.0, 90.0, 90.0, 90.0),
}


@dataclass(frozen=True)
class Crystal:
    """A crystal and the spread of the beam that hits it.

    Attributes
    ----------
    cell : (a, b, c, alpha, beta, gamma), Å and degrees
    mosaicity : float, degrees, RMS
    domain : float, Å, the size of the coherent blocks
    bandwidth : float, RMS of the relative wavelength
    b_factor : float, Å²
    seed : int, of the intensities, the same for all crystals of a protein
    """

    cell: tuple
    mosaicity: float = 0.05
    domain: float = 1500.0
    bandwidth: float = 5e-4
    b_factor: float = 25.0
    seed: int = 0

    @property
    def basis(self):
        """a*, b*, c* in rows, before the crystal is turned: (3, 3), 1/Å."""
        return reciprocal(self.cell)

    def width(self, q):
        """RMS thickness of a reflection along the beam, for |q| in 1/Å: an array like it, 1/Å."""
        # Blocks of a size L spread a reflection by about 0.44/L RMS (Scherrer); a band of
        # wavelengths moves the sphere at q by about bandwidth * q.
        spread = np.radians(self.mosaicity) ** 2 + self.bandwidth**2
        return np.sqrt((0.44 / self.domain) ** 2 + spread * q**2)


def reciprocal(cell):
    """The reciprocal basis a*, b*, c* in rows of a cell (a, b, c, alpha, beta, gamma): (3, 3)."""
    a, b, c, *angles = cell
    ca, cb, cg = np.cos(np.radians(angles))
    sg = np.sin(np.radians(angles[2]))
    x, y = cb, (ca - cb * cg) / sg
    z = np.sqrt(1 - x**2 - y**2)
    direct = np.array([[a, 0, 0], [b * cg, b * sg, 0], [c * x, c * y, c * z]])
    return np.linalg.inv(direct).T


def orientation(rng):
    """A rotation drawn evenly from all: (3, 3) (a unit quaternion; Shoemake, 1992)."""
    w, x, y, z = (v := rng.standard_normal(4)) / np.linalg.norm(v)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def near_sphere(basis, k, q_max, thickness):
    """Reflections with | |k z + q| - k | < thickness and |q| < q_max: hkl (n, 3), int.

    For each h, k the line along l is cut with the spheres of radius k + thickness and
    k - thickness, so that only what lies between them is looked at.
    """
    lengths = np.linalg.norm(np.linalg.inv(basis), axis=0)
    h, kk = (np.arange(-n, n + 1) for n in np.floor(q_max * lengths[:2]).astype(int))
    hk = np.stack(np.meshgrid(h, kk, indexing="ij"), -1).reshape(-1, 2)
    start = hk @ basis[:2] + np.array([0, 0, k])
    outer, inner = (_cut(start, basis[2], k + sign * thickness) for sign in (1, -1))
    outer = np.where(np.isnan(outer), 1.0, outer)  # an empty range: from 1 to 0
    outer[np.isnan(_cut(start, basis[2], k + thickness)[:, 1]), 1] = 0.0
    inside = ~np.isnan(inner[:, 0])
    whole = np.where(inside[:, None], np.stack([outer[:, 0], inner[:, 0]], 1), outer)
    ranges = np.concatenate([whole, np.stack([inner[:, 1], outer[:, 1]], 1)[inside]])
    hk = np.concatenate([hk, hk[inside]])
    first, last = np.ceil(ranges[:, 0]).astype(int), np.floor(ranges[:, 1]).astype(int)
    count = np.maximum(last - first + 1, 0)
    index = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    hkl = np.column_stack([np.repeat(hk, count, axis=0), np.repeat(first, count) + index])
    length = np.linalg.norm(hkl @ basis, axis=1)
    return hkl[(length < q_max) & (length > 0)]


def _cut(start, step, radius):
    """Where lines start + l step cross a sphere about 0: (n, 2) of l, nan where they do not."""
    a, b = step @ step, start @ step
    root = b**2 - a * (np.einsum("ij,ij->i", start, start) - radius**2)
    root = np.sqrt(np.where(root < 0, np.nan, root))
    return np.stack([(-b - root) / a, (-b + root) / a], 1)


def wilson_intensity(hkl, seed):
    """Intensity of each reflection relative to the mean, the same for its Friedel mate: (n,).

    hkl and the seed are hashed (the finaliser of splitmix64), so no table of the whole sphere is
    needed and all crystals of a protein agree.
    """
    sign = np.sign(hkl @ np.array([1 << 40, 1 << 20, 1]))
    x = ((hkl * sign[:, None] + (1 << 15)) @ np.array([1 << 32, 1 << 16, 1])).astype(np.uint64)
    x += np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    x ^= x >> np.uint64(31)
    return -np.log((x.astype(float) + 0.5) / 2.0**64)


def still(crystal, wavelength, q_max, turn):
    """Reflections of one still: q (n, 3) 1/Å, excitation error (n,) 1/Å, intensity (n,), relative.

    Parameters
    ----------
    wavelength : float, Å
    q_max : float, 1/Å
    turn : (3, 3), the crystal's orientation

    The intensity is Wilson's, times exp(-B q² / 2) (B of the mean intensity), the partiality
    exp(-s² / 2 w²) for an excitation error s, and the polarisation of a beam with its electric
    field along x.
    """
    k, basis = 1 / wavelength, crystal.basis @ turn.T
    hkl = near_sphere(basis, k, q_max, 3 * crystal.width(q_max))
    q = hkl @ basis
    ray = q + np.array([0, 0, k])
    length, reach = np.linalg.norm(q, axis=1), np.linalg.norm(ray, axis=1)
    error = reach - k
    partiality = np.exp(-0.5 * (error / crystal.width(length)) ** 2)
    polarised = 1 - (ray[:, 0] / reach) ** 2
    falloff = np.exp(-crystal.b_factor * length**2 / 2)
    relative = wilson_intensity(hkl, crystal.seed) * falloff * partiality * polarised
    ahead = ray[:, 2] > 0
    return q[ahead], error[ahead], relative[ahead]
