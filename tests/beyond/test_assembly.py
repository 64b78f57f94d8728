"""Orienting and merging: orientations are found, a merge converges, false shots spoil it."""

import numpy as np
import pytest

from sfxtutor.beyond import assembly, particles
from sfxtutor.runs.spi.particle import icosahedron
from sfxtutor.runs.spi.run import SpiRun

RADIUS = 35.0


@pytest.fixture(scope="module")
def scene():
    """A run, its rings, vectors, rotations and the expected intensities."""
    run = SpiRun(0)
    rings = particles.rings_of(run)
    vectors = assembly.bin_vectors(rings, run.card)
    rotations = assembly.random_orientations(300, seed=1)
    return run, rings, vectors, rotations, assembly.virus_slices(vectors, rotations, RADIUS)


def test_bins_lie_on_the_ewald_sphere(scene):
    run, rings, vectors, *_ = scene
    k = 20 * np.pi / run.card.wavelength
    assert np.linalg.norm(vectors + np.array([0, 0, k]), axis=1) == pytest.approx(k)
    assert np.linalg.norm(vectors, axis=1).reshape(24, 48) == pytest.approx(
        np.broadcast_to(rings.q[:, None], (24, 48))
    )


def test_the_true_orientation_is_the_most_likely_one(scene):
    _, rings, _, _, expected = scene
    rng = np.random.default_rng(0)
    light = expected[:40] * rings.pixels.ravel()
    for photons in (5e3, 1e5):  # however bright a shot is
        counted = rng.poisson(light * photons / light.sum(axis=1, keepdims=True))
        best = assembly.orient_shots(counted.reshape(40, 24, 48), rings, expected)
        assert np.mean(best == np.arange(40)) > 0.9


def test_voxels_are_those_of_an_octant_and_threefold():
    number, inside = assembly.voxels(np.array([[0.01, -0.03, 0.06], [9.0, 0, 0]]))
    assert inside.tolist() == [True, False]
    assert np.unravel_index(number[0], [assembly.VOXELS] * 3) == (0, 1, 2)
    turn = np.roll(np.eye(3), 1, axis=0)
    corners = icosahedron()[0]
    for corner in corners @ turn:
        assert np.abs(corners - corner).sum(axis=1).min() < 1e-12


def merged(scene, kinds, number):
    run, rings, vectors, rotations, expected = scene
    chosen = np.concatenate(
        [np.flatnonzero(run.kinds == kind)[:n] for kind, n in zip(kinds, number, strict=True)]
    )
    sums = rings.sums(particles.photons(run, chosen))
    best = assembly.orient_shots(sums, rings, expected)
    return assembly.r_factor(assembly.merge_shots(sums, rings, vectors, rotations[best]), RADIUS)


def test_a_perfect_intensity_has_no_error_whatever_its_unit():
    axis = assembly.STEP * (np.arange(assembly.VOXELS) + 0.5)
    q = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    truth = assembly.virus_slices(q, np.eye(3)[None], RADIUS).reshape([assembly.VOXELS] * 3)
    holes = np.where(np.random.default_rng(0).random(truth.shape) < 0.3, np.nan, 7 * truth)
    assert assembly.r_factor(holes, RADIUS) == pytest.approx(0, abs=1e-9)
    assert assembly.r_factor(truth, 30.0).min() > 0.1


def test_droplets_cost_more_than_lost_singles(scene):
    all_singles = merged(scene, ("single",), (60,)).mean()
    half = merged(scene, ("single",), (30,)).mean()
    spoiled = merged(scene, ("single", "droplet"), (60, 26)).mean()
    assert all_singles < half < spoiled
