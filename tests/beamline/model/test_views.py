"""What a model looks at in a run, and which pixels of it are good."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from minifiles import ArrayRun

from sfxtutor.beamline.model import views
from sfxtutor.beamline.model.bad_pixels import good_in_frames
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.model.views import Crops, WholeFrames, look_at
from sfxtutor.fast.kernels import fast_rwd
from sfxtutor.fast.peaks import View, describe
from sfxtutor.mask import Mask

SHAPE = (256, 200)


def noise(count=9, level=20.0, kind="u2", shape=SHAPE, seed=0):
    """Counts over a level: (count, y, x)."""
    return np.random.default_rng(seed).poisson(level, (count, *shape)).astype(kind)


def add_spots(mean, photons, count=25, sigma=0.6, seed=1):
    """Add the point spread of some spots to a frame of floats; pixels that they light, bool."""
    rng, before = np.random.default_rng(seed), mean.copy()
    rows, columns = np.mgrid[-3:4, -3:4]
    for y, x in rng.uniform(12, np.array(mean.shape) - 12, (count, 2)):
        top, left = round(y), round(x)
        spread = np.exp(-((rows + top - y) ** 2 + (columns + left - x) ** 2) / 2 / sigma**2)
        mean[top - 3 : top + 4, left - 3 : left + 4] += photons * spread / spread.sum()
    return mean > before + 0.05 * photons


@pytest.fixture(scope="module")
def peaks():
    return Screener("peaks")


@pytest.fixture(scope="module")
def rwd():
    return Screener("rwd")


class TornRun(ArrayRun):
    """A run of which some frames cannot be read, and which notes what is asked for."""

    def __init__(self, frames, broken=(), **facts):
        super().__init__(frames, **facts)
        self.broken, self.asked = broken, []

    def raw(self, i):
        self.asked.append(i)
        if i in self.broken:
            raise OSError(f"Frame {i} cannot be read. Copy the file again.")
        return super().raw(i)


# ---- what a model looks at


def test_a_model_of_peaks_looks_at_whole_frames_and_others_at_crops(peaks, rwd):
    run = ArrayRun(noise(3, 50, shape=(724, 730)))
    assert isinstance(look_at(run, peaks), WholeFrames)
    crops = look_at(run, rwd)
    assert isinstance(crops, Crops)
    np.testing.assert_array_equal(crops.features(1), fast_rwd(run.crop(1), run.good()))


def test_what_a_frame_alone_lacks_is_left_out_of_its_crop(rwd):
    run = ArrayRun(noise(3, 50, shape=(724, 724)))
    gaps = np.zeros((724, 724), bool)
    gaps[:100] = True
    run.crop_and_gaps = lambda i: (run.crop(i), gaps if i == 1 else None)
    crops = look_at(run, rwd)
    np.testing.assert_array_equal(crops.features(1), fast_rwd(run.crop(1), Mask(~gaps)))
    np.testing.assert_array_equal(crops.features(2), fast_rwd(run.crop(2)))


def test_counted_photons_do_not_fit_rwd_and_fit_peaks(peaks, rwd):
    run = ArrayRun(noise(3, 0.5, shape=(724, 724)))
    assert "counted photons" in look_at(run, rwd).unfit
    assert look_at(run, peaks).unfit == ""


def test_the_view_holds_what_the_run_knows(peaks):
    run = ArrayRun(noise(3), beam_center=(90.5, 80.0))
    run.readings = (-1.5, 60_000.0)
    assert look_at(run, peaks).view == View(-1.5, 60_000.0, None, (90.5, 80.0))
    run.panel = 64  # a centre of stacked panels means nothing
    assert look_at(run, peaks).view == View(-1.5, 60_000.0, 64)
    places = lambda rows, columns: (rows, columns)  # noqa: E731
    run.panel, run.geometry = None, SimpleNamespace(places=places, panel_rows=32)
    assert look_at(run, peaks).view == View(-1.5, 60_000.0, 32, None, places)
    run.geometry.panel_rows = 50  # rows are left over
    assert look_at(run, peaks).view == View(-1.5, 60_000.0, None, None, places)


def test_features_are_of_the_raw_frame_its_good_pixels_and_its_view(peaks):
    frames = noise(5, 3, "f4")
    frames -= 3  # dark-subtracted: half of the pixels are negative
    frames[:, 40:50] = np.nan
    run = ArrayRun(frames, mask=np.ones(SHAPE, bool), beam_center=(100.0, 100.0))
    run.mask[:, 30:33], run.readings, run.panel = False, (-1e9, 1e9), 128
    look = look_at(run, peaks)
    expected = describe(frames[2], look.good, View(-1e9, 1e9, 128))[0]
    np.testing.assert_array_equal(look.features(2), expected)
    assert not look.good.good[:, 30:33].any()
    assert run.mask.sum() - look.good.pixels < 20


def test_a_scale_and_an_offset_of_floats_change_no_score(peaks):
    mean = np.full(SHAPE, 5.0)
    add_spots(mean, 150)
    frames = np.stack([np.random.default_rng(k).poisson(m, SHAPE) for k in range(2)
                       for m in (mean, 5.0)]).astype("f4")  # fmt: skip
    p = []
    for run in (ArrayRun(frames), ArrayRun(frames / 300), ArrayRun(frames - 40)):
        look = look_at(run, peaks)
        p.append(peaks.score([look.features(i) for i in range(4)]))
    np.testing.assert_allclose(p[1], p[0], atol=1e-3)
    np.testing.assert_allclose(p[2], p[0], atol=1e-3)
    assert min(p[0][[0, 2]]) > peaks.threshold > max(p[0][[1, 3]])


# ---- the frames in which bad pixels are looked for


@pytest.mark.parametrize("count", [1, 2])
def test_frames_that_are_too_few_to_say_anything_are_read_once(count, peaks):
    run = TornRun(noise(count))
    look = look_at(run, peaks)
    assert look.good is None
    features = [look.features(i) for i in range(count)]
    assert run.asked == list(range(count))
    np.testing.assert_array_equal(features[-1], describe(run[count - 1])[0])


@pytest.mark.parametrize("count", [3, 9, 10, 1000])
def test_nine_frames_or_all_of_fewer_are_spread_over_the_run(count, peaks):
    run = TornRun(np.broadcast_to(noise(1), (count, *SHAPE)))
    look_at(run, peaks)
    asked = np.sort(run.asked)
    assert len(asked) == len(set(run.asked)) == min(count, 9)
    assert (asked[0], asked[-1]) == (0, count - 1)
    assert np.diff(asked).max(initial=0) <= -(-count // 8)


def test_frames_that_cannot_be_read_are_left_out_and_say_so_in_their_turn(peaks):
    frames = noise()
    frames[:, 100, 100] = 50_000
    run = TornRun(frames, broken=(0, 4))
    look = look_at(run, peaks)
    assert np.argwhere(~look.good.good).tolist() == [[100, 100]]
    assert np.isfinite(look.features(1)).all()
    with pytest.raises(OSError, match="Frame 4 cannot be read"):
        look.features(4)


def test_a_run_of_which_nothing_can_be_read_keeps_its_mask(peaks):
    run = TornRun(noise(3), broken=range(3))
    assert look_at(run, peaks).good is None
    run.mask = np.ones(SHAPE, bool)
    run.mask[7] = False
    np.testing.assert_array_equal(look_at(run, peaks).good.good, run.mask)


def test_nothing_is_looked_for_where_it_is_not_wanted(peaks):
    run = TornRun(noise())
    run.frames[:, 100, 100] = 50_000
    look = look_at(run, peaks, search=False)
    assert look.good is None
    assert run.asked == []


@pytest.mark.parametrize(("room", "read"), [(9, 9), (5, 5), (1, 3)])
def test_no_more_is_held_than_there_is_room_for(room, read, peaks, monkeypatch):
    frames = noise(17, 50, shape=(500, 500))
    monkeypatch.setattr(views, "ROOM", room * frames[0].nbytes)
    run = TornRun(frames)
    run.raw = lambda i, raw=run.raw: raw(i).copy()  # as reading a file does
    look_at(run, peaks)  # what is compiled stays in memory
    run.asked.clear()
    tracemalloc.start()
    try:
        look_at(run, peaks)
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(run.asked) == read
    assert max(run.asked) - min(run.asked) == 16
    assert highest < (read + 3.5) * frames[0].nbytes


# ---- good pixels of whole frames


def test_gaps_are_what_always_reads_the_same():
    frames = noise()
    frames[:, 100:110], frames[:, :, 50] = 0, 7  # a gap, and a line one pixel wide
    frames[:, 180, 180] = 20  # a single pixel
    good = good_in_frames(list(frames)).good
    assert not good[99:111].any()
    assert good[180, 180]
    assert good[112:, 60:].all()
    assert good.mean() > 0.9


@pytest.mark.parametrize("level", [1e-3, 0.3, 1.5])
def test_zeros_of_few_photons_are_no_gap(level):
    assert good_in_frames(list(noise(9, level))).good.all()


def test_a_frame_without_contrast_or_half_of_one_hides_nothing():
    frames = noise()
    frames[:, 100:110], frames[:, 200, 100] = 7, 50_000
    expected = good_in_frames(list(frames)).good
    assert not expected[100:110].any()
    assert not expected[200, 100]
    for lost in (0, 4):
        for value in (0, 65_535):
            torn = frames.copy()
            torn[lost] = value
            np.testing.assert_array_equal(good_in_frames(list(torn)).good, expected)
    frames[0, :128] = 7  # a half: what it reads is what the gap reads
    np.testing.assert_array_equal(good_in_frames(list(frames)).good, expected)


HOT = [(5, 5), (0, 100), (255, 199), (150, 120), (40, 41), (40, 42), (200, 60), (200, 61),
       (201, 60), (201, 61)]  # fmt: skip


@pytest.mark.parametrize(("kind", "level"), [("u2", 0.1), ("u2", 50), ("f4", 3)])
def test_stuck_pixels_are_found_one_by_one_in_pairs_and_in_fours(kind, level):
    frames = noise(9, level, kind)
    rng = np.random.default_rng(3)
    for y, x in HOT:
        frames[:, y, x] = rng.poisson(400 + 5 * level, 9)
    bad = np.argwhere(~good_in_frames(list(frames)).good).tolist()
    assert bad == sorted(map(list, HOT))


def test_a_pixel_that_is_hot_in_few_frames_is_good():
    frames = noise()
    frames[:4, 100, 100] = 5000
    assert good_in_frames(list(frames)).good.all()
    frames[4, 100, 100] = 5000
    assert np.argwhere(~good_in_frames(list(frames)).good).tolist() == [[100, 100]]


@pytest.mark.parametrize("level", [0.2, 20.0])
@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.3])
def test_spots_of_repeated_exposures_are_good(sigma, level):
    mean = np.full(SHAPE, level)
    lit = add_spots(mean, 60 * (1 + level), sigma=sigma)
    rng = np.random.default_rng(2)
    frames = [rng.poisson(mean).astype("u2") for _ in range(9)]
    for frame in frames:
        frame[60, 60] = 5000
    good = good_in_frames(frames).good
    assert not good[60, 60]
    assert lit.sum() > 100
    assert (~good & lit).sum() <= 0.04 * lit.sum()
    assert (~good).sum() <= 1 + 9  # the hot pixel, and one spot of 25


def test_spots_of_repeated_exposures_keep_their_score(peaks):
    mean = np.full(SHAPE, 1.0)
    add_spots(mean, 80)
    frames = np.random.default_rng(4).poisson(mean, (9, *SHAPE)).astype("u2")
    alone = peaks.score([peaks.features(frame) for frame in frames])
    look = look_at(ArrayRun(frames), peaks)
    np.testing.assert_allclose(peaks.score([look.features(i) for i in range(9)]), alone, atol=0.02)
    assert alone.min() > peaks.threshold


def test_fewer_than_three_frames_that_differ_say_nothing():
    frames = noise()
    frames[:, 100:110], frames[:, 20, 30] = 0, 50_000
    for few in ([frames[0]], list(frames[:2]), [frames[0]] * 9, [frames[0], frames[1]] * 4):
        assert good_in_frames(few).good.all()
    assert not good_in_frames(list(frames[:3])).good[20, 30]


def test_gaps_that_a_mask_names_keep_their_neighbours():
    frames, mask = noise(), np.ones(SHAPE, bool)
    mask[100:110] = False
    frames[:, ~mask] = 0
    np.testing.assert_array_equal(good_in_frames(list(frames), mask).good, mask)
    assert not good_in_frames(list(frames)).good[99:111].any()


@pytest.mark.parametrize("mark", [np.nan, -1000.0])
def test_spots_beside_gaps_are_judged_by_the_good_pixels(mark):
    """Repeated exposures of spots one pixel from a gap, and hot pixels there."""
    mean = np.full(SHAPE, 30.0)
    for x in range(20, 180, 20):
        mean[108:113, x - 2 : x + 3] += 400 * np.outer(*[[0.05, 0.3, 1, 0.3, 0.05]] * 2)
    mask = np.ones(SHAPE, bool)
    mask[100:109] = False
    frames = np.random.default_rng(6).poisson(mean, (9, *SHAPE)).astype("f4")
    frames[:, 110, 30] = frames[:, 109, 50] = 5000
    frames[:, ~mask] = mark
    view = View(-500, 1e9)
    bad = np.argwhere(~good_in_frames(list(frames), mask, view).good & mask).tolist()
    assert bad == [[109, 50], [110, 30]]


def test_what_a_mask_leaves_out_stays_out():
    frames = noise()
    frames[:, 20, 30] = frames[:, 60, 70] = 50_000
    mask = np.ones(SHAPE, bool)
    mask[60, 70] = mask[:, 0] = False
    before = mask.copy()
    expected = mask.copy()
    expected[20, 30] = False
    np.testing.assert_array_equal(good_in_frames(list(frames), mask).good, expected)
    np.testing.assert_array_equal(mask, before)
