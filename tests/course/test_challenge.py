"""The challenge: models scored on frames of a hidden twin, files in processes of their own."""

import json

import keras
import numpy as np
import pytest

from sfxtutor.cli.main import main
from sfxtutor.course import challenge as contest
from sfxtutor.layers import RelativeToMean
from sfxtutor.metrics import is_positive
from sfxtutor.runs.twin.run import TwinRun


class Short(TwinRun):
    """A twin of few frames, so that they are prepared in seconds."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.labels = self.labels[:60]
        self.fingerprint += " short"


@pytest.fixture(autouse=True)
def short_runs(monkeypatch):
    monkeypatch.setattr(contest, "TwinRun", Short)


def highest():
    """A model that needs no training: p rises with the highest pixel of the image."""
    image = keras.Input((180, 180, 1))
    top = keras.layers.GlobalMaxPooling2D()(RelativeToMean()(image))
    return keras.Model(image, keras.layers.Activation("sigmoid")(top))


def test_a_model_gets_a_line_and_the_same_name_replaces_it():
    table = contest.challenge(highest(), "highest pixel")
    mine, *paper = table.lines
    assert mine[:2] == ("1", "highest pixel")
    assert [line[4][:6] for line in paper] == ["51.1 %", "95.1 %"]  # tables 2 and 4
    again = contest.challenge(highest(), "highest pixel")
    assert again.lines == table.lines
    both = contest.challenge(highest(), "another name")
    assert [line[1] for line in both.lines[:2]] == ["highest pixel", "another name"]
    positives = int(is_positive(Short("LN83", contest.HIDDEN).labels).sum())
    assert f"/{positives}" in table.lines[0][2]


def test_the_score_is_that_of_the_hidden_frames():
    found = contest.score(highest(), "LN83", 7)
    assert found != contest.score(highest(), "LN83", 8)
    assert 0.5 < found["auc"] <= 1
    assert found["misses_found"] <= found["misses_total"]


def test_a_model_of_vectors_is_scored_too():
    vector = keras.Input((720,))
    model = keras.Sequential([vector, keras.layers.Dense(1, "sigmoid")])
    assert 0 <= contest.score(model, "LN83", 7)["auc"] <= 1


def test_a_model_of_other_inputs_is_refused():
    image = keras.Input((100, 100, 1))
    model = keras.Model(image, keras.layers.GlobalMaxPooling2D()(image))
    with pytest.raises(ValueError, match=r"inputs of shape \(100, 100, 1\), expected \(180"):
        contest.challenge(model)


def test_the_best_comes_first_and_an_error_has_a_line():
    line = {"hits_total": 50, "hits_found": 40, "misses_found": 90, "misses_total": 100}
    lines = [line | {"name": "a", "hits_at_95": 40, "auc": 0.9},
             {"name": "c", "error": "stopped"},
             line | {"name": "b", "hits_at_95": 45, "auc": 0.8}]  # fmt: skip
    table = contest.leaderboard(lines, "LN84")
    assert [line[:2] for line in table.lines[:3]] == [("1", "b"), ("2", "a"), ("–", "c")]
    assert table.lines[2][2] == "stopped"


def test_files_are_scored_each_in_its_process(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(contest, "prepare", lambda *_, **__: None)
    (tmp_path / "broken.keras").write_bytes(b"no archive")
    assert main(["challenge", str(tmp_path / "broken.keras")]) == 1
    assert "no model that can be scored" in capsys.readouterr().out
    assert main(["challenge", str(tmp_path), "--seconds", "1"]) == 1  # less than to load Keras
    assert "stopped: it took more than 1 s" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="There is no"):
        contest.models_in([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"expected files NAME\.keras"):
        contest.models_in([tmp_path / "empty"])


def test_a_file_is_scored_in_its_own_process_as_here(tmp_path, monkeypatch):
    monkeypatch.setattr(contest, "TwinRun", TwinRun)  # the process knows the whole twin only
    highest().save(tmp_path / "highest.keras")
    (line,) = contest.score_files([tmp_path / "highest.keras"], "LN83", 7, 120, 6)
    assert line == {"name": "highest", **contest.score(highest(), "LN83", 7)}


def test_a_process_replies_with_its_score(tmp_path, monkeypatch, capsys):
    highest().save(tmp_path / "highest.keras")
    contest.score_file(tmp_path / "highest.keras", "LN83", "7")
    found = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert found == pytest.approx(contest.score(highest(), "LN83", 7))
    assert np.isfinite(found["auc"])
