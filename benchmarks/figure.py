"""The figure of the benchmark: what a frame costs with each method, and what the method finds."""

import numpy as np

from benchmarks.decision import CLASSES
from sfxtutor.metrics import wilson
from sfxtutor.plots.style import COLOURS, axes_or_new

LOOKS = {"hit": ("hits", "blue", "o", -0.15), "miss": ("misses", "orange", "s", 0.15)}
RUN_LOOKS = (("blue", "o", -0.2), ("orange", "s", 0.0), ("green", "^", 0.2))


def plot_speed(rows, ax=None):
    """Draw ms a frame of each method on a logarithmic axis, hits and misses separately.

    Parameters
    ----------
    rows : list of dict, of the section "verdict"; a bar spans the lowest and the highest of all
        runs and repeats, the marker is the median of the runs' medians
    """
    ax = axes_or_new(ax)
    ways = _ways(rows)
    for kind in CLASSES:
        label, colour, marker, offset = LOOKS[kind]
        spreads = [[row[kind] for row in rows if row["way"] == way] for way in ways]
        middle = np.array([np.median([one["median"] for one in some]) for some in spreads])
        low = np.array([min(one["low"] for one in some) for some in spreads])
        high = np.array([max(one["high"] for one in some) for some in spreads])
        ax.errorbar(middle, np.arange(len(ways)) + offset, xerr=[middle - low, high - middle],
                    color=COLOURS[colour], marker=marker, linestyle="none", capsize=3,
                    label=label)  # fmt: skip
    ax.set(xscale="log", xlabel="ms a frame, one core (log)", yticks=range(len(ways)))
    ax.set(yticklabels=ways, ylim=(len(ways) - 0.5, -0.5))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.grid(axis="x", which="major", color="0.85")
    ax.legend(loc="upper right")
    return ax


def plot_recall(rows, ax=None):
    """Draw the recall of each method at equal specificity, a marker a run, 95 % intervals."""
    ax = axes_or_new(ax)
    ways = _ways(rows)
    runs = list(dict.fromkeys(row["run"] for row in rows))
    for run, (colour, marker, offset) in zip(runs, RUN_LOOKS, strict=False):
        scored = [row for row in rows if row["run"] == run and row.get("hits_total")]
        rate = np.array([100 * row["hits_found"] / row["hits_total"] for row in scored])
        bounds = [wilson(row["hits_found"], row["hits_total"]) for row in scored]
        low, high = 100 * np.array(bounds).T
        y = [ways.index(row["way"]) + offset for row in scored]
        error = np.clip([rate - low, high - rate], 0, None)
        ax.errorbar(rate, y, xerr=error, color=COLOURS[colour], marker=marker, linestyle="none",
                    capsize=3, label=run)  # fmt: skip
    ax.set(xlabel="recall at equal specificity, %", yticks=range(len(ways)), yticklabels=ways)
    ax.set(ylim=(len(ways) - 0.5, -0.5))
    ax.grid(axis="x", color="0.85")
    ax.legend(loc="lower left")
    return ax


def write_figure(content, path):
    """Draw both beside each other and write them to a PNG."""
    import matplotlib.pyplot as plt

    from sfxtutor.plots.style import style

    rows = content["sections"]["verdict"]["rows"]
    with plt.rc_context():
        style()
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.5), sharey=True)
        plot_speed(rows, left)
        plot_recall(rows, right)
        figure.savefig(path, dpi=120)
        plt.close(figure)


def _ways(rows):
    return list(dict.fromkeys(row["way"] for row in rows))
