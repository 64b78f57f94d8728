"""The twin: the five runs of CXIDB 76 simulated from physics and published counts alone.

What is known of the runs and what is assumed stands in `docs/twin.md`. Frame i is a pure function
of (run, seed, i), and the noise of a pixel one of (run, seed, i, pixel): the crop alone equals the
crop of the full frame. Nothing here was chosen by looking at a classifier.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from ..datasets import CARDS, READING
from ..run import CROP, LABELS, Run, crop_slices
from .crystal import Crystal
from .cspad import CspadSetup
from .detector import in_shadow
from .integration import Reflections, gather, measure
from .shot import Setup, bragg, draw, render, visibility

VERSION = 1  # of what is simulated, crystal to detector: raised when frames or spots change
# Hits, maybes and misses in frames 1-200, 201-400, 401-1200, 1201-1600 and 1601-2000, counted in
# the expert labels of CXIDB 76 (nksauter/fv5080).
BLOCKS = {
    "LN83": ((37, 8, 155), (32, 3, 165), (141, 28, 631), (83, 12, 305), (53, 12, 335)),
    "LN84": ((88, 11, 101), (79, 7, 114), (316, 58, 426), (136, 27, 237), (187, 29, 184)),
    "LO19": ((79, 14, 107), (76, 18, 106), (281, 65, 454), (162, 24, 214), (132, 30, 238)),
    "LG36": ((11, 2, 187), (2, 1, 197), (99, 25, 676), (72, 16, 312), (51, 13, 336)),
    "L498": ((13, 42, 145), (35, 62, 103), (88, 262, 450), (7, 80, 313), (5, 52, 343)),
}
# Two readings of the runs' geometry, which stands in their own files only (docs/twin.md).
# Brightness, spread and visible_sigma: from the DIALS spot counts per class; gain: from the counts
# on misses, which are noise alone. Cells: resonet; of LN84 in "2016" ExaFEL's merging target.
_TAPE_2018 = {
    # All three as the measured frame of December 2018; LN84 further away, or its spots would touch.
    "LN83": Setup("LN83", Crystal((73, 96, 119)), crystals=0.3, brightness=700, spread=1.0,
                  stop=(69, 41), gain=1.0, visible_sigma=8.0),
    "LN84": Setup("LN84", Crystal((118, 223, 311), b_factor=40), crystals=0.8, brightness=140,
                  spread=1.0, distance=200.0, gain=1.19, visible_sigma=6.5),
    "LO19": Setup("LO19", Crystal((42, 52, 88), domain=800, mosaicity=0.0025), crystals=1.2,
                  brightness=2200, spread=1.7, gain=0.80, visible_sigma=12.0),
}  # fmt: skip
# A photosystem II frame of October 2016, the season of the runs, at the same instrument: 0.835 mrad
# a pixel, so that a pixel gets a third of the light that one of the other reading gets.
_FRAME_2016 = {
    "wavelength": 1.3024, "distance": 106.0, "pixel": 0.0885417, "center": (963.0, 963.0),
    "plain": 35.0 * 0.34, "halo": 1200.0 * 0.34,
}  # fmt: skip
_SEASON_2016 = {
    "LN83": Setup("LN83", Crystal((73, 96, 119)), crystals=0.3, brightness=450, spread=0.95,
                  stop=(69, 41), gain=1.0, visible_sigma=8.5, streaks=0.0, **_FRAME_2016),
    "LN84": Setup("LN84", Crystal((117.0, 223.0, 307.9), b_factor=40), crystals=0.8, brightness=175,
                  spread=0.87, gain=1.19, visible_sigma=6.5, streaks=0.0, **_FRAME_2016),
    "LO19": Setup("LO19", Crystal((42, 52, 88), domain=800, mosaicity=0.0025), crystals=1.2,
                  brightness=2800, spread=1.9, gain=0.80, readout=1.5, visible_sigma=11.5, tape=1.0,
                  **_FRAME_2016),
}  # fmt: skip
# Another instrument, CXI: jets in vacuum, geometry assumed, the same in both readings. The cell of
# thermolysin, hexagonal (93, 93, 130), becomes an orthorhombic one of the same volume.
_CSPADS = {
    "LG36": CspadSetup("LG36", Crystal((117.0, 223.0, 307.9), b_factor=40), crystals=0.15,
                       brightness=7.5, spread=0.7, gain=38.4, visible_sigma=6.8),
    "L498": CspadSetup("L498", Crystal((93.0, 80.5, 130.0)), crystals=9.0, brightness=14,
                       spread=1.2, water=4.0, plain=8.0, gain=19.5, blur=0.12, visible_sigma=14.5),
}  # fmt: skip
SETUPS = {"2016": _SEASON_2016 | _CSPADS, "2018": _TAPE_2018 | _CSPADS}


def setup_of(name: str, reading: str = READING) -> Setup:
    """What stays the same during a run, in that reading of its geometry and delivery.

    Raises
    ------
    ValueError
        If there is no such reading, or no twin of that name.
    """
    if reading not in SETUPS:
        raise ValueError(f"No reading {reading!r}. Choose one of {', '.join(SETUPS)}.")
    if name not in SETUPS[reading]:
        raise ValueError(f"No twin of {name!r}. Choose one of {', '.join(SETUPS[reading])}.")
    return SETUPS[reading][name]


class TwinRun(Run):
    """The twin of a run: 2,000 frames, each simulated when it is asked for.

    Parameters
    ----------
    name : "LN83", "LN84", "LO19", or "LG36" and "L498", which were measured on another detector
    seed : int
        Another seed is another visit to the beamline: other crystals, same sample.
    reading : "2016" or "2018"
        Of the geometry and the sample delivery, which no public source states: see docs/twin.md.
    setup : Setup, optional
        Another than that of the reading, to see what a change does. Frame i keeps its class, its
        pulse, its hot pixels and the random numbers of its pixels. Its crystals are drawn in the
        same order, so that they are the same wherever they still make the class.
    """

    source = "twin"

    def __init__(
        self, name: str, seed: int = 0, reading: str = READING, setup: Setup | None = None
    ):
        self.name, self.seed, self.reading = name, int(seed), reading
        self.setup = s = setup_of(name, reading) if setup is None else setup
        self.card = replace(
            CARDS["twin"][name], wavelength=s.wavelength, distance=s.distance, pixel=s.pixel,
            beam_center=s.center, saturation=s.saturation, shape=s.shape,
        )  # fmt: skip
        self._key = int.from_bytes(name.encode(), "big") % 2**32
        self._first = 0  # number in the run of frame 0
        self.labels = _labels(name, np.random.default_rng((self._key, self.seed)))
        self.mask = good_pixels(s)
        self.fingerprint = f"twin {VERSION} {self.setup} seed {self.seed}"

    def further(self, frames: int) -> "TwinRun":
        """Frames beyond the run, for tests that need more: a run of so many, numbered from 0.

        They are measured after the last frame of this run, with the published number of hits,
        maybes and misses in every 2,000; nothing else differs.
        """
        more = TwinRun(self.name, self.seed, self.reading, self.setup)
        more._first = first = self._first + len(self)
        size, last = len(more), first + frames
        labels = [
            np.random.default_rng((self._key, self.seed, block, 1)).permutation(more.labels)
            for block in range(first // size, -(-last // size))
        ]
        more.labels = np.concatenate(labels)[first % size :][:frames]
        more.fingerprint += f" frames {first} to {last}"
        return more

    def __len__(self) -> int:
        return len(self.labels)

    def drawn(self, i):
        """What was drawn for frame i: a `sfxtutor.runs.twin.shot.Shot`."""
        i = self.index(i)
        rng = np.random.default_rng((self._key, self.seed, self._first + i))
        return draw(self.setup, rng, self._key, self.labels[i])

    def spots(self, i):
        """The true spots of frame i: `SPOT` fields and, beside them, which a person sees.

        Returns
        -------
        spots : (n,) structured array
        visible : (n,) bool array
        """
        shot = self.drawn(i)
        spots = bragg(self.setup, shot, self._key)
        return spots, visibility(self.setup, shot, spots) > 1

    def integrate(self, frames: Iterable[int], d_min: float = 3.6) -> Reflections:
        """What an integration of these frames measures, for `sfxtutor.merge`.

        Parameters
        ----------
        frames : numbers of frames
            A crystal with fewer than 16 visible spots cannot be indexed and adds nothing.
        d_min : float
            Å; reflections of a higher resolution are left out.

        Raises
        ------
        ValueError
            If no reflection of that spacing can exist at this wavelength.
        """
        if not d_min > self.setup.wavelength / 2:
            raise ValueError(
                f"Found d_min = {d_min} Å, expected more than half the wavelength, "
                f"{self.setup.wavelength / 2:.2f} Å. Choose a lower resolution, such as 3.6."
            )
        frames = [self.index(i) for i in frames]

        def one(i):
            rng = np.random.default_rng((self._key, self.seed, self._first + i, 2))
            return measure(self.setup, self.drawn(i), self._key, rng, d_min)

        with ThreadPoolExecutor(2) as pool:
            measured = list(pool.map(one, frames))
        return gather(self.setup.crystal, self._key, d_min, zip(frames, measured, strict=True))

    def shot(self, i: int) -> dict:
        return super().shot(i) | {"wavelength": self.drawn(i).wavelength}

    def _frame(self, i):
        return render(self.setup, self.drawn(i), self._key)

    def crop(self, i: int, size: int = CROP) -> np.ndarray:
        rows, columns = crop_slices(self.setup.shape, size)
        return render(self.setup, self.drawn(i), self._key, rows.start, columns.start, size, size)


def good_pixels(setup):
    """Good pixels: all but the beam stop's shadow and 13 pixels about it, as in the real masks."""
    if setup.panels is not None:
        return setup.panels
    y, x = np.indices(setup.shape, sparse=True)
    wide = replace(setup, stop=(setup.stop[0] + 13, setup.stop[1] + 13))
    return ~in_shadow(wide, y - setup.center[0], x - setup.center[1])


def _labels(name, rng):
    """Labels with the published number of each class in each block, in an order drawn by `rng`."""
    blocks = (np.repeat(LABELS, counts) for counts in BLOCKS[name])
    return np.concatenate([rng.permutation(block) for block in blocks])
