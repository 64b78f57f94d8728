"""A source of frames for the online stream: it sends them at a set rate and waits for nobody.

    sfxtutor send LN83 --to tcp://127.0.0.1:5555 --rate 120

A shot comes when the laser fires, whether anybody is ready or not. So a frame is sent when it is
due; where the consumer has no room left it is dropped, counted, and its number left out.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np

from ...runs.open import open_run
from ...runs.run import Run
from ...support.errors import is_expected, one_line
from ...support.interrupts import interruptible
from .messages import SOCKET_ROOM, opened, pack, pack_end

POOL = 200  # frames ready in memory before the first is sent: 210 MB of crops
LINGER = 10.0  # s, at the end, for what is on its way


@dataclass
class Sent:
    """What became of a source's frames; whether Ctrl-C ended it, and whether its end was taken."""

    sent: int = 0
    dropped: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    told: bool = False

    @property
    def rate(self):
        """Frames due per second, Hz, as it was kept."""
        return (self.sent + self.dropped) / self.seconds if self.seconds else 0.0

    def __str__(self):
        end = " Stopped by Ctrl-C." if self.interrupted else ""
        end += "" if self.told else " The consumer did not take the message that says the end."
        return (f"{self.sent} frames sent in {self.seconds:.1f} s ({self.rate:.1f} Hz with those "
                f"dropped), {self.dropped} dropped because there was no room.{end}")  # fmt: skip


def send(
    run: Run, address: str, rate: float = 120.0, burst: int = 1, frames: int | None = None,
    pool: int = POOL, wait: float = 30.0,
) -> Sent:  # fmt: skip
    """Send central crops of a run at a set rate: `Sent`.

    The crops are read or simulated before the first is sent, and sent again from the first one
    when there are no more: so making them takes nothing from the consumer's processor.

    Parameters
    ----------
    run : Run
    address : str
        Where consumers connect to, such as "tcp://*:5555".
    rate : float
        Frames per second, Hz.
    burst : int
        Frames that are sent back to back; then a pause, so that `rate` is kept on average.
    frames : int, optional
        How many, default as many as the run has.
    pool : int
        The most crops in memory.
    wait : float
        Seconds that the first consumer has to connect. After that nobody is waited for.

    Ctrl-C ends it, and the consumer is told so.

    Raises
    ------
    ValueError
        If a number is not positive.
    TimeoutError
        If no consumer connects.
    OSError
        If the address cannot be opened.
    """
    total = len(run) if frames is None else frames
    for name, value in (("rate", rate), ("burst", burst), ("frames", total), ("pool", pool)):
        if not value > 0:
            raise ValueError(f"{name} is {value}, expected more than 0. Choose another {name}.")
    crops = [np.ascontiguousarray(run.crop(i)) for i in range(min(pool, len(run), total))]
    # A detector of bursts has the memory for one. Twice that, because a socket learns of the room
    # that was made only when half of its messages are gone.
    room = SOCKET_ROOM + 2 * burst
    with interruptible() as stop, opened("PUSH", address, room, LINGER) as socket:
        _await_consumer(socket, address, wait, stop)
        done = _send_frames(socket, run.name, crops, total, rate, burst, stop)
        done.told = _try_send(socket, pack_end(done.sent, done.dropped), LINGER)
    return done


def _await_consumer(socket, address, wait, stop):
    import zmq

    end = time.monotonic() + wait
    while not (socket.poll(100, zmq.POLLOUT) or stop.asked):
        if time.monotonic() > end:
            raise TimeoutError(
                f"No consumer connected to {address} in {wait:g} s, expected one before the first "
                "frame. Start `sfxtutor stream --from` with this address."
            )


def _send_frames(socket, name, crops, total, rate, burst, stop):
    done, began = Sent(), time.perf_counter()
    for i in range(total):
        if i % burst == 0:
            _sleep_until(began + i / rate, stop)
        if stop.asked:
            break
        sent = _try_send(socket, pack(name, i + 1, crops[i % len(crops)]))
        done.sent += sent
        done.dropped += not sent
    _sleep_until(began + (done.sent + done.dropped) / rate, stop)
    done.interrupted = stop.asked
    done.seconds = time.perf_counter() - began
    return done


def _try_send(socket, parts, seconds=0.0):
    """Send without a copy, at once or within that time: whether there was room."""
    import zmq

    socket.sndtimeo = round(1000 * seconds)
    try:
        socket.send_multipart(parts, copy=False)
    except zmq.Again:
        return False
    return True


def _sleep_until(due, stop):
    while not stop.asked and (left := due - time.perf_counter()) > 0:
        time.sleep(min(left, 0.1))


def main(words):
    """Send frames in a process of its own, as `loopback` starts it; the exit status."""
    name, address, rate, burst, frames, seed = words
    try:
        run = open_run(name, seed=int(seed))
        print(send(run, address, float(rate), int(burst), int(frames)))
    except Exception as error:
        if not is_expected(error):
            raise
        print(one_line(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
