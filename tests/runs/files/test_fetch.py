"""Fetching CXIDB 76 from a local server with a miniature file; checks, subsets, labels."""

import hashlib
import multiprocessing
import os
import threading
from dataclasses import replace

import h5py
import numpy as np
import pytest
from minifiles import ArrayRun, flex_pickle, frames_of, make_labels
from miniserver import serve

from sfxtutor.runs.datasets import CARDS
from sfxtutor.runs.files import fetch, http
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.files.write import write_idh5
from sfxtutor.runs.open import open_run
from sfxtutor.support.disk import cache_dir

FRAMES = frames_of(12, 740)
WORDS = ["HIT", "MISS", "MAYBE"] * 4


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    run = ArrayRun(FRAMES, wavelength=1.3, distance=120.0, pixel=0.1, beam_center=(370.0, 360.0))
    return write_idh5(run, tmp_path_factory.mktemp("mini") / "m.h5", progress=False).read_bytes()


@pytest.fixture
def server(content, monkeypatch, tmp_path):
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path))
    monkeypatch.setattr(http, "PAUSE", 0)
    monkeypatch.setattr(http, "BLOCK", 1 << 16)
    for name in ("LN83", "L498"):
        monkeypatch.setitem(
            CARDS["cxidb"],
            name,
            replace(CARDS["cxidb"][name], frames=12, shape=(740, 740)),
        )
    with serve({"/ln83/r0018_2000.h5": content}) as server:
        yield server


def get(server, *args, **kwargs):
    return fetch.fetch_run("LN83", *args, base_url=server.url, progress=False, **kwargs)


def names(path):
    """Files beside a fetched one, the locks left out."""
    return sorted(p.name for p in path.parent.iterdir() if not p.name.startswith("."))


def test_a_whole_run_is_fetched_once_checked_and_opened(server, content, tmp_path):
    path = get(server)
    assert path == tmp_path / "cxidb76" / "LN83" / "r0018_2000.h5"
    assert path.read_bytes() == content
    assert names(path) == ["r0018_2000.h5", "r0018_2000.h5.sha256"]
    assert hashlib.sha256(content).hexdigest() in path.with_name(path.name + ".sha256").read_text()
    assert get(server) == path
    assert len(server.requests) == 1
    run = open_run("LN83", source="cxidb")
    assert (run.source, run.name, len(run), run.labels) == ("cxidb", "LN83", 12, None)
    assert run.card.gain == 0.27  # of the card
    assert run.card.wavelength == 1.3  # of the file
    assert (run[11] == FRAMES[11]).all()


def test_cut_connections_are_taken_up(server, content):
    server.cut_after = [5_000_000, 3_000_000, 3_000_000]
    assert get(server).read_bytes() == content
    assert len(server.requests) == 4


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, content):
    server.cut_after = [6_000_000] + [0] * 20
    with pytest.raises(ConnectionError, match="run the same command again"):
        get(server)
    folder = cache_dir() / "cxidb76" / "LN83"
    assert names(folder / "x") == ["r0018_2000.h5.part"]
    server.cut_after, server.sent = [], 0
    assert get(server).read_bytes() == content
    assert server.sent < len(content) - 5_900_000


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: b"<html>" + c, "is not an HDF5 file"),
        (lambda c: c[:-4000], "is cut short"),
        (None, "4 frames arrived; expected 12"),
    ],
)
def test_what_is_not_the_run_is_refused_and_not_kept(server, content, tmp_path, change, sentence):
    if change:
        wrong = change(content)
    else:
        wrong = write_idh5(ArrayRun(FRAMES[:4]), tmp_path / "w.h5", progress=False).read_bytes()
    server.files["/ln83/r0018_2000.h5"] = wrong
    with pytest.raises(ValueError, match=f"is not the run LN83: .*{sentence}.*fetch it again"):
        get(server)
    assert names(tmp_path / "cxidb76" / "LN83" / "x") == []
    server.files["/ln83/r0018_2000.h5"] = content
    assert get(server).exists()


def test_a_missing_file_and_an_unknown_run(server):
    with pytest.raises(FileNotFoundError, match=r"l498/r0027_2000.h5 is not on the server"):
        fetch.fetch_run("L498", base_url=server.url, progress=False)
    with pytest.raises(ValueError, match="has no run 'LN99'; expected one of LN83"):
        fetch.fetch_run("LN99")


def test_a_full_disk_keeps_the_part(server, content, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("", (), {"free": 10}))
    with pytest.raises(OSError, match="the disk is full .* set SFXTUTOR_DATA to another disk"):
        get(server)
    monkeypatch.undo()
    assert not (cache_dir() / "cxidb76" / "LN83" / "r0018_2000.h5").exists()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on file size")
def test_a_write_that_fails_in_the_middle_keeps_the_part(server, content):
    import resource
    import signal

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, old[1]))
        with pytest.raises(OSError, match="could not be written: .* goes on where it stopped"):
            get(server)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    part = cache_dir() / "cxidb76" / "LN83" / "r0018_2000.h5.part"
    assert part.read_bytes() == content[:4_000_000]
    assert get(server).read_bytes() == content
    assert server.requests[-1][1] == "bytes=4000000-"


def test_some_frames_are_read_without_the_rest(server, content):
    path = get(server, 3)
    assert path.name == "r0018_2000_first3.h5"
    assert server.sent < 0.4 * len(content)
    with FileRun(path) as run:
        assert len(run) == 3
        assert all((run[i] == FRAMES[i]).all() for i in range(3))
        assert (run.crop(1) == FRAMES[1, 8:732, 8:732]).all()
        assert run.card.wavelength == 1.3
        assert run.card.beam_center == pytest.approx((370, 360))
    assert fetch.verify_run("LN83") == ["r0018_2000_first3.h5: 3 frames, sha256 right"]


def test_crops_of_some_frames(server, content):
    path = get(server, 2, crop=True)
    assert path.name == "r0018_2000_first2_crop.h5"
    run = open_run("LN83", source="cxidb")
    assert (len(run), run.frames.crop_of, run.card.shape) == (2, (740, 740), (724, 724))
    assert (run[1] == FRAMES[1, 8:732, 8:732]).all()
    assert (run.crop(1) == run[1]).all()
    assert "photosystem" not in run.card.title
    assert "central crop of 740 x 740" in run.card.title


def test_a_subset_survives_cuts_and_goes_on(server):
    server.cut_after = [100] * 3
    assert (FileRun(get(server, 1))[0] == FRAMES[0]).all()
    server.cut_after = []
    needed = len(server.requests) - 3  # to open the file and read one frame
    server.cut_after = [10**9] * (needed + 1) + [0] * 50
    with pytest.raises(ConnectionError, match="6 times in a row"):
        get(server, 5)
    part = cache_dir() / "cxidb76" / "LN83" / "r0018_2000_first5.h5.part"
    with h5py.File(part, "r") as file:
        assert 1 <= file.attrs["written"] < 5
    server.cut_after = []
    assert all((FileRun(get(server, 5))[i] == FRAMES[i]).all() for i in range(5))


def test_a_subset_of_what_is_here_asks_no_server(server):
    get(server)
    asked = len(server.requests)
    assert (FileRun(get(server, 2, crop=True))[1] == FRAMES[1, 8:732, 8:732]).all()
    assert len(server.requests) == asked
    assert len(open_run("LN83", source="cxidb")) == 12  # the whole file comes first


def test_a_server_without_ranges_gives_no_subset(server):
    server.ranges = False
    with pytest.raises(ConnectionError, match="leave out frames and crop"):
        get(server, 2)
    assert get(server).exists()


def test_two_threads_fetch_one_file_once(server, content, capsys):
    results = []
    threads = [threading.Thread(target=lambda: results.append(get(server))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1
    assert len(results) == 3
    assert len(server.requests) == 1
    assert results[0].read_bytes() == content


def _fetch_in_process(url, card, queue):
    CARDS["cxidb"]["LN83"] = card
    queue.put(str(fetch.fetch_run("LN83", base_url=url, progress=False)))


def test_two_processes_fetch_one_file_once(server, content):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [
        context.Process(target=_fetch_in_process, args=(server.url, CARDS["cxidb"]["LN83"], queue))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    paths = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert paths[0] == paths[1]
    assert len(server.requests) == 1
    with open(paths[0], "rb") as file:
        assert file.read() == content


def test_verify_finds_a_changed_file(server):
    with pytest.raises(FileNotFoundError, match="Nothing of LN83 was fetched"):
        fetch.verify_run("LN83")
    path = get(server)
    assert fetch.verify_run("LN83") == ["r0018_2000.h5: 12 frames, sha256 right"]
    with h5py.File(path, "r+") as file:
        file["data/run_0000/images"][3, 5, 5] ^= 1
    with pytest.raises(ValueError, match="expected .* as when it arrived"):
        fetch.verify_run("LN83")


def test_labels_are_fetched_by_their_checksum_and_used(server, tmp_path, monkeypatch):
    text = make_labels(tmp_path / "a.txt", WORDS).read_bytes()
    server.files["/LN83/expert_annotation.txt"] = text
    with pytest.raises(ValueError, match="hash"):
        fetch.fetch_labels("LN83", server.url)
    monkeypatch.setitem(fetch.LABELS_SHA256, "LN83", hashlib.sha256(text).hexdigest())
    path = fetch.fetch_labels("LN83", server.url)
    assert path.read_bytes() == text
    assert fetch.fetch_labels("LN83", server.url) == path
    get(server, 4)
    assert open_run("LN83", source="cxidb").labels.tolist() == WORDS[:4]
    assert len(fetch.verify_run("LN83")) == 2
    with pytest.raises(ConnectionError, match="could not be fetched"):
        fetch.fetch_labels("LO19", server.url)


def test_a_mask_is_fetched_parsed_and_cropped_with_the_frames(server):
    mask = np.ones((740, 740), bool)
    mask[360:380, 360:380] = False
    server.files["/LN83/mask.pickle"] = flex_pickle(mask)
    fetch.fetch_mask("LN83", server.url)
    get(server, 1)
    assert (open_run("LN83", source="cxidb").mask == mask).all()
    get(server, 2, crop=True)
    run = open_run("LN83", source="cxidb")
    assert (run.mask == mask[8:732, 8:732]).all()
    with pytest.raises(ValueError, match="No mask of L498 is published"):
        fetch.fetch_mask("L498", server.url)


def test_list_and_info(server):
    rows = {(row["source"], row["name"]): row for row in fetch.list_runs()}
    assert len(rows) == 10
    assert rows["cxidb", "LN83"]["local"] == []
    assert "wavelength   unknown" in fetch.info("LN83")
    assert "simulation" in fetch.info("LN83", "twin")
    with pytest.raises(ValueError, match="No twin run 'LM51'"):
        fetch.info("LM51", "twin")
    path = get(server, 1)
    assert fetch.list_runs()[5]["local"] == [str(path)]
    assert "wavelength   1.3 Å" in fetch.info("LN83")
