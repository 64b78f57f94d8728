"""Fit the last layer of the model of peaks to a run, with the labels of a few of its frames.

    sfxtutor tune run.cxi --labels labels.txt --out tuned.onnx
    sfxtutor screen run.cxi --model tuned.onnx

What the network found of a frame, 24 numbers, stays; how they are weighed moves away from the
shipped weights as far as the labels demand. How far is chosen by cross-validation, and so is said
what it gained: on frames that the fit had not seen.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize, special
from sklearn.model_selection import StratifiedKFold

from ...metrics import count, is_positive
from ...paper.intervals import Estimate, paired_gain
from ...runs.annotations import read_some_labels
from ...runs.open import open_run
from ...support.disk import atomic_write, need_folder
from .screener import Screener
from .views import look_at

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, np.inf)  # inf: only the threshold moves
FOLDS = 5
LEAST = 5  # labels of each class
SHIFT = 0.05  # penalty on the shift, which labels without a mistake would push for ever
TUNED = 0.5  # threshold of a tuned model: the two classes weigh the same in the fit


@dataclass(frozen=True)
class Tuned:
    """What a few labels gained, on frames that the fit had not seen.

    Attributes
    ----------
    path : Path, of the tuned model
    hits, misses : int, labels
    before, after : Counts, of the shipped model and of tuned ones on the frames left out
    gain : Estimate, of the mean of recall and specificity, on the same frames
    penalty : float, on moving the weights; inf where only the threshold was moved
    """

    path: Path
    hits: int
    misses: int
    before: object
    after: object
    gain: Estimate
    penalty: float

    def __str__(self):
        what = "threshold" if np.isinf(self.penalty) else "last layer"
        return (
            f"{self.hits} hits or maybes and {self.misses} misses; the {what} was fitted.\n"
            f"before: {self.before}\n"
            f"after, by {FOLDS}-fold cross-validation: {self.after}\n"
            f"gain of their mean: {self.gain.text(100, 1)} points\n"
            f"{self.path}"
        )


def tune(file, labels, out="tuned.onnx", model="peaks", *, mask=None, dataset=None, geometry=None):
    """Fit a model of peaks to a run: `Tuned`, and the file that `screen --model` takes.

    Parameters
    ----------
    file : path
        The run, as `screen` takes it.
    labels : path
        Of some of its frames: a line `FILE [FRAME] HIT`, MAYBE or MISS each, frame from 1, or what
        `LabelByEye` exports.  Some 30 are a start, both classes among them.
    out : path
        The tuned model, .onnx; its notes, .json, stand beside it.
    model : see `Screener`
    mask, dataset, geometry : as `open_run` takes them

    Raises
    ------
    ValueError
        If the model takes no peaks, labels are of frames that are not there, or of one class.
    """
    screener, out = Screener(model), Path(out)
    need_folder(out)
    if not screener.whole:
        raise ValueError(
            f"The model {model} cannot be tuned, expected one of whole frames. Use peaks."
        )
    run = open_run(Path(file), mask=mask, dataset=dataset, geometry=geometry)
    named = read_some_labels(labels)
    frames, truth = _labelled(named, run)
    look = look_at(run, screener)
    z, summary = screener.inside([look.features(i) for i in frames])
    scale = summary.std(axis=0) + 0.1
    penalty, after = _by_cross_validation(z, summary / scale, truth)
    move, shift = _fit(z, summary / scale, truth, penalty)
    before = special.expit(z) >= screener.threshold
    notes = {"threshold": TUNED, "labels": len(truth), "tuned from": str(model)}
    _write(screener, out, move / scale, shift, notes)
    return Tuned(out, int(truth.sum()), int((~truth).sum()), count(truth, before),
                 count(truth, after), paired_gain(truth, before, after), penalty)  # fmt: skip


def _labelled(named, run):
    """Frames with a label, and which are hits or maybes."""
    beyond = [frame for frame in named if not 0 <= frame < len(run)]
    if beyond:
        raise ValueError(
            f"A label is of frame {beyond[0] + 1}, expected frames from 1 to {len(run)} of "
            f"{run.name}. Are the labels those of this run?"
        )
    frames = sorted(named)
    truth = is_positive([named[frame] for frame in frames])
    if min(truth.sum(), (~truth).sum()) < LEAST:
        raise ValueError(
            f"Found labels of {truth.sum()} hits or maybes and {(~truth).sum()} misses, expected "
            f"{LEAST} or more of each. Label some more: the surest hits of a first screening are a "
            "place to look for them."
        )
    return frames, truth


def _fit(z, summary, truth, penalty):
    """How the weights move and the threshold shifts: (24,) and a float.

    The logistic loss of all labels, and half the penalty times the square of the move.
    """
    sign = np.where(truth, 1.0, -1.0)
    weight = np.where(truth, 1 / truth.sum(), 1 / (~truth).sum()) * len(truth) / 2
    fixed = np.isinf(penalty)

    def loss(x):
        move, shift = (np.zeros(summary.shape[1]), x[0]) if fixed else (x[1:], x[0])
        margin = sign * (z + summary @ move + shift)
        slope = -sign * weight * special.expit(-margin)
        value = -(weight * special.log_expit(margin)).sum() + 0.5 * SHIFT * shift**2
        gradient = [slope.sum() + SHIFT * shift]
        if not fixed:
            value += 0.5 * penalty * (move @ move)
            gradient = np.concatenate([gradient, summary.T @ slope + penalty * move])
        return value, np.asarray(gradient)

    start = np.zeros(1 if fixed else 1 + summary.shape[1])
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x
    return (np.zeros(summary.shape[1]) if fixed else found[1:]), float(found[0])


def _by_cross_validation(z, summary, truth):
    """The penalty with the least loss on frames left out, and the decisions on these: (n,) bool."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    parts = list(folds.split(summary, truth))
    best = None
    for penalty in PENALTIES:
        p = np.empty(len(truth))
        for fitted, left in parts:
            move, shift = _fit(z[fitted], summary[fitted], truth[fitted], penalty)
            p[left] = z[left] + summary[left] @ move + shift
        loss = -special.log_expit(np.where(truth, p, -p)).mean()
        if best is None or loss < best[0]:
            best = loss, penalty, p >= special.logit(TUNED)
    return best[1:]


def _write(screener, out, move, shift, notes):
    """Write the model with its last layer moved, and its notes.

    Raises
    ------
    ImportError
        If what writes ONNX (the extra "beamline") is not installed.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise ImportError(
            f"A tuned model is written by onnx, which is not installed ({error}). Install it: "
            'pip install "sfxtutor[beamline]".'
        ) from error
    model = onnx.load(screener.path)
    for constant in model.graph.initializer:
        value = numpy_helper.to_array(constant)
        if "p_hit" in constant.name:  # the last layer's weights (24, 1) and its bias (1,)
            moved = value + (move[:, None] if value.ndim == 2 else shift)
            constant.CopyFrom(numpy_helper.from_array(moved.astype(np.float32), constant.name))
    with atomic_write(out) as unfinished:
        onnx.save(model, unfinished)
    out.with_suffix(".json").write_text(json.dumps(notes, indent=1), encoding="utf-8")
