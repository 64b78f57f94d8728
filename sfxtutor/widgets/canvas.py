"""A picture in the browser that is redrawn in milliseconds.

Python turns a frame into one byte a pixel (`to_bytes`), the browser looks the colours up and draws
(`canvas.js`). No figure is drawn again per step, and nothing is loaded from elsewhere.
"""

from pathlib import Path

import anywidget
import numpy as np
import traitlets
from matplotlib import colormaps

MISSING = 0  # the byte of a pixel without a reading, drawn grey; 1 to 255 are low to high
_STEPS = 65535  # between low and high: bytes are looked up, which is faster than a logarithm
_DECADES = 999  # of the logarithmic scale: 1 + 999 t, three decades between low and high


def to_bytes(image, low, high, log=False, mask=None):
    """Bytes of a picture: (y, x) uint8, 1 for `low` and less to 255 for `high` and more.

    Parameters
    ----------
    image : (y, x) array of real numbers
    low, high : float
        In the unit of `image`.
    log : bool
        Logarithmic: log(1 + 999 t) / log(1000) with t = (image - low) / (high - low), three decades
        that do with negative values too.
    mask : (y, x) bool array, optional
        True = good pixel; the others, and NaN, become 0.

    Raises
    ------
    ValueError
        If `image` is no picture, or `high` is not above `low`.
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.size == 0:
        raise ValueError(f"Expected a picture of shape (y, x), got {image.shape}. Pick one frame.")
    if not low < high:
        raise ValueError(f"Expected low < high, got {low:g} and {high:g}. Raise the upper limit.")
    if image.dtype.kind == "u" and image.dtype.itemsize <= 2:  # few values: look them up
        values = np.arange(np.iinfo(image.dtype).max + 1)
        picture = _bytes_of(values, low, high, log)[image]
    else:
        picture = _bytes_of(image, low, high, log)
        if image.dtype.kind == "f":
            picture[np.isnan(image)] = MISSING
    if mask is not None:
        picture[~mask] = MISSING
    return picture


def _bytes_of(values, low, high, log):
    share = (values - np.float32(low)) * np.float32(_STEPS / (high - low))
    steps = np.nan_to_num(np.clip(share, 0, _STEPS, dtype=np.float32), copy=False)
    scale = np.arange(_STEPS + 1) / _STEPS
    if log:
        scale = np.log1p(_DECADES * scale) / np.log1p(_DECADES)
    return (1.5 + 254 * scale).astype(np.uint8)[steps.astype(np.uint16)]


def palette(cmap="viridis"):
    """Colours of the 256 bytes: 768 bytes RGB, grey for `MISSING`, then a map of matplotlib."""
    colours = colormaps[cmap](np.linspace(0, 1, 255))[:, :3]
    return bytes([150] * 3) + (colours * 255).round().astype(np.uint8).tobytes()


def circles(y, x, kind="circle", radius=6, colour="#ffffff"):
    """Overlays for `FrameCanvas.overlays`, of one kind.

    Parameters
    ----------
    y, x : (n,) arrays
        Places, pixels of the picture from 0, at the centre of a pixel.
    kind : {"circle", "cross", "plus", "square"}
        The form that tells it from others without its colour.
    radius : float
        Pixels of the screen.
    """
    places = {"y": np.round(y, 2).tolist(), "x": np.round(x, 2).tolist()}
    return {"kind": kind, **places, "radius": radius, "colour": colour}


def rings(center, radii, labels, colour="#ffffff"):
    """Dashed rings for `FrameCanvas.overlays` about `center` (y, x), each with its label, in pixels
    of the picture.
    """
    radii = [float(radius) for radius in radii]
    center = [float(place) for place in center]
    return {"kind": "ring", "center": center, "radii": radii, "labels": list(labels),
            "colour": colour}  # fmt: skip


def ticks(places, labels):
    """Ticks along the upper and the left edge, for `FrameCanvas.overlays`: the axes of a square
    picture, `places` in its pixels.
    """
    places = [float(place) for place in places]
    return {"kind": "ticks", "places": places, "labels": [str(label) for label in labels]}


class FrameCanvas(anywidget.AnyWidget):
    """A picture of bytes, (y, x) uint8, in the browser, with overlays and a cursor.

    Change it by `draw`, which sends everything in one message. The cursor follows the pointer and
    the arrow keys (with Shift by ten, Page Up and Page Down: ten rows) once the picture has the
    focus. The attribute `data-drawn` of the canvas element counts the pictures drawn.

    Attributes
    ----------
    size : int
        Longer edge of the picture on the screen, CSS pixels. Where a pixel of the screen covers
        several of the picture it takes the largest, so that no spot is lost.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        The line beneath, read aloud when it changes.
    scale : list of 2 str, or empty
        What the two ends of the colours stand for, with unit.
    overlays : list of dict
        As `circles` and `rings` make them.
    cursor : bool
        Whether there is one. `row` and `column` are its place, -1 for none.
    acts : bool
        Whether a click on the picture, or Enter or space on it, is sent to `on_act`; the cursor is
        then a cross.
    profile : bytes
        float32 (x,), drawn beneath the picture with its largest and smallest value marked.
    side : bytes
        float32 (y,), drawn beside the picture, a value a row; `side_label` names it.
    hot_keys : list of str
        Keys to which `on_key` answers, wherever in the widget the focus is: JavaScript's
        `KeyboardEvent.key` in lower case.
    """

    _esm = Path(__file__).with_name("canvas.js").read_text(encoding="utf-8")

    pixels = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List([0, 0]).tag(sync=True)
    palette = traitlets.Bytes().tag(sync=True)
    size = traitlets.Int(480).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    scale = traitlets.List().tag(sync=True)
    overlays = traitlets.List().tag(sync=True)
    cursor = traitlets.Bool(False).tag(sync=True)
    acts = traitlets.Bool(False).tag(sync=True)
    row = traitlets.Int(-1).tag(sync=True)
    column = traitlets.Int(-1).tag(sync=True)
    profile = traitlets.Bytes().tag(sync=True)
    side = traitlets.Bytes().tag(sync=True)
    side_label = traitlets.Unicode().tag(sync=True)
    hot_keys = traitlets.List().tag(sync=True)

    def __init__(self, cmap="viridis", **traits):
        super().__init__(palette=palette(cmap), **traits)

    def draw(self, picture, **traits):
        """Show another picture, (y, x) uint8, and set any attribute with it, in one message."""
        with self.hold_sync():
            self.set_trait("shape", list(picture.shape))
            for name, value in traits.items():
                self.set_trait(name, value)
            self.pixels = picture.tobytes()

    def on_key(self, action):
        """Call `action(key)` when one of `hot_keys` is pressed."""

        def answer(_, message, __):
            if message.get("key") in self.hot_keys:
                action(message["key"])

        self.on_msg(answer)

    def on_act(self, action):
        """Call `action(row, column)` on a click on the picture, on Enter and on space."""

        def answer(_, message, __):
            if "act" in message:
                action(*message["act"])

        self.on_msg(answer)
