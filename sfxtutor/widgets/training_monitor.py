"""Training monitor: curves that grow epoch by epoch while a model trains, and a button to stop.

monitor = sfx.TrainingMonitor()
monitor.show()
sfx.fit(model, x, y, validation, sfx.Training(epochs=8), watch=monitor)
"""

import math

import numpy as np

from ..plots.scores import CURVES
from ..plots.style import COLOURS
from .chart import Chart, Line
from .monitor import Monitor

# The label head blue, the domain head orange; validation dashed, specificity dotted.
PANELS = {
    "loss": ("loss", "val_loss", "domain_loss", "domain_val_loss"),
    "rate, %": ("recall", "specificity", "domain_accuracy"),
}
LOOK = {
    "loss": ("blue", "-"),
    "val_loss": ("blue", "--"),
    "recall": ("blue", "-"),
    "specificity": ("blue", ":"),
    "domain_loss": ("orange", "-"),
    "domain_val_loss": ("orange", "--"),
    "domain_accuracy": ("orange", "-"),
}
GUESSING = {"loss": math.log(2), "rate, %": 50}


class TrainingMonitor(Monitor):
    """Curves of a training while it runs; hand it to `fit` or `fit_dann` as `watch`.

    The button lets the current epoch end, then stops; the best epoch so far is kept. A training
    that is cached is shown at once. One monitor may watch several trainings, one after another.
    """

    def __init__(self):
        self.history, self.epochs = None, 0
        self.text = progress(None, 0, False)
        super().__init__(
            "Stop after this epoch", "The best epoch so far is kept", "stopping after this epoch …"
        )

    def __call__(self, history, epochs):
        """Draw a history of a training of that many epochs; whether the training shall stop."""
        self.history, self.epochs = history, epochs
        done = history.seconds > 0  # `fit` sets it when it is done
        if not done:
            self._go_on()
        self.text = progress(history, epochs, self.live)
        self._draw()
        stop = self.stopping.is_set()
        if done:
            self._finish()
        return stop

    def charts(self):
        for label, (lines, x, y) in panels(self.history, self.epochs).items():
            yield f"{label} by epoch", Chart(lines, x, y, "epoch", label)

    def alt(self):
        return self.text


def progress(history, epochs, live):
    """How far a training is, in words; `live` if it was seen before its end."""
    if history is None:
        return "no epoch yet"
    rates = f"recall {history.recall[-1]:.1%}, specificity {history.specificity[-1]:.1%}"
    if not history.seconds:
        return f"epoch {len(history.loss)} of {epochs}: {rates}"
    best = history.best_epoch - 1
    rates = f"recall {history.recall[best]:.1%}, specificity {history.specificity[best]:.1%}"
    how = "done" if live else "cached, from an earlier training"
    if history.stopped:
        how = f"stopped after {len(history.loss)} of {epochs} epochs"
    return f"{how}; epoch {best + 1} kept: {rates}; {history.seconds:.0f} s"


def panels(history, epochs):
    """Of each panel the lines, and the limits of x and y: dict of its label to (lines, x, y).

    Parameters
    ----------
    history : History or DannHistory, or None before the first epoch
    epochs : int
        The most there can be.
    """
    charts, x = {}, (0.5, max(epochs, 1) + 0.5)
    for label, names in PANELS.items():
        scale = 1 if label == "loss" else 100
        lines = [Line(x, [GUESSING[label]] * 2, "guessing", "#888888", ":")]
        for name in names:
            values = scale * np.array(getattr(history, name, []), float)
            if len(values):
                colour, style = LOOK[name]
                at = np.arange(1, len(values) + 1)
                lines.append(Line(at, values, CURVES[name], COLOURS[colour], style, points=True))
        top = max(1.0, 1.05 * max(np.max(line.y) for line in lines)) if label == "loss" else 103
        charts[label] = lines, x, (0, top)
    return charts
