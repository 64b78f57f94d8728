"""Exercises of lesson 04, transfer learning."""

import numpy as np

from .check import Exercise, Mistake, agree
from .probes04 import (
    accuracy,
    batches,
    both,
    budget,
    choice_by,
    choices,
    flags,
    judged,
    line_by,
    lines,
    norm_that,
    opened_where,
    statistics_moved,
    tuning,
    untuned,
    weights,
)

EXERCISES = (
    Exercise(
        id="nb04.q1",
        title="Count the labels",
        reference=lambda: (budget() + 200, budget() + 200, budget()),
        probe=lambda answer: np.atleast_1d(np.asarray(answer, float)),
        right="A network pays for the labels that choose its epoch too. A threshold on spots, with "
        "nothing else to choose, pays for its training labels alone.",
        mistakes=(
            Mistake(
                "test frames counted in",
                lambda: (budget() + 600, budget() + 600, budget() + 400),
                "You counted the labels that judge the method. They are needed for our comparison, "
                "but the method itself has not used them: screening a run would not require them.",
                "Which labels would the beamline need if nobody asked how good the method is?",
                fits=lambda found: len(found) == 3 and found[1] > budget() + 200,
            ),
            Mistake(
                "source labels counted in",
                lambda: (budget() + 1800, budget() + 200, budget()),
                "The labels of the source were paid for before tonight. They count in the whole "
                "bill, but the question is how many frames of the target somebody has to look at.",
                "Transfer is cheap only for those who own a labelled run. Who paid for it?",
                fits=lambda found: len(found) == 3 and found[0] > budget() + 200,
            ),
            Mistake(
                "validation labels forgotten",
                lambda: (budget(),) * 3,
                "This counts only the frames that trained. Somebody also chose the epoch of each "
                "network, and not without labels.",
                "Which epoch would you keep if the validation frames had no labels?",
            ),
            Mistake(
                "validation counted for the spot count",
                lambda: (budget() + 200,) * 3,
                "The spot count has no epoch and no variant to choose. Its one number comes from "
                "the training frames, so the validation frames are not part of its bill.",
                "What does the spot count do with frames 201 to 400?",
            ),
        ),
    ),
    Exercise(
        id="nb04.q2",
        title="Freeze and open",
        reference=lambda: opened_where(lambda i, kind, n: i is None or i > 4 - n),
        probe=flags,
        right="The cut goes through the stack at one place: all below it is a fixed function, all "
        "above it learns, and the new classifier learns in either step.",
        mistakes=(
            Mistake(
                "base left trainable",
                lambda: opened_where(lambda i, kind, n: True),
                "Every layer learns from the first step on. The senseless first errors of the new "
                "classifier then go down into a base that was good.",
                "What are the gradients of a random classifier worth to the layer below it?",
            ),
            Mistake(
                "opened from the bottom",
                lambda: opened_where(lambda i, kind, n: i is None or i <= n),
                "You opened the lowest blocks. They find small peaks, which every run has; what is "
                "particular to a run sits further up. And nothing above them can be a fixed "
                "function of the frame any more.",
                "If block 1 changes in every step, which features may be computed only once?",
            ),
            Mistake(
                "classifier frozen",
                lambda: opened_where(lambda i, kind, n: i is not None and i > 4 - n),
                "The new classifier does not learn here, and it holds random weights. With no "
                "block open, nothing at all would be trained.",
                "With 0 blocks open: how many weights does your network train?",
            ),
            Mistake(
                "batch norm left open",
                lambda: opened_where(lambda i, kind, n: i is None or i > 4 - n or kind == "norm"),
                "The convolutions below the cut are frozen, but their batch-norm layers still "
                "learn scale and shift and move their statistics: the lower part is no longer "
                "the same function from one epoch to the next.",
                "Which four arrays of numbers does a batch-norm layer hold?",
            ),
        ),
    ),
    Exercise(
        id="nb04.q3",
        title="A frozen batch norm",
        reference=lambda: norm_that(both, both),
        probe=batches,
        right="Frozen means frozen: no use of the batch's statistics and no move of the stored "
        "ones, whatever the training loop says.",
        mistakes=(
            Mistake(
                "frozen batch norm still learning",
                lambda: norm_that(lambda training, _: training, lambda training, _: training),
                "With trainable=False and training=True your statistics still move towards the "
                "batch. No gradient is needed for that, so the frozen layer drifts from the "
                "source's to the target's statistics.",
                "After ten batches without any optimizer, which numbers of the base differ?",
                fits=lambda found: statistics_moved(found[0]),
            ),
            Mistake(
                "batch statistics though frozen",
                lambda: norm_that(lambda training, _: training, both),
                "The stored statistics stay, but a frozen layer in training still normalises by "
                "those of the batch. Its output for one frame then depends on the other frames.",
                "Can features of a frame be computed once if they depend on its neighbours?",
            ),
            Mistake(
                "momentum swapped",
                lambda: norm_that(both, both, share=0.9),
                "Your stored statistics go nine tenths of the way to each batch, so that they know "
                "little more than the last one. They are meant to be an average over many.",
                "Momentum 0.9: how much of the old value is left after one batch?",
            ),
            Mistake(
                "statistics move outside training",
                lambda: norm_that(both, lambda _, trainable: trainable),
                "Your statistics move with training=False too. Then merely predicting changes the "
                "network, and the test frames leave their traces in it.",
                "You predict the same frame twice. Should the second answer differ?",
                fits=lambda found: statistics_moved(found[2]),
            ),
        ),
    ),
    Exercise(
        id="nb04.q4",
        title="How many blocks?",
        reference=lambda: choice_by(1),
        probe=choices,
        right="Frames that neither train nor judge have chosen, by both rates. That leaves the "
        "test frames as an honest judge, once.",
        mistakes=(
            Mistake(
                "test data used for choosing",
                lambda: choice_by(2),
                "Your choice changes with the labels of the test frames. What they then say about "
                "the network chosen is too good: it was picked because it does well on just them.",
                "Ten networks of equal quality: what does the best test score of the ten tell?",
                fits=lambda found: found[0] != found[1],
            ),
            Mistake(
                "training frames used for choosing",
                lambda: choice_by(0),
                "Your choice changes with the labels of the training frames. The network that has "
                "learned them by heart wins there, and that is the one with the most open weights.",
                "Which of the networks is best on frames that it has seen thirty times?",
                fits=lambda found: found[0] != found[2],
            ),
            Mistake(
                "accuracy instead of the two rates",
                lambda: choice_by(1, accuracy),
                "You chose by the share of right verdicts. Three in four frames are misses, so a "
                "network that overlooks hits may win by it.",
                "What accuracy does always miss reach on these frames?",
            ),
        ),
    ),
    Exercise(
        id="nb04.g1",
        title="Step 1 by hand",
        reference=lambda: tuning(["head"]),
        probe=weights,
        right="The new head has learned, and the base is what it was, number by number.",
        mistakes=(
            Mistake(
                "base left trainable",
                lambda: tuning(["base", "head"]),
                "Your base has changed. In step 1 it is a fixed function: only the head may follow "
                "its gradient, while it is still far from any sense.",
                "How would you test, in one line, that a base is frozen?",
                fits=lambda found: not agree(found[::2], [untuned()[0]] * 2, 1e-6),
            ),
            Mistake(
                "gradient climbed",
                lambda: tuning(["head"], sign=1),
                "Your head walks along the gradient, so the loss grows with every step. Training "
                "walks against it.",
                "Print the loss before and after the eight steps.",
            ),
        ),
    ),
    Exercise(
        id="nb04.g2",
        title="Move the line",
        reference=lambda: line_by(0),
        probe=lines,
        right="The line comes from the labelled frames, the counts from frames that it never saw.",
        mistakes=(
            Mistake(
                "line chosen on the test frames",
                lambda: line_by(1),
                "This is the line that suits the test frames best. Their counts are then the best "
                "of many tries and promise too much for the next run.",
                "How many lines did you try, and which frames said which one to keep?",
            ),
            Mistake(
                "accuracy instead of the two rates",
                lambda: line_by(0, accuracy),
                "Your line has the most right verdicts. As most frames are misses, it stands so "
                "high that many hits are lost: use both rates.",
                "Where would the line go if one frame in a thousand were a hit?",
            ),
            Mistake(
                "line left at 0.5",
                lambda: lambda p, truth, learn, test: judged(p, truth, test, 0.5),
                "The line is still at 0.5. Untuned on another run, p may be too low for nearly all "
                "frames, and hits then lie on the wrong side of it.",
                "Look at the histogram: where do the hits end and the misses begin?",
            ),
        ),
    ),
)
