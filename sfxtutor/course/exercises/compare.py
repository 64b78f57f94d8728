"""Whether two answers are the same, and in which way they differ."""

import numpy as np

ELSE = "The values differ from what is expected. Try it on a case that you can do by hand."


def agrees_with(expected, tolerance):
    """Function that tells whether what a probe gave agrees with `expected`."""
    return lambda found: agree(found, expected, tolerance)


def agree(found, expected, tolerance):
    """Whether two results of a probe are the same: kind, shape, and values within `tolerance`."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(agree(found[key], expected[key], tolerance) for key in expected)
        )
    if isinstance(expected, tuple | list):
        return (
            isinstance(found, tuple | list | np.ndarray)
            and len(found) == len(expected)
            and all(agree(*pair, tolerance) for pair in zip(found, expected, strict=True))
        )
    if isinstance(expected, str):
        return isinstance(found, str) and found.strip().lower() == expected.strip().lower()
    try:
        found, expected = np.asarray(found, float), np.asarray(expected, float)
    except (TypeError, ValueError):
        return False
    return found.shape == expected.shape and bool(
        np.allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    )


def is_nothing(found):
    """Whether a probe gave nothing: None, dots, or a collection of nothing else."""
    parts = found.values() if isinstance(found, dict) else found
    if isinstance(found, tuple | list | dict):
        return all(is_nothing(part) for part in parts)
    return found is None or found is ...


def difference(found, expected):
    """In a sentence, how two results of a probe differ, without giving the answer away."""
    parts = isinstance(expected, tuple | list) and isinstance(found, tuple | list | np.ndarray)
    if parts and len(found) == len(expected):
        pairs = zip(found, expected, strict=True)
        return next((difference(*pair) for pair in pairs if not agree(*pair, 1e-4)), ELSE)
    text = isinstance(found, str), isinstance(expected, str)
    if text[0] != text[1] or isinstance(found, dict) != isinstance(expected, dict):
        kinds = type(found).__name__, type(expected).__name__
        return f"Found {kinds[0]}, expected {kinds[1]}. Read the task again, or open a hint."
    try:
        shapes = np.shape(found), np.shape(expected)
    except ValueError:  # ragged
        return f"Found {len(found)} parts of other shapes than expected. Open a hint."
    if shapes[0] != shapes[1]:
        return f"Found values of shape {shapes[0]}, expected {shapes[1]}. Open a hint."
    return ELSE
