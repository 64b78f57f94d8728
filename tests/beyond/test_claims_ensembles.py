"""The claims of lesson 11 and the fewest labels, on made rows and on the committed ones."""

import numpy as np
import pytest

from sfxtutor.beyond import budgets, claims_ensembles as study
from sfxtutor.runs.datasets import TWINS
from tools.study.rows import packed

N = 1000  # positives, and as many misses


def row(run, method, labels, recall, specificity=0.99, seed=0, **more):
    """A row on N positives and N misses; the first ones are missed, or kept."""
    hits, misses = round(N * recall), round(N * specificity)
    lost = packed(np.arange(N) >= hits)
    return {
        "run": run, "method": method, "labels": labels, "repeat": 0, "seed": seed, "train": run,
        "adapt_to": "", "test_on": run, "source": "twin", "profile": "paper", "auc": 0.99,
        "hits_found": hits, "hits_total": N, "misses_found": misses, "misses_total": N,
        "hits_missed": lost, "misses_kept": packed(np.arange(N) >= misses),
        "hits_at_95": hits, "misses_at_95": 950, "hits_missed_at_95": lost, **more,
    }  # fmt: skip


def rows(recalls, seeds=(0, 1, 2), **more):
    """Rows of every run; `recalls`: {(method, labels): recall}, a little higher for each seed."""
    return [
        row(run, method, labels, recall + 0.001 * seed, seed=seed, **more)
        for (method, labels), recall in recalls.items()
        for run in TWINS
        for seed in seeds
    ]


def verdicts(of):
    return {one["id"]: (one["verdict"], one["at_half"]) for one in study.claims(of)}


def test_a_claim_of_two_methods_is_decided_by_their_difference():
    high, low = {(study.FIVE, 200): 0.97}, {(study.ONE, 200): 0.9}
    assert verdicts(rows(high | low))["five-beat-one"] == ("holds", "holds")
    inverted = {(study.FIVE, 200): 0.9, (study.ONE, 200): 0.97}
    assert verdicts(rows(inverted))["five-beat-one"] == ("fails", "fails")
    assert verdicts(rows(high))["five-beat-one"] == ("unresolved", "unresolved")


def test_enough_means_both_rates():
    of = rows({(study.RULE, 0): 0.99})
    assert verdicts(of)["no-label-is-enough"] == ("holds", "holds")
    of = [one | {"misses_found": 900, "misses_kept": packed(np.arange(N) >= 900)} for one in of]
    assert verdicts(of)["no-label-is-enough"] == ("holds", "fails")
    assert verdicts(rows({(study.RULE, 0): 0.9}))["no-label-is-enough"] == ("fails", "fails")


@pytest.mark.parametrize(("right", "says"), [(35, "holds"), (10, "fails")])
def test_flagged_labels_are_judged_by_how_many_are_wrong(right, says):
    of = rows({(study.NOISY, 200): 0.9}, flagged=40)
    of = [one | {"errors_flagged": right + one["seed"]} for one in of]
    assert verdicts(of)["flagged-are-wrong"] == (says, says)


def test_a_measure_that_finds_fewer_errors_fails():
    of = rows({(study.FIVE, 50): 0.9}, errors=100, errors_by_entropy=60)
    of = [one | {"errors_by_disagreement": 50 + one["seed"]} for one in of]
    assert verdicts(of)["disagreement-finds-errors"] == ("fails", "fails")


def test_the_fewest_labels_are_those_from_which_on_all_are_enough():
    def fewest(*recalls):
        budgets = dict(zip((10, 20, 50, 100), recalls, strict=True))
        of = rows({(study.ONE, labels): recall for labels, recall in budgets.items()})
        return study.fewest(of, "LN83", study.ONE).labels

    assert fewest(0.9, 0.98, 0.98, 0.98) == 20
    assert fewest(0.98, 0.98, 0.9, 0.98) == 100  # a lucky draw does not count
    assert fewest(0.98, 0.98, 0.98, 0.952) is None  # not shown on so few frames
    assert fewest(0.98, 0.98, 0.98, 0.98) == 10


def test_a_low_specificity_is_not_enough():
    of = [row("LO19", study.RULE, 0, 0.99, specificity=0.94, seed=seed) for seed in (0, 1)]
    found = study.fewest(of, "LO19", study.RULE)
    assert found.labels is None
    assert str(found) == "not reached"


def test_the_committed_results_answer_the_question_of_the_lesson():
    of = budgets.rows("ensembles")
    assert {one["detail"].startswith("Not computed") for one in study.claims(of)} == {False}
    answer = study.answer(of)
    assert set(answer) == set(TWINS)
    assert all(list(found) == [*study.NONE, *study.HUMAN] for found in answer.values())
    for run, found in answer.items():
        for method, few in found.items():
            if few.labels is not None:
                both = study.rates(of, run, method, few.labels)
                assert min(rate.low for rate in both) > study.ENOUGH
                assert few.recall == both[0]
