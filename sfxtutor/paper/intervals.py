"""When does a claim hold?  The rule, and the arithmetic of intervals over frames and seeds.

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
Student's interval of their mean.  A rate's interval ends at 0 and 100 %.  All seeds are tested on
the same frames, so their counts are averaged and never added up.  With one seed the second part is
unknown and left out, and said so.
"""

import math
import statistics
from dataclasses import dataclass

from scipy.special import stdtrit

from ..metrics import wilson


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
    seeds = _seed_error(counts) / n
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


def spread(numbers):
    """Mean of numbers that each training gives one of, with Student's interval: `Estimate`."""
    value, error = statistics.fmean(numbers), _seed_error(numbers)
    if len(numbers) < 2:
        error = math.inf  # one number alone shows nothing
    return Estimate(value, value - error, value + error)


def above(estimate, limit):
    """The estimate minus a fixed number: `Estimate`."""
    return Estimate(estimate.value - limit, estimate.low - limit, estimate.high - limit)


def verdict(margins):
    """The rule: "holds", "fails" or "unresolved" from the statements' numbers, each against 0."""
    if any(margin.high < 0 for margin in margins):
        return "fails"
    return "holds" if all(margin.low > 0 for margin in margins) else "unresolved"


def _seed_error(found):
    """Half the width of Student's 95 % interval of the mean; 0 for a single seed."""
    m = len(found)
    if m < 2:
        return 0.0
    return float(stdtrit(m - 1, 0.975)) * statistics.stdev(found) / math.sqrt(m)
