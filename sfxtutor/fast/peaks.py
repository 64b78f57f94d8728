"""Peaks of a whole frame in units of its own noise, each with what tells a Bragg spot from others.

A peak is a local maximum whose 3 x 3 pixels hold more than their surroundings would give: `maxima`
finds them. Here each is described by its shape, by what is about it and by the other peaks.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..mask import Mask
from ..support.jit import compiled
from . import tiles
from .maxima import (
    FAINTEST,
    HOLE,
    RING,
    about_at,
    deviance_of,
    find,
    strength_of,
    sum_about,
)
from .tiles import TILE

VERSION = 3  # of peaks and features: raised when they change
PEAKS = 160  # peaks that are described
PART, OF_PART = 64, 8  # pixels along a part of the frame, and how many of its peaks come first
LOST = 0.5  # of the good pixels: a frame with fewer readings is none
COMPILED = {"u1": "u2", "i1": "i4", "i2": "i4", "u8": "f4", "i8": "f4", "f2": "f4", "f8": "f4"}
FIELDS = (
    "present", "deviance", "photons", "expected", "share", "second", "wide", "step", "slope",
    "rough", "size", "long", "whole", "near", "around", "row", "column", "circle", "line", "rank",
    "chance", "alike", "pixel", "beside",
)  # fmt: skip
(PRESENT, DEVIANCE, PHOTONS, EXPECTED, SHARE, SECOND, WIDE, STEP, SLOPE, ROUGH, SIZE, LONG, WHOLE,
 NEAR, AROUND, ROW, COLUMN, CIRCLE, LINE, RANK, CHANCE, ALIKE, PIXEL,
 BESIDE) = range(len(FIELDS))  # fmt: skip
FRAME = (
    "pixels", "level", "photon known", "summed noise", "peaks", "above 5", "above 6", "above 8",
    "above 12", "above 20", "above 40", "uneven", "centre known",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """What is known of a detector's frames besides their pixels.

    Attributes
    ----------
    low, high : float
        The smallest and the largest pixel that is a reading; NaN is none.
    panel : int, optional
        Rows of a panel, where panels are stacked in the frame.
    centre : (y, x) floats, optional
        Where the beam meets the detector, pixels from 0.
    places : function of rows, columns -> (y, x), optional
        Where pixels lie, in pixels from the beam, where the frame does not show it.
    """

    low: float = -np.inf
    high: float = np.inf
    panel: int | None = None
    centre: tuple | None = None
    places: Callable | None = None


def describe(frame, mask=None, view=None):
    """The strongest peaks of a frame and the frame itself, as the screening network takes them.

    Parameters
    ----------
    frame : (y, x) array of any real type
        As measured; negative pixels are noise.
    mask : Mask or (y, x) bool array, True = good pixel, optional
    view : View, optional

    Returns
    -------
    features : (1 + PEAKS, len(FIELDS)) float32 array
        First the frame (`FRAME`), then a row a peak (`FIELDS`), zeros where there are fewer.
        First come peaks that stand out from all that is about them.
    peaks : (n, 3) float32 array
        Row, column (pixels from 0) and deviance of all peaks, first those that have a row in
        `features`, in its order.

    Raises
    ------
    ValueError
        If most good pixels have no reading, the frame has no contrast, or panels do not fill it.
    """
    frame = _readable(frame)
    view = view or View()
    good = Mask.of(mask, frame.shape)
    low, high, height = np.float32(view.low), np.float32(view.high), view.panel or frame.shape[0]
    if frame.shape[0] % height:
        raise ValueError(
            f"Found panels of {height} rows in a frame of {frame.shape[0]}, expected whole panels. "
            "Correct `panel` of the view."
        )
    spans, per_panel = tiles.tile_rows(frame.shape[0], height), -(-height // TILE)
    mean, variance, number = tiles.moments(frame, good.at, low, high, spans)
    _check_readings(mean, variance, number.sum(), good.pixels)
    everywhere = _typical(variance)
    summed = tiles.summed_noise(frame, good.at, low, high, spans, mean, variance)

    def found(photon):
        level, noise = tiles.local_noise(mean, variance, per_panel, photon)
        noise = np.maximum(noise, 1e-3 * everywhere)
        settings = np.array([low, high, photon, summed, everywhere], np.float32)
        peaks = find(frame, good.at, spans, height, level, noise, settings)
        return level, noise, settings, peaks

    level, noise, settings, peaks = found(tiles.photon(mean, variance))
    if single := _single_photon(peaks[:, 2], settings):
        level, noise, settings, peaks = found(single)
    beside = stand_out(frame, good.at, height, level, noise, settings, peaks)
    order = np.lexsort((-peaks[:, 2], -beside))
    peaks, beside = peaks[order], beside[order]
    chosen = _chosen(peaks)
    strongest = peaks[chosen]
    features = np.zeros((1 + PEAKS, len(FIELDS)), np.float32)
    features[0, : len(FRAME)] = _of_frame(number, variance, peaks[:, 2], settings, view)
    look(frame, good.at, height, level, noise, settings, strongest, features[1:])
    features[1 : 1 + len(chosen), BESIDE] = np.log1p(beside[chosen])
    relate(_from_beam(strongest, frame.shape, view), features[1:])
    compare(strongest[:, 2], number.sum(), features[1:])
    return features, np.concatenate([strongest, np.delete(peaks, chosen, axis=0)])


def compare(deviance, pixels, out):
    """Fill in how many peaks as strong noise has in such a frame, and how alike the peaks are.

    The second is the logarithm of a peak's excess over that of the peak in the middle: single
    photons all have the same, Bragg spots have not.
    """
    n = len(deviance)
    chance = special.log_ndtr(-deviance.astype(float)) / np.log(10) + np.log10(pixels / 9)
    out[:n, CHANCE] = np.clip(chance, -12, 3) / 3
    excess = np.maximum(out[:n, ALIKE], 1e-9)
    out[:n, ALIKE] = np.clip(np.log(excess / np.median(excess)), -3, 3) if n else 0


def _chosen(peaks):
    """Which peaks are described: the first eight of each part of the frame, then the others.

    An edge or a glare has hundreds of peaks in one place, and must not hide the spots elsewhere.
    """
    parts = (peaks[:, 0] // PART) * 1e5 + peaks[:, 1] // PART
    order = np.argsort(parts, kind="stable")
    _, first, which = np.unique(parts[order], return_index=True, return_inverse=True)
    rank = np.empty(len(peaks), int)
    rank[order] = np.arange(len(peaks)) - first[which]
    return np.argsort(rank >= OF_PART, kind="stable")[:PEAKS]


def _readable(frame):
    """The frame as the compiled code takes it."""
    frame = np.asarray(frame)
    if frame.ndim != 2 or frame.dtype.kind not in "uif":
        raise ValueError(
            f"Expected one frame (y, x) of numbers, got {frame.dtype} of shape {frame.shape}. "
            "Pass one frame of a run."
        )
    native = frame.dtype.newbyteorder("=")
    # Each type is compiled for once, and so is an array that must not be written.
    return np.require(frame, COMPILED.get(native.str[1:], native), "CAW")


def _check_readings(mean, variance, readings, pixels):
    """Refuse a frame that lost its readings, or has no contrast."""
    if np.isnan(mean).all() or readings < LOST * pixels:
        raise ValueError(
            f"The frame has readings in {readings:.0f} of {pixels} good pixels, expected most of "
            "them. Leave this frame out, or correct the mask."
        )
    if not np.nanmax(variance) > 0:
        raise ValueError(
            f"Every good pixel of the frame is {np.nanmax(mean):g}, expected a frame with contrast."
            " Leave this frame out."
        )


def _from_beam(peaks, shape, view):
    """Row and column of peaks from the beam or, where it is not known, from the middle: (n, 2)."""
    if view.places is not None:
        return np.column_stack(view.places(peaks[:, 0], peaks[:, 1])).astype(np.float32)
    centre = view.centre or [(length - 1) / 2 for length in shape]
    return (peaks[:, :2] - np.array(centre)).astype(np.float32)


def _typical(variance):
    """Variance of a pixel over all tiles, less the twentieth of them with most: float."""
    known = variance[np.isfinite(variance)]
    kept = max(len(known) - len(known) // 20, 1)
    typical = float(np.partition(known, kept - 1)[:kept].mean())
    return typical if typical > 0 else float(known.mean())


def _single_photon(deviance, settings):
    """ADU of a photon where most peaks are single ones, alike and far above the noise; or 0.

    Such frames are too dark for the noise to tell it.
    """
    _, _, photon, summed, everywhere = settings
    if photon > 0 or len(deviance) < 40:
        return 0.0
    low, middle, high = np.quantile(deviance, (0.1, 0.5, 0.9))
    alike = low > 2 * FAINTEST and high < 1.5 * low  # as Bragg spots never are
    return float(middle * np.sqrt(9 * summed * everywhere)) if alike else 0.0


def _of_frame(number, variance, deviance, settings, view):
    """What the network is told of the frame itself, in the order of `FRAME`."""
    _, _, photon, summed, everywhere = settings
    expected = everywhere / photon**2 if photon > 0 else 1e4
    known = variance[np.isfinite(variance)]
    uneven = np.log10((np.quantile(known, 0.99) + 1e-6 * everywhere) / everywhere)
    counts = [np.log1p(np.count_nonzero(deviance > limit)) for limit in (0, 5, 6, 8, 12, 20, 40)]
    return [np.log10(number.sum() / 1e6), np.log10(np.clip(expected, 1e-6, 1e4)) / 2,
            float(photon > 0), np.log(summed), *counts, uneven,
            float(view.centre is not None or view.places is not None)]  # fmt: skip


@compiled
def look(frame, good, height, level, noise, settings, peaks, out):
    """Fill `out` with what each peak looks like: `FIELDS` but for those of `relate` and `BESIDE`.

    In the place of `ALIKE` stands the excess, ADU, of which `compare` makes it.
    """
    low, high, photon, summed, _ = settings
    for p in range(len(peaks)):
        y, x = int(peaks[p, 0]), int(peaks[p, 1])
        first, tile = y - y % height, about_at(level, noise, y, x, height)
        strength, excess, about, spread, pixels = deviance_of(
            frame, good, y, x, first, height, tile, settings
        )
        base, width = tile[0], math.sqrt(tile[1])
        highest = np.float32(frame[y, x]) - about
        out[p, PRESENT], out[p, DEVIANCE] = 1, math.log(strength / FAINTEST)
        if photon > 0:
            out[p, PHOTONS] = math.log10(min(max(excess / photon, 0.1), 1e5))
            out[p, EXPECTED] = math.log10(min(max(spread / photon**2, 1e-5), 1e5)) / 2
        else:
            out[p, EXPECTED] = 2.5
        out[p, SHARE] = min(highest / excess, 2)
        out[p, SECOND] = _second(frame, good, y, x, first, height, low, high, about) / max(
            highest, 1e-9
        )
        wide, n = sum_about(frame, good, y, x, HOLE, first, height, low, high, np.float32(np.inf))
        out[p, WIDE] = min(max((wide - n * about) / excess, -1), 4)
        _surroundings(frame, good, y, x, first, height, low, high, about, width, out[p])
        local = spread / (pixels * summed)  # variance of a pixel about here
        out[p, PIXEL] = math.log1p(strength_of(highest, local, photon, 1.0))
        out[p, STEP] = min(max((about - base) / width, -5), 10) / 3
        _shape(frame, good, y, x, first, height, low, high, about, width, out[p])
        out[p, RANK] = p / PEAKS
        out[p, ALIKE] = excess


@compiled
def stand_out(frame, good, height, level, noise, settings, peaks):
    """Deviance of each peak against the brightest that is about it: (n,) float32.

    At an edge, on a streak or in a saturated area a peak exceeds the mean of the ring, but neither
    its brightest quarter nor what lies on opposite sides.
    """
    result = np.empty(len(peaks), np.float32)
    for p in range(len(peaks)):
        y, x = int(peaks[p, 0]), int(peaks[p, 1])
        tile = about_at(level, noise, y, x, height)
        result[p] = _beside(frame, good, y, x, y - y % height, height, tile, settings)
    return result


@compiled
def _beside(frame, good, y, x, first, height, tile, settings):
    low, high, photon, summed, _ = settings
    _, excess, about, spread, pixels = deviance_of(frame, good, y, x, first, height, tile, settings)
    most = max(
        _brightest(frame, good, y, x, first, height, low, high),
        _both_sides(frame, good, y, x, first, height, low, high),
    )
    most = max(most - about, 0.0)
    spread += photon * most * pixels * summed
    return strength_of(excess - pixels * most, spread, photon, summed)


@compiled
def _brightest(frame, good, y, x, first, height, low, high):
    """Mean of the brightest quarter of the ring about a pixel; -inf where none can be read."""
    total, number = np.zeros(4), np.zeros(4)
    for i in range(max(y - RING, first), min(y + RING + 1, first + height)):
        for j in range(max(x - RING, 0), min(x + RING + 1, frame.shape[1])):
            a, b = i - y, j - x
            value = np.float32(frame[i, j])
            if max(abs(a), abs(b)) > HOLE and good[i, j] and low <= value <= high:
                k = _quarter(a, b)
                total[k] += value
                number[k] += 1
    most = -np.inf
    for k in range(4):
        if number[k] >= 4:
            most = max(most, total[k] / number[k])
    return most


@compiled
def _both_sides(frame, good, y, x, first, height, low, high):
    """The brightest line through a pixel: the darker of its two sides, 3 x 3 pixels each.

    Over eight directions; of a side that cannot be read, the other counts alone.
    """
    most, away, infinite = -np.inf, RING - 1, np.float32(np.inf)
    for k in range(8):
        a, b = (away, away * (k - 2) // 2) if k < 5 else (away * (k - 6) // 2, away)
        darker = np.inf
        for side in (-1, 1):
            i, j = y + side * a, x + side * b
            total, n = sum_about(frame, good, i, j, 1, first, height, low, high, infinite)
            if n >= 4:
                darker = min(darker, total / n)
        if darker < np.inf:
            most = max(most, darker)
    return most


@compiled
def _quarter(a, b):
    """Which quarter of the ring lies a rows and b columns away: below, above, right, left."""
    return (0 if a > 0 else 1) if abs(a) > abs(b) else (2 if b > 0 else 3)


@compiled
def _second(frame, good, y, x, first, height, low, high, about):
    """The highest pixel beside a peak, above the level."""
    best = np.float32(-np.inf)
    for i in range(max(y - 1, first), min(y + 2, first + height)):
        for j in range(max(x - 1, 0), min(x + 2, frame.shape[1])):
            value = np.float32(frame[i, j])
            if (i != y or j != x) and good[i, j] and low <= value <= high:
                best = max(best, value - about)
    return max(best, np.float32(0))


@compiled
def _surroundings(frame, good, y, x, first, height, low, high, about, width, out):
    """How the ring is: steps between its quarters, roughness, the share of it that can be read."""
    total, number = np.zeros(4), np.zeros(4)
    square, n = 0.0, 0
    cut = about + 8 * width
    for i in range(max(y - RING, first), min(y + RING + 1, first + height)):
        for j in range(max(x - RING, 0), min(x + RING + 1, frame.shape[1])):
            a, b = i - y, j - x
            value = np.float32(frame[i, j])
            if max(abs(a), abs(b)) <= HOLE or not (good[i, j] and low <= value <= high):
                continue
            off = min(value, cut) - about
            k = _quarter(a, b)
            total[k] += off
            number[k] += 1
            square += off * off
            n += 1
    least, most = np.inf, -np.inf
    for k in range(4):
        if number[k] >= 4:
            quarter = total[k] / number[k]
            least, most = min(least, quarter), max(most, quarter)
    out[SLOPE] = math.log1p(max(most - least, 0) / max(width, 1e-9)) if most > least else 0
    out[ROUGH] = math.log(max(square / max(n, 1), 1e-3 * width * width) / (width * width)) / 2
    out[WHOLE] = n / 96


@compiled
def _shape(frame, good, y, x, first, height, low, high, about, width, out):
    """Size and length of what stands out within three pixels."""
    weight, sy, sx, yy, xx, xy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(max(y - 3, first), min(y + 4, first + height)):
        for j in range(max(x - 3, 0), min(x + 4, frame.shape[1])):
            value = np.float32(frame[i, j])
            if not (good[i, j] and low <= value <= high):
                continue
            w = value - about - 2 * width
            if w > 0:
                a, b = i - y, j - x
                weight += w
                sy, sx = sy + w * a, sx + w * b
                yy, xx, xy = yy + w * a * a, xx + w * b * b, xy + w * a * b
    if weight <= 0:
        return
    my, mx = sy / weight, sx / weight
    vy, vx, c = yy / weight - my * my, xx / weight - mx * mx, xy / weight - my * mx
    half, apart = (vy + vx) / 2, math.hypot((vy - vx) / 2, c)
    out[SIZE] = math.sqrt(max(half, 0))
    out[LONG] = apart / (half + 0.05)


@compiled
def relate(peaks, out):
    """Fill in how many other peaks are near, in the same row or column, on a circle, on a line.

    `peaks` are row and column from the beam, (n, 2), pixels.
    """
    count = len(peaks)
    for p in range(count):
        near = around = row = column = circle = 0
        cosine = sine = 0.0
        radius = math.hypot(peaks[p, 0], peaks[p, 1])
        for q in range(count):
            if p == q:
                continue
            dy, dx = peaks[q, 0] - peaks[p, 0], peaks[q, 1] - peaks[p, 1]
            away = math.hypot(dy, dx)
            near += away < 12
            around += away < 40
            if away < 80:
                cosine += (dx * dx - dy * dy) / (away * away)
                sine += 2 * dx * dy / (away * away)
            if away > 12:
                row += abs(dy) <= 1
                column += abs(dx) <= 1
                other = math.hypot(peaks[q, 0], peaks[q, 1])
                circle += abs(other - radius) < 2
        out[p, NEAR], out[p, AROUND] = math.log1p(near), math.log1p(around)
        out[p, ROW], out[p, COLUMN] = math.log1p(row), math.log1p(column)
        out[p, CIRCLE] = math.log1p(circle)
        out[p, LINE] = math.log1p(math.hypot(cosine, sine))
