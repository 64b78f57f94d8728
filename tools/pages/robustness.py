"""docs/robustness.md: other twins, other splits, other images."""

import json
from statistics import fmean, stdev

import sfxtutor as sfx
from sfxtutor.preprocess import ROWS
from sfxtutor.results import COUNTS
from sfxtutor.runs.datasets import TWINS as NAMES

from ..robustness import BIN_EPOCHS, RESULTS, TWINS
from .markdown import table


def values():
    """What the template says, from the counts that `python -m tools.robustness` kept."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {
        "date": kept["date"],
        "machine": kept["machine"],
        "twins": twins_table(kept["twins"]),
        "splits": splits_table(kept["splits"]),
        "bins": bins_table(kept["bins"]),
        "bin_epochs": BIN_EPOCHS,
        "size": ROWS,
    }


def share(row, kind):
    """Counts of a rate and its 95 % interval in percent: 299/329 (87 to 94)."""
    k, n = row[f"{kind}_found"], row[f"{kind}_total"]
    low, high = sfx.wilson(k, n)
    return f"{k}/{n} ({100 * low:.0f} to {100 * high:.0f})"


def twins_table(rows):
    header = (
        "table",
        "trained on",
        "tested on",
        *(f"twin {seed}" for seed in TWINS),
        "SD of recall",
    )
    groups = {}
    for row in rows:
        groups.setdefault((row["table"], row["train"], row["test_on"]), []).append(row)
    lines = []
    for key, group in sorted(groups.items()):
        rates = [f"{share(row, 'hits')}; {share(row, 'misses')}" for row in group]
        recalls = [100 * row["hits_found"] / row["hits_total"] for row in group]
        lines.append((*key, *rates, f"{stdev(recalls):.1f} points"))
    return table(header, lines)


def splits_table(rows):
    def balanced(row):
        share = row["hits_found"] / row["hits_total"], row["misses_found"] / row["misses_total"]
        return 50 * sum(share)

    lines = []
    for name in NAMES:
        line = [name]
        for kind in ("in order", "shuffled"):
            found = [balanced(row) for row in rows if (row["run"], row["split"]) == (name, kind)]
            line.append(f"{fmean(found):.1f} (SD {stdev(found):.1f}, {len(found)} seeds)")
        lines.append(line)
    return table(("run", "sequential", "shuffled"), lines)


def bins_table(rows):
    lines = [
        (
            f"{row['bin']} x {row['bin']}, {ROWS // row['bin']} x {ROWS // row['bin']}",
            f"{row['val_loss']:.3f}",
            sfx.Counts(*(row[name] for name in COUNTS)),
        )
        for row in rows
    ]
    return table(("bin, image", "lowest validation loss", "validation"), lines)
