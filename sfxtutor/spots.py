"""A spot finder: Bragg spots of one frame by local dispersion, written to be read.

`sfxtutor.fast` counts the same spots many times faster.
"""

import numpy as np
from scipy import ndimage

from .mask import Mask, box_sum
from .preprocess import check_adu, check_shape
from .runs.datasets import RAYONIX_GAIN

# A row a spot: centroid (pixels from 0), strong pixels, sum above the background, highest pixel.
SPOT = np.dtype([("y", "f8"), ("x", "f8"), ("pixels", "i4"), ("intensity", "f8"), ("peak", "f8")])


def find_spots(
    frame: np.ndarray, gain: float = RAYONIX_GAIN, kernel: int = 3, sigma_background: float = 6,
    sigma_strong: float = 3, global_threshold: float = 200, min_pixels: int = 3,
    mask: Mask | np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Bragg spots of one raw frame by local dispersion: a structured array, a row per spot.

    In the window around each pixel, n good pixels have mean m and sample variance v.  Photons alone
    give v = gain * m.  A pixel is strong if the window is too uneven for that,
    v / m > gain * (1 + sigma_background * sqrt(2 / (n - 1))), and the pixel stands out of it,
    p > m + sigma_strong * sqrt(gain * m), and p > global_threshold.  Strong pixels that share an
    edge make a spot.

    The test is that of XDS and of DIALS' `dispersion` (Winter et al., Acta Cryst. D74, 85, 2018),
    with its kernel, sigmas, 4-connection and windows cut at the frame's edge.  DIALS' present
    default, `dispersion_extended`, goes on to estimate m again without the spots.  DIALS also drops
    spots above 1,000 pixels, or with the peak more than 2 pixels from the centroid, and takes 6
    pixels as the least on a CCD such as the Rayonix, 3 on pixel array detectors; its
    global_threshold is 0, and 200 is what the experts of CXIDB 76 chose.

    Parameters
    ----------
    frame : (y, x), ADU, none of them negative
    gain : float, variance / mean of the background, ADU
    kernel : int, half width of the window in pixels; 3 is 7 x 7
    min_pixels : int, strong pixels that make a spot
    mask : (y, x) bool, optional, True = good pixel

    Returns
    -------
    structured array with `y`, `x` (centroid in pixels from 0), `pixels`, `intensity` (sum of p - m,
    ADU) and `peak` (highest pixel, ADU), in the order of each spot's first pixel.
    """
    frame = np.asarray(frame)
    if frame.ndim != 2:
        raise ValueError(f"Expected one frame (y, x), got shape {frame.shape}. Pick a frame first.")
    good = Mask.of(mask, check_shape(frame).shape).good
    check_finder(gain, kernel)
    check_adu(frame[good], "the frame")
    pixel = np.where(good, frame, 0).astype(float)
    n, total, squares = (  # zeros around the frame cut the windows at its edge
        box_sum(np.pad(image, kernel), 2 * kernel + 1) for image in (good, pixel, pixel**2)
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # windows of no pixel, one, or all zero
        mean = total / n
        dispersion = (squares - total * mean) / (n - 1) / mean
        uneven = dispersion > gain * (1 + sigma_background * np.sqrt(2 / (n - 1)))
        stands_out = pixel - mean > sigma_strong * np.sqrt(gain * mean)
    strong = good & uneven & stands_out & (pixel > global_threshold)

    labels, count = ndimage.label(strong)
    y, x = np.nonzero(strong)
    label, height = labels[y, x] - 1, (pixel - mean)[y, x]
    pixels, intensity, weighted_y, weighted_x = (
        np.bincount(label, weights, minlength=count)
        for weights in (np.ones(len(y)), height, height * y, height * x)
    )
    peak = np.zeros(count)
    np.maximum.at(peak, label, pixel[y, x])
    spots = np.empty(count, SPOT)
    spots["y"], spots["x"] = weighted_y / intensity, weighted_x / intensity
    spots["pixels"], spots["intensity"], spots["peak"] = pixels, intensity, peak
    return spots[pixels >= min_pixels]


def check_finder(gain, kernel):
    """Raise ValueError where gain or kernel make no sense."""
    if not gain > 0 or not 1 <= kernel <= 90:  # 181**2 pixels of 16 bits still fit into 32
        raise ValueError(
            f"Got gain {gain} and kernel {kernel}, expected a gain above 0 ADU and a kernel of 1 "
            f"to 90 pixels. {RAYONIX_GAIN} and 3 suit the Rayonix."
        )
