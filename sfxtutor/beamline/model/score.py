"""The score of a frame as it is written: five decimals, a row a frame."""

import math
from dataclasses import dataclass

COLUMNS = ("file", "frame", "p_hit", "is_hit", "status")
NO_NUMBER = "the model gave no number for this frame"


def rounded(p):
    """p_hit as it is written and judged, five decimals; None if it is no number."""
    return round(float(p), 5) if math.isfinite(p) else None


@dataclass(frozen=True)
class Row:
    """What became of one frame (from 0; None for a file that could not be opened)."""

    number: int  # of the file in the list, from 0
    file: str
    frame: int | None
    p: float | None
    is_hit: bool | None
    status: str

    @property
    def values(self):
        """The values of `COLUMNS`: frame from 1."""
        frame = None if self.frame is None else self.frame + 1
        return self.file, frame, self.p, self.is_hit, self.status
