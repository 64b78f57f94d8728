"""Labels made from a run that has none: blanked frames of the target, with spots of the source.

A pixel far above the noise around it is light of a Bragg spot, whatever the run.  So a frame of the
target, with these pixels replaced by others nearby, is a miss with exactly this run's noise; and
the spots of a labelled frame of the source, in units of the noise around them, can be put on it.
The result has the source frame's label.  No label of the target is used.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from sfxtutor.fast.kernels import fast_pair

ALONE, TOGETHER = 5.5, 4.0  # sigma above the surroundings of a spot's pixel, of one beside another
WING = 2  # pixels around a core that belong to the spot
AROUND = 21  # pixels: side of the square that gives level and noise
SHIFTS = [(12 * dy, 12 * dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
FEWEST = 0.4  # share of the target's frames that are used: those with the fewest spots


class Noise(NamedTuple):
    """Mean and standard deviation around every pixel, (y, x) ADU; the second inf where masked."""

    level: np.ndarray
    sigma: np.ndarray


class Frames(NamedTuple):
    """What networks see of n frames that were made: `rwd`, `images`, and labels `truth` (n,)."""

    rwd: np.ndarray
    images: np.ndarray
    truth: np.ndarray


def noise(crop, good):
    """`Noise` of a crop, from the good pixels of a square around each that belong to no spot."""
    pixel, used = crop.astype(np.float32), good
    for _ in range(2):  # the second time without what stands out of the first
        weight = np.maximum(ndimage.uniform_filter(used.astype(np.float32), AROUND), 1e-3)
        level = ndimage.uniform_filter(np.where(used, pixel, 0), AROUND) / weight
        rest = np.where(used, pixel - level, 0)  # a slope of the background is no noise
        sigma = np.sqrt(np.maximum(ndimage.uniform_filter(rest * rest, AROUND) / weight, 1.0))
        used = good & (pixel - level < TOGETHER * sigma)
    return Noise(level, np.where(good, sigma, np.inf))


def spot_pixels(crop, around):
    """Where spots are, (y, x) bool: high pixels, and what lies near them.

    The tails of the noise stay: in a frame without them, each row's maximum would be lower than in
    any frame that was measured.
    """
    height = (crop - around.level) / around.sigma
    together = height > TOGETHER
    beside = ndimage.convolve(together.astype(np.uint8), np.ones((3, 3), np.uint8)) > 1
    core = (together & beside) | (height > ALONE)
    return ndimage.binary_dilation(core, np.ones((3, 3)), WING) & np.isfinite(around.sigma)


def spots_of(crop, good):
    """Spots of a frame in units of its noise: numbers of pixels (n,) and deviations (n,)."""
    around = noise(crop, good)
    at = np.flatnonzero(spot_pixels(crop, around))
    return at, (crop.ravel()[at] - around.level.ravel()[at]) / around.sigma.ravel()[at]


def blanked(crop, good, rng):
    """The frame without its spots, (y, x) uint16, and its `Noise`.

    A spot gives way to the pixels 12 away, in a direction drawn, in which there is none.
    """
    around = noise(crop, good)
    left = spot_pixels(crop, around)
    blank, clear = crop.copy(), good & ~left
    for i in rng.permutation(len(SHIFTS)):
        from_there = left & np.roll(clear, SHIFTS[i], (0, 1))
        blank[from_there] = np.roll(crop, SHIFTS[i], (0, 1))[from_there]
        left &= ~from_there
    return blank, around


def pasted(blank, around, spots):
    """The blank frame with those spots on it, (y, x) uint16."""
    at, deviation = spots
    made, level, sigma = blank.copy(), around.level.ravel()[at], around.sigma.ravel()[at]
    seen = np.isfinite(sigma)
    adu = level[seen] + deviation[seen] * sigma[seen]
    made.flat[at[seen]] = np.clip(np.rint(adu), 0, 65535)
    return made


def fewest(spots, frames):
    """Of those frames the ones with the fewest spots, in the order of the run."""
    frames = np.arange(len(spots))[frames]
    keep = np.argsort(spots[frames], kind="stable")[: round(FEWEST * len(frames))]
    return frames[np.sort(keep)]


def all_spots(run, frames):
    """`spots_of` each of the first so many frames of a run."""
    good = run.good().good
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda i: spots_of(run.crop(i), good), range(frames)))


def make(spots, truth, target, target_spots, frames, bin, seed=0):
    """Frames of the target with labels, made from labelled frames of the source.

    Parameters
    ----------
    spots : list, of each frame of the source (`all_spots`); None leaves the blanks as they are
    truth : (n,) bool, the source's labels
    target : Run
    target_spots : (n,) spots counted in the target's frames, without labels
    frames : slice, of both runs: the frames that may be used
    bin : int, as in `prepare`
    seed : int, of the pairing of frames

    Returns
    -------
    Frames
    """
    chosen, mask = np.arange(len(truth))[frames], target.good()
    grounds = np.random.default_rng(seed).choice(fewest(target_spots, frames), len(chosen))

    def on_one(ground):
        rng = np.random.default_rng((seed, ground))
        blank, around = blanked(target.crop(ground), mask.good, rng)
        made = {}
        for place in np.flatnonzero(grounds == ground):
            crop = blank if spots is None else pasted(blank, around, spots[chosen[place]])
            rwd, image = fast_pair(crop, bin, mask)
            made[place] = rwd, image.astype(np.float16)
        return made

    with ThreadPoolExecutor(2) as pool:
        made = {k: v for part in pool.map(on_one, np.unique(grounds)) for k, v in part.items()}
    rwd, images = zip(*(made[place] for place in range(len(chosen))), strict=True)
    return Frames(np.stack(rwd), np.stack(images), truth[chosen])
