"""A still of one crystal in the twin, with settings that a learner may change.

All physics is that of the twin (`crystal`, `detector`, `shot`); only the choice of what to change
is made here.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from ..runs.run import CROP, crop_slices
from ..runs.twin.crystal import random_rotation
from ..runs.twin.detector import light
from ..runs.twin.run import setup_of
from ..runs.twin.shot import Shot, bragg, label_of, render, visibility
from ..support.units import HC

KEV = HC / 1000  # keV Å: photon energy times wavelength
FAINT, LIT, VISIBLE = 1, 2, 3  # on the sphere, above the simulation's limit, seen by a person
START = random_rotation(np.random.default_rng(0))  # orientation at angles of 0
_PHOTONS = 1.0  # in a spot; fainter ones are not listed


@dataclass(frozen=True)
class Settings:
    """What a learner may change.

    Attributes
    ----------
    cell : tuple of 3 floats
        Edges, Å.
    energy : float
        Of the photons, keV.
    mosaicity : float
        Degrees (standard deviation).
    tilt, turn, spin : float
        Degrees about the horizontal axis, the vertical axis and the beam, in this order.
    flux : float
        Photons in the pulse, of the usual number.
    """

    cell: tuple
    energy: float
    mosaicity: float
    tilt: float = 0.0
    turn: float = 0.0
    spin: float = 0.0
    flux: float = 1.0

    @property
    def wavelength(self):
        """Å."""
        return KEV / self.energy

    @property
    def angles(self):
        """Tilt, turn and spin, degrees."""
        return (self.tilt, self.turn, self.spin)

    @property
    def rotation(self):
        """Orientation of the crystal, (3, 3), as in `bragg_spots`."""
        return Rotation.from_euler("xyz", self.angles, degrees=True).as_matrix() @ START


@dataclass(frozen=True)
class Exposure:
    """What the detector records with some settings.

    Attributes
    ----------
    crop : (724, 724) uint16 array, ADU
    spots : (n,) structured array of `SPOT`
        Reflections on the sphere, from the faintest to the brightest; y and x in pixels of the
        crop, also where they are outside it.
    kind : (n,) uint8 array
        `FAINT`, `LIT` or `VISIBLE`.
    label : str
        By the experts' rule, from the visible spots of the whole detector.
    """

    crop: np.ndarray
    spots: np.ndarray
    kind: np.ndarray
    label: str

    @property
    def seen(self):
        """The visible spots of the whole detector."""
        return self.spots[self.kind == VISIBLE]

    @property
    def y(self):
        """Rows of the visible spots, pixels of the crop."""
        return self.seen["y"]

    @property
    def x(self):
        """Columns of the visible spots, pixels of the crop."""
        return self.seen["x"]

    @property
    def lit(self):
        """Number of spots above the simulation's limit of faintness, visible or not."""
        return int(np.count_nonzero(self.kind >= LIT))

    @property
    def pictured(self):
        """The visible spots in the crop."""
        places = np.stack([self.y, self.x])
        return self.seen[((places >= -0.5) & (places < CROP - 0.5)).all(axis=0)]

    @property
    def inside(self):
        """Number of visible spots in the crop."""
        return len(self.pictured)

    @property
    def text(self):
        """Label and counts in words."""
        return (f"{self.label}: {len(self.y)} spots that a person would see, {self.inside} of them "
                f"in this picture. {self.lit} reflections are lit.")  # fmt: skip

    def find(self, hkl):
        """Number in `spots` of a reflection (3 int); None where it is not on the sphere."""
        same = np.logical_and.reduce([self.spots[n] == i for n, i in zip("hkl", hkl, strict=True)])
        return int(np.argmax(same)) if same.any() else None


def usual(name):
    """The settings of the run, to the nearest step of the sliders (the browser snaps)."""
    setup = setup_of(name)
    mosaicity = float(np.rad2deg(setup.crystal.mosaicity))
    return Settings(setup.crystal.cell, round(KEV / setup.wavelength, 2), round(mosaicity, 2))


def crop_of(setup):
    """The same setup with a detector that is the central crop alone: its background costs less."""
    rows, columns = crop_slices(setup.shape, CROP)
    center = (setup.center[0] - rows.start, setup.center[1] - columns.start)
    return replace(setup, shape=(CROP, CROP), center=center, edge=setup.edge - columns.start)


def exposure_of(name, settings):
    """One crystal in the beam, with these settings: `Exposure`.

    The crystal is as bright as the run's median one. The random numbers of the pixels are always
    the same, so that only the settings change.
    """
    setup, shot = _beam(name, settings, settings.rotation)
    spots, kind = _reflections(setup, shot)
    small = crop_of(setup)
    crop = render(small, replace(shot, edge=small.edge))
    for axis, n in zip("yx", setup.shape, strict=True):
        spots[axis] -= (n - CROP) // 2
    return Exposure(crop, spots, kind, label_of(np.count_nonzero(kind == VISIBLE)))


def visible_at(name, settings, rotation):
    """Number of spots that a person sees with that orientation, (3, 3), instead: int."""
    setup, shot = _beam(name, settings, rotation)
    spots = bragg(setup, shot)
    return int(np.count_nonzero(visibility(setup, shot, spots, light_at(setup, spots)) > 1))


def _beam(name, settings, rotation):
    """The run's setup with other settings, and its shot with one crystal."""
    setup = setup_of(name)
    crystal = replace(
        setup.crystal, cell=tuple(settings.cell), mosaicity=float(np.deg2rad(settings.mosaicity))
    )
    setup = replace(setup, crystal=crystal, wavelength=settings.wavelength)
    shot = Shot(pulse=settings.flux, wavelength=setup.wavelength, edge=setup.edge,
                crystals=((rotation, setup.brightness),),
                hot=np.empty((0, 3), int), streak=(0.0, 0.0), ice=0.0, key=1)  # fmt: skip
    return setup, shot


def _reflections(setup, shot):
    """Spots on the whole detector from the faintest to the brightest, and the kind of each."""
    spots = bragg(setup, shot, faintest=_PHOTONS)
    spots = spots[np.argsort(spots["photons"])]
    kind = np.full(len(spots), FAINT, np.uint8)
    lit = bragg(setup, shot)
    seen = lit[visibility(setup, shot, lit, light_at(setup, lit)) > 1]
    for name, some in ((LIT, lit), (VISIBLE, seen)):
        kind[np.isin(_number(spots), _number(some), kind="sort")] = name
    return spots, kind


def _number(spots):
    """One number for each reflection: (n,) int64."""
    return (spots["h"].astype(np.int64) * 4096 + spots["k"]) * 4096 + spots["l"]


def light_at(setup, spots):
    """Background at the spots, (n,) photons: for a new wavelength, faster than all of it."""
    if not len(spots):
        return np.empty(0)
    y, x = (np.rint(spots[axis]) - middle for axis, middle in zip("yx", setup.center, strict=True))
    return light(setup, y[None], x[None])[0]
