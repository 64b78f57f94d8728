"""docs/screening.md: the shipped models, by the notes beside them and what the judge measured."""

import json
from pathlib import Path

from sfxtutor.beamline.model.screener import MODELS
from sfxtutor.metrics import rate_text
from sfxtutor.paper.intervals import Estimate

from .markdown import table

DETECTORS = Path(__file__).resolve().parents[2] / "data" / "results" / "detectors.json"


def values():
    """What the template says."""
    peaks, rwd = (json.loads((MODELS / f"{name}.json").read_text(encoding="utf-8"))
                  for name in ("peaks", "rwd"))  # fmt: skip
    judged = json.loads(DETECTORS.read_text(encoding="utf-8"))
    left_out = rwd["auc of model and spot count, family left out"].items()
    families = [(name, f"{model:.3f}", f"{spots:.3f}") for name, (model, spots) in left_out]
    return {
        "threshold": peaks["threshold"], "recall": peaks["wanted recall"],
        "held_out": peaks["on detectors left out"], "clear": peaks["clear hits and blanks"],
        "lines": peaks["lines"], "shots": peaks["shots"],
        "reliability": reliability(peaks["reliability"]),
        "twins": twins(peaks["twins"], rwd["twins"]),
        "better": better(peaks["twins"], rwd["twins"]), "rwd_threshold": rwd["threshold"],
        "rwd_recall": rwd["wanted recall"], "rwd_held_out": rwd["on beamlines left out"],
        "families": table(("family held out", "AUC, rwd", "AUC, spot count"), families),
        "lowest": rwd["least reading"], "beamlines": rwd["beamlines"],
        "per_case": " or ".join(map(str, sorted({row["frames"] for row in judged["rows"]}))),
        "detectors": detectors(judged["rows"]),
        "blanks": blanks(judged["blanks"], judged["rows"]),
        "kinds": len(next(iter(judged["blanks"].values()))), "worst": worst(judged["blanks"]),
    }  # fmt: skip


def detectors(rows):
    """A row for each detector and background, the AUC of each scorer."""
    cases = {}
    for row in rows:
        cases.setdefault((row["detector"], row["background"]), {})[row["scorer"]] = row
    lines = [
        (name, f"{level:g}", _area(by["peaks"]), by["peaks"]["recall"], by["peaks"]["specificity"],
         _area(by["spot count"]), _area(by["rwd"]))
        for (name, level), by in cases.items()
    ]  # fmt: skip
    head = ("detector", "photons a pixel", "AUC, peaks", "recall", "specificity", "spot count",
            "rwd")  # fmt: skip
    return table(head, lines)


def _area(row):
    """An AUC with its interval; a dash where most frames have no score."""
    if _blind(row):
        return "–"
    area = Estimate(*row["auc"])
    return f"{area.value:.3f} ({area.low:.2f} to {area.high:.2f})"


def _blind(row):
    """Whether most frames of a row have no score."""
    return 2 * row["unscored"] > row["frames"]


def blanks(by_detector, rows):
    """How many blanks each scorer calls hits, on each detector; a dash where it gives no score."""
    blind = {(row["detector"], row["scorer"]) for row in rows if _blind(row)}
    lines = []
    for detector, kinds in by_detector.items():
        names = [name for name in kinds[0][1] if name in ("peaks", "spot count", "rwd")]
        sums = [[sum(called[name][k] for _, called in kinds) for k in (0, 1)] for name in names]
        lines.append((detector, *("–" if (detector, name) in blind else rate_text(*pair)
                                  for name, pair in zip(names, sums, strict=True))))  # fmt: skip
    return table(("detector", *names), lines)


def worst(by_detector):
    """A sentence on the kinds of blanks that the peaks are called hits in."""
    called = {}
    for kinds in by_detector.values():
        for kind, counts in kinds:
            k, n = called.get(kind, (0, 0))
            called[kind] = k + counts["peaks"][0], n + counts["peaks"][1]
    wrong = sorted((kind for kind in called if called[kind][0]), key=lambda kind: -called[kind][0])
    if not wrong:
        return "With peaks, no kind has one."
    named = ", ".join(
        f"{kind.replace('_', ' ')} {called[kind][0]}/{called[kind][1]}" for kind in wrong
    )
    return f"With peaks they are of these kinds: {named}."


def twins(peaks, rwd):
    """The twins by the three."""
    lines = [
        (name, peaks[name]["model"], f"{peaks[name]['model_auc']:.4f}", rwd[name]["model"],
         f"{rwd[name]['model_auc']:.4f}", f"{rwd[name]['spot_auc']:.4f}")
        for name in peaks
    ]  # fmt: skip
    return table(("twin", "peaks", "AUC", "rwd, central crop", "AUC", "AUC, spot count"), lines)


def better(peaks, rwd):
    """A sentence on which model has the larger AUC on which twin."""
    first = [name for name in peaks if peaks[name]["model_auc"] > rwd[name]["model_auc"]]
    won = {"peaks": first, "rwd": [name for name in peaks if name not in first]}
    parts = [f"{model} on {' and '.join(names)}" for model, names in won.items() if names]
    return f"The larger AUC has {', '.join(parts)}."


def reliability(bins):
    """p against the share of hits among the frames that have it."""
    lines = [(f"{p:.3f}", n, rate_text(hits, n)) for n, p, hits in bins]
    return table(("mean p", "frames", "hits or maybes among them"), lines)
