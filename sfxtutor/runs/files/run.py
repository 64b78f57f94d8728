"""A run in a file: its frames read one at a time, in constant memory, as uint16.

What becomes of a raw pixel that is no uint16:

- no data (NaN, infinite, below the smallest value that the file calls trusted, or the number that
  marks a detector's gaps: -1 and -2 of photon counters, the largest of an unsigned type, the
  smallest of a signed one) is read as 0 and is False in `mask`: a gap is never bright;
- negative but trusted (a dark-subtracted detector's noise) is read as 0, and stays a good pixel;
- above 65535 is an overload: read as 65535, bright, and stays a good pixel;
- a float is rounded to the nearest integer.

`mask` joins what the file says (flags, active areas), what the caller gives, and the pixels
without data in five frames spread over the run.  A pixel that loses its data in some other frame
is read as 0 there; the first such frame is reported by a warning.
"""

import hashlib
import re
import threading
import warnings
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ..annotations import read_labels
from ..run import CROP, Card, Run, crop_slices
from .masks import read_mask
from .open import open_frames
from .pixels import to_uint16

VERSION = 1  # of the pixels, masks and facts that reading gives: raised when they change
SAMPLE = 5  # frames looked at for pixels without data


class FileRun(Run):
    """The frames of an idh5, CXI or NeXus file, or of CBF files.  See `open_run`.

    Parameters
    ----------
    path : path of an HDF5 or CBF file, or of a folder of CBF files; a list of CBF paths; an open
        h5py.File
    labels : path of an annotation file, optional
    mask : path or (y, x) bool array, True = good pixel, optional
    card : Card, what is known beside the file, optional

    Raises
    ------
    FileNotFoundError
        If a file, or one that it links to, is missing.
    ValueError
        If it is damaged, of another format or shape, or labels or mask do not fit.
    """

    def __init__(self, path, *, labels=None, mask=None, card=None):
        self._file, self._frames, self._paths = open_frames(path)
        self._seen = set()
        self._lock = threading.Lock()
        shape, found = self._frames.shape, self._frames.facts
        name = card.name if card else re.sub(r"_master$", "", self._paths[0].stem)
        card = card or Card(name, f"{name}, a file", "file", address=str(self._paths[0]))
        self.card = replace(
            card,
            shape=shape,
            frames=len(self._frames),
            **{k: v for k, v in found.items() if v is not None},
        )
        self.name, self.source = self.card.name, self.card.source
        self._given = None if mask is None else self._fit(mask)
        self.labels = None if labels is None else read_labels(labels, len(self))

    def __len__(self):
        return len(self._frames)

    def _frame(self, i):
        return self._read(i, slice(None), slice(None))

    def crop(self, i, size=CROP):
        """Central square of frame i: (size, size) uint16, ADU.  Only these pixels are read."""
        return self._read(self.index(i), *crop_slices(self._frames.shape, size))

    def shot(self, i):
        """Wavelength (Å), distance (mm) and timestamp of frame i: a dict, None where unknown."""
        values = super().shot(i)
        values |= {name: array[self.index(i)] for name, array in self._frames.shots.items()}
        return values

    def raw(self, i):
        """Frame i as it is in the file: (y, x), the file's dtype."""
        return self._frames.read(self.index(i))

    def place(self, i):
        """Path of the file, name and shape of the dataset that hold frame i, and its index there.

        Name and shape are None for CBF; the index is None where the dataset is one frame.
        """
        k, index = self._frames.place(self.index(i))
        return *self._frames.source(k), index

    def event(self, i):
        """How CrystFEL names frame i within the file: "part//n" or "//n", n from 0, or ""."""
        k, index = self._frames.place(self.index(i))
        token = self._frames.tokens[k] if self._frames.tokens else ""
        return "" if index is None else f"{token}//{index}"

    @property
    def marks(self):
        """How raw pixels without data are told: a dict of "flag" (equal) and "lowest" (below)."""
        marks = {"flag": self._frames.flag, "lowest": self._frames.lowest}
        return {name: value for name, value in marks.items() if value is not None}

    @property
    def dtype(self):
        """Type of the raw pixels: np.dtype."""
        return self._frames.dtype

    def close(self):
        """Close the file; reading a frame after it is an error.  Also the end of a `with`."""
        if self._file is not None:
            self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @cached_property
    def mask(self):
        """Good pixels: (y, x) bool, or None where every pixel is good."""
        good = np.ones(self._frames.shape, bool)
        for known in (self._frames.good, self._given):
            if known is not None:
                good &= known
        if not self._plain:
            for i in np.unique(np.linspace(0, len(self) - 1, SAMPLE).astype(int)):
                try:
                    good &= ~self._no_data(self._frames.read(int(i)))
                except (OSError, RuntimeError, KeyError, ValueError):
                    continue  # reading that frame will say what is wrong with it
        return None if good.all() else good

    @cached_property
    def fingerprint(self):
        """Changes with path, size or time of the files, those linked to included: str.

        It changes with VERSION too: what a mended reader gives is another content.
        """
        if self._file is not None and not self._paths[0].exists():  # read over the network
            return f"reading {VERSION} {self.name}:{self._file.id.get_filesize()}"
        files = {*self._paths, *(self._frames.source(k)[0] for k in range(len(self._frames.parts)))}
        states = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(files)]
        return f"reading {VERSION} {hashlib.sha256(repr(states).encode()).hexdigest()[:24]}"

    @property
    def crop_of(self):
        """Shape (y, x) of the detector where the file holds its central crop only, or None."""
        return self._frames.crop_of

    @property
    def _plain(self):
        """True where the raw pixels are the frame: no number stands for missing data."""
        frames = self._frames
        return (
            (frames.dtype.kind, frames.dtype.itemsize) == ("u", 2)
            and frames.flag is None
            and (frames.lowest is None or frames.lowest <= 0)
        )

    def _read(self, i, rows, columns):
        if self._file is not None and not self._file:
            raise ValueError(f"The file of {self.name} is closed. Open the run again.")
        try:
            raw = self._frames.read(i, rows, columns)
        except ConnectionError:
            raise  # the file is read over the network, and the error says so
        except (OSError, RuntimeError, KeyError) as error:
            raise ValueError(
                f"Frame {i} of {self.name} cannot be read ({error}); the file is damaged or still "
                "being written. Copy or fetch it again."
            ) from error
        expected = tuple(
            len(range(*s.indices(n)))
            for s, n in zip((rows, columns), self._frames.shape, strict=True)
        )
        if raw.shape != expected:
            raise ValueError(
                f"Frame {i} of {self.name} gives {raw.shape} pixels, the first one {expected}; "
                "expected one shape. Open the files of each detector as a run of its own."
            )
        if self._plain:
            return raw.astype(np.uint16, copy=False)
        lowest, flag = max(self._frames.lowest or 0, 0), self._frames.flag
        if (
            raw.dtype.kind != "f"
            and raw.min() >= lowest
            and raw.max() <= 65535
            and (raw.max() != flag)
        ):
            return raw.astype(np.uint16)  # nothing to change: four times faster than looking
        missing = self._no_data(raw)
        self._report(i, raw, missing, (rows, columns))
        return to_uint16(raw, missing)

    def _no_data(self, raw):
        """Pixels of a raw frame that hold no data: (y, x) bool."""
        kind = raw.dtype.kind
        if kind == "f":
            missing = ~np.isfinite(raw)
        else:
            missing = raw == np.iinfo(raw.dtype).min if kind == "i" else np.zeros(raw.shape, bool)
        if self._frames.flag is not None:
            missing |= raw == self._frames.flag
        if self._frames.lowest is not None:
            missing |= raw < self._frames.lowest
        return missing

    def _report(self, i, raw, missing, region):
        """Warn, once a run and kind, of pixels that are changed and that no mask explains."""
        if missing.any():
            stray = missing if self.mask is None else missing & self.mask[region]
            if stray.any():
                self._warn(
                    "data",
                    f"Frame {i} of {self.name} has {stray.sum()} pixels without "
                    "data (NaN, or a detector's mark) beyond its mask; they are read as 0. "
                    "Give mask= to leave them out of every frame.",
                )
        if raw.dtype.kind != "u":
            negative = (raw < 0) & ~missing
            if negative.any():
                self._warn(
                    "negative",
                    f"Frame {i} of {self.name} has {negative.sum()} negative "
                    f"pixels (lowest {raw[negative].min():g}), read as 0. Add the "
                    "detector's offset before saving if their noise matters.",
                )

    def _warn(self, kind, sentence):
        with self._lock:
            if kind in self._seen:
                return
            self._seen.add(kind)
        warnings.warn(sentence, stacklevel=2)

    def _fit(self, mask):
        """The given mask as (y, x) bool of the frames' shape; that of a detector is cropped."""
        mask = read_mask(mask, self.name) if isinstance(mask, (str, Path)) else np.asarray(mask)
        shape = self._frames.shape
        if self._frames.crop_of and mask.shape == self._frames.crop_of:
            mask = mask[crop_slices(mask.shape, shape[0])]
        if mask.shape != shape:
            raise ValueError(
                f"The mask has shape {mask.shape}, the frames of {self.name} {shape}; expected "
                "the same. Give the mask of this detector and binning."
            )
        return mask.astype(bool)
