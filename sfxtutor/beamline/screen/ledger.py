"""The scores of a screening as they come, in a file that outlives the process that writes it.

A line a frame, appended when its block is done.  A screening that was killed goes on with the
frames that have no complete line; a torn last line is cut off.
"""

import json
import os
import time
import warnings
from pathlib import Path

import numpy as np

SYNC = 1.0  # seconds of work that a power cut may cost; a killed process costs none
LONGEST = 100_000  # bytes of a line


class Ledger:
    """Which frames of the files are scored, and how.  Use it in a `with`.

    Parameters
    ----------
    path : Path
        Of the file; one that is there is gone on with.
    key : JSON-able
        What the scores depend on: files, model, mask.
    frames : list of int
        Frames in each file.

    Attributes
    ----------
    p : list of (n,) float arrays, one for each file; NaN where a frame has no score
    done : list of (n,) bool arrays
    problems : dict of (file, frame), both from 0, to the sentence that says why there is no score

    Raises
    ------
    ValueError
        If the file holds the scores of another screening.
    OSError
        If it cannot be written.
    """

    def __init__(self, path, key, frames):
        self.path, self._head = Path(path), json.dumps(key) + "\n"
        self.p = [np.full(n, np.nan) for n in frames]
        self.done = [np.zeros(n, bool) for n in frames]
        self.problems, self._synced = {}, time.monotonic()
        end = self._read()
        self._file = open(self.path, "r+b" if end else "wb")  # noqa: SIM115  closed by __exit__
        self._file.seek(end)
        self._file.truncate()
        if not end:
            self._write([self._head])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def add(self, block, result, final=True):
        """Take the result of a block (see `score_block`), failures only if they are final."""
        lines = []
        for frame, (p, status) in zip(block.frames, result, strict=True):
            if not self.done[block.number][frame] and (final or p is not None):
                self._take(block.number, frame, p, status)
                lines.append(json.dumps([block.number, frame, p, status]) + "\n")
        self._write(lines)

    def extend(self, frames):
        """Make room for files that have grown, to so many frames each."""
        for number, count in enumerate(frames):
            more = count - len(self.p[number])
            self.p[number] = np.append(self.p[number], np.full(more, np.nan))
            self.done[number] = np.append(self.done[number], np.zeros(more, bool))

    def missing(self, number):
        """Frames of a file that are not done: (m,) int array."""
        return np.flatnonzero(~self.done[number])

    @property
    def frames_done(self):
        """Frames that have a score, or a reason for none: int."""
        return int(sum(done.sum() for done in self.done))

    @property
    def scored(self):
        """Frames that have a score: int."""
        return int(sum(np.isfinite(p).sum() for p in self.p))

    def hits(self, threshold):
        """Frames whose p_hit reaches the threshold: int."""
        return int(sum((p >= threshold).sum() for p in self.p))

    def _take(self, number, frame, p, status):
        self.done[number][frame] = True
        if p is None:
            self.problems[number, frame] = status
        else:
            self.p[number][frame] = p

    def _write(self, lines):
        self._file.write("".join(lines).encode())
        self._file.flush()
        if time.monotonic() - self._synced > SYNC:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def _read(self):
        """Take what an earlier process wrote; the length of it in bytes, without a torn end."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return 0
        head, *lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True) or [b""]
        ours = self._head.encode()
        if head != ours if head else not ours.startswith(content):  # a torn head is ours too
            raise ValueError(
                f"{self.path} holds the scores of another screening (other or changed files, "
                "another model or mask), expected those of this one. Choose another --out, or "
                "remove it."
            )
        length = len(head)
        for line in lines:
            try:
                self._take(*self._checked(line))
            except (ValueError, TypeError, RecursionError):
                # Damaged: from here on, what it says is not known.
                warnings.warn(
                    f"{self.path} is damaged behind its first {self.frames_done} frames "
                    f"({line[:40]!r}). Those are kept, the others are scored again.",
                    stacklevel=4,
                )
                break
            length += len(line)
        return length

    def _checked(self, line):
        """File, frame, p and status of a line; ValueError or TypeError if it is none of ours."""
        if len(line) > LONGEST:
            raise ValueError
        number, frame, p, status = json.loads(line)
        places = type(number) is int and type(frame) is int
        if not (places and 0 <= number < len(self.done) and 0 <= frame < len(self.done[number])):
            raise ValueError
        scored = type(p) is float and 0 <= p <= 1 and status == "ok"
        if not (scored or (p is None and isinstance(status, str) and status != "ok")):
            raise ValueError
        return number, frame, p, status
