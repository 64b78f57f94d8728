"""Things to look for in the frames of a run, and whether they were found."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .frame_stages import found_spots, true_spots

NEAR = 3  # detector pixels: so far off one may point


@dataclass(frozen=True)
class Quest:
    """Something to be found in a frame or at a place of it.

    Attributes
    ----------
    text : str
    look : callable
        Takes a run, the number of a frame, and a place (y, x) on the detector, pixels; returns
        whether it is found there, and what is there in words.
    twin : bool
        Whether only a simulation knows the answer.
    """

    text: str
    look: Callable
    twin: bool = False


def quests_of(run):
    """Those that a run can answer: dict of text to `Quest`."""
    known = [quest for quest in QUESTS if run.source == "twin" or not quest.twin]
    return {quest.text: quest for quest in known if run.labels is not None or quest.twin}


def _near(places, at):
    """Whether one of the places (n, 2) lies within `NEAR` of (y, x)."""
    return bool((np.abs(np.asarray(places).reshape(-1, 2) - at) <= NEAR).all(axis=1).any())


def _maybe(run, i, _):
    label = str(run.labels[i])
    return label == "MAYBE", f"frame {i} is a {label}"


def _hot_pixel(run, i, at):
    hot = run.drawn(i).hot[:, :2]
    if _near(hot, at):
        return True, f"a hot pixel of frame {i}"
    number = len(hot) or "no"
    return False, f"no hot pixel here; frame {i} has {number}"


def _missed_spot(run, i, at):
    if not _near(true_spots(run, i).T, at):
        return False, "no true spot here"
    found = _near(found_spots(run, i).T, at)
    return not found, f"a true spot that the finder {'finds' if found else 'misses'}"


QUESTS = (
    Quest("a MAYBE, by its spots", _maybe),
    Quest("a hot pixel: put the cursor on it", _hot_pixel, twin=True),
    Quest("a spot that the finder misses: put the cursor on it", _missed_spot, twin=True),
)
