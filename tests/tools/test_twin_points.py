"""The twin against what is known of the real frames; each check fails when the twin is broken."""

from dataclasses import replace

import numpy as np
import pytest
from places import SHARED

from sfxtutor.runs.datasets import TWINS, UNSEEN
from sfxtutor.runs.open import open_run
from sfxtutor.runs.twin.run import SETUPS, TwinRun
from tools import twin_points

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real frame and spot counts are for developers (../shared)"
)


def broken(points):
    return {point.name for point in points if not point.holds}


def test_background_noise_and_point_spread(twin):
    assert broken(twin_points.background_points(twin)) == set()


def test_spots_of_hits_maybes_and_misses(twin):
    assert broken(twin_points.spot_points(twin)) == set()


@pytest.mark.parametrize("name", UNSEEN)
def test_spots_on_another_detector(name):
    assert broken(twin_points.spot_points(TwinRun(name))) == set()


def test_wrong_brightness_on_another_detector_shows():
    failed = broken(twin_points.spot_points(changed("LG36", brightness=25), frames=30))
    assert any(name.startswith("spots of a HIT") for name in failed)


def test_found_spots_fit_the_true_cell_and_no_other(twin):
    assert broken(twin_points.lattice_points(twin)) == set()


def changed(name="LN83", reading="2018", **changes):
    run = TwinRun(name, reading=reading)
    run.setup = replace(run.setup, **changes)
    return run


def test_a_wrong_gain_shows():
    assert "noise variance / mean over DIALS' gain" in broken(
        twin_points.background_points(changed(gain=1.3))
    )


def test_a_wrong_point_spread_shows():
    assert "noise autocorrelation, 1 pixel" in broken(
        twin_points.background_points(changed(blur=0.17))
    )


@pytest.mark.parametrize("wrong", [{"water": 130.0}, {"air": 30.0}, {"plain": 200.0}])
def test_a_wrong_background_shows(wrong):
    failed = broken(twin_points.background_points(changed(**wrong)))
    assert any(name.startswith("background at") for name in failed)


def test_a_missing_tape_and_a_wrong_distance_show():
    assert "shade of the tape" in broken(twin_points.background_points(changed(tape=1.0)))
    failed = broken(twin_points.background_points(changed(distance=150.0)))
    assert "water ring (Å)" in failed


def test_a_tape_in_a_jet_and_a_wrong_geometry_show_in_the_reading_of_2016():
    assert "shade of the tape" in broken(
        twin_points.background_points(changed("LO19", "2016", tape=0.875))
    )
    failed = broken(twin_points.background_points(changed("LN84", "2016", distance=130.0)))
    assert "water ring (Å)" in failed
    wrong = replace(SETUPS["2016"]["LN84"].crystal, cell=(118, 223, 323))
    assert "spots explained by the true cell" in broken(
        twin_points.lattice_points(changed("LN84", "2016", crystal=wrong))
    )


def test_a_wrong_cell_shows():
    wrong = replace(SETUPS["2018"]["LN83"].crystal, cell=(79, 79, 37))
    assert "spots explained by the true cell" in broken(
        twin_points.lattice_points(changed(crystal=wrong))
    )


def test_wrong_brightness_and_a_noisy_detector_show_in_the_counts():
    failed = broken(twin_points.spot_points(changed(brightness=7000), frames=30))
    assert any(name.startswith("spots of a HIT") for name in failed)
    failed = broken(twin_points.spot_points(changed(gain=1.5), frames=30))
    assert "spots of a MISS, percentile 50" in failed


@needs_shared
def test_the_references_are_those_of_the_real_frame():
    run = open_run(SHARED / "real" / "mfx_rayonix_hit.h5")
    frame, card = run[0], run.card
    for name, value in twin_points.noise(frame, card).items():
        known = twin_points.MEASURED_NOISE[name]
        assert value == pytest.approx(known, abs=0.02), name
    radial = twin_points.radial(frame, card)
    assert radial == pytest.approx(np.array(twin_points.MEASURED_RADIAL), rel=0.05)
    shade = np.mean(twin_points.radial(frame, card, "left") / radial)
    assert shade == pytest.approx(twin_points.MEASURED_SHADE, abs=0.03)
    assert twin_points.ring_spacing(frame, card) == pytest.approx(twin_points.WATER_RING, abs=0.12)


@needs_shared
@pytest.mark.parametrize("name", TWINS + UNSEEN)
def test_the_references_are_those_of_the_annotations(name):
    folder = SHARED / "cxidb76" / name
    spots = np.zeros(2000, int)
    for line in (folder / "dials_annotation.txt").read_text().splitlines():
        frame, count, _ = line.split()
        spots[int(frame) - 1] = int(count)
    lines = (folder / "expert_annotation.txt").read_text().splitlines()
    labels = np.array([line.split()[-1] for line in lines])
    for label, known in twin_points.DIALS_SPOTS[name].items():
        found = np.percentile(spots[labels == label], twin_points.PERCENTILES)
        assert found == pytest.approx(known, abs=1, rel=0.1)  # percentiles by another rule
