"""Claims about learning from frames without labels (lesson 10), judged by the committed results.

Each module claims*.py of this folder has `claims(rows)`.  A claim is split into a statement for
each run, about a difference of two methods on the same draws of labels and the same frames; when it
holds is the rule of `sfxtutor.paper.intervals`.
"""

import statistics
from typing import NamedTuple

from ..paper.intervals import SMALLEST, above, verdict
from ..runs.datasets import TWINS
from .budgets import chosen, difference, rows as committed

AT = 50  # labels
RANDOM, GAN, CONTRASTIVE = "random base", "GAN base", "contrastive base"
PHOTOGRAPHS, SCRATCH = "contrastive base, crops and jitter", "small CNN from scratch, pooled"
SIMULATED = {"rwd": "RWD, simulated beamlines", "peaks": "peaks, simulated detectors"}
SPOTS = "spot count"


class Claim(NamedTuple):
    """That a method finds more than another, or, with `allowed`, at most so much less."""

    id: str
    text: str
    better: tuple  # method, labels
    worse: tuple
    allowed: float = 0.0


def _claim(id, better, worse, text, allowed=0.0):
    sides = [side if isinstance(side, tuple) else (side, AT) for side in (better, worse)]
    return Claim(id, f"{text}, on each run.", *sides, allowed)


CLAIMS = (
    _claim("gan-beats-random-flattened", f"{GAN}, flattened", f"{RANDOM}, flattened",
           "With 50 labels and flattened features a GAN's base finds more hits than a random one"),
    _claim("gan-beats-random-pooled", f"{GAN}, pooled", f"{RANDOM}, pooled",
           "With 50 labels and pooled features a GAN's base finds more hits than a random one"),
    _claim("contrastive-beats-random-flattened", f"{CONTRASTIVE}, flattened",
           f"{RANDOM}, flattened", "With 50 labels and flattened features a contrastive base finds "
           "more hits than a random one"),
    _claim("contrastive-beats-random-pooled", f"{CONTRASTIVE}, pooled", f"{RANDOM}, pooled",
           "With 50 labels and pooled features a contrastive base finds more hits than a random "
           "one"),
    _claim("pooled-beats-flattened", f"{RANDOM}, pooled", f"{RANDOM}, flattened",
           "With 50 labels and a random base, pooled features find more hits than flattened ones"),
    _claim("pooled-random-beats-flattened-gan", f"{RANDOM}, pooled", f"{GAN}, flattened",
           "With 50 labels a random base with pooled features finds more hits than a GAN's base "
           "with flattened ones"),
    _claim("true-augmentations-beat-photographs", f"{CONTRASTIVE}, flattened",
           f"{PHOTOGRAPHS}, flattened", "With 50 labels and flattened features, views that are "
           "true for diffraction give a contrastive base that finds more hits than crops and "
           "jitter do"),
    _claim("contrastive-beats-scratch", f"{CONTRASTIVE}, pooled", SCRATCH,
           "With 50 labels a contrastive base with pooled features finds more hits than the same "
           "network from scratch"),
    _claim("gan-beats-scratch", f"{GAN}, pooled", SCRATCH,
           "With 50 labels a GAN's base with pooled features finds more hits than the same network "
           "from scratch"),
    _claim("simulated-rwd-needs-no-label", (SIMULATED["rwd"], 0), (f"{CONTRASTIVE}, pooled", 200),
           "Without a label of the run, RWD trained on simulated beamlines finds at most a point "
           "fewer hits than a contrastive base with 200 labels", SMALLEST),
    _claim("simulated-peaks-need-no-label", (SIMULATED["peaks"], 0),
           (f"{CONTRASTIVE}, pooled", 200), "Without a label of the run, the model of peaks "
           "trained on simulated detectors finds at most a point fewer hits than a contrastive "
           "base with 200 labels", SMALLEST),
    _claim("spot-count-is-as-good", SPOTS, f"{CONTRASTIVE}, pooled",
           "With 50 labels a threshold on the spot count finds at most a point fewer hits than a "
           "contrastive base", SMALLEST),
)  # fmt: skip


def claims(rows: list[dict] | None = None) -> list[dict]:
    """Judge the claims of lesson 10.

    Parameters
    ----------
    rows : list of dict, optional, as from `budgets.rows`; those of its part that are committed

    Returns
    -------
    list of dict
        {id, text, verdict, detail, at_half}: the verdict on the recall where each method
        recognises 95 % of the misses; "at_half" on the mean of recall and specificity at p = 0.5
        (the spot count: at the threshold chosen with the labels).  A claim whose rows are missing
        is "unresolved".
    """
    rows = committed("pretraining") if rows is None else rows
    return [judged(claim, rows) for claim in CLAIMS]


def judged(claim, rows):
    """One claim as a dict, see `claims`."""
    found = {"id": claim.id, "text": claim.text}
    try:
        sides = {run: [chosen(rows, run, *side) for side in claim[2:4]] for run in TWINS}
    except KeyError as missing:
        return found | unresolved(missing)
    verdicts = {}
    for name, balanced in (("verdict", False), ("at_half", True)):
        margins = [above(difference(*pair, balanced), -claim.allowed) for pair in sides.values()]
        verdicts[name] = verdict(margins, 0 if claim.allowed else SMALLEST)
    return found | verdicts | {"detail": described(sides)}


def unresolved(missing):
    """What is said of a claim whose rows are missing, by the KeyError that names them: a dict."""
    detail = f"Not computed: {missing.args[0]}."
    return {"verdict": "unresolved", "at_half": "unresolved", "detail": detail}


def described(sides):
    """The numbers behind a claim: rates, differences with intervals, areas, by run."""
    parts = []
    for run, pair in sides.items():
        found = [100 * statistics.fmean(r["hits_at_95"] / r["hits_total"] for r in s) for s in pair]
        areas = [statistics.fmean(row["auc"] for row in side) for side in pair]
        parts.append(
            f"{run} {found[0]:.1f} against {found[1]:.1f} %, difference {difference(*pair)} points "
            f"(at p = 0.5, mean of both rates: {difference(*pair, True)} points), AUC "
            f"{areas[0]:.4f} against {areas[1]:.4f}"
        )
    rows = [row for pair in sides.values() for side in pair for row in side]
    seeds = len({row["seed"] for row in rows})
    tested = ", ".join(f"{run} {pair[0][0]['hits_total']}" for run, pair in sides.items())
    return (
        f"Recall at 95 % specificity: {'; '.join(parts)}. Positives tested: {tested}; {seeds} "
        "seeds, the same draws of labels for both."
    )
