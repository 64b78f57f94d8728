"""Measure which results hang on what nobody has published: python -m tools.robustness.

Each unknown of the twin is varied within its plausible range, one at a time, and the cheap methods
are judged again: RWD with 200 labels, and the spot count.  What was prepared and trained before is
read from disk.  The counts are kept in data/results/robustness.json, from which `make docs` writes
docs/robustness.md.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sfxtutor as sfx
from sfxtutor.paper.claims import RWD, RWD_AWAY
from sfxtutor.runs.datasets import TWINS as NAMES
from sfxtutor.support.disk import write_text
from sfxtutor.support.provenance import origin
from sfxtutor.training import PROFILES

RESULTS = Path(__file__).resolve().parent.parent / "data" / "results" / "robustness.json"
PAPER = PROFILES["paper"]
SEEDS = range(5)  # of training, for the splits
VARIED_SEEDS = range(3)  # for each unknown
PART = sfx.split(2000, "200/200/1600")


class Unknown(NamedTuple):
    """A change of the twin: factors and values of its `Setup`, of all runs or of some."""

    about: str
    factors: dict
    values: dict
    runs: tuple = NAMES
    seed: int = 0


UNKNOWNS = (
    Unknown("as calibrated", {}, {}),
    Unknown("another visit: twin seed 1", {}, {}, seed=1),
    Unknown("spots are seen from 0.8 times the height", {"visible_sigma": 0.8}, {}),
    Unknown("spots are seen from 1.25 times the height", {"visible_sigma": 1.25}, {}),
    Unknown("crystals 0.6 times as bright", {"brightness": 0.6}, {}),
    Unknown("crystals 1.6 times as bright", {"brightness": 1.6}, {}),
    Unknown("less spread of the brightness, 0.75 times", {"spread": 0.75}, {}),
    Unknown("background 0.6 times", {"water": 0.6, "air": 0.6, "plain": 0.6, "halo": 0.6}, {}),
    Unknown("background 1.6 times", {"water": 1.6, "air": 1.6, "plain": 1.6, "halo": 1.6}, {}),
    Unknown("LO19 on a tape, too", {}, {"tape": 0.875, "streaks": 0.0}, ("LO19",)),
)


def varied_run(name, unknown):
    """The twin of a run with another setup."""
    setup = sfx.TwinRun(name).setup
    if name in unknown.runs:
        changed = {key: getattr(setup, key) * by for key, by in unknown.factors.items()}
        setup = replace(setup, **changed, **unknown.values)
    return sfx.TwinRun(name, unknown.seed, setup=setup)


def measure():
    """Train and test everything, and keep the counts."""
    content = origin("paper", "twin", 0) | {
        "unknowns": [row for unknown in UNKNOWNS for row in varied(unknown)],
        "splits": [row for name in NAMES for row in orders(name)],
    }
    write_text(RESULTS, json.dumps(content, indent=1))


def train_rwd(x, y, part, seed):
    sfx.set_seed(seed)
    model = sfx.build_rwd_cnn()
    valid = part.validation
    settings = PAPER.training(len(y[part.train]), seed)
    sfx.fit(model, x[part.train], y[part.train], (x[valid], y[valid]), settings, title=None)
    return model


def varied(unknown, seeds=VARIED_SEEDS):
    """RWD of every run on every run, and the spot count, as rows with `about` and `auc`."""
    runs = {name: varied_run(name, unknown) for name in NAMES}
    data = {name: sfx.prepare(run, bin=PAPER.bin, progress=False) for name, run in runs.items()}
    truth = {name: sfx.is_positive(run.labels) for name, run in runs.items()}
    for home in NAMES:
        threshold = sfx.best_threshold(data[home].spots[PART.train], truth[home][PART.train])
        models = [train_rwd(data[home].rwd, truth[home], PART, seed) for seed in seeds]
        for name in NAMES:
            test = PART.test if name == home else slice(None)
            y, spots = truth[name][test], data[name].spots[test]
            method = "spot count, 200 labels"
            yield made(unknown, method, home, name, y, spots, spots >= threshold, 0)
            for seed, model in zip(seeds, models, strict=True):
                p = sfx.predict(model, data[name].rwd[test])
                method = RWD if name == home else RWD_AWAY
                yield made(unknown, method, home, name, y, p, p > 0.5, seed)


def made(unknown, method, home, name, truth, score, decision, seed):
    keys = {"seed": seed, "profile": "paper", "source": "twin"}
    row = sfx.row(0, method, home, name, sfx.count(truth, decision), **keys)
    return row | {"about": unknown.about, "auc": round(sfx.auc(score, truth), 5)}


def orders(name):
    """Mean of recall and specificity in order and shuffled, for each seed."""
    run = sfx.open_run(name)
    x, y = sfx.prepare(run, bin=PAPER.bin, progress=False).rwd, sfx.is_positive(run.labels)
    for seed in SEEDS:
        shuffled = np.random.default_rng(seed).permutation(2000)
        for kind, order in (("in order", np.arange(2000)), ("shuffled", shuffled)):
            model = train_rwd(x[order], y[order], PART, seed)
            test = order[PART.test]
            counts = sfx.count(y[test], sfx.predict(model, x[test]) > 0.5)
            yield {"run": name, "split": kind, "seed": seed, **vars(counts)}


if __name__ == "__main__":
    measure()
