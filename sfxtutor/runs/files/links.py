"""Whether the files and datasets behind a virtual dataset are there.

HDF5 gives zeros, and no error, where one of them is missing.
"""

import re
from pathlib import Path

import h5py


def check_sources(data, seen=()):
    """Raise a sentence if a virtual dataset shows what is not there; others pass.

    Parameters
    ----------
    data : h5py.Dataset
    seen : tuple of (file, dataset) that led here

    Raises
    ------
    FileNotFoundError
        If a file, or the dataset in it, is missing.
    """
    if not data.is_virtual:
        return
    here = Path(data.file.filename)
    for name, dataset in {(s.file_name, s.dset_name) for s in data.virtual_sources()}:
        for path in [here] if name == "." else _files(here.parent, name):
            if path is None or not path.exists():
                wanted = name.replace("%%", "%")
                raise FileNotFoundError(
                    f"{here.name} takes frames from {wanted}, which is missing; expected it in the "
                    "same folder. Copy it there."
                )
            place = (path, dataset.replace("%%", "%"))
            if place not in seen and not re.search(r"%\d*b", dataset):
                _check_dataset(here.name, *place, (*seen, place))


def _files(folder, name):
    """The files that a name stands for: a % is doubled, %b counts them from 0; [None] if none."""
    if not re.search(r"(?<!%)(?:%%)*%\d*b", name):
        return [folder / name.replace("%%", "%")]
    pattern = re.sub(r"%\d*b", "[0-9]*", name).replace("%%", "%")
    return sorted((folder / pattern).parent.glob(Path(pattern).name)) or [None]


def _check_dataset(shown_by, path, dataset, seen):
    try:
        with _source(path) as file:
            data = file.get(dataset)
            if not isinstance(data, h5py.Dataset):  # not there, or a link to a file that is not
                raise FileNotFoundError(
                    f"{shown_by} takes frames from {dataset} of {path.name}, which is missing "
                    "there or links to a file that is missing. Copy the file again, with those "
                    "that it links to."
                )
            check_sources(data, seen)
    except FileNotFoundError:
        raise
    except OSError:  # damaged, or being written: reading its frames will say so
        return


def _source(path):
    try:
        return h5py.File(path, "r", locking=False)
    except OSError:
        return h5py.File(path, "r", locking=False, swmr=True)
