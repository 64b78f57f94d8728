"""What a user names: folders, patterns, lists of files and of events."""

import json

import pytest

from sfxtutor.runs.files.lists import expand


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Empty files in the working folder: a Path."""
    monkeypatch.chdir(tmp_path)
    for name in ("a_2.cxi", "a_10.cxi", "b.h5", "r_master.h5", "r_data_000001.h5", "notes.md"):
        (tmp_path / name).touch()
    return tmp_path


def test_files_stay_as_they_were_given_twice_if_twice(folder):
    names = ["b.h5", "none.h5", "b.h5"]
    assert expand(names) == [(name, None) for name in names]


def test_a_pattern_gives_its_files_2_before_10(folder):
    assert expand(["a_*.cxi"]) == [("a_2.cxi", None), ("a_10.cxi", None)]
    assert expand(["z*.cxi"]) == [("z*.cxi", None)]
    (folder / "w[1].h5").touch()
    assert expand(["w[1].h5"]) == [("w[1].h5", None)]


def test_a_folder_of_hdf5_gives_its_files_without_the_parts_of_a_master(folder):
    names = ["a_2.cxi", "a_10.cxi", "b.h5", "r_master.h5"]
    assert expand([folder]) == [(str(folder / name), None) for name in names]


def test_a_folder_of_images_is_a_run(folder):
    (folder / "x.cbf.gz").touch()
    assert expand([folder]) == [(str(folder), None)]


def test_a_list_of_files_and_events(folder):
    (folder / "l.lst").write_text("# hits\na_2.cxi //3\nb.h5\n\na_2.cxi //0\nb.h5 run_7//2\n")
    assert expand(["l.lst"]) == [("a_2.cxi", ["//3", "//0"]), ("b.h5", None)]


def test_a_list_in_another_folder_names_files_beside_it(folder, monkeypatch):
    (folder / "l.lst").write_text("b.h5 //1\n/nowhere/c.h5\n")
    (folder / "inside").mkdir()
    monkeypatch.chdir(folder / "inside")
    assert expand(["../l.lst"]) == [("../b.h5", ["//1"]), ("/nowhere/c.h5", None)]


def test_experiments_of_dials(folder):
    sets = [{"template": str(folder / "r_master.h5")}, {"template": str(folder / "a_##.cxi")}]
    (folder / "i.expt").write_text(json.dumps({"imageset": sets}))
    names = ["r_master.h5", "a_2.cxi", "a_10.cxi"]
    assert expand(["i.expt"]) == [(str(folder / name), None) for name in names]


def test_experiments_of_dials_name_frames_of_a_file_and_lie_beside_it(folder, monkeypatch):
    sets = [{"images": ["b.h5"], "single_file_indices": [0, 2]},
            {"images": ["b.h5", "r_master.h5"], "single_file_indices": [4, 1]},
            {"template": "a_##.cxi"}]  # fmt: skip
    (folder / "i.expt").write_text(json.dumps({"imageset": sets}))
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    found = [("b.h5", [0, 2, 4]), ("r_master.h5", [1]), ("a_2.cxi", None), ("a_10.cxi", None)]
    assert expand(["../i.expt"]) == [(f"../{name}", numbers) for name, numbers in found]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("e.lst", "", "lists no file"),
        ("e.txt", "\0\0", "lists no file"),
        ("e.expt", "{", "no list of experiments of DIALS"),
        ("e.expt", "[1]", "no list of experiments of DIALS"),
        ("e.expt", "[" * 100_000, "no list of experiments of DIALS"),
        (
            "e.expt",
            '{"imageset": [{"images": ["a", "b"], "single_file_indices": [0, 1, 2]}]}',
            "no list of experiments of DIALS",
        ),
    ],
)
def test_what_is_no_list(folder, name, content, sentence):
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match=sentence):
        expand([name])
