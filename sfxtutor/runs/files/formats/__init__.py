"""The formats of frames: each is a file of this folder and is found because it lies here.

A format of HDF5 files has `understands(file)`, a bool, and `find(file)`, its `Frames`; the formats
are asked in the order of their names.  A format of files with one frame or a few has `SUFFIXES`, in
lower case, and `find(paths)`.
"""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

PACKED = (".gz", ".bz2")  # behind the suffix of a packed image


def hdf5_formats():
    """The modules of the HDF5 formats, in the order in which they are asked: list."""
    return [module for module in _modules() if hasattr(module, "understands")]


def image_formats():
    """Suffix, in lower case, of files of one frame or a few -> the module that reads them: dict."""
    return {suffix: module for module in _modules() for suffix in getattr(module, "SUFFIXES", ())}


def suffix_of(path):
    """The suffix that tells the format, in lower case and without .gz or .bz2: ".cbf"."""
    path = Path(path)
    return Path(path.stem if path.suffix.lower() in PACKED else path.name).suffix.lower()


@cache
def _modules():
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [import_module(f"{__name__}.{name}") for name in names]
