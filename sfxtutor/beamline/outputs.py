"""What is written of a complete screening: CSV, Parquet, lists of events, a file of the hits.

Each file gets its name when it is complete.
"""

import csv
import os
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from .formats import HC, JOULE

COLUMNS = ("file", "frame", "p_hit", "is_hit", "status")


@dataclass(frozen=True)
class Row:
    """What became of one frame (from 0; None for a file that could not be opened)."""

    number: int  # of the file in the list, from 0
    file: str
    frame: int | None
    p: float | None
    is_hit: bool | None
    status: str

    @property
    def values(self):
        """The values of `COLUMNS`: frame from 1."""
        frame = None if self.frame is None else self.frame + 1
        return self.file, frame, self.p, self.is_hit, self.status


def write_csv(path, rows):
    """A line a frame: file, frame (from 1), p_hit, is_hit (0 or 1), status."""
    with _complete(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for file_name, frame, p, is_hit, status in (row.values for row in rows):
            score = ("", "") if p is None else (f"{p:.5f}", int(is_hit))
            writer.writerow((file_name, "" if frame is None else frame, *score, status))


def write_parquet(path, rows, size=100_000):
    """The same columns: string, int32, float32, bool, string; null where there is no value."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    types = (pa.string(), pa.int32(), pa.float32(), pa.bool_(), pa.string())
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)))
    rows = iter(rows)
    with _complete(path) as partial, ParquetWriter(partial, schema) as writer:
        while part := [row.values for row in islice(rows, size)]:
            columns = zip(*part, strict=True)
            arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def write_events(path, rows, runs):
    """A list for CrystFEL's `indexamajig -i`: a line a frame, the file and its event.

    The event is `part//n`, n from 0, as the geometry file's `data = /data/%/images` asks, `//n`
    for one stack of frames, and nothing for a file of one (White, Acta Cryst. D75, 219, 2019).
    """
    with _complete(path) as partial, open(partial, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(f"{row.file} {runs[row.number].event(row.frame)}".rstrip() + "\n")


def write_hits(path, rows, runs, copy=False):
    """A CXI file of chosen frames; their pixels stay in their files, in a virtual dataset.

    Beside the frames stand source/{file, frame (from 1), p_hit, is_hit}.  Frames that no virtual
    dataset can show (CBF), and all of them with `copy`, are copied and packed.

    Parameters
    ----------
    path : path
    rows : list of Row
    runs : Inputs, or a dict of number to FileRun, all of one shape and type (`check_alike`)
    copy : bool
    """
    first = next(iter(runs))
    size, dtype = (len(rows), *runs[first].card.shape), runs[first].dtype
    places = [runs[row.number].place(row.frame) for row in rows]
    with _complete(path) as partial, h5py.File(partial, "w") as file:
        detector = file.create_group("entry_1/instrument_1/detector_1")
        file["entry_1/data_1"] = detector
        if rows and not copy and all(dataset for _, dataset, _, _ in places):
            file.create_virtual_dataset("entry_1/data_1/data", _layout(path, places, size, dtype))
        else:
            _copy(detector, rows, runs, size, dtype)
        _describe(detector, runs[first])
        _tell_sources(file, rows, runs)


def check_alike(kinds):
    """Raise ValueError if there are several (shape, type) of frames."""
    if len(kinds) > 1:
        raise ValueError(
            f"The files hold frames of {', '.join(f'{s} {t}' for s, t in sorted(kinds))}; expected "
            "one shape and type for one file of hits. Screen them apart, or leave out --hits."
        )


def _layout(path, places, size, dtype):
    """The virtual dataset that shows these places."""
    layout = h5py.VirtualLayout(size, dtype)
    for k, (name, dataset, shape, index) in enumerate(places):
        source = h5py.VirtualSource(_seen_from(path, name), dataset, shape)
        layout[k] = source if index is None else source[index]
    return layout


def _seen_from(path, name):
    """The name by which the file of hits finds it: relative below its folder, so both can move."""
    folder, name = Path(path).resolve().parent, Path(name).resolve()
    return str(name.relative_to(folder) if name.is_relative_to(folder) else name)


def _copy(group, rows, runs, size, dtype):
    chunks = (1, *size[1:]) if rows else None
    packing = hdf5plugin.Bitshuffle() if rows else {}
    stack = group.create_dataset("data", size, dtype, chunks=chunks, **packing)
    for k, row in enumerate(rows):
        stack[k] = runs[row.number].raw(row.frame)


def _describe(detector, run):
    """What is known of the detector, in the units of CXI: metres."""
    for name, millimetres in (
        ("distance", run.card.distance),
        ("x_pixel_size", run.card.pixel),
        ("y_pixel_size", run.card.pixel),
    ):
        if millimetres is not None:
            detector[name] = millimetres / 1e3
    if run.mask is not None:
        detector["mask"] = np.where(run.mask, 0, 1).astype(np.uint16)  # 1: CXI_PIXEL_INVALID


def _tell_sources(file, rows, runs):
    """Of each frame: file, frame, score, photon energy."""
    source = file.create_group("source")
    source["file"] = np.array([row.file for row in rows], dtype=h5py.string_dtype())
    source["frame"] = np.array([row.frame + 1 for row in rows], np.int32)
    source["p_hit"] = np.array([row.p for row in rows], np.float32)
    source["is_hit"] = np.array([row.is_hit for row in rows], bool)
    wavelength = [runs[row.number].shot(row.frame)["wavelength"] for row in rows]
    if rows and None not in wavelength:
        file["entry_1/instrument_1/source_1/energy"] = HC / np.array(wavelength) * JOULE


@contextmanager
def _complete(path):
    """A temporary path that becomes `path` at the end, and is removed where something fails."""
    path = Path(path)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
