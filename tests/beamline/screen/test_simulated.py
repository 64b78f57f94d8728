"""The shipped model on frames of an independent simulator, from the detector's file to the hit."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from sfxtutor.beamline.model.screener import Screener
from tools.detectors import BLANKS, blanks, hits, misses
from tools.detectors.shipped import screened

CASES = [("eiger_1m", 0.05), ("eiger_1m", 0.5), ("eiger_1m", 3), ("pilatus_300k", 0.5),
         ("jungfrau_1m_kev", 0.5), ("agipd", 0.5)]  # fmt: skip
COUNT = 6


@pytest.mark.parametrize(("name", "background"), CASES)
def test_hits_score_above_misses_on_detectors_of_another_simulator(name, background, tmp_path):
    p = []
    for make in (hits, misses):
        folder = tmp_path / make.__name__
        folder.mkdir()
        found, statuses = screened(make(name, background, COUNT, seed=11), folder)
        assert set(statuses) == {"ok"}
        p += found.tolist()
    assert roc_auc_score(np.arange(2 * COUNT) < COUNT, p) >= 0.97  # one pair of 36 the wrong way
    assert np.mean(np.array(p[:COUNT]) >= Screener().threshold) > 0.8


def test_few_blanks_of_a_counter_are_called_hits(tmp_path):
    """Two of each kind: zingers, streaks, ice, air scatter, module edges and the others."""
    called = []
    for kind in BLANKS:
        folder = tmp_path / kind.replace(" ", "_")
        folder.mkdir()
        p, statuses = screened(blanks(kind, "pilatus_300k", 0.5, 2, seed=5), folder)
        assert set(statuses) == {"ok"}
        called += [kind] * int((p >= Screener().threshold).sum())
    assert len(called) <= 0.02 * 2 * len(BLANKS), called
