"""Lesson 10: label budgets on frozen bases, from scratch, and of what needs no label.

Each run's 2,000 frames are there without labels; of some, drawn at random, the labels are used.
All methods get the same draws and are tested on the first 4,000 of the run's further frames.
"""

import hashlib
from functools import cache
from typing import NamedTuple

import numpy as np

import sfxtutor as sfx
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beyond import pretraining as beyond
from sfxtutor.fast.peaks import VERSION, View
from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.run import CROP
from sfxtutor.support.disk import cache_dir
from tools.study.networks import FURTHER, Scored
from tools.study.rows import further_row

TESTED = 4000  # of the further frames that tools.study prepares
DRAWS = {10: 3, 20: 2, 50: 2, 100: 1, 200: 1}  # labels: draws of them for each seed
MOST = max(DRAWS.values())
GAN_STEPS, CONTRASTIVE_STEPS, SOURCE_STEPS = 300, 150, 600
STEPS, RATE = 300, 2e-3  # of a network from scratch, whatever the number of labels
SOURCES = {"LN83": "LN84", "LN84": "LN83", "LO19": "LN83"}  # of a transferred base
COMPILED = {}  # a `Retraining` for each method: compiling takes as long as a training
SCREENERS = {"rwd": "RWD, simulated beamlines", "peaks": "peaks, simulated detectors"}


class Frames(NamedTuple):
    """A run as each method sees it: frames whose labels may be used, then those of the test."""

    run: sfx.TwinRun
    truth: np.ndarray
    seen: object
    small: np.ndarray
    tested_truth: np.ndarray
    tested: object
    tested_small: np.ndarray


@cache
def load(name):
    """`Frames` of a run."""
    run = sfx.open_run(name)
    more = run.further(FURTHER)
    seen, tested = (sfx.prepare(part, bin=4, progress=False) for part in (run, more))
    small, tested_small = (beyond.small_frames(x.images[:TESTED]) for x in (seen, tested))
    truth, tested_truth = (sfx.is_positive(part.labels[:TESTED]) for part in (run, more))
    return Frames(run, truth, seen, small, tested_truth, tested, tested_small)


def rows(seed):
    """Rows of all methods on each run: list of dict."""
    found = []
    for name in TWINS:
        bench = Bench(name, load(name), seed)
        bench.everything()
        found += bench.rows
        print(f"seed {seed}: {name}", flush=True)
    return found


class Bench:
    """What is trained on one run with one seed, and the rows that it gives."""

    def __init__(self, name, frames, seed):
        self.name, self.frames, self.seed, self.rows = name, frames, seed, []

    def everything(self):
        small = self.frames.small
        sfx.set_seed(self.seed)
        self.heads("random base", beyond.build_encoder())
        gan = beyond.Gan(self.seed)
        gan.train(small, GAN_STEPS, seed=self.seed)
        self.heads("GAN base", gan.encoder)
        for views, change in (("", beyond.augment), (", crops and jitter", beyond.as_photographs)):
            encoder, _ = beyond.train_contrastive(small, CONTRASTIVE_STEPS, self.seed, change)
            self.heads(f"contrastive base{views}", encoder)
        self.heads("transferred base", self.source_base())
        self.from_scratch("small CNN from scratch, pooled", beyond.build_small_cnn)
        self.from_scratch("small CNN from scratch, flattened", flattened_cnn, draws=self.draws(1))
        self.vectors()
        self.spot_count()
        self.unlabelled()

    def add(self, method, score, labels, repeat=0, threshold=0.5):
        """Add the row of scores of the tested frames."""
        data = {self.name: TruthOf(self.frames.tested_truth)}
        scored = Scored(method, self.name, "", self.name, {}, None, score, threshold)
        origin = {"seed": self.seed, "profile": "paper", "source": "twin"}
        row = further_row(scored, data, origin)
        self.rows.append(row | {"run": self.name, "labels": labels, "repeat": repeat})

    def draws(self, most=MOST, budgets=DRAWS):
        """Yield (labels, repeat, frames) of each draw of labels."""
        for labels, repeats in budgets.items():
            for repeat in range(min(repeats, most)):
                chosen = beyond.draw_labels(self.frames.truth, labels, self.seed, repeat)
                yield labels, repeat, chosen

    # ---- the methods

    def heads(self, method, encoder):
        """Logistic regression on the frozen features of an encoder."""
        small = self.frames.small, self.frames.tested_small
        for kind in ("pooled", "flattened"):
            model = encoder if kind == "pooled" else beyond.flattened(encoder)
            z = [beyond.features(model, x) for x in small]
            seen, tested = (beyond.standardised(part, z[0]) for part in z)
            for labels, repeat, chosen in self.draws():
                head = beyond.fit_head(seen[chosen], self.frames.truth[chosen])
                p = head.predict_proba(tested)[:, 1]
                self.add(f"{method}, {kind}", p, labels, repeat)

    def source_base(self):
        """The encoder of a small CNN that was trained with all labels of another run."""
        other = load(SOURCES[self.name])
        if "source" not in COMPILED:
            COMPILED["source"] = sfx.Retraining(beyond.build_small_cnn, SOURCE_STEPS, 20, RATE)
        model = COMPILED["source"].fit(other.small, other.truth, self.seed)
        return model.get_layer("encoder")

    def from_scratch(self, method, build, **options):
        x, tested = self.frames.small, self.frames.tested_small
        self.trained(method, build, x, tested, **options)

    def trained(self, method, build, x, tested, steps=STEPS, draws=None):
        """A network trained for so many steps on each draw of labels."""
        if method not in COMPILED:
            COMPILED[method] = sfx.Retraining(build, steps, learning_rate=RATE)
        for labels, repeat, chosen in draws or self.draws():
            model = COMPILED[method].fit(x[chosen], self.frames.truth[chosen], self.seed)
            self.add(method, sfx.predict(model, tested, 200), labels, repeat)

    def vectors(self):
        tested = self.frames.tested.rwd[:TESTED]
        self.trained("RWD 1D CNN", sfx.build_rwd_cnn, self.frames.seen.rwd, tested)

    def spot_count(self):
        spots, tested = self.frames.seen.spots, self.frames.tested.spots[:TESTED]
        for labels, repeat, chosen in self.draws():
            threshold = sfx.best_threshold(spots[chosen], self.frames.truth[chosen])
            self.add("spot count", tested, labels, repeat, threshold)

    def unlabelled(self):
        """The models that were trained on simulations: they need no label of the run."""
        for kind, method in SCREENERS.items():
            screener = Screener(kind)
            if kind == "rwd":
                p = screener.score(self.frames.tested.rwd[:TESTED])
            else:
                p = peaks_of(self.name, self.frames.run, screener)
            self.add(method, p, 0, threshold=screener.threshold)


def flattened_cnn():
    return beyond.build_small_cnn(features="flattened")


class TruthOf(NamedTuple):
    """What `further_row` looks up of a run."""

    more_truth: np.ndarray


def peaks_of(name, run, screener):
    """p of the tested frames by the model of peaks, on their central crops; kept in the cache.

    The name of what is kept says which model, and which peaks it was shown.
    """
    model = hashlib.sha256(screener.path.read_bytes()).hexdigest()[:12]
    path = cache_dir() / "beyond" / f"peaks-{name}-{TESTED}-{model}-v{VERSION}.npy"
    if not path.exists():
        corner = [(edge - CROP) // 2 for edge in run.card.shape]
        centre = tuple(at - first for at, first in zip(run.card.beam_center, corner, strict=True))
        more, good, view = run.further(TESTED), run.good(), View(centre=centre)
        p = [screener.score([screener.features(more.crop(i), good, view)]) for i in range(TESTED)]
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.concatenate(p))
    return np.load(path)
