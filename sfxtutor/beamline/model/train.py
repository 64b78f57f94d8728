"""Make the models that `sfxtutor screen` ships: simulate imaginary beamlines, train, choose.

    sfxtutor train-screener --model rwd

Training and threshold use imaginary beamlines alone (`beamlines.py`); the twins of LN83, LN84 and
LO19 are met for the first time in the test, whose result is kept beside the model.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from ... import preprocess
from ...fast.kernels import count_spots, fast_binned, fast_rwd
from ...metrics import best_threshold, count
from ...preprocess import ROWS
from ...runs.datasets import TWINS
from ...runs.open import open_run
from ...runs.twin.run import VERSION as TWIN_VERSION
from ...support.disk import atomic_write, cache_dir
from . import bad_pixels, beamlines as imaginary
from .bad_pixels import dark_pixels
from .noise import noise_of
from .screener import BIN, trained_model, write_onnx

SHOTS = 16  # of each imaginary beamline
RECALL = 0.90  # wanted of hits and maybes on beamlines not trained on, many barely visible
TESTED = 400  # frames of each twin in the test
EPOCHS = {"rwd": 24, "cnn": 8}
BEAMLINES = {"rwd": 2400, "cnn": 600}  # an image takes ninety times the memory of a vector
EPOCHS_LEFT_OUT = 10  # of each of the seven trainings that leave a family out


def build_screening_rwd(length=ROWS):
    """1D CNN for any beamline, untrained: RWD vectors (n, length) -> p("hit or maybe") (n, 1).

    Unlike `sfxtutor.build_rwd_cnn` it is blind to the level of the noise, which differs between
    detectors (the vector's logarithm, less its mean over the rows that see anything), and to the
    place of a spot (mean and maximum over the rows).
    """
    import keras
    from keras import layers, ops

    vector = keras.Input((length,))
    level, sees = ops.log(ops.maximum(vector, 1e-3)), ops.cast(vector > 1e-3, "float32")
    rows = ops.maximum(ops.sum(sees, axis=1, keepdims=True), 1)
    noise = ops.sum(level * sees, axis=1, keepdims=True) / rows
    x = ops.clip(level - noise, -2, 4)[..., None]
    for filters, window, pool in ((8, 5, 4), (16, 5, 2), (24, 5, 2), (32, 3, 1)):
        x = layers.Conv1D(filters, window, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling1D(pool)(x) if pool > 1 else x
    x = layers.Concatenate()([ops.mean(x, axis=1), ops.max(x, axis=1),
                              ops.mean(ops.square(x), axis=1)])  # fmt: skip
    x = layers.Dropout(0.2)(layers.Dense(32, activation="relu")(x))
    return keras.Model(
        vector, layers.Dense(1, activation="sigmoid", name="p_hit")(x), name="screen"
    )


def measured(crops, masks, gain):
    """RWD vector, binned image and spots of each crop: (n, 720), (n, 180, 180), (n,)."""
    rows = [(fast_rwd(c, m), fast_binned(c, BIN, m), count_spots(c, gain, mask=m,
                                                                 global_threshold=0))
            for c, m in zip(crops, masks, strict=True)]  # fmt: skip
    rwd, images, spots = zip(*rows, strict=True)
    return np.array(rwd), np.array(images, np.float16), np.array(spots)


def simulate_beamline(seed, kind="rwd"):
    """What a model sees of one imaginary beamline: a dict of arrays, or None if it is blind."""
    rng = np.random.default_rng((seed, 2018))
    line = imaginary.beamline(rng)
    crops, labels = [], []
    for crop, label in imaginary.shots(line, rng, SHOTS):
        middle = np.median(crop)
        if 0 < middle < 60_000:  # neither dark nor saturated
            crops.append(crop)
            labels.append(label)
    if not crops:
        return None
    dark = dark_pixels(crops[:5])
    mask = ~dark if dark.any() else None
    rwd, images, spots = measured(crops, [mask] * len(crops), line.setup.noise_gain)
    n, reading = len(crops), noise_of(crops[:5], mask)[0]
    return {"x": rwd if kind == "rwd" else images, "spots": spots,
            "hit": np.array(labels) != "MISS", "line": np.full(n, seed),
            "family": np.full(n, line.family), "reading": np.full(n, reading)}  # fmt: skip


def simulate_beamlines(kind, beamlines, seed=0, progress=True):
    """What a model sees of many imaginary beamlines: a dict of arrays, kept in the cache."""
    stages = TWIN_VERSION, imaginary.VERSION, bad_pixels.VERSION, preprocess.VERSION
    version = ".".join(map(str, (*stages, SHOTS)))
    path = cache_dir() / f"screener_{kind}_{beamlines}_{seed}_v{version}.npz"
    return simulated(partial(simulate_beamline, kind=kind), beamlines, seed, path, progress)


def simulated(simulate, count, seed, path, progress=True):
    """What a model sees of many simulated lines, kept in a file: a dict of arrays.

    Parameters
    ----------
    simulate : function of a seed that gives a dict of arrays, or None of a line that shows nothing
    count, seed : int, of lines, and of the million seeds from which theirs are taken
    path : Path, .npz
    progress : bool
    """
    if path.exists():
        with np.load(path) as archive:
            return dict(archive)
    seeds = range(seed * 1_000_000, seed * 1_000_000 + count)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        lines = pool.map(simulate, seeds, chunksize=4)
        lines = list(tqdm(lines, "simulating", count, disable=not progress))
    lines = [line for line in lines if line is not None]
    frames = {key: np.concatenate([line[key] for line in lines]) for key in lines[0]}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as unfinished:
        np.savez(unfinished, **frames)
    return frames


def fit_screener(model, x, hit, lines, epochs, seed=0):
    """Train on three in four beamlines, choose the epoch and the threshold on the fourth.

    Returns
    -------
    threshold : float
        p_hit that finds `RECALL` of the hits and maybes of the fourth part.
    counts : sfxtutor.Counts
        On the fourth part, at that threshold.
    area : float
        Under the curve, on the fourth part.
    """
    from ...training import Training, fit, predict

    apart = lines % 4 == 3
    settings = Training(epochs, seed, batch=64, learning_rate=2e-3)
    fit(model, x[~apart], hit[~apart], (x[apart], hit[apart]), settings)
    p = predict(model, x[apart], 512)
    threshold = float(np.quantile(p[hit[apart]], 1 - RECALL))
    return threshold, count(hit[apart], p >= threshold), roc_auc_score(hit[apart], p)


def leave_one_family_out(frames, seed=0):
    """Area under the curve, model and spot count, on each family left out of the training.

    Returns
    -------
    dict of family to (model, spot count)
    """
    from ...training import predict, set_seed

    result = {}
    for family in imaginary.FAMILIES:
        out = frames["family"] == family
        set_seed(seed)
        model = build_screening_rwd()
        rest = {key: frames[key][~out] for key in ("x", "hit", "line")}
        fit_screener(model, rest["x"], rest["hit"], rest["line"], EPOCHS_LEFT_OUT, seed)
        scores = predict(model, frames["x"][out], 512)
        hit = frames["hit"][out]
        result[family] = (roc_auc_score(hit, scores),
                          roc_auc_score(hit, frames["spots"][out]))  # fmt: skip
    return result


def judge_on_twins(model, kind, threshold):
    """Counts and areas of the model and of the spot count on the last frames of each twin."""
    from ...training import predict

    result = {}
    for name in TWINS:
        run = open_run(name, reading="2018")  # which the models' notes are of
        frames = range(len(run) - TESTED, len(run))
        mask = run.good()
        rwd, images, spots = measured([run.crop(i) for i in frames], [mask] * TESTED,
                                      run.card.gain)  # fmt: skip
        hit = run.labels[-TESTED:] != "MISS"
        p = predict(model, rwd if kind == "rwd" else images, 256)
        baseline = spots >= best_threshold(spots, hit)  # tuned on the test itself: a hard rival
        result[name] = {
            "model": str(count(hit, p >= threshold)), "model_auc": roc_auc_score(hit, p),
            "spot count": str(count(hit, baseline)), "spot_auc": roc_auc_score(hit, spots),
        }  # fmt: skip
    return result


def train(kind="rwd", out=None, beamlines=None, seed=0, leave_out=True):
    """Make a screening model and the notes beside it.

    Parameters
    ----------
    kind : "rwd" or "cnn"
    out : path, optional
        The .keras file; default `trained_model(kind)`, never one of the package. Beside it, under
        the same name, stand the .onnx file that `screen` runs and the notes, .json.
    beamlines : int, optional
        Imaginary beamlines to simulate, 16 shots each; default `BEAMLINES`.
    seed : int
    leave_out : bool
        Also measure, for "rwd", what each family of artefacts scores when it is left out.

    Returns
    -------
    pathlib.Path
        The model.
    """
    from ...models import build_cnn
    from ...training import set_seed

    beamlines = beamlines or BEAMLINES[kind]
    frames = simulate_beamlines(kind, beamlines, seed)
    set_seed(seed)
    model = build_screening_rwd() if kind == "rwd" else build_cnn((ROWS // BIN, ROWS // BIN, 1))
    threshold, counts, area = fit_screener(
        model, frames["x"], frames["hit"], frames["line"], EPOCHS[kind], seed
    )
    apart = frames["line"] % 4 == 3
    notes = {
        "threshold": threshold, "wanted recall": RECALL, "beamlines": beamlines, "seed": seed,
        "on beamlines left out": str(counts), "auc on them": area,
        "least reading": float(np.quantile(frames["reading"], 0.01)),
        "spots auc on them": roc_auc_score(frames["hit"][apart], frames["spots"][apart]),
        "twins": judge_on_twins(model, kind, threshold),
    }  # fmt: skip
    if kind == "rwd" and leave_out:
        notes["auc of model and spot count, family left out"] = leave_one_family_out(frames, seed)
    path = Path(out) if out else trained_model(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    write_onnx(path, path.with_suffix(".onnx"))
    path.with_suffix(".json").write_text(json.dumps(notes, indent=1), encoding="utf-8")
    return path
