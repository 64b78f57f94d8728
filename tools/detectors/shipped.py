"""The package's own models as scorers of `judge`, on raw frames and through files."""

import csv
import tempfile
from pathlib import Path

import numpy as np

from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.mask import Mask
from sfxtutor.preprocess import CROP, center_crop
from sfxtutor.runs.files.pixels import to_uint16

from .files import write
from .judge import Scorer


def rwd_scorer(model="rwd"):
    """The model of the RWD vector on central crops of 724 x 724: Scorer.

    A frame that is narrower, a stack of panels, and a crop without contrast get no score.
    """
    screener = Screener(model)

    def score(frames, mask):
        return np.array([_of_crop(screener, frame, mask) for frame in frames])

    return Scorer(score, screener.threshold)


def _of_crop(screener, frame, mask):
    if frame.ndim != 2 or min(frame.shape) < CROP:
        return np.nan
    good = mask
    if mask is None:  # the marks of a PILATUS are negative
        good = np.isfinite(frame) if frame.dtype.kind == "f" else frame >= 0
    crop, good = center_crop(to_uint16(frame, ~good)), center_crop(good)
    try:
        return float(screener.score([screener.features(crop, Mask(good))])[0])
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
