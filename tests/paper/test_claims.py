"""The paper's claims: on made rows that hold, fail and leave them open, and on the paper's own."""

import re

import pytest

from sfxtutor.metrics import Counts
from sfxtutor.paper.claims import (
    DANN,
    FEW,
    FULL,
    JUDGES,
    PAIRS,
    RWD,
    RWD_AWAY,
    TRANSFER,
    UNTUNED,
    claims,
    straightness,
)
from sfxtutor.results import paper_rows, row
from sfxtutor.runs.datasets import TWINS

N = 500
FOUND = {
    "full": 0.97, "few": 0.6, "rwd": 0.95, "away": 0.7, "rwd_away": 0.94, "transfer": 0.97,
    "dann": 0.93, "kept": 0.97, "untuned": 0.7, "spec": 0.98, "rwd_spec": 0.85,
}  # fmt: skip


def rows_of(seeds=(0,), spread=0, **recalls):
    """Rows with these recalls, on 500 hits each; `spread` hits more for each next seed."""
    r, made = FOUND | recalls, []

    def add(table, method, train, test_on, recall, frames=1000, adapt_to="", spec=r["spec"]):
        for seed in seeds:
            misses = frames - N
            counts = Counts(round(N * recall) + spread * seed, N, round(misses * spec), misses)
            keys = {"seed": seed, "profile": "quick", "source": "twin", "adapt_to": adapt_to}
            made.append(row(table, method, train, test_on, counts, **keys))

    for run in TWINS:
        add(1, FULL, run, run, r["full"])
        add(2, FEW, run, run, r["few"], 1600)
        add(4, RWD, run, run, r["rwd"], 1600)
    for home, other in PAIRS:
        add(1, FULL, home, other, r["away"])
        add(7, RWD_AWAY, home, other, r["rwd_away"], 2000, spec=r["rwd_spec"])
        add(3, TRANSFER, home, other, r["transfer"], 1600, other)
        add(3, UNTUNED, home, other, r["untuned"], 1600)
        add(5, DANN, home, other, r["dann"], 2000, other)
        add(5, DANN, home, home, r["kept"], 1000, other)
        add(5, UNTUNED, home, other, r.get("untuned_all", r["untuned"]), 2000)
    return made


def domains_of(label=(0.7, 0.3, 0.2), domain=(0.6, 0.7, 0.6), nearer=0.5, mixed=0.2, n=6):
    """What lesson 07 saves of n trainings, which differ a little."""
    return [
        {
            "source": "LN83", "target": "LN84", "seed": i, "val_loss": label,
            "domain_val_loss": domain,
            "a_distance": {"source only": 1.9, "DANN": 1.9 - nearer - 0.01 * i},
            "neighbours": {"source only": 0.3, "DANN": 0.3 + mixed + 0.01 * i},
        }
        for i in range(n)
    ]  # fmt: skip


def judged(rows, speeds=None, domains=()):
    return {claim["id"]: claim for claim in claims(rows, speeds, domains)}


def verdicts(*args, **options):
    return {name: claim["verdict"] for name, claim in judged(*args, **options).items()}


def speeds(rwd, cnn):
    return {"rwd": rwd, "cnn": cnn, "arithmetic": 64, "setting": "On two cores"}


def test_effects_as_in_the_paper_hold():
    found = verdicts(rows_of(), speeds((27_000, 25_000, 30_000), (200, 190, 210)), domains_of())
    assert set(found.values()) == {"holds"}
    assert len(found) == 13


@pytest.mark.parametrize(
    ("change", "claim", "expected"),
    [
        ({"full": 0.8}, "full-labels-find-hits", "fails"),
        ({"full": 0.905}, "full-labels-find-hits", "unresolved"),
        ({"few": 0.99, "full": 0.92}, "few-labels-find-fewer", "fails"),
        ({"few": 0.97}, "few-labels-find-fewer", "unresolved"),
        ({"few": 0.99, "rwd": 0.9}, "rwd-beats-cnn-with-few", "fails"),
        ({"few": 0.95}, "rwd-beats-cnn-with-few", "unresolved"),
        ({"away": 0.99, "full": 0.9}, "rwd-travels", "fails"),
        ({"rwd_away": 0.4}, "rwd-travels", "fails"),
        ({"rwd_away": 0.68}, "rwd-travels", "unresolved"),
        # the loss is counted from the method's own recall at home: 20 points against 29
        ({"full": 0.9, "rwd": 0.99, "rwd_away": 0.7}, "rwd-travels", "fails"),
        ({"seeds": (0, 1, 2), "spread": 5, "full": 0.92}, "full-labels-find-hits", "unresolved"),
        # both halves of a trade are needed: more hits, fewer misses
        ({"rwd_away": 0.6}, "rwd-recall-for-specificity", "fails"),
        ({"rwd_away": 0.7}, "rwd-recall-for-specificity", "unresolved"),
        ({"rwd_spec": 0.998}, "rwd-recall-for-specificity", "fails"),
        ({"rwd_spec": 0.98}, "rwd-recall-for-specificity", "fails"),  # less than a point apart
        ({"rwd_spec": 0.975}, "rwd-recall-for-specificity", "unresolved"),
        ({"transfer": 0.5}, "transfer-beats-scratch", "fails"),
        ({"transfer": 0.61}, "transfer-beats-scratch", "unresolved"),
        ({"transfer": 0.6}, "transfer-beats-untuned", "fails"),
        ({"transfer": 0.71}, "transfer-beats-untuned", "unresolved"),
        ({"dann": 0.6}, "dann-beats-untuned", "fails"),
        ({"dann": 0.71}, "dann-beats-untuned", "unresolved"),
        # each is held against the source's CNN on the same frames: all 2,000, or the last 1,600
        ({"untuned_all": 0.99}, "dann-beats-untuned", "fails"),
        ({"untuned_all": 0.99}, "transfer-beats-untuned", "holds"),
        ({"transfer": 0.9}, "transfer-beats-dann", "fails"),
        ({"transfer": 0.933}, "transfer-beats-dann", "unresolved"),
        ({"kept": 0.85}, "dann-keeps-its-source", "fails"),
        ({"kept": 0.905}, "dann-keeps-its-source", "unresolved"),
    ],
)
def test_other_numbers_change_the_verdict(change, claim, expected):
    assert verdicts(rows_of(**change))[claim] == expected


def spoil(rows, found, **which):
    """Change the hits found of the rows of that kind; there must be some."""
    chosen = [r for r in rows if all(r[name] == value for name, value in which.items())]
    assert chosen
    for made in chosen:
        made["hits_found"] = found
    return rows


def test_one_run_is_enough_to_refute_what_is_claimed_of_each():
    found = verdicts(spoil(rows_of(), N // 2, method=FULL, train="LO19", test_on="LO19"))
    assert found["full-labels-find-hits"] == found["few-labels-find-fewer"] == "fails"
    assert found["rwd-beats-cnn-with-few"] == "holds"
    found = verdicts(spoil(rows_of(), N // 2, method=TRANSFER, test_on="LO19"))
    assert found["transfer-beats-scratch"] == found["transfer-beats-untuned"] == "fails"


def test_what_is_claimed_over_all_pairs_bears_one_that_is_worse():
    rows = spoil(rows_of(), 440, method=TRANSFER, train="LN83", test_on="LO19")
    rows = spoil(rows, 440, method=DANN, train="LN83", test_on="LN83", adapt_to="LO19")
    found = verdicts(rows)
    assert found["transfer-beats-dann"] == found["dann-keeps-its-source"] == "holds"


def test_a_dann_on_its_target_is_not_taken_for_one_on_its_source():
    found = judged(rows_of(dann=0.93, kept=0.85))
    assert "mean 85.0" in found["dann-keeps-its-source"]["detail"]
    assert "against 93.0 %" in found["transfer-beats-dann"]["detail"]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((3, 2, 1), 1),  # straight down
        ((1, 2), -1),
        ((1, 2, 1), 0),  # back where it began
        ((4, 1, 3, 2), 1 / 3),  # 3 + 2 + 1 gone, 2 lower
        ((2, 2), 0),
        ((2,), 0),  # one epoch
    ],
)
def test_how_straight_a_loss_falls(losses, expected):
    assert straightness(losses) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "claim", "expected"),
    [
        ({"label": (0.6, 0.7, 0.6), "domain": (3, 2, 1)}, "heads-converge-and-oscillate", "fails"),
        ({"domain": (3, 2, 1)}, "heads-converge-and-oscillate", "unresolved"),  # both converge
        ({"n": 1}, "heads-converge-and-oscillate", "unresolved"),
        ({"nearer": -0.5}, "dann-overlaps-more", "fails"),
        ({"mixed": -0.3}, "dann-overlaps-more", "fails"),  # one of both measures is enough
        ({"mixed": -0.02}, "dann-overlaps-more", "unresolved"),
        ({"nearer": -0.02}, "dann-overlaps-more", "unresolved"),
    ],
)
def test_trainings_of_a_dann_are_judged_by_their_spread(change, claim, expected):
    assert verdicts([], domains=domains_of(**change))[claim] == expected


def test_numbers_of_the_dann_by_hand():
    """A-distance falls by 0.5 to 0.51, neighbours rise by 0.2 to 0.21: t(1) = 12.7."""
    found = judged([], domains=domains_of(label=(4, 1, 3, 2), domain=(1, 2, 1), n=2))
    heads = found["heads-converge-and-oscillate"]
    assert "label head 33.3 (33.3 to 33.3) %, domain head 0.0 (0.0 to 0.0) %" in heads["detail"]
    overlap = found["dann-overlaps-more"]["detail"]
    assert "falls by 0.51 (0.44 to 0.57) of at most 2" in overlap
    assert "rises by 0.21 (0.14 to 0.27)" in overlap
    # the spread from training to training is in these intervals, whatever the rows' seeds
    assert overlap.endswith("2 trainings.")
    assert "seed" not in heads["detail"] + overlap


@pytest.mark.parametrize(
    ("rwd", "expected"),
    [((20_000,) * 3, "holds"), ((18_000, 17_000, 19_000), "unresolved"), ((9_000,) * 3, "fails")],
)
def test_the_speed_is_held_against_the_factor_of_88(rwd, expected):
    last = claims([], speeds(rwd, (200, 200, 200)))[-1]
    assert last["verdict"] == expected
    assert "64 times" in last["detail"]
    assert "On two cores" in last["detail"]


def test_a_slow_repeat_of_either_model_leaves_the_factor_open():
    claim = claims([], speeds((18_000,) * 3, (200, 150, 250)))[-1]
    assert claim["verdict"] == "unresolved"  # 90 times, 72 to 120
    assert "90 times (72 to 120 over the repeats)" in claim["detail"]


def test_what_was_not_computed_is_unresolved_and_says_so():
    found = claims([])
    assert {claim["verdict"] for claim in found} == {"unresolved"}
    assert all(claim["detail"].startswith("Not computed: ") for claim in found)
    assert found[0]["detail"] == f"Not computed: {FULL}, trained on LN83, tested on LN83."
    assert found[-1]["detail"] == "Not computed: the speeds."
    assert all(set(claim) == {"id", "text", "verdict", "detail"} for claim in found)
    assert len({claim["id"] for claim in found}) == len(JUDGES) + 1


@pytest.mark.parametrize(
    ("missing", "claims_open"),
    [
        ({"method": FEW}, {"few-labels-find-fewer", "rwd-beats-cnn-with-few",
                           "transfer-beats-scratch"}),
        ({"method": RWD}, {"rwd-beats-cnn-with-few", "rwd-travels"}),
        ({"method": RWD_AWAY, "train": "LO19", "test_on": "LN84"},
         {"rwd-travels", "rwd-recall-for-specificity"}),
        ({"method": TRANSFER, "train": "LN84", "adapt_to": "LO19"},
         {"transfer-beats-scratch", "transfer-beats-untuned", "transfer-beats-dann"}),
        ({"method": UNTUNED, "misses_total": 2000 - N}, {"dann-beats-untuned"}),
        ({"method": UNTUNED, "misses_total": 1600 - N}, {"transfer-beats-untuned"}),
        ({"method": DANN, "train": "LO19", "adapt_to": "LN83", "test_on": "LO19"},
         {"dann-keeps-its-source"}),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)  # fmt: skip
def test_one_missing_row_leaves_open_what_needs_it_and_is_named(missing, claims_open):
    rows = [r for r in rows_of() if any(r[name] != value for name, value in missing.items())]
    found = judged(rows, domains=domains_of())
    assert {i for i, c in found.items() if c["verdict"] != "holds"} == claims_open | {
        "rwd-is-faster"
    }
    for name in claims_open:
        detail = found[name]["detail"]
        assert detail.startswith(f"Not computed: {missing['method']}, trained on L")
        if "adapt_to" in missing:
            assert f"trained on {missing['train']}, adapted to {missing['adapt_to']}" in detail


def test_missing_trainings_of_a_dann_are_named():
    for claim in ("heads-converge-and-oscillate", "dann-overlaps-more"):
        detail = judged(rows_of())[claim]["detail"]
        assert detail == "Not computed: the DANN trainings of lesson 07."


def test_a_detail_names_the_seeds_and_a_row_saved_twice_counts_once():
    unknown = "the spread from training to training is not in the intervals."
    assert claims(rows_of() + rows_of())[0]["detail"].endswith(f". One seed: {unknown}")
    three = rows_of(seeds=(0, 1, 2))
    assert claims(three)[0]["detail"].endswith(". 3 seeds.")
    some = [r for r in three if r["seed"] == 0 or r["method"].startswith("RWD")]
    found = {claim["id"]: claim["detail"] for claim in claims(some)}
    ending = f". 1 to 3 seeds; where there is one, {unknown}"
    assert found["full-labels-find-hits"].endswith(f". One seed: {unknown}")  # of its own rows
    assert ending in found["rwd-beats-cnn-with-few"]


def test_rows_of_two_sources_are_not_judged_together():
    rows = rows_of()
    with pytest.raises(ValueError, match="expected one source and one profile"):
        claims([*rows, rows[0] | {"source": "cxidb"}])


def test_the_papers_own_rows():
    """63 of 65 hits do not show that recall is above 90 %: the interval begins at 89."""
    paper = speeds((11_123,) * 3, (126,) * 3)
    assert verdicts(paper_rows(), paper) == {
        "full-labels-find-hits": "unresolved",
        "few-labels-find-fewer": "holds",
        "rwd-beats-cnn-with-few": "holds",
        "rwd-travels": "holds",
        "rwd-recall-for-specificity": "holds",
        "transfer-beats-scratch": "holds",
        "transfer-beats-untuned": "unresolved",  # the paper does not test the untuned networks
        "dann-beats-untuned": "unresolved",
        "transfer-beats-dann": "holds",
        "dann-keeps-its-source": "unresolved",  # 91.1 %, 88.3 to 92.6
        "heads-converge-and-oscillate": "unresolved",  # it shows curves, and no numbers
        "dann-overlaps-more": "unresolved",
        "rwd-is-faster": "holds",
    }


def test_two_of_the_papers_verdicts_by_hand():
    """Wilson and Newcombe written out apart from the package: 59/65, 60/65, 200/216, 198/216,
    150/162 and 140/162 on the sources; 728/753 ... against 846/938 ... on the targets."""
    found = judged(paper_rows())
    kept = found["dann-keeps-its-source"]["detail"]
    assert "mean 91.1 (88.3 to 92.6) %" in kept
    assert "LN83 adapted to LN84 90.8" in kept  # 59 of 65
    transfer = found["transfer-beats-dann"]["detail"]
    assert "over all pairs the difference is 5.6 (4.4 to 6.7) points" in transfer
    scratch = found["transfer-beats-scratch"]["detail"]
    assert "LO19 95.0 against 84.9 %, difference 10.2 (7.4 to 13.2) points" in scratch
    for claim in ("transfer-beats-untuned", "dann-beats-untuned"):
        missing = "2D CNN, source only, trained on LN84, tested on LN83"
        assert found[claim]["detail"] == f"Not computed: {missing}."


def test_an_open_claim_says_how_many_seeds_it_would_take():
    """Recall 91.4 %, +- 2.5 points over three seeds and 2.5 over 500 hits, 1.4 above the limit:
    (3.5 / 1.4)^2 x 3."""
    rows = rows_of(seeds=(0, 1, 2), spread=5, full=0.904)
    detail = judged(rows)["full-labels-find-hits"]["detail"]
    needed = int(re.search(r"About (\d+) seeds would decide it\.$", detail)[1])
    assert needed == 19
    assert "seeds would" not in judged(rows_of(full=0.905))["full-labels-find-hits"]["detail"]
