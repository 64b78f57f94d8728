"""A frame at every stage from raw to LCN, its rows and its spots, ready to be shown."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..fast.kernels import fast_lcn
from ..preprocess import bin_max, gcn, rwd
from ..runs.run import CROP, crop_slices
from ..spots import find_spots

STAGES = ("raw", "crop", "GCN", "LCN")
UNITS = {"raw": "ADU", "crop": "ADU", "GCN": "std of the frame", "LCN": "std of the window"}
DIGITS = {"raw": 0, "crop": 0, "GCN": 2, "LCN": 2}  # behind the point
_WIDEST = 640  # pixels of a picture of the whole detector: more are binned
LCN_EDGE = 2  # pixels that LCN takes from each side


@dataclass(frozen=True)
class Picture:
    """A frame at one stage.

    Attributes
    ----------
    stage : one of `STAGES`
    image : (y, x) array, in the stage's unit
        "raw" is the whole detector, each pixel the largest of bin x bin; the others are the crop.
    good : (y, x) bool array
        Pixels that are not masked.
    top, left : int
        Row and column of the detector at which the picture begins.
    bin : int
        Detector pixels along the edge of one pixel.
    """

    stage: str
    image: np.ndarray
    good: np.ndarray
    top: int
    left: int
    bin: int

    def place(self, y, x):
        """Detector pixels to pixels of the picture."""
        return tuple((np.asarray(at) - start + 0.5) / self.bin - 0.5
                     for at, start in ((y, self.top), (x, self.left)))  # fmt: skip

    def on_detector(self, row, column):
        """A pixel of the picture to detector pixels: (y, x)."""
        return tuple((at + 0.5) * self.bin - 0.5 + start
                     for at, start in ((row, self.top), (column, self.left)))  # fmt: skip

    @cached_property
    def limits(self):
        """Lower and upper limit of the contrast at first: it leaves the strongest pixels out."""
        if self.stage == "LCN" and self.bin > 1:  # the median is noise, a visible spot 6 of it
            middle = float(np.median(self.image[self.good][::7]))
            return middle, 6 * middle
        if self.stage == "LCN":
            return 0.0, 0.5  # of the floor: noise is dark, a spot bright
        low, high = np.percentile(self.image[self.good][::7], (1, 99.7))
        return float(low), float(max(high, low + 1e-3))

    def rows(self):
        """Maximum minus minimum of each row, (y,) float32: after LCN the RWD vector.

        Masked pixels of "raw" and "crop" are left out; GCN and LCN have put 0 there.
        """
        if self.stage in ("GCN", "LCN"):
            return rwd(self.image)
        image = self.image.astype(np.float32)
        high = np.where(self.good, image, -np.inf).max(axis=1)
        low = np.where(self.good, image, np.inf).min(axis=1)
        return np.where(self.good.any(axis=1), high - low, 0).astype(np.float32)

    def row(self, number):
        """The values of a row, (x,) float32, NaN where `rows` leaves a pixel out."""
        values = self.image[number].astype(np.float32)
        if self.stage in ("raw", "crop"):
            values[~self.good[number]] = np.nan
        return values


def coarse(picture, bin=3):
    """The picture with each pixel the largest of bin x bin: a spot is seen from afar."""
    good = ~largest(~picture.good, bin)
    return Picture(picture.stage, largest(picture.image, bin), good, picture.top, picture.left,
                   picture.bin * bin)  # fmt: skip


def take(run, i, stage):
    """Frame i of a run at a stage: `Picture`.

    Raises
    ------
    ValueError
        When there is no such stage, or the frame is too small for the crop or has no contrast.
    """
    if stage not in STAGES:
        raise ValueError(f"No stage {stage!r}. Choose one of {', '.join(STAGES)}.")
    if stage == "raw":
        frame = run[i]
        bin = -(-max(frame.shape) // _WIDEST)
        good = np.ones(frame.shape, bool) if run.mask is None else run.mask
        good = ~largest(~good, bin)  # one bad pixel spoils its block
        return Picture(stage, largest(frame, bin), good, 0, 0, bin)
    crop = run.crop(i)
    good = run.good().good
    top, left = _corner(run)
    if stage == "LCN":
        inner = slice(LCN_EDGE, -LCN_EDGE)
        image, good = fast_lcn(crop, good), good[inner, inner]
        return Picture(stage, image, good, top + LCN_EDGE, left + LCN_EDGE, 1)
    return Picture(stage, gcn(crop, good) if stage == "GCN" else crop, good, top, left, 1)


def found_spots(run, i):
    """Spots that `find_spots` sees in the crop, as y and x in pixels of the detector: (2, n)."""
    good = run.good()
    known = {"gain": run.card.gain} if run.card.gain else {}
    spots = find_spots(run.crop(i), mask=good, **known)
    top, left = _corner(run)
    return np.array([spots["y"] + top, spots["x"] + left])


def true_spots(run, i):
    """Spots of the twin that a person sees, on the whole detector: (2, n), as `found`.

    None for a run that was measured: there the truth is not known.
    """
    if run.source != "twin":
        return None
    spots, visible = run.spots(i)
    return np.array([spots["y"][visible], spots["x"][visible]])


def choose(labels, wanted, n):
    """Numbers of the frames of a class, or of all n where `wanted` is "any": list of int.

    Raises
    ------
    ValueError
        When the run has no labels or no frame of the class.
    """
    if wanted == "any":
        return list(range(n))
    if labels is None or wanted not in labels:
        raise ValueError(f'Found no frame labelled {wanted} in this run. Choose the class "any".')
    return np.flatnonzero(labels == wanted).tolist()


def row_text(picture, number):
    """A row's largest and smallest value and their difference, in words."""
    values, digits = picture.row(number), DIGITS[picture.stage]
    where = f"Row {number}" if picture.bin == 1 else f"Row {number * picture.bin} of the detector"
    if np.isnan(values).all():
        return f"{where}: no good pixel."
    high, low = np.nanmax(values), np.nanmin(values)
    rwd_value = ", the RWD value of this row" if picture.stage == "LCN" else ""
    return (f"{where}: max {high:.{digits}f}, min {low:.{digits}f}, difference "
            f"{high - low:.{digits}f} {UNITS[picture.stage]}{rwd_value}.")  # fmt: skip


def ends(low, high, stage):
    """The two ends of the contrast in words, for `FrameCanvas.scale`."""
    digits = DIGITS[stage]
    low = round(low, digits) + 0.0  # no -0.00
    return [f"{low:.{digits}f}", f"{high:.{digits}f} {UNITS[stage]}"]


def count_text(run, spots, truth):
    """How many spots are found and how many true, in words: see `found_spots`, `true_spots`."""
    text = f"○ {_many(spots.shape[1], 'spot')} found in the crop"
    if truth is None:
        return f"{text}; of a measured run nobody knows the true ones."
    corner = np.array(_corner(run))[:, None]
    inside = np.count_nonzero(((truth >= corner - 0.5) & (truth < corner + CROP - 0.5)).all(axis=0))
    true = _many(inside, "true one")
    return f"{text}, + {true} a person sees there ({truth.shape[1]} on the detector)."


def _many(count, noun):
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _corner(run):
    """Row and column of the detector at which the crop begins."""
    rows, columns = crop_slices(run.card.shape, CROP)
    return rows.start, columns.start


def largest(frame, bin):
    """As `bin_max`; what does not fill a block is left out."""
    rows, columns = (n // bin * bin for n in frame.shape)
    return bin_max(frame[:rows, :columns], bin)
