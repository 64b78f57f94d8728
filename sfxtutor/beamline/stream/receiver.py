"""The receiving end of a stream: a thread and a queue of fixed length."""

import threading
from queue import Empty, Full, Queue

from .messages import opened

QUEUE = 64  # messages that may wait, half a second at 120 Hz: 67 MB of crops
BATCH = 16  # scored at once: more would make the first of them wait
POLL = 0.1  # s, after which a waiting thread looks whether it shall stop


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
