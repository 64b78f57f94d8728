"""Values on their way between a submission's kernel and the comparison.

Plain data travels as JSON with the bytes of arrays behind it, and nothing that comes from the
kernel is ever unpickled: whatever the submission's code sends can only be a value. A message is
the length of its head (8 bytes), the head as JSON, and the arrays.
"""

import io
import json
import struct

import numpy as np

LARGEST = 512 * 2**20  # bytes of a message
HEAD = struct.Struct(">Q")


class Odd(TypeError):
    """A value that is no plain data, or a message that is none."""


def send(connection, message, value=None, other=None):
    """Send a message.

    Parameters
    ----------
    connection : socket.socket
    message : dict
        Plain JSON.
    value : object
        Goes with it, see `encode`.
    other : callable, optional
        See `encode`.
    """
    blobs = []
    tree = encode(value, blobs, other)
    head = json.dumps({**message, "value": tree, "sizes": [len(blob) for blob in blobs]}).encode()
    if len(head) + sum(map(len, blobs)) > LARGEST:
        raise Odd(f"Found more than {LARGEST >> 20} MB, expected a smaller value.")
    connection.sendall(b"".join([HEAD.pack(len(head)), head, *blobs]))


def receive(connection, other=None):
    """The next message, (dict, value), or None where the other side has hung up.

    Raises
    ------
    Odd
        What came is no message.
    """
    start = read(connection, HEAD.size)
    if start is None:
        return None
    (length,) = HEAD.unpack(start)
    if length > LARGEST:
        raise Odd("Found a message of more than 512 MB.")
    head = read(connection, length)
    try:
        message = json.loads(head or b"")
        sizes = message.pop("sizes")
        if any(type(size) is not int or size < 0 for size in sizes) or sum(sizes) > LARGEST:
            raise Odd("Found a message of more than 512 MB.")
        blobs = [read(connection, size) for size in sizes]
        return message, decode(message.pop("value"), blobs, other)
    except Odd:
        raise
    except Exception as error:  # whatever was sent
        raise Odd("Found a broken message.") from error


def read(connection, size):
    """That many bytes, or None where the other side has hung up before."""
    parts, missing = [], size
    while missing:
        part = connection.recv(min(missing, 2**20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def encode(value, blobs, other=None):
    """A value as JSON; the bytes of its arrays are appended to `blobs`.

    Parameters
    ----------
    value : object
        None, dots, bool, int, float, complex, str, a NumPy array or scalar, or a tuple, list, set,
        dict, range or slice of these.
    blobs : list of bytes
        Receives what JSON cannot hold.
    other : callable, optional
        Takes a value of any other type and returns JSON that stands for it.

    Raises
    ------
    Odd
        The value is none of these.
    """
    if value is None or (isinstance(value, bool | int | float | str) and not is_scalar(value)):
        return value
    if value is ...:
        return {"dots": True}
    if isinstance(value, complex) and not is_scalar(value):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.ndarray | np.generic):
        return encode_array(value, blobs, other)
    if isinstance(value, dict):
        pairs = [[encode(part, blobs, other) for part in pair] for pair in value.items()]
        return {"dict": pairs}
    for name, kind in (("tuple", tuple), ("list", list), ("set", set | frozenset)):
        if isinstance(value, kind):
            return {name: [encode(part, blobs, other) for part in value]}
    if isinstance(value, range | slice):
        name = type(value).__name__
        return {name: [encode(x, blobs, other) for x in (value.start, value.stop, value.step)]}
    if other is None:
        raise Odd(f"Found a {type(value).__name__}, expected plain data.")
    return other(value)


def is_scalar(value):
    """Whether a number is NumPy's: np.float64 is a float, too."""
    return isinstance(value, np.generic)


def encode_array(value, blobs, other):
    """An array or scalar of NumPy as `encode` gives it."""
    array = np.asarray(value)
    if array.dtype.kind == "O":
        parts = [encode(part, blobs, other) for part in array.ravel()]
        return {"objects": parts, "shape": list(array.shape)}
    file = io.BytesIO()
    try:
        np.lib.format.write_array(file, array, allow_pickle=False)
    except ValueError as error:  # it holds objects in its fields
        raise Odd(f"Found an array of {array.dtype}, expected one of numbers or text.") from error
    blobs.append(file.getvalue())
    return {"scalar" if isinstance(value, np.generic) else "array": len(blobs) - 1}


def decode(tree, blobs, other=None):
    """The value that `encode` made JSON of; `other` takes what the other side's `other` gave.

    Raises
    ------
    Odd, ValueError, LookupError, TypeError
        It is no such JSON.
    """
    if not isinstance(tree, dict):
        if isinstance(tree, list):
            raise Odd("Found a broken message.")
        return tree
    kind, content = next(iter(tree.items()))
    if kind in ("array", "scalar"):
        array = np.lib.format.read_array(io.BytesIO(blobs[content]), allow_pickle=False)
        return array if kind == "array" else array[()]
    if kind == "dots":
        return ...
    if kind == "complex":
        return complex(*content)
    if kind == "objects":
        array = np.empty(len(content), object)
        for number, part in enumerate(content):
            array[number] = decode(part, blobs, other)
        return array.reshape(tree["shape"])
    if kind == "dict":
        return {decode(key, blobs, other): decode(part, blobs, other) for key, part in content}
    kinds = {"tuple": tuple, "list": list, "set": set}
    if kind in kinds:
        return kinds[kind](decode(part, blobs, other) for part in content)
    if kind in ("range", "slice"):
        return {"range": range, "slice": slice}[kind](*(decode(x, blobs, other) for x in content))
    if other is None:
        raise Odd("Found a broken message.")
    return other(tree)
