"""Files that grow while they are screened."""

import csv

import h5py
import numpy as np
import pytest
from fabio.cbfimage import CbfImage
from minifiles import make_onnx

from sfxtutor.beamline.screen import follow
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.cli.main import main

SIZE = 724
FRAMES = np.random.default_rng(0).normal(500, 20, (5, SIZE, SIZE)).astype("u2")


@pytest.fixture
def writer(monkeypatch):
    """A list of what the writer of a file does, a step at each look at the file that finds none."""
    steps = []
    monkeypatch.setattr(follow.time, "sleep", lambda _: steps.pop(0)() if steps else None)
    return steps


@pytest.fixture
def options(tmp_path):
    """A model that calls everything a hit, and half a second of patience."""
    return {"model": make_onnx(tmp_path / "m.onnx", [0.75]), "progress": False, "follow": 0.5}


def lines(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [(line["frame"], line["p_hit"], line["status"]) for line in csv.DictReader(file)]


def append(path, frames):
    """Add frames to a CXI file, or make one."""
    with h5py.File(path, "a") as file:
        if "entry_1" not in file:
            stack = {"maxshape": (None, SIZE, SIZE), "chunks": (1, SIZE, SIZE)}
            file.create_dataset("entry_1/data_1/data", (0, SIZE, SIZE), "u2", **stack)
        data = file["entry_1/data_1/data"]
        data.resize(len(data) + len(frames), 0)
        data[len(data) - len(frames) :] = frames


def test_frames_that_come_are_scored_and_nothing_waits_for_ever(tmp_path, writer, options):
    path, out = tmp_path / "g.cxi", tmp_path / "s.csv"
    writer += [
        lambda: path.touch(),  # no HDF5 file yet
        lambda: path.unlink() or append(path, FRAMES[:2]),
        lambda: None,
        lambda: append(path, FRAMES[2:4]),
        lambda: append(path, FRAMES[4:]),
    ]
    summary = screen([path], out, **options)
    assert (summary.frames, summary.scored, summary.failed) == (5, 5, 0)
    assert lines(out) == [(str(i), "0.75000", "ok") for i in range(1, 6)]
    assert not writer


def test_a_frame_that_was_read_before_it_was_written_is_read_again(tmp_path, writer, options):
    path, out = tmp_path / "g.cxi", tmp_path / "s.csv"
    append(path, np.zeros_like(FRAMES[:2]))

    def write():
        with h5py.File(path, "a") as file:
            file["entry_1/data_1/data"][0] = FRAMES[0]

    writer += [write]
    summary = screen([path], out, **options)
    assert (summary.frames, summary.scored) == (2, 1)
    assert [status == "ok" for _, _, status in lines(out)] == [True, False]


@pytest.fixture
def interrupted(tmp_path, writer, options):
    """A file of which three frames were scored, then Ctrl-C: a Path."""
    path = tmp_path / "g.cxi"
    append(path, FRAMES[:2])

    def interrupt():
        raise KeyboardInterrupt

    writer += [lambda: append(path, FRAMES[2:3]), interrupt]
    with pytest.raises(KeyboardInterrupt):
        screen([path], tmp_path / "s.csv", **options)
    return path


def test_what_was_interrupted_goes_on_though_the_file_has_grown(interrupted, tmp_path, options):
    append(interrupted, FRAMES[3:])
    summary = screen([interrupted], tmp_path / "s.csv", **options)
    assert (summary.frames, summary.scored, summary.found) == (5, 5, 3)


def test_another_run_under_the_same_name_is_not_gone_on_with(interrupted, tmp_path, options):
    with h5py.File(interrupted, "r+") as file:
        file["entry_1/data_1/data"][0] = FRAMES[4]
    with pytest.raises(ValueError, match="scores of another screening"):
        screen([interrupted], tmp_path / "s.csv", **options)


def test_a_folder_of_images_grows_at_its_end(tmp_path, writer, options):
    folder, out = tmp_path / "cbf", tmp_path / "s.csv"
    folder.mkdir()

    def image(number):
        CbfImage(data=FRAMES[0].astype("i4")).write(str(folder / f"f_{number}.cbf"))

    image(5)
    writer += [lambda: image(10)]
    assert screen([folder], out, **options).scored == 2
    writer += [lambda: image(4)]
    with pytest.raises(ValueError, match="cbf has got frames before those that it had"):
        screen([folder], tmp_path / "t.csv", **options)


def test_only_a_time_to_wait_is_taken(tmp_path, capsys):
    append(tmp_path / "g.cxi", FRAMES[:1])
    words = ["screen", str(tmp_path / "g.cxi"), "--out", str(tmp_path / "s.csv"), "--follow"]
    assert main([*words, "0"]) == 1
    assert "Found 0.0 seconds to follow files" in capsys.readouterr().err


def test_data_files_of_a_master_come_one_by_one(tmp_path, writer, options):
    with h5py.File(tmp_path / "r_master.h5", "w") as master:
        master.create_group("entry").attrs["NX_class"] = "NXentry"
        master.create_group("entry/data").attrs["NX_class"] = "NXdata"
        for k in (1, 2, 3):
            name = f"data_{k:06}"
            master[f"entry/data/{name}"] = h5py.ExternalLink(f"r_{name}.h5", "entry/data/data")

    def part(k):
        with h5py.File(tmp_path / f"r_data_{k:06}.h5", "w") as file:
            file["entry/data/data"] = FRAMES[k : k + 2]

    writer += [lambda: part(1), lambda: part(2)]
    with pytest.warns(UserWarning, match="links to 3 data files, . of them missing"):
        summary = screen([tmp_path / "r_master.h5"], tmp_path / "s.csv", **options)
    assert (summary.frames, summary.scored) == (4, 4)
