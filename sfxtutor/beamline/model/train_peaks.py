"""Make the model "peaks": a small network that weighs each peak of a frame, and sums them up.

    sfxtutor train-screener --model peaks

It is trained on the imaginary detectors of `detectors.py`, three in four; threshold, calibration
and the figures in its notes are of the fourth.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from sklearn.metrics import roc_auc_score

from ...fast import peaks
from ...fast.peaks import FIELDS, PEAKS, View, describe
from ...metrics import count
from ...runs.datasets import TWINS
from ...runs.open import open_run
from ...support.disk import cache_dir
from . import detectors
from .screener import trained_model, write_onnx
from .train import TESTED, simulated

SHOTS = 10  # of each imaginary detector
LINES = 4000  # imaginary detectors
EPOCHS = 40
LEARNING_RATE = 2e-3  # at first, from where it falls to 0 as a cosine
RECALL = 0.95  # wanted, of clear hits on detectors held out
CLEAR = 10  # visible spots, some just so, that make a clear hit
NEAR = 2.5  # pixels from a true spot within which a peak is that spot's
BINS = (0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0001)  # of p, in the reliability curve


def build_peaks():
    """The network, untrained: features (n, 1 + 160, 24) -> p_hit (n, 1), weights (n, 160), summary.

    Each peak gets a weight, the probability that it is a Bragg spot, by a network that sees the
    peak and the frame; p_hit is decided by their sum and by means over the peaks (Zaheer et al.,
    Deep Sets, NeurIPS 2017). The summary (n, 24) is what the last layer makes p_hit of: `tune`
    fits that layer to a run.
    """
    import keras
    from keras import layers, ops

    x = keras.Input((1 + PEAKS, len(FIELDS)))
    peak, present = x[:, 1:], x[:, 1:, :1]
    frame = layers.Dense(16, activation="relu")(x[:, 0])
    each = layers.Concatenate()([peak, layers.RepeatVector(PEAKS)(frame)])
    for _ in range(2):
        each = layers.Dense(32, activation="relu")(each)
    weight = layers.Dense(1, activation="sigmoid")(each) * present
    each = layers.Dense(16, activation="relu")(each)
    total = ops.sum(weight, axis=1)
    pooled = layers.Concatenate()([
        ops.log(1 + total), total / (total + 6), ops.sum(each * weight, axis=1) / (total + 1),
        ops.max(each * weight, axis=1), ops.mean(each * present, axis=1), frame,
    ])  # fmt: skip
    summary = layers.Dense(24, activation="relu", name="summary")(pooled)
    p_hit = layers.Dense(1, activation="sigmoid", name="p_hit")(layers.Dropout(0.2)(summary))
    weights = layers.Reshape((PEAKS,), name="weights")(weight)
    return keras.Model(x, [p_hit, weights, summary], name="peaks")


def simulate_detector(seed):
    """What the model sees of the frames of one imaginary detector: a dict of arrays, or None."""
    rows = []
    for frame in detectors.frames(seed, SHOTS):
        try:
            view = View(panel=frame.height, centre=frame.centre)
            x, found = describe(frame.image, frame.mask, view)
        except ValueError:  # without contrast
            continue
        rows.append((x.astype(np.float16), _true(found[:PEAKS], frame.spots), frame.visible))
    if not rows:
        return None
    x, spots, visible = map(np.array, zip(*rows, strict=True))
    kind = detectors.detector(np.random.default_rng((seed, detectors.STREAM))).kind
    return {"x": x, "spots": spots, "visible": visible, "line": np.full(len(x), seed),
            "kind": np.full(len(x), kind)}  # fmt: skip


def _true(found, spots):
    """Which peaks are Bragg spots, visible or somewhat fainter: (PEAKS,) bool."""
    true = np.zeros(PEAKS, bool)
    if len(found) and len(spots):
        true[: len(found)] = cKDTree(spots[:, :2]).query(found[:, :2])[0] < NEAR
    return true


def simulate(lines=LINES, seed=0, progress=True):
    """What the model sees of many imaginary detectors: a dict of arrays, kept in the cache."""
    version = f"{detectors.VERSION}.{peaks.VERSION}.{SHOTS}"
    path = cache_dir() / f"screener_peaks_{lines}_{seed}_v{version}.npz"
    return simulated(simulate_detector, lines, seed, path, progress)


def fit(model, frames, epochs=EPOCHS):
    """Train on three in four detectors: frames and peaks are learned together."""
    import keras
    from keras import ops

    def of_peaks(true, weight):
        return ops.mean(keras.losses.binary_crossentropy(true[..., None], weight[..., None]))

    kept = frames["line"] % 4 != 3
    x, hit = frames["x"][kept].astype(np.float32), frames["visible"][kept] >= detectors.VISIBLE
    steps = -(-len(x) // 64) * epochs
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    losses = {"p_hit": "binary_crossentropy", "weights": of_peaks}
    p_hit, weights, _ = model.outputs
    model = keras.Model(model.input, {"p_hit": p_hit, "weights": weights})  # of the same layers
    model.compile(keras.optimizers.Adam(rate), losses)
    true = {"p_hit": hit[:, None].astype(np.float32), "weights": frames["spots"][kept].astype("f4")}
    model.fit(x, true, batch_size=64, epochs=epochs, verbose=0)


def notes_of(model, frames):
    """Threshold and figures on the detectors that the model was not trained on: a dict."""
    apart = frames["line"] % 4 == 3
    x, visible = frames["x"][apart].astype(np.float32), frames["visible"][apart]
    p, hit = model.predict(x, batch_size=256, verbose=0)[0][:, 0], visible >= detectors.VISIBLE
    clear, none = visible >= CLEAR, visible == 0
    threshold = float(np.quantile(p[clear if clear.any() else hit], 1 - RECALL))
    called = p >= threshold
    above = partial(_areas, p, x[:, 0, peaks.FRAME.index("above 6")], visible)
    kinds = {kind: above(frames["kind"][apart] == kind) for kind in detectors.KINDS}
    kinds["all"] = above(np.full(len(p), True))
    return {
        "threshold": threshold, "wanted recall": RECALL,
        "on detectors left out": str(count(hit, called)),
        "clear hits and blanks": str(count(clear[clear | none], called[clear | none])),
        "auc on them": roc_auc_score(hit, p), "kinds": kinds,
        "reliability": _reliability(p, hit),
    }  # fmt: skip


def on_twins(model, threshold):
    """Counts and area of the model on whole frames of the twins, which it has not met: a dict."""
    result = {}
    for name in TWINS:
        run = open_run(name, reading="2018")
        frames = range(len(run) - TESTED, len(run))
        view = View(centre=run.card.beam_center)
        x = np.array([describe(run.raw(i), run.mask, view)[0] for i in frames])
        p, hit = model.predict(x, verbose=0)[0][:, 0], run.labels[-TESTED:] != "MISS"
        counts = str(count(hit, p >= threshold))
        result[name] = {"model": counts, "model_auc": roc_auc_score(hit, p)}
    return result


def _areas(p, spots, visible, part):
    """Frames, hits among them, AUC of the model and of the count of peaks above 6 sigma.

    Of clear hits and frames without a visible spot; the AUC is None where one of these is missing.
    """
    part = part & ((visible == 0) | (visible >= CLEAR))
    hit = visible[part] > 0
    both = hit.any() and not hit.all()
    aucs = (roc_auc_score(hit, by[part]) if both else None for by in (p, spots))
    return int(part.sum()), int(hit.sum()), *aucs


def _reliability(p, hit):
    """Of each bin of p: frames, mean p and hits."""
    which = np.digitize(p, BINS) - 1
    return [(int((which == k).sum()), float(p[which == k].mean()), int(hit[which == k].sum()))
            for k in range(len(BINS) - 1) if (which == k).any()]  # fmt: skip


def train_peaks(out=None, lines=None, seed=0):
    """Make the model and the notes beside it: the path of the .keras file.

    Parameters
    ----------
    out : path, optional
        The .keras file; default `trained_model("peaks")`, never one of the package.
    lines : int, optional
        Imaginary detectors to simulate, ten shots each; default `LINES`.
    seed : int
    """
    from ...training import set_seed

    frames = simulate(lines or LINES, seed)
    set_seed(seed)
    model = build_peaks()
    fit(model, frames)
    path = Path(out) if out else trained_model("peaks")
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    write_onnx(path, path.with_suffix(".onnx"))
    notes = {"lines": lines or LINES, "shots": SHOTS, "seed": seed} | notes_of(model, frames)
    notes["twins"] = on_twins(model, notes["threshold"])
    path.with_suffix(".json").write_text(json.dumps(notes, indent=1), encoding="utf-8")
    return path
