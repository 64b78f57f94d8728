"""NeXus NXmx: what Eiger, Jungfrau and Pilatus detectors write, often a master file with links."""

import re
import warnings

import h5py
import numpy as np

from .frames import millimetres, name_of, number, stack, stacked, text_of, values_of


def find_entry(file):
    """The NXentry group of an open HDF5 file, or None."""
    return _child(file, "NXentry", "entry")


def understands(file):
    """Whether an open HDF5 file is of this format: bool."""
    return find_entry(file) is not None


def find_nxmx(file):
    """NeXus NXmx: data_000001 ... (links to other files) or data, and the detector's facts."""
    entry = find_entry(file)
    instrument = _child(entry, "NXinstrument", "instrument") or {}
    detector = _child(instrument, "NXdetector", "detector") or {}
    beam = (
        _child(instrument, "NXbeam", "beam")
        or _child(entry.get("sample") or {}, "NXbeam", "beam")
        or {}
    )
    parts, names = _nxmx_parts(file, entry, detector)
    frames = stacked(file, parts)
    frames.tokens = names
    specific = detector.get("detectorSpecific") or {}
    frames.set_wavelengths(values_of(beam, "incident_wavelength"))
    y, x = number(detector, "beam_center_y"), number(detector, "beam_center_x")
    distance = millimetres(detector, "detector_distance")
    frames.facts |= {
        "distance": millimetres(detector, "distance") if distance is None else distance,
        "pixel": millimetres(detector, "x_pixel_size"),
        "beam_center": None if None in (x, y) else (y, x),
        "saturation": number(detector, "saturation_value"),
    }
    flags = detector.get("pixel_mask", specific.get("pixel_mask"))
    if flags is not None:
        frames.good = flags[()].reshape(flags.shape[-2:]) == 0
    frames.lowest = number(detector, "underload_value")
    if frames.lowest is None and flags is None and frames.dtype.kind == "i":
        frames.lowest = 0  # a photon counter: -1 and -2 mark gaps and dead pixels
    if frames.dtype.kind == "u":
        # Dectris marks gaps by the largest number of the type, in 8 and 16 bit too.
        largest = np.iinfo(frames.dtype).max
        frames.flag = largest if (frames.facts["saturation"] or 0) < largest else None
    return frames


def _nxmx_parts(file, entry, detector):
    """The stacks of frames, and the names of them where there are several."""
    holders = [
        item
        for item in entry.values()
        if isinstance(item, h5py.Group) and text_of(item.attrs.get("NX_class")) == "NXdata"
    ]
    for holder in [*holders, entry.get("data") or {}, detector, entry]:
        names = sorted(name for name in holder if re.fullmatch(r"data_\d+", name))
        if names:
            there = [name for name in names if _there(holder, name)]
            lost = [_target(holder, name) for name in names if name not in there]
            if lost:
                sentence = (
                    f"{name_of(file)} links to {len(names)} data files, {len(lost)} of them"
                    f" missing (first {lost[0]}); expected all in the same folder."
                )
                if not there or there != names[: len(there)]:
                    raise FileNotFoundError(f"{sentence} Copy them there.")
                # An aborted run: its master names files that were never written.
                warnings.warn(f"{sentence} The frames before them are read.", stacklevel=2)
            return [stack(file, f"{holder.name}/{name}") for name in there], there
        if isinstance(holder.get("data"), h5py.Dataset):
            return [stack(file, f"{holder.name}/data", single=True)], None
    raise ValueError(
        f"{name_of(file)} is a NeXus file without images; expected data_000001 or data in "
        f"{entry.name}. Give the master file, or check that the images were saved."
    )


def _there(group, name):
    try:
        return isinstance(group[name], h5py.Dataset)
    except (KeyError, OSError):
        return False


def _target(group, name):
    return getattr(group.get(name, getlink=True), "filename", name)


def _child(group, nx_class, name):
    """The first subgroup of that NX_class, or of that name, or None."""
    groups = [item for item in group.values() if isinstance(item, h5py.Group)]
    classed = (g for g in groups if text_of(g.attrs.get("NX_class")) == nx_class)
    return next(classed, None) or (group.get(name) if group else None)
