"""Masks: one check for all that takes one."""

import numpy as np
import pytest

from sfxtutor.mask import Mask, box_sum
from sfxtutor.preprocess import gcn

FRAME = np.arange(2000.0).reshape(40, 50)


def test_a_mask_is_shared_and_cannot_be_changed():
    good = np.ones((40, 50), bool)
    good[3, 4] = False
    mask = Mask.of(good, good.shape)
    assert Mask.of(good.copy(), good.shape) is mask
    assert mask.pixels == good.size - 1
    with pytest.raises(ValueError, match="read-only"):
        mask.good[:] = True
    assert np.asarray(mask)[3, 4] == good[3, 4]


def test_masks_of_another_shape_or_type_are_refused():
    with pytest.raises(ValueError, match="Crop it as the frames"):
        gcn(FRAME, mask=np.ones((50, 40), bool))
    with pytest.raises(ValueError, match="Crop it as the frames"):
        gcn(FRAME, mask=np.ones((40, 50), int))
    with pytest.raises(ValueError, match="no good pixel"):
        gcn(FRAME, mask=np.zeros((40, 50), bool))


# --- spots


def test_box_sum_is_exact_for_16_bit_squares():
    image = np.random.default_rng(0).integers(65000, 65536, (30, 40)) ** 2
    expected = [[image[y : y + 7, x : x + 7].sum() for x in range(34)] for y in range(24)]
    np.testing.assert_array_equal(box_sum(image, 7), expected)
