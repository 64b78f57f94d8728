"""Claims about few labels (lesson 11), and how few are enough, judged by the committed results.

The rule is that of `sfxtutor.paper.intervals`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ..paper.intervals import Estimate, above, advantage, spread, verdict
from ..results import at_95
from ..runs.datasets import TWINS
from .budgets import chosen, rows as committed
from .claims import Claim, judged, unresolved

ENOUGH = 0.95  # recall and specificity that count as enough
RWD, CNN, SPOTS = "RWD 1D CNN", "small CNN", "spot count"
ONE, FIVE = f"{RWD}, one member", f"{RWD}, 5 members"
UNCERTAIN = f"{FIVE}, most uncertain"
WEAK, RULE = f"{RWD}, weak labels from 4 spots", f"{SPOTS}, 4 or more"
THRESHOLD = ", threshold from labels"
STACK = "stacking of RWD, CNN, spots"
SELF = f"{RWD}, self-training on surest decisions"
NOISY, CLEANED = f"{RWD}, 20% wrong, as given", f"{RWD}, 20% wrong, without the flagged"
UNMARKED = f"{RWD}, hits marked, unmarked as misses"
MARKED = f"{RWD}, hits marked, positive-unlabelled"
HUMAN = (ONE, FIVE, UNCERTAIN, SPOTS + THRESHOLD, WEAK + THRESHOLD)
NONE = (RULE, WEAK)  # these need no label

COMPARED = tuple(
    Claim(id, f"{text}, on each run.", better, worse)
    for id, better, worse, text in (
        ("five-beat-one", (FIVE, 200), (ONE, 200),
         "With 200 labels the mean of five networks finds more hits than one of them"),
        ("five-beat-one-with-fifty", (FIVE, 50), (ONE, 50),
         "With 50 labels the mean of five networks finds more hits than one of them"),
        ("bagging-beats-five", (f"{RWD}, bagging", 50), (FIVE, 50),
         "With 50 labels bagging finds more hits than five networks that learn from all of them"),
        ("snapshots-beat-one", (f"{RWD}, snapshots", 50), (ONE, 50),
         "With 50 labels five snapshots of one training find more hits than its first one"),
        ("twice-the-steps", (f"{RWD}, twice the steps", 200), (ONE, 200),
         "Control: with 200 labels and twice the steps one network finds more hits"),
        ("stacking-beats-cnn", (STACK, 200), (CNN, 200),
         "With 200 labels stacking of RWD, images and the spot count finds more hits than the "
         "small CNN"),
        ("stacking-beats-spots", (STACK, 200), (SPOTS + THRESHOLD, 200),
         "With 200 labels stacking of RWD, images and the spot count finds more hits than a "
         "threshold on the spot count"),
        ("uncertain-beat-random", (UNCERTAIN, 100), (FIVE, 100),
         "With 100 labels five networks find more hits where they chose the frames by their "
         "uncertainty than where these were drawn at random"),
        ("weak-labels-beat-200", (WEAK, 0), (ONE, 200),
         "Without a human label, the 1D CNN that learned from the spot count finds more hits than "
         "the one with 200 labels"),
        ("student-beats-its-labeller", (WEAK, 0), (RULE, 0),
         "The 1D CNN finds more hits than the spot count that gave its labels"),
        ("self-training-gains", (SELF, 0), (WEAK, 0),
         "Trained again on its own surest decisions, the 1D CNN finds more hits"),
        ("cleaning-gains", (CLEANED, 200), (NOISY, 200),
         "Where 40 of 200 labels are wrong, the 1D CNN finds more hits without the labels that "
         "confident learning flags"),
        ("positive-unlabelled-gains", (MARKED, 50), (UNMARKED, 50),
         "With 50 marked hits the positive-unlabelled loss finds more hits than counting every "
         "unmarked frame as a miss"),
    )
)  # fmt: skip


def claims(rows: list[dict] | None = None) -> list[dict]:
    """Judge the claims of lesson 11.

    Parameters
    ----------
    rows : list of dict, optional, as from `budgets.rows`; those of its part that are committed

    Returns
    -------
    list of dict
        {id, text, verdict, detail, at_half}, as `beyond.claims.claims` gives them.
    """
    rows = committed("ensembles") if rows is None else rows
    return [
        *(judged(claim, rows) for claim in COMPARED),
        reached(rows, "no-label-is-enough", RULE, 0,
                "Without a human label, four spots or more reach a recall and a specificity of "
                "95 % on each run."),
        reached(rows, "chosen-labels-are-enough", UNCERTAIN, 100,
                "100 labels of the most uncertain frames bring the 1D CNN to a recall and a "
                "specificity of 95 % on each run."),
        of_trainings(rows, "flagged-are-wrong", NOISY, flagged_wrong,
                     "Where 40 of 200 labels are wrong, more than half of those that confident "
                     "learning flags are wrong, on each run."),
        of_trainings(rows, "disagreement-finds-errors", FIVE, more_by_disagreement,
                     "With 50 labels, the tenth of the frames with the highest disagreement holds "
                     "more errors than the tenth with p nearest to 0.5, on each run.", 50),
    ]  # fmt: skip


def rates(rows: list[dict], run: str, method: str, labels: int) -> tuple[Estimate, Estimate]:
    """Recall and specificity at the method's own threshold, on one run: two `Estimate`."""
    found = chosen(rows, run, method, labels)
    return advantage([found]), advantage([found], kind="misses")


def reached(rows, id, method, labels, text):
    """The claim that a method has both rates above `ENOUGH`, as a dict; see `claims`.

    Its `verdict` is of the recall where 95 % of the misses are recognised, which needs no
    threshold; `at_half` of recall and specificity at the method's own.
    """
    found = {"id": id, "text": text}
    try:
        own = {run: rates(rows, run, method, labels) for run in TWINS}
    except KeyError as missing:
        return found | unresolved(missing)
    ranked = {run: advantage([at_95(chosen(rows, run, method, labels))]) for run in TWINS}
    parts = [
        f"{run} recall {both[0]} %, specificity {both[1]} %, recall at 95 % specificity "
        f"{ranked[run]} %"
        for run, both in own.items()
    ]
    return found | {
        "verdict": verdict([above(one, ENOUGH) for one in ranked.values()]),
        "at_half": verdict([above(one, ENOUGH) for both in own.values() for one in both]),
        "detail": f"{'; '.join(parts)}. {tested(rows, method, labels)}",
    }


def of_trainings(rows, id, method, number, text, labels=200):
    """The claim that a number of each training is above 0, on each run, as a dict."""
    found = {"id": id, "text": text}
    try:
        groups = {run: chosen(rows, run, method, labels) for run in TWINS}
    except KeyError as missing:
        return found | unresolved(missing)
    margins = {run: spread([number(row)[0] for row in group]) for run, group in groups.items()}
    counts = {
        run: [sum(column) for column in zip(*(number(row)[1] for row in group), strict=True)]
        for run, group in groups.items()
    }
    parts = [f"{run} {margins[run]} points ({a} against {b})" for run, (a, b) in counts.items()]
    says = verdict(list(margins.values()))
    detail = f"Above the limit by: {'; '.join(parts)}. {tested(rows, method, labels)}"
    return found | {"verdict": says, "at_half": says, "detail": detail}


def flagged_wrong(row):
    """How far the share of flagged labels that are wrong is above a half; flagged wrong, right."""
    wrong, flagged = row["errors_flagged"], row["flagged"]
    return (wrong / flagged if flagged else 0.0) - 0.5, (wrong, flagged - wrong)


def more_by_disagreement(row):
    """Errors found by disagreement less those found by entropy, as a share of all; both counts."""
    counts = row["errors_by_disagreement"], row["errors_by_entropy"]
    return (counts[0] - counts[1]) / max(1, row["errors"]), counts


def tested(rows, method, labels):
    """What the numbers are of: positives and misses tested on each run, and the seeds."""
    groups = {run: chosen(rows, run, method, labels) for run in TWINS}
    counts = [f"{run} {g[0]['hits_total']} and {g[0]['misses_total']}" for run, g in groups.items()]
    seeds = len({row["seed"] for group in groups.values() for row in group})
    return f"Positives and misses tested: {', '.join(counts)}; {seeds} seeds."


class Fewest(NamedTuple):
    """The fewest labels that are enough, and what is reached with them."""

    labels: int | None  # None: no budget of the study is enough
    recall: Estimate | None = None
    specificity: Estimate | None = None

    def __str__(self):
        if self.labels is None:
            return "not reached"
        return f"{self.labels} ({100 * self.recall.value:.1f} / {100 * self.specificity.value:.1f})"


def fewest(rows: list[dict], run: str, method: str, limit: float = ENOUGH) -> Fewest:
    """The smallest number of labels from which on recall and specificity are above the limit.

    At the method's own threshold; above means that the whole 95 % interval over frames and seeds
    lies there, with that number of labels and with every larger one.
    """
    budgets, best = sorted({row["labels"] for row in chosen(rows, run, method)}), Fewest(None)
    for labels in reversed(budgets):
        both = rates(rows, run, method, labels)
        if min(rate.low for rate in both) <= limit:
            break
        best = Fewest(labels, *both)
    return best


def answer(rows: list[dict], methods: Iterable[str] = (*NONE, *HUMAN)) -> dict:
    """For each run and each of the methods the `Fewest` labels: {run: {method: Fewest}}."""
    return {run: {method: fewest(rows, run, method) for method in methods} for run in TWINS}
