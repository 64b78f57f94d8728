"""Watch over all that a submission has started: memory, processes and files of the whole, its end.

The limits of `kernel.limit` hold for each process; what many take together is counted here.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

EVERY = 0.25  # seconds
PROCESSES = 64  # at once
DISK, FILES = 10**9, 20_000  # bytes and number of files in the scratch folder
SUBREAPER, PARENT_DEATH = 36, 1  # of prctl(2)


def own_process():
    """Let orphans of this process's children come to it, and end it with its parent (Linux)."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(SUBREAPER, 1, 0, 0, 0)
        prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)


def children():
    """All processes below this one."""
    return psutil.Process().children(recursive=True)


def end_children(seconds=10):
    """End every process below this one, also those that begin meanwhile; whether none is left."""
    deadline = time.monotonic() + seconds
    while left := children():
        for act in ("suspend", "kill"):  # first stopped: none can start another one
            for process in left:
                with suppress(psutil.Error):
                    getattr(process, act)()
        with suppress(ChildProcessError, AttributeError):  # none left; Windows has no zombies
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Watch(threading.Thread):
    """Ends a submission that takes too much; a context manager.

    Parameters
    ----------
    folder : path
        Its scratch folder.
    memory : int
        Bytes of all its processes together.

    Attributes
    ----------
    excess : str
        What it took too much of: "", "memory", "processes" or "disk".
    """

    def __init__(self, folder, memory):
        super().__init__(daemon=True)
        self.folder, self.memory = Path(folder), memory
        self.excess, self.over = "", threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.join()

    def run(self):
        while not self.over.wait(EVERY):
            self.excess = self.excess or self.look()
            if self.excess:
                for process in children():
                    with suppress(psutil.Error):
                        process.kill()

    def look(self):
        """What there is too much of now, "" where nothing."""
        below = children()
        if len(below) > PROCESSES:
            return "processes"
        memory = 0
        for process in below:
            with suppress(psutil.Error):
                memory += process.memory_info().rss
        if memory > self.memory:
            return "memory"
        return "disk" if too_full(self.folder) else ""


def too_full(folder):
    """Whether a folder holds more than a submission may write."""
    size = count = 0
    for place, _, names in os.walk(folder):
        for name in names:
            count += 1
            with suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size
            if size > DISK or count > FILES:
                return True
    return False
