"""Figures of results: learning curves, rates with their intervals, counts."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

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
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
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


def plot_table(rows: list[dict], ax: plt.Axes | None = None, *, kind: str = "hits") -> plt.Axes:
    """Draw a rate of one method, run trained on against run tested on, as coloured cells.

    A cell holds the rate in %, with its counts and 95 % Wilson interval; of several seeds the mean
    and the standard deviation over them, since all are tested on the same frames.

    Parameters
    ----------
    rows : list of dict
        As in ``results.json``; the runs stand in the order in which they first occur.
    kind : "hits" for recall, "misses" for specificity
    """
    ax = axes_or_new(ax)
    cells = {}
    for row in rows:
        cells.setdefault((row["train"], row["test_on"]), []).append(row)
    down, across = (list(dict.fromkeys(pair[i] for pair in cells)) for i in (0, 1))
    across.sort(key=lambda name: down.index(name) if name in down else len(down))
    rates = np.full((len(down), len(across)), np.nan)
    for (train, test_on), group in cells.items():
        y, x = down.index(train), across.index(test_on)
        shares = [100 * _share(row, kind) for row in group]
        rates[y, x] = np.mean(shares)
        ink = "k" if rates[y, x] > 80 else "w"  # viridis is light above, dark below
        ax.text(x, y, _cell(group, shares, kind), ha="center", va="center", color=ink, size=9)
    ax.imshow(rates, cmap="viridis", vmin=50, vmax=100)
    ax.set(xticks=range(len(across)), xticklabels=across, yticks=range(len(down)), yticklabels=down)
    ax.set(xlabel="tested on", ylabel="trained on")
    return ax


def _cell(group, shares, kind):
    """Text of a cell: rate, counts and interval; of several seeds mean and standard deviation."""
    text = f"{np.mean(shares):.1f} %"
    if len(group) > 1:
        return f"{text}\n± {np.std(shares, ddof=1):.1f}\n{len(group)} seeds"
    k, n = (group[0][f"{kind}_{part}"] for part in ("found", "total"))
    if k is None:
        return "unknown"
    low, high = wilson(k, n)
    return f"{text}\n{k}/{n}\n{100 * low:.0f} to {100 * high:.0f} %"


def _share(row, kind):
    """Found / total of a published row, nan where there is none or its count is not known."""
    known = row is not None and row[f"{kind}_found"] is not None
    return row[f"{kind}_found"] / row[f"{kind}_total"] if known else np.nan


def _key(row):
    return row["method"], row["train"], row["adapt_to"], row["test_on"]
