"""Label by eye: be the expert for 30 frames, and see what labels cost and how sure they are."""

import html
import json
import os
from dataclasses import asdict
from threading import RLock
from time import monotonic

import ipywidgets as controls
import numpy as np

from ..plots.frames import plot_frame
from ..plots.style import COLOURS
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
from .canvas import FrameCanvas, circles, to_bytes
from .frame_stages import coarse, found_spots, take, true_spots
from .gallery import Gallery

KEYS = {"h": "HIT", "m": "MAYBE", "x": "MISS"}
TILE = 6  # detector pixels in one of a thumbnail
_KEPT = {}  # answers given in this kernel: who runs the cell twice loses none
_TURN = RLock()  # widgets share answers, and JupyterLab runs a callback beside a cell
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
    in the widget. A second widget for the same student, run and frames goes on where the first was,
    as long as the kernel lives; a button, pressed twice, discards the labels.
    """

    def __init__(self, run: Run, count: int = 30, seed: int = 0, student: str | None = None):
        self.run = run
        self.student = student or os.environ.get("SFXTUTOR_STUDENT") or "student"
        self.frames = pick(run.labels, count, seed)
        self.answers = _KEPT.setdefault(self._key(), [])  # (label, seconds or None)
        self._last = None
        self.canvas = FrameCanvas("gray_r", size=440, hot_keys=[*KEYS, "u"])
        self.canvas.on_key(lambda key: self.guard(self.press, key))
        self.buttons = [self._button(f"{KEYS[key].lower()} ({key.upper()})", key) for key in KEYS]
        self.undo = self._button("undo (U)", "u")
        self.restart = controls.Button(layout={"width": "12em"})
        self.restart.on_click(lambda _: self.guard(self.start_again))
        self.view = buttons(["LCN", "crop"], "picture")
        self.connect(self.view, self._draw)
        self.progress = controls.IntProgress(max=count, description="labelled")
        self.taken, self.results = controls.HTML(), controls.HTML()
        self.gallery = Gallery("gray_r", tile=110)
        self.connect(self.gallery, self._draw_picture, "chosen")
        self._assemble(
            line(*self.buttons, self.undo, self.progress, self.restart), self.taken, self.view,
            self.canvas, self.results, self.gallery, self._exchange(),
        )  # fmt: skip
        with _TURN:
            self._draw()
        if self.answers:
            kept = f"{len(self.answers)} labels given before are kept."
            self.taken.value = f'<span role="status">{kept}</span>'

    def guard(self, action, *args):
        with _TURN:
            super().guard(action, *args)

    def _key(self):
        run = self.run
        return self.student, run.name, run.source, run.seed, tuple(self.frames)

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
    def labels(self):
        """The labels given so far: list of str."""
        return [label for label, _ in self.answers]

    @property
    def seconds(self):
        """Times from the answer before to each, as far as they are known: list of float."""
        return [time for _, time in self.answers if time is not None]

    @property
    def done(self):
        """Whether all frames are labelled."""
        return len(self.answers) == len(self.frames)

    @property
    def labelling(self):
        """The labels so far: `Labelling`."""
        run = self.run
        frames = self.frames[: len(self.answers)]
        return Labelling(self.student, run.name, run.source, run.seed, frames, self.labels,
                         [round(each, 2) for each in self.seconds])  # fmt: skip

    def press(self, key):
        """Answer for the frame shown: "h", "m" or "x"; "u" takes the last answer back."""
        now, self._sure = monotonic(), False
        if key == "u" and self.answers:
            self._say(len(self.answers), "taken back", self.answers.pop()[0])
        elif key != "u" and not self.done:
            self.answers.append((KEYS[key], None if self._last is None else now - self._last))
            self._say(len(self.answers), "you labelled it", KEYS[key])
        self._last = now
        self._draw()

    def _say(self, number, what, label):
        """Which key was taken, and for which frame."""
        text = f"Frame {number} of {len(self.frames)}: {what}: <b>{label}</b>"
        self.taken.value = f'<span role="status">{text}</span>'

    def start_again(self):
        """Discard all labels, when pressed a second time in a row."""
        if self._sure:
            self.answers.clear()
            self._last, self.taken.value = None, ""
        self._sure = not self._sure
        self._draw()

    _sure = False  # whether `restart` was pressed once

    def missed(self):
        """Places in `frames` at which one disagrees with the run's labels: list of int."""
        truth = self.run.labels[self.frames]
        return [i for i, label in enumerate(self.labels) if label != truth[i]]

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
        self.progress.value = len(self.answers)
        for button, label in zip(self.buttons, KEYS.values(), strict=True):
            button.disabled = self.done
            button.button_style = "info" if self.labels[-1:] == [label] else ""
        self.undo.disabled = self.restart.disabled = not self.answers
        self.restart.description = f"discard {len(self.answers)}?" if self._sure else "start again"
        self.restart.button_style = "warning" if self._sure else ""
        self.exchange.layout.display = "flex" if self.done else "none"
        self.results.value = self._results() if self.done else ""
        self._draw_gallery()
        self._draw_picture()

    def _draw_gallery(self):
        """The frames on which one disagrees, when all are labelled; the first is enlarged."""
        missed = self.missed() if self.done else []
        thumbnails = [self._thumbnail(i) for i in missed]
        self.gallery.draw(
            [picture for picture, _ in thumbnails], [self._both(i) for i in missed],
            [spots for _, spots in thumbnails], "frames on which you disagree",
        )  # fmt: skip
        self.gallery.layout.display = None if missed else "none"
        if missed:
            self.gallery.chosen = 0

    def _thumbnail(self, i):
        """A frame as bytes, small, and its spots in it, list of (y, x)."""
        picture = coarse(take(self.run, self.frames[i], "LCN"))
        small = coarse(picture, TILE // picture.bin)
        y, x = small.place(*self._spots(i))
        seen = (y > -0.5) & (x > -0.5) & (y < len(small.image)) & (x < len(small.image))
        return to_bytes(small.image, *picture.limits, mask=small.good), np.array([y, x]).T[seen]

    def _spots(self, i):
        """Spots that a person sees or, in a measured run, that the finder finds: (2, n)."""
        frame = self.frames[i]
        return (true_spots if self.run.source == "twin" else found_spots)(self.run, frame)

    def _draw_picture(self):
        """The frame to be labelled or, at the end, the one chosen in the gallery, enlarged."""
        picture = self._picture()
        low, high = picture.limits
        spots = self._spots(self._at()) if self._looking_back() else None
        self.canvas.draw(
            to_bytes(picture.image, low, high, mask=picture.good), alt=self.alt(),
            caption=self._caption(),
            overlays=[] if spots is None else [circles(*picture.place(*spots), radius=9,
                                                       colour=COLOURS["orange"])],
        )  # fmt: skip

    def _looking_back(self):
        # the browser may still send a choice of a gallery that has gone
        return self.done and 0 <= self.gallery.chosen < len(self.missed())

    def _at(self):
        """Place in `frames` of the frame shown."""
        if self._looking_back():
            return self.missed()[self.gallery.chosen]
        return min(len(self.answers), len(self.frames) - 1)

    def _picture(self):
        """The frame shown, so that a spot is seen."""
        picture = take(self.run, self.frames[self._at()], self.view.value)
        return coarse(picture) if picture.stage == "LCN" else picture

    def _both(self, i):
        """A frame's two labels in words."""
        frame = self.frames[i]
        theirs = f"{self._who()} {self.run.labels[frame]}"
        return f"No. {i + 1}, frame {frame}: you {self.labels[i]}, {theirs}"

    def _who(self):
        return "the twin's truth" if self.run.source == "twin" else "the experts"

    def _caption(self):
        if self._looking_back():
            return f"{self._both(self._at())}. Circles: {self._circled()}."
        if self.done:
            return f"All {len(self.frames)} frames labelled. The results are below."
        return (f"Frame {len(self.answers) + 1} of {len(self.frames)}. 10 spots or more: hit (H), "
                "4 to 9: maybe (M), fewer: miss (X).")  # fmt: skip

    def _circled(self):
        return "true spots" if self.run.source == "twin" else "spots found"

    def _results(self):
        truth = self.run.labels[self.frames]
        result = agreement(self.labels, truth)
        name, missed = self._who(), len(self.missed())
        back = ""
        if missed:
            back = (f"<br><b>Look again:</b> the {missed} frames on which you disagree, "
                    f"{self._circled()} circled. Choose one to enlarge it.")  # fmt: skip
        return (f"<b>You and {name}:</b> {result}.{_table(result, 'you', name)}"
                f"<b>What it costs:</b> {cost(self.seconds)}.{back}")  # fmt: skip

    def alt(self):
        """The picture in a sentence, which does not tell the label before the end."""
        if self._looking_back():
            return f"{self._both(self._at())}: the crop, {self.view.value}, spots circled."
        return (f"Frame {min(len(self.answers) + 1, len(self.frames))} of {len(self.frames)} to be "
                f"labelled by eye: the crop, {self.view.value}.")  # fmt: skip

    def figure(self):
        """The frame shown: a matplotlib Figure."""
        figure, ax = static_figure(5, 4.6)
        picture = self._picture()
        low, high = picture.limits
        image = np.where(picture.good, picture.image, np.nan)
        plot_frame(image, ax, vmin=low, vmax=high, label="", cmap="gray_r", bin=picture.bin)
        ax.set_title(self._both(self._at()) if self._looking_back() else "hit, maybe or miss?")
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
