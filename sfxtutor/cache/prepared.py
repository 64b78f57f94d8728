"""Prepare a run once: RWD vectors, binned LCN images and spot counts, kept on disk."""

import hashlib
import json
import os
import shutil
import time
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
from tqdm.auto import tqdm

from ..fast.kernels import count_spots, fast_pair
from ..preprocess import ROWS, VERSION
from ..runs.datasets import RAYONIX_GAIN
from ..runs.run import CROP, Run
from ..support.disk import cache_dir

FILES = ("rwd.npy", "images.npy", "spots.npy")
_DAY = 24 * 3600  # s


@dataclass
class Prepared:
    """What the networks see of a run of n frames.

    Attributes
    ----------
    rwd : (n, 720) float32, RWD vectors, no unit
    images : (n, 720 / bin, 720 / bin) float16, LCN frames binned by maximum; read from disk as used
    spots : (n,) int32, Bragg spots that `find_spots` counts in the crop
    labels : (n,) str, "HIT", "MAYBE" or "MISS", or None
    name, source, seed : of the run
    bin : int
    seconds : float, what computing took, on all cores
    problems : dict of frame (from 0) to sentence: could not be read, or has no contrast; such a
        frame is all zeros here and has no spots
    """

    rwd: np.ndarray
    images: np.ndarray
    spots: np.ndarray
    labels: np.ndarray | None
    name: str
    source: str
    seed: int | None
    bin: int
    seconds: float
    problems: dict[int, str]


def prepare(
    run: Run, bin: int = 2, cache: str | Path | None = None, progress: bool = True
) -> Prepared:
    """Prepare all frames of a run on all cores, or read what was prepared before: `Prepared`.

    The result is kept in a folder whose name depends on everything that decides it: the run's
    fingerprint, mask and gain, `bin`, and the version of the preprocessing.  A folder gets its name
    when it is complete, so a process that is killed, or prepares the same run, does no harm.

    Parameters
    ----------
    run : Run
    bin : int, a divisor of 720
    cache : path, optional; default `cache_dir() / "prepared"`
    progress : bool, show a bar

    Raises
    ------
    ValueError
        If `bin` does not divide 720, or not one frame of the run can be prepared.
    OSError
        If the cache cannot be written.

    Warns
    -----
    UserWarning
        If some frames cannot be prepared (see `Prepared.problems`), or the cache was damaged.
    """
    if bin < 1 or ROWS % bin:
        raise ValueError(f"Blocks of {bin} x {bin} do not tile {ROWS} x {ROWS}. Choose 1, 2 or 4.")
    cache = Path(cache) if cache else cache_dir() / "prepared"
    folder = cache / _key(run, bin)
    result = read_prepared(folder, run, bin)
    if result is None:
        _compute(run, bin, folder, progress)
        result = read_prepared(folder, run, bin)
    if result is None:
        raise OSError(f"The frames prepared in {folder} cannot be read back. Remove that folder.")
    if result.problems:
        first = min(result.problems)
        warnings.warn(
            f"{len(result.problems)} of {len(run)} frames of {run.name} could not be prepared and "
            f"are zeros; the first, frame {first} (from 0): {result.problems[first]}",
            stacklevel=2,
        )
    return result


def _key(run, bin):
    mask = None if run.mask is None else hashlib.sha256(np.packbits(run.mask)).hexdigest()
    parts = [run.fingerprint, len(run), CROP, bin, run.card.gain, mask, VERSION]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def read_prepared(folder, run, bin):
    """Prepared frames from a folder, or None if it is not there; a damaged one is removed."""
    if not folder.exists():
        return None
    try:
        notes = json.loads((folder / "notes.json").read_text())
        for name in FILES:
            if pooch.file_hash(folder / name) != notes["checksums"][name]:
                raise ValueError(f"{name} has changed")
        rwd, spots = np.load(folder / "rwd.npy"), np.load(folder / "spots.npy")
        images = np.load(folder / "images.npy", mmap_mode="r")
        problems = {int(frame): sentence for frame, sentence in notes["problems"].items()}
    except (OSError, ValueError, KeyError) as error:
        warnings.warn(
            f"The prepared frames of {run.name} in {folder} are damaged ({error}), expected what "
            "was written there; they are being computed again.",
            stacklevel=3,
        )
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return Prepared(
        rwd, images, spots, run.labels, run.name, run.source, run.seed, bin, notes["seconds"],
        problems,
    )  # fmt: skip


def _compute(run, bin, folder, progress):
    """Prepare the run in a temporary folder beside `folder`, and rename it when complete."""
    bytes_needed = len(run) * (2 * (ROWS // bin) ** 2 + 4 * ROWS + 4)
    partial = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        partial.mkdir(parents=True)
        _remove_leftovers(folder.parent)
        free = shutil.disk_usage(partial).free
        if free < bytes_needed:
            raise OSError(f"{free / 1e6:.0f} MB are free")
        write_prepared(run, bin, partial, progress)
        _publish(partial, folder)
    except OSError as error:
        raise OSError(
            f"Cannot keep the prepared frames of {run.name} in {folder.parent} ({error}), expected "
            f"{bytes_needed / 1e6:.0f} MB of room. Free some, or set SFXTUTOR_DATA to another "
            "folder."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_prepared(run, bin, folder, progress):
    began = time.perf_counter()
    frames = len(run)
    rwd, spots = np.zeros((frames, ROWS), np.float32), np.zeros(frames, np.int32)
    problems = {}
    shape = (frames, ROWS // bin, ROWS // bin)
    blank = np.zeros(shape[1:], "<f2")
    with open(folder / "images.npy", "wb") as file:
        # Written in order, not mapped: a full disk is then an error, not a crash.
        header = {"descr": "<f2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for i, result in enumerate(_frames(run, bin, progress)):
            if isinstance(result, str):
                problems[i], image = result, blank
            else:
                rwd[i], image, spots[i] = result
            file.write(image)
    if len(problems) == frames:
        raise ValueError(
            f"None of the {frames} frames of {run.name} can be prepared"
            + (f"; frame 0: {problems[0]}" if frames else ", expected one or more. Check the file.")
        )
    np.save(folder / "rwd.npy", rwd)
    np.save(folder / "spots.npy", spots)
    notes = {
        "run": run.name,
        "seconds": round(time.perf_counter() - began, 2),
        "checksums": {name: pooch.file_hash(folder / name) for name in FILES},
        "problems": problems,
    }
    (folder / "notes.json").write_text(json.dumps(notes))


def _frames(run, bin, progress):
    """Yield (rwd, image, spots) of each frame in order, or the sentence that says why not."""
    mask = run.good()
    gain = run.card.gain or RAYONIX_GAIN

    def one(i):
        try:
            crop = run.crop(i)
            vector, image = fast_pair(crop, bin, mask)
            return vector, image.astype("<f2"), count_spots(crop, gain, mask=mask)
        except (OSError, ValueError, RuntimeError) as error:  # h5py raises all three
            return str(error)

    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    bar = tqdm(total=len(run), desc=f"preparing {run.name}", unit="frame", disable=not progress)
    with bar, ThreadPoolExecutor(workers) as pool:
        # In batches, or the finished images of a whole run would wait in memory for the disk.
        for start in range(0, len(run), 64):
            for result in pool.map(one, range(start, min(start + 64, len(run)))):
                yield result
                bar.update()


def _publish(partial, folder):
    try:
        partial.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was first, with the same content
            raise


def _remove_leftovers(cache):
    """Remove what killed processes left, once it is a day old."""
    for leftover in cache.glob("*.partial"):
        with suppress(FileNotFoundError):  # another process removes it, too
            if time.time() - leftover.stat().st_mtime > _DAY:
                shutil.rmtree(leftover, ignore_errors=True)
