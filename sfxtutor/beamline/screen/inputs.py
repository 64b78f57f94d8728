"""The files of a screening: what is in them, and one of them open at a time."""

import warnings
from pathlib import Path

from ...runs.files.lists import expand
from ...runs.open import open_run
from ...support.errors import one_line


class Inputs:
    """Runs in files, by their number in the list: `inputs[k]` is a FileRun, open until the next.

    A night of beam time has more files than a process may hold open.

    Parameters
    ----------
    paths : list of path, also of folders, patterns and lists, as `expand` takes them
    mask, dataset, geometry : optional, as `open_run` takes them
    follow : bool, whether files may grow: see `grow`

    Attributes
    ----------
    given : list of str, the paths
    names : list of str, the files that they stand for, as they were given or as a list has them
    frames : list of int, 0 where a file cannot be opened
    fingerprints : list of str, changing with the files; the path where one cannot be opened
    identities : list of str, like these, but unchanged where a file that may grow has grown
    chosen : list of the frames to be scored in each file, from 0: a range, or those of a list
    growing : set of the numbers of files that are being written (SWMR) or may grow; later frames
        are left out until `grow`
    kinds : set of (shape of a frame in its file, type of its pixels)
    problems : dict of number to why that file cannot be opened
    """

    def __init__(self, paths, mask=None, dataset=None, follow=False, geometry=None):
        self.given, self._pairs = [str(path) for path in paths], expand(paths)
        self.names, self._open = [name for name, _ in self._pairs], (None, None)
        self._how = {"mask": mask, "dataset": dataset, "geometry": geometry}
        self.frames, self.fingerprints = [0] * len(self.names), list(self.names)
        self.identities, self.chosen = list(self.names), [range(0)] * len(self.names)
        self.growing, self.kinds, self.problems, self._last = set(), set(), {}, {}
        for number, name in enumerate(self.names):
            try:
                run = self[number]
                identity = run.first_print if follow else run.fingerprint
                self._take(number, run)
            except (OSError, ValueError) as error:
                warnings.warn(f"{name} is left out: {error}", stacklevel=3)
                self.problems[number] = one_line(error)
                continue
            self.identities[number] = identity
            self.growing |= {number} if run.growing or follow else set()
            self.kinds.add((run.frames.stored, str(run.frames.dtype)))
        self.close()

    def _take(self, number, run):
        """Note what is in a file."""
        chosen, fingerprint = _chosen(run, *self._pairs[number]), run.fingerprint
        self.chosen[number], self.fingerprints[number] = chosen, fingerprint
        self.frames[number], self._last[number] = len(run), _place(run, len(run))

    def grow(self):
        """Look at the files again: the frames that have come, a dict of number to a list.

        Raises
        ------
        ValueError
            If frames have come before those that a file had.
        """
        self.close()
        new = {}
        for number in self:
            had = self.frames[number]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they were given when the screening began
                self._add(number, had)
            if self.frames[number] > had:
                new[number] = [frame for frame in self.chosen[number] if frame >= had]
        self.close()
        return new

    def _add(self, number, had):
        """Note what is in a file now that had so many frames."""
        try:
            run = self[number]
            self.fingerprints[number] = run.fingerprint
        except (OSError, ValueError):  # between two writes
            return
        if len(run) > had and _place(run, had) != self._last[number]:
            raise ValueError(
                f"{self.names[number]} has got frames before those that it had, expected new ones "
                "behind them. Screen it under another --out when it is complete."
            )
        if len(run) > had:
            self._take(number, run)

    def __iter__(self):
        """Numbers of the files that could be opened."""
        return (n for n in range(len(self.names)) if n not in self.problems)

    def __getitem__(self, number):
        if self._open[0] != number:
            self.close()
            run = open_run(Path(self.names[number]), **self._how)
            changed = run.fingerprint != self.fingerprints[number]
            if self.frames[number] and changed and number not in self.growing:
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


def _place(run, count):
    """Where the last of so many frames of a run lies: its file, and its index there."""
    return run.frames.place(count - 1)[::3]


def _chosen(run, name, events):
    """Numbers of the frames of a run that events, or numbers, name; all if events is None.

    //3 without the name of a part is frame 3 of the run, as in a virtual dataset of all parts.
    """
    if events is None:
        return range(len(run))
    numbers = {name: i for i in range(len(run)) for name in (i, f"//{i}")}
    numbers |= {run.frames.event(i): i for i in range(len(run))}
    unknown = [event for event in events if event not in numbers]
    if unknown:
        first = run.frames.event(0) or "no event, since it is one frame"
        raise ValueError(
            f"The list names the event {unknown[0]} of {name}, which has {len(run)} frames (the "
            f"first: {first}). Correct the list; events count from 0."
        )
    return sorted({numbers[event] for event in events})
