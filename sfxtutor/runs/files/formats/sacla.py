"""SACLA: a group tag-N for each shot, with one image, as its data converter writes for CrystFEL."""

import re

import numpy as np

from ....support.units import HC
from ..frames import number, stack, stacked

TAG = re.compile(r"tag-\d+$")


def understands(file):
    """Whether an open HDF5 file is of this format: bool."""
    return any(TAG.match(name) for name in file)


def find(file):
    """The image of each tag-N, in the order of N; wavelength of the shot, pixel size."""
    tags = sorted((name for name in file if TAG.match(name)), key=lambda name: int(name[4:]))
    frames = stacked(file, [stack(file, f"{tag}/data", single=True) for tag in tags])
    frames.tokens = tags
    energies = [number(file[tag], "photon_energy_ev") for tag in tags]
    if all(energies):
        frames.set_wavelengths(HC / np.array(energies))
    micrometres = number(file, "metadata/pixelsize_in_micro_meter")
    frames.facts["pixel"] = None if micrometres is None else micrometres / 1e3
    return frames
