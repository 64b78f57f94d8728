"""NeXus NXmx: what Eiger, Jungfrau and Pilatus detectors write, often a master file with links."""

import re
import warnings
from itertools import chain

import h5py

from ..frames import (
    Panels,
    Plane,
    listing,
    millimetres,
    name_of,
    number,
    one_mask,
    stack,
    stacked,
    text_of,
    values_of,
)

THRESHOLDS = 4  # at most, of a detector that counts above several at once (EIGER2, PILATUS4)


def understands(file):
    """Whether an open HDF5 file is of this format: bool."""
    return bool(_entries(file))


def find(file):
    """NeXus NXmx: data_000001 ... (links to other files) or data, and the detector's facts.

    Of several entries the frames follow one another; the facts are those of the first.

    A dataset of four dimensions holds the panels of a detector, (n, panels, y, x), or the counts
    above several thresholds.  They are panels where an NXdetector_module has a `data_origin` of
    three numbers, and thresholds where there is a `threshold_energy`, or an NXdetector_channel, for
    each.  Where the file says neither, up to four planes of integers are thresholds, all else is
    panels.  A dataset of three dimensions is one frame of panels if the modules say so.
    """
    entry, parts, names = _all_parts(file)
    instrument = _child(entry, "NXinstrument", "instrument") or {}
    detector = _child(instrument, "NXdetector", "detector") or {}
    beam = (
        _child(instrument, "NXbeam", "beam")
        or _child(entry.get("sample") or {}, "NXbeam", "beam")
        or {}
    )
    frames = stacked(file, parts)
    frames.tokens = names
    specific = detector.get("detectorSpecific") or {}
    frames.set_wavelengths(values_of(beam, "incident_wavelength"))
    y, x = number(detector, "beam_center_y"), number(detector, "beam_center_x")
    distance = millimetres(detector, "detector_distance")
    frames.facts |= {
        "distance": millimetres(detector, "distance") if distance is None else distance,
        "pixel": millimetres(detector, "x_pixel_size"),
        "beam_center": None if None in (x, y) or frames.panel else (y, x),
        "saturation": number(detector, "saturation_value"),
    }
    flags = detector.get("pixel_mask", specific.get("pixel_mask"))
    frames.good = one_mask(flags, frames, name_of(file), lambda flags: flags == 0)
    frames.lowest = number(detector, "underload_value")
    return frames


def _all_parts(file):
    """The first entry with frames, the stacks of all entries that are like its, and their names."""
    found, first, error = [], None, None
    for entry in _entries(file):
        try:
            parts, names = _parts(file, entry, _detector(entry))
        except ValueError as problem:
            error = error or problem
            continue
        first = first or (entry, parts[0])
        if (parts[0].shape[-2:], parts[0].dtype) == (first[1].shape[-2:], first[1].dtype):
            found.append((entry, parts, names))
        else:
            warnings.warn(
                f"{name_of(file)} has frames of {parts[0].shape[-2:]} {parts[0].dtype} in "
                f"{entry.name}, beside {first[1].shape[-2:]} {first[1].dtype} in {first[0].name}; "
                f"those in {entry.name} are left out. Name them by --dataset to read them instead.",
                stacklevel=2,
            )
    if first is None:
        raise error
    if len(found) == 1:
        return found[0]
    names = [
        f"{entry.name.lstrip('/')}/{name or 'data'}"
        for entry, parts, names in found
        for name, _ in zip(names or [None] * len(parts), parts, strict=True)
    ]
    return first[0], list(chain.from_iterable(parts for _, parts, _ in found)), names


def _detector(entry):
    return _child(_child(entry, "NXinstrument", "instrument") or {}, "NXdetector", "detector") or {}


def _parts(file, entry, detector):
    """The stacks of frames of an entry, and the names of them where there are several."""
    for holder in [*_of_class(entry, "NXdata"), entry.get("data") or {}, detector, entry]:
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
            return [_stack(file, holder, name, detector) for name in there], there
        if (name := _signal(holder)) is not None:
            return [_stack(file, holder, name, detector, single=True)], None
    raise ValueError(
        f"{name_of(file)} is a NeXus file without images; expected data_000001 or data in "
        f"{entry.name}. Give the master file if this is another. {listing(file)}"
    )


def _stack(file, holder, name, detector, single=False):
    """The dataset of that name: all panels of it, or its first threshold."""
    path, modules = f"{holder.name}/{name}", _are_modules(detector)
    data = stack(file, path, single, panels=True)
    if isinstance(data, Panels) and not modules and _are_thresholds(data.data, detector):
        _tell_threshold(
            file,
            f"the first of {data.data.shape[1]} in {name}",
            f"Name another one by --dataset '{holder.name}/data_%[1]' if its noise is lower; if "
            f"they are panels, name them all: --dataset {path}.",
        )
        return Plane(data.data, 0)
    return Panels(data) if modules and data.ndim == 3 and not isinstance(data, Panels) else data


def _are_modules(detector):
    """Whether a module of the detector says that panels have an axis of their own."""
    modules = _of_class(detector, "NXdetector_module")
    return any(len(values_of(module, "data_origin")) == 3 for module in modules)


def _are_thresholds(data, detector):
    """Whether the planes of a dataset of four dimensions are thresholds, by the rule of `find`."""
    planes, specific = data.shape[1], detector.get("detectorSpecific") or {}
    channels = _of_class(detector, "NXdetector_channel")
    stated = max(
        len(channels),
        *(len(values_of(group, "threshold_energy")) for group in (detector, specific)),
    )
    counts = planes <= THRESHOLDS and data.dtype.kind in "iu"
    return planes > 1 and (stated == planes or counts)


def _signal(holder):
    """The name of the one dataset of images in a group, or None."""
    thresholds = sorted(name for name in holder if re.fullmatch(r"threshold_\d+", name))
    stated = text_of(holder.attrs.get("signal")) if isinstance(holder, h5py.Group) else None
    for name in (stated, "data", *thresholds):
        data = holder.get(name) if isinstance(name, str) else None
        if isinstance(data, h5py.Dataset) and data.ndim >= 2:
            if len(thresholds) > 1 and name in thresholds:
                _tell_threshold(
                    holder.file,
                    f"{name} of {', '.join(thresholds)}",
                    "Name another dataset by --dataset PATH if its noise is lower.",
                )
            return name
    return None


def _tell_threshold(file, which, advice):
    warnings.warn(
        f"{name_of(file)} counts photons above several thresholds; only those of {which} are "
        f"read. {advice}",
        stacklevel=2,
    )


def _there(group, name):
    try:
        return isinstance(group[name], h5py.Dataset)
    except (KeyError, OSError):
        return False


def _target(group, name):
    return getattr(group.get(name, getlink=True), "filename", name)


def _entries(file):
    """The NXentry groups of an open HDF5 file; "entry" where none is called one."""
    groups = _of_class(file, "NXentry")
    other = file.get("entry")
    return groups or ([other] if isinstance(other, h5py.Group) else [])


def _of_class(group, nx_class):
    """The subgroups of that NX_class."""
    return [item for item in _groups(group) if text_of(item.attrs.get("NX_class")) == nx_class]


def _groups(group):
    """The subgroups; links that lead nowhere are left out."""
    return [item for item in map(group.get, group) if isinstance(item, h5py.Group)]


def _child(group, nx_class, name):
    """The first subgroup of that NX_class, or of that name, or None."""
    return next(iter(_of_class(group, nx_class)), None) or (group.get(name) if group else None)
