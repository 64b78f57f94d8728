"""The stream of slsDetectorPackage (PSI), of JUNGFRAU and its kin: a JSON header and raw pixels.

The format is that of the package's manual ("ZMQ: Json Header Format"): a receiver publishes (PUB)
one module, in two parts; a header with "data": 0 ends the acquisition. Its shape is [x, y].
"""

import warnings

import numpy as np

from .wire import End, Shot, check_shape, number_in, read_json, short

NAME = "slsDetectorPackage"
SOCKET = "sub"
MARKS = 1  # the highest value fills in for packets that were lost
TYPES = {8: "uint8", 16: "<u2", 32: "<u4"}
JUNGFRAU = 3  # as the header's detType


def understands(header):
    """Whether a message with that JSON header is one of the format: bool."""
    return "jsonversion" in header and "data" in header


def read(parts):
    """The `Shot` of a message, or `End`.

    Raises
    ------
    ValueError
        If it is none of the format.
    """
    header = read_json(parts[0])
    if not understands(header):
        raise ValueError(
            f"Found a header of {short(sorted(header))}, expected jsonversion and data, as "
            f"{NAME} sends them. Look at the source."
        )
    if header["data"] == 0:
        return End()
    if header.get("detType") == JUNGFRAU and header.get("bitmode") == 16:
        warnings.warn(
            "A JUNGFRAU receiver sends raw readings with gain bits unless it was made to correct "
            "them, and scores of raw ones mean nothing. Subtract the pedestal and divide by the "
            "gain first.",
            stacklevel=2,
        )
    run, name = header.get("fname"), "frameIndex" if "frameIndex" in header else "frameNumber"
    number = number_in(header, name, lowest=name == "frameNumber")
    return Shot(
        run[-200:] if isinstance(run, str) and run else NAME,
        number + (name == "frameIndex"),
        None,
        lambda: _image(header, parts),
    )


def _image(header, parts):
    shape, bits = header.get("shape"), header.get("bitmode")
    check_shape(shape)
    if len(parts) != 2 or type(bits) is not int or bits not in TYPES:
        raise ValueError(
            f"Found {len(parts)} parts and a bitmode of {short(bits)}, expected a header and "
            f"pixels of {', '.join(map(str, TYPES))} bits. Set the dynamic range to one of them."
        )
    dtype, data = np.dtype(TYPES[bits]), bytes(parts[1])
    if len(data) != shape[0] * shape[1] * dtype.itemsize:
        raise ValueError(
            f"Found {len(data)} bytes of pixels, not those of shape {shape} of {bits} bits, as was "
            "expected. Look at the source."
        )
    return np.frombuffer(data, dtype).reshape(shape[::-1]), MARKS
