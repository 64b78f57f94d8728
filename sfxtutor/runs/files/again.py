"""Read again, after a pause, what a file system failed to give for a moment."""

import errno
import time

PASSING = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN)  # of network file systems
PAUSES = (0.1, 1.0)  # seconds, before the second try and the third
MOST = 10  # pauses in all: a disk that has failed for good is not waited for at every frame


def is_passing(error):
    """Whether an error is of a kind that may be gone at the next try: bool."""
    return isinstance(error, OSError) and error.errno in PASSING


class Again:
    """Calls what reads, and again where its error may pass: at most `MOST` times in all."""

    def __init__(self):
        self._left = MOST

    def __call__(self, read, *args):
        for pause in PAUSES:
            try:
                return read(*args)
            except OSError as error:
                if not is_passing(error) or not self._left:
                    raise
                self._left -= 1
                time.sleep(pause)
        return read(*args)
