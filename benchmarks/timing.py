"""Timing in turns, with spread: other work on the machine then affects all methods alike."""

import statistics
import time

LEAST = 0.1  # seconds that one measurement lasts at least


def spread(values):
    """Median, lowest and highest of numbers: a dict, four digits each."""
    found = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def take_turns(ways, repeats):
    """Measure each method once per round: {name: spread}.

    Parameters
    ----------
    ways : dict of callables, each makes one measurement and returns its number
    repeats : rounds, after one that is not counted: it compiles, and fills the caches
    """
    values = {name: [] for name in ways}
    for i in range(repeats + 1):
        for name, way in ways.items():
            value = way()
            if i:
                values[name].append(value)
    return {name: spread(numbers) for name, numbers in values.items()}


def per_item(function, items, least=LEAST):
    """Time of function(items), ms an item: passes over the items until `least` seconds are full."""
    passes, began = 0, time.perf_counter()
    while not passes or time.perf_counter() - began < least:
        function(items)
        passes += 1
    return 1e3 * (time.perf_counter() - began) / (passes * len(items))


def per_second(function, items, least=LEAST):
    """Items per second, timed as in `per_item`."""
    return 1e3 / per_item(function, items, least)
