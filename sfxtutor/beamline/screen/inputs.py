"""The files of a screening: what is in them, and one of them open at a time."""

import warnings
from pathlib import Path

from ...runs.open import open_run
from ...support.errors import one_line


class Inputs:
    """Runs in files, by their number in the list: `inputs[k]` is a FileRun, open until the next.

    A night of beam time has more files than a process may hold open.

    Parameters
    ----------
    paths : list of path
    mask : path, optional, as `open_run` takes it

    Attributes
    ----------
    names : list of str, the paths as they were given
    frames : list of int, 0 where a file cannot be opened
    fingerprints : list of str, changing with the files; the path where one cannot be opened
    kinds : set of (shape of a frame, type of its pixels)
    problems : dict of number to why that file cannot be opened
    """

    def __init__(self, paths, mask=None):
        self.names, self._mask, self._open = [str(path) for path in paths], mask, (None, None)
        self.frames, self.fingerprints = [0] * len(self.names), list(self.names)
        self.kinds, self.problems = set(), {}
        for number, name in enumerate(self.names):
            try:
                run = self[number]
            except (OSError, ValueError) as error:
                warnings.warn(f"{name} is left out: {error}", stacklevel=3)
                self.problems[number] = one_line(error)
                continue
            self.frames[number], self.fingerprints[number] = len(run), run.fingerprint
            self.kinds.add((run.card.shape, str(run.frames.dtype)))
        self.close()

    def __iter__(self):
        """Numbers of the files that could be opened."""
        return (n for n in range(len(self.names)) if n not in self.problems)

    def __getitem__(self, number):
        if self._open[0] != number:
            self.close()
            run = open_run(Path(self.names[number]), mask=self._mask)
            if self.frames[number] and run.fingerprint != self.fingerprints[number]:
                raise ValueError(
                    f"{self.names[number]} has changed since the screening began, expected it as "
                    "it was. Screen it again under another --out."
                )
            self._open = number, run
        return self._open[1]

    def close(self):
        """Close the file that is open."""
        if self._open[1] is not None:
            self._open[1].close()
        self._open = None, None
