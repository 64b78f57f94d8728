"""Figures of lesson 12: shots, precision against recall, label budgets, merged intensities."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np

from ..plots.frames import plot_frame
from ..plots.style import CYCLE
from .assembly import SHELLS
from .budgets import recall
from .claims_particles import CNN, PHOTONS, PROFILE, SIZE, SPECTRUM, TURNED

BRIGHTEST = 3.0  # log10 of photons a pixel, where the colours end


def plot_shots(
    frames: Iterable[np.ndarray], mask: np.ndarray, axes: np.ndarray, titles: Iterable[str]
) -> np.ndarray:
    """Draw shots (y, x), photons, on a logarithmic scale, what is masked grey: the axes."""
    for frame, ax, title in zip(frames, np.ravel(axes), titles, strict=True):
        light = np.where(mask, np.log10(np.maximum(frame, 0) + 0.3), np.nan)
        plot_frame(light, ax, vmin=-0.5, vmax=BRIGHTEST, label="")
        ax.set(title=title, xlabel="", ylabel="", xticks=[], yticks=[])
    return axes


def plot_precision(scores: dict[str, np.ndarray], truth: np.ndarray, ax: plt.Axes) -> plt.Axes:
    """Precision against recall of each method as its threshold falls; returns ax.

    Parameters
    ----------
    scores : name -> (n,) scores, the higher the surer of a single
    truth : (n,) bool
    """
    for (name, score), look in zip(scores.items(), ("-", "--", "-.", ":") * 2, strict=False):
        found = truth[np.argsort(-np.asarray(score), kind="stable")]
        singles = np.cumsum(found)
        first = np.searchsorted(singles, 3)  # with fewer the precision is noise
        precision = 100 * singles / np.arange(1, len(found) + 1)
        ax.plot(100 * singles[first:] / truth.sum(), precision[first:], look, label=name)
    ax.axhline(100 * truth.mean(), color="0.5", linewidth=0.8, label="every frame kept")
    ax.set(xlabel="recall, %", ylabel="precision, %", xlim=(0, 100), ylim=(0, 102))
    return ax


def plot_particle_budgets(rows: list[dict], ax: plt.Axes) -> plt.Axes:
    """Recall at 95 % specificity against the labels, with the intervals of `recall`; returns ax.

    rows : of the part "particles" of the committed results
    """
    for i, method in enumerate((SPECTRUM, TURNED, CNN, PROFILE, SIZE, PHOTONS)):
        of = [row for row in rows if row["method"] == method]
        budgets = sorted({row["labels"] for row in of})
        found = [recall([row for row in of if row["labels"] == n]) for n in budgets]
        mean = 100 * np.array([one.value for one in found])
        ends = 100 * np.array([(one.value - one.low, one.high - one.value) for one in found]).T
        ax.errorbar(np.array(budgets) * 1.03 ** (i - 2.5), mean, ends, marker="os^vDx"[i],
                    color=CYCLE[i], capsize=3, label=method)  # fmt: skip
    ax.set(xscale="log", xlabel="labels", ylabel="recall at 95 % specificity, %", ylim=(0, 103))
    ax.set_xticks(budgets, list(map(str, budgets)))
    ax.set_xticks([], minor=True)
    return ax


def plot_r_factors(found: dict[str, np.ndarray], ax: plt.Axes) -> plt.Axes:
    """R-factor of merged intensities in each shell of q; returns ax.

    found : name -> (shells,), as `r_factor` gives it
    """
    middle = (SHELLS[1:] + SHELLS[:-1]) / 2
    for (name, r), look in zip(found.items(), ("-o", "--s", "-.^", ":D", "-x"), strict=False):
        ax.plot(middle, r, look, label=name)
    ax.set(xlabel="q, 1/nm", ylabel="R-factor", ylim=(0, None))
    return ax
