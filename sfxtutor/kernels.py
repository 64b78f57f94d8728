"""The fast path: raw crop -> RWD vector, LCN frame, binned image, spot count.

The numbers are those of `sfxtutor.preprocess`; `sfxtutor.loops` says what makes them cheap.  All
of it releases Python's lock, so that threads share the frames of a run.  A crop is (y, x) uint16,
ADU, of either byte order; a mask is (y, x) bool, True for a good pixel.  A crop without contrast
raises ValueError, as `gcn` does.
"""

import math
from functools import lru_cache

import numpy as np

from . import loops, spot_loops
from .preprocess import _check_finder, _check_mask, box_sum


def fast_rwd(crop, mask=None):
    """RWD vector of a raw crop, `rwd(lcn(gcn(crop)))`: (y - 4,) float32, no unit.

    Parameters
    ----------
    crop : (y, x) uint16, ADU
    mask : (y, x) bool, optional, True = good pixel; a window with a bad one gives 0
    """
    crop, floor, whole = _ready(crop, mask)
    return loops.rwd(crop, floor, whole)


def fast_lcn(crop, mask=None):
    """LCN frame of a raw crop, `lcn(gcn(crop))`: (y - 4, x - 4) float32, no unit."""
    return fast_binned(crop, 1, mask)


def fast_binned(crop, bin=2, mask=None):
    """Binned LCN image, `bin_max(lcn(gcn(crop)), bin)`: (y - 4) / bin squared, float32, no unit."""
    return fast_pair(crop, bin, mask)[1]


def fast_pair(crop, bin=2, mask=None):
    """RWD vector and binned LCN image from one pass: what `prepare` keeps of a frame."""
    crop, floor, whole = _ready(crop, mask)
    rows, columns = crop.shape[0] - 4, crop.shape[1] - 4
    if bin < 1 or rows % bin or columns % bin:
        raise ValueError(
            f"Blocks of {bin} x {bin} do not tile the LCN frame of {rows} x {columns}. "
            "Choose a bin that divides both, such as 1 or 2."
        )
    return loops.pair(crop, floor, whole, bin)


def count_spots(
    crop,
    gain=0.27,
    kernel=3,
    sigma_background=6,
    sigma_strong=3,
    global_threshold=200,
    min_pixels=3,
    mask=None,
):
    """Number of Bragg spots, `len(find_spots(crop, ...))`: int, of a raw crop (y, x) uint16."""
    crop = _check_crop(crop, mask, 1)
    _check_finder(gain, kernel)
    threshold = math.floor(min(max(global_threshold, -1), 65535))  # pixels are integers
    n = _pixels_in_windows(_packed(mask), crop.shape, kernel)
    return spot_loops.count_spots(
        crop, n, gain, kernel, sigma_background, sigma_strong, threshold, min_pixels
    )


def _check_crop(crop, mask, least):
    """Contiguous crop in native byte order, 0 where masked."""
    crop = np.asarray(crop)
    if crop.ndim != 2 or crop.dtype.kind != "u" or crop.dtype.itemsize != 2:
        raise ValueError(
            f"Expected a raw crop (y, x) of uint16, got {crop.dtype} of shape {crop.shape}. "
            "Pass run.crop(i), or use lcn(gcn(frame)), which takes any frame."
        )
    if min(crop.shape) < least:
        raise ValueError(f"Expected {least} x {least} pixels or more, got {crop.shape}.")
    if mask is not None:
        crop = crop * _check_mask(mask, crop.shape)
    # Writeable, because Numba would compile once more for an array that it must not write.
    return np.require(crop, np.uint16, "CAW")


def _ready(crop, mask):
    """Contiguous crop, F, and the windows without a bad pixel (None without a mask)."""
    crop = _check_crop(crop, mask, 5)
    n = crop.size if mask is None else int(np.count_nonzero(mask))
    whole = None if mask is None else _whole_windows(_packed(mask), crop.shape)
    total, squares = (int(number) for number in loops.sums(crop))
    # Python's integers have no limit: the variance of any frame comes out without cancellation.
    variance = (n * squares - total**2) / n**2
    if variance == 0:
        raise ValueError(
            f"Every good pixel of the crop is {total // n}, expected a frame with contrast, "
            "because GCN divides by the standard deviation. Leave this frame out."
        )
    return crop, 625 * variance, whole


def _packed(mask):
    return None if mask is None else np.packbits(mask).tobytes()


# One mask serves a run, so its windows are counted once.
@lru_cache(maxsize=4)
def _pixels_in_windows(packed, shape, kernel):
    """Good pixels of the window around each pixel, cut at the edge: (y, x) int32."""
    return box_sum(np.pad(_unpacked(packed, shape), kernel), 2 * kernel + 1).astype(np.int32)


@lru_cache(maxsize=4)
def _whole_windows(packed, shape):
    """LCN windows without a bad pixel: (y - 4, x - 4) bool."""
    return box_sum(_unpacked(packed, shape), 5) == 25


def _unpacked(packed, shape):
    if packed is None:
        return np.ones(shape, bool)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=math.prod(shape))
    return bits.reshape(shape).astype(bool)
