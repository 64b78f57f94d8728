"""The CSPAD: 64 chips, nothing between them, and one geometry whatever the reading."""

import numpy as np
import pytest
from scipy import ndimage

from sfxtutor.runs.datasets import UNSEEN
from sfxtutor.runs.twin.cspad import panels
from sfxtutor.runs.twin.run import TwinRun
from sfxtutor.runs.twin.shot import label_of


def test_there_are_64_chips_each_quadrant_a_quarter_turn_from_the_next():
    chips, count = ndimage.label(panels())
    assert count == 64
    assert set(np.bincount(chips.ravel())[1:]) == {185 * 194}
    assert np.array_equal(panels(), np.rot90(panels()))


@pytest.mark.parametrize("name", UNSEEN)
def test_between_the_chips_there_is_neither_light_nor_a_spot(name):
    run = TwinRun(name)
    hit = int(np.flatnonzero(run.labels == "HIT")[0])
    frame = run[hit]
    assert frame.shape == run.card.shape == run.mask.shape == (1765, 1765)
    hot = run.drawn(hit).hot
    frame[hot[:, 0], hot[:, 1]] = 0  # a hot pixel may be drawn anywhere
    assert not frame[~run.mask].any()
    assert np.median(frame[run.mask]) > 50
    spots, visible = run.spots(hit)
    assert run.mask[np.rint(spots["y"]).astype(int), np.rint(spots["x"]).astype(int)].all()
    assert label_of(visible.sum()) == "HIT"
    assert np.array_equal(run.crop(hit), run[hit][520:1244, 520:1244])
    assert run.fingerprint == TwinRun(name, reading="2018").fingerprint
