"""Preprocessing alone, without any network: what the fused kernels save, task by task."""

from functools import partial

import numpy as np

from benchmarks import GEOMETRY
from benchmarks.decision import CLASSES
from benchmarks.rivals import BareSciPy
from benchmarks.timing import per_item, take_turns
from sfxtutor.fast.kernels import count_spots, fast_binned, fast_pair, fast_rwd
from sfxtutor.preprocess import bin_max, gcn, lcn, rwd
from sfxtutor.runs.open import open_run
from sfxtutor.runs.run import CROP
from sfxtutor.spots import find_spots

RWD, BINNED, SPOTS = "RWD", "binned 2 x 2", "spots"
BARE, FUSED = "bare SciPy", "fused"


def measure(name="LN83", timed=20, repeats=5):
    """ms a frame of each method for each task, on hits and on misses: a dict."""
    run = open_run(name, reading=GEOMETRY)
    times = {}
    for kind, label in CLASSES.items():
        crops = [run.crop(i) for i in np.flatnonzero(run.labels == label)[:timed]]
        ways = {key: partial(per_item, _each(way), crops) for key, way in ways_of(run).items()}
        times[kind] = take_turns(ways, repeats)
    rows = [
        {"task": task, "way": way, **{kind: times[kind][task, way] for kind in CLASSES}}
        for task, way in times["hit"]
    ]
    return {"unit": "ms a frame, one core", "run": name, "rows": rows}


def ways_of(run):
    """{(task, way): function of a crop}; without a mask unless one is named."""
    bare, good = BareSciPy(np.ones((CROP, CROP), bool)), run.good()
    return {
        (RWD, "plain, checked"): lambda crop: rwd(lcn(gcn(crop))),
        (RWD, BARE): bare,
        (RWD, FUSED): fast_rwd,
        (RWD, "fused, masked"): lambda crop: fast_rwd(crop, good),
        (BINNED, "plain, checked"): lambda crop: bin_max(lcn(gcn(crop))),
        (BINNED, FUSED): fast_binned,
        (BINNED, "fused, and RWD"): fast_pair,
        (SPOTS, "plain, checked"): find_spots,
        (SPOTS, FUSED): count_spots,
    }


def _each(way):
    return lambda crops: [way(crop) for crop in crops]
