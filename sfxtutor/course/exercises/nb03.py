"""Exercises of lesson 03, the benchmark CNN. The numbers in them are synthetic."""

import math

import numpy as np

from ...metrics import is_positive, wilson
from . import Exercise, Mistake, personal_seed

RATE, LEAST = 0.97, 0.93  # of q3: expected recall, and what its interval has to stay above


def night():
    """Your filter of 2,000 frames: positives kept and rejected, misses kept and rejected."""
    rng = np.random.default_rng(personal_seed())
    positives = int(rng.integers(60, 161))
    kept = round(positives * rng.uniform(0.78, 0.88))
    false = round(positives * rng.uniform(0.5, 0.8))
    return kept, positives - kept, false, 2000 - positives - false


def history():
    """Your training: {"training", "validation", "test": (12, 2) recall, specificity of an epoch}.

    An early epoch says "hit" to nearly everything, as may happen while steps are large.
    """
    rng = np.random.default_rng(personal_seed())
    epochs, tops = np.arange(12), (11, *rng.permutation([5, 6, 7, 8, 9])[:2])
    rates = {}
    for name, top, best in zip(("training", "validation", "test"), tops, (97, 90, 89), strict=True):
        merit = 2 * best / 100 - 0.03 * np.abs(epochs - top)
        recall = merit / 2 + 0.004 * (rng.permutation(12) - 5.5) + 0.0017 * (name == "test")
        rates[name] = np.column_stack([recall, merit - recall])
        rates[name][1] = 0.995, 0.45
    return rates


def hit_rate():
    """Share of positives in your run, from 0.04 to 0.2."""
    return int(np.random.default_rng(personal_seed()).integers(4, 21)) / 100


def _epoch(choose, report="test"):
    """An answer to q2: the epoch that `choose` picks from the history, and a recall of it."""
    rates = history()
    epoch = int(choose(rates))
    return epoch, rates[report][epoch, 0]


def _frames_needed(low, frames=lambda n: n / hit_rate()):
    """Frames that hold the fewest positives n for which the interval's end low(n) will do."""
    return math.ceil(frames(next(n for n in range(10, 10_000) if low(n) > LEAST)))


def _textbook(k, n):
    """p +- 1.96 sqrt(p (1 - p) / n): (low, high)."""
    p = k / n
    half = 1.96 * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def _split_facts(split):
    """What counts in a split, for two runs: sizes, order, frames in two parts, smallest gap."""
    facts = []
    for n, sizes, gap in ((40, (20, 8, 6), 3), (120, (50, 30, 20), 5)):
        a, b, c = (np.arange(n)[part] for part in split(n, sizes, gap))
        gaps = [np.abs(x[:, None] - y).min() - 1 for x, y in ((a, b), (b, c), (a, c))]
        facts.append(
            {
                "sizes": (a.size, b.size, c.size) == sizes,
                "in_order": a.max() < b.min() and b.max() < c.min(),
                "shared": len(np.intersect1d(a, b)) + len(np.intersect1d(np.union1d(a, b), c)),
                "gap": min(gaps) >= gap,
            }
        )
    return facts


def _every(**wanted):
    """Whether the facts of both splits are as wanted."""
    return lambda facts: all(fact[name] == wanted[name] for fact in facts for name in wanted)


def _sequential(n, sizes, gap):
    a, b, c = sizes
    second, third = a + gap, a + b + 2 * gap
    return slice(0, a), slice(second, second + b), slice(third, third + c)


def _shuffled(n, sizes, gap):
    order = np.random.default_rng(0).permutation(n)
    return [order[part] for part in _sequential(n, sizes, gap)]


def _report(positive=is_positive, over=lambda truth: truth):
    """An answer to g1; `over` picks the frames that are counted."""

    def report(labels, p, threshold):
        truth = positive(labels)
        right = (p > threshold) == truth
        k, n = int(right[over(truth)].sum()), int(over(truth).sum())
        return k, n, *wilson(k, n)

    return report


def _probe_report(report):
    rng = np.random.default_rng(3)
    labels = rng.choice(["HIT", "MAYBE", "MISS"], 300, p=(0.1, 0.06, 0.84))
    centre = {"HIT": 0.8, "MAYBE": 0.55, "MISS": 0.2}
    p = np.clip([rng.normal(centre[label], 0.2) for label in labels], 0, 1)
    return report(labels, p, 0.5), report(labels[:120], p[:120], 0.3)


def _leaked(count):
    """An answer to g2: `count` sums up which training frame (column) is near which test frame."""
    return lambda train, test, reach: int(
        count(np.abs(np.asarray(test)[:, None] - np.asarray(train)) <= reach)
    )


def _probe_leaked(leaked):
    order = np.random.default_rng(4).permutation(60)
    return leaked(order[:20], order[40:], 1), leaked(order[:9], order[30:], 2), leaked([5], [4], 1)


EXERCISES = (
    Exercise(
        id="nb03.q1",
        title="Of the positives, which share is found?",
        reference=lambda: night()[0] / sum(night()[:2]),
        right="Only positives stand below the line, so no flood of misses can polish this rate.",
        mistakes=(
            Mistake(
                "accuracy read as recall",
                lambda: (night()[0] + night()[3]) / 2000,
                "This is the accuracy: the share of all frames that are judged right. Nearly all "
                "frames are misses, so it praises the filter for them and hides the hits it lost.",
                "What would this number be for a filter that throws every frame away?",
            ),
            Mistake(
                "precision read as recall",
                lambda: night()[0] / (night()[0] + night()[2]),
                "This is the precision: of the frames kept, the share that are positives. It says "
                "how clean the kept data are, and nothing about the positives thrown away.",
                "Which of the four numbers is a loss for good? Is it in your fraction?",
            ),
            Mistake(
                "specificity read as recall",
                lambda: night()[3] / sum(night()[2:]),
                "This is the specificity: of the misses, the share that is rejected. It tells "
                "about the other class; no positive occurs in it.",
                "Recall and specificity ask the same question, each of one class. Which is which?",
            ),
        ),
    ),
    Exercise(
        id="nb03.q2",
        title="Which epoch, and which number?",
        reference=lambda: _epoch(lambda rates: rates["validation"].sum(axis=1).argmax()),
        right="Validation chose, and the test frames had no say: they tell how the next will go.",
        mistakes=(
            Mistake(
                "test data used for choosing",
                lambda: _epoch(lambda rates: rates["test"].sum(axis=1).argmax()),
                "You chose the epoch that does best on the test frames. Of twelve tries that is "
                "the luckiest on exactly these frames, so its rate promises too much for others.",
                "If the test frames choose, which frames are left to say how good the choice is?",
            ),
            Mistake(
                "recall alone decides",
                lambda: _epoch(lambda rates: rates["validation"][:, 0].argmax()),
                "You chose by recall alone. Look at the specificity of that epoch: a network that "
                "calls nearly everything a hit finds every hit, and saves no disk.",
                "What are recall and specificity of 'always hit'?",
            ),
            Mistake(
                "last epoch kept",
                lambda: _epoch(lambda rates: 11),
                "You kept the last epoch, which is also the best on the training frames. Those "
                "the network may know by heart; they cannot tell when it stops learning.",
                "Follow the three columns from epoch to epoch: which one only ever rises?",
            ),
            Mistake(
                "validation rate reported",
                lambda: _epoch(lambda x: x["validation"].sum(axis=1).argmax(), "validation"),
                "The epoch is right, but this recall is of the frames that chose it: being the "
                "best of twelve there is partly luck. Report a rate of frames that chose nothing.",
                "Which frames have not been used for anything yet?",
            ),
        ),
    ),
    Exercise(
        id="nb03.q3",
        title="How many frames must be labelled for the test?",
        reference=lambda: _frames_needed(lambda n: wilson(RATE * n, n)[0]),
        tolerance=0.01,
        right="Only positives carry a recall, and where hits are rare each of them is dear.",
        mistakes=(
            Mistake(
                "positives given, not frames",
                lambda: _frames_needed(lambda n: wilson(RATE * n, n)[0], lambda n: n),
                "That many positives are needed, but a run does not come sorted. To meet them one "
                "has to label the misses in between as well.",
                "How many frames does a person look at to find one positive in your run?",
            ),
            Mistake(
                "textbook interval",
                lambda: _frames_needed(lambda n: _textbook(RATE * n, n)[0]),
                "This follows from p ± 1.96 √(p(1 − p)/n). Near 100 % that interval is too narrow "
                "below, so your test would be too small for what it shall show.",
                "What width does the textbook formula give to 65 found of 65?",
            ),
        ),
    ),
    Exercise(
        id="nb03.q4",
        title="Design a split without a leak",
        reference=lambda: _sequential,
        probe=_split_facts,
        accepts=_every(sizes=True, in_order=True, shared=0, gap=True),
        right="Trained on the beginning, judged on what comes later, with a pause in between: the "
        "test asks what the next hour of the run will ask.",
        mistakes=(
            Mistake(
                "frame in two parts",
                lambda: lambda n, sizes, gap: [slice(0, size) for size in sizes],
                "Some frame is in two parts: the network is judged on what it may know by heart.",
                "Do your three parts start at the same frame? Where must the second one start?",
                lambda facts: any(fact["shared"] for fact in facts),
            ),
            Mistake(
                "shuffled split",
                lambda: _shuffled,
                "The parts are mixed in time, so test frames have training frames right beside "
                "them. Neighbours share jet, crystals and artefacts: the network can score by "
                "recognising the moment.",
                "What do two frames 8 ms apart have in common, apart from being hits?",
                _every(in_order=False, shared=0),
            ),
            Mistake(
                "gap forgotten",
                lambda: lambda n, sizes, gap: _sequential(n, sizes, 0),
                "The order is right, but where two parts meet, fewer than `gap` frames lie "
                "between them: the first frames of one are near copies of the last of the other.",
                "Frames 0 to 19 train and the gap is 3: which frame may be used next?",
                _every(in_order=True, gap=False),
            ),
        ),
    ),
    Exercise(
        id="nb03.g1",
        title="A recall with its counts and interval",
        reference=_report,
        probe=_probe_report,
        right="Counts, rate and interval together: nobody has to ask how sure your recall is.",
        mistakes=(
            Mistake(
                "accuracy read as recall",
                lambda: _report(over=np.ones_like),
                "You counted right verdicts among all frames, which is the accuracy. The many "
                "misses outvote the positives that recall asks about.",
                "For which frames of the run is a recall defined?",
            ),
            Mistake(
                "maybes taken for misses",
                lambda: _report(positive=lambda labels: labels == "HIT"),
                "You counted hits alone. In this course a maybe is a positive as well: it has "
                "spots, and thrown away it is lost.",
                "How many visible spots has a maybe, and how many a miss?",
            ),
        ),
    ),
    Exercise(
        id="nb03.g2",
        title="How many test frames have a neighbour in training?",
        reference=lambda: _leaked(lambda near: near.any(axis=1).sum()),
        probe=_probe_leaked,
        right="A count of the test frames that a network might recognise instead of judging them.",
        mistakes=(
            Mistake(
                "pairs counted",
                lambda: _leaked(np.sum),
                "You counted pairs. A test frame between two training frames comes twice, so the "
                "number can exceed the number of test frames.",
                "Can your number be larger than the test set?",
            ),
            Mistake(
                "training frames counted",
                lambda: _leaked(lambda near: near.any(axis=0).sum()),
                "You counted training frames that are beside a test frame. In doubt are the "
                "verdicts on test frames.",
                "Which of the two sets gives the rate that is reported?",
            ),
        ),
    ),
)
