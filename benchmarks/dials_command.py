"""DIALS beside us: `dials.find_spots` as a user runs it, and its algorithm alone.

DIALS is no package of this Python, so both run as processes of their own.  Parameters are those of
the experts of CXIDB 76: dispersion, the gain of the run, nothing below 200 ADU, the run's mask.
"""

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from sfxtutor.runs.run import crop_slices

COMMAND, SIDE = "dials.find_spots", Path(__file__).with_name("dials_side.py")
THRESHOLD = 200  # ADU
SHORT = 2  # frames of the shorter run: the longer one less this one is free of the start-up
INSTALL = "not installed; apt-get install dials, or conda install -c conda-forge dials"
HOW = (
    "threshold.algorithm=dispersion, gain of the run, global_threshold=200, the run's mask, "
    "nproc=1, without shoeboxes in the output"
)


class Dials:
    """`dials.find_spots` on one core.

    Parameters
    ----------
    run : Run, whose gain it gets
    folder : Path, of its files

    Raises
    ------
    ImportError
        If it is not installed.
    """

    def __init__(self, run, folder):
        if shutil.which(COMMAND) is None:
            raise ImportError(INSTALL)
        self.gain, self.folder = run.card.gain, Path(folder)
        self.python = python_of(shutil.which(COMMAND))

    def version(self):
        """Such as "DIALS 3.12"."""
        said = self._run(shutil.which(COMMAND), "--version")
        return re.search(r"^DIALS \S+$", said, re.MULTILINE)[0]

    def find(self, path):
        """Find the spots of all frames of a file: seconds, start-up included."""
        threshold = "spotfinder.threshold"
        began = time.perf_counter()
        self._run(
            shutil.which(COMMAND), str(path), "nproc=1", f"{threshold}.algorithm=dispersion",
            f"{threshold}.dispersion.gain={self.gain}", "output.shoeboxes=False",
            f"{threshold}.dispersion.global_threshold={THRESHOLD}", "output.reflections=found.refl",
        )  # fmt: skip
        return time.perf_counter() - began

    def counts(self, path, frames):
        """Spots in each of the frames of a file: (frames,) int."""
        self.find(path)
        return np.array(self._side("refl", "found.refl", frames)["counts"])

    def per_frame(self, long, short, extra):
        """ms a frame of the `extra` frames by which a file is longer than a short one."""
        return 1e3 * (self.find(long) - self.find(short)) / extra

    def alone(self, path):
        """ms a frame of its algorithm alone, on frames in memory."""
        return self._side("arrays", path, self.gain, THRESHOLD)["ms"]

    def _side(self, *arguments):
        return json.loads(self._run(self.python, str(SIDE), *map(str, arguments)))

    def _run(self, *command):
        # Its Python must not see the packages of ours; and one core is one core.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            command, cwd=self.folder, env=env | {"OMP_NUM_THREADS": "1"}, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            last = (done.stderr or done.stdout).strip().split("\n")[-1]
            raise ChildProcessError(
                f"{Path(command[0]).name} failed: {last}. Run it by hand to see why."
            )
        return done.stdout


def python_of(command):
    """The Python that has DIALS: `dials.python`, else the one in the first line of its command."""
    if shutil.which("dials.python"):
        return shutil.which("dials.python")
    with open(command, "rb") as file:
        found = re.match(rb"#!\s*(\S*python\S*)", file.readline())
    if found is None:
        raise ImportError(f"{INSTALL} ({command} names no Python, and there is no dials.python)")
    return found[1].decode()


@contextmanager
def nxmx(path, run, good):
    """Write a NeXus NXmx file of stills, as dxtbx reads it: yields `append(frame)`.

    Parameters
    ----------
    path : Path
    run : Run, whose card gives the geometry
    good : (y, x) bool, True = good pixel; also says whether the frames are full ones or crops
    """
    with h5py.File(path, "w") as file:
        lay_out(file, run.card, good)
        images = file["entry/data"].create_dataset(
            "data", (0, *good.shape), "u2", maxshape=(None, *good.shape), chunks=(1, *good.shape)
        )

        def append(frame):
            images.resize(len(images) + 1, axis=0)
            images[-1] = frame

        yield append


def lay_out(file, card, good):
    """All of an NXmx file but the pixels: geometry, mask, saturation."""
    for name, kind in (
        ("entry", "NXentry"), ("entry/data", "NXdata"), ("entry/sample", "NXsample"),
        ("entry/instrument", "NXinstrument"), ("entry/instrument/beam", "NXbeam"),
        ("entry/instrument/detector", "NXdetector"),
        ("entry/instrument/detector/module", "NXdetector_module"),
        ("entry/instrument/detector/transformations", "NXtransformations"),
    ):  # fmt: skip
        file.create_group(name).attrs["NX_class"] = np.bytes_(kind)
    file["entry/definition"] = np.bytes_("NXmx")
    file["entry/data"].attrs["signal"] = np.bytes_("data")
    file["entry/sample/depends_on"] = np.bytes_(".")
    _number(file, "entry/instrument/beam/incident_wavelength", card.wavelength, "angstrom")
    detector = file["entry/instrument/detector"]
    _number(detector, "sensor_thickness", 0.04, "mm")
    detector["sensor_material"] = np.bytes_("Si")  # dxtbx does not know phosphors; no spot cares
    detector["saturation_value"], detector["underload_value"] = int(card.saturation), -1
    detector["pixel_mask"] = (~good).astype(np.uint32)
    z = f"{detector.name}/transformations/z"
    detector["depends_on"] = np.bytes_(z)
    _move(detector, "transformations/z", card.distance, (0, 0, 1), ".")
    rows, columns = crop_slices(card.shape, good.shape[0])
    corner = (
        (card.beam_center[1] - columns.start) * card.pixel,
        (card.beam_center[0] - rows.start) * card.pixel,
        0,
    )
    module = detector["module"]
    module["data_origin"], module["data_size"] = (0, 0), good.shape
    for name, direction in (("fast", (-1, 0, 0)), ("slow", (0, -1, 0))):
        axis = _move(module, f"{name}_pixel_direction", card.pixel, direction, z)
        axis.attrs["offset"], axis.attrs["offset_units"] = np.float64(corner), np.bytes_("mm")


def _number(group, name, value, unit):
    group[name] = value
    group[name].attrs["units"] = np.bytes_(unit)
    return group[name]


def _move(group, name, value, direction, after):
    """A shift by `value` mm along a direction, after another of that path."""
    shift = _number(group, name, float(value), "mm")
    shift.attrs["transformation_type"] = np.bytes_("translation")
    shift.attrs["vector"], shift.attrs["depends_on"] = np.float64(direction), np.bytes_(after)
    return shift
