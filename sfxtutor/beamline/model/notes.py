"""The notes beside a model, NAME.json: its threshold, and what it was trained on."""

import json

from ...support.errors import first_line

LONGEST = 2**20  # bytes
NUMBERS = ("threshold", "least reading")


def read_notes(path):
    """The notes of a model: a dict, empty where there is no such file.

    Raises
    ------
    ValueError
        If the file is damaged, or has no number where one belongs.
    """
    if not path.exists():
        return {}
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError(f"more than {LONGEST} bytes")
        notes = json.loads(path.read_bytes())
        if not isinstance(notes, dict):
            raise ValueError(f"a {type(notes).__name__}")
        for name in NUMBERS:
            if name in notes and type(notes[name]) not in (int, float):
                raise ValueError(f"{name} is {str(notes[name])[:40]!r}")
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"The notes of a model in {path} are damaged ({first_line(error)}), expected a JSON "
            'object such as {"threshold": 0.5}. Correct or remove them.'
        ) from None
    return notes
