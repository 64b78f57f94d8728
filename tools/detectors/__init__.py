"""Frames of many detectors, simulated apart from the package, to judge what it calls a hit."""

from .blanks import BLANKS, blanks
from .crystal import CELLS
from .devices import COUNTERS, DETECTORS
from .frames import Frames, hits, misses

__all__ = ["BLANKS", "CELLS", "COUNTERS", "DETECTORS", "Frames", "blanks", "hits", "misses"]
