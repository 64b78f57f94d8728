"""The particle explorer: turn a particle in the beam, and see the pattern that it scatters.

The particle as it looks along the beam, by its thickness, beside the detector's picture.  What they
show is computed by the second twin (`..runs.spi`).
"""

import warnings
from functools import partial

import ipywidgets as controls
import numpy as np
from matplotlib.figure import Figure
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from ..runs.spi.particle import icosahedron
from ..runs.spi.shot import Part, Setup, background, scattered
from .base import Widget, buttons, line
from .canvas import FrameCanvas, to_bytes

KINDS = ("virus", "dimer", "sphere", "ellipsoid")
ANGLES = ("tilt", "turn", "spin")
STRETCHED = (1.6, 0.8, 0.8)  # half axes of the ellipsoid, in radii
SIDE, WIDE = 120, 160.0  # pixels of the particle's picture, and its width in nm
TURN = 180  # degrees that a drag across the whole picture turns by
HALF = {"flex": "1 1 230px", "min_width": "0", "max_width": "460px"}  # of two pictures in a line
LOW, HIGH = -0.5, 4.0  # log10 of photons, at the ends of the colours


class ParticleExplorer(Widget):
    """Turn a virus, two of them, a sphere or an ellipsoid by the mouse: the pattern follows.

    Drag either picture: to the side turns the particle about the vertical, up and down about the
    horizontal.  The sliders do the same, and turn it about the beam.
    """

    def __init__(self):
        self.setup, self._quiet = Setup(), False
        self.rotation, self._dragged = Rotation.identity(), {}
        self.kind = buttons(KINDS, "particle")
        self.kind.style.button_width, self.kind.layout.width = "6em", "32em"
        self.sliders = {
            name: controls.FloatSlider(min=-180, max=180, step=1, description=f"{name}, °",
                                       readout_format=".0f", layout={"width": "98%"})
            for name in ANGLES
        }  # fmt: skip
        self.radius = controls.FloatSlider(
            value=35,
            min=20,
            max=50,
            step=0.5,
            description="radius, nm",
            readout_format=".1f",
            layout={"width": "98%"},
        )
        self.light = controls.FloatLogSlider(
            value=10**-0.5,
            min=-4,
            max=0,
            step=0.1,
            description="brightness",
            layout={"width": "98%"},
        )
        self.noise = controls.Checkbox(value=True, description="photon noise", indent=False)
        self.reset = controls.Button(description="start again", layout={"width": "auto"})
        self.body = FrameCanvas("gray", size=300, drags=True, layout=HALF)
        self.canvas = FrameCanvas("viridis", size=460, drags=True, layout=HALF,
                                  scale=[f"{10**LOW:.1f} photons", f"{10**HIGH:,.0f}"])  # fmt: skip
        self._arrange()
        self._wire()
        self._draw()

    def _arrange(self):
        angles = controls.VBox(list(self.sliders.values()), layout={"flex": "1 1 230px"})
        beam = controls.VBox([self.radius, self.light, self.noise], layout={"flex": "1 1 230px"})
        self._assemble(
            line(self.kind, self.reset), line(self.body, self.canvas), line(angles, beam)
        )

    def _wire(self):
        for control in (self.kind, self.radius, self.light, self.noise):
            self.connect(control, self._draw)
        for slider in self.sliders.values():
            self.connect(slider, self._turn_by_sliders)
        for canvas in (self.body, self.canvas):
            self.connect(canvas, partial(self._turn_by_hand, canvas), "drag")
        self.reset.on_click(lambda _: self.guard(self.start))

    def start(self):
        """Turn the particle back."""
        self._turn_to(Rotation.identity())

    def _turn_by_hand(self, canvas):
        """A drag went on: the way since it was last read turns the particle."""
        before = self._dragged.get(canvas, (0.0, 0.0))
        self._dragged[canvas] = tuple(canvas.drag)
        down, right = (TURN * (a - b) for a, b in zip(canvas.drag, before, strict=True))
        self._turn_to(Rotation.from_euler("xy", (-down, right), degrees=True) * self.rotation)

    def _turn_by_sliders(self):
        if not self._quiet:
            angles = [self.sliders[name].value for name in ANGLES]
            self.rotation = Rotation.from_euler("xyz", angles, degrees=True)
            self._draw()

    def _turn_to(self, rotation):
        """Show the particle in that orientation, and set the sliders to it."""
        self.rotation, self._quiet = rotation, True
        with warnings.catch_warnings():  # at a turn of 90° tilt and spin are one: any will do
            warnings.simplefilter("ignore", UserWarning)
            angles = rotation.as_euler("xyz", degrees=True)
        for name, angle in zip(ANGLES, angles, strict=True):
            self.sliders[name].value = round(float(angle)) + 0.0
        self._quiet = False
        self._draw()

    def parts(self):
        """The bodies of the particle as it is turned now: a tuple of `Part`."""
        radius, rotation = self.radius.value, self.rotation.as_matrix()
        middle, kind = np.zeros(3), self.kind.value
        if kind == "sphere":
            return (Part("ellipsoid", np.full(3, radius), np.eye(3), middle),)
        if kind == "ellipsoid":
            return (Part("ellipsoid", radius * np.array(STRETCHED), rotation, middle),)
        if kind == "virus":
            return (Part("virus", np.full(3, radius), rotation, middle),)
        side = radius * rotation[:, 0]
        return tuple(Part("virus", np.full(3, radius), rotation, sign * side) for sign in (1, -1))

    def pattern(self):
        """Photons of the pattern: (y, x) float, NaN where there is no pixel."""
        setup = self.setup
        mean = scattered(setup, self.parts(), setup.fluence * self.light.value) + background(setup)
        photons = np.random.default_rng(0).poisson(mean) if self.noise.value else mean
        frame = setup.detector.frame(photons.astype(float))
        return np.where(setup.detector.mask, frame, np.nan)

    def _draw(self):
        """Show particle and pattern of the present settings."""
        if self._quiet:
            return
        self._pattern, self._thick = self.pattern(), thickness(self.parts())
        light = np.log10(np.maximum(self._pattern, 0) + 10**LOW)
        words = self.alt()
        self.canvas.draw(to_bytes(light, LOW, HIGH), alt=words, caption=self._caption())
        self.body.draw(to_bytes(self._thick, 0, 100), alt=f"The {self.kind.value} along the beam.",
                       caption=f"along the beam, {WIDE:.0f} nm wide")  # fmt: skip

    def _caption(self):
        return f"{np.nansum(self._pattern):,.0f} photons"

    def alt(self):
        """Particle and pattern in a sentence."""
        tilt, turn, spin = (f"{self.sliders[name].value:.0f}°" for name in ANGLES)
        return (
            f"Diffraction pattern, {self.kind.value} of radius {self.radius.value:g} nm, tilt "
            f"{tilt}, turn {turn}, spin {spin}: {self._caption()} around a hole, with a gap."
        )

    def figure(self):
        """The particle beside its pattern: a Figure."""
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.imshow(self._thick, cmap="gray", vmin=0, vmax=100,
                    extent=(-WIDE / 2, WIDE / 2, WIDE / 2, -WIDE / 2))  # fmt: skip
        left.set(title=f"{self.kind.value} along the beam", xlabel="nm", ylabel="nm")
        light = np.log10(self._pattern + 10**LOW)
        right.imshow(light, cmap="viridis", vmin=LOW, vmax=HIGH)
        right.set(title=self._caption(), xlabel="x, pixel", ylabel="y, pixel")
        return figure


def thickness(parts):
    """How thick bodies are along the beam: (SIDE, SIDE) float, nm, x along the rows."""
    axis = WIDE * ((np.arange(SIDE) + 0.5) / SIDE - 0.5)
    across = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    total = sum(_through(part, across - part.place[:2]) for part in parts)
    return total.reshape(SIDE, SIDE)


def _through(part, across):
    """Length within a body of the rays along z at those x and y from its middle: (n,) nm."""
    if part.shape == "virus":
        return _through_planes(part, across)
    start = (np.c_[across, np.zeros(len(across))] @ part.rotation) / part.axes
    along = part.rotation[2] / part.axes
    a, b, c = along @ along, start @ along, (start**2).sum(axis=1) - 1
    return 2 * np.sqrt(np.maximum(b**2 - a * c, 0)) / a


def _through_planes(part, across):
    """The same of an icosahedron: between the planes of its faces."""
    planes = ConvexHull(icosahedron()[0]).equations
    normal, away = planes[:, :3] @ part.rotation.T, -part.axes[0] * planes[:, 3]
    room = away - across @ normal[:, :2].T  # n.z z <= room
    slope = np.where(np.abs(normal[:, 2]) < 1e-9, 1e-9, normal[:, 2])  # a face along the ray
    last = np.where(slope > 0, room / slope, np.inf).min(axis=1)
    first = np.where(slope < 0, room / slope, -np.inf).max(axis=1)
    return np.maximum(last - first, 0)
