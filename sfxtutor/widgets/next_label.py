"""Ask for the next label: the network chooses frames, a student labels them, it learns at once."""

import html
from time import monotonic

import ipywidgets as controls
import numpy as np

from ..metrics import rate_text
from ..plots.style import COLOURS
from ..runs.run import Run
from .base import Widget, buttons, line
from .canvas import FrameCanvas, to_bytes
from .chart import WIDTH, Chart, Line, figure_of
from .frame_stages import coarse, take
from .labelling_loop import Learner, first_frames, most_uncertain, truth_of
from .retraining import Retraining

KEYS = {"h": "hit", "m": "maybe", "x": "miss"}
BLINK = 0.3  # s: nobody sees a frame and answers in less
LOOK = {"at random": "blue", "most uncertain": "orange"}
PANELS = ("recall at 95 % specificity, %", "AUC, %")


class NextLabel(Widget):
    """Label frames chosen at random and the frames most uncertain to the network, in turn.

    After each label the 1D CNN is trained again with all labels of that strategy, and scored on
    frames that are never offered. A round is one frame of each strategy, so that both get as many
    labels, from the same person. The first ten labels are the experts', five of each class; a
    maybe counts as a hit.

    Parameters
    ----------
    run : sfxtutor.Run
        With labels. The first 400 frames are offered, the others are held out.
    rwd : (n, length) array of float
        RWD vectors of all its frames.
    retraining : sfxtutor.Retraining
        How the network is trained.
    rounds : int
        Labels of each strategy.
    seed : int
        Of the first ten frames, the random choice and the weights.

    Notes
    -----
    H, M and X answer hit, maybe and miss, once the focus is anywhere in the widget.
    """

    def __init__(
        self, run: Run, rwd: np.ndarray, retraining: Retraining, rounds: int = 30, seed: int = 0
    ):
        truth, rng = truth_of(run.labels, rwd, rounds), np.random.default_rng(seed)
        self.run, self.truth, self.rounds = run, truth, rounds
        first = first_frames(truth, rng)
        self.learners = {
            strategy: Learner(rwd, truth, retraining, first, seed) for strategy in LOOK
        }
        self.order = rng.permutation(self.learners["at random"].left)
        self.answers = {}  # of the student: frame to bool
        self.canvas = FrameCanvas("gray_r", size=440, hot_keys=[*KEYS])
        self.canvas.on_key(lambda key: self.guard(self.answer, key))
        self.buttons = [self._button(f"{KEYS[key]} ({key.upper()})", key) for key in KEYS]
        self.rest = controls.Button(
            description="experts label the rest", layout={"width": "14em"}, icon="forward"
        )
        self.rest.on_click(lambda _: self.guard(self.let_experts))
        self.view = buttons(["LCN", "crop"], "picture")
        self.connect(self.view, self._draw_frame)
        self.progress = controls.IntProgress(max=2 * rounds, description="labelled")
        self.curves = controls.HTML(layout={"width": f"{WIDTH + 10}px"})  # one under the other
        self.results = controls.HTML()
        self._assemble(
            line(*self.buttons, self.rest, self.progress), self.view,
            line(self.canvas, self.curves), self.results,
        )  # fmt: skip
        self._draw()

    def _button(self, text, key):
        button = controls.Button(description=text, layout={"width": "8em"})
        button.on_click(lambda _: self.guard(self.answer, key))
        return button

    @property
    def done(self):
        """Whether both strategies have all their labels."""
        return all(self._given(learner) == self.rounds for learner in self.learners.values())

    @property
    def strategy(self):
        """Which strategy chooses the next frame: the one with fewer labels, at first at random."""
        return min(self.learners, key=lambda name: self._given(self.learners[name]))

    @property
    def frame(self):
        """The frame to be labelled next."""
        learner = self.learners[self.strategy]
        if self.strategy == "most uncertain":
            return most_uncertain(learner.p, learner.left)
        return int(next(i for i in self.order if i not in learner.frames))

    def answer(self, key):
        """As `press`, but not for an answer that was given before the frame was seen.

        A key pressed twice while the network is trained would label the next frame unseen.
        """
        if monotonic() - self.drawn >= BLINK:
            self.press(key)

    def press(self, key):
        """Label the frame shown: "h", "m" or "x"; then train, and go on to the next frame."""
        if self.done:
            return
        self.canvas.caption = "The network is being trained …"
        self.answers[self.frame] = key != "x"
        while not self.done and self.frame in self.answers:  # nobody is asked twice
            self._learn(self.answers[self.frame])
        self._draw()

    def let_experts(self):
        """Give all labels that are left by the experts, with the curves growing."""
        self.canvas.caption = "The experts label the rest …"
        while not self.done:
            self._learn(self.answers.get(self.frame, self.truth[self.frame]))
            self._draw_curves()
        self._draw()

    def _learn(self, label):
        self.learners[self.strategy].add(self.frame, label)

    def _given(self, learner):
        return len(learner.scores) - 1

    def _draw(self):
        for button in [*self.buttons, self.rest]:
            button.disabled = self.done
        self._draw_frame()
        self._draw_curves()
        self.results.value = self._results() if self.done else ""
        self.drawn = monotonic()

    def _draw_frame(self):
        picture = take(self.run, self._shown(), self.view.value)
        picture = coarse(picture) if picture.stage == "LCN" else picture
        low, high = picture.limits
        self.canvas.draw(to_bytes(picture.image, low, high, mask=picture.good),
                         alt=f"A frame to be labelled: the crop, {self.view.value}.",
                         caption=self._caption())  # fmt: skip

    def _draw_curves(self):
        self.progress.value = sum(self._given(learner) for learner in self.learners.values())
        pictures = "".join(
            chart.svg(f"{name} against the number of labels. {self.alt()}")
            for name, chart in zip(PANELS, self.charts(), strict=True)
        )
        self.curves.value = f'{pictures}<p role="status">{html.escape(self.alt())}</p>'

    def _shown(self):
        """The frame to be labelled; the last one when all are."""
        return self.learners["most uncertain"].frames[-1] if self.done else self.frame

    def _caption(self):
        if self.done:
            return "All labels are given. The results are below."
        learner = self.learners[self.strategy]
        return (f"Round {self._given(learner) + 1} of {self.rounds}, frame chosen "
                f"{'because it is ' if self.strategy != 'at random' else ''}{self.strategy}. "
                "10 spots or more: hit (H), 4 to 9: maybe (M), fewer: miss (X).")  # fmt: skip

    def charts(self):
        """Recall and AUC against the number of labels: a `Chart` each.

        The curves with the experts' labels come at the end: before, they would tell which labels
        are wrong.
        """
        for panel, name in enumerate(PANELS):
            lines = list(self._lines(panel))
            low = min(np.min(each.y) for each in lines)
            first = len(self.learners["at random"].frames) - self._given(self.learners["at random"])
            y = (5 * np.floor((low - 1) / 5), 100.5)
            yield Chart(lines, (first - 0.5, first + self.rounds + 0.5), y, "labels", name)

    def _lines(self, panel):
        for strategy, learner in self.learners.items():
            x = len(learner.frames) - self._given(learner) + np.arange(len(learner.scores))
            colour = COLOURS[LOOK[strategy]]
            if self.done and learner.checked != learner.scores:
                yield Line(x, _values(learner.checked, panel), f"{strategy}, experts' labels",
                           colour, "--")  # fmt: skip
            yield Line(x, _values(learner.scores, panel), strategy, colour, points=True)

    def alt(self):
        """Where the curves are, in a sentence."""
        return "Held-out frames: " + "; ".join(
            f"{len(learner.frames)} labels, {strategy}: {_words(learner.scores[-1])}"
            for strategy, learner in self.learners.items()
        ) + "."  # fmt: skip

    def _results(self):
        """How the student's labels agree with the experts', and what the difference costs."""
        lines = []
        for strategy, learner in self.learners.items():
            mine = [i for i in learner.frames if i in self.answers]
            same = sum(self.answers[i] == self.truth[i] for i in mine)
            who = "the twin's truth" if self.run.source == "twin" else "the experts"
            text = (f"{strategy}: you agree with {who} on {rate_text(same, len(mine))}"
                    if mine else f"{strategy}: you labelled no frame")  # fmt: skip
            hits = int(np.sum(self.truth[learner.frames]))
            lines.append(
                f"{text}. With the experts' labels on the same frames: "
                f"{_words(learner.checked[-1])}. Of these {len(learner.frames)} frames {hits} are "
                "hits or maybes."
            )
        items = "".join(f"<li>{html.escape(text)}</li>" for text in lines)
        share = rate_text(int(self.truth.sum()), len(self.truth))
        return f"<ul>{items}<li>Hits or maybes in the run: {share}.</li></ul>"

    def figure(self):
        """Both charts: a matplotlib Figure."""
        return figure_of(self.charts())


def _values(scores, panel):
    """Of scores the recall or the AUC, in percent: (n,)."""
    return 100 * np.array([(counts.recall, area)[panel] for counts, area in scores])


def _words(score):
    counts, area = score
    recall = rate_text(counts.hits_found, counts.hits_total)
    return f"recall {recall} at 95 % specificity, AUC {100 * area:.1f} %"
