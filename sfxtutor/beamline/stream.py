"""Score frames as they arrive over ZeroMQ, and say what became of each of them.

    sfxtutor stream --from tcp://127.0.0.1:5555 --out scores.csv

A thread receives messages into a queue of fixed length, the caller's own scores what waits. When
the queue is full nothing is received, ZeroMQ's own buffers fill, and the source drops frames and
counts them: back-pressure, in memory that does not grow. Missing frame numbers are counted here
too, whether or not the source says anything.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty, Full, Queue

from ..preprocess import center_crop
from ..runs.files.masks import read_mask
from ..support.interrupts import interruptible
from .scorer import Scorer, Scores
from .screener import Screener
from .tally import Report
from .wire import opened

QUEUE = 64  # messages that may wait, half a second at 120 Hz: 67 MB of crops
BATCH = 16  # scored at once: more would make the first of them wait
POLL = 0.1  # s, after which a waiting thread looks whether it shall stop
BEAT = 1.0  # s between two looks at the report


def stream(
    address,
    out=None,
    model="rwd",
    mask=None,
    threshold=None,
    idle=30.0,
    queue=QUEUE,
    watch=None,
):
    """Score every frame that a source sends until it says that it ends: `Report`.

    Ctrl-C, a silent source and `watch` end it too; what was scored until then is in the file.

    Parameters
    ----------
    address : str
        Where the source is, such as "tcp://127.0.0.1:5555"; it may start later.
    out : path, optional
        Columns file (the name of the run), frame (from 1), p_hit, is_hit (0 or 1), status ("ok",
        or why there is no score). A frame that never came has no line.
    model, threshold : see `Screener`
    mask : path (`read_mask`) or (y, x) bool array, True = good pixel, optional
        Default: bad pixels are found in the first five frames, which wait for each other.
    idle : float
        Seconds without a message, after the first, that end the stream.
    queue : int
        Messages that may wait. A burst needs room for all its frames.
    watch : callable, optional
        Called every second with the report so far; the stream ends if it returns True.

    Raises
    ------
    FileNotFoundError
        If there is no such model or mask, or no folder for `out`.
    FileExistsError
        If there are scores under that name already.
    OSError
        If the address cannot be opened, or the scores cannot be written: those before are kept.
    """
    scorer = Scorer(Screener(model, threshold), _central_mask(mask), Report(queue=queue))
    with interruptible() as stop, Receiver(address, queue) as receiver, Scores(out) as scores:
        return _follow(receiver, scorer, scores, idle, stop, watch)


def _follow(receiver, scorer, scores, idle, stop, watch):
    """Score what arrives until something ends it: the report."""
    report, heard, beat = scorer.report, None, time.monotonic()
    while not report.ended:
        messages, now = receiver.take(BATCH, POLL), time.monotonic()
        heard = now if messages else heard
        scores.add(scorer.take(messages))
        if now - beat >= BEAT:
            beat, report.peak = now, receiver.peak
            scores.flush()
            if watch and watch(report):
                report.ended = "stopped"
        if stop.asked:
            report.ended = "interrupted"
        elif heard and now - heard > idle and not report.ended:
            report.ended = "idle"
    scores.add(scorer.take_held())
    report.peak, report.left = receiver.peak, receiver.waiting()
    if watch:
        watch(report)
    return report


class Receiver:
    """A thread that receives messages into a queue of fixed length.  Use it in a `with`.

    Attributes
    ----------
    peak : int
        The most messages that have waited.
    """

    def __init__(self, address, size):
        if size < 1:
            raise ValueError(f"queue is {size}, expected 1 message or more. Give it more room.")
        self.peak, self._opened = 0, opened("PULL", address)
        self._queue, self._stop = Queue(size), threading.Event()

    def __enter__(self):
        self._socket = self._opened.__enter__()
        self._thread = threading.Thread(target=self._receive, name="receiver", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()
        self._opened.__exit__(*error)

    def take(self, most, seconds):
        """Up to that many messages that wait; [] if none came in that time."""
        taken = []
        try:
            taken.append(self._queue.get(timeout=seconds))
            while len(taken) < most:
                taken.append(self._queue.get_nowait())
        except Empty:
            pass
        return taken

    def waiting(self):
        """Messages in the queue: int."""
        return self._queue.qsize()

    def _receive(self):
        while not self._stop.is_set():
            if self._socket.poll(1000 * POLL):
                self._put(self._socket.recv_multipart(copy=False))

    def _put(self, message):
        while not self._stop.is_set():
            try:
                self._queue.put(message, timeout=POLL)
            except Full:
                continue  # nothing is received meanwhile: this is the back-pressure
            self.peak = max(self.peak, self._queue.qsize())
            return


def measure(rate, seconds, burst=1, model="rwd", mask=None, queue=QUEUE, run="LN83", seed=0):
    """Stream a twin through this machine's own network, the source being another process: `Report`.

    Parameters
    ----------
    rate : float
        Frames per second, Hz.
    seconds : float
    burst : int
        Frames sent back to back.
    model, mask, queue : see `stream`
    run, seed : of the twin

    Raises
    ------
    OSError
        If the source fails, or its end does not arrive.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    options = {"--to": address, "--rate": rate, "--burst": burst, "--seed": seed}
    options["--frames"] = max(round(rate * seconds), 1)
    command = "import sys; from sfxtutor.cli import main; sys.exit(main(sys.argv[1:]))"
    words = [str(word) for option in options.items() for word in option]
    source = subprocess.Popen([sys.executable, "-c", command, "send", run, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = stream(address, Path(folder, "scores.csv"), model, mask, queue=queue,
                            watch=lambda _: source.poll() not in (None, 0))  # fmt: skip
    finally:
        source.terminate()
        said = source.communicate()[0].decode(errors="replace")
    if report.ended != "end":
        raise OSError(
            f"The source's end did not arrive ({' '.join(said.split())}), expected all its frames. "
            f"Measure again. {report}"
        )
    return report


def _central_mask(mask):
    """A mask for central crops, (724, 724) bool, from a path or an array; None from None."""
    if mask is None:
        return None
    return center_crop(read_mask(mask) if isinstance(mask, str | os.PathLike) else mask)
