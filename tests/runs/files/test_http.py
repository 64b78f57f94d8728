"""Ranges over HTTP against a server that cuts, ignores ranges, lies about lengths."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from miniserver import serve

from sfxtutor.runs.files import http
from sfxtutor.runs.files.http import RangeFile, download

CONTENT = np.random.default_rng(0).integers(0, 256, 300_000, dtype=np.uint8).tobytes()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0)
    monkeypatch.setattr(http, "BLOCK", 4096)
    monkeypatch.setattr(http, "PIECE", 1000)
    with serve({"/a.h5": CONTENT}) as server:
        yield server


def fetch(server, path, check=lambda length: None):
    download(server.url + "a.h5", path, check, progress=False)
    return path.read_bytes()


def test_a_whole_file_in_one_request(server, tmp_path):
    asked = []
    assert fetch(server, tmp_path / "a", asked.append) == CONTENT
    assert asked == [len(CONTENT)]
    assert server.requests == [("/a.h5", None)]


def test_a_cut_download_goes_on_where_it_stopped(server, tmp_path):
    server.cut_after = [100_000, 50_000, 1]  # the last one: less than a piece, lost
    assert fetch(server, tmp_path / "a") == CONTENT
    starts = [r for _, r in server.requests]
    assert starts == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-"]


def test_a_part_of_an_earlier_session_is_taken_up(server, tmp_path):
    (tmp_path / "a").write_bytes(CONTENT[:123_456])
    assert fetch(server, tmp_path / "a") == CONTENT
    assert server.requests == [("/a.h5", "bytes=123456-")]
    assert fetch(server, tmp_path / "a") == CONTENT  # complete: 416, nothing more
    assert server.sent == len(CONTENT) - 123_456


def test_a_part_longer_than_the_file_is_started_again(server, tmp_path):
    (tmp_path / "a").write_bytes(CONTENT + b"more")
    assert fetch(server, tmp_path / "a") == CONTENT


def test_a_server_that_ignores_ranges_sends_it_all_again(server, tmp_path):
    server.ranges = False
    server.cut_after = [100_000]
    assert fetch(server, tmp_path / "a") == CONTENT
    with pytest.raises(ConnectionError, match="does not send parts .* leave out frames and crop"):
        RangeFile(server.url + "a.h5")


def test_a_server_that_sends_another_part_is_not_believed(server, tmp_path):
    (tmp_path / "a").write_bytes(CONTENT[:1000])
    server.shift = 7
    with pytest.raises(ConnectionError, match="another part than byte 1000 on"):
        fetch(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT[:1000]


def test_without_progress_it_gives_up_and_keeps_what_it_has(server, tmp_path):
    server.cut_after = [100_000] + [0] * 50
    with pytest.raises(ConnectionError, match=r"6 times in a row.* run the same command again"):
        fetch(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT[:100_000]
    server.cut_after = []
    assert fetch(server, tmp_path / "a") == CONTENT


def test_a_length_that_is_never_reached_is_an_error(server, tmp_path):
    server.announce = len(CONTENT) + 50
    with pytest.raises(ConnectionError, match="6 times in a row"):
        fetch(server, tmp_path / "a")


def test_an_overloaded_server_is_asked_again_a_missing_file_is_not(server, tmp_path):
    server.status = [503, 500, 429]
    assert fetch(server, tmp_path / "a") == CONTENT
    with pytest.raises(FileNotFoundError, match=r"b.h5 is not on the server \(404\)"):
        download(server.url + "b.h5", tmp_path / "b", lambda length: None, progress=False)
    assert not (tmp_path / "b").exists()


def test_no_server_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(http, "PAUSE", 0)
    with serve({}) as server:
        url = server.url
    with pytest.raises(ConnectionError, match="could not be read .* check the network"):
        RangeFile(url + "a.h5")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(0, 20_000)), max_size=8))
def test_a_range_file_reads_like_the_file(server, reads):
    there = io.BytesIO(CONTENT)
    with RangeFile(server.url + "a.h5") as away:
        for offset, count in reads:
            assert away.seek(offset) == there.seek(offset)
            assert away.read(count) == there.read(count)
            assert away.tell() == there.tell()
        assert away.seek(-10, io.SEEK_END) == len(CONTENT) - 10
        assert away.read() == CONTENT[-10:]


def test_a_range_file_asks_once_for_a_block_and_again_after_a_cut(server):
    with RangeFile(server.url + "a.h5") as away:
        asked = len(server.requests)
        server.cut_after = [1000, 10]
        assert away.read(10_000) == CONTENT[:10_000]
        assert len(server.requests) == asked + 3
        away.seek(5)
        assert away.read(4000) == CONTENT[5:4005]
        assert len(server.requests) == asked + 3
        away.seek(200_000)
        away.read(1)
        assert server.requests[-1][1] == "bytes=196608-200703"


def test_a_range_file_keeps_the_blocks_of_late(server, monkeypatch):
    monkeypatch.setattr(http, "CACHED", 2)
    with RangeFile(server.url + "a.h5") as away:
        for block in (0, 1, 0, 2, 0):  # 2 takes the place of 1, not of 0
            away.seek(block * 4096)
            away.read(1)
    assert [r for _, r in server.requests[1:]] == [
        "bytes=0-4095",
        "bytes=4096-8191",
        "bytes=8192-12287",
    ]
