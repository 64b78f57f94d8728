"""Claims of lesson 10: they follow from rows, and what is committed decides them."""

import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.beyond import claims as module
from sfxtutor.runs.datasets import TWINS
from tools.study.rows import packed

TRUTH = np.arange(800) < 400


def made(method, labels, recall, run, seed):
    """A row of a method with that recall, of 400 positives, and a specificity of 95 %."""
    found, right = np.arange(400) < round(400 * recall), np.arange(400) < 380
    counts = sfx.count(TRUTH, np.concatenate([found, ~right]))
    row = sfx.row(0, method, run, run, counts, seed=seed, profile="paper", source="twin")
    return row | {
        "run": run, "labels": labels, "repeat": 0, "auc": recall,
        "hits_missed": packed(~found), "misses_kept": packed(~right),
        "hits_at_95": int(found.sum()), "misses_at_95": 380, "hits_missed_at_95": packed(~found),
    }  # fmt: skip


def judged(id, recalls):
    """The claim where the better and the worse method have those recalls, by run."""
    [claim] = [one for one in module.CLAIMS if one.id == id]
    rows = [
        made(*side, recall, run, seed)
        for side, of in zip(claim[2:4], recalls, strict=True)
        for run, recall in zip(TWINS, of, strict=True)
        for seed in range(3)
    ]
    return module.judged(claim, rows)


@pytest.mark.parametrize(
    ("better", "worse", "conclusion", "at_half"),
    [
        ((0.9, 0.9, 0.9), (0.8, 0.7, 0.8), "holds", "holds"),
        ((0.9, 0.9, 0.7), (0.8, 0.7, 0.8), "fails", "fails"),
        ((0.9, 0.9, 0.8), (0.8, 0.8, 0.8), "fails", "fails"),  # less than a point
        ((0.9, 0.9, 0.805), (0.8, 0.8, 0.8), "unresolved", "fails"),  # half of it, at p = 0.5
    ],
)
def test_a_claim_is_decided_by_all_runs(better, worse, conclusion, at_half):
    found = judged("gan-beats-random-pooled", (better, worse))
    assert (found["verdict"], found["at_half"]) == (conclusion, at_half)


@pytest.mark.parametrize(
    ("without", "conclusion"), [((0.9, 0.9, 0.9), "holds"), ((0.9, 0.9, 0.85), "fails")]
)
def test_at_most_a_point_fewer(without, conclusion):
    found = judged("simulated-rwd-needs-no-label", (without, (0.9, 0.9, 0.9)))
    assert found["verdict"] == conclusion


def test_the_numbers_stand_beside_the_conclusion():
    detail = judged("gan-beats-random-pooled", ((0.9,) * 3, (0.8,) * 3))["detail"]
    assert "LN83 90.0 against 80.0 %, difference 10.0 (" in detail
    assert "AUC 0.9000 against 0.8000" in detail
    assert "LN84 400" in detail
    assert "3 seeds" in detail


def test_without_rows_a_claim_is_open_and_names_what_is_missing():
    found = module.claims([])
    assert {one["verdict"] for one in found} == {"unresolved"}
    assert found[0]["detail"] == "Not computed: GAN base, flattened, LN83, 50 labels."


def test_what_is_committed_has_the_numbers_of_every_claim():
    found = module.claims()
    assert len({one["id"] for one in found}) == len(found) == len(module.CLAIMS)
    assert [one for one in found if one["detail"].startswith("Not computed")] == []
    assert {"holds", "fails"} <= {one["verdict"] for one in found}
    assert all("5 seeds" in one["detail"] for one in found)
