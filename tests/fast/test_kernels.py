"""The fast path gives the numbers of the plain one, whatever the frame."""

from concurrent.futures import ThreadPoolExecutor

import h5py
import numba.core.caching
import numpy as np
import pytest
from crops import ATOL, KINDS, SIZE, hit, noise, pixels, spoil
from hypothesis import given, settings, strategies as st

from sfxtutor.fast.kernels import count_spots, fast_binned, fast_lcn, fast_pair, fast_rwd
from sfxtutor.mask import Mask
from sfxtutor.preprocess import bin_max, center_crop, gcn, lcn, rwd
from sfxtutor.spots import find_spots
from sfxtutor.support.jit import compiled


def compare(crop, mask=None):
    """All fast paths against the plain ones."""
    expected = lcn(gcn(crop, mask), mask=mask)
    np.testing.assert_allclose(fast_lcn(crop, mask), expected, rtol=0, atol=ATOL)
    np.testing.assert_allclose(fast_rwd(crop, mask), rwd(expected), rtol=0, atol=ATOL)
    bin = 2 if all(side % 2 == 0 for side in expected.shape) else 1
    vector, image = fast_pair(crop, bin, mask)
    np.testing.assert_allclose(vector, rwd(expected), rtol=0, atol=ATOL)
    np.testing.assert_allclose(image, bin_max(expected, bin), rtol=0, atol=ATOL)
    for options in ({}, {"gain": 1.5, "kernel": 2, "min_pixels": 1, "global_threshold": 99.5}):
        assert count_spots(crop, **options, mask=mask) == len(
            find_spots(crop, **options, mask=mask)
        )


@pytest.fixture(scope="module")
def mask():
    good = np.ones((SIZE, SIZE), bool)
    y, x = np.mgrid[:SIZE, :SIZE]
    good[np.hypot(y - SIZE / 2, x - SIZE / 2) < 54] = False  # the beam stop
    good[100] = good[:, 5] = good[723, 723] = False
    return good


def test_a_hit_and_noise():
    crop = hit()
    assert count_spots(crop) > 50
    compare(crop)
    compare(noise())


@pytest.mark.parametrize("kind", KINDS)
def test_frames_on_which_shortcuts_fail(kind):
    compare(spoil(kind))


@pytest.mark.parametrize("kind", ["hot pixels", "saturated blocks with noise", "grid", "uniform"])
def test_masked_frames(kind, mask):
    compare(spoil(kind), mask)


def test_a_mask_that_was_looked_at_before_gives_the_same(mask):
    known, crop = Mask(mask), spoil("hot pixels")
    for function in (fast_rwd, fast_lcn, fast_binned, count_spots):
        for _ in range(2):
            np.testing.assert_array_equal(function(crop, mask=known), function(crop, mask=mask))
    assert count_spots(crop, kernel=2, mask=known) == count_spots(crop, kernel=2, mask=mask)
    with pytest.raises(ValueError, match="Crop it as the frames"):
        fast_rwd(crop[:700], known)


def test_masked_pixels_do_not_matter(mask):
    crop = hit()
    spoilt = np.where(mask, crop, np.uint16(65535))
    np.testing.assert_array_equal(fast_rwd(crop, mask), fast_rwd(spoilt, mask))
    assert count_spots(crop, mask=mask) == count_spots(spoilt, mask=mask)
    assert np.abs(fast_rwd(crop) - fast_rwd(spoilt)).max() > 1


@given(pixels(), st.integers(0, 2**32 - 1), st.sampled_from([0, 0.02, 0.5]))
@settings(max_examples=150, deadline=None)
def test_any_small_frame(crop, seed, hidden):
    good = np.random.default_rng(seed).random(crop.shape) >= hidden
    good[0, 0] = True
    if len(np.unique(crop[good])) == 1:
        with pytest.raises(ValueError, match="expected a frame with contrast"):
            fast_rwd(crop, good)
        return
    compare(crop, good if hidden else None)


@given(seed=st.integers(0, 2**32 - 1), spots=st.integers(0, 40), level=st.integers(0, 60000))
@settings(max_examples=25, deadline=None)
def test_any_hit(seed, spots, level):
    crop = hit((64, 204), seed % 1000, spots)
    compare(np.where(crop > 100, crop, np.uint16(level)))


@pytest.mark.parametrize("wide", [1023, 1030, 97, 96, 100])
def test_any_width(wide):
    compare(hit((40, wide), spots=9))


def test_big_endian_and_strided_crops():
    crop = hit()
    frame = np.zeros((2 * SIZE, 2 * SIZE), ">u2")[::-2, ::2]
    frame[:] = crop
    read_only = crop.copy()
    read_only.flags.writeable = False
    for other in (frame, np.asfortranarray(crop), read_only):
        np.testing.assert_array_equal(fast_rwd(other), fast_rwd(crop))
        np.testing.assert_array_equal(fast_binned(other), fast_binned(crop))
        assert count_spots(other) == count_spots(crop)
        np.testing.assert_array_equal(other, crop)


def test_binning_by_four_and_by_ten():
    crop = hit()
    expected = lcn(gcn(crop))
    for bin in (4, 10):
        np.testing.assert_allclose(fast_binned(crop, bin), bin_max(expected, bin), atol=ATOL)
    with pytest.raises(ValueError, match="720 x 720"):
        fast_binned(crop, 7)


def test_threads_give_what_one_gives():
    crops = [hit(seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fast_rwd, crops * 4))
    for i, vector in enumerate(together):
        np.testing.assert_array_equal(vector, fast_rwd(crops[i % 4]))


@pytest.mark.parametrize("function", [fast_rwd, fast_lcn, fast_binned, count_spots])
def test_what_is_not_a_raw_crop_is_refused(function):
    for wrong in (noise().astype(float), noise().astype(np.int16), noise()[None], noise()[0]):
        with pytest.raises(ValueError, match=r"raw crop \(y, x\) of uint16"):
            function(wrong)
    with pytest.raises(ValueError, match="Crop it as the frames"):
        function(noise(), mask=np.ones((9, 9), bool))


def test_constant_and_too_small_crops_are_refused(mask):
    with pytest.raises(ValueError, match="Every good pixel of the crop is 7"):
        fast_rwd(np.full((SIZE, SIZE), 7, np.uint16))
    with pytest.raises(ValueError, match="Every good pixel of the crop is 7"):
        fast_lcn(np.where(mask, np.uint16(7), noise()), mask)
    with pytest.raises(ValueError, match="5 x 5 pixels or more"):
        fast_rwd(noise((4, 9)))
    assert count_spots(np.zeros((SIZE, SIZE), np.uint16)) == 0
    with pytest.raises(ValueError, match="expected a gain above 0"):
        count_spots(noise(), gain=0)


def test_kernels_compile_where_no_folder_can_be_written(monkeypatch):
    """A read-only installation without a home: Numba has nowhere to keep its cache."""
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])

    def double(x):
        return 2 * x

    assert compiled(double)(21) == 42


def test_the_real_hit(request):
    path = request.config.rootpath / "../shared/data/real/mfx_rayonix_hit.h5"
    if not path.exists():
        pytest.skip("the real frame, ../shared/data/real/mfx_rayonix_hit.h5, is not here")
    with h5py.File(path) as file:
        crop = center_crop(file["data/run_0000/images"][0])
    compare(crop)
    assert 100 < count_spots(crop) < 400  # indexed, so a hit for sure
