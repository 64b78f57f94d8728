"""Which frames are to be scored, and when: those that are there, and those that come."""

import time
import warnings

PAUSE = 1.0  # seconds between two looks at files that grow


def rounds(inputs, ledger, seconds=None):
    """Yield the frames to be scored, and whether one that fails has failed for good.

    Without `seconds` that is one round.  With it, the files are looked at again until none has got
    a frame for so long; a frame that fails may have been read before it was written, so all of
    these are tried again in the end.

    Parameters
    ----------
    inputs : Inputs
    ledger : Ledger
    seconds : float, optional

    Yields
    ------
    dict of the number of a file to a list of its frames, from 0; bool
    """
    yield _missing(inputs, ledger), seconds is None
    if seconds is None:
        return
    last = time.monotonic()
    while time.monotonic() - last < seconds:
        new = inputs.grow()
        if new:
            ledger.extend(inputs.frames)
            yield new, False
            last = time.monotonic()
        else:
            time.sleep(min(PAUSE, seconds))
    yield _missing(inputs, ledger), True


def opened(make, seconds=None):
    """What `make` gives, an `Inputs`, as soon as each file can be opened or the time is over."""
    end = time.monotonic() + (seconds or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nothing is left out yet
        while time.monotonic() < end and make().problems:
            time.sleep(min(PAUSE, seconds))
    return make()


def _missing(inputs, ledger):
    """Frames without a line in the ledger: a dict as of `rounds`."""
    missing = {}
    for number in inputs:
        wanted = set(inputs.chosen[number])
        missing[number] = [frame for frame in ledger.missing(number) if frame in wanted]
    return missing
