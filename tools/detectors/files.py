"""Simulated frames as files such as the detectors write: NeXus NXmx, CBF, and CXI."""

from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
from fabio.cbfimage import CbfImage

from sfxtutor.support.units import HC


def write(made, folder):
    """Write frames in the format of their detector: list of paths to be opened."""
    makers = {"nxmx": write_nxmx, "cbf": write_cbf, "cxi": write_cxi}
    return makers[made.scene.detector.format](made, folder)


def write_nxmx(made, folder, frames_a_file=100):
    """A master file with the mask and the geometry, and data files with the frames: [master].

    As Dectris' file writer has it: frames in bitshuffle-LZ4, one a chunk, linked to by
    /entry/data/data_000001; a pixel mask of flags, 1 in a gap and 2 where a pixel is dead.
    """
    folder, name = Path(folder), made.scene.detector.name
    master = folder / f"{name}_master.h5"
    with h5py.File(master, "w") as file:
        entry = _group(file, "entry", "NXentry")
        entry["definition"] = "NXmx"
        data = _group(entry, "data", "NXdata")
        for part, start in enumerate(range(0, len(made), frames_a_file), 1):
            own = folder / f"{name}_data_{part:06d}.h5"
            _data_file(own, made, range(start, min(start + frames_a_file, len(made))))
            data[f"data_{part:06d}"] = h5py.ExternalLink(own.name, "/entry/data/data")
        _instrument(entry, made)
    return [master]


def _data_file(path, made, numbers):
    with h5py.File(path, "w") as file:
        group = _group(_group(file, "entry", "NXentry"), "data", "NXdata")
        _frames(group, "data", made, numbers)


def _frames(group, name, made, numbers):
    """A dataset of some frames, packed one by one."""
    detector = made.scene.detector
    shape, packed = detector.shape, hdf5plugin.Bitshuffle(cname="lz4")
    data = group.create_dataset(
        name, (len(numbers), *shape), detector.dtype, chunks=(1, *shape), **packed
    )
    for place, i in enumerate(numbers):
        data[place] = made[i]


def _instrument(entry, made):
    scene, dtype = made.scene, np.dtype(made.scene.detector.dtype)
    instrument = _group(entry, "instrument", "NXinstrument")
    _number(
        _group(instrument, "beam", "NXbeam"), "incident_wavelength", made.wavelength, "angstrom"
    )
    detector = _group(instrument, "detector", "NXdetector")
    _number(detector, "detector_distance", made.distance, "m")
    _number(detector, "x_pixel_size", made.pixel, "m")
    _number(detector, "y_pixel_size", made.pixel, "m")
    y, x = made.centre
    _number(detector, "beam_center_x", x, "pixel")
    _number(detector, "beam_center_y", y, "pixel")
    if scene.detector.kind == "counter":
        detector["bit_depth_image"] = 8 * dtype.itemsize
        detector["saturation_value"] = min(np.iinfo(dtype).max - 2, 2**24)
    flags = np.where(scene.detector.active, 2 * scene.dead, 1).astype(np.uint32)
    detector["pixel_mask"] = flags


def _group(parent, name, nx_class):
    group = parent.create_group(name)
    group.attrs["NX_class"] = nx_class
    return group


def _number(group, name, value, unit):
    group[name] = value
    group[name].attrs["units"] = unit


def write_cbf(made, folder):
    """A file a frame, byte-offset compressed, with the header of a PILATUS: list of paths."""
    return [_one_cbf(made, i, Path(folder)) for i in range(len(made))]


def _one_cbf(made, i, folder):
    y, x = made.centre
    size = f"{made.pixel:.3e} m"
    lines = (
        f"# Detector: {made.scene.detector.name}",
        f"# Pixel_size {size} x {size}",
        "# Exposure_time 0.1000000 s",
        "# Count_cutoff 1048574 counts",
        f"# Wavelength {made.wavelength:.5f} A",
        f"# Detector_distance {made.distance:.5f} m",
        f"# Beam_xy ({x:.2f}, {y:.2f}) pixels",
    )
    header = {"_array_data.header_contents": "\r\n".join(lines)}
    path = folder / f"{made.scene.detector.name}_{i + 1:05d}.cbf"
    CbfImage(data=made[i], header=header).write(str(path))
    return path


def write_cxi(made, folder):
    """A CXI file as Cheetah and EXtra-data write it, panels stacked (n, panels, y, x): [path].

    The photon energy of each shot is in eV under /LCLS; where the detector's files state a mask,
    it is 0 for a good pixel, and 1 (invalid) for others.
    """
    path = Path(folder) / f"{made.scene.detector.name}.cxi"
    with h5py.File(path, "w") as file:
        file["cxi_version"] = 150
        _frames(file, "entry_1/data_1/data", made, range(len(made)))
        file["LCLS/photon_energy_eV"] = np.full(len(made), HC / made.wavelength)
        of = file.create_group("entry_1/instrument_1/detector_1")
        for fact, value in (("distance", made.distance), ("x_pixel_size", made.pixel),
                            ("y_pixel_size", made.pixel)):  # fmt: skip
            of[fact] = value
        of["data"] = h5py.SoftLink("/entry_1/data_1/data")
        if made.mask is not None:
            file["entry_1/data_1/mask"] = (~made.mask).astype(np.uint32)
    return [path]
