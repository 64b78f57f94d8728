"""What a model looks at in a run: central crops or whole frames, and which pixels are good."""

from contextlib import suppress

import numpy as np

from ...fast.peaks import View
from ...mask import Mask
from .bad_pixels import good_in_frames, good_pixels, sample_crops
from .noise import unfamiliar

EIGHTHS = (0, 8, 4, 2, 6, 1, 3, 5, 7)  # of a run, where bad pixels are looked for: coarse to fine
ROOM = 2**28  # bytes of frames that are held at once, or fewer than nine are; three in any case


def look_at(run, screener, search=True):
    """`WholeFrames` or `Crops`, as the model wants them.

    Parameters
    ----------
    run : Run
    screener : Screener
    search : bool
        Look for bad pixels, beyond the run's mask, in frames spread over the run.
    """
    return (WholeFrames if screener.whole else Crops)(run, screener, search)


class Crops:
    """Central crops of a run, for a model of RWD vectors or images.

    Attributes
    ----------
    good : Mask of the crops
    unfit : str, why the model cannot score such frames, or ""
    """

    def __init__(self, run, screener, search):
        self._run, self._screener = run, screener
        crops = sample_crops(run)
        self.good = good_pixels(crops, run.good()) if crops and search else run.good()
        least = screener.least_reading
        self.unfit = unfamiliar(_measured(crops, run), self.good, least) if crops else ""

    def features(self, i):
        """Features of frame i.  Errors are those of reading, and of a frame without contrast."""
        crop, gaps = self._run.crop_and_gaps(i)
        good = self.good if gaps is None else Mask(self.good.good & ~gaps)
        return self._screener.features(crop, good)


class WholeFrames:
    """Whole frames of a run, as they lie in its file, for a model of peaks.

    Attributes
    ----------
    view : View
    good : Mask, or None where every pixel is good
    unfit : "", since this model brings frames to units of their noise
    """

    unfit = ""

    def __init__(self, run, screener, search):
        self._run, self._screener = run, screener
        low, high = run.readings
        panel = run.panel or panel_of(run.geometry, run.card.shape[0])
        centre = None if run.panel or run.geometry else run.card.beam_center
        self.view = View(low, high, panel, centre, run.geometry and run.geometry.places)
        self.good = None if run.mask is None else Mask(run.mask)
        frames = _samples(run) if search and len(run) > 2 else []  # one or two say nothing
        if frames:
            self.good = good_in_frames(frames, run.mask, self.view)

    def features(self, i):
        """Features of frame i.  Errors are those of reading, and of a frame without contrast."""
        return self._screener.features(self._run.raw(i), self.good, self.view)


def panel_of(geometry, rows):
    """Rows of a panel of frames with so many rows, by a `Geometry` or None; None without panels."""
    height = geometry and geometry.panel_rows
    return height if height and rows % height == 0 else None


def _samples(run):
    """Raw frames spread over a run, of one shape; those that cannot be read are left out."""
    frames, count = [], len(run)
    for i in dict.fromkeys(round(k * (count - 1) / 8) for k in EIGHTHS):
        if frames and frames[0].nbytes * (len(frames) + 1) > ROOM and len(frames) >= 3:
            break
        with suppress(OSError, ValueError, RuntimeError):
            frames.append(run.raw(i))
    return frames


def _measured(crops, run):
    """Crops in the unit of their file."""
    if (run.scale, run.offset) == (1, 0):
        return crops
    return [(crop - np.float32(run.offset)) / run.scale for crop in crops]
