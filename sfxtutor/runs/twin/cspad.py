"""The CSPAD of the CXI instrument, assembled: 64 chips with gaps between them, beam in the middle.

Layout as in LCLS' optical measurements of 2012 (psana, `CSPadConfigPars`), rounded to whole pixels
and without the tilts, which are below half a degree.
"""

import functools
from dataclasses import dataclass

import numpy as np

from ..run import crop_slices
from .shot import Setup

SIDE = 1765  # pixels, of the assembled square
_CHIP = (185, 194)  # (y, x), pixels
_GAP = 3  # pixels between the two chips of a sensor
_QUADRANT, _MARGIN = 883, 20  # pixels
# Rows and columns of the centres of a quadrant's eight sensors; upright ones are 391 rows high.
_SENSORS = (
    (308, 198, False), (95, 198, False), (625, 310, True), (625, 98, True),
    (515, 628, False), (727, 628, False), (198, 711, True), (198, 499, True),
)  # fmt: skip


def _quadrant():
    lit = np.zeros((_QUADRANT, _QUADRANT), bool)
    sensor = np.ones((_CHIP[0], 2 * _CHIP[1] + _GAP), bool)
    sensor[:, _CHIP[1] : _CHIP[1] + _GAP] = False
    for y, x, upright in _SENSORS:
        chips = sensor.T if upright else sensor
        top, left = (c - n // 2 + _MARGIN for c, n in zip((y, x), chips.shape, strict=True))
        lit[top : top + chips.shape[0], left : left + chips.shape[1]] = chips
    return lit


@functools.cache
def panels() -> np.ndarray:
    """True on the 64 chips: (1765, 1765) bool. A quadrant is the next one's quarter turn."""
    lit, quadrant = np.zeros((SIDE, SIDE), bool), _quadrant()
    for turn in range(4):
        np.rot90(lit, turn)[:_QUADRANT, :_QUADRANT] |= quadrant
    return lit


@dataclass(frozen=True)
class CspadSetup(Setup):
    """A run at the CSPAD: direct detection, a jet in vacuum, no beam stop but a hole."""

    wavelength: float = 1.30
    distance: float = 130.0
    pixel: float = 0.10992
    shape: tuple = (SIDE, SIDE)
    center: tuple = (882.0, 882.0)
    stop: tuple = (0.0, 0.0)
    water: float = 1.0
    air: float = 0.0
    plain: float = 2.0
    tape: float = 1.0
    halo: float = 0.0
    blur: float = 0.10
    readout: float = 3.0
    saturation: int = 16_383

    @property
    def panels(self):
        """True on a chip: (y, x) bool, the central part where `shape` is smaller."""
        return panels()[crop_slices((SIDE, SIDE), self.shape[0])]
