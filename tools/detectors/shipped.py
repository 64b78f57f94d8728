"""The package's own models as scorers of `judge`, on raw frames and through files."""

import csv
import tempfile
from pathlib import Path

import numpy as np

from sfxtutor.beamline.model.bad_pixels import good_in_frames, good_pixels
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.model.views import EIGHTHS
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.fast.peaks import View
from sfxtutor.mask import Mask
from sfxtutor.preprocess import CROP, center_crop
from sfxtutor.runs.files.pixels import to_uint16

from .files import write
from .judge import Scorer


def rwd_scorer(model="rwd"):
    """The model of the RWD vector on central crops of 724 x 724: Scorer.

    Bad pixels are looked for in five of the frames, as `screen` does.  A frame that is narrower, a
    stack of panels, and a crop without contrast get no score; unlike `screen`, counted photons do.
    """
    screener = Screener(model)

    def score(frames, mask):
        if frames[0].ndim != 2 or min(frames[0].shape) < CROP:
            return np.full(len(frames), np.nan)
        crops = [_crop(frame, mask) for frame in frames]
        stated = Mask(center_crop(_good(frames[0], mask)))
        sample = np.unique(np.linspace(0, len(crops) - 1, 5).astype(int))
        good = good_pixels([crops[i] for i in sample], stated)
        return np.array([_p(screener, crop, good) for crop in crops])

    return Scorer(score, screener.threshold)


def peaks_scorer(model="peaks"):
    """The model of peaks on whole frames, bad pixels looked for as `screen` does: Scorer."""
    screener = Screener(model)

    def score(frames, mask):
        view = View(panel=frames[0].shape[-2] if frames[0].ndim == 3 else None)
        good = _stacked(_good(frames[0], mask))
        frames = [np.where(_good(frame, mask), frame, 0) for frame in frames]
        frames = [_stacked(frame) for frame in frames]
        sample = np.unique(np.linspace(0, len(frames) - 1, len(EIGHTHS)).astype(int))
        good = good_in_frames([frames[i] for i in sample], good, view)
        return np.array([_p(screener, frame, good, view) for frame in frames])

    return Scorer(score, screener.threshold)


def _stacked(frame):
    """A frame with its panels below each other: (y, x)."""
    return frame.reshape(-1, frame.shape[-1])


def _good(frame, mask):
    """Good pixels by the mask, or by the marks in the frame: -1 and -2 of a PILATUS, nan."""
    if mask is not None:
        return mask
    return np.isfinite(frame) if frame.dtype.kind == "f" else frame >= 0


def _crop(frame, mask):
    return center_crop(to_uint16(frame, ~_good(frame, mask)))


def _p(screener, frame, good, view=None):
    try:
        return float(screener.score([screener.features(frame, good, view)])[0])
    except ValueError:  # no contrast
        return np.nan


def screened(made, folder, **options):
    """p of frames that are written to files and screened from there: (n,) float, (n,) status.

    Parameters
    ----------
    made : Frames
    folder : path, where the files go
    options : of `screen`
    """
    paths, out = write(made, folder), Path(folder) / "scores.csv"
    screen(paths, out, progress=False, **options)
    with open(out, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["p_hit"] or "nan") for row in rows]), [r["status"] for r in rows]


def screened_briefly(made, **options):
    """`screened` in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return screened(made, folder, **options)
