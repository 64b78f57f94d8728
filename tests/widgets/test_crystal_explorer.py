"""The crystal explorer: a still as it is computed, whichever way it was reached."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfxtutor.runs.datasets import TWINS
from sfxtutor.widgets.crystal_explorer import CrystalExplorer
from sfxtutor.widgets.crystal_goals import GOALS, PRESETS, settings_of
from sfxtutor.widgets.still import exposure_of, usual

NAMES = TWINS


@pytest.fixture
def widget():
    return CrystalExplorer("LN83")


def test_every_setting_reaches_the_picture_and_start_again_undoes_it(widget):
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
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "cell 73 x 96 x 119 Å" in metadata["image/png"]["alt"]
    assert widget.exposure.label in metadata["image/png"]["alt"]
    assert widget.lattice.alt in metadata["image/png"]["alt"]
    left, right = widget.figure().axes[:2]
    drawn = sum(len(dots.get_offsets()) for dots in left.collections)
    assert drawn == len(widget.lattice.kind) > 2000
    assert len(right.lines[0].get_xdata()) == len(widget.exposure.seen)


def test_an_unknown_run_is_refused():
    with pytest.raises(ValueError, match="No twin of 'LM51'. Choose one of LN83, LN84, LO19"):
        CrystalExplorer("LM51")


def turned(axis, degrees, widget):
    """What the browser sends after a turn by hand about x, y or z."""
    rotation = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
    return (rotation @ np.reshape(widget.lattice.turned, (3, 3))).ravel().tolist()


def test_a_turn_by_hand_is_the_still_of_its_angles(widget):
    for axis, degrees in (("z", 33.0), ("y", -5.43), ("x", 2.17)):
        widget.lattice.turned = turned(axis, degrees, widget)
    whole = Rotation.from_matrix(np.reshape(widget.lattice.turned, (3, 3)))
    angles = whole.as_euler("xyz", degrees=True)
    assert widget.settings.angles == pytest.approx(angles)
    assert np.abs(angles - [2.17, -5.43, 33]).max() > 0.5  # turned about the axes of the beamline
    read = [widget.sliders[name].value for name in ("tilt", "turn", "spin")]
    assert read == pytest.approx(angles, abs=0.051)
    alone = exposure_of("LN83", widget.settings)
    assert np.array_equal(alone.crop, widget.exposure.crop)
    assert widget.canvas.caption == alone.text


def test_what_the_browser_sends_back_of_a_slider_changes_no_angle(widget):
    widget.lattice.turned = turned("y", 5.04, widget)
    before = widget.lattice.turned
    widget.sliders["turn"].value = 5.000000001
    assert widget.lattice.turned == before
    widget.sliders["tilt"].value = 3.0
    assert widget.settings.angles == pytest.approx((3, 5.04, 0))


@pytest.mark.parametrize("name", NAMES)
def test_no_slider_clips_a_preset(name):
    widget = CrystalExplorer(name)
    for preset in PRESETS:
        widget.preset.value = preset
        expected = settings_of(name, preset)
        assert widget.settings.cell == pytest.approx(expected.cell)
        assert widget.settings == replace(expected, cell=widget.settings.cell)
    assert len({settings_of(name, preset) for preset in PRESETS}) == len(PRESETS)


def test_a_spot_and_its_lattice_point_are_one(widget):
    chosen = []
    for _ in range(widget.exposure.inside):
        widget.step(1)
        chosen.append(tuple(widget.lattice.chosen))
        spot = widget.exposure.spots[widget.exposure.find(chosen[-1])]
        square = widget.canvas.overlays[-1]
        place = widget._shown.place(spot["y"], spot["x"])
        assert square["kind"] == "square"
        assert (*square["y"], *square["x"]) == pytest.approx(place, abs=0.01)
        words = "hkl {} {} {}, d = {:.2f} Å, {:.0f} photons: a visible spot"
        assert words.format(*chosen[-1], spot["d"], spot["photons"]) in widget.reflection.value
    assert len(set(chosen)) == widget.exposure.inside
    widget.step(1)
    assert tuple(widget.lattice.chosen) == chosen[0]
    widget.step(-1)
    assert tuple(widget.lattice.chosen) == chosen[-1]


def test_the_spot_under_the_cursor_is_chosen(widget):
    spot = widget.exposure.pictured[3]
    row, column = (round(float(place)) for place in widget._shown.place(spot["y"], spot["x"]))
    widget.canvas.row, widget.canvas.column = row + 1, column
    assert widget.lattice.chosen == [spot["h"], spot["k"], spot["l"]]
    widget.canvas.column = (column + 120) % 240  # nothing there: the choice stays
    assert widget.lattice.chosen == [spot["h"], spot["k"], spot["l"]]


def test_a_reflection_that_is_not_lit_is_dark_and_unmarked(widget):
    widget.lattice.chosen = [6, 15, 1]
    assert "dark: 0.0134 1/Å outside the sphere" in widget.reflection.value
    assert widget.canvas.overlays == []
    widget.sliders["flux"].value = 0.05
    widget.step(1)  # no spot to choose
    assert widget.lattice.chosen == [6, 15, 1]


def test_the_best_score_of_a_goal_is_kept(widget):
    goal = next(goal for goal in GOALS if goal.name == "a miss with a crystal")
    widget.goal.value = goal
    assert "Reached" not in widget.task.value
    widget.sliders["flux"].value = 0.4
    lit = widget.exposure.lit
    assert f"Reached:</b> MISS, {lit} reflections lit." in widget.task.value
    widget.sliders["flux"].value = 0.3  # reached again, with fewer
    assert 50 <= widget.exposure.lit < lit
    assert f"Reached:</b> MISS, {lit} reflections lit." in widget.task.value
    assert f"Now: MISS, {widget.exposure.lit} reflections lit." in widget.task.value


def test_only_the_goal_that_names_a_reflection_marks_it(widget):
    for goal in GOALS:
        widget.goal.value = goal
        assert bool(widget.lattice.target) == goal.marked == ("{hkl}" in goal.task)


def test_play_turns_in_the_browser_and_start_again_stops_it(widget):
    widget.axis.value, widget.rate.value, widget.play.value = 2, 4.0, True
    lattice = widget.lattice
    assert (lattice.axis, lattice.rate, lattice.playing) == (2, 4.0, True)
    assert widget.play.description == "stop"
    widget.reset.click()
    assert (lattice.playing, widget.play.value, widget.play.description) == (False, False, "play")
