"""The study of single particles: its rules with one number, and the sets that it merges."""

import numpy as np
import pytest

from sfxtutor.beyond import particles as beyond
from sfxtutor.beyond.claims_particles import FALSE_SHARE, SIZE, merges
from sfxtutor.runs.spi.run import SpiRun
from tools.beyond import particles as study


def frames(x, truth, tested, tested_truth, **rest):
    found = dict.fromkeys(study.Frames._fields)
    found |= {
        "truth": truth,
        "tested_truth": tested_truth,
        "x": {SIZE: x},
        "tested": {SIZE: tested},
    }
    return study.Frames(**found | rest)


def test_a_rule_keeps_what_is_as_near_to_the_singles_as_its_labels():
    truth = np.array([1, 1, 1, 0, 0, 0], bool)
    x = np.array([34.0, 35, 36, 20, 50, 70])
    tested = np.array([35.0, 33.9, 34.1, 36.1, 60, 35.5, 10])
    tested_truth = np.array([1, 1, 1, 0, 0, 0, 0], bool)
    found = study.ruled(frames(x, truth, tested, tested_truth), SIZE, np.arange(6), seed=0)
    assert (found["hits_found"], found["misses_found"]) == (2, 3)  # 34 nm is the limit, 33.9 below
    assert (found["labels"], found["singles_labelled"], found["run"]) == (6, 3, "PR772")


def test_false_singles_are_counted_where_80_percent_are_found():
    tested_truth = np.repeat([True, False], (10, 90))
    score = np.where(tested_truth, 0.5, 0.0) + np.linspace(0, 0.1, 100)
    score[-5:] = 0.9
    some = frames(None, np.array([True, False]), None, tested_truth)
    found = study.row(some, "m", score, np.arange(2), 0)
    assert (found["hits_at_80"], found["kept_at_80"]) == (8, 5)


@pytest.fixture
def measured():
    """120 singles and 80 other shots as the study holds them."""
    run = SpiRun(0).further(3200)
    singles = np.flatnonzero(run.kinds == "single")[:120]
    others = np.flatnonzero(run.kinds == "droplet")[:60], np.flatnonzero(run.kinds == "empty")[:20]
    chosen, rings = np.concatenate([singles, *others]), beyond.rings_of(run)
    sums = rings.sums(beyond.photons(run, chosen))
    kinds = run.kinds[chosen]
    return frames(None, None, None, kinds == "single", kinds=kinds, sums=sums, rings=rings,
                  card=run.card)  # fmt: skip


def test_merged_sets_have_the_share_of_false_ones_that_they_name(measured, monkeypatch):
    monkeypatch.setattr(study, "ORIENTATIONS", 60)
    found = study.merged(measured, 0)
    assert found == study.merged(measured, 0)
    shots = {row["set"]: row["shots"] for row in found}
    assert (shots.pop("100 singles"), shots.pop("50 singles")) == (100, 50)
    for share, number in zip(FALSE_SHARE, shots.values(), strict=True):
        assert (number - 100) / number == pytest.approx(share, abs=0.005)
    by_set = merges(found)
    assert by_set["100 singles, 30 % of all false"][0] > by_set["100 singles"][0]
