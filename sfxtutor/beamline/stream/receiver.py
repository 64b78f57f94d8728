"""The receiving end of a stream: a thread and a queue of fixed length."""

import threading
from dataclasses import dataclass
from queue import Empty, Full, Queue

from .formats import AUTO, FORMATS
from .messages import opened

QUEUE = 64  # messages that may wait, half a second at 120 Hz: 67 MB of crops
SOCKETS = ("pull", "sub")  # for sources that push, and that publish
BATCH = 16  # scored at once: more would make the first of them wait
POLL = 0.1  # s, after which a waiting thread looks whether it shall stop


@dataclass(frozen=True)
class Connection:
    """How the frames of a source come.

    Attributes
    ----------
    format : str
        "sfxtutor" (docs/stream.md), "dectris1", "dectris2", "slsdet"; "auto": the first message
        tells.
    socket : str
        "pull", for a source that pushes (PUSH), or "sub", for one that publishes (PUB); "auto": as
        sources of the format do, "pull" where none is named.
    wait : float
        Seconds that the first message may take; inf waits for ever.

    Raises
    ------
    ValueError
        If there is no such format or socket.
    """

    format: str = AUTO
    socket: str = AUTO
    wait: float = 60.0

    def __post_init__(self):
        for name, known in (("format", FORMATS), ("socket", SOCKETS)):
            value = getattr(self, name)
            if value not in (AUTO, *known):
                raise ValueError(
                    f"Found {name} {value!r}, expected one of {AUTO}, {', '.join(known)}. Choose "
                    "one of them."
                )

    @property
    def kind(self):
        """The socket to be opened: "pull" or "sub"."""
        if self.socket != AUTO:
            return self.socket
        return FORMATS[self.format].SOCKET if self.format != AUTO else SOCKETS[0]


class Receiver:
    """A thread that receives messages into a queue of fixed length.  Use it in a `with`.

    Attributes
    ----------
    peak : int
        The most messages that have waited.
    """

    def __init__(self, address, size, kind=SOCKETS[0]):
        if size < 1:
            raise ValueError(f"queue is {size}, expected 1 message or more. Give it more room.")
        self.peak, self._opened = 0, opened(kind.upper(), address)
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
