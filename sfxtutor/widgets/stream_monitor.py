"""Stream monitor: hit rate and latency by time while frames are scored, and a button to stop.

monitor = sfx.StreamMonitor()
monitor.show()
stream("tcp://127.0.0.1:5555", "scores.csv", watch=monitor)
"""

from collections import deque, namedtuple

import numpy as np

from ..beamline.stream.report import BINS, quantile
from ..metrics import wilson
from ..plots.style import COLOURS
from .chart import Band, Chart, Line
from .monitor import Monitor

POINTS = 600  # kept and drawn, one a second: what is older leaves the picture
RATE, LATENCY = "hit rate, %", "latency, ms"
Moment = namedtuple("Moment", "seconds scored hits counts")
Point = namedtuple("Point", "seconds rate low high p50 p99")


class StreamMonitor(Monitor):
    """Hit rate and latency of a stream while it runs; hand it to `stream` as `watch`.

    Each point stands for the frames of a sliding window, the last ten seconds. The button ends the
    stream; what was scored is kept. One monitor may watch several streams, one after another.

    Parameters
    ----------
    window : float
        s.
    """

    def __init__(self, window: float = 10.0):
        self.window = window
        self._begin(None)
        super().__init__("Stop", "What was scored is kept", "stopping …")

    def __call__(self, report):
        """Draw a report as it is now; whether the stream shall stop."""
        if report is not self.report:
            self._begin(report)
        if not report.ended:
            self._go_on()
        if report.scored > self._moments[-1].scored:
            self._add(report)
        self._draw()
        stop = self.stopping.is_set()
        if report.ended:
            self._finish()
        return stop

    def _begin(self, report):
        self.report, self.points = report, deque(maxlen=POINTS)
        self._moments = deque([Moment(0.0, 0, 0, np.zeros(BINS, np.int64))])

    def _add(self, report):
        now = Moment(report.seconds, report.scored, report.hits, report.latencies.counts.copy())
        moments = self._moments
        moments.append(now)
        while len(moments) > 2 and moments[1].seconds <= now.seconds - self.window:
            moments.popleft()
        self.points.append(point_between(moments[0], now))

    def charts(self):
        for label, (lines, x, y) in panels(self.points, self.window).items():
            yield f"{label} by time", Chart(lines, x, y, "time, s", label)

    def alt(self):
        if self.report is None:
            return "no frame yet"
        return str(self.report) if self.report.ended else self.report.line()


def point_between(before, now):
    """What the frames scored between two moments say: `Point`, rates in %, latencies in ms."""
    hits, scored = now.hits - before.hits, now.scored - before.scored
    low, high = wilson(hits, scored)
    counts = now.counts - before.counts
    return Point(now.seconds, 100 * hits / scored, 100 * low, 100 * high,
                 quantile(counts, 0.5), quantile(counts, 0.99))  # fmt: skip


def panels(points, window):
    """Of each panel the lines, and the limits of x and y: dict of its label to (lines, x, y).

    Parameters
    ----------
    points : sequence of Point
    window : float
        s, that a point stands for.
    """
    if not points:
        return {RATE: ([], (0, window), (0, 100)), LATENCY: ([], (0, window), (0, 50))}
    seconds, rate, low, high, p50, p99 = np.array(points).T
    start = 0.0 if len(points) < POINTS else seconds[0]
    x = start, max(seconds[-1], start + window)
    label = f"the last {window:g} s"
    rates = [
        Band(seconds, low, high, "95 % Wilson interval", COLOURS["blue"]),
        Line(seconds, rate, label, COLOURS["blue"]),
    ]
    latencies = [
        Line(seconds, p50, f"p50 of {label}", COLOURS["blue"]),
        Line(seconds, p99, f"p99 of {label}", COLOURS["orange"], "--"),
    ]
    top = min(103, max(10, 1.2 * high.max()))
    return {RATE: (rates, x, (0, top)), LATENCY: (latencies, x, (0, max(10, 1.2 * p99.max())))}
