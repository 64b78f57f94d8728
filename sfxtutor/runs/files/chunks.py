"""Frames that a detector packed by bitshuffle and LZ4, unpacked without HDF5 between.

The way through HDF5 takes one and a half times to twice as long (docs/speed.md). The function
called is that of hdf5plugin's filter itself, after a check of the lengths, which it trusts.
Whatever is packed in another way, missing or damaged is left to HDF5 and its errors.
"""

import ctypes
import struct
from functools import cache
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

FILTER, LZ4 = 32008, 2  # bitshuffle, and its number for LZ4
HEAD = struct.Struct(">QI")  # bytes unpacked, bytes in a block
LENGTH = struct.Struct(">I")


def whole_frame(part, index):
    """Frame `index` of a dataset (n, y, x) with a chunk a frame: array (y, x).

    None where HDF5 is to read it.
    """
    if not _is_packed(part) or unpacker() is None:
        return None
    try:
        skipped, chunk = part.id.read_direct_chunk((index, 0, 0))
    except (OSError, ValueError, RuntimeError):  # no chunk was written there
        return None
    return None if skipped else unpacked(chunk, part.shape[1:], part.dtype)


def unpacked(chunk, shape, dtype):
    """The frame in bytes as that filter makes them; None if they are damaged, or cannot be read."""
    frame, unpack = np.empty(shape, dtype), unpacker()
    elements = _block_of(chunk, frame)
    if unpack is None or elements is None:
        return None
    packed = np.frombuffer(chunk, np.uint8)[HEAD.size :]
    done = unpack(packed.ctypes.data, frame.ctypes.data, frame.size, frame.itemsize, elements)
    return frame if done == len(packed) else None


def _is_packed(part):
    """Whether a dataset has a chunk a frame and no filter but bitshuffle with LZ4."""
    if not isinstance(part, h5py.Dataset) or part.ndim != 3 or part.chunks != (1, *part.shape[1:]):
        return False
    filters = part.id.get_create_plist()
    if filters.get_nfilters() != 1:
        return False
    number, _, options, _ = filters.get_filter(0)
    return number == FILTER and options[4:5] == (LZ4,)


@cache
def unpacker():
    """The function `bshuf_decompress_lz4` of hdf5plugin, None where it cannot be called."""
    for path in Path(hdf5plugin.PLUGIN_PATH).glob("*h5bshuf*"):
        try:
            function = ctypes.CDLL(str(path)).bshuf_decompress_lz4
        except (OSError, AttributeError):
            continue
        function.argtypes = ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_size_t] * 3
        function.restype = ctypes.c_int64
        return function
    return None


def _block_of(chunk, frame):
    """Pixels in a block of a chunk that holds such a frame; None where its lengths do not fit."""
    total, size = HEAD.unpack_from(chunk) if len(chunk) >= HEAD.size else (0, 0)
    elements, rest = divmod(size, frame.itemsize)
    if total != frame.nbytes or rest or elements % 8 or not elements:
        return None
    end, left = HEAD.size, frame.size - frame.size % 8  # up to seven pixels are not packed
    for _ in range(-(-left // elements)):
        if end + LENGTH.size > len(chunk):
            return None
        end += LENGTH.size + LENGTH.unpack_from(chunk, end)[0]
    return elements if end + frame.size % 8 * frame.itemsize == len(chunk) else None
