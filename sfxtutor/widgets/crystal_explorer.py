"""The crystal explorer: turn a crystal in the beam, and see which spots light up.

All physics is that of the twin (`crystal`, `detector`, `shots`); only the choice of what to change
is made here.
"""

from dataclasses import dataclass, replace

import ipywidgets as controls
import numpy as np
from scipy.spatial.transform import Rotation

from ..fast.kernels import fast_lcn
from ..plots.frames import plot_frame, ring_radius
from ..plots.style import COLOURS
from ..runs.datasets import CARDS
from ..runs.run import CROP, crop_slices
from ..runs.twin.crystal import random_rotation
from ..runs.twin.detector import light
from ..runs.twin.run import good_pixels, setup_of
from ..runs.twin.shot import Shot, bragg, label_of, render, visibility
from ..support.units import HC
from .base import Widget, buttons, line, static_figure
from .canvas import FrameCanvas, circles, rings, to_bytes
from .frame_stages import LCN_EDGE, UNITS, Picture, coarse, ends

KEV = HC / 1000  # keV Å: photon energy times wavelength
RINGS = (20, 10, 5, 3.1)  # Å
LABEL = '<b style="font-size: 150%; margin-left: 6em">{}</b>'
_START = 0  # seed of the orientation at angles of 0


@dataclass(frozen=True)
class Settings:
    """What a learner may change.

    Attributes
    ----------
    tilt, turn, spin : float
        Degrees about the horizontal axis, the vertical axis and the beam.
    cell : tuple of 3 floats
        Edges, Å.
    energy : float
        Of the photons, keV.
    mosaicity : float
        Degrees (standard deviation).
    flux : float
        Photons in the pulse, of the usual number.
    """

    cell: tuple
    energy: float
    mosaicity: float
    tilt: float = 0.0
    turn: float = 0.0
    spin: float = 0.0
    flux: float = 1.0


@dataclass(frozen=True)
class Exposure:
    """What the detector records with some settings.

    Attributes
    ----------
    crop : (724, 724) uint16 array, ADU
    y, x : (n,) arrays
        The visible spots on the whole detector, in pixels of the crop.
    label : str
        By the experts' rule, from the visible spots of the whole detector.
    lit : int
        Spots above the simulation's limit of faintness, visible or not.
    """

    crop: np.ndarray
    y: np.ndarray
    x: np.ndarray
    label: str
    lit: int

    @property
    def inside(self):
        """Visible spots in the crop."""
        places = np.stack([self.y, self.x])
        return int(np.count_nonzero(((places >= -0.5) & (places < CROP - 0.5)).all(axis=0)))

    @property
    def text(self):
        """Label and counts in words."""
        return (f"{self.label}: {len(self.y)} spots that a person would see, {self.inside} of them "
                f"in this picture. {self.lit} reflections are lit.")  # fmt: skip


def usual(name):
    """The settings of the run, to the nearest step of the sliders (the browser snaps)."""
    setup = setup_of(name)
    mosaicity = float(np.rad2deg(setup.crystal.mosaicity))
    return Settings(setup.crystal.cell, round(KEV / setup.wavelength, 2), round(mosaicity, 2))


def crop_of(setup):
    """The same setup with a detector that is the central crop alone: its background costs less."""
    rows, columns = crop_slices(setup.shape, CROP)
    center = (setup.center[0] - rows.start, setup.center[1] - columns.start)
    return replace(setup, shape=(CROP, CROP), center=center, edge=setup.edge - columns.start)


def exposure_of(name, settings):
    """One crystal in the beam, with these settings: `Exposure`.

    The crystal is as bright as the run's median one. The random numbers of the pixels are always
    the same, so that only the settings change.
    """
    setup = setup_of(name)
    crystal = replace(
        setup.crystal, cell=tuple(settings.cell), mosaicity=float(np.deg2rad(settings.mosaicity))
    )
    setup = replace(setup, crystal=crystal, wavelength=KEV / settings.energy)
    angles = (settings.tilt, settings.turn, settings.spin)
    start = random_rotation(np.random.default_rng(_START))
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ start
    shot = Shot(pulse=settings.flux, wavelength=setup.wavelength, edge=setup.edge,
                crystals=((rotation, setup.brightness),),
                hot=np.empty((0, 3), int), streak=(0.0, 0.0), ice=0.0, key=1)  # fmt: skip
    spots = bragg(setup, shot)
    seen = spots[visibility(setup, shot, spots, light_at(setup, spots)) > 1]
    small = crop_of(setup)
    crop = render(small, replace(shot, edge=small.edge))
    y, x = (seen[axis] - (n - CROP) // 2 for axis, n in zip("yx", setup.shape, strict=True))
    return Exposure(crop, y, x, label_of(len(seen)), len(spots))


def light_at(setup, spots):
    """Background at the spots, (n,) photons: for a new wavelength, faster than all of it."""
    if not len(spots):
        return np.empty(0)
    y, x = (np.rint(spots[axis]) - middle for axis, middle in zip("yx", setup.center, strict=True))
    return light(setup, y[None], x[None])[0]


class CrystalExplorer(Widget):
    """Turn a crystal, change its cell and the beam: spots come and go, and the label with them.

    Parameters
    ----------
    name : {"LN83", "LN84", "LO19"}
        The run whose sample, beam and detector are the start.
    """

    def __init__(self, name: str = "LN83"):
        self.name, self._quiet = name, False
        self._small = crop_of(setup_of(name))
        self._good = good_pixels(self._small)
        self.canvas = FrameCanvas("gray_r", size=420)
        self.label = controls.HTML()
        self.sliders = _sliders(usual(name))
        self.view = buttons(["LCN", "crop"], "picture")
        self.circles, self.rings = (
            controls.Checkbox(description=text, indent=False, layout={"width": "auto"})
            for text in ("circle the visible spots", "resolution rings")
        )
        self.reset = controls.Button(description="start again")
        inputs = [*self.sliders.values(), self.view, self.circles, self.rings]
        self._assemble(line(self.canvas, controls.VBox([self.label, *inputs, self.reset])))
        for control in inputs:
            self.connect(control, self._draw)
        self.reset.on_click(lambda _: self.guard(self.start))
        self._limits = self._usual_limits()
        self._draw()

    def _usual_limits(self):
        """Contrast of both pictures, kept: with less flux the frame gets darker."""
        crop = exposure_of(self.name, usual(self.name)).crop
        return {view: self._picture(crop, view).limits for view in self.view.options}

    def start(self):
        """Set all sliders as the run has them."""
        self._quiet = True
        for name, value in _flat(usual(self.name)).items():
            self.sliders[name].value = value
        self._quiet = False
        self._draw()

    @property
    def settings(self):
        """The sliders' values: `Settings`."""
        values = {name: slider.value for name, slider in self.sliders.items()}
        return Settings(cell=tuple(values.pop(edge) for edge in "abc"), **values)

    def _draw(self):
        if self._quiet:
            return
        self.exposure = exposure_of(self.name, self.settings)
        self.label.value = LABEL.format(self.exposure.label)
        picture = self._picture(self.exposure.crop, self.view.value)
        low, high = self._limits[picture.stage]
        overlays = []
        if self.circles.value:
            places = picture.place(self.exposure.y, self.exposure.x)
            overlays.append(circles(*places, colour=COLOURS["orange"]))
        if self.rings.value:
            beam = replace(CARDS["twin"][self.name], wavelength=KEV / self.settings.energy,
                           distance=self._small.distance)  # fmt: skip
            radii = [ring_radius(d, beam) / self._small.pixel / picture.bin for d in RINGS]
            center = picture.place(*self._small.center)
            overlays.append(rings(center, radii, [f"{d} Å" for d in RINGS], COLOURS["sky"]))
        self.canvas.draw(
            to_bytes(picture.image, low, high, mask=picture.good), overlays=overlays,
            alt=self.alt(), caption=self.exposure.text, scale=ends(low, high, picture.stage),
        )  # fmt: skip

    def _picture(self, crop, view):
        """A crop, or its LCN frame so that a spot is seen; places are those of the crop."""
        if view == "crop":
            return Picture("crop", crop, self._good, 0, 0, 1)
        inner = slice(LCN_EDGE, -LCN_EDGE)
        image, good = fast_lcn(crop, self._good), self._good[inner, inner]
        return coarse(Picture("LCN", image, good, LCN_EDGE, LCN_EDGE, 1))

    def alt(self):
        """The picture in a sentence."""
        cell = " x ".join(f"{edge:.0f}" for edge in self.settings.cell)
        return (
            f"One crystal of {self.name}, cell {cell} Å, at {self.settings.energy:.2f} keV, centre "
            f"of the detector ({self.view.value}). {self.exposure.text}"
        )

    def figure(self):
        """The crop, its visible spots circled: a matplotlib Figure."""
        figure, ax = static_figure(5, 4.4)
        picture = self._picture(self.exposure.crop, self.view.value)
        low, high = self._limits[picture.stage]
        plot_frame(np.where(picture.good, picture.image, np.nan), ax, vmin=low, vmax=high,
                   label=UNITS[picture.stage], cmap="gray_r", bin=picture.bin)  # fmt: skip
        y, x = picture.place(self.exposure.y, self.exposure.x)
        ax.plot(x, y, "o", mfc="none", color=COLOURS["red"], ms=9)
        ax.set(xlim=(0, len(picture.image)), ylim=(len(picture.image), 0))
        ax.set_title(f"one crystal of {self.name}: {self.exposure.label}")
        return figure


def _flat(settings):
    """Settings as a dict of numbers, the edges of the cell as a, b and c."""
    values = dict(vars(settings))
    return dict(zip("abc", values.pop("cell"), strict=True)) | values


def _sliders(settings):
    """A slider for each setting, about what the run has."""
    edges = {edge: (f"cell {edge}, Å", round(0.5 * length), round(1.5 * length), 0.1, ".1f")
             for edge, length in zip("abc", settings.cell, strict=True)}  # fmt: skip
    ranges = {
        "tilt": ("tilt, °", -30, 30, 0.1, ".1f"),
        "turn": ("turn, °", -30, 30, 0.1, ".1f"),
        "spin": ("spin, °", -90, 90, 1, ".0f"),
        **edges,
        "energy": ("energy, keV", 7, 12, 0.02, ".2f"),
        "mosaicity": ("mosaicity, °", 0, 0.3, 0.01, ".2f"),
        "flux": ("flux, × usual", 0.05, 3, 0.05, ".2f"),
    }
    start = _flat(settings)
    return {
        name: controls.FloatSlider(
            value=start[name], min=low, max=high, step=step, description=text,
            readout_format=form, style={"description_width": "7em"}, layout={"width": "24em"},
        )
        for name, (text, low, high, step, form) in ranges.items()
    }  # fmt: skip
