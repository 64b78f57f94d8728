"""What a stream has seen so far, in memory that does not grow: numbers, latencies, the report."""

import math
from dataclasses import dataclass, field

import numpy as np

from ...metrics import rate_text

LOWEST, RATIO, BINS = 0.01, 1.01, 2000  # ms of the first bin; 1 % a bin; the last is 73 minutes
LATE = 1000  # frames: one that comes so much later than its neighbours is taken as missing


class Latencies:
    """Latencies, ms, counted in bins 1 % wide: a quantile is exact to 1 %, however many there are.

    Attributes
    ----------
    counts : (2000,) int64
    edges : (2000,) float, ms, the upper edge of each bin
    lowest, highest : float, ms, exact; inf and -inf before the first
    """

    edges = LOWEST * RATIO ** np.arange(BINS)

    def __init__(self):
        self.counts = np.zeros(BINS, np.int64)
        self.lowest, self.highest = math.inf, -math.inf

    def add(self, ms):
        bin_ = math.ceil(math.log(max(ms, LOWEST) / LOWEST, RATIO))
        self.counts[min(bin_, BINS - 1)] += 1
        self.lowest, self.highest = min(ms, self.lowest), max(ms, self.highest)

    def quantile(self, share):
        """The latency that this share of the frames did not exceed, ms; nan without a frame."""
        return min(quantile(self.counts, share), self.highest)


def quantile(counts, share):
    """Upper edge of the bin of `Latencies.counts` that holds the quantile, ms; nan without any."""
    total = counts.sum()
    if total == 0:
        return math.nan
    return LOWEST * RATIO ** int(np.searchsorted(np.cumsum(counts), share * total))


class Numbers:
    """Frame numbers, from 1, of a run: counts those that are missing and those that came again.

    Another name of the run, or frame 1 once more, begins a new run.

    Attributes
    ----------
    missing : int
        Numbers left out so far. A frame that comes late is no longer missing.
    repeated : int
    """

    def __init__(self):
        self.missing = self.repeated = 0
        self._run, self._last, self.absent = None, 0, set()

    def add(self, run, frame):
        if run != self._run or (frame == 1 and self._last > 1 and 1 not in self.absent):
            self._run, self._last, self.absent = run, 0, set()
        if frame > self._last:
            self._skip_to(frame)
        elif frame in self.absent:
            self.absent.remove(frame)
            self.missing -= 1
        else:
            self.repeated += 1

    def end(self, frames):
        """The source says how many frames the run had: those after the last are missing too."""
        if frames > self._last:
            self._skip_to(frames + 1)

    def _skip_to(self, frame):
        self.missing += frame - self._last - 1
        if frame > self._last + 1:
            late = (n for n in self.absent if n > frame - LATE)
            self.absent = {*late, *range(max(self._last + 1, frame - LATE), frame)}
        self._last = frame


@dataclass
class Report:
    """What became of the frames of a stream.

    Attributes
    ----------
    received, scored, hits, bad : int
        Messages that came, those with a score, hits or maybes among them, those without a score.
    missing, repeated : int
        Frame numbers that never came, or came again (and were scored again).
    dropped : int or None
        What the source says that it dropped, part of `missing`; None if it never said.
    left : int
        Messages that had come and waited when the stream was stopped.
    seconds : float
        From the first message to the last score.
    latencies : Latencies
        From the source's `sent` to the score, ms; empty where it does not say.
    peak, queue : int
        The most messages that waited, and that may wait.
    ended : "", "end", "idle", "silent" (not one message), "interrupted" or "stopped"
    """

    queue: int = 0
    received: int = 0
    scored: int = 0
    hits: int = 0
    bad: int = 0
    missing: int = 0
    repeated: int = 0
    dropped: int | None = None
    left: int = 0
    seconds: float = 0.0
    peak: int = 0
    ended: str = ""
    latencies: Latencies = field(default_factory=Latencies, repr=False)

    @property
    def rate(self):
        """Messages received per second, Hz."""
        return self.received / self.seconds if self.seconds else 0.0

    @property
    def p50(self):
        """The latency that half of the frames did not exceed, ms; nan without a frame."""
        return self.latencies.quantile(0.5)

    @property
    def p99(self):
        """The latency that 99 % of the frames did not exceed, ms; nan without a frame."""
        return self.latencies.quantile(0.99)

    @property
    def highest(self):
        """The longest latency, ms; nan without a frame."""
        return self.latencies.highest if self.latencies.counts.any() else math.nan

    def line(self):
        """How it goes, in a few words."""
        if not self.received:
            return "no frame yet"
        return (
            f"{self.seconds:.0f} s, {self.rate:.1f} Hz, hit rate "
            f"{rate_text(self.hits, self.scored)}, latency p99 {self.p99:.1f} ms, "
            f"{self.missing} missing, {self.bad} bad"
        )

    def __str__(self):
        return " ".join(filter(None, (self._counts(), *self._faults(), self._end())))

    def _counts(self):
        text = (
            f"{self.received} frames received in {self.seconds:.1f} s ({self.rate:.1f} Hz), "
            f"{self.scored} scored; hit rate {rate_text(self.hits, self.scored)}."
        )
        if not self.scored:
            return text
        latency = "not known, because the source does not say when it sent a frame"
        if self.latencies.counts.any():
            latency = f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms, at most {self.highest:.1f} ms"
        return f"{text} Latency: {latency}; at most {self.peak} of {self.queue} frames waited."

    def _faults(self):
        dropped = "the source reports no count of dropped frames"
        if self.dropped is not None:
            dropped = f"the source dropped {self.dropped} because there was no room"
        yield f"Missing frames: {self.missing} ({dropped})."
        if self.bad:
            yield f"Bad messages, without a score: {self.bad}; their lines say why."
        if self.repeated:
            yield f"Frame numbers that came again: {self.repeated}."
        if self.left:
            yield f"Still waiting, and not scored: {self.left}."
        if self.latencies.lowest < 0:
            yield (
                f"A latency of {self.latencies.lowest:.1f} ms says that the clocks of source and "
                "consumer differ: synchronise them, and trust no latency before."
            )

    def _end(self):
        return {
            "": "",
            "end": "The source ended the stream.",
            "idle": "No frame came any more, but the source had not ended the stream: it or the "
            "network failed. Check both, and start again.",
            "silent": "No message came.",
            "interrupted": "Stopped by Ctrl-C.",
            "stopped": "Stopped before its end.",
        }[self.ended]
