"""CXI, the format of the Coherent X-ray Imaging Data Bank."""

import numpy as np

from ....support.units import HC, JOULE
from ..frames import (
    Panels,
    listing,
    millimetres,
    name_of,
    one_mask,
    stack,
    stacked,
    text_of,
    values_of,
)

# The flags of CXI (Maia, Nature Methods 9, 854, 2012) that make a pixel useless: invalid, hot,
# dead, shadowed, to be ignored, bad, missing, noisy.  Saturated, in a peak mask, outside a
# resolution range and corrected pixels hold data.
CXI_BAD = 1 | 4 | 8 | 16 | 64 | 128 | 512 | 1024
CXI_DATA = ("entry_1/data_1/data", "entry_1/instrument_1/detector_1/data", "entry_1/image_1/data")


def understands(file):
    """Whether an open HDF5 file is of this format: bool."""
    return "entry_1" in file


def find(file):
    """CXI: stacked images of the first detector, its flags, photon energy and geometry.

    A dataset of four dimensions holds panels, (n, panels, y, x), since CXI knows no thresholds; one
    of three holds one frame of panels if its `axes` begin with module_identifier.
    """
    path = next((p for p in CXI_DATA if p in file), None)
    if path is None:
        raise ValueError(
            f"{name_of(file)} is a CXI file without images; expected {' or '.join(CXI_DATA)}. "
            f"{listing(file)}"
        )
    data = stack(file, path, single=True, panels=True)
    axes = str(text_of(file[path].attrs.get("axes", "")))
    if data.ndim == 3 and axes.startswith("module_identifier"):
        data = Panels(file[path])
    frames = stacked(file, [data])
    detector = file.get("entry_1/instrument_1/detector_1", {})
    ev = values_of(file, "entry_1/instrument_1/source_1/energy") / JOULE
    if not len(ev):
        ev = values_of(file, "LCLS/photon_energy_eV")  # where Cheetah and psocake write it
    frames.set_wavelengths(HC / ev[ev > 0])
    frames.facts |= {
        "distance": millimetres(detector, "distance"),
        "pixel": millimetres(detector, "x_pixel_size"),
    }
    flags = next(
        (
            file[p]
            for p in (path[:-4] + "mask", path[:-4] + "mask_shared", CXI_DATA[1][:-4] + "mask")
            if p in file
        ),
        None,
    )
    frames.good = one_mask(flags, frames, name_of(file), _unflagged)
    if "source/p_hit" in file:  # a file of hits says what stands for no data in its sources
        attributes = file["source"].attrs
        frames.flags = tuple(np.ravel(attributes.get("flag", ())).tolist())
        frames.lowest = attributes.get("lowest")
    return frames


def _unflagged(flags):
    return flags.astype(np.int64) & CXI_BAD == 0
