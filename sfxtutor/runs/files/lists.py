"""What is to be read, of what a user names: folders, patterns, lists of files and of events."""

import json
import re
from glob import glob, has_magic
from pathlib import Path

from .formats import image_formats, suffix_of

HDF5 = (".h5", ".hdf5", ".cxi", ".nxs", ".nx5", ".hdf")
PART = re.compile(r"_data_\d+$")  # of a master file, which shows its frames


def expand(names):
    """The files that names stand for, and the events that were asked for in each.

    A folder of HDF5 files stands for them, one of images is a run of its own; a pattern stands for
    the files that fit it; a list (.lst, .txt) for those in its lines, each perhaps with a `//n` or
    `part//n` of CrystFEL, n from 0, and then for these frames alone; a .expt of DIALS for the
    images it names, or for those of their frames whose numbers (from 0) it has.

    Parameters
    ----------
    names : list of str or Path

    Returns
    -------
    list of (path, list of events, str, or numbers, int) or, for all frames, of (path, None)
    """
    return [pair for name in names for pair in _gathered(_named(str(name)))]


def _gathered(named):
    """The pairs of one name: the events of a file in one list."""
    found = {}
    for path, event in named:
        if event is None:
            found[path] = None
        elif found.setdefault(path, []) is not None:
            found[path].append(event)
    return list(found.items())


def _named(name):
    """Yield the (path, event or None) that one name stands for."""
    path = Path(name)
    suffix = path.suffix.lower()
    if path.is_dir():
        yield from ((inside, None) for inside in _in_folder(path) or [name])
    elif path.is_file() and suffix in (".lst", ".txt"):
        yield from _in_list(path)
    elif path.is_file() and suffix == ".expt":
        yield from _in_experiments(path)
    elif has_magic(name) and not path.exists():
        yield from ((inside, None) for inside in sorted(glob(name), key=natural) or [name])
    else:
        yield name, None


def _in_folder(folder):
    """The HDF5 files of a folder without images, those alone that no master file shows."""
    inside = sorted((p for p in folder.iterdir() if p.is_file()), key=natural)
    if any(suffix_of(p) in image_formats() for p in inside):
        return None
    masters = {p.stem.removesuffix("_master") for p in inside if p.stem.endswith("_master")}
    parts = {p for p in inside if PART.search(p.stem) and PART.sub("", p.stem) in masters}
    return [str(p) for p in inside if p.suffix.lower() in HDF5 and p not in parts]


def _in_list(path):
    """Yield (path, event or None) of each line; a path is seen from here, or from the list."""
    try:
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError as error:
        raise ValueError(f"{path} cannot be read as a list of files ({error}).") from error
    lines = [line.strip() for line in lines]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines or any("\0" in line for line in lines):
        raise ValueError(
            f"{path.name} lists no file; expected a path in each line, perhaps with an event of "
            "CrystFEL (//3). Write one."
        )
    for line in lines:
        name, event = line, None
        if (match := re.fullmatch(r"(.+?)\s+(\S*//\d*)", line)) and not Path(line).exists():
            name, event = match[1], match[2]
        yield _seen_from(path, name), event


def _seen_from(path, name):
    """A name in a list: a path from here or, where there is none, from the list, if it is there."""
    beside = path.parent / name
    return name if Path(name).exists() or not beside.exists() else str(beside)


def _in_experiments(path):
    """Yield (path, event or None) of the images that a .expt of DIALS names."""
    try:
        sets = json.loads(path.read_text(encoding="utf-8"))["imageset"]
        named = [pair for images in sets for pair in _images_of(images)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path.name} is no list of experiments of DIALS ({error!r} is missing or wrong); "
            "expected its image sets. Name the image files themselves."
        ) from error
    for name, number in dict.fromkeys(named):
        fitting = _numbered(path, name) if "#" in name else []
        yield from ((inside, number) for inside in fitting or [_seen_from(path, name)])


def _numbered(path, template):
    """The files that a template, with # for digits, stands for, seen from here or from the list."""
    pattern = re.sub(r"#+", "[0-9]*", template)
    return sorted(glob(pattern) or glob(str(path.parent / pattern)), key=natural)


def _images_of(images):
    """Yield (path or template, None or number from 0) of an image set: of a file, some numbers."""
    names = [str(name) for name in images.get("images") or [images["template"]]]
    numbers = [int(number) for number in images.get("single_file_indices") or []]
    names *= len(numbers) if len(names) == 1 and numbers else 1
    yield from zip(names, numbers or [None] * len(names), strict=True)


def natural(path):
    """Sort key that puts frame_2 before frame_10."""
    return [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", Path(path).name)]
