"""Exercises of lesson 07, which method. All numbers in them are synthetic."""

import numpy as np

from . import probes07 as probes
from .check import Exercise, Mistake, agree

EXERCISES = (
    Exercise(
        id="nb07.q1",
        title="Does p keep its word?",
        reference=probes.in_bin,
        tolerance=1e-3,
        right="Where the share of positives is below the mean p, the network is too sure. Its sum "
        "of p then promises more hits than there are.",
        mistakes=(
            Mistake(
                "share of all positives",
                lambda: probes.in_bin(
                    share=lambda truth, chosen: truth[chosen].sum() / truth.sum()
                ),
                "Your share divides by all positives of the run. That asks how many of them "
                "landed in this bin, not how far the network is to be trusted there.",
                "It says 0.7 of a hundred frames. How many of that hundred should be positives?",
            ),
            Mistake(
                "share of frames",
                lambda: probes.in_bin(share=lambda truth, chosen: chosen.mean()),
                "Your share is that of the frames that fall into the bin. It says how often the "
                "network gives such a p; the labels have no part in it.",
                "Which number of the calibration plot is drawn from labels?",
            ),
            Mistake(
                "bin open above",
                lambda: probes.in_bin(high=2),
                "You took all frames from 0.6 upwards. The very sure ones among them hide what "
                "happens around 0.7.",
                "Why does the lesson cut p into bins, and not into two halves?",
            ),
        ),
    ),
    Exercise(
        id="nb07.q2",
        title="An operating point",
        reference=lambda: probes.operate(
            lambda valid, test, wanted: probes.threshold(*valid, wanted)
        ),
        probe=probes.probe_operate,
        right="Chosen on validation frames, measured on test frames. The recall may miss what was "
        "wanted; that it can is what makes it honest.",
        mistakes=(
            Mistake(
                "test data used for choosing",
                lambda: probes.operate(lambda valid, test, wanted: probes.threshold(*test, wanted)),
                "Other test frames give you another threshold, so test frames have helped to "
                "choose it. The recall on them is then what you ordered, not what will come.",
                "Which labels does a beamline have when the threshold is set?",
                probes.follows_test,
            ),
            Mistake(
                "all frames in the quantile",
                lambda: probes.operate(
                    lambda valid, test, wanted: np.quantile(valid[0], 1 - wanted)
                ),
                "Your quantile runs over all validation frames, so it keeps that share of the "
                "frames. Recall is about the positives alone.",
                "If 90 % of all frames are kept, what has been saved?",
            ),
            Mistake(
                "wrong end of the quantile",
                lambda: probes.operate(
                    lambda valid, test, wanted: np.quantile(valid[0][valid[1]], wanted)
                ),
                "That share of the positives scores *below* your threshold, so they are what it "
                "throws away.",
                "From which side does a threshold cut the sorted scores of the positives?",
                probes.finds_less_than(0.5),
            ),
            Mistake(
                "too few found on validation",
                lambda: probes.operate(
                    lambda valid, test, wanted: probes.threshold(*valid, wanted, "linear")
                ),
                "On the validation frames your threshold finds fewer positives than wanted. Look "
                "whether it lies between two of their scores: the upper one is not enough.",
                "Of 10 positives 9 shall be found: at whose score must the threshold lie?",
                probes.finds_less_than(0.9),
            ),
        ),
    ),
    Exercise(
        id="nb07.q3",
        title="The cheapest threshold",
        reference=lambda: probes.cheapest(lambda lost, kept, y, n, ratio: ratio * lost + kept),
        probe=probes.probe_cheapest,
        right="The price of an error sets the threshold, not a habit. As R grows it sinks: rather "
        "keep many misses than lose one positive.",
        mistakes=(
            Mistake(
                "R on the wrong error",
                lambda: probes.cheapest(lambda lost, kept, y, n, ratio: lost + ratio * kept),
                "You charge R for a kept miss. A kept miss costs disk and hours, 1; the lost "
                "positive is the one that costs R.",
                "Which way should the threshold move when R grows?",
            ),
            Mistake(
                "R ignored",
                lambda: probes.cheapest(lambda lost, kept, y, n, ratio: lost + kept),
                "Your threshold is the same for every R: you count all errors alike, which is "
                "accuracy. The rarer class then has little to say.",
                "For which R is the best threshold that of the highest accuracy?",
            ),
            Mistake(
                "shares instead of counts",
                lambda: probes.cheapest(lambda lost, kept, y, n, r: r * lost / y + kept / n),
                "You weigh the share of positives lost against the share of misses kept. A per "
                "cent of the misses is many more frames than a per cent of the positives.",
                "At 3 % hits, how many frames are 1 % of the misses for each 1 % of the hits?",
            ),
        ),
    ),
    Exercise(
        id="nb07.q4",
        title="How many positives were lost?",
        reference=probes.lost,
        tolerance=5e-3,
        right="A random share of the rejects is the only number that can say that the filter has "
        "gone blind, and its interval says how loudly.",
        mistakes=(
            Mistake(
                "only those looked at",
                lambda: probes.lost(scale=probes.watched()[2]),
                "These are positives among the frames looked at. Each of them stands for many "
                "rejected frames that nobody looked at.",
                "One in twenty was looked at. What happened to the other nineteen?",
            ),
            Mistake(
                "scaled to all frames",
                lambda: probes.lost(scale=probes.watched()[0]),
                "You scaled up to all frames judged. The share was seen among rejected frames; in "
                "the kept ones positives are much more frequent, and not lost.",
                "From which frames was the sample drawn?",
            ),
            Mistake(
                "textbook interval",
                lambda: probes.lost(interval=probes.textbook),
                "The estimate is right. The interval p ± 1.96 √(p(1 − p)/n) promises too little "
                "at its upper end when only a handful of positives was seen, and that end is the "
                "worry.",
                "No positive among 50 looked at: which interval does each formula give?",
            ),
        ),
    ),
    Exercise(
        id="nb07.q5",
        title="Is a better than b?",
        reference=lambda: probes.better,
        probe=probes.probe_better,
        right="The difference has an interval of its own; where it holds 0, these frames cannot "
        "tell. And other trainings may differ more than other frames.",
        mistakes=(
            Mistake(
                "the larger count wins",
                lambda: lambda a, b, n: probes.decision(a - b, a - b),
                "You let the larger count win, without an interval. Other crystals would have "
                "given other counts, and a few frames decide nothing.",
                "How far may two counts of 65 lie apart by luck alone?",
            ),
            Mistake(
                "intervals must not touch",
                lambda: probes.apart,
                "You ask that the two intervals do not touch. That is too strict: both rates are "
                "rarely at their worst ends at once, so the error of a difference is smaller than "
                "the two errors added.",
                "Two lengths are each known to 3 mm. How well is their difference known?",
            ),
            Mistake(
                "one rate taken as exact",
                lambda: probes.one_fixed,
                "You asked whether one rate lies in the interval of the other. That takes the one "
                "as exactly known, though it was measured on no more frames.",
                "Does your verdict stay when a and b change places?",
            ),
        ),
    ),
    Exercise(
        id="nb07.g1",
        title="What is written to disk?",
        reference=probes.written,
        probe=probes.probe_written,
        right="Recall acts on the positives and specificity on the misses; the hit rate says how "
        "many there are of each.",
        mistakes=(
            Mistake(
                "rates applied to all frames",
                lambda: probes.written(
                    lost=lambda recall, frames: frames * (1 - recall),
                    kept=lambda specificity, n, frames: frames * (1 - specificity),
                ),
                "You applied both rates to all frames. Recall is a share of the positives, and "
                "specificity a share of the misses.",
                "Of 1,000,000 frames at 3 %, how many can be lost at all?",
                lambda found: agree(found[0], 50_000, 1e-4),
            ),
            Mistake(
                "specificity taken for what is kept",
                lambda: probes.written(kept=lambda specificity, n, frames: n * specificity),
                "You kept the share of misses that the filter recognises. Those are the ones it "
                "throws away; what slips through is the rest.",
                "What does a filter of specificity 100 % write of the misses?",
                lambda found: agree(found[1], 873_000, 1e-4),
            ),
            Mistake(
                "misses left out of what is written",
                lambda: probes.written(disk=lambda saved, slipped: saved),
                "Your share holds the positives alone. The disk does not know: the misses that "
                "slip through are written too, and where hits are rare they are most of it.",
                "Of the frames on disk, how many are positives?",
            ),
        ),
    ),
    Exercise(
        id="nb07.g2",
        title="A threshold for 95 %, and what came of it",
        reference=probes.chosen,
        tolerance=1e-6,
        right="The threshold was chosen before the test was looked at, and the result comes with "
        "its interval.",
        mistakes=(
            Mistake(
                "test data used for choosing",
                lambda: probes.chosen(use=slice(2, 4)),
                "Your threshold comes from the test frames. On them it gives what you wanted; the "
                "next frames have not been asked.",
                "What is the recall on the test frames if they choose, whatever the network?",
            ),
            Mistake(
                "a half by habit",
                lambda: probes.chosen(t=0.5),
                "Your threshold is 0.5. That is where the network finds hit and miss equally "
                "likely; nobody has asked there how many positives may be lost.",
                "Who chose 0.5, and knowing what about your experiment?",
            ),
            Mistake(
                "validation rate reported",
                lambda: probes.chosen(report=slice(0, 2)),
                "The threshold is right, but this is its recall on the frames that chose it. There "
                "it had to come out as wanted.",
                "Could that recall have been bad, with this way of choosing?",
            ),
        ),
    ),
)
