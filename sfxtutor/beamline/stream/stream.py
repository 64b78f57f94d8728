"""Score frames as they arrive over ZeroMQ, and say what became of each of them.

    sfxtutor stream --from tcp://127.0.0.1:5555 --out scores.csv

A thread receives messages into a queue of fixed length, the caller's own scores what waits. When
the queue is full nothing is received, ZeroMQ's own buffers fill, and the source drops frames and
counts them: back-pressure, in memory that does not grow. Missing frame numbers are counted here
too, whether or not the source says anything.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...preprocess import center_crop
from ...runs.files.geometry import read_geometry
from ...runs.files.masks import read_mask
from ...support.disk import expanded
from ...support.interrupts import interruptible
from ..model.screener import Screener
from .formats import Reader
from .receiver import BATCH, POLL, QUEUE, Connection, Receiver
from .report import Report
from .scorer import Scorer
from .scores_file import Scores

BEAT = 1.0  # s between two looks at the report


def stream(
    address: str, out: str | Path | None = None, model: str | Path = "peaks",
    mask: str | Path | np.ndarray | None = None, threshold: float | None = None, idle: float = 30.0,
    queue: int = QUEUE, watch: Callable | None = None, *,
    connection: Connection | None = None, search: bool = True, geometry: str | Path | None = None,
) -> Report:  # fmt: skip
    """Score every frame that a source sends until it says that it ends: `Report`.

    Ctrl-C, a silent source and `watch` end it too; what was scored until then is in the file.

    Parameters
    ----------
    address : str
        Where the source is, such as "tcp://127.0.0.1:5555"; it may start later.
    out : path, optional
        Columns file (the name of the run), frame (from 1), p_hit, is_hit (0 or 1), status ("ok",
        or why there is no score). A frame that never came has no line.
    model, threshold : see `Screener`
    mask : path (`read_mask`) or (y, x) bool array, True = good pixel, optional
        Default: bad pixels are found in the first five frames, which wait for each other.
    idle : float
        Seconds without a message, after the first, that end the stream.
    queue : int
        Messages that may wait. A burst needs room for all its frames.
    watch : callable, optional
        Called every second with the report so far; the stream ends if it returns True.
    connection : Connection, optional
        The format of the messages, the kind of the source's socket, patience for the first.
    search : bool
        Look for bad pixels where there is no mask.
    geometry : path, optional
        A geometry file of CrystFEL: the panels of the frames as they are sent, and bad regions.

    Raises
    ------
    TimeoutError
        If no first message comes.
    ImportError
        If what reads the format is not installed.
    FileNotFoundError
        If there is no such model, mask or geometry, or no folder for `out`.
    ValueError
        If the geometry file is damaged, or the model looks at central crops alone.
    FileExistsError
        If there are scores under that name already.
    OSError
        If the address cannot be opened, or the scores cannot be written: those before are kept.
    """
    how, out = connection or Connection(), expanded(out)
    reader, screener = Reader(how.format), Screener(expanded(model), threshold)
    good = _mask(expanded(mask), screener.whole)
    panels = None if geometry is None else _geometry(expanded(geometry), screener)
    if panels and good is not None:
        good = good & panels.good(good.shape)
    scorer = Scorer(screener, good, Report(queue=queue), reader, search, panels)
    with (
        interruptible() as stop,
        Receiver(address, queue, how.kind) as receiver,
        Scores(out) as scores,
    ):
        report = _follow(receiver, scorer, scores, (how.wait, idle), stop, watch)
        if report.ended == "silent":
            raise TimeoutError(_silence(address, how))
    return report


def _silence(address, how):
    """The sentence of a source of which nothing was heard."""
    other = "publishes (a PUB socket, as JUNGFRAU receivers have), add --socket sub"
    if how.kind == "sub":
        other = "pushes (a PUSH socket, as DECTRIS detectors have), add --socket pull"
    return (
        f"No message came from {address} in {how.wait:g} s by a {how.kind.upper()} socket, "
        "expected a first frame. See that the source runs and has this address; if it "
        f"{other}; if it starts later, give --wait more seconds."
    )


def _follow(receiver, scorer, scores, patience, stop, watch):
    """Score what arrives until something ends it: the report.

    `patience`, seconds, is that for the first message and that for each later one.
    """
    report, beat = scorer.report, time.monotonic()
    heard, began = None, beat
    while not report.ended:
        messages, now = receiver.take(BATCH, POLL), time.monotonic()
        heard = now if messages else heard
        scores.add(scorer.take(messages))
        if now - beat >= BEAT:
            beat, report.peak = now, receiver.peak
            if heard:
                scores.flush()
            if watch and watch(report):
                report.ended = "stopped"
        if stop.asked:
            report.ended = "interrupted"
        elif not report.ended and now - (heard or began) > patience[heard is not None]:
            report.ended = "idle" if heard else "silent"
    scores.add(scorer.take_held())
    report.peak, report.left = receiver.peak, receiver.waiting()
    if watch:
        watch(report)
    return report


def _geometry(path, screener):
    """The `Geometry` of a file, for a model of whole frames."""
    if not screener.whole:
        raise ValueError(
            f"Found a geometry for the model {screener.path.stem}, which looks at central crops; "
            'expected a model of whole frames. Leave the geometry out, or take the model "peaks".'
        )
    return read_geometry(path)


def _mask(mask, whole):
    """A mask for what the model looks at, bool, from a path or an array; None from None."""
    if mask is None:
        return None
    good = read_mask(mask) if isinstance(mask, str | os.PathLike) else mask
    return good if whole else center_crop(good)
