"""Exercises of lesson 03, the benchmark CNN. The numbers in them are synthetic."""

import numpy as np

from ...metrics import wilson
from ..student import night
from .check import Exercise, Mistake
from .probes03 import (
    RATE,
    epoch_by,
    every_split,
    frames_needed,
    leaked_by,
    probe_leaked,
    probe_report,
    report_by,
    sequential,
    shuffled,
    split_facts,
    textbook,
)

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
        reference=lambda: epoch_by(lambda rates: rates["validation"].sum(axis=1).argmax()),
        right="Validation chose, and the test frames had no say: they tell how the next will go.",
        mistakes=(
            Mistake(
                "test data used for choosing",
                lambda: epoch_by(lambda rates: rates["test"].sum(axis=1).argmax()),
                "You chose the epoch that does best on the test frames. Of twelve tries that is "
                "the luckiest on exactly these frames, so its rate promises too much for others.",
                "If the test frames choose, which frames are left to say how good the choice is?",
            ),
            Mistake(
                "recall alone decides",
                lambda: epoch_by(lambda rates: rates["validation"][:, 0].argmax()),
                "You chose by recall alone. Look at the specificity of that epoch: a network that "
                "calls nearly everything a hit finds every hit, and saves no disk.",
                "What are recall and specificity of 'always hit'?",
            ),
            Mistake(
                "last epoch kept",
                lambda: epoch_by(lambda rates: 11),
                "You kept the last epoch, which is also the best on the training frames. Those "
                "the network may know by heart; they cannot tell when it stops learning.",
                "Follow the three columns from epoch to epoch: which one only ever rises?",
            ),
            Mistake(
                "validation rate reported",
                lambda: epoch_by(lambda x: x["validation"].sum(axis=1).argmax(), "validation"),
                "The epoch is right, but this recall is of the frames that chose it: being the "
                "best of twelve there is partly luck. Report a rate of frames that chose nothing.",
                "Which frames have not been used for anything yet?",
            ),
        ),
    ),
    Exercise(
        id="nb03.q3",
        title="How many frames must be labelled for the test?",
        reference=lambda: frames_needed(lambda n: wilson(RATE * n, n)[0]),
        tolerance=0.01,
        right="Only positives carry a recall, and where hits are rare each of them is dear.",
        mistakes=(
            Mistake(
                "positives given, not frames",
                lambda: frames_needed(lambda n: wilson(RATE * n, n)[0], lambda n: n),
                "That many positives are needed, but a run does not come sorted. To meet them one "
                "has to label the misses in between as well.",
                "How many frames does a person look at to find one positive in your run?",
            ),
            Mistake(
                "textbook interval",
                lambda: frames_needed(lambda n: textbook(RATE * n, n)[0]),
                "This follows from p ± 1.96 √(p(1 − p)/n). Near 100 % that interval is too narrow "
                "below, so your test would be too small for what it shall show.",
                "What width does the textbook formula give to 65 found of 65?",
            ),
        ),
    ),
    Exercise(
        id="nb03.q4",
        title="Design a split without a leak",
        reference=lambda: sequential,
        probe=split_facts,
        accepts=every_split(sizes=True, in_order=True, shared=0, gap=True),
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
                lambda: shuffled,
                "The parts are mixed in time, so test frames have training frames right beside "
                "them. Neighbours share jet, crystals and artefacts: the network can score by "
                "recognising the moment.",
                "What do two frames 8 ms apart have in common, apart from being hits?",
                every_split(in_order=False, shared=0),
            ),
            Mistake(
                "gap forgotten",
                lambda: lambda n, sizes, gap: sequential(n, sizes, 0),
                "The order is right, but where two parts meet, fewer than `gap` frames lie "
                "between them: the first frames of one are near copies of the last of the other.",
                "Frames 0 to 19 train and the gap is 3: which frame may be used next?",
                every_split(in_order=True, gap=False),
            ),
        ),
    ),
    Exercise(
        id="nb03.g1",
        title="A recall with its counts and interval",
        reference=report_by,
        probe=probe_report,
        right="Counts, rate and interval together: nobody has to ask how sure your recall is.",
        mistakes=(
            Mistake(
                "accuracy read as recall",
                lambda: report_by(over=np.ones_like),
                "You counted right verdicts among all frames, which is the accuracy. The many "
                "misses outvote the positives that recall asks about.",
                "For which frames of the run is a recall defined?",
            ),
            Mistake(
                "maybes taken for misses",
                lambda: report_by(positive=lambda labels: labels == "HIT"),
                "You counted hits alone. In this course a maybe is a positive as well: it has "
                "spots, and thrown away it is lost.",
                "How many visible spots has a maybe, and how many a miss?",
            ),
        ),
    ),
    Exercise(
        id="nb03.g2",
        title="How many test frames have a neighbour in training?",
        reference=lambda: leaked_by(lambda near: near.any(axis=1).sum()),
        probe=probe_leaked,
        right="A count of the test frames that a network might recognise instead of judging them.",
        mistakes=(
            Mistake(
                "pairs counted",
                lambda: leaked_by(np.sum),
                "You counted pairs. A test frame between two training frames comes twice, so the "
                "number can exceed the number of test frames.",
                "Can your number be larger than the test set?",
            ),
            Mistake(
                "training frames counted",
                lambda: leaked_by(lambda near: near.any(axis=0).sum()),
                "You counted training frames that are beside a test frame. In doubt are the "
                "verdicts on test frames.",
                "Which of the two sets gives the rate that is reported?",
            ),
        ),
    ),
)
