"""Runs, cards, labels and `open_run`."""

import dataclasses

import numpy as np
import pytest
from minifiles import ArrayRun, frames_of, make_idh5, make_labels
from places import SHARED

from sfxtutor.preprocess import center_crop
from sfxtutor.runs.annotations import read_labels
from sfxtutor.runs.datasets import CARDS, TWINS
from sfxtutor.runs.open import open_run
from sfxtutor.runs.run import crop_slices
from sfxtutor.support.disk import cache_dir

# facts.md §2: HIT, MAYBE, MISS, and positives in 1-200, 1-1200, 401-2000, 1601-2000
COUNTS = {
    "LN83": (346, 63, 1591, 45, 249, 329, 65),
    "LN84": (806, 132, 1062, 99, 559, 753, 216),
    "LO19": (730, 151, 1119, 93, 533, 694, 162),
}
FEW = ["HIT", "MAYBE", "MISS"]


@pytest.fixture
def run():
    return ArrayRun(np.arange(5 * 8 * 6, dtype=np.uint16).reshape(5, 8, 6))


def test_indexing_is_that_of_a_list(run):
    assert len(run) == 5
    assert run[0][0, 0] == 0
    assert run[np.int64(4)][0, 0] == 4 * 48
    assert (run[-1] == run[4]).all()
    assert len(list(run)) == 5  # iteration ends


@pytest.mark.parametrize("i", [5, -6, 2000])
def test_a_frame_out_of_range_is_an_index_error(run, i):
    with pytest.raises(IndexError, match=rf"Frame {i} .* has 5 frames. Ask for 0 to 4"):
        run[i]
    with pytest.raises(IndexError, match="5 frames"):
        run.crop(i, 4)


@pytest.mark.parametrize("i", [slice(0, 2), 1.0, "1", None])
def test_an_index_that_is_no_number_says_what_to_write(run, i):
    with pytest.raises(TypeError, match="one frame number"):
        run[i]


@pytest.mark.parametrize("size", [1, 3, 4, 6])
def test_crop_equals_center_crop(run, size):
    assert (run.crop(2, size) == center_crop(run[2], size)).all()


def test_the_crop_is_central():
    assert crop_slices((1920, 1920)) == (slice(598, 1322), slice(598, 1322))
    assert crop_slices((9, 7), 4) == (slice(2, 6), slice(1, 5))


@pytest.mark.parametrize("size", [0, 7, 724])
def test_a_crop_larger_than_the_detector_is_refused(run, size):
    with pytest.raises(ValueError, match=f"Cannot crop {size} x {size} .* detector of 8 x 6"):
        run.crop(0, size)


def test_cards_hold_what_is_known_and_none_else():
    assert set(CARDS["cxidb"]) == {"LN83", "LN84", "LO19", "LG36", "L498"}
    assert set(CARDS["twin"]) == set(CARDS["cxidb"])
    for name, card in CARDS["cxidb"].items():
        assert card.name == name
        assert card.frames == 2000
        assert card.wavelength is None  # in the file only
        assert card.distance is None
        assert card.address.startswith(f"http://cxidb.org/data/76/{name.lower()}/")
    for card in CARDS["twin"].values():
        assert "simulation" in card.title
        assert any("Wavelength" in sentence for sentence in card.assumptions)
    assert [CARDS["twin"][n].gain for n in TWINS] == [0.27, 0.31, 0.19]
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.gain = 1


def test_a_card_reads_as_text_with_units_and_assumptions():
    text = str(open_run("LN83").card)
    assert "wavelength   1.3024 Å" in text
    assert "assumed" in text
    assert "wavelength   unknown" in str(CARDS["cxidb"]["LG36"])


def test_cache_dir_is_the_variable_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path / "data"))
    assert cache_dir() == tmp_path / "data"
    monkeypatch.setenv("SFXTUTOR_DATA", "")
    assert "sfxtutor" in str(cache_dir())


def test_labels_in_any_order_and_for_the_first_frames_only(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("my run.h5 [3] MISS\nmy run.h5 [1] hit\n\nmy run.h5 [2] MAYBE\n")
    assert read_labels(path, 3).tolist() == FEW
    assert read_labels(path, 2).tolist() == FEW[:2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("r.h5 [1] HIT\nr.h5 [2] MISS\n", "has 2 labels, none for frame 3; expected .* 3 frames"),
        ("r.h5 [1] HIT\nr.h5 [2] OTHER\n", "Line 2 of a.txt reads 'r.h5 .2. OTHER'"),
        ("00001     3 Miss\n", "Line 1 .* expected .FILE .FRAME. HIT"),
        ("r.h5 [1] HIT\nr.h5 [1] HIT\nr.h5 [2] HIT\n", r"Frame 1 stands twice .* line 2"),
        ("r.h5 [1] HIT\nr.h5 [3] HIT\nr.h5 [4] HIT\n", "none for frame 2"),
        ("r.h5 [0] HIT\nr.h5 [1] HIT\nr.h5 [2] HIT\n", "none for frame 3"),
        ("", "0 labels, none for frame 1"),
        ("\x00\xff\x80", "Line 1"),
    ],
)
def test_a_wrong_annotation_is_refused_with_a_sentence(tmp_path, text, sentence):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=sentence):
        read_labels(path, 3)


def test_a_missing_annotation_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="No annotation file"):
        read_labels(tmp_path / "none.txt", 3)


@pytest.mark.parametrize("name", COUNTS)
def test_the_experts_labels_give_the_papers_denominators(tmp_path, name):
    annotation = SHARED / "cxidb76" / name / "expert_annotation.txt"
    if not annotation.exists():
        pytest.skip("the experts' labels are not beside this checkout")
    path = make_idh5(
        tmp_path / "run.h5",
        {"run_0000": np.zeros((1999, 2, 2), np.uint16), "run_0001": np.zeros((1, 2, 2), np.uint16)},
    )
    run = open_run(path, labels=annotation)
    positive = run.labels != "MISS"
    counts = [int((run.labels == word).sum()) for word in FEW]
    blocks = [
        int(positive[a - 1 : b].sum()) for a, b in ((1, 200), (1, 1200), (401, 2000), (1601, 2000))
    ]
    assert (*counts, *blocks) == COUNTS[name]


def test_open_run_by_path_with_labels(tmp_path):
    path = make_idh5(tmp_path / "run.h5", {"run_0000": frames_of(3, 8)})
    run = open_run(str(path), labels=make_labels(tmp_path / "a.txt", FEW))
    assert run.labels.tolist() == FEW
    assert run.source == "file"
    with pytest.raises(ValueError, match="frame 2; expected .* 3"):
        open_run(path, labels=make_labels(tmp_path / "b.txt", ["HIT"]))


def test_open_run_refuses_what_it_does_not_know(tmp_path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="'LN99'"):
        open_run("LN99")
    with pytest.raises(ValueError, match='expected "twin" or "cxidb"'):
        open_run("LN83", source="file")
    with pytest.raises(ValueError, match="brings its own labels"):
        open_run("LN83", labels="a.txt")
    with pytest.raises(FileNotFoundError, match="Fetch it .*: sfxtutor data fetch LN84"):
        open_run("ln84", source="cxidb")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        open_run(tmp_path / "none.h5")
