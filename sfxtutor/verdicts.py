"""Does a claim of the paper hold here?  Verdicts computed from counts, intervals and seeds.

The rule, for every claim alike.  A claim is broken up into statements, one per run (or one on the
mean over runs), each of them about a number: "recall on LN83, minus 90 %, is above 0".  From the
number's 95 % interval, a statement is

- shown, if the whole interval lies above 0;
- refuted, if the whole interval lies below 0;
- open, if 0 is in it.

The claim holds if every statement is shown, fails if one is refuted, else it is unresolved.

An interval has two parts, added in quadrature.  The test frames: Wilson's interval of each rate,
combined for a difference or a mean as Newcombe does (Stat. Med. 17, 873, 1998), taking the rates
as independent; where both are measured on the same frames that is a little too wide.  The seeds:
Student's interval of their mean.  All seeds are tested on the same frames, so their counts are
averaged and never added up.  With one seed the second part is unknown and left out, and said so.
"""

import math
import statistics
from dataclasses import dataclass

from scipy.special import stdtrit

from .evaluate import counts_of, wilson

FULL, FEW = "2D CNN, 1200 labels", "2D CNN, 200 labels"
RWD, RWD_AWAY = "RWD 1D CNN, 200 labels", "RWD 1D CNN across datasets"
METHODS = (FULL, FEW, RWD, RWD_AWAY)
RUNS = ("LN83", "LN84", "LO19")
PAIRS = tuple((home, away) for home in RUNS for away in RUNS if home != away)
ENOUGH = 0.90  # recall that counts as finding the hits
PAPER_SPEEDUP = 88  # 11,123 vectors/s against 126 frames/s


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; as text, times 100: percent, or points of a difference."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{100 * self.value:.1f} ({100 * self.low:.1f} to {100 * self.high:.1f})"


def rate(rows, kind="hits"):
    """Recall ("hits") or specificity ("misses") of rows that differ in their seed: `Estimate`."""
    n = rows[0][f"{kind}_total"]
    found = [row[f"{kind}_found"] for row in rows]
    mean = statistics.fmean(found)
    low, high = wilson(mean, n)
    seeds = _seed_error(found) / n
    value = mean / n
    return Estimate(
        value, value - math.hypot(value - low, seeds), value + math.hypot(high - value, seeds)
    )


def mean(estimates):
    """Mean of independent numbers: `Estimate`."""
    n = len(estimates)
    value = sum(e.value for e in estimates) / n
    below = math.hypot(*(e.value - e.low for e in estimates)) / n
    above = math.hypot(*(e.high - e.value for e in estimates)) / n
    return Estimate(value, value - below, value + above)


def difference(a, b):
    """a - b of two independent numbers, Newcombe's interval: `Estimate`."""
    value = a.value - b.value
    below = math.hypot(a.value - a.low, b.high - b.value)
    above = math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, value - below, value + above)


def verdict(margins):
    """The rule: "holds", "fails" or "unresolved" from the statements' numbers, each against 0."""
    if any(margin.high < 0 for margin in margins):
        return "fails"
    return "holds" if all(margin.low > 0 for margin in margins) else "unresolved"


def claims(rows, speeds=None):
    """Judge the paper's claims on benchmark CNN and RWD by these rows.

    Parameters
    ----------
    rows : list of dict, as in `results.json`, of one source and profile; any number of seeds
    speeds : dict, optional
        "rwd" and "cnn", each (median, low, high) inputs per second of the model alone, measured on
        one backend; "arithmetic", multiply-adds of the 2D CNN over those of the 1D; "setting",
        str, what was measured on what.

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
    # two lessons may save the same training: a seed counts once
    latest = {(row["method"], row["train"], row["test_on"], row["seed"]): row for row in rows}
    groups = {}
    for (*key, _), row in latest.items():
        if row["method"] in METHODS:
            groups.setdefault(tuple(key), []).append(row)
    judged = []
    for name, text, judge in CLAIMS:
        try:
            margins, detail = judge(groups)
            found = verdict(margins)
        except KeyError as missing:
            method, train, test_on = missing.args[0]
            found = "unresolved"
            detail = f"Not computed: {method}, trained on {train}, tested on {test_on}."
        else:
            detail = f"{detail}. {_seeds(groups)}."
        judged.append({"id": name, "text": text, "verdict": found, "detail": detail})
    return [*judged, _speed_claim(speeds)]


def _full_labels_find_hits(groups):
    recalls = {run: rate(groups[FULL, run, run]) for run in RUNS}
    margins = [
        Estimate(r.value - ENOUGH, r.low - ENOUGH, r.high - ENOUGH) for r in recalls.values()
    ]
    return margins, "Recall in %: " + "; ".join(f"{run} {r}" for run, r in recalls.items())


def _few_labels_find_fewer(groups):
    return _compare(groups, FULL, FEW)


def _rwd_beats_cnn_with_few(groups):
    return _compare(groups, RWD, FEW)


def _rwd_travels(groups):
    losses, parts = [], []
    for name, at_home, away in (("2D CNN", FULL, FULL), ("RWD", RWD, RWD_AWAY)):
        own = mean([rate(groups[at_home, run, run]) for run in RUNS])
        other = mean([rate(groups[away, home, run]) for home, run in PAIRS])
        losses.append(difference(own, other))
        parts.append(
            f"{name}: recall {100 * own.value:.1f} % at home, {100 * other.value:.1f} % on other "
            f"runs, loss {losses[-1]} points"
        )
    more = difference(*losses)
    return [losses[0], more], "; ".join(parts) + f"; the 2D CNN loses {more} points more"


# Each judge takes {(method, train, test_on): rows} and gives the statements' margins and a detail.
CLAIMS = (
    (
        "full-labels-find-hits",
        "With 1,200 labels the 2D CNN finds at least 90 % of the hits of each run.",
        _full_labels_find_hits,
    ),
    (
        "few-labels-find-fewer",
        "With 200 labels the 2D CNN finds fewer hits than with 1,200, on each run.",
        _few_labels_find_fewer,
    ),
    (
        "rwd-beats-cnn-with-few",
        "With 200 labels the 1D CNN on RWD finds more hits than the 2D CNN, on each run.",
        _rwd_beats_cnn_with_few,
    ),
    (
        "rwd-travels",
        "On runs it was not trained on the 2D CNN loses recall, and the 1D CNN on RWD less so.",
        _rwd_travels,
    ),
)


def _compare(groups, better, worse):
    """Margins and detail of "this method's recall is the higher one, on each run"."""
    margins, parts = [], []
    for run in RUNS:
        a, b = groups[better, run, run], groups[worse, run, run]
        margins.append(difference(rate(a), rate(b)))
        balanced = [
            statistics.fmean(counts_of(row).balanced_accuracy for row in rows) for rows in (a, b)
        ]
        parts.append(
            f"{run} {100 * rate(a).value:.1f} against {100 * rate(b).value:.1f} %, difference "
            f"{margins[-1]} points, balanced accuracy {100 * balanced[0]:.1f} against "
            f"{100 * balanced[1]:.1f} %"
        )
    return margins, f"Recall of {better} against {worse}: " + "; ".join(parts)


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
    margin = Estimate(*(number - PAPER_SPEEDUP for number in (ratio.value, ratio.low, ratio.high)))
    detail = (
        f"{rwd.value:,.0f} vectors/s against {cnn.value:,.0f} frames/s: {ratio.value:.0f} times "
        f"({ratio.low:.0f} to {ratio.high:.0f} over the repeats); the arithmetic alone is "
        f"{speeds['arithmetic']:.0f} times less. {speeds['setting']}."
    )
    return claim | {"verdict": verdict([margin]), "detail": detail}


def _seeds(groups):
    numbers = {len(rows) for rows in groups.values()}
    if max(numbers) == 1:
        return "One seed: the spread from training to training is not in the intervals"
    return (
        f"{min(numbers)} to {max(numbers)} seeds" if len(numbers) > 1 else f"{max(numbers)} seeds"
    )


def _seed_error(found):
    """Half the width of Student's 95 % interval of the mean; 0 for a single seed."""
    m = len(found)
    if m < 2:
        return 0.0
    return float(stdtrit(m - 1, 0.975)) * statistics.stdev(found) / math.sqrt(m)
