"""Whole files on one and two workers, and frames that arrive: what the commands themselves reach.

The files are written here and stay in the system's memory: reading from a disk comes on top.
"""

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import h5py
import psutil

from benchmarks import GEOMETRY
from benchmarks.timing import spread
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen.blocks import Job, blocks_of
from sfxtutor.beamline.screen.cluster import local_cluster, run_on_dask
from sfxtutor.beamline.stream.loopback import measure_stream
from sfxtutor.runs.files.write import write_idh5
from sfxtutor.runs.open import open_run

WORKERS = (1, 2)
DISTINCT = 20  # frames of a file that differ; its other chunks are links to theirs
LOOK = 20  # blocks between two looks at the memory, which take time from the workers
# rate (Hz), frames back to back, seconds: LCLS; trains of a MHz source, slowed down; far too much
STREAMS = ((120, 1, 60), (480, 48, 20), (4000, 1, 5))


def screening(model, folder, files=10, chunks=100, repeats=3):
    """Frames per second of `screen` on files, and what its workers hold: a dict.

    Parameters
    ----------
    model : as `Screener` takes it
    folder : path, for the files
    files, chunks : how many files, and chunks of 20 frames in each
    repeats : rounds, in which 1 and 2 workers take turns
    """
    paths = [_write(Path(folder) / f"run{i}.h5", i, chunks) for i in range(files)]
    job = Job(str(Screener(model).path.resolve()))
    rounds = [{workers: _rate(paths, job, workers) for workers in WORKERS} for _ in range(repeats)]
    frames = files * chunks * DISTINCT
    rows = [
        {"workers": workers, **spread([one[workers].rate for one in rounds]),
         "mib": max(one[workers].mib for one in rounds),
         "command": _command(model, paths, folder, workers)}
        for workers in WORKERS
    ]  # fmt: skip
    return {"unit": "frames per second", "files": files, "frames": frames, "rows": rows}


def streaming(model, streams=STREAMS):
    """Latency and losses of frames that arrive at a set rate: a dict."""
    rows = []
    for rate, burst, seconds in streams:
        report = measure_stream(rate, seconds, burst, model, run="LN84")
        rows.append(
            {"rate": rate, "burst": burst, "seconds": seconds, "received": report.received,
             "missing": report.missing, "dropped": report.dropped, "p50": report.p50,
             "p99": report.p99, "highest": report.highest, "peak": report.peak,
             "queue": report.queue}
        )  # fmt: skip
    return {"unit": "ms from sending to decision", "rows": rows}


def _write(path, seed, chunks):
    write_idh5(
        open_run("LN84", seed=seed, reading=GEOMETRY), path, DISTINCT, crop=True, progress=False
    )
    with h5py.File(path, "r+") as file:
        for chunk in range(1, chunks):
            file[f"data/run_{chunk:04}"] = file["data/run_0000"]
    return path


@dataclass
class _Measured:
    rate: float  # frames per second
    mib: float  # the most that one worker held


def _rate(paths, job, workers):
    """Speed once the workers are up, and the largest of them."""
    held = 0
    with local_cluster(workers) as address:
        few = [next(iter(blocks_of(i, str(paths[i % len(paths)]), range(40)))) for i in range(4)]
        list(run_on_dask(few, job, address))  # compiled and loaded
        blocks = [block for i, path in enumerate(paths) for block in _blocks(i, path)]
        began, frames = time.perf_counter(), 0
        for i, (_, result) in enumerate(run_on_dask(blocks, job, address)):
            frames += sum(status == "ok" for _, status in result)
            if i % LOOK == 0:
                held = max([held, *_held()])
        seconds = time.perf_counter() - began
    if frames != sum(len(block.frames) for block in blocks):
        raise OSError(f"Found {frames} frames scored, expected all of {len(paths)} files.")
    return _Measured(frames / seconds, round(held))


def _blocks(number, path):
    with open_run(path) as run:
        return list(blocks_of(number, str(path), range(len(run)), run.fingerprint))


def _held():
    """Resident memory of the processes that this one has started, MiB."""
    held = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has ended meanwhile
            held.append(child.memory_info().rss / 2**20)
    return held


def _command(model, paths, folder, workers):
    """Seconds of the whole command, start and end included."""
    out, began = Path(folder) / f"scores{workers}.csv", time.perf_counter()
    words = ["screen", *map(str, paths), "--out", str(out), "--model", str(model)]
    subprocess.run([sys.executable, "-m", "sfxtutor", *words, "--workers", str(workers)],
                   check=True, capture_output=True)  # fmt: skip
    return round(time.perf_counter() - began, 1)
