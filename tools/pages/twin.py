"""docs/twin.md: the twin beside a measured frame and published counts."""

import sfxtutor as sfx
from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.twin.run import SETUPS

from ..twin_points import compare
from .markdown import table


def values():
    """What the template says; the frames of the twins are simulated for it."""
    runs = [sfx.open_run(name, reading=reading) for reading in SETUPS for name in TWINS]
    return {
        "runs": [
            {"name": run.name, "reading": run.reading, "seed": run.seed, "table": points(run)}
            for run in runs
        ]
    }


def points(run):
    """The comparison of one run as a table."""
    lines = [
        (point.name, f"{point.twin:.3g}", f"{point.reference:.3g}",
         f"{point.low:.3g} to {point.high:.3g}", "holds" if point.holds else "**fails**")
        for point in compare(run)
    ]  # fmt: skip
    return table(("point", "twin", "reference", "passes within", ""), lines)
