"""Packed frames unpacked without HDF5 between: the same pixels, and its errors where it fails."""

import struct

import h5py
import hdf5plugin
import numpy as np
import pytest

from sfxtutor.runs.files import chunks
from sfxtutor.runs.files.chunks import whole_frame
from sfxtutor.runs.files.frames import stacked

PACKED = hdf5plugin.Bitshuffle(cname="lz4")


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        yield file


def frames_of(shape, kind, seed=0):
    return np.random.default_rng(seed).poisson(2, shape).astype(kind)


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i4", "f4", "f8", ">u2"])
@pytest.mark.parametrize("shape", [(3, 64, 80), (2, 37, 53), (2, 1, 5), (1, 512, 1030)])
def test_the_same_pixels_as_by_hdf5(file, shape, kind):
    frames = frames_of(shape, kind)
    data = file.create_dataset("data", data=frames, chunks=(1, *shape[1:]), **PACKED)
    for i in range(shape[0]):
        frame = whole_frame(data, i)
        np.testing.assert_array_equal(frame, frames[i])
        assert frame.dtype == data.dtype
    last = stacked(file, [data]).read(shape[0] - 1, slice(0, 1), slice(1, None))
    np.testing.assert_array_equal(last, frames[-1, :1, 1:])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (1, 40, 50), "compression": "gzip"},
        {"chunks": (1, 40, 50), **hdf5plugin.Bitshuffle(cname="zstd")},
        {"chunks": (1, 40, 50), "fletcher32": True, **PACKED},
        {"chunks": (2, 40, 50), **PACKED},
        {"chunks": (1, 20, 50), **PACKED},
    ],
)
def test_what_is_packed_in_another_way_is_left_to_hdf5(file, options):
    frames = frames_of((2, 40, 50), "u4")
    data = file.create_dataset("data", data=frames, **options)
    assert whole_frame(data, 1) is None
    np.testing.assert_array_equal(stacked(file, [data]).read(1), frames[1])


def test_a_frame_that_was_not_written_is_what_hdf5_says(file):
    data = file.create_dataset("data", (3, 40, 50), "u2", chunks=(1, 40, 50), fillvalue=7, **PACKED)
    data[0] = frames_of((40, 50), "u2")
    assert whole_frame(data, 2) is None
    assert (stacked(file, [data]).read(2) == 7).all()


def test_a_chunk_written_without_the_filter_is_left_to_hdf5(file):
    frame = frames_of((40, 50), "u2")
    data = file.create_dataset("data", (1, 40, 50), "u2", chunks=(1, 40, 50), **PACKED)
    data.id.write_direct_chunk((0, 0, 0), frame.tobytes(), filter_mask=1)
    assert whole_frame(data, 0) is None


def damaged(chunk, how):
    if how == "cut":
        return chunk[:-9]
    if how == "long":
        return chunk + b"\0"
    if how == "another size":
        return struct.pack(">Q", 12) + chunk[8:]
    if how == "no block":
        return chunk[:8] + bytes(4) + chunk[12:]
    if how == "a long block":
        return chunk[:12] + struct.pack(">I", 2**31) + chunk[16:]
    return chunk[:16] + b"\xff" * 60 + chunk[76:]  # no LZ4


HOW = ["cut", "long", "another size", "no block", "a long block", "no LZ4"]


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_chunk_is_not_unpacked(file, how):
    frames = frames_of((1, 400, 500), "u4")
    data = file.create_dataset("data", data=frames, chunks=(1, 400, 500), **PACKED)
    chunk = data.id.read_direct_chunk((0, 0, 0))[1]
    data.id.write_direct_chunk((0, 0, 0), damaged(chunk, how))
    assert whole_frame(data, 0) is None
    data.id.write_direct_chunk((0, 0, 0), chunk)
    np.testing.assert_array_equal(whole_frame(data, 0), frames[0])


def test_without_the_function_hdf5_reads(file, monkeypatch):
    frames = frames_of((2, 40, 50), "u4")
    data = file.create_dataset("data", data=frames, chunks=(1, 40, 50), **PACKED)
    monkeypatch.setattr(chunks, "unpacker", lambda: None)
    assert whole_frame(data, 0) is None
    np.testing.assert_array_equal(stacked(file, [data]).read(1), frames[1])
