"""CBF: one frame a file, as Pilatus and Eiger detectors write it; packed ones by CBFlib."""

import bz2
import gzip
import re
import zlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np

from ..again import is_passing
from ..frames import ImageFrames

SUFFIXES = (".cbf",)
START = b"\x0c\x1a\x04\xd5"  # stands before the binary section
SECTION = re.compile(rb"^--CIF-BINARY-FORMAT-SECTION--\r?$", re.MULTILINE)
TYPES = {"signed 32-bit integer": "i4", "signed 16-bit integer": "i2",
         "unsigned 32-bit integer": "u4", "unsigned 16-bit integer": "u2"}  # fmt: skip
KEPT = 8  # decoded frames: those that were looked at for bad pixels are scored soon after


def find(paths):
    """One frame a CBF file; geometry from the mini-header (Pilatus, Eiger) of the first.

    Panels that have sections of their own are taken to be of one size.
    """
    content = _first(paths[0])
    header, sections = content.partition(START)[0].decode("latin-1"), len(SECTION.findall(content))
    shape, dtype = (sections < 2 and _declared(header)) or _decoded_type(paths[0])

    def value(pattern, scale=1.0):
        match = re.search(pattern, header)
        return float(match[1]) * scale if match else None

    number = r"\s*:?\s*([-+.\deE]+)"
    center = re.search(r"Beam_xy\s*\(([-+.\d]+),\s*([-+.\d]+)\)", header)
    return ImageFrames(
        [Path(path) for path in paths],
        shape,
        dtype,
        facts={
            "wavelength": value("Wavelength" + number),
            "distance": value("Detector_distance" + number, 1e3),
            "pixel": value("Pixel_size" + number, 1e3),
            "beam_center": (float(center[2]), float(center[1])) if center else None,
            "saturation": value("Count_cutoff" + number),
        },
        decode=read_cbf,
        panels=sections if sections > 1 and shape[0] % sections == 0 else None,
    )


def read_cbf(path):
    """Read one CBF file, packed by gzip or bzip2 or not: (y, x), the file's dtype, read-only.

    A file of several panels gives them one below the other.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged or no CBF, or needs CBFlib and pycbf is not installed.
    """
    state = Path(path).stat()
    return _decoded(str(path), state.st_mtime_ns, state.st_size)


class _NeedsCbflib(ValueError):
    """A sentence that is complete."""


@lru_cache(maxsize=KEPT)
def _decoded(path, _time, _size):
    try:
        content = _content(path)
        sections = len(SECTION.findall(content))
        for_fabio = sections == 0 or (sections == 1 and b"x-CBF_BYTE_OFFSET" in content)
        pixels = (_by_fabio if for_fabio else _by_cbflib)(path, content)
    except (FileNotFoundError, _NeedsCbflib):
        raise
    except Exception as error:  # fabio and CBFlib raise what their parsers raise
        if is_passing(error):
            raise
        raise ValueError(
            f"{Path(path).name} cannot be read as CBF ({error}); it is damaged or another format. "
            "Copy it again."
        ) from error
    pixels.flags.writeable = False
    return pixels


def _by_fabio(path, content):
    from fabio.cbfimage import CbfImage  # loads slowly, and few runs are CBF

    stream = BytesIO(content)
    stream.name = path
    pixels = CbfImage().read(stream).data
    if pixels is None:
        raise ValueError("it holds no image")
    return pixels


def _by_cbflib(path, content):
    """A CBF that fabio cannot read: CBF_PACKED, or panels in sections of their own."""
    try:
        import pycbf
    except ImportError as error:
        raise _NeedsCbflib(
            f"{Path(path).name} is a CBF of several panels or packed by CBF_PACKED, which only "
            'CBFlib reads. Install it: pip install "sfxtutor[cbf]".'
        ) from error
    handle = pycbf.cbf_handle_struct()
    handle.read_buffer(content, pycbf.MSG_DIGEST)
    handle.select_datablock(0)
    handle.find_category(b"array_data")
    panels = []
    for row in range(handle.count_rows()):
        handle.find_column(b"data")
        handle.select_row(row)
        panels.append(_panel(handle, b"-bit real" in content))
    if len({panel.shape[1] for panel in panels}) > 1:
        raise ValueError(f"its panels have shapes {[panel.shape for panel in panels]}")
    return np.concatenate(panels)


def _panel(handle, real):
    """The array of the selected row: (y, x); a stack of panels one below the other."""
    if handle.get_typeofvalue() != b"bnry":
        raise ValueError("it holds text where its pixels should be")
    if real:
        told, text = handle.get_realarrayparameters_wdims_fs(), handle.get_realarray_as_string()
        kind, size, fast = "f", told[2], told[5]
    else:
        told = handle.get_integerarrayparameters_wdims_fs()
        kind, size, fast = "i" if told[3] else "u", told[2], told[9]
        text = handle.get_integerarray_as_string()
    return np.frombuffer(text, f"{kind}{size}").reshape(-1, fast).copy()


def _first(path):
    """The content of the first file of a run, as far as it can be read: bytes."""
    read = []
    try:
        with _opened(path) as file:
            while piece := file.read(1 << 20):
                read.append(piece)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, FileNotFoundError):
            raise
        if not read:  # else that frame will say so, and the others are whole
            raise ValueError(
                f"{Path(path).name} cannot be read as CBF ({error}); it is damaged. Copy it again."
            ) from error
    return b"".join(read)


def _content(path):
    with _opened(path) as file:
        return file.read()


def _opened(path):
    kind = Path(path).suffix.lower()
    return {".gz": gzip.open, ".bz2": bz2.open}.get(kind, open)(path, "rb")


def _declared(header):
    """Shape and type that a header of one section names, or None."""
    fast = re.search(r"X-Binary-Size-Fastest-Dimension:\s*(\d+)", header)
    slow = re.search(r"X-Binary-Size-Second-Dimension:\s*(\d+)", header)
    kind = re.search(r'X-Binary-Element-Type:\s*"([^"]+)"', header)
    if not (fast and slow and kind and "BYTE_OFFSET" in header and kind[1] in TYPES):
        return None
    return (int(slow[1]), int(fast[1])), np.dtype(TYPES[kind[1]])


def _decoded_type(path):
    pixels = read_cbf(path)
    return pixels.shape, pixels.dtype
