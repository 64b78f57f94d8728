"""Streams of other detectors, and messages that are damaged: each of those costs itself alone.

The messages are made here, byte by byte, as the makers' documents have them; bitshuffle and LZ4 are
those of the HDF5 filters, whose chunks a DECTRIS stream holds.
"""

import json
import struct
import sys
import threading

import cbor2
import h5py
import hdf5plugin
import numpy as np
import pytest
import zmq
from minifiles import make_onnx

from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.stream.formats import FORMATS, Reader
from sfxtutor.beamline.stream.messages import opened, pack, pack_end
from sfxtutor.beamline.stream.packed import unpack
from sfxtutor.beamline.stream.receiver import Connection
from sfxtutor.beamline.stream.report import Report
from sfxtutor.beamline.stream.scorer import Scorer
from sfxtutor.beamline.stream.stream import stream
from sfxtutor.beamline.stream.wire import End
from sfxtutor.cli.main import main
from sfxtutor.runs.files import chunks

pytestmark = pytest.mark.timeout(60)
IMAGE = np.random.default_rng(0).poisson(30, (13, 11)).astype(np.uint32)
IMAGE[3, 4], IMAGE[5, 6], IMAGE[7, 8] = 2**32 - 1, 2**32 - 2, 70_000  # a gap, a bad one, bright
READ = np.where(IMAGE > 2**31, 0, np.minimum(IMAGE, 65535))


@pytest.fixture
def address(free_port):
    return f"tcp://127.0.0.1:{free_port}"


def chunk(pixels, options):
    """Pixels as the filter of HDF5 packs them: bytes."""
    with h5py.File("x", "w", driver="core", backing_store=False) as file:
        stack = file.create_dataset("x", data=pixels, chunks=pixels.shape, **options)
        return stack.id.read_direct_chunk((0, 0))[1]


def packed(pixels, encoding):
    if encoding.startswith("bs"):
        return chunk(pixels, hdf5plugin.Bitshuffle(cname="lz4"))
    if encoding == "lz4<":  # a bare block, without the header of the filter
        return chunk(pixels, hdf5plugin.LZ4(nbytes=2**30))[16:]
    return pixels.tobytes()


def dectris1(frame, pixels, encoding="bs32-lz4<", **changes):
    head = {"htype": "dimage-1.0", "series": 7, "frame": frame, "hash": "0"}
    detail = {"htype": "dimage_d-1.0", "shape": pixels.shape[::-1], "type": pixels.dtype.name,
              "encoding": encoding, "size": 0} | changes  # fmt: skip
    times = {"htype": "dconfig-1.0", "start_time": 1, "stop_time": 2, "real_time": 1}
    data = packed(pixels, encoding)
    return [
        *(json.dumps(part).encode() for part in (head, detail)),
        data,
        json.dumps(times).encode(),
    ]


def dectris2(image, pixels, method="bslz4", **changes):
    data = pixels.tobytes()
    if method:
        options = {"lz4": hdf5plugin.LZ4(), "bslz4": hdf5plugin.Bitshuffle()}.get(method, {})
        data = cbor2.CBORTag(56500, [method, pixels.itemsize, chunk(pixels, options)])
    typed = cbor2.CBORTag({1: 64, 2: 69, 4: 70}[pixels.itemsize], data)
    array = cbor2.CBORTag(40, [list(pixels.shape), typed])
    wrong = cbor2.CBORTag(40, [[1, 1], cbor2.CBORTag(64, b"\0")])
    fields = {"type": "image", "series_id": 7, "series_unique_id": "01ABC", "image_id": image,
              "data": {"threshold_2": wrong, "threshold_1": array}} | changes  # fmt: skip
    return [b"\xd9\xd9\xf7" + cbor2.dumps(fields)]


def slsdet(index, pixels, **changes):
    head = {"jsonversion": 4, "bitmode": 8 * pixels.itemsize, "shape": pixels.shape[::-1],
            "frameIndex": index, "frameNumber": index + 900, "fname": "/data/run1", "data": 1,
            "detType": 1} | changes  # fmt: skip
    return [json.dumps(head).encode(), pixels.tobytes()]


STARTS = {
    "dectris1": [b'{"htype": "dheader-1.0", "series": 7, "header_detail": "basic"}', b"{}"],
    "dectris2": [cbor2.dumps({"type": "start", "series_id": 7})],
}
ENDS = {
    "dectris1": [b'{"htype": "dseries_end-1.0", "series": 7}'],
    "dectris2": [cbor2.dumps({"type": "end", "series_id": 7})],
    "slsdet": [b'{"jsonversion": 4, "data": 0}'],
    "sfxtutor": pack_end(5, 0),
}
MAKERS = {"dectris1": dectris1, "dectris2": dectris2, "slsdet": slsdet,
          "sfxtutor": lambda i, pixels: pack("r1", i + 1, pixels)}  # fmt: skip


def send_all(kind, address, messages):
    """Send messages beside the test, from the first consumer on, until it is over."""

    def run():
        with opened(kind, address, linger=5) as out:
            if kind == "PUB":
                for _ in range(300):  # who publishes does not know who listens
                    for message in messages:
                        out.send_multipart(message)
                    if done.wait(0.1):
                        return
            for message in messages:
                out.send_multipart(message)

    done = threading.Event()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return lambda: (done.set(), thread.join(10))


@pytest.mark.parametrize("encoding", ["bs32-lz4<", "lz4<", "<"])
def test_stream_v1_of_dectris_is_read(encoding):
    shot = Reader().read(dectris1(0, IMAGE, encoding))
    assert (shot.run, shot.number, shot.sent) == ("series_7", 1, None)
    np.testing.assert_array_equal(shot.image(), READ)


@pytest.mark.parametrize("method", ["bslz4", "lz4", None])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_stream_v2_of_dectris_is_read_the_lowest_threshold_of_it(method, dtype):
    pixels, top = np.minimum(IMAGE, 200).astype(dtype), np.iinfo(dtype).max
    pixels[3, 4], pixels[5, 6] = top, top - 1
    shot = Reader().read(dectris2(4, pixels, method))
    assert (shot.run, shot.number) == ("01ABC", 5)
    np.testing.assert_array_equal(shot.image(), np.where(pixels >= top - 1, 0, pixels))


@pytest.mark.parametrize("shape", [(37, 53), (64, 80), (1, 5)])
def test_bits_are_put_back_without_the_function_of_hdf5plugin_too(shape, monkeypatch):
    pixels = np.random.default_rng(0).poisson(2, shape).astype("u4")
    data = chunk(pixels, hdf5plugin.Bitshuffle(cname="lz4"))
    np.testing.assert_array_equal(unpack(data, "bslz4", shape, pixels.dtype), pixels)
    monkeypatch.setattr(chunks, "unpacker", lambda: None)
    np.testing.assert_array_equal(unpack(data, "bslz4", shape, pixels.dtype), pixels)


def test_the_stream_of_sls_detectors_is_read_and_a_jungfrau_is_warned_of():
    shot = Reader().read(slsdet(2, IMAGE))
    assert (shot.run, shot.number) == ("/data/run1", 3)
    assert shot.image()[5, 6] == 65535  # the second highest is none of its marks
    assert shot.image()[3, 4] == 0
    with pytest.warns(UserWarning, match="raw readings with gain bits"):
        Reader().read(slsdet(2, IMAGE.astype("u2"), detType=3))


@pytest.mark.parametrize("model", ["peaks", "rwd"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_of_each_format_is_told_by_its_first_message_and_scored(
    name, model, address, tmp_path
):
    pixels = np.random.default_rng(1).poisson(50, (5, 724, 730)).astype("u2")
    make = MAKERS[name]
    messages = [STARTS[name]] if name in STARTS else []
    messages += [make(i, frame) for i, frame in enumerate(pixels)] + [ENDS[name]]
    if name == "dectris1":
        messages[1:-1] = [dectris1(i, f, "bs16-lz4<") for i, f in enumerate(pixels)]
    over = send_all("PUSH", address, messages)
    report = stream(address, tmp_path / "s.csv", model, connection=Connection(socket="pull"))
    over()
    lines = (tmp_path / "s.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == ["1", "2", "3", "4", "5"]
    assert (report.scored, report.missing, report.ended) == (5, 0, "end")
    screener = Screener(model)
    seen = np.ascontiguousarray(pixels[0] if model == "peaks" else pixels[0, :, 3:727])
    p = screener.score([screener.features(seen, np.ones(seen.shape, bool))])[0]
    assert float(lines[0].split(",")[2]) == pytest.approx(p, abs=2e-5)
    assert ("not known" in str(report)) == (name != "sfxtutor")


def test_a_source_that_publishes_is_heard(address, tmp_path):
    frame = np.random.default_rng(1).poisson(50, (724, 724)).astype("u2")
    messages = [slsdet(i, frame) for i in range(6)] + [ENDS["slsdet"]]
    over = send_all("PUB", address, messages)
    report = stream(address, tmp_path / "s.csv", connection=Connection("slsdet"), search=False)
    over()
    assert report.ended == "end"
    assert 1 <= report.scored <= 6
    assert Connection().kind == Connection("dectris2").kind == "pull"
    assert Connection("dectris1", "sub").kind == Connection("slsdet").kind == "sub"


def test_a_source_that_is_not_heard_is_one_sentence_that_names_the_other_socket(
    address, tmp_path, capsys
):
    words = ["stream", "--from", address, "--out", str(tmp_path / "s.csv"), "--wait", "1.3"]
    with opened("PUB", address):
        assert main(words) == 1
    error = capsys.readouterr().err
    assert "PUB socket" in error
    assert "--socket sub" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
    assert main([*words, "--socket", "sub"]) == 1
    assert "--socket pull" in capsys.readouterr().err
    for wrong in ({"format": "v3"}, {"socket": "PUB"}):
        with pytest.raises(ValueError, match="expected one of auto"):
            Connection(**wrong)


DEEP = b"[" * 100_000
BAD = {
    "sfxtutor": [
        [DEEP, b"x"],
        [b'{"run": ' + b"[" * 900 + b"]" * 900 + b"}", b"x"],
        [b'{"run": "' + b"a" * 2_000_000 + b'"}', b"x"],
        [b'{"run": ' + b"9" * 5000 + b"}", b"x"],
        [b'{"run": "r", "frame": NaN, "shape": [2, 2], "dtype": "uint16", "sent": 1}', b"x"],
        [b'{"run": "r", "frame": 3, "shape": [[[]]], "dtype": "uint16", "sent": 1}', b"x"],
        [b""],
        [b"null"],
    ],
    "dectris1": [
        [DEEP],
        [b'{"htype": ["dimage-1.0"]}'],
        [b'{"htype": "dimage-1.0", "series": 7, "frame": -1}', b"{}", b""],
        [b'{"htype": "dimage-1.0", "series": 7, "frame": 3}'],
        dectris1(3, IMAGE, shape=[10**9, 10**9]),
        dectris1(3, IMAGE, shape="ab"),
        dectris1(3, IMAGE, type="float128"),
        dectris1(3, IMAGE, type=["uint32"]),
        [*dectris1(3, IMAGE)[:1], DEEP, b"", b""],
        [*dectris1(3, IMAGE)[:2], b"", b""],
        [*dectris1(3, IMAGE)[:2], dectris1(3, IMAGE)[2][:-9], b""],
        [*dectris1(3, IMAGE, "lz4<")[:2], b"\xff" * 99, b""],
        [*dectris1(3, IMAGE, "<")[:2], b"short", b""],
        [*dectris1(3, IMAGE)[:1], json.dumps({"shape": [11, 13], "type": "uint32",
                                              "encoding": "bs8-lz4<"}).encode(), b""],
    ],
    "dectris2": [
        [b"\xd9\xd9\xf7" + b"\x81" * 100_000],
        [b"\xd9\xd9\xf7" + b"\xd8\x28" * 100_000],
        [b"\xd9\xd9\xf7\x9b" + b"\xff" * 8],
        [b"\xd9\xd9\xf7\x01"],
        [b""],
        [cbor2.dumps({"type": ["image"]})],
        dectris2(-1, IMAGE),
        dectris2(2**63, IMAGE),
        dectris2(3, IMAGE, data=[]),
        dectris2(3, IMAGE, data={}),
        dectris2(3, IMAGE, data={1: 2}),
        dectris2(3, IMAGE, data={"t": cbor2.CBORTag(40, [[13, 11], b"x"])}),
        dectris2(3, IMAGE, data={"t": cbor2.CBORTag(40, [[13, 11], cbor2.CBORTag(70, b"x")])}),
        dectris2(3, IMAGE, data={"t": cbor2.CBORTag(40, [[-1, 11], cbor2.CBORTag(70, b"")])}),
        dectris2(3, IMAGE, data={"t": cbor2.CBORTag(40, [[13, 11], cbor2.CBORTag(
            70, cbor2.CBORTag(56500, ["zip", 4, b""]))])}),
        dectris2(3, IMAGE, data={"t": cbor2.CBORTag(40, [[13, 11], cbor2.CBORTag(
            70, cbor2.CBORTag(56500, ["bslz4", 4, struct.pack(">QI", 572, 64) + b"\xff" * 60]))])}),
    ],
    "slsdet": [
        [DEEP, b"x"],
        slsdet(-1, IMAGE),
        slsdet(3, IMAGE, bitmode=4),
        slsdet(3, IMAGE, bitmode=[32]),
        slsdet(3, IMAGE, shape=[13]),
        slsdet(3, IMAGE, shape=[130, 110]),
        slsdet(3, IMAGE)[:1],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_malformed_message_costs_itself_and_no_other(name):
    """Each has a line that says why, and the frames before and after it have their scores."""
    scorer = Scorer(Screener(), np.ones((724, 724), bool), Report(), Reader(name))
    good = np.random.default_rng(1).poisson(50, (724, 724)).astype("u4")
    make = MAKERS[name]
    lines = scorer.take([make(0, good)])
    for bad in BAD[name]:
        lines += scorer.take([[zmq.Frame(part) for part in bad], make(1, good)])
    assert [line[4] == "ok" for line in lines] == [True, *[False, True] * len(BAD[name])]
    assert len({line[2] for line in lines if line[4] == "ok"}) == 1
    said = [line[4] for line in lines if line[4] != "ok"]
    assert all(20 < len(words) < 400 and "cannot be read (" not in words for words in said)


def test_random_damage_never_ends_a_stream():
    rng, good = np.random.default_rng(2), np.ones((724, 724), bool)
    for name, make in MAKERS.items():
        reader = Reader(name)
        scorer = Scorer(Screener(), good, Report(), reader)
        for _ in range(60):
            parts = [bytearray(part) for part in make(1, IMAGE)]
            part = parts[rng.integers(len(parts))]
            for _ in range(rng.integers(1, 9)):
                part[rng.integers(len(part))] = rng.integers(256)
            scorer.take([[bytes(part) for part in parts]])
        assert scorer.report.scored == 0  # all are smaller than a crop
        assert scorer.report.bad + scorer.report.received > 0


def test_what_is_no_known_format_is_named_and_the_next_message_decides():
    reader = Reader()
    for bad in ([DEEP], [b'{"htype": "array-1.0"}', b""], [b"\xff\x00"]):
        with pytest.raises(ValueError, match=r"docs/stream.md"):
            reader.read(bad)
    assert reader.read(ENDS["dectris1"]) == End()
    with pytest.raises(ValueError, match="expected one of DECTRIS Stream v1"):
        reader.read(pack("r1", 1, IMAGE))


def test_an_end_with_counts_that_are_none_still_ends():
    for counts in ('"sent": -5, "dropped": 1', '"sent": 1e400, "dropped": 0', '"sent": true'):
        assert Reader().read([b'{"end": true, ' + counts.encode() + b"}"]) == End()
    assert Reader().read(pack_end(5, 2)) == End(5, 2)


def test_without_cbor_the_stream_says_what_to_install(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "cbor2", None)
    with pytest.raises(ImportError, match=r"pip install \"sfxtutor\[beamline\]\""):
        stream(address, connection=Connection("dectris2"))


def test_what_was_scored_is_on_the_disk_when_the_stream_ends_by_an_error(address, tmp_path):
    def fail(report):
        if report.scored:
            raise ZeroDivisionError

    good = np.random.default_rng(1).poisson(50, (724, 724)).astype("u2")
    over = send_all("PUSH", address, [pack("r1", i + 1, good) for i in range(8)])
    with pytest.raises(ZeroDivisionError):
        stream(address, tmp_path / "s.csv", make_onnx(tmp_path / "m.onnx", [0.5]), watch=fail)
    over()
    assert len((tmp_path / "s.csv.partial").read_text().splitlines()) == 1 + 8
