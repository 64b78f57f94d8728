"""The physics of the frames that judge the screening, and the arithmetic of the judge."""

import itertools

import fabio
import h5py
import numpy as np
import pytest

from sfxtutor.runs.open import open_run
from tools.detectors import BLANKS, CELLS, DETECTORS, blanks, hits, misses
from tools.detectors.blanks import module_edges
from tools.detectors.crystal import Crystal, near_sphere, orientation, reciprocal, wilson_intensity
from tools.detectors.files import write
from tools.detectors.judge import (
    SPOTS,
    Case,
    Scorer,
    auc_difference,
    auc_interval,
    blanks_table,
    judge,
    judge_blanks,
    spot_counts,
    table,
)  # fmt: skip
from tools.detectors.shipped import rwd_scorer, screened

SMALL = ("pilatus_300k", "agipd")


def rng(seed=0):
    return np.random.default_rng(seed)


def cold(made):
    """Good pixels without the hot ones: bool, of the flat frame."""
    good = made.scene.good.copy()
    good[made.scene.hot[:2]] = False
    return good


# Crystal


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_the_reciprocal_basis_belongs_to_the_cell(cell):
    direct = np.linalg.inv(reciprocal(cell)).T
    assert np.linalg.norm(direct, axis=1) == pytest.approx(cell[:3])
    unit = direct / np.linalg.norm(direct, axis=1)[:, None]
    cosines = [unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]
    assert np.degrees(np.arccos(cosines)) == pytest.approx(cell[3:])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cell", ["small triclinic", "monoclinic"])
def test_the_reflections_near_the_sphere_are_those_of_a_full_search(cell, seed):
    basis, k = reciprocal(CELLS[cell]) @ orientation(rng(seed)).T, 0.9
    q_max, thickness = (0.9, 0.01) if "small" in cell else (0.3, 0.004)
    found = {tuple(hkl) for hkl in near_sphere(basis, k, q_max, thickness)}
    span = range(-29, 30)
    hkl = np.array(list(itertools.product(span, span, span)))
    q = hkl @ basis
    error = np.linalg.norm(q + np.array([0, 0, k]), axis=1) - k
    length = np.linalg.norm(q, axis=1)
    wanted = (np.abs(error) < thickness) & (length < q_max) & (length > 0)
    assert np.abs(hkl[wanted]).max() < 29  # the search is wide enough
    assert len(found) > 20
    assert found == {tuple(row) for row in hkl[wanted]}


def test_intensities_follow_wilson_and_are_those_of_the_friedel_mates():
    hkl = np.array([row for row in itertools.product(range(-20, 21), repeat=3) if any(row)])
    intensity = wilson_intensity(hkl, 5)
    assert np.array_equal(intensity, wilson_intensity(-hkl, 5))
    half = intensity[: len(hkl) // 2]  # the other half are the mates
    assert half.mean() == pytest.approx(1, abs=0.02)
    assert (half**2).mean() / half.mean() ** 2 == pytest.approx(2, abs=0.08)  # acentric
    assert abs(np.corrcoef(half, wilson_intensity(hkl, 6)[: len(half)])[0, 1]) < 0.02


def test_orientations_are_rotations_that_favour_no_direction():
    turns = np.array([orientation(rng(seed)) for seed in range(2000)])
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3))
    assert np.linalg.det(turns) == pytest.approx(1)
    assert np.abs(turns.mean(axis=0)).max() < 0.06  # five times 1/sqrt(3 * 2000)


def test_large_domains_make_thin_reflections():
    thin, thick = (Crystal(CELLS["lysozyme"], domain=size) for size in (3000, 500))
    assert thin.width(0.0) == pytest.approx(0.44 / 3000)
    assert thick.width(0.3) > thin.width(0.3)


# Spots on a detector


@pytest.fixture(scope="module", params=DETECTORS)
def made(request):
    """A hit of each detector."""
    return hits(request.param, 0.01, 1, seed=4)


def test_spots_lie_where_the_diffracted_rays_meet_the_detector(made):
    k, [spots] = 1 / made.wavelength, made.spots
    ray = spots.q + np.array([0, 0, k])
    assert np.linalg.norm(ray, axis=1) - k == pytest.approx(spots.error, abs=1e-12)
    width = made.scene.crystal.width(made.scene.q_max)
    assert np.abs(spots.error).max() < 3 * width < 0.02 * k
    rows, columns = np.rint(spots.rows).astype(int), np.rint(spots.columns).astype(int)
    for axis, positions in zip((1, 0), made.scene.detector.positions, strict=True):
        met = ray[:, axis] / ray[:, 2] * made.distance / made.pixel + made.scene.beam[1 - axis]
        assert np.abs(met - positions[rows, columns]).max() <= 0.5 + 1e-3
    assert made.scene.good[rows, columns].all()


@pytest.mark.parametrize("name", ["eiger_1m", "agipd"])
def test_as_many_spots_are_visible_as_stated(name):
    ordinary, weak = hits(name, 0.5, 12, seed=1), hits(name, 0.5, 12, seed=1, visible=(3, 6))
    assert ((ordinary.visible >= 15) & (ordinary.visible <= 150)).all()
    assert len(set(ordinary.visible)) > 6
    assert ((weak.visible >= 3) & (weak.visible <= 6)).all()
    bright = hits(name, 0.5, 3, seed=1, brightness=300, visible=(1, 5000))
    assert bright.brightness == pytest.approx(300)


def test_a_small_cell_has_no_absurd_spots():
    bright = [s.photons.max() for seed in range(4)
              for s in hits("cspad_slab", 3, 6, seed, cell="small triclinic").spots]  # fmt: skip
    assert max(bright) < 1e6


def test_the_photons_of_a_spot_arrive():
    made = hits("eiger_1m", 0.01, 4, seed=2, brightness=400, visible=(1, 5000))
    for frame, spots in zip(made, made.spots, strict=True):
        brightest = np.argsort(spots.photons)[-10:]
        found = wanted = 0
        for i in brightest:
            y, x = round(spots.rows[i]), round(spots.columns[i])
            box = np.s_[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5]
            good = made.good[box]
            if good.all():
                found += int(frame[box].sum())
                wanted += spots.photons[i] * 1.02 + 0.81  # counted twice, and the background
        assert wanted > 1000
        assert found == pytest.approx(wanted, abs=5 * np.sqrt(wanted) + 0.02 * wanted)


# Detectors


def test_a_frame_has_the_shape_and_marks_of_its_detector(made):
    detector, frame = made.scene.detector, made[0]
    gaps = ~detector.active.reshape(detector.shape)
    assert frame.shape == detector.shape
    assert frame.dtype == np.dtype(detector.dtype)
    assert np.array_equal(frame[gaps], np.full(gaps.sum(), detector.gap, frame.dtype), True)
    dead = made.scene.dead.reshape(detector.shape) & ~gaps
    assert (dead.sum() > 20) == (detector.kind != "ccd")
    assert np.array_equal(frame[dead], np.full(dead.sum(), detector.dead, frame.dtype), True)
    assert np.isfinite(frame[made.good].astype(float)).all()
    assert (made.mask is None) == (not detector.stated)
    if detector.stated:
        assert np.array_equal(made.mask, ~gaps & ~dead)


@pytest.mark.parametrize(
    ("name", "gap_rows", "gap_columns"),
    [("eiger_1m", 37, 0), ("eiger_4m", 111, 10), ("pilatus_6m", 187, 28), ("pilatus_300k", 34, 0)],
)
def test_gaps_are_as_wide_as_dectris_has_them(name, gap_rows, gap_columns):
    active = DETECTORS[name].active
    assert (~active).all(axis=1).sum() == gap_rows
    assert (~active).all(axis=0).sum() == gap_columns
    assert active[0, 0]
    assert active[-1, -1]


@pytest.mark.parametrize("name", [n for n, d in DETECTORS.items() if len(d.panels) > 1])
def test_no_two_panels_overlap(name):
    boxes = []
    for panel in DETECTORS[name].panels:
        far = [
            panel.corner[axis]
            + (panel.shape[0] - 1) * panel.slow[axis]
            + (panel.shape[1] - 1) * panel.fast[axis]
            for axis in (0, 1)
        ]
        boxes.append(np.sort([panel.corner, far], axis=0))
    for first, second in itertools.combinations(boxes, 2):
        apart = np.maximum(first[0] - second[1], second[0] - first[1])
        assert apart.max() >= 1
    places = [at for _, _, panel in DETECTORS[name].places for at in [panel]]
    assert len(places) == len(DETECTORS[name].panels)


@pytest.mark.parametrize("level", [0.005, 0.02, 0.3, 10])
def test_counts_of_photons_are_poissonian(level):
    made = blanks(f"flat_{level:g}", "eiger_1m", count=1, seed=3)
    counts = made[0][cold(made)].astype(float)
    n = counts.size
    assert counts.mean() == pytest.approx(level * 1.02, abs=5 * np.sqrt(level / n) + 0.01 * level)
    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.03)
    assert (counts == 0).mean() == pytest.approx(np.exp(-counts.mean()), abs=5 / np.sqrt(n))


@pytest.mark.parametrize("background", [1e-5, 0.5, 200])
def test_the_background_is_as_bright_as_stated(background):
    made = misses("pilatus_300k", background, 8, seed=2)
    good = cold(made)
    total = sum(int(frame[good].sum()) for frame in made)
    wanted = background * 1.02 * good.sum() * 8 * np.exp(0.15**2 / 2)
    assert total == pytest.approx(wanted, abs=4 * np.sqrt(wanted) + 0.2 * wanted)
    assert made.scene.profile[made.scene.good].mean() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("name", ["epix10k_stack", "agipd", "cspad_slab", "jungfrau_1m_kev"])
def test_a_dark_subtracted_frame_is_noise_about_zero(name):
    detector, made = DETECTORS[name], misses(name, 1e-5, 1, seed=0)
    value = made[0][made.good].astype(float)
    value = value[np.abs(value) < 6 * np.hypot(detector.noise, detector.pedestal) + 2]
    assert (value < 0).mean() == pytest.approx(0.5, abs=0.06)
    rms = np.sqrt(detector.noise**2 + detector.pedestal**2 + detector.common**2)
    assert value.std() == pytest.approx(rms, rel=0.1)


def test_the_common_mode_is_that_of_an_asic():
    detector, [a, b] = DETECTORS["cspad_slab"], misses("cspad_slab", 1e-5, 2, seed=0).stack()
    change = (a.astype(float) - b).reshape(8, 185, 8, 194)
    change = np.median(change, axis=(1, 3))
    assert change.std() == pytest.approx(np.sqrt(2) * detector.common, rel=0.35)


def test_a_photon_in_a_jungfrau_has_its_energy_and_shares_it():
    made = blanks("flat_0.02", "jungfrau_1m_kev", count=1, seed=0)
    good = made.good
    value = np.where(good, made[0], 0)
    assert value[good].mean() / 12.4 == pytest.approx(0.02, rel=0.06)
    around = sum(np.roll(value, step, (0, 1)) for step in itertools.product((-1, 0, 1), repeat=2))
    inner = np.s_[3:500, 3:1000]
    peak = (value > 6.2)[inner]
    assert np.median(around[inner][peak]) == pytest.approx(12.4, abs=0.6)
    assert value[inner][peak].mean() < 12.3


def test_the_light_of_a_ccd_spreads_and_keeps_its_mean():
    detector, made = DETECTORS["rayonix"], blanks("flat_30", "rayonix", count=1, seed=0)
    good, value = made.good, made[0].astype(float)
    assert value[good].mean() == pytest.approx(detector.offset + 30 * detector.gain, rel=0.01)
    inner = value[100:900, 100:900]
    near, far = (np.corrcoef(inner[:, :-s].ravel(), inner[:, s:].ravel())[0, 1] for s in (1, 9))
    assert near > 0.2
    assert abs(far) < 0.02


@pytest.mark.parametrize("name", SMALL)
def test_frames_follow_from_the_seed_alone(name):
    made = hits(name, 0.5, 2, seed=7)
    first, second = list(made)
    nan = first.dtype.kind == "f"
    assert np.array_equal(first, hits(name, 0.5, 1, seed=7)[0], nan)
    assert np.array_equal(second, made[-1], nan)
    for other in (second, hits(name, 0.5, 1, seed=8)[0], misses(name, 0.5, 1, seed=7)[0]):
        assert not np.array_equal(first, other, nan)
    with pytest.raises(IndexError, match="expected a frame from 0 to 1"):
        made[2]


@pytest.mark.parametrize("name", ["eiger_1m", "jungfrau_1m_kev", "rayonix"])
def test_a_hot_pixel_is_one_pixel_and_hot_in_all_frames(name):
    made = misses(name, 0.05, 2, seed=3)
    rows, columns, level = made.scene.hot
    strong = (level > 60) & (columns > 0) & (columns < made.scene.detector.flat[1] - 1)
    assert strong.any()
    value = [f.astype(float) - made.scene.detector.offset for f in made]
    for frame in value:
        assert (frame[rows[strong], columns[strong]] > 30 * made.scene.detector.gain).all()
    beside = np.nanmedian([frame[rows[strong], columns[strong] + 1] for frame in value])
    assert beside < 10 * made.scene.detector.gain


def test_hits_and_misses_of_a_seed_are_of_one_beamline():
    hit, miss = hits("eiger_1m", 0.5, 1, seed=7), misses("eiger_1m", 0.5, 1, seed=7)
    assert hit.centre == miss.centre
    assert hit.distance == miss.distance
    assert np.array_equal(hit.mask, miss.mask)
    assert np.array_equal(hit.scene.profile, miss.scene.profile)
    assert miss.visible.tolist() == [0]


def test_the_beam_stop_lies_at_the_beam():
    made = misses("pilatus_300k", 3, 1, seed=1)
    y, x = np.indices(made.good.shape)
    radius = np.hypot(y - made.centre[0], x - made.centre[1])
    places = [made.good & near for near in (radius < 3, abs(radius - 25) < 5)]
    shadow, beside = (made[0][place].mean() for place in places)
    assert shadow < 0.1 * beside


# Blanks


@pytest.mark.parametrize("kind", BLANKS)
def test_a_blank_follows_from_its_seed_and_is_no_plain_miss(kind):
    made = blanks(kind, "pilatus_300k", 0.5, 2, seed=1)
    plain = misses("pilatus_300k", 0.5, 1, seed=1)[0]
    first, second = list(made)
    assert np.array_equal(second, blanks(kind, "pilatus_300k", 0.5, 2, seed=1)[1])
    assert not np.array_equal(first, second)
    assert first.dtype == plain.dtype
    assert np.array_equal(first < 0, plain < 0)  # gaps and dead pixels


@pytest.mark.parametrize(
    "kind",
    ["two_streaks", "ice_rings", "module_edges", "noisy_lines", "saturated_module", "spikes"],
)
def test_a_blank_is_made_on_panels_too(kind):
    frame = blanks(kind, "agipd", 0.5, 1, seed=1)[0]
    assert frame.shape == (16, 512, 128)
    assert np.nanmean(frame) > 62 * 0.2


def change(kind, name="pilatus_300k", background=0.5, seed=1, i=0):
    """The mean of a kind of blank minus that of misses, pixel by pixel of 16 frames of each."""
    blank = blanks(kind, name, background, 16, seed)
    plain = misses(name, background, 16, seed)
    good = plain.good
    means = [np.mean([np.where(good, f, 0) for f in made], axis=0) for made in (blank, plain)]
    return means, good


def test_three_zingers_are_three_bright_places():
    made = blanks("zingers", "eiger_1m", 1e-3, 4, 0)
    for frame in made:
        counts = np.where(cold(made), frame, 0).astype(int)
        assert 3 <= (counts > 10).sum() <= 9


def test_the_pixels_of_module_edges_count_two_to_three_times():
    (blank, plain), good = change("module_edges")
    edge = module_edges(DETECTORS["pilatus_300k"]) & good
    assert edge.sum() > 3000
    assert 1.7 < blank[edge].sum() / plain[edge].sum() < 3.6
    assert blank[good & ~edge].sum() == pytest.approx(plain[good & ~edge].sum(), rel=0.2)


def test_the_air_scatter_falls_by_e_in_fifteen_pixels():
    (blank, _), _ = change("air_steep", background=1e-3)
    y, x = DETECTORS["pilatus_300k"].positions
    made = misses("pilatus_300k", 1e-3, 1, 1)
    scene, good = made.scene, cold(made)
    radius = np.hypot(y - scene.beam[0], x - scene.beam[1])
    levels = [blank[good & (abs(radius - r) < 1.5)].mean() for r in (5, 20, 35)]
    assert levels[0] == pytest.approx(20 * np.exp(-1 / 3), rel=0.15)
    assert np.diff(np.log(levels)) == pytest.approx([-1, -1], abs=0.15)


def test_ice_rings_lie_at_the_spacings_of_ice():
    made = blanks("ice_rings", "eiger_4m", 0.1, 1, seed=4)
    scene, frame = made.scene, np.where(made.good, made[0], 0)
    radius = np.rint(np.hypot(*(p - b for p, b in zip(scene.detector.positions, scene.beam,
                                                      strict=True)))).astype(int)  # fmt: skip
    good = made.good.ravel()
    counts = np.bincount(radius.ravel()[good], np.minimum(frame.ravel()[good], 50))
    mean = counts / np.maximum(np.bincount(radius.ravel()[good]), 1)
    at = [round(scene.radius_at(1 / d)) for d in (3.90, 3.67, 3.44)]
    assert at[-1] < scene.detector.reach
    assert all(mean[r - 1 : r + 2].mean() > 1.3 * mean[[r - 25, r + 40]].min() for r in at)


def test_a_streak_leads_through_the_beam():
    made, plain = blanks("streak_from_jet", "eiger_1m", 0.2, 1, 3), misses("eiger_1m", 0.2, 1, 3)
    good = cold(made)
    y, x = (p - b for p, b in zip(made.scene.detector.positions, made.scene.beam, strict=True))
    bright = good & (made[0] > 4 + 8 * made.scene.expected) & (np.hypot(y, x) > 40)
    assert bright.sum() > 30 + (good & (plain[0] > 4 + 8 * made.scene.expected)).sum()
    angle = np.arctan2(y[bright], x[bright]) * 2  # of a line, whose two ends are alike
    assert abs(np.exp(1j * angle).mean()) > 0.95


# The judge


def test_the_interval_of_a_perfect_auc_is_not_empty():
    score, truth = np.r_[np.zeros(10), np.ones(10)], np.repeat([False, True], 10)
    small = auc_interval(score, truth)
    large = auc_interval(np.repeat(score, 10), np.repeat(truth, 10))
    assert (small.value, small.high) == (1, 1)
    assert 0.7 < small.low < large.low < 0.9999
    worst = auc_interval(-score, truth)
    assert (worst.low, worst.high) == (0, pytest.approx(1 - small.low))


def test_the_interval_covers_the_true_auc():
    inside, truth = 0, np.repeat([False, True], 30)
    for seed in range(200):  # normal scores, a standard deviation from each other: 0.760
        found = auc_interval(rng(seed).standard_normal(60) + truth, truth)
        inside += found.low < 0.7602 < found.high
    assert 0.92 <= inside / 200 <= 0.985


def test_the_difference_of_aucs_covers_the_true_one_and_is_narrower_when_paired():
    truth, inside, wide, paired = np.repeat([False, True], 40), 0, [], []
    for seed in range(60):
        draw = rng(seed)
        common, one, two, alone = draw.standard_normal((4, 80))
        a, b = common + 0.3 * one + truth, common + 0.3 * two + truth
        together = auc_difference(a, b, truth)
        inside += together.low < 0 < together.high
        paired.append(together.high - together.low)
        free = auc_difference(a, alone + truth, truth)
        wide.append(free.high - free.low)
    assert inside / 60 >= 0.88
    assert np.mean(paired) < 0.6 * np.mean(wide)
    same = auc_difference(a, a, truth)
    assert (same.value, same.low, same.high) == (0, 0, 0)


@pytest.mark.parametrize("name", ["pilatus_300k", "agipd"])
def test_the_spot_count_sees_the_visible_spots(name):
    made = hits(name, 0.5, 2, seed=1, visible=(60, 150))
    bare = misses(name, 0.5, 2, seed=1)
    assert spot_counts(list(made), made).min() > 3 + spot_counts(list(bare), bare).max()


def test_the_judge_counts_what_scorers_call():
    def brightest(frames, mask):
        return [float(frame[mask].mean()) for frame in frames]

    def silent(frames, mask):
        return np.full(len(frames), np.nan)

    scorers = {"always": Scorer(lambda frames, mask: np.ones(len(frames))),
               "mean": Scorer(brightest, 1e9), "silent": Scorer(silent)}  # fmt: skip
    rows = list(judge(scorers, [Case("eiger_1m", 0.05, 4, (0, 1))]))
    found = {row.scorer: row for row in rows}
    always = found["always"].counts
    assert (always.hits_found, always.hits_total) == (8, 8)
    assert (always.misses_found, always.misses_total) == (0, 8)
    assert found["mean"].counts.misses_found == 8
    assert found["always"].auc.value == 0.5
    assert found[SPOTS].auc.value > 0.9
    assert found["always"].gain.high < 0
    assert (found["silent"].unscored, found["silent"].counts.hits_found) == (16, 0)
    assert table(rows).count("\n") == 1 + len(rows)
    [flat] = judge_blanks(scorers, "eiger_1m", count=3, seeds=(0,), kinds=("flat_0.1",))
    assert flat == ("flat_0.1", {"always": (3, 3), "mean": (0, 3), "silent": (0, 3), SPOTS: (0, 3)})
    assert "| flat_0.1 | 3/3 | 0/3 | 0/3 | 0/3 |" in blanks_table([flat])


# Files


@pytest.mark.parametrize("name", ["eiger_1m_16bit", "jungfrau_1m_kev"])
def test_nexus_files_hold_the_frames_the_mask_and_the_geometry(tmp_path, name):
    made = hits(name, 0.5, 3, seed=0)
    [master] = write(made, tmp_path)
    with h5py.File(tmp_path / f"{name}_data_000001.h5") as file:
        data = file["entry/data/data"]
        assert np.array_equal(data[2], made[2], data.dtype.kind == "f")
        assert data.id.get_create_plist().get_filter(0)[0] == 32008  # bitshuffle
    with h5py.File(master) as file:
        detector = file["entry/instrument/detector"]
        assert np.array_equal(detector["pixel_mask"][()] == 0, made.mask)
    with open_run(master) as run:
        assert run.card.beam_center == pytest.approx(made.centre)
        assert run.card.distance == pytest.approx(1e3 * made.distance)
        assert run.card.wavelength == pytest.approx(made.wavelength)


def test_cbf_files_hold_the_frames_and_the_geometry(tmp_path):
    made = hits("pilatus_300k", 0.5, 2, seed=0)
    paths = write(made, tmp_path)
    assert b"x-CBF_BYTE_OFFSET" in paths[1].read_bytes()[:4000]
    assert np.array_equal(fabio.open(str(paths[1])).data, made[1])
    with open_run(paths) as run:
        assert len(run) == 2
        assert run.card.beam_center == pytest.approx(made.centre, abs=0.006)
        assert run.card.distance == pytest.approx(1e3 * made.distance, abs=0.01)
        assert run.card.pixel == pytest.approx(0.172)


@pytest.mark.parametrize("name", ["agipd", "cspad_slab"])
def test_cxi_files_hold_panels_as_the_detector_has_them(tmp_path, name):
    made = hits(name, 0.5, 2, seed=0)
    [path] = write(made, tmp_path)
    with h5py.File(path) as file:
        data = file["entry_1/data_1/data"]
        assert data.shape == (2, *DETECTORS[name].shape)
        assert np.array_equal(data[1], made[1], data.dtype.kind == "f")
        assert np.array_equal(file["entry_1/data_1/mask"][()] == 0, made.mask)


def test_the_whole_way_through_a_file_gives_a_score_a_frame(tmp_path):
    made = hits("eiger_1m", 0.5, 3, seed=0)
    p, status = screened(made, tmp_path)
    assert len(p) == len(status) == 3
    assert [word == "ok" for word in status] == np.isfinite(p).tolist()


def test_the_shipped_model_scores_crops_and_nothing_narrower():
    scorer, made = rwd_scorer(), hits("eiger_1m", 0.5, 2, seed=0)
    assert np.isfinite(scorer.score(list(made), made.mask)).all()
    narrow = hits("pilatus_300k", 0.5, 1, seed=0)
    assert np.isnan(scorer.score(list(narrow), narrow.mask)).all()
