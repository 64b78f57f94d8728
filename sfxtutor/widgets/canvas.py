"""A picture in the browser that is redrawn in milliseconds, and what every widget has in common.

Python turns a frame into one byte a pixel (`to_bytes`), the browser looks the colours up and draws
(`canvas.js`). No figure is drawn anew per step, and nothing is loaded from elsewhere.
"""

import html
from io import BytesIO
from pathlib import Path

import anywidget
import ipywidgets as controls
import numpy as np
import traitlets
from IPython.display import display
from matplotlib import colormaps
from matplotlib.figure import Figure

VIEW = "application/vnd.jupyter.widget-view+json"  # ipywidgets 7, which Colab has, makes no bundle
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
    """Marks for `FrameCanvas.marks`, one kind of them.

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
    """Dashed rings for `FrameCanvas.marks` about `center` (y, x), each with its label, in pixels
    of the picture.
    """
    radii = [float(radius) for radius in radii]
    center = [float(place) for place in center]
    return {"kind": "ring", "center": center, "radii": radii, "labels": list(labels),
            "colour": colour}  # fmt: skip


class FrameCanvas(anywidget.AnyWidget):
    """A picture of bytes, (y, x) uint8, in the browser, with marks and a cursor.

    Change it by `draw`, which sends everything in one message. The cursor follows the pointer and
    the arrow keys (Page Up and Page Down: ten rows) once the picture has the focus. The attribute
    `data-drawn` of the canvas element counts the pictures drawn.

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
    marks : list of dict
        As `circles` and `rings` make them.
    cursor : bool
        Whether there is one. `row` and `column` are its place, -1 for none.
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
    marks = traitlets.List().tag(sync=True)
    cursor = traitlets.Bool(False).tag(sync=True)
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


class Exhibit:
    """A widget in a notebook, and a static figure with words where widgets do not run.

    A subclass makes its controls, calls `_assemble` with them, and gives `figure` and `alt`.
    """

    def _assemble(self, *children):
        """Put controls and canvas under each other, with a place for errors at the end."""
        self.error = controls.HTML()
        self.error.add_class("sfxtutor-error")
        self.box = controls.VBox([*children, self.error])
        self.box.add_class("sfxtutor-box")

    def connect(self, control, action, names="value"):
        """Call `action()` on every change of a control; what goes wrong is shown in the widget."""
        control.observe(lambda change: self.guard(action), names)

    def guard(self, action, *args):
        """Call `action(*args)`; show an exception beneath the widget, and let it go on."""
        try:
            action(*args)
        except Exception as error:
            text = html.escape(f"{type(error).__name__}: {error}")
            self.error.value = f'<span role="alert" style="color: #D55E00">{text}</span>'
            raise
        self.error.value = ""

    def figure(self):
        """The static picture: a matplotlib Figure."""
        raise NotImplementedError

    def alt(self):
        """The static picture in a sentence."""
        raise NotImplementedError

    def show(self):
        """Display it, also from the middle of a cell."""
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)

    _ipython_display_ = show  # a display, not a result: Colab adds to displays how to show them

    def _repr_mimebundle_(self, include=None, exclude=None):
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        picture = BytesIO()
        self.figure().savefig(picture, format="png", dpi=80)
        alt = self.alt()
        data = {VIEW: view, "image/png": picture.getvalue(), "text/plain": alt}
        return data, {"image/png": {"alt": alt}}


def line(*children):
    """Controls side by side, on a second line where the window is narrow."""
    return controls.HBox(children, layout={"flex_flow": "row wrap"})


def buttons(options, description, value=None):
    """A choice of one, all options in view, on one line with its description."""
    return controls.ToggleButtons(
        options=options, value=value or options[0], description=description,
        style={"button_width": "5em", "description_width": "4.5em"},
        layout={"width": f"{6 + 5.6 * len(options)}em"},
    )  # fmt: skip


def offer(slider, options, index):
    """Give a selection other options, and choose one of them by its number, in one message.

    In two messages the browser clips its old index to the new options and sends it back: the last
    word would be the browser's, on another choice than the kernel's.
    """
    with slider.hold_sync():
        slider.options = options
        slider.index = index


def static_figure(width=5, height=5):
    """A matplotlib Figure outside pyplot's list of open ones, and its Axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()
