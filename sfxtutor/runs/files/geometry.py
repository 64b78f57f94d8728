"""Read geometry files of CrystFEL (.geom): where the panels of a detector are.

White et al., J. Appl. Cryst. 45, 335 (2012); the format is that of crystfel_geometry(5).
"""

import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...support.units import HC
from .detector import Geometry, NamedMask, Panel, Region

UNITS = {"m": 1.0, "mm": 1e-3, "A": 1e-10, "eV": 1.0, "keV": 1e3, "MeV": 1e6, "": 1.0}
TERM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)?(?:[eE][+-]?\d+)?)([xyz])")
MASK = "data", "file", "goodbits", "badbits"  # of mask0_data and so on
LARGEST = 2**26  # pixels of a frame: more of them are a damaged file
LONGEST = 2**24  # bytes of a file


def read_geometry(path):
    """Read a geometry file of CrystFEL: a `Geometry`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged or no geometry file, or of panels that no frame of one dataset has.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no geometry file {path}. Check the path.")
    state = path.stat()
    return _read(str(path), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path, _time, size):
    name = Path(path).name
    content = b"\0" if size > LONGEST else Path(path).read_bytes()
    if b"\0" in content:
        raise ValueError(
            f"{name} is no text; expected a geometry file of CrystFEL (.geom). Give its path."
        )
    values, panels, regions = _sections(content.decode("utf-8", "replace"))
    if not panels:
        raise ValueError(
            f"{name} names no panel; expected lines such as p0/min_fs = 0, as in a geometry file "
            "of CrystFEL (.geom). Give its path."
        )
    if len({section.get("data") for section in panels.values()}) > 1:
        raise ValueError(
            f"{name} takes its panels from several datasets; expected one that holds all of them. "
            "Copy them into one, (n, panels, y, x), and name it in the geometry file."
        )
    values = {**next(iter(panels.values())), **values}  # older files have clen in the panels
    regions = tuple(_region(_Section(name, of, section), panels) for of, section in regions.items())
    panels = tuple(_panel(_Section(name, of, section)) for of, section in panels.items())
    values = _Section(name, "", values)
    geometry = Geometry(name, panels, regions, _masks(values), **_beam(values))
    if geometry.shape[0] * geometry.shape[1] > LARGEST:
        raise ValueError(
            f"{name} needs a frame of {geometry.shape[0]} x {geometry.shape[1]} pixels; expected "
            f"at most {LARGEST}. It is damaged: copy it again."
        )
    return geometry


def _sections(text):
    """What stands before a /: values of the file, dicts of values of panels, and of bad regions.

    Values without a panel hold for the panels that are first named after them.
    """
    values, panels, regions = {}, {}, {}
    for line in text.splitlines():
        key, equals, value = line.partition(";")[0].partition("=")
        key, value = key.strip(), value.strip()
        of, slash, parameter = key.rpartition("/")
        if not equals:
            continue
        if not slash:
            values[key] = value
        elif of.startswith("bad"):
            regions.setdefault(of, {})[parameter] = value
        elif not of.startswith(("group", "rigid_group")):
            panels.setdefault(of, dict(values))[parameter] = value
    return values, panels, regions


class _Section(dict):
    """Values of a panel, a bad region, or of the file itself; what is no number is a sentence."""

    def __init__(self, file, name, values):
        super().__init__(values)
        self.file, self.name = file, name

    def number(self, key, default=None, whole=False):
        """A number that has to be there, unless there is a default."""
        if key not in self and default is not None:
            return default
        try:
            number = float(self.get(key, "nothing"))
        except ValueError:
            number = np.nan
        if not np.isfinite(number) or (whole and not 0 <= number == int(number) < LARGEST):
            raise self.wrong(key, "a whole number from 0" if whole else "a number")
        return int(number) if whole else number

    def wrong(self, key, expected):
        """The error of a value: ValueError."""
        found = f"{self[key]!r}" if key in self else "nothing"
        return ValueError(
            f"{self.file} has {found} for {self.name}{'/' * bool(self.name)}{key}; expected "
            f"{expected}. Correct that line, or copy the file again."
        )


def _panel(section):
    first = tuple(section.number(key, whole=True) for key in ("min_ss", "min_fs"))
    last = tuple(section.number(key, whole=True) for key in ("max_ss", "max_fs"))
    for key, low, high in zip(("max_ss", "max_fs"), first, last, strict=True):
        if high < low:
            raise section.wrong(key, f"{low} or more, which it begins with")
    pitch = section.number("pixel_pitch", np.nan)
    resolution = section.number("res", np.nan) if "res" in section or not pitch else 1 / pitch
    if resolution <= 0:
        raise section.wrong("res", "more than 0")
    return Panel(
        section.name,
        _plane(section),
        first,
        last,
        (section.number("corner_x"), section.number("corner_y")),
        _vector(section, "fs", "x"),
        _vector(section, "ss", "y"),
        resolution,
        section.number("coffset", 0.0),
        section.number("mask_edge_pixels", 0, whole=True),
        section.get("no_index", "0").lower() not in ("0", "false"),
    )


def _plane(section):
    """The panel's number in the axis of the panels, 0 without one."""
    dims = {key: value for key, value in section.items() if re.fullmatch(r"dim\d+", key)}
    dims = {key: dims[key] for key in sorted(dims, key=lambda key: int(key[3:]))}
    planes = [key for key, value in dims.items() if value not in ("%", "ss", "fs")]
    order = [value for value in dims.values() if value in ("ss", "fs")]
    if dims and (order != ["ss", "fs"] or len(planes) > 1):
        raise section.wrong(list(dims)[-1], "one dimension for panels at most, then ss, then fs")
    return section.number(planes[0], whole=True) if planes else 0


def _vector(section, key, default):
    """A vector such as +0.99x -0.01y: (x, y, z)."""
    text, parts = re.sub(r"\s", "", section.get(key, default)), dict.fromkeys("xyz", 0.0)
    if not text or TERM.sub("", text):
        raise section.wrong(key, "a vector such as +1.0x -0.002y")
    for number, axis in TERM.findall(text):
        parts[axis] += float(f"{number}1" if number in ("", "+", "-") else number)
    if not np.isfinite(list(parts.values())).all():
        raise section.wrong(key, "finite numbers")
    return tuple(parts.values())


def _region(section, panels):
    """A bad region, all four sides of which have to be there."""
    axes = ("x", "y") if "min_x" in section or "min_y" in section else ("fs", "ss")
    low, high = (tuple(section.number(f"{end}_{axis}") for axis in axes) for end in ("min", "max"))
    if section.get("panel") not in (None, *panels):
        raise section.wrong("panel", "the name of a panel")
    return Region(axes, low, high, section.get("panel"))


def _masks(section):
    """The masks that are named, by today's keys or by those before: tuple of `NamedMask`."""
    before = dict(zip(MASK, ("mask", "mask_file", "mask_good", "mask_bad"), strict=True))
    masks = []
    for number in range(8):
        keys = {part: f"mask{number}_{part}" for part in MASK}
        if number == 0 and keys["data"] not in section:
            keys = before
        if keys["data"] in section:
            bits = (_bits(section, keys[part]) for part in MASK[2:])
            masks.append(NamedMask(section[keys["data"]], section.get(keys["file"]), *bits))
    return tuple(masks)


def _bits(section, key):
    try:
        return int(section.get(key, "0"), 0)
    except ValueError:
        raise section.wrong(key, "an integer such as 0xffff") from None


def _beam(section):
    """Distance, mm, and wavelength, Å, where they are numbers: a dict, None where unknown."""
    clen, energy, metres = (_quantity(section, k) for k in ("clen", "photon_energy", "wavelength"))
    wavelength = HC / energy if energy else metres and metres * 1e10
    return {"distance": clen and clen * 1e3, "wavelength": wavelength}


def _quantity(section, key):
    """A number in metres or eV; None where there is none, or the path of one with the frames."""
    text = section.get(key, "")
    if not text or text.startswith("/"):
        return None
    match = re.fullmatch(r"([-+.\deE]*[\d.])\s*([A-Za-z]*)", text)
    if not match or match[2] not in UNITS:
        raise section.wrong(key, "a number, perhaps with its unit, or the path of a dataset")
    value = _Section(section.file, section.name, {key: match[1]}).number(key) * UNITS[match[2]]
    return value if value > 0 else None
