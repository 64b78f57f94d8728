"""The claims on single particles, on rows that are made up."""

import numpy as np
import pytest

from sfxtutor.beyond import claims_particles as claims
from tools.study.rows import packed


def row(method, seed, found, labels=200, kept=5):
    wrong = np.ones(500, bool)
    wrong[:found] = False
    return {
        "method": method, "train": "PR772", "adapt_to": "", "test_on": "PR772", "seed": seed,
        "labels": labels, "repeat": 0, "hits_found": found, "hits_total": 500, "misses_found": 9000,
        "misses_total": 9500, "auc": 0.9, "hits_at_95": found, "misses_at_95": 9025,
        "hits_missed": packed(wrong), "misses_kept": packed(np.zeros(9500, bool)),
        "hits_missed_at_95": packed(wrong), "hits_at_80": 400, "kept_at_80": kept,
        "profile": "paper", "source": "twin",
    }  # fmt: skip


def merges(seed, half, false):
    sets = {"100 singles": 0.2, "50 singles": half, "100 singles, 10 % of all false": false}
    return [{"method": claims.MERGED, "set": name, "r": [r - 0.01, r + 0.01], "seed": seed}
            for name, r in sets.items()]  # fmt: skip


def rows(spectrum=460, cnn=300, turned=430, longer=445, others=100, half=0.21, false=0.25, kept=5):
    found = []
    for seed in range(5):
        numbers = {claims.SPECTRUM: spectrum, claims.CNN: cnn, claims.TURNED: turned,
                   f"{claims.TURNED}, twice the steps": longer,
                   claims.PROFILE: others, claims.SIZE: others}  # fmt: skip
        found += [row(name, seed, n + seed % 2, kept=kept) for name, n in numbers.items()]
        found += merges(seed, half + 0.001 * (seed % 2), false)
    return found


def verdicts(**change):
    return {claim["id"]: claim["verdict"] for claim in claims.particle_claims(rows(**change))}


def test_each_claim_holds_where_its_numbers_show_it():
    assert set(verdicts().values()) == {"holds"}
    assert len(verdicts()) == len(claims.JUDGES)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"cnn": 480}, "spectrum-beats-cnn"),
        ({"turned": 250}, "turning-helps-the-cnn"),
        ({"longer": 400}, "longer-training-helps-the-turned-cnn"),
        ({"longer": 480}, "spectrum-beats-longer-training"),
        ({"others": 470}, "size-alone-is-not-enough"),
        ({"others": 470}, "rings-alone-are-not-enough"),
        ({"kept": 300}, "few-labels-give-pure-singles"),
        ({"false": 0.205}, "false-singles-cost-more"),
    ],
)
def test_each_claim_fails_where_its_numbers_refute_it(change, name):
    assert verdicts(**change)[name] == "fails"


def test_pairs_of_seeds_cancel_what_their_labels_have_in_common():
    sides = [[row("m", seed, 300 + 40 * seed + gain) for seed in range(5)] for gain in (0, 10)]
    worse, better = sides
    gain = claims.difference(better, worse)
    assert gain.value == pytest.approx(0.02)
    assert 0 < gain.low < 0.02 < gain.high < 0.04
    assert claims.difference(worse, better).high < 0


def test_a_claim_states_counts_interval_and_seeds():
    [claim] = [c for c in claims.particle_claims(rows()) if c["id"] == "spectrum-beats-cnn"]
    assert "460 of 500" in claim["detail"]
    assert "seeds 0, 1, 2, 3, 4" in claim["detail"]
    assert " to " in claim["detail"]


def test_a_method_that_was_not_computed_is_named():
    with pytest.raises(KeyError, match="2D CNN, turned copies"):
        claims.particle_claims([r for r in rows() if r["method"] != claims.TURNED])


def test_the_committed_rows_are_of_five_seeds_and_decide_every_claim():
    found = claims.particle_rows()
    assert {r["seed"] for r in found} == {0, 1, 2, 3, 4}
    assert {r["source"] for r in found} == {"twin"}
    assert all(r["hits_total"] == 500 for r in found if "hits_total" in r)
    judged = claims.particle_claims(found)
    assert {claim["verdict"] for claim in judged} <= {"holds", "fails", "unresolved"}
    compared = [claims.SPECTRUM, claims.CNN, claims.TURNED, claims.PROFILE, claims.SIZE]
    compared += [f"{name}, twice the steps" for name in compared[:3]]
    for method in compared:
        assert sorted(r["seed"] for r in claims.of(found, method)) == [0, 1, 2, 3, 4]
