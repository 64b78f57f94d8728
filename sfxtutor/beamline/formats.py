"""The file formats: where the frames lie in idh5_v1.0 and CXI files (NeXus: nexus.py, CBF: cbf.py).

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

from ..support.units import HC, JOULE

# The flags of CXI (Maia, Nature Methods 9, 854, 2012) that make a pixel useless: invalid, hot,
# dead, shadowed, to be ignored, bad, missing, noisy.  Saturated, in a peak mask, outside a
# resolution range and corrected pixels hold data.
CXI_BAD = 1 | 4 | 8 | 16 | 64 | 128 | 512 | 1024
CXI_DATA = ("entry_1/data_1/data", "entry_1/instrument_1/detector_1/data", "entry_1/image_1/data")


@dataclass
class Frames:
    """Where the raw frames of a run lie, and what its file says of them.

    A raw pixel holds no data where it is not finite, the lowest number of a signed type, equal to
    `flag`, or below `lowest`.
    """

    parts: list  # HDF5 datasets (n, y, x) or (y, x); paths of CBF files
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
        stacks = [isinstance(p, h5py.Dataset) and p.ndim == 3 for p in self.parts]
        self.ends = list(
            accumulate(
                p.shape[0] if stack else 1 for p, stack in zip(self.parts, stacks, strict=True)
            )
        )
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
        """Number of the part that holds frame i, and the index there, None in a part of one."""
        k = bisect_right(self.ends, i)
        stack = isinstance(self.parts[k], h5py.Dataset) and self.parts[k].ndim == 3
        return k, (i - (self.ends[k - 1] if k else 0) if stack else None)

    def read(self, i, rows=slice(None), columns=slice(None)):
        """Raw pixels of frame i, of these rows and columns only: (y, x), the file's dtype."""
        k, index = self.place(i)
        part = self.parts[k]
        if not isinstance(part, h5py.Dataset):
            from .cbf import read_cbf

            return read_cbf(part).data[rows, columns]
        pixels = part[rows, columns] if index is None else part[index, rows, columns]
        if _size(part) < self.sizes[k]:  # HDF5 reads zeros, and no error, behind the end of a file
            raise OSError("the file has become shorter while it was read")
        return pixels


def _size(part):
    """Bytes of the file on disk that holds a dataset; 0 where it is not on disk."""
    try:
        return os.stat(part.file.filename).st_size if isinstance(part, h5py.Dataset) else 0
    except OSError:
        return 0


def find_frames(file):
    """Recognise the format of an open HDF5 file and find its frames: a Frames."""
    if "metadata/idh5_version" in file:
        return find_idh5(file)
    if "entry_1" in file:
        return find_cxi(file)
    from .nexus import find_entry, find_nxmx

    if find_entry(file) is not None:
        return find_nxmx(file)
    raise ValueError(
        f"{name_of(file)} holds {', '.join(file) or 'nothing'}; expected idh5_v1.0 (metadata, "
        "data), CXI (entry_1) or NeXus NXmx (entry). Convert it to one of these."
    )


def find_idh5(file):
    """idh5_v1.0, the files of CXIDB 76: chunks under /data, in the order of h5py's keys."""
    meta = file["metadata"]
    version = text_of(meta["idh5_version"])
    if version != "idh5_v1.0":
        raise ValueError(f"{name_of(file)} is {version!r}; expected 'idh5_v1.0'. Convert it.")
    chunks = list(file["data"]) if "data" in file else []
    parts = [stack(file, f"data/{chunk}/images") for chunk in chunks]
    frames = stacked(file, parts)
    frames.tokens, count = chunks, len(frames)
    for name in ("wavelength", "distance", "timestamp"):
        values = [
            np.atleast_1d(file[f"data/{c}/{name}"][()])
            for c in chunks
            if f"data/{c}/{name}" in file
        ]
        if values and sum(map(len, values)) == count:
            frames.shots[name] = np.concatenate(values)
    if "title" in file.attrs:  # a file of write_idh5 says whether it is measured or simulated
        frames.facts["title"] = text_of(file.attrs["title"])
    pixel, y, x = (number(meta, key) for key in ("PIXEL_SIZE", "BEAM_CENTER_Y", "BEAM_CENTER_X"))
    frames.facts |= {
        "pixel": pixel,
        "beam_center": (y / pixel, x / pixel) if pixel and None not in (x, y) else None,
        "saturation": number(meta, "SATURATED_VALUE"),
        **{k: float(np.median(v)) for k, v in frames.shots.items() if k != "timestamp"},
    }
    lowest = number(meta, "MIN_TRUSTED_VALUE")
    if lowest is not None:
        # Rayonix files say -1 and mean that -1 itself is not trusted (dxtbx, util_rayonix).
        frames.lowest = lowest + 1 if lowest < 0 else lowest
    frames.good = _active_areas(meta, frames.shape)
    if "MASK" in meta:  # written by write_idh5 only
        frames.good = meta["MASK"][()].astype(bool)
    if "CROP_OF" in meta:  # likewise
        frames.crop_of = tuple(int(n) for n in meta["CROP_OF"])
    return frames


def find_cxi(file):
    """CXI: stacked images of the first detector, its flags, photon energy and geometry."""
    path = next((p for p in CXI_DATA if p in file), None)
    if path is None:
        raise ValueError(
            f"{name_of(file)} is a CXI file without images; expected {' or '.join(CXI_DATA)}. "
            "Check that the images were saved."
        )
    frames = stacked(file, [stack(file, path, single=True)])
    detector = file.get("entry_1/instrument_1/detector_1", {})
    ev = values_of(file, "entry_1/instrument_1/source_1/energy") / JOULE
    if not len(ev):
        ev = values_of(file, "LCLS/photon_energy_eV")  # where Cheetah and psocake write it
    frames.set_wavelengths(HC / ev[ev > 0])
    frames.facts |= {
        "distance": millimetres(detector, "distance"),
        "pixel": millimetres(detector, "x_pixel_size"),
    }
    flags = next(
        (
            file[p]
            for p in (path[:-4] + "mask", path[:-4] + "mask_shared", CXI_DATA[1][:-4] + "mask")
            if p in file
        ),
        None,
    )
    if flags is not None:
        flags = flags[0] if flags.ndim == 3 else flags[()]
        frames.good = flags.astype(np.int64) & CXI_BAD == 0
    if "source/p_hit" in file:  # a file of hits says what stands for no data in its sources
        marks = file["source"].attrs
        frames.flag, frames.lowest = marks.get("flag"), marks.get("lowest")
    return frames


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


def _active_areas(meta, shape):
    """Good pixels by ACTIVE_AREAS (y1, x1, y2, x2 a tile), less a margin of 1, as Ke et al."""
    areas = np.ravel(meta["ACTIVE_AREAS"][()]) if "ACTIVE_AREAS" in meta else ()
    if len(areas) <= 4:
        return None
    good = np.zeros(shape, bool)
    for y1, x1, y2, x2 in np.reshape(areas, (-1, 4)):
        good[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1] = True
    return good


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
