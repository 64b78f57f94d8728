"""Embedding explorer: points of maps of features, and the frames behind a point or a cluster."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import ipywidgets as controls
import numpy as np
import traitlets
from matplotlib.figure import Figure
from scipy.linalg import orthogonal_procrustes

from ..plots.style import CYCLE
from .base import Widget, line, play
from .canvas import FrameCanvas, to_bytes
from .frame_stages import largest
from .gallery import Gallery

SHAPES = {"circle": "o", "cross": "x", "triangle": "^", "square": "s"}  # and matplotlib's names
SIZE = 380  # CSS pixels of each picture
NONE = "none"  # of the maps beside the first
TILE = 60  # pixels of a thumbnail, at most; a larger frame is binned
THUMBNAILS = 24  # at most


class Scatter(anywidget.AnyWidget):
    """Points in the plane (`scatter.js`), of which one is chosen by a click or the arrow keys.

    A rectangle is dragged, or extended by Shift and the arrow keys; Escape takes it away.

    Attributes
    ----------
    points : bytes
        float32 (n, 2): x and y from 0 to 1, y upwards.
    kinds : bytes
        uint8 (n,): which entry of `legend` a point belongs to.
    legend : list of [label, colour, shape]
    chosen : int
    box : list of x0, y0, x1, y1, or empty
        The rectangle.
    marked : bytes
        uint8 (n,): 1 for points that stand out; the others are drawn pale.
    names : list of str
        Of the points, for the one under the pointer.
    alt : str
    """

    _esm = Path(__file__).with_name("scatter.js").read_text(encoding="utf-8")

    points = traitlets.Bytes().tag(sync=True)
    kinds = traitlets.Bytes().tag(sync=True)
    legend = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    box = traitlets.List().tag(sync=True)
    marked = traitlets.Bytes().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    size = traitlets.Int(SIZE).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)


def unit_square(xy):
    """Points (n, 2) moved and scaled, both axes alike, into the unit square: float32."""
    xy = np.asarray(xy, float)
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = max(np.max(high - low), 1e-9)
    return (0.5 + (xy - (low + high) / 2) / scale).astype(np.float32)


def turned(xy, towards):
    """Points (n, 2) rotated and mirrored so that they lie nearest to others, (n, 2) (Procrustes).

    How a t-SNE map is turned means nothing; so turned, two of them can be compared.
    """
    xy, towards = (np.asarray(points, float) - np.mean(points, axis=0) for points in (xy, towards))
    return xy @ orthogonal_procrustes(xy, towards)[0]


def inside(xy, box):
    """Which points (n, 2) lie in the rectangle x0, y0, x1, y1: (n,) bool; none in an empty one."""
    if not box:
        return np.zeros(len(xy), bool)
    return ((xy >= box[:2]) & (xy <= box[2:])).all(axis=1)


def coded(groups):
    """Groups (n,) of str as numbers (n,) uint8, and for each number [label, colour, shape].

    Raises
    ------
    ValueError
        If there are more than 7 groups: their colours could not be told apart.
    """
    labels, codes = np.unique(np.asarray(groups, str), return_inverse=True)
    if len(labels) > len(CYCLE):
        raise ValueError(
            f"Found {len(labels)} groups, expected {len(CYCLE)} at most. "
            "Colour by something coarser."
        )
    shapes = list(SHAPES)
    legend = [[str(label), CYCLE[i], shapes[i % len(shapes)]] for i, label in enumerate(labels)]
    return codes.astype(np.uint8), legend


class EmbeddingExplorer(Widget):
    """Maps of the same n points, coloured by one of several groupings; a point shows its frame.

    Parameters
    ----------
    maps : dict of name to (n, 2)
        Such as t-SNE of the features of several models.
    groups : dict of name to (n,) of str
        Such as the run and the label of each point. What differs from map to map, such as a
        model's decision, is a dict of the map's name to (n,).
    frame : callable
        Takes a point's number, from 0; returns its picture (y, x).
    names : (n,) of str
        What each point is: "LN83, frame 1203".

    Raises
    ------
    ValueError
        If maps, groups and names differ in the number of points.
    """

    def __init__(self, maps: dict, groups: dict, frame: Callable, names: Sequence[str]):
        self.maps, self.groups, self.frame, self.names = maps, groups, frame, list(names)
        self._check()
        first = next(iter(maps.values()))
        self.places = {name: unit_square(turned(xy, first)) for name, xy in maps.items()}
        some = np.linspace(0, len(self.names) - 1, 12).astype(int)
        self.limits = np.percentile([frame(i) for i in some], (1, 99.9))  # one contrast for all
        self.brushed = np.zeros(len(self.names), bool)
        style = {"description_width": "6em"}
        wide = controls.Layout(width="80%", max_width="620px")

        def choice(options, description):
            return controls.Dropdown(
                options=list(options), description=description, style=style, layout=wide
            )

        self.map, self.second = choice(maps, "map"), choice([NONE, *maps], "beside it")
        self.colour = choice(groups, "colour by")
        self.point = controls.IntSlider(
            max=len(self.names) - 1, description="point, no.", style=style, layout=wide
        )
        self._arrange()
        self._draw_maps()
        self._draw_frame()
        self._wire()

    def _arrange(self):
        """Controls, maps and frame side by side, what was brushed beneath."""
        column = {"flex": "1 1 260px", "width": "auto", "min_width": "0", "max_width": "560px"}
        self.scatters = [Scatter(layout=column, names=self.names) for _ in range(2)]
        self.scatter = self.scatters[0]
        self._held = self.scatter  # in which the rectangle is
        self.canvas = FrameCanvas(size=SIZE)
        self.counts, self.gallery = controls.HTML(), Gallery(label="frames of the brushed points")
        self.counts.add_class("sfxtutor-counts")
        pictures = controls.HBox(
            [*self.scatters, self.canvas], layout={"flex_flow": "row wrap", "grid_gap": "12px"}
        )
        self._assemble(
            line(self.map, play(self.map, 2)),
            self.second,
            self.colour,
            self.point,
            pictures,
            self.counts,
            self.gallery,
        )

    def _wire(self):
        for scatter in self.scatters:
            traitlets.link((scatter, "chosen"), (self.point, "value"))
            self.connect(scatter, lambda scatter=scatter: self._brush(scatter), "box")
        for control in (self.map, self.second, self.colour):
            self.connect(control, self._draw_maps)
        self.connect(self.point, self._draw_frame)
        self.connect(self.gallery, self._pick, "chosen")

    def _check(self):
        parts = {f"map {name!r}": xy for name, xy in self.maps.items()}
        for name, group in self.groups.items():
            each = group if isinstance(group, dict) else {"": group}
            parts |= {f"group {name!r} {map_}".strip(): values for map_, values in each.items()}
        for name, values in parts.items():
            if len(values) != len(self.names):
                raise ValueError(
                    f"Found {len(values)} points in {name}, expected {len(self.names)}, one for "
                    "each name. Pass the same points everywhere, in the same order."
                )

    def group(self, name=None, map_=None):
        """A grouping, that chosen if none is named, as it is in a map: (n,) of str."""
        group = self.groups[name or self.colour.value]
        return group[map_ or self.map.value] if isinstance(group, dict) else group

    def describe(self, i):
        """A point in words: what it is, and its group in every grouping."""
        return "; ".join(
            [self.names[i], *(f"{name} {self.group(name)[i]}" for name in self.groups)]
        )

    def _shown(self):
        """The maps that are seen, as (scatter, name)."""
        names = [self.map.value, self.second.value]
        return [(s, name) for s, name in zip(self.scatters, names, strict=True) if name != NONE]

    def _draw_maps(self):
        self.scatters[1].layout.display = "none" if self.second.value == NONE else None
        for scatter, name in self._shown():
            kinds, legend = coded(self.group(map_=name))
            with scatter.hold_sync():
                scatter.points = self.places[name].tobytes()
                scatter.kinds, scatter.legend = kinds.tobytes(), legend
                scatter.alt = self._map_alt(name)
        self.canvas.caption = self.describe(self.point.value)
        self._count()

    def _brush(self, scatter):
        """A rectangle was drawn: mark the points in it, in both maps, and show their frames."""
        if not scatter.box and scatter is not self._held:
            return  # taken away because the other map has one
        self._held = scatter
        name = dict(self._shown())[scatter]
        self.brushed = inside(self.places[name], scatter.box)
        for each in self.scatters:
            each.marked = self.brushed.astype(np.uint8).tobytes()
            if each is not scatter:
                each.box = []
        self._count()
        chosen = self.thumbnails()
        pictures = [to_bytes(self._small(i), *self.limits) for i in chosen]
        self.gallery.draw(pictures, [self.describe(i) for i in chosen], label=self.gallery.label)

    def thumbnails(self):
        """Points that are brushed, (n,) int: all, or `THUMBNAILS` evenly spread over them."""
        points = np.flatnonzero(self.brushed)
        few = min(len(points), THUMBNAILS)
        return points[np.linspace(0, len(points) - 1, few).round().astype(int)]

    def _small(self, i):
        frame = self.frame(i)
        return largest(frame, max(1, -(-max(frame.shape) // TILE)))

    def _pick(self):
        """A thumbnail was chosen: so is its point."""
        if self.gallery.chosen >= 0:
            self.point.value = int(self.thumbnails()[self.gallery.chosen])

    def counted(self):
        """How the brushed points are grouped, in the map chosen: dict of name to dict of counts."""
        return {
            name: dict(zip(*np.unique(np.asarray(self.group(name))[self.brushed],
                                      return_counts=True), strict=True))
            for name in self.groups
        }  # fmt: skip

    def _count(self):
        n = np.count_nonzero(self.brushed)
        if not n:
            self.counts.value = (
                "Drag a rectangle over a cluster, or press Shift and the arrow keys on a map."
            )
            return
        groups = [
            f"{html.escape(name)}: " + ", ".join(f"{html.escape(str(k))} {v}" for k, v in d.items())
            for name, d in self.counted().items()
        ]
        shown = f"; {THUMBNAILS} of them shown" if n > THUMBNAILS else ""
        text = f"{n} of {len(self.names)} points brushed{shown}. {'. '.join(groups)}."
        self.counts.value = f'<div role="status" style="line-height: 1.4">{text}</div>'

    def _draw_frame(self):
        i = self.point.value
        picture = to_bytes(self.frame(i), *self.limits)
        text = self.describe(i)
        self.canvas.draw(picture, alt=f"Frame of the chosen point: {text}", caption=text)
        for scatter, name in self._shown():
            scatter.alt = self._map_alt(name)

    def figure(self):
        figure = Figure(figsize=(9, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        kinds, legend = coded(self.group())
        xy = self.places[self.map.value]
        for i, (label, colour, shape) in enumerate(legend):
            left.plot(*xy[kinds == i].T, SHAPES[shape], color=colour, ms=4, label=label)
        left.plot(*xy[self.point.value], "o", mfc="none", mec="black", ms=14)
        left.set(title=self.map.value, xticks=[], yticks=[], aspect="equal")
        left.legend(fontsize="small", title=self.colour.value)
        low, high = self.limits
        right.imshow(self.frame(self.point.value), vmin=low, vmax=high, cmap="viridis")
        right.set(title=self.describe(self.point.value), xticks=[], yticks=[])
        right.title.set(fontsize="small", wrap=True)
        return figure

    def alt(self):
        return self._map_alt(self.map.value)

    def _map_alt(self, name):
        return (
            f"Map {name} of {len(self.names)} points, coloured by {self.colour.value}. "
            f"Chosen: {self.describe(self.point.value)}."
        )
