"""Where it looks: a network's map over a frame, and the fewest pixels that change a decision."""

import ipywidgets as controls
import keras
import numpy as np

from ..fast.kernels import count_spots, fast_pair
from ..models import activation_map, bin_of, occlusion
from ..plots.frames import plot_frame
from ..plots.style import COLOURS
from ..preprocess import ROWS
from ..runs.datasets import RAYONIX_GAIN
from ..runs.run import CROP, Run, crop_slices
from ..training import predict
from .base import Widget, line, static_figure
from .canvas import FrameCanvas, circles, ticks, to_bytes
from .frame_stages import LCN_EDGE, Picture, true_spots
from .retouch import SHAPES, erase, paint

REMOVE = "remove a spot"
MAPS = ("none", "activation", "occlusion")
ADU = (300, 1000, 3000, 10000, 60000)
CNN, RWD, COUNT = "2D CNN", "RWD, 1D CNN", "spot count"
GREYS, TINTS = 17, 15  # 255 bytes: so many levels of the frame, so many of the map over it
TURNS = {False: "miss to hit", True: "hit to miss"}  # by what the frame is called at first
CELL = '<td style="text-align: right; padding: 0 1em">{}</td>'


class WhereItLooks(Widget):
    """A frame as a 2D CNN sees it, with the map of what it looks at, to be changed by hand.

    The game: with the fewest changed pixels, make a hit of a miss, or a miss of a hit.  The best of
    each method is kept as long as the widget lives.

    Parameters
    ----------
    run : sfxtutor.Run
    cnn : keras.Model
        Of `build_cnn`, trained on the images of `prepare`, whose bin follows from its input.
    spots : int
        So many spots found make a hit.
    rwd : keras.Model, optional
        Of `build_rwd_cnn`, trained on the RWD vectors of `prepare`: one method more.
    frame : int
        The first frame shown, from 0.

    Notes
    -----
    A click on the picture, or Enter or space at the cursor, uses the tool there.  The arrow keys
    move the cursor, with Shift by ten; H and M show the next hit and miss, R resets the frame.
    """

    def __init__(
        self, run: Run, cnn: keras.Model, spots: int, rwd: keras.Model | None = None, frame: int = 0
    ):  # fmt: skip
        self.run, self.cnn, self.rwd, self.spots = run, cnn, rwd, int(spots)
        self.bin = bin_of(cnn)
        self.best = {}  # (turn, method) -> (changed pixels, frame)
        self.canvas = FrameCanvas(size=450, cursor=True, acts=True, hot_keys=["h", "m", "r"])
        self.canvas.row = self.canvas.column = ROWS // self.bin // 4
        self.canvas.palette = _palette()
        self.tool = _choice([REMOVE, *SHAPES], "tool", REMOVE)
        self.adu = _choice([(f"{adu:,} ADU", adu) for adu in ADU], "added", ADU[-1])
        self.map = _choice(MAPS, "map", "activation")
        self.truth = controls.Checkbox(
            description="true spots ○", indent=False, disabled=run.source != "twin",
            layout={"width": "auto"},
        )  # fmt: skip
        self.table = controls.HTML()
        self._assemble(
            line(self.tool, self.adu), line(self.map, self.truth), line(*self._buttons()),
            line(self.canvas, self.table),
        )  # fmt: skip
        self._wire()
        self.open(frame)

    def _buttons(self):
        actions = {"next hit (H)": "h", "next miss (M)": "m", "reset (R)": "r"}
        self.buttons = [controls.Button(description=name) for name in actions]
        for button, key in zip(self.buttons, actions.values(), strict=True):
            button.on_click(lambda _, key=key: self.guard(self.press, key))
        return self.buttons

    def _wire(self):
        self.canvas.on_act(lambda row, column: self.guard(self.act, row, column))
        self.canvas.on_key(lambda key: self.guard(self.press, key))
        self.connect(self.canvas, self._point, ["row", "column"])
        self.connect(self.map, self._look)
        self.connect(self.truth, self._draw)

    def open(self, frame):
        """Show frame `frame` of the run, unchanged."""
        self.frame = self.run.index(frame)
        self.original = self.crop = self.run.crop(self.frame)
        self._marks = []  # places of changes: (y, x, overlay), pixels of the crop
        self._spots = true_spots(self.run, self.frame)
        self._change(self.crop)
        self.first = self.scores
        self._show()

    def press(self, key):
        """ "h" and "m" show the next hit and the next miss of the run, "r" the frame unchanged."""
        if key == "r":
            return self.open(self.frame)
        positive = self.run.labels != "MISS"
        same = np.flatnonzero(positive == (key == "h"))
        after = same[same > self.frame]
        return self.open(int(after[0] if len(after) else same[0]))

    def act(self, row, column):
        """Use the tool at a pixel of the picture."""
        y, x = (LCN_EDGE + self.bin * at + self.bin // 2 for at in (row, column))
        kind = "cross" if self.tool.value == REMOVE else "plus"
        try:
            crop = self._edited(y, x)
        except ValueError as error:  # noise was clicked: no fault of anything
            self.canvas.caption = f"{error} {self._words()}"
            return
        self._marks.append((y, x, kind))
        self._change(crop)
        self._keep()
        self._show()

    def _edited(self, y, x):
        """The crop after the tool was used at (y, x), pixels of the crop."""
        if self.tool.value == REMOVE:
            return erase(self.crop, self.run.good().good, y, x, self.bin)
        return paint(self.crop, y, x, self.tool.value, self.adu.value)

    @property
    def changed(self):
        """Pixels of the raw crop that differ from the frame: int."""
        return int(np.count_nonzero(self.crop != self.original))

    def decisions(self, scores):
        """Whether each method calls it a hit: dict of bool."""
        limits = {CNN: 0.5, RWD: 0.5, COUNT: self.spots - 0.5}
        return {method: bool(score > limits[method]) for method, score in scores.items()}

    def _change(self, crop):
        """Preprocess a raw crop and score it by all methods."""
        self.crop, good = crop, self.run.good()
        vector, image = fast_pair(crop, self.bin, good)
        self.image = image.astype("<f2")  # as `prepare` stores it
        self.scores = {CNN: float(predict(self.cnn, self.image[None])[0])}
        if self.rwd is not None:
            self.scores[RWD] = float(predict(self.rwd, vector[None])[0])
        gain = self.run.card.gain or RAYONIX_GAIN
        self.scores[COUNT] = count_spots(crop, gain, mask=good)

    def _keep(self):
        """Note the changed pixels where they are the fewest that turned a decision."""
        before, now = self.decisions(self.first), self.decisions(self.scores)
        for method, hit in before.items():
            least = self.best.get((hit, method), (np.inf, 0))[0]
            if now[method] != hit and self.changed < least:
                self.best[hit, method] = self.changed, self.frame

    def _show(self):
        """Numbers first, then the map, which takes longer."""
        self.table.value, self.seen = self._table(), None
        self._draw()
        self._look()

    def _look(self):
        """Compute the map that is chosen."""
        kind = self.map.value
        if kind == "activation":
            self.seen = activation_map(self.cnn, self.image[None])[0]
        else:
            self.seen = occlusion(self.cnn, self.image) if kind == "occlusion" else None
        self._draw()

    def _draw(self):
        low, high = self._limits()
        grey = to_bytes(self.image.astype(np.float32), low, high).astype(int) - 1
        byte = 1 + TINTS * (grey * GREYS // 255) + self._tint()
        byte[self.image == 0] = 0  # masked
        self.canvas.draw(
            byte.astype(np.uint8), overlays=self._overlays(), alt=self._alt(self.truth.value),
            caption=f"{self._words()}{self._scale()}",
        )  # fmt: skip

    def _limits(self):
        """Contrast of the picture: from the median, which is noise, to what a spot has."""
        middle = float(np.median(self.image[self.image > 0])) if self.image.any() else 0.0
        return middle, middle + 0.6

    def _tint(self):
        """The map's level at each pixel of the picture: (y, x) int, 0 where it does not raise p."""
        if self.seen is None or self.seen.max() <= 0:
            return np.zeros(self.image.shape, int)
        share = np.clip(self._spread(), 0, None) / self.seen.max()
        return np.rint(share * (TINTS - 1)).astype(int)

    def _spread(self):
        """The map in the size of the picture: each of its pixels has the value of its square."""
        rows, columns = (
            np.minimum(np.arange(n) // -(-n // m), m - 1)
            for n, m in zip(self.image.shape, self.seen.shape, strict=True)
        )
        return self.seen[np.ix_(rows, columns)]

    @property
    def _picture(self):
        """The picture's place on the detector."""
        top, left = (part.start + LCN_EDGE for part in crop_slices(self.run.card.shape, CROP))
        return Picture("LCN", self.image, self.image != 0, top, left, self.bin)

    def _overlays(self):
        picture = self._picture
        places = np.arange(picture.top // 100 * 100, picture.top + ROWS, 100)
        at = picture.place(places, places)[0]
        inside = (at > len(self.image) / 20) & (at < len(self.image) * 0.95)  # room for the number
        at, places = at[inside], places[inside]
        overlays = [ticks(at, places)] if picture.top == picture.left else []
        for kind in ("plus", "cross"):
            marks = np.array([mark[:2] for mark in self._marks if mark[2] == kind]).reshape(-1, 2)
            y, x = ((marks.T - LCN_EDGE) + 0.5) / self.bin - 0.5
            overlays.append(circles(y, x, kind, 5, COLOURS["sky"]))
        if self.truth.value:
            overlays.append(circles(*picture.place(*self._spots), "circle", 8, COLOURS["sky"]))
        return overlays

    def _point(self):
        """Say where the cursor is, in pixels of the detector."""
        picture = self._picture
        y = picture.top + self.bin * self.canvas.row
        x = picture.left + self.bin * self.canvas.column
        if self.canvas.row >= 0:
            self.canvas.caption = (
                f"Cursor at rows {y} to {y + self.bin - 1} and columns {x} to {x + self.bin - 1} "
                f"of the detector. {self._words()}"
            )

    def _title(self):
        label = "unlabelled" if self.run.labels is None else self.run.labels[self.frame]
        return f"{self.run.name} ({self.run.source}), frame {self.frame}: {label}"

    def _words(self):
        """The frame and what each method makes of it."""
        hits = self.decisions(self.scores)
        parts = [f"{m} {_number(s)}, {_call(hits[m])}" for m, s in self.scores.items()]
        return f"{self._title()}, pixels changed: {self.changed}. {'; '.join(parts)}."

    def _table(self):
        """Scores before and after, and the fewest pixels that turned a decision, as HTML."""
        head = ("", "frame", "now", *(f"fewest pixels, {turn}" for turn in TURNS.values()))
        before, now = self.decisions(self.first), self.decisions(self.scores)
        lines = [
            f'<tr><th scope="row">{method}</th>' + "".join(CELL.format(cell) for cell in (
                f"{_number(self.first[method])}, {_call(before[method])}",
                f"{_number(self.scores[method])}, {_call(now[method])}",
                *(_best(self.best.get((hit, method))) for hit in TURNS),
            )) + "</tr>"
            for method in before
        ]  # fmt: skip
        top = "".join(f'<th scope="col" style="padding: 0 1em">{name}</th>' for name in head)
        caption = f"p of the networks, spots found ({self.spots} or more: hit). Pixels changed: "
        return (f"<table><caption>{caption}<b>{self.changed}</b></caption><tr>{top}</tr>"
                f"{''.join(lines)}</table>")  # fmt: skip

    def _scale(self):
        """What the strongest orange stands for: the map's own highest value."""
        if self.seen is None or self.seen.max() <= 0:
            return ""
        return f" Strongest orange: {self.seen.max():.2g} of the log-odds."

    def alt(self):
        """The static picture in a sentence."""
        return self._alt(self._spots is not None)

    def _alt(self, circled):
        seen = {"none": "", "activation": ", orange where the activation of block 1 raises p",
                "occlusion": ", orange where hiding a square lowers p"}[self.map.value]  # fmt: skip
        truth = ", true visible spots circled" if circled else ""
        return f"{self._words()} The image of the network{seen}{truth}.{self._scale()}"

    def figure(self):
        """The image with its map and the true spots, where they are known: a matplotlib Figure."""
        figure, ax = static_figure(5.6, 5)
        picture, (low, high) = self._picture, self._limits()
        edges = (picture.left, picture.left + ROWS, picture.top + ROWS, picture.top)
        where = {"extent": np.subtract(edges, 0.5), "interpolation": "nearest"}
        image = np.where(picture.good, self.image.astype(float), np.nan)
        plot_frame(image, ax, vmin=low, vmax=high, cmap="gray_r", label="", **where)
        if self.seen is not None:
            alpha = self._tint() * (0.65 / (TINTS - 1))
            tint = np.full((*self.image.shape, 4), (213 / 255, 94 / 255, 0, 0))
            tint[..., 3] = alpha
            ax.imshow(tint, **where)
        if self._spots is not None:
            ax.plot(self._spots[1], self._spots[0], "o", mfc="none", mec=COLOURS["blue"], ms=8)
        ax.set(xlim=(edges[0], edges[1]), ylim=(edges[2], edges[3]))
        ax.set(xlabel="x, pixels of the detector", ylabel="y, pixels of the detector")
        ax.set_title(f"{self._title()}, p = {self.scores[CNN]:.2f}")
        return figure


def _palette():
    """768 bytes RGB: grey for masked pixels, then greys, each in tints towards orange."""
    grey, tint = np.divmod(np.arange(GREYS * TINTS), TINTS)
    dark = 255 * (1 - grey / (GREYS - 1))[:, None]
    alpha = (0.65 * tint / (TINTS - 1))[:, None]
    colours = np.rint((1 - alpha) * dark + alpha * np.array([213, 94, 0]))
    return bytes([150] * 3) + colours.astype(np.uint8).tobytes()


def _choice(options, description, value):
    wide = {"layout": {"width": "20em"}, "style": {"description_width": "4em"}}
    return controls.Dropdown(options=options, description=description, value=value, **wide)


def _number(score):
    return f"{score}" if isinstance(score, int) else f"{score:.3f}"


def _call(hit):
    return "hit" if hit else "miss"


def _best(kept):
    return "–" if kept is None else f"{kept[0]} (frame {kept[1]})"
