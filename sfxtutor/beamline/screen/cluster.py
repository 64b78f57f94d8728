"""Have blocks scored: here, by workers on this machine, or by a Dask cluster that runs already.

Each function yields (block, result) as results come, in any order, every block once.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .blocks import forget, score_block

PATIENCE = 60  # seconds without a scheduler before a screening gives up
# Dask's workers give freed memory back at once.  A crop of 1 MB is freed a thousand times a second;
# asking the system for it again each time would double the time that a frame takes.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 32 * 2**20, "MALLOC_MMAP_THRESHOLD_": 32 * 2**20}  # bytes
# What a dashboard would show, and nobody looks at here, takes time from the workers.
NO_DASHBOARD = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}
# A terminal's Ctrl-C reaches the workers too; they are stopped by the process that started them.
IGNORE_CTRL_C = """
import signal
def dask_setup(worker):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
"""
# What kills a worker is found by halving; what Dask logs of it is for Dask's developers.
SILENT = logging.CRITICAL + 1
LOGGERS = ("distributed.client", "distributed.nanny", "distributed.scheduler", "distributed.worker")


def run_here(blocks, job):
    """Score blocks one after the other in this process."""
    try:
        for block in blocks:
            yield block, score_block(block, job)
    finally:
        forget()


@contextmanager
def local_cluster(workers: int) -> Iterator[str]:
    """The address of a scheduler with that many processes of one thread each, on this machine."""
    import dask
    from distributed import LocalCluster

    settings = {f"distributed.nanny.pre-spawn-environ.{k}": v for k, v in KEEP_MEMORY.items()}
    with dask.config.set(settings | NO_DASHBOARD):
        try:
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=":0",  # any free port
                preload=IGNORE_CTRL_C,
                silence_logs=SILENT,
            )
        except RuntimeError as error:
            raise OSError(
                f"The {workers} workers could not be started ({error}). In a script, call this "
                'under `if __name__ == "__main__":`, since each worker reads the script again.'
            ) from error
        with cluster:
            yield cluster.scheduler_address


def run_on_dask(blocks, job, address, patience=PATIENCE):
    """Score blocks on the cluster whose scheduler has that address.

    A worker that dies is replaced by the cluster, and its block is done again.  Where that fails
    again and again, the blocks that were with the dead workers are done alone, one after the other
    and in halves, to find the frame to blame.  A scheduler that dies takes its memory with it: what
    is not finished by then goes to the next one at the same address.

    Parameters
    ----------
    blocks : list of Block
    job : Job
    address : str, such as "tcp://node17:8786"
    patience : float, seconds to wait for a scheduler

    Raises
    ------
    OSError
        If no scheduler answers for that long.
    ValueError
        If the workers lack a file or the model.
    """
    together, alone, lost = dict.fromkeys(blocks), {}, None
    while together or alone:
        try:
            for block, result in session(list(together) or list(alone)[:1], job, address):
                lost, blamed = None, block in alone
                together.pop(block, None)
                alone.pop(block, None)
                if result is not None:
                    yield block, result
                elif not blamed:
                    alone[block] = None
                elif len(block.frames) > 1:
                    alone |= dict.fromkeys(block.halves())
                else:
                    yield block, block.failed("every worker that read this frame died")
        except (OSError, TimeoutError) as error:  # those of a connection among them
            lost = lost or time.monotonic()
            if time.monotonic() - lost > patience:
                raise OSError(
                    f"No scheduler answers at {address} ({error}), expected a Dask scheduler. "
                    "Start one there and run the same command again: it goes on where it stopped."
                ) from error
            time.sleep(0.5)


def session(blocks, job, address):
    """Yield (block, result) from one life of a scheduler; None where the workers died."""
    from distributed import Client, KilledWorker, as_completed

    with _quiet(), Client(address, timeout=5) as client:
        futures = {client.submit(score_block, block, job, pure=False): block for block in blocks}
        for future in as_completed(futures):
            block = futures.pop(future)
            if future.status == "cancelled":
                raise ConnectionError("the scheduler is gone")
            error = future.exception() if future.status == "error" else None
            if error is None:
                yield block, future.result()
            elif isinstance(error, KilledWorker):
                yield block, None
            else:
                raise ValueError(
                    f"A worker failed on {block.path} ({error}), expected files, model and package "
                    "there as here. Make them so, and run the same command again."
                ) from error


@contextmanager
def _quiet():
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(SILENT)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
