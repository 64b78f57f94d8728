"""A monitor: curves of something that goes on, and a button to stop it."""

import html
import json
import threading

import ipywidgets as controls
from IPython import get_ipython

from .base import Widget
from .chart import figure_of


class Monitor(Widget):
    """Curves of something that goes on, in words too, and a button that ends it.

    A subclass calls `_draw` as it goes on and `_finish` at its end, and gives `charts`.
    """

    def __init__(self, description, tooltip, stopping):
        self.live, self.saying_stop = False, stopping
        self.stopping = threading.Event()
        self.button = controls.Button(
            description=description,
            icon="stop",
            layout=controls.Layout(width="14em", flex="none"),
            tooltip=tooltip,
        )
        self.button.on_click(lambda _: self.stop())
        self.status, self.curves = controls.HTML(), controls.HTML()
        self._assemble(controls.HBox([self.button, self.status]), self.curves)
        self._draw()

    def charts(self):
        """Each chart with its name: pairs of str and `Chart`."""
        raise NotImplementedError

    def figure(self):
        return figure_of(chart for _, chart in self.charts())

    def stop(self):
        """Ask for the end."""
        if not self.button.disabled:
            self.stopping.set()
            self._say(self.saying_stop)

    def _go_on(self):
        """It is not over: the button works, and a click that waits is obeyed."""
        self.live, self.button.disabled = True, False
        if click_waits(self.button):
            self.stop()

    def _finish(self):
        self.button.disabled, self.live = True, False
        self.stopping.clear()
        if self.handle:  # for pages without widgets: the picture as it is now
            data, metadata = self.static()
            self.handle.update(data, metadata=metadata, raw=True)

    def _draw(self):
        self._say(self.alt())
        self.curves.value = "".join(
            chart.svg(f"{name}. {self.alt()}") for name, chart in self.charts()
        )

    def _say(self, text):
        self.status.value = f'<span role="status">{html.escape(text)}</span>'


def click_waits(button):
    """Whether a click of that button has arrived that the kernel keeps until the cell has ended.

    A kernel that runs a cell does not handle what the browser sends. Here these messages are moved
    on from the socket to where they wait, as the kernel itself would do, and looked at on the way.

    Parameters
    ----------
    button : ipywidgets.Button
    """
    stream = _shell_stream(getattr(get_ipython(), "kernel", None))
    if stream is None:
        return False
    handle, clicks = stream._recv_callback, []

    def look(frames):
        clicks.append(_is_click(frames, button))
        return handle(frames)

    stream.on_recv(look, copy=False)
    try:
        stream.flush()
    finally:
        stream.on_recv(handle, copy=False)
    return any(clicks)


def _shell_stream(kernel):
    """The ZMQStream by which requests reach the thread of the cells; None outside a kernel."""
    thread = getattr(kernel, "shell_channel_thread", None)  # ipykernel 7; 6, as on Colab, has none
    if thread:
        return thread.manager.get_shell_channel_to_subshell_pair(None).to_stream
    return getattr(kernel, "shell_stream", None)


def _is_click(frames, button):
    """Whether a raw message of Jupyter is a click of that button."""
    parts = [bytes(frame) for frame in frames]
    start = parts.index(b"<IDS|MSG>") + 2  # after the delimiter and the signature
    header, content = json.loads(parts[start]), json.loads(parts[start + 3])
    if header["msg_type"] != "comm_msg" or content["comm_id"] != button.model_id:
        return False
    return content["data"].get("content", {}).get("event") == "click"
