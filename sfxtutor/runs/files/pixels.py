"""From the raw pixels of any detector to uint16, and which of them hold data.

What becomes of a raw pixel that is no uint16:

- no data is read as 0 and is False in `mask`: a gap is never bright.  It is what is NaN, infinite,
  the smallest number of a signed type, one of the two largest of unsigned 32 bits or more, or below
  the smallest value that the file calls trusted; `marks` says when -1 and -2, or the two largest
  numbers of 8 and 16 bits, are no data either;
- negative but trusted is read as 0, and stays a good pixel; where one in twenty is negative (the
  noise of a dark-subtracted detector), the run's `offset` is added first, so that none is cut;
- above 65535 is an overload: read as 65535, bright, and stays a good pixel;
- a float is multiplied by the run's `scale` and rounded to the nearest integer.
"""

import threading
import warnings
from dataclasses import dataclass

import numpy as np

NEGATIVE = 0.05  # of the pixels: from here on they are noise about 0
NOISE = 16  # ADU: what the noise of small floats is scaled to, so that rounding is small beside it


@dataclass(frozen=True)
class NoData:
    """What a raw pixel without data equals (`flags`), or lies below (`lowest`); None where unknown.

    Besides, a float that is not finite and the lowest number of a signed type are no data, and what
    lies beyond a flag: above one of an unsigned type, below a negative one.
    """

    flags: tuple = ()
    lowest: float | None = None

    def known(self):
        """What is known of the two, as attributes of a file: a dict."""
        known = {"flag": np.array(self.flags)} if self.flags else {}
        return known | ({} if self.lowest is None else {"lowest": self.lowest})

    def possible(self, dtype):
        """Whether raw pixels of that type may be anything but a frame of uint16."""
        sixteen = dtype.kind == "u" and dtype.itemsize == 2
        return not sixteen or bool(self.flags) or (self.lowest or 0) > 0

    def occurs(self, raw):
        """Whether pixels may have to be changed, four times faster than looking at each of them."""
        if raw.dtype.kind == "f":
            return True
        top = min([65535, *(flag - 1 for flag in self.flags if flag > 0)])
        return raw.min() < max(self.lowest or 0, 0) or raw.max() > top

    def where(self, raw):
        """Pixels of a raw frame that hold no data: (y, x) bool."""
        below, above = self._ends(raw.dtype)
        missing = np.zeros(raw.shape, bool) if raw.dtype.kind != "f" else ~np.isfinite(raw)
        if below is not None:
            missing |= raw <= below
        if above is not None:
            missing |= raw >= above
        if self.lowest is not None:
            missing |= raw < self.lowest
        return missing

    def readings(self, dtype):
        """The smallest and the largest raw number that is a reading: (low, high), float.

        A pixel x holds data if low <= x <= high in float32, in which compiled code compares: it has
        NaN aside too, and of 32 bits or more also the few numbers that float32 rounds to a flag.
        """
        if dtype.kind == "f":
            low, high = -np.finfo(np.float32).max, np.finfo(np.float32).max
        else:
            below, above = self._ends(dtype)
            low = -np.inf if below is None else np.nextafter(np.float32(below), np.float32(np.inf))
            high = np.inf if above is None else np.nextafter(np.float32(above), -np.float32(np.inf))
        if self.lowest is not None:
            low = max(low, np.float32(self.lowest))
        return float(low), float(high)

    def _ends(self, dtype):
        """The largest negative number and the smallest positive one that are no data."""
        if dtype.kind == "f":
            return None, None
        smallest = (int(np.iinfo(dtype).min),) if dtype.kind == "i" else ()
        below = max([*smallest, *(flag for flag in self.flags if flag < 0)], default=None)
        return below, min((flag for flag in self.flags if flag > 0), default=None)


def always_marks(dtype):
    """Numbers of a type that no detector counts up to, but writes for no data: tuple."""
    if dtype.kind != "u" or dtype.itemsize < 4:
        return ()
    top = int(np.iinfo(dtype).max)
    return top, top - 1


def scale_of(values):
    """What to multiply the floats of a frame by, so that rounding spares their noise: a power of 2.

    1 for integers and for noise of 2 or more.  The noise is the median difference of neighbours.
    """
    known = values[np.isfinite(values)]
    if not known.size or (known == np.rint(known)).all():
        return 1.0
    steps = np.abs(np.diff(values.astype(np.float64), axis=-1))
    steps = steps[np.isfinite(steps)]
    noise = (np.median(steps) or steps.mean()) if steps.size else 0
    if not 0 < noise < 2:
        return 1.0
    return float(2.0 ** np.floor(np.log2(max(1, min(NOISE / noise, 60000 / np.abs(known).max())))))


def offset_of(values, scale=1.0):
    """What to add to the pixels of a frame that hold data, so that their noise is positive: int.

    0 where few are negative.  One in ten thousand may be lower: bad pixels are.
    """
    if values.dtype.kind == "u" or np.mean(values < 0) < NEGATIVE:
        return 0
    return int(min(np.ceil(-float(np.quantile(values, 1e-4)) * scale), 30_000))


def to_uint16(raw, missing, scale=1.0, offset=0):
    """Raw pixels as uint16, ADU: times scale, plus offset, rounded and cut; 0 where missing."""
    values = np.where(missing, raw.dtype.type(0), raw)
    if raw.dtype.kind == "f":
        wide = values.itemsize > 2 and scale == 1  # 65535 is infinite in 16 bits
        values = np.rint(values if wide else values.astype(np.float64) * scale)
    if offset:
        values = np.clip(values + np.float64(offset), 0, 65535)
        return np.where(missing, 0, values).astype(np.uint16)
    # The bounds of the type keep the comparison exact for small integers such as int8.
    top = 65535 if raw.dtype.kind == "f" else min(65535, np.iinfo(raw.dtype).max)
    return np.clip(values, 0, top).astype(np.uint16)


class PixelWarnings:
    """Warns, once a run and kind, of pixels that are changed and that no mask explains."""

    def __init__(self, name):
        self.name, self._given, self._lock = name, set(), threading.Lock()

    def missing(self, i, unmasked):
        """Warn of pixels of frame i without data, (y, x) bool, that the mask does not have."""
        if unmasked.any():
            self._warn(
                "missing",
                f"Frame {i} of {self.name} has {unmasked.sum()} pixels without data (NaN, or a "
                "detector's mark) beyond its mask; they are read as 0. Give mask= to leave them "
                "out of every frame.",
            )

    def negative(self, i, raw, missing):
        """Warn of negative raw pixels of frame i that hold data."""
        negative = (raw < 0) & ~missing if raw.dtype.kind != "u" else missing[:0]
        if negative.any():
            self._warn(
                "negative",
                f"Frame {i} of {self.name} has {negative.sum()} negative pixels (lowest "
                f"{raw[negative].min():g}), read as 0. Add the detector's offset before saving if "
                "their noise matters.",
            )

    def changed(self, scale, offset):
        """Warn that pixels are multiplied, or get an offset."""
        if scale != 1 or offset:
            self._warn(
                "changed",
                f"The pixels of {self.name} are read times {scale:g} plus {offset}, so that "
                "neither rounding to integers nor the cut at 0 takes away their noise. `values` "
                "has them as measured.",
            )

    def _warn(self, kind, sentence):
        with self._lock:
            if kind in self._given:
                return
            self._given.add(kind)
        warnings.warn(sentence, stacklevel=2)


def warn_if_inverted(good, name):
    """Warn of a mask, (y, x) bool, that leaves less than half of the pixels of a run."""
    if 2 * np.count_nonzero(good) < good.size:
        warnings.warn(
            f"The mask of {name} leaves {np.count_nonzero(good)} of {good.size} pixels good, less "
            "than half; expected 1 or True for good ones (0 in pixel_mask). Invert it if it marks "
            "the bad ones.",
            stacklevel=3,
        )
