"""Recall against specificity of several methods, with an operating point that can be dragged."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from ..plots.style import CYCLE

DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 3", "5 2 2 2 2 2", "1 2")  # of SVG, one a method
STYLES = ("-", "--", ":", "-.", (0, (8, 2)), (0, (5, 2, 2, 2, 2, 2)), (0, (1, 1)))  # matplotlib's
VIEWS = {"whole": [0, 100, 0, 100], "corner": [80, 100, 80, 100]}  # x and y, per cent


class RocPlot(anywidget.AnyWidget):
    """Curves (`roc_plot.js`) of which one carries the operating point.

    Attributes
    ----------
    curves : list of [name, colour, dash, number of points]
    points : bytes
        float32 (all points, 2): specificity and recall in per cent, curve by curve, each from the
        lowest threshold to the highest.
    at : list of 2 int
        Which curve, and which of its points. One attribute, so that a point never meets the
        thresholds of another curve.
    others : list of [curve, point]
        Marked on the other curves.
    interval : list of 4 float
        95 % interval of the specificity and of the recall at the point, per cent.
    view : list of 4 float
        What the axes show.
    alt, value : str
        The picture, and the operating point, in words.
    """

    _esm = Path(__file__).with_name("roc_plot.js").read_text(encoding="utf-8")

    curves = traitlets.List().tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    at = traitlets.List([0, 0]).tag(sync=True)
    others = traitlets.List().tag(sync=True)
    interval = traitlets.List([0, 0, 0, 0]).tag(sync=True)
    view = traitlets.List(VIEWS["whole"]).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, methods):
        """Curves of a dict of names to `OperatingPoints`."""
        sizes = [len(points.threshold) for points in methods.values()]
        looks = [look_of(k) for k in range(len(sizes))]
        places = [np.column_stack([p.specificity, p.recall]) for p in methods.values()]
        super().__init__(
            curves=[[name, colour, dash, n]
                    for name, (colour, dash, _), n in zip(methods, looks, sizes, strict=True)],
            points=(100 * np.concatenate(places)).astype(np.float32).tobytes(),
        )  # fmt: skip


def look_of(k):
    """Colour, dash of SVG and line style of matplotlib of the k-th curve."""
    return CYCLE[k % len(CYCLE)], DASHES[k % len(DASHES)], STYLES[k % len(STYLES)]
