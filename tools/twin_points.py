"""How well the twin matches what is known: each point measured on its frames, beside a reference.

The references are a measured frame of the same kind of detector (Rayonix MX340-XFEL, binned 4 x 4,
LCLS MFX, dials/data-files) and the spot counts that DIALS gave for LN83, LN84 and LO19 (facts that
come with Ke et al. 2018). No classifier is involved.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from sfxtutor.fast.kernels import count_spots
from sfxtutor.runs.datasets import DIALS_SPOTS, PERCENTILES, UNSEEN
from sfxtutor.runs.twin.detector import REFERENCE
from sfxtutor.spots import find_spots

# Median ADU of the measured frame at these radii (mm), right of the tape's edge.
RADII = ((10, 15), (25, 30), (40, 45), (50, 55), (60, 65), (75, 80), (100, 105), (150, 155))
MEASURED_RADIAL = (3140, 2736, 3343, 4213, 3560, 2062, 961, 358)
MEASURED_SHADE = 0.875  # left / right of the edge, mean over the radii
# Noise of the measured frame, 130 to 150 mm from the beam, by `noise`.
MEASURED_NOISE = {"variance / mean": 0.30, "1 pixel": 0.385, "diagonal": 0.156, "2 pixels": 0.04}
WATER_RING = 3.1  # Å
PIXEL = 0.1770833  # mm, of the measured frame
_FACTOR = {"HIT": 1.9, "MAYBE": 1.6, "MISS": 1.6}  # 60 frames leave the outer percentiles loose
# Unit cells (Å) in resonet's list of LCLS samples.
CELLS = {"LN83": (73, 96, 119), "LN84": (118, 223, 311), "LO19": (42, 52, 88)}
JETS = {("LO19", "2016")}  # without a tape
# How DIALS was asked to find spots, beside the gain (fv5080's annotation_notes).
FINDER = {"LG36": {"global_threshold": 100, "min_pixels": 2},
          "L498": {"global_threshold": 100, "sigma_strong": 6}}  # fmt: skip
_COUNTED = {}
MERGED = {"LN84": (117.0, 223.0, 307.9)}  # ExaFEL's target of merging, for the reading "2016"


@dataclass(frozen=True)
class Point:
    """One point of comparison; `low` and `high` bound what passes."""

    name: str
    twin: float
    reference: float
    low: float
    high: float

    @property
    def holds(self):
        """True if the twin lies within the bounds."""
        return bool(self.low <= self.twin <= self.high)

    def __str__(self):
        word = "holds" if self.holds else "FAILS"
        return (f"{self.name:42} twin {self.twin:9.3f}  reference {self.reference:9.3f}  "
                f"({self.low:.3f} to {self.high:.3f})  {word}")  # fmt: skip


def near(name, twin, reference, relative=0.0, absolute=0.0):
    """A `Point` that passes within a relative or an absolute distance of the reference."""
    slack = max(abs(reference) * relative, absolute)
    return Point(name, float(twin), float(reference), reference - slack, reference + slack)


def radius_mm(card):
    """Distance of every pixel from the beam, (y, x) float, mm on a detector at `REFERENCE` mm."""
    y, x = np.indices(card.shape, sparse=True)
    scale = card.pixel * REFERENCE / card.distance
    return np.hypot(y - card.beam_center[0], x - card.beam_center[1]) * scale


def noise(frame, card, low=125, high=145):
    """Variance / mean (ADU) and autocorrelation of the background between two radii (mm).

    The background is the mean of 15 x 15 pixels; places within 4 pixels of a deviation above
    4.5 sigma are left out, on the right of the beam, where no tape is.
    """
    frame = frame.astype(float)
    radius = radius_mm(card)
    ring = (radius > low) & (radius < high)
    ring[:, : int(card.beam_center[1]) + 60] = False
    rest = frame - ndimage.uniform_filter(frame, 15)
    sigma = 1.4826 * np.median(np.abs(rest[ring]))
    good = ring & (ndimage.maximum_filter(np.abs(rest) > 4.5 * sigma, 9) == 0)
    variance = rest[good].var() * 225 / 224

    def correlation(dy, dx):
        pairs = good[dy:, dx:] & good[: len(good) - dy, : good.shape[1] - dx]
        product = rest[dy:, dx:] * rest[: len(rest) - dy, : rest.shape[1] - dx]
        return product[pairs].mean() / variance

    return {
        "variance / mean": variance / frame[good].mean(),
        "1 pixel": (correlation(0, 1) + correlation(1, 0)) / 2,
        "diagonal": correlation(1, 1),
        "2 pixels": (correlation(0, 2) + correlation(2, 0)) / 2,
    }


def radial(frame, card, side="right"):
    """Median ADU of a frame at `RADII`, more than 40 pixels to one side of the beam: (8,) float.

    NaN where a radius lies outside the detector.
    """
    radius = radius_mm(card)
    beyond = np.arange(card.shape[1]) - card.beam_center[1]
    half = (beyond > 40 if side == "right" else beyond < -40)[None, :]
    rings = (frame[half & (radius >= a) & (radius < b)] for a, b in RADII)
    return np.array([np.median(ring) if len(ring) else np.nan for ring in rings])


def ring_spacing(frame, card):
    """d-spacing (Å) at which the background between 30 and 70 mm is brightest."""
    radius = radius_mm(card)
    bins = np.arange(30, 70, 0.5)
    place = np.digitize(radius, bins)
    place[:, : int(card.beam_center[1]) + 60] = 0  # the tape's side
    value = [np.median(frame[place == i]) for i in range(1, len(bins))]
    ring = bins[int(np.argmax(ndimage.gaussian_filter1d(value, 2)))] + 0.25
    return card.wavelength / (2 * np.sin(np.arctan2(ring, REFERENCE) / 2))


def indexable(found, card, rotation, cell, wavelength, tolerance=0.15):
    """Share of spots whose scattering vector has integer h, k, l: found spots against a cell.

    Parameters
    ----------
    found : structured array with `y`, `x`, pixels
    rotation : (3, 3) float array
        Orientation of the crystal; columns are the directions of a, b, c.
    cell : tuple of 3 floats, Å
    tolerance : float
        Largest distance of h, k and l from integers; chance alone gives (2 tolerance)³.
    """
    y = (found["y"] - card.beam_center[0]) * card.pixel
    x = (found["x"] - card.beam_center[1]) * card.pixel
    ray = np.stack([x, y, np.full(len(found), card.distance)])
    ray /= np.linalg.norm(ray, axis=0) * wavelength
    ray[2] -= 1 / wavelength
    index = (rotation.T @ ray) * np.asarray(cell)[:, None]
    return float(np.mean(np.all(np.abs(index - np.rint(index)) < tolerance, axis=0)))


def count_spots_of(run, i):
    """Spots that the dispersion finder counts on a whole frame, with DIALS' settings: int.

    A frame of the same twin is counted once: docs/twin.md and its tests ask for the same ones.
    """
    key = (run.name, run.reading, run.seed, run.setup, i)
    if key not in _COUNTED:
        settings = FINDER.get(run.name, {})
        _COUNTED[key] = count_spots(run[i], run.card.gain, mask=run.mask, **settings)
    return _COUNTED[key]


def spot_counts(run, label, frames):
    """`count_spots_of` the first frames of a class: (frames,) int."""
    chosen = np.flatnonzero(run.labels == label)[:frames]
    return np.array([count_spots_of(run, i) for i in chosen])


def clean_frames(run, frames=3):
    """Numbers of the first misses without ice or streak."""
    shots = ((i, run.drawn(i)) for i in np.flatnonzero(run.labels == "MISS"))
    clean = (i for i, shot in shots if not shot.ice and not shot.streak[1] and not shot.crystals)
    return [next(clean) for _ in range(frames)]


def background_points(run):
    """Noise, point spread, radial background, tape and water ring: a list of `Point`."""
    card = run.card
    mean = np.mean([run[i] for i in clean_frames(run)], axis=0)
    frame = run[clean_frames(run)[0]]
    now = noise(frame, card)
    points = [near("noise variance / mean over DIALS' gain", now["variance / mean"] / card.gain, 1,
                   relative=0.16)]  # fmt: skip
    points += [near(f"noise autocorrelation, {k}", now[k], MEASURED_NOISE[k], absolute=0.03)
               for k in ("1 pixel", "diagonal", "2 pixels")]  # fmt: skip
    right, left = radial(mean, card), radial(mean, card, "left")
    scale = np.nanmedian(right / MEASURED_RADIAL)
    # The measured frame is nearer or its pixels are larger: more light a pixel.
    closer = (card.distance / REFERENCE * PIXEL / card.pixel) ** 2
    points.append(near("background, twin / measured", scale * closer, 1, relative=0.35))
    points += [near(f"background at {a}-{b} mm, scaled (ADU)", value / scale, known, relative=0.15)
               for (a, b), value, known in zip(RADII, right, MEASURED_RADIAL, strict=True)
               if np.isfinite(value)]  # fmt: skip
    shade = 1 if (run.name, run.reading) in JETS else MEASURED_SHADE
    points.append(near("shade of the tape", np.nanmean(left / right), shade, absolute=0.04))
    points.append(near("water ring (Å)", ring_spacing(mean, card), WATER_RING, absolute=0.12))
    return points


def spot_points(run, frames=60):
    """Spots of hits, maybes and misses against the DIALS percentiles: a list of `Point`."""
    points = []
    for label, known in DIALS_SPOTS[run.name].items():
        counts = spot_counts(run, label, frames)
        for q, wanted in zip(PERCENTILES, known, strict=True):
            if label != "HIT" and q != 50:
                continue
            low, high = wanted / _FACTOR[label] - 2, wanted * _FACTOR[label] + 2
            twin = float(np.percentile(counts, q))
            points.append(Point(f"spots of a {label}, percentile {q}", twin, wanted, low, high))
    return points


def lattice_points(run, frames=6):
    """Found spots of single-crystal hits that the true cell explains, and a wrong cell does not."""
    right, wrong = [], []
    cells = CELLS | MERGED if run.reading == "2016" else CELLS
    cell = np.asarray(cells[run.name], float)
    for i in np.flatnonzero(run.labels == "HIT"):
        shot = run.drawn(i)
        if len(shot.crystals) == 1 and not shot.ice and not shot.streak[1]:
            found = find_spots(run[i], run.card.gain, mask=run.mask)
            for tried, shares in ((cell, right), (cell * 1.05, wrong)):
                rotation = shot.crystals[0][0]
                shares.append(indexable(found, run.card, rotation, tried, shot.wavelength))
            if len(right) == frames:
                break
    return [Point("spots explained by the true cell", np.mean(right), 1, 0.7, 1),
            Point("spots explained by a cell 5 % larger", np.mean(wrong), 0, 0, 0.3)]  # fmt: skip


def compare(run):
    """Every point of comparison for a twin run: a list of `Point`.

    Of a CSPAD there is no measured frame to compare with, and of its samples no published cell.
    """
    if run.name in UNSEEN:
        return spot_points(run)
    return background_points(run) + spot_points(run) + lattice_points(run)
