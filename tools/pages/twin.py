"""docs/twin.md: the twin beside a measured frame and published counts."""

import sfxtutor as sfx
from sfxtutor.runs.datasets import TWINS, UNSEEN
from sfxtutor.runs.twin.run import SETUPS

from ..twin_points import compare, count_spots_of
from .markdown import table


def values():
    """What the template says; the frames of the twins are simulated for it."""
    runs = [sfx.open_run(name, reading=reading) for reading in SETUPS for name in TWINS]
    runs += [sfx.open_run(name) for name in UNSEEN]
    compared = {run: compare(run) for run in runs}
    misses = next(p for p in compared[runs[-1]] if p.name.startswith("spots of a MISS"))
    return {
        "runs": [{"about": about(run), "table": points(found)} for run, found in compared.items()],
        "l498_miss": f"{misses.twin:.3g}",
        "l498_auc": f"{count_auc(runs[-1]):.3f}",
    }


def count_auc(run, frames=200):
    """Area under the ROC curve of the spot count, on the first frames of a run."""
    spots = [count_spots_of(run, i) for i in range(frames)]
    return sfx.auc(spots, sfx.is_positive(run.labels[:frames]))


def about(run):
    """Which run it is, as a heading."""
    reading = "on a CSPAD" if run.name in UNSEEN else f"reading {run.reading}"
    return f"{run.name}, {reading}, seed {run.seed}"


def points(compared):
    """The comparison of one run as a table."""
    lines = [
        (point.name, f"{point.twin:.3g}", f"{point.reference:.3g}",
         f"{point.low:.3g} to {point.high:.3g}", "holds" if point.holds else "**fails**")
        for point in compared
    ]  # fmt: skip
    return table(("point", "twin", "reference", "passes within", ""), lines)
