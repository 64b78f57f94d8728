"""What goes over the wire of a stream: one ZeroMQ message a frame, a JSON header and the pixels.

docs/stream.md has the format for those whose source is another program.
"""

import json
import math
import time
from contextlib import contextmanager

import numpy as np

from ...runs.files.pixels import to_uint16

HEADER = {"run": str, "frame": int, "shape": list, "dtype": str, "sent": int}
DTYPES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
LIMIT = 2**63  # of a number in a header
SOCKET_ROOM = 32  # messages that a socket holds, at either end: few, so that a jam is noticed soon


@contextmanager
def opened(kind, address, room=SOCKET_ROOM, linger=0.0):
    """A ZeroMQ socket: "PUSH", the source's, bound to the address, or "PULL", connected to it.

    Parameters
    ----------
    kind : "PUSH" or "PULL"
    address : str, such as "tcp://127.0.0.1:5555"
    room : int
        Messages that it may hold.
    linger : float
        Seconds that closing may take to get rid of what is sent.

    Raises
    ------
    ImportError
        If pyzmq is not installed.
    OSError
        If the address is none, or taken.
    """
    try:
        import zmq
    except ImportError as error:
        raise ImportError(
            f'A stream needs pyzmq ({error}). Install it: pip install "sfxtutor[beamline]".'
        ) from error
    context = zmq.Context()
    socket = context.socket(getattr(zmq, kind))
    try:
        socket.set_hwm(room)
        _attach(socket.bind if kind == "PUSH" else socket.connect, address)
        yield socket
    finally:
        socket.close(linger=round(1000 * linger))
        context.term()


def _attach(attach, address):
    import zmq

    try:
        attach(address)
    except zmq.ZMQError as error:
        raise OSError(
            f"Cannot open {address!r} ({error}), expected tcp://HOST:PORT; the source's is one of "
            "its own machine that nobody uses. Choose another host or port."
        ) from error


def pack(run, frame, pixels):
    """The two parts of a frame's message, sent now; `frame` from 1, pixels (y, x), ADU."""
    header = {
        "run": run,
        "frame": frame,
        "shape": pixels.shape,
        "dtype": pixels.dtype.name,
        "sent": time.time_ns(),
    }
    return [json.dumps(header).encode(), np.ascontiguousarray(pixels)]


def pack_end(sent, dropped):
    """The only part of a stream's last message."""
    return [json.dumps({"end": True, "sent": sent, "dropped": dropped}).encode()]


def read_header(parts):
    """The header of a message, the list of its parts: a dict.

    Raises
    ------
    ValueError
        If it is none: "frame" is from 1, "sent" in ns since 1970, "shape" two numbers.
    """
    try:
        header = json.loads(bytes(parts[0]))
    except ValueError as error:
        raise ValueError(
            f"The header of a message is no JSON ({error}). See docs/stream.md for the format."
        ) from None
    if isinstance(header, dict) and header.get("end") is True:
        return header
    fields = header if isinstance(header, dict) else {}
    wrong = [name for name, kind in HEADER.items() if type(fields.get(name)) is not kind]
    if (
        wrong
        or len(parts) != 2
        or not (1 <= fields["frame"] < LIMIT and 0 <= fields["sent"] < LIMIT)
    ):
        raise ValueError(
            f"Found a message of {len(parts)} parts whose header has "
            f"{json.dumps(header)[:100]}, expected two parts, and {', '.join(HEADER)}, frame from "
            "1. See docs/stream.md for the format."
        )
    return header


def read_pixels(header, part):
    """The frame of a message: (y, x) uint16, ADU; without a copy if it was sent as uint16.

    Other numbers are rounded and clipped to 0 ... 65535. What is no number, and the largest of a
    32-bit integer, by which detectors mark a pixel without data, become 0.

    Raises
    ------
    ValueError
        If the pixels are not what the header says.
    """
    shape, name = header["shape"], header["dtype"]
    if len(shape) != 2 or any(type(n) is not int or n < 1 for n in shape) or name not in DTYPES:
        raise ValueError(
            f"Found a frame of shape {shape} and {name}, expected (y, x) and one of "
            f"{', '.join(DTYPES)}. Correct the header."
        )
    pixels = memoryview(part).cast("B")
    expected = math.prod(shape) * np.dtype(name).itemsize
    if len(pixels) != expected:
        raise ValueError(
            f"Found {len(pixels)} bytes of pixels, expected {expected} for shape {shape} of "
            f"{name}. Send the whole frame, uncompressed."
        )
    raw = np.frombuffer(pixels, name).reshape(shape)
    if name == "uint16":
        return raw
    if raw.dtype.kind == "f":
        return to_uint16(raw, ~np.isfinite(raw))
    return to_uint16(raw, (raw == np.iinfo(name).max) & (raw.dtype.itemsize > 2))
