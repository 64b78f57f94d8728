"""The formats of a stream, and which of them a message has."""

from . import dectris1, dectris2, messages, slsdet
from .wire import read_json, short

FORMATS = {"sfxtutor": messages, "dectris1": dectris1, "dectris2": dectris2, "slsdet": slsdet}
AUTO = "auto"


class Reader:
    """Reads messages of one format: that of the name, or of the first message that has a known one.

    Parameters
    ----------
    name : one of FORMATS, or "auto"

    Raises
    ------
    ImportError
        If what reads that format is not installed.
    """

    def __init__(self, name=AUTO):
        self._format = FORMATS.get(name)
        if self._format is dectris2:
            dectris2.need_cbor()

    def read(self, parts):
        """What a message, a list of its parts, brings: `Shot`, `End`, or None if neither.

        Raises
        ------
        ValueError
            If it has another format, or is damaged.
        """
        self._format = self._format or _format_of(parts)
        return self._format.read(parts)


def _format_of(parts):
    """The module of the format of a message."""
    if dectris2.begins(parts[0]):
        return dectris2
    header = read_json(parts[0])
    for module in FORMATS.values():
        if module is not dectris2 and module.understands(header):
            return module
    names = ", ".join(module.NAME for module in FORMATS.values())
    raise ValueError(
        f"Found a message whose header has {short(sorted(header))}, expected one of {names}. See "
        "docs/stream.md for the formats."
    )
