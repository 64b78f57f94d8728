"""Reciprocal space about a still: the geometry that the view draws, against the twin's spots."""

from dataclasses import replace

import numpy as np
import pytest

from sfxtutor.runs.twin.crystal import wilson_intensity
from sfxtutor.runs.twin.run import setup_of
from sfxtutor.runs.twin.shot import Shot, bragg, visibility
from sfxtutor.widgets.lattice import (
    CAMERAS,
    PLANE,
    low_order,
    off_sphere,
    on_detector,
    reciprocal,
    wires,
)
from sfxtutor.widgets.lattice_view import LOW, LatticeView, points_of, words_of
from sfxtutor.widgets.still import LIT, START, VISIBLE, crop_of, exposure_of, usual

TURNS = [("LN83", 0, 0, 0, 9.52), ("LN83", 41.7, -12.3, 77.1, 9.52), ("LN84", -2.2, 68, 3, 10.4),
         ("LO19", 130.4, 20.1, -100.9, 8.2)]  # fmt: skip


@pytest.fixture(params=TURNS, ids=str)
def still(request):
    """Name of the run, settings and exposure."""
    name, tilt, turn, spin, energy = request.param
    settings = replace(usual(name), tilt=tilt, turn=turn, spin=spin, energy=energy)
    return name, settings, exposure_of(name, settings)


def of_bragg(name, settings):
    """Setup, spots and which are visible, by the twin's own functions."""
    setup = setup_of(name)
    crystal = replace(setup.crystal, mosaicity=np.deg2rad(settings.mosaicity))
    setup = replace(setup, crystal=crystal, wavelength=settings.wavelength)
    shot = Shot(1.0, settings.wavelength, setup.edge, ((settings.rotation, setup.brightness),),
                np.empty((0, 3), int), (0.0, 0.0), 0.0, 1)  # fmt: skip
    spots = bragg(setup, shot)
    return setup, spots, visibility(setup, shot, spots) > 1


def test_what_the_view_lights_up_is_what_bragg_says(still):
    name, settings, exposure = still
    setup, spots, seen = of_bragg(name, settings)
    hkl, kind, _ = points_of(settings, exposure)
    for some, least in ((spots, LIT), (spots[seen], VISIBLE)):
        expected = sorted(zip(some["h"], some["k"], some["l"], strict=True))
        assert sorted(map(tuple, hkl[kind >= least].tolist())) == expected
    by_hkl = {tuple(spot): place for *spot, place in zip(
        spots["h"], spots["k"], spots["l"], zip(spots["y"], spots["x"], strict=True),
        strict=True)}  # fmt: skip
    lit = hkl[kind >= LIT]
    points = lit @ reciprocal(settings.cell, settings.rotation)
    s = np.linalg.norm(points, axis=1)
    width = np.sqrt(
        (0.5 / setup.crystal.domain) ** 2
        + (setup.crystal.mosaicity * s) ** 2
        + (setup.bandwidth / 2.355 * settings.wavelength / 2 * s**2) ** 2
    )
    away = np.abs(off_sphere(points, settings.wavelength))
    assert np.all(away < 2.51 * width)
    assert away.max() > 1.5 * width.min()
    there = on_detector(points, settings.wavelength)
    pixels = there[:, 1::-1] * settings.wavelength / PLANE * setup.distance / setup.pixel
    expected = np.array([by_hkl[tuple(index)] for index in lit.tolist()])
    assert np.abs(pixels + setup.center - expected).max() < 0.01


def test_no_reflection_of_the_sphere_is_left_out(still):
    """All of the lattice up to 5 Å, point by point: what is bright enough is lit."""
    name, settings, exposure = still
    setup, *_ = of_bragg(name, settings)
    edges = [np.arange(-int(edge / 5), int(edge / 5) + 1) for edge in settings.cell]
    hkl = np.stack(np.meshgrid(*edges, indexing="ij"), axis=-1).reshape(-1, 3)
    points = hkl @ reciprocal(settings.cell, settings.rotation)
    s = np.linalg.norm(points, axis=1)
    away = off_sphere(points, settings.wavelength)
    near = (s > 0) & (s < 0.2) & (np.abs(away) < 0.004)
    hkl, points, s, away = hkl[near], points[near], s[near], away[near]
    width2 = (0.5 / setup.crystal.domain) ** 2 + (setup.crystal.mosaicity * s) ** 2
    width2 += (setup.bandwidth / 2.355 * settings.wavelength / 2 * s**2) ** 2
    ray = points + [0, 0, 1 / settings.wavelength]  # noqa: RUF005
    polarised = 1 - (ray[:, 0] / np.linalg.norm(ray, axis=1)) ** 2
    photons = (
        setup.brightness
        * polarised
        * np.exp(-(away**2) / (2 * width2) - setup.crystal.b_factor * s**2 / 2)
    )
    photons *= [wilson_intensity(*index, 0) for index in hkl.tolist()]
    pixels = ray[:, 1::-1] / ray[:, 2:] * setup.distance / setup.pixel
    inside = np.all(np.abs(pixels) < 955, axis=1) & (np.hypot(*pixels.T) > setup.stop[0] + 1)
    sure = inside & (np.abs(away) < 2.49 * np.sqrt(width2)) & (photons > 101 / setup.gain)
    lit = {tuple(index) for index in hkl[sure].tolist()}
    shown, kind, _ = points_of(settings, exposure)
    assert len(lit) > 20
    assert lit <= {tuple(index) for index in shown[kind >= LIT].tolist()}


def test_every_lit_ray_meets_the_detector_that_is_drawn(still):
    name, settings, exposure = still
    setup = setup_of(name)
    hkl, kind, size = points_of(settings, exposure)
    points = hkl[kind >= LIT] @ reciprocal(settings.cell, settings.rotation)
    there = on_detector(points, settings.wavelength) * settings.wavelength
    lines = dict(wires(setup, crop_of(setup)))
    low, high = lines["detector"].min(axis=0), lines["detector"].max(axis=0)
    assert np.all((there >= low - 1e-4) & (there <= high + 1e-4))
    seen = exposure.pictured
    pictured = np.stack([seen[name] for name in "hkl"], axis=1)
    there = on_detector(pictured @ reciprocal(settings.cell, settings.rotation),
                        settings.wavelength) * settings.wavelength  # fmt: skip
    low, high = lines["crop"].min(axis=0), lines["crop"].max(axis=0)
    assert np.all((there >= low - 1e-4) & (there <= high + 1e-4))
    brightest, faintest = size[-1], size[kind >= LIT][0]
    assert brightest > faintest + 1


def test_the_browser_turns_the_lattice_as_the_twin_does():
    """It draws turned · (h a* + k b* + l c*), with a*, b* and c* at angles of 0."""
    settings = replace(usual("LN83"), tilt=12.0, turn=-33.0, spin=71.0)
    turned = settings.rotation @ START.T
    hkl = np.array([[3, -4, 12], [0, 0, 1]])
    drawn = (turned @ reciprocal(settings.cell, START).T @ hkl.T).T
    assert drawn == pytest.approx(hkl @ reciprocal(settings.cell, settings.rotation))
    view = LatticeView(setup_of("LN83"), crop_of(setup_of("LN83")))
    view.draw(settings, exposure_of("LN83", settings))
    assert np.reshape(view.basis, (3, 3)) == pytest.approx(reciprocal(settings.cell, START))
    assert view.sphere == pytest.approx(1 / settings.wavelength)
    n = len(view.kind)
    assert (len(view.hkl), len(view.size)) == (6 * n, 4 * n)


def test_the_sphere_that_is_drawn_is_the_ewald_sphere():
    setup = setup_of("LO19")
    grid = np.concatenate([points for kind, points in wires(setup, setup) if kind == "sphere"])
    assert off_sphere(grid / 1.3, 1.3) == pytest.approx(np.zeros(len(grid)), abs=1e-9)
    assert np.linalg.norm(grid, axis=1).min() < 1e-9  # it goes through the origin


@pytest.mark.parametrize("cell", [(73, 96, 119), (42, 52, 88), (175.5, 334.5, 461.8)])
def test_the_points_about_the_origin_fill_a_ball(cell):
    hkl = low_order(cell)
    assert 1100 < len(hkl) < 1300
    length = np.linalg.norm(hkl / np.array(cell), axis=1)
    assert length.min() == pytest.approx(1 / max(cell))
    beyond = np.array([[int(length.max() * edge) + 1 for edge in cell]]) * np.eye(3, dtype=int)
    assert np.all(np.linalg.norm(beyond / np.array(cell), axis=1) > length.max())
    assert {tuple(index) for index in hkl.tolist()} == {tuple(i) for i in (-hkl).tolist()}


def test_cameras_look_from_where_they_say():
    x, y, z = np.eye(3) * 0.1
    points = np.stack([x, y, z])
    beam, side = (
        CAMERAS[name].place(points, 1) * CAMERAS[name].extent for name in ("beam", "side")
    )
    assert beam == pytest.approx(np.array([(0.1, 0), (0, 0.1), (0, 0)]))  # as the picture lies
    middle = -CAMERAS["side"].focus
    assert side == pytest.approx(np.array([(middle, 0), (middle, 0.1), (middle + 0.1, 0)]))
    for camera in CAMERAS.values():
        assert camera.matrix @ camera.matrix.T == pytest.approx(np.eye(3))
        assert np.linalg.det(camera.matrix) == pytest.approx(1)
    assert CAMERAS["oblique"].matrix[2, 1] > 0  # from above: what is lower is further away


def test_words_give_spacing_photons_and_distance():
    settings = usual("LN83")
    exposure = exposure_of("LN83", settings)
    spot = exposure.seen[-1]
    text = words_of(settings, exposure, [spot[name] for name in "hkl"])
    assert f"d = {spot['d']:.2f} Å, {spot['photons']:.0f} photons: a visible spot" in text
    assert "dark" in words_of(settings, exposure, (1, 2, 3))
    kinds = points_of(settings, exposure)[1]
    assert np.count_nonzero(kinds == LOW) == len(low_order(settings.cell))
