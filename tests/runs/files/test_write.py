"""Writing a run as idh5: the same frames come back, cropped or not, after a break too."""

import errno

import h5py
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from minifiles import ArrayRun, frames_of

from sfxtutor.runs.annotations import read_labels, write_labels
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.files.write import write_idh5
from sfxtutor.runs.open import open_run, simulate_run

WORDS = np.array(["HIT", "MISS", "MAYBE", "MISS"])


@pytest.fixture
def run():
    frames = frames_of(4, 740)
    mask = np.ones((740, 740), bool)
    mask[300:310, 400] = mask[0, 0] = False
    return ArrayRun(
        frames,
        WORDS,
        mask,
        wavelength=1.25,
        distance=100.0,
        pixel=0.1,
        beam_center=(370.5, 360.0),
        saturation=4000,
    )


def write(run, path, *args, **kwargs):
    return write_idh5(run, path, *args, progress=False, **kwargs)


def test_a_run_comes_back(run, tmp_path):
    path = write(run, tmp_path / "r.h5")
    assert not list(tmp_path.glob("*.part"))
    with FileRun(path) as back:
        assert all((back[i] == run[i]).all() for i in range(4))
        assert (back.mask == run.mask).all()
        for name in ("title", "wavelength", "distance", "pixel", "saturation", "shape", "frames"):
            assert getattr(back.card, name) == pytest.approx(getattr(run.card, name))
        assert back.card.beam_center == pytest.approx((370.5, 360.0))
        assert back.frames.crop_of is None


def test_a_crop_is_one_and_says_so(run, tmp_path):
    with FileRun(write(run, tmp_path / "r.h5", 3, crop=True), mask=run.mask) as back:
        assert (len(back), back[2].shape, back.frames.crop_of) == (3, (724, 724), (740, 740))
        assert all((back[i] == run.crop(i)).all() for i in range(3))
        assert (back.crop(1) == run.crop(1)).all()
        assert (back.crop(1, 100) == run.crop(1, 100)).all()
        assert (back.mask == run.mask[8:732, 8:732]).all()  # the detector's mask, cropped too
        assert back.card.beam_center == pytest.approx((362.5, 352.0))
        assert back.card.title == "mini, made by a test, central crop of 740 x 740"


def test_the_file_is_idh5_as_ke_reads_it(run, tmp_path):
    with h5py.File(write(run, tmp_path / "r.h5"), "r") as file:
        meta, (chunk,) = file["metadata"], file["data"].values()
        assert meta["idh5_version"][()] == b"idh5_v1.0"
        assert (meta["SIZE1"][()], meta["SIZE2"][()]) == (740, 740)
        assert meta["BEAM_CENTER_X"][()] == pytest.approx(36.0)  # mm, x fast
        assert meta["BEAM_CENTER_Y"][()] == pytest.approx(37.05)
        assert chunk["images"].shape == (4, 740, 740)
        assert chunk["images"].dtype == np.uint16
        assert chunk["wavelength"][:].tolist() == [1.25] * 4
        assert chunk["images"].chunks is None  # so that a crop is read without the rest


@settings(deadline=None, max_examples=25)
@given(hnp.arrays(np.uint16, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)), st.data())
def test_any_first_frames_come_back(tmp_path_factory, frames, data):
    count = data.draw(st.integers(1, len(frames)))
    path = write(ArrayRun(frames), tmp_path_factory.mktemp("w") / "r.h5", count)
    with FileRun(path) as back:
        assert len(back) == count
        assert all((back[i] == frames[i]).all() for i in range(count))


class Unsteady(ArrayRun):
    """A run whose third reading fails."""

    read, error = (), ConnectionError("cut")

    def _frame(self, i):
        self.read = (*self.read, i)
        if len(self.read) == 3:
            raise self.error
        return super()._frame(i)


def test_a_break_is_taken_up_where_it_was(tmp_path):
    run = Unsteady(frames_of(4, 740), WORDS)
    with pytest.raises(ConnectionError, match="cut"):
        write(run, tmp_path / "r.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["r.h5.part"]
    path = write(run, tmp_path / "r.h5")
    assert run.read == (0, 1, 2, 2, 3)
    assert all((FileRun(path)[i] == run.frames[i]).all() for i in range(4))


def test_a_part_of_another_run_or_broken_is_not_taken_up(run, tmp_path):
    part = tmp_path / "r.h5.part"
    part.write_bytes(b"broken off")
    path = write(run, tmp_path / "r.h5", 2)
    path.rename(part)  # of the same run, but of other frames
    other = ArrayRun(frames_of(2, 740, seed=1))
    assert (FileRun(write(other, path))[0] == other[0]).all()


def test_a_full_disk_is_one_sentence_and_keeps_what_is_written(run, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("", (), {"free": 10}))
    with pytest.raises(OSError, match=r"r.h5 could not be written: the disk is full .*4.0|0.0 GB"):
        write(run, tmp_path / "r.h5")
    assert not (tmp_path / "r.h5").exists()
    monkeypatch.undo()

    run = Unsteady(frames_of(4, 740), WORDS)
    run.error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="disk is full"):
        write(run, tmp_path / "r.h5")
    assert not (tmp_path / "r.h5").exists()


def test_a_file_is_not_written_over(run, tmp_path):
    (tmp_path / "r.h5").write_text("mine")
    with pytest.raises(FileExistsError, match="exists. Choose another name"):
        write(run, tmp_path / "r.h5")
    assert (tmp_path / "r.h5").read_text() == "mine"


@pytest.mark.parametrize("frames", [0, 5, -1])
def test_more_frames_than_there_are(run, tmp_path, frames):
    with pytest.raises(ValueError, match=f"{frames} frames were asked for; mini has 4"):
        write(run, tmp_path / "r.h5", frames)


def test_a_small_detector_cannot_be_cropped(tmp_path):
    with pytest.raises(ValueError, match="detector of 8 x 8"):
        write(ArrayRun(frames_of(1, 8)), tmp_path / "r.h5", crop=True)
    assert not list(tmp_path.iterdir())


def test_labels_come_back(run, tmp_path):
    path = write_labels(run, tmp_path / "a.txt", 3, "r.h5")
    assert path.read_text().splitlines()[0] == "r.h5 [1] HIT"
    assert read_labels(path, 3).tolist() == WORDS[:3].tolist()
    with pytest.raises(ValueError, match="has no labels"):
        write_labels(ArrayRun(frames_of(1, 4)), tmp_path / "b.txt")


def test_a_twin_run_is_written_with_its_annotation(tmp_path, monkeypatch):
    path, labels = simulate_run("LN83", tmp_path / "t.h5", 2, crop=True, progress=False)
    run, twin = open_run(path, labels=labels), open_run("LN83")
    assert (run.labels == twin.labels[:2]).all()
    assert all((run[i] == twin.crop(i)).all() for i in range(2))
    assert "simulation" in run.card.title
