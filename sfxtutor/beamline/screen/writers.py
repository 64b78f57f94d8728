"""What is written of a complete screening: CSV, Parquet, lists of events, a file of the hits.

Each file gets its name when it is complete.
"""

import csv
import warnings
from itertools import islice
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from ...support.disk import atomic_write
from ...support.units import HC, JOULE
from ..model.score import COLUMNS

NAMES = {"encoding": "utf-8", "errors": "surrogateescape"}  # files are called what they are called
LINKED = 200  # files that a virtual dataset may need at once: HDF5 keeps them all open


def write_csv(path, rows):
    """A line a frame: file, frame (from 1), p_hit, is_hit (0 or 1), status."""
    with atomic_write(path) as partial, open(partial, "w", newline="", **NAMES) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for file_name, frame, p, is_hit, status in (row.values for row in rows):
            score = ("", "") if p is None else (f"{p:.5f}", int(is_hit))
            writer.writerow((file_name, "" if frame is None else frame, *score, status))


def write_parquet(path, rows, size=100_000):
    """The same columns: string, int32, float64, bool, string; null where there is no value."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    types = (pa.string(), pa.int32(), pa.float64(), pa.bool_(), pa.string())
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)))
    rows = iter(rows)
    with atomic_write(path) as partial, ParquetWriter(partial, schema) as writer:
        while part := [row.values for row in islice(rows, size)]:
            columns = zip(*part, strict=True)
            arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def write_events(path, rows, runs):
    """A list for CrystFEL's `indexamajig -i`: a line a frame, the file and its event.

    The event is `part//n`, n from 0, as the geometry file's `data = /data/%/images` asks, `//n`
    for one stack of frames, and nothing for a file of one (White, Acta Cryst. D75, 219, 2019).
    """
    with atomic_write(path) as partial, open(partial, "w", **NAMES) as file:
        for row in rows:
            run = runs[row.number]
            name, dataset, *_ = run.frames.place(row.frame)
            # CBF: a frame is a file of its own, perhaps in the folder that was named
            file.write(
                f"{row.file} {run.frames.event(row.frame)}".rstrip() if dataset else str(name)
            )
            file.write("\n")


def write_hits(path, rows, runs, copy=False):
    """A CXI file of chosen frames; their pixels stay in their files, in a virtual dataset.

    Panels that have an axis of their own keep it: (n, panels, y, x).  Beside the frames stand
    source/{file, frame (from 1), p_hit, is_hit}.  Frames that no virtual dataset can show (CBF, or
    of more than 200 files), and all of them with `copy`, are copied and packed; one that cannot be
    read is left out with a warning.

    Parameters
    ----------
    path : path
    rows : list of Row
    runs : Inputs, or a dict of number to FileRun, all of one shape and type (`check_alike`)
    copy : bool
    """
    first = next(iter(runs))
    shape, dtype = runs[first].frames.stored, runs[first].frames.dtype
    places = [runs[row.number].frames.place(row.frame) for row in rows]
    linked = all(dataset for _, dataset, _, _ in places) and len({p[0] for p in places}) <= LINKED
    with atomic_write(path) as partial, h5py.File(partial, "w") as file:
        detector = file.create_group("entry_1/instrument_1/detector_1")
        axes = ["experiment_identifier", "module_identifier", "y", "x"]
        file["entry_1/data_1"] = detector
        if rows and linked and not copy:
            layout = _layout(path, places, (len(rows), *shape), dtype)
            detector.create_virtual_dataset("data", layout)
        else:
            rows = _copy(detector, rows, runs, shape, dtype)
        detector["data"].attrs["axes"] = ":".join(axes if len(shape) == 3 else axes[:1] + axes[2:])
        _describe(detector, runs, sorted({row.number for row in rows}) or [first])
        _tell_sources(file, rows, runs)


def is_hits(path):
    """Whether a file is one of `write_hits`."""
    try:
        with h5py.File(path, "r", locking=False) as file:
            return "source/p_hit" in file
    except OSError:
        return False


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
    seen = name.relative_to(folder) if name.is_relative_to(folder) else name
    return str(seen).replace("%", "%%")  # HDF5 takes a single one for a pattern


def _copy(group, rows, runs, shape, dtype):
    """Copy the frames, packed; the rows of those that could be read."""
    options = {"maxshape": (None, *shape), "chunks": (1, *shape), **hdf5plugin.Bitshuffle()}
    stack, copied = group.create_dataset("data", (0, *shape), dtype, **options), []
    for row in rows:
        try:
            frame = runs[row.number].frames.read(row.frame)
        except (OSError, RuntimeError, ValueError) as error:  # damaged beyond its central crop
            warnings.warn(f"Frame {row.frame + 1} of {row.file} is left out of the hits: {error}",
                          stacklevel=4)  # fmt: skip
            continue
        stack.resize(len(copied) + 1, axis=0)
        stack[len(copied)] = frame.reshape(shape)
        copied.append(row)
    return copied


def _describe(detector, runs, numbers):
    """What the files agree on: distance and pixel, metres; a pixel is good if it is so in all."""
    known, good = {"distance": set(), "pixel": set()}, None
    for run in (runs[number] for number in numbers):
        for name, values in known.items():
            values.add(getattr(run.card, name))
        if run.mask is not None:
            good = run.mask if good is None else good & run.mask
    for name, of in (
        ("distance", "distance"),
        ("x_pixel_size", "pixel"),
        ("y_pixel_size", "pixel"),
    ):
        if len(known[of]) == 1 and None not in known[of]:
            detector[name] = next(iter(known[of])) / 1e3
    if good is not None:
        bad = np.where(good, 0, 1).astype(np.uint16)  # 1: CXI_PIXEL_INVALID
        detector["mask"] = bad.reshape(runs[numbers[0]].frames.stored)


def _tell_sources(file, rows, runs):
    """Of each frame: file, frame, score, photon energy."""
    source = file.create_group("source")
    for row in rows[:1]:
        source.attrs.update(runs[row.number].no_data.known())
    source["file"] = np.array([row.file for row in rows], dtype=h5py.string_dtype())
    source["frame"] = np.array([row.frame + 1 for row in rows], np.int32)
    source["p_hit"] = np.array([row.p for row in rows], np.float32)
    source["is_hit"] = np.array([row.is_hit for row in rows], bool)
    wavelength = [runs[row.number].shot(row.frame)["wavelength"] for row in rows]
    if rows and None not in wavelength:
        file["entry_1/instrument_1/source_1/energy"] = HC / np.array(wavelength) * JOULE
