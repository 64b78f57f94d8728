"""May a number that was computed before be used? The versions of the stages decide it."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import golden
import h5py
import numpy as np
import pytest
from minifiles import make_idh5

import sfxtutor
from sfxtutor import preprocess
from sfxtutor.beamline.model import bad_pixels
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.cache.prepared import prepare
from sfxtutor.fast import peaks
from sfxtutor.runs.files import run as reading
from sfxtutor.runs.open import open_run
from sfxtutor.runs.twin import run as twin

KEPT = json.loads(golden.FILE.read_text())
# Prints the folders in which a copy of the package keeps the prepared frames of a twin and a file.
KEYS = """import json, sys
from sfxtutor.cache.prepared import _key
from sfxtutor.runs.open import open_run
print(json.dumps([_key(open_run(run), 4) for run in ("LN83", sys.argv[1])]))"""


@pytest.mark.parametrize("stage", golden.STAGES)
def test_the_numbers_of_a_stage_are_those_of_its_version(stage):
    assert golden.judge(stage, KEPT[stage]) == ""


def test_changed_numbers_and_a_raised_version_are_told():
    kept = copy.deepcopy(KEPT["bad pixels"])
    kept["numbers"]["dark"] = "0"
    assert "raise VERSION in" in golden.judge("bad pixels", kept)
    assert "tests/support/golden.py" in golden.judge("bad pixels", kept | {"version": 0})


@pytest.mark.parametrize("stage", ["twin", "training"])
def test_a_small_change_is_seen_where_numbers_are_not_exact(stage):
    numbers = KEPT[stage]["numbers"]
    name = next(iter(numbers))
    other = numbers | {name: [*numbers[name][:-1], numbers[name][-1] * 1.05]}
    assert golden.differences(stage, other, numbers) == [name]


@pytest.fixture
def path(tmp_path):
    """A file of two frames that hold some negative pixels: a Path."""
    frames = np.random.default_rng(0).integers(-50, 4000, (2, 724, 724), dtype=np.int32)
    with h5py.File(tmp_path / "run.cxi", "w") as file:
        file["cxi_version"] = 160
        file["entry_1/data_1/data"] = frames
    return tmp_path / "run.cxi"


@pytest.mark.filterwarnings("ignore:.*negative")
def test_a_mended_reader_is_not_answered_with_old_numbers(path, tmp_path, monkeypatch):
    before = prepare(open_run(path), 4, tmp_path / "kept", progress=False)
    monkeypatch.setattr(reading, "to_uint16", lambda raw, *_: (np.abs(raw) + 7).astype("u2"))
    monkeypatch.setattr(reading, "VERSION", reading.VERSION + 1)
    after = prepare(open_run(path), 4, tmp_path / "kept", progress=False)
    assert not np.array_equal(before.rwd, after.rwd)
    monkeypatch.undo()
    again = prepare(open_run(path), 4, tmp_path / "kept", progress=False)
    np.testing.assert_array_equal(before.rwd, again.rwd)


def test_another_twin_has_another_fingerprint(monkeypatch):
    before = open_run("LN83").fingerprint
    monkeypatch.setattr(twin, "VERSION", twin.VERSION + 1)
    assert open_run("LN83").fingerprint != before


def test_a_comment_costs_no_cache_and_a_version_does(path, tmp_path):
    copied = tmp_path / "copy" / "sfxtutor"
    shutil.copytree(Path(sfxtutor.__file__).parent, copied,
                    ignore=shutil.ignore_patterns("__pycache__", "models"))  # fmt: skip

    def keys():
        command = [sys.executable, "-c", KEYS, str(path)]
        done = subprocess.run(command, cwd=copied.parent, capture_output=True, check=True)
        return json.loads(done.stdout)

    first = keys()
    for module in copied.rglob("*.py"):
        module.write_text(module.read_text() + "\n# a comment\n")
    assert keys() == first
    for stage, changed in (("twin", [True, False]), ("reading", [False, True]),
                           ("preprocessing", [True, True])):  # fmt: skip
        module = copied.parent / (golden.STAGES[stage][0].replace(".", "/") + ".py")
        text = module.read_text()
        assert text.count("\nVERSION = ") == 1
        module.write_text(text.replace("\nVERSION = ", "\nVERSION = 100 + "))
        assert [a != b for a, b in zip(first, keys(), strict=True)] == changed
        module.write_text(text)


@pytest.mark.parametrize("module", [preprocess, bad_pixels, peaks])
def test_scores_of_another_version_are_not_gone_on_with(module, tmp_path, monkeypatch):
    file = tmp_path / "twin.h5"
    make_idh5(file, {"run_0": np.stack([open_run("LN83").crop(i) for i in range(2)])})
    with monkeypatch.context() as patch:
        patch.setattr("sfxtutor.beamline.screen.writers.write_csv", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            screen([file], tmp_path / "s.csv", progress=False)
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    with pytest.raises(ValueError, match="another screening"):
        screen([file], tmp_path / "s.csv", progress=False)
