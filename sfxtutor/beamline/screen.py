"""Score every frame of real files with a model that is shipped, or with one of your own.

    sfxtutor screen run1.h5 run2.h5 --out scores.csv

A frame goes its way alone: central crop, bad pixels out, RWD vector (or binned LCN image), p_hit.
The scores are written as they come, under a temporary name that is changed at the end; what was
scored before an interruption stays in that file.
"""

import csv
import json
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from sfxtutor.kernels import fast_binned, fast_rwd
from sfxtutor.preprocess import center_crop
from sfxtutor.runs import open_run

MODELS = Path(__file__).parent / "models"
COLUMNS = ("file", "frame", "p_hit", "is_hit", "status")
BATCH = 256  # frames scored at once: what is in memory
BIN = 4  # pixels that become one in the image that the 2D CNN gets
DIM = 3  # ADU: in frames with a lower median, zero is an ordinary reading


@dataclass
class Summary:
    """What became of a screening: frames met, scored, called hits; files that failed; seconds."""

    frames: int = 0
    scored: int = 0
    hits: int = 0
    failed: int = 0
    seconds: float = 0.0
    out: Path | None = None

    def __str__(self):
        rate = f"{100 * self.hits / self.scored:.1f} %" if self.scored else "no frame scored"
        failed = f", {self.failed} files could not be opened" if self.failed else ""
        return (f"{self.scored} of {self.frames} frames scored in {self.seconds:.1f} s, "
                f"{self.hits} hits or maybes ({rate}){failed}: {self.out}")  # fmt: skip


class Screener:
    """A model with its threshold.

    Parameters
    ----------
    model : "rwd", "cnn" or the path of a .keras file
        A model of your own takes RWD vectors (n, 720) or images (n, y, y, 1), y a divisor of 720,
        as `build_rwd_cnn` and `build_cnn` make them; a .json beside it may hold its "threshold".
    threshold : float, optional
        p_hit from which a frame is a hit; default the model's own, else 0.5.
    """

    def __init__(self, model="rwd", threshold=None):
        import keras

        shipped = MODELS / f"{model}.keras"
        path = shipped if shipped.exists() else Path(model)
        if not path.exists():
            raise FileNotFoundError(
                f"Found no model {model!r}, expected rwd, cnn or the path of a .keras file. "
                "Name one of these; `sfxtutor train-screener --model cnn` makes the cnn, which is "
                "not shipped."
            )
        self.model = keras.saving.load_model(path, compile=False)
        notes = path.with_suffix(".json")
        self.notes = json.loads(notes.read_text()) if notes.exists() else {}
        self.threshold = self.notes.get("threshold", 0.5) if threshold is None else threshold
        shape = self.model.input_shape[1:]
        if shape != (720,) and not (len(shape) == 3 and 720 % shape[0] == 0 and shape[2] == 1):
            raise ValueError(
                f"The model {path} takes inputs of shape {shape}, expected (720,) or (y, y, 1), "
                "y a divisor of 720. Train it on what sfxtutor.prepare gives."
            )
        self.bin = None if len(shape) == 1 else 720 // shape[0]

    def features(self, crop, mask=None):
        """What the model sees of a raw crop: the RWD vector or the binned image, float32."""
        if self.bin is None:
            return fast_rwd(crop, mask)
        return fast_binned(crop, self.bin, mask)[..., None]

    def score(self, features):
        """p_hit of each of a list of features, (n,) float32."""
        from sfxtutor.training import predict

        return predict(self.model, np.stack(features), BATCH)


def dark_pixels(crops):
    """Pixels that read zero in every crop though the frame is lit, and those around: (y, x) bool.

    Gaps between panels and the beam stop's shadow read zero; a single zero pixel is left alone.
    """
    dark = np.all([crop == 0 for crop in crops], axis=0)
    if not dark.any() or np.median(crops[0]) < DIM:
        return np.zeros_like(dark)
    return ndimage.binary_dilation(ndimage.binary_opening(dark, np.ones((2, 2))), np.ones((3, 3)))


def stuck_pixels(crops):
    """Pixels that stand far above their surroundings in each of several crops: (y, x) bool.

    Crops that are copies of each other say nothing; it takes three that differ.
    """
    distinct = {crop.tobytes(): crop for crop in crops}
    if len(distinct) < 3:
        return np.zeros(crops[0].shape, bool)
    lowest = np.min(list(distinct.values()), axis=0).astype(float)
    above = lowest - ndimage.median_filter(lowest, 5)
    return above > max(12 * np.median(np.abs(above)), 20)


def good_pixels(run):
    """Mask for the central crops of a run, (724, 724) bool, or None where every pixel is good.

    Left out are what the file says is bad, dark pixels and stuck pixels, by five of its frames.
    """
    chosen = sorted({0, len(run) // 3, len(run) // 2, 2 * len(run) // 3, len(run) - 1})
    crops = []
    for i in chosen:
        try:
            crops.append(run.crop(i))
        except (OSError, ValueError, RuntimeError):
            continue  # such a frame gets its status when its turn comes
    if not crops:
        return None
    good = ~(dark_pixels(crops) | stuck_pixels(crops))
    if run.mask is not None:
        good &= center_crop(run.mask, crops[0].shape[0])
    return None if good.all() else good


def screen(files, out="scores.csv", model="rwd", mask=None, threshold=None, progress=True):
    """Score every frame of files, write the scores to a CSV file.

    Parameters
    ----------
    files : list of path
    out : path
        Columns file, frame (from 1), p_hit, is_hit (0 or 1), status ("ok", or why there is no
        score). A file that cannot be opened has one line, without a frame.
    model, threshold : see `Screener`
    mask : path, optional
        Good pixels, as `open_run` takes it.
    progress : bool
        Show a bar for each file.

    Returns
    -------
    Summary

    Raises
    ------
    FileNotFoundError
        If there is no such model, or no folder for `out`.
    OSError
        If the scores cannot be written; those already there are kept.
    """
    began, out = time.perf_counter(), Path(out)
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"Found no folder {out.absolute().parent}, expected one for {out.name}. Make it first."
        )
    screener, summary = Screener(model, threshold), Summary(out=out)
    partial = out.with_name(f"{out.name}.partial")
    try:
        with open(partial, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for path in files:
                _screen_file(path, screener, mask, writer, summary, progress)
                file.flush()
    except OSError as error:
        raise OSError(
            f"Cannot write {partial} ({error}); {summary.scored} frames were scored. Free some "
            "room or choose another --out."
        ) from error
    partial.replace(out)
    summary.seconds = time.perf_counter() - began
    return summary


def _screen_file(path, screener, mask, writer, summary, progress):
    try:
        run = open_run(path, mask=mask)
    except (OSError, ValueError) as error:
        warnings.warn(f"{path} is left out: {error}", stacklevel=2)
        writer.writerow((path, "", "", "", _one_line(error)))
        summary.failed += 1
        return
    good = good_pixels(run)
    frames = tqdm(range(len(run)), desc=Path(path).name, unit="frame", disable=not progress)
    waiting = []
    for i in frames:
        waiting.append((i + 1, *_features(run, i, screener, good)))
        if len(waiting) == BATCH or i == len(run) - 1:
            _write(path, waiting, screener, writer, summary)
            waiting = []


def _features(run, i, screener, good):
    """Features and "ok", or None and why there are none."""
    try:
        return screener.features(run.crop(i), good), "ok"
    except (OSError, ValueError, RuntimeError) as error:  # h5py raises all three
        return None, _one_line(error)


def _write(path, waiting, screener, writer, summary):
    usable = [features for _, features, _ in waiting if features is not None]
    scores = iter(screener.score(usable)) if usable else iter(())
    for frame, features, status in waiting:
        summary.frames += 1
        if features is None:
            writer.writerow((path, frame, "", "", status))
            continue
        p = float(next(scores))
        hit = int(p >= screener.threshold)
        summary.scored += 1
        summary.hits += hit
        writer.writerow((path, frame, f"{p:.5f}", hit, status))


def _one_line(error):
    return " ".join(str(error).split())
