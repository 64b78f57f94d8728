"""What any format of a stream is read into: a shot, or the end; and how its JSON is read."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...runs.files.pixels import NoData, to_uint16

LIMIT = 2**63  # of a number in a header
LONGEST = 2**20  # bytes of a header: more is none
LARGEST = 2**28  # pixels of a frame


@dataclass(frozen=True)
class Shot:
    """A frame of a message: run, number from 1, time of sending in ns since 1970 or None.

    `raw()` gives its pixels as they were sent, (y, x), and how many of the highest values of their
    type mean no data; it raises ValueError where they are damaged.
    """

    run: str
    number: int
    sent: int | None
    raw: Callable

    def image(self):
        """Its pixels, (y, x) uint16, ADU; 0 where there are no data."""
        return without_marks(*self.raw())

    def readings(self, pixels, marks):
        """The smallest and the largest number of raw pixels that is a reading: (low, high)."""
        top = np.iinfo(pixels.dtype).max if marks else 0
        return NoData(tuple(int(top) - k for k in range(marks))).readings(pixels.dtype)


@dataclass(frozen=True)
class End:
    """A source's last message: frames that it sent and dropped, None where it does not say."""

    sent: int | None = None
    dropped: int | None = None


def read_json(part):
    """The object of a JSON part of a message: a dict.

    Raises
    ------
    ValueError
        If it is none, or longer than 1 MB.
    """
    if len(memoryview(part)) > LONGEST:
        raise ValueError(
            f"The header of a message has {len(memoryview(part))} bytes, expected JSON of at most "
            f"{LONGEST}. See docs/stream.md for the format."
        )
    try:
        found = json.loads(bytes(part))
    except (ValueError, RecursionError) as error:  # too deep for the parser
        raise ValueError(
            f"The header of a message is no JSON ({error}). See docs/stream.md for the format."
        ) from None
    if not isinstance(found, dict):
        raise ValueError(
            f"The header of a message is {short(found)}, expected a JSON object. See "
            "docs/stream.md for the format."
        )
    return found


def number_in(fields, name, lowest=0):
    """An integer of a header, from `lowest` to 2**63 - 1.

    Raises
    ------
    ValueError
        If there is none.
    """
    value = fields.get(name)
    if type(value) is not int or not lowest <= value < LIMIT:
        raise ValueError(
            f"Found {name} {short(value)} in a header, expected an integer from {lowest}. Correct "
            "the source."
        )
    return value


def check_shape(shape):
    """Raise ValueError if that is no shape (y, x) of a frame."""
    two = isinstance(shape, list | tuple) and len(shape) == 2
    if not two or any(type(n) is not int or n < 1 for n in shape):
        raise ValueError(f"Found a frame of shape {short(shape)}, expected (y, x). Correct it.")
    if shape[0] * shape[1] > LARGEST:
        raise ValueError(
            f"Found a frame of {short(shape)} pixels, expected at most {LARGEST} of them. Correct "
            "the header."
        )


def without_marks(raw, marks):
    """A detector's frame as uint16, ADU; its `marks` highest values mean no data and become 0.

    So does what is no number. A frame of uint16 without marks is not copied.
    """
    if raw.dtype.kind == "f":
        return to_uint16(raw, ~np.isfinite(raw))
    if raw.dtype == np.uint16 and not marks:
        return raw
    return to_uint16(raw, raw > np.iinfo(raw.dtype).max - marks)


def short(value):
    """The beginning of what a message holds, for a sentence: str."""
    try:
        return repr(value)[:100]
    except (RecursionError, ValueError):  # nested too deeply, or a number of too many digits
        return f"a {type(value).__name__}"
