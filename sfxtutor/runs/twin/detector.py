"""The detector of the twin: from what reaches it to the frame it writes.

A `setup` is a `shot.Setup`. Images are (y, x) float32 in photons until `expose` turns them into
uint16 in ADU.
"""

import functools
import math
from dataclasses import replace
from statistics import NormalDist

import numba
import numpy as np
from scipy.interpolate import PchipInterpolator

from ...support.jit import compiled
from .crystal import mix

# Scattering factors against sin(theta)/wavelength (1/Å): water and air as in nanoBragg.
_WATER = np.array([
    (0, 2.57), (.0365, 2.58), (.07, 2.8), (.12, 5), (.162, 8), (.18, 7.32), (.2, 6.75),
    (.216, 6.75), (.236, 6.5), (.28, 4.5), (.3, 4.3), (.345, 4.36), (.436, 3.77), (.5, 3.17),
]).T  # fmt: skip
_AIR = np.array([(0, 14.1), (0.045, 13.5), (0.174, 8.35), (0.35, 4.78), (0.5, 4.22)]).T
ICE = ((3.90, 1.0), (3.67, 0.6), (3.44, 0.8), (2.67, 0.3), (2.25, 0.5))  # d (Å), relative height
REFERENCE = 123.55  # mm: the distance at which the background of a Setup is given
_REACH = 2  # pixels: a spot's photons further from its centre are left out
_SPOT_SIGMA = 0.4  # pixels: a spot before the detector's point spread
_BINS = 4096  # of the normal distribution's inverse; a line between two is within 0.002
_NORMAL = np.array([NormalDist().inv_cdf(max(i, 1e-9) / _BINS) for i in range(_BINS)] + [6.0], "f4")
_TAIL, _HEAD = numba.uint32(4 << 20), numba.uint32((_BINS - 4) << 20)  # beyond: four entries


def background(setup):
    """Mean background of an average pulse, (y + 2, x + 2) float32, photons a pixel.

    Water, air and the glare above and below the beam stop, with polarisation (horizontal) and
    solid angle; without tape. One pixel is added on every side, for the point spread.
    """
    return _background(replace(setup, crystal=None))  # that of another crystal is the same


@functools.lru_cache(maxsize=4)
def _background(setup):
    away = (
        np.abs(np.arange(-1, n + 1) - c) for n, c in zip(setup.shape, setup.center, strict=True)
    )
    (y, rows), (x, columns) = (np.unique(places, return_inverse=True) for places in away)
    return light(setup, y[:, None], x[None])[np.ix_(rows, columns)]  # four quarters are alike


def light(setup, y, x):
    """`background` at places y, (n, 1) or (1, m), and x, (1, m), in pixels from the beam: float32.

    A few places cost far less than a detector full of them.
    """
    radius = np.hypot(y, x).astype(np.float32)
    # All but polarisation and glare depend on the radius alone: tables of it, finer than a pixel.
    places = np.linspace(0, radius.max(), 4 * int(radius.max()) + 8)
    angle = np.arctan2(places * setup.pixel, setup.distance)
    stol = np.minimum(np.sin(angle / 2) / setup.wavelength, 0.5)
    water, air = PchipInterpolator(*_WATER)(stol), PchipInterpolator(*_AIR)(stol)
    near = (setup.pixel * REFERENCE / (0.1770833 * setup.distance)) ** 2
    scattered = (setup.water * water**2 + setup.air * air**2) * np.cos(angle) ** 3 * near
    turned = (np.sin(angle) / np.maximum(places, 1e-9)) ** 2
    image = np.interp(radius, places, scattered) * (1 - np.interp(radius, places, turned) * x * x)
    image += setup.plain
    lobe = np.abs(x[0]) < 110  # pixels beyond which the glare is nothing
    height = np.exp(-np.maximum(radius[:, lobe] - setup.stop[0], 0) / 9 - (x[:, lobe] / 22) ** 2)
    image[:, lobe] += setup.halo * height
    image[in_shadow(setup, y, x)] = 0
    return image.astype(np.float32)


def in_shadow(setup, y, x):
    """True behind the beam stop, an upright stadium; y and x are pixels from the beam centre."""
    half_height, half_width = setup.stop
    return np.hypot(np.maximum(np.abs(y) - (half_height - half_width), 0), x) < half_width


@compiled
def add_ice(image, top, left, center, rings, width):
    """Add powder rings of hexagonal ice to an image, in place.

    Parameters
    ----------
    image : (y, x) float32 array
        Photons a pixel; pixels without light stay so.
    top, left : int
        Row and column in the whole detector of the image's first pixel.
    center : tuple (y, x)
        Beam centre, pixels.
    rings : (n, 2) float array
        Radius (pixels) and height (photons) of each ring, as from `ice_rings`.
    width : float
        Standard deviation across a ring, pixels.
    """
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            radius = math.hypot(y + top - center[0], x + left - center[1])
            for ring in rings:
                off = (radius - ring[0]) / width
                if abs(off) < 5 and image[y, x] > 0:
                    image[y, x] += ring[1] * math.exp(-0.5 * off * off)


def ice_rings(setup, wavelength, photons):
    """Radius (pixels) and height (photons) of the rings of hexagonal ice: (n, 2) float array."""
    d, height = np.array(ICE).T
    sine = np.minimum(wavelength / (2 * d), 0.7)
    radius = setup.distance * np.tan(2 * np.arcsin(sine)) / setup.pixel
    return np.column_stack([radius, photons * height])


@compiled
def add_streak(image, top, left, center, angle, photons):
    """Add the light that the jet's surface scatters, a line through the beam, in place.

    Arguments as in `add_ice`; `angle` is the line's from x (radians), `photons` its height at the
    beam, from where it falls by 1/e in 120 pixels; its standard deviation across is 1.5 pixels.
    """
    sine, cosine = math.sin(angle), math.cos(angle)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            dy, dx = y + top - center[0], x + left - center[1]
            across = (dx * sine - dy * cosine) / 1.5
            if abs(across) < 5 and image[y, x] > 0:
                fall = math.hypot(dy, dx) / 120
                image[y, x] += photons * math.exp(-0.5 * across * across - fall)


@compiled
def _share(low, high):
    """Share of a Gaussian spot between two distances from its centre, pixels."""
    scale = 1 / (math.sqrt(2) * _SPOT_SIGMA)
    return 0.5 * (math.erf(high * scale) - math.erf(low * scale))


@compiled
def peak_share(y, x, blur):
    """Share of a spot's photons in its middle pixel, after the point spread.

    Parameters
    ----------
    y, x : (n,) float arrays
        Places of the spots, pixels.
    blur : float
        As in `Setup`.

    Returns
    -------
    (n,) float array
    """
    share = np.ones(len(y))
    for i in range(len(y)):
        for place in (y[i], x[i]):
            off = place - np.rint(place)
            middle = _share(-0.5 - off, 0.5 - off)
            beside = _share(-1.5 - off, 1.5 - off) - middle
            share[i] *= (middle + blur * beside) / (1 + 2 * blur)
    return share


@compiled
def _shares(first, out):
    """Fill `out` with the shares of a spot's photons in the pixels about it, along one axis."""
    scale = 1 / (math.sqrt(2) * _SPOT_SIGMA)
    below = math.erf((first - _REACH - 0.5) * scale)
    for step in range(2 * _REACH + 1):
        above = math.erf((first - _REACH + step + 0.5) * scale)
        out[step] = 0.5 * (above - below)
        below = above


@compiled
def add_spots(image, top, left, y, x, photons):
    """Add spots to an image, in place: a Gaussian each, integrated over the pixels it covers.

    Parameters
    ----------
    image : (y, x) float32 array
        Photons a pixel.
    top, left : int
        Row and column in the whole detector of the image's first pixel.
    y, x, photons : (n,) float arrays
        Places in the whole detector (pixels) and photons of the spots.
    """
    along_y, along_x = np.empty(2 * _REACH + 1), np.empty(2 * _REACH + 1)
    for i in range(len(y)):
        row, column = int(np.rint(y[i])), int(np.rint(x[i]))
        _shares(row - y[i], along_y)
        _shares(column - x[i], along_x)
        row, column = row - top, column - left
        for a in range(max(-_REACH, -row), min(_REACH + 1, image.shape[0] - row)):
            for b in range(max(-_REACH, -column), min(_REACH + 1, image.shape[1] - column)):
                share = along_y[a + _REACH] * along_x[b + _REACH]
                image[row + a, column + b] += photons[i] * share


@compiled
def _normals(bits, table, out):
    """Fill `out` with standard normal numbers, the inverse of their distribution at `bits`.

    32 random bits name a place in the distribution; the upper 12 an entry of the table.
    """
    for i in range(len(bits)):
        k = numba.uintp(bits[i] >> numba.uint32(20))
        part = numba.float32(numba.int32(bits[i] & numba.uint32(0xFFFFF))) * numba.float32(2.0**-20)
        out[i] = table[k] + part * (table[k + numba.uintp(1)] - table[k])
    rare, count = np.empty(len(bits), np.int32), 0  # collected first: a branch here costs fivefold
    for i in range(len(bits)):
        rare[count] = i
        count += numba.int32((bits[i] < _TAIL) | (bits[i] >= _HEAD))
    for i in rare[:count]:
        out[i] = _tail(bits[i])


@compiled
def _tail(bits):
    """The same by Acklam's rational form of the two tails, where the table is too coarse."""
    p = (bits + 0.5) / 4294967296.0
    q = np.sqrt(-2 * np.log(min(p, 1 - p)))
    top = ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q
            - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783  # fmt: skip
    bottom = (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q
              + 3.754408661907416) * q + 1  # fmt: skip
    return numba.float32(top / bottom if p < 0.5 else -top / bottom)


@compiled
def expose(image, top, left, width, key, gain, blur, readout, offset, saturation, table=_NORMAL):
    """Turn mean photons into a frame: Poisson, point spread, gain, readout, offset, saturation.

    Parameters
    ----------
    image : (y + 2, x + 2) float32 array
        Mean photons a pixel, with one pixel more on every side than the frame.
    top, left : int
        Row and column in the whole detector of the frame's first pixel.
    width : int
        Columns of the whole detector: with `key` it names the random numbers of a pixel.
    key : int
        32 bits that name the shot.
    gain, blur, readout, offset, saturation
        As in `Setup`.

    Returns
    -------
    (y, x) uint16 array, ADU

    Notes
    -----
    Poisson numbers come from normal ones by the first Cornish-Fisher term,
    n = m + sqrt(m) z + (z² - 1) / 6, within 1 % of the distribution above 5 photons.
    """
    height, length = image.shape[0] - 2, image.shape[1] - 2
    frame = np.empty((height, length), np.uint16)
    bits = np.empty(length + 2, np.uint32)
    normal, photons = np.empty(length + 2, np.float32), np.empty(length + 2, np.float32)
    rows = np.empty((3, length), np.float32)  # the last three rows, blurred along x
    share = numba.float32(gain / (1 + 2 * blur) ** 2)
    side = numba.float32(blur)
    spread = numba.float32(readout * np.sqrt(6) / 65536)  # two 16-bit uniforms: a triangle
    top_value = numba.float32(saturation)
    low = numba.float32(offset - 65536 * spread + 0.5)
    for y in range(height + 2):
        row_key = mix(numba.uint32(mix(numba.uint32(key)) + numba.uint32((top + y) * (width + 2))))
        for x in range(length + 2):
            bits[x] = mix(numba.uint32(row_key + numba.uint32(left + x)))
        _normals(bits, table, normal)
        for x in range(length + 2):
            z, mean = normal[x], image[y, x]
            n = mean + np.sqrt(mean) * z + (z * z - numba.float32(1)) * numba.float32(1 / 6)
            photons[x] = max(n, numba.float32(0)) if mean > 0 else numba.float32(0)
        row = rows[y % 3]
        for x in range(length):
            row[x] = share * (photons[x + 1] + side * (photons[x] + photons[x + 2]))
        if y < 2:
            continue
        above, middle = rows[(y + 1) % 3], rows[(y + 2) % 3]
        for x in range(length):
            bits[x] = mix(numba.uint32(bits[x] ^ numba.uint32(0x9E3779B9)))
        for x in range(length):
            noise = numba.float32(numba.int32((bits[x] & 0xFFFF) + (bits[x] >> 16))) * spread + low
            value = middle[x] + side * (above[x] + row[x]) + noise
            value = min(max(value, numba.float32(0)), top_value)
            lit = image[y - 1, x + 1] > 0  # behind the beam stop there is no reading
            frame[y - 2, x] = numba.uint16(numba.int32(value)) if lit else numba.uint16(0)
    return frame
