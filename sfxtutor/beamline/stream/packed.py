"""Frames that a detector packed: LZ4, or bitshuffle and LZ4, laid out as a chunk of HDF5.

The lengths in a message are not to be trusted, and the filters of HDF5 do trust them. Where
`unpacked` finds that they do not fit, LZ4 is unpacked by pyarrow, which tells what is wrong;
hdf5plugin then only puts the bits back into their places.
"""

import struct

import h5py
import hdf5plugin
import numpy as np

from ...runs.files.chunks import HEAD, LENGTH, unpacked

NEXT = "It was damaged on its way; look at the network and at the source."


def unpack(data, method, shape, dtype):
    """A packed frame: array (y, x) of `dtype`.

    Parameters
    ----------
    data : bytes, with the header of the HDF5 filter
    method : "lz4" or "bslz4"
    shape : (y, x)
    dtype : numpy.dtype

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    ValueError
        If the bytes are not packed so, or hold another number of pixels.
    """
    if method not in ("lz4", "bslz4"):
        raise ValueError(
            f"Found a frame packed by {method!r}, expected lz4 or bslz4. Choose one of them as the "
            "detector's compression."
        )
    size, eight = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize, 8 * dtype.itemsize
    block = _block_of(data, size)
    if method == "lz4":
        return np.frombuffer(_blocks(data, size, block, bare=True), dtype).reshape(shape)
    if block % eight:
        raise ValueError(
            f"Found blocks of {block} bytes in a frame packed by bitshuffle, expected a multiple "
            f"of {eight}. {NEXT}"
        )
    if (frame := unpacked(data, shape, dtype)) is not None:
        return frame
    # Up to seven pixels that make no eight stand at the end as they are.
    rest = size % eight
    middle = _blocks(data[: len(data) - rest], size - rest, block)
    return _in_order(middle + data[len(data) - rest :], block, shape, dtype)


def as_chunk(block, size):
    """One bare LZ4 block, of `size` bytes unpacked, as `unpack` takes it: bytes."""
    return HEAD.pack(size, min(size, 2**32 - 1)) + LENGTH.pack(len(block)) + block


def _block_of(data, size):
    """Bytes in a block, of a frame that has `size` bytes unpacked."""
    total, block = HEAD.unpack_from(data) if len(data) >= HEAD.size else (0, 0)
    if total != size or not block:
        raise ValueError(
            f"Found a packed frame of {total} bytes in blocks of {block}, expected {size} bytes. "
            f"{NEXT}"
        )
    return block


def _blocks(data, size, block, bare=False):
    """The LZ4 blocks behind the header, unpacked: bytes; `bare`: some may not be packed."""
    try:
        from pyarrow import Codec
    except ImportError as error:
        raise ImportError(
            f"A packed stream needs pyarrow ({error}). Install it: "
            'pip install "sfxtutor[beamline]".'
        ) from error
    codec, end, parts = Codec("lz4_raw"), HEAD.size, []
    try:
        for start in range(0, size, block):
            (length,) = LENGTH.unpack_from(data, end)
            end += LENGTH.size + length
            part, wide = data[end - length : end], min(block, size - start)
            packed = not (bare and length == wide)
            parts.append(codec.decompress(part, wide, asbytes=True) if packed else part)
    except (OSError, ValueError, struct.error) as error:
        raise ValueError(f"A frame cannot be unpacked ({error}). {NEXT}") from None
    if end != len(data) or sum(map(len, parts)) != size:
        raise ValueError(
            f"Found {len(data)} bytes of a packed frame, expected {end} by its blocks. {NEXT}"
        )
    return b"".join(parts)


def _in_order(shuffled, block, shape, dtype):
    """A frame of which bitshuffle took the bits apart: array (y, x)."""
    order = hdf5plugin.Bitshuffle(nelems=block // dtype.itemsize, cname="none")
    with h5py.File("frame", "w", driver="core", backing_store=False) as memory:
        stack = memory.create_dataset("frame", shape, dtype, chunks=tuple(shape), **order)
        stack.id.write_direct_chunk((0, 0), shuffled)
        return stack[...]
