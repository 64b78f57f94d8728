"""docs/claims.md: the paper's claims, judged by what tools.study computed."""

from statistics import fmean

from scipy.stats import spearmanr

import sfxtutor as sfx
from sfxtutor.paper.claims import DANN, FEW, FULL, NOT_AT_95, PAIRS, RWD, TRANSFER
from sfxtutor.paper.intervals import SMALLEST, advantage
from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.twin.run import SETUPS

from .markdown import table

RWD_SPEED, CNN_SPEED = 11_123, 126  # a second, which the paper prints without repeats


def values():
    """What the template says."""
    records = {reading: sfx.references(reading) for reading in SETUPS}
    judged = {reading: judge(found) for reading, found in records.items()}
    printed = {one["id"]: one for one in of_the_paper()}
    first, *others = judged
    claims = [
        {
            "id": one["id"], "text": one["text"], "verdict": one["verdict"],
            "detail": one["detail"], "paper": printed[one["id"]],
            "at_95": None if one["id"] in NOT_AT_95 else judged[first]["0.95"][one["id"]],
            "other": {reading: judged[reading]["0.5"][one["id"]] for reading in others},
        }
        for one in judged[first]["0.5"].values()
    ]  # fmt: skip
    return {
        "seeds": {reading: seeds(found) for reading, found in records.items()},
        "dates": sorted({one["date"] for found in records.values() for one in found}),
        "claims": claims,
        "summary": summary(claims, judged),
        "decided": sum(one["verdict"] != "unresolved" for one in claims),
        "either": sum(
            one["verdict"] != "unresolved"
            or (one["at_95"] is not None and one["at_95"]["verdict"] != "unresolved")
            for one in claims
        ),
        "ranks": {reading: rank(found) for reading, found in records.items()},
        "pairs": pairs_table(records),
        "resolution": resolution(records),
        "smallest": round(100 * SMALLEST),
        "speeds": sfx.reference_speeds(),
    }


def of_the_paper():
    """The claims judged by what the paper prints: list of dict."""
    speeds = {"rwd": [RWD_SPEED] * 3, "cnn": [CNN_SPEED] * 3, "arithmetic": 0, "setting": ""}
    *judged, speed = sfx.claims(sfx.paper_rows(), speeds)
    detail = (
        f"{RWD_SPEED:,} vectors/s against {CNN_SPEED} frames/s on an A100: "
        f"{RWD_SPEED / CNN_SPEED:.1f} times."
    )
    return [*judged, speed | {"detail": detail}]


def in_brief():
    """What the template of the block in the README says."""
    found = judge(sfx.references())
    at_95 = [one["verdict"] for name, one in found["0.95"].items() if name not in NOT_AT_95]
    return {"verdicts": [one["verdict"] for one in found["0.5"].values()], "at_95": at_95}


def judge(records):
    """The claims by id, at p = 0.5 ("0.5") and at a specificity of 95 % ("0.95")."""
    further = [row for record in records for row in record["further"]]
    domains = [pair for record in records for pair in record["domains"]]
    return {
        at: {one["id"]: one for one in sfx.claims(rows, sfx.reference_speeds(), domains)}
        for at, rows in (("0.5", further), ("0.95", sfx.at_95(further)))
    }


def seeds(records):
    """The seeds of the networks on images, of a reading: a str."""
    return ", ".join(
        str(record["seed"])
        for record in records
        if any(row["method"] == FULL for row in record["further"])
    )


def summary(claims, judged):
    """One line a claim: the paper's own counts, and each reading at both thresholds."""
    header = ["claim", "paper's counts"]
    for reading in judged:
        header += [f"{reading}, p = 0.5", f"{reading}, 95 % specificity"]
    lines = []
    for one in claims:
        line = [one["text"], said(one["paper"])]
        for found in judged.values():
            at_95 = "–" if one["id"] in NOT_AT_95 else said(found["0.95"][one["id"]])
            line += [f"**{said(found['0.5'][one['id']])}**", at_95]
        lines.append(line)
    return table(header, lines)


def said(claim):
    """The conclusion, or that there is none."""
    return "no numbers" if claim["detail"].startswith("Not computed") else claim["verdict"]


def of(records, method, train, test_on, adapt_to=""):
    """Rows of the further frames of one method on one run, a row per seed."""
    about = method, train, adapt_to, test_on
    return [
        row
        for record in records
        for row in record["further"]
        if (row["method"], row["train"], row["adapt_to"], row["test_on"]) == about
    ]


def paper_recall(home, away):
    (row,) = (
        row
        for row in sfx.paper_rows()
        if (row["table"], row["train"], row["test_on"]) == (1, home, away)
    )
    return row["hits_found"] / row["hits_total"]


def rank(records):
    """Spearman's correlation of the six pairs of Table 1, the paper's recall against the twin's
    recall and area under the curve: (float, float)."""
    paper = [paper_recall(*pair) for pair in PAIRS]
    groups = [of(records, FULL, *pair) for pair in PAIRS]
    recall = [fmean(row["hits_found"] / row["hits_total"] for row in rows) for rows in groups]
    auc = [fmean(row["auc"] for row in rows) for rows in groups]
    return tuple(float(spearmanr(paper, found).statistic) for found in (recall, auc))


def pairs_table(records):
    """The six pairs of Table 1, untuned."""
    header = ["pair", "paper: recall"]
    for reading in records:
        header += [f"{reading}: recall", f"{reading}: AUC"]
    lines = []
    for pair in PAIRS:
        line = [" on ".join(pair), f"{100 * paper_recall(*pair):.1f} %"]
        for found in records.values():
            rows = of(found, FULL, *pair)
            line += [f"{advantage([rows])} %", f"{fmean(row['auc'] for row in rows):.3f}"]
        lines.append(line)
    return table(header, lines)


def resolution(records):
    """Half the width of the interval of a difference of recalls, points: what can be resolved."""
    lines = []
    for reading, found in records.items():
        at_home = {name: [of(found, method, name, name) for method in (FULL, FEW, RWD)]
                   for name in TWINS}  # fmt: skip
        for name, pair in (("200 against 1,200 labels", (0, 1)), ("RWD against 2D CNN", (2, 1))):
            halves = [half(*([at_home[run][i]] for i in pair)) for run in TWINS]
            lines.append((reading, name, *halves))
        for name, method in (
            ("transfer against untuned", TRANSFER),
            ("DANN against untuned", DANN),
        ):
            halves = [
                half(*(
                    [of(found, kind, a, b, b if kind != FULL else "") for a, b in PAIRS if b == run]
                    for kind in (method, FULL)
                ))
                for run in TWINS
            ]  # fmt: skip
            lines.append((reading, name, *halves))
    return table(("reading", "difference of recalls", *TWINS), lines)


def half(a, b):
    """Half the width of the interval of a difference, as text; a dash where a method is missing."""
    if not all([*a, *b]):
        return "–"
    found = advantage(a, b)
    return f"{50 * (found.high - found.low):.1f}"
