"""Raw crop -> decision: speed of each method on hits and on misses, and what it finds.

A method's threshold is the lowest at which it recognises the required share of misses.  For every
method it is chosen on the frames that are then counted: a point on its ROC curve, not a forecast.
Spot counts have ties, so a method may end up stricter than required; ours is then counted at that
method's specificity too.
"""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import GEOMETRY
from benchmarks.dials_command import HOW, SHORT, Dials, nxmx
from benchmarks.rivals import OURS, find_rivals
from benchmarks.timing import per_item, take_turns
from sfxtutor.mask import Mask
from sfxtutor.metrics import count, is_positive, threshold_at
from sfxtutor.preprocess import center_crop
from sfxtutor.results import COUNTS
from sfxtutor.runs.open import open_run

SPECIFICITY = 0.95
READING = "RWD, from the file"
CROPS, FULL, ALONE = "DIALS, crop", "DIALS, full frame", "DIALS, algorithm alone"
CLASSES = {"hit": "HIT", "miss": "MISS"}


def compare(scores, truth, ours=OURS):
    """Counts of each method, and of ours at the same specificity: {method: dict}.

    Parameters
    ----------
    scores : dict, method -> (n,) numbers
    truth : (n,) bool
    ours : the method that is compared with the others
    """
    found = {}
    for way, score in scores.items():
        threshold = threshold_at(score, truth, SPECIFICITY)
        counts = count(truth, score >= threshold)
        same = threshold_at(scores[ours], truth, counts.misses_found / counts.misses_total)
        beside = count(truth, scores[ours] >= same)
        found[way] = {
            "threshold": float(threshold),
            **{name: getattr(counts, name) for name in COUNTS},
            "ours_hits_found": beside.hits_found,
            "ours_misses_found": beside.misses_found,
        }
    return found


def measure(screener, names, tested=2000, timed=20, repeats=5):
    """Rows, a dict for each run and method, and what is missing: a dict.

    Parameters
    ----------
    screener : Screener
    names : of twins, seed 0
    tested : frames, the last ones of a run, on which recall is counted
    timed : of these, hits and misses each, on which speed is measured
    repeats : rounds of the timing
    """
    rows, missing = [], {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            rows += _one_run(
                open_run(name, reading=GEOMETRY), screener, folder, missing, tested, timed, repeats
            )
    return {"specificity": SPECIFICITY, "tested": tested, "timed": timed, "repeats": repeats,
            "unit": "ms a frame, one core", "rows": rows, "missing": missing}  # fmt: skip


def _one_run(run, screener, folder, missing, tested, timed, repeats):
    """Rows of one run; what is not installed is added to `missing`."""
    rivals, without = find_rivals(run, screener)
    missing |= without
    dials = _dials(run, folder, missing)
    first = len(run) - tested
    with ThreadPoolExecutor() as pool:
        crops = list(pool.map(run.crop, range(first, len(run))))
    labels = run.labels[first:]
    scores = {rival.name: np.asarray(rival.scores(crops)) for rival in rivals}
    if dials:
        scores[CROPS] = _dials_counts(dials, run, crops)
    found = compare(scores, is_positive(labels))
    speeds = {}
    for kind, label in CLASSES.items():
        numbers = np.flatnonzero(labels == label)[:timed]
        chosen, frames = [crops[i] for i in numbers], [run[first + i] for i in numbers]
        ways = {rival.name: partial(per_item, rival.scores, chosen) for rival in rivals}
        ways |= _from_files(run, screener, dials, Path(folder) / kind, chosen, frames)
        speeds[kind] = take_turns(ways, repeats)
    about = _about(rivals, dials)
    return [
        {"run": run.name, "way": way, **about[way],
         **{kind: speeds[kind][way] for kind in CLASSES}, **found.get(way, {})}
        for way in speeds["hit"]
    ]  # fmt: skip


def _dials(run, folder, missing):
    try:
        return Dials(run, folder)
    except ImportError as error:
        missing["DIALS"] = str(error)
        return None


def _dials_counts(dials, run, crops):
    """Spots of each crop by `dials.find_spots`."""
    path = _write(dials.folder / "tested.h5", run, crops)
    return dials.counts(path, len(crops))


def _from_files(run, screener, dials, folder, crops, frames):
    """Methods that read files, {name: callable, ms a frame}: ours, and DIALS if installed."""
    folder.mkdir()
    # a crop costs DIALS little beside its start-up, whose jitter needs more of them to drown in
    files = _files(run, folder, crops * 5)
    read = _reader(files["long"], screener)
    ways = {READING: partial(per_item, read, range(len(crops)))}
    if dials:
        full = _files(run, folder, frames)
        ways[CROPS] = partial(dials.per_frame, **files)
        ways[FULL] = partial(dials.per_frame, **full)
        ways[ALONE] = partial(dials.alone, files["long"])
    return ways


def _files(run, folder, frames):
    """A file of the frames and one of the first few: a dict, with the number of frames between."""
    size = len(frames[0])
    return {
        "long": _write(folder / f"long{size}.h5", run, frames),
        "short": _write(folder / f"short{size}.h5", run, frames[:SHORT]),
        "extra": len(frames) - len(frames[:SHORT]),
    }


def _write(path, run, frames):
    good = np.ones(run.card.shape, bool) if run.mask is None else run.mask
    with nxmx(path, run, center_crop(good, len(frames[0]))) as append:
        for frame in frames:
            append(frame)
    return path


def _reader(path, screener):
    """Scores of frames that are read from the file first, as DIALS reads them."""
    run = open_run(path)
    mask = None if run.mask is None else Mask(run.mask)

    def scores(numbers):
        return screener.score([screener.features(run.crop(i), mask) for i in numbers])

    return scores


def _about(rivals, dials):
    """What each method is and its version: {method: dict}."""
    about = {rival.name: {"how": rival.how, "version": rival.version} for rival in rivals}
    how = f"the same, and the crop is read from the file that {CROPS} reads"
    about[READING] = about[OURS] | {"how": how}
    if dials:
        version = dials.version()
        about[CROPS] = {"how": f"`dials.find_spots` on crops: {HOW}", "version": version}
        about[FULL] = {"how": "the same on frames of the whole detector", "version": version}
        about[ALONE] = {
            "how": "its dispersion test and its connected pixels on crops in memory: no reading, "
            "no centroids, no output",
            "version": version,
        }
    return about
