"""The frames of a contact sheet, read again: what is in them, and what the model makes of it."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...fast.peaks import PEAKS, describe
from ...mask import Mask
from ...runs.files.lists import expand
from ...runs.open import open_run
from ...support.errors import one_line
from ..model.score import rounded
from ..model.views import look_at
from .pictures import Layout, frame_picture, mask_picture

BRAGG = 0.5  # weight from which a peak counts as a Bragg spot
STRONG = 6.0  # standard deviations of other peaks that are shown
MASK_EDGE = 600  # pixels along the picture of the mask, about


@dataclass(frozen=True)
class Reading:
    """How frames are read: paths of a mask and of a geometry, a dataset, all as `screen` takes
    them, whether bad pixels are looked for, and where files are now that have moved."""

    mask: str | Path | None = None
    dataset: str | None = None
    geometry: str | Path | None = None
    search: bool = True
    moved: Sequence = ()


@dataclass(frozen=True)
class Shot:
    """A frame of the contact sheet.

    Attributes
    ----------
    picture : (y, x) uint8, numbers of colours of `pictures`, or None where it cannot be read
    spots, others : (n, 2) float, y and x in the picture, of the peaks that the model calls Bragg
        spots, and of other strong ones; None for a model of crops
    p : float, what the model gives now, or None
    problem : str, why there is no picture, or ""
    """

    picture: np.ndarray | None = None
    spots: np.ndarray | None = None
    others: np.ndarray | None = None
    p: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Detector:
    """What is known of the frames' pixels, of the file that `searched` names.

    Attributes
    ----------
    shape : (y, x) of what the model looks at
    dtype : str, of the pixels in the file
    panels : int, how many are stacked in a frame; 1 for an image
    masked, found : int, bad pixels by the mask, and found in frames besides
    sources : list of str, where the mask is from
    picture : (y, x) uint8, numbers of colours of `pictures`
    frames : int, of the file
    """

    shape: tuple
    dtype: str
    panels: int
    masked: int
    found: int
    sources: list
    picture: np.ndarray
    searched: str
    frames: int


@dataclass
class Sheet:
    """Shots by (file, frame from 0), and the `Detector`, or None where no file can be read."""

    shots: dict = field(default_factory=dict)
    detector: Detector | None = None


def read_sheet(rows, screener, reading, beside="."):
    """Read the frames of rows again: a `Sheet`.

    Each is read once, and bad pixels are looked for in one file, the one that most rows are of;
    what is bad there is bad in the others of the same detector too.

    Parameters
    ----------
    rows : list of Row
    screener : Screener
    reading : Reading
    beside : path of a folder that names of files may count from
    """
    sheet, wanted = Sheet(), {(row.file, row.frame) for row in rows}
    moved = {Path(name).name: name for name, _ in expand(reading.moved)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they were given when the files were screened
        found = None
        for file, _ in Counter(file for file, _ in sorted(wanted)).most_common():
            frames = sorted(frame for name, frame in wanted if name == file)
            path = _where(file, moved, Path(beside))
            found = _read_file(sheet, file, frames, path, screener, reading, found)
    return sheet


def _where(file, moved, beside):
    """Where a file is now: a Path."""
    for path in (Path(file), Path(moved.get(Path(file).name, file)), beside / file):
        if path.exists():
            return path
    return Path(file)


def _read_file(sheet, file, frames, path, screener, reading, found):
    """Add the frames of one file; what is bad in it besides its mask, (y, x) bool, or None."""
    try:
        run = open_run(path, mask=reading.mask, dataset=reading.dataset, geometry=reading.geometry)
        view = look_at(run, screener, reading.search and found is None)
    except (OSError, ValueError) as error:
        sheet.shots |= {(file, frame): Shot(problem=one_line(error)) for frame in frames}
        return found
    try:
        eye = _Eye(run, view, screener, found)
        if sheet.detector is None:
            sheet.detector = eye.detector(file, reading)
        sheet.shots |= {(file, frame): eye.shot(frame) for frame in frames}
    finally:
        run.close()
    return eye.found if found is None else found


class _Eye:
    """Sees frames of an open run as the model does."""

    def __init__(self, run, view, screener, found):
        self._run, self._view, self._screener = run, view, screener
        self._mask = run.mask if screener.whole else run.good().good
        shape = run.card.shape if screener.whole else self._mask.shape
        self._panel = view.view.panel if screener.whole else None
        if self._mask is None:
            self._mask = np.ones(shape, bool)
        if found is not None and found.shape == self._mask.shape:
            view.good = Mask(self._mask & ~found)
        self._good = self._mask if view.good is None else view.good.good
        self.found, self._layout = self._mask & ~self._good, Layout(shape, self._panel)

    def detector(self, file, reading):
        """The `Detector` of the run."""
        shape, kind = self._mask.shape, self._run.frames.dtype
        picture = mask_picture(~self._mask, self.found, Layout(shape, self._panel, MASK_EDGE))
        masked, found = np.count_nonzero(~self._mask), np.count_nonzero(self.found)
        panels = shape[0] // (self._panel or shape[0])
        sources = _sources(self._run, reading, masked)
        frames = len(self._run)
        return Detector(shape, str(kind), panels, masked, found, sources, picture, file, frames)

    def shot(self, frame):
        """The `Shot` of a frame."""
        try:
            return self._whole(frame) if self._screener.whole else self._crop(frame)
        except (OSError, ValueError, RuntimeError, IndexError) as error:
            return Shot(problem=one_line(error))

    def _whole(self, i):
        frame, view = self._run.raw(i), self._view.view
        features, peaks = describe(frame, self._view.good, view)
        with np.errstate(invalid="ignore"):
            good = self._good & (frame >= view.low) & (frame <= view.high)
        weights = self._screener.weights(features)[: min(len(peaks), PEAKS)]
        peaks = peaks[: len(weights)]
        at = np.column_stack(self._layout.place(peaks[:, 0], peaks[:, 1]))
        bragg = weights >= BRAGG
        return Shot(
            frame_picture(frame, good, self._layout), at[bragg],
            at[~bragg & (peaks[:, 2] > STRONG)], self._p(features),
        )  # fmt: skip

    def _crop(self, i):
        crop, gaps = self._run.crop_and_gaps(i)
        good = self._good if gaps is None else self._good & ~gaps
        picture = frame_picture(crop, good, self._layout)
        return Shot(picture, p=self._p(self._screener.features(crop, Mask(good))))

    def _p(self, features):
        return rounded(self._screener.score([features])[0])


def _sources(run, reading, masked):
    """Where the mask of a run is from: list of str."""
    sources = [] if reading.mask is None else [Path(reading.mask).name]
    if run.frames.good is not None:
        sources.append("the file itself")
    if reading.geometry is not None:
        sources.append(Path(reading.geometry).name)
    if masked and not sources:
        sources.append("marks of no data in the frames")
    return sources
