"""A few labels of one's own run: the last layer moves towards them, and what it gained is said."""

import json

import h5py
import numpy as np
import pytest

from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.model.tune import FOLDS, tune
from sfxtutor.beamline.model.views import look_at
from sfxtutor.cli.main import main
from sfxtutor.runs.open import open_run

FRAMES = 160


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A file of frames with 0 to 12 spots, and how many each has."""
    rng = np.random.default_rng(0)
    count = rng.integers(0, 13, FRAMES)
    rows, columns = np.mgrid[-3:4, -3:4]
    profile = np.exp(-(rows**2 + columns**2) / 2 / 0.7**2)
    frames = np.empty((FRAMES, 260, 250), "u2")
    for frame, spots in zip(frames, count, strict=True):
        mean = np.full(frame.shape, 2.0)
        for y, x in rng.integers(10, 240, (spots, 2)):
            mean[y + rows, x + columns] += 60 * profile / profile.sum()
        frame[:] = rng.poisson(mean)
    path = tmp_path_factory.mktemp("tune") / "run.cxi"
    with h5py.File(path, "w") as file:
        file["entry_1/data_1/data"] = frames
    return path, count


def labels_of(path, hit, frames):
    """A file of labels of those frames, from 0."""
    lines = [f"run.cxi [{i + 1}] {'HIT' if hit[i] else 'MISS'}\n" for i in frames]
    path.write_text("".join(lines))
    return path


def p_of(model, path):
    screener = Screener(model)
    look = look_at(open_run(path), screener)
    return screener.score([look.features(i) for i in range(FRAMES)]), screener.threshold


def test_labels_of_another_rule_move_the_model_towards_it(run, tmp_path):
    """Here only ten spots and more make a hit."""
    path, count = run
    hit, learned = count >= 10, range(80)
    labels = labels_of(tmp_path / "labels.txt", hit, learned)
    tuned = tune(path, labels, tmp_path / "tuned.onnx")
    assert (tuned.hits, tuned.misses) == (hit[:80].sum(), (~hit[:80]).sum())
    p, threshold = p_of("peaks", path)
    new, half = p_of(tuned.path, path)
    assert half == 0.5
    unseen = np.arange(80, FRAMES)
    before, after = ((each >= at)[unseen] == hit[unseen] for each, at in
                     ((p, threshold), (new, half)))  # fmt: skip
    assert after.mean() > before.mean() + 0.25
    assert after.mean() > 0.85
    assert tuned.gain.low > 0
    assert "by 5-fold cross-validation" in str(tuned)
    notes = json.loads((tmp_path / "tuned.json").read_text())
    assert notes == {"threshold": 0.5, "labels": 80, "tuned from": "peaks"}


def test_what_is_said_to_be_gained_is_of_frames_left_out(run, tmp_path):
    """Labels without a sense cannot be learned, though 24 weights can follow 50 of them."""
    path, _ = run
    hit = np.random.default_rng(3).random(FRAMES) < 0.5
    tuned = tune(path, labels_of(tmp_path / "a.txt", hit, range(50)), tmp_path / "a.onnx")
    after = tuned.after
    right = after.hits_found + after.misses_found
    assert 13 <= right <= 37
    assert tuned.gain.low < 0.1


def test_the_peaks_and_their_weights_stay(run, tmp_path):
    path, count = run
    tuned = tune(path, labels_of(tmp_path / "b.txt", count >= 8, range(40)), tmp_path / "b.onnx")
    features = look_at(open_run(path), Screener()).features(3)
    np.testing.assert_array_equal(Screener().weights(features),
                                  Screener(tuned.path).weights(features))  # fmt: skip


def test_exported_labels_and_the_command(run, tmp_path, capsys):
    path, count = run
    content = {
        "frames": list(range(30)),
        "labels": ["HIT" if n > 6 else "MISS" for n in count[:30]],
    }
    (tmp_path / "mine.json").write_text(json.dumps(content))
    out = tmp_path / "c.onnx"
    assert (
        main(["tune", str(path), "--labels", str(tmp_path / "mine.json"), "--out", str(out)]) == 0
    )
    assert f"after, by {FOLDS}-fold" in capsys.readouterr().out
    scores = tmp_path / "scores.csv"
    assert main(["screen", str(path), "--model", str(out), "--out", str(scores)]) == 0
    assert len(scores.read_text().splitlines()) == FRAMES + 1


def test_labels_that_cannot_be_used_say_why(run, tmp_path):
    path, count = run
    few = labels_of(tmp_path / "few.txt", count > 90, range(20))
    with pytest.raises(ValueError, match="labels of 0 hits or maybes and 20 misses"):
        tune(path, few, tmp_path / "d.onnx")
    beyond = tmp_path / "beyond.txt"
    beyond.write_text("run.cxi [161] HIT\n")
    with pytest.raises(ValueError, match="frame 161, expected frames from 1 to 160"):
        tune(path, beyond, tmp_path / "d.onnx")
    with pytest.raises(ValueError, match="cannot be tuned, expected one of whole frames"):
        tune(path, few, tmp_path / "d.onnx", "rwd")
    with pytest.raises(FileNotFoundError, match="Found no folder"):
        tune(path, few, tmp_path / "no" / "d.onnx")
    assert not list(tmp_path.glob("d.*"))
