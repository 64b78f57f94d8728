"""Pixels of a raw crop added and removed by hand: hot pixels and spots painted, spots erased."""

import numpy as np
from scipy import ndimage

# ADU of each pixel about the chosen one, as a share of those of the highest.
SHAPES = {
    "1 hot pixel": np.ones((1, 1)),
    "3 hot pixels side by side": np.ones((1, 3)),
    "spot of 3 x 3 pixels": np.outer((0.3, 1, 0.3), (0.3, 1, 0.3)),
}
_REACH = 5  # pixels from its peak in which a spot is looked for; noise is taken from twice as far
_SIGMA = 3.0  # of the noise around: a lower pixel belongs to no spot


def paint(crop: np.ndarray, y: int, x: int, shape: str, adu: float) -> np.ndarray:
    """A copy of a raw crop with that many ADU added at (y, x) and, by its shape, around it.

    Parameters
    ----------
    crop : (y, x) uint16, ADU; no pixel gets more than 65,535
    shape : one of `SHAPES`
    """
    weights = SHAPES[shape]
    result = np.pad(crop, 1).astype(np.int64)  # a shape may reach over the edge
    top, left = y + 1 - weights.shape[0] // 2, x + 1 - weights.shape[1] // 2
    part = result[top : top + weights.shape[0], left : left + weights.shape[1]]
    part += np.rint(adu * weights).astype(np.int64)
    return np.minimum(result[1:-1, 1:-1], 65535).astype(crop.dtype)


def erase(crop: np.ndarray, good: np.ndarray, y: int, x: int, near: int = 4) -> np.ndarray:
    """A copy of a raw crop without the spot at (y, x): its pixels become noise like that around.

    The spot is the highest pixel within `near` pixels, those joined to it that stand 3 standard
    deviations of the noise above the background, and the pixels beside them.  Each gets the value
    of a pixel drawn from the background around, the same at each call.

    Parameters
    ----------
    crop : (y, x) uint16, ADU
    good : (y, x) bool, True = good pixel; the others stay as they are

    Raises
    ------
    ValueError
        If no pixel there stands out of the noise.
    """
    at = _window(crop.shape, y, x, near)
    offset = np.unravel_index(np.argmax(np.where(good[at], crop[at], 0)), crop[at].shape)
    y, x = (int(part.start + step) for part, step in zip(at, offset, strict=True))
    at = _window(crop.shape, y, x, 2 * _REACH)
    y, x = y - at[0].start, x - at[1].start
    pixels, usable = crop[at].astype(float), good[at]
    level = np.median(pixels[usable]) if usable.any() else np.inf
    noise = 1.4826 * np.median(np.abs(pixels[usable] - level)) if usable.any() else 0.0
    if not usable[y, x] or not pixels[y, x] > level + _SIGMA * noise:
        raise ValueError("Found no spot there, expected one within 4 pixels. Choose a bright dot.")
    spot = _joined(usable & (pixels > level + _SIGMA * noise), y, x) & usable
    around = pixels[usable & ~spot & (np.abs(pixels - level) < _SIGMA * noise)]
    drawn = np.random.default_rng((at[0].start + y, at[1].start + x)).choice(around, spot.sum())
    result = crop.copy()
    result[at][spot] = drawn.astype(crop.dtype)
    return result


def _window(shape, y, x, reach):
    """Rows and columns up to `reach` from (y, x), cut at the edges: two slices."""
    return tuple(
        slice(max(i - reach, 0), min(i + reach + 1, n)) for i, n in zip((y, x), shape, strict=True)
    )


def _joined(high, y, x):
    """The high pixels joined to (y, x) within `_REACH`, and those beside them: bool."""
    near = np.zeros_like(high)
    near[_window(high.shape, y, x, _REACH)] = True
    labels = ndimage.label(high & near)[0]
    return ndimage.binary_dilation(labels == labels[y, x], np.ones((3, 3)))
