"""Draw the pictures of the README and the docs from the twin: python docs/make_pictures.py."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

import sfxtutor as sfx

PICTURES = Path(__file__).parent / "pictures"
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
    """Number of the frame, of the label's first 30, whose count of visible spots is nearest to its label's median."""
    frames = np.flatnonzero(run.labels == label)[:30]
    visible = np.array([run.spots(i)[1].sum() for i in frames])
    return int(frames[np.argmin(np.abs(visible - np.median(visible)))])


def main():
    mpl.use("agg")
    sfx.style()
    PICTURES.mkdir(exist_ok=True)
    figure = hit_maybe_miss(sfx.open_run("LN83"))
    figure.savefig(PICTURES / "hit_maybe_miss.png", dpi=110)


if __name__ == "__main__":
    main()
