"""Open whatever holds a run: an HDF5 file of a format that we know, or CBF files."""

import re
from pathlib import Path

import h5py

from . import cxi, idh5, nexus
from .cbf import find_cbf
from .frames import name_of

# Asked in this order; each has `understands(file)`.
FORMATS = {idh5: idh5.find_idh5, cxi: cxi.find_cxi, nexus: nexus.find_nxmx}


def open_frames(path):
    """The open HDF5 file (None for CBF), its Frames, and the paths it was opened by."""
    if isinstance(path, h5py.File):
        return path, find_frames(path), [Path(str(path.filename))]
    if isinstance(path, (list, tuple)):
        paths = [Path(p) for p in path]
    elif Path(path).is_dir():
        paths = sorted((p for p in Path(path).iterdir() if p.suffix == ".cbf"), key=_natural)
    else:
        paths = [Path(path)]
    if not paths:
        raise FileNotFoundError(f"{path} holds no CBF file. Give a file, or a folder of .cbf.")
    missing = [p for p in paths if not p.is_file()]
    if missing:
        raise FileNotFoundError(f"There is no file {missing[0]}. Check the path.")
    if all(p.suffix == ".cbf" for p in paths):
        return None, find_cbf(paths), paths
    if len(paths) > 1:
        raise ValueError(
            f"Got {len(paths)} files, not all .cbf; expected one HDF5 file or a list "
            "of CBF files. Open the HDF5 files one by one."
        )
    file = _open_hdf5(paths[0])
    try:
        return file, find_frames(file), paths
    except Exception as error:
        file.close()
        if isinstance(error, (ValueError, FileNotFoundError)):
            raise  # a sentence of the formats
        raise ValueError(
            f"{paths[0].name} cannot be read ({error}); it is damaged. Copy or fetch it again."
        ) from error


def find_frames(file):
    """Recognise the format of an open HDF5 file and find its frames: a Frames."""
    for format, find in FORMATS.items():
        if format.understands(file):
            return find(file)
    raise ValueError(
        f"{name_of(file)} holds {', '.join(file) or 'nothing'}; expected idh5_v1.0 (metadata, "
        "data), CXI (entry_1) or NeXus NXmx (entry). Convert it to one of these."
    )


def _open_hdf5(path):
    try:
        # Reading needs no lock, and cluster file systems often have none.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "truncated" in str(error):
            raise ValueError(
                f"{path.name} is cut short ({path.stat().st_size} bytes; {error}). "
                "Copy or fetch it again."
            ) from error
        with path.open("rb") as file:
            start = file.read(8)
        raise ValueError(
            f"{path.name} is not an HDF5 file (it begins with {start!r}); expected "
            "idh5, CXI, NeXus (.h5, .cxi, .nxs) or CBF (.cbf)."
        ) from error


def _natural(path):
    """Sort key that puts frame_2 before frame_10."""
    return [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", path.name)]
