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
from sfxtutor.runs.datasets import TWINS

from . import twin_points

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
        closer = (run.card.distance / twin_points.REFERENCE) ** 2
        left.plot(place, twin_points.radial(frame, run.card) * closer, style, label=run.name)
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


def main(frame=None):
    mpl.use("agg")
    sfx.style()
    PICTURES.mkdir(exist_ok=True)
    runs = [sfx.open_run(name) for name in TWINS]
    hit_maybe_miss(runs[0]).savefig(PICTURES / "hit_maybe_miss.png", dpi=110)
    if frame:
        beside_a_measured_frame(sfx.open_run(frame), runs)


if __name__ == "__main__":
    main(*sys.argv[1:])
