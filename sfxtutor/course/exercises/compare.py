"""Whether two answers are the same, and in which way they differ."""

import numpy as np

ELSE = "The values differ from what is expected."


def agrees_with(expected, tolerance):
    """Function that tells whether what a probe gave agrees with `expected`."""
    return lambda value: agree(value, expected, tolerance)


def agree(value, expected, tolerance):
    """Whether two results of a probe are the same: kind, shape, and values within `tolerance`."""
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and value.keys() == expected.keys()
            and all(agree(value[key], expected[key], tolerance) for key in expected)
        )
    if isinstance(expected, tuple | list):
        return (
            isinstance(value, tuple | list | np.ndarray)
            and len(value) == len(expected)
            and all(agree(*pair, tolerance) for pair in zip(value, expected, strict=True))
        )
    if isinstance(expected, str):
        return isinstance(value, str) and value.strip().lower() == expected.strip().lower()
    try:
        value, expected = np.asarray(value, float), np.asarray(expected, float)
    except (TypeError, ValueError):
        return False
    return value.shape == expected.shape and bool(
        np.allclose(value, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    )


def is_nothing(value):
    """Whether a probe gave nothing: None, dots, or a collection of nothing else."""
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, tuple | list | dict):
        return all(is_nothing(part) for part in parts)
    return value is None or value is ...


def difference(value, expected):
    """In a sentence, how two results of a probe differ, without giving the answer away."""
    parts = isinstance(expected, tuple | list) and isinstance(value, tuple | list | np.ndarray)
    if parts and len(value) == len(expected):
        pairs = zip(value, expected, strict=True)
        return next((difference(*pair) for pair in pairs if not agree(*pair, 1e-4)), ELSE)
    text = isinstance(value, str), isinstance(expected, str)
    if text[0] != text[1] or isinstance(value, dict) != isinstance(expected, dict):
        kinds = type(value).__name__, type(expected).__name__
        return f"Found {kinds[0]}, expected {kinds[1]}. Read the task again, or open a hint."
    try:
        shapes = np.shape(value), np.shape(expected)
    except ValueError:  # ragged
        return f"Found {len(value)} parts of other shapes than expected. Open a hint."
    if shapes[0] != shapes[1]:
        return f"Found values of shape {shapes[0]}, expected {shapes[1]}. Open a hint."
    return ELSE


def parts_right(value, expected, names, tolerance):
    """Names of an answer's parts that are right in every case of a probe; a list.

    What a probe gives holds the parts in their order, case by case, as the leaves of its tuples.
    """
    found, right = leaves(value), leaves(expected)
    if len(found) != len(right) or len(right) % len(names):
        return []
    same = [agree(*pair, tolerance) for pair in zip(found, right, strict=True)]
    return [name for i, name in enumerate(names) if all(same[i :: len(names)])]


def leaves(value):
    """The numbers and texts in nested tuples, lists and arrays, in their order; a list."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, tuple | list):
        return [value]
    return [leaf for part in value for leaf in leaves(part)]
