"""Open a run, whichever its source: the one place that knows both the twin and the files.

Each is imported when it is asked for: the twin brings SciPy and Numba along, the files HDF5.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .annotations import write_labels
from .datasets import CARDS, READING
from .run import Run


def open_run(
    name_or_path: str | Path | Sequence[str | Path], *, source: str = "twin", seed: int = 0,
    reading: str = READING, labels: str | Path | None = None,
    mask: str | Path | np.ndarray | None = None, dataset: str | None = None,
    geometry: str | Path | None = None,
) -> Run:  # fmt: skip
    """Open a run by name, from the twin or CXIDB 76, or by the path of a file: a Run.

    Parameters
    ----------
    name_or_path : str, Path or list of Path
        "LN83", "LN84", "LO19", "LG36", "L498", or "PR772" (single particles, the twin alone); or an
        idh5, CXI, NeXus or SACLA file, an image (CBF, TIFF, EDF), a folder of images or a list.
    source : "twin" or "cxidb", for a name
    seed : int, of the twin
    reading : "2016" or "2018", of the twin's geometry and sample delivery (docs/twin.md)
    labels : path of an annotation file (`read_labels`), optional
    mask : path (`read_mask`) or (y, x) bool array, True = good pixel, optional
    dataset : str, path of the frames in an HDF5 file, optional: where no format names them
    geometry : path of a geometry file of CrystFEL (.geom), optional: its bad regions join the mask

    Raises
    ------
    FileNotFoundError
        If there is no such file, or the file of CXIDB 76 has not been fetched.
    ValueError
        If the name, the source, the file's format, the labels, the mask or the geometry do not fit.
    """
    if source not in CARDS:
        raise ValueError(f'source is {source!r}; expected "twin" or "cxidb".')
    name = name_or_path.upper() if isinstance(name_or_path, str) else None
    if name == "PR772" and source == "twin":
        from .spi.run import SpiRun

        return SpiRun(seed)
    if name in CARDS[source]:
        if source == "cxidb":
            from .files.fetch import open_fetched

            return open_fetched(name, labels=labels, mask=mask)
        if labels is not None or mask is not None:
            raise ValueError("The twin brings its own labels and mask. Leave both arguments out.")
        from .twin.run import TwinRun

        return TwinRun(name, seed, reading)
    if name and not Path(name_or_path).exists():
        raise FileNotFoundError(
            f"No file and no run is called {name_or_path!r}. Give the path of a file, "
            f"or one of the runs {', '.join(CARDS['cxidb'])}."
        )
    from .files.run import FileRun

    return FileRun(name_or_path, labels=labels, mask=mask, dataset=dataset, geometry=geometry)


def simulate_run(name, path=None, frames=None, crop=False, seed=0, progress=True):
    """Write a twin run and its annotation beside it; return both Paths.

    `path` is NAME_twinSEED.h5 in the working folder if None; the annotation's name ends in
    `_annotation.txt`.  The other arguments are those of `write_idh5`.
    """
    from .files.write import write_idh5

    run = open_run(name, seed=seed)
    path = Path(path or f"{run.name}_twin{seed}.h5")
    write_idh5(run, path, frames, crop, progress)
    labels = path.with_name(f"{path.stem}_annotation.txt")
    return path, write_labels(run, labels, frames, file=path.name)
