"""Draw the pictures of the README and the docs: python -m tools.pictures [FRAME.h5].

Those that compare the twin with a measured frame need it, which is not part of this repository:
kapton_test_data/rayonix340/hit-20181213155134902.cbf of dials/data-files, or the same in idh5.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

import sfxtutor as sfx
from sfxtutor.beyond import budgets
from sfxtutor.paper.claims import DANN, FEW, FULL, RWD, RWD_AWAY, TRANSFER
from sfxtutor.runs.datasets import TWINS, UNSEEN

from . import twin_points
from .pages import beyond

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
BIN = 4  # pixels of a crop along the edge of a pixel of the picture


def hit_maybe_miss(run):
    """One frame of each label, its RWD vector beside it, row by row."""
    figure, axes = plt.subplots(1, 6, figsize=(12, 3.1), width_ratios=(3, 1) * 3, sharey=True)
    labels, mask = ("HIT", "MAYBE", "MISS"), sfx.center_crop(run.mask)
    crops = [run.crop(first_typical(run, label)) for label in labels]
    for i, crop in enumerate(crops):
        vector = sfx.fast_rwd(crop, mask)
        rows = np.arange(len(vector)) + (len(crop) - len(vector)) / 2
        axes[2 * i + 1].plot(vector, rows / BIN, linewidth=0.7)
        axes[2 * i + 1].set(xlabel="RWD", xlim=(0, 1.6))
    # Binned by maximum, or a spot of two pixels would vanish in a picture of this size.
    small = [sfx.bin_max(crop, BIN) / np.median(crop) for crop in crops]
    sfx.plot_examples(small, labels, axes[::2], cmap="gray_r", vmin=0.45, vmax=1.9)
    return figure


def first_typical(run, label):
    """Of the first 30 frames of a label, the one with the median number of visible spots: int."""
    frames = np.flatnonzero(run.labels == label)[:30]
    visible = np.array([run.spots(i)[1].sum() for i in frames])
    return int(frames[np.argmin(np.abs(visible - np.median(visible)))])


def whole_frames(runs):
    """A typical hit of each run on the whole detector, binned by maximum."""
    figure, axes = plt.subplots(1, len(runs), figsize=(4.2 * len(runs), 4.2), layout="constrained")
    for ax, run in zip(axes, runs, strict=True):
        frame = run[first_typical(run, "HIT")]
        middle = np.median(frame[run.mask])
        ax.imshow(sfx.bin_max(frame, 5), cmap="gray_r", vmin=0, vmax=4 * middle)
        ax.set(title=f"twin of {run.name}", xticks=[], yticks=[])
    return figure


def beside_a_measured_frame(real, runs):
    """Draw the crops side by side, and the background and noise of all."""
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.8))
    hits = [run.crop(int(np.flatnonzero(run.labels == "HIT")[3])) for run in runs]
    names = ["measured", *(f"twin of {run.name}" for run in runs)]
    for ax, crop, name in zip(axes, [real.crop(0), *hits], names, strict=True):
        middle = np.median(crop)
        small = sfx.bin_max(crop, 2)
        ax.imshow(small, cmap="gray_r", vmin=0.45 * middle, vmax=1.75 * middle)
        ax.set(title=name, xticks=[], yticks=[])
    figure.savefig(PICTURES / "twin_and_real.png", dpi=100, bbox_inches="tight")

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    place = [np.mean(pair) for pair in twin_points.RADII]
    left.plot(place, twin_points.radial(real[0], real.card), "ko", label="measured")
    noise = {"measured": twin_points.noise(real[0], real.card)}
    for run, style in zip(runs, ("-", "--", ":"), strict=True):
        frame = run[twin_points.clean_frames(run, 1)[0]]
        # the light of a pixel that covers the angle of a measured one
        angle = run.card.distance / twin_points.REFERENCE * real.card.pixel / run.card.pixel
        left.plot(place, twin_points.radial(frame, run.card) * angle**2, style, label=run.name)
        noise[run.name] = twin_points.noise(frame, run.card)
    left.set(
        xlabel="distance from the beam (mm, at 123.55 mm)", ylabel="median (ADU)", yscale="log"
    )
    left.legend()
    points = ("1 pixel", "diagonal", "2 pixels")
    for number, (name, values) in enumerate(noise.items()):
        color = "k" if name == "measured" else f"C{number - 1}"
        right.bar(np.arange(3) + 0.2 * number, [values[p] for p in points], 0.18, label=name,
                  color=color)  # fmt: skip
    right.set(xticks=np.arange(3) + 0.3, xticklabels=points, ylabel="noise autocorrelation")
    right.legend()
    figure.savefig(PICTURES / "twin_points.png", dpi=100)


TABLES = {  # of the paper: what is trained, and the rows' method
    1: ("2D CNN, 1,200 labels", FULL),
    2: ("2D CNN, 200 labels", FEW),
    3: ("transfer, 200 target labels", TRANSFER),
    4: ("RWD, 200 labels", RWD),
    5: ("DANN, 0 target labels", DANN),
    7: ("RWD across runs", RWD_AWAY),
}


def heat_maps(number):
    """Recalls of a table of the paper, train x test: the paper's, the twin's, and their spread."""
    title, method = TABLES[number]
    asked = [row for row in sfx.reference_rows(number) if row["method"] == method]
    printed = [row for row in sfx.paper_rows() if (row["table"], row["method"]) == (number, method)]
    paper, twin = (recalls(rows) for rows in (printed, asked))
    count = max(len(found) for line in twin for found in line)
    spread = [[np.std(found, ddof=1) if len(found) > 1 else np.nan for found in line]
              for line in twin]  # fmt: skip
    mean = [[np.mean(found) if found else np.nan for found in line] for line in twin]
    once = [[found[0] if found else np.nan for found in line] for line in paper]
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.1), layout="constrained", sharey=True)
    names = ("paper", f"twin, mean of {count} seeds", "twin, SD over the seeds")
    for ax, values, name, top in zip(
        axes, (once, mean, spread), names, (100, 100, 20), strict=True
    ):
        low = 50 if top == 100 else 0
        image = ax.imshow(values, cmap="viridis" if top == 100 else "magma_r", vmin=low, vmax=top)
        for (y, x), value in np.ndenumerate(np.array(values)):
            if np.isfinite(value):
                light = (value - low) / (top - low) > 0.6
                ink = "k" if light == (top == 100) else "w"
                ax.text(x, y, f"{value:.1f}", ha="center", va="center", color=ink)
        ax.set(title=name, xticks=range(3), xticklabels=TWINS, yticks=range(3), yticklabels=TWINS,
               xlabel="tested on")  # fmt: skip
        figure.colorbar(image, ax=ax, label="recall, %" if top == 100 else "points", shrink=0.8)
    axes[0].set_ylabel("trained on")
    figure.suptitle(f"Table {number}: {title}")
    return figure


def recalls(rows):
    """Recalls in %, by run trained on and run tested on: 3 x 3 lists; the source's own left out
    where something was adapted."""
    found = [[[] for _ in TWINS] for _ in TWINS]
    for row in rows:
        if not row["adapt_to"] or row["test_on"] == row["adapt_to"]:
            place = found[TWINS.index(row["train"])][TWINS.index(row["test_on"])]
            place.append(100 * row["hits_found"] / row["hits_total"])
    return found


IN_BUDGETS = {  # part of tools.beyond: the methods that are drawn, a row of panels for each part
    "pretraining": (
        "random base, pooled", "random base, flattened", "GAN base, pooled", "GAN base, flattened",
        "contrastive base, pooled", "contrastive base, flattened", "transferred base, pooled",
        "small CNN from scratch, pooled", "RWD 1D CNN", "spot count", "RWD, simulated beamlines",
        "peaks, simulated detectors",
    ),
    "ensembles": (
        "RWD 1D CNN, one member", "RWD 1D CNN, 5 members", "RWD 1D CNN, 5 members, most uncertain",
        "RWD 1D CNN, hits marked, positive-unlabelled", "small CNN", "stacking of RWD, CNN, spots",
        "spot count, threshold from labels", "spot count, 4 or more",
        "RWD 1D CNN, weak labels from 4 spots",
    ),
}  # fmt: skip


def label_budgets():
    """Recall at 95 % specificity against the number of labels: what is committed, by run."""
    parts = [part for part in IN_BUDGETS if budgets.rows(part)]
    whole = plt.figure(figsize=(15, 4.4 * len(parts)), layout="constrained")
    figures = whole.subfigures(len(parts), 1, squeeze=False)[:, 0]
    for figure, part in zip(figures, parts, strict=True):
        axes = figure.subplots(1, len(TWINS), sharey=True)
        for ax, run in zip(axes, TWINS, strict=True):
            budgets.plot_budgets(budgets.rows(part), run, IN_BUDGETS[part], ax)
            mark_the_paper(run, ax)
        axes[0].set_ylabel("recall at 95 % specificity, %")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper")
    return whole


def mark_the_paper(run, ax):
    """Mark the paper's methods, at the number of their labels."""
    rows = beyond.of_the_study()
    for method, mark in zip(beyond.STUDY, "x+1", strict=True):
        of = budgets.chosen(rows, run, method)
        recall = 100 * budgets.recall(of).value
        ax.plot(of[0]["labels"], recall, mark, color="k", markersize=9, label=method)


def main(frame=None):
    mpl.use("agg")
    sfx.style()
    PICTURES.mkdir(exist_ok=True)
    runs = [sfx.open_run(name) for name in TWINS]
    hit_maybe_miss(runs[0]).savefig(PICTURES / "hit_maybe_miss.png", dpi=110)
    whole_frames([sfx.open_run(name) for name in UNSEEN]).savefig(PICTURES / "cspad.png", dpi=90)
    label_budgets().savefig(PICTURES / "budgets.png", dpi=80)
    for number in TABLES:
        heat_maps(number).savefig(PICTURES / f"table_{number}.png", dpi=90)
    if frame:
        beside_a_measured_frame(sfx.open_run(frame), runs)


if __name__ == "__main__":
    main(*sys.argv[1:])
