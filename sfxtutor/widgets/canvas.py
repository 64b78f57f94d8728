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
REACH = 10  # the logarithmic scale goes so many times as far above `low` as the linear one
_BEND = 100  # log(1 + 100 t): the background stays dark, and a spot is told from a stronger one
_SCRIPTS = ("canvas_view.js", "canvas_paint.js", "canvas.js")  # anywidget takes one file


def to_bytes(image, low, high, log=False, mask=None):
    """Bytes of a picture: (y, x) uint8, 1 for `low` and less to 255 for `high` and more.

    Parameters
    ----------
    image : (y, x) array of real numbers
    low, high : float
        In the unit of `image`.
    log : bool
        Logarithmic, from `low` to the upper end of `span`: log(1 + 100 t) / log(101) with
        t = (image - low) / (end - low), which does with negative values too.
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


def span(low, high, log=False):
    """What the two ends of the colours stand for: (low, high), further up where `log`."""
    return low, low + REACH * (high - low) if log else high


def _bytes_of(values, low, high, log):
    low, high = span(low, high, log)
    share = (values - np.float32(low)) * np.float32(_STEPS / (high - low))
    steps = np.nan_to_num(np.clip(share, 0, _STEPS, dtype=np.float32), copy=False)
    scale = np.arange(_STEPS + 1) / _STEPS
    if log:
        scale = np.log1p(_BEND * scale) / np.log1p(_BEND)
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


def geometry(card):
    """The beam of a run for `FrameCanvas.geometry`: a dict; {} where something is unknown.

    Parameters
    ----------
    card : sfxtutor.Card
    """
    known = {"center": card.beam_center, "pixel": card.pixel, "distance": card.distance,
             "wavelength": card.wavelength}  # fmt: skip
    if None in known.values():
        return {}
    return known | {"center": [float(place) for place in card.beam_center]}


def link(*canvases):
    """Let canvases show the same part of the detector, with one cursor, without the kernel."""
    for canvas in canvases:
        canvas.link = canvases[0].model_id


class FrameCanvas(anywidget.AnyWidget):
    """A picture of bytes, (y, x) uint8, in the browser, with overlays and a cursor.

    Change it by `draw`, which sends everything in one message. The wheel zooms at the pointer, a
    drag moves the part that is seen, a double click or 0 shows the whole; + and - zoom, Z is the
    magnifier. The cursor follows the pointer and the arrow keys (with Shift by ten, Page Up and
    Page Down: ten rows) once the picture has the focus. The attribute `data-drawn` of the canvas
    element counts the pictures drawn.

    Attributes
    ----------
    size : int
        Longer edge of the picture on the page, CSS pixels, where there is room; it shrinks with the
        page. Where a pixel of the screen covers several of the picture it takes the largest, so
        that no spot is lost.
    place : list of 3 int
        Row and column of the detector at which the picture begins, and detector pixels along the
        edge of one pixel of it.
    geometry : dict
        As `geometry` makes it: the resolution under the pointer is shown.
    unit : str
        Of the values given to `draw`.
    link : str
        Canvases with the same one show the same part of the detector: see `link`.
    drags : bool
        Whether a drag is handed to the widget instead, in `drag`: the way down and to the right
        since the start, in heights and widths of the picture. With Shift it still moves the part.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        The line beneath, read aloud when it changes, but not while the pointer moves.
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

    _esm = "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _SCRIPTS)

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
    place = traitlets.List([0, 0, 1]).tag(sync=True)
    geometry = traitlets.Dict().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    link = traitlets.Unicode().tag(sync=True)
    drags = traitlets.Bool(False).tag(sync=True)
    drag = traitlets.List([0.0, 0.0]).tag(sync=True)
    values = traitlets.Int(0).tag(sync=True)  # the number of the picture whose values there are

    def __init__(self, cmap="viridis", **traits):
        super().__init__(palette=palette(cmap), **traits)
        self._numbers, self._count = None, 0
        self.on_msg(self._give_values)

    def draw(self, picture, numbers=None, **traits):
        """Show another picture, (y, x) uint8, and set any attribute with it, in one message.

        Parameters
        ----------
        picture : (y, x) uint8 array
        numbers : (y, x) array, optional
            What the bytes stand for, in `unit`: shown at the pointer or the cursor. The browser
            gets them once the picture has stayed for a moment.
        """
        with self.hold_sync():
            self._numbers = numbers
            if numbers is not None:
                self._count += 1
            self.values = 0 if numbers is None else self._count
            self.set_trait("shape", list(picture.shape))
            for name, value in traits.items():
                self.set_trait(name, value)
            self.pixels = picture.tobytes()

    def _give_values(self, _, message, __):
        """Send the numbers of the picture, when the browser asks for them."""
        number = message.get("values")
        if number and number == self.values:
            whole = self._numbers.dtype == np.uint16
            kind = "uint16" if whole else "float32"
            self.send({"values": number, "kind": kind}, [self._numbers.astype(kind).tobytes()])

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
