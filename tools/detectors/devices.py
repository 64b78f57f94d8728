"""Detectors as they are published: panels, gaps, pixel size, dtype, noise and marks for no data.

Layouts: EIGER and PILATUS after Dectris (modules of 514 x 1030 pixels with gaps of 37 rows and 10
columns; 195 x 487 with 17 and 7); JUNGFRAU after Leonarski et al., Nat. Methods 15, 799 (2018);
ePix10k after van Driel et al., J. Synchrotron Rad. 27, 608 (2020); AGIPD after Allahgholi et al.,
J. Synchrotron Rad. 26, 74 (2019); CSPAD after Blaj et al., J. Synchrotron Rad. 22, 577 (2015).
CCDs: a point spread of 100 to 120 µm at half height, as their makers state it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Panel:
    """A rectangle of pixels: where its first pixel lies, and its two directions, in pixels.

    Attributes
    ----------
    shape : (rows, columns)
    corner : (y, x) of the centre of pixel 0, 0, from the middle of the detector
    slow, fast : (y, x), the step from a row to the next, and from a column to the next
    """

    shape: tuple
    corner: tuple
    slow: tuple = (1, 0)
    fast: tuple = (0, 1)

    def turned(self, quarters):
        """This panel, turned by quarters of a turn about the middle of the detector."""
        if quarters % 4 == 0:
            return self
        once = Panel(self.shape, *((x, -y) for y, x in (self.corner, self.slow, self.fast)))
        return once.turned(quarters - 1)

    def moved(self, y, x):
        """This panel, moved by pixels."""
        return Panel(self.shape, (self.corner[0] + y, self.corner[1] + x), self.slow, self.fast)


@dataclass(frozen=True)
class Detector:
    """A detector and what it makes of photons; all lengths in pixels, if nothing else is written.

    Attributes
    ----------
    name : str
    kind : "counter" (each photon counted), "integrating" (charge of the pixel) or "ccd"
    panels : tuple of Panel, in the order in which the raw frame holds them
    shape : of a raw frame, (y, x) or (panels, y, x)
    pixel : float, m
    dtype : str, of a raw frame
    modules : ((rows, columns), (gap in y, gap in x)), of an assembled frame; None without gaps
    gap, dead : what a raw frame holds in gaps and dead pixels
    gain : float, units of the frame for each photon
    noise : float, RMS of the readout, units of the frame
    pedestal : float, RMS of what the dark subtraction left in each pixel, units of the frame
    common : float, RMS of the common mode of each ASIC, units of the frame
    asic : (rows, columns) of an ASIC, in the raw frame
    shared : float, RMS of the charge cloud (integrating) or of the point spread (ccd); share of the
        photons that are counted twice (counter)
    offset : float, added to each pixel
    stated : bool, whether its files hold a mask
    format : "nxmx", "cbf" or "cxi", what its frames are written as
    wavelength : float, Å
    round : bool, only a disc is exposed (a CCD with a round taper)
    """

    name: str
    kind: str
    panels: tuple
    shape: tuple
    pixel: float
    dtype: str
    modules: tuple | None = None
    gap: float = 0
    dead: float = 0
    gain: float = 1.0
    noise: float = 0.0
    pedestal: float = 0.0
    common: float = 0.0
    asic: tuple = (256, 256)
    shared: float = 0.0
    offset: float = 0.0
    stated: bool = True
    format: str = "cxi"
    wavelength: float = 1.0
    round: bool = False

    @property
    def flat(self):
        """The raw frame with its panels one below the other: (rows, columns)."""
        return (int(np.prod(self.shape[:-1])), self.shape[-1])

    @property
    def positions(self):
        """Where each pixel lies: y and x, each of the shape `flat`, float32, pixels."""
        y, x = np.empty(self.flat, np.float32), np.empty(self.flat, np.float32)
        for rows, columns, panel in self.places:
            i, j = np.ogrid[: panel.shape[0], : panel.shape[1]]
            y[rows, columns] = panel.corner[0] + i * panel.slow[0] + j * panel.fast[0]
            x[rows, columns] = panel.corner[1] + i * panel.slow[1] + j * panel.fast[1]
        return y, x

    @cached_property
    def places(self):
        """Each panel with its place in the flat frame: list of (rows, columns, Panel)."""
        found, row, column = [], 0, 0
        for panel in self.panels:
            rows, columns = slice(row, row + panel.shape[0]), slice(column, column + panel.shape[1])
            found.append((rows, columns, panel))
            column = columns.stop % self.flat[1]
            row = rows.stop if column == 0 else row
        return found

    @cached_property
    def active(self):
        """Which pixels are no gap: bool, of the shape `flat`."""
        good = np.ones(self.flat, bool)
        if self.modules:
            (rows, columns), (gap_y, gap_x) = self.modules
            y, x = np.ogrid[: self.flat[0], : self.flat[1]]
            good &= (y % (rows + gap_y) < rows) & (x % (columns + gap_x) < columns)
        if self.round:
            good &= np.hypot(*self.positions) < self.flat[0] / 2
        return good

    @cached_property
    def reach(self):
        """Distance of the farthest pixel from the middle, along y or x: float, pixels."""
        return float(max(np.abs(place).max() for place in self.positions))


def _assembled(shape):
    """One panel, the whole frame."""
    return (Panel(shape, (-(shape[0] - 1) / 2, -(shape[1] - 1) / 2)),)


def _block(shape, down, across, gap):
    """Panels side by side, the first at 0, 0."""
    return [
        Panel(shape, (i * (shape[0] + gap), j * (shape[1] + gap)))
        for i in range(down)
        for j in range(across)
    ]


def _quadrants(block, hole):
    """Four copies of a block round a hole of that width, each turned by a quarter."""
    return tuple(
        panel.moved(hole / 2, hole / 2 - 10).turned(quarter)
        for quarter in range(4)
        for panel in block
    )


def _jungfrau_modules():
    """Eight modules of 512 x 1024, two beside each other, those on the right upside down."""
    left = [Panel((512, 1024), (i * 548 - 1078, -1028)) for i in range(4)]
    return tuple(left + [panel.turned(2) for panel in left])


def _agipd():
    """Sixteen modules, whose 512 rows run along x and 128 columns along y."""
    module = Panel((512, 128), (0, 0), slow=(0, 1), fast=(1, 0))
    return _quadrants([module.moved(i * 157, 0) for i in range(4)], 12)


def _cspad():
    """32 pairs of ASICs, four pairs of pairs a quadrant, in the order of the quadrants."""
    pair = _block((185, 388), 2, 1, 8)
    side, turns = 2 * 185 + 24 + 16, ((0, 0, 0), (0, 1, 1), (1, 1, 2), (1, 0, 3))
    block = []
    for down, across, quarter in turns:
        for panel in pair:
            centred = panel.moved(-188.5, -193.5).turned(quarter)
            block.append(centred.moved(200 + down * side, 200 + across * side))
    return _quadrants(block, 16)


def _cspad_slab():
    """The same, as Cheetah writes them: 8 rows of panels and 4 columns, a quadrant a column pair.

    The raw frame is 1480 x 1552: eight times 185 rows and four times 388 columns.
    """
    panels = _cspad()
    return tuple(panels[quadrant * 8 + i] for i in range(8) for quadrant in range(4))


def _counter(name, shape, modules, pixel, dtype, gap, dead, **more):
    return Detector(name, "counter", _assembled(shape), shape, pixel, dtype, modules, gap, dead,
                    shared=0.02, **more)  # fmt: skip


_EIGER = (514, 1030), (37, 10)
_PILATUS = (195, 487), (17, 7)
_JUNGFRAU = (514, 1030), (36, 8)
_U32, _U16 = 2**32 - 1, 2**16 - 1
_KEV = {"gain": 12.4, "noise": 0.3, "pedestal": 0.1, "shared": 0.17, "asic": (256, 256)}
_EPIX = {"gain": 9.5, "noise": 0.45, "pedestal": 0.2, "common": 0.12, "asic": (176, 192),
         "shared": 0.13, "wavelength": 1.305}  # fmt: skip
_CSPAD = {"gain": 32.0, "noise": 6.5, "pedestal": 2.5, "common": 3.0, "asic": (185, 194),
          "shared": 0.12, "wavelength": 1.305}  # fmt: skip

_NXMX, _CBF = {"format": "nxmx"}, {"format": "cbf", "stated": False}

_ALL = (
    _counter("eiger_1m", (1065, 1030), _EIGER, 75e-6, "u4", _U32, _U32 - 1, **_NXMX),
    _counter("eiger_1m_16bit", (1065, 1030), _EIGER, 75e-6, "u2", _U16, _U16 - 1, **_NXMX),
    _counter("eiger_4m", (2167, 2070), _EIGER, 75e-6, "u4", _U32, _U32 - 1, **_NXMX),
    _counter("eiger_16m", (4371, 4150), _EIGER, 75e-6, "u4", _U32, _U32 - 1, **_NXMX),
    _counter("pilatus_300k", (619, 487), _PILATUS, 172e-6, "i4", -1, -2, **_CBF),
    _counter("pilatus_6m", (2527, 2463), _PILATUS, 172e-6, "i4", -1, -2, **_CBF),
    Detector("jungfrau_1m_kev", "integrating", _assembled((1064, 1030)), (1064, 1030), 75e-6, "f4",
             _JUNGFRAU, np.nan, np.nan, **_KEV, **_NXMX),
    Detector("jungfrau_4m_stack", "integrating", _jungfrau_modules(), (8, 512, 1024), 75e-6, "f4",
             None, np.nan, np.nan, **_KEV),
    Detector("jungfrau_4m_photons", "integrating", _assembled((2164, 2068)), (2164, 2068), 75e-6,
             "i2", _JUNGFRAU, -32768, -32768, gain=1.0, noise=0.024, pedestal=0.01, shared=0.17,
             **_NXMX),
    Detector("epix10k_stack", "integrating", _quadrants(_block((352, 384), 2, 2, 14), 20),
             (16, 352, 384), 100e-6, "f4", **_EPIX),
    Detector("epix10k_assembled", "integrating", _assembled((1450, 1578)), (1450, 1578), 100e-6,
             "f4", ((352, 384), (14, 14)), **_EPIX),
    Detector("agipd", "integrating", _agipd(), (16, 512, 128), 200e-6, "f4", None, np.nan, np.nan,
             gain=62.0, noise=11.0, pedestal=4.0, common=4.0, asic=(64, 64), shared=0.06,
             wavelength=1.333),
    Detector("cspad_slab", "integrating", _cspad_slab(), (1480, 1552), 110e-6, "i2", **_CSPAD),
    Detector("cspad_stack", "integrating", _cspad(), (32, 185, 388), 110e-6, "f4", **_CSPAD),
    Detector("rayonix", "ccd", _assembled((1920, 1920)), (1920, 1920), 88.6e-6, "u2", gain=1.7,
             noise=2.5, pedestal=0.6, shared=0.5, offset=10.0, stated=False, wavelength=1.3),
    Detector("mar165", "ccd", _assembled((2048, 2048)), (2048, 2048), 79e-6, "u2", gain=1.2,
             noise=4.0, pedestal=1.0, shared=0.65, offset=12.0, stated=False, round=True),
)  # fmt: skip
DETECTORS = {detector.name: detector for detector in _ALL}
COUNTERS = [name for name, detector in DETECTORS.items() if detector.kind == "counter"]
