"""What docs/screening.md says of detectors: python -m tools.detectors.measure.

The shipped models and the spot count on the frames of this simulator, which is not that of the
training. The table is data/results/detectors.json; it takes a core an hour.
"""

import json
from dataclasses import astuple
from pathlib import Path

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
SEEDS = (10, 11)  # beamlines of each case
BLANKS_OF = {
    "eiger_1m": 0.5,
    "pilatus_300k": 0.5,
    "jungfrau_1m_kev": 0.5,
    "epix10k_stack": 0.5,
    "cspad_slab": 3,
    "rayonix": 10,
}  # photons a pixel


def cases():
    """Every case that is measured: list of `Case`."""
    return [Case(name, level, 8 if name in LARGE else 16, SEEDS)
            for name, levels in BACKGROUNDS.items() for level in levels]  # fmt: skip


def row_of(row):
    """A row of the judge as it is kept."""
    counts = row.counts
    return {
        "detector": row.case.detector, "background": row.case.background, "scorer": row.scorer,
        "frames": counts.hits_total + counts.misses_total, "auc": list(astuple(row.auc)),
        "recall": rate_text(counts.hits_found, counts.hits_total),
        "specificity": rate_text(counts.misses_found, counts.misses_total),
        "gain": list(astuple(row.gain)), "unscored": row.unscored,
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
        blanks[detector] = list(judge_blanks(scorers, detector, level, 4, SEEDS))
        print(detector, blanks[detector], flush=True)
    content = {"seeds": SEEDS, "rows": rows, "blanks": blanks}
    OUT.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    measure()
