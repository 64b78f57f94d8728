"""Formats that stand beside idh5, CXI and NeXus, and files that are not as their format wants."""

import bz2
import gzip
import os
import subprocess
import sys
from pathlib import Path

import fabio
import h5py
import hdf5plugin
import numpy as np
import pytest
from fabio.cbfimage import CbfImage
from minifiles import frames_of

from sfxtutor.runs.files import formats
from sfxtutor.runs.files.formats.cbf import read_cbf
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.open import open_run

HEADER = "# Pixel_size 172e-6 m x 172e-6 m\n# Wavelength 0.98 A\n# Beam_xy (3.00, 5.00) pixels"


def cbf_bytes(tmp_path, frame, header=HEADER):
    path = tmp_path / "made.cbf"
    CbfImage(data=frame, header={"_array_data.header_contents": header}).write(str(path))
    content = path.read_bytes()
    path.unlink()
    return content


# images


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.cbf.gz", gzip.compress),
        ("a.cbf.bz2", bz2.compress),
        ("A.CBF", bytes),
        ("A.CBF.GZ", gzip.compress),
    ],
)
def test_packed_cbf_and_upper_case_suffixes(tmp_path, name, pack):
    frame = frames_of(1, 8)[0].astype("i4")
    (tmp_path / name).write_bytes(pack(cbf_bytes(tmp_path, frame)))
    for place in (tmp_path / name, tmp_path):  # the file, and the folder that holds it
        run = open_run(place)
        assert (run[0] == frame).all()
        assert (run.card.wavelength, run.card.beam_center) == (0.98, (5, 3))


@pytest.mark.parametrize("name", ["a.cbf.gz", "a.cbf.bz2", "a.cbf"])
def test_a_cbf_that_is_cut_short_is_one_sentence(tmp_path, name):
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}.get(name[5:], bytes)
    content = pack(cbf_bytes(tmp_path, frames_of(1, 60)[0].astype("i4")))
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"cannot be read as CBF .*damaged"):
        open_run(tmp_path / name)[0]


def test_a_large_first_cbf_that_is_cut_short_costs_itself_alone(tmp_path):
    frames = frames_of(2, 1100).astype("i4")
    for k, frame in enumerate(frames):
        (tmp_path / f"{k}.cbf.gz").write_bytes(gzip.compress(cbf_bytes(tmp_path, frame), 1))
    content = (tmp_path / "0.cbf.gz").read_bytes()
    (tmp_path / "0.cbf.gz").write_bytes(content[:-1000])
    run = open_run(tmp_path)
    with pytest.raises(ValueError, match="0.cbf.gz cannot be read as CBF"):
        run.raw(0)
    assert (run.raw(1) == frames[1]).all()


def test_each_cbf_is_decoded_once(tmp_path, monkeypatch):
    frames, decoded = frames_of(6, 730).astype("i4"), []
    for k, frame in enumerate(frames):
        (tmp_path / f"{k}.cbf").write_bytes(cbf_bytes(tmp_path, frame))
    decode = CbfImage.read
    monkeypatch.setattr(CbfImage, "read", lambda *a, **k: decoded.append(1) or decode(*a, **k))
    run = open_run(tmp_path)
    assert (len(run), len(decoded)) == (6, 0)
    assert run.mask is None
    assert all((run.crop(i) == frames[i, 3:727, 3:727]).all() for i in range(6))
    assert len(decoded) == 6
    assert (open_run(tmp_path / "3.cbf")[0] == frames[3]).all()
    assert len(decoded) == 6


def packed_cbf(path, panels, how="CBF_PACKED"):
    """Write panels as CBFlib does, packed so if they are integers, in sections of their own."""
    pycbf = pytest.importorskip("pycbf")
    handle = pycbf.cbf_handle_struct()
    handle.new_datablock(b"image_1")
    handle.new_category(b"array_data")
    for name in (b"array_id", b"data"):
        handle.new_column(name)
    for k, panel in enumerate(panels):
        if k:
            handle.new_row()
        handle.find_column(b"array_id")
        handle.set_value(f"P{k}".encode())
        handle.find_column(b"data")
        size = (b"little_endian", panel.shape[1], panel.shape[0], 1, 0)
        start, count = (k + 1, panel.tobytes(), panel.dtype.itemsize), panel.size
        if panel.dtype.kind == "f":
            handle.set_realarray_wdims_fs(pycbf.CBF_NONE, *start, count, *size)
        else:
            handle.set_integerarray_wdims_fs(getattr(pycbf, how), *start, 1, count, *size)
    flags = pycbf.MIME_HEADERS | pycbf.MSG_DIGEST
    handle.write_file(str(path).encode(), pycbf.CBF, flags, pycbf.ENC_NONE)
    return path


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("dtype", ["i4", "f8"])
def test_a_cbf_of_packed_panels(tmp_path, count, dtype):
    panels = frames_of(count, 40).astype(dtype) - 7
    path = packed_cbf(tmp_path / "p.cbf", panels)
    assert (read_cbf(path) == panels.reshape(-1, 40)).all()
    run = open_run(path)
    assert run.card.shape == (40 * count, 40)
    assert (run.panel, run.frames.stored) == ((40, (3, 40, 40)) if count > 1 else (None, (40, 40)))


def test_panels_of_cbf_that_are_not_packed(tmp_path):
    panels = frames_of(3, 40).astype("i4")
    run = open_run(packed_cbf(tmp_path / "p.cbf", panels, "CBF_BYTE_OFFSET"))
    assert (run.raw(0) == panels.reshape(-1, 40)).all()
    assert run.panel == 40


def test_a_packed_cbf_without_cbflib_is_a_true_sentence(tmp_path, monkeypatch):
    content = cbf_bytes(tmp_path, frames_of(1, 8)[0].astype("i4"))
    (tmp_path / "p.cbf").write_bytes(content.replace(b"x-CBF_BYTE_OFFSET", b"x-CBF_PACKED"))
    monkeypatch.setitem(sys.modules, "pycbf", None)
    with pytest.raises(ValueError, match=r"CBF_PACKED.*pip install .sfxtutor\[cbf\]") as told:
        open_run(tmp_path / "p.cbf")
    assert "damaged" not in str(told.value)


@pytest.mark.parametrize("name", ["a.tif", "A.TIFF", "a.edf", "a.edf.gz"])
def test_tiff_and_edf(tmp_path, name):
    frame = frames_of(1, 20)[0]
    kind = fabio.edfimage.EdfImage if "edf" in name else fabio.tifimage.TifImage
    kind(data=frame).write(str(tmp_path / name))
    run = open_run(tmp_path / name)
    assert (len(run), run.card.shape) == (1, (20, 20))
    assert (run[0] == frame).all()
    assert (open_run(tmp_path)[0] == frame).all()


def test_images_of_two_kinds_or_none_are_refused(tmp_path):
    (tmp_path / "a.cbf").write_bytes(cbf_bytes(tmp_path, frames_of(1, 8)[0].astype("i4")))
    (tmp_path / "b.tif").write_bytes(b"no TIFF")
    with pytest.raises(ValueError, match=r"images of several kinds \(.cbf, .tif\)"):
        open_run(tmp_path)
    with pytest.raises(ValueError, match="b.tif cannot be read as an image"):
        open_run(tmp_path / "b.tif")
    with pytest.raises(ValueError, match="is an image and has no dataset"):
        open_run(tmp_path / "a.cbf", dataset="data")


# HDF5


def test_sacla_has_a_group_for_each_tag(tmp_path):
    frames = frames_of(3, 10)
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["metadata/pixelsize_in_micro_meter"] = 50.0
        for tag, frame in zip((998, 1000, 1002), frames, strict=True):
            file[f"tag-{tag}/data"] = frame
            file[f"tag-{tag}/photon_energy_ev"] = 7000.0 + tag
    run = open_run(tmp_path / "s.h5")
    assert all((run[i] == frames[i]).all() for i in range(3))
    assert run.card.pixel == pytest.approx(0.05)
    assert run.shot(2)["wavelength"] == pytest.approx(12398.42 / 8002, abs=1e-5)


def nx_file(path, **data):
    """Write a NeXus file: the groups of the datasets are NXentry and NXdata."""
    with h5py.File(path, "w") as file:
        for name, frames in data.items():
            entry, group, _ = name.split("__")
            file.require_group(entry).attrs["NX_class"] = "NXentry"
            file.require_group(f"{entry}/{group}").attrs["NX_class"] = "NXdata"
            file[name.replace("__", "/")] = frames
    return path


def test_a_threshold_of_several_in_one_dataset(tmp_path):
    frames = frames_of(3, 12)
    both = np.stack([frames, frames // 2], 1)
    path = nx_file(tmp_path / "e_master.h5", entry__data__data_000001=both)
    with pytest.warns(UserWarning, match="thresholds; only those of the first of 2 in data_000001"):
        run = open_run(path)
    assert all((run[i] == frames[i]).all() for i in range(3))
    assert (run.crop(1, 6) == frames[1, 3:9, 3:9]).all()
    assert run.frames.place(2)[1:] == ("/entry/data/data_000001", (3, 2, 12, 12), (2, 0))


def test_another_threshold_of_several_in_one_dataset_is_named(tmp_path):
    frames = frames_of(3, 12)
    both = np.stack([frames // 2, frames], 1)
    parts = {"entry__data__data_000001": both[:2], "entry__data__data_000002": both[2:]}
    path = nx_file(tmp_path / "e_master.h5", **parts)
    run = open_run(path, dataset="/entry/data/data_%[1]")
    assert [int((run[i] == frames[i]).all()) for i in range(len(run))] == [1, 1, 1]
    assert [run.frames.event(i) for i in range(3)] == ["000001//0", "000001//1", "000002//0"]
    with pytest.raises(ValueError, match="with a plane 2, from 0"):
        open_run(path, dataset="/entry/data/data_000001[2]")


def test_a_threshold_in_a_dataset_of_its_own(tmp_path):
    frames = frames_of(3, 12)
    both = {"entry__data__threshold_1": frames, "entry__data__threshold_2": frames // 2}
    path = nx_file(tmp_path / "e.h5", **both)
    with pytest.warns(UserWarning, match="only those of threshold_1 of threshold_1, threshold_2"):
        assert (open_run(path)[2] == frames[2]).all()
    with h5py.File(path, "r+") as file:
        file["entry/data"].attrs["signal"] = "threshold_2"
    with pytest.warns(UserWarning, match="only those of threshold_2"):
        assert (open_run(path)[2] == frames[2] // 2).all()


def test_all_entries_are_read(tmp_path):
    frames = frames_of(5, 9)
    path = nx_file(tmp_path / "t.h5", entry__data__data=frames[:3], scan2__data__data=frames[3:])
    run = open_run(path)
    assert len(run) == 5
    assert all((run[i] == frames[i]).all() for i in range(5))
    path = nx_file(tmp_path / "u.h5", entry__data__data=frames, other__data__data=frames_of(1, 4))
    with pytest.warns(UserWarning, match=r"\(4, 4\) uint16 in /other.*left out"):
        assert len(open_run(path)) == 5


# named datasets


def test_a_named_dataset(tmp_path):
    frames = frames_of(4, 70)
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["data/data"] = frames
        file["shots/10/image"], file["shots/2/image"] = frames[1], frames[0]
    with pytest.raises(ValueError, match=r"--dataset PATH\); it has data/data \(4, 70, 70\)"):
        open_run(tmp_path / "c.h5")
    assert (open_run(tmp_path / "c.h5", dataset="/data/data")[3] == frames[3]).all()
    run = open_run(tmp_path / "c.h5", dataset="/shots/%/image")
    assert [int((run[i] == frames[i]).all()) for i in range(len(run))] == [1, 1]
    for wrong in ("data/none", "/shots/%/none", "/none/%/image"):
        with pytest.raises(ValueError, match="no dataset"):
            open_run(tmp_path / "c.h5", dataset=wrong)


def test_a_named_dataset_that_is_no_image(tmp_path):
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["data/data"], file["row"] = frames_of(2, 70), np.arange(9)
    with pytest.raises(ValueError, match=r"1 dimensions.*it has data/data"):
        open_run(tmp_path / "c.h5", dataset="row")


def test_a_named_dataset_keeps_what_the_format_knows(tmp_path):
    frames = frames_of(2, 9)
    both = {"entry__data__threshold_1": frames, "entry__data__threshold_2": frames // 2}
    path = nx_file(tmp_path / "e.h5", **both)
    with h5py.File(path, "r+") as file:
        file["entry/instrument/beam/incident_wavelength"] = 1.25
    run = open_run(path, dataset="entry/data/threshold_2")  # and no warning of another threshold
    assert (run[1] == frames[1] // 2).all()
    assert run.card.wavelength == 1.25


# virtual datasets


def virtual(path, names, dataset="d"):
    layout = h5py.VirtualLayout((2 * len(names), 9, 9), "u2")
    for k, name in enumerate(names):
        layout[2 * k : 2 * k + 2] = h5py.VirtualSource(name, dataset, (2, 9, 9))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("entry_1/data_1/data", layout)
    return path


def sources(tmp_path, frames):
    for k in range(len(frames) // 2):
        with h5py.File(tmp_path / f"s{k}.h5", "w") as file:
            file["d"] = frames[2 * k : 2 * k + 2]


def test_names_that_are_counted_by_hdf5(tmp_path):
    frames = frames_of(6, 9)
    sources(tmp_path, frames)
    with h5py.File(tmp_path / "v.cxi", "w") as file:
        create, unlimited = h5py.h5p.create(h5py.h5p.DATASET_CREATE), h5py.h5s.UNLIMITED
        shown = h5py.h5s.create_simple((6, 9, 9), (unlimited, 9, 9))
        shown.select_hyperslab((0, 0, 0), (unlimited, 1, 1), (2, 9, 9), (2, 9, 9))
        create.set_virtual(shown, b"s%b.h5", b"d", h5py.h5s.create_simple((2, 9, 9)))
        group = file.create_group("entry_1/data_1").id
        space = h5py.h5s.create_simple((0, 9, 9), (unlimited, 9, 9))
        h5py.h5d.create(group, b"data", h5py.h5t.NATIVE_UINT16, space, create)
    with FileRun(tmp_path / "v.cxi") as run:
        assert len(run) == 6
        assert all((run[i] == frames[i]).all() for i in range(6))
    for k in range(3):
        (tmp_path / f"s{k}.h5").unlink()
    with pytest.raises(FileNotFoundError, match="takes frames from s%b.h5, which is missing"):
        open_run(tmp_path / "v.cxi")


def test_a_source_without_the_dataset_is_named(tmp_path):
    sources(tmp_path, frames_of(4, 9))
    with h5py.File(tmp_path / "s1.h5", "w") as file:
        file["other"] = 1
    path = virtual(tmp_path / "v.cxi", ["s0.h5", "s1.h5"])
    with pytest.raises(FileNotFoundError, match="takes frames from d of s1.h5, .*missing there"):
        open_run(path)


def test_a_link_behind_a_virtual_dataset_that_leads_nowhere_is_named(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["d"] = h5py.ExternalLink("gone.h5", "d")
    path = virtual(tmp_path / "v.cxi", ["m.h5"])
    with pytest.raises(FileNotFoundError, match="d of m.h5, which is missing there or links to a"):
        open_run(path)
    virtual(tmp_path / "m2.h5", ["gone.h5"])
    path = virtual(tmp_path / "w.cxi", ["m2.h5"], "entry_1/data_1/data")
    with pytest.raises(FileNotFoundError, match="m2.h5 takes frames from gone.h5, which is"):
        open_run(path)


# files that are not closed

WRITER = """import h5py, os, sys
import numpy as np
path, mode = sys.argv[1:]
file = h5py.File(path, "w", libver="latest" if mode != "plain" else None)
data = file.create_dataset("entry_1/data_1/data", (2, 9, 9), "u2",
                           maxshape=(None, 9, 9), chunks=(1, 9, 9))
data[:] = np.arange(162).reshape(2, 9, 9)
file.swmr_mode = mode == "swmr"
file.flush()
os._exit(9)
"""


@pytest.mark.parametrize("mode", ["plain", "swmr", "latest"])
def test_a_file_whose_writer_was_killed(tmp_path, mode):
    path = tmp_path / "k.cxi"
    writer = WRITER if mode == "swmr" else WRITER.replace("file.swmr_mode", "ignored")
    subprocess.run([sys.executable, "-c", writer, str(path), mode], check=False)
    if mode == "latest":
        with pytest.raises(ValueError, match="still writing, or that was killed.*h5clear") as told:
            open_run(path)
        assert "not an HDF5 file" not in str(told.value)
    else:
        with FileRun(path) as run:
            assert (run.growing, len(run)) == (mode == "swmr", 2)
            assert run[1][8, 8] == 161


# reads


def reads():
    text = Path("/proc/self/io").read_text(encoding="ascii")
    return int(text.split("syscr:")[1].split()[0])


@pytest.mark.skipif(not os.path.exists("/proc/self/io"), reason="Linux counts reads")
@pytest.mark.parametrize("packed", [False, True])
def test_a_frame_of_chunks_takes_few_reads(tmp_path, packed):
    frames = frames_of(6, 1000)
    with h5py.File(tmp_path / "c.cxi", "w") as file:
        options = hdf5plugin.Bitshuffle() if packed else {}
        file.create_dataset("entry_1/data_1/data", data=frames, chunks=(1, 1000, 1000), **options)
    with FileRun(tmp_path / "c.cxi") as run:
        run.crop(0)  # looks at five frames
        before = reads()
        assert all((run.crop(i) == frames[i, 138:862, 138:862]).all() for i in range(6))
        assert reads() - before <= 10 * 6


# a new format


def test_a_new_format_is_one_file(tmp_path):
    names = {path.stem for path in Path(formats.__file__).parent.glob("*.py")} - {"__init__"}
    found = {module.__name__.rpartition(".")[2] for module in
             [*formats.hdf5_formats(), *formats.image_formats().values()]}  # fmt: skip
    assert found == names
    assert [module.understands({}) for module in formats.hdf5_formats()] != []
