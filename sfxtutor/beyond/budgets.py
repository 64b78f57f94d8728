"""What is committed of the lessons beyond the paper: rows by run, method and number of labels.

A row is one training, tested on the further frames of its run; its fields are those of the rows of
`tools.study` and "run", "labels" and "repeat", the number of the draw of labels.
"""

import json
import math
from collections.abc import Iterable
from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from ..metrics import wilson
from ..paper.intervals import Estimate, spread, unpacked
from ..plots.style import axes_or_new
from ..results import at_95
from ..support.disk import shipped_folder

FIELDS = ("run", "method", "labels")  # of rows that belong to a curve
MARKERS = "osD^vP*Xph<>d8H"


@cache
def records() -> tuple[dict, ...]:
    """Every data/results/beyond-*-seed*.json: its "part", "seed", "profile", "source" and "rows".

    Raises
    ------
    FileNotFoundError
        If the package lacks them.
    """
    folder = shipped_folder("reference", "data/results")
    paths = sorted(folder.glob("beyond-*-seed*.json"))
    if not paths:
        raise FileNotFoundError(
            f"Found no beyond-*.json in {folder}, expected some in every installation. Install "
            "sfxtutor again, or compute them in a full checkout: python -m tools.beyond 0 1 2."
        )
    return tuple(json.loads(path.read_text("utf-8")) for path in paths)


def rows(part: str | None = None) -> list[dict]:
    """Rows with a run, a method and a number of labels, of one part or of all: list of dict."""
    found = (row for one in records() if part in (None, one["part"]) for row in one["rows"])
    return [row for row in found if all(name in row for name in FIELDS)]


def chosen(of: Iterable[dict], run: str, method: str, labels: int | None = None) -> list[dict]:
    """The rows of one curve, or of one of its points.

    Raises
    ------
    KeyError
        If there is none; it names what is missing.
    """
    found = [row for row in of if (row["run"], row["method"]) == (run, method)]
    found = [row for row in found if labels in (None, row["labels"])]
    if not found:
        raise KeyError(f"{method}, {run}" + ("" if labels is None else f", {labels} labels"))
    return found


def difference(a: list[dict], b: list[dict], balanced: bool = False) -> Estimate:
    """How much more a finds than b, both on the same draws of labels and the same frames.

    The interval has the two parts of `paper.intervals`: over the seeds, of the differences seed by
    seed (Student's), and over the tested frames, of the differences frame by frame.

    Parameters
    ----------
    a, b : rows of one run, one method and one number of labels each, several seeds and draws
    balanced : bool
        Compare the mean of recall and specificity at the methods' own thresholds.  False: the
        recall where each recognises 95 % of the misses.

    Raises
    ------
    ValueError
        If they have no seed and draw in common.
    """
    a, b = _in_common(a, b)
    if not balanced:
        a, b = at_95(a), at_95(b)
    kinds = ("hits", "misses") if balanced else ("hits",)
    variance, by_seed = 0.0, {}
    for kind in kinds:
        wrong = [np.mean([unpacked(row, kind) for row in side], axis=0) for side in (a, b)]
        change = (wrong[1] - wrong[0]) / len(kinds)
        variance += change.var() / len(change)
        for sign, side in ((1, a), (-1, b)):
            for seed, rate in _rates(side, kind).items():
                by_seed[seed] = by_seed.get(seed, 0) + sign * rate / len(kinds)
    seeds = spread(list(by_seed.values()))
    trained = seeds.high - seeds.value if math.isfinite(seeds.high) else 0.0
    half = math.hypot(1.96 * math.sqrt(variance), trained)
    return Estimate(seeds.value, seeds.value - half, seeds.value + half)


def _in_common(a, b):
    """The rows of the seeds, and draws of labels, that both have; without labels all draws."""
    drawn = all(row["labels"] for row in (*a, *b))
    keys = [{(row["seed"], drawn and row["repeat"]) for row in side} for side in (a, b)]
    both = keys[0] & keys[1]
    if not both:
        raise ValueError(
            f"Found seeds and draws {sorted(keys[0])} and {sorted(keys[1])}, expected some in "
            "common. Compute the same seeds for both: python -m tools.beyond."
        )
    return [
        [row for row in side if (row["seed"], drawn and row["repeat"]) in both] for side in (a, b)
    ]


def recall(of: list[dict]) -> Estimate:
    """Mean recall at 95 % specificity of one point of a curve, over seeds and draws: `Estimate`.

    Wilson's interval over the frames and Student's over the seeds, added in quadrature.
    """
    by_seed = list(_rates(at_95(of), "hits").values())
    value, total = float(np.mean(by_seed)), of[0]["hits_total"]
    low, high = wilson(value * total, total)
    seeds = spread(by_seed)
    trained = seeds.high - seeds.value if math.isfinite(seeds.high) else 0.0
    below, above = math.hypot(value - low, trained), math.hypot(high - value, trained)
    return Estimate(value, max(0.0, value - below), min(1.0, value + above))


def _rates(side, kind):
    """Mean rate of each seed, over its draws of labels: dict."""
    found = {}
    for row in side:
        found.setdefault(row["seed"], []).append(row[f"{kind}_found"] / row[f"{kind}_total"])
    return {seed: float(np.mean(rates)) for seed, rates in found.items()}


def plot_budgets(
    of: list[dict], run: str, methods: Iterable[str], ax: plt.Axes | None = None
) -> plt.Axes:
    """Draw recall at 95 % specificity against the number of labels, a curve for each method.

    A method that needs no labels of the run is a horizontal line; intervals are those of `recall`.
    The axis is stretched towards 100 %, logarithmic in the share that is missed.

    Parameters
    ----------
    of : list of dict, as from `rows`
    run : str
    methods : iterable of str; those without rows of this run are left out
    """
    ax = axes_or_new(ax)
    for number, method in enumerate(methods):
        points = {}
        for row in of:
            if (row["run"], row["method"]) == (run, method):
                points.setdefault(row["labels"], []).append(row)
        look = {"color": plt.get_cmap("tab10")(number % 10), "label": method}
        values = {labels: recall(points[labels]) for labels in sorted(points)}
        if list(values) == [0]:
            ax.axhline(100 * values[0].value, linestyle="--", linewidth=1.5, **look)
        elif values:
            middle = np.array([e.value for e in values.values()])
            ends = np.array([(e.low, e.high) for e in values.values()]).T
            error = 100 * np.clip([middle - ends[0], ends[1] - middle], 0, None)
            ax.errorbar(list(values), 100 * middle, error, capsize=2, linewidth=1.2, markersize=4,
                        marker=MARKERS[number % len(MARKERS)], **look)  # fmt: skip
    ax.set(xscale="log", xlabel="labels of the run", title=run)
    ax.set_yscale("function", functions=(_stretched, _unstretched))
    ax.set(yticks=(60, 80, 90, 95, 98, 99, 100), ylim=(50, 100.05))
    ticks = sorted({row["labels"] for row in of if row["run"] == run} - {0})
    ax.set_xticks(ticks, map(str, ticks))
    ax.minorticks_off()
    return ax


def _stretched(percent):
    """Where a recall in % is drawn."""
    return -np.log10(np.maximum(100.3 - np.asarray(percent, float), 1e-3))


def _unstretched(place):
    return 100.3 - 10 ** -np.asarray(place, float)
