"""A stream through this machine's own network: what a computer keeps up with."""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from .receiver import QUEUE
from .report import Report
from .stream import stream


def measure_stream(
    rate: float, seconds: float, burst: int = 1, model: str | Path = "peaks",
    mask: str | Path | None = None, queue: int = QUEUE, run: str = "LN83", seed: int = 0,
) -> Report:  # fmt: skip
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
    frames = max(round(rate * seconds), 1)
    words = [str(word) for word in (run, address, rate, burst, frames, seed)]
    source = subprocess.Popen([sys.executable, "-m", f"{__package__}.source", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = stream(address, Path(folder, "scores.csv"), model, mask, queue=queue,
                            watch=lambda _: source.poll() not in (None, 0))  # fmt: skip
    finally:
        source.terminate()
        output = source.communicate()[0].decode(errors="replace")
    if report.ended != "end":
        raise OSError(
            f"The source's end did not arrive ({' '.join(output.split())}), expected all its "
            f"frames. Measure again. {report}"
        )
    return report
