"""DECTRIS Stream v2, of EIGER2, PILATUS4 and SELUN detectors: one CBOR map a message.

The format is that of DECTRIS' public documentation (github.com/dectris/documentation, stream_v2):
maps of type "start", "image" and "end"; the image of a threshold is a multi-dimensional array
(tag 40, RFC 8746) of a typed array (tags 64 to 87), whose bytes may be packed (tag 56500).
"""

from collections.abc import Mapping

import numpy as np

from .packed import unpack
from .wire import End, Shot, check_shape, number_in, short

NAME = "DECTRIS Stream v2"
SOCKET = "pull"
MARKS = 2  # the highest value is a gap, the second a defective pixel
SELF_DESCRIBED = b"\xd9\xd9\xf7"  # of CBOR: what each message begins with
ARRAY, PACKED = 40, 56500
TYPES = {64: "u1", 65: ">u2", 66: ">u4", 68: "u1", 69: "<u2", 70: "<u4",
         72: "i1", 73: ">i2", 74: ">i4", 77: "<i2", 78: "<i4",
         81: ">f4", 82: ">f8", 85: "<f4", 86: "<f8"}  # fmt: skip
NEXT = "Set the stream interface of the detector to v2 and its compression to bslz4."


def begins(part):
    """Whether bytes begin as a message of the format does, a CBOR map: bool."""
    first = bytes(memoryview(part)[:4])
    return first.startswith(SELF_DESCRIBED) or b"\xa1" <= first[:1] <= b"\xbf"


def need_cbor():
    """The library that reads CBOR.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import cbor2
    except ImportError as error:
        raise ImportError(
            f'{NAME} needs cbor2 ({error}). Install it: pip install "sfxtutor[beamline]".'
        ) from error
    return cbor2


def read(parts):
    """The `Shot` of a message, `End`, or None of one that brings no frame.

    Raises
    ------
    ImportError
        If cbor2 is not installed.
    ValueError
        If it is none of the format.
    """
    cbor2 = need_cbor()
    try:
        found = cbor2.loads(bytes(parts[0]))
    except Exception as error:  # its errors are of many kinds, and differ by version
        raise ValueError(f"A message is no CBOR ({error}), expected one of {NAME}.") from None
    kind = found.get("type") if isinstance(found, Mapping) else None
    if kind == "image":
        run, series = found.get("series_unique_id"), number_in(found, "series_id")
        run = run[:200] if isinstance(run, str) and run else f"series_{series}"
        data = found.get("data")
        return Shot(run, number_in(found, "image_id") + 1, None, lambda: _image(data))
    if kind not in ("start", "end"):
        raise ValueError(
            f"Found a message of type {short(kind)}, expected start, image or end of {NAME}. {NEXT}"
        )
    return End() if kind == "end" else None


def _image(data):
    """Of several thresholds, the lowest: the first."""
    if not isinstance(data, Mapping) or not data or not all(isinstance(name, str) for name in data):
        raise ValueError(f"Found image data {short(data)}, expected a map of thresholds. {NEXT}")
    shape, pixels = _tagged(data[min(data)], ARRAY)
    check_shape(shape)
    kind = getattr(pixels, "tag", None)
    if kind not in TYPES:
        raise ValueError(
            f"Found pixels of CBOR tag {short(kind)}, expected one of {sorted(TYPES)}. {NEXT}"
        )
    return _pixels(pixels.value, shape, np.dtype(TYPES[kind])), MARKS


def _pixels(content, shape, dtype):
    """Pixels (y, x) of bytes, packed or bare."""
    if not isinstance(content, bytes):
        method, width, content = _tagged(content, PACKED, 3)
        if width != dtype.itemsize or not isinstance(content, bytes):
            raise ValueError(f"Found elements of {short(width)} bytes, expected {dtype}. {NEXT}")
        return unpack(content, method, shape, dtype)
    if len(content) != shape[0] * shape[1] * dtype.itemsize:
        raise ValueError(
            f"Found {len(content)} bytes of pixels, not those of shape {list(shape)} of {dtype}, "
            f"as was expected. {NEXT}"
        )
    return np.frombuffer(content, dtype).reshape(shape)


def _tagged(value, tag, parts=2):
    """The parts of a CBOR value of that tag."""
    inside = getattr(value, "value", None) if getattr(value, "tag", None) == tag else None
    if not isinstance(inside, list | tuple) or len(inside) != parts:
        raise ValueError(f"Found {short(value)}, expected CBOR tag {tag} of {parts} parts. {NEXT}")
    return inside
