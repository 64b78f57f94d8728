"""Pixels without data: one rule for all formats and types, and a lost frame costs itself alone."""

import h5py
import numpy as np
import pytest
from fabio.cbfimage import CbfImage

from sfxtutor.runs.files.marks import look_at, suspects
from sfxtutor.runs.files.pixels import NoData
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.open import open_run

SIZE = 80
ROWS = slice(30, 34)  # of the gap


def lit(dtype="i8", frames=6, level=90, noise=8, seed=0):
    """Frames of noise on a level: (n, 80, 80)."""
    values = np.random.default_rng(seed).normal(level, noise, (frames, SIZE, SIZE))
    return values.astype(dtype)


def with_marks(dtype, gap, dead=None):
    """Frames with a gap of four rows and three dead pixels, marked, and where these are."""
    frames, bad = lit(dtype), np.zeros((SIZE, SIZE), bool)
    frames[:, ROWS], bad[ROWS] = gap, True
    if dead is not None:
        for y, x in ((3, 5), (50, 60), (70, 9)):
            frames[:, y, x], bad[y, x] = dead, True
    return frames, bad


def cxi(path, frames, **more):
    with h5py.File(path, "w") as file:
        file["entry_1/data_1/data"] = frames
        for name, value in more.items():
            file[f"entry_1/data_1/{name}"] = value
    return path


def nexus(path, frames, **more):
    with h5py.File(path, "w") as file:
        for group, kind in (("entry", "NXentry"), ("entry/data", "NXdata"),
                            ("entry/instrument", "NXinstrument"),
                            ("entry/instrument/detector", "NXdetector")):  # fmt: skip
            file.create_group(group).attrs["NX_class"] = kind
        file["entry/data/data"] = frames
        for name, value in more.items():
            file[f"entry/instrument/detector/{name}"] = value
    return path


def cbf(path, frames):
    path.mkdir()
    for k, frame in enumerate(frames):
        CbfImage(data=frame).write(str(path / f"{k}.cbf"))
    return path


MARKS = [
    ("u1", 255, None), ("u1", 255, 254), ("u2", 65535, None), ("u2", 65535, 65534),
    ("u4", 2**32 - 1, 2**32 - 2), ("u8", 2**64 - 1, 2**64 - 2), ("i2", -1, -2), ("i4", -1, None),
    ("i4", -1, -2), ("i4", -(2**31), -1), ("f4", np.nan, np.inf),
]  # fmt: skip


@pytest.mark.parametrize("write", [cxi, nexus])
@pytest.mark.parametrize(("dtype", "gap", "dead"), MARKS)
def test_marks_are_found_in_every_format_and_type(tmp_path, write, dtype, gap, dead):
    frames, bad = with_marks(dtype, gap, dead)
    run = FileRun(write(tmp_path / "r.h5", frames))
    assert (~run.mask == bad).all()
    for i in range(len(frames)):
        assert (run[i][ROWS] == 0).all()
        assert (run[i][run.mask] == np.rint(frames[i][run.mask])).all()


def test_marks_of_cbf_are_found_by_the_same_rule(tmp_path):
    frames, bad = with_marks("i4", -1, -2)
    assert (~FileRun(cbf(tmp_path / "folder", frames)).mask == bad).all()


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_overloads_in_the_same_place_are_bright_not_missing(tmp_path, dtype):
    frames, top = lit(dtype, noise=1, level=10), np.iinfo(dtype).max
    frames[:, 40:46, 40:46] = top // 2 + 9  # the point spread of a spot that is always there
    frames[:, 42:44, 42:44] = top
    run = FileRun(cxi(tmp_path / "r.cxi", frames))
    assert run.mask is None
    assert run[0][42, 42] == top


def test_an_overload_in_some_frames_is_bright(tmp_path):
    frames = lit("u2")
    frames[2, 10, 10] = frames[3, 40, 40] = 65535
    run = FileRun(cxi(tmp_path / "r.cxi", frames))
    assert run.mask is None
    assert run[2][10, 10] == 65535


def test_a_stated_saturation_is_believed(tmp_path):
    frames, _ = with_marks("u2", 65535)
    run = FileRun(nexus(tmp_path / "r.h5", frames, saturation_value=65535))
    assert run.mask is None
    assert (run[0][ROWS] == 65535).all()


def test_the_noise_of_a_dark_subtracted_detector_is_no_mark():
    for frames in (lit("i4", level=0, noise=5), lit("i4", level=1, noise=0.8)):
        known = look_at(frames, NoData(), suspects(np.dtype("i4")))
        assert (known.no_data.flags, known.bad) == ((), None)


def test_a_file_with_readings_below_has_no_marks_of_minus_one():
    frames = lit("i4", level=0, noise=5)
    frames[:, :40] = -1
    assert look_at(frames, NoData(), suspects(np.dtype("i4"))).no_data.flags == ()


def test_one_frame_alone_tells_a_gap_from_noise():
    frames, bad = with_marks("i4", -1, -2)
    known = look_at(frames[:1], NoData(), suspects(np.dtype("i4")))
    assert (known.bad == bad).all()
    noise = lit("i4", frames=1, level=1, noise=0.8)
    assert look_at(noise, NoData(), suspects(np.dtype("i4"))).no_data.flags == ()


@pytest.mark.parametrize(
    ("dtype", "mark"), [("f4", np.nan), ("i4", -1), ("u2", 65535), ("u4", 2**32 - 1)]
)
@pytest.mark.parametrize("lost", [0, 2, 5])
def test_a_lost_frame_costs_itself_alone(tmp_path, dtype, mark, lost):
    frames = lit(dtype)
    frames[lost] = mark
    run = FileRun(cxi(tmp_path / "r.cxi", frames))
    assert run.mask is None
    with pytest.raises(ValueError, match=rf"Frame {lost} of r .*no data.*Leave this frame out"):
        run[lost]
    assert all((run[i] == np.rint(frames[i])).all() for i in range(6) if i != lost)


@pytest.mark.parametrize(
    ("dtype", "mark"), [("f4", np.nan), ("i4", -1), ("u2", 65535), ("u4", 2**32 - 1)]
)
def test_a_module_lost_in_one_frame_is_missing_there_alone(tmp_path, dtype, mark):
    frames = lit(dtype)
    frames[0, :20], frames[3, 60:] = mark, mark
    run = FileRun(cxi(tmp_path / "r.cxi", frames))
    assert run.mask is None
    with pytest.warns(UserWarning, match="1600 pixels without data"):
        pixels, gaps = run.crop_and_gaps(0, SIZE)
    assert gaps[:20].all()
    assert not gaps[20:].any()
    assert (pixels[:20] == 0).all()
    assert run.crop_and_gaps(1, SIZE)[1] is None


@pytest.mark.parametrize("divisor", [1, 10, 100, 300, 1000, 1e5])
def test_small_floats_keep_their_noise(tmp_path, divisor):
    frames = lit("f4", level=600, noise=12) / np.float32(divisor)
    run = FileRun(cxi(tmp_path / "r.cxi", frames))
    if divisor == 1:
        assert (run.scale, run.offset) == (1, 0)
        pixels = run[1]
    else:
        with pytest.warns(UserWarning, match="are read times"):
            pixels = run[1]
    measured = frames[1].astype(float)
    assert pixels.std() > 4
    assert np.corrcoef(pixels.ravel(), measured.ravel())[0, 1] > 0.998
    np.testing.assert_allclose(run.values(1), measured, rtol=1e-6)


def test_photons_in_floats_stay_photons(tmp_path):
    photons = np.random.default_rng(0).poisson(0.3, (3, SIZE, SIZE))
    run = FileRun(cxi(tmp_path / "r.cxi", photons.astype("f4")))
    assert (run[0] == photons[0]).all()


@pytest.mark.parametrize("dtype", ["i2", "i4", "f2", "f4", "f8"])
def test_negative_noise_is_not_cut(tmp_path, dtype):
    frames = lit(dtype, level=0, noise=20)
    run = FileRun(cxi(tmp_path / "r.cxi", frames))
    with pytest.warns(UserWarning, match="times 1 plus"):
        pixels = run[2].astype(int)
    differences = (pixels - run.offset) - np.rint(frames[2].astype(float))
    assert np.count_nonzero(differences) <= 2  # one in ten thousand may be lower
    assert run.values(2).min() == pytest.approx(frames[2].min())


# masks


@pytest.mark.parametrize("inside", [False, True])
def test_an_inverted_mask_is_warned_of(tmp_path, inside):
    good = np.ones((SIZE, SIZE), bool)
    good[ROWS] = False
    if inside:
        path = nexus(tmp_path / "r.h5", lit("u2"), pixel_mask=good.astype("u4"))
        with pytest.warns(UserWarning, match="leaves 320 of 6400 pixels good.*Invert it"):
            FileRun(path)
    else:
        path = cxi(tmp_path / "r.cxi", lit("u2"))
        np.save(tmp_path / "m.npy", ~good)
        with pytest.warns(UserWarning, match="leaves 320 of 6400 pixels good.*Invert it"):
            open_run(path, mask=tmp_path / "m.npy")
        FileRun(path, mask=good)  # no warning: it would be an error


@pytest.mark.parametrize("lead", [(), (1,), (2,), (6,)])
def test_a_pixel_mask_of_one_image_or_several_is_used(tmp_path, lead):
    flags = np.zeros((SIZE, SIZE), "u4")
    flags[ROWS] = 1
    stacked = np.broadcast_to(flags, (*lead, SIZE, SIZE))
    run = FileRun(nexus(tmp_path / "r.h5", lit("u2"), pixel_mask=stacked))
    assert (~run.mask == (flags == 1)).all()


@pytest.mark.parametrize(("write", "name"), [(nexus, "pixel_mask"), (cxi, "mask")])
def test_a_mask_of_another_shape_gets_a_sentence(tmp_path, write, name):
    flags = np.ones((SIZE // 2, SIZE), "u4")
    with pytest.warns(UserWarning, match=r"shape \(40, 80\), its frames \(80, 80\).*is not used"):
        run = FileRun(write(tmp_path / "r.h5", lit("u2"), **{name: flags}))
    assert run.mask is None
