"""Bad pixels that a file does not name, found in its frames: dark gaps and stuck pixels."""

from contextlib import suppress

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from ...mask import Mask

VERSION = 2  # of the bad pixels that are found: raised when they change
TORN = 0.02  # of a crop without data, more than most have
DIM = 3  # ADU: in frames with a lower median, zero is an ordinary reading
FILLED = 3  # of the eight pixels around one that a stuck group, two by two pixels, may fill
SPREAD = 0.02  # of the height of a Bragg spot that the others have on average, or more


def dark_pixels(crops):
    """Pixels that read zero in every crop though the frame is lit, and those around: (y, x) bool.

    Gaps between panels and the beam stop's shadow read zero; a single zero pixel is left alone.
    """
    dark = np.all([crop == 0 for crop in crops], axis=0)
    if not dark.any() or np.median(crops[0]) < DIM:
        return np.zeros_like(dark)
    return ndimage.binary_dilation(ndimage.binary_opening(dark, np.ones((2, 2))), np.ones((3, 3)))


def stuck_pixels(crops):
    """Pixels that stand far above their surroundings in each of several crops: (y, x) bool.

    Crops that are copies of each other say nothing; it takes three that differ. A Bragg spot that
    is in all of them, as in repeated exposures of one crystal, is no stuck pixel: a stuck pixel is
    one or two pixels wide, a spot has the point spread of the beam, crystal and detector. The
    rule: of the eight pixels around the brightest one of a group, two by two stuck pixels fill
    three. Where the other five stand above the surroundings by 2 % of its height on average, and
    by more than the noise, the group is a spot.
    """
    distinct = {crop.tobytes(): crop for crop in crops}
    if len(distinct) < 3:
        return np.zeros(crops[0].shape, bool)
    lowest = np.min(list(distinct.values()), axis=0).astype(np.float32)
    around = sliding_window_view(np.pad(lowest, 2, "symmetric"), (5, 5))
    # The median of every window takes a quarter of a second: one in 64 tells the noise, and only a
    # pixel far above the lowest of its window can be far above the median.
    typical = np.median(np.abs(lowest[::8, ::8] - np.median(around[::8, ::8], axis=(2, 3))))
    limit = max(12 * typical, 20)
    stuck = lowest > ndimage.minimum_filter(lowest, 5) + limit
    stuck[stuck] = lowest[stuck] > np.median(around[stuck].reshape(-1, 25), axis=1) + limit
    return stuck & ~_spots(stuck, list(distinct.values()), lowest, typical)


def _spots(stuck, crops, lowest, noise):
    """Those of the pixels that belong to Bragg spots by the rule of `stuck_pixels`: (y, x) bool.

    The pixels around are looked at in the median of all crops, which has less noise; what is
    beyond the edge does not stand above anything.
    """
    groups, _ = ndimage.label(stuck, np.ones((3, 3)))
    if not stuck.any():
        return stuck
    at = np.flatnonzero(stuck)
    at = at[np.lexsort((at, -lowest.ravel()[at], groups.ravel()[at]))]  # the brightest go first
    _, first = np.unique(groups.ravel()[at], return_index=True)
    y, x = (place[:, None, None] + 2 for place in np.unravel_index(at[first], stuck.shape))
    rows, columns = np.mgrid[-2:3, -2:3]
    window = y + rows, x + columns
    above = np.median([np.pad(crop, 2, "symmetric")[window] for crop in crops], axis=0)
    above -= np.median(above, axis=(1, 2), keepdims=True)
    height = above[:, 2, 2]
    above *= np.pad(np.ones(stuck.shape, bool), 2)[window]
    ring = np.delete(above[:, 1:4, 1:4].reshape(-1, 9), 4, axis=1)
    others = np.sort(ring, axis=1)[:, :-FILLED].mean(axis=1)
    return np.isin(groups, 1 + np.flatnonzero(others > np.maximum(SPREAD * height, noise)))


def sample_crops(run):
    """Central crops of five frames spread over a run: list of (724, 724) uint16, ADU.

    A frame that cannot be read is left out; it gets its status when its turn comes.  So is one that
    lost a part of the detector that most have: its zeros would pass for readings.
    """
    crops, gaps = [], []
    for i in sorted({0, len(run) // 3, len(run) // 2, 2 * len(run) // 3, len(run) - 1}):
        with suppress(OSError, ValueError, RuntimeError):
            crop, missing = run.crop_and_gaps(i)
            crops.append(crop)
            gaps.append(0 if missing is None else missing.mean())
    return whole(crops, gaps)


def whole(crops, gaps):
    """Those of the crops that lack no more data than most of them do: list.

    `gaps` are the shares of them that are known to have none.
    """
    lost = _without_data(crops, gaps)
    return [crops[k] for k in np.flatnonzero(lost <= np.median(lost) + TORN)] if crops else []


def _without_data(crops, gaps):
    """Share of each crop without data: its gaps or, where frames are lit, all that reads zero."""
    if max((np.median(crop) for crop in crops), default=0) < DIM:
        return np.array(gaps)
    return np.array([np.mean(crop == 0) for crop in crops])


def good_pixels(crops, mask=None):
    """Good pixels of the central crops of a run: a `Mask` (724, 724), or None without a crop.

    Left out are what the run's mask says is bad (`Run.good`), dark pixels and stuck pixels.
    """
    if not crops:
        return None
    good = ~(dark_pixels(crops) | stuck_pixels(crops))
    return Mask(good if mask is None else good & mask.good)
