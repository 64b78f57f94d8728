"""Score every frame of real files with a model that is shipped, or with one of your own.

    sfxtutor screen run1.h5 run2.h5 --out scores.csv --workers 2

A frame goes its way alone: central crop, bad pixels out, RWD vector (or binned LCN image), p_hit.
Scores are kept as they come, in `scores.csv.partial`; the same command goes on after a break.
"""

import errno
import hashlib
import math
import os
import time
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import h5py
import numpy as np
from filelock import FileLock, Timeout
from tqdm import tqdm

from ... import preprocess
from ...fast import peaks
from ...metrics import rate_text
from ...runs.files.geometry import read_geometry
from ...support.disk import expanded, need_folder, printable
from ..look.look import look
from ..look.sheet import Reading
from ..model import bad_pixels
from ..model.score import Row
from ..model.screener import Screener
from . import writers
from .blocks import Job, blocks_of
from .cluster import local_cluster, run_here, run_on_dask
from .follow import opened, rounds
from .inputs import Inputs
from .ledger import Ledger

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # of a file system without them


@dataclass
class Summary:
    """What became of a screening: frames, scored, called hits; files that failed; seconds."""

    frames: int = 0
    scored: int = 0
    hits: int = 0
    failed: int = 0
    seconds: float = 0.0
    out: Path | None = None
    found: int = 0  # frames that an interrupted screening had done

    def __str__(self):
        rate = rate_text(self.hits, self.scored) if self.scored else "no frame scored"
        failed = f", {self.failed} files could not be opened" if self.failed else ""
        before = f", {self.found} of them before" if self.found else ""
        return (f"{self.scored} of {self.frames} frames scored in {self.seconds:.1f} s{before}; "
                f"hits or maybes: {rate}{failed}: {printable(self.out)}")  # fmt: skip


@dataclass(frozen=True)
class ExtraOutputs:
    """What `screen` writes beside the scores; None is not written.

    Attributes
    ----------
    parquet : path, the scores as Parquet
    events : path, the hits as a list for CrystFEL
    hits : path, an HDF5 file (CXI) of the hits alone
    copy : bool, with their pixels, not with links to them
    keep_misses : float, share of the misses, drawn at random, that `hits` holds too, and that a
        second list, named after `events`, names
    seed : int, of that draw
    report : path, a page of HTML to look at the scores (`look`)
    """

    parquet: Path | None = None
    events: Path | None = None
    hits: Path | None = None
    copy: bool = False
    keep_misses: float = 0.0
    seed: int = 0
    report: Path | None = None

    def __post_init__(self):
        for name in ("parquet", "events", "hits", "report"):
            object.__setattr__(self, name, expanded(getattr(self, name)))
        if not 0 <= self.keep_misses <= 1:
            raise ValueError(
                f"Found a share of misses of {self.keep_misses}, expected 0 to 1. For one in a "
                "hundred give 0.01."
            )
        if self.copy and not self.hits:
            raise ValueError("Pixels were to be copied and no file of hits named. Add --hits FILE.")
        if self.keep_misses and not (self.hits or self.events):
            raise ValueError(
                "A share of the misses was asked for and nothing to keep them in, expected --hits "
                "or --events. Add one of them."
            )

    @property
    def misses(self):
        """The list of the misses that are kept: Path, or None."""
        if not (self.events and self.keep_misses):
            return None
        path = Path(self.events)
        return path.with_name(f"{path.stem}_misses{path.suffix}")

    @property
    def places(self):
        """All files that are asked for: list of Path."""
        places = (self.parquet, self.events, self.misses, self.hits, self.report)
        return [Path(path) for path in places if path]


def screen(
    files: Sequence[str | Path], out: str | Path = "scores.csv", model: str | Path = "peaks",
    mask: str | Path | None = None, threshold: float | None = None, *, workers: int = 1,
    scheduler: str | None = None, also: ExtraOutputs | None = None, progress: bool = True,
    dataset: str | None = None, search: bool = True, follow: float | None = None,
    geometry: str | Path | None = None,
) -> Summary:  # fmt: skip
    """Score every frame of files, write the scores to a CSV file.

    Parameters
    ----------
    files : list of path
        Also folders, patterns (`*`), lists of files or of events of CrystFEL (.lst), and .expt.
    out : path
        Columns file, frame (from 1), p_hit, is_hit (0 or 1), status ("ok", or why there is no
        score). A file that cannot be opened has one line, without a frame.
    model, threshold : see `Screener`
    mask : path, optional
        Good pixels, as `open_run` takes it.
    workers : int
        Processes on this machine, a core each; 1 is this process.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers see the files under the same names.
    also : ExtraOutputs, optional
    progress : bool
        Show a bar, with the hit rate so far.
    dataset : str, optional
        Path of the frames in HDF5 files, where no format names them.
    search : bool
        Look for bad pixels, beyond the mask, in frames spread over each file.
    follow : float, optional
        Go on with frames that are added to the files, until none came for so many seconds.
    geometry : path, optional
        A geometry file of CrystFEL, whose bad regions join the mask.

    Returns
    -------
    Summary

    Raises
    ------
    FileNotFoundError
        If there is no such model or geometry, or no folder for a file to be written.
    ValueError
        If `out`.partial is of another screening, the geometry file is damaged, or a number makes
        no sense.
    OSError
        If a file cannot be written, or no scheduler answers; what is scored is kept.
    """
    began, also = time.perf_counter(), also or ExtraOutputs()
    out, mask, geometry = Path(expanded(out)), expanded(mask), expanded(geometry)
    if geometry:
        read_geometry(geometry)  # of a damaged one all files would say the same
    if workers < 1:
        raise ValueError(f"Found {workers} workers, expected 1 or more. Give the cores to use.")
    if follow is not None and not 0 < follow < math.inf:
        raise ValueError(
            f"Found {follow} seconds to follow files, expected more than 0, such as 30."
        )
    screener, files = Screener(expanded(model), threshold), [expanded(file) for file in files]
    inputs = opened(partial(Inputs, files, mask, dataset, follow is not None, geometry), follow)
    _check_places([out, *also.places], also.hits, inputs)
    _check_names(also, inputs)
    if also.hits:
        writers.check_alike(inputs.kinds)
    job = _job(screener, mask, dataset, search, geometry)
    unfinished = out.with_name(f"{out.name}.partial")
    with _alone(unfinished), _safe(unfinished):
        key = [bad_pixels.VERSION, preprocess.VERSION, peaks.VERSION, job.version]
        key += inputs.identities
        key += [[list(part) for part in inputs.chosen if not isinstance(part, range)], dataset]
        with Ledger(unfinished, key, inputs.frames) as ledger:
            before = ledger.frames_done
            _score(
                inputs, job, ledger, _on(workers, scheduler), screener.threshold, progress, follow
            )
        _write(partial(_rows, inputs, ledger, screener.threshold), out, also, inputs)
        unfinished.unlink()
    if also.report:
        _report(also.report, out, screener, Reading(mask, dataset, geometry, search))
    return Summary(
        sum(map(len, inputs.chosen)), ledger.scored, ledger.hits(screener.threshold),
        len(inputs.problems), time.perf_counter() - began, out, before,
    )  # fmt: skip


def _report(path, out, screener, reading):
    """Write the page; an error says that the scores are there."""
    try:
        look(out, path, screener, reading)
    except OSError as error:
        raise OSError(
            f"The scores are in {out}; their page {path} could not be written ({error}). Fix that "
            f"and write it: sfxtutor look {out} --out {path}"
        ) from error


def _check_places(places, hits, inputs):
    """Refuse what would be written without a folder, twice, over an input or over other frames."""
    resolved = [path.resolve() for path in places]
    read = {Path(name).resolve() for name in [*inputs.given, *inputs.names]}
    for path, real in zip(places, resolved, strict=True):
        need_folder(path)
        earlier = hits and path == Path(hits) and writers.is_hits(path)
        for wrong, why in (
            (resolved.count(real) > 1, "is named twice"),
            (real.is_dir(), "is a folder"),
            (real in read, "is one of the files to be screened"),
            (real.is_file() and h5py.is_hdf5(real) and not earlier, "holds frames"),
        ):
            if wrong:
                raise ValueError(
                    f"{path} {why}, expected a name for what is written. Choose another."
                )


def _check_names(also, inputs):
    """Refuse names that are no UTF-8 where they would stand in Parquet or HDF5, which want that."""
    if not (also.parquet or also.hits):
        return
    for name in (*inputs.names, *filter(None, (also.parquet, also.hits))):
        for path in (str(name), str(Path(name).resolve())):
            try:
                path.encode()
            except UnicodeEncodeError:
                raise ValueError(
                    f"The name {os.fsencode(path)} is no UTF-8, expected one for --parquet and "
                    "--hits, which can hold no other. Rename it, or leave those two out."
                ) from None


def _job(screener, mask, dataset, search, geometry):
    """What the workers need, with a version of its content."""
    model, mask, geometry = (
        Path(path).absolute() if path else None for path in (screener.path, mask, geometry)
    )
    content = [path.read_bytes() for path in (model, mask) if path]
    content += [] if search else [b"no search for bad pixels"]
    content += [b"geometry", geometry.read_bytes()] if geometry else []
    version = hashlib.sha256(b"".join(content)).hexdigest()[:32]
    mask, geometry = (str(path) if path else None for path in (mask, geometry))
    return Job(str(model), mask, version, dataset, search, geometry)


@contextmanager
def _alone(unfinished):
    """No other process writes that file meanwhile."""
    lock = FileLock(f"{unfinished}.lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        raise OSError(
            f"Another screening is writing {unfinished}. Wait for it, or choose another --out."
        ) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        Path(lock.lock_file).unlink(missing_ok=True)
        raise OSError(
            f"The file system of {unfinished.absolute().parent} offers no locks ({error.strerror}),"
            " expected one that keeps two screenings from writing the same file. Choose an --out "
            "on another disk, such as a local one, and copy it from there."
        ) from None
    Path(lock.lock_file).unlink(missing_ok=True)


@contextmanager
def _safe(unfinished):
    """An error of writing says what becomes of the scores."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise  # a sentence already
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise OSError(
            f"Cannot write ({error}); the scores so far are in {unfinished}. "
            f"{'Free some room' if full else 'Fix that'} and run the same command again: it goes "
            "on where it stopped."
        ) from error


def _on(workers, scheduler):
    """A context that gives the function which scores blocks."""
    if scheduler is None and workers == 1:
        return nullcontext(run_here)
    return _dask(nullcontext(scheduler) if scheduler else local_cluster(workers))


@contextmanager
def _dask(cluster):
    with cluster as address:
        yield lambda blocks, job: run_on_dask(blocks, job, address)


def _score(inputs, job, ledger, cluster, threshold, progress, follow):
    """Have all frames scored that the ledger misses, and those that come."""
    waiting = rounds(inputs, ledger, follow)
    first = next(waiting)
    if follow is None and not any(first[0].values()):
        return
    bar = tqdm(unit="frame", initial=ledger.frames_done, disable=not progress)
    with bar, cluster as score:
        for frames, final in chain([first], waiting):
            bar.total = sum(map(len, inputs.chosen))
            for block, result in score(_blocks(inputs, frames), job):
                ledger.add(block, result, final)
                bar.update(ledger.frames_done - bar.n)
                if ledger.scored:
                    bar.set_postfix_str(
                        f"hits or maybes {rate_text(ledger.hits(threshold), ledger.scored)}"
                    )


def _blocks(inputs, frames):
    """Blocks of frames, a dict of the number of a file to a list."""
    blocks = []
    for number, missing in frames.items():
        path = str(Path(inputs.names[number]).absolute())
        of = 0 if number in inputs.growing else inputs.frames[number]
        blocks += blocks_of(number, path, missing, inputs.fingerprints[number], of)
    return blocks


def _rows(inputs, ledger, threshold):
    """Yield a `Row` for every frame, in order, and one for a file that could not be opened."""
    for number, file in enumerate(inputs.names):
        if number in inputs.problems:
            yield Row(number, file, None, None, None, inputs.problems[number])
        for frame in inputs.chosen[number]:
            p = float(ledger.p[number][frame])
            status = ledger.problems.get((number, frame))
            if status is None:
                yield Row(number, file, frame, p, p >= threshold, "ok")
            else:
                yield Row(number, file, frame, None, None, status)


def _write(rows, out, also, inputs):
    """Write everything; `rows()` yields each `Row`, because a night has millions of them."""
    writers.write_csv(out, rows())
    if also.parquet:
        writers.write_parquet(also.parquet, rows())
    if not (also.events or also.hits):
        return
    rng = np.random.default_rng(also.seed)  # a draw a row, so the same ones after a break
    chosen = [row for row, x in zip(rows(), iter(rng.random, None), strict=False)
            if row.is_hit or (row.is_hit is False and x < also.keep_misses)]  # fmt: skip
    if also.events:
        writers.write_events(also.events, [row for row in chosen if row.is_hit], inputs)
    if also.misses:
        writers.write_events(also.misses, [row for row in chosen if not row.is_hit], inputs)
    if also.hits and inputs.kinds:
        writers.write_hits(also.hits, chosen, inputs, also.copy)
    inputs.close()
