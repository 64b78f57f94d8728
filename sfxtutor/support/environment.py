"""A variable of the environment for as long as something lasts."""

import os
from contextlib import contextmanager


@contextmanager
def variable(name, value):
    """Within it, the environment variable has that value; then again the one before, or none."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
