"""Exercises of lesson 02, preprocessing: crop, GCN, LCN, binning, and a score of one's own."""

import numpy as np

import sfxtutor as sfx

from .check import Exercise, Mistake, agree
from .probes02 import (
    blocks,
    contrast,
    cropped,
    crops,
    first_axes,
    floor,
    follows_energy,
    follows_shape,
    found,
    frames,
    masked,
    normalised,
    only_one,
    patch,
    scores,
    separates,
    windowed,
    wrong_blocks,
)

EXERCISES = (
    Exercise(
        id="nb02.q1",
        title="The central crop",
        reference=lambda: sfx.center_crop,
        probe=crops,
        right="As much is cut off above as below, and left as right, for one frame and for a "
        "stack.",
        mistakes=(
            Mistake(
                "offsets swapped",
                cropped(lambda top, left, n: (left, left + n, top, top + n)),
                "The offset of the columns was used for the rows, and the other way round. On a "
                "square detector nobody notices; on this one the crop is off the centre.",
                "Shape (y, x): which of the two numbers says how many rows there are?",
            ),
            Mistake(
                "corner, not centre",
                cropped(lambda top, left, n: (0, n, 0, n)),
                "This is the upper left corner of the frame. The crop leaves as many pixels out on "
                "the left as on the right.",
                "Where does the beam go through the detector, and where are the strong spots?",
            ),
            Mistake(
                "end taken for a length",
                cropped(lambda top, left, n: (top, n, left, n)),
                "A slice runs from its start *to* its end. You gave it the side of the crop as the "
                "end, and what remains is smaller than the crop.",
                "How many numbers are there in range(5, 20)?",
            ),
            Mistake(
                "stack cropped as a frame",
                lambda: first_axes,
                "One frame comes out right, a stack does not. The first axis of a stack counts the "
                "frames; rows and columns are always the last two.",
                "What does frames[5:25, 9:29] take from an array (n, y, x)?",
                fits=only_one,
            ),
        ),
    ),
    Exercise(
        id="nb02.q2",
        title="GCN of a stack",
        reference=normalised((-2, -1)),
        probe=lambda gcn: (gcn(frames()[0]), gcn(frames())),
        tolerance=1e-3,
        right="Each frame by its own mean and its own spread: so the pulse energy of a shot goes, "
        "and no frame depends on its neighbours.",
        mistakes=(
            Mistake(
                "whole set at once",
                normalised(None),
                "One mean and one spread were taken of the whole stack. A frame of a strong pulse "
                "stays bright then, and its values depend on which other frames are in the stack.",
                "Add one very bright frame to the stack. Which frames change, and which should?",
            ),
            Mistake(
                "first axis",
                normalised(0),
                "Mean and spread were taken along the first axis alone. In a stack that compares "
                "each pixel with the same pixel of other frames, and does not level a frame.",
                "Over how many pixels is the mean of one frame taken, and which axes are they on?",
            ),
            Mistake(
                "mean alone",
                normalised((-2, -1), scale=lambda frames, **axes: 1),
                "Every frame has mean 0 now, but its own scale. A pulse of twice the energy still "
                "makes everything twice as high.",
                "Double all pixels of a frame: what should GCN give?",
            ),
            Mistake(
                "variance for spread",
                normalised((-2, -1), scale=np.var),
                "The frames were divided by their variance, which is in ADU². Only the standard "
                "deviation has the unit of a pixel, so that the result has none.",
                "Check the units: ADU divided by what gives a plain number?",
            ),
        ),
    ),
    Exercise(
        id="nb02.q3",
        title="LCN with a floor",
        reference=windowed(floor),
        probe=lambda lcn: lcn(contrast()),
        right="Quiet windows are left quiet, loud ones are scaled down: noise cannot grow to the "
        "size of a spot.",
        mistakes=(
            Mistake(
                "no floor",
                windowed(lambda spread: spread),
                "Every window was divided by its own spread, however small. A patch of faint noise "
                "is blown up to the same height as a Bragg spot.",
                "What does a window of pure noise look like after division by its own spread?",
            ),
            Mistake(
                "floor added",
                windowed(lambda spread: spread + 1),
                "The 1 was added to the spread. That changes loud windows as well: a floor is a "
                "lowest value and does nothing to what lies above it.",
                "Spread 3, floor 1: what should the divisor be?",
            ),
            Mistake(
                "ceiling, not floor",
                windowed(lambda spread: np.minimum(spread, 1)),
                "Of spread and 1 you took the smaller. Quiet windows are blown up and loud ones "
                "stay loud, the contrary of what the floor is for.",
                "Which of np.maximum and np.minimum keeps a number from falling below 1?",
            ),
            Mistake(
                "pixel beside its window",
                windowed(floor, slice(None, -4)),
                "Each pixel was compared with a window of which it is the corner. The window is to "
                "lie *around* the pixel.",
                "Which pixel of the frame is in the middle of the first window?",
                fits=lambda found: any(
                    agree(found, windowed(floor, part)()(contrast()), 1e-4)
                    for part in (slice(None, -4), slice(4, None))
                ),
            ),
            Mistake(
                "spread of the whole frame",
                windowed(lambda spread: np.maximum(contrast().std(), 1)),
                "The local mean is right, the divisor is that of the whole frame. Local contrast "
                "wants each window's own spread, where it is above the floor.",
                "Which two numbers does every window have of its own?",
            ),
        ),
    ),
    Exercise(
        id="nb02.q4",
        title="Bin by maximum",
        reference=blocks(np.max),
        probe=lambda bin: [bin(frames()[0][:24, :36], size) for size in (2, 4)],
        right="A spot keeps its height in fewer pixels. The highest noise of each block is kept as "
        "well: that is the price.",
        mistakes=(
            Mistake(
                "mean of the block",
                blocks(np.mean),
                "The mean spreads a spot of two pixels over the whole block and lets it sink into "
                "the noise, the more so after LCN, where spot and moat sum to nearly 0.",
                "A spot of 4 pixels in a block of 16: how high is it in the mean?",
            ),
            Mistake(
                "one pixel of each block",
                lambda: lambda frame, bin: frame[::bin, ::bin],
                "You kept one pixel of every block and threw the others away, and with them most "
                "spots: whether one survives is left to chance.",
                "What is the chance that a spot of one pixel survives bins of 4 x 4?",
            ),
            Mistake(
                "blocks mixed up",
                lambda: wrong_blocks,
                "The shape is right, the pixels of a block are not neighbours. NumPy fills the "
                "last axes first, so that the order of the four axes in reshape decides.",
                "Try it on np.arange(16).reshape(4, 4) with bin 2: which pixels should meet?",
            ),
        ),
    ),
    Exercise(
        id="nb02.q5",
        title="Design a score",
        reference=lambda: lambda frame: np.max(sfx.lcn(sfx.gcn(frame))),
        probe=scores,
        accepts=separates,
        right="Hits score above misses whatever the background does. This is all that "
        "preprocessing is for: what a network needs not learn, it cannot learn wrongly.",
        mistakes=(
            Mistake(
                "follows the pulse energy",
                lambda: np.max,
                "A miss of a strong pulse scores higher than one of a weak pulse, and higher than "
                "some hits. The score measures the light of the shot before it measures spots.",
                "What happens to your score when all pixels are multiplied by two?",
                fits=follows_energy,
            ),
            Mistake(
                "follows the background's shape",
                lambda: lambda frame: sfx.gcn(frame).max(),
                "The pulse energy is gone from the score, the hills of the background are not: "
                "misses of another water ring score otherwise. One number a frame cannot level "
                "them.",
                "Which step compares a pixel with its neighbours, and not with the frame?",
                fits=follows_shape,
            ),
            Mistake(
                "spots no higher than noise",
                lambda: lambda frame: sfx.lcn(sfx.gcn(frame), floor=0).max(),
                "On the same background a miss can score as high as a hit. Either noise is blown "
                "up to the size of a spot, or the spots are averaged away.",
                "Score one hit and one miss at each step of the pipeline: where are they lost?",
                fits=lambda scores: (scores[:, 1].min(axis=1) <= scores[:, 0].max(axis=1)).any(),
            ),
        ),
    ),
    Exercise(
        id="nb02.g1",
        title="GCN with a mask",
        reference=masked(),
        probe=lambda gcn: gcn(*patch()),
        right="The shadow has no say in mean and spread, and stays at 0, the mean, where it draws "
        "no edge.",
        mistakes=(
            Mistake(
                "mask comes too late",
                masked(np.ones_like),
                "Mean and spread were taken over all pixels, and only then the bad ones cleared. "
                "The shadow pulls the mean down and makes the spread too large.",
                "A beam stop twice as large: should the values of good pixels change?",
            ),
            Mistake(
                "mask upside down",
                lambda: lambda frame, good: masked()()(frame, ~good),
                "Mean and spread come from the bad pixels, and the good ones were cleared. True "
                "means *good* in this course.",
                "What do other programs call True in a mask? How could one have noticed?",
            ),
            Mistake(
                "bad pixels not cleared",
                masked(clear=False),
                "The good pixels are right. The bad ones kept values of their own, and LCN would "
                "find the edge of the shadow.",
                "Which value, after GCN, stands out least?",
            ),
        ),
    ),
    Exercise(
        id="nb02.g2",
        title="Spots in your own hits",
        reference=found,
        right="Gain and mask belong to the detector, not to the method: with those of another run "
        "the same finder counts something else.",
        mistakes=(
            Mistake(
                "mask forgotten",
                lambda: found(masked=False),
                "Some counts are too high: without the mask, the edge of the beam stop's shadow is "
                "uneven enough to pass for spots.",
                "Where in the frame do the additional spots lie?",
            ),
            Mistake(
                "gain of another run",
                lambda: found(gain=0.27),
                "These are the counts for the gain of LN83, which is also the finder's default. "
                "With too high a gain weak spots pass for noise.",
                "Does a higher gain make the finder stricter or looser, and why?",
            ),
        ),
    ),
)
