"""docs/claims.md: the paper's claims, judged by the results of the paper profile."""

import sfxtutor as sfx


def values():
    """What the template says."""
    records = sfx.references()
    rows = [row for record in records for row in record["rows"]]
    domains = [pair for record in records for pair in record["domains"].get("pairs", [])]
    return {
        "seeds": ", ".join(str(record["seed"]) for record in records),
        "dates": ", ".join(sorted({record["date"] for record in records})),
        "claims": sfx.claims(rows, records[0]["speeds"], domains),
    }
