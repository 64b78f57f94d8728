"""Write a run, or its first frames, as an idh5_v1.0 file with the experts' kind of annotation."""

import os
from pathlib import Path

import h5py
import numpy as np
from tqdm.auto import tqdm

from ...support.disk import check_space
from ...support.errors import disk_error
from ..run import CROP, Run, crop_slices


def write_idh5(
    run: Run, path: str | Path, frames: int | None = None, crop: bool = False, progress: bool = True
) -> Path:
    """Write the first frames of a run as an idh5_v1.0 file, and return its Path.

    The file is written as `path`.part and renamed at the end; after a break, the same call goes on
    where it stopped.  Frames are stored unpacked, as in CXIDB 76, so that a crop of one can be read
    alone.  Beyond idh5_v1.0 it may hold /metadata/MASK (y, x; 1 = good), /metadata/CROP_OF (the
    detector's shape, of a central crop), and the title of the run as an attribute.

    Parameters
    ----------
    run : Run
    path : str or Path
    frames : int, optional, the first so many; all if None
    crop : bool, keep only the central 724 x 724 pixels, the beam centre shifted with them
    progress : bool, show a bar

    Raises
    ------
    FileExistsError
        If there is a file of that name.
    ValueError
        If the run has fewer frames, or smaller ones, than asked for.
    OSError
        If the disk is full or not to be written; what is written so far is kept for the next call.
    """
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists. Choose another name, or delete it first.")
    count = len(run) if frames is None else frames
    if not 1 <= count <= len(run):
        raise ValueError(
            f"{count} frames were asked for; {run.name} has {len(run)}. Ask for 1 to {len(run)}."
        )
    shape = tuple(run.card.shape or run[0].shape)
    if crop:
        crop_slices(shape)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _resume(part, f"{run.fingerprint} {count} {crop}") as file:
            images = file.get("data/run_0000/images")
            if images is None:
                images = _lay_out(file, run, count, shape, crop)
            start = int(file.attrs["written"])
            check_space(path, (count - start) * images[0].nbytes)
            for i in tqdm(
                range(start, count),
                initial=start,
                total=count,
                unit="frame",
                desc=path.name,
                disable=not progress,
            ):
                images[i] = run.crop(i) if crop else run[i]
                for name, value in run.shot(i).items():
                    if name in images.parent and value is not None:
                        images.parent[name][i] = value
                file.attrs["written"] = i + 1
                file.flush()
        os.replace(part, path)
    except ConnectionError:
        raise  # from the server that the frames come from
    except OSError as error:
        raise disk_error(error, path) from error
    return path


def _resume(part, key):
    """Open the half-written file of the same content, or a new one: h5py.File to write to."""
    try:
        file = h5py.File(part, "r+")
        if file.attrs.get("key") == key:
            return file
        file.close()
    except OSError:
        pass  # none there, or broken off in the middle of a write
    file = h5py.File(part, "w")
    file.attrs["key"] = key
    return file


def _lay_out(file, run, count, shape, crop):
    """Write all but the pixels; return the dataset for these, (n, y, x) uint16."""
    card, mask, center, title = run.card, run.mask, run.card.beam_center, run.card.title
    size = shape
    if crop:
        rows, columns = crop_slices(shape)
        size = (CROP, CROP)
        mask = None if mask is None else mask[rows, columns]
        center = center and (center[0] - rows.start, center[1] - columns.start)
        title += f", central crop of {shape[0]} x {shape[1]}"
    pixel = card.pixel
    meta = {
        "idh5_version": np.bytes_("idh5_v1.0"),
        "PIXEL_SIZE": pixel,
        "BEAM_CENTER_X": center and pixel and center[1] * pixel,
        "BEAM_CENTER_Y": center and pixel and center[0] * pixel,
        "SIZE1": size[1],
        "SIZE2": size[0],
        "MIN_TRUSTED_VALUE": -1,
        "SATURATED_VALUE": int(card.saturation or 65535),
        "ACTIVE_AREAS": np.array([0, 0, *size]),
        "CROP_OF": np.array(shape) if crop else None,
        "MASK": None if mask is None else mask.astype(np.uint8),
    }
    for name, value in meta.items():
        if value is not None:
            file[f"metadata/{name}"] = value
    file.attrs["title"] = title
    file.attrs["written"] = 0
    chunk = file.create_group("data/run_0000")
    for name, value in run.shot(0).items():
        if value is not None:
            chunk.create_dataset(name, (count,), "S32" if name == "timestamp" else "f8")
    return chunk.create_dataset("images", (count, *size), np.uint16)
