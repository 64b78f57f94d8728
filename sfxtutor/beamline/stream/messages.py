"""What goes over the wire of a stream: one ZeroMQ message a frame, a JSON header and the pixels.

docs/stream.md has the format for those whose source is another program.
"""

import json
import math
import time
from contextlib import contextmanager

import numpy as np

from .wire import LIMIT, End, Shot, read_json, short, without_marks

NAME, SOCKET = "sfxtutor", "pull"
HEADER = {"run": str, "frame": int, "shape": list, "dtype": str, "sent": int}
DTYPES = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64")
SOCKET_ROOM = 32  # messages that a socket holds, at either end: few, so that a jam is noticed soon


@contextmanager
def opened(kind, address, room=SOCKET_ROOM, linger=0.0):
    """A ZeroMQ socket: the source's, bound to the address, or the consumer's, connected to it.

    Parameters
    ----------
    kind : "PUSH" or "PUB", the source's; "PULL" or "SUB", the consumer's of each
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
        if kind == "SUB":
            socket.subscribe(b"")  # to whatever is published
        _attach(socket.bind if kind in ("PUSH", "PUB") else socket.connect, address)
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


def understands(header):
    """Whether a message with that JSON header is one of the format: bool."""
    return header.get("end") is True or "run" in header or "dtype" in header


def read(parts):
    """The `Shot` of a message, or `End`.

    Raises
    ------
    ValueError
        If it is none of the format.
    """
    header = read_header(parts)
    if header.get("end") is True:
        counts = (header.get("sent"), header.get("dropped"))
        known = all(type(n) is int and 0 <= n < LIMIT for n in counts)
        return End(*counts) if known else End()
    run, number, sent = (header[key] for key in ("run", "frame", "sent"))
    return Shot(run, number, sent, lambda: raw_pixels(header, parts[1]))


def read_header(parts):
    """The header of a message, the list of its parts: a dict.

    Raises
    ------
    ValueError
        If it is none: "frame" is from 1, "sent" in ns since 1970, "shape" two numbers.
    """
    header = read_json(parts[0])
    if header.get("end") is True:
        return header
    wrong = [name for name, kind in HEADER.items() if type(header.get(name)) is not kind]
    if (
        wrong
        or len(parts) != 2
        or not (1 <= header["frame"] < LIMIT and 0 <= header["sent"] < LIMIT)
    ):
        raise ValueError(
            f"Found a message of {len(parts)} parts whose header has {short(header)}, "
            f"expected two parts, and {', '.join(HEADER)}, frame from 1. See docs/stream.md for "
            "the format."
        )
    return header


def read_pixels(header, part):
    """The frame of a message: (y, x) uint16, ADU; without a copy if it was sent as uint16.

    Other numbers are rounded and clipped to 0 ... 65535. What is no number, and the largest of a
    32-bit integer, by which detectors mark a pixel without data, become 0.
    """
    return without_marks(*raw_pixels(header, part))


def raw_pixels(header, part):
    """The frame of a message as it was sent, (y, x), and how many values mean no data: 1 or 0.

    Raises
    ------
    ValueError
        If the pixels are not what the header says.
    """
    shape, name = header["shape"], header["dtype"]
    if len(shape) != 2 or any(type(n) is not int or n < 1 for n in shape) or name not in DTYPES:
        raise ValueError(
            f"Found a frame of shape {short(shape)} and {name[:100]}, expected (y, x) and one of "
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
    return raw, int(raw.dtype.kind in "iu" and raw.dtype.itemsize > 2)
