"""The study beyond the paper: the same draws for all methods, the fields of its rows, its page."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from places import ROOT

import sfxtutor as sfx
from sfxtutor.beyond import budgets, pretraining
from sfxtutor.paper.intervals import unpacked
from tools.beyond.pretraining import DRAWS, Bench, Frames
from tools.pages import beyond as page

FRAMES, TESTED = 240, 60


@pytest.fixture(scope="module")
def bench():
    """A bench whose positives have a bright pixel more for each spot, 20 of them."""
    rng = np.random.default_rng(0)

    def made(n):
        truth = rng.random(n) < 0.4
        x = rng.normal(-0.33, 0.05, (n, 60, 60, 1)).astype(np.float32)
        for i in np.flatnonzero(truth):
            x[i, rng.integers(60, size=20), rng.integers(60, size=20)] = 0.9
        spots = np.where(truth, 20, 0)
        return truth, x, SimpleNamespace(spots=spots)

    (truth, small, seen), (tested_truth, tested_small, tested) = made(FRAMES), made(TESTED)
    frames = Frames(None, truth, seen, small, tested_truth, tested, tested_small)
    bench = Bench("LN83", frames, seed=1)
    sfx.set_seed(0)
    bench.heads("random base", pretraining.build_encoder())
    bench.spot_count()
    return bench


def test_every_method_gets_every_draw_of_labels(bench):
    wanted = {(labels, repeat) for labels, number in DRAWS.items() for repeat in range(number)}
    for method in ("random base, pooled", "random base, flattened", "spot count"):
        rows = [row for row in bench.rows if row["method"] == method]
        assert {(row["labels"], row["repeat"]) for row in rows} == wanted
        assert len(rows) == len(wanted)
    for labels, repeat, chosen in bench.draws():
        expected = pretraining.draw_labels(bench.frames.truth, labels, 1, repeat)
        np.testing.assert_array_equal(chosen, expected)


def test_a_row_says_what_it_is_of_and_which_frames_are_wrong(bench):
    row = bench.rows[0]
    assert (row["run"], row["train"], row["test_on"], row["seed"]) == ("LN83", "LN83", "LN83", 1)
    assert (row["profile"], row["source"]) == ("paper", "twin")
    assert row["hits_total"] == bench.frames.tested_truth.sum()
    assert row["hits_total"] + row["misses_total"] == TESTED
    for found, wrong in (("hits_found", "hits_missed"), ("hits_at_95", "hits_missed_at_95")):
        bits = unpacked(row | {"hits_missed": row[wrong]}, "hits")
        assert bits.sum() == row["hits_total"] - row[found]


def test_bright_pixels_are_found_by_a_random_base_that_is_pooled(bench):
    pooled = [r for r in bench.rows if r["method"].endswith("pooled") and r["labels"] == 200]
    assert all(row["hits_at_95"] == row["hits_total"] for row in pooled)
    spots = [row for row in bench.rows if row["method"] == "spot count"]
    assert all(row["hits_found"] == row["hits_total"] for row in spots)
    assert all(row["misses_found"] == row["misses_total"] for row in spots)


def test_the_study_names_its_parts():
    command = [sys.executable, "-m", "tools.beyond", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pretraining,pretraining_controls" in done.stdout
    for path in (ROOT / "data" / "results").glob("beyond-*.json"):
        assert json.loads(path.read_text())["part"] in done.stdout


def test_a_section_has_a_line_for_each_method_and_a_column_for_each_budget(bench):
    section = page.run_section(bench.rows, "LN83")
    header, _, *lines = section["at_95"].splitlines()
    assert header == "| method | 10 labels | 20 labels | 50 labels | 100 labels | 200 labels |"
    assert [line.split(" | ")[0][2:] for line in lines] == [
        "random base, pooled", "random base, flattened", "spot count",
    ]  # fmt: skip
    assert lines[2].count("100.0 (") == 5
    assert section["positives"] + section["misses"] == TESTED


def test_the_page_has_the_claims_of_each_module_and_the_controls():
    found = page.claims()
    titles = [title for title, _ in found]
    assert "Claims about learning from frames without labels (lesson 10)" in titles
    assert all({"id", "text", "verdict", "detail"} <= one.keys() for _, of in found for one in of)
    lines = page.controls().splitlines()[2:]
    assert len(lines) == 2 * len(page.CONTROLLED)


def test_rows_of_the_paper_have_all_their_labels():
    rows = page.of_the_study()
    assert {row["labels"] for row in rows} == {400, 1600}
    few = budgets.chosen(rows, "LN83", "2D CNN, 200 labels")
    assert len({row["seed"] for row in few}) == len(few) >= 3
