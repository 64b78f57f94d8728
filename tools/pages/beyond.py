"""docs/beyond.md: label budgets and claims of the lessons that go beyond the paper."""

from importlib import import_module
from pkgutil import iter_modules
from statistics import fmean

import sfxtutor as sfx
import sfxtutor.beyond
from sfxtutor.beyond import budgets
from sfxtutor.paper.claims import FEW, FULL, RWD
from sfxtutor.paper.intervals import SMALLEST
from sfxtutor.runs.datasets import TWINS

from .markdown import table

CONTROLS = "pretraining_controls"
CONTROLLED = {  # a control: what it is compared with
    "small CNN from scratch, pooled, 180 x 180": "small CNN from scratch, pooled",
    "small CNN from scratch, pooled, twice the steps": "small CNN from scratch, pooled",
    **{
        f"{base}, three times the steps, {kind}": f"{base}, {kind}"
        for base in ("GAN base", "contrastive base")
        for kind in ("pooled", "flattened")
    },
}
SHOWN = (50, 200)  # labels of the controls
STUDY = {FULL: 1600, FEW: 400, RWD: 400}  # labels of a run, those for validation included


def values():
    """What the template says."""
    records, rows = budgets.records(), main_rows()
    return {
        "seeds": sorted({one["seed"] for one in records}),
        "dates": sorted({one["date"] for one in records}),
        "profiles": sorted({one["profile"] for one in records}),
        "sources": sorted({one["source"] for one in records}),
        "runs": [run_section(rows, run) for run in dict.fromkeys(row["run"] for row in rows)],
        "claims": claims(),
        "controls": controls(),
        "control_seeds": sorted({one["seed"] for one in records if one["part"] == CONTROLS}),
        "smallest": round(100 * SMALLEST),
    }


def main_rows():
    """The rows of all parts but the controls."""
    parts = dict.fromkeys(one["part"] for one in budgets.records())
    return [row for part in parts if part != CONTROLS for row in budgets.rows(part)]


def of_the_study():
    """Rows of the paper's methods with their labels, from `tools.study`: list of dict."""
    further = [row for record in sfx.references() for row in record["further"]]
    return [
        row | {"run": row["test_on"], "labels": STUDY[row["method"]], "repeat": 0}
        for row in further
        if row["method"] in STUDY and row["train"] == row["test_on"] and row["test_on"] in TWINS
    ]


def run_section(rows, run):
    """The tables of one run: a dict."""
    rows = [row for row in rows if row["run"] == run]
    labels = sorted({row["labels"] for row in rows})
    methods = dict.fromkeys(row["method"] for row in rows)
    header = ["method", *(f"{n} labels" if n else "no label" for n in labels)]
    points = {
        (method, n): [row for row in rows if (row["method"], row["labels"]) == (method, n)]
        for method in methods
        for n in labels
    }
    lines = {
        name: [[method, *(text(points[method, n]) for n in labels)] for method in methods]
        for name, text in (("at_95", at_95), ("at_half", at_half))
    }
    return {
        "name": run,
        "positives": rows[0]["hits_total"],
        "misses": rows[0]["misses_total"],
        **{name: table(header, of) for name, of in lines.items()},
    }


def at_95(rows):
    """Recall at 95 % specificity with its interval, and the area under the curve, as text."""
    if not rows:
        return "–"
    found = budgets.recall(rows)
    area = fmean(row["auc"] for row in rows)
    return f"{found.text(100, 1)}, AUC {area:.3f}"


def at_half(rows):
    """Recall and specificity at the method's own threshold, means over seeds and draws."""
    if not rows:
        return "–"
    rates = (
        fmean(row[f"{kind}_found"] / row[f"{kind}_total"] for row in rows)
        for kind in ("hits", "misses")
    )
    return "{:.1f} / {:.1f}".format(*(100 * rate for rate in rates))


def claims():
    """The claims of every module claims*.py of sfxtutor.beyond: list of (title, list of dict)."""
    names = sorted(one.name for one in iter_modules(sfxtutor.beyond.__path__))
    modules = [
        import_module(f"sfxtutor.beyond.{name}") for name in names if name.startswith("claims")
    ]
    return [(module.__doc__.partition(",")[0], module.claims()) for module in modules]


def controls():
    """Each control beside what it is compared with, as a table; "" where there is none."""
    of, others = budgets.rows(CONTROLS), main_rows()
    lines = []
    for method, other in CONTROLLED.items():
        of_method = [row for row in of if row["method"] == method and row["labels"] in SHOWN]
        for run, labels in dict.fromkeys((row["run"], row["labels"]) for row in of_method):
            pair = (budgets.chosen(rows, run, name, labels)
                    for rows, name in ((of, method), (others, other)))  # fmt: skip
            lines.append((method, run, labels, str(budgets.difference(*pair))))
    return table(("control", "run", "labels", "recall, difference in points"), lines)
