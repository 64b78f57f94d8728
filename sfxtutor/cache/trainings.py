"""Finished trainings, kept on disk: the same training is never done twice.

A training is a pure function of the model's weights at its start, the frames and labels, and its
settings.  All of them make the key under which its result is kept.  So a run of the course that
was killed goes on from the last finished training, and lesson 06 gets the networks of lesson 03.
"""

import hashlib
import json
from dataclasses import asdict
from zipfile import BadZipFile

import keras
import numpy as np

from ..support.disk import atomic_write, cache_dir


def cached(model, inputs, train, History):
    """The history of a training, and its weights in the model: from the cache, or by `train()`.

    Parameters
    ----------
    model : keras.Model, as it is before the training
    inputs : dict of name to array, or anything that JSON holds; whatever else decides the result,
        the VERSION of what trains included
    train : function without arguments that trains the model in place and returns a `History`
    History : the dataclass of the history; its numbers and lists of numbers are kept, but not
        those of a training that was `stopped` before its end

    Notes
    -----
    Where the result cannot be written, as on a full disk, it is used all the same, and one printed
    sentence says so.
    """
    path = cache_dir() / "trainings" / f"{_key(model, inputs)}.npz"
    stored = read_training(path, len(model.variables))
    if stored is not None:
        history, values = stored
        for variable, value in zip(model.variables, values, strict=True):
            variable.assign(value)
        return History(**history)
    history = train()
    if history.stopped:
        return history
    try:
        write_training(path, history=json.dumps(asdict(history)), **_state(model))
    except OSError as error:  # hours of training must not be lost to a full disk
        print(
            f"Could not keep this training for next time ({error.strerror or error}). It is used "
            f"all the same; free some space in {cache_dir()}, or set SFXTUTOR_DATA."
        )
    return history


def _state(model):
    """Weights, and the state of the random numbers that dropout draws next."""
    values = enumerate(model.variables)
    return {f"v{i}": keras.ops.convert_to_numpy(variable) for i, variable in values}


def _key(model, inputs):
    digest = hashlib.blake2b(digest_size=16)
    open_ = [variable.trainable for variable in model.variables]
    _add(digest, [keras.__version__, _kinds(model), open_])
    for value in _state(model).values():
        _add(digest, value)
    for name, value in sorted(inputs.items()):
        _add(digest, name)
        _add(digest, value)
    return digest.hexdigest()


def _kinds(model):
    """Kind and settings of every layer, and what it takes; names may carry a counter: left out."""
    if hasattr(model, "operations"):  # a graph: its operations need not be layers, nor in a row
        return _unnamed(model.get_config()["layers"], {})
    return [
        _kinds(layer)
        if isinstance(layer, keras.Model)
        else [type(layer).__name__, _settings(layer)]
        for layer in model.layers
    ]


def _settings(layer):
    config = layer.get_config()
    return {name: config[name] for name in sorted(config) if name not in ("name", "trainable")}


def _unnamed(config, numbers):
    """A configuration in which tensors go by the number, not the name, of what they come from."""
    if isinstance(config, dict) and "keras_history" in config:
        name, *place = config["keras_history"]
        return [numbers.setdefault(name, len(numbers)), *place]
    if isinstance(config, dict):
        names = sorted(set(config) - {"name", "trainable"})
        return {name: _unnamed(config[name], numbers) for name in names}
    if isinstance(config, list | tuple):
        return [_unnamed(value, numbers) for value in config]
    return config


def _add(digest, value):
    """Feed an array, block by block as it may lie on disk, or a value to the digest."""
    if not hasattr(value, "shape"):
        digest.update(json.dumps(value, default=str).encode())
        return
    digest.update(str((value.shape, getattr(value, "dtype", None))).encode())
    if not value.shape:
        digest.update(np.asarray(value).tobytes())
        return
    for start in range(0, len(value), 64):
        digest.update(np.ascontiguousarray(value[start : start + 64]).data.cast("B"))


def read_training(path, count):
    """The history and the values of that many variables, or None if they were not kept.

    A damaged file counts as none, and is written again.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return json.loads(str(archive["history"])), [archive[f"v{i}"] for i in range(count)]
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, BadZipFile):
        return None  # zipfile raises all of them, by the byte that is wrong


def write_training(path, **arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)
