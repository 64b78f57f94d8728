"""The smallest case that an answer gets wrong: what it was given, what it returned.

A `Recorded` answer notes its calls while a probe puts it through the exercise's cases, so that no
probe needs to name them.
"""

import copy
import inspect
from contextlib import suppress

import numpy as np

from .compare import agree

MOST = 25  # numbers of an array that are shown; of a larger one only its shape
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth")


class Recorded:
    """A function that notes every call: `calls`, a list of [arguments, what was returned]."""

    def __init__(self, function):
        self.function, self.calls = function, []

    def __call__(self, *arguments, **named):
        call = [self._named(copy.deepcopy(arguments), named), ...]  # dots: it has not returned
        self.calls.append(call)
        call[1] = self.function(*arguments, **named)
        return call[1]

    def _named(self, arguments, named):
        """The arguments by their names; a dict."""
        try:
            return inspect.signature(self.function).bind(*arguments, **named).arguments
        except (TypeError, ValueError):  # too many, or a function that does not tell
            return {f"argument {i}": value for i, value in enumerate(arguments, 1)} | named


def is_function(answer):
    """Whether an answer is a function whose calls can be noted; a network is none."""
    return inspect.isroutine(answer)


def wrong_case(exercise, answer):
    """The smallest case that an answer gets wrong, in a sentence; "" where there is none to show.

    Of a graded task, and where many answers are right, it does not say what was expected.
    """
    mine, right = Recorded(answer), Recorded(exercise.reference())
    for recorded in (mine, right):
        with suppress(Exception):  # what a student's code raises is shown by the check itself
            exercise.probe(recorded)
    pairs = zip(mine.calls, right.calls, strict=False)
    if exercise.accepts:
        wrong = [(given, returned, ...) for given, returned in mine.calls]
    else:
        wrong = [
            (given, returned, expected)
            for (given, returned), (_, expected) in pairs
            if not agree(returned, expected, exercise.tolerance)
        ]
    if not wrong:
        return ""
    given, returned, expected = min(wrong, key=lambda case: size(case[0]))
    text = f"One case: for {listed(given)} yours returned {shown(returned)}"
    if exercise.graded or expected is ...:
        return f"{text}."
    return f"{text}, expected {shown(expected)}{first_difference(returned, expected)}."


def last_case(recorded):
    """What a recorded answer was given when it raised, in a sentence; "" where nothing."""
    return f"It was given {listed(recorded.calls[-1][0])}." if recorded.calls else ""


def direction(value, expected):
    """Which number is too large or too small, in a sentence; "" where these are no numbers."""
    try:
        found, right = np.asarray(value, float), np.asarray(expected, float)
    except (TypeError, ValueError):
        return ""
    if found.shape != right.shape or found.ndim > 1 or found.size > len(ORDER):
        return ""
    wrong = np.flatnonzero(~np.isclose(found, right, rtol=1e-4, atol=1e-4))
    if not wrong.size or np.isnan(found).any():
        return ""
    at = wrong[0]
    which = f"Your {ORDER[at]} number" if found.ndim else "Your number"
    too = "large" if found.ravel()[at] > right.ravel()[at] else "small"
    return f"{which} is too {too}."


def size(value):
    """How many numbers and letters a value has."""
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(size, value))
    return np.size(value)


def listed(given):
    """Arguments by name, as text."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in given.items()) or "no argument"


def shown(value):
    """A value as short text: of a large array its shape, of other things the beginning."""
    if value is ...:
        return "nothing"
    if isinstance(value, np.ndarray) and value.ndim:
        if value.size > MOST:
            return f"an array of shape {value.shape}"
        value = value.tolist()
    if isinstance(value, list | tuple):
        text = ", ".join(map(shown, value[:MOST])) + (", …" if len(value) > MOST else "")
        return f"({text})" if isinstance(value, tuple) else f"[{text}]"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    text = str(value) if isinstance(value, np.generic) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def first_difference(value, expected):
    """Where two large arrays of one shape begin to differ, as an addition; else ""."""
    with suppress(TypeError, ValueError):
        found, right = np.asarray(value, float), np.asarray(expected, float)
        if found.shape == right.shape and found.size > MOST:
            at = tuple(np.argwhere(~np.isclose(found, right, equal_nan=True))[0].tolist())
            return f"; at {list(at)} {shown(float(found[at]))}, not {shown(float(right[at]))}"
    return ""
