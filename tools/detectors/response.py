"""What a detector makes of photons: counts, charge or light, then the numbers of the raw frame."""

import numpy as np
from scipy import ndimage
from scipy.special import erf

SPARSE = 0.03  # photons a pixel below which their places are drawn, instead of each pixel's count
EVENTS = 1.5  # photons a pixel below which the charge of each is split by itself


def draw_counts(rng, expected, cumulative=None):
    """Photons that hit each pixel, Poisson of the expected ones: an int32 array of that shape.

    Where there are few, their number is drawn and then their places, which is the same law.
    """
    if cumulative is None:
        if expected.mean() >= SPARSE:
            return rng.poisson(expected).astype(np.int32)
        cumulative = np.cumsum(expected.ravel(), dtype=np.float64)
    places = np.searchsorted(cumulative, np.sort(rng.random(rng.poisson(cumulative[-1])))
                             * cumulative[-1], side="right")  # fmt: skip
    places = np.minimum(places, expected.size - 1)
    return np.bincount(places, minlength=expected.size).astype(np.int32).reshape(expected.shape)


def background_counts(rng, scene, factor=1.0):
    """Photons of the scene's background in one shot, `factor` times the usual: int32."""
    mean = scene.background * factor
    if mean < SPARSE:
        return draw_counts(rng, scene.profile, scene.cumulative * mean)
    return rng.poisson(scene.expected * factor).astype(np.int32)


def add_spots(rng, counts, rows, columns, photons, sigma, bounds):
    """Add the photons of spots, Poisson of a Gaussian that is integrated over each pixel.

    Parameters
    ----------
    counts : (rows, columns) int, changed
    rows, columns, sigma : (n,) float, pixels; photons : (n,) float, of the whole spot
    bounds : (n, 4) int, first row, last row, first column, last column of the spot's panel
    """
    if len(rows) == 0:
        return
    half = int(np.ceil(4 * sigma.max())) + 1
    step = np.arange(-half, half + 1)
    top, left = np.rint(rows).astype(int), np.rint(columns).astype(int)
    share_y, share_x = (
        _in_pixels(middle[:, None] + step, centre[:, None], sigma[:, None])
        for middle, centre in ((top, rows), (left, columns))
    )
    expected = photons[:, None, None] * share_y[:, :, None] * share_x[:, None, :]
    y = np.broadcast_to((top[:, None] + step)[:, :, None], expected.shape)
    x = np.broadcast_to((left[:, None] + step)[:, None, :], expected.shape)
    low_y, high_y, low_x, high_x = (b[:, None, None] for b in bounds.T)
    inside = (y >= low_y) & (y <= high_y) & (x >= low_x) & (x <= high_x)
    np.add.at(counts, (y[inside], x[inside]), rng.poisson(expected[inside]))


def _in_pixels(pixel, centre, sigma):
    """Share of a Gaussian within pixels of width 1."""
    wide = np.sqrt(2) * sigma
    return 0.5 * (erf((pixel - centre + 0.5) / wide) - erf((pixel - centre - 0.5) / wide))


def respond(rng, scene, counts):
    """Values before rounding, of the shape detector.flat, from photons (rows, columns) int32."""
    makes = {"counter": _count, "integrating": _integrate, "ccd": _expose}
    return makes[scene.detector.kind](rng, scene, counts)


def _count(rng, scene, counts):
    """Each photon once; a few near an edge of two pixels in both of them."""
    total = int(counts.sum())
    twice = min(rng.poisson(scene.detector.shared * total), 200_000)  # enough to be seen
    if twice:
        running = np.cumsum(counts.ravel(), dtype=np.int64)
        places = np.searchsorted(running, rng.integers(total, size=twice), "right")
        steps = rng.choice([-counts.shape[1], -1, 1, counts.shape[1]], twice)
        beside = np.clip(places + steps, 0, counts.size - 1)
        counts = counts + np.bincount(beside, minlength=counts.size).reshape(counts.shape)
    return counts


def _integrate(rng, scene, counts):
    """Charge that spreads into neighbours, gain, dark residual, common mode and readout noise."""
    detector = scene.detector
    value = _shared(rng, counts, detector.shared) * detector.gain
    value *= scene.flat_field
    value += scene.residual
    value += detector.noise * rng.standard_normal(value.shape, np.float32)
    if detector.common:
        value += common_mode(rng, detector, detector.common)
    return value


def _shared(rng, counts, sigma):
    """Charge of each pixel in photons: clouds of RMS sigma about places within the pixels."""
    if counts.mean() > EVENTS:  # the mean over places within a pixel is enough
        wide = np.hypot(sigma, 1e-6)
        share = wide / np.sqrt(2 * np.pi)  # what crosses one edge of an evenly lit pixel
        kernel = np.array([share, 1 - 2 * share, share], np.float32)
        image = counts.astype(np.float32)
        for axis in (0, 1):
            image = ndimage.correlate1d(image, kernel, axis=axis, mode="constant")
        return image
    lit = np.flatnonzero(counts)
    place = np.repeat(lit, counts.ravel()[lit])
    rows, columns = counts.shape
    (over_y, step_y), (over_x, step_x) = (_over(rng, place.size, sigma) for _ in range(2))
    y, x = np.divmod(place, columns)
    other_y, other_x = np.clip(y + step_y, 0, rows - 1), np.clip(x + step_x, 0, columns - 1)
    image = np.zeros(counts.size, np.float32)
    for row, by in ((y, 1 - over_y), (other_y, over_y)):
        for column, bx in ((x, 1 - over_x), (other_x, over_x)):
            image += np.bincount(row * columns + column, by * bx, counts.size).astype(np.float32)
    return image.reshape(counts.shape)


def _over(rng, size, sigma):
    """Share of a photon's charge that lies beyond the nearer edge, and the side of it, -1 or 1.

    A photon hits one of 256 places across the pixel.
    """
    places = (np.arange(256) + 0.5) / 256 - 0.5
    beyond = 0.5 * (1 - erf((0.5 - np.abs(places)) / (np.sqrt(2) * sigma)))
    drawn = np.frombuffer(rng.bytes(size), np.uint8)
    return beyond.astype(np.float32)[drawn], np.where(places < 0, -1, 1)[drawn]


def common_mode(rng, detector, rms):
    """An offset for each ASIC of the raw frame: of the shape detector.flat, float32."""
    rows, columns = detector.asic
    down, across = -(-detector.flat[0] // rows), -(-detector.flat[1] // columns)
    offsets = rms * rng.standard_normal((down, across), np.float32)
    whole = np.repeat(np.repeat(offsets, rows, 0), columns, 1)
    return whole[: detector.flat[0], : detector.flat[1]]


def _expose(rng, scene, counts):
    """Light that spreads in the phosphor and the taper, then an offset and readout noise."""
    detector = scene.detector
    value = ndimage.gaussian_filter(counts.astype(np.float32), detector.shared, truncate=4)
    value *= detector.gain * scene.flat_field
    value += detector.offset + scene.residual
    value += detector.noise * rng.standard_normal(value.shape, np.float32)
    return value


def digitise(scene, value):
    """The raw frame in the detector's dtype and shape, with its marks for gaps and dead pixels."""
    detector, dtype = scene.detector, np.dtype(scene.detector.dtype)
    if dtype.kind == "f":
        raw = value.astype(dtype)
    else:
        limits = np.iinfo(dtype)
        highest = limits.max - (2 if detector.kind == "counter" and dtype.kind == "u" else 0)
        raw = np.clip(np.rint(value), limits.min, highest).astype(dtype)
    raw[scene.dead] = detector.dead
    raw[~detector.active] = detector.gap
    return raw.reshape(detector.shape)
