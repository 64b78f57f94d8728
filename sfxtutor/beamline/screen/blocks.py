"""What a worker does: read some frames of a file where it is, and score them.

A block is a pure function of its file and model, so that it may be done again, elsewhere, after a
worker has died.  Nothing here starts TensorFlow.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ...runs.open import open_run
from ...support.errors import one_line
from ..model.score import NO_NUMBER, rounded
from ..model.screener import BATCH, Screener
from ..model.views import look_at

_states = {}  # path -> fingerprint of the state of that file that was opened last
BLOCK_FRAMES = 500  # in a block: a quarter of a second of work, and what a kill costs at most


@dataclass(frozen=True)
class Job:
    """What every block of a screening needs: the paths of the model, and of the mask and the
    geometry or None, and the dataset that holds the frames, or None.

    The version is one of their content: files that are changed under their name are other ones.
    `search` says whether bad pixels are looked for in the frames.
    """

    model: str
    mask: str | None = None
    version: str = ""
    dataset: str | None = None
    search: bool = True
    geometry: str | None = None


@dataclass(frozen=True)
class Block:
    """Frames (from 0) of one file, which is `number` in the list of files (from 0).

    The fingerprint is the run's: a file that has changed is another one to whoever holds it open.
    `of` is how many frames the file had, 0 if that does not matter.
    """

    number: int
    path: str
    frames: tuple
    fingerprint: str = ""
    of: int = 0

    def halves(self):
        """The two halves of a block of several frames."""
        middle = len(self.frames) // 2
        return [replace(self, frames=part) for part in (self.frames[:middle], self.frames[middle:])]

    def failed(self, why):
        """The result of a block of which no frame could be scored."""
        return [(None, why)] * len(self.frames)


def blocks_of(number, path, frames, fingerprint="", of=0, size=BLOCK_FRAMES):
    """Cut frames of a file, numbers from 0, into blocks of at most `size`."""
    for start in range(0, len(frames), size):
        part = tuple(int(i) for i in frames[start : start + size])
        yield Block(number, path, part, fingerprint, of)


def score_block(block, job):
    """p_hit, five decimals, and "ok"; or None and why there is none: a pair for each frame."""
    screener, result, waiting = _screener(job), [], []
    try:
        run, look = _run_of(block, job)
    except (OSError, ValueError) as error:  # it could be opened when the screening began
        return block.failed(one_line(error))
    if block.of not in (0, len(run)):
        return block.failed(
            f"the file holds {len(run)} frames and held {block.of} when the screening began; "
            "screen it again when it is complete, or follow it (--follow 60)"
        )
    if look.unfit:
        return block.failed(look.unfit)

    def score():
        scores = map(rounded, screener.score([f for f, _ in waiting if f is not None]))
        for features, status in waiting:
            p = None if features is None else next(scores)
            result.append((p, status if p is not None or features is None else NO_NUMBER))
        waiting.clear()

    for i in block.frames:
        waiting.append(_features(look, i))
        if len(waiting) == BATCH:
            score()
    score()
    return result


def forget():
    """Close the files that are held open, and let go of the model."""
    _opened.cache_clear()
    _screener.cache_clear()
    _states.clear()


def _features(look, i):
    """Features and "ok", or None and why there are none."""
    try:
        return look.features(i), "ok"
    except (OSError, ValueError, RuntimeError, IndexError) as error:  # h5py raises the first three
        return None, one_line(error)


def _run_of(block, job):
    """`_opened`, and older states of the file are closed first: HDF5 would show them again."""
    if _states.setdefault(block.path, block.fingerprint) != block.fingerprint:
        _opened.cache_clear()
    _states[block.path] = block.fingerprint
    return _opened(block.path, block.fingerprint, job)


@lru_cache(maxsize=4)
def _opened(path, fingerprint, job):
    """The run in a file, and what the model looks at in it.  A worker stays with a few files."""
    run = open_run(Path(path), mask=job.mask, dataset=job.dataset, geometry=job.geometry)
    return run, look_at(run, _screener(job), job.search)


@lru_cache(maxsize=1)
def _screener(job):
    return Screener(job.model)
