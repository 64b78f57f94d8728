"""What a particle scatters: closed forms against theory and against a sum over points."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from sfxtutor.runs.spi import particle

TURNED = Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix()


def test_the_icosahedron_is_regular_and_has_the_volume_of_the_sphere():
    corners, faces = particle.icosahedron()
    assert np.ptp(np.linalg.norm(corners, axis=1)) < 1e-12
    edges = np.linalg.norm(corners[faces] - corners[np.roll(faces, 1, axis=1)], axis=-1)
    assert len(faces) == 20
    assert np.ptp(edges) < 1e-12
    assert ConvexHull(corners).volume == pytest.approx(4 / 3 * np.pi)


def test_its_amplitude_is_the_sum_over_its_points():
    hull = ConvexHull(particle.icosahedron()[0])
    side = np.linspace(-1.3, 1.3, 105)
    points = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = np.all(points @ hull.equations[:, :3].T + hull.equations[:, 3] <= 0, axis=1)
    points = points[inside]
    q = np.random.default_rng(0).normal(size=(12, 3)) * 2.5
    summed = np.cos(q @ points.T).sum(axis=1) * (side[1] - side[0]) ** 3
    assert particle.icosahedron_amplitude(q) == pytest.approx(summed, abs=0.03)


def test_directions_of_symmetry_are_no_exception():
    corners, faces = particle.icosahedron()
    for axis in (corners[0], corners[faces[0]].mean(axis=0), corners[faces[0][:2]].mean(axis=0)):
        u = 4 * axis / np.linalg.norm(axis)
        beside = particle.icosahedron_amplitude(u[None] + (0.02, -0.01, 0.01))[0]
        assert particle.icosahedron_amplitude([u])[0] == pytest.approx(beside, abs=0.03)
    assert particle.icosahedron_amplitude([[0, 0, 0]])[0] == pytest.approx(4.18879, rel=1e-4)


def test_the_table_gives_the_closed_form_at_any_size_and_orientation():
    q = np.random.default_rng(1).uniform(-0.45, 0.45, (400, 3))
    exact = 35**3 * particle.icosahedron_amplitude(35 * q @ TURNED)
    found = particle.virus(q, TURNED, 35.0)
    assert np.abs(found - exact).max() < 0.01 * 4 / 3 * np.pi * 35**3  # of the volume
    assert np.corrcoef(found, exact)[0, 1] > 0.999


def test_a_symmetry_of_the_icosahedron_changes_nothing():
    q = np.random.default_rng(2).uniform(-0.3, 0.3, (50, 3))
    fold = particle.icosahedron()[0][0]
    fifth = Rotation.from_rotvec(2 * np.pi / 5 * fold / np.linalg.norm(fold)).as_matrix()
    for turn in (fifth, -np.eye(3)):  # the second: its centre of inversion
        same = particle.virus(q, TURNED @ turn, 35.0)
        assert same == pytest.approx(particle.virus(q, TURNED, 35.0), abs=0.008 * 35**3)


def test_a_sphere_is_dark_where_its_theory_says():
    for zero in (4.4934, 7.7253, 10.9041):
        near = particle.sphere(np.array([[0, 0, zero / 35]]), 35.0)[0]
        assert abs(near) < 1e-4 * 35**3
    assert particle.sphere(np.zeros((1, 3)), 35.0)[0] == pytest.approx(
        4 / 3 * np.pi * 35**3, rel=1e-4
    )


def test_an_ellipsoid_is_a_stretched_sphere():
    q = np.random.default_rng(3).normal(size=(30, 3)) * 0.1
    ball = particle.ellipsoid(q, TURNED, np.full(3, 30.0))
    assert ball == pytest.approx(particle.sphere(q, 30.0))
    along = TURNED[:, 0] * 4.4934 / 60  # its long axis
    assert abs(particle.ellipsoid(along[None], TURNED, np.array([60.0, 20, 20]))[0]) < 2


def gyration():
    """Squared radius of gyration of the icosahedron with the volume of the unit sphere."""
    corners, faces = particle.icosahedron()
    v = corners[faces]  # tetrahedra with the middle as their fourth corner
    volumes = np.abs(np.linalg.det(v)) / 6
    squares = (v**2).sum(axis=(1, 2)) + (v.sum(axis=1) ** 2).sum(axis=1)
    return (volumes * squares / 20).sum() / volumes.sum()


def test_guinier_the_intensity_at_small_angles_gives_the_radius_of_gyration():
    u = np.linspace(0.1, 0.5, 10)
    for squared, amplitude in (
        (0.6, particle.sphere(np.outer(u / 35, TURNED[0]), 35.0)),
        (gyration(), particle.icosahedron_amplitude(np.outer(u, TURNED[0]))),
    ):
        slope = np.polyfit(u**2, np.log(amplitude**2), 1)[0]
        assert slope == pytest.approx(-squared / 3, rel=0.01)


def test_an_icosahedron_reaches_further_than_the_sphere_of_its_volume():
    assert 0.6 < gyration() < 0.62
