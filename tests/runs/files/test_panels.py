"""Detectors whose files hold panels in an axis of their own: frames in which panels are stacked."""

import h5py
import numpy as np
import pytest
from hypothesis import given, strategies as st

from sfxtutor.beamline.model.score import Row
from sfxtutor.beamline.screen.inputs import Inputs
from sfxtutor.beamline.screen.screen import ExtraOutputs, screen
from sfxtutor.beamline.screen.writers import check_alike, write_events, write_hits
from sfxtutor.cli.main import main
from sfxtutor.runs.files.marks import suspects
from sfxtutor.runs.files.masks import read_mask
from sfxtutor.runs.files.pixels import NoData, always_marks
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.open import open_run

SHAPE = (4, 8, 6, 10)  # n, panels, y, x


def panels_of(shape=SHAPE, dtype="u2", seed=0):
    return np.random.default_rng(seed).integers(1, 3000, shape).astype(dtype)


def stacked(frame):
    """(..., panels, y, x) as (..., panels * y, x)."""
    return frame.reshape(*frame.shape[:-3], -1, frame.shape[-1])


def cxi(path, data, axes=None, **more):
    with h5py.File(path, "w") as file:
        file["entry_1/data_1/data"] = data
        if axes:
            file["entry_1/data_1/data"].attrs["axes"] = axes
        for name, value in more.items():
            file[f"entry_1/data_1/{name}"] = value
    return path


def nxmx(path, data, name="data", **more):
    """An NXmx file; `more` are datasets of the detector, with __ for /."""
    with h5py.File(path, "w") as file:
        for group, kind in (
            ("entry", "NXentry"),
            ("entry/data", "NXdata"),
            ("entry/instrument", "NXinstrument"),
            ("entry/instrument/detector", "NXdetector"),
        ):
            file.create_group(group).attrs["NX_class"] = kind
        file[f"entry/data/{name}"] = data
        for key, value in more.items():
            group = file["entry/instrument/detector"]
            if "__" in key:
                kind, _, key = key.partition("__")
                group = group.require_group(kind)
                group.attrs["NX_class"] = f"NXdetector_{kind.split('_')[0]}"
            group[key] = value
    return path


def is_stack(run, data):
    assert run.panel == run.frames.panel == data.shape[-2]
    assert run.card.shape == stacked(data).shape[-2:]
    frames = data if data.ndim == 4 else data[None]
    assert len(run) == len(frames)
    for i, frame in enumerate(frames):
        np.testing.assert_array_equal(run[i], stacked(frame))
        np.testing.assert_array_equal(run.values(i), stacked(frame))
        np.testing.assert_array_equal(run.raw(i), stacked(frame))
        assert run.raw(i).dtype == data.dtype


# which files hold panels


@pytest.mark.parametrize("options", [{}, {"chunks": (1, 1, 6, 10)},
                                     {"chunks": (1, 8, 6, 10), "compression": "gzip"}])  # fmt: skip
def test_cxi_of_panels(tmp_path, options):
    data = panels_of()
    with h5py.File(tmp_path / "j.cxi", "w") as file:
        file.create_dataset("entry_1/instrument_1/detector_1/data", data=data, **options)
    with FileRun(tmp_path / "j.cxi") as run:
        is_stack(run, data)
        assert run.mask is None


def test_two_planes_of_cxi_are_panels_too(tmp_path):
    data = panels_of((3, 2, 6, 10))
    is_stack(FileRun(cxi(tmp_path / "j.cxi", data)), data)


def test_a_single_frame_of_panels_is_told_from_three_frames_by_the_axes(tmp_path):
    data = panels_of((3, 6, 10))
    run = FileRun(cxi(tmp_path / "a.cxi", data, "module_identifier:y:x"))
    is_stack(run, data)
    assert run.frames.place(0)[1:] == ("/entry_1/data_1/data", (3, 6, 10), None)
    run = FileRun(cxi(tmp_path / "b.cxi", data, "experiment_identifier:y:x"))
    assert (len(run), run.panel, run.raw(2).tolist()) == (3, None, data[2].tolist())


def test_one_panel_in_an_axis_of_its_own_is_an_image(tmp_path):
    data = panels_of((3, 1, 20, 20))
    run = FileRun(cxi(tmp_path / "a.cxi", data))
    assert (run.panel, run.frames.stored) == (None, (1, 20, 20))
    np.testing.assert_array_equal(run.crop(1, 10), data[1, 0, 5:15, 5:15])
    nxmx(tmp_path / "a.h5", data)
    np.testing.assert_array_equal(FileRun(tmp_path / "a.h5")[2], data[2, 0])  # and no warning


def test_virtual_cxi_of_modules_in_files_of_their_own(tmp_path):
    data = panels_of(dtype="f4")
    layout, flags = h5py.VirtualLayout(SHAPE, "f4"), h5py.VirtualLayout(SHAPE, "u4")
    bad = np.zeros(SHAPE, "u4")
    bad[:, 3, 2], bad[1, 0, 0, 0] = 1, 1
    for k in range(SHAPE[1]):
        with h5py.File(tmp_path / f"module{k}.h5", "w") as file:
            file["image/data"], file["image/mask"] = data[:, k], bad[:, k]
        if k == 5:  # a module that took no data
            continue
        shape = (SHAPE[0], *SHAPE[2:])
        layout[:, k] = h5py.VirtualSource(f"module{k}.h5", "image/data", shape)
        flags[:, k] = h5py.VirtualSource(f"module{k}.h5", "image/mask", shape)
    axes = "experiment_identifier:module_identifier:y:x"
    with h5py.File(tmp_path / "v.cxi", "w") as file:
        group = file.create_group("entry_1/instrument_1/detector_1")
        group.create_virtual_dataset("data", layout, fillvalue=np.nan).attrs["axes"] = axes
        group.create_virtual_dataset("mask", flags, fillvalue=2**32 - 1).attrs["axes"] = axes
    run = FileRun(tmp_path / "v.cxi")
    good = np.ones(SHAPE[1:], bool)
    good[5], good[3, 2] = False, False
    np.testing.assert_array_equal(run.mask, stacked(good))
    data[:, 5] = 0
    np.testing.assert_array_equal(run[2], stacked(data[2]))
    assert np.isnan(run.raw(1)[30:36]).all()


MODULE = {"module_1__data_origin": [0, 0, 0], "module_2__data_origin": [1, 0, 0]}


@pytest.mark.parametrize("name", ["data", "data_000001"])
@pytest.mark.parametrize(
    ("shape", "dtype", "more"),
    [
        (SHAPE, "u2", {}),  # more than thresholds can be
        ((3, 2, 6, 10), "f4", {}),  # energies, not counts
        ((3, 2, 6, 10), "u2", MODULE),
        ((3, 2, 6, 10), "u2", MODULE | {"threshold_energy": [6000.0]}),
    ],
)
def test_nxmx_of_panels(tmp_path, name, shape, dtype, more):
    data = panels_of(shape, dtype)
    path = nxmx(tmp_path / "j.h5", data, name, beam_center_x=9.0, beam_center_y=9.0, **more)
    run = FileRun(path)
    is_stack(run, data)
    assert run.card.beam_center is None  # it is one of the assembled detector


@pytest.mark.parametrize(
    ("planes", "dtype", "more"),
    [
        (2, "u4", {}),
        (4, "u2", {"threshold_energy": [6e3]}),
        (5, "u2", {"threshold_energy": [6e3, 7e3, 8e3, 9e3, 1e4]}),
        (2, "f4", {"detectorSpecific__threshold_energy": [6e3, 9e3]}),
        (5, "u2", {f"channel_{k}__threshold_energy": 1e3 * k for k in range(5)}),
        (2, "u2", {"module_1__data_origin": [0, 0]}),
    ],
)
def test_thresholds_stay_thresholds(tmp_path, planes, dtype, more):
    data = panels_of((3, planes, 6, 10), dtype)
    path = nxmx(tmp_path / "e.h5", data, "data_000001", **more)
    with pytest.warns(UserWarning, match="thresholds; only .*--dataset /entry/data/data_000001"):
        run = FileRun(path)
    assert (run.panel, run.frames.stored) == (None, (6, 10))
    np.testing.assert_array_equal(run[2], data[2, 0])
    is_stack(FileRun(path, dataset="/entry/data/data_000001"), data)  # as the warning says


def test_a_single_frame_of_modules_in_nxmx(tmp_path):
    data = panels_of((3, 6, 10))
    is_stack(FileRun(nxmx(tmp_path / "j.h5", data, **MODULE)), data)


def test_a_named_dataset_of_panels(tmp_path):
    data = panels_of((2, 8, 64, 64))
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["data/data"] = data
    with pytest.raises(ValueError, match=r"it has data/data \(2, 8, 64, 64\)"):
        FileRun(tmp_path / "d.h5")
    is_stack(FileRun(tmp_path / "d.h5", dataset="data/data"), data)


def test_five_dimensions_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"5 dimensions.*or \(n, panels, y, x\).*calibrated"):
        FileRun(cxi(tmp_path / "a.cxi", np.zeros((2, 16, 2, 8, 4), "u2")))


# masks


@pytest.mark.parametrize("lead", [(), (1,), (SHAPE[0],)])
@pytest.mark.parametrize("shape", [SHAPE[1:], (48, 10)])
def test_flags_of_panels(tmp_path, shape, lead):
    flags = np.zeros(SHAPE[1:], "u4")
    flags[2, 3, 4] = flags[7, 5, 9] = 1
    flags = np.broadcast_to(flags.reshape(shape), (*lead, *shape))
    paths = (cxi(tmp_path / "a.cxi", panels_of(), mask=flags),
             nxmx(tmp_path / "a.h5", panels_of(), pixel_mask=flags))  # fmt: skip
    for path in paths:
        assert np.argwhere(~FileRun(path).mask).tolist() == [[15, 4], [47, 9]]
        given_mask = FileRun(cxi(tmp_path / "b.cxi", panels_of()), mask=path).mask
        assert np.argwhere(~given_mask).tolist() == [[15, 4], [47, 9]]


@pytest.mark.parametrize("data", [panels_of(), stacked(panels_of())])
def test_a_given_mask_of_panels_or_stacked(tmp_path, data):
    good = np.ones(SHAPE[1:], bool)
    good[1, 2, 3] = False
    path = cxi(tmp_path / "a.cxi", data)
    for mask in (good, stacked(good)):
        np.save(tmp_path / "m.npy", mask)
        for given_mask in (mask, tmp_path / "m.npy"):
            assert np.argwhere(~FileRun(path, mask=given_mask).mask).tolist() == [[8, 3]]


def test_a_mask_of_other_panels_is_refused(tmp_path):
    path = cxi(tmp_path / "a.cxi", panels_of())
    with pytest.raises(ValueError, match=r"\(8, 6, 9\), the frames of a \(8, 6, 10\)"):
        FileRun(path, mask=np.ones((8, 6, 9), bool))
    np.save(tmp_path / "m.npy", np.ones((8, 6, 10), bool))
    with pytest.raises(ValueError, match=r"shape \(8, 6, 10\)"):
        read_mask(tmp_path / "m.npy")
    cxi(tmp_path / "b.cxi", panels_of(), mask=np.zeros((8, 6, 9), "u2"))
    with pytest.warns(UserWarning, match=r"shape \(8, 6, 9\), its frames \(48, 10\)"):
        run = FileRun(tmp_path / "b.cxi")
    assert run.mask is None


# what is written of them


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("single", [False, True])
def test_the_file_of_hits_keeps_the_panels(tmp_path, copy, single):
    data, good = panels_of(), np.ones(SHAPE[1:], bool)
    good[0, 1, 2] = False
    if single:
        cxi(tmp_path / "a.cxi", data[1], "module_identifier:y:x")
    else:
        cxi(tmp_path / "a.cxi", data)
    frames = (0,) if single else (1, 3)
    with FileRun(tmp_path / "a.cxi", mask=good) as run:
        rows = [Row(0, "a.cxi", i, 0.9, True, "ok") for i in frames]
        write_hits(tmp_path / "h.cxi", rows, {0: run}, copy)
        write_events(tmp_path / "e.lst", rows, {0: run})
    kept = data[1:2] if single else data[[1, 3]]
    with h5py.File(tmp_path / "h.cxi") as file:
        assert file["entry_1/data_1/data"].is_virtual == (not copy)
        assert file["entry_1/data_1/data"].shape == kept.shape
        assert file["entry_1/data_1/mask"].shape == SHAPE[1:]
        np.testing.assert_array_equal(file["entry_1/data_1/data"], kept)
    with FileRun(tmp_path / "h.cxi") as hits:
        assert (len(hits), hits.panel) == (len(kept), 6)
        np.testing.assert_array_equal(hits.mask, stacked(good))
        np.testing.assert_array_equal(hits.raw(0), stacked(kept[0]))
    events = ["a.cxi"] if single else ["a.cxi //1", "a.cxi //3"]
    assert (tmp_path / "e.lst").read_text().splitlines() == events


def test_panels_and_stacked_frames_make_no_file_of_hits(tmp_path):
    paths = [cxi(tmp_path / "a.cxi", panels_of()), cxi(tmp_path / "b.cxi", stacked(panels_of()))]
    with pytest.raises(ValueError, match=r"\(8, 6, 10\) uint16, \(48, 10\) uint16"):
        check_alike(Inputs(paths).kinds)


# crops


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (panels_of((2, 4, 400, 800)), "4 panels of 400 x 800 pixels"),
        (panels_of((2, 487, 619)), "487 x 619 pixels"),
        (panels_of((2, 8192, 128)), "8192 x 128 pixels"),
    ],
)
def test_what_has_no_central_square_says_so_and_is_read(tmp_path, data, found, capsys):
    path = cxi(tmp_path / "a.cxi", data)
    run = FileRun(path)
    whole = stacked(data[1]) if data.ndim == 4 else data[1]
    for frame in (run[1], run.raw(1), run.values(1)):
        np.testing.assert_array_equal(frame, whole)
    for take in (run.crop, run.crop_and_gaps, lambda _: run.good()):
        with pytest.raises(ValueError, match=f"{found}.*724 x 724.*run.raw") as told:
            take(0)
        assert "size from" not in str(told.value)
    assert main(["data", "info", str(path)]) == 0
    assert str(whole.shape) in capsys.readouterr().out
    also = ExtraOutputs()
    summary = screen([path], tmp_path / "s.csv", "rwd", also=also, progress=False)
    assert (summary.frames, summary.scored) == (2, 0)
    assert found in (tmp_path / "s.csv").read_text()
    summary = screen([path], tmp_path / "s.csv", also=also, progress=False)
    assert (summary.frames, summary.scored) == (2, 2)


def test_info_names_the_panels(tmp_path, capsys):
    assert main(["data", "info", str(cxi(tmp_path / "a.cxi", panels_of()))]) == 0
    assert "8 of (6, 10)" in capsys.readouterr().out


def test_small_crops_of_small_detectors_are_there(tmp_path):
    data = panels_of((2, 487, 619))
    run = FileRun(cxi(tmp_path / "a.cxi", data))
    np.testing.assert_array_equal(run.crop(1, 487), data[1, :, 66:553])
    assert run.good(487).good.shape == (487, 487)


# raw frames


@pytest.mark.parametrize(("dtype", "mark"), [("u2", 65535), ("i4", -1), ("u1", 255)])
def test_raw_refuses_a_frame_that_is_lost_throughout(tmp_path, dtype, mark):
    data = (panels_of() % 100).astype(dtype)
    data[2] = mark
    run = FileRun(cxi(tmp_path / "a.cxi", data))
    with pytest.raises(ValueError, match=f"reads {mark} in every pixel"):
        run.raw(2)
    np.testing.assert_array_equal(run.raw(-1), stacked(data[3]))
    with pytest.raises(IndexError, match="4 frames"):
        run.raw(4)


def flags_of(dtype):
    """Combinations of flags that a type may have: what is always one, and what `marks` may find."""
    always, found = always_marks(dtype), suspects(dtype)
    return [always, *([] if not found else [found[:1], found[1:], found])]


DTYPES = [np.dtype(name) for name in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", ">i4", ">u2")]
BOUNDS = [
    (dtype, flags, lowest)
    for dtype in DTYPES
    for flags in flags_of(dtype)
    for lowest in (None, 0, -5, 7)
]


@pytest.mark.parametrize(("dtype", "flags", "lowest"), BOUNDS)
def test_readings_are_those_of_no_data(dtype, flags, lowest):
    """Of wide types only numbers are compared that float32 tells from a flag."""
    no_data = NoData(flags, lowest)
    low, high = no_data.readings(dtype)
    info = np.iinfo(dtype)
    ends = (info.min, info.max, 0, *flags, *(() if lowest is None else (lowest,)))
    near = {end + step for end in ends for step in (-3, -2, -1, 0, 1, 2, 3)}
    near |= {info.max // 4 * 3, info.min // 4 * 3}
    raw = np.array(sorted(number for number in near if info.min <= number <= info.max), dtype)
    seen = (raw.astype("f4") >= np.float32(low)) & (raw.astype("f4") <= np.float32(high))
    missing = no_data.where(raw[None])[0]
    marked = np.unique(raw[missing].astype("f4"))
    clear = missing | ~np.isin(raw.astype("f4"), marked)
    assert clear[np.abs(raw.astype("f8")) < 2**24].all()
    np.testing.assert_array_equal(seen[clear], ~missing[clear])
    assert all(no_data.where(np.array([[flag]], dtype)).all() for flag in flags)


@given(st.lists(st.floats(width=32), min_size=1), st.sampled_from(["f4", "f8"]),
       st.sampled_from([None, 0.0, -1.5, 1 / 3]))  # fmt: skip
def test_readings_of_floats(values, dtype, lowest):
    raw, no_data = np.array([values], dtype), NoData((), lowest)
    low, high = no_data.readings(raw.dtype)
    seen = (raw.astype("f4") >= np.float32(low)) & (raw.astype("f4") <= np.float32(high))
    np.testing.assert_array_equal(seen, ~no_data.where(raw))


def test_a_run_has_the_bounds_of_its_marks(tmp_path):
    data = panels_of((4, 2, 40, 40))
    data[:, 0, 10:20] = 65535
    run = open_run(cxi(tmp_path / "a.cxi", data))
    low, high = run.readings
    assert (low, 65534 < high < 65535) == (-np.inf, True)
    seen = (run.raw(1) >= low) & (run.raw(1) <= high)
    np.testing.assert_array_equal(seen, run.mask)
    data[:, 0, 10:20] = 9
    assert open_run(cxi(tmp_path / "b.cxi", data)).readings == (-np.inf, np.inf)
    data = data.astype("i4")
    data[:, 0, 10:20] = -1
    low, high = open_run(cxi(tmp_path / "c.cxi", data)).readings
    assert (-1 < low < 0, high) == (True, np.inf)
