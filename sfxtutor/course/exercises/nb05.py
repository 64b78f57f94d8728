"""Exercises of lesson 05, row-wise decomposition."""

import numpy as np

from . import probes05 as probes
from .check import Exercise, Mistake, agree

EXERCISES = (
    Exercise(
        id="nb05.q1",
        title="Write RWD",
        reference=lambda: probes.row_range(-1),
        probe=lambda rwd: (rwd(probes.frames()[0]), rwd(probes.frames())),
        right="One number a row, for one frame and for many: that is all the 1D CNN gets to see.",
        mistakes=(
            Mistake(
                "axis swapped",
                lambda: probes.row_range(-2),
                "This takes the range along y, one number per column. A row has one y and all x: "
                "reduce over the axis that counts x.",
                "Shape (y, x): which axis disappears when a row becomes one number?",
                probes.single_like(probes.row_range(0)),
            ),
            Mistake(
                "axis counted from the front",
                lambda: probes.row_range(1),
                "Right for one frame. In a stack (n, y, x) the axis of that number is y, so you "
                "get one number per column there.",
                "Counted from which end does x have the same number in both shapes?",
            ),
            Mistake(
                "maximum alone",
                lambda: lambda frames: frames.max(axis=-1),
                "The maximum alone still moves with the background. RWD takes a row's range.",
                "Add 10 ADU to the whole frame: which of max and max - min changes?",
                probes.single_like(lambda frame: frame.max(axis=-1)),
            ),
        ),
    ),
    Exercise(
        id="nb05.q2",
        title="Relative to the mean",
        reference=lambda: probes.relative(probes.own_mean),
        probe=lambda relative: (relative(probes.vectors()[0]), relative(probes.vectors())),
        right="Each vector is measured by itself, so the level of a run's background drops out "
        "and a trained model needs no number of the run that it came from.",
        mistakes=(
            Mistake(
                "one mean for the whole set",
                lambda: probes.relative(np.mean),
                "You divide all vectors by one mean. The bright ones then still stand high as a "
                "whole, and a vector's result depends on which others are judged with it.",
                "At the beamline frames come one by one. Of what set would the mean be?",
            ),
            Mistake(
                "mean subtracted, not divided by",
                lambda: probes.relative(probes.own_mean, np.ones_like),
                "You take the mean away but do not divide by it. With twice the noise, rows then "
                "stand out twice as far, though nothing else has changed.",
                "Multiply a vector by 2: what should its relative form do?",
            ),
            Mistake(
                "divided by the standard deviation",
                lambda: probes.relative(probes.own_mean, lambda x: x.std(axis=-1, keepdims=True)),
                "You divide by the standard deviation. The spots themselves raise it, so the more "
                "spots a frame has, the smaller each of them comes out.",
                "Of a hit and a miss, which has the larger standard deviation, and why?",
            ),
        ),
    ),
    Exercise(
        id="nb05.q3",
        title="The arithmetic of a 1D convolution",
        reference=lambda: probes.operations(),
        probe=probes.probe_operations,
        right="A window is laid at every output position, in every filter, over all channels. The "
        "same sum in two dimensions explains most of the factor in section 6.",
        mistakes=(
            Mistake(
                "weights counted",
                lambda: probes.operations(positions=lambda length, step: 1),
                "This is the number of weights. A convolution has few, but it uses all of them "
                "again at each output position.",
                "Does a vector twice as long need more weights? More multiplications?",
            ),
            Mistake(
                "step ignored",
                lambda: probes.operations(positions=lambda length, step: length),
                "You let the window stop at every row. It moves on by `step` rows at a time, so "
                "there are fewer output positions.",
                "How many numbers does one filter give for 720 rows and a step of 4?",
            ),
            Mistake(
                "input channels forgotten",
                lambda: probes.operations(weights=lambda sizes: sizes[1] * sizes[2]),
                "Right for one channel. In deeper layers a window covers all channels of its "
                "input, so each position costs more.",
                "The second layer reads 16 channels: how many weights has one of its filters?",
            ),
        ),
    ),
    Exercise(
        id="nb05.q4",
        title="How much faster is the whole way?",
        reference=lambda: probes.gain(),
        tolerance=5e-3,
        right="Both ways pay for preprocessing. A part that takes most of the time sets the limit, "
        "however fast the rest becomes.",
        mistakes=(
            Mistake(
                "networks alone",
                lambda: probes.gain(0, 0),
                "This compares the networks, with their input given. At an experiment nobody hands "
                "you a vector: it has to be made from a raw frame first.",
                "Were the 1D network infinitely fast, how many frames a second would you get?",
            ),
            Mistake(
                "preprocessing on one way only",
                lambda: probes.gain(1, 0),
                "You charge the preprocessing to one of the two ways only. Both start from the "
                "same raw frame, and both networks read it normalised.",
                "Which steps does the 2D network need before it can judge?",
                lambda found: any(
                    agree(found, x, 5e-3) for x in (probes.gain(1, 0), probes.gain(0, 1))
                ),
            ),
            Mistake(
                "slower over faster upside down",
                lambda: 1 / probes.gain(),
                "Both sums are right, but you divided the time of the faster way by that of the "
                "slower one. Below 1 means that the 1D way takes longer.",
                "Does a speed-up divide times as new by old, or as old by new?",
            ),
        ),
    ),
    Exercise(
        id="nb05.q5",
        title="Another frame, the same vector",
        reference=lambda: lambda frame: frame[:, ::-1],
        probe=probes.other_frame,
        accepts=probes.is_other_frame,
        right="Two different frames, one vector: whatever tells them apart, no network behind RWD "
        "can learn it.",
        mistakes=(
            Mistake(
                "rows moved",
                lambda: lambda frame: frame[::-1],
                "The rows have changed places, and their numbers in the vector with them. RWD "
                "keeps the place of a row; what it forgets lies within the row.",
                "Is RWD blind along x, along y, or along both?",
                probes.rows_moved,
            ),
            Mistake(
                "rows left as they were",
                lambda: lambda frame: frame,
                "The vector is the same, but at least one row still holds what it held. Show that "
                "the vector keeps less than that.",
                "Which changes to a single row leave its largest and smallest value alone?",
                lambda x: (
                    x.shape == (6, 8)
                    and np.allclose(np.ptp(x, -1), probes.row_range(-1)(probes.frames()[0]))
                ),
            ),
        ),
    ),
    Exercise(
        id="nb05.g1",
        title="A median of three rows",
        reference=lambda: probes.of_three(np.median),
        probe=lambda smooth: smooth(probes.vectors()),
        right="A peak of one row goes, a peak of two stays: hot pixels and spots differ in that.",
        mistakes=(
            Mistake(
                "mean, not median",
                lambda: probes.of_three(np.mean),
                "You took the mean of three. It spreads the peak of a hot pixel over three rows, "
                "where it looks more like a spot than before.",
                "What do mean and median make of 1, 9, 1?",
            ),
            Mistake(
                "axis swapped",
                lambda: probes.of_three(np.median, axis=0),
                "You took the median over neighbouring vectors. Those are other frames, of other "
                "crystals; the neighbours meant are rows of one frame.",
                "Shape (n, length): along which axis does a spot have a width?",
            ),
        ),
    ),
    Exercise(
        id="nb05.g2",
        title="The vector of your first hit",
        reference=probes.own_vector,
        probe=lambda vector: np.asarray(vector, float),
        tolerance=1e-3,
        right="From a raw frame to 720 numbers, with every step in its place.",
        mistakes=(
            Mistake(
                "LCN forgotten",
                lambda: probes.own_vector(lcn=False),
                "There are 724 numbers, so LCN is missing: without it the range of a row is mostly "
                "the slope of its background.",
                "Which step makes a frame four pixels smaller, and what else does it do?",
                lambda found: found.shape == (724,),
            ),
            Mistake(
                "axis swapped",
                lambda: probes.own_vector(reduce=-2),
                "These are the ranges of the columns. Your preprocessing is right, but the "
                "decomposition goes by rows.",
                "What would a horizontal streak look like in rows, and in columns?",
            ),
            Mistake(
                "GCN forgotten",
                lambda: probes.own_vector(gcn=False),
                "LCN got the frame in ADU. Its floor of 1 means something only after GCN, when 1 "
                "is the spread of the whole frame.",
                "In ADU, which windows have a standard deviation below 1?",
            ),
            Mistake(
                "mask forgotten",
                lambda: probes.own_vector(masked=False),
                "Somewhere the mask is missing. The shadow of the beam stop then counts as frame: "
                "it shifts mean and spread, and its edge looks like a peak.",
                "Which rows differ from the vector with a mask, and what lies there?",
            ),
        ),
    ),
)
