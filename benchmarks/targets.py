"""The targets of the package, judged by the figures of one run of the benchmark."""

from benchmarks import features, nets, whole
from benchmarks.decision import ALONE, CLASSES, CROPS, FULL, READING
from benchmarks.rivals import OURS
from sfxtutor.metrics import rate_text

# method -> how many times faster ours must be, on hits and on misses of every twin
FACTORS = {
    "plain SciPy": 25,
    "plain, checked": 25,
    "peakfinder8": 12,
    "peakfinder8, fast mode": 12,
    FULL: 100,
    CROPS: 100,
    ALONE: 100,
}
NOTES = {
    "peakfinder8, fast mode": "harder than intended: it samples",
    FULL: "as used in practice; a frame has seven times the pixels of our crop",
    CROPS: "on the same crops",
    ALONE: "harder than intended: no files",
}
SAME_NETWORK = ("plain SciPy", "plain, checked", "OpenCV")  # ours in recall, by construction
FROM_FILES = (CROPS, FULL)  # they read, so ours is charged with reading too
FRAMES, VECTORS, TWIN, MEMORY = 1500, 25_000, 6.0, 2048  # /s, /s, ms, MiB
FUSION, BINNED = 30, 0.7  # times, ms
WORKERS, WORKER = 1.7, 954  # times, MiB (1 GB)
RATE, P99 = 120, 50  # Hz, ms
READINGS = 1.5  # times reading and unpacking by h5py alone, of packed whole frames
RAW = {whole.FINDER: 12, whole.DIALS: 100}  # times faster on raw ones, a megapixel


def judge(sections):
    """Every target with what was found: list of {target, found, verdict}.

    Parameters
    ----------
    sections : dict, name -> what `bench` measured; those missing are "not measured"

    Returns
    -------
    list of dict
        verdict is "met", "not met" or "not measured".
    """
    rows = sections.get("verdict", {}).get("rows", [])
    judged = [_speed(rows)]
    judged += [_ratio(rows, way, factor) for way, factor in FACTORS.items()]
    judged += [_recall(rows, way) for way in _scored(rows)]
    judged += _features(sections.get("features", {}).get("rows", []))
    judged.append(_vectors(sections.get("models", {}).get("rows", [])))
    judged.append(_twin(sections.get("twin", {}).get("rows", [])))
    judged.append(_memory(sections.get("memory", {}).get("rows", [])))
    judged += _screen(sections.get("screen", {}).get("rows", []))
    judged.append(_stream(sections.get("stream", {}).get("rows", [])))
    judged += _whole(sections.get("whole", {}))
    return judged


def ratios(rows, way):
    """How many times faster ours is: {(run, class): ratio of medians}; empty if not measured."""
    ours = READING if way in FROM_FILES else OURS
    medians = {(row["run"], row["way"], kind): row[kind]["median"]
               for row in rows for kind in CLASSES}  # fmt: skip
    return {
        (run, kind): value / medians[run, ours, kind]
        for (run, name, kind), value in medians.items()
        if name == way
    }


def _entry(target, found, met):
    result = "not measured" if met is None else "met" if met else "not met"
    return {"target": target, "found": found, "verdict": result}


def _speed(rows):
    target = f"raw crop to decision: {FRAMES:,} frames/s a core or more, on hits and on misses"
    speeds = {(row["run"], kind): 1000 / row[kind]["median"]
              for row in rows if row["way"] == OURS for kind in CLASSES}  # fmt: skip
    if not speeds:
        return _entry(target, "", None)
    found = f"{_range(speeds, ',.0f')} /s; lowest: {_where(speeds)}"
    return _entry(target, found, min(speeds.values()) >= FRAMES)


def _ratio(rows, way, factor):
    note = f" ({NOTES[way]})" if way in NOTES else ""
    target = f"{factor} times {way}{note}"
    found = ratios(rows, way)
    if not found:
        return _entry(target, "", None)
    sentence = f"{_range(found, '.1f')} times; lowest: {_where(found)}"
    return _entry(target, sentence, min(found.values()) >= factor)


def _scored(rows):
    """Methods with a score of another kind than ours, in order."""
    ways = dict.fromkeys(row["way"] for row in rows if row.get("hits_total"))
    return [way for way in ways if way not in (OURS, *SAME_NETWORK)]


def _recall(rows, way):
    parts, met = [], True
    for row in rows:
        if row["way"] == way and row.get("hits_total"):
            total = row["hits_total"]
            parts.append(f"{row['run']} {rate_text(row['ours_hits_found'], total)} against "
                         f"{rate_text(row['hits_found'], total)}")  # fmt: skip
            met &= row["ours_hits_found"] >= row["hits_found"]
    return _entry(f"recall not below that of {way} at its specificity", "; ".join(parts), met)


def _features(rows):
    times = {(row["task"], row["way"]): row for row in rows}
    fusion = f"raw crop to RWD vector: {FUSION} times the plain SciPy pipeline"
    binned = f"raw crop to LCN to binned image: {BINNED} ms on one core"
    if not rows:
        return [_entry(fusion, "", None), _entry(binned, "", None)]
    plain, fused = times[features.RWD, features.BARE], times[features.RWD, features.FUSED]
    gains = [plain[kind]["median"] / fused[kind]["median"] for kind in CLASSES]
    costs = [times[features.BINNED, features.FUSED][kind]["median"] for kind in CLASSES]
    return [
        _entry(fusion, "hits {:.1f}, misses {:.1f} times".format(*gains), min(gains) >= FUSION),
        _entry(binned, "hits {:.2f}, misses {:.2f} ms".format(*costs), max(costs) <= BINNED),
    ]


def _vectors(rows):
    target = f"1D CNN alone: {VECTORS:,} vectors/s or more on two cores"
    speeds = [row for row in rows if row["net"] == nets.RWD and row["threads"] == 2]
    if not speeds:
        return _entry(target, "", None)
    (row,) = speeds
    found = f"{row['median']:,.0f} /s ({row['low']:,.0f} to {row['high']:,.0f})"
    return _entry(target, found, row["median"] >= VECTORS)


def _twin(rows):
    target = f"the twin: the crop of a frame in {TWIN:g} ms or less on one core"
    times = {row["run"]: row["median"] for row in rows if row["threads"] == 1}
    if not times:
        return _entry(target, "", None)
    found = ", ".join(f"{run} {ms:.1f} ms" for run, ms in times.items())
    return _entry(target, found, max(times.values()) <= TWIN)


def _memory(rows):
    target = "screening in constant memory, below 2 GB"
    held = [row["mib"] for row in rows if row["what"].startswith("screening")]
    if not held:
        return _entry(target, "", None)
    found = f"{held[0]} MiB at first, {held[-1]} MiB at the end"
    return _entry(target, found, held[-1] <= MEMORY and held[-1] <= 1.1 * held[0])


def _screen(rows):
    speed = f"screening files: two workers {WORKERS} times as fast as one, once they run"
    memory = "screening files: less than 1 GB a worker"
    if not rows:
        return [_entry(speed, "", None), _entry(memory, "", None)]
    one, two = rows
    gain, held = two["median"] / one["median"], max(row["mib"] for row in rows)
    found = f"{gain:.2f} times: {one['median']:,.0f} and {two['median']:,.0f} frames/s"
    return [_entry(speed, found, gain >= WORKERS),
            _entry(memory, f"{held} MiB at most", held < WORKER)]  # fmt: skip


def _stream(rows):
    target = f"stream at {RATE} Hz for 60 s: no frame dropped, p99 below {P99} ms"
    rows = [
        row for row in rows if (row["rate"], row["burst"]) == (RATE, 1) and row["seconds"] >= 60
    ]
    if not rows:
        return _entry(target, "", None)
    (row,) = rows
    found = (
        f"{row['missing']} of {row['received'] + row['missing']} missing, p99 {row['p99']:.1f} ms"
    )
    return _entry(target, found, not row["missing"] and row["p99"] < P99)


def _whole(section):
    times = {(row["frames of"], row["way"]): row["median"] for row in section.get("rows", [])}
    read = {name: times[name, whole.SCREENED] / ms
            for (name, way), ms in times.items() if way == whole.READ}  # fmt: skip
    target = f"whole packed frames: at most {READINGS} times the time in which h5py reads them"
    found = ", ".join(f"{name} {value:.2f}" for name, value in read.items())
    judged = [_entry(target, found, max(read.values()) <= READINGS if read else None)]
    for way, factor in RAW.items():
        target = f"whole raw frames: {factor} times {way}"
        ours, other = times.get((whole.RAW, whole.PEAKS)), times.get((whole.RAW, way))
        ratio = other / ours if ours and other else None
        found = f"{ratio:.1f} times" if ratio else ""
        judged.append(_entry(target, found, ratio >= factor if ratio else None))
    held = [mib for memory in section.get("memory", {}).values() for mib in memory.values()]
    target = "whole frames: less than 1 GB a worker, in constant memory"
    found = f"{min(held)} to {max(held)} MiB" if held else ""
    steady = all(m["last pass, MiB"] <= 1.1 * m["first pass, MiB"]
                 for m in section.get("memory", {}).values())  # fmt: skip
    judged.append(_entry(target, found, max(held) < WORKER and steady if held else None))
    return judged


def _range(values, form):
    return f"{min(values.values()):{form}} to {max(values.values()):{form}}"


def _where(values):
    run, kind = min(values, key=values.get)
    return f"{run}, {'hits' if kind == 'hit' else 'misses'}"
