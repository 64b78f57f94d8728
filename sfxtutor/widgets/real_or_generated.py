"""Measured or generated: can a person distinguish the frames of a generator from measured ones?"""

import ipywidgets as controls
import numpy as np

from ..metrics import rate_text
from ..plots.frames import plot_frame
from .base import Widget, line, static_figure
from .canvas import FrameCanvas, to_bytes

KEYS = {"m": "measured", "g": "generated"}
LIMITS = (0.02, 0.998)  # quantiles of the measured pixels that get the ends of the greys


class RealOrGenerated(Widget):
    """One frame after another: is it measured, or made by a generator?  Half of them are.

    Parameters
    ----------
    measured, generated : (n, y, x) or (n, y, x, 1) arrays of the same scale
    discriminator : callable, optional
        Function of frames (n, y, x, 1) that gives a number each, above 0 for "measured": its score
        on the same frames is shown at the end.
    count : int
        Frames of a round, an even number.
    seed : int
        Of the choice of frames; another round takes others.
    who : str
        What the frames that are not generated are: "measured", or "simulated" for a twin's.

    Raises
    ------
    ValueError
        If there are too few frames, or the two kinds differ in size.

    Notes
    -----
    M and G answer measured and generated, once the focus is anywhere in the widget.
    """

    def __init__(self, measured, generated, discriminator=None, count=12, seed=0, who="measured"):
        kinds = [np.asarray(x, np.float32).reshape(*np.shape(x)[:3]) for x in (measured, generated)]
        if kinds[0].shape[1:] != kinds[1].shape[1:] or min(map(len, kinds)) < count // 2:
            raise ValueError(
                f"Found frames of shapes {kinds[0].shape} and {kinds[1].shape}, expected at least "
                f"{count // 2} of each kind, of one size. Generate more, or lower the count."
            )
        self.kinds, self.discriminator, self.who = kinds, discriminator, who
        self.count, self.seed = count, seed
        bright = kinds[0][kinds[0] > kinds[0].min()]
        self.limits = tuple(float(x) for x in np.quantile(bright, LIMITS))
        self.canvas = FrameCanvas("gray_r", size=360, hot_keys=list(KEYS))
        self.canvas.on_key(lambda key: self.guard(self.press, key))
        self.buttons = [self._button(key) for key in KEYS]
        self.restart = controls.Button(description="another round", layout={"width": "10em"})
        self.restart.on_click(lambda _: self.guard(self.start))
        self.progress = controls.IntProgress(max=count, description="answered")
        self.says, self.results = controls.HTML(), controls.HTML()
        self._assemble(line(*self.buttons, self.progress, self.restart), self.says, self.canvas,
                       self.results)  # fmt: skip
        self.start()

    def _button(self, key):
        name = self.who if key == "m" else KEYS[key]
        button = controls.Button(description=f"{name} ({key.upper()})", layout={"width": "10em"})
        button.on_click(lambda _: self.guard(self.press, key))
        return button

    def start(self):
        """Choose other frames, half of each kind in random order, and forget the answers."""
        rng = np.random.default_rng((self.seed, len(self.rounds)))
        half = self.count // 2
        chosen = [rng.choice(len(kind), half, replace=False) for kind in self.kinds]
        frames = [(kind, int(i)) for kind in (0, 1) for i in chosen[kind]]
        self.frames = [frames[i] for i in rng.permutation(len(frames))]
        self.answers, self.says.value = [], ""
        self.rounds = [*self.rounds, self.answers]
        self._draw()

    rounds = ()

    @property
    def done(self):
        """Whether the round is at its end."""
        return len(self.answers) == self.count

    @property
    def right(self):
        """Number of right answers of this round: int."""
        return sum(answer == kind for answer, (kind, _) in zip(self.answers, self.frames))  # noqa: B905

    def press(self, key):
        """Answer for the frame shown: "m" or "g"."""
        if self.done:
            return
        answer, kind = list(KEYS).index(key), self.frames[len(self.answers)][0]
        self.answers.append(answer)
        was = self.who if kind == 0 else "generated"
        word = "Right" if answer == kind else "Wrong"
        text = f"Frame {len(self.answers)} of {self.count}: {word}, it was <b>{was}</b>."
        self.says.value = f'<span role="status">{text}</span>'
        self._draw()

    def _draw(self):
        self.progress.value = len(self.answers)
        for button in self.buttons:
            button.disabled = self.done
        self.restart.disabled = not self.done
        self.results.value = self._results() if self.done else ""
        caption = (f"Frame {len(self.answers) + 1} of {self.count}: {self.who} (M) or generated "
                   "(G)?")  # fmt: skip
        caption = "All frames answered. The score is below." if self.done else caption
        self.canvas.draw(to_bytes(self._picture(), *self.limits), alt=self.alt(), caption=caption)

    def _picture(self):
        """The frame shown, (y, x)."""
        kind, i = self.frames[min(len(self.answers), self.count - 1)]
        return self.kinds[kind][i]

    def _results(self):
        text = f"<b>You:</b> {rate_text(self.right, self.count)} right; guessing gives 50 %."
        if self.discriminator is not None:
            frames = np.stack([self.kinds[kind][i] for kind, i in self.frames])[..., None]
            says = np.asarray(self.discriminator(frames)).reshape(len(frames)) > 0
            measured = np.array([kind == 0 for kind, _ in self.frames])
            right = int(np.sum(says == measured))
            text += f"<br><b>The discriminator:</b> {rate_text(right, self.count)} right."
        return text

    def alt(self):
        """The picture in a sentence, which does not tell what it is."""
        at = min(len(self.answers) + 1, self.count)
        return f"Frame {at} of {self.count}, {self.who} or generated: a small frame after LCN."

    def figure(self):
        """The frame shown: a matplotlib Figure."""
        figure, ax = static_figure(4, 3.8)
        low, high = self.limits
        plot_frame(self._picture(), ax, vmin=low, vmax=high, label="", cmap="gray_r")
        ax.set_title(f"{self.who} or generated?")
        return figure
