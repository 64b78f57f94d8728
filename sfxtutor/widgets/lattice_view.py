"""A crystal's reciprocal lattice and its Ewald sphere in the browser, turned by hand.

Python decides which reflections are lit; the browser (`lattice_view.js`) turns and draws what it
has at once, and the new still follows. Nothing is loaded from elsewhere.
"""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from ..plots.style import COLOURS
from .lattice import CAMERAS, PLANE, low_order, off_sphere, on_detector, reciprocal, wires
from .still import FAINT, LIT, START, VISIBLE

LOW = 0  # kind of a lattice point about the origin; the others are those of `still`
KINDS = {VISIBLE: ("visible spot", COLOURS["red"]), LIT: ("lit, but too faint to see", "#3b97d3"),
         FAINT: ("on the sphere, fainter still", "#8c8c8c"),
         LOW: ("lattice point about the origin", "#a8a070")}  # fmt: skip
CHOSEN, TARGET = COLOURS["purple"], COLOURS["green"]
_FAINTEST = 2000  # of the points on the sphere that are not lit, at most so many are drawn
_STILL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]


class LatticeView(anywidget.AnyWidget):
    """Lattice points, Ewald sphere and detector. Drag it, or use the arrow keys once it has focus.

    Attributes
    ----------
    turned : list of 9 floats
        Rotation from the orientation at angles of 0, row by row. Browser and kernel both set it.
    chosen : list of 3 int, or empty
        hkl of the reflection under the pointer, set by both.
    target : list of 3 int, or empty
        hkl of a reflection to be marked.
    basis : list of 9 floats
        a*, b* and c* at angles of 0, 1/Å.
    hkl, kind, size : bytes
        int16 (n, 3); uint8 (n,), `LOW`, `FAINT`, `LIT` or `VISIBLE`; float32 (n,), radius in
        pixels of the screen.
    sphere : float
        Radius of the sphere, 1/Å.
    camera : dict
        As of `lattice.Camera`.
    playing, axis, rate : bool, int, float
        Whether the crystal turns by itself, about x, y or z (0, 1, 2), degrees a second. It stops
        when the view is gone.
    """

    _esm = Path(__file__).with_name("lattice_view.js").read_text(encoding="utf-8")

    turned = traitlets.List(_STILL).tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    target = traitlets.List().tag(sync=True)
    basis = traitlets.List(_STILL).tag(sync=True)
    hkl = traitlets.Bytes().tag(sync=True)
    kind = traitlets.Bytes().tag(sync=True)
    size = traitlets.Bytes().tag(sync=True)
    sphere = traitlets.Float(1.0).tag(sync=True)
    plane = traitlets.Float(PLANE).tag(sync=True)
    wires = traitlets.List().tag(sync=True)
    camera = traitlets.Dict().tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    axis = traitlets.Int(2).tag(sync=True)
    rate = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, setup, crop, **traits):
        kinds = {str(kind): colour for kind, (_, colour) in KINDS.items()}
        lines = [
            {"kind": kind, "points": np.round(points, 4).ravel().tolist()}
            for kind, points in wires(setup, crop)
        ]
        super().__init__(
            wires=lines, colours=kinds | {"chosen": CHOSEN, "target": TARGET}, **traits
        )
        self.look("oblique")

    def look(self, name):
        """Take one of the `CAMERAS`."""
        camera = CAMERAS[name]
        self.camera = {
            "matrix": camera.matrix.ravel().tolist(), "focus": camera.focus,
            "extent": camera.extent,
        }  # fmt: skip

    def draw(self, settings, exposure, **traits):
        """Show the reflections of a still: `Settings` and its `Exposure`."""
        hkl, kind, size = points_of(settings, exposure)
        with self.hold_sync():
            for name, value in traits.items():
                self.set_trait(name, value)
            self.basis = reciprocal(settings.cell, START).ravel().tolist()
            self.sphere = 1 / settings.wavelength
            self.kind, self.size = kind.tobytes(), size.tobytes()
            self.hkl = hkl.tobytes()


def points_of(settings, exposure):
    """What the view draws: hkl (n, 3) int16, kind (n,) uint8, radius (n,) float32 in pixels.

    The lattice points about the origin, then the reflections on the sphere from the faintest to
    the brightest; a point of ten times the photons is 1.6 pixels larger.
    """
    low = low_order(settings.cell)
    keep = max(len(exposure.spots) - exposure.lit - _FAINTEST, 0)  # of the faint ones the last
    spots, kind = exposure.spots[keep:], exposure.kind[keep:]
    hkl = np.stack([spots[name] for name in "hkl"], axis=1).astype(np.int16)
    size = 1.6 * np.log10(np.maximum(spots["photons"], 1.0)) - 1.2
    size = np.where(kind >= LIT, np.clip(size, 1.6, 6), 1)
    return (np.concatenate([low, hkl]), np.concatenate([np.zeros(len(low), np.uint8), kind]),
            np.concatenate([np.ones(len(low)), size]).astype(np.float32))  # fmt: skip


def plot_view(ax, settings, exposure, lines, camera="oblique", chosen=None):
    """Draw the same in matplotlib, for where no widget runs; returns ax.

    Parameters
    ----------
    lines : list of dict
        `LatticeView.wires`.
    chosen : sequence of 3 int, optional
    """
    view, radius = CAMERAS[camera], 1 / settings.wavelength
    for line in lines:
        points = np.reshape(line["points"], (-1, 3)) * radius
        thick = line["kind"] != "sphere"
        ax.plot(*view.place(points, radius).T, color="0.3" if thick else "0.75",
                linewidth=1.1 if thick else 0.5)  # fmt: skip
    hkl, kind, size = points_of(settings, exposure)
    points = hkl @ reciprocal(settings.cell, settings.rotation)
    for name in (LOW, FAINT, LIT, VISIBLE):
        text, colour = KINDS[name]
        some = kind == name
        ax.scatter(*view.place(points[some], radius).T, s=(1.3 * size[some]) ** 2, color=colour,
                   linewidths=0, label=text, zorder=2)  # fmt: skip
    if chosen:
        point = np.asarray(chosen) @ reciprocal(settings.cell, settings.rotation)
        ray = np.stack([[0, 0, -radius], on_detector(point[None], settings.wavelength)[0]])
        ax.plot(*view.place(ray, radius).T, color=CHOSEN, linewidth=1.2)
        ax.plot(*view.place(point[None], radius).T, "o", mfc="none", color=CHOSEN, ms=9)
    ax.set(xlim=(-1, 1), ylim=(1, -1), aspect="equal", xticks=[], yticks=[])
    return ax


def words_of(settings, exposure, hkl):
    """A reflection in words: its d, its photons, and how far it is from the sphere."""
    hkl = [int(index) for index in hkl]
    point = np.asarray(hkl) @ reciprocal(settings.cell, settings.rotation)
    away = float(off_sphere(point[None], settings.wavelength)[0])
    side = "outside" if away > 0 else "inside"
    text = f"hkl {hkl[0]} {hkl[1]} {hkl[2]}, d = {1 / np.linalg.norm(point):.2f} Å"
    number = exposure.find(hkl)
    where = f"{abs(away):.4f} 1/Å {side} the sphere"
    if number is None:
        return f"{text}, dark: {where}."
    what = {VISIBLE: "a visible spot", LIT: "lit, but lost in the noise", FAINT: "very faint"}
    photons = f"{exposure.spots['photons'][number]:.0f} photons"
    return f"{text}, {photons}: {what[exposure.kind[number]]}, {where}."
