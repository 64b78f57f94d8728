"""Rows of the paper's tables: made, shown, saved, and those that come with the package."""

import csv
import json
import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import median_low

from .metrics import Counts, rate_text
from .runs.datasets import READING
from .support.disk import shipped_folder, write_text

KEYS = ("table", "method", "train", "adapt_to", "test_on")
COUNTS = ("hits_found", "hits_total", "misses_found", "misses_total")
FIELDS = (*KEYS, *COUNTS, "seed", "profile", "source")  # of a row of results.json
PAPER_TABLES = Path(__file__).parent / "paper" / "tables.csv"
HEADER = ("method", "trained on", "tested on", "recall", "specificity")
PAPER_HEADER = ("paper: recall", "paper: specificity")


def row(
    table: int, method: str, train: str, test_on: str, counts: Counts, *, seed: int, profile: str,
    source: str, adapt_to: str = "",
) -> dict:  # fmt: skip
    """One row of `results.json`, a dict with the keys of `FIELDS`.

    Parameters
    ----------
    table : int, number of the paper's table
    method : str, as in the paper's tables (`paper_rows`), or a baseline's name
    train, adapt_to, test_on : str, names of runs; `adapt_to` is empty where nothing is adapted
    counts : Counts
    seed : int, of the training
    profile, source : str, such as "quick" and "twin"
    """
    keys = (table, method, train, adapt_to, test_on)
    numbers = (counts.hits_found, counts.hits_total, counts.misses_found, counts.misses_total)
    return dict(zip(FIELDS, (*keys, *numbers, seed, profile, source), strict=True))


def counts_of(row: dict) -> Counts:
    """The `Counts` of a row."""
    return Counts(*(row[name] for name in COUNTS))


def paper_rows() -> list[dict]:
    """The paper's tables 1 to 5 and 7 as rows: source "paper", seed None.

    Counts are those that give the printed percentages exactly; one of 39 rows has none, None.
    """
    with PAPER_TABLES.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(line for line in file if not line.startswith("#")))
    rows = []
    for line in lines:
        numbers = {name: int(line[name]) if line[name] else None for name in COUNTS}
        keys = {name: line[name] for name in KEYS} | {"table": int(line["table"])}
        rows.append(keys | numbers | {"seed": None, "profile": "paper", "source": "paper"})
    return rows


def references(reading: str = READING) -> list[dict]:
    """What the paper profile gave on the twin: list of dict, one a seed (data/results/README.md).

    Parameters
    ----------
    reading : "2016" or "2018", of the twin's geometry (docs/twin.md)

    Raises
    ------
    FileNotFoundError
        If the package lacks them.
    """
    folder = shipped_folder("reference", "data/results")
    found = sorted(folder.glob(f"{reading}-seed*.json"))
    return [json.loads(path.read_text("utf-8")) for path in found]


def reference_speeds() -> dict:
    """Speeds of the 1D and the 2D CNN, as `claims` takes them, with their date and machine."""
    path = shipped_folder("reference", "data/results") / "speeds.json"
    return json.loads(path.read_text("utf-8"))


def reference_rows(table: int | None = None) -> list[dict]:
    """The rows of `references`, of all seeds: list of dict, as in `results.json`.

    Parameters
    ----------
    table : int, only those of this table of the paper; None, all
    """
    rows = [row for record in references() for row in record["rows"]]
    return [row for row in rows if table in (None, row["table"])]


def at_95(rows: list[dict]) -> list[dict]:
    """Rows of further frames, thresholds where 95 % of the misses are recognised: list of dict."""
    renamed = {"hits_found": "hits_at_95", "misses_found": "misses_at_95",
               "hits_missed": "hits_missed_at_95"}  # fmt: skip
    rest = [{key: value for key, value in row.items() if key != "misses_kept"} for row in rows]
    return [row | {new: row[old] for new, old in renamed.items()} for row in rest]


def save_results(content: object, name: str) -> Path:
    """Write rows, or anything JSON, to results/<name>.json in $SFXTUTOR_OUT (else build): a `Path`.

    A lesson saves its rows as "nb" and its number; `sfxtutor run` gathers them.
    """
    path = _folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(content, indent=1))
    return path


@dataclass(frozen=True)
class Table:
    """Lines of text under a header; shows itself in a notebook and, through `str`, elsewhere.

    Attributes
    ----------
    caption : str
    header : tuple of str
    lines : list of tuple of str, one per line, as long as the header
    """

    caption: str
    header: tuple
    lines: list

    def __str__(self):
        columns = zip(self.header, *self.lines, strict=True)
        widths = [max(map(len, column)) for column in columns]
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (self.header, *self.lines)
        ]
        return "\n".join([self.caption, *text])

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.header)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>"
            for line in self.lines
        )
        return (
            f"<table><caption>{escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def table(rows: list[dict], number: int | None = None) -> Table:
    """Rows as in `results.json`, beside those of the paper with the same runs and method: `Table`.

    Several seeds of one method share a line: the median seed's counts with their interval, and the
    range over the seeds.  Their counts are never added up: all seeds are tested on the same frames,
    and a sum would pretend that there were more.

    Parameters
    ----------
    rows : list of dict, in the order in which they are to be shown
    number : show only this table of the paper; None, all rows

    Raises
    ------
    ValueError
        If there is no row to show.
    """
    printed = {_key(row): row for row in paper_rows()}
    groups = {}
    for row in rows:
        if number is None or row["table"] == number:
            groups.setdefault((*_key(row), row["source"], row["profile"]), []).append(row)
    if not groups:
        raise ValueError(
            f"Found no row of {'any table' if number is None else f'table {number}'} among "
            f"{len(rows)}, expected one or more. Run the lesson that makes them first."
        )
    # where two sources or profiles meet, each line says which is its own
    origins = {(group[0]["source"], group[0]["profile"]) for group in groups.values()}
    lines = []
    for group in groups.values():
        first = group[0]
        train = (
            f"{first['train']}, adapted to {first['adapt_to']}"
            if first["adapt_to"]
            else first["train"]
        )
        whose = [f"{first['source']}, {first['profile']}"] if len(origins) > 1 else []
        paper = [printed[_key(first)]] if _key(first) in printed else []
        lines.append(
            (
                *whose,
                first["method"],
                train,
                first["test_on"],
                _rate(group, "hits"),
                _rate(group, "misses"),
                _rate(paper, "hits"),
                _rate(paper, "misses"),
            )
        )
    header = (*(["source"] if len(origins) > 1 else []), *HEADER, *PAPER_HEADER)
    return Table(_caption(groups, origins, number), header, lines)


def _key(row):
    return tuple(row[name] for name in KEYS)


def _rate(group, kind):
    """Recall ("hits") or specificity ("misses") of rows that differ in their seed alone."""
    if not group:
        return "–"
    counts = [row[f"{kind}_found"] for row in group]
    total = group[0][f"{kind}_total"]
    if len(group) == 1:
        return rate_text(counts[0], total)
    spread = f"{100 * min(counts) / total:.1f} to {100 * max(counts) / total:.1f}"
    return f"{rate_text(median_low(counts), total)}; {len(group)} seeds: {spread}"


def _caption(groups, origins, number):
    seeds = sorted({row["seed"] for group in groups.values() for row in group} - {None})
    origin = "; ".join(f"source {source}, profile {profile}" for source, profile in sorted(origins))
    title = "Results" if number is None else f"Table {number}"
    numbers = f", seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}" if seeds else ""
    return f"{title}: {origin}{numbers}. In brackets: counts and 95 % Wilson interval."


def _folder():
    return Path(os.environ.get("SFXTUTOR_OUT") or "build") / "results"
