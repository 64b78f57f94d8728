"""The plain preprocessing: against definitions written out pixel by pixel, and its bad input."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

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
    with pytest.raises(ValueError, match="frame of 4 x 6"):
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
    with pytest.raises(ValueError, match="1 pixels .* NaN"):
        function(frame)
