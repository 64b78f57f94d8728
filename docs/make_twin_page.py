"""Write docs/twin.md, the twin beside the measured frame: python docs/make_twin_page.py FRAME.h5.

FRAME.h5 is the measured frame (kapton_test_data/rayonix340/hit-20181213155134902.cbf of
dials/data-files, or the same in idh5); it is not part of this repository.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

import sfxtutor as sfx
from sfxtutor.runs.datasets import TWINS
from tools import twin_points

HERE = Path(__file__).parent
INTRODUCTION = """# The twin beside a real frame

The twin simulates the runs LN83, LN84 and LO19 of CXIDB 76. It is calibrated on physics and
published counts alone, never on a classifier's score. This page is written by
`docs/make_twin_page.py`; the same comparisons are tests (`tests/test_calibration.py`), and there a
wrong gain, point spread, background, tape, distance, cell or brightness makes them fail.

![Central crops in grey: a measured frame, and hits of the three twins. All show a water ring, a
shadow of the tape on the left, a white beam stop and small dark Bragg spots. The ring of LN84 lies
outside its crop.](pictures/twin_and_real.png)

*Left, a measured hit (LCLS MFX, Rayonix MX340-XFEL binned 4 x 4, drop on tape; dials/data-files).
Then one hit of each twin, seed 0, at the same contrast relative to its median.*

![Background against the distance from the beam in mm, measured points and lines of the twins, which
follow them; beside it the noise autocorrelation at 1 pixel, diagonal and 2 pixels.](pictures/twin_points.png)

*Background right of the tape, and the noise's autocorrelation, measured and simulated.*
"""
ASSUMPTIONS = """
## What is assumed

- **Geometry.** Energies and distances of the three runs stand only in their files. The twins take
  1.30 Å; LN83 and LO19 the measured frame's 123.5 mm. LN84's spots, along its axis of 311 Å, would
  lie 3 pixels apart at that distance, so it is put at 200 mm.
- **Delivery.** All three have the measured frame's tape. The runs differ in delivery; how is not
  known.
- **Samples.** Cells are from resonet's list. Structure factors are random (Wilson), not those of the
  proteins; B, mosaicity and domain size are plausible, not measured.
- **Crystals.** Their number a shot is Poisson, their brightness log-normal. Median and spread are
  those that make the counts of hits match DIALS' published ones.
- **What a person sees.** A spot is visible when its peak stands 8 (LN83), 6.5 (LN84) or 12 (LO19)
  sigma above its surroundings, chosen so that the counts of maybes match. In a class, orientations
  are not weighted by how well they suit it.
- **Noise.** ADU per photon is chosen so that misses give as many false spots as DIALS found on them.
  The point spread is three pixels wide along each axis. Holton's fibre formula was tried: with tails
  that long, its autocorrelation at 1, diagonal and 2 pixels does not match the measured one. Photons
  are normal numbers with Poisson's skewness; tails beyond 5.4 sigma are cut.
- **Rates.** A jet streak in 1 % of frames, ice rings in 0.5 %, a hot pixel in two megapixels: in hits
  and misses alike, and guesses.
- **Left out.** Wavelength spread in the shape of spots, diffuse scattering, several tapes or drops,
  drifts during a run: frames of the twin are independent of their neighbours.
"""


def pictures(real, runs):
    """Draw the crops side by side, and the background and noise of all."""
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.8))
    hits = [run.crop(int(np.flatnonzero(run.labels == "HIT")[3])) for run in runs]
    names = ["measured", *(f"twin of {run.name}" for run in runs)]
    for ax, crop, name in zip(axes, [real.crop(0), *hits], names, strict=True):
        middle = np.median(crop)
        small = sfx.bin_max(crop, 2)
        ax.imshow(small, cmap="gray_r", vmin=0.45 * middle, vmax=1.75 * middle)
        ax.set(title=name, xticks=[], yticks=[])
    figure.savefig(HERE / "pictures" / "twin_and_real.png", dpi=100, bbox_inches="tight")

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
    figure.savefig(HERE / "pictures" / "twin_points.png", dpi=100)


def table(run):
    """The comparison of one run as a Markdown table."""
    lines = [f"\n## {run.name}, seed {run.seed}\n", "| point | twin | known | passes within | |",
             "|---|---|---|---|---|"]  # fmt: skip
    for point in twin_points.compare(run):
        word = "holds" if point.holds else "**fails**"
        lines.append(f"| {point.name} | {point.twin:.3g} | {point.reference:.3g} | "
                     f"{point.low:.3g} to {point.high:.3g} | {word} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def main():
    mpl.use("agg")
    sfx.style()
    real, runs = sfx.open_run(sys.argv[1]), [sfx.open_run(name) for name in TWINS]
    pictures(real, runs)
    page = INTRODUCTION + "".join(table(run) for run in runs) + ASSUMPTIONS
    (HERE / "twin.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
