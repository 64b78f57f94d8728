"""Threshold explorer: all methods as curves, and what a point on one of them costs."""

import html

import ipywidgets as controls
import numpy as np
from matplotlib.figure import Figure

from ..metrics import rate_text, wilson
from ..plots.style import COLOURS
from ..runs.run import Card
from .base import offer
from .by_threshold import ROW, ByThreshold
from .filter_cost import GOALS, Measurement
from .operating_points import auc_interval, operating_points
from .roc_plot import VIEWS, RocPlot, look_of

HIT_RATES = (0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)  # and that of the frames
LINES = "line-height: 1.4"  # else that of a control
CELL = '<td style="text-align: left; padding-right: 1em; white-space: nowrap">{}</td>'
HEAD = '<th scope="col" style="text-align: left; padding-right: 1em">{}</th>'


class ThresholdExplorer(ByThreshold):
    """Recall against specificity of one or more methods, with a point that is dragged along them.

    The point shows what its threshold finds, keeps and costs; it moves by mouse, touch, arrow keys
    and slider. Goals give a score.

    Parameters
    ----------
    scores : (n,) numbers, or dict of method to them
        The higher the surer of a hit: probabilities, or spots.
    truth : (n,) bool, True = hit or maybe
    threshold : float, or dict of method to it
        Where the point starts.
    card : sfxtutor.runs.run.Card, optional
        Of the run: the size of its frames gives the disk space.

    Raises
    ------
    ValueError
        As `operating_points`.
    """

    def __init__(
        self, scores: dict, truth: np.ndarray, threshold: float = 0.5, card: Card | None = None
    ):
        scores = scores if isinstance(scores, dict) else {"predictions": scores}
        start = threshold if isinstance(threshold, dict) else dict.fromkeys(scores, threshold)
        self.all = {name: operating_points(score, truth) for name, score in scores.items()}
        self.place = {name: points.nearest(start[name]) for name, points in self.all.items()}
        truth = np.asarray(truth)
        self.auc = {name: auc_interval(score, truth) for name, score in scores.items()}
        self.shape = card.shape if card else None
        self.curves = RocPlot(self.all)
        self._begin(scores)

    def _arrange(self, chosen):
        """The controls, then the curves beside the tables."""
        look = {"layout": self.slider.layout, "style": self.slider.style}
        share = self.points.positives / self.points.frames
        rates = [(f"{100 * rate:.3g}", rate) for rate in sorted({*HIT_RATES, share})]
        self.hit_rate = controls.SelectionSlider(
            options=rates, value=share, description="hit rate, %", **look
        )
        self.view = controls.Dropdown(options=list(VIEWS), description="axes", **look)
        goals = ["none", *(goal.text for goal in GOALS)]
        self.goal = controls.Dropdown(options=goals, description="goal", **look)
        self.costs, self.rivals, self.reached = (controls.HTML() for _ in range(3))
        self.reached.add_class("sfxtutor-goal")
        column = {"flex": "1 1 340px", "width": "auto", "min_width": "0"}
        plot = controls.VBox([self.curves], layout=column)
        tables = controls.VBox([self.table, self.costs], layout=column)
        both = controls.HBox([plot, tables], layout={"flex_flow": "row wrap", "grid_gap": "0 16px"})
        rows = self.slider, self.hit_rate, self.view, self.goal, self.reached, both, self.rivals
        self._assemble(*chosen, *rows)
        for control in (self.hit_rate, self.goal):
            self.connect(control, self._draw)
        self.connect(self.view, self._look)
        self.connect(self.curves, self._follow, "at")

    @property
    def points(self):
        """`OperatingPoints` of the method chosen."""
        return self.all[self.method.value]

    def _look(self):
        self.curves.view = VIEWS[self.view.value]

    def _follow(self):
        """The point was moved on the picture, maybe to another curve."""
        number, i = self.curves.at
        name = list(self.all)[number]
        self.place[name] = i
        if name == self.method.value:
            self.slider.index = i
        else:
            self.method.value = name

    def _choose(self):
        """Another method: its thresholds on the slider, its point where it was."""
        thresholds = [(f"{t:.4g}", i) for i, t in enumerate(self.points.threshold)]
        offer(self.slider, thresholds, self.place[self.method.value])
        self._draw()

    def _draw(self):
        name, i = self.method.value, self.slider.index
        self.place[name] = i
        points, number = self.points, list(self.all).index(name)
        rows = "".join(ROW.format(*row) for row in points.rates(i).items())
        self.table.value = f'<table role="status" style="{LINES}">{rows}</table>'
        self.costs.value = self._costs_shown(i)
        self.rivals.value = self._rivals_shown()
        self.reached.value = self._goal_shown(i)
        rivals = self.at_same_specificity()
        with self.curves.hold_sync():
            self.curves.at = [number, i]
            self.curves.others = [[k, rivals[other]] for k, other in enumerate(self.all)
                                  if other != name and rivals[other] is not None]  # fmt: skip
            self.curves.interval = self._interval(i)
            self.curves.value = f"keep from {self.slider.label}: {self._rates(i)}"
            self.curves.alt = self._methods()

    def _interval(self, i):
        points = self.points
        specificity = wilson(int(points.rejected[i]), points.misses)
        return [
            100 * end for end in (*specificity, *wilson(int(points.found[i]), points.positives))
        ]

    @property
    def measurement(self):
        """`Measurement` at the hit rate chosen."""
        return Measurement(self.hit_rate.value, self.shape)

    def _costs_shown(self, i):
        run = self.measurement
        rows = "".join(ROW.format(*row) for row in run.costs(self.points, i).items())
        text = f"At a hit rate of {self.hit_rate.label} %"
        return (
            f'<div style="{LINES}"><b>{text}</b><table>{rows}</table>'
            f"<small>{run.assumed()}</small></div>"
        )

    def at_same_specificity(self):
        """The threshold chosen; of the other methods the lowest that recognises as many misses.

        A dict of name to index, or to None for a method that has no such threshold.
        """
        i = self.slider.index
        wanted = self.points.specificity[i]
        found = {name: points.at_specificity(wanted) for name, points in self.all.items()}
        return found | {self.method.value: i}

    def _rivals_shown(self):
        """A table of all methods at the specificity of the point, or the next above it."""
        columns = "method", "AUC (95 %)", "recall", "specificity"
        lines = [f"<tr>{''.join(HEAD.format(text) for text in columns)}</tr>"]
        for name, i in self.at_same_specificity().items():
            rates = [self.all[name].rates(i)[rate] if i is not None else "not reached"
                     for rate in ("recall", "specificity")]  # fmt: skip
            cells = "".join(
                CELL.format(text) for text in (html.escape(name), self._area(name), *rates)
            )
            weight = "bold" if name == self.method.value else "normal"
            lines.append(f'<tr style="font-weight: {weight}">{cells}</tr>')
        caption = "All methods at this specificity, or the next above"
        return (
            f'<div style="overflow-x: auto; {LINES}"><table><caption style="text-align: left">'
            f"{caption}</caption>{''.join(lines)}</table></div>"
        )

    def _area(self, name):
        area, low, high = self.auc[name]
        return f"{area:.3f} ({low:.3f} to {high:.3f})" if area < 1 else "1 (all pairs in order)"

    def _goal_shown(self, i):
        goal = next((goal for goal in GOALS if goal.text == self.goal.value), None)
        if goal is None:
            return ""
        score = goal.score(self.points, i, list(self.all.values()), self.measurement)
        text = "not reached" if score is None else f"{score} of 100 points"
        best = "100: the best of all methods on these frames, whose labels you cannot have in use"
        return f'<span role="status"><b>{text}</b> ({best})</span>'

    def _rates(self, i):
        return "; ".join(f"{name} {text}" for name, text in self.points.rates(i).items())

    def _methods(self):
        """All methods at the specificity of the point, in words."""
        found = self.at_same_specificity()
        recalls = (
            f"{name} {'–' if i is None else rate_text(int(points.found[i]), points.positives)}"
            for (name, points), i in zip(self.all.items(), found.values(), strict=True)
        )
        return f"Recall against specificity. Recall at this specificity: {'; '.join(recalls)}."

    def figure(self):
        """All curves, whole and the corner of high rates: a matplotlib Figure."""
        figure = Figure(figsize=(9, 4), layout="constrained")
        i = self.slider.index
        at = 100 * self.points.specificity[i], 100 * self.points.recall[i]
        low, high, below, above = self._interval(i)
        errors = [[at[0] - low], [high - at[0]]], [[at[1] - below], [above - at[1]]]
        for ax, (x0, x1, y0, y1) in zip(figure.subplots(1, 2), VIEWS.values(), strict=True):
            for k, (name, points) in enumerate(self.all.items()):
                colour, _, style = look_of(k)
                x, y = ([*100 * points.specificity, 100], [*100 * points.recall, 0])
                ax.plot(x, y, ls=style, color=colour, label=name)
            ax.errorbar(*at, errors[1], errors[0], "o", color=COLOURS["red"], ms=8)
            ax.set(xlabel="specificity, %", ylabel="recall, %", xlim=(x0, x1 + 0.5),
                   ylim=(y0, y1 + 0.5))  # fmt: skip
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
        figure.suptitle(f"{self.method.value}: kept from {self.slider.label}")
        return figure

    def alt(self):
        i = self.slider.index
        head = f"{self.method.value}, frames kept from {self.slider.label}: {self._rates(i)}."
        return f"{head} {self._methods()}"
