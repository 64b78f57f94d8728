"""Trials beside the methods of the lessons; each is a part of the study that takes its `Lab`."""

from dataclasses import replace

import keras
import numpy as np
from keras import layers

import sfxtutor as sfx
from sfxtutor.paper.claims import FEW, FULL, PAIRS, RWD, RWD_AWAY
from sfxtutor.preprocess import ROWS
from sfxtutor.runs.datasets import TWINS, UNSEEN
from sfxtutor.training import class_weights

from .networks import (
    ALL,
    BOTH,
    MADE,
    MOST,
    PROFILE,
    SMALL,
    WEIGHTED,
    control_of,
    quick_predict,
)
from .scorers import SCORERS

GROUPS = 4  # of channels
SHIFT = 2  # pixels of the binned image


def variants(lab):
    """Adversaries on RWD vectors that differ in one thing, and thresholds for label shift."""
    for source, target in PAIRS:
        for kind, build in (
            ("group normalisation", by_groups),
            ("pretrained", trained(lab, source)),
        ):
            method = f"DANN on RWD, {kind}, 0 target labels"
            dann, _ = lab.dann(method, build, lab.vectors, source, target)
            tables = {target: {5: ALL}}
            yield from lab.scored(dann.cnn("target"), method, source, target, tables, True)
    yield from corrected(lab)


def corrected(lab):
    """Thresholds at which as many of the target's 2,000 frames are called hits as are estimated."""
    weighted = list(lab.weighted())
    share = {(note["source"], note["target"]): note["bbse"] for note in lab.shares}
    for one in (*lab.cheap(), *weighted):
        if one.method in (RWD_AWAY, WEIGHTED):
            threshold = float(np.quantile(one.p, 1 - share[one.train, one.test_on]))
            method = f"{one.method}, threshold by estimated share"
            yield one._replace(method=method, threshold=threshold)


def by_groups():
    """A 1D CNN, untrained, whose normalisation knows no run: by frame and groups of channels (Wu
    and He, ECCV 2018) instead of by batch."""

    def copied(layer):
        if isinstance(layer, layers.BatchNormalization):
            return layers.GroupNormalization(GROUPS, name=layer.name)
        return type(layer).from_config(layer.get_config())

    base, classifier = sfx.build_rwd_cnn().layers
    return keras.Sequential([keras.models.clone_model(base, clone_function=copied), classifier])


def trained(lab, source):
    """Function that gives the 1D CNN trained with 1,200 labels of that run."""
    model = lab.fit(
        sfx.build_rwd_cnn, lab.vectors(source), MOST, ("RWD 1D CNN, 1200 labels", source, "")
    )
    return lambda: model


def epochs(lab):
    """What a DANN on RWD vectors reaches after each epoch, and how each scorer rates the epoch.

    Everything goes to `lab.scorers`; the training is that of `Lab.adversarial_vectors`.
    """
    settings = replace(PROFILE.training(1200, lab.seed), cache=False)
    for source, target in PAIRS:
        (x, y), x_target = lab.vectors(source), lab.vectors(target)[0]
        parts = [(x[part], y[part], x_target[part]) for part in (MOST.train, MOST.validation)]
        sfx.set_seed(lab.seed)
        dann, seen = sfx.Dann(sfx.build_rwd_cnn()), []

        def look(history, _, dann=dann, seen=seen, choose=parts[1], data=lab.data[target]):
            if len(seen) < len(history.loss):  # the last call is for the epoch that was kept
                seen.append(reached(dann, data) | {"scores": scores(dann, *choose)})

        train, choose = parts
        history = sfx.fit_dann(dann, *train, choose, settings, title=None, watch=look)
        lists = {key: [epoch[key] for epoch in seen] for key in seen[0]}
        about = {"source": source, "target": target, "seed": lab.seed}
        lab.scorers.append(about | {"kept_epoch": history.best_epoch} | lists)
    return ()


def reached(dann, data):
    """Rates and area under the curve of the further frames of the target, as it is now: a dict."""
    p = sfx.predict(dann.cnn("target"), data.more.rwd)
    counts = sfx.count(data.more_truth, p > 0.5)
    found = {"recall": counts.recall, "specificity": counts.specificity}
    found["auc"] = sfx.auc(p, data.more_truth)
    return {key: round(value, 5) for key, value in found.items()}


def scores(dann, x, y, x_target):
    """Each scorer's opinion of a DANN as it is now: {name: float}."""
    mine, theirs = dann.cnn("source"), dann.cnn("target")
    p = np.clip(sfx.predict(mine, x).astype(float), 1e-7, 1 - 1e-7)
    loss = -np.log(np.where(y, p, 1 - p)) * class_weights(y)
    given = sfx.features(mine, x), loss, sfx.features(theirs, x_target)
    p_target = sfx.predict(theirs, x_target)
    return {name: round(score(*given, p_target), 5) for name, score in SCORERS.items()}


def flips(lab):
    """The fourth control: frames that training flips and shifts at random, by whole pixels."""
    method = f"2D CNN, {BOTH}, flips, 200 labels"
    for name in TWINS:
        model = lab.fit(flipped, lab.images(name), SMALL, (method, name, ""))
        yield from lab.few(still(model), method, name)


def flipped():
    """The pooling network, untrained, on images that are moved at random in training."""
    height, width, _ = PROFILE.shape
    flip = [layers.RandomFlip(along) for along in ("horizontal", "vertical")]  # each by itself
    shift = layers.RandomTranslation(SHIFT / height, SHIFT / width, interpolation="nearest")
    parts = keras.Input(PROFILE.shape), *flip, shift, *control_of(BOTH)().layers
    return keras.Sequential(parts)


def still(model):
    """A model of `flipped` without what moves the images, which ONNX lacks."""
    return keras.Sequential([keras.Input(PROFILE.shape), *model.layers[-2:]])


def unseen(lab):
    """Networks of the three runs on LG36 and L498, which another detector measured.

    Beside them labels made on the new run's frames, and 200 of the experts'.
    """
    asked = {name: {} for name in UNSEEN}  # in none of the paper's tables
    for name in TWINS:
        rwd = lab.fit(sfx.build_rwd_cnn, lab.vectors(name), SMALL, (RWD, name, ""))
        yield from lab.scored(rwd, RWD_AWAY, name, "", asked, True)
        yield from lab.scored(lab.full(name), FULL, name, "", asked)
        for target in UNSEEN:
            frames, what = lab.made_frames(name, target), (MADE, name, target)
            model = lab.fit(sfx.build_rwd_cnn, (frames.rwd, frames.truth), MOST, what)
            yield from lab.scored(model, MADE, name, target, {target: {}}, True)
    for name in UNSEEN:
        rwd = lab.fit(sfx.build_rwd_cnn, lab.vectors(name), SMALL, (RWD, name, ""))
        yield from lab.scored(rwd, RWD, name, "", {name: {}}, True)


def full_size(lab, table=1, method=FULL, part=MOST):
    """A table on frames of 720 x 720, which are not binned: rows in `lab.full_size`."""
    seen = {name: sfx.prepare(lab.data[name].run, bin=1, progress=False) for name in TWINS}
    for name in TWINS:
        frames, what = (seen[name].images, lab.data[name].truth), f"{method}, {ROWS} x {ROWS}"
        model = lab.fit(lambda: sfx.build_cnn((ROWS, ROWS, 1)), frames, part, (what, name, ""))
        predict = quick_predict(model)
        for test_on in TWINS if table == 1 else (name,):
            truth = lab.data[test_on].truth[part.test]
            counts = sfx.count(truth, predict(seen[test_on].images[part.test]) > 0.5)
            about = {"seed": lab.seed, "profile": PROFILE.name, "source": "twin"}
            lab.full_size.append(sfx.row(table, method, name, test_on, counts, **about))
    return ()


def full_size_few(lab):
    """Table 2, whose trainings with 200 labels take minutes."""
    return full_size(lab, 2, FEW, SMALL)
