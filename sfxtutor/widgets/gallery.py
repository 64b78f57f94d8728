"""Thumbnails side by side, of which one is chosen by a click or by the keys."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from .canvas import palette


class Gallery(anywidget.AnyWidget):
    """Small pictures of bytes, each a button with its caption (`gallery.js`).

    The arrow keys go from one to the next; Enter, space or a click choose.

    Attributes
    ----------
    pixels : bytes
        uint8 (n, y, x).
    shape : list of 3 int
        n, y and x.
    palette : bytes
        As `palette` of the canvas.
    captions : list of str
    marks : list of n lists of [y, x]
        Circled, in pixels of the picture from 0.
    chosen : int
        -1: none.
    tile : int
        Narrowest width of a picture on the screen, CSS pixels.
    label : str
        What the pictures are.
    """

    _esm = Path(__file__).with_name("gallery.js").read_text(encoding="utf-8")

    pixels = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List([0, 0, 0]).tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)
    captions = traitlets.List().tag(sync=True)
    marks = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    tile = traitlets.Int(84).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, cmap="viridis", **traits):
        super().__init__(palette=palette(cmap), **traits)

    def draw(self, pictures, captions, marks=(), label=""):
        """Show these pictures, list of (y, x) uint8 of one shape, with their captions."""
        with self.hold_sync():
            self.shape = [len(pictures), *pictures[0].shape] if len(pictures) else [0, 0, 0]
            self.captions, self.label, self.chosen = list(captions), label, -1
            self.marks = [np.round(places, 2).tolist() for places in marks]
            self.pixels = b"".join(picture.tobytes() for picture in pictures)
