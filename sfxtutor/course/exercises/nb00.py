"""Exercises of lesson 00, start here: the rule, rates and their intervals, a threshold."""

import numpy as np

from ...runs.twin.shot import label_of
from .check import Exercise, Mistake
from .probes00 import (
    best,
    cases,
    chosen,
    decisions,
    first,
    own_counts,
    rates,
    recall,
    share,
    specificity,
    width_at,
)

EXERCISES = (
    Exercise(
        id="nb00.q1",
        title="The experts' rule",
        reference=lambda: label_of,
        probe=lambda label: [label(n) for n in (0, 3, 4, 7, 9, 10, 11, 200)],
        right="Ten and four themselves count. One spot more or less at such an edge is another "
        "label: remember it when a network errs on a maybe.",
        mistakes=(
            Mistake(
                "edges left out",
                lambda: lambda n: "HIT" if n > 10 else "MAYBE" if n > 4 else "MISS",
                "Frames right at the edges got the lower label. The rule says 10 *or more* and 4 "
                "*to* 9: the edge itself belongs to the class above.",
                "What label has a frame of exactly ten spots, and which comparison says so?",
            ),
            Mistake(
                "HIT never reached",
                lambda: lambda n: "MAYBE" if n >= 4 else "MISS",
                "No frame is ever called HIT. If the lower limit is asked for first, a frame of "
                "many spots passes it too, and the later question is never put.",
                "Follow a frame of 50 spots through the code: at which line does it leave?",
            ),
            Mistake(
                "maybe called a hit",
                lambda: lambda n: "HIT" if n >= 4 else "MISS",
                "Frames of 4 to 9 spots came out as HIT. Hit and maybe together are the "
                "*positives*, but the label of such a frame is a third word.",
                "Two questions: what is the label, and what counts as positive?",
            ),
        ),
    ),
    Exercise(
        id="nb00.q2",
        title="Read off a recall",
        reference=lambda: own_counts()[0] / 65,
        tolerance=1e-3,
        right="Of the positives, the share found. The misses do not enter at all, and so recall "
        "never stands without specificity.",
        mistakes=(
            Mistake(
                "accuracy read as recall",
                lambda: (own_counts()[0] + 335 - own_counts()[1]) / 400,
                "This is the share of right verdicts among all 400 frames: the accuracy. Most "
                "frames are misses, so it tells how these fare, not how many positives are found.",
                "What accuracy has the rule that calls every frame a miss? And what recall?",
            ),
            Mistake(
                "precision read as recall",
                lambda: own_counts()[0] / sum(own_counts()),
                "You divided by the frames that were called a hit. That tells how much of what is "
                "kept is worth it (precision); recall asks how much of what is there was kept.",
                "A rule calls one single frame a hit, rightly. What are precision and recall?",
            ),
            Mistake(
                "specificity read as recall",
                lambda: 1 - own_counts()[1] / 335,
                "This is the share of the misses that were recognised. It is the specificity: the "
                "other rate of the pair, about the other class of frames.",
                "Of which frames does each of the two rates speak?",
            ),
            Mistake(
                "percent",
                lambda: 100 * own_counts()[0] / 65,
                "The counts are the right ones, but the answer is in percent. A share goes from 0 "
                "to 1, and functions such as sfx.wilson return shares.",
                "Could a recall be 70? What do you read from its size alone?",
            ),
        ),
    ),
    Exercise(
        id="nb00.q3",
        title="How many positives a claim needs",
        reference=lambda: first(width_at),
        right="Several hundred positives for five points. The 65 of a test on LN83 give an "
        "interval twice as wide: two good methods can hardly be told apart on them.",
        mistakes=(
            Mistake(
                "half the width",
                lambda: first(lambda n: width_at(n) / 2),
                "With so few positives the interval reaches five points to *each* side. The task "
                "asks for five points from its lower to its upper end.",
                "Write both ends of the interval on the board: which distance was asked for?",
                fits=lambda found: 60 <= found <= 160,
            ),
            Mistake(
                "textbook formula",
                lambda: first(lambda n: 2 * 1.96 * np.sqrt(0.95 * 0.05 / n)),
                "This follows from rate ± 1.96 standard errors. Near 100 % that interval is too "
                "narrow and can pass 1; the course uses Wilson's, which does not.",
                "What does rate ± 1.96 standard errors give for 20 found of 20?",
            ),
            Mistake(
                "frames found, not frames there",
                lambda: 0.95 * first(width_at),
                "This is how many positives are *found*. A recall is a share of all positives of "
                "the test, and their number is asked.",
                "In a count such as 58/65, which of the two numbers makes the interval narrow?",
            ),
        ),
    ),
    Exercise(
        id="nb00.q4",
        title="Design a threshold",
        reference=lambda: chosen,
        probe=decisions,
        right="The strictest rule that still keeps the recall you promised: first the requirement, "
        "then as few misses as it allows. On new frames the recall may come out lower.",
        mistakes=(
            Mistake(
                "everything kept",
                lambda: lambda spots, truth: spots.min(),
                "This keeps every frame, also all misses. Recall is perfect then and nothing is "
                "saved: many thresholds fulfil the requirement, and you took the loosest.",
                "Among all rules that keep 95 % of the positives, which one would you pay for?",
            ),
            Mistake(
                "accuracy made largest",
                lambda: best(lambda truth, verdict: np.mean(truth == verdict)),
                "Your threshold makes the most verdicts right. Where misses are many it gives up "
                "positives to please them, and falls short of the recall that was required.",
                "Who loses when 9 of 10 frames are misses and accuracy decides?",
            ),
            Mistake(
                "the lesson's sum",
                lambda: best(lambda *pair: recall(*pair) + specificity(*pair)),
                "This is the largest sum of recall and specificity, as in the lesson. Here a "
                "requirement was set: the sum may trade recall away for specificity.",
                "Which of the two rates would a beamline give up first, and who decides that?",
            ),
            Mistake(
                "one spot too low",
                lambda: (
                    lambda spots, truth: max(
                        t for t in range(-1, 999) if np.mean(spots[truth] > t) >= 0.95
                    )
                ),
                "Your threshold lets one count too many through. You counted with > what the task "
                "calls a hit with >=: the frames at the threshold itself are hits.",
                "Threshold 5, a frame of 5 spots: what does each of the two signs say?",
            ),
            Mistake(
                "between two frames",
                lambda: lambda spots, truth: np.quantile(spots[truth], 0.05),
                "A quantile interpolates between two frames and can cut one positive too many: on "
                "30 positives yours leaves 28, and 28/30 is below 95 %.",
                "How many of 30 positives may be lost at a recall of 95 %?",
            ),
        ),
    ),
    Exercise(
        id="nb00.g1",
        title="The positives of your own run",
        reference=lambda: share(("HIT", "MAYBE")),
        tolerance=1e-3,
        right="Hit and maybe together, with the interval that 300 frames allow. The share of the "
        "whole run is known better, and need not be the same.",
        mistakes=(
            Mistake(
                "hits alone",
                lambda: share(("HIT",)),
                "Only the frames labelled HIT were counted. Positives are hit and maybe together.",
                "Why would the paper count a maybe among the positives?",
            ),
            Mistake(
                "the whole run",
                lambda: share(("HIT", "MAYBE"), 2000),
                "You counted all 2,000 frames of the run. The task speaks of the first 300; counts "
                "and interval of another number of frames are another result.",
                "How does the interval change from 300 to 2,000 frames, and why?",
            ),
        ),
    ),
    Exercise(
        id="nb00.g2",
        title="Recall and specificity",
        reference=rates(recall, specificity),
        probe=lambda rates: [rates(*case) for case in cases()],
        right="Each rate looks at one class alone: neither changes when a run brings more misses.",
        mistakes=(
            Mistake(
                "accuracy read as recall",
                rates(lambda truth, verdict: np.mean(truth == verdict), specificity),
                "Your first number is the share of right verdicts among *all* frames. That is the "
                "accuracy; a recall looks at the positives only.",
                "What accuracy has the rule that calls every frame a miss? And what recall?",
            ),
            Mistake(
                "precision read as recall",
                rates(lambda truth, verdict: np.mean(truth[verdict]), specificity),
                "Your first number is a share of the frames that were *called* hits: the "
                "precision. A recall is a share of those that *are* positives.",
                "Which of the two arrays chooses the frames, and which one is averaged?",
            ),
            Mistake(
                "rates swapped",
                rates(specificity, recall),
                "Both numbers are right, and in the other's place: recall comes first, specificity "
                "second. In a table this would tell the opposite story.",
                "Of which class does each rate speak?",
            ),
            Mistake(
                "false alarms as specificity",
                rates(recall, lambda truth, verdict: np.mean(verdict[~truth])),
                "Your second number is the share of misses that were called a hit. Specificity is "
                "about those that were recognised as misses.",
                "Is a specificity of 1 good or bad?",
            ),
        ),
    ),
)
