"""Time one graph, raw crop -> decision, on the device that TensorFlow has: a GPU if there is one.

    python -m benchmarks.gpu [--batches 16 64 256] [--repeats 20] [--out FILE]

Compiled by XLA, on frames of the twin LN83, seed 0.  "graph" is `with_preprocessing`, from crops in
NumPy's memory ("host"), copied to the device in every call, or there already ("device"); "model" is
the network alone, on inputs that are there.  Frames per second, median, lowest and highest of all
repeats, as JSON with the device and the versions that it holds for.  Speed does not depend on the
weights: the models are untrained.
"""

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

import sfxtutor as sfx
from benchmarks import GEOMETRY
from sfxtutor.support.provenance import conditions, processor

SAMPLE = 0.1  # seconds that a sample lasts at least: one call may take less than a clock sees
VECTORS = 32  # RWD vectors in a batch of the model alone for each crop in one of the graph


def compiled(function):
    return tf.function(function, jit_compile=True)


def ways(batch):
    """All that is timed: yields (task, model, source, function, inputs)."""
    run = sfx.open_run("LN83", reading=GEOMETRY)
    crops = np.stack([run.crop(i) for i in range(min(batch, 8))])
    crops = np.resize(crops, (batch, *crops.shape[1:]))
    models = {
        "rwd": sfx.build_rwd_cnn(),
        "cnn 180 x 180": sfx.build_cnn((180, 180, 1)),
        "cnn 360 x 360": sfx.build_cnn((360, 360, 1)),
    }
    for name, model in models.items():
        graph = compiled(sfx.with_preprocessing(model))
        yield "graph", name, "host", graph, crops
        with tf.device("GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"):
            yield "graph", name, "device", graph, tf.constant(crops)
            n = batch * VECTORS if name == "rwd" else batch
            inputs = tf.random.normal((n, *model.input_shape[1:]))
        yield "model", name, "device", compiled(model), inputs


def speeds(function, inputs, repeats):
    """Inputs per second in each sample of as many calls as fill it: [float, ...]."""

    def seconds(calls):
        began = time.perf_counter()
        for _ in range(calls):
            p = function(inputs)
        p.numpy()  # a GPU works behind Python's back, in order: waits for the last, so for all
        return time.perf_counter() - began

    seconds(1)  # compiles
    calls = max(1, round(SAMPLE / min(seconds(1) for _ in range(3))))
    return [calls * len(inputs) / seconds(calls) for _ in range(repeats)]


def measure(batches, repeats):
    """A row per way and batch."""
    rows = []
    for batch in batches:
        for task, model, source, function, inputs in ways(batch):
            found = speeds(function, inputs, repeats)
            median, least, most = (round(f(found)) for f in (statistics.median, min, max))
            rows.append(
                {
                    "task": task, "model": model, "from": source, "batch": len(inputs),
                    "frames/s": median, "least": least, "most": most, "samples": repeats,
                }
            )  # fmt: skip
    return rows


def machine():
    """Where and with what it was measured: dict."""
    found = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(found[0]) if found else {}
    return {
        "device": details.get("device_name") or processor(),
        "kind": "GPU" if found else "CPU",
        "driver": driver() if found else None,
        "cuda": tf.sysconfig.get_build_info().get("cuda_version"),
        **conditions("tensorflow-cpu", "tensorflow", "keras"),
    }


def driver():
    """Version of NVIDIA's driver, str; None where `nvidia-smi` does not say."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    text = json.dumps({**machine(), "rows": measure(options.batches, options.repeats)}, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
