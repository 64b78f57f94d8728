"""Embedding explorer: points of a map of features, and the frame behind each."""

from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import ipywidgets as controls
import numpy as np
import traitlets
from matplotlib.figure import Figure

from ..plots.style import CYCLE
from .base import Widget
from .canvas import FrameCanvas, to_bytes

SHAPES = {"circle": "o", "cross": "x", "triangle": "^", "square": "s"}  # and matplotlib's names
SIZE = 380  # CSS pixels of each picture


class Scatter(anywidget.AnyWidget):
    """Points in the plane (`scatter.js`), of which one is chosen by a click or the arrow keys.

    Attributes
    ----------
    points : bytes
        float32 (n, 2): x and y from 0 to 1, y upwards.
    kinds : bytes
        uint8 (n,): which entry of `legend` a point belongs to.
    legend : list of [label, colour, shape]
    chosen : int
    alt : str
    """

    _esm = Path(__file__).with_name("scatter.js").read_text(encoding="utf-8")

    points = traitlets.Bytes().tag(sync=True)
    kinds = traitlets.Bytes().tag(sync=True)
    legend = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    size = traitlets.Int(SIZE).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)


def unit_square(xy):
    """Points (n, 2) moved and scaled, both axes alike, into the unit square: float32."""
    xy = np.asarray(xy, float)
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = max(np.max(high - low), 1e-9)
    return (0.5 + (xy - (low + high) / 2) / scale).astype(np.float32)


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
        some = np.linspace(0, len(self.names) - 1, 12).astype(int)
        self.limits = np.percentile([frame(i) for i in some], (1, 99.9))  # one contrast for all
        style = {"description_width": "6em"}
        wide = controls.Layout(width="95%", max_width="620px")
        self.map = controls.Dropdown(
            options=list(maps), description="map", style=style, layout=wide
        )
        self.colour = controls.Dropdown(
            options=list(groups), description="colour by", style=style, layout=wide
        )
        self.point = controls.IntSlider(
            max=len(self.names) - 1, description="point, no.", style=style, layout=wide
        )
        self.scatter, self.canvas = Scatter(), FrameCanvas(size=SIZE)
        pictures = controls.HBox(
            [self.scatter, self.canvas], layout={"flex_flow": "row wrap", "grid_gap": "12px"}
        )
        self._assemble(self.map, self.colour, self.point, pictures)
        traitlets.link((self.scatter, "chosen"), (self.point, "value"))
        self._draw_map()
        self._draw_frame()
        self.connect(self.map, self._draw_map)
        self.connect(self.colour, self._draw_map)
        self.connect(self.point, self._draw_frame)

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

    def group(self):
        """The grouping chosen, of the map chosen: (n,) of str."""
        group = self.groups[self.colour.value]
        return group[self.map.value] if isinstance(group, dict) else group

    def describe(self, i):
        """A point in words: what it is, and its group in every grouping."""
        parts = [self.names[i]]
        for name, group in self.groups.items():
            values = group[self.map.value] if isinstance(group, dict) else group
            parts.append(f"{name} {values[i]}")
        return "; ".join(parts)

    def _draw_map(self):
        kinds, legend = coded(self.group())
        with self.scatter.hold_sync():
            self.scatter.points = unit_square(self.maps[self.map.value]).tobytes()
            self.scatter.kinds, self.scatter.legend = kinds.tobytes(), legend
            self.scatter.alt = self.alt()
        self.canvas.caption = self.describe(self.point.value)

    def _draw_frame(self):
        i = self.point.value
        picture = to_bytes(self.frame(i), *self.limits)
        text = self.describe(i)
        self.canvas.draw(picture, alt=f"Frame of the chosen point: {text}", caption=text)
        self.scatter.alt = self.alt()

    def figure(self):
        figure = Figure(figsize=(9, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        kinds, legend = coded(self.group())
        xy = np.asarray(self.maps[self.map.value])
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
        chosen = self.describe(self.point.value)
        return (
            f"Map {self.map.value} of {len(self.names)} points, coloured by {self.colour.value}. "
            f"Chosen: {chosen}."
        )
