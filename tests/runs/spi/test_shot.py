"""A shot and its frame against theory: photons, Poisson's law, Friedel's law, fringes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from sfxtutor.runs.spi.detector import Detector
from sfxtutor.runs.spi.particle import ball
from sfxtutor.runs.spi.shot import (
    ELECTRON_RADIUS,
    KINDS,
    Part,
    Setup,
    Shot,
    background,
    draw,
    expected,
    expose,
    scattered,
)

WHOLE = Setup(detector=Detector(gap=0, hole=0))
DARK = replace(WHOLE, flat=0.0, halo=0.0)
SETUP = Setup()


def ball_of(radius):
    return (Part("ellipsoid", np.full(3, float(radius)), np.eye(3), np.zeros(3)),)


def virus_of(radius, seed=0):
    part = draw(
        replace(SETUP, radius=radius, radius_spread=0.0), np.random.default_rng(seed), "single"
    )
    return part.parts


def test_the_photons_of_a_sphere_are_its_cross_section():
    fluence, radius = 1e5, 35.0
    electrons = SETUP.density * 4 / 3 * np.pi * radius**3
    k = 2 * np.pi / 0.775
    edge = WHOLE.detector.q_of(50)

    def ring(q):  # unpolarised at these small angles: d(solid angle) = 2 pi q dq / k**2
        return ball(q * radius) ** 2 * 2 * np.pi * q / k**2

    theory = fluence * ELECTRON_RADIUS**2 * electrons**2 * quad(ring, 0, edge, limit=200)[0]
    photons = scattered(DARK, ball_of(radius), fluence)
    inside = WHOLE.detector.radius[WHOLE.detector.mask] <= 50
    assert photons[inside].sum() == pytest.approx(theory, rel=0.01)


def test_fringes_of_a_sphere_lie_where_tan_x_is_x():
    photons = WHOLE.detector.frame(scattered(DARK, ball_of(35), 1e5))
    away = np.arange(6, 60)
    line = np.array([photons[np.abs(WHOLE.detector.radius - r) < 0.5].mean() for r in away])
    dark = away[1:-1][(line[1:-1] < line[:-2]) & (line[1:-1] < line[2:])]
    zeros = [
        brentq(lambda x: np.tan(x) - x, n * np.pi + 0.1, (n + 0.5) * np.pi - 1e-6)
        for n in (1, 2, 3)
    ]
    assert zeros[0] == pytest.approx(4.493, abs=1e-3)
    assert 35 * WHOLE.detector.q_of(dark[:3]) == pytest.approx(zeros, abs=0.2)  # half a pixel


def test_counts_are_poisson_distributed():
    shot = Shot(ball_of(35), 0.3, 1.0, 1.0)
    mean = SETUP.detector.frame(expected(SETUP, shot))
    rng = np.random.default_rng(0)
    frames = np.stack([expose(SETUP, shot, rng) for _ in range(300)]).astype(float)
    bright = mean > 0.05
    assert frames.mean(axis=0)[bright].sum() == pytest.approx(mean[bright].sum(), rel=2e-3)
    assert np.mean(frames.var(axis=0)[bright] / mean[bright]) == pytest.approx(1, abs=0.01)
    assert frames[:, ~SETUP.detector.mask].max() == 0


def test_friedel_the_two_sides_of_the_beam_are_alike_at_small_angles():
    for parts in (virus_of(35.0), draw(SETUP, np.random.default_rng(4), "dimer").parts):
        frame = WHOLE.detector.frame(scattered(DARK, parts, 1e5))
        there, other = (np.log(x[WHOLE.detector.radius < 25]) for x in (frame, frame[::-1, ::-1]))
        assert np.corrcoef(there, other)[0, 1] > 0.98
    # the Ewald sphere's curvature is simulated: further out a dimer's two sides differ
    outer = WHOLE.detector.radius > 50
    assert np.abs(frame - frame[::-1, ::-1])[outer].max() > 0.02 * frame[outer].max()


def test_speckles_are_as_small_as_the_particle_is_large():
    def width(radius):
        """Pixels along the first bright ring's direction over which the pattern stays alike."""
        line = scattered_line(radius)
        changes = np.flatnonzero((line[1:-1] < line[:-2]) & (line[1:-1] < line[2:]))
        return np.diff(changes).mean()

    def scattered_line(radius):
        frame = WHOLE.detector.frame(scattered(DARK, ball_of(radius), 1e5))
        return frame[64, 64:]

    assert width(70) / width(35) == pytest.approx(0.5, rel=0.06)
    fringe = 0.775 * 586 / (2 * 35) / 0.6  # wavelength x distance / size, in pixels
    assert width(35) == pytest.approx(fringe, rel=0.06)


def test_light_in_a_gaussian_focus_is_uniform_in_its_logarithm():
    rng = np.random.default_rng(0)
    shares = np.array([draw(SETUP, rng, "empty").share for _ in range(2000)])
    assert (shares.min() >= SETUP.faintest, shares.max() <= 1) == (True, True)
    uniform = np.sort(np.log(shares) / np.log(SETUP.faintest))
    assert np.abs(uniform - np.linspace(0, 1, 2000)).max() < 0.04


def test_an_empty_shot_is_background_and_each_kind_is_what_it_says():
    rng = np.random.default_rng(1)
    empty = draw(SETUP, rng, "empty")
    assert expected(SETUP, empty) == pytest.approx(empty.pulse * empty.gas * background(SETUP))
    for kind, shapes in (("single", {"virus"}), ("droplet", {"ellipsoid"}), ("dimer", {"virus"})):
        assert {part.shape for part in draw(SETUP, rng, kind).parts} == shapes
    assert set(KINDS) >= {"contaminant"}


def test_the_bodies_of_a_dimer_touch():
    for seed in range(8):
        parts = draw(SETUP, np.random.default_rng(seed), "dimer").parts
        assert len(parts) in (2, 3)
        for a, b in pairwise(parts):
            apart = np.linalg.norm(a.place - b.place)
            assert apart == pytest.approx(a.axes[0] + b.axes[0], rel=0.1)


def test_two_far_bodies_make_young_fringes():
    one = Part("ellipsoid", np.full(3, 20.0), np.eye(3), np.array([60.0, 0, 0]))
    two = Part("ellipsoid", np.full(3, 20.0), np.eye(3), np.array([-60.0, 0, 0]))
    pair, alone = (scattered(DARK, parts, 1e5) for parts in ((one, two), (one,)))
    expected_ratio = 4 * np.cos(60 * WHOLE.detector.q[:, 0]) ** 2
    bright = alone > 1e-4 * alone.max()
    assert pair[bright] / alone[bright] == pytest.approx(expected_ratio[bright], abs=1e-6)
