"""What docs/screening.md says of detectors: python -m tools.detectors.measure.

The shipped models and the spot count on the frames of this simulator, which is not that of the
training. The table is data/results/detectors.json; it takes a core half an hour.
"""

import json
from pathlib import Path

from sfxtutor.beamline.model.screener import find_model
from sfxtutor.metrics import rate_text

from .judge import Case, judge, judge_blanks
from .shipped import peaks_scorer, rwd_scorer

OUT = Path(__file__).resolve().parents[2] / "data" / "results" / "detectors.json"
BACKGROUNDS = {
    "eiger_1m": (1e-3, 0.05, 0.5, 3, 30), "eiger_4m": (0.05, 0.5, 3, 30),
    "pilatus_300k": (0.05, 0.5, 3, 30), "pilatus_6m": (0.05, 0.5, 3, 30),
    "jungfrau_1m_kev": (0.05, 0.5, 3, 30), "jungfrau_4m_stack": (0.5, 3),
    "epix10k_stack": (0.05, 0.5, 3, 30), "agipd": (0.05, 0.5, 3, 30),
    "cspad_slab": (0.5, 3, 30), "rayonix": (3, 30), "mar165": (3, 30),
}  # fmt: skip
LARGE = ("eiger_4m", "pilatus_6m", "jungfrau_4m_stack")  # of which fewer frames are made
SEEDS = (10, 11, 12)  # beamlines of each case
BLANKS_OF = {"eiger_1m": 0.5, "jungfrau_1m_kev": 0.5, "rayonix": 10}  # photons a pixel


def cases():
    """Every case that is measured: list of `Case`."""
    return [Case(name, level, 5 if name in LARGE else 10, SEEDS)
            for name, levels in BACKGROUNDS.items() for level in levels]  # fmt: skip


def row_of(row):
    """A row of the judge as it is kept."""
    return {
        "detector": row.case.detector, "background": row.case.background, "scorer": row.scorer,
        "auc": list(row.auc), "recall": rate_text(*row.counts.recall_of),
        "specificity": rate_text(*row.counts.specificity_of), "gain": list(row.gain),
        "unscored": row.unscored,
    }  # fmt: skip


def measure():
    """Measure all of it and write it."""
    scorers = {"peaks": peaks_scorer(), "rwd": rwd_scorer()}
    rows = []
    for row in judge(scorers, cases()):
        rows.append(row_of(row))
        print(rows[-1], flush=True)
    blanks = {}
    for detector, level in BLANKS_OF.items():
        blanks[detector] = list(judge_blanks(scorers, detector, level, 5, SEEDS[:2]))
        print(detector, blanks[detector], flush=True)
    models = {name: find_model(name).with_suffix(".json").name for name in scorers}
    OUT.write_text(json.dumps({"models": models, "seeds": SEEDS, "rows": rows, "blanks": blanks},
                              indent=1), encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    measure()
