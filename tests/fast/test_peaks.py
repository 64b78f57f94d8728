"""Peaks in units of a frame's own noise: against plain NumPy, and against what is there."""

import numpy as np
import pytest
from scipy import ndimage

from sfxtutor.fast import maxima, tiles
from sfxtutor.fast.peaks import FIELDS, FRAME, PEAKS, View, describe

TYPES = ("u1", "u2", "u4", "i2", "i4", "i8", "f4", "f8", ">u2", "f2")


def with_spots(shape, level, spots, photons, sigma=0.6, seed=0):
    """Counts over a level, and Gaussian spots of so many photons: frame and their places."""
    rng = np.random.default_rng(seed)
    mean = np.full(shape, float(level))
    places = rng.integers(12, np.array(shape) - 12, (spots, 2))
    rows, columns = np.mgrid[-5:6, -5:6]
    profile = np.exp(-(rows**2 + columns**2) / 2 / sigma**2)
    for y, x in places:
        mean[y + rows, x + columns] += photons * profile / profile.sum()
    return rng.poisson(mean), places


def found_of(places, peaks):
    """How many of the places have a peak within two pixels."""
    return sum(np.hypot(*(peaks[:, :2] - place).T).min(initial=9) < 2 for place in places)


@pytest.mark.parametrize("kind", TYPES)
def test_any_type_gives_the_same_peaks(kind):
    frame, _ = with_spots((300, 280), 4, 12, 120)
    features, peaks = describe(frame.astype("f8"))
    other, same = describe(frame.astype(kind))
    np.testing.assert_array_equal(peaks, same)
    np.testing.assert_array_equal(features, other)


def test_tiles_have_the_mean_and_the_variance_about_their_plane():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:64, :96]
    frame = (0.5 * y + 0.8 * x + rng.normal(0, 7, y.shape)).astype("f4")
    good = rng.random(y.shape) < 0.9
    spans = tiles.tile_rows(64, 64)
    mean, variance, number = tiles.moments(
        frame, good, np.float32(-np.inf), np.float32(np.inf), spans
    )
    for t, k in np.ndindex(mean.shape):
        part = np.s_[16 * t : 16 * t + 16, 16 * k : 16 * k + 16]
        values, at = frame[part][good[part]], good[part]
        assert number[t, k] == at.sum()
        assert mean[t, k] == pytest.approx(values.mean(), rel=1e-5)
        plane = np.column_stack([np.ones(at.sum()), y[part][at], x[part][at]])
        left = values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
        assert variance[t, k] == pytest.approx((left**2).sum() / (at.sum() - 3), rel=0.2)
    assert np.mean(variance) == pytest.approx(49, rel=0.05)


@pytest.mark.parametrize("photon", [1.0, 12.5])
@pytest.mark.parametrize("level", [1e-3, 3e-3, 0.01, 0.05, 0.2, 2.0, 40.0])
def test_the_photon_is_found_in_the_noise(level, photon):
    frame = np.random.default_rng(2).poisson(level, (1000, 1000)) * np.float32(photon)
    spans = tiles.tile_rows(1000, 1000)
    everything = np.ones(frame.shape, bool)
    mean, variance, _ = tiles.moments(
        frame, everything, np.float32(-np.inf), np.float32(np.inf), spans
    )
    assert tiles.photon(mean, variance) == pytest.approx(photon, rel=0.25)


@pytest.mark.parametrize(("level", "spots"), [(0.5, 400), (40, 1500)])
def test_the_photon_is_found_on_a_steep_background_and_among_spots(level, spots):
    """Many tiles may hold spots, which add more variance than photons do."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:1000, :1000]
    frame = rng.poisson(level * (1 + 5 * np.exp(-(((np.hypot(y - 400, x - 400) - 250) / 60) ** 2))))
    for i, j in rng.integers(5, 995, (spots, 2)):
        frame[i - 1 : i + 2, j - 1 : j + 2] += rng.poisson(8 + 40 * np.sqrt(level), (3, 3))
    spans, low = tiles.tile_rows(1000, 1000), np.float32(-np.inf)
    everything = np.ones(frame.shape, bool)
    mean, variance, _ = tiles.moments(3 * frame, everything, low, np.float32(np.inf), spans)
    assert tiles.photon(mean, variance) == pytest.approx(3, rel=0.25)


def test_the_deviance_is_that_of_counts():
    """A spot alone: N counts in 3 x 3 pixels where the level gives M."""
    frame = np.random.default_rng(3).poisson(0.2, (400, 400)).astype("u4")
    frame[195:206, 195:206] = 0
    frame[195:206:2, 195:206:2] = 1  # 36 in the window, one of them in the middle
    frame[200:203, 200] = 4, 9, 4
    _, peaks = describe(frame)
    [(_, _, strength)] = peaks[(peaks[:, 0] == 201) & (peaks[:, 1] == 200)]
    inside = frame[200:203, 199:202].sum()
    ring = frame[196:207, 195:206].sum() - frame[199:204, 198:203].sum()
    level = 9 * (ring + 8 * 0.2) / (121 - 25 + 8)
    expected = np.sqrt(2 * (inside * np.log(inside / level) - inside + level))
    assert strength == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("level", [1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1e4])
def test_noise_alone_has_no_peaks_and_spots_are_found(level):
    photons = 10 + 14 * 3 * np.sqrt(level)
    blank, _ = with_spots((700, 700), level, 0, 0)
    frame, places = with_spots((700, 700), level, 25, photons)
    above = FRAME.index("above 6")
    assert np.expm1(describe(blank)[0][0, above]) < 2
    features, peaks = describe(frame)
    assert found_of(places, peaks[peaks[:, 2] > 6]) >= 23
    assert np.expm1(features[0, above]) < 40


def test_a_steep_background_makes_no_peaks_and_hides_no_spots():
    """A ring of water through a camera: up to 14 photons a pixel more or less from row to row."""
    rng = np.random.default_rng(8)
    y, x = np.mgrid[:800, :800]
    mean = 200 + 1000 * np.exp(-(((np.hypot(y - 400, x - 400) - 250) / 60) ** 2))
    blank = 5 * ndimage.gaussian_filter(rng.poisson(mean).astype("f4"), 0.7)
    frame, places = blank.copy(), rng.integers(20, 780, (25, 2))
    for i, j in places:
        frame[i - 1 : i + 2, j - 1 : j + 2] += 5 * rng.poisson(3 * np.sqrt(mean[i, j]), (3, 3))
    assert np.count_nonzero(describe(blank)[1][:, 2] > 5) <= 2
    peaks = describe(frame)[1]
    assert found_of(places, peaks[peaks[:, 2] > 5]) >= 23


def test_the_level_of_a_tile_follows_a_slope_and_stops_at_a_step():
    y, x = np.mgrid[:160, :160]
    rng, low = np.random.default_rng(9), np.float32(-np.inf)
    frame = (3.0 * y + 2.0 * x + 500 * (x >= 80) + rng.normal(0, 4, y.shape)).astype("f4")
    frame[40:44, 120:124] += 300  # a spot
    everything, spans = np.ones(frame.shape, bool), tiles.tile_rows(160, 160)
    mean, variance, _ = tiles.moments(frame, everything, low, np.float32(np.inf), spans)
    (level, down, across), _ = tiles.local_noise(mean, variance, 10, 0.0)
    middle = 7.5 + 16 * np.arange(10)
    expected = 3 * middle[:, None] + 2 * middle + 500 * (middle >= 80)
    np.testing.assert_allclose(level, expected, atol=1.5)
    np.testing.assert_allclose(down, 3, atol=0.15)
    away = np.delete(across, (4, 5), axis=1)
    np.testing.assert_allclose(away, 2, atol=0.15)
    assert (across[:, 4:6] < 5).all()  # of the step, 500 in 16


def test_offset_gain_and_readout_noise_change_no_strength():
    frame, places = with_spots((500, 500), 30, 20, 200)
    dark = np.random.default_rng(4).normal(0, 4, frame.shape)
    _, counted = describe(frame)
    _, measured = describe((7.5 * frame + dark - 200).astype("f4"))
    assert found_of(places, counted) == found_of(places, measured) == 20
    np.testing.assert_allclose(measured[:15, 2], counted[:15, 2], rtol=0.15)


def test_bad_pixels_marks_and_panels_are_no_part_of_a_peak():
    frame, places = with_spots((400, 300), 1, 15, 60)
    raw, good = frame.astype("u4"), np.ones(frame.shape, bool)
    raw[100, :], good[100, :] = 4e9, False
    raw[250, 40] = 2**32 - 1  # a mark that the mask does not have
    raw[200, 0], good[200, 0], raw[200, 1] = 4e9, False, 60  # bad, at the edge, beside a peak
    view = View(high=float(np.nextafter(np.float32(2**32 - 1), np.float32(0))))
    _, peaks = describe(raw, good, view)
    assert not np.isin(peaks[:, 0], (100,)).any()
    assert not ((peaks[:, 0] == 250) & (peaks[:, 1] == 40)).any()
    assert not ((peaks[:, 0] == 200) & (peaks[:, 1] == 0)).any()
    assert ((peaks[:, 0] == 200) & (peaks[:, 1] == 1)).any()
    away = [place for place in places if abs(place[0] - 100) > 5]
    assert found_of(away, peaks) >= len(away) - 1
    tall, wide = describe(frame)[1], np.concatenate([frame, 50 + frame])
    _, stacked = describe(wide, None, View(panel=400))
    assert found_of(tall[tall[:, 2] > 6][:, :2], stacked) == (tall[:, 2] > 6).sum()


def test_what_tells_a_spot_from_a_zinger_and_a_streak():
    frame, places = with_spots((600, 600), 2, 1, 200, sigma=0.8)
    frame = frame.astype("f8")
    spot = tuple(places[0])
    frame[100, 120] += 200
    frame[400, 100:300] += 60
    features, peaks = describe(frame, None, View(centre=(300, 300)))
    rows = {name: k for k, name in enumerate(FIELDS)}

    def at(y, x):
        [k] = np.flatnonzero(np.hypot(peaks[:, 0] - y, peaks[:, 1] - x) < 2)
        return features[1 + k]

    zinger, real = at(100, 120), at(*spot)
    assert zinger[rows["share"]] > 0.8 > 0.6 > real[rows["share"]]
    assert real[rows["second"]] > 0.3 > zinger[rows["second"]]
    streak = features[1:][np.flatnonzero(peaks[:PEAKS, 0] == 400)]
    assert len(streak) > 20
    assert np.median(streak[:, rows["row"]]) > real[rows["row"]] + 1
    assert np.median(streak[:, rows["line"]]) > real[rows["line"]] + 1


def test_a_frame_that_cannot_be_described_says_why():
    with pytest.raises(ValueError, match="Every good pixel of the frame is 5"):
        describe(np.full((100, 100), 5, "u2"))
    with pytest.raises(ValueError, match="readings in 0 of 10000 good pixels"):
        describe(np.full((100, 100), np.nan, "f4"))
    with pytest.raises(ValueError, match=r"Expected one frame \(y, x\)"):
        describe(np.zeros((3, 100, 100)))


def test_single_photons_in_a_dark_frame_tell_the_photon_and_are_no_peaks():
    """Too few for the noise to tell it: 150 photons of 12.4 keV in 90,000 pixels."""
    rng = np.random.default_rng(7)
    frame = rng.normal(0, 1.2, (300, 300)).astype("f4")
    dark = frame.copy()
    for y, x in rng.integers(0, 300, (150, 2)):
        frame[y, x] += 12.4
    spots = rng.integers(10, 290, (12, 2))
    for y, x in spots:
        dark[y : y + 2, x : x + 2] += 12.4 * rng.integers(1, 20, (2, 2))
    known, count = FRAME.index("photon known"), FRAME.index("peaks")
    for image, photon in ((frame, 1), (dark, 0)):  # spots are not alike
        features, peaks = describe(image)
        assert features[0, known] == photon
        assert features[0, count] == pytest.approx(np.log1p(len(peaks)), rel=1e-5)
    assert len(describe(frame)[1]) < 20
    assert found_of(spots, peaks) == 12


def test_panels_that_do_not_fill_a_frame_are_refused():
    with pytest.raises(ValueError, match="panels of 50 rows in a frame of 256"):
        describe(np.random.default_rng(0).poisson(3, (256, 100)), None, View(panel=50))


def test_an_island_too_small_to_tell_its_noise_has_no_peak():
    frame, good = np.random.default_rng(6).poisson(3, (400, 400)), np.zeros((400, 400), bool)
    good[:200] = good[300:305, 300:305] = True
    frame[302, 302], frame[100, 100] = 500, 500
    features, peaks = describe(frame.astype("u4"), good, View(low=0.0))
    assert np.isfinite(features).all()
    assert (peaks[:, 0] < 200).all()
    assert tuple(peaks[0, :2]) == (100, 100)


def test_strong_peaks_stay_where_there_are_too_many():
    rng = np.random.default_rng(5)
    frame = rng.poisson(1, (1500, 1500)).astype("u4")
    y, x = rng.integers(5, 1495, (2, 30_000))
    frame[y, x] += 40
    frame[1400, 1400] = 5000
    features, peaks = describe(frame)
    assert features.shape == (1 + PEAKS, len(FIELDS))
    assert np.isfinite(features).all()
    assert tuple(peaks[0, :2]) == (1400, 1400)


def test_the_quick_test_of_a_peak_loses_none_beside_gaps_edges_and_panels():
    """Against the exact test of every pixel that is bright enough."""
    rng, height = np.random.default_rng(5), 128
    frame = rng.normal(20, 3, (256, 240)).astype("f4")
    good = rng.random(frame.shape) < 0.95
    good[100:110], good[:, 60:70] = False, False
    frame[~good] = -1e6
    for y, x in rng.integers(0, 240, (120, 2)):
        frame[y, x] += rng.uniform(10, 60)
    y, x = np.array([0, 127, 128, 255, 99, 110, 50]), np.array([5, 30, 90, 200, 33, 120, 239])
    frame[y, x], good[y, x] = 90, True  # at the edges of frame, gaps and panels
    low, high, spans = np.float32(-1e5), np.float32(np.inf), tiles.tile_rows(256, height)
    level, noise = np.zeros((3, 16, 15), "f4"), np.full((16, 15), 9, "f4")
    level[0] = 20
    settings = np.array([low, high, 0.0, 1.0, 9.0], np.float32)
    found = maxima.find(frame, good, spans, height, level, noise, settings)
    expected = {}
    for a, b in np.argwhere(good & (frame > 20 + maxima.SOME * 3)).tolist():
        about = maxima.about_at(level, noise, a, b, height)
        args = (a, b, a - a % height, height, about, settings)
        expected[a, b] = maxima.strength_at(frame, good, *args)
    expected = {at: strength for at, strength in expected.items() if strength >= maxima.FAINTEST}
    assert {(int(a), int(b)): float(c) for a, b, c in found} == pytest.approx(expected, rel=1e-6)
    assert {*zip(y.tolist(), x.tolist(), strict=True)} <= set(expected)
    assert len(expected) > 50


def test_peaks_that_stand_out_from_all_about_them_come_before_those_of_an_edge():
    rng = np.random.default_rng(3)
    mean = np.full((512, 512), 5.0)
    mean[:, 250:] = 60  # a bright half, whose edge has hundreds of peaks
    mean[100:104] = 300  # and a streak
    frame = rng.poisson(mean)
    places = [(40 + 45 * k, 60 + 40 * (k % 4)) for k in range(10)]
    for y, x in places:
        frame[y - 1 : y + 2, x - 1 : x + 2] += rng.poisson(12, (3, 3))
    features, peaks = describe(frame)
    beside = features[1 : 1 + len(peaks), FIELDS.index("beside")]
    assert len(peaks) > 60
    assert found_of(places, peaks[:20]) == len(places)
    at_edge = np.abs(peaks[: len(beside), 1] - 249) < 3
    assert np.median(beside[at_edge]) < 0.5 * beside[:10].min()
