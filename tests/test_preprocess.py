"""The plain preprocessing: against definitions written out pixel by pixel, and its bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfxtutor.mask import box_sum
from sfxtutor.preprocess import bin_max, center_crop, gcn, lcn, rwd
from sfxtutor.spots import find_spots


def noise(shape=(40, 50), seed=0, level=3000):
    rng = np.random.default_rng(seed)
    return np.rint(level + np.sqrt(0.27 * level) * rng.standard_normal(shape)).astype(np.uint16)


def lcn_by_hand(frame, size=5, floor=1.0):
    """LCN as facts.md and torch7 define it, a window at a time."""
    rows, columns = frame.shape
    out = np.empty((rows - size + 1, columns - size + 1))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            window = frame[y : y + size, x : x + size]
            center = frame[y + size // 2, x + size // 2]
            out[y, x] = (center - window.mean()) / max(window.std(), floor)
    return out


def strong_by_hand(frame, good, gain, kernel, sigma_background, sigma_strong, threshold):
    """The dispersion test a pixel at a time, in the words of Winter et al. (2018)."""
    strong = np.zeros(frame.shape, bool)
    for y, x in np.argwhere(good):
        rows = slice(max(y - kernel, 0), y + kernel + 1)
        columns = slice(max(x - kernel, 0), x + kernel + 1)
        window = frame[rows, columns][good[rows, columns]].astype(float)
        if len(window) < 2 or window.sum() == 0:
            continue
        mean, variance = window.mean(), window.var(ddof=1)
        uneven = variance / mean > gain * (1 + sigma_background * np.sqrt(2 / (len(window) - 1)))
        high = frame[y, x] > mean + sigma_strong * np.sqrt(gain * mean)
        strong[y, x] = uneven and high and frame[y, x] > threshold
    return strong


# --- crop, GCN, RWD, binning


def test_center_crop_keeps_the_center_and_the_dtype():
    frame = np.arange(1920 * 1920, dtype=np.uint32).reshape(1920, 1920)
    crop = center_crop(frame)
    assert crop.shape == (724, 724)
    assert crop.dtype == frame.dtype
    assert crop[0, 0] == 598 * 1920 + 598
    assert crop[-1, -1] == (1920 - 599) * 1920 + 1920 - 599


def test_center_crop_of_a_stack_with_odd_margins():
    frames = np.arange(2 * 8 * 11).reshape(2, 8, 11)
    np.testing.assert_array_equal(center_crop(frames, 5), frames[:, 1:6, 3:8])


@pytest.mark.parametrize("size", [0, 9, 724])
def test_center_crop_refuses_a_size_that_does_not_fit(size):
    with pytest.raises(ValueError, match="from 1 to 8"):
        center_crop(np.zeros((8, 11)), size)


def test_gcn_has_mean_0_and_std_1_per_frame():
    frames = np.stack([noise(seed=1), noise(seed=2, level=100)])
    result = gcn(frames)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.mean((1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(result.std((1, 2)), 1, atol=1e-6)
    np.testing.assert_array_equal(result[1], gcn(frames[1]))


@given(scale=st.integers(1, 15), shift=st.integers(0, 4000), seed=st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_gcn_forgets_gain_and_offset(scale, shift, seed):
    frame = noise((12, 9), seed)
    np.testing.assert_allclose(gcn(frame * np.int64(scale) + shift), gcn(frame), atol=1e-5)


def test_gcn_with_a_mask_is_that_of_the_good_pixels():
    frame, mask = noise(), np.ones((40, 50), bool)
    frame[5, 6], mask[5, 6] = 65535, False
    frame = frame.astype(float)
    frame[7, 8], mask[7, 8] = np.nan, False
    result = gcn(frame, mask)
    assert result[5, 6] == result[7, 8] == 0
    assert result[mask].std() == pytest.approx(1, abs=1e-5)
    assert result[mask].mean() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("dtype", [">u2", "<u2", "i4", ">i4", "f4", ">f8", "u8"])
def test_any_dtype_byte_order_and_stride_gives_the_same_numbers(dtype):
    plain = noise()
    odd = np.zeros((80, 100), dtype)[::2, ::2]
    odd[:] = plain
    np.testing.assert_allclose(lcn(gcn(odd)), lcn(gcn(plain)), atol=1e-6)
    np.testing.assert_array_equal(find_spots(odd), find_spots(plain))
    assert odd.dtype == dtype  # the input is left as it was
    np.testing.assert_array_equal(odd, plain)


def test_rwd_is_the_range_of_each_row():
    frame = np.array([[1.0, 5, 2], [-3, 0, 4]])
    np.testing.assert_array_equal(rwd(frame), [4, 7])
    np.testing.assert_array_equal(rwd(np.stack([frame, 2 * frame])), [[4, 7], [8, 14]])
    assert rwd(frame).dtype == np.float32


def test_bin_max_keeps_the_highest_pixel_of_each_block():
    frame = np.arange(24).reshape(4, 6)
    np.testing.assert_array_equal(bin_max(frame, 2), [[7, 9, 11], [19, 21, 23]])
    np.testing.assert_array_equal(bin_max(np.stack([frame, -frame]), 2)[1][0], [0, -2, -4])
    np.testing.assert_array_equal(bin_max(frame, 1), frame)
    with pytest.raises(ValueError, match="do not tile a frame of 4 x 6"):
        bin_max(frame, 3)


# --- LCN


@pytest.mark.parametrize(("size", "floor"), [(5, 1.0), (3, 0.5), (7, 1.0)])
def test_lcn_is_the_definition(size, floor):
    frame = gcn(noise((14, 19)))
    frame[6, 9] = 12  # a spot, so that floor and deviation are both in play
    result = lcn(frame, size=size, floor=floor)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, lcn_by_hand(frame, size, floor), atol=1e-5)


def test_lcn_of_a_stack_is_that_of_each_frame():
    frames = gcn(np.stack([noise(seed=1), noise(seed=2)]))
    np.testing.assert_array_equal(lcn(frames)[1], lcn(frames[1]))


def test_the_floor_keeps_background_below_a_spot():
    """A crop of weak noise under a bright frame: the floor leaves it flat, no floor does not."""
    frame = noise().astype(float)
    frame[:20] += 3000  # the frame's deviation is that of the step, far above the noise
    normalised = gcn(frame)
    flat = (slice(25, None), slice(None))
    assert np.abs(lcn(normalised)[flat]).max() < 0.2
    assert np.abs(lcn(normalised, floor=0)[flat]).max() > 2


def test_without_a_floor_equal_pixels_give_0():
    frame = gcn(np.pad(noise((10, 10)), ((0, 15), (0, 15)), constant_values=3000))
    result = lcn(frame, floor=0)
    assert np.isfinite(result).all()
    assert np.abs(result[11:, 11:]).max() < 1e-3


def test_lcn_jarrett_is_its_definition():
    frame = gcn(noise((16, 18)))
    weights = np.exp(-0.5 * (np.arange(-2, 3) / 1.25) ** 2)
    weights = np.outer(weights, weights) / weights.sum() ** 2

    def blur(image):
        padded = np.pad(image, 2, mode="symmetric")
        return sum(
            weights[i, j] * padded[i : i + image.shape[0], j : j + image.shape[1]]
            for i in range(5)
            for j in range(5)
        )

    residual = frame - blur(frame)
    deviation = np.sqrt(blur(residual**2))[2:-2, 2:-2]
    expected = residual[2:-2, 2:-2] / np.maximum(deviation, deviation.mean())
    np.testing.assert_allclose(lcn(frame, method="jarrett"), expected, atol=1e-5)


def test_lcn_windows_with_a_masked_pixel_are_0_and_the_others_unchanged():
    frame, mask = noise(), np.ones((40, 50), bool)
    mask[20, 30] = False
    frame[20, 30] = 65535
    normalised = gcn(frame, mask)
    result = lcn(normalised, mask=mask)
    hidden = np.zeros(result.shape, bool)
    hidden[16:21, 26:31] = True  # windows from (y, x) reach to (y + 4, x + 4)
    assert np.all(result[hidden] == 0)
    np.testing.assert_array_equal(result[~hidden], lcn(normalised)[~hidden])
    assert np.count_nonzero(result[~hidden]) == np.sum(~hidden)


@pytest.mark.parametrize("size", [4, 1, 41, -5])
def test_lcn_refuses_a_window_that_is_even_or_does_not_fit(size):
    with pytest.raises(ValueError, match="odd size"):
        lcn(gcn(noise()), size=size)


def test_lcn_refuses_an_unknown_method():
    with pytest.raises(ValueError, match='"ke" or "jarrett"'):
        lcn(gcn(noise()), method="gauss")


# --- bad input that all share


@pytest.mark.parametrize("function", [center_crop, gcn, lcn, rwd, bin_max])
@pytest.mark.parametrize("shape", [(724,), (0, 5), (1, 2, 3, 4), ()])
def test_wrong_shapes_are_named(function, shape):
    with pytest.raises(ValueError, match=r"\(y, x\) or \(n, y, x\)"):
        function(np.zeros(shape))


def test_complex_frames_are_refused():
    with pytest.raises(ValueError, match="real numbers"):
        gcn(noise() * 1j)


def test_a_constant_frame_is_named():
    frames = np.stack([noise(), np.full((40, 50), 7, np.uint16)])
    with pytest.raises(ValueError, match="Every good pixel of frame 1 is 7"):
        gcn(frames)
    with pytest.raises(ValueError, match="Every good pixel of the frame"):
        gcn(np.full((9, 9), 0.1))


@pytest.mark.parametrize("value", [-1, np.nan, np.inf])
@pytest.mark.parametrize("function", [gcn, find_spots])
def test_negative_and_nan_pixels_are_refused_unless_masked(function, value):
    frame = noise().astype(float)
    frame[3, 4] = value
    with pytest.raises(ValueError, match="expected ADU of 0 or more"):
        function(frame)
    function(frame, mask=np.nan_to_num(frame, nan=-1, posinf=-1) >= 0)


@pytest.mark.parametrize("function", [lcn, rwd])
def test_nan_is_refused_after_gcn_too(function):
    frame = gcn(noise())
    frame[3, 4] = np.nan
    with pytest.raises(ValueError, match="1 pixels of the frame are NaN"):
        function(frame)


def test_masks_of_another_shape_or_type_are_refused():
    with pytest.raises(ValueError, match="Crop it as the frames"):
        gcn(noise(), mask=np.ones((50, 40), bool))
    with pytest.raises(ValueError, match="Crop it as the frames"):
        gcn(noise(), mask=np.ones((40, 50), int))
    with pytest.raises(ValueError, match="no good pixel"):
        gcn(noise(), mask=np.zeros((40, 50), bool))


# --- spots


def test_box_sum_is_exact_for_16_bit_squares():
    image = np.random.default_rng(0).integers(65000, 65536, (30, 40)) ** 2
    expected = [[image[y : y + 7, x : x + 7].sum() for x in range(34)] for y in range(24)]
    np.testing.assert_array_equal(box_sum(image, 7), expected)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_strong_pixels_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    frame = noise((24, 21), seed, level=int(rng.choice([3, 300, 3000])))
    for y, x in rng.integers(0, 21, (6, 2)):  # spots, some cut by the edge
        frame[y : y + 3, x : x + 2] += rng.integers(10, 3000, dtype=np.uint16)
    good = rng.random(frame.shape) > rng.choice([0, 0.05, 0.9])
    good[0, 0] = True
    given = {
        "gain": 0.27,
        "kernel": int(rng.integers(1, 5)),
        "sigma_background": int(rng.choice([0, 1, 6])),  # 0: every window is near the limit
        "sigma_strong": int(rng.choice([0, 1, 3])),
    }
    strong = strong_by_hand(frame, good, **given, threshold=10)
    spots = find_spots(frame, **given, global_threshold=10, min_pixels=1, mask=good)
    assert spots["pixels"].sum() == strong.sum()
    assert set(spots["peak"]) <= set(frame[strong])


def test_the_limits_lie_where_winter_et_al_put_them():
    """One bright pixel in a window of nine: just below each limit it is a spot, above it is not."""
    frame = np.full((3, 3), 100)
    frame[1, 1] = 300
    mean, variance, gain = frame.mean(), frame.var(ddof=1), 2
    background = (variance / mean / gain - 1) / np.sqrt(2 / 8)
    strong = (300 - mean) / np.sqrt(gain * mean)

    def found(factor_background, factor_strong, threshold=299):
        sigmas = background * factor_background, strong * factor_strong
        return len(find_spots(frame, gain, 1, *sigmas, threshold, min_pixels=1))

    assert found(0.999, 0.999) == 1
    assert found(1.001, 0.999) == 0
    assert found(0.999, 1.001) == 0
    assert found(0.999, 0.999, threshold=300) == 0


def test_a_spot_is_found_where_it_is_and_as_bright_as_it_is():
    frame = noise((60, 60))
    profile = np.outer([1, 2, 1], [1, 2, 1]) * 250
    frame[20:23, 40:43] += profile.astype(np.uint16)
    (spot,) = find_spots(frame)
    assert spot["y"] == pytest.approx(21, abs=0.2)
    assert spot["x"] == pytest.approx(41, abs=0.2)
    assert spot["peak"] == frame[21, 41]
    assert 5 <= spot["pixels"] <= 9
    # m is taken with the spot in the window, so up to 9/49 of each pixel's height is missing.
    assert 0.5 * profile.sum() < spot["intensity"] < profile.sum()


def test_pixels_that_touch_at_a_corner_are_two_spots():
    frame = noise((30, 30))
    frame[10:12, 10:12] += 3000
    frame[12:14, 12:14] += 3000
    assert len(find_spots(frame)) == 2
    frame[12, 11] += 3000
    assert len(find_spots(frame)) == 1


def test_min_pixels_and_threshold_hold_back_small_and_dark_spots():
    frame = noise((30, 30), level=100)
    frame[10, 10:12] += 500
    assert len(find_spots(frame)) == 0
    assert len(find_spots(frame, min_pixels=2)) == 1
    assert len(find_spots(frame, min_pixels=2, global_threshold=1000)) == 0


def test_noise_of_the_right_gain_has_no_spots_and_of_the_wrong_gain_many():
    frame = noise((300, 300))
    assert len(find_spots(frame, gain=0.27)) == 0
    assert len(find_spots(frame, gain=0.05)) > 50


def test_a_spot_under_the_mask_is_not_found():
    frame, mask = noise((30, 30)), np.ones((30, 30), bool)
    frame[10:13, 10:13] += 3000
    mask[10:13, 10:13] = False
    assert len(find_spots(frame)) == 1
    assert len(find_spots(frame, mask=mask)) == 0


@pytest.mark.parametrize("wrong", [{"gain": 0}, {"gain": np.nan}, {"kernel": 0}, {"kernel": 91}])
def test_find_spots_refuses_settings_without_meaning(wrong):
    with pytest.raises(ValueError, match="expected a gain above 0"):
        find_spots(noise(), **wrong)


def test_find_spots_takes_one_frame():
    with pytest.raises(ValueError, match="one frame"):
        find_spots(np.stack([noise(), noise()]))
