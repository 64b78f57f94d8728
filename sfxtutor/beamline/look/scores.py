"""What the scores of a screening say: counts, rates and the frames to be shown.

The file is read row by row, twice, so that a night's millions of rows need no memory.
"""

import csv
import re
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..model.score import COLUMNS, Row

SHOWN = 12  # frames of each kind on the contact sheet
TIMES = 60  # bins of the hit rate over time, at most
FEWEST = 10  # frames in such a bin, but in the last
BARS = 40  # of the histogram of p
UNSURE = 0.2, 0.8  # p between which a frame is doubtful
KINDS = 50  # of statuses that are told apart
FIRST_FILES = 12  # whose names, and places in the run, are kept
ROUNDED = 1e-5  # p has five decimals


@dataclass
class Tally:
    """What the scores say.

    Attributes
    ----------
    threshold : float, p from which a frame is a hit
    wrong : float, the threshold that was expected and contradicts the scores, or None
    files, frames, scored, hits, doubtful, unopened : int; files that could not be opened too
    names : list of (str, int), the first files, and how many frames come before each
    width : int, frames in a bin of `times`
    times : list of [frames, scored, hits], in the order of the scores
    bars : list of int, frames by p, in `BARS` bins of equal width; 1 is in the last
    statuses : Counter of first sentences, other than "ok"
    surest_hits, surest_misses, nearest : list of Row, at most `SHOWN` of each, the surest, or the
        nearest to the threshold, first
    """

    threshold: float
    wrong: float | None = None
    files: int = 0
    frames: int = 0
    scored: int = 0
    hits: int = 0
    doubtful: int = 0
    unopened: int = 0
    names: list = field(default_factory=list)
    width: int = 1
    times: list = field(default_factory=list)
    bars: list = field(default_factory=lambda: [0] * BARS)
    statuses: Counter = field(default_factory=Counter)
    surest_hits: list = field(default_factory=list)
    surest_misses: list = field(default_factory=list)
    nearest: list = field(default_factory=list)


def tally(path, threshold):
    """Read the scores in a CSV file as `screen` writes it: a `Tally`.

    Parameters
    ----------
    path : path
    threshold : float
        p from which a frame should be a hit. Where the file decided otherwise, its lowest p of a
        hit is taken, and `wrong` says so.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds no scores.
    """
    frames, lowest_hit, highest_miss = _extent(path)
    agrees = highest_miss - ROUNDED < threshold <= lowest_hit + ROUNDED
    result = Tally(threshold) if agrees else Tally(min(lowest_hit, 1.0), threshold)
    result.width = max(-(-frames // TIMES), FEWEST)
    examples, best = {}, [_Best(), _Best(), _Best()]
    for row in read_rows(path):
        _count_file(result, row)
        if row.frame is None:
            result.unopened += 1
        else:
            _count_frame(result, row)
        if row.p is None:
            _count_status(result, row.status, examples)
            continue
        best[0 if row.is_hit else 1].offer(-row.p if row.is_hit else row.p, result.frames, row)
        best[2].offer(abs(row.p - result.threshold), result.frames, row)
    result.surest_hits, result.surest_misses, result.nearest = (one.rows for one in best)
    return result


def read_rows(path):
    """Yield a `Row` for each line of a CSV file of scores; `number` counts changes of the file."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There are no scores {path}, expected a .csv. Check the path.")
    number, last = -1, None
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        lines = csv.reader(file)
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError(
                f"{path} does not begin with the columns {', '.join(COLUMNS)}, expected scores as "
                "`sfxtutor screen` writes them. Name such a file."
            )
        for line in lines:
            if line and line[0] != last:
                number, last = number + 1, line[0]
            yield _row(line, number, path, lines.line_num)


def _row(line, number, path, at):
    try:
        file, frame, p, is_hit, status = line
        p, hit = (float(p), bool(int(is_hit))) if p else (None, None)
        if p is not None and not 0 <= p <= 1:
            raise ValueError(f"p_hit is {p}")
        return Row(number, file, int(frame) - 1 if frame else None, p, hit, status)
    except ValueError as error:
        raise ValueError(
            f"Line {at} of {path} holds no score ({error}), expected {', '.join(COLUMNS)}. Screen "
            "the files again."
        ) from error


def _extent(path):
    """Number of frames, lowest p of a hit and highest of a miss; inf where there is none."""
    frames, lowest, highest = 0, float("inf"), float("-inf")
    for row in read_rows(path):
        frames += row.frame is not None
        if row.is_hit:
            lowest = min(lowest, row.p)
        elif row.p is not None:
            highest = max(highest, row.p)
    return frames, lowest, highest


def _count_file(result, row):
    if row.number < result.files:
        return
    result.files = row.number + 1
    if result.files <= FIRST_FILES:
        result.names.append((row.file, result.frames))


def _count_frame(result, row):
    if result.frames % result.width == 0:
        result.times.append([0, 0, 0])
    now = result.times[-1]
    result.frames += 1
    now[0] += 1
    if row.p is None:
        return
    now[1] += 1
    now[2] += row.is_hit
    result.scored += 1
    result.hits += row.is_hit
    result.doubtful += UNSURE[0] <= row.p <= UNSURE[1]
    result.bars[min(round(row.p / ROUNDED) * BARS // round(1 / ROUNDED), BARS - 1)] += 1


def _count_status(result, status, examples):
    """Count the first sentence; sentences that differ in numbers alone count as one."""
    sentence = re.split(r"(?<=[.;])\s", status, maxsplit=1)[0].rstrip(".;")
    kind = re.sub(r"\d+", "0", sentence)
    if kind not in examples and len(examples) >= KINDS:
        kind = sentence = "other reasons"
    result.statuses[examples.setdefault(kind, sentence)] += 1


class _Best:
    """The rows with the lowest keys, in constant memory.

    Of equal keys, such as p = 1, those are taken that a fixed shuffle of the run puts first: the
    first frames of a run say little about the others.
    """

    def __init__(self):
        self._held = []

    def offer(self, key, place, row):
        entry = key, (place * 2654435761) % 2**32, place, row
        if len(self._held) < SHOWN or entry[:3] < self._held[-1][:3]:
            insort(self._held, entry, key=lambda held: held[:3])
            del self._held[SHOWN:]

    @property
    def rows(self):
        """The rows, of equal keys in the order of the run."""
        ordered = sorted(self._held, key=lambda held: (held[0], held[2]))
        return [row for *_, row in ordered]
