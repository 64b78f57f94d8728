"""Part of the points for an answer of several parts of which some are right."""

from ..exercises.check import LATER


def earned(points, most, result, cell):
    """Points of an automatic task.

    Parameters
    ----------
    points : float
        By nbgrader: all or none.
    most : float
        Points there are.
    result : dict
        What the check said, with "passed" and "share" (right parts over parts); may be {}.
    cell : nbformat.NotebookNode
        The test in the source. Its metadata switch partial credit on:
        ``{"sfxtutor": {"partial": true}}``.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The check was not made: the instructor's exercises are missing.

    Notes
    -----
    An answer that passes its check but not the hidden tests gets none: which of its parts is wrong
    on a further case, the check does not know.
    """
    if result.get("diagnosis") == LATER:
        raise ValueError(
            f"{result['id']} was not checked: its exercises.py was not found beside the source"
        )
    wanted = cell.metadata.get("sfxtutor", {}).get("partial", False)
    share = result.get("share", 0.0)
    if points or result.get("passed") or not wanted or not 0 < share < 1:
        return points
    return round(most * share, 2)
