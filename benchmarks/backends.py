"""Time the networks on every backend, on the same inputs, each in a process of its own.

    python -m benchmarks.backends [OUT.json]

The networks: 1D on vectors of 720, 2D on images of 180 x 180 (the profiles') and of 720 x 720 (the
paper's), untrained, and the shipped screening network.  Speeds are inputs per second, median,
lowest and highest of the calls; "mib" is what the process holds, "load" the seconds from its start
to the first answer.  A backend that is not installed, or a network it cannot run, is named.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.run import PACKAGES
from sfxtutor.support.provenance import conditions

BACKENDS = {  # name -> how to install it
    "Keras predict_on_batch": "pip install tensorflow-cpu",
    "TensorFlow tf.function": "pip install tensorflow-cpu",
    "TensorFlow XLA": "pip install tensorflow-cpu",
    "LiteRT": "pip install ai-edge-litert",
    "OpenVINO": "pip install openvino",
    "ONNX Runtime": "pip install onnxruntime",
}
NETS = {"1D": (720,), "2D, 180": (180, 180, 1), "2D, 720": (720, 720, 1), "screening": (720,)}
BATCHES = {1: (1, 64, 256, 2048), 3: (1, 16)}  # by the number of axes of an input
THREADS = (1, 2)
WRITES = 'pip install "sfxtutor[cpu,beamline]"'
LEAST = 1.0  # seconds that a batch size is timed


def main(out):
    content = conditions(*PACKAGES) | {"unit": "inputs per second", "rows": [], "missing": []}
    with tempfile.TemporaryDirectory() as folder:
        gaps = ask("write", folder)
        if isinstance(gaps, str):
            raise SystemExit(f"The networks could not be written: {gaps}. It takes {WRITES}.")
        content["missing"] += gaps
        for net in NETS:
            for backend in BACKENDS:
                for threads in THREADS:
                    add(content, folder, net, backend, threads)
                print(net, backend, flush=True)
                Path(out).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def add(content, folder, net, backend, threads):
    """Add what one process measured, or why it did not, to the content."""
    about = {"net": net, "backend": backend}
    if any(about == {name: gap[name] for name in about} for gap in content["missing"]):
        return
    found = ask("time", folder, net, backend, str(threads))
    if isinstance(found, str):
        content["missing"].append(about | {"why": found})
    else:
        content["rows"] += [about | {"threads": threads} | row for row in found]


def ask(*arguments):
    """What this script prints as JSON in a process of its own, or why it failed: a sentence."""
    done = subprocess.run([sys.executable, __file__, "--child", *arguments], check=False,
                          capture_output=True, text=True,
                          env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})  # fmt: skip
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
    return lines[-1][:200]


def write(folder):
    """Write each network for each kind of backend: a list of what could not be converted."""
    import tensorflow as tf

    import sfxtutor as sfx
    from sfxtutor.beamline.model.screener import MODELS

    sfx.set_seed(0)
    made = dict(zip(NETS, (sfx.build_rwd_cnn(), sfx.build_cnn(NETS["2D, 180"]),
                           sfx.build_cnn(NETS["2D, 720"]), load(MODELS / "rwd.keras")),
                    strict=True))  # fmt: skip
    missing = []
    for net, model in made.items():
        path = file_of(folder, net, "keras")
        model(np.ones((1, *NETS[net]), np.float32))  # built, as an export wants it
        model.save(path)
        model.export(path.with_suffix(".onnx"), format="onnx", verbose=False)
        model.export(path.with_suffix(""), verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(path.with_suffix("")))
        try:
            path.with_suffix(".tflite").write_bytes(converter.convert())
        except Exception as error:  # its converter's errors share no class
            first = str(error).strip().splitlines()[0].partition("<")[0]  # then a dump of the graph
            why = f"cannot be converted: {first.strip(' .')[:160]}"
            missing.append({"net": net, "backend": "LiteRT", "why": why})
    return missing


def load(path):
    """A Keras model whose own layers are those of this package."""
    import keras

    from sfxtutor import layers, models  # noqa: F401  registers what a file may name

    return keras.saving.load_model(path, compile=False)


def file_of(folder, net, suffix):
    return Path(folder) / f"{list(NETS).index(net)}.{suffix}"


def run_keras(folder, net, threads):
    return _tensorflow(folder, net, threads).predict_on_batch


def run_function(folder, net, threads, xla=False):
    model = _tensorflow(folder, net, threads)
    import tensorflow as tf

    compiled = tf.function(lambda x: model(x, training=False), jit_compile=xla)
    return lambda x: compiled(tf.constant(x)).numpy()


def run_xla(folder, net, threads):
    return run_function(folder, net, threads, xla=True)


def _tensorflow(folder, net, threads):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return load(file_of(folder, net, "keras"))


def run_litert(folder, net, threads):
    from ai_edge_litert.interpreter import Interpreter

    path = str(file_of(folder, net, "tflite"))
    interpreter = Interpreter(path, num_threads=threads)
    ready = []  # the shape that memory is allocated for

    def run(x):
        if ready != [x.shape]:
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], x.shape)
            interpreter.allocate_tensors()
            ready[:] = [x.shape]
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    return run


def run_openvino(folder, net, threads):
    import openvino

    core = openvino.Core()
    options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    model = core.compile_model(core.read_model(file_of(folder, net, "onnx")), "CPU", options)
    request = model.create_infer_request()
    return lambda x: next(iter(request.infer({0: x}, share_inputs=True).values()))


def run_onnx(folder, net, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(file_of(folder, net, "onnx")), options,
                                           providers=["CPUExecutionProvider"])  # fmt: skip
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


RUNNERS = (run_keras, run_function, run_xla, run_litert, run_openvino, run_onnx)


def time_it(folder, net, backend, threads):
    """Speeds at each batch size: list of dict."""
    import psutil

    from benchmarks.timing import spread

    rng, shape = np.random.default_rng(0), NETS[net]
    made = dict(zip(BACKENDS, RUNNERS, strict=True))[backend]
    try:
        run = made(folder, net, int(threads))
    except ImportError as error:
        raise SystemExit(f"not installed ({error}); {BACKENDS[backend]}") from error
    run(np.ones((1, *shape), np.float32))
    loaded = time.time() - psutil.Process().create_time()
    rows = []
    for batch in BATCHES[len(shape)]:
        x = 3 * np.abs(rng.standard_normal((batch, *shape), np.float32)) + 1
        rows.append({"batch": batch, **spread(speeds(run, x)), "load": round(loaded, 1),
                     "mib": round(psutil.Process().memory_info().rss / 2**20)})  # fmt: skip
    return rows


def speeds(run, x):
    """Inputs per second of each call, for a second after two that are not counted: a list."""
    run(x)
    run(x)
    found, until = [], time.perf_counter() + LEAST
    while not found or time.perf_counter() < until:
        began = time.perf_counter()
        run(x)
        found.append(len(x) / (time.perf_counter() - began))
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        action, *rest = sys.argv[2:]
        print(json.dumps({"write": write, "time": time_it}[action](*rest)))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "docs/backends.json")
