"""Label by eye: be the expert for 30 frames, and see what labels cost and how sure they are."""

import html
import json
import os
from dataclasses import asdict
from time import monotonic

import ipywidgets as controls
import numpy as np

from ..plots.frames import plot_frame
from ..runs.run import LABELS, Run
from .agreement import (
    Labelling,
    agree_with_student,
    agreement,
    cost,
    pick,
    read_labelling,
    write_labelling,
)
from .base import Widget, buttons, line, static_figure
from .canvas import FrameCanvas, to_bytes
from .frame_stages import coarse, take

KEYS = {"h": "HIT", "m": "MAYBE", "x": "MISS"}
CELL = '<td style="text-align: right; padding: 0 1em">{}</td>'


class LabelByEye(Widget):
    """Classify frames as hit, maybe or miss, by button or key; then compare.

    Parameters
    ----------
    run : sfxtutor.Run
        With labels, for the comparison.
    count : int
        Frames to be labelled, of all classes alike.
    seed : int
        Names the choice of frames: the same for all students who want to compare.
    student : str, optional
        The name in the exported file; without it, that given to `sfxtutor lab --student NAME`.

    Notes
    -----
    H, M and X answer hit, maybe and miss, U takes the last answer back, once the focus is anywhere
    in the widget.
    """

    def __init__(self, run: Run, count: int = 30, seed: int = 0, student: str | None = None):
        self.run = run
        self.student = student or os.environ.get("SFXTUTOR_STUDENT") or "student"
        self.frames = pick(run.labels, count, seed)
        self.labels, self.seconds, self._last = [], [], None
        self.canvas = FrameCanvas("gray_r", size=440, hot_keys=[*KEYS, "u"])
        self.canvas.on_key(lambda key: self.guard(self.press, key))
        self.buttons = [self._button(f"{KEYS[key].lower()} ({key.upper()})", key) for key in KEYS]
        self.undo = self._button("undo (U)", "u")
        self.view = buttons(["LCN", "crop"], "picture")
        self.connect(self.view, self._draw)
        self.progress = controls.IntProgress(max=count, description="labelled")
        self.results = controls.HTML()
        self._assemble(
            line(*self.buttons, self.undo, self.progress), self.view, self.canvas,
            self.results, self._exchange(),
        )  # fmt: skip
        self._draw()

    def _button(self, text, key):
        button = controls.Button(description=text, layout={"width": "8em"})
        button.on_click(lambda _: self.guard(self.press, key))
        return button

    def _exchange(self):
        """Fields and buttons for exporting labels and for loading another student's."""
        wide = {"width": "24em"}
        self.path = controls.Text("my_labels.json", description="file", layout=wide)
        self.export = controls.Button(description="export my labels")
        self.other = controls.Text(
            description="other", placeholder="a file, or its text", layout=wide
        )
        self.compare = controls.Button(description="compare")
        self.export.on_click(lambda _: self.guard(self.save))
        self.compare.on_click(lambda _: self.guard(self.load))
        self.between = controls.HTML()
        rows = [line(self.path, self.export), line(self.other, self.compare), self.between]
        self.exchange = controls.VBox(rows, layout={"display": "none"})
        return self.exchange

    @property
    def done(self):
        """Whether all frames are labelled."""
        return len(self.labels) == len(self.frames)

    @property
    def labelling(self):
        """The labels so far: `Labelling`."""
        run = self.run
        frames = self.frames[: len(self.labels)]
        return Labelling(self.student, run.name, run.source, run.seed, frames, list(self.labels),
                         [round(each, 2) for each in self.seconds])  # fmt: skip

    def press(self, key):
        """Answer for the frame shown: "h", "m" or "x"; "u" takes the last answer back."""
        now = monotonic()
        if key == "u":
            self.labels, self.seconds = (
                self.labels[:-1],
                self.seconds[: max(len(self.labels) - 2, 0)],
            )
        elif not self.done:
            if self.labels:
                self.seconds.append(now - self._last)
            self.labels.append(KEYS[key])
        self._last = now
        self._draw()

    def save(self):
        """Write the labels to the file named in the field."""
        path = write_labelling(self.labelling, self.path.value)
        text = html.escape(json.dumps(asdict(self.labelling)))
        self.between.value = f"Written to {html.escape(str(path))}. To paste it: <pre>{text}</pre>"

    def load(self):
        """Compare with the labels named in the field."""
        other = read_labelling(self.other.value)
        result = agree_with_student(self.labelling, other)
        name = html.escape(other.student)
        self.between.value = f"You and {name}: {result}.{_table(result, 'you', name)}"

    def _draw(self):
        self.progress.value = len(self.labels)
        for button in self.buttons:
            button.disabled = self.done
        self.undo.disabled = not self.labels
        self.exchange.layout.display = "flex" if self.done else "none"
        self.results.value = self._results() if self.done else ""
        picture = self._picture()
        low, high = picture.limits
        self.canvas.draw(to_bytes(picture.image, low, high, mask=picture.good), alt=self.alt(),
                         caption=self._caption())  # fmt: skip

    def _picture(self):
        """The frame to be labelled, so that a spot is seen; the last one when all are."""
        frame = self.frames[min(len(self.labels), len(self.frames) - 1)]
        picture = take(self.run, frame, self.view.value)
        return coarse(picture) if picture.stage == "LCN" else picture

    def _caption(self):
        if self.done:
            return f"All {len(self.frames)} frames labelled. The results are below."
        return (f"Frame {len(self.labels) + 1} of {len(self.frames)}. 10 spots or more: hit (H), "
                "4 to 9: maybe (M), fewer: miss (X).")  # fmt: skip

    def _results(self):
        truth = self.run.labels[self.frames]
        result = agreement(self.labels, truth)
        name = "the twin's truth" if self.run.source == "twin" else "the experts"
        return (f"<b>You and {name}:</b> {result}.{_table(result, 'you', name)}"
                f"<b>What it costs:</b> {cost(self.seconds)}.")  # fmt: skip

    def alt(self):
        """The picture in a sentence, which does not tell the label."""
        return (f"Frame {min(len(self.labels) + 1, len(self.frames))} of {len(self.frames)} to be "
                f"labelled by eye: the crop, {self.view.value}.")  # fmt: skip

    def figure(self):
        """The frame to be labelled: a matplotlib Figure."""
        figure, ax = static_figure(5, 4.6)
        picture = self._picture()
        low, high = picture.limits
        image = np.where(picture.good, picture.image, np.nan)
        plot_frame(image, ax, vmin=low, vmax=high, label="", cmap="gray_r", bin=picture.bin)
        ax.set_title("hit, maybe or miss?")
        return figure


def _table(result, rows, columns):
    """The confusion of two labellings as an HTML table with named rows and columns."""
    head = "".join(f'<th scope="col" style="padding: 0 1em">{label}</th>' for label in LABELS)
    lines = "".join(
        f'<tr><th scope="row">{label}</th>{"".join(CELL.format(n) for n in counts)}</tr>'
        for label, counts in zip(LABELS, result.confusion, strict=True)
    )
    caption = f'<caption style="white-space: nowrap">rows: {rows}, columns: {columns}</caption>'
    return f"<table>{caption}<tr><td></td>{head}</tr>{lines}</table>"
