"""A run in a file: its frames read one at a time, in constant memory, as uint16 (see `pixels`)."""

import hashlib
import os
import re
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..annotations import read_labels
from ..run import CROP, Card, Run, crop_slices
from .geometry import read_geometry
from .marks import look_at, suspects
from .masks import fitting_mask, named_masks
from .open import open_frames
from .pixels import NoData, PixelWarnings, to_uint16, warn_if_inverted

VERSION = 2  # of the pixels, masks and facts that reading gives: raised when they change
LOST = 0.5  # of the good pixels: a frame with more of them without data is none


class FileRun(Run):
    """The frames of an idh5, CXI, NeXus or SACLA file, or of images.  See `open_run`.

    Parameters
    ----------
    path : path of an HDF5 file, of an image (CBF, TIFF, EDF) or of a folder of images; a list of
        paths of images; an open h5py.File
    labels : path of an annotation file, optional
    mask : path or (y, x) bool array, True = good pixel, optional
    card : Card, what is known beside the file, optional
    dataset : str, path of the frames in an HDF5 file, optional: where no format names them
    geometry : path of a geometry file of CrystFEL, optional

    Attributes
    ----------
    frames : Frames, where the raw frames lie
    geometry : Geometry, or None
    panel : int, rows of a panel where the frames are stacks of panels, (panels * y, x); or None
    no_data : NoData, what raw pixels without data equal or lie below
    readings : (low, high), float, the raw numbers that are readings: see `NoData.readings`
    scale, offset : float and int, what pixels are multiplied by before they are rounded, and what
        is then added: 1 and 0, but for floats of little noise and for noise about 0

    Raises
    ------
    FileNotFoundError
        If a file, or one that it links to, is missing.
    ValueError
        If it is damaged, of another format or shape, or labels, mask or geometry do not fit.
    """

    def __init__(self, path, *, labels=None, mask=None, card=None, dataset=None, geometry=None):
        self._file, self.frames, self._paths = open_frames(path, dataset)
        name = card.name if card else re.sub(r"_master$", "", self._paths[0].stem)
        card = card or Card(name, f"{name}, a file", "file", address=str(self._paths[0]))
        facts = {name: value for name, value in self.frames.facts.items() if value is not None}
        self.card = replace(card, shape=self.frames.shape, frames=len(self.frames), **facts)
        self.name, self.source = self.card.name, self.card.source
        self._warnings = PixelWarnings(self.name)
        self._given = None if mask is None else fitting_mask(mask, self.frames, self.name)
        if self._given is not None:
            warn_if_inverted(self._given, self.name)
        self.geometry = None if geometry is None else read_geometry(geometry)
        if self.geometry:
            self.geometry.check(self.frames.stored, self.name)
            self.geometry.warn_of_gaps(self.frames.shape, self.name)
        self._named = named_masks(self.geometry, self.frames, self._file, self.name)
        self.labels = None if labels is None else read_labels(labels, len(self))

    def __len__(self):
        return len(self.frames)

    def _frame(self, i):
        return self._read(i, slice(None), slice(None))[0]

    def crop(self, i, size=CROP):
        """Central square of frame i: (size, size) uint16, ADU.  Only these pixels are read."""
        return self.crop_and_gaps(i, size)[0]

    def crop_and_gaps(self, i, size=CROP):
        """A crop, and where it lacks data beyond the mask: (size, size) uint16 and bool, or None.

        Raises
        ------
        ValueError
            If most of its good pixels lack data.
        """
        return self._read(self.index(i), *self._central(size))

    def good(self, size=CROP):
        self._central(size)
        return super().good(size)

    def _central(self, size):
        """Rows and columns of the central square; a sentence where there is none."""
        (rows, columns), panel = self.frames.shape, self.panel
        if panel:
            found = f"are {rows // panel} panels of {panel} x {columns} pixels, without a centre"
        elif size > min(rows, columns):
            found = f"have {rows} x {columns} pixels"
        else:
            return crop_slices(self.frames.shape, size)
        raise ValueError(
            f"The frames of {self.name} {found}; expected one image of {size} x {size} or more for "
            "the central crop, which the models rwd and cnn take. In Python run[i], run.values(i) "
            "and run.raw(i) give whole frames."
        )

    def raw(self, i):
        """Frame i as it lies in the file: (y, x), the file's dtype and unit; panels are stacked.

        Raises
        ------
        ValueError
            If it cannot be read, or reads a detector's mark for no data throughout.
        """
        i = self.index(i)
        raw = self._raw(i, slice(None), slice(None))
        self._refuse_uniform(i, raw)
        return raw

    def values(self, i):
        """Frame i as measured: (y, x) float32, the file's unit; negative kept, NaN without data.

        What comes before integers, in which the kernels of `fast` take frames: `run[i]` is these
        times `scale` plus `offset`, rounded and cut to uint16.
        """
        raw = self._raw(self.index(i), slice(None), slice(None))
        return np.where(self.no_data.where(raw), np.float32(np.nan), raw).astype(np.float32)

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

        It joins what the file says (flags, active areas), what the caller gives, what a geometry
        file leaves out (bad regions, its masks, pixels in no panel), and the pixels without data in
        most of five frames spread over the run.  A pixel that loses its data in some other frame is
        read as 0 there; the first such frame is reported by a warning.
        """
        good = np.ones(self.frames.shape, bool)
        bad = self._known.bad
        panels = self.geometry and self.geometry.good(self.frames.shape)
        given = self.frames.good, self._given, *self._named
        for known in (*given, panels, None if bad is None else ~bad):
            if known is not None:
                good &= known
        return None if good.all() else good

    @property
    def growing(self):
        """Whether its writer has not closed the file, and lets others read it (SWMR): bool."""
        return self._file is not None and bool(self._file.swmr_mode)

    @property
    def no_data(self):
        return self._known.no_data

    @property
    def panel(self):
        return self.frames.panel

    @cached_property
    def readings(self):
        return self.no_data.readings(self.frames.dtype)

    @property
    def scale(self):
        return self._known.scale

    @property
    def offset(self):
        return self._known.offset

    @cached_property
    def _known(self):
        """What five frames tell of the pixels, where the file leaves a question: a `Known`."""
        stated = NoData(self.frames.flags, self.frames.lowest)
        return look_at(self._samples(stated), stated, self._suspects)

    @cached_property
    def _suspects(self):
        """Numbers that may stand for no data: the file names no smallest one."""
        if self.frames.lowest is not None and self.frames.dtype.kind == "i":
            return ()
        return suspects(self.frames.dtype, self.card.saturation)

    def _samples(self, stated):
        """Yield raw frames, if there is anything that they may tell."""
        if not (self._suspects or stated.possible(self.frames.dtype)):
            return
        for i in sample_numbers(len(self)):
            try:
                raw = self.frames.read(i)
            except (OSError, RuntimeError, KeyError, ValueError):
                continue  # reading that frame will say what is wrong with it
            if raw.shape == self.frames.shape:
                yield raw

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

    @cached_property
    def first_print(self):
        """As `fingerprint`, but unchanged where frames are added: of path and first frame, str."""
        try:
            first = self._raw(0, slice(None), slice(None)).tobytes()
        except ValueError:  # reading that frame will say what is wrong with it
            first = b""
        path = os.fsencode(self._paths[0].resolve())
        return f"reading {VERSION} {hashlib.sha256(path + first).hexdigest()[:24]}"

    def _read(self, i, rows, columns):
        """Pixels as uint16, and where they lack data beyond the mask, or None if nowhere."""
        raw = self._raw(i, rows, columns)
        self._refuse_uniform(i, raw)
        no_data = self.no_data
        if not no_data.possible(raw.dtype) or not (self.offset or no_data.occurs(raw)):
            return raw.astype(np.uint16, copy=False), None
        missing = no_data.where(raw)
        good = None if self.mask is None else self.mask[rows, columns]
        gaps = missing if good is None else missing & good
        if gaps.any():
            self._refuse_lost(i, gaps, good)
            self._warnings.missing(i, gaps)
        if not self.offset:
            self._warnings.negative(i, raw, missing if good is None else missing | ~good)
        self._warnings.changed(self.scale, self.offset)
        pixels = to_uint16(raw, missing, self.scale, self.offset)
        return pixels, gaps if gaps.any() else None

    def _refuse_uniform(self, i, raw):
        """A frame that reads one number throughout, a detector's mark, is lost."""
        first = raw[0, 0]
        if self._suspects and first in self._suspects and (raw == first).all():
            raise ValueError(
                f"Frame {i} of {self.name} reads {first} in every pixel, which stands for no data; "
                "expected an image. Leave this frame out."
            )

    def _refuse_lost(self, i, gaps, good):
        of, lost = gaps.size if good is None else np.count_nonzero(good), np.count_nonzero(gaps)
        if lost > LOST * of:
            raise ValueError(
                f"Frame {i} of {self.name} has no data in {lost} of {of} good pixels (NaN, or a "
                "detector's mark); expected most of them. Leave this frame out."
            )

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


def sample_numbers(count):
    """Numbers of five frames, or all of fewer, spread over a run: sorted list."""
    return sorted({0, count // 3, count // 2, 2 * count // 3, count - 1}) if count else []
