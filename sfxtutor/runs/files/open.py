"""Open whatever holds a run: an HDF5 file of a format that we know, or images of one frame each."""

import re
import warnings
from pathlib import Path

import h5py

from .formats import hdf5_formats, image_formats, suffix_of
from .frames import Plane, listing, name_of, stack, stacked
from .links import check_sources
from .lists import natural

NAMES = "idh5, CXI, NeXus or SACLA (.h5, .cxi, .nxs) or images ({})"


def open_frames(path, dataset=None):
    """The open HDF5 file (None for images), its Frames, and the paths it was opened by.

    `dataset` names the frames in an HDF5 file, where no format does or another is wanted; a % in it
    stands for any part of a name, as in CrystFEL's geometry files, and [1] behind it for the second
    plane of a dataset (n, planes, y, x), such as a threshold.  Else, four dimensions are panels.
    """
    if isinstance(path, h5py.File):
        return path, find_frames(path, dataset), [Path(str(path.filename))]
    paths = _paths(path)
    missing = [p for p in paths if not p.is_file()]
    if missing:
        raise FileNotFoundError(f"There is no file {missing[0]}. Check the path.")
    suffixes = {suffix_of(p) for p in paths}
    if suffixes <= set(image_formats()):
        if len(suffixes) > 1:
            raise ValueError(
                f"Got images of several kinds ({', '.join(sorted(suffixes))}); expected one. Open "
                "each kind as a run of its own."
            )
        if dataset is not None:
            raise ValueError(
                f"{paths[0].name} is an image and has no dataset {dataset}. Leave --dataset out."
            )
        return None, image_formats()[suffixes.pop()].find(paths), paths
    if len(paths) > 1:
        raise ValueError(
            f"Got {len(paths)} files, not all .cbf; expected one HDF5 file or a list of images, "
            f"such as CBF files. Open the HDF5 files one by one."
        )
    file = _open_hdf5(paths[0])
    try:
        return file, find_frames(file, dataset), paths
    except Exception as error:
        file.close()
        if isinstance(error, (ValueError, FileNotFoundError)):
            raise  # a sentence of the formats
        raise ValueError(
            f"{paths[0].name} cannot be read ({error}); it is damaged. Copy or fetch it again."
        ) from error


def find_frames(file, dataset=None):
    """Recognise the format of an open HDF5 file and find its frames: a Frames."""
    if dataset is not None:
        return _named(file, dataset)
    for format in hdf5_formats():
        if format.understands(file):
            return format.find(file)
    raise ValueError(
        f"{name_of(file)} holds {', '.join(list(file)[:8]) or 'nothing'}; expected idh5_v1.0 "
        f"(metadata, data), CXI (entry_1), NeXus NXmx (entry) or SACLA (tag-N). {listing(file)}"
    )


def _paths(path):
    """The files that hold a run, of one path or a list."""
    if isinstance(path, (list, tuple)):
        return [Path(p) for p in path]
    if not Path(path).is_dir():
        return [Path(path)]
    known = image_formats()
    inside = [p for p in Path(path).iterdir() if suffix_of(p) in known]
    if not inside:
        raise FileNotFoundError(
            f"{path} holds no CBF file and no other image ({', '.join(known)}). Give a file, or a "
            "folder of images."
        )
    return sorted(inside, key=natural)


def _named(file, dataset):
    """The frames of a named dataset, with what the file's format knows of its detector."""
    path, plane = re.fullmatch(r"(.*?)(?:\[(\d+)\])?", dataset, re.DOTALL).groups()
    if "%" not in path:
        tokens, paths = None, [path] if isinstance(file.get(path), h5py.Dataset) else []
    else:
        head, _, tail = path.partition("%")
        tokens = _standing_for_any(file, head, tail)
        paths = [f"{head}{token}{tail}" for token in tokens]
    if not paths:
        raise ValueError(f"{name_of(file)} has no dataset that fits {path}. {listing(file)}")
    frames = stacked(file, [_stack(file, path, plane) for path in paths])
    frames.tokens = tokens
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are of the frames that the format would read
            known = find_frames(file)
    except (ValueError, OSError):
        return frames
    if known.shape == frames.shape:
        frames.facts, frames.good, frames.lowest = known.facts, known.good, known.lowest
    return frames


def _standing_for_any(file, head, tail):
    """What % stands for between the two parts of a path: 2 before 10."""
    folder, _, start = head.rpartition("/")
    group = file.get(folder or "/")
    names = group if isinstance(group, h5py.Group) else ()
    fitting = [name for name in names if name.startswith(start) and f"{name}{tail}" in group]
    return [name[len(start) :] for name in sorted(fitting, key=natural)]


def _stack(file, path, plane):
    """The dataset of that path, or a plane (text of its number) of one (n, planes, y, x)."""
    if plane is None:
        return stack(file, path, single=True, panels=True)
    data = file[path]
    if getattr(data, "ndim", 0) != 4 or int(plane) >= data.shape[1]:
        raise ValueError(
            f"{path} of {name_of(file)} has shape {getattr(data, 'shape', None)}; expected (n, "
            f"planes, y, x) with a plane {plane}, from 0. Name another one."
        )
    check_sources(data)
    return Plane(data, int(plane))


def _open_hdf5(path):
    """The file, open for reading, also while a writer that allows it (SWMR) goes on."""
    try:
        # Reading needs no lock, and cluster file systems often have none.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "truncated" in str(error):
            raise ValueError(
                f"{path.name} is cut short ({path.stat().st_size} bytes; {error}). "
                "Copy or fetch it again."
            ) from error
        if h5py.is_hdf5(path):
            return _open_written(path, error)
        with path.open("rb") as file:
            start = file.read(8)
        kinds = NAMES.format(", ".join(image_formats()))
        raise ValueError(
            f"{path.name} is not an HDF5 file (it begins with {start!r}) and its name not that of "
            f"an image; expected {kinds}. Convert it, or correct the name."
        ) from error


def _open_written(path, problem):
    """A file that its writer has not closed, or was killed before it did."""
    try:
        return h5py.File(path, "r", locking=False, swmr=True)
    except OSError as error:
        raise ValueError(
            f"{path.name} is an HDF5 file that a program is still writing, or that was killed "
            f"before it closed it ({problem}). Wait until it is closed; if nothing writes it any "
            "more, mark a copy as closed: h5clear -s COPY."
        ) from error
