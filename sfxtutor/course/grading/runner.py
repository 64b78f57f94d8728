"""A process that executes submissions, one after the other, each in a kernel of its own.

It reads a job a line from its standard input and writes a reply a line, both JSON. It stands
between the grading and the kernels, so that a submission that harms its parent harms this one.
"""

import asyncio
import json
import os
import sys
import time

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

OUTPUT_LIMIT = 200_000  # characters kept of what one cell prints and shows
KEPT = ("error", "status", "execute_input", "clear_output")


class Kernel(AsyncKernelManager):
    """Manager of a kernel that `sfxtutor.course.grading.kernel` starts within limits."""

    limits = (6 * 2**30, 600)  # bytes, seconds of processor time

    @property
    def kernel_spec(self):
        start = [sys.executable, "-m", "sfxtutor.course.grading.kernel", *map(str, self.limits)]
        options = ["--HistoryManager.enabled=False", "--log-level=CRITICAL"]
        return KernelSpec(argv=[*start, "-f", "{connection_file}", *options], language="python")


class Client(NotebookClient):
    """Client that keeps only so much of what a cell prints: an endless print fills no memory."""

    shown = (None, 0)  # cell, characters

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


def execute_submission(job):
    """Execute a notebook.

    Parameters
    ----------
    job : dict
        "notebook" (as in its file), "folder" to work in, "env", "cell_seconds",
        "total_seconds", "memory" in bytes.

    Returns
    -------
    dict
        "status" ("ran", "timed out" or "kernel died"), "reason", "notebook" with outputs.
    """
    notebook = nbformat.from_dict(job["notebook"])
    deadline = time.monotonic() + job["total_seconds"]
    started = [0]
    cpu = 4 * job["total_seconds"]  # of all threads
    client = Client(
        notebook,
        kernel_manager_class=type("Limited", (Kernel,), {"limits": (job["memory"], cpu)}),
        timeout_func=lambda cell: max(1, min(job["cell_seconds"], deadline - time.monotonic())),
        startup_timeout=120,
        allow_errors=True,
        store_widget_state=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": job["folder"]}},
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )
    client.log.disabled = True
    status, reason = "ran", ""
    try:
        asyncio.run(client.async_execute(env=job["env"]))
    except CellTimeoutError:
        status, reason = "timed out", f"did not end within {job['cell_seconds']:g} s"
        if time.monotonic() >= deadline:
            reason = f"ran when the {job['total_seconds']:g} s for the notebook were over"
    except DeadKernelError:
        status, reason = "kernel died", "ended its own process (an exit, a crash or no memory)"
    except RuntimeError as error:
        status, reason = "kernel died", f"could not be started ({error})"
    cell = notebook.cells[started[-1]]
    name = cell.metadata.get("nbgrader", {}).get("grade_id") or f"number {started[-1] + 1}"
    return {
        "status": status,
        "reason": f"The cell {name} {reason}." if reason else "",
        "notebook": notebook,
    }


def main():
    """Serve until the standard input is closed."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing else may come between the replies
    for line in sys.stdin:
        replies.write(json.dumps(execute_submission(json.loads(line))) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
