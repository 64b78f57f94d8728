"""Bad pixels that a file does not name, found in its frames: dark gaps and stuck pixels."""

import zlib
from contextlib import suppress

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from ...fast.peaks import describe
from ...mask import Mask

VERSION = 3  # of the bad pixels that are found: raised when they change
TORN = 0.02  # of a crop without data, more than most have
DIM = 3  # ADU: in frames with a lower median, zero is an ordinary reading
FILLED = 3  # of the eight pixels around one that a stuck group, two by two pixels, may fill
CLEAR = 8.0  # standard deviations of a peak that may be a stuck pixel
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
    y, x = np.unravel_index(at[first], stuck.shape)
    spread = _spread(_above(crops, y, x, np.ones(stuck.shape, bool)), noise)
    return np.isin(groups, 1 + np.flatnonzero(spread))


def _above(frames, y, x, good):
    """What the 3 x 3 pixels about each place stand above the 5 x 5 about it: (n, 9) float32.

    0 where a pixel is not good, or beyond the edge.
    """
    rows, columns = np.mgrid[-1:2, -1:2]
    inside = np.pad(good, 1)
    above = np.median([_windows(frame, y, x) for frame in frames], axis=0)
    above -= np.median(above, axis=(1, 2), keepdims=True)
    above = above[:, 1:4, 1:4] * inside[y[:, None, None] + 1 + rows, x[:, None, None] + 1 + columns]
    return above.reshape(-1, 9)


def _spread(above, noise):
    """Whether what stands at each place has a point spread, by the rule of `stuck_pixels`: bool."""
    others = np.sort(np.delete(above, 4, axis=1), axis=1)[:, :-FILLED].mean(axis=1)
    return others > np.maximum(SPREAD * above[:, 4], noise)


def _windows(frame, y, x):
    """The 5 x 5 pixels about each place, mirrored at the edge of the frame: (n, 5, 5) float32."""
    rows, columns = (
        _mirrored(at[:, None] + np.arange(-2, 3), length)
        for at, length in zip((y, x), frame.shape, strict=True)
    )
    return np.nan_to_num(frame[rows[:, :, None], columns[:, None, :]].astype(np.float32))


def _mirrored(index, length):
    """Indices beyond an axis, mirrored at its ends."""
    index = np.where(index < 0, -1 - index, index)
    return np.where(index >= length, 2 * length - 1 - index, index)


def good_in_frames(frames, mask=None, view=None):
    """Good pixels of whole frames: a `Mask` (y, x).

    Left out are what `mask` says, gaps that always read the same, and stuck pixels: peaks at one
    pixel in most of the frames, without a point spread (see `stuck_pixels`).

    Parameters
    ----------
    frames : list of (y, x) arrays of any real type, spread over a run
    mask : (y, x) bool array, True = good pixel, or None
    view : View, optional
    """
    good = np.ones(frames[0].shape, bool) if mask is None else np.array(mask, bool)
    distinct = [frame for frame in frames if (frame != frame[0, 0]).any()]  # others are lost ones
    distinct = list({zlib.crc32(np.ascontiguousarray(frame)): frame for frame in distinct}.values())
    if len(distinct) < 3:
        return Mask(good)
    good &= ~_constant(distinct, good)
    y, x = _often([_peaks(frame, good, view) for frame in distinct], good.shape)
    if len(y):
        steps = np.abs(np.diff(distinct[0][:: len(good) // 64 + 1].astype(float)))
        stuck = _stuck(distinct, y, x, good, 1.4826 * np.nanmedian(steps))
        good[stuck] = False
    return Mask(good)


def _stuck(frames, y, x, good, noise):
    """Pixels of the groups about those places that have no point spread: rows, columns."""
    highest = _above(frames, y, x, good).argmax(axis=1)  # of a group the brightest pixel decides
    y, x = np.unique([y + highest // 3 - 1, x + highest % 3 - 1], axis=1)
    above = _above(frames, y, x, good)
    bright = above > np.maximum(SPREAD * above[:, 4:5], noise)
    bright[:, 4] = True
    which, k = np.nonzero(bright & ~_spread(above, noise)[:, None])
    return y[which] + k // 3 - 1, x[which] + k % 3 - 1


def _constant(frames, good):
    """Areas that read the same number in every frame, and a pixel around them: (y, x) bool.

    What is known to be bad already is none, and its neighbours stay good.
    """
    same = good & (frames[0] == frames[1])
    for frame in frames[2:]:
        same &= frame == frames[0]
    counted = frames[0].dtype.kind in "iu"
    if not same.any() or same[good].mean() > 0.5:
        return np.zeros_like(same)
    if counted and max(np.median(frame[good]) for frame in frames) < DIM:
        return np.zeros_like(same)
    areas = ndimage.binary_opening(same, np.ones((2, 2)))
    return ndimage.binary_dilation(areas, np.ones((3, 3)))


def _peaks(frame, good, view):
    """Places of clear peaks of a frame: rows and columns, (2, n) int."""
    try:
        _, peaks = describe(frame, Mask(good), view)
    except ValueError:  # a frame without readings
        return np.empty((2, 0), int)
    return peaks[peaks[:, 2] > CLEAR, :2].T.astype(int)


def _often(places, shape):
    """Those of the places of peaks at or beside which most of the frames have one: rows, columns.

    Of stuck pixels side by side now one is the highest, now another.
    """
    width = shape[1] + 2  # with a margin, so that a neighbour is none of the next row
    found = [rows * width + columns for rows, columns in places]
    near = np.add.outer([-width, 0, width], [-1, 0, 1]).ravel()
    beside = np.concatenate([np.unique(np.add.outer(one, near)) for one in found])
    numbers, counts = np.unique(beside, return_counts=True)
    often = np.intersect1d(numbers[2 * counts > len(places)], np.concatenate(found))
    return often // width, often % width


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
