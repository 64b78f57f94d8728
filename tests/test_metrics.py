"""Counts, intervals, split and baselines, against numbers known from elsewhere."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from places import SHARED
from sklearn.metrics import roc_auc_score

from sfxtutor import metrics
from sfxtutor.metrics import Counts, count, is_positive, split, wilson

LABELS = SHARED / "cxidb76"


def test_hits_and_maybes_are_positive():
    labels = np.array(["HIT", "MAYBE", "MISS"])
    assert is_positive(labels).tolist() == [True, True, False]
    assert is_positive(labels).dtype == bool
    with pytest.raises(ValueError, match="'hit', expected HIT, MAYBE or MISS"):
        is_positive(["HIT", "hit"])
    with pytest.raises(ValueError, match="no labels"):
        is_positive(None)


def test_the_split_is_sequential():
    frames = np.arange(2000)
    train, validation, test = (frames[part] for part in split(2000, "200/200/1600"))
    assert (train[0], train[-1]) == (0, 199)
    assert (validation[0], validation[-1]) == (200, 399)
    assert (test[0], test[-1]) == (400, 1999)
    assert split(frames).test == slice(1600, 2000)


@pytest.mark.parametrize(
    ("n", "sizes"),
    [(1999, "1200/400/400"), (2000, "1200/800"), (2000, "1200/0/800"), (2000, "a/b/c"), (3, "")],
)
def test_a_split_that_does_not_fit_the_run_is_refused(n, sizes):
    with pytest.raises(ValueError, match=f"Cannot split {n} frames into '{sizes}'"):
        split(n, sizes)


def test_wilson_gives_published_intervals():
    # 63 of 65: facts.md; 81 of 263, 15 of 148, 0 of 20 and 1 of 29: Newcombe, Stat. Med. 17, 857
    # (1998), table I, method 3
    low, high = wilson(63, 65)
    assert (round(100 * low), round(100 * high)) == (89, 99)
    for k, n, expected in (
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ):
        assert wilson(k, n) == pytest.approx(expected, abs=5e-5)


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_rate_and_mirrors(case):
    k, n = case
    low, high = wilson(k, n)
    assert 0 <= low <= high <= 1
    assert n == 0 or low <= k / n <= high
    assert wilson(n - k, n) == pytest.approx((1 - high, 1 - low))
    narrow = wilson(k, n, level=0.5)
    assert low <= narrow[0] <= narrow[1] <= high


@pytest.mark.parametrize(
    ("k", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1), (1, -1, 0.9)]
)
def test_impossible_counts_have_no_interval(k, n, level):
    with pytest.raises(ValueError, match="Check the counts"):
        wilson(k, n, level)


def test_counts_by_hand():
    truth = np.array([True, True, True, False, False])
    verdict = np.array([True, False, True, False, True])
    counts = count(truth, verdict)
    assert counts == Counts(2, 3, 1, 2)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.specificity == 0.5
    assert counts.balanced_accuracy == pytest.approx(7 / 12)
    assert counts.recall_interval == wilson(2, 3)
    text = "recall 96.9 % (63/65, 95 %: 89 to 99); specificity 99.4 % (333/335, 95 %: 98 to 100)"
    assert str(Counts(63, 65, 333, 335)) == text
    assert math.isnan(Counts(0, 0, 1, 2).recall)


def test_probabilities_are_not_verdicts():
    with pytest.raises(ValueError, match="Compare probabilities with a threshold"):
        count(np.array([True, False]), np.array([0.9, 0.1]))
    with pytest.raises(ValueError, match="of one length"):
        count(np.array([True, False]), np.array([True]))


def test_the_threshold_maximises_recall_plus_specificity():
    score = np.array([0, 1, 2, 5, 6, 9])
    assert metrics.best_threshold(score, score >= 5) == 5
    # at 3: 3/3 + 2/3; at 7: 2/3 + 3/3; the lower one is taken, because a hit is dear
    score, truth = np.array([0, 1, 5, 3, 7, 9]), np.array([0, 0, 0, 1, 1, 1], bool)
    assert metrics.best_threshold(score, truth) == 3
    with pytest.raises(ValueError, match="of one class"):
        metrics.best_threshold(score, np.ones(6, bool))


# ---- scores, at one operating point and over all of them


def scores(n, seed, gain=1.5):
    """Scores (n,) of frames of which a third are hits, and the truth."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 3 == 0
    return rng.normal(truth * gain), truth


def test_auc_is_that_of_scikit_learn_with_ties_and_without():
    score, truth = scores(300, 0)
    for values in (score, np.round(score)):
        assert metrics.auc(values, truth) == pytest.approx(roc_auc_score(truth, values))
    assert metrics.auc(truth * 1.0, truth) == 1
    with pytest.raises(ValueError, match="both classes"):
        metrics.auc(score, np.ones(300, bool))


def test_the_threshold_is_the_lowest_with_that_specificity():
    truth = np.array([False] * 20 + [True] * 2)
    score = np.r_[np.arange(20) / 100, 0.5, 0.185]
    threshold = metrics.threshold_at(score, truth, 0.95)  # one of 20 misses may be called a hit
    assert threshold == 0.185
    assert count(truth, score >= threshold) == Counts(2, 2, 19, 20)
    assert metrics.threshold_at(score, truth, 0.96) > 0.19
    tied = np.r_[np.zeros(10), np.ones(10), 1.0, 2.0]  # half the misses share one score
    assert count(truth, tied >= metrics.threshold_at(tied, truth)).specificity == 1
    for kind in ("float16", "float32", "float64"):  # of networks, whose scores are float32
        p = np.linspace(0, 1, 22).astype(kind)
        assert count(truth, p >= metrics.threshold_at(p, truth)).specificity == 19 / 20
    with pytest.raises(ValueError, match="score that is no number"):
        metrics.threshold_at(np.r_[np.nan, score[1:]], truth)
    score = np.array([0.5, 0.9], np.float32)  # only above all scores is every miss recognised
    assert not (score >= metrics.threshold_at(score, np.array([True, False]), 1)).any()


def test_the_threshold_is_the_lowest_that_recognises_enough_misses():
    score = np.arange(40)
    truth = score >= 20
    assert metrics.threshold_at(score, truth, 0.95) == 19  # 19 of 20 misses lie below
    assert metrics.threshold_at(score, truth, 1) == 20
    assert metrics.threshold_at(score, truth, 0) == 0


def test_ties_make_a_count_stricter_than_required_and_never_laxer():
    score = np.array([0] * 16 + [3] * 4 + [3, 3, 5, 9])
    truth = np.arange(24) >= 20
    assert metrics.threshold_at(score, truth, 0.8) == 3  # 16 of 20
    assert metrics.threshold_at(score, truth, 0.81) == 5  # all 20: there is nothing between
    assert metrics.threshold_at(score, truth, 0.95) == 5


def test_where_only_a_threshold_above_all_will_do_nothing_is_a_hit():
    score, truth = np.array([1.0, 2.0, 7.0]), np.array([True, False, False])
    assert not (score >= metrics.threshold_at(score, truth, 1)).any()
    with pytest.raises(ValueError, match="Found no miss"):
        metrics.threshold_at(score[:1], truth[:1])


@given(seed=st.integers(0, 99), share=st.floats(0.5, 0.99))
def test_the_threshold_keeps_its_promise_where_it_was_chosen(seed, share):
    score, truth = scores(100, seed)
    threshold = metrics.threshold_at(score, truth, share)
    assert count(truth, score >= threshold).specificity >= share - 1e-9
    lower = score[score < threshold].max()
    assert count(truth, score >= lower).specificity < share


def test_the_spot_count_learns_from_training_frames_alone():
    labels = np.array(["MISS", "HIT", "MISS", "HIT", "HIT", "MISS"])
    spots = np.array([3, 8, 0, 0, 7, 9])
    # threshold 8 from the first two; the third and fourth are validation
    assert metrics.spot_count(spots, labels, "2/2/2") == Counts(0, 1, 0, 1)
    assert metrics.always_miss(labels, "2/2/2") == Counts(0, 1, 1, 1)


@pytest.mark.skipif(not LABELS.exists(), reason="the labels of CXIDB 76 are not in ../shared")
@pytest.mark.parametrize(
    ("run", "few", "full"),
    [
        ("LN83", (97.3, 97.9), (98.5, 98.5)),
        ("LN84", (91.5, 97.9), (93.5, 97.8)),
        ("LO19", (93.4, 96.7), (94.4, 95.4)),
    ],
)
def test_the_spot_count_of_dials_scores_what_facts_md_says(run, few, full):
    text = (LABELS / run / "expert_annotation.txt").read_text().splitlines()
    labels = np.array([line.split()[-1] for line in text])
    spots = np.zeros(len(labels), int)
    for line in (LABELS / run / "dials_annotation.txt").read_text().splitlines():
        frame, number, _ = line.split()
        spots[int(frame) - 1] = int(number)
    for sizes, expected in (("200/200/1600", few), ("1200/400/400", full)):
        counts = metrics.spot_count(spots, labels, sizes)
        rates = (round(100 * counts.recall, 1), round(100 * counts.specificity, 1))
        assert rates == expected
