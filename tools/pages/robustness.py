"""docs/robustness.md: other twins and other splits."""

import json
from statistics import fmean, stdev

from sfxtutor.paper.claims import PAIRS, RWD, RWD_AWAY
from sfxtutor.paper.intervals import SMALLEST, advantage, mean, rate, verdict
from sfxtutor.runs.datasets import TWINS as NAMES

from ..robustness import RESULTS, UNKNOWNS
from .markdown import table

SPOTS = "spot count, 200 labels"


def values():
    """What the template says, from the counts that `python -m tools.robustness` kept."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    statements = {unknown.about: judged(kept["unknowns"], unknown.about) for unknown in UNKNOWNS}
    return {
        "date": kept["date"],
        "machine": kept["machine"],
        "rates": rates_table(kept["unknowns"]),
        "statements": statements_table(statements),
        "steady": [
            text
            for text in next(iter(statements.values()))
            if len({found[text] for found in statements.values()}) == 1
        ],
        "splits": splits_table(kept["splits"]),
    }


def rows_of(rows, about, method, home, name):
    asked = about, method, home, name
    return [r for r in rows if (r["about"], r["method"], r["train"], r["test_on"]) == asked]


def judged(rows, about):
    """Whether each statement holds in that twin: a dict of text to a verdict."""
    home = [rows_of(rows, about, RWD, name, name) for name in NAMES]
    away = [rows_of(rows, about, RWD_AWAY, *pair) for pair in PAIRS]
    spots = [rows_of(rows, about, SPOTS, *pair) for pair in PAIRS]
    at_home = [advantage([group]) for group in home]
    areas = [fmean(row["auc"] for row in group) for group in away]
    better = sum(fmean(r["auc"] for r in s) > area for s, area in zip(spots, areas, strict=True))
    return {
        "RWD with 200 labels finds 90 % of the hits of each run": all_above(at_home, 0.90),
        "RWD finds fewer hits on other runs": verdict([advantage(home, away)], SMALLEST),
        "the spot count orders frames of other runs better than RWD": f"{better} of 6 pairs",
        "RWD's worst pair": " on ".join(PAIRS[areas.index(min(areas))]),
    }


def all_above(rates, limit):
    if all(found.low > limit for found in rates):
        return "holds"
    return "fails" if any(found.high < limit for found in rates) else "unresolved"


def rates_table(rows):
    """Recall of RWD, at home and on other runs, and areas under the curve."""
    lines = []
    for unknown in UNKNOWNS:
        home = [rows_of(rows, unknown.about, RWD, name, name) for name in NAMES]
        away = [rows_of(rows, unknown.about, RWD_AWAY, *pair) for pair in PAIRS]
        spots = [rows_of(rows, unknown.about, SPOTS, *pair) for pair in PAIRS]
        areas = [fmean(r["auc"] for group in groups for r in group) for groups in (away, spots)]
        lines.append((
            unknown.about, *(rate(group) for group in home), mean([rate(group) for group in away]),
            mean([rate(group, "misses") for group in away]), *(f"{area:.4f}" for area in areas),
        ))  # fmt: skip
    header = ("what is changed", *(f"recall on {name}, %" for name in NAMES),
              "recall on other runs, %", "specificity there, %", "AUC there, RWD",
              "AUC there, spot count")  # fmt: skip
    return table(header, lines)


def statements_table(statements):
    texts = list(next(iter(statements.values())))
    lines = [(about, *(found[text] for text in texts)) for about, found in statements.items()]
    return table(("what is changed", *texts), lines)


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
