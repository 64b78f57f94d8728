"""The twin: pure functions of (run, seed, frame), the published counts, labels by visible spots."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from sfxtutor.runs.open import open_run
from sfxtutor.runs.twin.crystal import Crystal
from sfxtutor.runs.twin.detector import background, expose
from sfxtutor.runs.twin.run import BLOCKS, TwinRun
from sfxtutor.runs.twin.shot import Setup, draw, label_of, render

EMPTY = Setup("empty", Crystal((73, 96, 119)), crystals=0, brightness=1, spread=1, hot=0, streaks=0,
              ice=0, pulse_spread=0)  # fmt: skip


def test_a_frame_depends_on_run_seed_and_number_alone(twin):
    again, other = (TwinRun(twin.name, seed, twin.reading) for seed in (0, 1))
    assert np.array_equal(twin.crop(7), again.crop(7))
    assert not np.array_equal(twin.crop(7), other.crop(7))
    assert not np.array_equal(twin.crop(7), twin.crop(8))
    assert twin.fingerprint == again.fingerprint != other.fingerprint


def test_the_readings_differ_in_geometry_and_delivery():
    former, latter = (TwinRun("LO19", reading=reading) for reading in ("2018", "2016"))
    assert (former.labels == latter.labels).all()
    mrad = [1000 * run.card.pixel / run.card.distance for run in (former, latter)]
    assert mrad == pytest.approx([1.433, 0.835], abs=0.001)
    assert (former.setup.tape, latter.setup.tape) == (0.875, 1)
    assert former.fingerprint != latter.fingerprint


def test_a_changed_setup_keeps_frame_for_frame_what_it_does_not_change():
    run = TwinRun("LN83")
    setup = replace(run.setup, distance=200.0, water=2 * run.setup.water)
    same, changed = TwinRun("LN83", setup=run.setup), TwinRun("LN83", setup=setup)
    assert same.fingerprint == run.fingerprint != changed.fingerprint
    assert np.array_equal(same.crop(3), run.crop(3))
    assert (changed.labels == run.labels).all()
    assert (changed.card.distance, changed.further(9).setup) == (200.0, setup)
    hit = int(np.flatnonzero(run.labels == "HIT")[0])
    before, after = run.drawn(hit), changed.drawn(hit)
    assert (before.pulse, before.edge, before.key) == (after.pulse, after.edge, after.key)
    assert label_of(changed.spots(hit)[1].sum()) == "HIT"
    assert not np.array_equal(changed.crop(hit), run.crop(hit))


def test_further_frames_go_on_where_the_run_ends(twin):
    more = twin.further(3000)
    assert len(more) == 3000
    assert more.fingerprint not in (twin.fingerprint, twin.further(2000).fingerprint)
    for label in ("HIT", "MAYBE", "MISS"):  # in every 2,000 as many as in the run
        assert (more.labels[:2000] == label).sum() == (twin.labels == label).sum()
    for i in (0, 2999):
        assert label_of(more.spots(i)[1].sum()) == more.labels[i]
        assert not np.array_equal(more.crop(i), twin.crop(i % 2000))
    assert np.array_equal(more.crop(5), twin.further(2000).crop(5))  # however many follow
    # frame 5000 is the same one, however it is reached
    last, same = more.further(2), twin.further(3002)
    assert last.fingerprint.endswith("frames 5000 to 5002")
    assert last.labels.tolist() == same.labels[3000:].tolist()
    assert np.array_equal(last.crop(1), same.crop(3001))


def test_frames_do_not_share_their_noise():
    frames = [
        render(EMPTY, draw(EMPTY, np.random.default_rng(i)), 0, 0, 0, 400, 400) for i in (1, 2)
    ]
    first, second = (np.diff(frame.astype(float), 2) for frame in frames)  # no smooth background
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02
    left, right = frames[0][:, :200].astype(float), frames[0][:, 200:].astype(float)
    for one, two in ((left, right), (frames[0][:200].astype(float), frames[0][200:].astype(float))):
        one, two = np.diff(one, 2), np.diff(two, 2)  # the smooth background drops out
        assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.02


def test_the_crop_is_the_crop_of_the_full_frame(twin):
    hit = int(np.flatnonzero(twin.labels == "HIT")[0])
    for i in (hit, hit + 1):
        frame = twin[i]
        assert frame.shape == (1920, 1920)
        assert frame.dtype == np.uint16
        assert np.array_equal(twin.crop(i), frame[598:1322, 598:1322])


def test_artefacts_and_corners_are_in_crop_and_full_frame_alike():
    setup = replace(EMPTY, shape=(900, 900), center=(450, 450), ice=1, streaks=1, hot=20,
                    crystals=2, brightness=5000)  # fmt: skip
    shot = draw(setup, np.random.default_rng(3))
    whole = render(setup, shot)
    for top, left in ((0, 0), (100, 200), (400, 400)):
        window = render(setup, shot, 0, top, left, 500, 500)
        assert np.array_equal(window, whole[top : top + 500, left : left + 500])


def test_threads_make_the_same_frames(twin):
    with ThreadPoolExecutor(4) as pool:
        crops = list(pool.map(twin.crop, range(8)))
    assert all(np.array_equal(crop, twin.crop(i)) for i, crop in enumerate(crops))


# facts.md §2: hit / maybe / miss, and hit or maybe in 1-200, 1-1200, 401-2000, 1601-2000
PUBLISHED = {
    "LN83": ((346, 63, 1591), (45, 249, 329, 65)),
    "LN84": ((806, 132, 1062), (99, 559, 753, 216)),
    "LO19": ((730, 151, 1119), (93, 533, 694, 162)),
    "LG36": ((235, 57, 1708), (13, 140, 276, 64)),
    "L498": ((148, 498, 1354), (55, 502, 494, 57)),
}


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_block_of_the_split_has_the_published_classes(name, seed):
    labels = open_run(name, seed=seed).labels
    totals, positives = PUBLISHED[name]
    assert tuple(int((labels == label).sum()) for label in ("HIT", "MAYBE", "MISS")) == totals
    blocks = (slice(0, 200), slice(0, 1200), slice(400, 2000), slice(1600, 2000))
    assert tuple(int((labels[block] != "MISS").sum()) for block in blocks) == positives
    assert sum(map(sum, BLOCKS[name])) == 2000


def test_another_seed_shuffles_within_the_blocks():
    assert not np.array_equal(TwinRun("LN83").labels, TwinRun("LN83", seed=1).labels)


def test_labels_follow_the_visible_spots_of_the_whole_detector(twin):
    for i in range(120):
        _, visible = twin.spots(i)
        assert label_of(visible.sum()) == twin.labels[i], f"frame {i}: {visible.sum()} visible"


EXPERTS = [(0, "MISS"), (3, "MISS"), (4, "MAYBE"), (9, "MAYBE"), (10, "HIT"), (500, "HIT")]


@pytest.mark.parametrize(("visible", "label"), EXPERTS)
def test_the_experts_rule(visible, label):
    assert label_of(visible) == label


def test_artefacts_come_at_their_rate_in_hits_and_misses_alike():
    run = TwinRun("LN84")
    run.setup = replace(run.setup, streaks=0.2, ice=0.1)
    rate = {"HIT": [], "MISS": []}
    for i in range(500):
        if run.labels[i] in rate:
            shot = run.drawn(i)
            rate[run.labels[i]].append((shot.streak[1] > 0, shot.ice > 0, len(shot.hot)))
    for found in rate.values():
        streaks, ice, hot = np.mean(found, axis=0)
        assert streaks == pytest.approx(run.setup.streaks, abs=0.07)
        assert ice == pytest.approx(run.setup.ice, abs=0.05)
        assert hot == pytest.approx(run.setup.hot * 1.92**2, rel=0.15)


def test_pulse_and_photon_energy_jitter():
    shots = [draw(EMPTY, np.random.default_rng(i)) for i in range(400)]
    run_shots = [TwinRun("LN83").drawn(i) for i in range(400)]
    assert {shot.pulse for shot in shots} == {1.0}
    assert np.std([shot.pulse for shot in run_shots]) == pytest.approx(0.15, rel=0.2)
    energy = np.array([1 / shot.wavelength for shot in run_shots])
    assert energy.std() / energy.mean() == pytest.approx(0.001, rel=0.2)


@pytest.mark.parametrize("mean", [2.0, 8.0, 50.0, 3000.0])
def test_photons_are_poisson(mean):
    image = np.full((402, 402), mean, np.float32)
    frame = expose(image, 0, 0, 400, 5, 1.0, 0.0, 0.0, 0.0, 65535).astype(float)
    expected_sigma = np.sqrt(mean / frame.size)
    assert frame.mean() == pytest.approx(mean, abs=5 * expected_sigma + 0.05)
    assert frame.var() == pytest.approx(mean + 1 / 12, rel=0.06)
    skew = ((frame - frame.mean()) ** 3).mean() / frame.std() ** 3
    assert skew == pytest.approx(mean**-0.5, abs=0.15 if mean < 10 else 0.03)


def test_gain_point_spread_readout_offset_and_saturation():
    image = np.full((402, 402), 1000, np.float32)
    frame = expose(image, 0, 0, 400, 5, 2.0, 0.23, 0.0, 10.0, 65535).astype(float)
    setup = replace(EMPTY, gain=2.0, blur=0.23)
    assert frame.mean() == pytest.approx(2010, abs=1)
    assert frame.var() == pytest.approx(2000 * setup.noise_gain, rel=0.03)
    rest = frame - frame.mean()
    along = (rest[:, 1:] * rest[:, :-1]).mean() / rest.var()
    assert along == pytest.approx(2 * 0.23 / (1 + 2 * 0.23**2), abs=0.02)
    dark = expose(np.full((402, 402), 1e-6, np.float32), 0, 0, 400, 5, 1.0, 0.0, 4.0, 100.0, 65535)
    assert dark.std() == pytest.approx(4, rel=0.1)
    assert expose(image, 0, 0, 400, 5, 100.0, 0.0, 0.0, 0.0, 65535).max() == 65535


def test_the_beam_stop_leaves_no_reading_and_the_tape_shades_the_left():
    frame = render(EMPTY, draw(EMPTY, np.random.default_rng(0)))
    assert (frame[950:970, 950:970] == 0).all()
    assert (frame == 0).sum() == pytest.approx(np.pi * 41**2, rel=0.02)
    left, right = frame[300:600, 500:800].mean(), frame[300:600, 1120:1420].mean()
    assert left / right == pytest.approx(EMPTY.tape, abs=0.01)


def test_the_background_is_stronger_up_than_across():
    image = background(EMPTY)
    assert image[960 - 350, 961] > 1.1 * image[961, 960 + 350]  # polarisation at the water ring


def test_a_class_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="No HIT in"):
        draw(EMPTY, np.random.default_rng(0), label="HIT")
    with pytest.raises(ValueError, match="No twin of 'LM51'"):
        TwinRun("LM51")
    with pytest.raises(ValueError, match="'2017'. Choose one of 2016, 2018"):
        TwinRun("LN83", reading="2017")
