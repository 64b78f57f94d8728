"""Methods that score raw crops, higher for a hit: ours and those of others.

Each uses one core.  Others' are optional: none is a dependency, and `find_rivals` names those that
are not installed.  DIALS runs in a Python of its own: `benchmarks.dials_command`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version

import numpy as np
from scipy import ndimage

from sfxtutor import __version__
from sfxtutor.fast.kernels import count_spots
from sfxtutor.mask import Mask, box_sum
from sfxtutor.preprocess import gcn, lcn, rwd
from sfxtutor.runs.run import CROP, crop_slices

OURS = "RWD"
WINDOW = 5  # pixels along the side of the LCN window


@dataclass(frozen=True)
class Rival:
    """`scores(crops)`: a list of (y, x) uint16, ADU -> (n,) numbers, higher for a hit."""

    name: str
    how: str  # what it does, with its parameters
    version: str
    scores: Callable


def find_rivals(run, screener):
    """Those that work in this process: a list of `Rival`, ours first, and what is missing.

    Parameters
    ----------
    run : Run, whose mask, gain and beam centre they get
    screener : Screener, the network that scores RWD vectors, however these were computed

    Returns
    -------
    rivals : list of Rival
    missing : dict, name -> why it is missing, and how to install it
    """
    good = run.good().good
    makers = {
        OURS: lambda: _ours(screener, good),
        "plain SciPy": lambda: _bare(screener, good),
        "plain, checked": lambda: _checked(screener, good),
        "OpenCV": lambda: _opencv(screener, good),
        "spot count": lambda: _spot_count(run, good),
        "peakfinder8": lambda: _peakfinder8(run, good, fast=False),
        "peakfinder8, fast mode": lambda: _peakfinder8(run, good, fast=True),
    }
    rivals, missing = [], {}
    for name, make in makers.items():
        try:
            rivals.append(make())
        except ImportError as error:
            missing[name] = str(error)
    return rivals, missing


def optional(module, package):
    """Import a module, or raise ImportError with the line that installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        why = "not installed" if isinstance(error, ModuleNotFoundError) else str(error)
        raise ImportError(f"{why}; pip install {package}") from error


def _ours(screener, good):
    mask = None if good.all() else Mask(good)

    def scores(crops):
        return screener.score([screener.features(crop, mask) for crop in crops])

    how = "the fused RWD and the network of `sfxtutor screen`, in batches"
    return Rival(OURS, how, f"sfxtutor {__version__}", scores)


def _pipeline(name, how, package, vector, screener):
    """Another way to the RWD vector, and the same network."""

    def scores(crops):
        return screener.score([vector(crop) for crop in crops])

    return Rival(name, how, f"{package} {version(package)}", scores)


def _bare(screener, good):
    how = "the same RWD vector in SciPy without any check of the input"
    return _pipeline("plain SciPy", how, "scipy", BareSciPy(good), screener)


def _checked(screener, good):
    def vector(crop):
        return rwd(lcn(gcn(crop, mask=good), mask=good))

    how = "`rwd(lcn(gcn(crop)))` as lesson 02 teaches it, with its checks"
    return _pipeline("plain, checked", how, "sfxtutor", vector, screener)


def _opencv(screener, good):
    how = "the same RWD vector by OpenCV's box filters on float32, one thread"
    return _pipeline("OpenCV", how, "opencv-python-headless", OpenCV(good), screener)


class BareSciPy:
    """The RWD vector in SciPy: crop -> (720,) float64."""

    def __init__(self, good):
        self.good, self.bad = good, np.nonzero(~good)
        self.broken = np.nonzero(box_sum(~good, WINDOW) > 0)  # windows with a bad pixel

    def __call__(self, crop):
        pixels = crop[self.good]
        x = (crop - pixels.mean()) / pixels.std()
        x[self.bad] = 0
        mean = ndimage.uniform_filter(x, WINDOW)[2:-2, 2:-2]
        variance = ndimage.uniform_filter(x * x, WINDOW)[2:-2, 2:-2] - mean**2
        frame = (x[2:-2, 2:-2] - mean) / np.maximum(np.sqrt(np.maximum(variance, 0)), 1)
        frame[self.broken] = 0
        return np.ptp(frame, axis=1)


class OpenCV:
    """The RWD vector by OpenCV's box filters: crop -> (720,) float32.

    As fast as we could make it: buffers are used again, and NumPy does what it does faster.
    """

    def __init__(self, good):
        self.cv2 = optional("cv2", "opencv-python-headless")
        self.cv2.setNumThreads(1)
        self.good, self.weight = good.astype(np.uint8), good.astype(np.float32)
        self.whole = (box_sum(~good, WINDOW) == 0).astype(np.float32)
        self.buffers = [np.empty(good.shape, np.float32) for _ in range(4)]

    def __call__(self, crop):
        cv2, (x, square, m, s) = self.cv2, self.buffers
        mean, std = (number[0, 0] for number in cv2.meanStdDev(crop, mask=self.good))
        np.subtract(crop, np.float32(mean), out=x, dtype=np.float32)
        x *= np.float32(1 / std)
        x *= self.weight
        np.multiply(x, x, out=square)
        cv2.boxFilter(x, -1, (WINDOW, WINDOW), dst=m)
        cv2.boxFilter(square, -1, (WINDOW, WINDOW), dst=s)
        s -= np.multiply(m, m, out=square)
        cv2.sqrt(np.maximum(s, 1, out=s), dst=s)  # the floor of 1, under the root
        x -= m
        x /= s
        frame = x[2:-2, 2:-2] * self.whole
        return frame.max(axis=1) - frame.min(axis=1)


def _spot_count(run, good):
    gain, mask = run.card.gain, None if good.all() else Mask(good)

    def scores(crops):
        return np.array([count_spots(crop, gain, mask=mask) for crop in crops])

    how = "this package's `count_spots`, DIALS' dispersion test, gain of the run, above 200 ADU"
    return Rival("spot count", how, f"sfxtutor {__version__}", scores)


# A signal-to-noise ratio of 5 is in common use.  One pixel a peak, because the twin's spots are
# small, and bins of their own for the half behind the tape, whose edge otherwise counts as noise,
# gave by far the most recall on twins of another seed (1), on which no figure here is based.
SNR, PIXELS, BACKGROUND, MOST = 5.0, (1, 30), 3, 5000
BEHIND_TAPE = 1000  # added to the radius of the columns left of the beam, pixels
SAMPLED = 100  # pixels of a radial bin that the fast mode looks at: OM's default


def _peakfinder8(run, good, fast):
    find = optional("om.algorithms._crystallography", "ondamonitor").peakfinder_8
    radius, mask = radii(run), good.astype(np.int8)
    sample = sampled(radius) if fast else (0, None, None)
    shape = (CROP, CROP, 1, 1)  # columns and rows of a panel, panels along both

    def count(crop):
        peaks = find(MOST, crop.astype(np.float32), mask, radius, *sample, int(fast), *shape,
                     0.0, SNR, *PIXELS, BACKGROUND)  # fmt: skip
        return len(peaks[0])

    how = (
        f"peaks of {PIXELS[0]} to {PIXELS[1]} pixels, signal to noise {SNR:g}, background radius "
        f"{BACKGROUND}, bins of radius for each side of the tape"
        + (f", {SAMPLED} pixels sampled a bin" if fast else "")
    )
    name = "peakfinder8, fast mode" if fast else "peakfinder8"
    return Rival(name, how, f"ondamonitor {version('ondamonitor')}",
                 lambda crops: np.array([count(crop) for crop in crops]))  # fmt: skip


def radii(run):
    """Distance of each pixel of the crop from the beam, offset behind the tape: float32."""
    rows, columns = crop_slices(run.card.shape)
    y, x = np.indices((CROP, CROP), np.float32)
    y, x = y + rows.start - run.card.beam_center[0], x + columns.start - run.card.beam_center[1]
    return (np.hypot(y, x) + BEHIND_TAPE * (x < 0)).astype(np.float32)


def sampled(radius):
    """What peakfinder8's fast mode takes its statistics from: number, indices and radii, int32."""
    radius, rng = np.rint(radius).astype(np.int32).ravel(), np.random.default_rng(0)
    order = np.argsort(radius, kind="stable")
    bins = np.split(order, np.flatnonzero(np.diff(radius[order])) + 1)
    chosen = [one if len(one) < SAMPLED else rng.choice(one, SAMPLED, False) for one in bins]
    pixels = np.concatenate(chosen).astype(np.int32)
    return len(pixels), pixels, radius[pixels]
