"""Measure how robust the results are: python -m tools.robustness (minutes on two cores).

It goes on where it was stopped, and keeps the counts in data/results/robustness.json, from which
`make docs` writes docs/robustness.md.
"""

import json
from pathlib import Path

import numpy as np

import sfxtutor as sfx
from sfxtutor.paper.claims import RWD, RWD_AWAY
from sfxtutor.runs.datasets import TWINS as NAMES
from sfxtutor.support.disk import write_text
from sfxtutor.support.provenance import origin
from sfxtutor.training import PROFILES

RESULTS = Path(__file__).resolve().parent.parent / "data" / "results" / "robustness.json"
PAPER = PROFILES["paper"]
SEEDS, TWINS, BINS = range(5), range(3), (4, 2, 1)
BIN_EPOCHS = 2  # of the comparison of bins: bin 1 takes its time


def measure():
    """Train and test everything, and keep the counts."""
    content = origin("paper", "twin", 0) | {
        "twins": [row for seed in TWINS for row in another_twin(seed)],
        "splits": [row for name in NAMES for row in orders(name)],
        "bins": [one_bin(bin) for bin in BINS],
    }
    write_text(RESULTS, json.dumps(content, indent=1))


def train_rwd(x, y, part, seed):
    sfx.set_seed(seed)
    model = sfx.build_rwd_cnn()
    valid = part.validation
    settings = PAPER.training(len(y[part.train]), seed)
    sfx.fit(model, x[part.train], y[part.train], (x[valid], y[valid]), settings, title=None)
    return model


def another_twin(seed):
    """Tables 4 and 7 with the twin of that seed."""
    runs = {name: sfx.open_run(name, seed=seed) for name in NAMES}
    data = {name: sfx.prepare(run, bin=PAPER.bin, progress=False) for name, run in runs.items()}
    truth = {name: sfx.is_positive(run.labels) for name, run in runs.items()}
    part = sfx.split(2000, "200/200/1600")
    for home in NAMES:
        model = train_rwd(data[home].rwd, truth[home], part, 0)
        for name in NAMES:
            test = part.test if name == home else slice(None)
            counts = sfx.count(truth[name][test], sfx.predict(model, data[name].rwd[test]) > 0.5)
            table, method = (4, RWD) if name == home else (7, RWD_AWAY)
            made = sfx.row(
                table, method, home, name, counts, seed=0, profile="paper", source="twin"
            )
            yield made | {"twin_seed": seed}


def orders(name):
    """Mean of recall and specificity in order and shuffled, for each seed."""
    run = sfx.open_run(name)
    x, y = sfx.prepare(run, bin=PAPER.bin, progress=False).rwd, sfx.is_positive(run.labels)
    part = sfx.split(2000, "200/200/1600")
    for seed in SEEDS:
        shuffled = np.random.default_rng(seed).permutation(2000)
        for kind, order in (("in order", np.arange(2000)), ("shuffled", shuffled)):
            model = train_rwd(x[order], y[order], part, seed)
            test = order[part.test]
            counts = sfx.count(y[test], sfx.predict(model, x[test]) > 0.5)
            yield {"run": name, "split": kind, "seed": seed, **vars(counts)}


def one_bin(bin):
    """The benchmark CNN on images of another size."""
    run, part = sfx.open_run("LN83"), sfx.split(2000)
    images, y = sfx.prepare(run, bin=bin, progress=False).images, sfx.is_positive(run.labels)
    sfx.set_seed(0)
    model, valid = sfx.build_cnn((*images.shape[1:], 1)), part.validation
    validation, settings = (images[valid], y[valid]), sfx.Training(BIN_EPOCHS)
    history = sfx.fit(model, images[part.train], y[part.train], validation, settings, title=None)
    counts = sfx.count(y[valid], sfx.predict(model, images[valid]) > 0.5)
    return {
        "bin": bin,
        "val_loss": min(history.val_loss),
        **vars(counts),
    }


if __name__ == "__main__":
    measure()
