"""What a worker does: read some frames of a file where it is, and score them.

A block is a pure function of its file and model, so that it may be done again, elsewhere, after a
worker has died.  Nothing here starts TensorFlow.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from sfxtutor.beamline.pixels import good_pixels
from sfxtutor.beamline.screener import BATCH, Screener
from sfxtutor.kernels import Mask
from sfxtutor.runs import open_run

FRAMES = 500  # in a block: a quarter of a second of work, and what a kill costs at most


@dataclass(frozen=True)
class Job:
    """What every block of a screening needs: the path of the model, and of the mask or None."""

    model: str
    mask: str | None = None


@dataclass(frozen=True)
class Block:
    """Frames (from 0) of one file, which is `number` in the list of files (from 0).

    The fingerprint is the run's: a file that has changed is another one to whoever holds it open.
    """

    number: int
    path: str
    frames: tuple
    fingerprint: str = ""

    def halves(self):
        """The two halves of a block of several frames."""
        middle = len(self.frames) // 2
        return [replace(self, frames=part) for part in (self.frames[:middle], self.frames[middle:])]

    def failed(self, why):
        """The result of a block of which no frame could be scored."""
        return [(None, why)] * len(self.frames)


def blocks_of(number, path, frames, fingerprint="", size=FRAMES):
    """Cut frames of a file into blocks of at most `size`."""
    for start in range(0, len(frames), size):
        part = tuple(int(i) for i in frames[start : start + size])
        yield Block(number, path, part, fingerprint)


def score_block(block, job):
    """p_hit, five decimals, and "ok"; or None and why there is none: a pair for each frame."""
    try:
        run, good = _opened(block.path, job.mask, block.fingerprint)
    except (OSError, ValueError) as error:  # it could be opened when the screening began
        return block.failed(one_line(error))
    screener, result, waiting = _screener(job.model), [], []

    def score():
        scores = iter(screener.score([f for f, _ in waiting if f is not None]))
        for features, status in waiting:
            p = None if features is None else round(float(next(scores)), 5)
            result.append((p, status))
        waiting.clear()

    for i in block.frames:
        waiting.append(_features(run, i, screener, good))
        if len(waiting) == BATCH:
            score()
    score()
    return result


def forget():
    """Close the files that are held open."""
    _opened.cache_clear()


def one_line(error):
    """An error's sentence without line breaks."""
    return " ".join(str(error).split())


def _features(run, i, screener, good):
    """Features and "ok", or None and why there are none."""
    try:
        return screener.features(run.crop(i), good), "ok"
    except (OSError, ValueError, RuntimeError, IndexError) as error:  # h5py raises the first three
        return None, one_line(error)


@lru_cache(maxsize=4)
def _opened(path, mask, fingerprint):
    """The run in a file and the good pixels of its crops; a worker stays with a few files."""
    run = open_run(path, mask=mask)
    good = good_pixels(run)
    return run, None if good is None else Mask(good)


@lru_cache(maxsize=1)
def _screener(model):
    return Screener(model)
