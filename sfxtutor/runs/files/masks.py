"""Read a detector mask: (y, x) bool, True = good pixel.  Nothing downloaded is ever unpickled."""

import pickletools
import warnings
from contextlib import nullcontext
from itertools import pairwise
from math import isqrt
from pathlib import Path
from zipfile import BadZipFile

import h5py
import numpy as np

from ..run import crop_slices
from .formats import suffix_of
from .formats.cbf import read_cbf
from .formats.cxi import CXI_BAD
from .formats.images import read_image
from .frames import below_each_other, one_mask

_INTEGERS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"}


def read_mask(path, name=None, shape=None):
    """Read a mask from a file: (y, x) bool, True = good pixel.

    - `.pickle`: the masks of DIALS and of CXIDB 76 (a `flex.bool` a panel).  The pickle is parsed,
      not loaded: only its byte string of "0" and "1" and the integers of its shape are looked at.
    - `.npy`, `.npz`: a bool or 0/1 array (y, x), 1 = good, or the packed bits of a square one.
    - `.h5`, `.cxi`, `.nxs`: `pixel_mask` (NeXus, 0 = good), a CXI `mask` of flags under entry_1,
      or else `mask` or `data/data`, 1 = good.
    - `.cbf` (also packed by gzip or bzip2), `.tif`: 0 and negative pixels are bad.
    - `.edf`: the masks of pyFAI and silx, 0 = good.

    Parameters
    ----------
    path : str or Path
    name : str, optional, the array of an .npz that holds several, such as "LN84"
    shape : (y, x), optional, of the frames: a mask (panels, y, x) of panels that lie one below the
        other in these is one for them

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is none of these, or holds no mask.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no mask file {path}. Check the path.")
    readers = {
        ".pickle": _read_flex,
        ".pkl": _read_flex,
        ".mask": _read_flex,
        ".npy": _read_numpy,
        ".npz": _read_numpy,
        ".h5": _read_hdf5,
        ".hdf5": _read_hdf5,
        ".cxi": _read_hdf5,
        ".nxs": _read_hdf5,
        ".cbf": _read_cbf,
        ".tif": _read_tiff,
        ".tiff": _read_tiff,
        ".edf": _read_edf,
    }
    suffix = suffix_of(path)
    if suffix not in readers:
        raise ValueError(
            f"{path.name} ends in {path.suffix!r}; expected a mask in one of {', '.join(readers)}. "
            "Save it as a bool array with numpy.save."
        )
    try:
        mask = _below_each_other(readers[suffix](path, name), shape)
        while readers[suffix] is _read_hdf5 and mask.ndim > 2:  # one for each frame
            mask = _below_each_other(mask[0], shape)
    except (OSError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"{path.name} cannot be read as a mask ({error}). "
            "Save it as a bool array with numpy.save."
        ) from error
    if mask.ndim != 2 or not mask.any():
        raise ValueError(
            f"The mask in {path.name} has shape {mask.shape} and {mask.sum()} good pixels; "
            "expected (y, x) and True for good ones. Turn it round, or give one detector image."
        )
    return mask


def fitting_mask(mask, frames, name):
    """A mask (path or array) as (y, x) bool of the frames' shape; that of a detector is cropped.

    One of panels, (panels, y, x), fits frames in which they lie one below the other.
    """
    if isinstance(mask, (str, Path)):
        mask = read_mask(mask, name, frames.shape)
    mask = _below_each_other(np.asarray(mask), frames.shape)
    if frames.crop_of and mask.shape == frames.crop_of:
        mask = mask[crop_slices(mask.shape, frames.shape[0])]
    if mask.shape != frames.shape:
        raise ValueError(
            f"The mask has shape {mask.shape}, the frames of {name} {frames.stored}; expected the "
            "same. Give the mask of this detector and binning."
        )
    return mask.astype(bool)


def named_masks(geometry, frames, file, name):
    """The masks that a `Geometry`, or None, names: list of (y, x) bool.

    A file that it names is looked for from the working folder. What is not there, or of another
    shape than the frames, is left out with a warning.

    Parameters
    ----------
    frames : Frames
    file : h5py.File of the frames, or None
    name : str, of the run
    """
    masks = []
    for mask in geometry.masks if geometry else ():
        token = frames.tokens[0] if frames.tokens else "%"
        path = mask.dataset.replace("%", token)
        with _open_named(mask.file) if mask.file else nullcontext(file) as source:
            flags = source.get(path) if source else None
            if not isinstance(flags, h5py.Dataset) or flags.dtype.kind not in "iub":
                warnings.warn(
                    f"{geometry.name} names the mask {path}, which {mask.file or name} does not "
                    "hold. It is not used: correct that line, or give the mask by mask=.",
                    stacklevel=4,
                )
                continue
            masks.append(one_mask(flags, frames, name, mask.good_of))
    return masks


def _open_named(path):
    """A context of the HDF5 file that a geometry file names, or of None where it is not there."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError:
        return nullcontext(None)


def _below_each_other(mask, shape):
    """A mask (panels, y, x) as one of frames of that shape, if it fits them."""
    if mask.ndim == 3 and below_each_other(mask.shape) == shape:
        return mask.reshape(shape)
    return mask


def _read_flex(path, _):
    """The flex.bool in a pickle of cctbx, by its opcodes: (y, x), of several (panels, y, x).

    No opcode is executed.

    scitbx writes a flex.bool as its grid, then a byte string: the number of pixels (a length
    byte, then little-endian bytes; scitbx/serialization/base_256.h), then "0" or "1" a pixel.
    """
    integers, arrays = [], []
    try:
        for opcode, argument, _ in pickletools.genops(path.read_bytes()):
            if isinstance(argument, int) and opcode.name in _INTEGERS:
                integers.append(argument)
            elif isinstance(argument, (str, bytes)):
                text = argument if isinstance(argument, bytes) else argument.encode("latin-1")
                length = text[0] if text else 0
                pixels = np.frombuffer(text[length:], np.uint8)
                if length > 1 and int.from_bytes(text[1:length], "little") == len(pixels) > 0:
                    arrays.append((pixels, integers[-12:]))
    except (ValueError, UnicodeError, IndexError) as error:
        raise ValueError(
            f"{path.name} is no pickle that can be parsed ({error}). Save the mask with numpy.save."
        ) from error
    panels = [_flex_panel(pixels, seen) for pixels, seen in arrays]
    if not panels or len({panel.shape for panel in panels}) > 1 or panels[0].ndim != 2:
        raise ValueError(
            f"{path.name} holds {len(arrays)} arrays that look like flex.bool; expected one of two "
            "dimensions, or several of one shape. It is not unpickled, for safety: open it in "
            "DIALS and save it with numpy.save."
        )
    return panels[0] if len(panels) == 1 else np.stack(panels)


def _flex_panel(pixels, seen):
    """The array of a flex.bool, whose shape is among the integers before it: (y, x) bool."""
    for shape in pairwise(seen):
        if shape[0] * shape[1] == len(pixels) and set(np.unique(pixels)) <= {48, 49}:
            return (pixels == ord("1")).reshape(shape)
    return pixels


def _read_numpy(path, name):
    try:
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            arrays = dict(content) if suffix_of(path) == ".npz" else {name: content}
    except ValueError:  # NumPy's own sentence advises to unpickle
        raise ValueError(
            f"{path.name} holds Python objects or is damaged; expected a bool array. "
            "It is not unpickled, for safety: save it with numpy.save."
        ) from None
    content = _choose(path, arrays, name)
    side = isqrt(8 * content.size)
    if content.ndim == 1 and content.dtype == np.uint8 and side * side == 8 * content.size:
        return np.unpackbits(content).reshape(side, side).astype(bool)
    return _as_bool(content)


def _choose(path, arrays, name):
    """The one array of a file, or that of the run; LO19 shares the mask of LN84."""
    only = next(iter(arrays)) if len(arrays) == 1 else None
    for key in (name, {"LO19": "LN84"}.get(name), only):
        if key in arrays:
            return arrays[key]
    raise ValueError(
        f"{path.name} holds masks of {', '.join(arrays)}; expected one for {name}. "
        "Give one of them as a file of its own."
    )


def _read_hdf5(path, _):
    arrays = {}
    with h5py.File(path, "r", locking=False) as file:
        file.visititems(
            lambda key, item: (
                arrays.setdefault(key, item[()])
                if isinstance(item, h5py.Dataset) and key.split("/")[-1] in ("pixel_mask", "mask")
                else None
            )
        )
        if not arrays and "data/data" in file:
            arrays["data/data"] = file["data/data"][()]
    for key, flags in sorted(arrays.items(), reverse=True):  # pixel_mask before mask
        if key.endswith("pixel_mask"):
            return flags == 0
        return flags.astype(np.int64) & CXI_BAD == 0 if "entry_1" in key else _as_bool(flags)
    raise ValueError(f"{path.name} holds no pixel_mask, mask or data/data. Save the mask as one.")


def _as_bool(values):
    """An array of 1 = good; what is NaN is no good pixel."""
    return np.nan_to_num(values, posinf=0, neginf=0).astype(bool)


def _read_cbf(path, _):
    return read_cbf(path) > 0


def _read_tiff(path, _):
    return read_image((path, 0)) > 0


def _read_edf(path, _):
    return read_image((path, 0)) == 0
