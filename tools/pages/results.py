"""docs/results.md: what each method reaches, from what tools.study computed."""

from statistics import median

import sfxtutor as sfx
from sfxtutor.paper.claims import DANN, FEW, FULL, PAIRS, RWD, RWD_AWAY, TRANSFER
from sfxtutor.paper.intervals import advantage, spread
from sfxtutor.runs.datasets import READING, TWINS

from ..pictures import TABLES
from .claims import of, seeds
from .markdown import table
from .trials import MADE, full_size, scorers, unseen, within

POOLED, POOLED_ALL = "2D CNN, pooling and relative, 200 labels", (
    "2D CNN, pooling and relative, 1200 labels"
)  # fmt: skip
CONTROLS = (
    "2D CNN, average pooling, 200 labels", "2D CNN, relative input, 200 labels", POOLED,
    "2D CNN, pooling and relative, flips, 200 labels",
)  # fmt: skip
HOME = (FULL, POOLED_ALL, FEW, *CONTROLS, RWD, "spot count, 1200 labels", "spot count, 200 labels")
UNTUNED = (FULL, *CONTROLS, POOLED_ALL, RWD_AWAY, "spot count across datasets")
OWN = "DANN on RWD, own statistics, 0 target labels"
SHARED, BY_GROUPS, PRETRAINED = (
    f"DANN on RWD, {kind}, 0 target labels"
    for kind in ("shared statistics", "group normalisation", "pretrained")
)
WEIGHTED = "DANN on RWD, own statistics, source reweighted, 0 target labels"
BY_SHARE = ", threshold by estimated share"
ADAPTED = (
    RWD_AWAY + BY_SHARE, "AdaBN, 0 target labels", DANN,
    "DANN, shared statistics, 0 target labels", SHARED, OWN, BY_GROUPS, PRETRAINED, WEIGHTED,
    WEIGHTED + BY_SHARE,
    MADE, f"{MADE}, threshold too",
    "2D CNN, made labels", "2D CNN, made labels, threshold too", TRANSFER,
)  # fmt: skip

STEPS = (  # a method, and the one from which it differs in one thing
    *((method, OWN) for method in (SHARED, BY_GROUPS, PRETRAINED, WEIGHTED)),
    *((method + BY_SHARE, method) for method in (RWD_AWAY, WEIGHTED)),
)


def values():
    """What the template says."""
    records = sfx.references()
    return {
        "reading": READING,
        "seeds": seeds(records),
        "frames": frames(records),
        "machine": records[0]["machine"],
        "date": max(record["date"] for record in records),
        "tables": {number: title for number, (title, _) in TABLES.items()},
        "home": home_table(records),
        "gains": gains_table(records),
        "away": away_table(records),
        "away_at_95": away_table(records, sfx.at_95),
        "reached": reached(records),
        "steps": steps_table(records),
        "shares": shares_table(records),
        "epochs": epochs_table(records),
        "scorers": scorers(records),
        "full_size": full_size(records),
        "unseen": unseen(records),
        "trainings": trainings_table(records),
        "restarts": sum(one["restarts"] for record in records for one in record["trainings"]),
        "count": sum(len(record["trainings"]) for record in records),
    }


def frames(records):
    """Hits and maybes, and misses, among the further frames of each run: a str."""
    totals = {row["test_on"]: row for row in records[0]["further"]}
    return "; ".join(
        f"{name} {totals[name]['hits_total']:,} and {totals[name]['misses_total']:,}"
        for name in TWINS
    )


def home_table(records):
    header = ("method", "run", "seeds", "recall, %", "specificity, %", "AUC",
              "recall at 95 % specificity, %")  # fmt: skip
    lines = []
    for method in HOME:
        for name in TWINS:
            rows = of(records, method, name, name)
            if rows:
                rates = [advantage([rows], (), kind) for kind in ("hits", "misses")]
                auc = within(spread([row["auc"] for row in rows])).text(1, 4)
                same = advantage([sfx.at_95(rows)])
                lines.append((method, name, len(rows), *rates, auc, same))
    return table(header, lines)


def gains_table(records):
    """What each control gains over the paper's network with 200 labels, on the same frames."""
    lines = []
    for method in (FULL, *CONTROLS, RWD):
        line = [method]
        for change in (list, sfx.at_95):
            for name in TWINS:
                sides = [[change(of(records, kind, name, name))] for kind in (method, FEW)]
                line.append(advantage(*sides) if all(side[0] for side in sides) else "–")
        lines.append(line)
    header = [
        "method",
        *(f"{name}, p = 0.5" for name in TWINS),
        *(f"{name}, 95 %" for name in TWINS),
    ]
    return table(header, lines)


def pair_rows(records, method, home, away):
    """Rows of a method on another run, whether it is adapted to it or not."""
    return of(records, method, home, away) or of(records, method, home, away, away)


def away_table(records, change=list):
    """Recall of every method on other runs, and the specificity unless it is 95 % for all."""
    kinds = ("hits", "misses") if change is list else ("hits",)
    lines = []
    for method in (*UNTUNED, *ADAPTED):
        groups = [change(pair_rows(records, method, *pair)) for pair in PAIRS]
        if all(groups):
            cells = [" / ".join(str(advantage([rows], (), kind)) for kind in kinds)
                     for rows in groups]  # fmt: skip
            lines.append((method, len(groups[0]), *cells, advantage(groups)))
    header = ("method", "seeds", *(" on ".join(pair) for pair in PAIRS), "recall, mean")
    return table(header, lines)


def reached(records):
    """On how many of the six pairs a method without target labels finds 95 % of the hits.

    At its own threshold, with 95 % of the misses recognised; and with its threshold put there.
    """
    lines = []
    for method in (*UNTUNED, *ADAPTED[:-1]):
        groups = [pair_rows(records, method, *pair) for pair in PAIRS]
        if all(groups):
            own = [[advantage([rows], (), kind).value >= 0.95 for kind in ("hits", "misses")]
                   for rows in groups]  # fmt: skip
            same = [advantage([sfx.at_95(rows)]).value >= 0.95 for rows in groups]
            lines.append((method, sum(map(all, own)), sum(same)))
    return table(("method", "own threshold", "at 95 % specificity"), lines)


def steps_table(records):
    """What one step changes, points, mean over the six pairs, from the seeds that have both."""
    lines = []
    for steps in STEPS:
        sides = [[pair_rows(records, method, *pair) for pair in PAIRS] for method in steps]
        seeds = set.intersection(
            *({row["seed"] for row in rows} for side in sides for rows in side)
        )
        if seeds:
            sides = [[[row for row in rows if row["seed"] in seeds] for rows in side]
                     for side in sides]  # fmt: skip
            at_95 = "–"  # the scores are the same where only a threshold is moved
            if not steps[0].endswith(BY_SHARE):
                at_95 = advantage(*([sfx.at_95(rows) for rows in side] for side in sides))
            rates = [advantage(*sides, kind) for kind in ("hits", "misses")]
            lines.append((*steps, len(seeds), *rates, at_95))
    header = ("method", "against", "seeds", "recall", "specificity", "recall at 95 % specificity")
    return table(header, lines)


def of_pairs(records, about):
    """What was noted "shares" or "domains" of each pair, over the seeds: (pair, list of dict)."""
    for pair in PAIRS:
        notes = [
            note
            for record in records
            for note in record[about]
            if (note["source"], note["target"]) == pair
        ]
        yield " to ".join(pair), notes


def shares_table(records):
    """The target's share of hits as estimated from a source, %: means over the seeds."""
    lines = []
    for pair, notes in of_pairs(records, "shares"):
        own, true, *estimates = (
            [100 * note[key] for note in notes] for key in ("own", "true", "bbse", "em")
        )
        found = (spread(shares).text(1, 1) for shares in estimates)
        lines.append((pair, len(notes), f"{own[0]:.1f}", f"{true[0]:.1f}", *found))
    return table(("pair", "seeds", "source", "target", "BBSE", "EM"), lines)


def epochs_table(records):
    """Mean of recall and specificity on the target at the epoch that each rule keeps, %."""
    lines = []
    for pair, notes in of_pairs(records, "domains"):
        merits = [note["target_merit"] for note in notes]
        kept = [
            (
                merit[note["kept_epoch"] - 1],
                merit[note["entropy"].index(min(note["entropy"]))],
                merit[-1],
                max(merit),
            )
            for note, merit in zip(notes, merits, strict=True)
        ]
        found = (within(spread(rule)) for rule in zip(*kept, strict=True))
        lines.append((pair, len(notes), *found))
    return table(("pair", "seeds", "source loss + domain gap (kept)", "lowest entropy",
                  "last epoch", "best epoch, with labels"), lines)  # fmt: skip


def trainings_table(records):
    """How long each kind of training took until it stopped by itself."""
    kinds = {}
    for record in records:
        for one in record["trainings"]:
            kinds.setdefault(one["method"], []).append(one)
    lines = [
        (
            method, len(found), f"{median(one['steps'] for one in found):.0f}",
            f"{min(one['steps'] for one in found)} to {max(one['steps'] for one in found)}",
            sum(one["best_epoch"] == one["epochs"] for one in found),
            sum(one["restarts"] for one in found),
            f"{median(one['seconds'] for one in found):.0f}",
        )
        for method, found in kinds.items()
    ]  # fmt: skip
    header = ("method", "trainings", "steps, median", "range", "best epoch last", "restarts",
              "s, median")  # fmt: skip
    return table(header, lines)
