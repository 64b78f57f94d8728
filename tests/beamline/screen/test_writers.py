"""What a screening writes: every list and file names the same frames."""

import csv
import shutil
from functools import partial

import fabio
import h5py
import numpy as np
import pytest
from minifiles import make_idh5
from pyarrow import parquet

from sfxtutor.beamline.model.score import Row
from sfxtutor.beamline.screen import writers
from sfxtutor.beamline.screen.screen import ExtraOutputs, screen
from sfxtutor.beamline.screen.writers import write_events, write_hits
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.open import open_run
from sfxtutor.runs.twin.run import TwinRun

quietly = partial(screen, progress=False)


@pytest.fixture(scope="module")
def run():
    return TwinRun("LN83")


@pytest.fixture(scope="module")
def files(run, tmp_path_factory):
    """Two idh5 files, each with two chunks of hits and misses; the second masks two pixels."""
    folder = tmp_path_factory.mktemp("runs")
    hits, misses = (np.flatnonzero(run.labels == label) for label in ("HIT", "MISS"))
    for k, name in enumerate(("a", "b")):
        chunks = {
            "run_0000": np.stack(
                [run.crop(i) for i in (hits[2 * k], *misses[40 * k : 40 * k + 9])]
            ),
            "run_0001": np.stack([run.crop(i) for i in (misses[40 * k + 9], hits[2 * k + 1])]),
        }
        make_idh5(folder / f"{name}.h5", chunks, PIXEL_SIZE=0.177)
    return [folder / "a.h5", folder / "b.h5"]


def lines_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_parquet_holds_what_the_csv_holds(files, tmp_path):
    broken = tmp_path / "broken.h5"
    broken.write_text("nothing")
    also = ExtraOutputs(parquet=tmp_path / "s.parquet")
    with pytest.warns(UserWarning, match="left out"):
        quietly([*files, broken], tmp_path / "s.csv", also=also)
    table = parquet.read_table(also.parquet)
    assert table.column_names == ["file", "frame", "p_hit", "is_hit", "status"]
    rows, lines = table.to_pylist(), lines_of(tmp_path / "s.csv")
    assert len(rows) == len(lines) == 25
    for row, line in zip(rows[:24], lines[:24], strict=True):
        assert (row["file"], row["frame"]) == (line["file"], int(line["frame"]))
        assert row["p_hit"] == pytest.approx(float(line["p_hit"]), abs=1e-6)
        assert (row["is_hit"], row["status"]) == (line["is_hit"] == "1", line["status"])
    assert (rows[24]["frame"], rows[24]["p_hit"], rows[24]["is_hit"]) == (None, None, None)


def test_the_list_of_events_names_the_hits_as_crystfel_does(files, tmp_path):
    quietly(files, tmp_path / "s.csv", also=ExtraOutputs(events=tmp_path / "hits.lst"))
    hits = [line for line in lines_of(tmp_path / "s.csv") if line["is_hit"] == "1"]
    events = (tmp_path / "hits.lst").read_text().splitlines()
    assert len(events) == len(hits) >= 4
    for event, line in zip(events, hits, strict=True):
        path, name = event.rsplit(" ", 1)
        chunk, index = name.split("//")
        assert path == line["file"]
        assert int(line["frame"]) == (1 if chunk == "run_0000" else 11) + int(index)
        with h5py.File(path) as file:  # the geometry's data = /data/%/images
            pixels = file[f"data/{chunk}/images"][int(index)]
        np.testing.assert_array_equal(pixels, open_run(path)[int(line["frame"]) - 1])


def test_events_of_every_format(tmp_path):
    frames = np.arange(3 * 8 * 8, dtype="u2").reshape(3, 8, 8)
    with h5py.File(tmp_path / "stack.cxi", "w") as file:
        file["entry_1/data_1/data"] = frames
    with h5py.File(tmp_path / "one.nxs", "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        for k, part in enumerate((frames[:2], frames[2:]), 1):
            file[f"entry/data/data_{k:06}"] = part
    fabio.cbfimage.CbfImage(data=frames[0].astype("i4")).write(str(tmp_path / "one.cbf"))
    names = ("stack.cxi", "one.nxs", "one.cbf")
    runs = {k: FileRun(tmp_path / name) for k, name in enumerate(names)}
    places = ((0, 2), (1, 1), (1, 2), (2, 0))
    rows = [Row(k, names[k], frame, 0.9, True, "ok") for k, frame in places]
    write_events(tmp_path / "e.lst", rows, runs)
    assert (tmp_path / "e.lst").read_text().splitlines() == [
        "stack.cxi //2",
        "one.nxs data_000001//1",
        "one.nxs data_000002//0",
        str(tmp_path / "one.cbf"),
    ]


@pytest.mark.parametrize("copy", [False, True])
def test_the_file_of_hits_holds_the_hits_alone(files, tmp_path, copy):
    moved = tmp_path / "together"
    moved.mkdir()
    for path in files:
        shutil.copy(path, moved)
    here = [moved / path.name for path in files]
    also = ExtraOutputs(hits=moved / "hits.h5", copy=copy)
    quietly(here, moved / "s.csv", also=also)
    wanted = [line for line in lines_of(moved / "s.csv") if line["is_hit"] == "1"]
    home = moved.rename(tmp_path / "elsewhere")  # links are relative: the folder can move
    hits = open_run(home / "hits.h5")
    assert len(hits) == len(wanted) >= 4
    with h5py.File(home / "hits.h5", locking=False) as file:  # `hits` is open, without a lock
        assert file["entry_1/data_1/data"].is_virtual == (not copy)
        np.testing.assert_array_equal(file["source/frame"], [int(w["frame"]) for w in wanted])
        assert [name.decode() for name in file["source/file"]] == [w["file"] for w in wanted]
        assert file["source/is_hit"][:].all()
    for k, line in enumerate(wanted):
        source = open_run(home / line["file"].rsplit("/", 1)[1])
        np.testing.assert_array_equal(hits[k], source[int(line["frame"]) - 1])
    assert hits.card.pixel == pytest.approx(0.177)
    assert hits.card.distance == pytest.approx(123.5)
    assert hits.card.wavelength == pytest.approx(1.3)
    (home / "a.h5").unlink()
    if copy:
        assert open_run(home / "hits.h5")[0].any()
    else:  # zeros instead would pass for frames
        with pytest.raises(FileNotFoundError, match="takes frames from a.h5, which is missing"):
            open_run(home / "hits.h5")
        assert (home / "hits.h5").stat().st_size < 100_000


def test_the_file_of_hits_carries_the_mask(tmp_path):
    frames = np.arange(3 * 8 * 8, dtype="u2").reshape(3, 8, 8)
    mask = np.ones((8, 8), bool)
    mask[2, 3] = False
    make_idh5(tmp_path / "a.h5", {"r": frames}, MASK=mask.astype("u1"))
    run = FileRun(tmp_path / "a.h5")
    write_hits(tmp_path / "h.h5", [Row(0, "a.h5", 1, 0.9, True, "ok")], {0: run})
    np.testing.assert_array_equal(open_run(tmp_path / "h.h5").mask, mask)
    write_hits(tmp_path / "none.h5", [], {0: run})
    with h5py.File(tmp_path / "none.h5") as file:
        assert file["entry_1/data_1/data"].shape == (0, 8, 8)


def test_frames_that_cannot_be_linked_are_copied(tmp_path):
    data = np.arange(64, dtype="i4").reshape(8, 8)
    fabio.cbfimage.CbfImage(data=data).write(str(tmp_path / "one.cbf"))
    runs = {0: FileRun(tmp_path / "one.cbf")}
    write_hits(tmp_path / "h.h5", [Row(0, "one.cbf", 0, 0.9, True, "ok")], runs)
    with h5py.File(tmp_path / "h.h5") as file:
        assert not file["entry_1/data_1/data"].is_virtual
        np.testing.assert_array_equal(file["entry_1/data_1/data"][0], data)


def test_a_random_share_of_the_misses_is_kept_and_is_the_same_again(files, tmp_path):
    kept = []
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        also = ExtraOutputs(events=tmp_path / f"{name}.lst", hits=tmp_path / f"{name}.h5",
                    keep_misses=0.5, seed=seed)  # fmt: skip
        quietly(files, tmp_path / "s.csv", also=also)
        kept.append((tmp_path / f"{name}_misses.lst").read_text().splitlines())
        with h5py.File(also.hits) as file:
            assert (~file["source/is_hit"][:]).sum() == len(kept[-1])
    misses = sum(line["is_hit"] == "0" for line in lines_of(tmp_path / "s.csv"))
    assert kept[0] == kept[1] != kept[2]
    assert 2 < len(kept[0]) < misses - 2
    assert not {*kept[0]} & {*(tmp_path / "one.lst").read_text().splitlines()}


def test_files_of_two_detectors_make_no_file_of_hits(files, tmp_path):
    make_idh5(tmp_path / "other.h5", {"r": np.ones((1, 730, 730), "u2")})
    also = ExtraOutputs(hits=tmp_path / "h.h5")
    with pytest.raises(ValueError, match=r"\(724, 724\) uint16, \(730, 730\) uint16.*Screen them"):
        quietly([*files, tmp_path / "other.h5"], tmp_path / "s.csv", also=also)
    assert not (tmp_path / "s.csv.partial").exists()


def row(number, file, frame):
    return Row(number, file, frame, 0.9, True, "ok")


def test_frames_of_a_folder_of_cbf_are_named_one_by_one(tmp_path):
    for name in ("a_1", "a_2"):
        fabio.cbfimage.CbfImage(data=np.ones((8, 8), "i4")).write(str(tmp_path / f"{name}.cbf"))
    write_events(tmp_path / "e.lst", [row(0, "folder", 1)], {0: FileRun(tmp_path)})
    assert (tmp_path / "e.lst").read_text() == f"{tmp_path / 'a_2.cbf'}\n"


def test_a_percent_sign_in_a_name(tmp_path):
    frames = np.arange(2 * 8 * 8, dtype="u2").reshape(2, 8, 8)
    make_idh5(tmp_path / "50%%b_%d.h5", {"r": frames})
    write_hits(tmp_path / "h.h5", [row(0, "x", 1)], {0: FileRun(tmp_path / "50%%b_%d.h5")})
    with h5py.File(tmp_path / "h.h5", locking=False) as file:
        assert file["entry_1/data_1/data"].is_virtual
    np.testing.assert_array_equal(open_run(tmp_path / "h.h5")[0], frames[1])


def test_a_pixel_is_good_in_the_hits_if_it_is_so_in_all_files(tmp_path):
    runs = {}
    for k, pixel in enumerate((0.1, 0.2)):
        mask = np.ones((8, 8), "u1")
        mask[k, k] = 0
        frames = np.arange(64, dtype="u2").reshape(1, 8, 8)
        make_idh5(tmp_path / f"{k}.h5", {"r": frames}, MASK=mask, PIXEL_SIZE=pixel)
        runs[k] = FileRun(tmp_path / f"{k}.h5")
    write_hits(tmp_path / "h.h5", [row(k, f"{k}.h5", 0) for k in runs], runs)
    hits = open_run(tmp_path / "h.h5")
    assert np.argwhere(~hits.mask).tolist() == [[0, 0], [1, 1]]
    assert hits.card.pixel is None  # they do not agree
    assert hits.card.distance == pytest.approx(123.5)


def test_a_mark_of_no_data_keeps_its_meaning(tmp_path):
    frames = np.full((40, 8, 8), 7, "u2")
    frames[:, 5] = 65535  # a gap: 65535 stands for no data in this file
    frames[3, 2, 2] = 65535  # in a frame that is not looked at for the mask
    with h5py.File(tmp_path / "a.nxs", "w") as file:
        file.create_group("entry").attrs["NX_class"] = np.bytes_("NXentry")
        file["entry/data/data_000001"] = frames
    run = FileRun(tmp_path / "a.nxs")
    assert run.mask[2, 2]
    write_hits(tmp_path / "h.h5", [row(0, "a.nxs", 3)], {0: run})
    hits = open_run(tmp_path / "h.h5")
    assert np.argwhere(~hits.mask).tolist() == [[2, 2], *([5, x] for x in range(8))]
    assert hits[0].max() == 7


def test_a_frame_damaged_beyond_its_crop_is_left_out_of_the_copies(tmp_path):
    frames = np.arange(3 * 8 * 8, dtype="u2").reshape(3, 8, 8)
    path = make_idh5(tmp_path / "a.h5", {"r": frames[:1]})
    with h5py.File(path, "r+") as file:
        del file["data/r/images"]
        stack = file.create_dataset("data/r/images", data=frames, chunks=(1, 8, 8), fletcher32=True)
        chunk = stack.id.get_chunk_info(1)
    with open(path, "r+b") as file:
        file.seek(chunk.byte_offset)
        file.write(b"\xff\xfe\xfd")
    rows, runs = [row(0, "a.h5", k) for k in range(3)], {0: FileRun(path)}
    with pytest.warns(UserWarning, match="Frame 2 of a.h5"):
        write_hits(tmp_path / "h.h5", rows, runs, copy=True)
    with h5py.File(tmp_path / "h.h5") as file:
        np.testing.assert_array_equal(file["entry_1/data_1/data"], frames[[0, 2]])
        assert file["source/frame"][:].tolist() == [1, 3]


def test_hits_of_more_files_than_may_be_open_are_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "LINKED", 1)
    runs = {}
    for k in range(2):
        make_idh5(tmp_path / f"{k}.h5", {"r": np.full((1, 8, 8), 7 + k, "u2")})
        runs[k] = FileRun(tmp_path / f"{k}.h5")
    write_hits(tmp_path / "h.h5", [row(k, "x", 0) for k in runs], runs)
    with h5py.File(tmp_path / "h.h5") as file:
        assert not file["entry_1/data_1/data"].is_virtual
        assert file["entry_1/data_1/data"][:, 0, 0].tolist() == [7, 8]


def test_a_threshold_of_numpy_keeps_its_misses(files, tmp_path):
    also = ExtraOutputs(events=tmp_path / "e.lst", keep_misses=1)
    quietly(files, tmp_path / "s.csv", threshold=np.float64(1), also=also)
    misses = [line for line in lines_of(tmp_path / "s.csv") if line["is_hit"] == "0"]
    assert len((tmp_path / "e_misses.lst").read_text().splitlines()) == len(misses) > 10
