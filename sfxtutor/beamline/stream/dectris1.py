"""DECTRIS Stream v1, of EIGER detectors: multipart messages, JSON headers and packed pixels.

The format is that of the "Stream Interface" of the SIMPLON API reference (DECTRIS Ltd., v1.8): an
image has the parts dimage-1.0, dimage_d-1.0, the pixels and dconfig-1.0. Its shape is [x, y].
"""

import re

import numpy as np

from .packed import as_chunk, unpack
from .wire import End, Shot, check_shape, number_in, read_json, short

NAME = "DECTRIS Stream v1"
SOCKET = "pull"
MARKS = 2  # the highest value is a gap, the second a defective pixel


def understands(header):
    """Whether a message with that JSON header is one of the format: bool."""
    kind = header.get("htype")
    return isinstance(kind, str) and kind.startswith(("dheader-", "dimage-", "dseries_end-"))


def read(parts):
    """The `Shot` of a message, `End`, or None of one that brings no frame.

    Raises
    ------
    ValueError
        If it is none of the format.
    """
    header = read_json(parts[0])
    if not understands(header):
        raise ValueError(
            f"Found a message whose htype is {short(header.get('htype'))}, expected one of "
            f"{NAME}. Set the stream interface of the detector to it."
        )
    kind = header["htype"].partition("-")[0]
    if kind != "dimage":
        return End() if kind == "dseries_end" else None
    run = f"series_{number_in(header, 'series')}"
    number = number_in(header, "frame") + 1
    return Shot(run, number, None, lambda: _image(parts))


def _image(parts):
    if len(parts) < 3:
        raise ValueError(
            f"Found an image of {len(parts)} parts, expected dimage, dimage_d, the pixels and "
            "dconfig. Look at the source."
        )
    detail = read_json(parts[1])
    shape, dtype = detail.get("shape"), detail.get("type")
    check_shape(shape)
    if dtype not in ("uint8", "uint16", "uint32"):
        raise ValueError(
            f"Found pixels of type {short(dtype)}, expected uint8, uint16 or uint32. Correct the "
            "source."
        )
    raw = _pixels(bytes(parts[2]), detail.get("encoding"), shape[::-1], np.dtype(dtype))
    return raw, MARKS


def _pixels(data, encoding, shape, dtype):
    """Pixels of an encoding such as "<", "lz4<" or "bs32-lz4<", as (y, x)."""
    form = re.fullmatch(r"(|lz4|bs(\d+)-lz4)([<>])", encoding if isinstance(encoding, str) else "")
    if not form or form[2] not in (None, str(8 * dtype.itemsize)):
        raise ValueError(
            f"Found pixels of {dtype.name} in the encoding {short(encoding)}, expected <, lz4< or "
            f"bs{8 * dtype.itemsize}-lz4<. Choose one of them at the detector."
        )
    ordered, size = dtype.newbyteorder(form[3]), shape[0] * shape[1] * dtype.itemsize
    if form[2]:
        return unpack(data, "bslz4", shape, ordered)
    if form[1]:
        return unpack(as_chunk(data, size), "lz4", shape, ordered)
    if len(data) != size:
        raise ValueError(
            f"Found {len(data)} bytes of pixels, expected {size} for shape {list(shape)} of "
            f"{dtype.name}. Look at the source."
        )
    return np.frombuffer(data, ordered).reshape(shape)
