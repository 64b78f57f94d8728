"""The fast path: raw crop -> RWD vector, LCN frame, binned image, spot count.

The numbers are those of `sfxtutor.preprocess`; `sfxtutor.fast.lcn` says what makes them cheap.  All
of it releases Python's lock, so that threads share the frames of a run.  A crop is (y, x) uint16,
ADU, of either byte order; a mask is (y, x) bool, True for a good pixel, or a `Mask` of it.  A crop
without contrast raises ValueError, as `gcn` does.
"""

import math

import numpy as np

from ..mask import Mask
from ..runs.datasets import RAYONIX_GAIN
from ..spots import check_finder
from . import lcn, spots


def fast_rwd(crop: np.ndarray, mask: Mask | np.ndarray | None = None) -> np.ndarray:
    """RWD vector of a raw crop, `rwd(lcn(gcn(crop)))`: (y - 4,) float32, no unit.

    Parameters
    ----------
    crop : (y, x) uint16, ADU
    mask : (y, x) bool, optional, True = good pixel; a window with a bad one gives 0
    """
    crop, floor, whole = _ready(crop, mask)
    return lcn.rwd(crop, floor, whole)


def fast_lcn(crop: np.ndarray, mask: Mask | np.ndarray | None = None) -> np.ndarray:
    """LCN frame of a raw crop, `lcn(gcn(crop))`: (y - 4, x - 4) float32, no unit."""
    return fast_binned(crop, 1, mask)


def fast_binned(
    crop: np.ndarray, bin: int = 2, mask: Mask | np.ndarray | None = None
) -> np.ndarray:
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
    return lcn.pair(crop, floor, whole, bin)


def count_spots(
    crop: np.ndarray, gain: float = RAYONIX_GAIN, kernel: int = 3, sigma_background: float = 6,
    sigma_strong: float = 3, global_threshold: float = 200, min_pixels: int = 3,
    mask: Mask | np.ndarray | None = None,
) -> int:  # fmt: skip
    """Number of Bragg spots, `len(find_spots(crop, ...))`: int, of a raw crop (y, x) uint16."""
    crop, mask = _check_crop(crop, mask, 1)
    check_finder(gain, kernel)
    threshold = math.floor(min(max(global_threshold, -1), 65535))  # pixels are integers
    if mask.pixels < crop.size:
        crop = crop * mask.good
    n = mask.in_windows(kernel)
    return spots.count_in_crop(
        crop, n, gain, kernel, sigma_background, sigma_strong, threshold, min_pixels
    )


def _check_crop(crop, mask, least):
    """Contiguous crop in native byte order, and its `Mask`."""
    crop = np.asarray(crop)
    if crop.ndim != 2 or crop.dtype.kind != "u" or crop.dtype.itemsize != 2:
        raise ValueError(
            f"Expected a raw crop (y, x) of uint16, got {crop.dtype} of shape {crop.shape}. "
            "Pass run.crop(i), or use lcn(gcn(frame)), which takes any frame."
        )
    if min(crop.shape) < least:
        raise ValueError(f"Expected {least} x {least} pixels or more, got {crop.shape}.")
    # Writeable, because Numba would compile once more for an array that it must not write.
    return np.require(crop, np.uint16, "CAW"), Mask.of(mask, crop.shape)


def _ready(crop, mask):
    """Contiguous crop, F, and the windows without a bad pixel."""
    crop, mask = _check_crop(crop, mask, 5)
    good, whole = mask.flags
    # Bad pixels need not become 0: their windows count for nothing.
    n, (total, squares) = mask.pixels, (int(number) for number in lcn.sums(crop, good))
    # Python's integers have no limit: the variance of any frame comes out without cancellation.
    variance = (n * squares - total**2) / n**2
    if variance == 0:
        raise ValueError(
            f"Every good pixel of the crop is {total // n}, expected a frame with contrast, "
            "because GCN divides by the standard deviation. Leave this frame out."
        )
    return crop, 625 * variance, whole
