"""Results on disk: whole or not at all, and the reference rows that come with the package."""

import csv
import json
import math
import re
from pathlib import Path

import pytest
from places import ROOT, SHARED

from sfxtutor import results
from sfxtutor.metrics import Counts
from sfxtutor.paper.claims import FULL, FURTHER
from sfxtutor.paper.intervals import rate, unpacked
from sfxtutor.results import FIELDS, KEYS, Table, paper_rows, row, table

KEPT = sorted((ROOT / "data" / "results").glob("201?-seed*.json"))


def test_results_are_saved_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_OUT", str(tmp_path))
    path = results.save_results([{"a": 1}], "nb03")
    assert path == tmp_path / "results" / "nb03.json"
    assert json.loads(path.read_text()) == [{"a": 1}]

    def full(file, *_, **__):
        file.write_bytes(b"[{")  # half of it
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        results.save_results([{"a": 2}], "nb03")
    monkeypatch.undo()
    assert json.loads(path.read_text()) == [{"a": 1}]
    assert [file.name for file in path.parent.iterdir()] == ["nb03.json"]


def test_results_get_their_name_by_a_rename(tmp_path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_OUT", str(tmp_path))
    written, write = [], Path.write_text
    monkeypatch.setattr(
        Path, "write_text", lambda file, *a, **k: written.append(file.name) or write(file, *a, **k)
    )
    results.save_results([], "nb03")
    assert "nb03.json" not in written


def test_results_go_to_build_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.delenv("SFXTUTOR_OUT", raising=False)
    monkeypatch.chdir(tmp_path)
    results.save_results([], "nb00")
    assert (tmp_path / "build" / "results" / "nb00.json").exists()


def made(table, seed):
    """A row of a table of the paper."""
    counts = Counts(1, 2, 3, 4)
    return row(table, "m", "LN83", "LN83", counts, seed=seed, profile="paper", source="twin")


def keep(folder, rows, name):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"seed": 0, "rows": rows, "claims": []}))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Folder of an installed package without results: a Path."""
    monkeypatch.setattr("sfxtutor.support.disk.PACKAGE", tmp_path / "sfxtutor")
    return tmp_path / "sfxtutor"


def test_reference_rows_are_those_of_all_seeds(package):
    folder = package / "reference"
    for seed in (1, 0):
        keep(folder, [made(1, seed), made(4, seed)], f"2016-seed{seed}.json")
    keep(folder, [made(1, 9)], "2018-seed9.json")
    (folder / "README.md").write_text("what they are")
    rows = results.reference_rows()
    assert [(r["table"], r["seed"]) for r in rows] == [(1, 0), (4, 0), (1, 1), (4, 1)]
    assert results.reference_rows(4) == [made(4, 0), made(4, 1)]
    assert results.reference_rows(7) == []
    assert [record["rows"][0]["seed"] for record in results.references("2018")] == [9]


def test_reference_rows_of_a_checkout_are_found_and_a_strangers_are_not(package):
    keep(package.parent / "data" / "results", [made(1, 7)], "2016-seed7.json")
    with pytest.raises(FileNotFoundError, match="reference"):
        results.reference_rows()
    (package.parent / "pyproject.toml").touch()
    assert [r["seed"] for r in results.reference_rows()] == [7]
    keep(package / "reference", [made(1, 2)], "2016-seed2.json")
    assert [r["seed"] for r in results.reference_rows()] == [2]


def about(row):
    return tuple(row[name] for name in KEYS)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_results_are_those_of_one_seed(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem == f"{record['reading']}-seed{record['seed']}"
    assert all(tuple(r) == FIELDS for r in record["rows"])
    assert record["rows"]
    for r in record["rows"] + record["further"]:
        assert (r["profile"], r["source"], r["seed"]) == ("paper", "twin", record["seed"])
    assert all(one["best_epoch"] < one["epochs"] for one in record["trainings"])
    further = [(r["method"], r["train"], r["adapt_to"], r["test_on"]) for r in record["further"]]
    assert len(set(further)) == len(further)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_rows_of_further_frames_agree_with_what_they_pack(path):
    for kept_row in json.loads(path.read_text(encoding="utf-8"))["further"]:
        assert kept_row["hits_total"] + kept_row["misses_total"] == FURTHER
        missed, kept = (unpacked(kept_row, kind) for kind in ("hits", "misses"))
        assert kept_row["hits_total"] - missed.sum() == kept_row["hits_found"]
        assert kept_row["misses_total"] - kept.sum() == kept_row["misses_found"]
        assert 0.95 * kept_row["misses_total"] <= kept_row["misses_at_95"] + 1e-6
        (same,) = results.at_95([kept_row])
        assert kept_row["hits_total"] - unpacked(same, "hits").sum() == same["hits_found"]


def test_kept_results_have_every_row_of_the_paper_on_the_papers_frames():
    totals = {}
    for r in results.reference_rows():
        totals.setdefault(about(r), []).append((r["hits_total"], r["misses_total"]))
    for r in paper_rows():
        assert (r["hits_total"], r["misses_total"]) in totals.get(about(r), []), about(r)


def test_the_methods_of_the_paper_have_several_seeds_on_both_readings():
    for reading, least in (("2016", 5), ("2018", 3)):
        seeds = [
            record["seed"]
            for record in results.references(reading)
            if FULL in {row["method"] for row in record["further"]}
        ]
        assert len(seeds) >= least, reading


def test_kept_results_hold_no_path_of_a_machine_and_give_rates():
    assert len(results.reference_rows()) == sum(
        len(json.loads(path.read_text(encoding="utf-8"))["rows"])
        for path in KEPT
        if path.name.startswith("2016")
    )
    for path in KEPT:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""[\s"'(]/\w+/|:\\\\""", text), "an absolute path"
    for r in results.reference_rows():
        assert 0 <= rate([r]).value <= 1


# ---- rows


def test_a_row_has_the_keys_of_results_json():
    row = results.row(
        2,
        "2D CNN, 200 labels",
        "LN83",
        "LN84",
        Counts(1, 2, 3, 4),
        seed=5,
        profile="quick",
        source="twin",
    )
    assert tuple(row) == results.FIELDS
    assert (row["hits_found"], row["misses_total"], row["adapt_to"]) == (1, 4, "")
    assert results.counts_of(row) == Counts(1, 2, 3, 4)
    assert json.loads(json.dumps(row)) == row


def test_the_papers_rows():
    rows = results.paper_rows()
    assert len(rows) == 39
    assert all(tuple(row) == results.FIELDS for row in rows)
    first = results.counts_of(rows[0])
    assert f"{100 * first.recall:.2f}" == "96.92"
    unknown = [row for row in rows if row["misses_found"] is None]
    assert len(unknown) == 1
    assert math.isnan(results.counts_of(unknown[0]).specificity)


@pytest.mark.skipif(not SHARED.exists(), reason="no ../shared here")
def test_the_papers_tables_are_a_true_copy():
    with (SHARED.parent / "paper" / "tables.csv").open(newline="") as file:
        original = list(csv.reader(file))
    lines = results.PAPER_TABLES.read_text(encoding="utf-8").splitlines()
    copy = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert copy == original
    assert any("10.1364/OE.492311" in line for line in lines if line.startswith("#"))


# ---- tables


def line_of(found, seed=0, method="2D CNN, 1200 labels", **keys):
    defaults = {"seed": seed, "profile": "quick", "source": "twin"}
    return row(1, method, "LN83", "LN83", Counts(found, 65, 330, 335), **(defaults | keys))


def test_a_line_has_counts_intervals_and_the_papers_numbers():
    shown = table([line_of(60)])
    assert shown.header[-2:] == ("paper: recall", "paper: specificity")
    assert shown.lines[0] == (
        "2D CNN, 1200 labels",
        "LN83",
        "LN83",
        "92.3 % (60/65, 95 %: 83 to 97)",
        "98.5 % (330/335, 95 %: 97 to 99)",
        "96.9 % (63/65, 95 %: 89 to 99)",
        "99.4 % (333/335, 95 %: 98 to 100)",
    )
    assert "source twin, profile quick, seed 0" in shown.caption


def test_seeds_share_a_line_and_their_counts_are_not_added_up():
    shown = table([line_of(60, 0), line_of(64, 1), line_of(62, 2)])
    assert len(shown.lines) == 1
    recall = "95.4 % (62/65, 95 %: 87 to 98); 3 seeds: 92.3 to 98.5"
    assert shown.lines[0][3] == recall
    assert "seeds 0, 1, 2" in shown.caption


def test_rows_of_two_sources_are_told_apart():
    shown = table([line_of(60), line_of(61, source="cxidb")])
    assert [line[0] for line in shown.lines] == ["twin, quick", "cxidb, quick"]
    assert shown.header[0] == "source"


def test_a_baseline_has_no_number_of_the_paper():
    assert table([line_of(60, method="always miss")]).lines[0][-2:] == ("–", "–")


def test_a_number_picks_one_table_of_the_paper():
    shown = table(paper_rows(), 5)
    assert len(shown.lines) == 12
    assert shown.caption.startswith("Table 5: source paper")
    assert shown.lines[0][1] == "LN83, adapted to LN84"
    assert [line[4] for line in shown.lines].count("–") == 1  # the row without exact counts
    with pytest.raises(ValueError, match="Found no row of table 6 among 39"):
        table(paper_rows(), 6)


def test_text_is_aligned_and_html_is_escaped():
    shown = Table("A <caption>", ("a", "longer"), [("x & y", "1")])
    assert str(shown) == "A <caption>\na      longer\nx & y  1"
    html = shown._repr_html_()
    assert "<caption>A &lt;caption&gt;</caption>" in html
    assert "<td>x &amp; y</td>" in html
    assert html.count("<tr>") == 2
