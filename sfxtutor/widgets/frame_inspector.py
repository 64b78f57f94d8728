"""The frame inspector: any frame of a run, at every stage from raw to LCN, row by row, or three."""

from collections import deque

import ipywidgets as controls
import numpy as np
from matplotlib.figure import Figure

from ..plots.frames import center_and_step, plot_frame, ring_radius
from ..plots.style import COLOURS
from ..runs.datasets import TWINS
from ..runs.open import open_run
from ..runs.run import LABELS, Run
from .base import Widget, buttons, line, offer, play, with_gap
from .canvas import FrameCanvas, circles, geometry, link, rings, span, to_bytes
from .frame_stages import (
    STAGES,
    UNITS,
    choose,
    count_text,
    ends,
    found_spots,
    row_text,
    take,
    true_spots,
)
from .quests import quests_of

RINGS = (20, 10, 5, 3.1, 2)  # Å
SIDE = "compare"  # of the stages: three side by side
SIDE_BY_SIDE = ("crop", "GCN", "LCN")  # crop is raw ADU, of the part that the others show
NOTHING = "nothing"  # of what may be looked for
_SMALLEST = 0.08  # of the picture's height: the label of a smaller ring would hide it


class FrameInspector(Widget):
    """Look at the frames of a run: stage, contrast, rings, spots, and the row under the cursor.

    Parameters
    ----------
    run : sfxtutor.Run, optional
        The first one shown; the twins are offered beside it.
    frame : int
        The first frame shown, from 0.
    stage : {"raw", "crop", "GCN", "LCN"}
    spots : bool
        Whether spots are marked at first.

    Notes
    -----
    On the picture the arrow keys move the cursor, N and P show the next and the previous frame, F
    says that what is looked for is here. "compare" shows crop, GCN and LCN with one zoom and
    one cursor.
    """

    def __init__(
        self, run: Run | str | None = None, frame: int = 0, stage: str = "crop", spots: bool = False
    ):
        self._runs = {_name(run): run} if run is not None else {}
        names = list(dict.fromkeys([*self._runs, *(f"{name} (twin)" for name in TWINS)]))
        self._quiet = False
        self._tries = [0, 0]  # of a quest: found, claimed
        self._suited = deque(maxlen=30)  # limits of the contrast, of the last frames
        self.canvas = FrameCanvas(size=560, cursor=True, hot_keys=["n", "p", "f"])
        third = {"flex": "1 1 230px", "max_width": "560px"}
        self.trio = {
            stage: FrameCanvas(size=440, cursor=True, layout=third) for stage in SIDE_BY_SIDE
        }
        link(*self.trio.values())
        self._make_controls(names, stage, spots)
        self.beside = controls.HBox(
            [*self.trio.values()], layout={"flex_flow": "row wrap", "grid_gap": "8px"}
        )
        self._assemble(
            line(self.run_choice, self.number, self.frame_choice, play(self.frame_choice),
                 self.previous, self.next),
            line(self.class_choice, self.stage_choice),
            line(self.contrast, self.limits, self.reset, self.log, self.rings, self.spots),
            line(self.quest, self.claim, self.told),
            self.canvas, self.beside,
        )  # fmt: skip
        self._wire()
        self.run = self._open()
        self._offer_quests()
        self._select(self.run.index(frame))

    def _make_controls(self, names, stage, spots):
        self.run_choice = controls.Dropdown(options=names, description="run", **_sized("15em"))
        self.class_choice = buttons(["any", *LABELS], "class")
        self.frame_choice = controls.SelectionSlider(
            options=[0], description="frame", readout=False, **_sized("20em")
        )
        self.number = controls.BoundedIntText(description="number", **_sized("11em"))
        self.previous, self.next = (
            controls.Button(description=name, layout={"width": "8em"})
            for name in ("previous (P)", "next (N)")
        )
        self.stage_choice = buttons([*STAGES, SIDE], "stage", stage)
        self.stage_choice.style.button_width, self.stage_choice.layout.width = "6em", "39em"
        self.contrast = with_gap(
            controls.FloatRangeSlider(description="contrast", readout=False, **_sized("22em"))
        )
        self.reset = controls.Button(description="reset", layout={"width": "5em"})
        self.limits = controls.Label()
        self.limits.add_class("sfxtutor-limits")
        self.log, self.rings, self.spots = (
            controls.Checkbox(description=name, indent=False, layout={"width": "auto"})
            for name in ("log scale", "resolution rings", "spots found ○ and true +")
        )
        self.spots.value = spots
        self.quest = controls.Dropdown(options=[NOTHING], description="find", **_sized("24em"))
        self.claim = controls.Button(description="found it (F)", disabled=True)
        self.told = controls.HTML()
        self.told.add_class("sfxtutor-told")

    def _wire(self):
        self.connect(self.run_choice, self._change_run)
        self.connect(self.class_choice, lambda: self._select(self.frame_choice.value, False))
        self.connect(self.frame_choice, self._take)
        self.connect(self.number, self._go)
        self.connect(self.stage_choice, self._restage)
        self.connect(self.contrast, self._set_contrast)
        for control in (self.log, self.rings, self.spots):
            self.connect(control, self._draw)
        for canvas in (self.canvas, *self.trio.values()):
            self.connect(canvas, lambda canvas=canvas: self._read_row(canvas), "row")
        self.previous.on_click(lambda _: self.guard(self.step, -1))
        self.next.on_click(lambda _: self.guard(self.step, 1))
        self.reset.on_click(lambda _: self.guard(self._restage))
        self.claim.on_click(lambda _: self.guard(self.claim_it))
        self.connect(self.quest, self._start_quest)
        self.canvas.on_key(lambda key: self.guard(self._press, key))

    def _press(self, key):
        if key == "f":
            self.claim_it()
        else:
            self.step(1 if key == "n" else -1)

    def _go(self):
        """Show the frame of the number typed, or the next one of the class."""
        if not self._quiet and self.number.value != self.frame_choice.value:
            self._select(self.number.value, False)

    def _offer_quests(self):
        self.quests = quests_of(self.run)
        offer(self.quest, [NOTHING, *self.quests], 0)

    def _start_quest(self):
        """Hide labels and true spots while something is looked for."""
        looking = self.looking
        self._tries, self.told.value = [0, 0], ""
        self.claim.disabled = not looking
        self.class_choice.disabled = looking or self.run.labels is None
        if looking and self.class_choice.value != "any":
            self.class_choice.value = "any"
        else:
            self._draw()

    @property
    def looking(self):
        """Whether something is to be found: then labels and true spots are hidden."""
        return self.quest.value != NOTHING

    def claim_it(self):
        """Say whether what is looked for is here: in this frame, at the cursor."""
        if not self.looking:
            return
        picture = self.pictures[self._pointed]
        at = picture.on_detector(self._pointed.row, self._pointed.column)
        found, words = self.quests[self.quest.value].look(self.run, self.frame_choice.value, at)
        self._tries = [self._tries[0] + found, self._tries[1] + 1]
        right, tries = self._tries
        sign = "Found" if found else "Not found"
        self.told.value = (
            f'<span role="status"><b>{sign}:</b> {words}. Right in {right} of {tries} tries.</span>'
        )

    def step(self, by):
        """Go to another frame of the class, `by` places on, as far as there are frames."""
        last = len(self.frame_choice.options) - 1
        self.frame_choice.index = int(np.clip(self.frame_choice.index + by, 0, last))

    def _open(self):
        name = self.run_choice.value
        if name not in self._runs:
            self._runs[name] = open_run(name.split()[0])
        return self._runs[name]

    def _change_run(self):
        self.run = self._open()
        self._offer_quests()
        self._select(0)

    def _select(self, frame, restage=True):
        """Offer the frames of the class, and show `frame` or the next one of the class."""
        self.class_choice.disabled = self.looking or self.run.labels is None
        numbers = choose(self.run.labels, self.class_choice.value, len(self.run))
        self._quiet = True
        self.number.max = len(self.run) - 1
        nearest = min(int(np.searchsorted(numbers, frame)), len(numbers) - 1)
        offer(self.frame_choice, numbers, nearest)
        self._quiet = False
        self._restage() if restage else self._take()

    def _restage(self):
        """Show the frame at the stage, with the contrast that suits it."""
        side = self.stage_choice.value == SIDE
        self.canvas.layout.display = "none" if side else None
        self.beside.layout.display = "flex" if side else "none"
        self.contrast.disabled = self.reset.disabled = side  # each picture then has its own
        self._own = False
        self._take()

    _own = False  # whether the contrast was set by hand: then it stays from frame to frame

    def _set_contrast(self):
        """A handle was moved, or the browser sends limits back, rounded to the slider's steps.

        What is sent back may belong to a frame that is no longer shown.
        """
        if self._quiet:
            return
        step, limits = self.contrast.step, np.array(self._suited)
        close = (np.abs(limits - self.contrast.value) <= step).all(axis=1)
        if self._own or not close.any():
            self._own = True
            self._draw()
        elif not close[-1]:
            self._suit(self.picture)

    def _suit(self, picture):
        """Set the contrast to what suits a picture."""
        low, high = picture.limits
        self._suited.append((low, high))
        least, most = low - 0.5 * (high - low), high + 3 * (high - low)
        self._quiet, slider = True, self.contrast
        with slider.hold_sync():  # the browser would clip the value to limits that come later
            slider.min, slider.max = min(least, slider.min), max(most, slider.max)
            slider.value = low, high
            slider.min, slider.max, slider.step = least, most, (most - least) / 200
            slider.value = low, high  # the gap between the handles was that of the wider range
        self._quiet = False

    def _take(self):
        """Show the chosen frame at the chosen stage, or at three of them."""
        if self._quiet:
            return
        i, stage = self.frame_choice.value, self.stage_choice.value
        self.number.value = i
        if stage == SIDE:
            self.pictures = {self.trio[each]: take(self.run, i, each) for each in SIDE_BY_SIDE}
        else:
            self.pictures = {self.canvas: take(self.run, i, stage)}
        self._pointed = next(iter(self.pictures))  # the canvas with the cursor
        self._spots_shown = None  # spots found and true spots, worked out once a frame
        if stage != SIDE and not self._own:
            self._suit(self.picture)
        self._quiet = True
        for canvas, picture in self.pictures.items():
            height, width = picture.image.shape
            if not (0 <= canvas.row < height and 0 <= canvas.column < width):
                canvas.row, canvas.column = height // 3, width // 2
        self._quiet = False
        self._draw()

    @property
    def picture(self):
        """The `Picture` that is seen; of three, the one with the cursor."""
        return self.pictures[self._pointed]

    def _draw(self):
        if self._quiet:
            return
        self.limits.value = "" if self.contrast.disabled else " to ".join(self._ends(self.picture))
        for canvas in self.pictures:
            self._draw_one(canvas)
        if self.spots.value and self._spots_shown is None:  # they take longer: the frame goes first
            i = self.frame_choice.value
            self._spots_shown = found_spots(self.run, i), true_spots(self.run, i)
            for canvas, picture in self.pictures.items():
                with canvas.hold_sync():
                    canvas.overlays, canvas.caption = self._overlays(picture), self._caption(canvas)

    def _draw_one(self, canvas):
        picture = self.pictures[canvas]
        low, high = self._contrast(picture)
        canvas.draw(
            to_bytes(picture.image, low, high, self.log.value, picture.good),
            numbers=picture.image, unit=UNITS[picture.stage], geometry=geometry(self.run.card),
            place=[picture.top, picture.left, picture.bin],
            overlays=self._overlays(picture), alt=self._alt(picture.stage),
            caption=self._caption(canvas), scale=self._ends(picture),
            profile=picture.row(canvas.row).tobytes(), side=picture.rows().tobytes(),
            side_label="RWD: max - min" if picture.stage == "LCN" else "max - min",
        )  # fmt: skip

    def _contrast(self, picture):
        """The limits of the slider or, of three pictures, those that suit each."""
        low, high = picture.limits if self.contrast.disabled else self.contrast.value
        return low, high if self.contrast.disabled else max(high, low + self.contrast.step)

    def _ends(self, picture):
        return ends(*span(*self._contrast(picture), self.log.value), picture.stage)

    def _read_row(self, canvas):
        """Another row is under the cursor: its curve and its words, in all pictures."""
        if self._quiet or canvas not in self.pictures:
            return
        self._pointed = canvas
        at = self.picture.on_detector(canvas.row, canvas.column)
        for each, picture in self.pictures.items():
            with each.hold_sync():
                if each is not canvas:
                    self._quiet = True
                    each.row, each.column = _inside(picture, *at)
                    self._quiet = False
                each.profile = picture.row(each.row).tobytes()
                each.caption = self._caption(each)

    def _overlays(self, picture):
        overlays = []
        if self.rings.value:
            center, step = center_and_step(picture.image.shape, self.run.card, picture.bin)
            radii = {d: ring_radius(d, self.run.card) / step for d in RINGS}
            least = len(picture.image) * _SMALLEST
            wide = {f"{d} Å": radius for d, radius in radii.items() if radius > least}
            overlays.append(rings(center, wide.values(), wide))
        if self.spots.value and self._spots_shown is not None:
            spots, truth = self._spots_shown
            overlays.append(circles(*picture.place(*spots), "circle", 6))
            if truth is not None and not self.looking:
                places = picture.place(*truth)
                overlays.append(circles(*places, "plus", 6, colour=COLOURS["orange"]))
        return overlays

    def _title(self):
        i = self.frame_choice.value
        label = "unlabelled" if self.run.labels is None else self.run.labels[i]
        return f"{_name(self.run)}, frame {i}: {'label hidden' if self.looking else label}"

    def _caption(self, canvas):
        picture = self.pictures[canvas]
        row = row_text(picture, canvas.row)
        if canvas is not next(iter(self.pictures)):
            return f"{picture.stage}. {row}"
        wanted = self.spots.value and self._spots_shown is not None and not self.looking
        counts = [count_text(self.run, *self._spots_shown)] if wanted else []
        stage = [f"{picture.stage}."] if len(self.pictures) > 1 else []
        return " ".join([f"{self._title()}.", *counts, *stage, row])

    def alt(self):
        """The picture in a sentence."""
        return self._alt(self.stage_choice.value)

    def _alt(self, stage):
        true = "" if self.looking else ", true ones with a plus"
        symbols = f", spots found circled{true}" if self.spots.value else ""
        return f"{self._title()}, stage {stage}{symbols}."

    def figure(self):
        """The chosen frame, with its overlays, once for each picture: a matplotlib Figure."""
        pictures = list(self.pictures.values())
        figure = Figure(figsize=(5 * len(pictures), 4.4), layout="constrained")
        for ax, picture in zip(np.ravel(figure.subplots(1, len(pictures))), pictures, strict=True):
            self._plot(ax, picture)
        return figure

    def _plot(self, ax, picture):
        low, high = self._contrast(picture)
        image = np.where(picture.good, picture.image, np.nan)
        options = {"rings": RINGS, "card": self.run.card} if self.rings.value else {}
        plot_frame(image, ax, bin=picture.bin, vmin=low, vmax=high,
                   label=UNITS[picture.stage], **options)  # fmt: skip
        if self.spots.value:
            shown = self._spots_shown[: 1 if self.looking else 2]
            for places, symbol in zip(shown, "o+", strict=False):
                if places is not None:
                    y, x = picture.place(*places)
                    ax.plot(x, y, symbol, color=COLOURS["red"], mfc="none")
            ax.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
        ax.set_title(f"{self._title()}, {picture.stage}")


def _inside(picture, y, x):
    """The pixel of a picture at a place of the detector or, outside it, the nearest one."""
    return [int(np.clip(round(float(at)), 0, size - 1))
            for at, size in zip(picture.place(y, x), picture.image.shape, strict=True)]  # fmt: skip


def _name(run):
    """How a run is called in the list: a twin of another seed is another run."""
    seed = f", seed {run.seed}" if run.seed else ""
    return f"{run.name} ({run.source}{seed})"


def _sized(width):
    return {"layout": {"width": width}, "style": {"description_width": "4.5em"}}
