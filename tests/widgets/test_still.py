"""A still of the twin: its own spots and label, and what the settings do to them."""

from dataclasses import replace

import numpy as np
import pytest

from sfxtutor.plots.frames import ring_radius
from sfxtutor.runs.datasets import CARDS, TWINS
from sfxtutor.runs.twin.detector import background, light
from sfxtutor.runs.twin.run import setup_of
from sfxtutor.runs.twin.shot import label_of
from sfxtutor.widgets.still import (
    FAINT,
    KEV,
    LIT,
    START,
    VISIBLE,
    crop_of,
    exposure_of,
    light_at,
    usual,
    visible_at,
)

NAMES = TWINS


@pytest.fixture(scope="module")
def exposure():
    return exposure_of("LN83", usual("LN83"))


@pytest.mark.parametrize("name", NAMES)
def test_the_usual_settings_are_the_runs_own(name):
    settings, setup = usual(name), setup_of(name)
    assert settings.cell == setup.crystal.cell
    assert KEV / settings.energy == pytest.approx(setup.wavelength, rel=1e-3)
    assert np.deg2rad(settings.mosaicity) == pytest.approx(setup.crystal.mosaicity, abs=1e-4)
    assert (settings.tilt, settings.turn, settings.spin, settings.flux) == (0, 0, 0, 1)


def test_the_crop_is_the_middle_of_the_whole_detector():
    setup = setup_of("LN84")
    small = background(crop_of(setup))
    assert np.allclose(small, background(setup)[598 : 598 + 726, 598 : 598 + 726], rtol=1e-4)


def test_background_at_places_is_that_of_the_whole_detector():
    setup = setup_of("LO19")
    y, x = np.random.default_rng(0).integers(0, 1920, (2, 500))
    some = light(setup, (y - setup.center[0])[None], (x - setup.center[1])[None])[0]
    assert np.allclose(some, background(setup)[y + 1, x + 1], rtol=1e-4)
    spots = np.array([(700, 1200), (30, 960)], dtype=[("y", "f4"), ("x", "f4")])
    here = background(setup)[spots["y"].astype(int) + 1, spots["x"].astype(int) + 1]
    assert light_at(setup, spots) == pytest.approx(here, rel=1e-4)


def test_the_tape_shades_the_left_of_its_edge(exposure):
    edge = int(setup_of("LN83").edge) - 598
    below = exposure.crop[500:]
    left, right = below[:, edge - 40 : edge - 20], below[:, edge + 20 : edge + 40]
    assert left.mean() / right.mean() == pytest.approx(setup_of("LN83").tape, abs=0.02)


def test_background_keeps_a_detector_whose_beam_is_off_centre():
    setup = replace(setup_of("LN83"), shape=(300, 200), center=(140.25, 90.5))
    y, x = np.arange(-1, 301)[:, None] - 140.25, np.arange(-1, 201)[None] - 90.5
    assert np.array_equal(background(setup), light(setup, y, x))


def test_visible_spots_make_the_label_and_stand_out_of_the_crop(exposure):
    assert exposure.label == label_of(len(exposure.y))
    assert len(exposure.y) >= 10
    assert exposure.lit > len(exposure.y) >= exposure.inside
    middle = (np.abs([exposure.y - 362, exposure.x - 362]) < 355).all(axis=0)
    y, x = np.rint(exposure.y[middle]).astype(int), np.rint(exposure.x[middle]).astype(int)
    crop = exposure.crop.astype(float)
    around = [crop[b - 4 : b + 5, a - 4 : a + 5] for b, a in zip(y, x, strict=True)]
    assert np.median([w[4, 4] - np.median(w) for w in around]) > 150
    assert exposure.inside >= middle.sum()


def test_a_turn_changes_the_spots_and_a_spin_turns_the_picture(exposure):
    tilted = exposure_of("LN83", replace(usual("LN83"), tilt=1.0))
    assert set(np.rint(tilted.y)) != set(np.rint(exposure.y))
    settings, across = replace(usual("LN83"), flux=3.0), 2 * (setup_of("LN83").center[0] - 598)
    before, after = exposure_of("LN83", settings), exposure_of("LN83", replace(settings, spin=90.0))
    seen, turned = (
        {(round(float(a)), round(float(b))) for a, b in zip(y, x, strict=True)}
        for y, x in ((after.y, after.x), (before.x, across - before.y))
    )
    # the beam is polarised, so that not quite the same spots are bright enough
    assert len(seen & turned) > 0.6 * len(turned)


def test_more_flux_and_more_mosaicity_show_more_spots():
    settings = usual("LN83")
    counts = [len(exposure_of("LN83", replace(settings, flux=flux)).y) for flux in (0.1, 1, 3)]
    assert counts == sorted(counts)
    assert counts[0] < 4 <= 10 <= counts[-1]
    faint = exposure_of("LN83", replace(settings, flux=0.4))
    assert faint.lit >= 10 > len(faint.y)  # what nobody sees makes no hit
    assert faint.label != "HIT"
    lit = [exposure_of("LN83", replace(settings, mosaicity=m)).lit for m in (0.0, 0.1, 0.3)]
    assert lit == sorted(set(lit))


def test_a_larger_cell_has_more_reflections_and_a_shorter_wavelength_nearer_ones():
    settings = usual("LO19")
    wide = replace(settings, cell=tuple(1.5 * edge for edge in settings.cell))
    assert exposure_of("LO19", wide).lit > 2 * exposure_of("LO19", settings).lit
    card = replace(CARDS["twin"]["LO19"], distance=123.55)
    ring = [ring_radius(5, replace(card, wavelength=KEV / energy)) for energy in (8, 11)]
    assert ring[0] > ring[1]


def test_a_flux_without_any_spot_is_a_miss():
    dark = exposure_of("LN83", replace(usual("LN83"), flux=0.001))
    assert (dark.label, len(dark.y)) == ("MISS", 0)


def test_the_kinds_of_reflections_are_those_of_the_shot(exposure):
    spots, kind = exposure.spots, exposure.kind
    assert np.all(np.diff(spots["photons"]) >= 0)
    assert set(np.unique(kind)) == {FAINT, LIT, VISIBLE}
    assert spots["photons"][kind == FAINT].max() < 101 / setup_of("LN83").gain
    assert spots["photons"][kind >= LIT].min() > 99 / setup_of("LN83").gain
    assert len(exposure.seen) == len(exposure.y) == visible_at("LN83", usual("LN83"), START)
    assert len(exposure.pictured) == exposure.inside < len(exposure.seen)


def test_a_reflection_is_found_by_its_indices(exposure):
    for number in (0, 700, len(exposure.spots) - 1):
        spot = exposure.spots[number]
        assert exposure.find([spot["h"], spot["k"], spot["l"]]) == number
    assert exposure.find([0, 0, 1]) is None  # absent: a screw axis
