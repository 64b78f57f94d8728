"""The crystal explorer: the twin's own spots and label, and what the settings do to them."""

from dataclasses import replace

import numpy as np
import pytest

from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.twin.detector import background, light
from sfxtutor.runs.twin.run import setup_of
from sfxtutor.runs.twin.shot import label_of
from sfxtutor.widgets import crystal_explorer
from sfxtutor.widgets.crystal_explorer import KEV, CrystalExplorer, crop_of, exposure_of, usual

NAMES = TWINS


@pytest.fixture(scope="module")
def exposure():
    return exposure_of("LN83", usual("LN83"))


@pytest.mark.parametrize("name", NAMES)
def test_the_usual_knobs_are_the_runs_own(name):
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
    assert crystal_explorer.light_at(setup, spots) == pytest.approx(here, rel=1e-4)


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
    card = replace(crystal_explorer.CARDS["twin"]["LO19"], distance=123.55)
    ring = [
        crystal_explorer.ring_radius(5, replace(card, wavelength=KEV / energy))
        for energy in (8, 11)
    ]
    assert ring[0] > ring[1]


def test_a_flux_without_any_spot_is_a_miss():
    dark = exposure_of("LN83", replace(usual("LN83"), flux=0.001))
    assert (dark.label, len(dark.y)) == ("MISS", 0)


@pytest.fixture
def widget():
    return CrystalExplorer("LN83")


def test_every_knob_reaches_the_picture_and_start_again_undoes_it(widget):
    begin = widget.canvas.pixels
    for name, slider in widget.sliders.items():
        slider.value = slider.min if name == "flux" else slider.value + 10 * slider.step
        assert widget.canvas.pixels != begin, name
        assert widget.exposure.label in widget.label.value
        assert widget.canvas.caption.startswith(widget.exposure.label)
        widget.reset.click()
        assert widget.canvas.pixels == begin, name


@pytest.mark.parametrize("name", NAMES)
def test_no_slider_clips_what_the_run_has(name):
    settings, own = CrystalExplorer(name).settings, usual(name)
    assert settings.cell == pytest.approx(own.cell)
    assert (settings.energy, settings.mosaicity) == pytest.approx((own.energy, own.mosaicity))


@pytest.mark.parametrize("name", NAMES)
def test_every_slider_starts_on_a_step(name):  # or the browser moves it, and the spots with it
    for slider in CrystalExplorer(name).sliders.values():
        steps = (slider.value - slider.min) / slider.step
        assert steps == pytest.approx(round(steps), abs=1e-6)


def test_marks_lie_on_the_spots_of_both_pictures(widget):
    widget.circles.value = True
    widget.rings.value = True
    for view, bin, shift in (("LCN", 3, 2), ("crop", 1, 0)):
        widget.view.value = view
        spots, ring = widget.canvas.overlays
        assert np.array(spots["y"]) * bin + (bin - 1) / 2 + shift == pytest.approx(
            widget.exposure.y, abs=0.05
        )
        assert ring["center"][0] * bin + (bin - 1) / 2 + shift == pytest.approx(365)
    five = ring["radii"][ring["labels"].index("5 Å")]
    widget.sliders["energy"].value = 11
    assert widget.canvas.overlays[1]["radii"][ring["labels"].index("5 Å")] < five


def test_static_figure_and_words(widget):
    data, metadata = widget._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "cell 73 x 96 x 119 Å" in metadata["image/png"]["alt"]
    assert widget.exposure.label in metadata["image/png"]["alt"]


def test_an_unknown_run_is_refused():
    with pytest.raises(ValueError, match="No twin of 'LM51'. Choose one of LN83, LN84, LO19"):
        CrystalExplorer("LM51")
