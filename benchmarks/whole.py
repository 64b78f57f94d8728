"""Whole frames of large detectors: what the model of peaks adds to reading, beside peak finders.

The packed frames are those of `tools/detectors` (EIGER, 32 bits, bitshuffle-LZ4), read from a file
that lies in the system's memory; the raw ones are the twin's (Rayonix, 16 bits).  Every way runs on
one core.
"""

import tempfile
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from benchmarks import GEOMETRY
from benchmarks.dials_command import Dials, nxmx
from benchmarks.machine import ask
from benchmarks.rivals import BACKGROUND, MOST, PIXELS, SNR, optional
from benchmarks.timing import per_item, take_turns
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.model.views import look_at
from sfxtutor.fast.peaks import View
from sfxtutor.runs.open import open_run
from sfxtutor.support.provenance import conditions
from tools.detectors import hits, misses
from tools.detectors.files import write

PACKED, RAW = ("eiger_4m", "eiger_16m"), "LN84"
LIGHT = 0.5  # photons a pixel of the packed frames
READ, UNPACKED = "reading and unpacking, by h5py", "reading and unpacking, as for scoring"
SCREENED, PEAKS = "read, unpacked and scored", "peaks, in memory"
FINDER, DIALS, PYFAI = "peakfinder8", "DIALS find_spots, from a file", "pyFAI, massif"

HOLDS = """
import sys, json, psutil
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.model.views import look_at
from sfxtutor.runs.open import open_run
run, screener, held = open_run(sys.argv[1]), Screener("peaks"), []
look = look_at(run, screener)
for _ in range(int(sys.argv[2])):
    screener.score([look.features(i) for i in range(len(run))])
    held.append(psutil.Process().memory_info().rss / 2**20)
print(json.dumps(held))
"""


def measure(detectors=PACKED, frames=6, repeats=5):
    """Milliseconds a frame and megapixels a second of each way, and memory: a dict."""
    rows, missing, held = [], {}, {}
    measured = conditions("ondamonitor", "pyFAI")
    with tempfile.TemporaryDirectory() as folder:
        for name in detectors:
            rows += _rows(name, *_packed(name, frames, Path(folder), missing), repeats)
            [path] = (Path(folder) / name).glob("*_master.h5")
            first, *_, last = ask(HOLDS, str(path), "8")
            held[name] = {"first pass, MiB": round(first), "last pass, MiB": round(last)}
        rows += _rows(RAW, *_raw(frames, Path(folder), missing, measured["versions"]), repeats)
    return {"unit": "ms a frame, one core", "frames": frames, "light": LIGHT, "rows": rows,
            "memory": held, "missing": missing, **measured}  # fmt: skip


def _rows(name, megapixels, ways, repeats):
    return [
        {"frames of": name, "megapixels": round(megapixels, 2), "way": way, **times,
         "megapixels a second": float(f"{1e3 * megapixels / times['median']:.4g}")}
        for way, times in take_turns(ways, repeats).items()
    ]  # fmt: skip


def _packed(name, frames, folder, missing):
    """Megapixels of a detector, and {way: callable, ms a frame} on its packed frames."""
    folder = folder / name
    folder.mkdir()
    screener, half = Screener("peaks"), frames // 2
    [with_crystal] = write(hits(name, LIGHT, half), folder)
    run = open_run(with_crystal)
    look, raw = look_at(run, screener), [run.raw(i) for i in range(half)]
    raw += list(misses(name, LIGHT, frames - half))
    path = next(folder.glob("*_data_*.h5"))

    def read(numbers):
        with h5py.File(path, locking=False) as file:
            for i in numbers:
                file["entry/data/data"][i]

    def unpacked(numbers):
        for i in numbers:
            run.raw(i)

    def screened(numbers):
        return screener.score([look.features(i) for i in numbers])

    numbers = range(half)
    ways = {READ: read, UNPACKED: unpacked, SCREENED: screened}
    ways = {way: partial(per_item, call, numbers) for way, call in ways.items()}
    ways |= _in_memory(raw, look.good, look.view, screener, missing)
    return raw[0].size / 1e6, ways


def _raw(frames, folder, missing, versions):
    """The same on frames of the twin, which are in memory, and DIALS on a file of them."""
    run, screener = open_run(RAW, reading=GEOMETRY), Screener("peaks")
    order = np.argsort(run.labels == "MISS", kind="stable")  # half of them hits
    chosen = [*order[: frames // 2], *order[-(frames - frames // 2) :]]
    raw = [run.raw(int(i)) for i in chosen]
    look = look_at(run, screener, search=False)
    ways = _in_memory(raw, look.good, look.view, screener, missing)
    try:
        dials = Dials(run, folder)
    except ImportError as error:
        missing[DIALS] = str(error)
        return raw[0].size / 1e6, ways
    for name, part in (("long.h5", raw), ("short.h5", raw[:1])):
        with nxmx(folder / name, run, run.mask) as append:
            for frame in part:
                append(frame)
    versions["DIALS"] = dials.version().split()[-1]
    ways[DIALS] = partial(dials.per_frame, folder / "long.h5", folder / "short.h5", len(raw) - 1)
    return raw[0].size / 1e6, ways


def _in_memory(raw, good, view, screener, missing):
    """Ways that take frames from memory: {name: callable, ms a frame}."""

    def scored(frames):
        return screener.score([screener.features(frame, good, view) for frame in frames])

    ways = {PEAKS: partial(per_item, scored, raw)}
    good = np.ones(raw[0].shape, bool) if good is None else good.good
    for name, make in ((FINDER, _peakfinder8), (PYFAI, _massif)):
        try:
            count = make(good, view)
        except ImportError as error:
            missing[name] = str(error)
            continue
        ways[name] = partial(per_item, lambda frames, count=count: [*map(count, frames)], raw)
    return ways


def _peakfinder8(good, view: View):
    """Peaks of a frame by OM's peakfinder8, over all pixels, in bins of the radius."""
    find = optional("om.algorithms._crystallography", "ondamonitor").peakfinder_8
    y, x = np.indices(good.shape, np.float32)
    middle = view.centre or [(length - 1) / 2 for length in good.shape]
    radius, mask = np.hypot(y - middle[0], x - middle[1]).astype(np.float32), good.astype(np.int8)
    shape = (good.shape[1], good.shape[0], 1, 1)  # columns and rows of a panel, panels along both

    def count(frame):
        found = find(MOST, frame.astype(np.float32), mask, radius, 0, None, None, 0, *shape, 0.0,
                     SNR, *PIXELS, BACKGROUND)  # fmt: skip
        return len(found[0])

    return count


def _massif(good, view):
    """Peaks of a frame by the summits that pyFAI's calibration looks for."""
    massif = optional("pyFAI.massif", "pyFAI").Massif

    def count(frame):
        image = np.where(good, frame, 0).astype(np.float32)
        level = float(image[good].mean() + SNR * image[good].std())
        return len(massif(image, mask=~good).peaks_from_area(image > level, keep=MOST))

    return count
