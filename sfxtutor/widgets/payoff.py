"""Payoff: how good the merged data are, while the threshold of a filter moves."""

import numpy as np

from ..metrics import rate_text
from ..plots.style import COLOURS
from ..runs.twin.integration import Reflections
from ..runs.twin.merging import LIMIT, merge
from .base import offer
from .by_threshold import ByThreshold
from .chart import Chart, Line, figure_of

STEPS = 60  # of the slider, at most


class Payoff(ByThreshold):
    """CC1/2, R_split and resolution of what a filter keeps, on a slider of its threshold.

    Parameters
    ----------
    measured : Reflections
        What `TwinRun.integrate` measured in the hits and maybes.
    frames : (n,) int array
        The numbers of these hits and maybes, with or without a crystal to index.
    scores : (n,) numbers, or dict of method to them
        Of these frames, the higher the surer of a hit.

    Raises
    ------
    ValueError
        If a score is missing, or fewer than two crystals are indexed.
    """

    def __init__(self, measured: Reflections, frames: np.ndarray, scores: dict):
        scores = scores if isinstance(scores, dict) else {"predictions": scores}
        self.measured, self.frames = measured, np.asarray(frames)
        self.scores = {name: np.asarray(score, float) for name, score in scores.items()}
        for name, score in self.scores.items():
            if score.shape != self.frames.shape or np.isnan(score).any():
                raise ValueError(
                    f"Found scores of shape {score.shape} of {name}, {np.isnan(score).sum()} of "
                    f"them no number, expected one for each of {len(self.frames)} frames. "
                    "Pass score[frames]."
                )
        self.all = merge(measured)
        # what is lost at random is lost from the end
        self.order = np.random.default_rng(0).permutation(self.frames)
        self._begin(scores)

    def _choose(self):
        """Another method: its thresholds on the slider, from which enough is kept to merge."""
        score = self.scores[self.method.value]
        indexed = np.sort(score[np.isin(self.frames, self.measured.frame)])
        places = np.linspace(0, len(score) - 1, STEPS).round().astype(int)
        thresholds = np.unique(np.sort(score)[places])
        enough = thresholds[thresholds <= indexed[-max(2, len(indexed) // 20)]]
        offer(self.slider, [(f"{t:.4g}", float(t)) for t in enough], len(enough) // 3)
        self._draw()

    def _draw(self):
        kept = self.frames[self.scores[self.method.value] >= self.slider.value]
        self.kept, self.by_score = len(kept), merge(self.measured, kept)
        self.by_chance = merge(self.measured, self.order[: len(kept)])
        self.charts = list(self._charts())
        self._show(self.numbers(), [chart.svg(self.alt()) for chart in self.charts])

    def numbers(self) -> dict:
        """What the table says: hits kept, crystals merged, completeness, resolution."""
        one = self.by_score
        measured, possible = one.measured.sum(), one.possible.sum()
        return {
            "hits and maybes kept": rate_text(self.kept, len(self.frames)),
            "crystals merged": f"{one.crystals} of {self.all.crystals}",
            "completeness": f"{measured / possible:.1%} ({measured:,} of {possible:,} reflections)",
            f"resolution, CC1/2 = {LIMIT}": _reach(one),
            "as many lost at random": _reach(self.by_chance),
            "nothing lost": _reach(self.all),
        }

    def _charts(self):
        """CC1/2 and R_split against 1/d²."""
        kinds = (
            (self.all, "nothing lost", "#888888", ":"),
            (self.by_chance, "lost at random", COLOURS["orange"], "--"),
            (self.by_score, "kept by the filter", COLOURS["blue"], "-"),
        )
        x = (0, self.all.d[-1] ** -2.0)
        for values, label, top in (("cc_half", "CC1/2", 1), ("r_split", "R_split", 3)):
            lines = [
                Line(
                    one.d**-2.0, np.clip(np.nan_to_num(getattr(one, values), nan=0), 0, top), *look
                )
                for one, *look in kinds
            ]
            yield Chart(lines, x, (0, top), "1/d², 1/Å²", label)

    def figure(self):
        figure = figure_of(self.charts)
        figure.suptitle(f"{self.method.value}: kept from {self.slider.label}")
        return figure

    def alt(self):
        text = "; ".join(f"{name}: {text}" for name, text in self.numbers().items())
        return f"{self.method.value}, frames kept from {self.slider.label}. {text}."


def _reach(merged):
    d = merged.resolution()
    return f"{d:.2f} Å" if d == d else "none"
