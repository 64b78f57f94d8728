"""Compiling with Numba, the same way everywhere."""

from numba import njit


def compiled(function):
    """Compile with Numba and keep the machine code on disk, if there is a folder to write to."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # a read-only installation and no home: compile in each process
        return njit(**options)(function)
