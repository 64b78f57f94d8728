"""From the raw pixels of any detector to uint16, and which of them hold data.

What becomes of a raw pixel that is no uint16:

- no data (NaN, infinite, below the smallest value that the file calls trusted, or the number that
  marks a detector's gaps: -1 and -2 of photon counters, the largest of an unsigned type, the
  smallest of a signed one) is read as 0 and is False in `mask`: a gap is never bright;
- negative but trusted (a dark-subtracted detector's noise) is read as 0, and stays a good pixel;
- above 65535 is an overload: read as 65535, bright, and stays a good pixel;
- a float is rounded to the nearest integer.
"""

import threading
import warnings
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class NoData:
    """What a raw pixel without data equals (`flag`), or lies below (`lowest`); None where unknown.

    Besides, a float that is not finite and the lowest number of a signed type are no data.
    """

    flag: int | None = None
    lowest: float | None = None

    def known(self):
        """What is known of the two: a dict."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def possible(self, dtype):
        """Whether raw pixels of that type may be anything but a frame of uint16."""
        sixteen = dtype.kind == "u" and dtype.itemsize == 2
        return not sixteen or self.flag is not None or (self.lowest or 0) > 0

    def occurs(self, raw):
        """Whether pixels may have to be changed, four times faster than looking at each of them."""
        if raw.dtype.kind == "f":
            return True
        return raw.min() < max(self.lowest or 0, 0) or raw.max() > 65535 or raw.max() == self.flag

    def where(self, raw):
        """Pixels of a raw frame that hold no data: (y, x) bool."""
        kind = raw.dtype.kind
        if kind == "f":
            missing = ~np.isfinite(raw)
        else:
            missing = raw == np.iinfo(raw.dtype).min if kind == "i" else np.zeros(raw.shape, bool)
        if self.flag is not None:
            missing |= raw == self.flag
        if self.lowest is not None:
            missing |= raw < self.lowest
        return missing


def to_uint16(raw, missing):
    """Raw pixels as uint16, ADU: rounded, clipped to 0 ... 65535, 0 where data is missing."""
    values = np.where(missing, raw.dtype.type(0), raw)
    if raw.dtype.kind == "f":
        values = np.rint(values)
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

    def _warn(self, kind, sentence):
        with self._lock:
            if kind in self._given:
                return
            self._given.add(kind)
        warnings.warn(sentence, stacklevel=2)
