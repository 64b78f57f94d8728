"""TIFF, EDF and other files of one frame or a few, which fabio reads."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from ..again import is_passing
from ..frames import ImageFrames

SUFFIXES = (".tif", ".tiff", ".edf", ".mccd", ".img")
KEPT = 8  # frames, as of CBF


def find(paths):
    """The frames of TIFF, EDF, Rayonix (.mccd) or ADSC (.img) files, in the order of the files."""
    parts = [(Path(path), k) for path in paths for k in range(_opened(path).nframes)]
    pixels = read_image(parts[0])
    return ImageFrames(parts, pixels.shape, pixels.dtype, decode=read_image)


def read_image(place):
    """The image of a place, path and number in the file: (y, x), the file's dtype, read-only."""
    path, k = place
    state = path.stat()
    return _decoded(str(path), k, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=KEPT)
def _decoded(path, k, _time, _size):
    with _opened(path) as image:
        pixels = np.array(image.getframe(k).data if image.nframes > 1 else image.data)
    if pixels.ndim != 2 or pixels.dtype.kind not in "iuf":
        raise ValueError(
            f"{Path(path).name} holds an image of shape {pixels.shape} and type {pixels.dtype}; "
            "expected one grey value a pixel. Save the raw frame."
        )
    pixels.flags.writeable = False
    return pixels


def _opened(path):
    import fabio  # loads slowly, and few runs are such files

    try:
        return fabio.open(str(path))
    except FileNotFoundError:
        raise
    except Exception as error:  # fabio raises what its parsers raise
        if is_passing(error):
            raise
        raise ValueError(
            f"{Path(path).name} cannot be read as an image ({error or type(error).__name__}); it "
            "is damaged or another format. Copy it again."
        ) from error
