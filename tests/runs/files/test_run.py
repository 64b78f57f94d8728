"""Frames out of idh5, CXI, NeXus and CBF files: right pixels, right mask, one clear sentence."""

import os
import resource
import subprocess
import sys
import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import h5py
import hdf5plugin
import numpy as np
import pytest
from fabio.cbfimage import CbfImage
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from minifiles import frames_of, make_idh5
from places import SHARED

from sfxtutor.preprocess import center_crop
from sfxtutor.runs.files.pixels import to_uint16
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.open import open_run

MINUS_ONE = 2**32 - 1


def make_cxi(path, images, **extra):
    with h5py.File(path, "w") as file:
        detector = file.create_group("entry_1/instrument_1/detector_1")
        detector["data"] = images
        detector["distance"], detector["x_pixel_size"] = 0.095, 110e-6
        file["entry_1/instrument_1/source_1/energy"] = 9500 * 1.602176634e-19
        file["entry_1/data_1/data"] = h5py.SoftLink("/entry_1/instrument_1/detector_1/data")
        for name, value in extra.items():
            detector[name] = value
    return path


def make_nxmx(path, parts, links=None, **extra):
    """A master file; `parts` become data files that it links to."""
    for k, images in enumerate(parts, 1):
        with h5py.File(path.with_name(f"{path.stem}_data_{k:06}.h5"), "w") as file:
            file.create_dataset(
                "entry/data/data",
                data=images,
                chunks=(1, *images.shape[1:]),
                **hdf5plugin.Bitshuffle(),
            )
    with h5py.File(path, "w") as file:
        file.create_group("entry").attrs["NX_class"] = "NXentry"
        file.create_group("entry/data").attrs["NX_class"] = "NXdata"
        for k in range(1, (links or len(parts)) + 1):
            file[f"entry/data/data_{k:06}"] = h5py.ExternalLink(
                f"{path.stem}_data_{k:06}.h5", "entry/data/data"
            )
        file["entry/instrument/beam/incident_wavelength"] = 0.97
        detector = file.create_group("entry/instrument/detector")
        detector.attrs["NX_class"] = "NXdetector"
        detector["detector_distance"], detector["x_pixel_size"] = 0.2, 75e-6
        detector["beam_center_x"], detector["beam_center_y"] = 3.5, 2.5
        for name, value in extra.items():
            detector[name] = value
    return path


def make_cbf(path, data, header=""):
    image = CbfImage(data=data, header={"_array_data.header_contents": header} if header else {})
    image.write(str(path))
    return path


# idh5


def test_idh5_frames_run_over_the_chunks_in_key_order(tmp_path):
    frames = frames_of(6, 9)
    path = make_idh5(
        tmp_path / "r.h5",
        {"run_0010": frames[3:5], "run_0002": frames[:3], "run_1": frames[5:]},
        PIXEL_SIZE=0.1,
        BEAM_CENTER_X=0.3,
        BEAM_CENTER_Y=0.5,
        SATURATED_VALUE=65535,
    )
    with FileRun(path) as run:
        assert len(run) == 6
        for i in range(6):
            assert (run[i] == frames[i]).all()
            assert (run.crop(i, 4) == center_crop(frames[i], 4)).all()
        assert run[0].dtype == np.uint16
        assert run.mask is None
        assert run.card.beam_center == pytest.approx((5, 3))
        assert (run.card.wavelength, run.card.distance) == (1.3, 123.5)
        assert run.shot(5)["timestamp"].startswith(b"2018")


def test_the_fingerprint_changes_with_the_file(tmp_path):
    path = make_idh5(tmp_path / "r.h5", {"run_0000": frames_of(1, 4)})
    first = FileRun(path).fingerprint
    assert first == FileRun(path).fingerprint
    os.utime(path, ns=(0, 1))
    assert first != FileRun(path).fingerprint
    other = make_idh5(tmp_path / "s.h5", {"run_0000": frames_of(1, 4)})
    assert FileRun(other).fingerprint not in (first, FileRun(path).fingerprint)


def test_pixels_below_the_trusted_minimum_are_masked_and_read_as_0(tmp_path):
    frames = np.full((3, 5, 5), 7, np.int32)
    frames[:, 1, 1], frames[:, 2, 2], frames[:, 3, 3] = -1, 0, 70000
    run = FileRun(make_idh5(tmp_path / "r.h5", {"a": frames}, MIN_TRUSTED_VALUE=-1))
    assert not run.mask[1, 1]
    assert run.mask.sum() == 24
    assert run[0][[1, 2, 3, 0], [1, 2, 3, 0]].tolist() == [0, 0, 65535, 7]


def test_gaps_between_the_active_areas_are_masked(tmp_path):
    run = FileRun(
        make_idh5(
            tmp_path / "r.h5",
            {"a": np.zeros((1, 10, 8), np.uint16)},
            ACTIVE_AREAS=[0, 0, 5, 8, 5, 0, 10, 8],
        )
    )
    expected = np.zeros((10, 8), bool)
    expected[1:4, 1:7] = expected[6:9, 1:7] = True
    assert (run.mask == expected).all()


def test_the_real_frame():
    path = SHARED / "real" / "mfx_rayonix_hit.h5"
    if not path.exists():
        pytest.skip("the real frame is not beside this checkout")
    run = open_run(path)
    assert (len(run), run[0].shape, run.mask) == (1, (1920, 1920), None)
    assert (run.crop(0) == center_crop(run[0])).all()
    assert run.card.wavelength == pytest.approx(1.30033, abs=1e-5)
    assert run.card.distance == pytest.approx(123.55, abs=0.01)
    assert run.card.beam_center == pytest.approx((960.4, 959.7), abs=0.1)


# what becomes of pixels


@given(
    raw=hnp.arrays(
        st.one_of(
            hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.floating_dtypes(sizes=(32, 64))
        ),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
    ),
    data=st.data(),
)
def test_any_real_type_becomes_uint16_by_the_written_rule(raw, data):
    missing = data.draw(hnp.arrays(bool, raw.shape)) | ~np.isfinite(raw)
    out = to_uint16(raw, missing)
    assert out.dtype == np.uint16
    for value, bad, got in zip(raw.ravel().tolist(), missing.ravel(), out.ravel(), strict=True):
        expected = 0 if bad else min(max(round(value), 0), 65535)
        assert got == expected


@given(
    frames=hnp.arrays(
        st.sampled_from(["<u2", ">u2", "<u4", ">i4", "<i2", ">f4", "<f8", "u1"]),
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=5),
        elements=st.integers(0, 100),
    ),
    cuts=st.lists(st.integers(0, 5), max_size=3),
)
def test_idh5_of_any_shape_type_and_byte_order_comes_back(tmp_path_factory, frames, cuts):
    path = tmp_path_factory.mktemp("idh5") / "r.h5"
    pieces = np.split(frames, sorted(min(c, len(frames)) for c in cuts))
    make_idh5(path, {f"run_{k:04}": piece for k, piece in enumerate(pieces)})
    with FileRun(path) as run:
        assert len(run) == len(frames)
        size = min(frames.shape[1:])
        for i in range(len(run)):
            assert run[i].dtype == np.dtype("=u2")
            assert (run[i] == frames[i]).all()
            assert (run.crop(i, size) == center_crop(frames[i], size)).all()
        assert run.mask is None


def test_a_new_dead_pixel_is_reported_once_and_read_as_0(tmp_path):
    frames = np.full((20, 4, 4), 5.0, np.float32)
    frames[3, 1, 1] = np.nan  # not one of the frames that the mask looks at
    run = FileRun(make_idh5(tmp_path / "r.h5", {"a": frames}))
    assert run.mask is None
    with pytest.warns(UserWarning, match=r"Frame 3 of r has 1 pixels without data .* Give mask="):
        assert run[3][1, 1] == 0
    assert run[3][1, 1] == 0  # no second warning: it would be an error


def test_nan_of_a_whole_run_is_masked_without_a_word(tmp_path):
    frames = np.full((9, 4, 4), 5.6, np.float64)
    frames[:, 2, 1], frames[:, 2, 2] = np.nan, np.inf
    run = FileRun(make_idh5(tmp_path / "r.h5", {"a": frames}))
    assert run[0][2, :].tolist() == [6, 0, 0, 6]
    assert np.argwhere(~run.mask).tolist() == [[2, 1], [2, 2]]


def test_negative_noise_stays_good_and_is_reported_once(tmp_path):
    frames = np.full((2, 8, 8), 9, np.int16)
    frames[:, 0, 0] = -3
    run = FileRun(make_cxi(tmp_path / "r.cxi", frames))
    with pytest.warns(UserWarning, match="1 negative pixels .lowest -3., read as 0"):
        assert run[1][0, 0] == 0
    assert run.mask is None


def test_a_given_mask_joins_the_files(tmp_path):
    frames = np.full((2, 3, 3), -1, np.int32)
    frames[:, 1:] = 4
    path = make_idh5(tmp_path / "r.h5", {"a": frames}, MIN_TRUSTED_VALUE=-1)
    given_mask = np.ones((3, 3), bool)
    given_mask[2, 2] = False
    run = FileRun(path, mask=given_mask)
    assert run.mask.tolist() == [[False] * 3, [True] * 3, [True, True, False]]
    np.save(tmp_path / "m.npy", given_mask)
    assert (open_run(path, mask=tmp_path / "m.npy").mask == run.mask).all()
    with pytest.raises(ValueError, match=r"mask has shape \(2, 2\), the frames of r \(3, 3\)"):
        FileRun(path, mask=np.ones((2, 2), bool))


# CXI


def test_cxi_geometry_and_flags(tmp_path):
    frames = frames_of(3, 6)
    flags = np.zeros((6, 6), np.uint16)
    flags[0, 0], flags[1, 1], flags[2, 2] = 1, 2, 512  # invalid, saturated, missing
    run = FileRun(make_cxi(tmp_path / "r.cxi", frames, mask=flags))
    assert (run[2] == frames[2]).all()
    assert np.argwhere(~run.mask).tolist() == [[0, 0], [2, 2]]
    joined = FileRun(tmp_path / "r.cxi", mask=np.arange(36).reshape(6, 6) != 1).mask
    assert np.argwhere(~joined).tolist() == [[0, 0], [0, 1], [2, 2]]
    assert run.card.wavelength == pytest.approx(12398.42 / 9500, abs=1e-5)
    assert run.card.distance == pytest.approx(95)
    assert run.card.pixel == pytest.approx(0.11)


def test_cxi_with_one_image_flags_a_frame_and_energy_of_cheetah(tmp_path):
    path = make_cxi(tmp_path / "r.cxi", frames_of(1, 6)[0], mask=np.ones((1, 6, 6), np.uint16) * 2)
    with h5py.File(path, "r+") as file:
        del file["entry_1/instrument_1/source_1"]
        file["LCLS/photon_energy_eV"] = [9000.0]
    run = FileRun(path)
    assert (len(run), run.crop(0, 4).shape, run.mask) == (1, (4, 4), None)
    assert run.shot(0)["wavelength"] == pytest.approx(12398.42 / 9000, abs=1e-5)


# NeXus


def test_nxmx_master_with_links_and_bitshuffle(tmp_path):
    frames = frames_of(5, 6).astype(np.uint32)
    flags = np.zeros((6, 6), np.uint32)
    flags[4, 4] = 1
    run = FileRun(make_nxmx(tmp_path / "x_master.h5", [frames[:3], frames[3:]], pixel_mask=flags))
    assert (run.name, len(run)) == ("x", 5)
    assert all((run[i] == frames[i]).all() for i in range(5))
    assert np.argwhere(~run.mask).tolist() == [[4, 4]]
    assert (run.card.wavelength, run.card.distance) == (0.97, 200)
    assert run.card.pixel == pytest.approx(0.075)
    assert run.card.beam_center == (2.5, 3.5)


@pytest.mark.parametrize(
    ("dtype", "mark"),
    [
        ("u4", MINUS_ONE),
        ("u2", 65535),
        ("u1", 255),
        ("i4", -1),
        ("i4", -2),
        ("i4", -(2**31)),
        ("f4", np.nan),
    ],
)
def test_gaps_of_real_detectors_are_masked_never_bright(tmp_path, dtype, mark):
    frames = np.full((4, 6, 6), 30, dtype)
    frames[:, 2] = mark
    run = FileRun(make_nxmx(tmp_path / "m.h5", [frames], saturation_value=200))
    assert (run[1][2] == 0).all()
    assert (run[1][[0, 1, 3, 4, 5]] == 30).all()
    assert (~run.mask[2]).all()
    assert run.mask.sum() == 30


def test_overloads_stay_bright_and_underloads_are_masked(tmp_path):
    frames = np.full((4, 6, 6), 30, np.int32)
    frames[:, 0, 0], frames[:, 1, 1], frames[:, 2, 2] = 10**6, -10, -11
    run = FileRun(make_nxmx(tmp_path / "m.h5", [frames], underload_value=-10))
    with pytest.warns(UserWarning, match="1 negative pixels"):
        frame = run[0]
    assert (frame[0, 0], frame[1, 1], frame[2, 2]) == (65535, 0, 0)
    assert np.argwhere(~run.mask).tolist() == [[2, 2]]


def test_nxmx_with_missing_data_files(tmp_path):
    path = make_nxmx(tmp_path / "m.h5", [frames_of(2, 4), frames_of(1, 4)], links=4)
    with pytest.warns(UserWarning, match="links to 4 data files, 2 of them missing .*000003"):
        run = FileRun(path)
    assert len(run) == 3
    (tmp_path / "m_data_000001.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"3 of them missing \(first m_data_000001.h5"):
        FileRun(path)


def test_nxmx_virtual_dataset_of_a_missing_file_is_no_frame_of_zeros(tmp_path):
    part = tmp_path / "part.h5"
    with h5py.File(part, "w") as file:
        file["data"] = frames_of(2, 4)
    layout = h5py.VirtualLayout((2, 4, 4), np.uint16)
    layout[:] = h5py.VirtualSource("part.h5", "data", (2, 4, 4))
    with h5py.File(tmp_path / "v.nxs", "w") as file:
        file.create_group("entry/data").attrs["NX_class"] = "NXdata"
        file.create_virtual_dataset("entry/data/data", layout)
    assert (FileRun(tmp_path / "v.nxs")[1] == frames_of(2, 4)[1]).all()
    part.unlink()
    with pytest.raises(FileNotFoundError, match=r"takes frames from part.h5, which is missing"):
        FileRun(tmp_path / "v.nxs")


# CBF


def test_cbf_file_list_and_folder(tmp_path):
    frames = frames_of(3, 8).astype(np.int32)
    frames[:, 3] = -1
    header = (
        "# Pixel_size 172e-6 m x 172e-6 m\n# Wavelength 0.98 A\n# Detector_distance 0.19 m\n"
        "# Beam_xy (3.00, 5.00) pixels\n# Count_cutoff 1048575 counts"
    )
    paths = [
        make_cbf(tmp_path / f"f_{k}.cbf", frame, header)
        for k, frame in zip((1, 2, 10), frames, strict=True)
    ]
    for source in (tmp_path, paths):
        run = open_run(source)
        assert len(run) == 3
        for i, frame in enumerate(frames):
            assert (run[i] == np.clip(frame, 0, None)).all()
        assert (run.crop(2, 4) == center_crop(run[2], 4)).all()
        assert (~run.mask[3]).all()
        assert run.mask.sum() == 56
    assert (run.card.wavelength, run.card.distance) == (0.98, 190)
    assert run.card.pixel == pytest.approx(0.172)
    assert run.card.beam_center == (5, 3)
    assert len(open_run(str(paths[0]))) == 1


def test_cbf_of_two_shapes_and_of_none(tmp_path):
    make_cbf(tmp_path / "a.cbf", np.ones((8, 8), np.int32))
    make_cbf(tmp_path / "b.cbf", np.ones((6, 8), np.int32))
    run = open_run(tmp_path)
    with pytest.raises(ValueError, match=r"Frame 1 of a gives \(6, 8\) pixels, .*\(8, 8\)"):
        run[1]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="holds no CBF file"):
        open_run(tmp_path / "empty")
    (tmp_path / "c.cbf").write_bytes(b"no CBF at all")
    with pytest.raises(ValueError, match="c.cbf .*CBF"):
        open_run(tmp_path / "c.cbf")
    with pytest.raises(ValueError, match="Got 2 files, not all .cbf"):
        open_run([tmp_path / "a.cbf", make_idh5(tmp_path / "r.h5", {"a": frames_of(1, 4)})])


# broken files


def test_a_truncated_file(tmp_path):
    path = make_idh5(tmp_path / "r.h5", {"a": frames_of(2, 60)})
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(ValueError, match=r"r.h5 is cut short .* Copy or fetch it again"):
        open_run(path)


def test_a_file_that_is_no_hdf5(tmp_path):
    path = tmp_path / "r.h5"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(ValueError, match=r"r.h5 is not an HDF5 file \(it begins with b'<html>"):
        open_run(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        open_run(path)


def write(path, **items):
    with h5py.File(path, "w") as file:
        for name, value in items.items():
            file[name.replace("__", "/")] = value
    return path


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ({"stuff": 1}, "holds stuff; expected idh5_v1.0"),
        ({}, "holds nothing; expected"),
        ({"metadata__idh5_version": b"idh5_v2.0"}, "is 'idh5_v2.0'; expected 'idh5_v1.0'"),
        ({"metadata__idh5_version": b"idh5_v1.0"}, "holds no frame"),
        (
            {"metadata__idh5_version": b"idh5_v1.0", "data__run_0__distance": 1.0},
            "no dataset data/run_0/images",
        ),
        (
            {"metadata__idh5_version": b"idh5_v1.0", "data__run_0__images": np.zeros((4, 4))},
            r"has 2 dimensions, \(4, 4\); expected",
        ),
        (
            {"metadata__idh5_version": b"idh5_v1.0", "data__run_0__images": np.zeros((0, 4, 4))},
            "holds no frame",
        ),
        (
            {
                "metadata__idh5_version": b"idh5_v1.0",
                "data__a__images": np.zeros((1, 4, 4)),
                "data__b__images": np.zeros((1, 5, 4)),
            },
            r"shapes \[\(4, 4\), \(5, 4\)\]",
        ),
        (
            {
                "metadata__idh5_version": b"idh5_v1.0",
                "data__a__images": np.zeros((1, 4, 4), complex),
            },
            "type complex128; expected one shape, integers or floats",
        ),
        ({"entry_1__x": 1}, "CXI file without images"),
        ({"entry_1__data_1__data": np.zeros((2, 8, 2, 4, 4))}, r"5 dimensions, .* calibrated"),
        ({"entry__x": 1}, "NeXus file without images"),
    ],
)
def test_foreign_and_incomplete_files(tmp_path, items, sentence):
    with pytest.raises(ValueError, match=sentence):
        open_run(write(tmp_path / "r.h5", **items))


@pytest.mark.parametrize("dtype", ["u2", "i4"])
def test_a_damaged_chunk_spoils_its_frame_only(tmp_path, dtype):
    path = make_idh5(tmp_path / "r.h5", {})
    frames = frames_of(3, 64)
    with h5py.File(path, "r+") as file:
        images = file.create_dataset(
            "data/a/images",
            data=frames.astype(dtype),
            chunks=(1, 64, 64),
            compression="gzip",
            fletcher32=True,
        )
        offset = images.id.get_chunk_info(1).byte_offset
    with path.open("r+b") as file:
        file.seek(offset + 100)
        file.write(b"\0" * 200)
    run = open_run(path)
    assert run.mask is None
    assert (run[2] == frames[2]).all()
    with pytest.raises(ValueError, match="Frame 1 of r cannot be read .* damaged"):
        run[1]


def test_a_small_detector_has_no_crop_of_724(tmp_path):
    run = open_run(make_idh5(tmp_path / "r.h5", {"a": np.zeros((1, 512, 1024), np.uint16)}))
    with pytest.raises(ValueError, match="have 512 x 1024 pixels; expected one image of 724 x 724"):
        run.crop(0)


def test_reading_after_close_says_so(tmp_path):
    with FileRun(make_idh5(tmp_path / "r.h5", {"a": frames_of(1, 4)})) as run:
        pass
    with pytest.raises(ValueError, match="closed. Open"):
        run[0]


# size, threads


def test_threads_read_the_same_frames(tmp_path):
    frames = frames_of(40, 64).astype(np.int32)
    frames[7, 3, 3] = -5
    run = FileRun(make_idh5(tmp_path / "r.h5", {"a": frames[:25], "b": frames[25:]}))
    barrier = threading.Barrier(4)

    def work(_):
        barrier.wait()
        return [run.crop(i, 50) for i in range(40)]

    with warnings.catch_warnings(record=True) as caught, ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("always")
        results = list(pool.map(work, range(4)))
    expected = [center_crop(np.clip(f, 0, None), 50) for f in frames]
    assert all((a == b).all() for got in results for a, b in zip(got, expected, strict=True))
    assert len(caught) <= 1


def test_a_thousand_large_frames_in_constant_memory(tmp_path):
    path = tmp_path / "big.h5"
    make_idh5(path, {})
    with h5py.File(path, "r+") as file:  # 7.4 GB unpacked, never written chunks read as 0
        images = file.create_dataset(
            "data/a/images",
            (1000, 1920, 1920),
            np.uint16,
            chunks=(1, 1920, 1920),
            compression="gzip",
        )
        images[999] = 3
    assert path.stat().st_size < 1e6
    with FileRun(path) as run:
        run.crop(0)
        tracemalloc.start()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        total = sum(int(run.crop(i).max()) for i in range(1000))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert total == 3
    assert peak < 2 * 724 * 724 * 2 + 1e6  # the crop in hand and the one before it
    assert grown * 1024 < 40e6


def test_opening_a_run_loads_no_tensorflow(tmp_path):
    path = make_idh5(tmp_path / "r.h5", {"a": frames_of(1, 4)})
    code = (
        "import sys; from sfxtutor.runs.open import open_run; "
        f"open_run({str(path)!r})[0]; assert not {{'tensorflow', 'numba'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
