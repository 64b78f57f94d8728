"""How robust the results are: python docs/make_robustness_page.py measures and writes robustness.md.

It trains what the page needs (minutes on two cores; it goes on where it was stopped), keeps the counts in
data/results/robustness.json and writes the page; with the argument `page`, the page alone.
"""

import json
import sys
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

import sfxtutor as sfx
from sfxtutor.results import COUNTS, write_text
from sfxtutor.support.provenance import origin
from sfxtutor.training import PROFILES

HERE = Path(__file__).parent
RESULTS = HERE.parent / "data" / "results" / "robustness.json"
NAMES = ("LN83", "LN84", "LO19")
PAPER = PROFILES["paper"]
SEEDS, TWINS, BINS = range(5), range(3), (4, 2, 1)
BIN_EPOCHS = 2  # of the comparison of bins: bin 1 takes its time
TEXT = """# How robust the results are

Source: the twin; profile: paper; made by `docs/make_robustness_page.py` on {date} ({machine}).
Where one training is shown, its rates come with counts and 95 % Wilson intervals; where several are,
with mean and standard deviation (SD) over them. The spread over seeds of every row of the paper's
tables is in lesson 07.

## Another twin

Seed 0 of the training, seeds 0, 1 and 2 of the twin: other crystals, orientations, noise and labels of
the single frames, the same class counts in every block. Recall; specificity of RWD with 200 labels: counts, and in brackets the interval in %.

{twins}

## In order or shuffled

RWD with 200 labels, 200 for validation, 1,600 for testing; seeds 0 to 4 of training and shuffling. Mean of
recall and specificity, %. Frames of the twin are independent, so nothing can leak here; on a real run it
can (lesson 03).

{splits}

## Coarser or finer images

The same 2D CNN on LN83 with 1,200 labels, {bin_epochs} epochs, seed 0, on the {size} x {size} frame binned by
maximum; validation frames 1201 to 1600. Each halving of the bin costs four times the arithmetic, so the
paper profile trains on the coarsest. After so few epochs this says what a finer image brings early on,
not what it would bring in the end.

{bins}
"""


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
    sfx.fit(model, x[part.train], y[part.train], (x[valid], y[valid]), PAPER.epochs_rwd, seed=seed,
            progress=False)  # fmt: skip
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
            table, method = (4, "RWD 1D CNN, 200 labels") if name == home else (7, "RWD 1D CNN across datasets")  # fmt: skip
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
    history = sfx.fit(model, images[part.train], y[part.train], (images[valid], y[valid]),
                      BIN_EPOCHS, progress=False)  # fmt: skip
    counts = sfx.count(y[valid], sfx.predict(model, images[valid]) > 0.5)
    return {
        "bin": bin,
        "val_loss": min(history.val_loss),
        **vars(counts),
    }


def page():
    """The page's text, from the counts."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    return TEXT.format(
        date=kept["date"], machine=kept["machine"], twins=twins_table(kept["twins"]),
        splits=splits_table(kept["splits"]), bins=bins_table(kept["bins"]), bin_epochs=BIN_EPOCHS,
        size=720,
    )  # fmt: skip


def table(header, lines):
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (header, rule, *lines))


def share(row, kind):
    """Counts of a rate and its 95 % interval in percent: 299/329 (87 to 94)."""
    k, n = row[f"{kind}_found"], row[f"{kind}_total"]
    low, high = sfx.wilson(k, n)
    return f"{k}/{n} ({100 * low:.0f} to {100 * high:.0f})"


def twins_table(rows):
    header = (
        "table",
        "trained on",
        "tested on",
        *(f"twin {seed}" for seed in TWINS),
        "SD of recall",
    )
    groups = {}
    for row in rows:
        groups.setdefault((row["table"], row["train"], row["test_on"]), []).append(row)
    lines = []
    for key, group in sorted(groups.items()):
        rates = [f"{share(row, 'hits')}; {share(row, 'misses')}" for row in group]
        recalls = [100 * row["hits_found"] / row["hits_total"] for row in group]
        lines.append((*key, *rates, f"{stdev(recalls):.1f} points"))
    return table(header, lines)


def splits_table(rows):
    def balanced(row):
        share = row["hits_found"] / row["hits_total"], row["misses_found"] / row["misses_total"]
        return 50 * sum(share)

    lines = []
    for name in NAMES:
        line = [name]
        for kind in ("in order", "shuffled"):
            found = [balanced(row) for row in rows if (row["run"], row["split"]) == (name, kind)]
            line.append(f"{fmean(found):.1f} (SD {stdev(found):.1f}, {len(found)} seeds)")
        lines.append(line)
    return table(("run", "in order", "shuffled"), lines)


def bins_table(rows):
    lines = [
        (
            f"{row['bin']} x {row['bin']}, {720 // row['bin']} x {720 // row['bin']}",
            f"{row['val_loss']:.3f}",
            sfx.Counts(*(row[name] for name in COUNTS)),
        )
        for row in rows
    ]
    return table(("bin, image", "lowest validation loss", "validation"), lines)


if __name__ == "__main__":
    if sys.argv[1:] != ["page"]:
        measure()
    (HERE / "robustness.md").write_text(page(), encoding="utf-8")
