"""CBF: one frame a file, as Pilatus and Eiger detectors write it."""

import re
from pathlib import Path

from .frames import Frames


class CbfFrames(Frames):
    """Where the raw frames of a run lie in CBF files: `parts` are their paths, one a frame."""

    def __post_init__(self):
        self.ends = list(range(1, len(self.parts) + 1))

    def part_of(self, i):
        return i, None

    def source(self, k):
        return self.parts[k], None, None

    def read(self, i, rows=slice(None), columns=slice(None)):
        return read_cbf(self.parts[i]).data[rows, columns]


def find_cbf(paths):
    """One frame a CBF file; geometry from the mini-header (Pilatus, Eiger) of the first."""
    image = read_cbf(paths[0])
    header = str(image.header.get("_array_data.header_contents", ""))

    def value(pattern, scale=1.0):
        match = re.search(pattern, header)
        return float(match[1]) * scale if match else None

    number = r"\s*:?\s*([-+.\deE]+)"
    center = re.search(r"Beam_xy\s*\(([-+.\d]+),\s*([-+.\d]+)\)", header)
    return CbfFrames(
        [Path(path) for path in paths],
        image.data.shape,
        image.data.dtype,
        facts={
            "wavelength": value("Wavelength" + number),
            "distance": value("Detector_distance" + number, 1e3),
            "pixel": value("Pixel_size" + number, 1e3),
            "beam_center": (float(center[2]), float(center[1])) if center else None,
            "saturation": value("Count_cutoff" + number),
        },
        lowest=0,  # photon counters write -1 and -2 where there is no data
    )


def read_cbf(path):
    """Read one CBF file: a fabio image.  ValueError where it is damaged or no CBF."""
    from fabio.cbfimage import CbfImage  # loads slowly, and few runs are CBF

    try:
        return CbfImage().read(str(path))
    except FileNotFoundError:
        raise
    except Exception as error:  # fabio raises what its parsers raise
        raise ValueError(
            f"{Path(path).name} cannot be read as CBF ({error}); it is damaged or another format. "
            "Copy it again."
        ) from error
