"""Bragg spots of one crystal on one still frame: which reflections light up, where, how strongly.

A reflection (h, k, l) lights up when its reciprocal-lattice point lies on the Ewald sphere, the
sphere of radius 1/wavelength through the origin whose centre is the crystal's view of the beam.
A still frame catches points that are only near the sphere; the fraction caught is the partiality.

Lengths are Å in real space and 1/Å in reciprocal space, s is the momentum transfer with |s| = 1/d.
The beam runs along +z; x and y are the detector's columns and rows.
"""

from dataclasses import dataclass

import numba
import numpy as np

from ...support.jit import compiled

SPOT = np.dtype(
    [
        ("h", "i4"), ("k", "i4"), ("l", "i4"),
        ("y", "f4"), ("x", "f4"),  # pixels from 0, at the centre of a pixel
        ("photons", "f4"),  # in the whole spot
        ("d", "f4"),  # Å
        ("crystal", "i4"),  # which crystal of the shot
    ]
)  # fmt: skip
_CUTOFF = 2.5  # points further than this many partiality widths from the sphere are dark (< 5 %)
_BRIGHTEST = 12.0  # of a Wilson distribution of mean 1: one reflection in 160,000 is brighter
_ROOM = 30_000  # reflections of one crystal, at most


@dataclass(frozen=True)
class Crystal:
    """A kind of crystal: what all crystals of one sample share.

    Attributes
    ----------
    cell : tuple of 3 floats
        Edges a, b, c of the orthorhombic unit cell, Å (space group P2₁2₁2₁).
    b_factor : float
        Wilson B, Å²: intensities fall as exp(-B / 2d²).
    domain : float
        Size of a mosaic domain, Å: it widens every lattice point by about 1 / domain.
    mosaicity : float
        Spread of the domains' orientations, radians (standard deviation).
    """

    cell: tuple
    b_factor: float = 25.0
    domain: float = 1500.0
    mosaicity: float = 0.0012


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    """Rotation matrix (3, 3) drawn uniformly over all orientations (Shoemake 1992)."""
    w, x, y, z = (q := rng.normal(size=4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@compiled
def mix(x):
    """One 32-bit number hashed to another (Wellons' lowbias32), for values drawn by index."""
    x = numba.uint32((x ^ (x >> 16)) * 0x7FEB352D)
    x = numba.uint32((x ^ (x >> 15)) * 0x846CA68B)
    return x ^ (x >> 16)


@compiled
def wilson_intensity(h, k, l, key):  # noqa: E741
    """Intensity of (h, k, l), mean 1: exponential, as Wilson found for acentric reflections.

    It depends on |h|, |k|, |l| alone (Laue group mmm) and is the same in every crystal of the
    sample, which `key` (int) names. Axial reflections of odd order are absent (2₁ screw axes).
    """
    h, k, l = abs(h), abs(k), abs(l)  # noqa: E741
    if (k == 0 and l == 0 and h % 2) or (h == 0 and l == 0 and k % 2) or (h == 0 == k and l % 2):
        return 0.0
    bits = mix(numba.uint32(h) ^ mix(numba.uint32(k) ^ mix(numba.uint32(l) ^ numba.uint32(key))))
    return -np.log((bits + 0.5) / 4294967296.0)


@compiled
def _excite(recip, wavelength, s_max, widths, b_factor, key, faintest, camera, window, out):
    """Fill `out` (n, 7) with h, k, l, y, x, intensity and d; return how many were lit.

    For each h and k the line of points along l is cut by two spheres, 1/wavelength ± the widest
    partiality; only the l between the two cuts are looked at, not the whole lattice.
    """
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = recip[0], recip[1], recip[2]
    w0, w1, w2 = widths[0] ** 2, widths[1] ** 2, widths[2] ** 2
    pixels, center_y, center_x = camera
    top, left, bottom, right = window
    radius, limit = 1.0 / wavelength, s_max * s_max
    reach = _CUTOFF * np.sqrt(w0 + w1 * limit + w2 * limit * limit)
    step2 = cx * cx + cy * cy + cz * cz
    h_max = int(s_max / np.sqrt(ax * ax + ay * ay + az * az))
    k_max = int(s_max / np.sqrt(bx * bx + by * by + bz * bz))
    deepest = np.log(_BRIGHTEST / faintest) if faintest > 0 else np.inf
    count = 0
    for h in range(-h_max, h_max + 1):
        for k in range(-k_max, k_max + 1):
            x, y, z = h * ax + k * bx, h * ay + k * by, h * az + k * bz
            along = -(cx * x + cy * y + cz * z) / step2
            if x * x + y * y + z * z - along * along * step2 > limit:
                continue  # the whole line lies beyond s_max
            z += radius  # from the centre of the Ewald sphere
            middle = -(cx * x + cy * y + cz * z) / step2
            apart = x * x + y * y + z * z - middle * middle * step2
            outer = ((radius + reach) ** 2 - apart) / step2
            if outer <= 0:
                continue
            outer = np.sqrt(outer)
            inner = np.sqrt(max(((radius - reach) ** 2 - apart) / step2, 0.0))
            last = int(np.floor(middle + outer))
            l = int(np.ceil(middle - outer))  # noqa: E741
            while l <= last:
                if middle - inner < l < middle + inner:
                    l = int(np.ceil(middle + inner))  # noqa: E741 (skip the sphere's inside)
                    continue
                sx, sy, sz = x + l * cx, y + l * cy, z + l * cz
                l += 1  # noqa: E741
                s2 = sx * sx + sy * sy + (sz - radius) ** 2
                if not 0.0 < s2 <= limit or sz <= 0.0:
                    continue
                row, column = center_y + pixels * sy / sz, center_x + pixels * sx / sz
                if not (top <= row < bottom and left <= column < right):
                    continue
                length2 = sx * sx + sy * sy + sz * sz
                miss2 = 0.5 * (np.sqrt(length2) - radius) ** 2 / (w0 + w1 * s2 + w2 * s2 * s2)
                fall = miss2 + 0.5 * b_factor * s2
                if miss2 > 0.5 * _CUTOFF**2 or fall > deepest or count == len(out):
                    continue
                value = np.exp(-fall) * (1.0 - sx * sx / length2)
                value *= wilson_intensity(h, k, l - 1, key)
                spot = out[count]
                spot[0], spot[1], spot[2], spot[3], spot[4] = h, k, l - 1, row, column
                spot[5], spot[6] = value, 1.0 / np.sqrt(s2)
                count += value > faintest
    return count


def bragg_spots(
    crystal: Crystal, rotation: np.ndarray, wavelength: float, distance: float, pixel: float,
    center: tuple[float, float], window: tuple[float, float, float, float], *, photons: float = 1.0,
    faintest: float = 0.0, bandwidth: float = 0.003, key: int = 0,
) -> np.ndarray:  # fmt: skip
    """Spots of one crystal on a flat detector that stands square to the beam.

    Parameters
    ----------
    crystal : Crystal
    rotation : (3, 3) float array
        Orientation; columns are the directions of a, b and c.
    wavelength : float
        Å.
    distance, pixel : float
        mm.
    center : tuple (y, x)
        Beam centre, pixels from 0.
    window : tuple (top, left, bottom, right)
        The part of the detector looked at, pixels; spots outside are left out.
    photons : float
        Photons in a full reflection of mean intensity at zero angle: the crystal's brightness.
    faintest : float
        Spots with fewer photons are left out.
    bandwidth : float
        Relative spread of the photon energy (FWHM).
    key : int
        Names the sample: the same key gives the same structure factors.

    Returns
    -------
    (n,) structured array of `SPOT`

    Notes
    -----
    Partiality is exp(-e²/2w²) with e the distance to the Ewald sphere and
    w² = (0.5/domain)² + (mosaicity/d)² + (bandwidth·wavelength/2d²)² (each as a standard
    deviation). Intensity: acentric Wilson x exp(-B/2d²) x partiality x polarisation (horizontal).
    """
    recip = (rotation / np.asarray(crystal.cell, float)).T.copy()  # rows a*, b*, c*
    top, left, bottom, right = window
    far_y = max(abs(top - center[0]), abs(bottom - center[0]))
    far_x = max(abs(left - center[1]), abs(right - center[1]))
    angle = np.arctan2(np.hypot(far_y, far_x) * pixel, distance)
    s_max = 2 * np.sin(angle / 2) / wavelength
    if (
        _BRIGHTEST * photons > faintest > 0
    ):  # nothing beyond here could reach the faintest spot wanted
        s_max = min(s_max, np.sqrt(2 * np.log(_BRIGHTEST * photons / faintest) / crystal.b_factor))
    widths = (0.5 / crystal.domain, crystal.mosaicity, bandwidth / 2.355 * wavelength / 2)
    camera = (distance / pixel, float(center[0]), float(center[1]))
    window = (float(top), float(left), float(bottom), float(right))
    out = np.empty((_ROOM, 7), np.float32)
    count = _excite(recip, wavelength, s_max, widths, crystal.b_factor, key, faintest / photons,
                    camera, window, out)  # fmt: skip
    spots = np.empty(count, SPOT)
    for name, column in zip(("h", "k", "l", "y", "x", "photons", "d"), out[:count].T, strict=True):
        spots[name] = column
    spots["photons"] *= photons
    spots["crystal"] = 0
    return spots
