"""Stream monitor: hit rate with its interval, latency, and what is missing, in words."""

import re

import numpy as np
import pytest

import sfxtutor
from sfxtutor import StreamMonitor
from sfxtutor.beamline.stream.report import Report
from sfxtutor.metrics import wilson
from sfxtutor.widgets import base
from sfxtutor.widgets.chart import Band, Chart
from sfxtutor.widgets.stream_monitor import LATENCY, POINTS, RATE, panels


def go_on(report, frames, hits, ms, seconds):
    """The report after so many frames more, each with that latency."""
    report.received += frames
    report.scored += frames
    report.hits += hits
    report.seconds += seconds
    for _ in range(frames):
        report.latencies.add(ms)


def test_a_point_stands_for_the_last_seconds_and_not_for_the_whole_stream():
    watch, report = StreamMonitor(window=2.0), Report()
    for hits, ms in ((90, 5.0), (90, 5.0), (10, 40.0), (10, 40.0)):
        go_on(report, 100, hits, ms, 1.0)
        assert watch(report) is False
    rates = [point.rate for point in watch.points]
    np.testing.assert_allclose(rates, [90, 90, 50, 10])
    last = watch.points[-1]
    np.testing.assert_allclose((last.low, last.high), 100 * np.array(wilson(20, 200)))
    assert last.p50 == pytest.approx(40, rel=0.011)
    assert watch.points[2].p50 == pytest.approx(5, rel=0.011)
    assert watch.points[2].p99 == pytest.approx(40, rel=0.011)


def test_the_band_is_the_interval_and_the_axes_hold_it():
    watch, report = StreamMonitor(), Report()
    go_on(report, 20, 5, 3.0, 1.0)
    watch(report)
    go_on(report, 20, 5, 3.0, 1.0)
    watch(report)
    (band, line), x, y = panels(watch.points, watch.window)[RATE]
    assert isinstance(band, Band)
    assert (band.low < line.y).all()
    assert (line.y < band.high).all()
    assert x == (0, 10)
    assert y[1] > band.high.max()
    assert panels(watch.points, watch.window)[LATENCY][2][1] >= 10


def test_a_band_is_drawn_between_its_curves():
    x = np.array([0.0, 1.0])
    chart = Chart(
        [Band(x, np.zeros(2), np.array([1.0, 2.0]), "interval")], (0, 1), (0, 2), "x", "y"
    )
    (points,) = re.findall(r'<polygon points="([^"]+)"', chart.svg("a band"))
    corners = [tuple(map(float, pair.split(","))) for pair in points.split()]
    expected = [chart.place(*at) for at in ((0, 0), (1, 0), (1, 2), (0, 1))]
    np.testing.assert_allclose(corners, expected, atol=0.06)
    assert "interval" in chart.svg("a band")


def test_memory_does_not_grow():
    watch, report = StreamMonitor(), Report()
    watch._draw = lambda: None
    for _ in range(POINTS + 50):
        go_on(report, 1, 0, 3.0, 1.0)
        watch(report)
    assert len(watch.points) == POINTS
    assert len(watch._moments) <= watch.window + 2
    assert panels(watch.points, watch.window)[RATE][1] == (51, POINTS + 50)


def test_losses_are_said_in_words_while_it_runs_and_at_the_end():
    watch, report = StreamMonitor(), Report(missing=12, bad=3)
    assert "no frame yet" in watch.status.value
    go_on(report, 20, 5, 3.0, 1.0)
    watch(report)
    assert "12 missing, 3 bad" in watch.status.value
    assert "25.0 % (5/20, 95 %: 11 to 47)" in watch.status.value
    report.dropped, report.ended = 12, "end"
    watch(report)
    assert "the source dropped 12" in watch.alt()
    assert watch.alt() == str(report)
    assert watch.button.disabled


def test_the_curves_grow_and_a_silent_source_adds_no_point():
    watch, report, pictures = StreamMonitor(), Report(), set()
    for _ in range(3):
        pictures.add(watch.curves.value)
        go_on(report, 20, 5, 3.0, 1.0)
        watch(report)
        watch(report)
    assert len(pictures) == 3
    assert len(watch.points) == 3


def test_the_button_stops_this_stream_and_no_other():
    watch, report = StreamMonitor(), Report()
    go_on(report, 20, 5, 3.0, 1.0)
    assert watch(report) is False
    watch.button.click()
    assert watch(report) is True
    report.ended = "stopped"
    watch(report)
    other = Report()
    assert watch(other) is False
    assert not watch.button.disabled
    assert not watch.points


def test_the_static_picture_is_renewed_at_the_end(monkeypatch):
    shown = []

    class Handle:
        def update(self, data, **_):
            shown.append(data)

    def display(data, **_):
        return Handle() if base.VIEW in data else shown.append(data) or Handle()

    monkeypatch.setattr(base, "display", display)
    watch, report = sfxtutor.StreamMonitor(), Report()
    watch.show()
    for _ in range(2):
        go_on(report, 20, 5, 3.0, 1.0)
        watch(report)
    assert len(shown) == 1
    report.ended = "end"
    watch(report)
    assert len(shown) == 2
    assert shown[0]["image/png"] != shown[1]["image/png"]
    assert "hit rate 25.0 % (10/40" in shown[1]["text/plain"]
    left, right = watch.figure().axes
    assert (left.get_ylabel(), right.get_ylabel()) == (RATE, LATENCY)
