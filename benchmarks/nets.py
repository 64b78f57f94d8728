"""The networks alone, 1D against 2D, on ONNX Runtime: vectors and images per second.

Run as a module it writes the networks, untrained, as ONNX files; that takes TensorFlow, which the
process that times them should not have loaded.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.timing import per_second, take_turns
from sfxtutor.beamline.model.screener import BATCH, Screener

RWD, PROFILE, FULL = "1D, vectors of 720", "2D, images of 180 x 180", "2D, images of 720 x 720"
THREADS = (1, 2)
PAPER = {"vectors/s": 11_123, "frames/s": 126, "ratio": 88, "where": "NVIDIA A100"}


def measure(repeats=9, names=(RWD, PROFILE, FULL)):
    """Inputs per second of each network on 1 and 2 threads, with its arithmetic: a dict."""
    with tempfile.TemporaryDirectory() as folder:
        arithmetic = write(folder, names)
        nets = {(name, threads): Screener(Path(folder) / f"{names.index(name)}.onnx", 0.5, threads)
                for name in names for threads in THREADS}  # fmt: skip
        ways = {key: _timed(net) for key, net in nets.items()}
        speeds = take_turns(ways, repeats)
    rows = [
        {"net": name, "threads": threads, "batch": BATCH,
         "multiply_adds": arithmetic[name], **speed}
        for (name, threads), speed in speeds.items()
    ]  # fmt: skip
    return {"unit": "inputs per second, model only", "paper": PAPER, "rows": rows}


def write(folder, names):
    """Write the networks as 0.onnx, 1.onnx ... by a process of its own: {name: multiply-adds}."""
    command = [sys.executable, "-m", __name__, str(folder), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ImportError(f"The networks could not be written as ONNX: {last}")
    return json.loads(done.stdout.splitlines()[-1])


def _timed(net):
    shape = (720,) if net.bin is None else (720 // net.bin, 720 // net.bin, 1)
    noise = np.random.default_rng(0).standard_normal((BATCH, *shape))
    inputs = np.abs(noise).astype(np.float32) * 3 + 1
    return lambda: per_second(net.score, inputs)


def _write_here(folder, names):
    import sfxtutor as sfx

    builders = {
        RWD: sfx.build_rwd_cnn,
        PROFILE: lambda: sfx.build_cnn((180, 180, 1)),
        FULL: lambda: sfx.build_cnn((720, 720, 1)),
    }
    arithmetic = {}
    for i, name in enumerate(names):
        sfx.set_seed(0)
        model = builders[name]()
        model(np.ones((1, *model.input_shape[1:]), np.float32))  # an export wants it called once
        model.export(folder / f"{i}.onnx", format="onnx", verbose=False)
        arithmetic[name] = sfx.count_multiply_adds(model)
    print(json.dumps(arithmetic))


if __name__ == "__main__":
    _write_here(Path(sys.argv[1]), sys.argv[2:])
