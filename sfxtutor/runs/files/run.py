"""A run in a file: its frames read one at a time, in constant memory, as uint16 (see `pixels`)."""

import hashlib
import re
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..annotations import read_labels
from ..run import CROP, Card, Run, crop_slices
from .masks import fitting_mask
from .open import open_frames
from .pixels import NoData, PixelWarnings, to_uint16

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

    Attributes
    ----------
    frames : Frames, where the raw frames lie
    no_data : NoData, what raw pixels without data equal or lie below

    Raises
    ------
    FileNotFoundError
        If a file, or one that it links to, is missing.
    ValueError
        If it is damaged, of another format or shape, or labels or mask do not fit.
    """

    def __init__(self, path, *, labels=None, mask=None, card=None):
        self._file, self.frames, self._paths = open_frames(path)
        self.no_data = NoData(self.frames.flag, self.frames.lowest)
        name = card.name if card else re.sub(r"_master$", "", self._paths[0].stem)
        card = card or Card(name, f"{name}, a file", "file", address=str(self._paths[0]))
        facts = {name: value for name, value in self.frames.facts.items() if value is not None}
        self.card = replace(card, shape=self.frames.shape, frames=len(self.frames), **facts)
        self.name, self.source = self.card.name, self.card.source
        self._warnings = PixelWarnings(self.name)
        self._given = None if mask is None else fitting_mask(mask, self.frames, self.name)
        self.labels = None if labels is None else read_labels(labels, len(self))

    def __len__(self):
        return len(self.frames)

    def _frame(self, i):
        return self._read(i, slice(None), slice(None))

    def crop(self, i, size=CROP):
        """Central square of frame i: (size, size) uint16, ADU.  Only these pixels are read."""
        return self._read(self.index(i), *crop_slices(self.frames.shape, size))

    def shot(self, i):
        """Wavelength (Å), distance (mm) and timestamp of frame i: a dict, None where unknown."""
        values = super().shot(i)
        values |= {name: array[self.index(i)] for name, array in self.frames.shots.items()}
        return values

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
        """Good pixels: (y, x) bool, or None where every pixel is good.

        It joins what the file says (flags, active areas), what the caller gives, and the pixels
        without data in five frames spread over the run.  A pixel that loses its data in some other
        frame is read as 0 there; the first such frame is reported by a warning.
        """
        good = np.ones(self.frames.shape, bool)
        for known in (self.frames.good, self._given):
            if known is not None:
                good &= known
        if self.no_data.possible(self.frames.dtype):
            for i in np.unique(np.linspace(0, len(self) - 1, SAMPLE).astype(int)):
                try:
                    good &= ~self.no_data.where(self.frames.read(int(i)))
                except (OSError, RuntimeError, KeyError, ValueError):
                    continue  # reading that frame will say what is wrong with it
        return None if good.all() else good

    @cached_property
    def fingerprint(self):
        """Changes with path, size or time of the files, those linked to included: str.

        It changes with VERSION too: what a corrected reader gives is another content.
        """
        if self._file is not None and not self._paths[0].exists():  # read over the network
            return f"reading {VERSION} {self.name}:{self._file.id.get_filesize()}"
        files = sorted({*self._paths, *self.frames.files()})
        states = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
        return f"reading {VERSION} {hashlib.sha256(repr(states).encode()).hexdigest()[:24]}"

    def _read(self, i, rows, columns):
        raw = self._raw(i, rows, columns)
        if not self.no_data.possible(raw.dtype):
            return raw.astype(np.uint16, copy=False)
        if not self.no_data.occurs(raw):
            return raw.astype(np.uint16)
        missing = self.no_data.where(raw)
        masked = None if self.mask is None or not missing.any() else self.mask[rows, columns]
        self._warnings.missing(i, missing if masked is None else missing & masked)
        self._warnings.negative(i, raw, missing)
        return to_uint16(raw, missing)

    def _raw(self, i, rows, columns):
        """Raw pixels of frame i; an error of the file becomes a sentence."""
        if self._file is not None and not self._file:
            raise ValueError(f"The file of {self.name} is closed. Open the run again.")
        try:
            raw = self.frames.read(i, rows, columns)
        except ConnectionError:
            raise  # the file is read over the network, and the error says so
        except (OSError, RuntimeError, KeyError) as error:
            raise ValueError(
                f"Frame {i} of {self.name} cannot be read ({error}); the file is damaged or still "
                "being written. Copy or fetch it again."
            ) from error
        regions = zip((rows, columns), self.frames.shape, strict=True)
        expected = tuple(len(range(*part.indices(n))) for part, n in regions)
        if raw.shape != expected:
            raise ValueError(
                f"Frame {i} of {self.name} gives {raw.shape} pixels, the first one {expected}; "
                "expected one shape. Open the files of each detector as a run of its own."
            )
        return raw
