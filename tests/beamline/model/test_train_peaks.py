"""Training the model of peaks, on a handful of imaginary detectors."""

import json
from functools import partial

import keras
import numpy as np
import pytest

from sfxtutor.beamline.model import train, train_peaks
from sfxtutor.beamline.model.detectors import KINDS
from sfxtutor.beamline.model.screener import MODELS, PEAK_FEATURES, Screener, trained_model
from sfxtutor.cli.main import main
from sfxtutor.fast.peaks import PEAKS

LINES = 8


class Here:
    """Stands for a pool of processes: each of its own would load all code again."""

    def __init__(self, **_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def map(self, function, items, chunksize):
        return map(function, items)


@pytest.fixture(scope="module")
def trained(own_data_folder):
    """What `train_peaks` makes of eight detectors, two shots each, in an own cache: a Path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "ProcessPoolExecutor", Here)
        patch.setattr(train_peaks, "SHOTS", 2)
        patch.setattr(train_peaks, "fit", partial(train_peaks.fit, epochs=2))
        return train_peaks.train_peaks(lines=LINES, seed=3)


@pytest.fixture(scope="module")
def frames(trained):
    """What the model saw, from the cache."""
    [path] = trained.parent.parent.glob("screener_peaks_*.npz")
    with np.load(path) as archive:
        return dict(archive)


def test_a_model_its_onnx_file_and_its_notes_lie_in_the_cache(trained, own_data_folder):
    assert trained == trained_model("peaks")
    assert trained.is_relative_to(own_data_folder)
    assert {path.name for path in trained.parent.iterdir()} == {
        "peaks.keras", "peaks.onnx", "peaks.json",
    }  # fmt: skip
    notes = json.loads(trained.with_suffix(".json").read_text())
    assert (notes["lines"], notes["shots"], notes["seed"]) == (LINES, 2, 3)
    assert 0 <= notes["threshold"] <= 1
    assert set(notes["kinds"]) == {*KINDS, "all"}
    assert sum(notes["kinds"][kind][0] for kind in KINDS) == notes["kinds"]["all"][0]
    assert sum(frames for frames, _, _ in notes["reliability"]) == 2 * LINES // 4


def test_what_was_simulated_is_what_is_described(frames):
    assert frames["x"].shape[1:] == PEAK_FEATURES
    assert 2 * LINES - 1 <= len(frames["x"]) <= 2 * LINES  # less those without contrast
    assert frames["spots"].shape == (len(frames["x"]), PEAKS)
    assert len(set(frames["line"])) == LINES
    clear = frames["visible"] >= 10
    found = np.minimum(frames["spots"].sum(axis=1), frames["visible"])[clear]
    assert found.sum() > 0.6 * np.minimum(frames["visible"], PEAKS)[clear].sum()


def test_the_screener_gives_what_keras_gives(trained, frames):
    model = keras.saving.load_model(trained, compile=False)
    x = np.concatenate([frames["x"].astype("f4"), np.zeros((1, *PEAK_FEATURES), "f4")])
    p_hit, weights, summary = model.predict(x, verbose=0)
    for path in (trained, trained.with_suffix(".onnx")):
        screener = Screener(path)
        assert screener.whole
        np.testing.assert_allclose(screener.score(x), p_hit[:, 0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(screener.weights(x[0]), weights[0], rtol=0, atol=1e-5)
    assert Screener(trained).threshold == json.loads(
        trained.with_suffix(".json").read_text()
    )["threshold"]  # fmt: skip
    assert summary.shape == (len(x), 24)


def test_the_order_of_peaks_and_rows_without_a_peak_change_nothing(trained, frames):
    screener, rng = Screener(trained), np.random.default_rng(0)
    x = frames["x"][np.argmax(frames["x"][:, 1:, 0].sum(axis=1))].astype("f4")
    shuffled = np.concatenate([x[:1], rng.permutation(x[1:])])
    p = screener.score([x, shuffled])
    assert p[0] == pytest.approx(p[1], abs=1e-5)
    assert (screener.weights(x)[x[1:, 0] == 0] == 0).all()


def test_training_lowers_the_losses_of_frames_and_of_peaks(frames):
    many = {name: np.repeat(values, 8, axis=0) for name, values in frames.items()}
    keras.utils.set_random_seed(0)
    model = train_peaks.build_peaks()
    x, hit = many["x"].astype("f4"), many["visible"] >= 4
    kept = many["line"] % 4 != 3

    def losses():
        p, weights, _ = model.predict(x[kept], verbose=0)
        pairs = (hit[kept], p[:, 0]), (many["spots"][kept], weights)
        return [-np.log(np.clip(np.where(true, p, 1 - p), 1e-7, 1)).mean() for true, p in pairs]

    before = losses()
    train_peaks.fit(model, many, epochs=16)
    assert (np.array(losses()) < 0.8 * np.array(before)).all()


def test_the_command_hands_on_its_options_and_leaves_the_shipped_model_alone(tmp_path, monkeypatch):
    shipped, seen = {path: path.read_bytes() for path in MODELS.iterdir()}, []
    monkeypatch.setattr(train_peaks, "train_peaks", lambda *a: seen.append(a) or tmp_path)
    words = [
        "train-screener",
        "--out",
        str(tmp_path / "m.keras"),
        "--beamlines",
        "8",
        "--seed",
        "2",
    ]
    assert main(words) == 0
    assert seen == [(str(tmp_path / "m.keras"), 8, 2)]
    assert {path: path.read_bytes() for path in MODELS.iterdir()} == shipped


def test_the_notes_of_the_shipped_model_say_that_it_beats_the_count_of_peaks():
    notes = json.loads((MODELS / "peaks.json").read_text())
    for kind in (*KINDS, "all"):
        frames, hits, model, count = notes["kinds"][kind]
        assert 0 < hits < frames
        assert model > max(count, 0.9)
    assert notes["kinds"]["all"][2] > 0.98
    total = sum(frames for frames, _, _ in notes["reliability"])
    off = [frames * abs(p - hits / frames) for frames, p, hits in notes["reliability"]]
    assert sum(off) / total < 0.05
