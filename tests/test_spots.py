"""The spot finder: its definition pixel by pixel, and what it finds and does not."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sfxtutor.spots import find_spots


def noise(shape=(40, 50), seed=0, level=3000):
    rng = np.random.default_rng(seed)
    return np.rint(level + np.sqrt(0.27 * level) * rng.standard_normal(shape)).astype(np.uint16)


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
