"""Reciprocal space about one still: lattice points, the Ewald sphere, the detector, and a camera.

Vectors are (x, y, z) in 1/Å from the origin of the lattice: x along the detector's columns, y down
its rows, z along the beam. The sphere of radius 1/wavelength has its centre at z = -1/wavelength.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

PLANE = 1.15  # of the detector from the centre of the sphere, in radii: just behind the origin
_LOW = 1200  # lattice points shown about the origin
_PARALLELS, _MERIDIANS = range(15, 180, 15), range(0, 360, 30)  # degrees, of the sphere's grid


@dataclass(frozen=True)
class Camera:
    """A parallel view of reciprocal space.

    Attributes
    ----------
    yaw, pitch : float
        Degrees: 0 and 0 look along the beam, yaw 90 looks across it, pitch looks down.
    focus : float
        What is in the middle, along the beam from the origin, in radii of the sphere.
    extent : float
        From the middle to the edge, in radii.
    """

    yaw: float
    pitch: float
    focus: float
    extent: float

    @property
    def matrix(self):
        """Rows: where right, down and away from the viewer point, (3, 3)."""
        a, b = np.deg2rad([self.yaw, self.pitch])
        across = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        down = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        return down @ across

    def place(self, points, radius):
        """Points (n, 3) in 1/Å on the picture, (n, 2): right and down from the middle, 1 its edge.

        `radius` is the sphere's, 1/Å.
        """
        seen = (points - [0, 0, self.focus * radius]) @ self.matrix.T
        return seen[:, :2] / (self.extent * radius)


CAMERAS = {
    "oblique": Camera(50, 18, -0.35, 1.3),
    "side": Camera(90, 0, -0.4, 1.3),
    "beam": Camera(0, 0, 0, 1.05),
    "close": Camera(50, 18, 0, 0.16),
}


def reciprocal(cell, rotation):
    """The vectors a*, b* and c* of an orthorhombic cell (Å): rows of (3, 3), 1/Å."""
    return (rotation / np.asarray(cell, float)).T


@lru_cache
def low_order(cell):
    """The lattice points about the origin, without it: (n, 3) int16, hkl, n about 1,200.

    `cell` is a tuple of three edges, Å.
    """
    limit = (3 * _LOW / (4 * np.pi * np.prod(cell))) ** (1 / 3)  # 1/Å
    edges = [np.arange(-int(limit * edge), int(limit * edge) + 1) for edge in cell]
    hkl = np.stack(np.meshgrid(*edges, indexing="ij"), axis=-1).reshape(-1, 3)
    length = np.linalg.norm(hkl / np.asarray(cell, float), axis=1)
    return hkl[(length <= limit) & (length > 0)].astype(np.int16)


def off_sphere(points, wavelength):
    """Distance of points (n, 3) to the Ewald sphere, (n,), 1/Å: positive outside it."""
    return np.linalg.norm(points - _centre(wavelength), axis=1) - 1 / wavelength


def on_detector(points, wavelength):
    """Where the rays from the sphere's centre through points (n, 3) meet the detector: (n, 3)."""
    centre = _centre(wavelength)
    ray = points - centre
    return centre + ray * (PLANE / wavelength / ray[:, 2:])


def _centre(wavelength):
    """The centre of the Ewald sphere, (3,), 1/Å."""
    return np.array([0, 0, -1 / wavelength])


def wires(setup, crop):
    """The lines of the view as (kind, (n, 3) array) in radii of the sphere.

    Kinds are "sphere", "detector", "crop" (its part in the picture) and "beam"; `crop` is the
    `Setup` of that part.
    """
    round_, half = np.deg2rad(np.arange(0, 361, 7.5)), np.deg2rad(np.arange(0, 181, 7.5))
    lines = [
        ("sphere", _on_sphere(np.full_like(round_, np.deg2rad(angle)), round_))
        for angle in _PARALLELS
    ]
    lines += [
        ("sphere", _on_sphere(half, np.full_like(half, np.deg2rad(angle)))) for angle in _MERIDIANS
    ]
    lines += [("detector", _edge(setup)), ("crop", _edge(crop))]
    return [*lines, ("beam", np.array([[0, 0, -2.5], [0, 0, PLANE - 1]]))]


def _on_sphere(away, about):
    """Points at an angle from the beam's direction and one about it, radians."""
    sine = np.sin(away)
    return np.stack([sine * np.cos(about), sine * np.sin(about), np.cos(away) - 1], axis=1)


def _edge(setup):
    """The edge of a detector as its pixels see it from the crystal, brought to the plane."""
    top, left = -0.5 - np.array(setup.center)
    bottom, right = np.array(setup.shape) - 0.5 - np.array(setup.center)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
    edge = corners * setup.pixel / setup.distance * PLANE
    return np.column_stack([edge, np.full(5, PLANE - 1)])
