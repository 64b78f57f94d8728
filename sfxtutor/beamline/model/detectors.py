"""Simulated frames of imaginary detectors: what the screening model "peaks" is trained on.

Counting pixels (EIGER, PILATUS), integrating pixels that resolve photons or not (JUNGFRAU, ePix,
AGIPD, CSPAD) and phosphor cameras (Rayonix, MAR, CCD), from 1e-5 to 1e4 photons a pixel, with the
artefacts of each. The Bragg spots' places, and the rings of ice, are those of `sfxtutor.runs.twin`.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage, special
from scipy.spatial import cKDTree

from ...runs.twin.crystal import Crystal, bragg_spots, random_rotation
from ...runs.twin.detector import ICE
from ...support.jit import compiled
from .beamlines import log_uniform

VERSION = 2  # raised when the frames change
STREAM = 15  # names the random numbers of the imaginary detectors
KINDS = ("counter", "resolving", "integrating", "camera")
VISIBLE = 4  # spots that make a frame a hit or a maybe
SEEN = 5.0  # standard deviations that a visible spot's 3 x 3 pixels stand above the level, or
PEAK = 6.5  # its highest pixel, as that of the sharpest of the three experts
FAINT = 0.7  # of what makes it visible: spots as bright as this are Bragg spots to be learned
DENSE = 3  # photons a pixel, from which a photon's charge is not followed by itself
# visible spots wanted, each number of the list as likely
SPOTS = (0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 6, 8, 12, 18, 30, 50, 80, 120)


@dataclass
class Detector:
    """One imaginary detector and what does not change from shot to shot.

    Lengths in pixels, `photon`, `readout`, `offset` and `common` (of each chip) in ADU.
    """

    kind: str
    shape: tuple
    photon: float
    readout: float
    offset: float
    blur: float  # standard deviation of the point spread: in a counter where photons are absorbed,
    # otherwise of a photon's charge or light
    twice: float  # share of the photons that a counter counts in two pixels
    common: float
    uneven: float  # of the pixels' gain
    waves: float  # of the gain: what is left of the pattern of a camera's fibres
    integers: bool
    top: float  # the largest number written
    gain: np.ndarray = field(default=None, repr=False)
    mask: np.ndarray = field(default=None, repr=False)
    chips: np.ndarray = field(default=None, repr=False)  # number of the chip of each pixel
    hot: tuple = ()
    grid: tuple = (1, 1)  # of panels, down and across, into which the frame is cut
    order: np.ndarray = field(default=None, repr=False)  # in which they are written
    turned: np.ndarray = field(default=None, repr=False)  # which of them upside down
    slab: bool = False  # side by side, not stacked


@dataclass
class Scene:
    """What meets the detector: a crystal, a background in photons a pixel, artefacts."""

    crystal: Crystal
    wavelength: float
    distance: float
    pixel: float
    centre: tuple
    spot: float  # standard deviation of a spot along its radius and across
    long: float
    background: np.ndarray
    artefacts: dict
    pulse: float


@dataclass
class Frame:
    """A frame as it is read, and what is true of it."""

    image: np.ndarray
    mask: np.ndarray
    height: int
    centre: tuple | None
    spots: np.ndarray  # (n, 3) row, column and brightness: 1 of a spot that is just visible

    @property
    def visible(self):
        """How many spots are visible: int."""
        return int((self.spots[:, 2] >= 1).sum())


def detector(rng, kind=None):
    """A `Detector` drawn at random, of a kind or of any."""
    kind = kind or str(rng.choice(KINDS, p=(0.34, 0.22, 0.15, 0.29)))
    longest = rng.choice([800, 1400, 2200], p=(0.72, 0.18, 0.1))
    shape = tuple(int(log_uniform(rng, 256, longest)) for _ in "yx")
    counter, camera = kind == "counter", kind == "camera"
    photon = {"counter": 1.0, "resolving": log_uniform(rng, 4, 300), "camera":
              log_uniform(rng, 0.2, 10), "integrating": log_uniform(rng, 2, 60)}[kind]  # fmt: skip
    noise = {"counter": 0.0, "resolving": photon * log_uniform(rng, 0.04, 0.3),
             "integrating": photon * log_uniform(rng, 0.3, 3),
             "camera": log_uniform(rng, 0.5, 10)}[kind]  # fmt: skip
    offset = 0.0
    if camera:
        offset = float(rng.choice([0, 5, 10, 40, 100, 1000])) + 3 * noise
    elif not counter and rng.random() < 0.3:
        offset = log_uniform(rng, 5, 2000) + 4 * noise
    line = Detector(
        kind, shape, photon, noise, offset,
        blur=rng.uniform(0.3, 1.3) if camera else rng.uniform(0.02, 0.35),
        twice=rng.uniform(0, 0.1) if counter and rng.random() < 0.5 else 0.0,
        common=0.0 if counter or rng.random() < 0.5 else noise * log_uniform(rng, 0.05, 1.5),
        uneven=rng.choice([0, 0.01, 0.03, 0.05]),
        waves=log_uniform(rng, 0.003, 0.06) if camera and rng.random() < 0.3 else 0.0,
        integers=counter or camera or bool(rng.random() < 0.5),
        top=float(rng.choice([2**16 - 1, 2**14 - 1, 2**32 - 1])) if counter else 65535.0,
    )  # fmt: skip
    if line.integers and not counter:
        line.photon = max(line.photon, 0.5)
    if line.uneven or line.waves:
        line.gain = np.maximum(1 + line.uneven * rng.normal(size=shape) + _fibres(rng, line), 0.3)
    _lay_out(line, rng)
    return line


def _fibres(rng, line):
    """A pattern of three waves over the detector, by which its gain deviates."""
    if not line.waves:
        return 0.0
    period, turned = log_uniform(rng, 6, 40), rng.uniform(0, np.pi)
    y, x = (np.arange(n) * (2 * np.pi / period) for n in line.shape)
    angles = turned + np.array([0, 1, 2]) * np.pi / 3
    return line.waves * sum(np.cos(y[:, None] * np.sin(a) + x * np.cos(a)) for a in angles)


def _lay_out(line, rng):
    """Panels, gaps, chips, and pixels that are hot, noisy or dead."""
    if line.kind != "camera" and rng.random() < 0.3:
        line.grid = [(1, 2), (1, 4), (2, 2), (4, 2), (4, 4)][rng.integers(5)]
        line.slab = bool(rng.random() < 0.5)
        line.order = rng.permutation(np.prod(line.grid))
        line.turned = rng.random(len(line.order)) < 0.5
    mask, rows, columns = np.ones(line.shape, bool), *line.shape
    chips = np.zeros(line.shape, int)
    if line.kind != "camera" and rng.random() < 0.7:
        for axis, length in enumerate(line.shape):
            period, width = int(rng.integers(64, 520)), int(rng.integers(1, 40))
            edges = np.arange(int(rng.integers(0, period)), length, period)
            number = np.searchsorted(edges, np.arange(length), "right")
            chips += np.expand_dims(number, 1 - axis) * (1 if axis else 1000)
            gaps = np.zeros(length, bool)
            for edge in edges:
                gaps[edge : edge + width] = True
            mask &= ~np.expand_dims(gaps, 1 - axis)
    if mask.mean() < 0.4:
        mask[:] = True
    line.chips = np.unique(chips, return_inverse=True)[1].reshape(line.shape)
    share = log_uniform(rng, 1e-7, 3e-4)
    n = rng.poisson(share * mask.size)
    line.hot = rng.integers(0, rows, n), rng.integers(0, columns, n), np.exp(rng.uniform(0, 9, n))
    mask[rng.random(line.shape) < rng.choice([0, 1e-4, 2e-3])] = False
    line.mask = mask


def scene(rng, line):
    """A `Scene` drawn at random for a detector."""
    rows, columns = line.shape
    spread = rng.choice([0.1, 0.3, 0.8])
    centre = tuple(n / 2 + n * spread * rng.normal() * 0.5 for n in line.shape)
    pixel = float(rng.choice([0.05, 0.075, 0.1, 0.11, 0.172, 0.2]))
    widest = max(rows, columns) * pixel
    small = rng.random() < 0.12  # a small molecule
    crystal = Crystal(
        tuple(log_uniform(rng, *((10, 30) if small else (35, 350))) for _ in "abc"),
        b_factor=rng.uniform(3, 15) if small else rng.uniform(12, 60),
        domain=log_uniform(rng, 400, 3000),
        mosaicity=log_uniform(rng, 2e-4, 5e-3),
    )
    made = Scene(
        crystal,
        wavelength=rng.uniform(0.3, 1.2) if small else rng.uniform(0.7, 2.0),
        distance=widest * log_uniform(rng, 0.4, 4), pixel=pixel, centre=centre,
        spot=rng.uniform(0.3, 1.1) if rng.random() < 0.85 else rng.uniform(1.1, 2.2),
        long=rng.choice([1, 1, 1.3, 2]), background=None,
        artefacts=_artefacts(rng, line), pulse=rng.uniform(0.02, 0.3),
    )  # fmt: skip
    made.background = _background(rng, line, made)
    return made


def _artefacts(rng, line):
    """Which artefacts the frames have, and how often: a dict of name to probability."""
    often = {
        "zingers": 0.5, "streak": 0.25, "ice": 0.2, "powder": 0.12, "tracks": 0.15, "blobs": 0.15,
        "rows": 0.1, "columns": 0.1, "edges": 0.12, "panel": 0.04, "spikes": 0.1,
    }  # fmt: skip
    if line.kind == "camera":
        often["edges"] = 0.0
    chosen = [name for name, p in often.items() if rng.random() < p]
    return {name: rng.choice([0.1, 0.5, 1.0]) for name in chosen}


def _from_beam(shape, made):
    """Rows and columns in pixels from the beam: two float32 arrays."""
    return (np.arange(n, dtype=np.float32) - c for n, c in zip(shape, made.centre, strict=True))


def _background(rng, line, made):
    """Mean photons a pixel: flat, ring of water, scatter of air, glare, shadows, a beam stop."""
    y, x = _from_beam(line.shape, made)
    radius = np.hypot(y[:, None], x[None])
    typical = {"counter": (1e-5, 300), "resolving": (1e-4, 100), "integrating": (1e-3, 1e3),
               "camera": (0.5, 1e4)}[line.kind]  # fmt: skip
    strength = log_uniform(rng, *typical)
    image = np.full(line.shape, rng.uniform(0.05, 1), np.float32)
    if rng.random() < 0.7:
        d = rng.uniform(2.9, 3.6)
        angle = 2 * np.arcsin(min(made.wavelength / 2 / d, 0.7))
        ring = made.distance * np.tan(angle) / made.pixel
        image += rng.uniform(0, 1.5) * np.exp(
            -0.5 * ((radius - ring) / (rng.uniform(0.08, 0.3) * ring)) ** 2
        )
    if rng.random() < 0.6:
        image += log_uniform(rng, 0.1, 30) * np.exp(-radius / log_uniform(rng, 12, 400))
    if rng.random() < 0.3:
        image += log_uniform(rng, 0.1, 10) / (1 + (radius / log_uniform(rng, 10, 100)) ** 2)
    if rng.random() < 0.25:  # a shadow with a sharp or a soft edge
        angle, at = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4) * max(line.shape)
        across = y[:, None] * np.sin(angle) + x[None] * np.cos(angle) - at
        image *= 1 - rng.uniform(0.05, 0.95) * special.expit(across / log_uniform(rng, 0.5, 20))
    image *= strength
    if rng.random() < 0.7:
        stop = rng.uniform(5, 60)
        shadow = radius < stop
        if rng.random() < 0.5:
            shadow |= (np.abs(y[:, None]) < stop / 3) & (x[None] > 0)
        image[shadow] *= rng.choice([0, 0, 1e-3, 0.02])
        if rng.random() < 0.3:  # glare
            light = np.exp(-np.abs(radius - stop) / log_uniform(rng, 2, 12))
            if rng.random() < 0.5:
                light *= np.exp(-((x[None] / log_uniform(rng, 8, 40)) ** 2))
            image += strength * log_uniform(rng, 1, 30) * light
    return np.minimum(image, 3e4)


def shoot(rng, line, made, visible, key):
    """A `Frame` of a shot with as many visible spots as asked for, or as the crystal can give.

    Parameters
    ----------
    visible : int
        Spots wanted whose 3 x 3 pixels stand `SEEN` standard deviations above the level, or the
        highest of them `PEAK`. With 0 there may be no crystal, or one of spots too weak.
    key : int
        Names the sample: the same structure factors.
    """
    mean = made.background * max(rng.normal(1, made.pulse), 0.2)
    chosen = {name for name, p in made.artefacts.items() if rng.random() < p}
    _add_light(rng, mean, made, chosen)
    spots, brightness = np.empty((0, 3)), np.zeros(0)
    if visible or rng.random() < 0.15:
        spots, brightness = _spots(rng, line, made, mean, visible, key)
    _add_spots(mean, spots, made, line.blur if line.kind == "counter" else 0.0)
    adu = _read_out(rng, line, mean)
    _spoil(rng, line, adu, chosen)
    image = _write(rng, line, adu)
    places = np.column_stack([spots[:, :2], brightness])[brightness >= FAINT]
    centre = made.centre if rng.random() < 0.6 else None
    return _rearrange(line, Frame(image, line.mask, line.shape[0], centre, places))


def _spots(rng, line, made, mean, visible, key):
    """Row, column and photons of a crystal's spots, (n, 3), and their brightness, (n,).

    1 is that of a spot just visible; a spot that never is has 0.
    """
    window = (0, 0, line.shape[0] - 1, line.shape[1] - 1)
    crystals = 1 if rng.random() < 0.8 else 2
    spots = np.concatenate([
        bragg_spots(made.crystal, random_rotation(rng), made.wavelength, made.distance, made.pixel,
                    made.centre, window, photons=1.0, faintest=1e-3, key=key)
        for _ in range(crystals)
    ])  # fmt: skip
    needed, crowded = _needed(line, made, mean, spots), _crowded(spots)
    order = np.sort(needed[np.isfinite(needed) & ~crowded])
    if not len(order):
        return np.empty((0, 3)), np.zeros(0)
    if visible == 0:
        bright = 0.7 * order[0]
    elif visible >= len(order):
        bright = order[-1] * 1.05
    else:
        bright = np.sqrt(order[visible - 1] * order[visible])
    bright = min(bright, order[0] * 3e3)
    places = np.column_stack([spots["y"], spots["x"], spots["photons"] * bright])
    kept = places[:, 2] > 0.3
    brightness = bright / needed
    brightness[crowded] = np.minimum(brightness[crowded], 0.99)  # seen, but not counted
    return places[kept], brightness[kept]


def _needed(line, made, mean, spots):
    """Factor by which each spot must be brightened to be visible; infinite where it never is."""
    y, x = (np.rint(spots[name]).astype(int) for name in "yx")
    across, along = np.hypot(made.spot, line.blur), np.hypot(made.spot * made.long, line.blur)
    share = np.prod([special.erf(1.5 / np.sqrt(2) / np.hypot(s, 0.1)) for s in (across, along)])
    level = mean[y, x]
    noise = 9 * (level * _light_share(line, 3) + (line.readout / line.photon) ** 2)
    noise += (9 * line.uneven**2 + 81 * line.waves**2) * level**2
    highest = 0.8 * np.prod([special.erf(0.5 / np.sqrt(2) / np.hypot(s, 0.1))
                             for s in (across, along)])  # fmt: skip
    pixel = level * _light_share(line, 1) + (line.readout / line.photon) ** 2
    pixel += (line.uneven**2 + line.waves**2) * level**2
    needed = np.minimum((4.5 + SEEN * np.sqrt(noise)) / share,
                        (4.5 + PEAK * np.sqrt(pixel)) / highest)  # fmt: skip
    needed /= spots["photons"]
    needed[~line.mask[y, x]] = np.inf
    return needed


def _crowded(spots):
    """Which spots have a brighter one within five pixels: (n,) bool."""
    crowded = np.zeros(len(spots), bool)
    if len(spots) > 1:
        tree = cKDTree(np.column_stack([spots["y"], spots["x"]]))
        a, b = tree.query_pairs(5, output_type="ndarray").T
        crowded[np.where(spots["photons"][a] < spots["photons"][b], a, b)] = True
    return crowded


def _light_share(line, side):
    """Variance of the sum over a square of pixels over its mean, in photons: 1 without blur."""
    if line.kind == "counter":
        return 1.0
    box = np.pad(np.ones((side, side)), 8)
    return float(np.square(ndimage.gaussian_filter(box, line.blur, truncate=3)).sum() / side**2)


def _add_spots(image, spots, made, blur):
    """Add spots: a Gaussian each, longer along the radius."""
    # a pixel's own width, 1/12 of variance, stands for the integration over it
    across = np.sqrt(made.spot**2 + blur**2 + 1 / 12)
    along = np.sqrt((made.spot * made.long) ** 2 + blur**2 + 1 / 12)
    _draw(image, spots, along, across, *made.centre)


@compiled
def _draw(image, spots, along, across, middle_y, middle_x):
    reach = int(np.ceil(3.2 * along)) + 1
    for k in range(len(spots)):
        y, x, photons = spots[k]
        row, column = int(np.rint(y)), int(np.rint(x))
        angle = math.atan2(y - middle_y, x - middle_x)
        cosine, sine = math.cos(angle), math.sin(angle)
        height = photons / (2 * math.pi * along * across)
        for i in range(max(row - reach, 0), min(row + reach + 1, image.shape[0])):
            for j in range(max(column - reach, 0), min(column + reach + 1, image.shape[1])):
                u = (j - x) * cosine + (i - y) * sine
                v = (i - y) * cosine - (j - x) * sine
                image[i, j] += height * math.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))


def _add_light(rng, image, made, chosen):
    """Streaks of a jet, rings of ice, blobs of diffuse scattering: photons, before the counting."""
    rows, columns = image.shape
    y, x = _from_beam(image.shape, made)
    typical = float(np.median(image)) + 0.003
    if "streak" in chosen:
        for _ in range(int(rng.integers(1, 3))):
            angle = rng.uniform(0, np.pi)
            dy = y[:, None] - (0 if rng.random() < 0.7 else rng.normal(0, rows / 4))
            across = (dy * np.cos(angle) - x[None] * np.sin(angle)) / log_uniform(rng, 0.5, 4)
            along = np.abs(dy * np.sin(angle) + x[None] * np.cos(angle)) / log_uniform(rng, 30, 500)
            one_side = rng.random() < 0.5
            light = np.exp(-0.5 * across**2 - along)
            if one_side:
                light *= (dy * np.sin(angle) + x[None] * np.cos(angle)) > 0
            if rng.random() < 0.4:  # fringes
                light *= np.sin(np.hypot(dy, x[None]) / rng.uniform(2, 20)) ** 2
            image += light * (typical + 3) * log_uniform(rng, 1, 100)
    rings = []
    if "ice" in chosen:
        rings = [(d, height * log_uniform(rng, 0.3, 20), rng.uniform(1, 6)) for d, height in ICE]
    if "powder" in chosen:  # of a salt, sharp, anywhere
        for d in rng.uniform(1.5, 12, int(rng.integers(2, 11))):
            rings.append((d, log_uniform(rng, 0.1, 20), log_uniform(rng, 0.6, 4)))
    _add_rings(image, np.hypot(y[:, None], x[None]), made, rings, typical + 0.5)
    if "blobs" in chosen:
        for _ in range(rng.poisson(12)):
            cy, cx, wide = rng.uniform(0, rows), rng.uniform(0, columns), rng.uniform(4, 25)
            top, left, reach = max(int(cy - 3 * wide), 0), max(int(cx - 3 * wide), 0), int(6 * wide)
            part = image[top : top + reach, left : left + reach]
            a = (np.arange(top, top + part.shape[0]) - cy)[:, None]
            b = (np.arange(left, left + part.shape[1]) - cx)[None]
            part += (
                (typical + 0.1) * log_uniform(rng, 0.2, 10) * np.exp(-0.5 * (a**2 + b**2) / wide**2)
            )


def _add_rings(image, radius, made, rings, unit):
    """Add rings of powder, each (d in Å, strength in units, standard deviation in pixels)."""
    for d, height, wide in rings:
        angle = 2 * np.arcsin(min(made.wavelength / 2 / d, 0.7))
        ring = made.distance * np.tan(angle) / made.pixel
        image += unit * height * np.exp(-0.5 * ((radius - ring) / wide) ** 2)


def _read_out(rng, line, mean):
    """ADU of the mean photons: counted, blurred, read with noise."""
    counts = rng.poisson(mean).astype(np.float32)
    if line.kind == "counter":
        counts = _counted_twice(rng, counts, line.twice)
        return counts if line.gain is None else np.rint(counts * line.gain)
    if line.kind == "camera":
        counts = ndimage.gaussian_filter(counts, line.blur, truncate=3)
    else:
        counts = _shared(rng, counts, line.blur)
    adu = counts * line.photon
    if line.gain is not None:
        adu *= line.gain
    adu += line.offset + rng.normal(0, line.readout, mean.shape).astype(np.float32)
    if line.common:
        adu += (line.common * rng.normal(size=line.chips.max() + 1))[line.chips]
    return adu


def _counted_twice(rng, counts, share):
    """Counts with those that the pixel to the right or below counted too."""
    lit = np.flatnonzero(counts) if share else []
    if not len(lit):
        return counts
    twice = rng.binomial(counts.ravel()[lit].astype(int), share)
    beside = lit + rng.choice([1, counts.shape[1]], len(lit))
    inside = beside < counts.size
    counts.reshape(-1)[beside[inside]] += twice[inside]  # a pixel named twice gets one of them
    return counts


def _shared(rng, counts, cloud):
    """Photons of each pixel, after the charge of each spread as a Gaussian about where it fell."""
    if counts.mean() > DENSE:  # the mean over places within the pixel is enough
        over = cloud / math.sqrt(2 * math.pi)  # what crosses one edge of an evenly lit pixel
        for axis in (0, 1):
            counts = ndimage.correlate1d(counts, [over, 1 - 2 * over, over], axis, mode="constant")
        return counts
    return _split(counts, rng.random((int(counts.sum()), 2), np.float32), cloud)


@compiled
def _split(counts, places, cloud):
    rows, columns = counts.shape
    result, k = np.zeros_like(counts), 0
    for y in range(rows):
        for x in range(columns):
            for _ in range(int(counts[y, x])):
                u, v = places[k, 0] - 0.5, places[k, 1] - 0.5
                k += 1
                over_y = 0.5 * math.erfc((0.5 - abs(u)) / (math.sqrt(2) * cloud))
                over_x = 0.5 * math.erfc((0.5 - abs(v)) / (math.sqrt(2) * cloud))
                i, j = y + (1 if u > 0 else -1), x + (1 if v > 0 else -1)
                result[y, x] += (1 - over_y) * (1 - over_x)
                if 0 <= i < rows:
                    result[i, x] += over_y * (1 - over_x)
                if 0 <= j < columns:
                    result[y, j] += (1 - over_y) * over_x
                if 0 <= i < rows and 0 <= j < columns:
                    result[i, j] += over_y * over_x
    return result


def _spoil(rng, line, adu, chosen):
    """Add what pixels do by themselves, in place: zingers, tracks, rows, edges, hot pixels."""
    rows, columns = adu.shape
    y, x, height = line.hot
    unit = max(line.photon, 2 * line.readout)
    adu[y, x] += unit * height * (rng.random(len(y)) < 0.9)
    noise = float(np.std(adu[::7, ::7])) + unit
    if "zingers" in chosen:
        for _ in range(rng.poisson(log_uniform(rng, 1, 25))):
            row, column = int(rng.integers(0, rows)), int(rng.integers(0, columns))
            height = noise * log_uniform(rng, 5, 3000)
            adu[row, column] += height
            if rng.random() < 0.5:  # shared with one or two neighbours
                for _ in range(int(rng.integers(1, 3))):
                    b = row + int(rng.integers(-1, 2)), column + int(rng.integers(-1, 2))
                    if 0 <= b[0] < rows and 0 <= b[1] < columns:
                        adu[b] += height * rng.uniform(0.05, 1)
    if "spikes" in chosen:
        for _ in range(rng.poisson(3)):
            column, top = int(rng.integers(0, columns)), int(rng.integers(0, rows))
            adu[top : top + int(rng.integers(3, 80)), column] += noise * log_uniform(rng, 2, 100)
    if "tracks" in chosen:
        for _ in range(rng.poisson(3)):
            angle, length = rng.uniform(0, np.pi), rng.uniform(4, 25)
            t = np.arange(0, length, 0.5)
            a = np.rint(rng.uniform(0, rows) + t * np.sin(angle)).astype(int)
            b = np.rint(rng.uniform(0, columns) + t * np.cos(angle)).astype(int)
            inside = (a >= 0) & (a < rows) & (b >= 0) & (b < columns)
            adu[a[inside], b[inside]] += noise * log_uniform(rng, 3, 200)
    for name, length in (("rows", rows), ("columns", columns)):
        if name in chosen:
            for k in rng.integers(0, length, rng.poisson(2) + 1):
                line_of = adu[k] if name == "rows" else adu[:, k]
                line_of += noise * rng.uniform(0, 4) * np.abs(rng.normal(size=line_of.shape))
    if "edges" in chosen:  # larger pixels at the edges of chips count more
        factor = rng.choice([1.5, 2, 3])
        for axis in (0, 1):
            at = np.abs(np.diff(line.chips, axis=axis, append=np.take(line.chips, [-1], axis))) > 0
            at |= np.roll(at, 1, axis)
            adu[at] = line.offset + factor * (adu[at] - line.offset)
    if "panel" in chosen:
        k = line.chips == rng.integers(0, line.chips.max() + 1)
        adu[k] = line.top if rng.random() < 0.5 else line.offset + 0.3 * (adu[k] - line.offset)


def _write(rng, line, adu):
    """Pixels as the detector writes them; those that the mask leaves out hold anything."""
    if line.kind == "counter":
        kind = np.uint32 if line.top > 65535 else np.uint16
        image = np.clip(adu, 0, min(line.top, 1e9)).astype(kind)
        image[~line.mask] = rng.choice([0, np.iinfo(kind).max])
        return image
    low = 0 if line.kind == "camera" or line.offset > 4 * line.readout else -30000
    image = np.clip(adu, low, 65535)
    image[~line.mask] = rng.choice([0, -1000 if low else 0, 60000])
    if not line.integers:
        return (image * (8.0 / line.photon if line.kind == "resolving" else 1)).astype(np.float32)
    return np.rint(image).astype(np.int32 if low else np.uint16)


def _rearrange(line, frame):
    """The frame with its panels in the order in which the detector writes them."""
    (down, across), (rows, columns) = line.grid, line.shape
    if line.order is None:
        return frame
    height, width = rows // down, columns // across
    image, mask = (_cut(array, line, height, width) for array in (frame.image, frame.mask))
    y, x, brightness = frame.spots.T
    i, j = np.floor((y + 0.5) / height).astype(int), np.floor((x + 0.5) / width).astype(int)
    inside = (i < down) & (j < across)
    panel = (i * across + j)[inside]
    y, x = y[inside] - height * i[inside], x[inside] - width * j[inside]
    turned, place = line.turned[panel], np.argsort(line.order)[panel]
    y, x = np.where(turned, height - 1 - y, y), np.where(turned, width - 1 - x, x)
    if line.slab:
        y, x = y + height * (place // across), x + width * (place % across)
    else:
        y = y + height * place
    spots = np.column_stack([y, x, brightness[inside]])
    return Frame(image, mask, len(image) if line.slab else height, None, spots)


def _cut(array, line, height, width):
    """An image or a mask with its panels rearranged."""
    down, across = line.grid
    panels = [array[i * height : (i + 1) * height, j * width : (j + 1) * width]
              for i in range(down) for j in range(across)]  # fmt: skip
    panels = [panels[k][::-1, ::-1] if line.turned[k] else panels[k] for k in line.order]
    if not line.slab:
        return np.concatenate(panels)
    return np.block([panels[i * across : (i + 1) * across] for i in range(down)])


def frames(seed, count, kind=None):
    """Yield `count` frames of one imaginary detector: `Frame` each."""
    rng = np.random.default_rng((seed, STREAM))
    line = detector(rng, kind)
    made, key = scene(rng, line), int(rng.integers(2**31))
    for _ in range(count):
        yield shoot(rng, line, made, int(rng.choice(SPOTS)), key)
