"""Write docs/speed.md and the block on speed in README.md: python docs/make_speed_page.py.

From benchmarks/bench.json (`make bench`) and benchmarks/backends.json (`python -m
benchmarks.backends`), measured on a machine that does nothing else.
"""

import json
from pathlib import Path
from statistics import median

from benchmarks import nets
from benchmarks.rivals import OURS
from benchmarks.scale import DISTINCT
from benchmarks.targets import ratios
from benchmarks.verdict import CLASSES, READING
from sfxtutor.metrics import rate_text
from sfxtutor.runs.run import CROP

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
KEPT = "ONNX Runtime"
BEGIN, END = "<!-- bench begin -->", "<!-- bench end -->"
ALT = (
    "Left: milliseconds a frame on one core, logarithmic, a line for each way from a raw frame to a "
    "verdict or a count of spots, hits and misses apart. Right: the recall of each way on the three "
    "twins at equal specificity, with 95 % intervals. The numbers stand in docs/speed.md."
)
TEXT = """# Speed

{conditions}

Every figure is a median with the least and the highest of {repeats} rounds, in which all ways take turns.
Made by `docs/make_speed_page.py` from what `make bench` measured; it measures your machine too.

## What it set out to reach

{targets}

## Raw crop to verdict

![{alt}](pictures/bench.png)

One core, ms a frame, on {timed} hits and {timed} misses of each twin. Recall is on the last {tested} frames of
each twin, at the lowest threshold that recognises {specificity:.0%} of the misses or more. Each way's
threshold was chosen on these very frames: a point on its curve, not a forecast. Counts of spots have
ties, so some ways end up stricter than asked; "ours" is RWD at the specificity that way has. "Times" says
how much faster RWD is, on hits / on misses.

{verdicts}

{ways}

{missing}DIALS and ours from the file read the same crops from the same file; its start-up is not
charged (the difference of two runs of different length). All others start from crops in memory. The
whole frame has {whole:.0f} times the pixels of the crop, so the ratio to it compares more work with less:
that is how DIALS is run, while on crops both do the same. A way without recall is timed only. plain SciPy, plain and OpenCV end in the same
network as ours: their recall is ours by construction.

## Preprocessing alone

ms a frame on one core, on hits and on misses of {prepared}, without a mask but where one is named.

{features}

## 1D against 2D

The networks alone, on ONNX Runtime, reading and preprocessing not counted.

{nets}

{ratio}

## Two cores, the twin, memory

{machine}

## Many files

`sfxtutor screen` on {files} files of {frames} frames in all, each with {distinct} distinct ones, written just
before and so in the system's memory. The rate is that of running workers on Dask; the command includes
their start, and with one worker it uses no Dask.

{screen}

## Frames as they arrive

`sfxtutor stream` beside its source on this machine, over its own network. The last row offers far more than
it can take: what it loses is dropped at the source, and counted.

{stream}

## Which backend

{backends}
"""
BLOCK = """![{alt}](docs/pictures/bench.png)

*{conditions} From a raw crop to a verdict, RWD takes {ours} ms a frame on one core. Of {total} targets
{met} are met and {failed} are not: [docs/speed.md](docs/speed.md) has them all, with spread, recall and
versions, and `make bench` measures your machine.*"""


def measured(name):
    """What is kept in benchmarks/<name>.json, or None."""
    path = HERE.parent / "benchmarks" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def page():
    """The page's text, from what was measured."""
    kept = measured("bench")
    found = kept["sections"]["verdict"]
    return TEXT.format(
        conditions=conditions(kept), repeats=found["repeats"], targets=targets(kept["targets"]), alt=ALT,
        timed=found["timed"], tested=found["tested"], specificity=found["specificity"],
        verdicts="\n\n".join(verdicts(found["rows"], run) for run in runs(found["rows"])),
        ways=ways(found["rows"]), missing=missing(found["missing"]), whole=1920**2 / CROP**2,
        prepared=kept["sections"]["features"]["run"], features=features(kept["sections"]["features"]),
        nets=nets_table(kept["sections"]["models"]), ratio=ratio(kept["sections"]["models"]),
        machine=machine(kept["sections"]), **files(kept["sections"]["screen"]),
        stream=stream(kept["sections"]["stream"]), backends=backends(measured("backends")),
    )  # fmt: skip


def readme():
    """README.md with the block as it is now."""
    kept = measured("bench")
    rows = kept["sections"]["verdict"]["rows"]
    times = [row[kind]["median"] for row in rows if row["way"] == OURS for kind in CLASSES]
    judged = [target["verdict"] for target in kept["targets"]]
    block = BLOCK.format(
        alt=ALT, conditions=place(kept), ours=f"{min(times):.2f} to {max(times):.2f}",
        total=len(judged), met=judged.count("met"), failed=judged.count("not met"),
    )  # fmt: skip
    before, begin, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    if not begin:
        raise ValueError(f"Found no {BEGIN} in README.md, expected it before {END}. Put it back.")
    return f"{before}{BEGIN}\n{block}\n{END}{rest.partition(END)[2]}"


def place(kept):
    """When and where, a sentence or two."""
    trial = " A trial with few frames: the figures are worth nothing." if kept.get("quick") else ""
    return f"Source: the twin, seed {kept['seed']}; measured on {kept['date']}, {kept['machine']}.{trial}"


def conditions(kept):
    """When, where and with what."""
    versions = ", ".join(f"{name} {number}" for name, number in kept["versions"].items())
    return f"{place(kept)} Versions: {versions}."


def table(header, lines):
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (header, rule, *lines))


def number(value):
    """Three digits, with commas: 0.45, 12.3, 1,240."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(found):
    return f"{number(found['median'])} ({number(found['low'])} to {number(found['high'])})"


def targets(judged):
    lines = [(one["target"], one["found"] or "–", f"**{one['verdict']}**") for one in judged]
    return table(("target", "found", "verdict"), lines)


def runs(rows):
    return list(dict.fromkeys(row["run"] for row in rows))


def verdicts(rows, run):
    """The table of one run."""
    header = ("way", "hits, ms", "misses, ms", "times", "recall", "specificity", "ours")
    lines = [
        (row["way"], spread(row["hit"]), spread(row["miss"]), times(rows, row), *rates(row))
        for row in rows
        if row["run"] == run
    ]
    return f"**{run}**\n\n{table(header, lines)}"


def times(rows, row):
    """How much faster ours is, on hits / on misses."""
    if row["way"] in (OURS, READING):
        return "–"
    found = ratios(rows, row["way"])
    return " / ".join(number(found[row["run"], kind]) for kind in CLASSES)


def rates(row):
    """Recall, specificity, and our recall at that specificity; dashes for a way that is only timed."""
    if "hits_total" not in row:
        return "–", "–", "–"
    hits = row["hits_total"]
    return (
        rate_text(row["hits_found"], hits),
        f"{100 * row['misses_found'] / row['misses_total']:.1f} %",
        f"{row['ours_hits_found']}/{hits}" if row["way"] != OURS else "–",
    )


def ways(rows):
    """What each way is, a list."""
    first = {row["way"]: row for row in reversed(rows)}
    lines = [f"- **{way}** ({first[way]['version']}): {first[way]['how']}."
             for way in dict.fromkeys(row["way"] for row in rows)]  # fmt: skip
    return "\n".join(lines)


def missing(left_out):
    if not left_out:
        return ""
    return "Left out: " + "; ".join(f"{name}: {why}" for name, why in left_out.items()) + ".\n\n"


def features(found):
    """The table of preprocessing alone."""
    lines = [
        (row["task"], row["way"], *(spread(row[kind]) for kind in CLASSES)) for row in found["rows"]
    ]
    return table(("task", "way", "hits, ms", "misses, ms"), lines)


def nets_table(found):
    if "rows" not in found:
        return missing(found["missing"])
    lines = [
        (row["net"], row["threads"], row["batch"], spread(row), f"{row['multiply_adds']:,}")
        for row in found["rows"]
    ]
    return table(("network", "threads", "batch", "inputs per second", "multiply-adds"), lines)


def ratio(found):
    """The ratio of the speeds beside that of the arithmetic and the paper's."""
    if "rows" not in found:
        return ""
    rows, paper = {(row["net"], row["threads"]): row for row in found["rows"]}, found["paper"]
    sentences = []
    for threads in nets.THREADS:
        for other in (nets.FULL, nets.PROFILE):
            one, two = rows[nets.RWD, threads], rows[other, threads]
            sentences.append(
                f"{threads} thread{'s' if threads > 1 else ''}, against {other}: "
                f"**{number(one['median'] / two['median'])} times** "
                f"({number(one['low'] / two['high'])} to {number(one['high'] / two['low'])})"
            )
    full, profile = (rows[name, 1]["multiply_adds"] / rows[nets.RWD, 1]["multiply_adds"]
                     for name in (nets.FULL, nets.PROFILE))  # fmt: skip
    return (
        "How much faster the 1D CNN is; in brackets the least and the highest that the repeats "
        f"allow. {'; '.join(sentences)}. The ratio of their arithmetic is {number(full)} against "
        f"{nets.FULL} and {number(profile)} against {nets.PROFILE}. The paper has "
        f"{paper['vectors/s']:,} vectors/s and {paper['frames/s']} frames/s on an {paper['where']}: "
        f"{paper['ratio']} times, with networks whose sizes it does not give."
    )


def machine(sections):
    """Two cores, the twin and memory: a table."""
    lines = [
        (f"raw crop to verdict, {row['threads']} thread(s)", spread(row), "frames/s")
        for row in sections["cores"]["rows"]
    ]
    lines += [
        (f"simulating a crop of {row['run']}, {row['threads']} thread(s)", spread(row), "ms")
        for row in sections["twin"]["rows"]
    ]
    lines += [(f"memory: {row['what']}", row["mib"], "MiB") for row in sections["memory"]["rows"]]
    return table(("what", "found", "unit"), lines)


def files(found):
    """The parts of the section on many files."""
    header = ("workers", "frames/s", "most MiB in one", "whole command, s")
    lines = [(row["workers"], spread(row), row["mib"], row["command"]) for row in found["rows"]]
    return {"files": found["files"], "frames": f"{found['frames']:,}", "distinct": DISTINCT,
            "screen": table(header, lines)}  # fmt: skip


def stream(found):
    """The table of frames that arrive."""
    header = ("Hz", "in bursts of", "seconds", "received", "missing", "dropped at the source",
              "p50, ms", "p99, ms", "longest, ms", "most waiting")  # fmt: skip
    lines = [
        (number(row["rate"]), row["burst"], row["seconds"], number(row["received"]),
         number(row["missing"]) if row["missing"] else 0, row["dropped"], number(row["p50"]),
         number(row["p99"]), number(row["highest"]), f"{row['peak']} of {row['queue']}")
        for row in found["rows"]
    ]  # fmt: skip
    return table(header, lines)


def backends(kept):
    """The table of backends, what is missing, and why it is ONNX Runtime."""
    if kept is None:
        return "Not measured yet: `python -m benchmarks.backends`."
    header = ("network", "backend", "threads", "batch", "inputs per second", "load, s", "MiB")
    lines = [
        (
            row["net"],
            row["backend"],
            row["threads"],
            row["batch"],
            spread(row),
            row["load"],
            row["mib"],
        )
        for row in best_batches(kept["rows"])
    ]
    gaps = "".join(
        f"- {gap['backend']}, network {gap['net']}: {gap['why']}.\n" for gap in kept["missing"]
    )
    return (
        f"{reason(kept)}\n\n{conditions(kept)} Each network and backend in a process of its own, at its "
        "best batch size (1 to 2048 vectors, 1 or 16 images); all batch sizes are in "
        f"[backends.json](../benchmarks/backends.json).\n\n{table(header, lines)}\n\nLeft out:\n\n{gaps or '- nothing'}"
    )


def best_batches(rows):
    """The fastest batch size of each network, backend and number of threads."""
    best = {}
    for row in rows:
        key = row["net"], row["backend"], row["threads"]
        if key not in best or row["median"] > best[key]["median"]:
            best[key] = row
    return list(best.values())


def reason(kept):
    """Why ONNX Runtime was kept, and where another is faster, whatever came out."""
    one = [row for row in best_batches(kept["rows"]) if row["threads"] == 1]
    speeds, held = {}, {}
    for row in one:
        speeds.setdefault(row["net"], {})[row["backend"]] = row["median"]
        held.setdefault(row["backend"].partition(" ")[0], []).append(row["mib"])
    best = {net: max(found, key=found.get) for net, found in speeds.items()}
    faster = [
        f"{net}: {other}, {speeds[net][other] / speeds[net][KEPT]:.1f} times"
        for net, other in best.items()
        if other != KEPT
    ]
    screens = speeds["screening"]
    place = 1 + sum(speed > screens[KEPT] for speed in screens.values())
    saved = 1e6 / screens[KEPT] - 1e6 / screens[best["screening"]]  # us a frame
    return (
        f"{KEPT} was kept: of {len(screens)} backends it is number {place} on the network that "
        f"`sfxtutor screen` runs ({number(screens[KEPT])} /s on one core; OpenVINO "
        f"{number(screens['OpenVINO'])}, Keras {number(screens['Keras predict_on_batch'])}), it holds "
        f"{median(held['ONNX']):.0f} MiB where TensorFlow holds {median(held['TensorFlow']):.0f}, and it "
        f"reads one file of an open format, on every system. Where another is faster, on one core: "
        f"{'; '.join(faster) or 'nowhere'}. In screening the fastest backend would save {saved:.0f} us "
        "a frame."
    )


if __name__ == "__main__":
    (HERE / "speed.md").write_text(page(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
