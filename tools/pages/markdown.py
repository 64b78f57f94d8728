"""Pieces of a page in Markdown: tables, numbers, and the part of a page that is made."""


def table(header, lines):
    """A table: header (n,), lines of n cells each."""
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (header, rule, *lines))


def number(value):
    """Three digits, with commas: 0.45, 12.3, 1,240."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(found):
    """The median of several measurements, with the lowest and the highest: a dict of these."""
    return f"{number(found['median'])} ({number(found['low'])} to {number(found['high'])})"


def with_block(text, name, block):
    """The text of a page with another block between the comments `name begin` and `name end`.

    Raises
    ------
    ValueError
        If the page has no such comments.
    """
    begin, end = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    before, found, rest = text.partition(begin)
    if not found or end not in rest:
        raise ValueError(f"Found no {begin} with {end} after it, expected both. Put them back.")
    return f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
