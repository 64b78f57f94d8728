"""Trials of docs/results.md: epochs kept without labels, 720 x 720 frames, another detector."""

import math
from statistics import fmean

from sfxtutor.metrics import rate_text
from sfxtutor.paper.claims import FULL, RWD, RWD_AWAY
from sfxtutor.paper.intervals import Estimate, advantage, spread
from sfxtutor.results import KEYS, at_95
from sfxtutor.runs.datasets import UNSEEN

from .markdown import table

MADE = "RWD 1D CNN, made labels"
METHODS = (FULL, RWD_AWAY, MADE, RWD)  # on a run of another detector


def scorers(records):
    """What the epoch that each rule keeps reaches on the further frames of the target: a dict."""
    notes = [note for record in records for note in record.get("scorers", ())]
    if not notes:
        return None
    kept, *_, oracle = rules = list(kept_epochs(notes[0]))
    found = {rule: [] for rule in rules}
    for note in notes:
        for rule, epoch in kept_epochs(note).items():
            both = (note["recall"][epoch] + note["specificity"][epoch]) / 2
            found[rule].append((note["auc"][epoch], both, max(note["auc"]) - note["auc"][epoch]))
    auc, both, regret = (
        {rule: [one[i] for one in reached] for rule, reached in found.items()} for i in range(3)
    )
    gain = {
        rule: spread([a - b for a, b in zip(auc[rule], auc[kept], strict=True)]) for rule in rules
    }
    lines = [
        (rule, within(spread(auc[rule])).text(1, 4), within(spread(both[rule])),
         f"{100 * fmean(regret[rule]):.2f}", f"{100 * max(regret[rule]):.2f}",
         "–" if rule == kept else gain[rule].text(100, 2))
        for rule in rules
    ]  # fmt: skip
    header = ("rule", "AUC", "mean of recall and specificity, %", "regret in AUC, points",
              "largest", "AUC gained over the rule kept, points")  # fmt: skip
    return {
        "table": table(header, lines), "trainings": len(notes),
        "seeds": len({note["seed"] for note in notes}),
        "kept": kept, "others": len(rules) - 2,
        "better": [rule for rule in rules if gain[rule].low > 0 and rule != oracle],
        "worse": [rule for rule in rules if gain[rule].high < 0],
    }  # fmt: skip


def kept_epochs(note):
    """Which epoch each rule keeps, from 0: {rule: int}; first the one of `fit_dann`, last that
    which only labels show."""
    scores = {name: [epoch[name] for epoch in note["scores"]] for name in note["scores"][0]}
    best = {name: values.index(max(values)) for name, values in scores.items()}
    return {
        "source loss + domain gap (kept)": note["kept_epoch"] - 1,
        **best,
        "last epoch": len(note["auc"]) - 1,
        "best AUC, with labels": note["auc"].index(max(note["auc"])),
    }


def full_size(records):
    """Rows of Tables 1 and 2 with frames of 720 x 720, beside those of the same seed and frames
    binned 4 x 4: a dict."""
    found = [
        (row, next(one for one in record["rows"] if all(one[key] == row[key] for key in KEYS)))
        for record in records
        for row in record.get("full_size", ())
    ]
    if not found:
        return None
    lines, gains = [], []
    for pair in found:
        gains.append(advantage(*([[row]] for row in pair)))
        rates = [rate_text(row[f"{kind}_found"], row[f"{kind}_total"])
                 for kind in ("hits", "misses") for row in pair]  # fmt: skip
        row = pair[0]
        lines.append((row["table"], row["train"], row["test_on"], row["seed"], *rates))
    header = ("table", "trained on", "tested on", "seed", "recall, 720 x 720", "recall, 180 x 180",
              "specificity, 720 x 720", "specificity, 180 x 180")  # fmt: skip
    sides = [[[pair[i]] for pair in found] for i in (0, 1)]
    return {
        "table": table(header, lines), "rows": len(found),
        "more": sum(gain.low > 0 for gain in gains),
        "fewer": sum(gain.high < 0 for gain in gains),
        "mean": {kind: advantage(*sides, kind) for kind in ("hits", "misses")},
    }  # fmt: skip


def unseen(records):
    """What each network reaches on runs of another detector, a line each: a table, or None."""
    rows = [row for record in records for row in record["further"] if row["test_on"] in UNSEEN]
    groups = {}
    for row in rows:
        groups.setdefault((row["test_on"], row["method"], row["train"]), []).append(row)
    lines = []
    for about in sorted(groups, key=lambda about: (about[0], METHODS.index(about[1]), about[2])):
        found = groups[about]
        rates = [advantage([found], (), kind) for kind in ("hits", "misses")]
        auc = within(spread([row["auc"] for row in found])).text(1, 4)
        lines.append((*about, len(found), *rates, auc, advantage([at_95(found)])))
    header = ("run", "method", "trained on", "seeds", "recall, %", "specificity, %", "AUC",
              "recall at 95 % specificity, %")  # fmt: skip
    return table(header, lines) if lines else None


def within(rate):
    """A rate whose interval ends at 0 and 100 %; that of one training has none."""
    if math.isinf(rate.low):
        return rate
    return Estimate(rate.value, max(rate.low, 0.0), min(rate.high, 1.0))
