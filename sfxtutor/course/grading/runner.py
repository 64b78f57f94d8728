"""A process that executes submissions, one after the other, each in a kernel of its own.

It reads a job a line from its standard input and writes a reply a line, both JSON. At the place of
a test it lets `sfxtutor.course.grading.judge` compare, outside the kernel: no test reaches the
submission's code.
"""

import asyncio
import copy
import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from ...support.environment import variable
from ..cells import grade_id, role
from . import container, watch
from .judge import Gone, Judge

OUTPUT_LIMIT = 200_000  # characters kept of what one cell prints and shows
KEPT = ("error", "status", "execute_input", "clear_output")
THREADS = 512  # and processes of a submission in a container
SERVE = "__import__('sfxtutor.course.grading.values', fromlist=['serve']).serve({!r}, globals())"
TOO_MUCH = {
    "memory": ("out of memory", "The submission's processes took more memory than the limit."),
    "processes": ("kernel died", f"It had more than {watch.PROCESSES} processes and was ended."),
    "disk": ("kernel died", "It wrote more than 1 GB or 20,000 files and was ended."),
}


class Kernel(AsyncKernelManager):
    """Manager of a kernel that `sfxtutor.course.grading.kernel` starts within limits."""

    start = ()  # command line

    @property
    def kernel_spec(self):
        options = ["--HistoryManager.enabled=False", "--log-level=CRITICAL"]
        return KernelSpec(
            argv=[*self.start, "-f", "{connection_file}", *options], language="python"
        )


class Client(NotebookClient):
    """Client that compares at the place of a test, and keeps only so much of what a cell prints."""

    shown = (None, 0)  # cell, characters
    judge = None
    tests = ()  # of each cell of the notebook, the source's test or None
    link = None  # folder of the sockets

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] not in KEPT:
            content = msg["content"]
            size = len(content.get("text", "")) + sum(
                len(str(value)) for value in content.get("data", {}).values()
            )
            before = self.shown[1] if self.shown[0] == cell_index else 0
            self.shown = (cell_index, before + size)
            if before + size > OUTPUT_LIMIT:
                return None
        return super().process_message(msg, cell, cell_index)

    async def async_execute_cell(self, cell, cell_index, **options):
        test = self.tests[cell_index]
        if test is None:
            if grade_id(cell) and role(cell) == "locked" and cell.cell_type == "code":
                self.judge.follow(cell.source)
            return await super().async_execute_cell(cell, cell_index, **options)
        meeting = Meeting(self.link / f"test{cell_index}")
        cell.source = SERVE.format(meeting.address)
        comparison = asyncio.get_running_loop().run_in_executor(
            None, meeting.compare, self.judge, test
        )
        with meeting.listener:
            try:
                return await super().async_execute_cell(cell, cell_index, **options)
            finally:
                meeting.end()
                await comparison


class Meeting:
    """Where the kernel and the comparison of one test meet.

    Parameters
    ----------
    path : pathlib.Path
        Of the socket; where there are no Unix sockets, a port of this machine is taken.
    """

    def __init__(self, path):
        unix = hasattr(socket, "AF_UNIX")
        self.listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        self.listener.bind(str(path) if unix else ("127.0.0.1", 0))
        self.listener.listen(1)
        self.listener.settimeout(0.1)
        self.address = str(path) if unix else self.listener.getsockname()
        self.connection, self.over = None, False

    def compare(self, judge, test):
        """Wait for the kernel and run a test on it."""
        while not self.over and self.connection is None:
            with suppress(TimeoutError):
                self.connection, _ = self.listener.accept()
        if self.connection is not None:
            self.connection.setblocking(True)
            with suppress(Gone), self.connection:
                judge.test(test, self.connection)

    def end(self):
        """Let nobody wait any longer."""
        self.over = True
        if self.connection is not None:
            with suppress(OSError):  # it is closed
                self.connection.shutdown(socket.SHUT_RDWR)


def execute_submission(job):
    """Execute a notebook.

    Parameters
    ----------
    job : dict
        "notebook" (with the source's tests), "folder" to work in, "env", "student",
        "cell_seconds", "total_seconds", "memory" in bytes, "container".

    Returns
    -------
    dict
        "status" ("ran", "timed out", "out of memory" or "kernel died"), "reason", "tests" (see
        `sfxtutor.course.grading.judge.Judge.outcomes`), "errors" (of each cell that raised one:
        number in the notebook, kind, message).
    """
    notebook = nbformat.from_dict(job["notebook"])
    deadline = time.monotonic() + job["total_seconds"]
    started = [0]
    with (
        watch.Watch(job["folder"], job["memory"]) as watched,
        variable("SFXTUTOR_STUDENT", job["student"]),
    ):
        client = make_client(notebook, job, deadline, started)
        try:
            status, reason = run(client, job, deadline)
        finally:
            watch.end_children()
    if status == "kernel died" and watched.excess:
        status, reason = TOO_MUCH[watched.excess]
    elif reason:
        cell = notebook.cells[started[-1]]
        reason = f"The cell {grade_id(cell) or f'number {started[-1] + 1}'} {reason}."
    return {
        "status": status,
        "reason": reason,
        "tests": client.judge.outcomes,
        "errors": errors(client.nb),
    }


def make_client(notebook, job, deadline, started):
    """The client that executes a notebook in which no test is left."""
    shown = copy.deepcopy(notebook)
    folder = Path(job["folder"])
    for cell in shown.cells:
        if role(cell) == "test":
            cell.source = "..."  # `Client` puts a call in its place
    client = Client(
        shown,
        km=manager(folder, job),
        timeout_func=lambda cell: max(1, min(job["cell_seconds"], deadline - time.monotonic())),
        startup_timeout=120,
        allow_errors=True,
        store_widget_state=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": job["folder"]}},
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )
    client.log.disabled = True
    client.judge, client.link = Judge(), folder / "link"
    client.tests = [cell if role(cell) == "test" else None for cell in notebook.cells]
    return client


def manager(folder, job):
    """The manager of a job's kernel; it is reached by sockets in a folder, without a network."""
    contained = job["container"] == "bwrap"
    limits = (job["memory"], 4 * int(job["total_seconds"]), THREADS if contained else 0)
    start = [sys.executable, "-m", "sfxtutor.course.grading.kernel", *map(str, limits)]
    made = Kernel(connection_file=str(folder / "link" / "kernel.json"))
    made.start = [*container.command(folder), *start] if contained else start
    if hasattr(socket, "AF_UNIX"):
        made.transport, made.ip = "ipc", str(folder / "link" / "kernel")
    return made


def run(client, job, deadline):
    """Execute; the status and, after the name of a cell, the reason."""
    try:
        asyncio.run(client.async_execute(env=job["env"], cleanup_kc=True))
    except CellTimeoutError:
        if time.monotonic() >= deadline:
            return (
                "timed out",
                f"ran when the {job['total_seconds']:g} s for the notebook were over",
            )
        return "timed out", f"did not end within {job['cell_seconds']:g} s"
    except DeadKernelError:
        return "kernel died", "ended its own process (an exit, a crash or no memory)"
    except RuntimeError as error:
        return "kernel died", f"could not be started ({error})"
    return "ran", ""


def errors(notebook):
    """The first error of each cell that raised one: [number, kind, message]; no test's."""
    return [
        [number, output.ename[:100], output.evalue[:500]]
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and role(cell) != "test"
        for output in [out for out in cell.get("outputs", ()) if out.output_type == "error"][:1]
    ]


def main():
    """Serve until the standard input is closed."""
    watch.own_process()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing else may come between the replies
    for line in sys.stdin:
        replies.write(json.dumps(execute_submission(json.loads(line))) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
