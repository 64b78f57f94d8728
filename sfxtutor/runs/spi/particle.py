"""What a particle scatters: the Fourier transform of a virus, a sphere or an ellipsoid.

A shape of uniform density has the amplitude F(q), the integral of exp(i q r) over its volume, in
nm3; F(0) is the volume.  A virus is a regular icosahedron.  Its F is a sum over 20 tetrahedra, each
known in closed form; it is computed once, on a grid of u = q times the radius, and interpolated.
Sizes are radii of the sphere of the same volume, nm; q is in 1/nm.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np

from ...support.jit import compiled

GOLDEN = (1 + 5**0.5) / 2
STEP, SIDE = 0.4, 84  # of the grid in u = q R, no unit, and its points along each axis
_OFF = np.array([1.3e-3, 2.9e-3, -1.7e-3])  # in u: keeps away from directions where terms are 0 / 0


def icosahedron():
    """Corners of the icosahedron with the volume of a sphere of radius 1, and its faces.

    Returns
    -------
    corners : (12, 3) float
    faces : (20, 3) int, numbers of corners
    """
    corners = [
        np.roll((0, a, b * GOLDEN), turn) for turn in range(3) for a in (1, -1) for b in (1, -1)
    ]
    corners = np.array(corners, float)  # an edge is 2 long
    edges = np.linalg.norm(corners[:, None] - corners, axis=-1) < 2.1
    faces = [
        f for f in combinations(range(12), 3) if all(edges[a, b] for a, b in combinations(f, 2))
    ]
    volume = sum(abs(np.linalg.det(corners[list(face)])) for face in faces) / 6
    return corners * (4 / 3 * np.pi / volume) ** (1 / 3), np.array(faces)


@compiled
def _transform(us, tetrahedra, volumes):
    """Real part of the sum of the tetrahedra's transforms at each u: (n,) float64.

    One of corners v_j: 6 V times the third divided difference of exp(i x) at x_j = u v_j, which is
    the sum of exp(i x_j) / product of i (x_j - x_k) over the other corners.
    """
    found = np.zeros(len(us))
    x = np.zeros(4)
    for n in range(len(us)):
        for t in range(len(tetrahedra)):
            for j in range(4):
                x[j] = 0.0
                for axis in range(3):
                    x[j] += us[n, axis] * tetrahedra[t, j, axis]
            total = 0.0
            for j in range(4):
                product = 1.0
                for k in range(4):
                    if k != j:
                        product *= x[j] - x[k]
                total -= np.sin(x[j]) / product  # Re of exp(i x) / i**3
            found[n] += 6 * volumes[t] * total
    return found


def icosahedron_amplitude(u):
    """F of the icosahedron with the volume of the unit sphere: u (n, 3) = q R -> (n,) float64.

    It is real, since the shape has a centre of inversion.
    """
    corners, faces = icosahedron()
    tetrahedra = np.concatenate([np.zeros((20, 1, 3)), corners[faces]], axis=1)
    volumes = np.abs(np.linalg.det(corners[faces])) / 6
    return _transform(np.asarray(u, float) + _OFF, tetrahedra, volumes)


@lru_cache(maxsize=1)
def table():
    """F of the icosahedron where all three of u are 0 or more: (SIDE, SIDE, SIDE) float32.

    The rest follows from its mirror planes x = 0, y = 0 and z = 0.
    """
    axis = STEP * np.arange(SIDE)
    u = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    return icosahedron_amplitude(u).reshape(SIDE, SIDE, SIDE).astype(np.float32)


@compiled
def _look_up(grid, q, rotation, radius, amplitude):
    for n in range(len(q)):
        at, part = np.zeros(3, np.int64), np.zeros(3)
        for axis in range(3):  # of the particle: q in its own frame
            u = 0.0
            for k in range(3):
                u += rotation[k, axis] * q[n, k]
            u = abs(u) * radius / STEP
            at[axis] = min(int(u), SIDE - 2)
            part[axis] = min(u - at[axis], 1.0)
        i, j, k = at
        a, b, c = part
        front = (grid[i, j, k] * (1 - b) + grid[i, j + 1, k] * b) * (1 - c) + (
            grid[i, j, k + 1] * (1 - b) + grid[i, j + 1, k + 1] * b
        ) * c
        back = (grid[i + 1, j, k] * (1 - b) + grid[i + 1, j + 1, k] * b) * (1 - c) + (
            grid[i + 1, j, k + 1] * (1 - b) + grid[i + 1, j + 1, k + 1] * b
        ) * c
        amplitude[n] = (front * (1 - a) + back * a) * radius**3


def virus(q, rotation, radius):
    """F of a virus: q (n, 3), rotation (3, 3), radius in nm -> (n,) float64, nm3."""
    amplitude = np.empty(len(q))
    _look_up(table(), np.ascontiguousarray(q), np.ascontiguousarray(rotation), radius, amplitude)
    return amplitude


def sphere(q, radius):
    """F of a sphere: q (n, 3) -> (n,) float64, nm3; it is 0 where q R = 4.493, 7.725, ..."""
    return 4 / 3 * np.pi * radius**3 * ball(np.linalg.norm(q, axis=-1) * radius)


def ellipsoid(q, rotation, axes):
    """F of an ellipsoid: q (n, 3), rotation (3, 3), half axes (3,) nm -> (n,) float64, nm3."""
    u = np.linalg.norm((q @ rotation) * axes, axis=-1)
    return 4 / 3 * np.pi * np.prod(axes) * ball(u)


def ball(u):
    """F of a sphere over its volume, 3 (sin u - u cos u) / u**3 at u = q R >= 0; 1 at u = 0."""
    u = np.maximum(u, 1e-2)  # 1 to five digits there
    return 3 * (np.sin(u) - u * np.cos(u)) / u**3
