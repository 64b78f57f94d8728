"""The goals of the crystal explorer: each can be reached, and is not reached without doing it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfxtutor.runs.datasets import TWINS
from sfxtutor.widgets.crystal_goals import GOALS, State, target_of, usual_limit
from sfxtutor.widgets.lattice import off_sphere, reciprocal
from sfxtutor.widgets.still import START, exposure_of, usual, visible_at

BY_NAME = {goal.name: goal for goal in GOALS}


def state(name="LN83", chosen=(), **changes):
    settings = replace(usual(name), **changes)
    return State(name, settings, exposure_of(name, settings), chosen)


def score(goal, *args, **changes):
    return BY_NAME[goal].judge(state(*args, **changes))


def test_nothing_is_reached_at_the_start():
    assert [goal.name for goal in GOALS if goal.judge(state()).reached] == []


def test_a_maybe_counts_only_at_the_usual_flux_and_fewer_settings_score_more():
    one = score("a MAYBE", cell=(36, 96, 119))
    assert (one.reached, one.value) == (True, -1)
    assert "MAYBE, 8 visible spots, settings changed: a" in one.text
    more = score("a MAYBE", cell=(36, 96, 119), mosaicity=0.0, tilt=0.1)
    assert (more.reached, more.value) == (True, -3)
    dim = state(flux=0.6)
    assert dim.exposure.label == "MAYBE"
    assert not BY_NAME["a MAYBE"].judge(dim).reached


def test_more_spots_than_nine_tenths_of_the_orientations_by_turning_alone():
    rng, own, limit = np.random.default_rng(5), usual("LN83"), usual_limit("LN83")
    angles = rng.uniform(-80, 80, (300, 3))
    counts = [
        visible_at("LN83", own, Rotation.from_euler("xyz", a, degrees=True).as_matrix() @ START)
        for a in angles
    ]
    assert 0.03 < np.mean(np.array(counts) > limit) < 0.2
    tilt, turn, spin = angles[np.argmax(counts)]
    best = score("the most spots", tilt=tilt, turn=turn, spin=spin)
    assert (best.reached, best.value) == (True, max(counts))
    cheat = score("the most spots", flux=3.0)
    assert cheat.value > limit
    assert not cheat.reached


@pytest.mark.parametrize("name", TWINS)
def test_the_reflection_can_be_brought_to_the_sphere(name):
    hkl, own = target_of(name), usual(name)
    away = [
        off_sphere(np.array([hkl]) @ reciprocal(own.cell, replace(own, **{axis: a}).rotation),
                   own.wavelength)[0]
        for axis in ("tilt", "turn") for a in np.arange(-12, 12, 0.02)
    ]  # fmt: skip
    number, half = int(np.argmin(np.abs(away))), len(away) // 2
    axis, angle = ("tilt", "turn")[number // half], -12 + 0.02 * (number % half)
    reached = score("one reflection", name, **{axis: round(angle, 2)})
    assert reached.reached
    assert not score("one reflection", name).reached


def test_the_outermost_spot_is_the_one_of_the_smallest_spacing():
    spots = state().exposure.pictured
    for i in np.argsort(spots["d"]):
        chosen = tuple(int(spots[i][name]) for name in "hkl")
        here = score("the outermost spot", chosen=chosen)
        assert here.reached == (spots[i]["d"] == spots["d"].min())
        assert f"d = {spots[i]['d']:.2f} Å" in here.text
    assert not score("the outermost spot", chosen=(1, 2, 3)).reached


def test_a_miss_with_a_crystal_scores_what_is_lit():
    dim, dimmer = score("a miss with a crystal", flux=0.3), score("a miss with a crystal", flux=0.2)
    assert dim.reached
    assert dim.value >= 50 > dimmer.value
    assert not dimmer.reached
    assert not score("a miss with a crystal", flux=0.6).reached
