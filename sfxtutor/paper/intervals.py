"""When does a claim hold?  The rule, and the arithmetic of intervals over frames and trainings.

The rule, for every claim alike.  A claim is broken up into statements, one per run (or one on the
mean over runs), each of them about a number: "recall on LN83, minus 90 %, is above 0".  From the
number's 95 % interval, a statement is

- shown, if the whole interval lies above 0;
- refuted, if the whole interval lies below 0, or, for a difference of two methods, below
  `SMALLEST`: an effect of less than a point is none;
- open otherwise.

The claim holds if every statement is shown, fails if one is refuted, else it is unresolved.

An interval has two parts, added in quadrature.  The trainings: Student's interval of the mean over
seeds; of several trainings Welch's.  The test frames: where it is known which frames a method gets
wrong (`unpacked`), the variance of the difference frame by frame, so that what two methods have in
common cancels.  Else Wilson's interval of each rate, combined as Newcombe does (Stat. Med. 17, 873,
1998), as if they were independent, which is a little too wide on the same frames.  A rate's
interval ends at 0 and 100 %.  All seeds are tested on the same frames, so their counts are averaged
and never added up.  With one seed the first part is unknown and left out, and said so.
"""

import base64
import math
import statistics
import zlib
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from ..metrics import wilson

SMALLEST = 0.01  # difference of two rates that is worth a claim
WRONG = {"hits": "hits_missed", "misses": "misses_kept"}  # keys of a row: which frames are wrong


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; as text, times 100: percent, or points of a difference."""

    value: float
    low: float
    high: float

    def __str__(self):
        return self.text(100, 1)

    def text(self, scale, digits):
        """The number and its interval, times `scale`, with that many digits."""
        if math.isinf(self.low):  # see `spread`
            return f"{scale * self.value:.{digits}f} (one training, no interval)"
        numbers = [f"{scale * x:.{digits}f}" for x in (self.value, self.low, self.high)]
        return "{} ({} to {})".format(*numbers)


def rate(rows, kind="hits"):
    """Recall ("hits") or specificity ("misses") of rows that differ in their seed: `Estimate`."""
    n = rows[0][f"{kind}_total"]
    counts = [row[f"{kind}_found"] for row in rows]
    mean = statistics.fmean(counts)
    low, high = wilson(mean, n)
    seeds = _welch([counts]) / n
    value = mean / n
    below, above = math.hypot(value - low, seeds), math.hypot(high - value, seeds)
    return Estimate(value, max(0.0, value - below), min(1.0, value + above))


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


def paired_gain(truth, before, after):
    """Change of the mean of recall and specificity, of decisions on the same frames: `Estimate`.

    Only frames that are called differently count; for the width, a half more each way keeps one
    where there are none (Agresti and Min, Biometrics 61, 515, 2005).

    Parameters
    ----------
    truth : (n,) bool, True = hit or maybe
    before, after : (n,) bool
    """
    value = variance = 0.0
    for wanted in (True, False):
        old, new = (decision[truth == wanted] == wanted for decision in (before, after))
        won, lost, n = int((new & ~old).sum()), int((old & ~new).sum()), len(old)
        value += (won - lost) / n / 2
        variance += (won + lost + 1 - (won - lost) ** 2 / (n + 2)) / (n + 2) ** 2 / 4
    half = 1.96 * math.sqrt(variance)
    return Estimate(value, value - half, value + half)


def advantage(a, b=(), kind="hits"):
    """How much higher the mean rate of a is than that of b, or the rate of a alone: `Estimate`.

    Parameters
    ----------
    a, b : lists of groups, each the rows of one training run and test run, which differ in the
        seed; all groups count the same
    kind : "hits" for recall, "misses" for specificity
    """
    sides = [side for side in (a, b) if side]
    if not all(WRONG[kind] in row for side in sides for rows in side for row in rows):
        means = [mean([rate(rows, kind) for rows in side]) for side in sides]
        return difference(*means) if b else means[0]
    trained, frames = [_by_training(side, kind) for side in sides], {}
    for sign, side in zip((1, -1), sides, strict=False):
        for rows in side:
            wrong = np.mean([unpacked(row, kind) for row in rows], axis=0)
            run = rows[0]["test_on"]
            frames[run] = frames.get(run, 0) - sign * wrong / len(side)
    tested = math.sqrt(sum(error.var() / len(error) for error in frames.values()))
    means = [sum(map(statistics.fmean, samples)) for samples in trained]
    value = means[0] - (means[1] if b else 0)
    half = math.hypot(1.96 * tested, _welch([sample for samples in trained for sample in samples]))
    low, high = value - half, value + half
    return Estimate(value, low, high) if b else Estimate(value, max(0.0, low), min(1.0, high))


def _by_training(side, kind):
    """For each training run and what it is adapted to, what every seed adds to the mean rate."""
    found = {}
    for rows in side:
        for row in rows:
            seeds = found.setdefault((row["train"], row["adapt_to"]), {})
            part = row[f"{kind}_found"] / row[f"{kind}_total"] / len(side)
            seeds[row["seed"]] = seeds.get(row["seed"], 0) + part
    return [list(seeds.values()) for seeds in found.values()]


def _welch(samples):
    """Half the width of the 95 % interval of a sum or difference of means; 0 for one each."""
    parts = [(statistics.variance(x) / len(x), len(x) - 1) for x in samples if len(x) > 1]
    total = sum(variance for variance, _ in parts)
    if not total:
        return 0.0
    freedom = total**2 / sum(variance**2 / n for variance, n in parts)
    return float(stdtrit(freedom, 0.975)) * math.sqrt(total)


def unpacked(row, kind):
    """Which of the hits a row missed, or which of the misses it kept: (n,) bool."""
    bits = np.frombuffer(zlib.decompress(base64.b64decode(row[WRONG[kind]])), np.uint8)
    return np.unpackbits(bits, count=row[f"{kind}_total"]).astype(bool)


def spread(numbers):
    """Mean of numbers that each training gives one of, with Student's interval: `Estimate`."""
    value, error = statistics.fmean(numbers), _welch([numbers])
    if len(numbers) < 2:
        error = math.inf  # one number alone shows nothing
    return Estimate(value, value - error, value + error)


def above(estimate, limit):
    """The estimate minus a fixed number: `Estimate`."""
    return Estimate(estimate.value - limit, estimate.low - limit, estimate.high - limit)


def verdict(margins, least=0.0):
    """The rule: "holds", "fails" or "unresolved" from the statements' numbers, each against 0."""
    if any(margin.low <= 0 and margin.high < max(least, 0) for margin in margins):
        return "fails"
    return "holds" if all(margin.low > 0 for margin in margins) else "unresolved"
