"""From a raw frame to what a network sees: crop, GCN, LCN, RWD.

Every function takes one frame (y, x) or a stack (n, y, x) of any real dtype, unless it says
otherwise, and is written to be read.  `sfxtutor.fast` computes the same numbers many times
faster.  A change of any of these numbers raises VERSION, on which what is kept of a run depends.
A mask is a boolean (y, x) array, True for a good pixel, or a `Mask`, for all frames of a stack.
"""

import numpy as np
from scipy import ndimage

from .mask import Mask, box_sum
from .runs.run import CROP, crop_slices

VERSION = 1  # of the numbers that GCN, LCN, RWD, binning, spots and `prepare` give
ROWS = CROP - 4  # pixels along the side of a preprocessed frame: the windows of LCN are 5 wide


def center_crop(frames: np.ndarray, size: int = CROP) -> np.ndarray:
    """Central square of each frame: (..., size, size), the dtype of `frames`, a view.

    724 of the detector's 1920 pixels is what Xie et al. (Opt. Express 31, 32909, 2023) keep.

    Raises
    ------
    ValueError
        If a frame is smaller than `size`.
    """
    frames = check_shape(frames)
    rows, columns = crop_slices(frames.shape, size)
    return frames[..., rows, columns]


def gcn(frames: np.ndarray, mask: Mask | np.ndarray | None = None) -> np.ndarray:
    """Global contrast normalisation, (x - mean) / std of each frame: float32, no unit.

    Masked pixels are left out of mean and standard deviation and become 0, the mean.

    Parameters
    ----------
    frames : (y, x) or (n, y, x), ADU, none of them negative
    mask : (y, x) bool, optional, True = good pixel

    Raises
    ------
    ValueError
        If a frame is constant, or has a negative pixel or NaN that is not masked.
    """
    frames = check_shape(frames)
    good = Mask.of(mask, frames.shape[-2:]).good

    def normalise(frame, name):
        frame = frame.astype(float)
        pixels = check_adu(frame if mask is None else frame[good], name)
        if pixels.min() == pixels.max():
            raise ValueError(
                f"Every good pixel of {name} is {pixels.max():g}, expected a frame with contrast, "
                "because GCN divides by the standard deviation. Leave this frame out."
            )
        result = ((frame - pixels.mean()) / pixels.std()).astype(np.float32)
        result[~good] = 0
        return result

    return _each(frames, normalise)


def lcn(
    frames: np.ndarray,
    size: int = 5,
    floor: float = 1.0,
    method: str = "ke",
    mask: Mask | np.ndarray | None = None,
) -> np.ndarray:
    """Local contrast normalisation of GCN frames: float32, no unit, size - 1 pixels smaller.

    "ke" (torch7's `image.lcn`, used by Ke et al., J. Synchrotron Rad. 25, 655, 2018): each pixel
    minus the mean of the window around it, divided by the window's standard deviation, which
    counts as `floor` where it is less.  The floor of 1, the standard deviation of the whole frame
    after GCN, keeps flat background from being blown up to the size of a Bragg spot.

    "jarrett" (Jarrett et al., ICCV 2009, 2146): the window has Gaussian weights (standard deviation
    size / 4, as torch7), the deviation is that of the residuals, and the floor is its mean over the
    frame; `floor` is not used.

    Parameters
    ----------
    frames : (y, x) or (n, y, x), after `gcn`
    size : int, odd, pixels along the side of the window
    mask : (y, x) bool, optional, True = good pixel; a window with a bad one gives 0
    """
    frames = check_shape(frames)
    good = Mask.of(mask, frames.shape[-2:]).good
    if method not in ("ke", "jarrett"):
        raise ValueError(f'Unknown LCN method {method!r}. Choose "ke" or "jarrett".')
    if size % 2 == 0 or not 3 <= size <= min(frames.shape[-2:]):
        raise ValueError(
            f"Got a window of {size} pixels for frames of {frames.shape[-2:]}. "
            "Choose an odd size, 3 or more, that fits into the frame."
        )
    half = size // 2
    inner = (slice(half, -half), slice(half, -half))  # the pixels with a whole window
    bad_windows = box_sum(~good, size) > 0

    def ke(frame):
        mean = ndimage.uniform_filter(frame, size)[inner]
        variance = ndimage.uniform_filter(frame**2, size)[inner] - mean**2
        return frame[inner] - mean, np.maximum(np.sqrt(np.maximum(variance, 0)), floor)

    def jarrett(frame):
        residual = frame - ndimage.gaussian_filter(frame, size / 4, radius=half)
        variance = ndimage.gaussian_filter(residual**2, size / 4, radius=half)[inner]
        deviation = np.sqrt(variance)
        return residual[inner], np.maximum(deviation, deviation.mean())

    def normalise(frame, name):
        frame = _check_finite(frame, name).astype(float)
        residual, deviation = ke(frame) if method == "ke" else jarrett(frame)
        # With a floor of 0, a window of equal pixels has deviation 0 and residual 0: 0, not NaN.
        result = np.divide(residual, deviation, where=deviation > 0, out=np.zeros_like(residual))
        result[bad_windows] = 0
        return result.astype(np.float32)

    return _each(frames, normalise)


def rwd(frames: np.ndarray) -> np.ndarray:
    """Row-wise decomposition, max - min of each row: (y,) or (n, y) float32, no unit.

    The compressed frame of Xie et al. (2023): of a LCN frame 720 x 720 it keeps 720 numbers.
    """
    frames = check_shape(frames)
    return _each(frames, lambda frame, name: np.ptp(_check_finite(frame, name), axis=1)).astype(
        np.float32
    )


def bin_max(frames: np.ndarray, bin: int = 2) -> np.ndarray:
    """Maximum of each bin x bin block: (..., y / bin, x / bin), the dtype of `frames`.

    The maximum, not the mean, keeps a Bragg spot of few pixels as bright as it was.
    """
    frames = check_shape(frames)
    rows, columns = frames.shape[-2:]
    if bin < 1 or rows % bin or columns % bin:
        raise ValueError(
            f"Blocks of {bin} x {bin} do not tile a frame of {rows} x {columns}. "
            "Choose a bin that divides both, such as 1 or 2."
        )
    largest = frames[..., ::bin, :].copy()  # whole slices: ten times faster than small blocks
    for i in range(1, bin):
        np.maximum(largest, frames[..., i::bin, :], out=largest)
    binned = largest[..., ::bin].copy()
    for i in range(1, bin):
        np.maximum(binned, largest[..., i::bin], out=binned)
    return binned


def _each(frames, function):
    """Apply function(frame, name) to a frame, or to each of a stack, one in memory at a time."""
    if frames.ndim == 2:
        return function(frames, "the frame")
    return np.stack([function(frame, f"frame {i}") for i, frame in enumerate(frames)])


def check_shape(frames):
    """The frames as an array, (y, x) or (n, y, x); ValueError where they are neither."""
    frames = np.asarray(frames)
    if frames.ndim not in (2, 3) or frames.size == 0:
        raise ValueError(
            f"Expected frames of shape (y, x) or (n, y, x) with pixels, got {frames.shape}. "
            "Add the missing axes, or read the frames again."
        )
    if frames.dtype.kind not in "uifb":
        raise ValueError(f"Expected real numbers, got {frames.dtype}. Convert the frames first.")
    return frames


def _check_finite(frame, name):
    if not np.isfinite(frame).all():
        raise ValueError(
            f"{np.sum(~np.isfinite(frame))} pixels of {name} are NaN or infinite, expected "
            "numbers. Mask them: gcn(frames, mask=np.isfinite(frame))."
        )
    return frame


def check_adu(pixels, name):
    """The pixels, if all are ADU of 0 or more; else ValueError."""
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high < np.inf):  # also when NaN
        raise ValueError(
            f"The pixels of {name} go from {low:g} to {high:g}, expected ADU of 0 or more. "
            "Mask the negative and NaN ones: mask=np.nan_to_num(frame, nan=-1) >= 0."
        )
    return pixels
