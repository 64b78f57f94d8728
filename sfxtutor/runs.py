"""What a run is: frames with labels, from the twin or from a file, behind one interface.

run = open_run("LN83")                      # the twin, seed 0
run = open_run("LN83", source="cxidb")      # the real file, after `sfxtutor data fetch LN83`
run = open_run("file.h5", labels="expert_annotation.txt")
"""

import operator
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

CROP = 724  # pixels; the central square that Xie et al. 2023 keep of 1920 x 1920
LABELS = ("HIT", "MAYBE", "MISS")
TWINS = ("LN83", "LN84", "LO19")


@dataclass(frozen=True)
class Card:
    """What is known of a dataset; None where it is unknown, never a guess.

    `gain` is the variance / mean of the background noise in ADU, as DIALS' dispersion spot finder
    takes it.  It is not ADU per photon: the point spread smooths noise, which makes it smaller.
    """

    name: str
    title: str
    source: str  # "twin", "cxidb" or "file"
    licence: str | None = None
    citation: str | None = None
    address: str | None = None
    wavelength: float | None = None  # Å
    distance: float | None = None  # sample to detector, mm
    pixel: float | None = None  # mm
    beam_center: tuple[float, float] | None = None  # (y, x), pixels from 0, of the full frame
    gain: float | None = None  # variance / mean, ADU
    saturation: float | None = None  # ADU
    shape: tuple[int, int] | None = None  # (y, x), pixels
    frames: int | None = None
    assumptions: tuple[str, ...] = ()

    def __str__(self):
        units = {"wavelength": "Å", "distance": "mm", "pixel": "mm", "saturation": "ADU"}
        lines = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "assumptions":
                lines += [f"{'assumed':12} {sentence}" for sentence in value]
            elif value is None:
                lines.append(f"{field.name:12} unknown")
            else:
                lines.append(f"{field.name:12} {value} {units.get(field.name, '')}".rstrip())
        return "\n".join(lines)


_KE = "Ke et al., J. Synchrotron Rad. 25, 655 (2018), doi 10.1107/S1600577518004873"
_CC0 = "CC0: deposited data at cxidb.org are under this waiver"
_RAYONIX = (1920, 1920)
_SAMPLE = ("The sample is as far as known; the dataset does not state it.",)

# Gains: `annotation/annotation_notes` of nksauter/fv5080, the DIALS parameters behind Ke et al.
_CXIDB = {
    name: Card(
        name,
        title,
        "cxidb",
        licence=_CC0,
        citation=_KE,
        address=f"http://cxidb.org/data/76/{path}",
        gain=gain,
        shape=shape,
        frames=2000,
        assumptions=assumptions,
    )
    for name, title, path, gain, shape, assumptions in (
        (
            "LN83",
            "[NiFe] hydrogenase, LCLS, CXIDB 76",
            "ln83/r0018_2000.h5",
            0.27,
            _RAYONIX,
            _SAMPLE,
        ),
        ("LN84", "photosystem II, LCLS, CXIDB 76", "ln84/r0095_2000.h5", 0.31, _RAYONIX, _SAMPLE),
        ("LO19", "cyclophilin A, LCLS, CXIDB 76", "lo19/r0020_2000.h5", 0.19, _RAYONIX, _SAMPLE),
        ("LG36", "LG36, LCLS, CXIDB 76", "lg36/r0087_2000.h5", 15.64, None, ()),
        ("L498", "L498, LCLS, CXIDB 76", "l498/r0027_2000.h5", 4.55, None, ()),
    )
}

# The geometry of a twin is that of its simulation: `sfxtutor.simulate.TwinRun` fills it in.
_TWIN = {
    name: replace(
        _CXIDB[name],
        title=f"twin of {name}: a simulation, no measured frame",
        source="twin",
        licence="MIT, made by this package",
        address=None,
        assumptions=(
            "Wavelength, distance and beam centre are assumed (docs/twin.md): those of "
            f"{name} stand in its own file only.",
            *_SAMPLE,
        ),
    )
    for name in TWINS
}

CARDS = {"twin": _TWIN, "cxidb": _CXIDB}


def crop_slices(shape, size=CROP):
    """Rows and columns of the central square: two slices, the same pixels as `center_crop`.

    Raises
    ------
    ValueError
        If the detector is smaller than `size`.
    """
    rows, columns = shape[-2:]
    if not 1 <= size <= min(rows, columns):
        raise ValueError(
            f"Cannot crop {size} x {size} pixels from a detector of {rows} x {columns}. "
            f"Use data of a larger detector, or ask for a size from 1 to {min(rows, columns)}."
        )
    top, left = (rows - size) // 2, (columns - size) // 2
    return slice(top, top + size), slice(left, left + size)


class Run:
    """A sequence of frames with labels.  `run[i]` is frame i, from 0: (y, x) uint16, ADU.

    A subclass says how many frames there are (`__len__`) and how one is had (`_frame`), and sets
    the attributes.  Frames may be read from several threads at once.

    Attributes
    ----------
    name : str
    source : "twin", "cxidb" or "file"
    seed : int or None
    card : Card
    labels : (n,) str array of "HIT", "MAYBE", "MISS", or None
    mask : (y, x) bool array, True = good pixel, or None where every pixel is good
    fingerprint : str, changes whenever the content of a frame does
    """

    name: str
    source: str
    seed: int | None = None
    card: Card
    labels: np.ndarray | None = None
    mask: np.ndarray | None = None
    fingerprint: str

    def __len__(self):
        raise NotImplementedError

    def _frame(self, i):
        """Frame i, 0 <= i < len(self): (y, x) uint16, ADU."""
        raise NotImplementedError

    def __getitem__(self, i):
        return self._frame(self.index(i))

    def crop(self, i, size=CROP):
        """Central square of frame i: (size, size) uint16, ADU.  Reads no more than it needs."""
        frame = self[i]
        return frame[crop_slices(frame.shape, size)]

    def shot(self, i):
        """Wavelength (Å), distance (mm) and timestamp of frame i: a dict, None where unknown."""
        self.index(i)
        return {
            "wavelength": self.card.wavelength,
            "distance": self.card.distance,
            "timestamp": None,
        }

    def index(self, i):
        """Check frame number `i`, from 0, negative counted from the end; return 0 <= i < n."""
        try:
            number = operator.index(i)
        except TypeError:
            raise TypeError(
                f"A run is indexed by one frame number, got {i!r}. "
                "For several frames write [run[i] for i in range(10)]."
            ) from None
        n = len(self)
        if not -n <= number < n:
            raise IndexError(
                f"Frame {number} of {self.name} was asked for, but it has {n} frames. "
                f"Ask for 0 to {n - 1}; annotation files count from 1."
            )
        return number % n

    def __repr__(self):
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"<{self.name}: {len(self)} frames, {self.source}{seed}>"


def read_labels(path, frames):
    """Read an expert annotation: (frames,) str array of "HIT", "MAYBE" or "MISS".

    A line is `r0018_2000.h5 [1] MISS`, frame number from 1, in any order.  The lines of frames
    beyond `frames` are left out, so that the first frames of a run go with its whole annotation.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has another form, a word is unknown, a frame stands twice or is missing, or
        there are fewer labels than frames.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No annotation file {path}. Fetch labels: sfxtutor data fetch.")
    labels = {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*\S.*\[(\d+)\]\s+(\S+)\s*", line)
        if not match or match[2].upper() not in LABELS:
            raise ValueError(
                f"Line {number} of {path.name} reads {line.strip()[:60]!r}; expected "
                '"FILE [FRAME] HIT", MAYBE or MISS. Correct the line.'
            )
        frame = int(match[1])
        if frame in labels:
            raise ValueError(
                f"Frame {frame} stands twice in {path.name} (again in line {number}); expected "
                "one label a frame. Remove one."
            )
        labels[frame] = match[2].upper()
    missing = [i for i in range(1, frames + 1) if i not in labels]
    if missing:
        raise ValueError(
            f"{path.name} has {len(labels)} labels, none for frame {missing[0]}; expected one for "
            f"each of the {frames} frames. Use the annotation of this run, or open it unlabelled."
        )
    return np.array([labels[i] for i in range(1, frames + 1)], dtype="U5")


def open_run(name_or_path, *, source="twin", seed=0, labels=None, mask=None):
    """Open a run by name, from the twin or CXIDB 76, or by the path of a file: a Run.

    Parameters
    ----------
    name_or_path : str, Path or list of Path
        "LN83", "LN84", "LO19" (source "cxidb" also "LG36", "L498"), or an idh5, CXI or NeXus file,
        a CBF file, a folder of CBF files or a list of them.
    source : "twin" or "cxidb", for a name
    seed : int, of the twin
    labels : path of an annotation file (`read_labels`), optional
    mask : path (`read_mask`) or (y, x) bool array, True = good pixel, optional

    Raises
    ------
    FileNotFoundError
        If there is no such file, or the file of CXIDB 76 has not been fetched.
    ValueError
        If the name, the source, the file's format, the labels or the mask do not fit.
    """
    from .beamline.files import FileRun

    if source not in CARDS:
        raise ValueError(f'source is {source!r}; expected "twin" or "cxidb".')
    name = name_or_path.upper() if isinstance(name_or_path, str) else None
    if name in CARDS[source]:
        if source == "cxidb":
            from .beamline.fetch import open_fetched

            return open_fetched(name, labels=labels, mask=mask)
        if labels is not None or mask is not None:
            raise ValueError("The twin brings its own labels and mask. Leave both arguments out.")
        from .simulate import TwinRun

        return TwinRun(name, seed=seed)
    if name in CARDS["cxidb"]:
        raise ValueError(f'{name} has no twin (only {", ".join(TWINS)} have). Use source="cxidb".')
    if name and not Path(name_or_path).exists():
        raise FileNotFoundError(
            f"No file and no run is called {name_or_path!r}. Give the path of a file, "
            f"or one of the runs {', '.join(CARDS['cxidb'])}."
        )
    return FileRun(name_or_path, labels=labels, mask=mask)
