"""What a run is: frames with labels, from the twin or from a file, behind one interface.

run = open_run("LN83")                      # the twin, seed 0
run = open_run("LN83", source="cxidb")      # the real file, after `sfxtutor data fetch LN83`
run = open_run("file.h5", labels="expert_annotation.txt")
"""

import operator
from dataclasses import dataclass, fields

import numpy as np

from ..mask import Mask

CROP = 724  # pixels; the central square that Xie et al. 2023 keep of 1920 x 1920
LABELS = ("HIT", "MAYBE", "MISS")


@dataclass(frozen=True)
class Card:
    """What is known of a dataset; None where it is unknown, never a guess.

    `gain` is the variance / mean of the background noise in ADU, as DIALS' dispersion spot finder
    takes it.  It is not ADU per photon: the point spread smooths noise, which makes it smaller.
    """

    name: str
    title: str
    source: str  # "twin", "cxidb" or "file"
    licence: str | None = None
    citation: str | None = None
    address: str | None = None
    wavelength: float | None = None  # Å
    distance: float | None = None  # sample to detector, mm
    pixel: float | None = None  # mm
    beam_center: tuple[float, float] | None = None  # (y, x), pixels from 0, of the full frame
    gain: float | None = None  # variance / mean, ADU
    saturation: float | None = None  # ADU
    shape: tuple[int, int] | None = None  # (y, x), pixels
    frames: int | None = None
    assumptions: tuple[str, ...] = ()

    def __str__(self):
        units = {"wavelength": "Å", "distance": "mm", "pixel": "mm", "saturation": "ADU"}
        lines = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "assumptions":
                lines += [f"{'assumed':12} {sentence}" for sentence in value]
            elif value is None:
                lines.append(f"{field.name:12} unknown")
            else:
                lines.append(f"{field.name:12} {value} {units.get(field.name, '')}".rstrip())
        return "\n".join(lines)


def crop_slices(shape, size=CROP):
    """Rows and columns of the central square: two slices, the same pixels as `center_crop`.

    Raises
    ------
    ValueError
        If the detector is smaller than `size`.
    """
    rows, columns = shape[-2:]
    if not 1 <= size <= min(rows, columns):
        raise ValueError(
            f"Cannot crop {size} x {size} pixels from a detector of {rows} x {columns}. "
            f"Use data of a larger detector; in Python, sizes from 1 to {min(rows, columns)} fit."
        )
    top, left = (rows - size) // 2, (columns - size) // 2
    return slice(top, top + size), slice(left, left + size)


class Run:
    """A sequence of frames with labels.  `run[i]` is frame i, from 0: (y, x) uint16, ADU.

    A subclass says how many frames there are (`__len__`) and how one is had (`_frame`), and sets
    the attributes.  Frames may be read from several threads at once.

    Attributes
    ----------
    name : str
    source : "twin", "cxidb" or "file"
    seed : int or None
    card : Card
    labels : (n,) str array of "HIT", "MAYBE", "MISS", or None
    mask : (y, x) bool array, True = good pixel, or None where every pixel is good
    fingerprint : str, changes whenever the content of a frame does
    readings : the smallest and the largest number of `raw` that is a reading
    panel : int, rows of a panel where panels are stacked in the frame, or None
    geometry : Geometry, where pixels lie, or None
    scale, offset : what raw pixels are multiplied by and what is then added to make `run[i]`
    """

    name: str
    source: str
    seed: int | None = None
    card: Card
    labels: np.ndarray | None = None
    mask: np.ndarray | None = None
    fingerprint: str
    readings: tuple[float, float] = (-np.inf, np.inf)
    panel: int | None = None
    geometry: object = None
    scale: float = 1.0
    offset: int = 0

    def __len__(self) -> int:
        raise NotImplementedError

    def _frame(self, i: int) -> np.ndarray:
        """Frame i, 0 <= i < len(self): (y, x) uint16, ADU."""
        raise NotImplementedError

    def __getitem__(self, i: int) -> np.ndarray:
        return self._frame(self.index(i))

    def crop(self, i: int, size: int = CROP) -> np.ndarray:
        """Central square of frame i: (size, size) uint16, ADU.  Reads no more than it needs."""
        frame = self[i]
        return frame[crop_slices(frame.shape, size)]

    def crop_and_gaps(self, i: int, size: int = CROP) -> tuple[np.ndarray, np.ndarray | None]:
        """A crop, and where it lacks data beyond the mask: (size, size) uint16; bool, or None."""
        return self.crop(i, size), None

    def raw(self, i: int) -> np.ndarray:
        """Frame i as it was measured, (y, x) of any real type; `readings` bounds what counts."""
        return self[i]

    def good(self, size: int = CROP) -> Mask:
        """Good pixels of the central crops: a `Mask` (size, size)."""
        if self.mask is None:
            return Mask.of(None, (size, size))
        return Mask.of(self.mask[crop_slices(self.mask.shape, size)], (size, size))

    def shot(self, i: int) -> dict:
        """Wavelength (Å), distance (mm) and timestamp of frame i: a dict, None where unknown."""
        self.index(i)
        return {
            "wavelength": self.card.wavelength,
            "distance": self.card.distance,
            "timestamp": None,
        }

    def index(self, i: int) -> int:
        """Check frame number `i`, from 0, negative counted from the end; return 0 <= i < n."""
        try:
            number = operator.index(i)
        except TypeError:
            raise TypeError(
                f"A run is indexed by one frame number, got {i!r}. "
                "For several frames write [run[i] for i in range(10)]."
            ) from None
        n = len(self)
        if not -n <= number < n:
            raise IndexError(
                f"Frame {number} of {self.name} was asked for, but it has {n} frames. "
                f"Ask for 0 to {n - 1}; annotation files count from 1."
            )
        return number % n

    def __repr__(self):
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"<{self.name}: {len(self)} frames, {self.source}{seed}>"
