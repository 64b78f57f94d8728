"""The trainings of one seed, as in the lessons, and what each network says of every frame.

The parts below yield `Scored`; what has been trained before is read from disk
(`sfxtutor.cache.trainings`).
"""

import math
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

import sfxtutor as sfx
from sfxtutor.cache.prepared import Prepared
from sfxtutor.paper.claims import (
    DANN,
    FEW,
    FULL,
    FURTHER,
    PAIRS,
    RWD,
    RWD_AWAY,
    TRANSFER,
)
from sfxtutor.runs.datasets import TWINS
from sfxtutor.support.disk import atomic_write, cache_dir
from sfxtutor.training import PROFILES

from . import made_labels, shift

PROFILE = PROFILES["paper"]
MOST, SMALL = sfx.split(2000, "1200/400/400"), sfx.split(2000, "200/200/1600")
ALL = slice(None)
SPECIFICITY = 0.95  # at which methods are compared
ATTEMPTS = 3  # seeds tried before a network that learns nothing is given up
CONTROLS = {
    "average pooling": {"pooling": "average"},
    "relative input": {"relative": True},
    "pooling and relative": {"pooling": "average", "relative": True},
}
BOTH = "pooling and relative"
ADABN = "AdaBN, 0 target labels"
MADE = "RWD 1D CNN, made labels"
WEIGHTED = "DANN on RWD, own statistics, source reweighted, 0 target labels"


class Data(NamedTuple):
    """A run as the networks see it, and the further frames."""

    run: sfx.TwinRun
    seen: Prepared
    truth: np.ndarray
    more: Prepared
    more_truth: np.ndarray


class Scored(NamedTuple):
    """What a method says of the 2,000 frames of a run, (2000,), and of further ones, (10000,).

    `tables` maps the number of a paper's table to the frames tested there.
    """

    method: str
    train: str
    adapt_to: str
    test_on: str
    tables: dict
    p: np.ndarray
    more: np.ndarray
    threshold: float = 0.5


def load(name, reading):
    """`Data` of a run."""
    run = sfx.open_run(name, reading=reading)
    more = run.further(FURTHER)
    seen, beyond = (sfx.prepare(part, bin=PROFILE.bin, progress=False) for part in (run, more))
    truth, more_truth = (sfx.is_positive(part.labels) for part in (run, more))
    return Data(run, seen, truth, beyond, more_truth)


class Runs(dict):
    """`Data` of the runs of a reading by name, loaded when they are first asked for."""

    def __init__(self, reading):
        super().__init__()
        self.reading = reading

    def __missing__(self, name):
        self[name] = load(name, self.reading)
        return self[name]


class Lab:
    """The trainings of one seed on one reading of the runs.

    Attributes
    ----------
    data : Runs
    trainings : list of dict, what is to be told of each training
    domains : list of dict, as lesson 07 saves them
    shares : list of dict, the target's share of hits as estimated from the source
    scorers : list of dict, what an adaptation reaches epoch by epoch, and how each rule scores it
    full_size : list of dict, rows of the paper's tables with frames of 720 x 720
    """

    def __init__(self, reading, seed):
        self.reading, self.seed = reading, seed
        self.data = Runs(reading)
        self.spots = {}
        self.trainings, self.domains, self.shares = [], [], []
        self.scorers, self.full_size = [], []
        self._full = {}

    # ---- training

    def full(self, name):
        """The paper's network with 1,200 labels of that run."""
        if name not in self._full:
            self._full[name] = self.fit(cnn, self.images(name), MOST, (FULL, name, ""))
        return self._full[name]

    def fit(self, build, frames, part, what):
        """A model of `build()` trained on (x, y) of those parts; again where it learns nothing.

        what : (method, train, adapt_to), for the record
        """
        x, y = frames
        train, valid = part.train, part.validation
        for attempt in range(ATTEMPTS):
            seed = self.seed + 1000 * attempt
            sfx.set_seed(seed)
            model = build()
            settings = PROFILE.training(len(y[train]), seed)
            history = sfx.fit(model, x[train], y[train], (x[valid], y[valid]), settings, title=None)
            if history.learned:
                break
        self.note(what, history, len(y[train]), attempt)
        return model

    def note(self, what, history, frames, restarts=0):
        method, train, adapt_to = what
        assert history.converged, f"{what}: the best epoch is the last"
        steps = len(history.loss) * math.ceil(frames / sfx.Training.batch)
        self.trainings.append({
            "method": method, "train": train, "adapt_to": adapt_to, "steps": steps,
            "epochs": len(history.loss), "best_epoch": history.best_epoch, "restarts": restarts,
            "seconds": round(history.seconds, 1),
        })  # fmt: skip

    def images(self, name):
        return self.data[name].seen.images, self.data[name].truth

    def vectors(self, name):
        return self.data[name].seen.rwd, self.data[name].truth

    # ---- scores

    def scored(self, model, method, train, adapt_to, tables, vectors=False):
        """`Scored` of a model on each run that `tables` names: {test_on: {table: frames}}."""
        predict = partial(sfx.predict, model) if vectors else quick_predict(model)
        for test_on, asked in tables.items():
            data = self.data[test_on]
            p, more = (predict(d.rwd if vectors else d.images) for d in (data.seen, data.more))
            yield Scored(method, train, adapt_to, test_on, asked, p, more)

    # ---- the parts

    def labelled(self):
        """Tables 1, 2, 4 and 7: all labels and few, the networks of the paper and spot counts."""
        for name in TWINS:
            model = self.full(name)
            away = {b: {1: MOST.test, 3: SMALL.test, 5: ALL} for b in TWINS if b != name}
            yield from self.scored(model, FULL, name, "", {name: {1: MOST.test}} | away)
            few = self.fit(cnn, self.images(name), SMALL, (FEW, name, ""))
            yield from self.scored(few, FEW, name, "", {name: {2: SMALL.test}})
        yield from self.cheap()

    def cheap(self):
        """RWD, which trains in seconds, and the spot count."""
        for name in TWINS:
            model = self.fit(sfx.build_rwd_cnn, self.vectors(name), SMALL, (RWD, name, ""))
            yield from self.scored(model, RWD, name, "", {name: {4: SMALL.test}}, True)
            away = {b: {7: ALL} for b in TWINS if b != name}
            yield from self.scored(model, RWD_AWAY, name, "", away, True)
            yield from self.spot_counts(name)

    def spot_counts(self, name):
        """The threshold on spots, from 1,200 or 200 labels of a run, on each run."""
        for part, labels, tables in ((MOST, 1200, (1,)), (SMALL, 200, (2, 3, 4))):
            spots, truth = self.data[name].seen.spots, self.data[name].truth
            threshold = sfx.best_threshold(spots[part.train], truth[part.train])
            for test_on in TWINS if labels == 1200 else (name,):
                data = self.data[test_on]
                asked = dict.fromkeys(tables, part.test) if test_on == name else {5: ALL, 7: ALL}
                kind = f"{labels} labels" if test_on == name else "across datasets"
                method = f"spot count{',' if test_on == name else ''} {kind}"
                seen, more = data.seen.spots, data.more.spots
                yield Scored(method, name, "", test_on, asked, seen, more, threshold)

    def controls(self, names=tuple(CONTROLS)):
        """What a student finds by thinking, with 200 labels, and the best with 1,200."""
        for name in TWINS:
            for control in names:
                method = f"2D CNN, {control}, 200 labels"
                build = control_of(control)
                model = self.fit(build, self.images(name), SMALL, (method, name, ""))
                yield from self.few(model, method, name)
            method = f"2D CNN, {BOTH}, 1200 labels"
            model = self.fit(control_of(BOTH), self.images(name), MOST, (method, name, ""))
            yield from self.scored(model, method, name, "", {b: {1: MOST.test} for b in TWINS})

    def few(self, model, method, name):
        """`Scored` of a network trained with 200 labels of a run, on each run."""
        tables = {b: {2: SMALL.test} if b == name else {7: ALL} for b in TWINS}
        yield from self.scored(model, method, name, "", tables)

    def transferred(self):
        """Table 3: the source's base with a new classifier, trained in two steps."""
        for source, target in PAIRS:
            x, y = self.images(target)
            tuned = [self.two_steps(source, x, y, opened, target) for opened in (1, 2)]
            model = max(tuned, key=lambda pair: pair[1])[0]
            tables = {target: {3: SMALL.test}}
            yield from self.scored(model, TRANSFER, source, target, tables)

    def two_steps(self, source, x, y, opened, target):
        """Lesson 04: the classifier alone, then with blocks open; the model and its merit."""
        sfx.set_seed(self.seed)
        model = sfx.transfer_from(self.full(source))
        for blocks, rate in ((0, 3e-3), (opened, 1e-3)):
            lower, upper = sfx.cut(model, blocks)
            z = sfx.outputs(lower, x[:400])
            settings = PROFILE.training(200, self.seed, rate)
            valid = z[200:], y[200:400]
            history = sfx.fit(upper, z[:200], y[:200], valid, settings, title=None)
        self.note((f"{TRANSFER}, {opened} open", source, target), history, 200)
        kept = history.best_epoch - 1
        merit = history.recall[kept] + history.specificity[kept], -history.val_loss[kept]
        return model, merit

    def adapted(self):
        """Table 5: AdaBN and DANN with statistics per run."""
        for source, target in PAIRS:
            x = self.data[target].seen.images
            cnn = sfx.adapt_batch_norm(self.full(source), x[:1200:3])
            yield from self.scored(cnn, ADABN, source, target, {target: {5: ALL}})
            yield from self.adversarial(source, target)

    def adversarial(self, source, target):
        dann, history = self.dann(DANN, cnn, self.images, source, target)
        self.compare_domains(dann, history, source, target)
        for run, tables in (("target", {target: {5: ALL}}), ("source", {source: {5: MOST.test}})):
            yield from self.scored(dann.cnn(run), DANN, source, target, tables)

    def dann(self, method, build, frames, source, target, **options):
        """A DANN and its history; of the target only inputs are used."""
        (x, y), x_target = frames(source), frames(target)[0]
        parts = [(x[p], y[p], x_target[p]) for p in (MOST.train, MOST.validation)]
        sfx.set_seed(self.seed)
        return self.trained_dann(method, build(), parts, source, target, **options)

    def trained_dann(self, method, model, parts, source, target, **options):
        train, choose = parts
        dann, settings = sfx.Dann(model, **options), PROFILE.training(1200, self.seed)
        history = sfx.fit_dann(dann, *train, choose, settings, title=None)
        self.note((method, source, target), history, 1200)
        return dann, history

    def compare_domains(self, dann, history, source, target):
        """What lesson 07 saves: losses by epoch, and how far the features overlap."""
        valid, y = MOST.validation, self.data[target].truth[MOST.validation]
        at, on = (self.data[name].seen.images[valid] for name in (source, target))
        untuned = self.full(source)
        seen = {
            "source only": (sfx.features(untuned, at), sfx.features(untuned, on)),
            "DANN": (sfx.features(dann.cnn("source"), at), sfx.features(dann.cnn("target"), on)),
        }
        p = [np.array(epoch) for epoch in history.p_target]
        self.domains.append({
            "source": source, "target": target, "seed": self.seed, "kept_epoch": history.best_epoch,
            "val_loss": history.val_loss, "domain_val_loss": history.domain_val_loss,
            "domain_accuracy": history.domain_accuracy,
            "target_merit": [sfx.count(y, q > 0.5).balanced_accuracy for q in p],
            "entropy": [entropy(q) for q in p],
            "a_distance": {k: sfx.proxy_a_distance(*pair) for k, pair in seen.items()},
            "neighbours": {k: sfx.foreign_neighbours(*pair) for k, pair in seen.items()},
        })  # fmt: skip

    def adversarial_vectors(self):
        """A DANN on RWD vectors, with statistics per run and with one set, as Ganin has it."""
        for source, target in PAIRS:
            for shared in (False, True):
                method = f"DANN on RWD, {'shared' if shared else 'own'} statistics, 0 target labels"
                dann, _ = self.dann(
                    method, sfx.build_rwd_cnn, self.vectors, source, target, shared=shared
                )
                tables = {target: {5: ALL}}
                yield from self.scored(dann.cnn("target"), method, source, target, tables, True)

    def weighted(self):
        """A DANN on RWD vectors whose source has the target's share of hits, as estimated."""
        for source, target in PAIRS:
            (x, y), x_target = self.vectors(source), self.vectors(target)[0]
            share, parts = self.estimated_share(source, target), []
            for i, part in enumerate((MOST.train, MOST.validation)):
                chosen = np.arange(2000)[part]
                chosen = chosen[shift.resampled(y[chosen], share, i)]
                parts.append((x[chosen], y[chosen], x_target[part]))
            sfx.set_seed(self.seed)
            dann = self.trained_dann(WEIGHTED, sfx.build_rwd_cnn(), parts, source, target)[0]
            tables = {target: {5: ALL}}
            yield from self.scored(dann.cnn("target"), WEIGHTED, source, target, tables, True)

    def estimated_share(self, source, target):
        """The target's share of hits by BBSE, from the 1D CNN of the source; noted in `shares`."""
        (x, y), (x_target, y_target) = self.vectors(source), self.vectors(target)
        rwd = self.fit(sfx.build_rwd_cnn, (x, y), SMALL, (RWD, source, ""))
        valid, p = SMALL.validation, sfx.predict(rwd, x_target)
        share = shift.black_box(sfx.predict(rwd, x[valid]), y[valid], p)
        self.shares.append({
            "source": source, "target": target, "true": float(y_target.mean()),
            "own": float(y.mean()), "bbse": share, "em": shift.maximum_likelihood(p),
        })  # fmt: skip
        return share

    def one_set(self):
        """The 2D DANN with one set of batch-norm statistics."""
        method = f"DANN, shared statistics{DANN.removeprefix('DANN')}"
        for source, target in PAIRS:
            dann, _ = self.dann(method, cnn, self.images, source, target, shared=True)
            yield from self.scored(dann.cnn("target"), method, source, target, {target: {5: ALL}})

    def made(self, images=True):
        """Labels made on the target's own frames: the 1D CNN, and the pooled 2D CNN.

        Each with a threshold of 0.5, and with one at which 95 % of the made misses are recognised.
        """
        for source, target in PAIRS:
            frames = self.made_frames(source, target)
            y = frames.truth
            kinds = {"rwd": (MADE, sfx.build_rwd_cnn)}
            if images:
                kinds["images"] = "2D CNN, made labels", control_of(BOTH)
            for kind, (method, build) in kinds.items():
                x = getattr(frames, kind)
                model = self.fit(build, (x, y), MOST, (method, source, target))
                p = sfx.predict(model, x[MOST.validation])
                threshold = float(sfx.threshold_at(p, y[MOST.validation], SPECIFICITY))
                tables = {target: {5: ALL}}
                for one in self.scored(model, method, source, target, tables, kind == "rwd"):
                    yield one
                    yield one._replace(method=f"{method}, threshold too", threshold=threshold)

    def made_frames(self, source, target):
        """`made_labels.Frames` 1 to 1600, the same for every seed: made once."""
        mine, theirs = self.data[source], self.data[target]
        path = cache_dir() / "study" / f"{self.reading}-{source}-{target}.npz"
        if not path.exists():
            if source not in self.spots:
                self.spots[source] = made_labels.all_spots(mine.run, 1600)
            parts = [
                made_labels.make(
                    self.spots[source], mine.truth, theirs.run, theirs.seen.spots, frames,
                    PROFILE.bin,
                )
                for frames in (MOST.train, MOST.validation)
            ]  # fmt: skip
            frames = [np.concatenate(part) for part in zip(*parts, strict=True)]
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as partial, partial.open("wb") as file:
                np.savez(file, *frames)
        with np.load(path) as archive:
            return made_labels.Frames(*archive.values())


def cnn():
    return sfx.build_cnn(PROFILE.shape)


def control_of(name):
    return lambda: sfx.build_cnn(PROFILE.shape, **CONTROLS[name])


def entropy(p):
    """Mean entropy of decisions, (n,) probabilities, nats: low where the network is sure."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(np.mean(-p * np.log(p) - (1 - p) * np.log(1 - p)))


def quick_predict(model, batch=32):
    """Function of images (n, y, x) that gives their p, (n,): the model in ONNX Runtime.

    The same numbers as `sfx.predict` within rounding, in half the time.
    """
    model(
        np.zeros((1, *model.input_shape[1:]), np.float32)
    )  # a model is exported once it was called
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.export(path, format="onnx", verbose=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options)
    name = session.get_inputs()[0].name

    def predict(x):
        parts = (x[i : i + batch].astype(np.float32)[..., None] for i in range(0, len(x), batch))
        return np.concatenate([session.run(None, {name: part})[0][:, 0] for part in parts])

    return predict
