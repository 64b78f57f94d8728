"""The online stream: each frame gets its line or is counted, whatever happens to the others.

Sockets are real, of this machine. No test asks how fast anything is.
"""

import csv
import json
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import h5py
import numpy as np
import pytest
import zmq
from minifiles import ArrayRun, make_onnx
from places import ROOT

from sfxtutor.beamline.model.bad_pixels import good_in_frames, good_pixels
from sfxtutor.beamline.model.score import COLUMNS
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.beamline.stream import source as sources, stream as streams
from sfxtutor.beamline.stream.loopback import measure_stream
from sfxtutor.beamline.stream.messages import opened, pack, pack_end, read_header, read_pixels
from sfxtutor.beamline.stream.receiver import Connection
from sfxtutor.beamline.stream.report import Latencies, Numbers, Report
from sfxtutor.beamline.stream.scores_file import Scores
from sfxtutor.beamline.stream.source import Sent, send
from sfxtutor.beamline.stream.stream import stream
from sfxtutor.cli.main import main
from sfxtutor.runs.twin.run import TwinRun

pytestmark = pytest.mark.timeout(60)
PAGE = ROOT / "docs" / "stream.md"


@pytest.fixture(scope="module")
def crops():
    """Eight crops of a twin, two hits and six misses: (8, 724, 724) uint16."""
    run = TwinRun("LN83")
    hits, misses = (np.flatnonzero(run.labels == label) for label in ("HIT", "MISS"))
    return np.stack([run.crop(i) for i in [*hits[:2], *misses[:6]]])


@pytest.fixture
def address(free_port):
    return f"tcp://127.0.0.1:{free_port}"


def lines_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@contextmanager
def in_thread(action, *arguments, **options):
    """Run it beside the test: a list that holds what it returned, once it is left."""
    results = []
    target = lambda: results.append(action(*arguments, **options))  # noqa: E731
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    yield results
    thread.join(20)
    assert results, "the thread failed or hangs"


def send_all(address, messages):
    """Send messages as they are, waiting for room."""
    with opened("PUSH", address, linger=5) as out:
        for message in messages:
            out.send_multipart(message)
    return True


@contextmanager
def feeding(address, crops):
    """A source beside the test that sends crops at 100 Hz or less, and never says the end."""
    stop = threading.Event()

    def feed():
        with opened("PUSH", address) as out:
            number = 1
            while not stop.wait(0.01):
                if out.poll(0, zmq.POLLOUT):
                    out.send_multipart(pack("r1", number, crops[number % len(crops)]))
                    number += 1
        return True

    with in_thread(feed):
        try:
            yield
        finally:
            stop.set()


@contextmanager
def command(*words):
    """`sfxtutor` in a process of its own, which ends with the test."""
    started = subprocess.Popen([sys.executable, "-m", "sfxtutor", *map(str, words)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    with started:
        try:
            yield started
        finally:
            started.kill()


def wait_for(holds):
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError("waited 30 s in vain")


# ---- what is counted


def test_a_quantile_is_exact_to_one_per_cent_in_memory_that_does_not_grow():
    latencies, ms = Latencies(), np.random.default_rng(0).lognormal(1, 1.5, 20_000)
    size = latencies.counts.nbytes
    for value in ms:
        latencies.add(value)
    for share in (0.5, 0.99):
        expected = np.quantile(ms, share, method="inverted_cdf")
        assert expected <= latencies.quantile(share) <= 1.01 * expected
    assert latencies.quantile(1) == latencies.highest == ms.max()
    assert latencies.counts.nbytes == size < 20_000
    for extreme in (0, -3.0, 1e12):
        latencies.add(extreme)
    assert latencies.counts.sum() == 20_003
    assert np.isnan(Latencies().quantile(0.5))


@pytest.mark.parametrize(
    ("numbers", "missing", "repeated"),
    [
        ([1, 2, 3], 0, 0),
        ([3, 4], 2, 0),  # the first two are missing too
        ([1, 5, 6], 3, 0),
        ([1, 4, 2], 1, 0),  # 2 comes late, 3 does not
        ([1, 2, 2, 3], 0, 1),
        ([1, 3, 2, 2], 0, 1),
        ([1, 2, 3, 1, 3], 1, 0),  # the source was started anew
    ],
)
def test_gaps_in_the_numbers_are_missing_frames(numbers, missing, repeated):
    found = Numbers()
    for number in numbers:
        found.add("run", number)
    assert (found.missing, found.repeated) == (missing, repeated)


def test_another_run_counts_from_one_and_the_end_tells_of_the_last_frames():
    found = Numbers()
    for run, number in (("a", 1), ("a", 2), ("b", 1), ("b", 3)):
        found.add(run, number)
    assert found.missing == 1
    found.end(7)
    assert found.missing == 5
    found.end(7)
    assert found.missing == 5


def test_a_wild_number_takes_no_memory():
    found = Numbers()
    found.add("run", 10**12)
    assert found.missing == 10**12 - 1
    assert len(found.absent) <= 1000


def test_the_report_has_counts_with_their_interval_and_hides_no_loss():
    report = Report(received=70, scored=65, hits=63, bad=5, missing=12, dropped=10, repeated=2,
                    left=3, seconds=2.0, ended="idle")  # fmt: skip
    assert "no frame" not in report.line()
    for ms in (1.0, 2.0, -4.0):
        report.latencies.add(ms)
    said = str(report)
    for words in (
        "70 frames received in 2.0 s (35.0 Hz), 65 scored; hit rate 96.9 % (63/65, 95 %: 89 to 99)",
        "Missing frames: 12 (the source dropped 10 because there was no room)",
        "without a score: 5", "came again: 2", "not scored: 3", "-4.0 ms", "clocks",
        "it or the network failed",
    ):  # fmt: skip
        assert words in said
    assert "reports no count of dropped frames" in str(Report())
    assert Report().line() == "no frame yet"


# ---- what goes over the wire


def test_a_frame_comes_out_as_it_went_in(crops):
    header, pixels = pack("r1", 7, crops[0])
    before = time.time_ns()
    found = read_header([header, pixels])
    assert (found["run"], found["frame"]) == ("r1", 7)
    assert 0 <= before - found["sent"] < 10**10
    np.testing.assert_array_equal(read_pixels(found, pixels), crops[0])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (np.array([[0.4, 1.6, np.nan, -2, 1e9]], "f4"), [0, 2, 0, 0, 65535]),
        (np.array([[5, -1, 70_000]], "i4"), [5, 0, 65535]),
        (np.array([[5, 2**32 - 1, 70_000]], "u4"), [5, 0, 65535]),  # its largest: no data
        (np.array([[255]], "u1"), [255]),
    ],
)
def test_other_numbers_are_rounded_and_clipped_and_what_is_none_is_zero(raw, expected):
    header, pixels = pack("r1", 1, raw)
    found = read_pixels(read_header([header, pixels]), pixels)
    assert found.dtype == np.uint16
    assert found[0].tolist() == expected


def header_with(**changes):
    header = {"run": "r1", "frame": 1, "shape": [2, 3], "dtype": "uint16", "sent": 1}
    return json.dumps(header | changes).encode()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([b"\xff\x00", b""], "is no JSON"),
        ([b"[1, 2]", b""], "expected a JSON object"),
        ([header_with(), b"", b""], "3 parts"),
        ([header_with()], "1 parts"),
        ([header_with(frame=0), b""], "frame from 1"),
        ([header_with(frame="7"), b""], "frame from 1"),
        ([header_with(sent=10**400), b""], "frame from 1"),
        ([header_with(sent=None), b""], "run, frame, shape, dtype, sent"),
        ([b'{"end": false}', b""], "expected two parts"),
    ],
)
def test_a_header_that_is_none_is_refused_in_a_sentence(parts, said):
    with pytest.raises(ValueError, match=said):
        read_header(parts)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shape": [2, 3, 4]}, "shape \\[2, 3, 4\\]"),
        ({"shape": [-2, -3]}, "expected \\(y, x\\)"),
        ({"shape": [10**9, 10**9]}, "Found 12 bytes"),
        ({"dtype": "nonsense"}, "nonsense, expected"),
        ({"dtype": "bool", "shape": [3, 4]}, "bool, expected"),
        ({"dtype": "uint8"}, "expected 6 for shape"),
    ],
)
def test_pixels_that_are_not_as_the_header_says_are_refused(changes, said):
    header = json.loads(header_with(**changes))
    with pytest.raises(ValueError, match=said):
        read_pixels(header, bytes(12))


# ---- from source to scores


def test_every_frame_has_a_line_with_the_score_of_its_pixels(crops, address, tmp_path):
    out, run = tmp_path / "scores.csv", ArrayRun(crops, name="r1")
    good = np.ones((724, 724), bool)
    with in_thread(send, run, address, rate=200, frames=20) as sent:
        report = stream(address, out, mask=good)
    lines, screener = lines_of(out), Screener()
    assert tuple(lines[0]) == COLUMNS
    assert {line["file"] for line in lines} == {"r1"}
    assert [int(line["frame"]) for line in lines] == [*range(1, 21)]
    assert {line["status"] for line in lines} == {"ok"}
    p = screener.score([screener.features(crop, good) for crop in crops])
    np.testing.assert_allclose([float(line["p_hit"]) for line in lines[:8]], p, atol=2e-5)
    assert lines[0]["p_hit"] == lines[8]["p_hit"]  # the pool is sent again
    for line in lines:
        assert int(line["is_hit"]) == (float(line["p_hit"]) >= screener.threshold)
    assert 0 < report.hits == sum(int(line["is_hit"]) for line in lines) < 20
    assert (report.received, report.scored, report.missing, report.bad) == (20, 20, 0, 0)
    assert (report.ended, report.dropped) == ("end", 0)
    assert 0 < report.p50 <= report.p99 <= report.highest
    assert (sent[0].sent, sent[0].dropped, sent[0].told) == (20, 0, True)
    assert not list(tmp_path.glob("*.partial"))


def test_frames_of_a_whole_detector_are_cropped_for_rwd_and_a_burst_fits(crops, address, tmp_path):
    frames = np.full((8, 800, 760), 7, np.uint16)
    frames[:, 38:762, 18:742] = crops
    messages = [pack("r1", i + 1, frame) for i, frame in enumerate(frames)]
    with in_thread(send_all, address, [*messages, pack_end(8, 0)]):
        stream(address, tmp_path / "whole.csv", "rwd", mask=np.ones((800, 760), bool))
    with in_thread(send, ArrayRun(crops, name="r1"), address, burst=8):
        good = np.ones((724, 724), bool)
        report = stream(address, tmp_path / "crops.csv", "rwd", mask=good, queue=8)
    assert lines_of(tmp_path / "whole.csv") == lines_of(tmp_path / "crops.csv")
    assert report.scored == 8


def test_frames_of_any_size_are_scored_and_photons_counted(address, tmp_path):
    """Five frames of 300 x 260 and one of another size: each is looked at as a whole."""
    rng = np.random.default_rng(0)
    frames = [rng.poisson(0.5, (300, 260)).astype("u2") for _ in range(5)]
    for y, x in rng.integers(5, 250, (30, 2)):
        frames[2][y : y + 2, x : x + 2] += 9
    frames.insert(1, rng.poisson(0.5, (280, 400)).astype("u2"))
    for frame in frames:
        frame[100, 100] = 60_000  # hot
    with in_thread(send_all, address, [pack("r", i + 1, f) for i, f in enumerate(frames)]):
        report = stream(address, tmp_path / "s.csv", idle=0.5)
    lines, screener = lines_of(tmp_path / "s.csv"), Screener()
    assert (report.scored, report.bad) == (6, 0)
    assert [line["is_hit"] for line in lines] == ["0", "0", "0", "1", "0", "0"]
    good = np.ones((300, 260), bool)
    good[100, 100] = False
    p = screener.score([screener.features(f, good if len(f) == 300 else None) for f in frames])
    np.testing.assert_allclose([float(line["p_hit"]) for line in lines], p, atol=2e-5)


def test_a_bad_message_has_a_line_and_the_others_a_score(crops, address, tmp_path):
    small = pack("r1", 2, crops[0, :300, :300])
    torn = [pack("r1", 3, crops[0])[0], bytes(1000)]
    flat = pack("r1", 4, np.full_like(crops[0], 9))
    header, pixels = pack("r1", 10, crops[4])  # with more in its header than is asked for
    more = [json.dumps(json.loads(header) | {"end": False}).encode(), pixels]
    messages = [
        pack("r1", 1, crops[0]), small, torn, flat, [b"no header", b"x"], pack("r1", 5, crops[1]),
        pack("r1", 5, crops[1]), pack("r1", 9, crops[2]), pack("r1", 7, crops[3]),
        more,
        [b'{"end": true, "sent": 10, "dropped": 2}'],
    ]  # fmt: skip
    with in_thread(send_all, address, messages):
        report = stream(address, tmp_path / "s.csv", "rwd")
    lines = lines_of(tmp_path / "s.csv")
    assert [line["frame"] for line in lines] == ["1", "2", "3", "4", "", "5", "5", "9", "7", "10"]
    assert [line["status"] == "ok" for line in lines] == [True, *[False] * 4, *[True] * 5]
    assert [line["p_hit"] != "" for line in lines] == [line["status"] == "ok" for line in lines]
    for line, word in zip(lines[1:5], ("300", "1000 bytes", "contrast", "JSON"), strict=True):
        assert word in line["status"]
    assert (report.received, report.scored, report.bad, report.repeated) == (10, 6, 4, 1)
    assert report.missing == 4  # 6, 8, and 11 and 12, of which the end tells
    assert report.dropped == 2


def test_a_slow_consumer_makes_the_source_drop_and_both_count_it(
    crops, address, tmp_path, monkeypatch
):
    """The consumer stands still until the source has offered everything."""
    offered, features = threading.Event(), Screener.features
    end = sources.pack_end

    def slow(self, crop, mask=None, view=None):
        assert crop[0, 0] < 9 or offered.wait(30)
        return features(self, crop, mask, view)

    def note(*counts):
        offered.set()
        return end(*counts)

    monkeypatch.setattr(Screener, "features", slow)
    monkeypatch.setattr(sources, "pack_end", note)
    bright = np.maximum(crops, 9)
    with in_thread(send, ArrayRun(bright, name="r1"), address, rate=1e5, frames=300) as sent:
        report = stream(address, tmp_path / "s.csv", mask=np.ones((724, 724), bool), queue=3)
    assert sent[0].dropped > 100
    assert sent[0].sent + sent[0].dropped == 300
    assert report.missing == report.dropped == sent[0].dropped
    assert report.scored == sent[0].sent == len(lines_of(tmp_path / "s.csv"))
    assert report.peak <= 3
    assert f"the source dropped {sent[0].dropped}" in str(report)


@pytest.mark.parametrize(("model", "search"), [("peaks", good_in_frames), ("rwd", good_pixels)])
def test_bad_pixels_are_found_in_the_first_frames(model, search, crops, address, tmp_path):
    stuck = crops.copy()
    stuck[:, 300, 400] = 60_000
    good = search(list(stuck[:5]))
    assert not good.good[300, 400]
    masks = {"found": None, "given": good.good, "none": np.ones((724, 724), bool)}
    for name, mask in masks.items():
        with in_thread(send, ArrayRun(stuck, name="r1"), address):
            stream(address, tmp_path / name, model, mask=mask)
    found, given, none = (lines_of(tmp_path / name) for name in masks)
    assert found == given != none


@pytest.mark.parametrize(("model", "search"), [("peaks", good_in_frames), ("rwd", good_pixels)])
def test_a_lost_frame_among_the_first_hides_no_bad_pixel(model, search, crops, address, tmp_path):
    stuck = crops.copy()
    stuck[:, 300, 400] = 60_000
    stuck[2] = 0
    good = search(list(stuck[[0, 1, 3, 4]]))
    assert not good.good[300, 400]
    for name, mask in (("found", None), ("given", good.good)):
        with in_thread(send, ArrayRun(stuck, name="r1"), address):
            stream(address, tmp_path / name, model, mask=mask)
    found, given = (lines_of(tmp_path / name) for name in ("found", "given"))
    assert found == given
    assert sum(line["status"] == "ok" for line in found) == len(stuck) - 1


def test_a_stream_of_fewer_frames_than_the_mask_takes_is_scored(crops, address, tmp_path):
    with in_thread(send, ArrayRun(crops, name="r1"), address, frames=2):
        report = stream(address, tmp_path / "s.csv")
    assert report.scored == len(lines_of(tmp_path / "s.csv")) == 2


@pytest.mark.parametrize("mask", [None, np.ones((724, 724), bool)])
def test_rwd_gives_frames_of_a_photon_counter_a_status_and_no_score(mask, address, tmp_path):
    counted = np.random.default_rng(0).poisson(0.5, (8, 724, 724)).astype("u2")
    with in_thread(send, ArrayRun(counted, name="r1"), address):
        report = stream(address, tmp_path / "s.csv", "rwd", mask=mask)
    lines = lines_of(tmp_path / "s.csv")
    assert all("counted photons" in line["status"] and line["p_hit"] == "" for line in lines)
    assert (report.scored, report.bad, len(lines)) == (0, 8, 8)


GEOMETRY = """clen = 0.1
photon_energy = 9000
res = 10000
data = /data/data
dim0 = %
dim1 = ss
dim2 = fs
p0/min_fs = 0
p0/max_fs = 299
p0/min_ss = 0
p0/max_ss = 127
p0/corner_x = -150
p0/corner_y = 5
p1/min_fs = 0
p1/max_fs = 299
p1/min_ss = 128
p1/max_ss = 255
p1/corner_x = -150
p1/corner_y = -135
badq/min_fs = 0
badq/max_fs = 99
badq/min_ss = 0
badq/max_ss = 127
badq/panel = p0
"""


@pytest.mark.parametrize("masked", [False, True])
def test_a_geometry_says_the_same_of_a_stream_as_of_a_file(masked, address, tmp_path):
    rng, geom = np.random.default_rng(1), tmp_path / "two.geom"
    geom.write_text(GEOMETRY)
    frames = rng.poisson(0.5, (6, 256, 300)).astype("u2")
    for frame in frames[::2]:
        for y, x in rng.integers(3, 250, (25, 2)):
            frame[y : y + 2, x : x + 2] += 6
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data/data"] = frames
    mask = tmp_path / "mask.npy" if masked else None
    np.save(tmp_path / "mask.npy", np.arange(300) + np.zeros((256, 1)) < 280)
    screen([tmp_path / "a.h5"], tmp_path / "file.csv", mask=mask, dataset="data/data",
           geometry=geom, search=False)  # fmt: skip
    plain, alike = tmp_path / "plain.csv", tmp_path / "stream.csv"
    for out, panels in ((alike, geom), (plain, None)):
        with in_thread(send_all, address, [pack("r", i + 1, f) for i, f in enumerate(frames)]):
            stream(address, out, mask=mask, idle=0.5, geometry=panels, search=False)
    p = [[float(line["p_hit"]) for line in lines_of(path)]
         for path in (tmp_path / "file.csv", alike, plain)]  # fmt: skip
    np.testing.assert_allclose(p[1], p[0], atol=2e-5)
    assert np.abs(np.subtract(p[2], p[0])).max() > 1e-3  # the geometry says something


def test_a_geometry_that_does_not_fit_the_frames_is_their_status(address, tmp_path):
    (tmp_path / "two.geom").write_text(GEOMETRY)
    frame = np.random.default_rng(0).poisson(3, (100, 300)).astype("u2")
    with in_thread(send_all, address, [pack("r", 1, frame)]):
        report = stream(address, tmp_path / "s.csv", idle=0.5, geometry=tmp_path / "two.geom")
    assert (report.scored, report.bad) == (0, 1)
    assert "the 2 panels of two.geom need" in lines_of(tmp_path / "s.csv")[0]["status"]


def test_a_geometry_is_for_models_of_whole_frames(address, tmp_path):
    (tmp_path / "two.geom").write_text(GEOMETRY)
    with pytest.raises(ValueError, match="geometry for the model rwd.*Leave the geometry out"):
        stream(address, tmp_path / "s.csv", "rwd", geometry=tmp_path / "two.geom")


def test_a_model_that_gives_no_number_gives_no_score(crops, address, tmp_path):
    model = make_onnx(tmp_path / "nan.onnx", [np.nan])
    with in_thread(send, ArrayRun(crops), address):
        report = stream(address, tmp_path / "s.csv", model)
    assert report.scored == report.hits == 0
    assert report.bad == report.received > 0
    said = {line["status"] for line in lines_of(tmp_path / "s.csv")}
    assert said == {"the model gave no number for this frame"}


def test_a_watch_sees_the_report_and_can_stop_the_stream(crops, address, tmp_path):
    seen = []

    def watch(report):
        seen.append((report.scored, report.ended))
        return report.scored > 0

    with feeding(address, crops):
        report = stream(address, tmp_path / "s.csv", watch=watch)
    assert report.ended == "stopped"
    assert seen[-1] == (report.scored, "stopped")
    assert len(lines_of(tmp_path / "s.csv")) == report.scored > 0


# ---- what goes wrong


def test_a_source_that_dies_ends_the_stream_after_a_while(address, tmp_path):
    with command("send", "LN83", "--to", address, "--rate", 50) as source:
        report = stream(address, tmp_path / "s.csv", idle=0.5,
                        watch=lambda report: report.scored and source.kill())  # fmt: skip
    assert source.returncode == -signal.SIGKILL
    assert report.ended == "idle"
    assert report.dropped is None
    assert "it or the network failed" in str(report)
    assert len(lines_of(tmp_path / "s.csv")) == report.scored > 0


def test_ctrl_c_gives_the_report_of_what_was_scored(crops, address, tmp_path):
    out, partial = tmp_path / "s.csv", tmp_path / "s.csv.partial"
    words = ("stream", "--from", address, "--out", out)
    with feeding(address, crops), command(*words) as consumer:
        wait_for(lambda: partial.exists() and len(lines_of(partial)) > 5)
        consumer.send_signal(signal.SIGINT)
        said, errors = consumer.communicate(timeout=20)
    assert consumer.returncode == 130
    assert errors == ""
    assert "Stopped by Ctrl-C." in said
    assert int(re.search(r"(\d+) scored; hit rate", said)[1]) == len(lines_of(out)) > 5


def test_ctrl_c_at_the_source_tells_the_consumer(address, tmp_path):
    done = []

    def interrupt(report):
        if report.scored and not done:
            done.append(source.send_signal(signal.SIGINT))

    with command("send", "LN83", "--to", address, "--rate", 50) as source:
        report = stream(address, tmp_path / "s.csv", watch=interrupt)
        said, errors = source.communicate(timeout=20)
    assert (source.returncode, errors) == (130, "")
    assert "Stopped by Ctrl-C." in said
    assert report.ended == "end"
    assert f"{report.scored + report.missing - report.dropped} frames sent" in said


FULL = """
import resource, sys
import numpy as np
from sfxtutor.cli.main import main
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen.screen import screen
screener = Screener()
noise = np.random.default_rng(0).integers(1, 9, (724, 724), np.uint16)
screener.score([screener.features(noise, noise > 0)])  # compiled: nothing else is written later
resource.setrlimit(resource.RLIMIT_FSIZE, (800, resource.RLIM_INFINITY))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system knows no such limit")
def test_a_full_disk_keeps_the_lines_that_fit_and_says_so(crops, address, tmp_path):
    out, partial = tmp_path / "s.csv", tmp_path / "s.csv.partial"
    words = [sys.executable, "-c", FULL, "stream", "--from", address, "--out", str(out)]
    with feeding(address, crops):
        done = subprocess.run(words, capture_output=True, text=True, timeout=50)
    assert done.returncode == 1
    assert "Cannot write" in done.stderr
    assert "Free some room" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()
    lines = lines_of(partial)
    assert len(lines) > 25  # of 800 bytes
    assert [int(line["frame"]) for line in lines] == [*range(1, len(lines) + 1)]
    assert {line["status"] for line in lines} == {"ok"}
    assert partial.read_bytes().endswith(b"ok\r\n")


def test_a_stream_that_cannot_write_at_all_says_so(tmp_path):
    (tmp_path / "folder").mkdir()
    scores = Scores(tmp_path / "folder" / "s.csv")
    scores.add([("r1", 1, "0.5", 1, "ok")])
    (tmp_path / "folder").rmdir()
    with pytest.raises(OSError, match="the last 2 lines are lost"):
        scores.flush()


def test_a_run_whose_name_is_no_text_has_its_line_all_the_same(tmp_path):
    with Scores(tmp_path / "s.csv") as scores:
        scores.add([("\ud800", 1, "0.5", 1, "ok")])
    assert lines_of(tmp_path / "s.csv")[0]["file"] == "?"


def test_scores_are_never_overwritten(tmp_path, address):
    for name in ("s.csv", "t.csv.partial"):
        (tmp_path / name).write_text("kept")
        out = tmp_path / name.removesuffix(".partial")
        with pytest.raises(FileExistsError, match=f"{name} holds scores already"):
            stream(address, out)
        assert (tmp_path / name).read_text() == "kept"
    with pytest.raises(FileNotFoundError, match="Make it first"):
        stream(address, tmp_path / "none" / "s.csv")


def test_nobody_to_send_to_is_an_error_before_the_first_frame(crops, address):
    with pytest.raises(TimeoutError, match="No consumer connected to .* Start `sfxtutor stream"):
        send(ArrayRun(crops), address, wait=0.2)


def test_a_source_whose_consumer_left_goes_on_and_drops(crops, address, monkeypatch):
    monkeypatch.setattr(sources, "LINGER", 0.1)

    def take_one():
        with opened("PULL", address) as taking:
            return taking.recv_multipart()

    with in_thread(take_one):
        done = send(ArrayRun(crops), address, rate=50, frames=60, pool=1)
    assert done.dropped > 0
    assert done.sent + done.dropped == 60
    assert not done.told
    assert "did not take the message that says the end" in str(done)


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"burst": 0}, {"frames": -1}, {"pool": 0}])
def test_numbers_that_are_not_positive_are_refused(crops, address, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} is .*, expected more than 0"):
        send(ArrayRun(crops), address, **wrong)


def test_an_address_that_is_none_is_one_sentence(address, tmp_path, capsys):
    assert main(["stream", "--from", "nowhere", "--out", str(tmp_path / "s.csv")]) == 1
    error = capsys.readouterr().err
    assert "Cannot open 'nowhere'" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
    with (
        opened("PUSH", address),
        pytest.raises(OSError, match="nobody uses"),
        opened("PUSH", address),
    ):
        pass


def test_without_pyzmq_it_says_what_to_install(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "zmq", None)
    with pytest.raises(ImportError, match=r"pip install \"sfxtutor\[beamline\]\""):
        stream(address)


def test_measuring_takes_a_source_of_its_own():
    report = measure_stream(rate=200, seconds=0.1)
    assert report.ended == "end"
    assert report.received + report.missing == 20
    with pytest.raises(OSError, match="'nothing'"):
        measure_stream(rate=200, seconds=0.1, run="nothing")


def test_the_commands_hand_on_their_options(monkeypatch, capsys):
    seen = {}
    monkeypatch.setattr(sources, "send", lambda *a: seen.update(send=a) or Sent(5, told=True))
    monkeypatch.setattr(
        streams, "stream", lambda *a, **k: seen.update(stream=(*a, k)) or Report(scored=1)
    )
    words = "send LN84 --to tcp://*:1 --rate 90 --burst 3 --frames 5 --seed 2"
    assert main(words.split()) == 0
    run, *others = seen["send"]
    assert (run.name, run.seed, others) == ("LN84", 2, ["tcp://*:1", 90, 3, 5])
    words = (
        "stream --from tcp://a:1 --out o --model cnn --mask m --threshold 0.4 --idle 7 --queue 9 "
        "--format slsdet --socket pull --wait 3 --no-bad-pixel-search --geometry g"
    )
    assert main(words.split()) == 0
    assert seen["stream"][:-2] == ("tcp://a:1", "o", "cnn", "m", 0.4, 7, 9)
    named = {"connection": Connection("slsdet", "pull", 3), "search": False, "geometry": "g"}
    assert seen["stream"][-1] == named
    assert "Scores: o." in capsys.readouterr().out


def test_the_sender_of_the_page_works(crops, address, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert "tcp://*:5555" in code
    code = code.replace("tcp://*:5555", address)
    with in_thread(lambda: exec(code, {"frames": crops}) or True):
        report = stream(address, tmp_path / "s.csv")
    assert report.ended == "end"
    assert report.received + report.missing == 8
    assert report.missing == report.dropped
