"""The benchmark: every speed and every ratio in one run, on the same frames.

    make bench                                        # for docs/speed.md
    python -m benchmarks.run --quick --out bench.json   # does it work at all?

`SECTIONS` says what is measured.  Nothing is fitted here, and the frames are of the twin: they
show what a method costs and finds on these three simulations, not on a beamline.
"""

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks import decision, features, machine, nets, scale, whole
from benchmarks.targets import judge
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.runs.datasets import TWINS
from sfxtutor.support.disk import write_text
from sfxtutor.support.provenance import conditions

PACKAGES = ("numpy", "scipy", "numba", "onnxruntime", "opencv-python-headless",
            "ondamonitor", "keras", "tensorflow-cpu", "tensorflow")  # fmt: skip


def _decision(model, quick):
    if quick:
        return decision.measure(Screener(model), TWINS[:1], tested=60, timed=4, repeats=1)
    return decision.measure(Screener(model), TWINS)


def _features(model, quick):
    return features.measure(timed=3, repeats=1) if quick else features.measure()


def _models(model, quick):
    return nets.measure(1, (nets.RWD, nets.PROFILE)) if quick else nets.measure()


def _cores(model, quick):
    return machine.cores(Screener(model), frames=20 if quick else 100, repeats=1 if quick else 5)


def _twin(model, quick):
    return machine.twin(TWINS, frames=4, repeats=1) if quick else machine.twin(TWINS)


def _memory(model, quick):
    with tempfile.TemporaryDirectory() as folder:
        return machine.memory(model, folder, *((5, 2) if quick else ()))


def _screen(model, quick):
    with tempfile.TemporaryDirectory() as folder:
        small = {"files": 2, "chunks": 2, "repeats": 1} if quick else {}
        return scale.screening(model, folder, **small)


def _stream(model, quick):
    return scale.streaming(model, ((50, 1, 1),)) if quick else scale.streaming(model)


def _whole(model, quick):
    return whole.measure(("eiger_1m",), frames=2, repeats=1) if quick else whole.measure()


# name -> function(model, quick) -> dict; a section fails alone
SECTIONS = {
    "verdict": _decision,
    "features": _features,
    "models": _models,
    "cores": _cores,
    "twin": _twin,
    "memory": _memory,
    "screen": _screen,
    "stream": _stream,
    "whole": _whole,
}


def bench(out="bench.json", figure=None, only=(), quick=False, model="rwd"):
    """Measure, judge and write; return what is written, a dict.

    Parameters
    ----------
    out : path of the JSON, written again after each section
    figure : path of a PNG, optional
    only : names of `SECTIONS`; all if empty
    quick : bool
        Few frames and one repeat: shows that it works; the figures mean nothing.
    model : as `Screener` takes it

    Raises
    ------
    ValueError
        If there is no section of a name.
    """
    strange = sorted(set(only) - set(SECTIONS))
    if strange:
        raise ValueError(
            f"Found no section {strange[0]!r}, expected some of {', '.join(SECTIONS)}. Correct "
            "--only."
        )
    content = conditions(*PACKAGES) | {"source": "twin", "seed": 0, "quick": quick, "sections": {}}
    for name in only or SECTIONS:
        print(f"{name} ...", flush=True)
        try:
            content["sections"][name] = SECTIONS[name](model, quick)
        except ImportError as error:  # such as TensorFlow, which the nets are built with
            content["sections"][name] = {"missing": {name: str(error)}}
        content["targets"] = judge(content["sections"])
        write_text(Path(out), json.dumps(content, indent=1) + "\n")
    if figure and content["sections"].get("verdict", {}).get("rows"):
        from benchmarks.figure import write_figure

        write_figure(content, figure)
    return content


def main(words=None):
    """Run the benchmark from the command line; prints what became of each target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("--out", default="bench.json", help="the figures, with their spread")
    parser.add_argument("--figure", metavar="PNG", help="draw them too")
    parser.add_argument("--quick", action="store_true", help="few frames: does it work at all?")
    parser.add_argument("--only", nargs="+", default=(), metavar="SECTION", help="such as twin")
    parser.add_argument("--model", default="rwd", help="rwd (shipped), or an .onnx or .keras file")
    options = parser.parse_args(words)
    content = bench(options.out, options.figure, options.only, options.quick, options.model)
    for target in content["targets"]:
        print(f"{target['verdict']:13} {target['target']}: {target['found']}")
    for section in content["sections"].values():
        for name, why in section.get("missing", {}).items():
            print(f"left out      {name}: {why}")
    print(options.out)


if __name__ == "__main__":
    main()
