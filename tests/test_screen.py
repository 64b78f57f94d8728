"""Screening: every frame gets its line, whatever happens to its neighbours."""

import csv
import json
import resource

import h5py
import keras
import numpy as np
import pytest
from minifiles import SHARED, ArrayRun, make_idh5

from sfxtutor import cli
from sfxtutor.beamline import screen as screening
from sfxtutor.beamline.screen import (
    MODELS,
    Screener,
    dark_pixels,
    good_pixels,
    screen,
    stuck_pixels,
)
from sfxtutor.beamline.train_screener import area_under_curve
from sfxtutor.kernels import fast_rwd
from sfxtutor.runs import TWINS
from sfxtutor.simulate import TwinRun


def lines_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def twin_file(tmp_path_factory):
    """Six frames of a twin, hits and misses, as an idh5 file; and whether each is a hit."""
    run = TwinRun("LN83")
    chosen = [*np.flatnonzero(run.labels == "HIT")[:3], *np.flatnonzero(run.labels == "MISS")[:3]]
    path = tmp_path_factory.mktemp("twin") / "twin.h5"
    make_idh5(path, {"run_0000": np.stack([run[i] for i in chosen])})
    return path


def test_every_frame_has_a_line_with_its_score(twin_file, tmp_path):
    out = tmp_path / "scores.csv"
    summary = screen([twin_file, twin_file], out, progress=False)
    lines = lines_of(out)
    assert list(lines[0]) == ["file", "frame", "p_hit", "is_hit", "status"]
    assert [int(line["frame"]) for line in lines] == [1, 2, 3, 4, 5, 6] * 2
    assert {line["status"] for line in lines} == {"ok"}
    assert [line["p_hit"] for line in lines[:6]] == [line["p_hit"] for line in lines[6:]]
    threshold = Screener().threshold
    for line in lines:
        assert int(line["is_hit"]) == (float(line["p_hit"]) >= threshold)
    assert summary.frames == summary.scored == 12
    assert summary.hits == sum(int(line["is_hit"]) for line in lines)
    assert not list(tmp_path.glob("*.partial"))


def test_hits_score_above_misses(twin_file, tmp_path):
    screen([twin_file], tmp_path / "s.csv", progress=False)
    p = [float(line["p_hit"]) for line in lines_of(tmp_path / "s.csv")]
    assert min(p[:3]) > max(p[3:])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real frame is for developers (../shared)")
def test_the_real_hit_is_called_a_hit(tmp_path):
    screen([SHARED / "real" / "mfx_rayonix_hit.h5"], tmp_path / "s.csv", progress=False)
    (line,) = lines_of(tmp_path / "s.csv")
    assert line["is_hit"] == "1"


def test_a_thousand_frames_take_no_more_memory_than_a_few(tmp_path):
    frame = TwinRun("LN83").crop(0)
    path = tmp_path / "long.h5"
    make_idh5(path, {"run_0000": np.stack([frame] * 2)})
    with h5py.File(path, "r+") as file:  # 1,000 frames, most of them without room on the disk
        chunk = file["data/run_0000"]
        del chunk["images"]
        chunk.create_dataset("images", shape=(1000, 724, 724), dtype="u2", chunks=(1, 724, 724),
                             compression="gzip", compression_opts=1)  # fmt: skip
        for i in range(0, 1000, 100):
            chunk["images"][i] = frame
        for name in ("distance", "wavelength", "timestamp"):
            value = chunk[name][0]
            del chunk[name]
            chunk[name] = [value] * 1000
    screen([path], tmp_path / "warm.csv", progress=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    summary = screen([path], tmp_path / "s.csv", progress=False)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert summary.frames == 1000
    assert summary.scored == 10  # the others are constant: each says so
    assert "contrast" in lines_of(tmp_path / "s.csv")[1]["status"]
    assert grown < 50_000  # kB; the frames themselves are 1 GB


def test_a_broken_file_has_one_line_and_the_others_go_on(twin_file, tmp_path):
    broken = tmp_path / "broken.h5"
    broken.write_bytes(twin_file.read_bytes()[:4000])
    with pytest.warns(UserWarning, match="broken.h5 is left out"):
        summary = screen([broken, twin_file], tmp_path / "s.csv", progress=False)
    first, *others = lines_of(tmp_path / "s.csv")
    assert first["file"] == str(broken)
    assert first["frame"] == first["p_hit"] == ""
    assert len(first["status"]) > 20
    assert len(others) == 6
    assert summary.failed == 1


def test_a_detector_that_is_too_small_says_so_in_each_line(tmp_path):
    make_idh5(tmp_path / "small.h5", {"run_0000": np.ones((2, 300, 400), "u2")})
    summary = screen([tmp_path / "small.h5"], tmp_path / "s.csv", progress=False)
    assert summary.scored == 0
    assert all("724" in line["status"] for line in lines_of(tmp_path / "s.csv"))


def test_a_full_disk_keeps_what_was_scored(twin_file, tmp_path, monkeypatch):
    calls = []

    def fail_second(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return original(*arguments)

    original = screening._write
    monkeypatch.setattr(screening, "_write", fail_second)
    with pytest.raises(OSError, match="6 frames were scored. Free some room"):
        screen([twin_file, twin_file], tmp_path / "s.csv", progress=False)
    assert not (tmp_path / "s.csv").exists()
    assert len(lines_of(tmp_path / "s.csv.partial")) == 6


def test_gaps_and_the_beam_stop_are_dark_and_single_zeros_are_not():
    crop = np.full((724, 724), 50, np.uint16)
    crop[100:110] = 0
    crop[500, 500] = 0
    dark = dark_pixels([crop, crop])
    assert dark[99:111].all()
    assert not dark[500, 500]
    assert not dark_pixels([crop, np.full_like(crop, 50)]).any()  # lit in another frame
    assert not dark_pixels([np.zeros_like(crop)]).any()  # a dark frame has no gaps


def test_stuck_pixels_are_found_but_not_in_copies_of_one_frame():
    rng = np.random.default_rng(0)
    crops = [rng.poisson(50, (200, 200)).astype("u2") for _ in range(4)]
    for crop in crops:
        crop[20, 30] = 5000
    crops[0][50, 60] = 5000
    stuck = stuck_pixels(crops)
    assert stuck[20, 30]
    assert stuck.sum() == 1
    assert not stuck_pixels([crops[0]] * 5).any()


def test_a_run_of_good_pixels_needs_no_mask():
    frames = np.random.default_rng(0).poisson(50, (3, 760, 760)).astype("u2")
    assert good_pixels(ArrayRun(frames)) is None
    mask = np.ones((760, 760), bool)
    mask[500, 500] = False
    assert good_pixels(ArrayRun(frames, mask=mask)).sum() == 724**2 - 1


@pytest.mark.parametrize("name", TWINS)
def test_the_shipped_model_knows_the_hits_of_a_twin_it_never_saw(name):
    notes = json.loads((MODELS / "rwd.json").read_text())
    assert notes["twins"][name]["model_auc"] > 0.98
    run, screener = TwinRun(name, seed=3), Screener()
    hits = np.flatnonzero(run.labels == "HIT")[:25]
    misses = np.flatnonzero(run.labels == "MISS")[:25]
    good = good_pixels(run)
    p = screener.score([fast_rwd(run.crop(i), good) for i in [*hits, *misses]])
    assert area_under_curve(p, np.arange(50) < 25) > 0.9


def test_the_shipped_model_beats_the_spot_count_on_beamlines_it_never_saw():
    notes = json.loads((MODELS / "rwd.json").read_text())
    assert notes["auc on them"] > notes["spots auc on them"]
    left_out = np.array(list(notes["auc of model and spot count, family left out"].values()))
    assert len(left_out) == 7
    model, spots = left_out.mean(axis=0)
    assert model > spots


def test_the_area_under_the_curve():
    assert area_under_curve(np.array([1, 2, 3, 4]), np.array([False, False, True, True])) == 1
    assert area_under_curve(np.array([1, 1, 1, 1]), np.array([False, True, False, True])) == 0.5
    assert area_under_curve(np.array([3, 1, 2]), np.array([False, True, True])) == 0


def test_a_model_of_ones_own(tmp_path, twin_file):
    inputs = keras.Input((720,))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
    model.save(tmp_path / "mine.keras")
    (tmp_path / "mine.json").write_text('{"threshold": 0.25}')
    assert Screener(tmp_path / "mine.keras").threshold == 0.25
    assert Screener(tmp_path / "mine.keras", threshold=0.75).threshold == 0.75
    summary = screen([twin_file], tmp_path / "s.csv", tmp_path / "mine.keras", progress=False)
    assert summary.scored == 6


def test_models_that_are_not_there_or_do_not_fit(tmp_path):
    with pytest.raises(FileNotFoundError, match="rwd, cnn or the path of a .keras file"):
        Screener("xgboost")
    inputs = keras.Input((100,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "odd.keras")
    with pytest.raises(ValueError, match=r"inputs of shape \(100,\), expected \(720,\)"):
        Screener(tmp_path / "odd.keras")


def test_the_command_says_what_it_did_and_fails_in_one_sentence(twin_file, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert cli.main(["screen", str(twin_file), "--out", str(out)]) == 0
    assert "6 of 6 frames scored" in capsys.readouterr().out
    assert len(lines_of(out)) == 6
    assert cli.main(["screen", str(twin_file), "--out", str(tmp_path / "none" / "s.csv")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("sfxtutor: Found no folder")
    assert error.count("\n") == 1
