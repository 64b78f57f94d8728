"""The paper's claims, each as statements about numbers that the lessons computed.

A judge is a function named and documented by its claim.  It takes the `Evidence` and gives the
margins, each shown where it is above 0 (see `intervals.verdict`), and a detail in words.  A number
that was not computed raises a KeyError that names it.
"""

import math
import statistics
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from ..results import counts_of
from ..runs.datasets import TWINS
from .intervals import SMALLEST, Estimate, above, advantage, difference, spread, verdict

FULL, FEW = "2D CNN, 1200 labels", "2D CNN, 200 labels"
RWD, RWD_AWAY = "RWD 1D CNN, 200 labels", "RWD 1D CNN across datasets"
TRANSFER, DANN = "transfer, 200 target labels", "DANN, 0 target labels"
UNTUNED = "2D CNN, source only"
METHODS = (FULL, FEW, RWD, RWD_AWAY, TRANSFER, DANN, UNTUNED)
PAIRS = tuple((home, away) for home in TWINS for away in TWINS if home != away)
FURTHER = 10_000  # frames of a run beyond its 2,000, on which the twin's results are judged
ENOUGH = 0.90  # recall that counts as finding the hits
PAPER_SPEEDUP = 88  # 11,123 vectors/s against 126 frames/s


class Evidence(NamedTuple):
    """What the lessons computed: rows by (method, train, adapt_to, test_on, frames tested), each
    group of them differing in the seed, and what lesson 07 saves of each DANN it trained.

    `used` are the groups that were looked up, for one claim."""

    groups: dict
    domains: list
    used: list

    def rows(self, method, train, test_on, adapt_to="", frames=None):
        """The rows of that kind, of any number of tested frames if it is not given."""
        for key, rows in self.groups.items():
            if key[:4] == (method, train, adapt_to, test_on) and frames in (None, key[4]):
                self.used.append(rows)
                return rows
        same = FULL, train, adapt_to, test_on, FURTHER  # the untuned network, on further frames
        if method == UNTUNED and same in self.groups:
            return self.rows(FULL, train, test_on, adapt_to, FURTHER)
        adapted = f", adapted to {adapt_to}" if adapt_to else ""
        raise KeyError(f"{method}, trained on {train}{adapted}, tested on {test_on}")


def claims(
    rows: list[dict], speeds: dict | None = None, domains: Iterable[dict] = ()
) -> list[dict]:
    """Judge the paper's claims by these rows.

    Parameters
    ----------
    rows : list of dict, as in `results.json`, of one source and profile; any number of seeds
    speeds : dict, optional
        "rwd" and "cnn", each (median, low, high) inputs per second of the model alone, measured on
        one backend; "arithmetic", multiply-adds of the 2D CNN over those of the 1D; "setting",
        str, what was measured on what.
    domains : list of dict, optional
        For each DANN trained: "source", "target", "seed", "val_loss" and "domain_val_loss" by
        epoch, "a_distance" and "neighbours" of "source only" and "DANN".

    Returns
    -------
    list of dict
        {id, text, verdict, detail} for each claim; one that was not computed is "unresolved".

    Raises
    ------
    ValueError
        If the rows mix sources or profiles.
    """
    origins = {(row["source"], row["profile"]) for row in rows}
    if len(origins) > 1:
        raise ValueError(
            f"Found rows of {sorted(origins)}, expected one source and one profile. "
            "Judge them one by one."
        )
    groups, domains, judged = _groups(rows), list(domains), []
    for judge in JUDGES:
        evidence = Evidence(groups, domains, [])
        name, text = judge.__name__.replace("_", "-"), " ".join(judge.__doc__.split())
        try:
            margins, detail = judge(evidence)
            least = 0 if judge in OF_LIMITS else SMALLEST
            says = verdict(margins, least)
        except KeyError as missing:
            says, detail = "unresolved", f"Not computed: {missing.args[0]}."
        else:
            # the spread of several trainings is all that those margins hold
            detail += "." if judge in OF_TRAININGS else f". {_seeds(evidence.used)}."
            seeds = max(map(len, evidence.used), default=len({one["seed"] for one in domains}))
            detail += _needed(margins, least, seeds) if says == "unresolved" else ""
        judged.append({"id": name, "text": text, "verdict": says, "detail": detail})
    return [*judged, _speed_claim(speeds)]


def _groups(rows):
    """Rows by what they are about; two lessons may save the same training: a seed counts once."""
    groups = {}
    for row in rows:
        if row["method"] in METHODS:
            frames = row["hits_total"] + row["misses_total"]
            key = (row["method"], row["train"], row["adapt_to"], row["test_on"], frames)
            groups.setdefault(key, {})[row["seed"]] = row
    return {key: list(by_seed.values()) for key, by_seed in groups.items()}


def full_labels_find_hits(evidence):
    """With 1,200 labels the 2D CNN finds at least 90 % of the hits of each run."""
    recalls = {run: advantage([evidence.rows(FULL, run, run)]) for run in TWINS}
    margins = [above(recall, ENOUGH) for recall in recalls.values()]
    return margins, "Recall in %: " + "; ".join(f"{run} {r}" for run, r in recalls.items())


def few_labels_find_fewer(evidence):
    """With 200 labels the 2D CNN finds fewer hits than with 1,200, on each run."""
    return _by_run(evidence, FULL, FEW)


def rwd_beats_cnn_with_few(evidence):
    """With 200 labels the 1D CNN on RWD finds more hits than the 2D CNN, on each run."""
    return _by_run(evidence, RWD, FEW)


def _by_run(evidence, better, worse):
    """Margins and detail of "this method's recall is the higher one, on each run"."""
    sides = {run: [[evidence.rows(name, run, run)] for name in (better, worse)] for run in TWINS}
    return _compare(better, worse, sides)


def transfer_beats_scratch(evidence):
    """With 200 labels transfer finds more hits than training from scratch, on each run."""
    sides = {
        run: (_adapted(evidence, TRANSFER, run), [evidence.rows(FEW, run, run)]) for run in TWINS
    }
    return _compare(TRANSFER, FEW, sides)


def transfer_beats_untuned(evidence):
    """Transfer finds more hits of the target than the source's CNN untuned, on each run."""
    return _compare(TRANSFER, UNTUNED, _against_untuned(evidence, TRANSFER, 1600))


def dann_beats_untuned(evidence):
    """A DANN, without target labels, finds more hits than the source's CNN, on each run."""
    return _compare(DANN, UNTUNED, _against_untuned(evidence, DANN, 2000))


def transfer_beats_dann(evidence):
    """Transfer finds a few more hits of the target than a DANN, over all pairs."""
    sides = {
        run: (_adapted(evidence, TRANSFER, run), _adapted(evidence, DANN, run)) for run in TWINS
    }
    _, detail = _compare(TRANSFER, DANN, sides)
    margin = advantage(*([rows for run in TWINS for rows in sides[run][i]] for i in (0, 1)))
    return [margin], f"{detail}; over all pairs the difference is {margin} points"


def dann_keeps_its_source(evidence):
    """A DANN still finds at least 90 % of the hits of its source, over all pairs."""
    after = {(a, b): evidence.rows(DANN, a, a, b) for a, b in PAIRS}
    average = advantage(list(after.values()))
    parts = "; ".join(f"{a} adapted to {b} {advantage([r])}" for (a, b), r in after.items())
    return [above(average, ENOUGH)], f"Recall on the source, mean {average} %: {parts}"


def _adapted(evidence, method, target):
    """Rows of a method on a target, one group for each of the sources."""
    return [evidence.rows(method, home, away, away) for home, away in PAIRS if away == target]


def _against_untuned(evidence, method, frames):
    """For each target an adapted method's rows, and the source CNN's on the same frames."""
    return {
        run: (
            _adapted(evidence, method, run),
            [evidence.rows(UNTUNED, a, b, frames=frames) for a, b in PAIRS if b == run],
        )
        for run in TWINS
    }


def _compare(better, worse, sides):
    """Margins, one per run, and detail of "the first side's recall is the higher one"."""
    margins, parts = [], []
    for run, groups in sides.items():
        margins.append(advantage(*groups))
        a, b = (100 * advantage(side).value for side in groups)
        both = [_balanced([row for rows in side for row in rows]) for side in groups]
        parts.append(
            f"{run} {a:.1f} against {b:.1f} %, difference {margins[-1]} points, balanced accuracy "
            "{:.1f} against {:.1f} %".format(*both)
        )
    return margins, f"Recall of {better} against {worse}: " + "; ".join(parts)


def _balanced(rows):
    return 100 * statistics.fmean(counts_of(row).balanced_accuracy for row in rows)


def rwd_travels(evidence):
    """On runs it was not trained on the 2D CNN loses recall, and the 1D CNN on RWD less so."""
    losses, parts = [], []
    for name, at_home, away in (("2D CNN", FULL, FULL), ("RWD", RWD, RWD_AWAY)):
        own = [evidence.rows(at_home, run, run) for run in TWINS]
        other = [evidence.rows(away, home, run) for home, run in PAIRS]
        losses.append(advantage(own, other))
        here, there = (100 * advantage(side).value for side in (own, other))
        parts.append(
            f"{name}: recall {here:.1f} % at home, {there:.1f} % on other "
            f"runs, loss {losses[-1]} points"
        )
    more = difference(*losses)
    return [losses[0], more], "; ".join(parts) + f"; the 2D CNN loses {more} points more"


def rwd_recall_for_specificity(evidence):
    """On other runs RWD finds more hits than the 2D CNN, and recognises fewer misses."""
    margins, parts = [], []
    for kind, name in (("hits", "recall"), ("misses", "specificity")):
        rwd, cnn = (
            [evidence.rows(method, home, run) for home, run in PAIRS] for method in (RWD_AWAY, FULL)
        )
        margins.append(advantage(*((rwd, cnn) if kind == "hits" else (cnn, rwd)), kind))
        both = advantage(rwd, (), kind), advantage(cnn, (), kind)
        parts.append("{} of RWD {} %, of the 2D CNN {} %".format(name, *both))
    return margins, "On other runs, mean of six pairs: " + "; ".join(parts)


def heads_converge_and_oscillate(evidence):
    """In a DANN the label head's loss converges while the domain head's oscillates."""
    pairs = _domains(evidence)
    label, domain = ([straightness(p[of]) for p in pairs] for of in ("val_loss", "domain_val_loss"))
    more = spread([a - b for a, b in zip(label, domain, strict=True)])
    detail = (
        "Net change of the validation loss over its total variation, 1 for a straight descent, 0 "
        f"for a return to the start: label head {spread(label)} %, domain head {spread(domain)} %, "
        f"difference {more} points, {len(label)} trainings"
    )
    return [more], detail


def straightness(losses):
    """How straight a loss falls from first to last epoch: net fall / length of the way, -1 to 1."""
    way = sum(abs(b - a) for a, b in pairwise(losses))
    return (losses[0] - losses[-1]) / way if way else 0.0


def dann_overlaps_more(evidence):
    """Features of source and target overlap more in a DANN than in the source's CNN."""
    pairs = _domains(evidence)
    nearer = [p["a_distance"]["source only"] - p["a_distance"]["DANN"] for p in pairs]
    mixed = [p["neighbours"]["DANN"] - p["neighbours"]["source only"] for p in pairs]
    margins = [spread(nearer), spread(mixed)]
    numbers = [margin.text(1, 2) for margin in margins]
    detail = (
        f"Proxy A-distance of source and target falls by {numbers[0]} of at most 2; share of "
        f"neighbours from the other run, of what full mixing gives, rises by {numbers[1]}; "
        f"{len(pairs)} trainings"
    )
    return margins, detail


def _domains(evidence):
    if not evidence.domains:
        raise KeyError("the DANN trainings of lesson 07")
    return evidence.domains


OF_TRAININGS = (heads_converge_and_oscillate, dann_overlaps_more)
OF_LIMITS = (full_labels_find_hits, dann_keeps_its_source, *OF_TRAININGS)
# Ids of claims on specificity or on no rate at all: no meaning where it is 95 % for all.
NOT_AT_95 = {f.__name__.replace("_", "-") for f in (rwd_recall_for_specificity, *OF_TRAININGS)}
NOT_AT_95.add("rwd-is-faster")
JUDGES = (
    full_labels_find_hits,
    few_labels_find_fewer,
    rwd_beats_cnn_with_few,
    rwd_travels,
    rwd_recall_for_specificity,
    transfer_beats_scratch,
    transfer_beats_untuned,
    dann_beats_untuned,
    transfer_beats_dann,
    dann_keeps_its_source,
    *OF_TRAININGS,
)


def _speed_claim(speeds):
    """The claim on speed: the slowest ratio that the repeats allow must reach the paper's 88."""
    claim = {
        "id": "rwd-is-faster",
        "text": f"Model only, the 1D CNN is at least {PAPER_SPEEDUP} times as fast as the 2D CNN.",
    }
    if speeds is None:
        return claim | {"verdict": "unresolved", "detail": "Not computed: the speeds."}
    rwd, cnn = Estimate(*speeds["rwd"]), Estimate(*speeds["cnn"])
    ratio = Estimate(rwd.value / cnn.value, rwd.low / cnn.high, rwd.high / cnn.low)
    detail = (
        f"{rwd.value:,.0f} vectors/s against {cnn.value:,.0f} frames/s: {ratio.value:.0f} times "
        f"({ratio.low:.0f} to {ratio.high:.0f} over the repeats); the number of operations "
        f"alone is {speeds['arithmetic']:.0f} times smaller. {speeds['setting']}."
    )
    return claim | {"verdict": verdict([above(ratio, PAPER_SPEEDUP)]), "detail": detail}


def _needed(margins, least, seeds):
    """How many seeds it would take, if their number alone made intervals narrower; a sentence."""
    if seeds <= 1 or any(math.isinf(margin.low) for margin in margins):
        return ""
    times = [
        ((m.high - m.low) / 2 / max(abs(m.value), abs(least - m.value), 1e-9)) ** 2
        for m in margins
        if m.low <= 0 <= m.high
    ]
    needed = max(seeds + 1, math.ceil(seeds * max(times, default=1)))
    return f" {f'About {needed}' if needed <= 100 else 'More than 100'} seeds would decide it."


def _seeds(used):
    numbers = sorted({len(rows) for rows in used} or {1})
    unknown = "the spread from training to training is not in the intervals"
    if numbers[-1] == 1:
        return f"One seed: {unknown}"
    text = " to ".join(map(str, {numbers[0]: 0, numbers[-1]: 0})) + " seeds"
    return f"{text}; where there is one, {unknown}" if numbers[0] == 1 else text
