"""What every widget has in common: its frame, its static figure, its choices."""

import html
from io import BytesIO

import ipywidgets as controls
from IPython.display import display
from matplotlib.figure import Figure

VIEW = "application/vnd.jupyter.widget-view+json"  # ipywidgets 7, which Colab has, makes no bundle


class Widget:
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
