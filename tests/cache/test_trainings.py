"""Remembered trainings: the same one is never done twice, another one always, a kill harms none."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras
import numpy as np
import tensorflow as tf

from sfxtutor import training
from sfxtutor.cache.trainings import read_training
from sfxtutor.models import build_cnn

HERE = Path(__file__).parent
HISTORY = ("loss", "val_loss", "recall", "specificity", "best_epoch", "seconds")


@pytest.fixture(autouse=True, scope="module")
def without_graphs():
    """Small models are trained in less time than TensorFlow needs to build a graph of them."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def frames(n, seed):
    """Noise (n, 16, 16) float32, a third of it with ten bright pixels; labels (n,)."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0.2, 0.1, (n, 16, 16)).astype(np.float32), np.arange(n) % 3 == 0
    for i in np.flatnonzero(y):
        x[i, rng.integers(16, size=10), rng.integers(16, size=10)] += 1
    return x, y


DATA = {"x": frames(30, 1)[0], "y": frames(30, 1)[1], "validation": frames(12, 2)}


def build(seed=0, dropout=0.25):
    training.set_seed(seed)
    return build_cnn((16, 16, 1), filters=(2, 2), dense=(4,), dropout=dropout)


def train(model, **changes):
    """Train a model, quietly, as all tests here do: its history."""
    fields = {field.name for field in dataclasses.fields(training.Training)}
    settings = {"epochs": 2, "batch": 10} | {k: changes.pop(k) for k in fields & set(changes)}
    arguments = DATA | {"settings": training.Training(**settings), "title": None} | changes
    return training.fit(model, **arguments)


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """The folder of remembered trainings, empty."""
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path))
    return tmp_path / "trainings"


@pytest.fixture
def epochs(memory, monkeypatch):
    """A list that grows by one with each epoch that is trained."""
    seen, predict = [], training.predict  # of the validation frames, once after an epoch
    monkeypatch.setattr(training, "predict", lambda *args: seen.append(1) or predict(*args))
    return seen


@pytest.fixture
def trainings(memory, monkeypatch):
    """A list that grows by one with each training; only for show, which is quick."""
    seen = []
    monkeypatch.setattr(keras.Model, "compile", lambda *args, **options: seen.append(1))
    monkeypatch.setattr(keras.Model, "train_on_batch", lambda *args, **options: 0.7)
    monkeypatch.setattr(training, "predict", lambda model, x: np.full(len(x), 0.5, np.float32))
    return seen


def same(a, b):
    """Are all weights and states of random numbers of two models equal, bit by bit?"""
    pairs = zip(a.variables, b.variables, strict=True)
    return all(np.array_equal(u, v) for u, v in (map(keras.ops.convert_to_numpy, p) for p in pairs))


def test_the_same_training_is_not_done_again(epochs, memory):
    first, second = build(), build()
    a = train(first)
    assert len(epochs) == 2
    b = train(second)
    assert len(epochs) == 2
    assert same(first, second)
    assert [getattr(a, name) for name in HISTORY] == [getattr(b, name) for name in HISTORY]
    assert not same(first, build())
    assert len(list(memory.iterdir())) == 1


def test_what_follows_is_the_same_whether_trained_or_remembered(epochs):
    """Dropout draws on: had its state not been kept, a second training would go another way."""
    models, built = [], []
    for _ in range(2):
        models.append(build(dropout=0.5))
        train(models[-1])
        built.append(build_cnn((16, 16, 1), filters=(2, 2), dense=(4,)))  # and no `set_seed`
    assert len(epochs) == 2  # the second was remembered
    for model in models:
        train(model, seed=1, cache=False)
    assert len(epochs) == 6
    assert same(*models)
    assert same(*built)


def test_a_training_that_was_stopped_is_not_remembered(epochs, memory):
    history = train(build(), watch=lambda history, epochs: True)
    assert history.stopped
    assert len(epochs) == 1
    assert not memory.exists()
    assert len(train(build()).loss) == 2


def test_who_watches_is_handed_a_remembered_training_at_once(epochs):
    train(build())
    seen = []
    train(build(), watch=lambda history, epochs: seen.append((len(history.loss), epochs)))
    assert seen == [(2, 2)]
    assert len(epochs) == 2


def test_again_trains_and_neither_reads_nor_writes(trainings, memory):
    train(build(), cache=False)
    assert not memory.exists()
    train(build())
    train(build(), cache=False)
    assert len(trainings) == 3


def one_pixel(x):
    x = x.copy()
    x[-1, -1, -1] = np.nextafter(x[-1, -1, -1], np.float32(9))
    return x


def swapped(y):
    return np.r_[y[1], y[0], y[2:]]


@pytest.mark.parametrize(
    "change",
    [
        {"x": one_pixel(DATA["x"])},
        {"x": DATA["x"].astype(np.float16)},
        {"y": swapped(DATA["y"])},
        {"validation": (one_pixel(DATA["validation"][0]), DATA["validation"][1])},
        {"validation": (DATA["validation"][0], swapped(DATA["validation"][1]))},
        {"epochs": 3},
        {"seed": 1},
        {"batch": 15},
        {"learning_rate": 1e-3},
        {"patience": 1},
    ],
    ids=lambda change: "-".join(change),
)
def test_any_other_argument_is_another_training(trainings, memory, change):
    train(build())
    train(build(), **change)
    assert len(trainings) == 2
    assert len(list(memory.iterdir())) == 2


def other_weight(model):
    kernel = model.trainable_variables[0]
    value = keras.ops.convert_to_numpy(kernel).copy()
    value.flat[0] += 1e-6
    kernel.assign(value)


def other_statistics(model):
    model.get_layer("base").get_layer("block1_norm").moving_mean.assign([0.1, 0])


def other_random_state(model):
    dropout = next(v for v in model.variables if "seed" in v.path)
    dropout.assign(keras.ops.convert_to_numpy(dropout) + np.array([0, 1], dropout.dtype))


def frozen(model):
    model.get_layer("base").get_layer("block1_conv").trainable = False


@pytest.mark.parametrize(
    "change", [other_weight, other_statistics, other_random_state, frozen], ids=lambda f: f.__name__
)
def test_another_start_is_another_training(trainings, change):
    train(build())
    model = build()
    change(model)
    train(model)
    assert len(trainings) == 2


def test_other_settings_of_a_layer_are_another_training(trainings):
    """Rate of dropout and activation leave no trace in the weights."""
    train(build())
    train(build(dropout=0.5))
    model = build()
    model.get_layer("classifier").layers[0].activation = keras.activations.tanh
    train(model)
    assert len(trainings) == 3


def graph(level, swap=False):
    """Frames less their level, by operations that are no layers; or the level less the frames."""
    training.set_seed(0)
    inputs = keras.Input((16, 16, 1))
    pair = [inputs, level(inputs, axis=(1, 2), keepdims=True)]
    x = keras.layers.Flatten()(keras.ops.subtract(*pair[:: -1 if swap else 1]))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


def test_a_graph_is_told_by_its_operations_and_what_they_take(trainings):
    """Neither leaves a trace in the weights, nor in the list of layers."""
    for _ in range(2):
        train(graph(keras.ops.mean))
    train(graph(keras.ops.max))
    train(graph(keras.ops.mean, swap=True))
    assert len(trainings) == 3


def test_names_and_progress_do_not_matter(trainings, capfd):
    """Keras numbers layers on; a bar and its title change nothing."""
    train(build(), title="first")
    for _ in range(3):
        keras.layers.Conv2D(1, 3)
    train(build(), title="second", epochs=2)
    assert len(trainings) == 1
    assert "second:" in capfd.readouterr().out


def test_frames_on_disk_give_the_same_key_and_are_read_in_parts(trainings, tmp_path):
    x = np.concatenate([DATA["x"]] * 5).astype(np.float16)
    y = np.concatenate([DATA["y"]] * 5)
    np.save(tmp_path / "x.npy", x)
    stored, most = np.load(tmp_path / "x.npy", mmap_mode="r"), []

    class Watched:
        ndim, shape, dtype = stored.ndim, stored.shape, stored.dtype

        def __len__(self):
            return len(stored)

        def __getitem__(self, key):
            most.append(len(stored[key]))
            return stored[key]

        def __array__(self, *_, **__):
            raise AssertionError("copied whole")

    for frames in (x, stored, Watched()):
        train(build(), x=frames, y=y)
    assert len(trainings) == 1
    assert sum(most) == 150
    assert max(most) <= 64


def test_an_array_with_gaps_in_memory_gives_the_same_key(trainings):
    for x in (DATA["x"], np.repeat(DATA["x"], 2, axis=2)[:, :, ::2], np.asfortranarray(DATA["x"])):
        train(build(), x=x)
    assert len(trainings) == 1


def spoilt(data):
    """A file cut short, empty, of other content, without a variable, with a changed byte."""
    middle = len(data) // 2
    listed = data.index(b"PK\x01\x02")  # in the list at its end: version, encryption, compression
    yield from (b"", data[:middle], data[:-10], b"no archive at all")
    for at in (10, middle, listed + 6, listed + 8, listed + 10, len(data) - 10):
        yield data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        yield data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_damaged_file_is_trained_anew_and_replaced(epochs, memory):
    model = build()
    train(model)
    (path,) = memory.iterdir()
    good = path.read_bytes()
    path.write_bytes(good[:-10])
    again = build()
    train(again)
    assert len(epochs) == 4
    assert same(model, again)
    train(build())
    assert len(epochs) == 4  # what was written anew is whole


def test_no_damage_is_taken_for_a_training(trainings, memory):
    model = build()
    train(model)
    (path,) = memory.iterdir()
    good, count = path.read_bytes(), len(model.variables)
    history, values = read_training(path, count)
    assert read_training(path, count + 1) is None  # of another model
    assert read_training(path.with_name("none.npz"), count) is None
    for data in spoilt(good):
        path.write_bytes(data)
        found = read_training(path, count)
        # some bytes of an archive mean nothing
        assert found is None or (found[0] == history and all(map(np.array_equal, found[1], values)))
        if len(data) < len(good):
            assert found is None


def test_a_full_disk_costs_no_training_and_leaves_no_half_file(epochs, memory, monkeypatch, capsys):
    def full(file, **arrays):
        file.write(b"PK half of it")
        raise OSError(28, "No space left on device")

    model = build()
    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        history = train(model)
    assert "No space left on device" in capsys.readouterr().out
    assert len(history.loss) == 2
    assert list(memory.iterdir()) == []
    assert len(epochs) == 2
    assert not same(model, build())
    train(build())
    assert len(epochs) == 4


def test_a_file_gets_its_name_when_it_is_whole(trainings, memory, monkeypatch):
    seen, save = [], np.savez

    def watched(file, **arrays):
        seen.extend(memory.glob("[!.]*.npz"))
        save(file, **arrays)
        seen.extend(memory.glob("[!.]*.npz"))

    monkeypatch.setattr(np, "savez", watched)
    train(build())
    assert seen == []
    assert len(list(memory.glob("*.npz"))) == 1


def course():
    """Three trainings, each of which needs the one before, as a lesson does: their models."""
    models = []
    for seed in range(3):
        model = build(seed)
        if models:
            model.get_layer("base").set_weights(models[-1].get_layer("base").get_weights())
        train(model, epochs=2, seed=seed)
        print(f"done {seed}", flush=True)
        models.append(model)
    return models


COURSE = """
import sys, numpy, keras
import test_trainings as t

t.tf.config.run_functions_eagerly(True)
epoch = t.training.train_epoch
def told(*args):
    print("epoch", flush=True)
    return epoch(*args)
t.training.train_epoch = told
models = t.course()
numpy.savez(sys.argv[1], *[keras.ops.convert_to_numpy(v) for m in models for v in m.variables])
"""


def run_course(out, kill_after=None):
    """What the course prints, in a process of its own; kill it at the next line after that one."""
    command = [sys.executable, "-c", COURSE, str(out)]
    env = os.environ | {"PYTHONPATH": str(HERE), "TF_CPP_MIN_LOG_LEVEL": "3"}
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=HERE) as process:
        for line in process.stdout:
            if kill_after in lines:  # the epoch after it has just begun
                process.send_signal(signal.SIGKILL)
                break
            lines.append(line.strip())
    return lines, process.returncode


def test_a_killed_course_goes_on_where_it_was(memory, tmp_path, monkeypatch):
    one = ["epoch", "epoch"]
    lines, status = run_course(tmp_path / "a.npz", kill_after="done 1")
    assert (lines, status) == ([*one, "done 0", *one, "done 1"], -signal.SIGKILL)
    lines, status = run_course(tmp_path / "a.npz")
    assert (lines, status) == (["done 0", "done 1", *one, "done 2"], 0)

    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path / "other"))
    models = course()  # without a break
    expected = [keras.ops.convert_to_numpy(v) for model in models for v in model.variables]
    with np.load(tmp_path / "a.npz") as file:
        found = [file[name] for name in file.files]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
