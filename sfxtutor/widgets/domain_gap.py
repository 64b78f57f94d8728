"""The domain gap: move a run away from the one that a network was trained on, and watch it fail.

Where does AdaBN help, and where does it harm? The learner looks for both.
"""

import html
import threading

import ipywidgets as controls
import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from ..metrics import is_positive, rate_text
from ..plots.frames import plot_frame
from ..plots.style import COLOURS
from ..runs.run import Run
from .base import Widget, line
from .canvas import FrameCanvas, to_bytes
from .chart import Chart, Line
from .shifted import ADABN, FROZEN, METHODS, Outcome, Setting, Shifted

GOAL = 0.10  # change of the mean of recall and specificity that is looked for
_SLACK = 1e-9  # rates are fractions of whole numbers, and ten points may come out as 9.999...
STEPS = range(-30, 150, 10)  # mm from the source's distance
BACKGROUNDS = (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8)  # times the source's
SHARES = range(0, 100, 10)  # %
PAUSE = 0.25  # s without a move before frames are simulated
COLUMNS = ("method", "recall", "specificity", "AUC")
LOOK = dict(zip(METHODS, (("blue", "-"), ("orange", "--"), ("green", ":")), strict=True))
CELL = '<td style="padding-right: 1.5em">{}</td>'
CONTRAST = 6  # times the noise of the source: what is drawn black


class DomainGap(Widget):
    """A network meets the twin at another distance, with another background, and is adapted.

    The frames are the same in every setting, and none of them was used for training: see
    `sfxtutor.TwinRun` for what a change of the setup keeps. The CNN as trained and the spot count
    decide frame by frame; AdaBN also depends on the share of hits in the frames that it uses.

    Parameters
    ----------
    cnn : keras.Model
        Trained on images that `prepare` makes of the run.
    run : TwinRun
        The source.
    threshold : int
        Spots that make a hit, chosen on the source (`best_threshold`).
    frames : int
        So many hits and maybes are simulated in each setting, and so many misses.

    Raises
    ------
    ValueError
        If the run is not the twin or has too few hits, or the model does not take binned images.
    """

    def __init__(self, cnn: keras.Model, run: Run, threshold: int, frames: int = 80):
        self.shifted = Shifted(cnn, run, threshold, frames)
        self.outcomes = {}
        self._computing, self._drawing = threading.Lock(), threading.RLock()
        self._timer = threading.Timer(PAUSE, self._compute)  # the last one; none has started yet
        self._make_sliders()
        self.status, self.table, self.goals, self.curves = (controls.HTML() for _ in range(4))
        self.canvases = {name: FrameCanvas("gray_r", size=230) for name in self.shifted.samples}
        pictures = line(self.curves, *self.canvases.values())
        pictures.layout.grid_gap = "12px"
        self._assemble(self.goals, *self.sliders, self.status, self.table, pictures)
        self._draw(self._measure(self.setting))
        for slider in self.sliders:
            self.connect(slider, self._move)

    def _make_sliders(self):
        run = self.shifted.run
        own = 100 * is_positive(run.labels).mean()
        distances = [run.setup.distance + step for step in STEPS if run.setup.distance + step > 0]
        parts = (
            ("detector distance", [(f"{d:g} mm", d) for d in distances], run.setup.distance),
            ("background", [(f"× {factor:g}", factor) for factor in BACKGROUNDS], 1),
            ("share of hits", [(f"{share} %", share) for share in SHARES],
             min(SHARES, key=lambda share: abs(share - own))),
        )  # fmt: skip
        self.sliders = [
            controls.SelectionSlider(
                options=options, value=value, description=name,
                style={"description_width": "9em"}, layout={"width": "95%", "max_width": "620px"},
            )
            for name, options, value in parts
        ]  # fmt: skip

    @property
    def setting(self):
        """The sliders' values: `Setting`."""
        return Setting(*(slider.value for slider in self.sliders))

    def _move(self):
        """A slider moved: show what is known; else compute it once the sliders stand still."""
        self._timer.cancel()
        with self._drawing:
            if self.setting in self.outcomes:
                self._draw(self.outcomes[self.setting])
                return
            self._say(f"computing {self.setting} …")
        self._timer = threading.Timer(PAUSE, self.guard, [self._compute])
        self._timer.daemon = True
        self._timer.start()

    def _compute(self):
        """Measure the setting of the sliders, in a thread of its own, and show it."""
        with self._computing:
            outcome = self._measure(self.setting)
        with self._drawing:
            if outcome.setting == self.setting:  # else another move waits for its turn
                self._draw(outcome)

    def finish(self):
        """Wait for what is being computed."""
        if self._timer.is_alive():
            self._timer.join()

    def measure(self, distance: float, background: float, share: int) -> Outcome:
        """What a setting gives, without going there: it counts for no goal.

        Parameters
        ----------
        distance : float, mm
        background : float, times the source's
        share : int, % of hits and maybes among the frames of AdaBN

        Returns
        -------
        Outcome
            With `noise`, and for each method `counts`, `auc` and `scores`; `gain` is what AdaBN
            adds to the mean of recall and specificity (`value`, `low`, `high`).
        """
        setting = Setting(distance, background, share)
        with self._computing:
            return self.outcomes.get(setting) or self.shifted.measure(setting)

    def _measure(self, setting):
        """The `Outcome` of a setting, as measured when it was first visited."""

        def tell(done):
            with self._drawing:
                if setting == self.setting:
                    total = len(self.shifted.frames)
                    self._say(f"computing {setting}: {done} of {total} frames …")

        if setting not in self.outcomes:
            self.outcomes[setting] = self.shifted.measure(setting, tell)
        return self.outcomes[setting]

    def _draw(self, outcome):
        self.outcome = outcome
        self._say(self._words())
        self.table.value = _table(outcome)
        self.curves.value = _chart(outcome).svg(self.alt())
        self.goals.value = self._goals()
        for name, canvas in self.canvases.items():
            image = outcome.pictures[name].astype(np.float32)
            canvas.draw(to_bytes(image, 0, self._high, mask=image != 0), alt=self._title(name),
                        caption=self._title(name))  # fmt: skip

    def _say(self, text):
        self.status.value = f'<p role="status">{html.escape(text)}</p>'

    def _words(self):
        """Setting, noise and what AdaBN changes."""
        noise, home = self.outcome.noise, self.shifted.home.noise
        return (
            f"{self.outcome.setting}: noise {noise:.3f}, {noise / home:.2f} times the source's. "
            f"AdaBN changes the mean of recall and specificity by {_points(self.outcome.gain)}."
        )

    def _title(self, name):
        """What a picture shows, and how sure of a hit the network is."""
        scores = self.outcome.scores
        before, after = (scores[method][self.shifted.samples[name]] for method in (FROZEN, ADABN))
        return f"a {name}: p = {before:.2f} as trained, {after:.2f} after AdaBN"

    @property
    def _high(self):
        return CONTRAST * self.shifted.home.noise

    @property
    def reached(self):
        """The `Outcome` of the best setting found for each goal: a dict, None where not reached.

        "helps" is the largest gain by AdaBN, "harms" the largest loss: 10 points or more, with an
        interval that does not include 0.
        """
        ranked = sorted(self.outcomes.values(), key=lambda outcome: outcome.gain.value)
        helps = [each for each in ranked if each.gain.value >= GOAL - _SLACK and each.gain.low > 0]
        harms = [each for each in ranked if each.gain.value <= _SLACK - GOAL and each.gain.high < 0]
        return {"helps": helps[-1] if helps else None, "harms": harms[0] if harms else None}

    def _goals(self):
        rows = ""
        for verb, outcome in self.reached.items():
            state = "not yet"
            if outcome:
                state = f"<b>reached</b> at {outcome.setting}: {_points(outcome.gain)}"
            rows += f"<li>a setting where AdaBN {verb} by {100 * GOAL:.0f} points: {state}</li>"
        return f"<b>Find</b><ul>{rows}</ul>"

    def alt(self):
        """The picture in a sentence."""
        outcome = self.outcome
        parts = [f"{name}: {outcome.counts[name]}; AUC {outcome.auc[name]:.3f}" for name in METHODS]
        return f"{self._words()} {'. '.join(parts)}."

    def figure(self):
        """ROC curves, a hit and a miss: a matplotlib Figure."""
        figure = Figure(figsize=(10, 3.9), layout="constrained")
        left, *others = figure.subplots(1, 3, width_ratios=(1.3, 1, 1))
        _chart(self.outcome).draw(left)
        for ax, (name, image) in zip(others, self.outcome.pictures.items(), strict=True):
            shown = np.where(image != 0, image, np.nan).astype(np.float32)
            plot_frame(shown, ax, vmin=0, vmax=self._high, label="", cmap="gray_r",
                       bin=self.shifted.bin)  # fmt: skip
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
            ax.set_title(self._title(name).replace(", ", ",\n"), fontsize="small")
        figure.suptitle(str(self.outcome.setting))
        return figure


def _points(gain):
    """A difference of rates in points, with its interval."""
    value, low, high = (100 * x for x in (gain.value, gain.low, gain.high))
    return f"{value:+.1f} points (95 %: {low:+.0f} to {high:+.0f})"


def _table(outcome):
    """Recall, specificity and AUC of every method as an HTML table."""
    head = "".join(
        f'<th scope="col" style="text-align: left; padding-right: 1.5em">{name}</th>'
        for name in COLUMNS
    )
    rows = ""
    for name, counts in outcome.counts.items():
        recall = rate_text(counts.hits_found, counts.hits_total)
        specificity = rate_text(counts.misses_found, counts.misses_total)
        cells = (recall, specificity, f"{outcome.auc[name]:.3f}")
        label = f'<th scope="row" style="text-align: left; padding-right: 1.5em">{name}</th>'
        rows += f"<tr>{label}{''.join(CELL.format(cell) for cell in cells)}</tr>"
    return f"<table><tr>{head}</tr>{rows}</table>"


def _chart(outcome):
    """ROC curve of every method, with the point at which it decides: a `Chart`, in per cent."""
    lines = []
    for name, (colour, style) in LOOK.items():
        false, found, _ = roc_curve(outcome.truth, outcome.scores[name])
        counts, colour = outcome.counts[name], COLOURS[colour]
        at = [100 * (1 - counts.specificity)], [100 * counts.recall]
        lines += [Line(100 * false, 100 * found, name, colour, style),
                  Line(*at, colour=colour, points=True)]  # fmt: skip
    return Chart(lines, (0, 100), (0, 102), "false positives, % of the misses", "recall, %")
