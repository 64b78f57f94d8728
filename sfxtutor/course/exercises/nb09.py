"""Exercises of lesson 09, screening a run. All times and rates in them are synthetic."""

import math

import numpy as np

from . import probes09 as probes
from .exercise import Mistake, exercise

EXERCISES = (
    exercise(
        "nb09.q1",
        reference=lambda: probes.speedup(
            lambda all_, part, factor: all_ / (all_ - part + part / factor)
        ),
        probe=probes.probe_speedup,
        mistakes={
            "factor of the part alone": lambda: probes.speedup(lambda all_, part, factor: factor),
            "speed-ups averaged": lambda: probes.speedup(
                lambda all_, part, factor: part / all_ * factor + 1 - part / all_
            ),
            "part taken as free": lambda: probes.speedup(
                lambda all_, part, factor: all_ / (all_ - part)
            ),
            "new over old": lambda: probes.speedup(
                lambda all_, part, factor: (all_ - part + part / factor) / all_
            ),
        },
    ),
    exercise(
        "nb09.q2",
        reference=lambda: probes.report(),
        probe=probes.probe_report,
        mistakes={
            "dropped frames left in": Mistake(
                lambda: probes.with_nan, fits=lambda found: bool(np.isnan(found[0]))
            ),
            "dropped frames counted as fast": lambda: probes.zeros_for_dropped,
            "share of the judged frames": lambda: probes.report(share=None),
            "mean for the percentile": lambda: probes.report(high=np.mean),
            "seconds for milliseconds": lambda: probes.report(unit=1.0),
        },
    ),
    exercise(
        "nb09.q3",
        reference=lambda: probes.missing(probes.not_done),
        probe=probes.probe_missing,
        mistakes={
            "torn line believed": lambda: probes.torn_believed,
            "goes on after the highest": lambda: probes.missing(
                lambda found, frames: range(max(n for n, _ in found) + 1, frames)
            ),
            "lines counted": lambda: probes.missing(
                lambda found, frames: range(len(found), frames)
            ),
            "failed frames done again": lambda: probes.missing(
                lambda found, frames: probes.not_done(
                    [e for e in found if e[1] is not None], frames
                )
            ),
            "frames from 1": lambda: probes.missing(
                lambda found, frames: [n + 1 for n in probes.not_done(found, frames)]
            ),
        },
    ),
    exercise(
        "nb09.q4",
        reference=lambda: probes.workers(),
        probe=probes.probe_workers,
        mistakes={
            "scheduler's limit forgotten": lambda: probes.workers(limit=None),
            "overhead left out": lambda: probes.workers(
                ms=lambda block, frame, task: block * frame
            ),
            "overhead for every frame": Mistake(
                lambda: probes.per_frame(lambda block: block),
                fits=lambda found: any(
                    found == probes.probe_workers(probes.per_frame(limit))
                    for limit in (None, lambda block: 1, lambda block: block)
                ),
            ),
            "rounded down": lambda: probes.workers(whole=math.floor),
            "one worker too many": lambda: probes.workers(whole=lambda n: math.ceil(n) + 1),
        },
    ),
    exercise(
        "nb09.g1",
        reference=lambda: probes.hours(),
        probe=probes.probe_hours,
        mistakes={
            "times added": lambda: probes.hours(join=lambda a, b: a + b),
            "the faster one taken": lambda: probes.hours(join=min),
            "a file system for each core": lambda: probes.hours(disks=lambda cores: cores),
            "seconds for hours": lambda: probes.hours(unit=1),
        },
    ),
    exercise(
        "nb09.g2",
        reference=probes.keeping_up,
        tolerance=2e-2,
        mistakes={
            "rate within a train": Mistake(
                lambda: probes.keeping_up(rate=lambda frames, trains, mhz: 1e6 * mhz),
                fits=lambda found: found[0] > 100,
            ),
            "rounded down": lambda: probes.keeping_up(whole=math.floor),
            "latency of one frame": lambda: probes.keeping_up(
                longest=lambda frames, trains, ms: ms
            ),
            "as if there were one core": lambda: probes.keeping_up(
                longest=lambda frames, trains, ms: frames * ms
            ),
            "pause between trains": lambda: probes.keeping_up(
                longest=lambda frames, trains, ms: 1000 / trains
            ),
        },
        parts=("cores", "longest latency"),
    ),
)
