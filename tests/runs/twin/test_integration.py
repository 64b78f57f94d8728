"""Integration: which reflections exist, which crystals are indexed, how noisy measurements are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import convolve2d

from sfxtutor.runs.twin.crystal import Crystal
from sfxtutor.runs.twin.detector import background
from sfxtutor.runs.twin.integration import INDEXABLE, indexable, measure, unique_reflections
from sfxtutor.runs.twin.run import TwinRun
from sfxtutor.runs.twin.shot import Setup, Shot, bragg, render, tape_shade, visibility

D_MIN = 2.5


@pytest.fixture(scope="module")
def run():
    return TwinRun("LN83")


def visible_spots(run, shot):
    """How many visible spots each crystal of a shot has."""
    spots = bragg(run.setup, shot, 0)
    seen = spots["crystal"][visibility(run.setup, shot, spots) > 1]
    return np.bincount(seen, minlength=len(shot.crystals))


def test_the_unique_reflections_of_a_small_cell_are_those_counted_by_hand():
    hkl, d, truth = unique_reflections(Crystal((10, 10, 10), b_factor=0), 3, 4.9)
    # 100, 010 and 001 are extinguished; 210 has a spacing of 4.47
    assert {tuple(r) for r in hkl.tolist()} == {
        (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1), (2, 0, 0), (0, 2, 0), (0, 0, 2)
    }  # fmt: skip
    assert d == pytest.approx(10 / np.sqrt([2, 2, 2, 3, 4, 4, 4]))
    assert (truth > 0).all()


def test_there_are_as_many_unique_reflections_as_an_eighth_of_the_sphere_holds():
    cell = (73, 96, 119)
    hkl, _, _ = unique_reflections(Crystal(cell), 0, D_MIN)
    sphere = 4 / 3 * np.pi * np.prod(cell) / D_MIN**3
    assert len(hkl) == pytest.approx(sphere / 8, rel=0.06)  # planes h = 0 are not shared by two
    assert len(np.unique(hkl, axis=0)) == len(hkl)


def test_true_intensities_fall_with_the_b_factor():
    sample = Crystal((73, 96, 119), b_factor=30)
    _, d, truth = unique_reflections(sample, 0, D_MIN)
    near, far = (abs(d - place) < 0.05 for place in (4.0, 2.6))
    fall = np.exp(-15 * (2.6**-2.0 - 4.0**-2.0))
    assert truth[far].mean() / truth[near].mean() == pytest.approx(fall, rel=0.1)


def test_every_predicted_reflection_is_measured_with_its_noise(run):
    shot = next(
        shot for shot in map(run.drawn, np.flatnonzero(run.labels == "HIT"))
        if len(shot.crystals) == 1 and visible_spots(run, shot)[0] > 100
    )  # fmt: skip
    spots, intensity, sigma = measure(run.setup, shot, 0, np.random.default_rng(0), D_MIN)
    assert len(spots) > 3 * visible_spots(run, shot)[0]
    assert spots["d"].min() > D_MIN
    y, x = ((spots[a] - c) * run.setup.pixel for a, c in zip("yx", run.setup.center, strict=True))
    angle = np.arctan2(np.hypot(y, x), run.setup.distance)
    polarisation = 1 - (np.sin(angle) * np.cos(np.arctan2(y, x))) ** 2
    true = spots["photons"] * tape_shade(run.setup, shot.edge, np.rint(spots["x"])) / polarisation
    off = (intensity - true) / sigma
    assert abs(off.mean()) < 5 / np.sqrt(len(off))
    assert off.std() == pytest.approx(1, abs=0.05)
    assert np.median(true / sigma) < 3  # most are too weak to be seen


def test_the_noise_of_a_box_is_that_of_the_rendered_frames(run):
    setup = Setup("dark", run.setup.crystal, crystals=0, brightness=1, spread=1, tape=1.0,
                  gain=1.0, halo=0.0)  # fmt: skip
    corner, size = 300, 400
    frame = render(setup, shot_with(setup, ()), 0, corner, corner, size, size).astype(float)
    inner, outer = np.ones((5, 5)), np.ones((9, 9))
    outer[2:7, 2:7] = 0
    box = (
        convolve2d(frame, inner, "valid")[2:-2, 2:-2] - convolve2d(frame, outer, "valid") * 25 / 56
    )
    local = background(setup)[corner + 1 : corner + size + 1, corner + 1 : corner + size + 1]
    local = local[4:-4, 4:-4]
    dark = replace(setup, crystal=Crystal((73, 96, 119)))
    crystal = (np.eye(3), 1e6), (np.diag((-1.0, -1.0, 1.0)), 1e6)
    spots, _, sigma = measure(dark, shot_with(dark, crystal), 0, np.random.default_rng(0), 2.0)
    y, x = (np.rint(spots[axis]).astype(int) for axis in ("y", "x"))
    light = background(dark)[y + 1, x + 1]
    distance = dark.distance**2 + (((y - 960) ** 2 + (x - 960) ** 2) * dark.pixel**2)
    counted = (sigma * (1 - (x - 960.0) ** 2 * dark.pixel**2 / distance)) ** 2 - spots["photons"]
    predicted = np.median(counted / (light + setup.readout**2))  # the same for every spot
    assert np.var(box / np.sqrt(local + setup.readout**2)) == pytest.approx(predicted, rel=0.05)


def shot_with(setup, crystals):
    return Shot(pulse=1.0, wavelength=setup.wavelength, edge=-500.0, crystals=crystals,
                hot=np.zeros((0, 3), int), streak=(0.0, 0.0), ice=0.0, key=1)  # fmt: skip


def test_a_crystal_with_too_few_visible_spots_is_not_indexed(run):
    hits = [run.drawn(i) for i in np.flatnonzero(run.labels == "HIT")[:60]]
    assert any(len(shot.crystals) > 1 for shot in hits)
    for shot in hits:
        kept = indexable(run.setup, shot, 0)
        assert len(kept) == (visible_spots(run, shot) >= INDEXABLE).sum()
    maybes = np.flatnonzero(run.labels == "MAYBE")[:5]  # 4 to 9 visible spots
    nothing = run.integrate(maybes, D_MIN)
    assert len(nothing.frame) == len(nothing.unique) == 0
    assert len(nothing.hkl) > 0


def test_frames_are_integrated_alike_whatever_others_are(run):
    frames = np.flatnonzero(run.labels == "HIT")[:4]
    together, alone = run.integrate(frames, D_MIN), run.integrate(frames[2:], D_MIN)
    assert set(together.frame) - set(alone.frame) <= set(frames[:2])
    mine = np.isin(together.frame, frames[2:])[together.crystal]
    for name in ("unique", "intensity", "sigma"):
        assert np.array_equal(getattr(together, name)[mine], getattr(alone, name))
    assert (np.diff(together.unique) >= 0).all()
    assert together.hkl[together.unique].min() >= 0


def test_a_resolution_beyond_half_the_wavelength_is_refused(run):
    with pytest.raises(ValueError, match=r"d_min = 0.6 Å.*0.65 Å"):
        run.integrate([0], 0.6)
