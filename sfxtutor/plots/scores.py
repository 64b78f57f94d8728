"""Figures of results: learning curves, rates with their intervals, counts."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from ..metrics import wilson
from .style import COLOURS, axes_or_new

if TYPE_CHECKING:
    from ..training import History  # which would load TensorFlow

CURVES = {
    "loss": "training loss",
    "val_loss": "validation loss",
    "recall": "validation recall",
    "specificity": "validation specificity",
    "domain_loss": "domain head: training loss",
    "domain_val_loss": "domain head: validation loss",
    "domain_accuracy": "domain head: validation accuracy",
}


def plot_history(
    history: "History", ax: plt.Axes | None = None, *, names: Iterable[str] = ("loss", "val_loss")
) -> plt.Axes:
    """Draw learning curves against the epoch, and mark the epoch whose weights were kept.

    Parameters
    ----------
    history : sfxtutor.training.History, or DannHistory of sfxtutor.dann
    names : iterable of str
        Which of its lists: loss, val_loss, recall, specificity; those of a DANN's domain head:
        domain_loss, domain_val_loss, domain_accuracy.
    """
    ax = axes_or_new(ax)
    for name, line in zip(names, ("-o", "--s", "-.^", ":d"), strict=False):
        values = getattr(history, name)
        ax.plot(np.arange(1, len(values) + 1), values, line, label=CURVES[name], ms=4)
    if history.best_epoch:
        ax.axvline(
            history.best_epoch, color="0.4", lw=0.8, label=f"kept: epoch {history.best_epoch}"
        )
    ax.set(xlabel="epoch")
    ax.legend()
    return ax


def plot_rates(
    rows: list[dict], ax: plt.Axes | None = None, *, paper: Sequence[dict] = ()
) -> plt.Axes:
    """Draw recall and specificity of every row, with 95 % Wilson intervals.

    Parameters
    ----------
    rows : list of dict
        As in ``results.json``.
    paper : list of dict
        Published rows: drawn hollow beside the row of the same method, training and test run.
    """
    ax = axes_or_new(ax)
    published = {_key(row): row for row in paper}
    rates = (("hits", "recall", "blue", "o", -0.13), ("misses", "specificity", "orange", "s", 0.13))
    for kind, label, colour, marker, offset in rates:
        look = {"color": COLOURS[colour], "marker": marker, "linestyle": "none"}
        k, n = (np.array([row[f"{kind}_{part}"] for row in rows]) for part in ("found", "total"))
        rate, y = 100 * k / n, np.arange(len(rows)) + offset
        low, high = 100 * np.array([wilson(*pair) for pair in zip(k, n, strict=True)]).T
        error = np.clip([rate - low, high - rate], 0, None)
        ax.errorbar(rate, y, xerr=error, capsize=3, label=label, **look)
        x = [100 * _share(published.get(_key(row)), kind) for row in rows]
        if not np.isnan(x).all():
            ax.plot(x, y, mfc="none", ms=10, label=f"{label}, paper", **look)
    names = [f"{row['method']}\n{row['train']} → {row['test_on']}" for row in rows]
    ax.set(xlabel="%", yticks=np.arange(len(rows)), yticklabels=names, ylim=(len(rows) - 0.5, -0.5))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    return ax


def _share(row, kind):
    """Found / total of a published row, nan where there is none or its count is not known."""
    known = row is not None and row[f"{kind}_found"] is not None
    return row[f"{kind}_found"] / row[f"{kind}_total"] if known else np.nan


def _key(row):
    return row["method"], row["train"], row["adapt_to"], row["test_on"]
