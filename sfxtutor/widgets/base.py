"""What every widget has in common: its frame, its static figure, its choices."""

import base64
import html
from io import BytesIO
from pathlib import Path

import anywidget
import ipywidgets as controls
import traitlets
from IPython.display import display
from matplotlib.figure import Figure

VIEW = "application/vnd.jupyter.widget-view+json"  # ipywidgets 7, which Colab has, makes no bundle
AGAIN = "Run this cell to use the widget."
# A figure, and in JupyterLab `AGAIN` in place of the widget's output where no widget lives.
STATIC = """<style>
.jp-OutputArea-child:has(.sfxtutor-figure) + .jp-OutputArea-child:not(:has(.sfxtutor-box))
  .jp-OutputArea-output {{ font-size: 0; color: transparent; }}
.jp-OutputArea-child:has(.sfxtutor-figure) + .jp-OutputArea-child:not(:has(.sfxtutor-box))
  .jp-OutputArea-output::after {{ content: "{again}"; font-size: 13px; font-style: italic;
  color: var(--jp-content-font-color1, #000); }}
</style><img class="sfxtutor-figure {name}" alt="{alt}" style="max-width: 100%; background: #fff"
src="data:image/png;base64,{picture}">"""


def _beside(name):
    """Text of a file of this folder."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


class Companion(anywidget.AnyWidget):
    """Unseen, one in each widget: names its controls for those who do not see them (`base.js`).

    It sets the names, values and pressed states that ipywidgets leaves out, hides the static figure
    as long as the widget lives, and says so when the kernel was restarted.

    Attributes
    ----------
    figure : str
        Class of the static figure's element.
    """

    _esm, _css = _beside("base.js"), _beside("base.css")
    figure = traitlets.Unicode().tag(sync=True)


class Widget:
    """A widget in a notebook, and a static figure with words where widgets do not run.

    A subclass makes its controls, calls `_assemble` with them, and gives `figure` and `alt`.
    """

    handle = None  # of the static figure that was displayed

    def _assemble(self, *children):
        """Put controls and canvas under each other, with a place for errors at the end."""
        self.error = controls.HTML()
        self.error.add_class("sfxtutor-error")
        companion = Companion()
        self.box = controls.VBox([*children, self.error, companion])
        self.box.add_class("sfxtutor-box")
        companion.figure = f"sfxtutor-{self.box.model_id}"

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
        """Display it, also from the middle of a cell: its static figure, then the widget.

        The figure is an output of its own. A page shows it where no widget lives, as when a saved
        notebook is opened again; where one does, the figure is hidden.
        """
        data, metadata = self.static()
        self.handle = display(data, metadata=metadata, raw=True, display_id=True)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        display({VIEW: view, "text/plain": AGAIN}, raw=True)

    _ipython_display_ = show  # a display, not a result: Colab adds to displays how to show them

    def static(self):
        """The static figure as HTML and as PNG, and its words: data and metadata of an output."""
        file = BytesIO()
        self.figure().savefig(file, format="png", dpi=80)
        picture, alt = file.getvalue(), self.alt()
        page = STATIC.format(
            again=AGAIN, name=f"sfxtutor-{self.box.model_id}", alt=html.escape(alt),
            picture=base64.b64encode(picture).decode(),
        )  # fmt: skip
        data = {"text/html": page, "image/png": picture, "text/plain": alt}
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


def play(slider, seconds=0.25):
    """A button that moves a slider on, step by step, and from its end to its start.

    A step waits for the one before: the kernel is never behind.

    Parameters
    ----------
    slider : ipywidgets.SelectionSlider, IntSlider or FloatSlider
    seconds : float
        Between two steps, at least.

    Returns
    -------
    ipywidgets.Play
        To be put beside the slider.
    """
    button = controls.Play(max=2**31 - 1, interval=int(1000 * seconds), show_repeat=False)
    button.observe(lambda change: change.new > change.old and advance(slider), "value")
    return button


def advance(slider):
    """Move a slider one step on, from its end to its start."""
    if hasattr(slider, "index"):
        slider.index = (slider.index + 1) % len(slider.options)
        return
    steps = round((slider.max - slider.min) / slider.step)
    at = round((slider.value - slider.min) / slider.step)
    slider.value = slider.min + (at + 1) % (steps + 1) * slider.step


def with_gap(slider, share=0.01):
    """Keep the two handles of a range slider apart by a share of its range: the slider itself."""

    def part(change):
        low, high = change.new
        gap = share * (slider.max - slider.min)
        if high - low < gap * 0.999:
            low = min(low, slider.max - gap)
            slider.value = low, low + gap

    slider.observe(part, "value")
    return slider


def static_figure(width=5, height=5):
    """A matplotlib Figure outside pyplot's list of open ones, and its Axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()
