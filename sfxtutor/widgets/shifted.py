"""A run whose setup differs from the one that a network was trained on, and how the network does.

The twin simulates the frames; what the network makes of them is measured with the functions that
the lessons use.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np

from ..domains import adapt_batch_norm
from ..fast.kernels import count_spots, fast_binned
from ..metrics import auc, count, is_positive
from ..models import bin_of
from ..paper.intervals import paired_gain
from ..preprocess import ROWS
from ..runs.run import Run
from ..runs.twin.detector import background as light_of
from ..runs.twin.run import TwinRun
from ..training import channelled

FROZEN, ADABN, SPOTS = METHODS = ("CNN as trained", "CNN after AdaBN", "spot count")
_LIGHT = ("water", "air", "plain", "halo")  # of a Setup: all that the background is made of
_KEPT = 8  # targets, 10 MB each: AdaBN with another share of hits needs no simulation
_TOLD = 8  # frames between two calls of `tell`


class Setting(NamedTuple):
    """What differs from the source: distance (mm), background (times the source's), hits (%).

    `share` is that of hits and maybes among the frames from which AdaBN takes its statistics.
    """

    distance: float
    background: float
    share: int

    def __str__(self):
        return f"{self.distance:g} mm, background × {self.background:g}, {self.share} % hits"


@dataclass(frozen=True)
class Target:
    """Frames of a setup, hits first, and how the network as trained scores them.

    Attributes
    ----------
    images : (n, y, x) float16, LCN frames, binned
    spots : (n,) int, spots found in the crop
    noise : float, the median pixel of the images, masked ones left out; no unit
    score : (n,) float32, p("hit or maybe")
    """

    images: np.ndarray
    spots: np.ndarray
    noise: float
    score: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """How every method does in a setting.

    Attributes
    ----------
    setting : Setting
    noise : float, of the target
    pictures : dict of "hit" and "miss" to (y, x) float16, a frame of the target each
    truth : (n,) bool, True = hit or maybe
    scores : dict of method to (n,) numbers, the higher the surer of a hit
    decisions : dict of method to (n,) bool
    """

    setting: Setting
    noise: float
    pictures: dict
    truth: np.ndarray
    scores: dict
    decisions: dict

    @cached_property
    def counts(self):
        """`Counts` of every method: a dict."""
        return {name: count(self.truth, decided) for name, decided in self.decisions.items()}

    @cached_property
    def auc(self):
        """Area under every method's ROC curve: a dict."""
        return {name: auc(score, self.truth) for name, score in self.scores.items()}

    @cached_property
    def gain(self):
        """What AdaBN adds to the mean of recall and specificity: `Estimate`, a share."""
        return paired_gain(self.truth, self.decisions[FROZEN], self.decisions[ADABN])


class Shifted:
    """The same frames in every setup, and what a network that was trained on one makes of them.

    Parameters
    ----------
    cnn : keras.Model, as `build_cnn` makes it, trained on the run
    run : TwinRun, the source; its frames are not used again, but those that follow them
    threshold : int, spots that make a hit, chosen on the source
    frames : int, of hits and maybes, and as many misses

    Attributes
    ----------
    frames : (n,) int, numbers of the frames after the run's last, hits and maybes first
    truth : (n,) bool, True = hit or maybe
    home : Target, the frames in the source's own setup
    samples : dict of "hit" and "miss" to the place in `frames` of one with the median number of
        spots at home

    Raises
    ------
    ValueError
        If the run is not the twin or has too few hits, or the model does not take binned images.
    """

    def __init__(self, cnn: keras.Model, run: Run, threshold: int, frames: int = 80):
        self.cnn, self.run, self.threshold, self.size = cnn, run, threshold, frames
        self.bin = bin_of(cnn)
        if not isinstance(run, TwinRun):
            raise ValueError(
                f"Found a run from {run.source!r}, expected the twin, which alone can change its "
                'setup. Use sfx.open_run("LN83").'
            )
        positive = is_positive(run.further(len(run)).labels)
        most = min(positive.sum(), (~positive).sum())
        if not 2 <= frames <= most:
            raise ValueError(
                f"Got {frames} frames of each class, expected 2 to {most}. Choose fewer or more."
            )
        hits, misses = (np.flatnonzero(positive == is_hit)[:frames] for is_hit in (True, False))
        self.frames, self.truth = np.concatenate([hits, misses]), np.arange(2 * frames) < frames
        self._targets = {}
        self.home = self.target(run.setup.distance, 1)
        self.samples = _samples(self.home.spots, self.truth)

    def at(self, distance: float, background: float) -> TwinRun:
        """The frames after the run's last, at that distance (mm) and with so much background."""
        own, light = self.run.setup, {}
        if background != 1:
            light = {name: getattr(own, name) * background for name in _LIGHT}
        setup = replace(own, distance=distance, **light)
        return TwinRun(self.run.name, self.run.seed, self.run.reading, setup).further(len(self.run))

    def target(
        self, distance: float, background: float, tell: Callable = lambda done: None
    ) -> Target:
        """The frames at that distance and background, simulated or kept from last time: `Target`.

        `tell(done)` is called with the number of frames simulated so far.
        """
        key = float(distance), float(background)
        if key not in self._targets:
            self._targets[key] = self._simulate(*key, tell)
            while len(self._targets) > _KEPT:
                self._targets.pop(next(iter(self._targets)))  # the oldest
        return self._targets[key]

    def measure(self, setting: Setting, tell: Callable = lambda done: None) -> Outcome:
        """Have the frames of a setting, adapt the network, score: `Outcome`; `tell` as above."""
        target = self.target(setting.distance, setting.background, tell)
        adapted = adapt_batch_norm(self.cnn, target.images[self.unlabelled(setting.share)])
        scores = {FROZEN: target.score, ADABN: _score(adapted, target.images), SPOTS: target.spots}
        decisions = {name: scores[name] > 0.5 for name in (FROZEN, ADABN)}
        decisions[SPOTS] = target.spots >= self.threshold
        pictures = {name: target.images[k].copy() for name, k in self.samples.items()}
        return Outcome(setting, target.noise, pictures, self.truth, scores, decisions)

    def unlabelled(self, share: int) -> np.ndarray:
        """Which of the frames AdaBN uses, (size,) int: `share` % of them are hits or maybes.

        Half as many as are simulated, so that any share can be had of them.
        """
        hits = round(share * self.size / 100)
        return np.concatenate([np.arange(hits), np.arange(self.size, 2 * self.size - hits)])

    def _simulate(self, distance, background, tell):
        run, n = self.at(distance, background), len(self.frames)
        mask, gain = run.good(), run.card.gain
        images = np.empty((n, ROWS // self.bin, ROWS // self.bin), np.float16)
        spots = np.empty(n, int)
        light_of(run.setup)  # kept for all frames: once, before the threads

        def one(i):
            crop = run.crop(i)
            return fast_binned(crop, self.bin, mask), count_spots(crop, gain, mask=mask)

        with ThreadPoolExecutor() as pool:
            for k, result in enumerate(pool.map(one, self.frames)):
                images[k], spots[k] = result
                if k % _TOLD == 0:
                    tell(k)
        noise = float(np.median(images[images != 0].astype(np.float32)))  # 0: the masked beam stop
        return Target(images, spots, noise, _score(self.cnn, images))


def _samples(spots, truth):
    """A hit and a miss, each with the median number of spots of its class: places in `truth`."""
    found = {}
    for name, is_hit in (("hit", True), ("miss", False)):
        members = np.flatnonzero(truth == is_hit)
        order = np.argsort(spots[members], kind="stable")
        found[name] = int(members[order[len(order) // 2]])
    return found


def _score(cnn, images, batch=64):
    """p("hit or maybe") of each image, (n,) float32.

    `sfx.predict` gives the same, but would build a graph for each copy that AdaBN makes.
    """
    parts = [channelled(images[i : i + batch], cnn) for i in range(0, len(images), batch)]
    return np.concatenate([np.asarray(cnn(part, training=False))[:, 0] for part in parts])
