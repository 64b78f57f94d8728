"""What the machine gives: a second core, the twin's frames, memory."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks import GEOMETRY
from benchmarks.timing import per_item, per_second, take_turns
from sfxtutor.runs.open import open_run

CORES = (1, 2)
CHUNK = 10  # frames that a thread takes at once


def cores(screener, name="LN83", frames=100, repeats=5):
    """Raw crop -> decision, frames per second on 1 and 2 threads: a dict."""
    run = open_run(name, reading=GEOMETRY)
    good = run.good()
    with ThreadPoolExecutor() as pool:
        crops = list(pool.map(run.crop, range(frames)))
    chunks = [crops[i : i + CHUNK] for i in range(0, len(crops), CHUNK)]

    def scores(chunk):
        return screener.score([screener.features(crop, good) for crop in chunk])

    def way(threads):
        def measure():
            with ThreadPoolExecutor(threads) as pool:
                return CHUNK * per_second(lambda parts: list(pool.map(scores, parts)), chunks)

        return measure

    speeds = take_turns({threads: way(threads) for threads in CORES}, repeats)
    rows = [{"threads": threads, **speed} for threads, speed in speeds.items()]
    return {"unit": "frames per second", "run": name, "frames": frames, "rows": rows}


def twin(names, frames=40, repeats=5):
    """Simulating the central crop of a frame, ms on 1 and 2 threads: a dict."""

    def way(run, threads):
        def measure():
            with ThreadPoolExecutor(threads) as pool:
                return per_item(lambda numbers: list(pool.map(run.crop, numbers)), range(frames))

        return measure

    ways = {
        (name, threads): way(open_run(name, reading=GEOMETRY), threads)
        for name in names
        for threads in CORES
    }
    rows = [
        {"run": name, "threads": threads, **speed}
        for (name, threads), speed in take_turns(ways, repeats).items()
    ]
    return {"unit": "ms a crop", "frames": frames, "rows": rows}


SCREENS = """
import sys, json, psutil
import numpy as np
from sfxtutor.beamline.model.screener import Screener
here = psutil.Process()
crops, screener = np.load(sys.argv[1], mmap_mode="r"), Screener(sys.argv[2])
held = []
for _ in range(int(sys.argv[3])):
    screener.score([screener.features(np.array(crop)) for crop in crops])
    held.append(here.memory_info().rss / 2**20)
print(json.dumps([held[0], held[-1]]))
"""
LOADS = """
import json, psutil, tensorflow
print(json.dumps([psutil.Process().memory_info().rss / 2**20]))
"""


def memory(model, folder, frames=50, passes=20):
    """Resident memory of a process that screens, MiB, first and last of many passes: a dict."""
    run, path = open_run("LN83", reading=GEOMETRY), Path(folder) / "crops.npy"
    np.save(path, [run.crop(i) for i in range(frames)])
    first, last = ask(SCREENS, str(path), str(model), str(passes))
    rows = [{"what": f"screening, {frames} frames", "mib": round(first)},
            {"what": f"screening, {frames * passes} frames", "mib": round(last)}]  # fmt: skip
    with suppress(ChildProcessError):  # not installed: screening does without
        rows.append({"what": "TensorFlow loaded, nothing done", "mib": round(ask(LOADS)[0])})
    return {"unit": "MiB, resident", "rows": rows}


def ask(program, *arguments):
    """What a fresh Python prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ChildProcessError(f"A process that measures memory failed: {last}")
    return json.loads(done.stdout.splitlines()[-1])
