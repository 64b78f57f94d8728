"""From scores to what is kept: rows of the paper's tables, and rows of the further frames."""

import base64
import zlib

import numpy as np

import sfxtutor as sfx
from sfxtutor.paper.claims import FULL, UNTUNED

from .networks import SPECIFICITY


def table_rows(scored, data, origin):
    """A row of each of the paper's tables that the scores stand in: list of dict."""
    truth = data[scored.test_on].truth
    for table, frames in scored.tables.items():
        away = scored.method == FULL and table != 1
        counts = sfx.count(truth[frames], called(scored.p[frames], scored))
        yield sfx.row(
            table, UNTUNED if away else scored.method, scored.train, scored.test_on, counts,
            adapt_to=scored.adapt_to, **origin,
        )  # fmt: skip


def further_row(scored, data, origin):
    """What the method does on the further frames: a dict.

    Counts at its threshold, and which hits it missed and misses it kept (`packed`); the area under
    the curve; the hits found where `SPECIFICITY` of these misses are recognised, and which not.
    """
    truth = data[scored.test_on].more_truth
    decision = called(scored.more, scored)
    counts = sfx.count(truth, decision)
    at = sfx.threshold_at(scored.more, truth, SPECIFICITY)
    found, right = scored.more[truth] >= at, scored.more[~truth] < at
    row = sfx.row(
        0, scored.method, scored.train, scored.test_on, counts, adapt_to=scored.adapt_to, **origin
    )
    return {key: value for key, value in row.items() if key != "table"} | {
        "auc": round(sfx.auc(scored.more, truth), 5),
        "hits_missed": packed(~decision[truth]),
        "misses_kept": packed(decision[~truth]),
        "hits_at_95": int(np.sum(found)),
        "misses_at_95": int(np.sum(right)),
        "hits_missed_at_95": packed(~found),
    }


def packed(wrong):
    """Which of the frames are wrong, (n,) bool, as text; `intervals.unpacked` reads it."""
    return base64.b64encode(zlib.compress(np.packbits(wrong).tobytes(), 9)).decode()


def called(p, scored):
    """Which frames the method calls a hit: p above 0.5, or as many spots as the threshold."""
    return p > scored.threshold if p.dtype.kind == "f" else p >= scored.threshold
