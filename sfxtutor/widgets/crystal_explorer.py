"""The crystal explorer: turn a crystal in the beam, and see which reflections light up.

The lattice with its Ewald sphere (`lattice_view`) beside the detector's picture of the same still
(`still`); presets and goals stand in `crystal_goals`.
"""

from dataclasses import replace
from functools import partial
from math import ceil, floor

import ipywidgets as controls
import numpy as np
from matplotlib.figure import Figure
from scipy.spatial.transform import Rotation

from ..fast.kernels import fast_lcn
from ..plots.frames import plot_frame, ring_radius
from ..plots.style import COLOURS
from ..runs.datasets import CARDS
from ..runs.twin.run import good_pixels, setup_of
from .base import Widget, buttons, line
from .canvas import FrameCanvas, circles, rings, to_bytes
from .crystal_goals import GOALS, PRESETS, State, settings_of, target_of
from .frame_stages import LCN_EDGE, UNITS, Picture, coarse, ends
from .lattice import CAMERAS
from .lattice_view import CHOSEN, KINDS, LatticeView, plot_view, words_of
from .still import Settings, crop_of, exposure_of, usual

RINGS = (20, 10, 5, 3.1)  # Å
ANGLES = ("tilt", "turn", "spin")
GROUPS = {
    "orientation": ANGLES,
    "crystal": ("a", "b", "c", "mosaicity"),
    "beam": ("energy", "flux"),
}
AXES = {"the vertical": 1, "the horizontal": 0, "the beam": 2}  # to turn about -> x, y or z
LABEL = '<b style="font-size: 150%">{}</b>'
HALF = {"flex": "1 1 230px", "min_width": "0", "max_width": "460px"}  # of two pictures in a line
_NEAR = 14  # pixels of the crop: a spot is under the cursor
_ROUNDED = 0.05 + 1e-9  # degrees: what a slider's readout leaves of an angle
_NOTHING = "Drag the lattice. Point at a spot or at a lattice point, or press N."


class CrystalExplorer(Widget):
    """Turn a crystal, change its cell and the beam: spots come and go, and the label with them.

    Parameters
    ----------
    name : {"LN83", "LN84", "LO19"}
        The run whose sample, beam and detector are the start.

    Notes
    -----
    Drag the lattice, or use the arrow keys on it; at its rim, or with Shift, the crystal spins
    about the beam. N and P choose the next and the previous visible spot of the picture.
    """

    def __init__(self, name: str = "LN83"):
        self.name, self._quiet, self.best = name, False, {}
        setup = setup_of(name)
        self._small = crop_of(setup)
        self._good = good_pixels(self._small)
        self.canvas = FrameCanvas("gray_r", size=460, cursor=True, acts=True, hot_keys=["n", "p"],
                                  layout=HALF)  # fmt: skip
        self.lattice = LatticeView(setup, self._small, layout=HALF)
        self.sliders = _sliders(usual(name))
        self.label, self.reflection, self.task = (controls.HTML() for _ in range(3))
        self._make_choices()
        self._make_play()
        self._limits = self._usual_limits()
        self._arrange()
        self._wire()
        self._draw()

    def _make_choices(self):
        self.view = buttons(["LCN", "crop"], "picture")
        self.camera = buttons(list(CAMERAS), "lattice")
        self.circles, self.rings = (
            controls.Checkbox(description=text, indent=False, layout={"width": "auto"})
            for text in ("circle the visible spots", "resolution rings")
        )
        self.preset = _choice(list(PRESETS), "preset")
        self.goal = _choice([("none", ""), *((goal.name, goal) for goal in GOALS)], "goal")
        self.previous, self.next, self.reset = (
            controls.Button(description=text, layout={"width": "auto"})
            for text in ("previous spot (P)", "next spot (N)", "start again")
        )

    def _make_play(self):
        self.play = controls.ToggleButton(description="play", icon="play",
                                          tooltip="stills of a turning crystal")  # fmt: skip
        self.axis = _choice(list(AXES.items()), "about")
        self.rate = controls.FloatSlider(
            value=1, min=0.1, max=10, step=0.1, description="speed, °/s", readout_format=".1f",
            style={"description_width": "6em"}, layout={"width": "98%", "max_width": "30em"},
        )  # fmt: skip

    def _arrange(self):
        groups = {
            title: controls.VBox([self.sliders[name] for name in names])
            for title, names in GROUPS.items()
        }
        groups["play"] = controls.VBox([line(self.play, self.axis), self.rate])
        tabs = controls.Tab(list(groups.values()))
        for number, title in enumerate(groups):
            tabs.set_title(number, title)
        self._assemble(
            line(self.label, self.previous, self.next, self.reset),
            line(self.lattice, self.canvas),
            controls.HTML(_key()), self.reflection, tabs,
            line(self.preset, self.goal), self.task,
            line(self.camera, self.view, self.circles, self.rings),
        )  # fmt: skip

    def _wire(self):
        for name, slider in self.sliders.items():
            self.connect(slider, partial(self._turn_to, name) if name in ANGLES else self._draw)
        for control in (self.circles, self.rings, self.goal):
            self.connect(control, self._mark)
        self.connect(self.view, self._show)
        self.connect(self.lattice, self._turned, "turned")
        self.connect(self.lattice, self._mark, "chosen")
        self.connect(self.canvas, self._point, ["row", "column"])
        self.canvas.on_act(lambda row, column: self.guard(self._choose_at, row, column, np.inf))
        self.canvas.on_key(lambda key: self.guard(self.step, 1 if key == "n" else -1))
        self.previous.on_click(lambda _: self.guard(self.step, -1))
        self.next.on_click(lambda _: self.guard(self.step, 1))
        self.reset.on_click(lambda _: self.guard(self.start))
        self.connect(self.preset, self.start)
        self.connect(self.camera, lambda: self.lattice.look(self.camera.value))
        controls.link((self.play, "value"), (self.lattice, "playing"))
        self.connect(self.play, self._name_play)
        controls.link((self.rate, "value"), (self.lattice, "rate"))
        controls.link((self.axis, "value"), (self.lattice, "axis"))

    def _name_play(self):
        self.play.description, self.play.icon = (
            ("stop", "stop") if self.play.value else ("play", "play")
        )

    def _usual_limits(self):
        """Contrast of both pictures, kept: with less flux the frame gets darker."""
        crop = exposure_of(self.name, usual(self.name)).crop
        return {view: self._picture(crop, view).limits for view in self.view.options}

    def start(self):
        """Set everything as the preset has it."""
        settings = settings_of(self.name, self.preset.value)
        self._quiet, self.lattice.playing = True, False
        for name, value in _flat(settings).items():
            self.sliders[name].value = value
        self._set_angles(settings.angles)
        self._quiet = False
        self._draw()

    @property
    def settings(self):
        """The orientation and the sliders' values: `Settings`."""
        turned = Rotation.from_matrix(np.reshape(self.lattice.turned, (3, 3)))
        angles = [float(angle) for angle in turned.as_euler("xyz", degrees=True)]
        values = {name: slider.value for name, slider in self.sliders.items() if name not in ANGLES}
        return Settings(cell=tuple(values.pop(edge) for edge in "abc"), **values,
                        **dict(zip(ANGLES, angles, strict=True)))  # fmt: skip

    def _set_angles(self, angles):
        turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
        self.lattice.turned = turned.ravel().tolist()

    def _turn_to(self, name):
        """A slider of the orientation moved: its angle is new, the other two stay as they are."""
        angles = dict(zip(ANGLES, self.settings.angles, strict=True))
        value = self.sliders[name].value
        if self._quiet or abs(value - angles[name]) <= _ROUNDED:
            return  # the browser sends back what it shows of an angle that the hand has set
        self._set_angles(list((angles | {name: value}).values()))

    def _turned(self):
        """The crystal has another orientation: by hand, by itself or by a slider."""
        if self._quiet:
            return
        self._quiet = True
        for name, angle in zip(ANGLES, self.settings.angles, strict=True):
            self.sliders[name].value = round(angle, 1) + 0.0
        self._quiet = False
        self._draw()

    def step(self, by):
        """Choose the visible spot of the picture that is `by` further around the beam."""
        spots = self.exposure.pictured
        if not len(spots):
            return
        center = self._small.center
        spots = spots[np.argsort(np.arctan2(spots["y"] - center[0], spots["x"] - center[1]))]
        hkl = [_hkl(spot) for spot in spots]
        chosen = list(self.lattice.chosen)
        at = hkl.index(chosen) + by if chosen in hkl else (0 if by > 0 else -1)
        self.lattice.chosen = hkl[at % len(hkl)]

    def _point(self):
        self._choose_at(self.canvas.row, self.canvas.column, _NEAR)

    def _choose_at(self, row, column, reach):
        """Choose the visible spot nearest to a pixel of the picture, if it is that near."""
        spots, picture = self.exposure.pictured, self._shown
        y, x = ((at + 0.5) * picture.bin - 0.5 + start
                for at, start in ((row, picture.top), (column, picture.left)))  # fmt: skip
        far = np.hypot(spots["y"] - y, spots["x"] - x)
        if row >= 0 and len(far) and far.min() <= reach:
            self.lattice.chosen = _hkl(spots[np.argmin(far)])

    def _draw(self):
        """Show the still of the present settings."""
        if self._quiet:
            return
        self._drawn = settings = self.settings
        self.exposure = exposure_of(self.name, settings)
        self.label.value = LABEL.format(self.exposure.label)
        self.lattice.draw(settings, self.exposure, alt=self._lattice_alt())
        self._show()

    def _show(self):
        """Show the picture of the still that has been made, and what is marked in it."""
        self._shown = picture = self._picture(self.exposure.crop, self.view.value)
        low, high = self._limits[picture.stage]
        self.canvas.draw(
            to_bytes(picture.image, low, high, mask=picture.good), alt=self._picture_alt(),
            overlays=self._overlays(), caption=self.exposure.text,
            scale=ends(low, high, picture.stage),
        )  # fmt: skip
        self._mark()

    def _mark(self):
        """Mark and describe the chosen reflection, and judge the goal."""
        chosen, goal = self.lattice.chosen, self.goal.value
        words = words_of(self._drawn, self.exposure, chosen) if chosen else _NOTHING
        self.reflection.value = f"<span{self._spoken}>{words}</span>"
        self.lattice.target = list(target_of(self.name)) if goal and goal.marked else []
        self.canvas.overlays = self._overlays()
        self.task.value = self._judged(goal) if goal else ""

    @property
    def _spoken(self):
        """What has a text read aloud when it changes; not at every still of a turning crystal."""
        return "" if self.lattice.playing else ' role="status"'

    def _overlays(self):
        overlays, picture = [], self._shown
        if self.circles.value:
            places = picture.place(self.exposure.y, self.exposure.x)
            overlays.append(circles(*places, colour=COLOURS["orange"]))
        if self.rings.value:
            beam = replace(CARDS["twin"][self.name], wavelength=self._drawn.wavelength,
                           distance=self._small.distance)  # fmt: skip
            radii = [ring_radius(d, beam) / self._small.pixel / picture.bin for d in RINGS]
            center = picture.place(*self._small.center)
            overlays.append(rings(center, radii, [f"{d} Å" for d in RINGS], COLOURS["sky"]))
        number = self.exposure.find(self.lattice.chosen) if self.lattice.chosen else None
        if number is not None:  # else the reflection is not on the sphere
            spot = self.exposure.spots[[number]]
            places = picture.place(spot["y"], spot["x"])
            overlays.append(circles(*places, kind="square", radius=9, colour=CHOSEN))
        return overlays

    def _judged(self, goal):
        """The task, the best that reached it and how far it is now, as HTML."""
        state = State(self.name, self._drawn, self.exposure, tuple(self.lattice.chosen))
        score, best = goal.judge(state), self.best.get(goal.name)
        if score.reached and (best is None or score.value > best.value):
            self.best[goal.name] = best = score
        task = goal.task.format(hkl=" ".join(map(str, target_of(self.name))))
        done = f" <b>Reached:</b> {best.text}." if best else ""
        return f"<span{self._spoken}>{task}{done}</span> Now: {score.text}."

    def _picture(self, crop, view):
        """A crop, or its LCN frame so that a spot is seen; places are those of the crop."""
        if view == "crop":
            return Picture("crop", crop, self._good, 0, 0, 1)
        inner = slice(LCN_EDGE, -LCN_EDGE)
        image, good = fast_lcn(crop, self._good), self._good[inner, inner]
        return coarse(Picture("LCN", image, good, LCN_EDGE, LCN_EDGE, 1))

    def _lattice_alt(self):
        """The view of the lattice in a sentence."""
        settings = self._drawn
        tilt, turn, spin = (f"{angle:.1f}°" for angle in settings.angles)
        return (
            f"Reciprocal lattice, {self.camera.value} view, with the Ewald sphere of radius "
            f"{1 / settings.wavelength:.3f} 1/Å; tilt {tilt}, turn {turn}, spin {spin}. "
            f"{self.exposure.lit} reflections are lit, {len(self.exposure.seen)} are visible."
        )

    def _picture_alt(self):
        """The picture of the detector in a sentence."""
        settings = self._drawn
        cell = " x ".join(f"{edge:.0f}" for edge in settings.cell)
        return (
            f"One crystal of {self.name}, cell {cell} Å, at {settings.energy:.2f} keV, centre "
            f"of the detector ({self.view.value}). {self.exposure.text}"
        )

    def alt(self):
        """The static figure in words."""
        return f"Left: {self._lattice_alt()} Right: {self._picture_alt()}"

    def figure(self):
        """The lattice with its sphere, and the picture with its visible spots: a Figure."""
        figure = Figure(figsize=(9.6, 4.6), layout="constrained")
        figure.get_layout_engine().set(h_pad=0.1)
        left, right = figure.subplots(1, 2)
        plot_view(left, self._drawn, self.exposure, self.lattice.wires, self.camera.value,
                  self.lattice.chosen)  # fmt: skip
        left.set_title("reciprocal lattice, Ewald sphere and detector")
        left.legend(loc="lower left", fontsize="x-small", markerscale=1.5, frameon=False)
        picture, (low, high) = self._shown, self._limits[self._shown.stage]
        plot_frame(np.where(picture.good, picture.image, np.nan), right, vmin=low, vmax=high,
                   label=UNITS[picture.stage], cmap="gray_r", bin=picture.bin)  # fmt: skip
        y, x = picture.place(self.exposure.y, self.exposure.x)
        right.plot(x, y, "o", mfc="none", color=COLOURS["red"], ms=9)
        right.set(xlim=(0, len(picture.image)), ylim=(len(picture.image), 0))
        right.set_title(f"one crystal of {self.name}: {self.exposure.label}")
        return figure


def _hkl(spot):
    """hkl of a spot, list of 3 int."""
    return [int(spot[name]) for name in "hkl"]


def _choice(options, description):
    return controls.Dropdown(
        options=options, description=description, style={"description_width": "4em"},
        layout={"width": "18em"},
    )  # fmt: skip


def _key():
    """What the colours of the lattice stand for, as HTML."""
    parts = [f'<span style="color: {colour}">●</span> {text}' for text, colour in KINDS.values()]
    return f"<small>{' &nbsp; '.join(parts)}</small>"


def _flat(settings):
    """Settings as a dict of numbers, the edges of the cell as a, b and c."""
    values = dict(vars(settings))
    return dict(zip("abc", values.pop("cell"), strict=True)) | values


def _sliders(settings):
    """A slider for each setting, about what the run has."""
    edges = {edge: (f"cell {edge}, Å", floor(0.5 * length), ceil(1.5 * length), 0.1, ".1f")
             for edge, length in zip("abc", settings.cell, strict=True)}  # fmt: skip
    ranges = {
        "tilt": ("tilt, °", -180, 180, 0.1, ".1f"),
        "turn": ("turn, °", -90, 90, 0.1, ".1f"),
        "spin": ("spin, °", -180, 180, 0.1, ".1f"),
        **edges,
        "energy": ("energy, keV", 7, 12, 0.02, ".2f"),
        "mosaicity": ("mosaicity, °", 0, 0.3, 0.01, ".2f"),
        "flux": ("flux, × usual", 0.05, 3, 0.05, ".2f"),
    }
    start = _flat(settings)
    return {
        name: controls.FloatSlider(
            value=start[name], min=low, max=high, step=step, description=text, readout_format=form,
            style={"description_width": "6em"}, layout={"width": "98%", "max_width": "40em"},
        )
        for name, (text, low, high, step, form) in ranges.items()
    }  # fmt: skip
