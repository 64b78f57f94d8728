"""docs/speed.md and the block on speed in the README, from what benchmarks/*.json hold.

`make bench` and `python -m benchmarks.backends` write those, on a machine that does nothing else.
"""

import json
from pathlib import Path
from statistics import median

from benchmarks import nets
from benchmarks.decision import CLASSES, READING
from benchmarks.rivals import OURS
from benchmarks.scale import DISTINCT
from benchmarks.targets import judge, ratios
from sfxtutor.metrics import rate_text
from sfxtutor.runs.run import CROP

from .markdown import number, spread, table

MEASURED = Path(__file__).resolve().parents[2] / "benchmarks"
KEPT = "ONNX Runtime"


def measured(name):
    """What is kept in benchmarks/<name>.json."""
    return json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8"))


def values():
    """What the template of the page says."""
    kept = measured("bench")
    sections, found = kept["sections"], kept["sections"]["verdict"]
    return {
        "kept": kept,
        "found": found,
        "runs": {run: decisions(found["rows"], run) for run in runs(found["rows"])},
        "ways": ways(found["rows"]),
        "whole": 1920**2 / CROP**2,
        "targets": targets(judge(sections)),
        "features": features(sections["features"]),
        "nets": nets_table(sections["models"]),
        "ratio": ratio(sections["models"]),
        "machine": machine(sections),
        "distinct": DISTINCT,
        "screen": screen(sections["screen"]),
        "stream": stream(sections["stream"]),
        "frames": whole_frames(sections["whole"]),
        "backends": backends(measured("backends")),
    }


def in_brief():
    """What the template of the block in the README says."""
    kept = measured("bench")
    sections = kept["sections"]
    rows = sections["verdict"]["rows"]
    times = [row[kind]["median"] for row in rows if row["way"] == OURS for kind in CLASSES]
    return {"kept": kept, "ours": f"{min(times):.2f} to {max(times):.2f}"}


def targets(judged):
    lines = [(one["target"], one["found"] or "–", f"**{one['verdict']}**") for one in judged]
    return table(("target", "measured", "result"), lines)


def runs(rows):
    return list(dict.fromkeys(row["run"] for row in rows))


def decisions(rows, run):
    """The table of one run."""
    header = ("method", "hits, ms", "misses, ms", "speed-up", "recall", "specificity", "ours")
    lines = [
        (row["way"], spread(row["hit"]), spread(row["miss"]), times(rows, row), *rates(row))
        for row in rows
        if row["run"] == run
    ]
    return table(header, lines)


def times(rows, row):
    """How much faster ours is, on hits / on misses."""
    if row["way"] in (OURS, READING):
        return "–"
    found = ratios(rows, row["way"])
    return " / ".join(number(found[row["run"], kind]) for kind in CLASSES)


def rates(row):
    """Recall, specificity, our recall at that specificity; dashes for a method only timed."""
    if "hits_total" not in row:
        return "–", "–", "–"
    hits = row["hits_total"]
    return (
        rate_text(row["hits_found"], hits),
        f"{100 * row['misses_found'] / row['misses_total']:.1f} %",
        f"{row['ours_hits_found']}/{hits}" if row["way"] != OURS else "–",
    )


def ways(rows):
    """What each method is, a list."""
    first = {row["way"]: row for row in reversed(rows)}
    lines = [f"- **{way}** ({first[way]['version']}): {first[way]['how']}."
             for way in dict.fromkeys(row["way"] for row in rows)]  # fmt: skip
    return "\n".join(lines)


def features(found):
    """The table of preprocessing alone."""
    lines = [
        (row["task"], row["way"], *(spread(row[kind]) for kind in CLASSES)) for row in found["rows"]
    ]
    return table(("task", "method", "hits, ms", "misses, ms"), lines)


def nets_table(found):
    """The table of the networks."""
    lines = [
        (row["net"], row["threads"], row["batch"], spread(row), f"{row['multiply_adds']:,}")
        for row in found["rows"]
    ]
    return table(("network", "threads", "batch", "inputs per second", "multiply-adds"), lines)


def ratio(found):
    """How much faster the 1D CNN is, beside the ratio of the arithmetic and the paper's: a dict."""
    rows = {(row["net"], row["threads"]): row for row in found["rows"]}
    times = []
    for threads in nets.THREADS:
        for other in (nets.FULL, nets.PROFILE):
            one, two = rows[nets.RWD, threads], rows[other, threads]
            times.append({
                "threads": threads, "other": other, "median": number(one["median"] / two["median"]),
                "low": number(one["low"] / two["high"]), "high": number(one["high"] / two["low"]),
            })  # fmt: skip
    adds = {name: rows[name, 1]["multiply_adds"] for name in (nets.RWD, nets.FULL, nets.PROFILE)}
    arithmetic = {name: number(adds[name] / adds[nets.RWD]) for name in (nets.FULL, nets.PROFILE)}
    return {"times": times, "arithmetic": arithmetic, "paper": found["paper"]}


def machine(sections):
    """Two cores, the twin and memory: a table."""
    lines = [
        (f"raw crop to decision, {row['threads']} thread(s)", spread(row), "frames/s")
        for row in sections["cores"]["rows"]
    ]
    lines += [
        (f"simulating a crop of {row['run']}, {row['threads']} thread(s)", spread(row), "ms")
        for row in sections["twin"]["rows"]
    ]
    lines += [(f"memory: {row['what']}", row["mib"], "MiB") for row in sections["memory"]["rows"]]
    return table(("quantity", "measured", "unit"), lines)


def screen(found):
    """The table of many files."""
    header = ("workers", "frames/s", "peak MiB per worker", "whole command, s")
    lines = [(row["workers"], spread(row), row["mib"], row["command"]) for row in found["rows"]]
    return table(header, lines)


def stream(found):
    """The table of a stream of frames."""
    header = ("Hz", "in bursts of", "seconds", "received", "missing", "dropped at the source",
              "p50, ms", "p99, ms", "longest, ms", "longest queue")  # fmt: skip
    lines = [
        (number(row["rate"]), row["burst"], row["seconds"], number(row["received"]),
         number(row["missing"]) if row["missing"] else 0, row["dropped"], number(row["p50"]),
         number(row["p99"]), number(row["highest"]), f"{row['peak']} of {row['queue']}")
        for row in found["rows"]
    ]  # fmt: skip
    return table(header, lines)


def whole_frames(found):
    """The table of whole frames, and what a worker holds: a dict."""
    header = ("frames of", "megapixels", "method", "ms a frame", "megapixels/s")
    lines = [
        (row["frames of"], row["megapixels"], row["way"], spread(row),
         number(row["megapixels a second"]))
        for row in found["rows"]
    ]  # fmt: skip
    return {"table": table(header, lines), "memory": found["memory"], "missing": found["missing"]}


def backends(kept):
    """The table of backends, and what is said of the choice of one: a dict."""
    header = ("network", "backend", "threads", "batch", "inputs per second", "load, s", "MiB")
    lines = [
        (row["net"], row["backend"], row["threads"], row["batch"], spread(row), row["load"],
         row["mib"])
        for row in best_batches(kept["rows"])
    ]  # fmt: skip
    return choice(kept) | {"table": table(header, lines), "kept": kept, "missing": kept["missing"]}


def best_batches(rows):
    """The fastest batch size of each network, backend and number of threads."""
    best = {}
    for row in rows:
        key = row["net"], row["backend"], row["threads"]
        if key not in best or row["median"] > best[key]["median"]:
            best[key] = row
    return list(best.values())


def choice(kept):
    """How ONNX Runtime stands beside the others, whatever came out: a dict."""
    one = [row for row in best_batches(kept["rows"]) if row["threads"] == 1]
    speeds, held = {}, {}
    for row in one:
        speeds.setdefault(row["net"], {})[row["backend"]] = row["median"]
        held.setdefault(row["backend"].partition(" ")[0], []).append(row["mib"])
    best = {net: max(found, key=found.get) for net, found in speeds.items()}
    screens = speeds["screening"]
    return {
        "backend": KEPT,
        "count": len(screens),
        "place": 1 + sum(speed > screens[KEPT] for speed in screens.values()),
        "speeds": {name: number(speed) for name, speed in screens.items()},
        "mib": {name: round(median(mib)) for name, mib in held.items()},
        "faster": [
            {"net": net, "backend": other, "times": speeds[net][other] / speeds[net][KEPT]}
            for net, other in best.items()
            if other != KEPT
        ],
        "saved": 1e6 / screens[KEPT] - 1e6 / screens[best["screening"]],  # us a frame
    }
