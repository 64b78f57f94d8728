"""Results as a table to read: each rate with counts and interval, the paper's beside it."""

from dataclasses import dataclass
from html import escape
from statistics import median_low

from .evaluate import KEYS, paper_rows, rate_text

HEADER = ("method", "trained on", "tested on", "recall", "specificity")
PAPER_HEADER = ("paper: recall", "paper: specificity")


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


def table(rows, number=None):
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
    found = [row[f"{kind}_found"] for row in group]
    total = group[0][f"{kind}_total"]
    if len(group) == 1:
        return rate_text(found[0], total)
    spread = f"{100 * min(found) / total:.1f} to {100 * max(found) / total:.1f}"
    return f"{rate_text(median_low(found), total)}; {len(group)} seeds: {spread}"


def _caption(groups, origins, number):
    seeds = sorted({row["seed"] for group in groups.values() for row in group} - {None})
    origin = "; ".join(f"source {source}, profile {profile}" for source, profile in sorted(origins))
    title = "Results" if number is None else f"Table {number}"
    numbers = f", seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}" if seeds else ""
    return f"{title}: {origin}{numbers}. In brackets: counts and 95 % Wilson interval."
