"""Results on disk: whole or not at all, and the reference rows that come with the package."""

import json
import re
import runpy
from pathlib import Path

import pytest

from sfxtutor import results
from sfxtutor.metrics import Counts
from sfxtutor.paper.intervals import rate
from sfxtutor.results import FIELDS, KEYS, paper_rows, row

ROOT = Path(__file__).resolve().parent.parent
KEPT = sorted((ROOT / "data" / "results").glob("twin-seed*.json"))


def test_results_are_saved_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_OUT", str(tmp_path))
    path = results.save_results([{"a": 1}], "nb03")
    assert path == tmp_path / "results" / "nb03.json"
    assert results.load_results("nb03") == [{"a": 1}]

    def full(file, *_, **__):
        file.write_bytes(b"[{")  # half of it
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        results.save_results([{"a": 2}], "nb03")
    monkeypatch.undo()
    assert json.loads(path.read_text()) == [{"a": 1}]
    assert [file.name for file in path.parent.iterdir()] == ["nb03.json"]
    monkeypatch.setenv("SFXTUTOR_OUT", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="No results at .*nb05.json"):
        results.load_results("nb05")


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
        keep(folder, [made(1, seed), made(4, seed)], f"twin-seed{seed}.json")
    keep(folder, [made(1, 9)], "cxidb-seed9.json")
    (folder / "README.md").write_text("what they are")
    rows = results.reference_rows()
    assert [(r["table"], r["seed"]) for r in rows] == [(1, 0), (4, 0), (1, 1), (4, 1)]
    assert results.reference_rows(4) == [made(4, 0), made(4, 1)]
    assert results.reference_rows(7) == []


def test_reference_rows_of_a_checkout_are_found_and_a_strangers_are_not(package):
    keep(package.parent / "data" / "results", [made(1, 7)], "twin-seed7.json")
    with pytest.raises(FileNotFoundError, match="reference"):
        results.reference_rows()
    (package.parent / "pyproject.toml").touch()
    assert [r["seed"] for r in results.reference_rows()] == [7]
    keep(package / "reference", [made(1, 2)], "twin-seed2.json")
    assert [r["seed"] for r in results.reference_rows()] == [2]


def about(row):
    return tuple(row[name] for name in KEYS)


def test_there_are_results_of_five_seeds():
    assert [path.stem for path in KEPT] == [f"twin-seed{seed}" for seed in range(5)]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_results_are_those_of_one_seed_and_of_the_papers_frames(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    rows = record["rows"]
    assert all(tuple(r) == FIELDS for r in rows)
    assert path.stem == f"twin-seed{record['seed']}"
    assert {(r["profile"], r["source"]) for r in rows} == {("paper", "twin")}
    assert {r["seed"] for r in rows} == {record["seed"]}
    totals = {}
    for r in rows:
        totals.setdefault(about(r), []).append((r["hits_total"], r["misses_total"]))
    for r in paper_rows():
        assert (r["hits_total"], r["misses_total"]) in totals.get(about(r), []), about(r)


def test_kept_results_hold_no_path_of_a_machine_and_give_rates():
    assert len(results.reference_rows()) == sum(
        len(json.loads(path.read_text(encoding="utf-8"))["rows"]) for path in KEPT
    )
    for path in KEPT:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""[\s"'(]/\w+/|:\\\\""", text), "an absolute path"
    for r in results.reference_rows():
        assert 0 <= rate([r]).value <= 1


@pytest.mark.parametrize("name", ["claims", "robustness"])
def test_the_page_says_what_the_results_say(name):
    docs = Path(__file__).parent.parent / "docs"
    made = runpy.run_path(str(docs / f"make_{name}_page.py"))["page"]()
    said = (docs / f"{name}.md").read_text(encoding="utf-8")
    assert said == made, f"run docs/make_{name}_page.py"
