"""The frame inspector: any frame of a run, at every stage from raw to LCN, row by row."""

import ipywidgets as controls
import numpy as np

from ..plots.frames import center_and_step, plot_frame, ring_radius
from ..plots.style import COLOURS
from ..runs.datasets import TWINS
from ..runs.open import open_run
from ..runs.run import LABELS, Run
from .base import Widget, buttons, line, offer, static_figure
from .canvas import FrameCanvas, circles, rings, to_bytes
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

RINGS = (20, 10, 5, 3.1, 2)  # Å
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
    On the picture the arrow keys move the cursor, N and P show the next and the previous frame.
    """

    def __init__(
        self, run: Run | str | None = None, frame: int = 0, stage: str = "crop", spots: bool = False
    ):
        self._runs = {_name(run): run} if run is not None else {}
        names = list(dict.fromkeys([*self._runs, *(f"{name} (twin)" for name in TWINS)]))
        self._quiet = False
        self.canvas = FrameCanvas(size=400, cursor=True, hot_keys=["n", "p"])
        self.run_choice = controls.Dropdown(options=names, description="run", **_sized("15em"))
        self.class_choice = buttons(["any", *LABELS], "class")
        self.frame_choice = controls.SelectionSlider(
            options=[0], description="frame", **_sized("24em")
        )
        self.previous, self.next = (
            controls.Button(description=name, layout={"width": "8em"})
            for name in ("previous (P)", "next (N)")
        )
        self.stage_choice = buttons(STAGES, "stage", stage)
        self.contrast = controls.FloatRangeSlider(
            description="contrast", readout=False, **_sized("22em")
        )
        self.limits = controls.Label()
        self.log, self.rings, self.spots = (
            controls.Checkbox(description=name, indent=False, layout={"width": "auto"})
            for name in ("log scale", "resolution rings", "spots found ○ and true +")
        )
        self.spots.value = spots
        self._assemble(
            line(self.run_choice, self.frame_choice, self.previous, self.next),
            line(self.class_choice, self.stage_choice),
            line(self.contrast, self.limits, self.log, self.rings, self.spots),
            self.canvas,
        )
        self._wire()
        self.run = self._open()
        self._select(self.run.index(frame))

    def _wire(self):
        self.connect(self.run_choice, self._change_run)
        self.connect(self.class_choice, lambda: self._select(self.frame_choice.value, False))
        self.connect(self.frame_choice, self._take)
        self.connect(self.stage_choice, self._restage)
        for control in (self.contrast, self.log, self.rings, self.spots):
            self.connect(control, self._draw)
        self.connect(self.canvas, self._read_row, "row")
        self.previous.on_click(lambda _: self.guard(self.step, -1))
        self.next.on_click(lambda _: self.guard(self.step, 1))
        self.canvas.on_key(lambda key: self.guard(self.step, 1 if key == "n" else -1))

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
        self._select(0)

    def _select(self, frame, restage=True):
        """Offer the frames of the class, and show `frame` or the next one of the class."""
        self.class_choice.disabled = self.run.labels is None
        numbers = choose(self.run.labels, self.class_choice.value, len(self.run))
        self._quiet = True
        nearest = min(int(np.searchsorted(numbers, frame)), len(numbers) - 1)
        offer(self.frame_choice, numbers, nearest)
        self._quiet = False
        self._restage() if restage else self._take()

    def _restage(self):
        """Take the frame at the stage, and set the contrast to what suits it."""
        picture = take(self.run, self.frame_choice.value, self.stage_choice.value)
        low, high = picture.limits
        least, most = low - 0.5 * (high - low), high + 3 * (high - low)
        self._quiet, slider = True, self.contrast
        with slider.hold_sync():  # the browser would clip the value to limits that come later
            slider.min, slider.max = min(least, slider.min), max(most, slider.max)
            slider.value = low, high
            slider.min, slider.max, slider.step = least, most, (most - least) / 200
        self._quiet = False
        self._take(picture)

    def _take(self, picture=None):
        """Show the chosen frame at the chosen stage."""
        if self._quiet:
            return
        self.picture = picture or take(self.run, self.frame_choice.value, self.stage_choice.value)
        self._spots_shown = None  # spots found and true spots, worked out once a frame
        height, width = self.picture.image.shape
        if not (0 <= self.canvas.row < height and 0 <= self.canvas.column < width):
            self._quiet = True
            self.canvas.row, self.canvas.column = height // 3, width // 2
            self._quiet = False
        self._draw()

    def _draw(self):
        if self._quiet:
            return
        picture = self.picture
        low, high = self.contrast.value
        high = max(high, low + self.contrast.step)
        scale = ends(low, high, picture.stage)
        self.limits.value = " to ".join(scale)
        self.canvas.draw(
            to_bytes(picture.image, low, high, self.log.value, picture.good),
            overlays=self._overlays(), alt=self.alt(), caption=self._caption(),
            scale=scale,
            profile=self._profile(), side=picture.rows().tobytes(),
            side_label="RWD: max - min" if picture.stage == "LCN" else "max - min",
        )  # fmt: skip
        if self.spots.value and self._spots_shown is None:  # they take longer: the frame goes first
            i = self.frame_choice.value
            self._spots_shown = found_spots(self.run, i), true_spots(self.run, i)
            with self.canvas.hold_sync():
                self.canvas.overlays, self.canvas.caption = self._overlays(), self._caption()

    def _read_row(self):
        if not self._quiet:
            with self.canvas.hold_sync():
                self.canvas.profile, self.canvas.caption = self._profile(), self._caption()

    def _profile(self):
        return self.picture.row(self.canvas.row).tobytes()

    def _overlays(self):
        overlays, picture = [], self.picture
        if self.rings.value:
            center, step = center_and_step(picture.image.shape, self.run.card, picture.bin)
            radii = {d: ring_radius(d, self.run.card) / step for d in RINGS}
            least = len(picture.image) * _SMALLEST
            wide = {f"{d} Å": radius for d, radius in radii.items() if radius > least}
            overlays.append(rings(center, wide.values(), wide))
        if self.spots.value and self._spots_shown is not None:
            spots, truth = self._spots_shown
            overlays.append(circles(*picture.place(*spots), "circle", 6))
            if truth is not None:
                places = picture.place(*truth)
                overlays.append(circles(*places, "plus", 6, colour=COLOURS["orange"]))
        return overlays

    def _title(self):
        i = self.frame_choice.value
        label = "unlabelled" if self.run.labels is None else self.run.labels[i]
        return f"{_name(self.run)}, frame {i}: {label}"

    def _caption(self):
        wanted = self.spots.value and self._spots_shown is not None
        counts = [count_text(self.run, *self._spots_shown)] if wanted else []
        row = row_text(self.picture, self.canvas.row)
        return " ".join([f"{self._title()}.", *counts, row])

    def alt(self):
        """The picture in a sentence."""
        symbols = ", spots found circled, true ones with a plus" if self.spots.value else ""
        return f"{self._title()}, stage {self.stage_choice.value}{symbols}."

    def figure(self):
        """The chosen frame, with its overlays: a matplotlib Figure."""
        figure, ax = static_figure(5, 4.4)
        picture, (low, high) = self.picture, self.contrast.value
        image = np.where(picture.good, picture.image, np.nan)
        options = {"rings": RINGS, "card": self.run.card} if self.rings.value else {}
        plot_frame(image, ax, bin=picture.bin, vmin=low, vmax=high,
                   label=UNITS[picture.stage], **options)  # fmt: skip
        if self.spots.value:
            for places, symbol in zip(self._spots_shown, "o+", strict=True):
                if places is not None:
                    y, x = picture.place(*places)
                    ax.plot(x, y, symbol, color=COLOURS["red"], mfc="none")
            ax.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
        ax.set_title(f"{self._title()}, {picture.stage}")
        return figure


def _name(run):
    """How a run is called in the list: a twin of another seed is another run."""
    seed = f", seed {run.seed}" if run.seed else ""
    return f"{run.name} ({run.source}{seed})"


def _sized(width):
    return {"layout": {"width": width}, "style": {"description_width": "4.5em"}}
