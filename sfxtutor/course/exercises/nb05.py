"""Exercises of lesson 05, row-wise decomposition."""

import numpy as np

from . import probes05 as probes, trained
from .compare import agree
from .exercise import Mistake, exercise

# Of these 89 positives a network trained as in the lesson finds 0 to 18 (three seeds), one that has
# seen high rows 84 to 88.
TRAINED = trained.Task("LN83", 0.85, trained.VECTOR, trained.Hot)

EXERCISES = (
    exercise(
        "nb05.q1",
        reference=lambda: probes.row_range(-1),
        probe=probes.probe_rwd,
        mistakes={
            "axis swapped": Mistake(
                lambda: probes.row_range(-2), fits=probes.single_like(probes.row_range(0))
            ),
            "axis counted from the front": lambda: probes.row_range(1),
            "maximum alone": Mistake(
                lambda: lambda frames: frames.max(axis=-1),
                fits=probes.single_like(lambda frame: frame.max(axis=-1)),
            ),
            "distance from the middle": Mistake(
                lambda: lambda frames: frames.max(axis=-1) - np.median(frames, axis=-1),
                fits=lambda found: any(
                    probes.single_like(
                        lambda frame, middle=middle: frame.max(-1) - middle(frame, -1)
                    )(found)
                    for middle in (np.median, np.mean)
                ),
            ),
            "maximum of the absolute values": Mistake(
                lambda: lambda frames: np.abs(frames).max(axis=-1),
                fits=probes.single_like(lambda frame: np.abs(frame).max(axis=-1)),
            ),
            "standard deviation": Mistake(
                lambda: lambda frames: frames.std(axis=-1),
                fits=probes.single_like(lambda frame: frame.std(axis=-1)),
            ),
        },
    ),
    exercise(
        "nb05.q2",
        reference=lambda: probes.relative(probes.own_mean),
        probe=lambda relative: (relative(probes.vectors()[0]), relative(probes.vectors())),
        mistakes={
            "one mean for the whole set": lambda: probes.relative(np.mean),
            "mean subtracted, not divided by": lambda: probes.relative(
                probes.own_mean, np.ones_like
            ),
            "divided by the standard deviation": lambda: probes.relative(
                probes.own_mean, lambda x: x.std(axis=-1, keepdims=True)
            ),
        },
    ),
    exercise(
        "nb05.q3",
        reference=lambda: probes.operations(),
        probe=probes.probe_operations,
        mistakes={
            "weights counted": lambda: probes.operations(positions=lambda length, step: 1),
            "step ignored": lambda: probes.operations(positions=lambda length, step: length),
            "input channels forgotten": lambda: probes.operations(
                weights=lambda sizes: sizes[1] * sizes[2]
            ),
        },
    ),
    exercise(
        "nb05.q4",
        reference=lambda: probes.gain(),
        tolerance=5e-3,
        mistakes={
            "networks alone": lambda: probes.gain(0, 0),
            "preprocessing on one way only": Mistake(
                lambda: probes.gain(1, 0),
                fits=lambda found: any(
                    agree(found, x, 5e-3) for x in (probes.gain(1, 0), probes.gain(0, 1))
                ),
            ),
            "slower over faster upside down": lambda: 1 / probes.gain(),
        },
    ),
    exercise(
        "nb05.q5",
        reference=lambda: lambda frame: frame[:, ::-1],
        probe=probes.other_frame,
        accepts=probes.is_other_frame,
        mistakes={
            "rows moved": Mistake(lambda: lambda frame: frame[::-1], fits=probes.rows_moved),
            "rows left as they were": Mistake(
                lambda: lambda frame: frame,
                fits=lambda x: (
                    x.shape == (6, 8)
                    and np.allclose(np.ptp(x, -1), probes.row_range(-1)(probes.frames()[0]))
                ),
            ),
        },
    ),
    trained.network(
        "nb05.q6",
        TRAINED,
        reference=lambda: trained.by_hand(trained.VECTOR, 0.1, 0.0664, 400),
        wrong={
            "another input": lambda: trained.by_hand((180, 180, 1)),
            "untrained": lambda: trained.untouched(trained.VECTOR),
            "one answer to every frame": lambda: trained.by_hand(trained.VECTOR, 90),
            "labels inverted": lambda: trained.by_hand(trained.VECTOR, 0.1, 0.0664, -400),
            "trained without them": lambda: trained.by_hand(trained.VECTOR, 0.4, 0.0074, 400),
            "threshold off": lambda: trained.by_hand(trained.VECTOR, 0.1, 0.1, 400),
            "overfitted": lambda: trained.memory("LN83", trained.VECTOR, trained.Hot),
            "below the mark": lambda: trained.by_hand(trained.VECTOR, 1, 0.052, 400),
        },
    ),
    exercise(
        "nb05.g1",
        reference=lambda: probes.of_three(np.median),
        probe=lambda smooth: smooth(probes.vectors()),
        mistakes={
            "mean, not median": lambda: probes.of_three(np.mean),
            "axis swapped": lambda: probes.of_three(np.median, axis=0),
        },
    ),
    exercise(
        "nb05.g2",
        reference=probes.own_vector,
        probe=lambda vector: np.asarray(vector, float),
        tolerance=1e-3,
        mistakes={
            "LCN forgotten": Mistake(
                lambda: probes.own_vector(lcn=False), fits=lambda found: found.shape == (724,)
            ),
            "axis swapped": lambda: probes.own_vector(reduce=-2),
            "GCN forgotten": lambda: probes.own_vector(gcn=False),
            "mask forgotten": lambda: probes.own_vector(masked=False),
        },
    ),
)
