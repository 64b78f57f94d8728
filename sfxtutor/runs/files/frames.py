"""Where the frames of a run lie in its files, for all formats; each has a file of its own here.

Each `find_*` takes an open HDF5 file (CBF: paths) and returns a `Frames`; no pixel is read yet.
"""

import os
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  registers bitshuffle, LZ4, Zstd, Blosc: what detectors write
import numpy as np


@dataclass
class Frames:
    """Where the raw frames of a run lie in HDF5 datasets, and what their file says of them.

    `flag` and `lowest` tell raw pixels without data: see `NoData`.
    """

    parts: list  # HDF5 datasets (n, y, x) or (y, x)
    shape: tuple  # (y, x)
    dtype: np.dtype
    facts: dict = field(default_factory=dict)  # fields of Card
    shots: dict = field(default_factory=dict)  # name -> one value a frame
    good: np.ndarray | None = None  # (y, x) bool, True = good
    lowest: float | None = None
    flag: int | None = None
    crop_of: tuple | None = None  # shape of the detector, where the file holds central crops
    tokens: list | None = None  # what stands for % in CrystFEL's path of each part's images

    def __post_init__(self):
        self.ends = list(accumulate(p.shape[0] if p.ndim == 3 else 1 for p in self.parts))
        self.sizes = [_size(part) for part in self.parts]

    def __len__(self):
        return self.ends[-1] if self.ends else 0

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
        return *self.source(k), index

    def event(self, i):
        """How CrystFEL names frame i within the file: "part//n" or "//n", n from 0, or ""."""
        k, index = self.part_of(i)
        token = self.tokens[k] if self.tokens else ""
        return "" if index is None else f"{token}//{index}"

    def source(self, k):
        """Path of the file, name and shape of the dataset of part k."""
        part = self.parts[k]
        return Path(part.file.filename), part.name, part.shape

    def files(self):
        """Paths of all files that hold frames: a set."""
        return {self.source(k)[0] for k in range(len(self.parts))}

    def read(self, i, rows=slice(None), columns=slice(None)):
        """Raw pixels of frame i, of these rows and columns only: (y, x), the file's dtype."""
        k, index = self.part_of(i)
        part = self.parts[k]
        pixels = part[rows, columns] if index is None else part[index, rows, columns]
        if _size(part) < self.sizes[k]:  # HDF5 reads zeros, and no error, behind the end of a file
            raise OSError("the file has become shorter while it was read")
        return pixels

    def part_of(self, i):
        """Number of the part that holds frame i, and the index there, None in a part of one."""
        k = bisect_right(self.ends, i)
        return k, (i - (self.ends[k - 1] if k else 0) if self.parts[k].ndim == 3 else None)


def _size(part):
    """Bytes of the file on disk that holds a dataset; 0 where it is not on disk."""
    try:
        return os.stat(part.file.filename).st_size
    except OSError:
        return 0


def stacked(file, parts):
    """Frames of datasets that agree in shape and hold real numbers."""
    shapes = {part.shape[-2:] for part in parts}
    if not parts or sum(part.shape[0] for part in parts) == 0:
        raise ValueError(f"{name_of(file)} holds no frame; expected one or more. Record it again.")
    if len(shapes) > 1 or parts[0].dtype.kind not in "iuf":
        raise ValueError(
            f"{name_of(file)} holds frames of shapes {sorted(shapes)} and type {parts[0].dtype}; "
            "expected one shape, integers or floats. Split the file by shape."
        )
    return Frames(
        parts,
        shapes.pop(),
        parts[0].dtype,
        flag=np.iinfo(parts[0].dtype).max
        if parts[0].dtype.kind == "u" and parts[0].dtype.itemsize > 2
        else None,
    )


def stack(file, path, single=False):
    """The dataset of that path: (n, y, x), or (y, x) where `single` allows it."""
    data = file.get(path)
    if not isinstance(data, h5py.Dataset):
        raise ValueError(
            f"{name_of(file)} has no dataset {path}; expected frames of shape (n, y, x) there. "
            "The file is incomplete: fetch or convert it again."
        )
    if data.ndim != 3 and not (single and data.ndim == 2):
        raise ValueError(
            f"{path} of {name_of(file)} has {data.ndim} dimensions, {data.shape}; expected "
            "(n, y, x). Assemble the detector's panels into one image first."
        )
    # HDF5 gives zeros, and no error, where the file behind a virtual dataset is missing.
    # In their names a % is doubled.
    sources = data.virtual_sources() if data.is_virtual else ()
    sources = {source.file_name.replace("%%", "%") for source in sources}
    lost = [s for s in sources if s != "." and not (Path(data.file.filename).parent / s).exists()]
    if lost:
        raise FileNotFoundError(
            f"{name_of(file)} takes frames from {lost[0]}, which is missing; expected it in the "
            "same folder. Copy it there."
        )
    return data


def number(group, name):
    """A dataset's value, the median of several: float, or None where there is none."""
    values = values_of(group, name)
    return float(np.median(values)) if len(values) else None


def values_of(group, name):
    """A dataset's values in a row; none where there is no such dataset."""
    return np.ravel(group[name][()]) if name in group else np.zeros(0)


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
