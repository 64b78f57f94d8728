"""Run submissions outside the grading: own process, own folder, own environment, limits."""

import json
import os
import queue
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from .container import scratch_folder

TOKEN = "SFXTUTOR_GRADING"  # in the environment of all that a submission starts
PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
             "SYSTEMROOT", "NUMBA_CACHE_DIR")  # fmt: skip
FIXED = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "",  # a GPU's driver reserves more addresses than the limit allows
    "MALLOC_ARENA_MAX": "2",  # else every thread reserves addresses of its own
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
GRACE = 60  # seconds after which a process that does not reply is ended


@dataclass(frozen=True)
class Limits:
    """What a submission may take: s per cell, s in all, GiB; how many at once; its container.

    The GiB are those of a process's addresses, and of the memory of all processes together.
    """

    cell_seconds: float = 60
    total_seconds: float = 300
    memory_gib: float = 6
    at_once: int = 2
    container: str = "none"


def jobs_at_once(memory_gib, wish=None):
    """How many submissions to execute at once: as wished, else cores, as far as memory allows.

    Raises ValueError where the wish is less than one.
    """
    if wish is not None:
        if wish < 1:
            raise ValueError(f"Found --jobs {wish}, expected 1 or more.")
        return wish
    fitting = int(psutil.virtual_memory().available / 2**30 / memory_gib)
    return max(1, min(psutil.cpu_count() or 1, fitting))


def run_all(notebooks, limits, done):
    """Execute notebooks, some at once; one that fails stops no other.

    Parameters
    ----------
    notebooks : list of (student, nbformat.NotebookNode)
    limits : Limits
    done : callable
        Takes a number in the list and its reply, as soon as it is there.

    Returns
    -------
    list of dict
        As `runner.execute_submission` gives them.
    """
    runners = queue.SimpleQueue()
    count = min(limits.at_once, len(notebooks))
    for _ in range(count):
        runners.put(Runner(limits))

    def run(number):
        runner = runners.get()
        try:
            reply = runner.run(*notebooks[number])
        finally:
            runners.put(runner)
        done(number, reply)
        return reply

    try:
        with ThreadPoolExecutor(max(count, 1)) as pool:
            return list(pool.map(run, range(len(notebooks))))
    finally:
        for _ in range(count):
            runners.get().close()


class Runner:
    """A process of `sfxtutor.course.grading.runner`, started again when a submission harmed it."""

    def __init__(self, limits):
        self.limits = limits
        self.process = None

    def run(self, student, notebook):
        """Execute a notebook in a temporary folder of its own; the reply as in `run_all`."""
        token = uuid.uuid4().hex
        with scratch_folder() as folder:
            job = {
                "notebook": notebook,
                "folder": str(folder),
                "env": submission_environment(student, str(folder), token),
                "student": student,
                "container": self.limits.container,
                "cell_seconds": self.limits.cell_seconds,
                "total_seconds": self.limits.total_seconds,
                "memory": int(self.limits.memory_gib * 2**30),
            }
            try:
                return self.ask(job)
            finally:
                end_all(token)

    def ask(self, job):
        """Send a job and wait for its reply, not for ever."""
        if self.process is None:
            self.start()
        alarm = threading.Timer(self.limits.total_seconds + GRACE, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):  # it is gone: no line, or half a line
            late = alarm.finished.is_set()
            self.close()
            status = "timed out" if late else "kernel died"
            reason = "The process that executed the notebook was ended or stopped by it."
            return {"status": status, "reason": reason, "tests": {}, "errors": []}
        finally:
            alarm.cancel()

    def start(self):
        """Start the process."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sfxtutor.course.grading.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | FIXED,
            encoding="utf-8",
            start_new_session=True,
        )

    def close(self):
        """End the process, if there is one."""
        if self.process is not None:
            self.process.kill()
            for stream in (self.process.stdin, self.process.stdout):
                with suppress(OSError):  # what was not yet written cannot be
                    stream.close()
            self.process.wait()
            self.process = None


def submission_environment(student, folder, token):
    """Environment of a submission's kernel: the student's name, no more than is needed."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    own = {
        "HOME": folder,
        "TMPDIR": folder,
        "USER": "student",
        "SFXTUTOR_DATA": str(Path(folder) / "data"),
        "SFXTUTOR_STUDENT": student,
        TOKEN: token,
    }
    return env | FIXED | own


def end_all(token):
    """End what a submission left behind, known by its environment, where its runner was ended.

    The runner itself ends all that is below it (`sfxtutor.course.grading.watch`).
    """
    for process in psutil.process_iter():
        try:
            if process.environ().get(TOKEN) == token:
                process.kill()
        except (psutil.Error, OSError):  # not ours, or gone
            continue
