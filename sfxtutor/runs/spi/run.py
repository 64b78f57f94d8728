"""The run of the second twin: PR772, a virus of 70 nm, at the conditions of CXIDB 58.

Frame i is a pure function of (seed, i). What is known and what is assumed stands in `docs/spi.md`;
nothing was chosen by looking at a classifier.
"""

import numpy as np

from ..run import Card, Run
from .shot import KINDS, Setup, draw, expose

VERSION = 1  # of what is simulated: raised when frames change
NAME, FRAMES = "PR772", 2000
_KEY = int.from_bytes(NAME.encode(), "big") % 2**32


class SpiRun(Run):
    """Shots of single viruses and of all else: 2,000 frames, (130, 128) uint16, photons.

    A HIT is a shot of exactly one virus, a single; all else is a MISS.

    Parameters
    ----------
    seed : int, of another visit to the beamline
    setup : Setup, optional; another than the usual, to see what a change does

    Attributes
    ----------
    kinds : (n,) str, "single", "dimer", "droplet", "contaminant" or "empty"
    """

    source, name = "twin", NAME

    def __init__(self, seed: int = 0, setup: Setup | None = None):
        self.seed, self.setup, self._first = int(seed), setup or Setup(), 0
        detector = self.setup.detector
        self.mask = detector.mask
        self.kinds = self._drawn_kinds(0)
        self.fingerprint = f"spi {VERSION} {self.setup} seed {self.seed}"
        self.card = Card(
            NAME, "twin of coliphage PR772: a simulation, no measured frame", "twin",
            licence="MIT, made by this package",
            citation="Reddy et al., Sci. Data 4, 170079 (2017), doi 10.1038/sdata.2017.79",
            wavelength=10 * detector.wavelength, distance=detector.distance, pixel=detector.pixel,
            beam_center=detector.center, gain=1.0, shape=detector.shape, frames=FRAMES,
            assumptions=("Shares of the kinds, fluence and background are assumed (docs/spi.md).",),
        )  # fmt: skip

    @property
    def labels(self):
        """(n,) "HIT" for a single, "MISS" for all else."""
        return np.where(self.kinds == "single", "HIT", "MISS")

    def _drawn_kinds(self, block):
        """Kinds of 2,000 frames, with exact shares, in an order drawn for that block."""
        counts = np.rint(FRAMES * np.array(self.setup.shares)).astype(int)
        counts[-1] += FRAMES - counts.sum()
        rng = np.random.default_rng((_KEY, self.seed, block, 1))
        return rng.permutation(np.repeat(KINDS, counts))

    def further(self, frames: int) -> "SpiRun":
        """Frames beyond the run, for tests that need more: a run of so many, numbered from 0."""
        more = SpiRun(self.seed, self.setup)
        more._first = first = self._first + len(self)
        last = first + frames
        blocks = range(first // FRAMES, -(-last // FRAMES))
        kinds = np.concatenate([self._drawn_kinds(block) for block in blocks])
        more.kinds = kinds[first % FRAMES :][:frames]
        more.fingerprint += f" frames {first} to {last}"
        return more

    def __len__(self):
        return len(self.kinds)

    def _rng(self, i):
        return np.random.default_rng((_KEY, self.seed, self._first + i))

    def drawn(self, i):
        """What was drawn for frame i: a `sfxtutor.runs.spi.shot.Shot`."""
        i = self.index(i)
        return draw(self.setup, self._rng(i), self.kinds[i])

    def _frame(self, i):
        rng = self._rng(i)
        return expose(self.setup, draw(self.setup, rng, self.kinds[i]), rng)
