"""idh5_v1.0, the format of CXIDB 76."""

import numpy as np

from ..frames import name_of, number, stack, stacked, text_of


def understands(file):
    """Whether an open HDF5 file is of this format: bool."""
    return "metadata/idh5_version" in file


def find(file):
    """idh5_v1.0, the files of CXIDB 76: chunks under /data, in the order of h5py's keys."""
    meta = file["metadata"]
    version = text_of(meta["idh5_version"])
    if version != "idh5_v1.0":
        raise ValueError(f"{name_of(file)} is {version!r}; expected 'idh5_v1.0'. Convert it.")
    chunks = list(file["data"]) if "data" in file else []
    parts = [stack(file, f"data/{chunk}/images") for chunk in chunks]
    frames = stacked(file, parts)
    frames.tokens, count = chunks, len(frames)
    for name in ("wavelength", "distance", "timestamp"):
        values = [
            np.atleast_1d(file[f"data/{c}/{name}"][()])
            for c in chunks
            if f"data/{c}/{name}" in file
        ]
        if values and sum(map(len, values)) == count:
            frames.shots[name] = np.concatenate(values)
    if "title" in file.attrs:  # a file of write_idh5 says whether it is measured or simulated
        frames.facts["title"] = text_of(file.attrs["title"])
    pixel, y, x = (number(meta, key) for key in ("PIXEL_SIZE", "BEAM_CENTER_Y", "BEAM_CENTER_X"))
    frames.facts |= {
        "pixel": pixel,
        "beam_center": (y / pixel, x / pixel) if pixel and None not in (x, y) else None,
        "saturation": number(meta, "SATURATED_VALUE"),
        **{k: float(np.median(v)) for k, v in frames.shots.items() if k != "timestamp"},
    }
    lowest = number(meta, "MIN_TRUSTED_VALUE")
    if lowest is not None:
        # Rayonix files say -1 and mean that -1 itself is not trusted (dxtbx, util_rayonix).
        frames.lowest = lowest + 1 if lowest < 0 else lowest
    frames.good = _active_areas(meta, frames.shape)
    if "MASK" in meta:  # written by write_idh5 only
        frames.good = meta["MASK"][()].astype(bool)
    if "CROP_OF" in meta:  # likewise
        frames.crop_of = tuple(int(n) for n in meta["CROP_OF"])
    return frames


def _active_areas(meta, shape):
    """Good pixels by ACTIVE_AREAS (y1, x1, y2, x2 a tile), less a margin of 1, as Ke et al."""
    areas = np.ravel(meta["ACTIVE_AREAS"][()]) if "ACTIVE_AREAS" in meta else ()
    if len(areas) <= 4:
        return None
    good = np.zeros(shape, bool)
    for y1, x1, y2, x2 in np.reshape(areas, (-1, 4)):
        good[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1] = True
    return good
