"""Where the frames of a run lie in its files, for all formats; each has a file in formats.

Each `find` takes an open HDF5 file, or paths of images, and returns a `Frames`, without pixels.
"""

import os
import warnings
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  registers bitshuffle, LZ4, Zstd, Blosc: what detectors write
import numpy as np

from .again import Again
from .chunks import whole_frame
from .links import check_sources
from .pixels import always_marks, warn_if_inverted


@dataclass
class Frames:
    """Where the raw frames of a run lie in HDF5 datasets, and what their file says of them.

    `flags` and `lowest` tell raw pixels without data: see `NoData`.  Panels of a detector that lie
    in an axis of their own are read one below the other.
    """

    parts: list  # HDF5 datasets (n, y, x) or (y, x), or `Plane` or `Panels` of them
    shape: tuple  # (y, x), (panels * y, x) of panels
    dtype: np.dtype
    facts: dict = field(default_factory=dict)  # fields of Card
    shots: dict = field(default_factory=dict)  # name -> one value a frame
    good: np.ndarray | None = None  # (y, x) bool, True = good
    lowest: float | None = None
    flags: tuple = ()
    crop_of: tuple | None = None  # shape of the detector, where the file holds central crops
    tokens: list | None = None  # what stands for % in CrystFEL's path of each part's images
    panels: int | None = None  # of a frame, where they have an axis of their own
    again: Again = field(default_factory=Again, repr=False)

    def __post_init__(self):
        self.ends = list(accumulate(p.shape[0] if p.ndim == 3 else 1 for p in self.parts))
        self.sizes = [_size(part) for part in self.parts]

    def __len__(self):
        return self.ends[-1] if self.ends else 0

    @property
    def stored(self):
        """Shape of a frame as it lies in the file: (y, x), or (panels, y, x)."""
        rows, columns = self.shape
        return (self.panels, rows // self.panels, columns) if self.panels else self.shape

    @property
    def panel(self):
        """How many rows of a frame a panel has; None where the frame is one image."""
        return self.shape[0] // self.panels if (self.panels or 1) > 1 else None

    def set_wavelengths(self, values):
        """Take wavelengths, Å: the median for the card, and each frame's where all have one."""
        if len(values):
            self.facts["wavelength"] = float(np.median(values))
        if len(values) == len(self):
            self.shots["wavelength"] = values

    def place(self, i):
        """Path of the file, name and shape of the dataset that hold frame i, and its index there.

        Name and shape are None for CBF; the index is None where the dataset is one frame.
        """
        k, index = self.part_of(i)
        plane = getattr(self.parts[k], "plane", None)
        return *self.source(k), (index if plane is None else (index, plane))

    def event(self, i):
        """How CrystFEL names frame i within the file: "part//n" or "//n", n from 0, or ""."""
        k, index = self.part_of(i)
        token = self.tokens[k] if self.tokens else ""
        return "" if index is None else f"{token}//{index}"

    def source(self, k):
        """Path of the file, name and shape of the dataset of part k."""
        part = self.parts[k]
        return Path(part.file.filename), part.name, getattr(part, "data", part).shape

    def files(self):
        """Paths of all files that hold frames: a set."""
        return {self.source(k)[0] for k in range(len(self.parts))}

    def read(self, i, rows=slice(None), columns=slice(None)):
        """Raw pixels of frame i, of these rows and columns only: (y, x), the file's dtype."""
        return self.again(self._read, i, rows, columns)

    def _read(self, i, rows, columns):
        k, index = self.part_of(i)
        part = self.parts[k]
        if (frame := whole_frame(part, index)) is not None:
            pixels = frame[rows, columns]
        elif _unpacked_chunks(part):  # HDF5 would read them row by row where a crop is asked for
            pixels = (part[()] if index is None else part[index])[rows, columns]
        else:
            pixels = part[rows, columns] if index is None else part[index, rows, columns]
        if _size(part) < self.sizes[k]:  # HDF5 reads zeros, and no error, behind the end of a file
            raise OSError("the file has become shorter while it was read")
        return pixels

    def part_of(self, i):
        """Number of the part that holds frame i, and the index there, None in a part of one."""
        k = bisect_right(self.ends, i)
        return k, (i - (self.ends[k - 1] if k else 0) if self.parts[k].ndim == 3 else None)


@dataclass
class ImageFrames(Frames):
    """Frames in files of one or a few: `parts` are paths, or a path and a number in the file each.

    `decode` reads one of the parts: (y, x).
    """

    decode: Callable = None

    def __post_init__(self):
        self.ends = list(range(1, len(self.parts) + 1))

    def part_of(self, i):
        return i, None

    def place(self, i):
        return *self.source(i), None

    def source(self, k):
        part = self.parts[k]
        return (part[0] if isinstance(part, tuple) else part), None, None

    def _read(self, i, rows, columns):
        return self.decode(self.parts[i])[rows, columns]


class Plane:
    """One plane of a dataset (n, planes, y, x), as if it were a dataset (n, y, x)."""

    ndim = 3

    def __init__(self, data, plane):
        self.data, self.plane, self.file, self.name = data, plane, data.file, data.name
        self.shape, self.dtype = (data.shape[0], *data.shape[2:]), data.dtype
        self.chunks, self.id = data.chunks, data.id

    def __getitem__(self, where):
        first, *rest = where if isinstance(where, tuple) else (where,)
        return self.data[(first, self.plane, *rest)]


class Panels:
    """A dataset (n, panels, y, x), or a frame (panels, y, x), as if panels lay below each other."""

    chunks = None  # a frame is read whole

    def __init__(self, data):
        self.data, self.file, self.name, self.dtype = data, data.file, data.name, data.dtype
        *count, self.panels, rows, columns = data.shape
        self.shape, self.ndim = (*count, self.panels * rows, columns), data.ndim - 1

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, where):
        where = where if isinstance(where, tuple) else (where,)
        ahead = where[: self.ndim - 2]
        frame = self.data[ahead]
        return frame.reshape(*frame.shape[:-3], -1, frame.shape[-1])[where[len(ahead) :]]


def _unpacked_chunks(part):
    """Whether a dataset is cut into chunks that are stored as they are."""
    return bool(part.chunks) and part.id.get_create_plist().get_nfilters() == 0


def _size(part):
    """Bytes of the file on disk that holds a dataset; 0 where it is not on disk."""
    try:
        return os.stat(part.file.filename).st_size
    except OSError:
        return 0


def stacked(file, parts):
    """Frames of datasets that agree in shape and hold real numbers."""
    shapes = {part.shape[-2:] for part in parts}
    panels = {getattr(part, "panels", None) for part in parts}
    if not parts or sum(part.shape[0] for part in parts) == 0:
        raise ValueError(f"{name_of(file)} holds no frame; expected one or more. Record it again.")
    if len(shapes) > 1 or len(panels) > 1 or parts[0].dtype.kind not in "iuf":
        raise ValueError(
            f"{name_of(file)} holds frames of shapes {sorted(shapes)} and type {parts[0].dtype}; "
            "expected one shape, integers or floats. Split the file by shape."
        )
    kind = parts[0].dtype
    return Frames(parts, shapes.pop(), kind, flags=always_marks(kind), panels=panels.pop())


def stack(file, path, single=False, panels=False):
    """The dataset of that path: (n, y, x), or (y, x) where `single` allows it.

    Where `panels` allows it, also (n, panels, y, x), as `Panels`.
    """
    data = file.get(path)
    if not isinstance(data, h5py.Dataset):
        raise ValueError(
            f"{name_of(file)} has no dataset {path}; expected frames of shape (n, y, x) there. "
            "The file is incomplete: fetch or convert it again."
        )
    if data.ndim != 3 and not (single and data.ndim == 2) and not (panels and data.ndim == 4):
        expected = "(n, y, x) or (n, panels, y, x)" if panels else "(n, y, x)"
        advice = listing(file)
        if data.ndim > 4:  # raw AGIPD and LPD
            advice = "Raw frames with a gain beside each image are calibrated first."
        raise ValueError(
            f"{path} of {name_of(file)} has {data.ndim} dimensions, {data.shape}; expected "
            f"{expected}. {advice}"
        )
    check_sources(data)
    return Panels(data) if data.ndim == 4 else data


def one_mask(flags, frames, name, good_of):
    """The good pixels that a file's flags tell: (y, x) bool, or None without flags.

    Of a stack, one for each threshold or for each frame, the first tells of a threshold; of flags
    for each frame, those of most of them count.  Flags of panels, (panels, y, x) or one such for
    each frame, fit frames in which these lie one below the other.  Flags of another shape than the
    frames' are left out, with a warning.

    Parameters
    ----------
    flags : h5py.Dataset or None
    frames : Frames
    name : str, of the file
    good_of : function of flags (y, x), their good pixels (y, x) bool
    """
    if flags is None:
        return None
    if flags.ndim in (3, 4) and below_each_other(flags.shape[-3:]) == frames.shape:
        flags = Panels(flags)
    if flags.shape[-2:] != frames.shape or flags.ndim not in (2, 3) or 0 in flags.shape:
        warnings.warn(
            f"The mask {flags.name} of {name} has shape {flags.shape}, its frames {frames.shape}; "
            "expected the same. It is not used: give the detector's mask by mask=.",
            stacklevel=2,
        )
        return None
    good = _most_good(flags, len(frames), good_of)
    warn_if_inverted(good, name)
    return good


def below_each_other(shape):
    """The shape of panels (panels, y, x) that lie one below the other: (panels * y, x)."""
    return shape[0] * shape[1], shape[2]


def _most_good(flags, count, good_of):
    if flags.ndim == 2:
        return good_of(flags[()])
    if len(flags) != count or count == 1:
        return good_of(flags[0])
    looked_at = np.unique(np.linspace(0, count - 1, 5).astype(int))
    return 2 * sum(good_of(flags[i]).astype(np.uint8) for i in looked_at) >= len(looked_at)


def listing(file, most=5):
    """A sentence on the datasets of a file that may hold frames, for an error: str."""
    found = []

    def look(_, item):
        if isinstance(item, h5py.Dataset) and item.ndim in (2, 3, 4) and min(item.shape[-2:]) >= 64:
            found.append(f"{item.name.lstrip('/')} {item.shape}")
        return True if len(found) == most else None

    file.visititems(look)
    if not found:
        return "It has no dataset of images either: check that they were saved."
    return f"Name the dataset of the frames (--dataset PATH); it has {', '.join(found)}."


def number(group, name):
    """A dataset's value, the median of several: float, or None where there is none."""
    values = values_of(group, name)
    return float(np.median(values)) if len(values) else None


def values_of(group, name):
    """A dataset's numbers in a row; none where there is no such dataset, or one of words."""
    values = np.ravel(group[name][()]) if name in group else np.zeros(0)
    return values if values.dtype.kind in "iuf" else np.zeros(0)


def millimetres(group, name):
    """A length by its `units` attribute (metres where it has none): float, mm, or None."""
    value = number(group, name)
    if value is None:
        return None
    units = text_of(group[name].attrs.get("units")) or "m"
    return value * {"m": 1e3, "cm": 10.0, "mm": 1.0, "um": 1e-3, "µm": 1e-3}.get(units, 1e3)


def text_of(value):
    value = value[()] if isinstance(value, h5py.Dataset) else value
    return value.decode() if isinstance(value, bytes) else value


def name_of(file):
    return Path(str(file.filename)).name
