"""Preparing a run: what is kept, what makes a cache stale, and what goes wrong on disks."""

import json
import multiprocessing
import os
import shutil
import time
from types import SimpleNamespace

import numpy as np
import pytest

from sfxtutor.cache import prepared as module
from sfxtutor.cache.prepared import prepare
from sfxtutor.preprocess import bin_max, gcn, lcn, rwd
from sfxtutor.runs.run import Run
from sfxtutor.spots import find_spots


class Toy(Run):
    """A run of four crops, one of them without spots; counts what is asked of it."""

    name, source, seed = "toy", "twin", 3
    mask = None

    def __init__(self, fingerprint="toy 1", gain=0.27):
        self.fingerprint = fingerprint
        self.card = SimpleNamespace(gain=gain)
        self.labels = np.array(["HIT", "MISS", "MAYBE", "HIT"])
        self.read = 0
        self.broken = {}

    def __len__(self):
        return 4

    def crop(self, i):
        self.read += 1
        if i in self.broken:
            raise self.broken[i]
        rng = np.random.default_rng(i)
        frame = 3000 + 28 * rng.standard_normal((724, 724))
        for y, x in rng.integers(0, 700, (0 if i == 1 else 20 + i, 2)):
            frame[y : y + 3, x : x + 3] += 2000
        return frame.astype(np.uint16)


@pytest.fixture
def run():
    return Toy()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "prepared"


def ask(run, cache, bin=4):
    return prepare(run, bin, cache, progress=False)


def only(cache):
    (folder,) = cache.iterdir()
    return folder


def test_prepared_is_what_the_plain_path_gives(run, cache):
    prepared = ask(run, cache)
    for i in range(4):
        crop = run.crop(i)
        frame = lcn(gcn(crop))
        np.testing.assert_allclose(prepared.rwd[i], rwd(frame), atol=1e-4)
        np.testing.assert_allclose(prepared.images[i], bin_max(frame, 4), atol=3e-3)  # float16
        assert prepared.spots[i] == len(find_spots(crop))
    assert prepared.spots[1] == 0
    assert prepared.spots[0] > 15
    assert (prepared.rwd.dtype, prepared.images.dtype) == (np.float32, np.float16)
    assert prepared.spots.dtype == np.int32
    assert prepared.images.shape == (4, 180, 180)
    assert (prepared.name, prepared.source, prepared.seed, prepared.bin) == ("toy", "twin", 3, 4)
    assert prepared.seconds > 0
    assert prepared.problems == {}
    np.testing.assert_array_equal(prepared.labels, run.labels)


def test_the_second_time_reads_the_disk_alone(run, cache):
    first = ask(run, cache)
    run.labels = None  # labels come from the run, not from the cache
    second = ask(run, cache)
    assert run.read == 4
    assert second.labels is None
    assert second.seconds == first.seconds
    assert isinstance(second.images, np.memmap)
    assert not second.images.flags.writeable
    np.testing.assert_array_equal(second.images, first.images)
    np.testing.assert_array_equal(second.rwd, first.rwd)


def test_the_default_cache_is_in_the_data_folder(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_DATA", str(tmp_path))
    prepare(run, 4, progress=False)
    assert (only(tmp_path / "prepared") / "rwd.npy").exists()


def test_whatever_decides_the_result_makes_another_folder(run, cache, monkeypatch):
    ask(run, cache)
    ask(run, cache, bin=2)
    ask(Toy("toy 2"), cache)
    ask(Toy(gain=0.5), cache)
    masked = Toy()
    masked.mask = np.ones((1920, 1920), bool)
    masked.mask[960, 960] = False
    ask(masked, cache)
    assert masked.read == 4
    assert len(list(cache.iterdir())) == 5
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    ask(run, cache)
    assert len(list(cache.iterdir())) == 6


def test_a_mask_of_the_frame_is_cropped_and_used(run, cache):
    run.mask = np.ones((1920, 1920), bool)
    run.mask[598 + 2 + 100] = False  # row 100 of the LCN frame, and two on either side
    prepared = ask(run, cache)
    assert np.all(prepared.rwd[:, 98:103] == 0)
    assert np.all(prepared.rwd[:, [97, 103]] > 0)


def test_a_run_without_a_known_gain_takes_the_rayonix(cache):
    run = Toy(gain=None)
    assert ask(run, cache).spots[0] == len(find_spots(run.crop(0), gain=0.27))


def truncate(folder):
    data = (folder / "images.npy").read_bytes()
    (folder / "images.npy").write_bytes(data[:-100])


def flip_a_bit(folder):
    data = bytearray((folder / "rwd.npy").read_bytes())
    data[-1] ^= 1
    (folder / "rwd.npy").write_bytes(data)


def half_written_notes(folder):
    text = (folder / "notes.json").read_text()
    (folder / "notes.json").write_text(text[: len(text) // 2])


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        flip_a_bit,
        half_written_notes,
        lambda folder: (folder / "spots.npy").unlink(),
        lambda folder: (folder / "notes.json").unlink(),
        lambda folder: (folder / "notes.json").write_text("{}"),
    ],
)
def test_a_damaged_cache_is_found_and_made_again(run, cache, damage):
    before = ask(run, cache)
    damage(only(cache))
    with pytest.warns(UserWarning, match="are damaged .* being computed again"):
        after = ask(run, cache)
    assert run.read == 8
    np.testing.assert_array_equal(before.rwd, after.rwd)
    assert ask(run, cache).problems == {}
    assert run.read == 8


def test_frames_that_fail_are_zeros_and_named(run, cache):
    run.broken = {1: OSError("chunk is cut off"), 3: ValueError("it holds NaN")}
    with pytest.warns(UserWarning, match=r"2 of 4 frames of toy .* frame 1 \(from 0\): chunk is"):
        prepared = ask(run, cache)
    assert set(prepared.problems) == {1, 3}
    assert not prepared.rwd[[1, 3]].any()
    assert not prepared.images[1].any()
    assert prepared.rwd[[0, 2]].all()
    assert len(prepared.labels) == 4


def test_a_blank_frame_does_not_stop_a_run(run, cache, monkeypatch):
    crop = run.crop
    monkeypatch.setattr(
        run, "crop", lambda i: np.zeros((724, 724), np.uint16) if i == 2 else crop(i)
    )
    with pytest.warns(UserWarning, match=r"frame 2 \(from 0\): Every good pixel"):
        assert ask(run, cache).spots[2] == 0


def test_a_run_of_broken_frames_alone_is_an_error_and_leaves_nothing(run, cache):
    run.broken = dict.fromkeys(range(4), OSError("chunk is cut off"))
    with pytest.raises(ValueError, match="None of the 4 frames of toy .* chunk is cut off"):
        ask(run, cache)
    assert list(cache.iterdir()) == []


def test_a_bin_that_does_not_divide_is_refused_before_any_work(run, cache):
    with pytest.raises(ValueError, match="Choose 1, 2 or 4"):
        ask(run, cache, bin=7)
    assert run.read == 0


def test_a_full_disk_is_said_before_any_work(run, cache, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**5))
    with pytest.raises(OSError, match=r"0 MB are free\), expected 0 MB of room") as caught:
        ask(run, cache)
    assert "SFXTUTOR_DATA" in str(caught.value)
    assert run.read == 0
    assert list(cache.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing(run, cache):
    """The system refuses files above 100 kB, as a full disk refuses the next byte."""
    resource = pytest.importorskip("resource", reason="no limits on file size on this system")
    ask(run, cache.parent / "other")  # compiled before the limit, which holds for Numba's files too
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="frames of toy"):
            ask(run, cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(cache.iterdir()) == []
    assert ask(run, cache).problems == {}


def test_a_cache_that_cannot_be_a_folder_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="the prepared frames"):
        ask(run, tmp_path / "file")


def test_an_interrupt_leaves_nothing(run, cache):
    run.broken = {2: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        ask(run, cache)
    assert list(cache.iterdir()) == []


def test_leftovers_of_killed_processes_go_after_a_day(run, cache):
    cache.mkdir()
    old, new = cache / "a.1.partial", cache / "b.2.partial"
    for folder in (old, new):
        folder.mkdir()
        (folder / "images.npy").write_bytes(b"half")
    day_and_more = time.time() - 25 * 3600
    os.utime(old, (day_and_more, day_and_more))
    ask(run, cache)
    assert not old.exists()
    assert new.exists()  # its process may be alive


def ask_and_report(cache, barrier, results):
    barrier.wait()
    prepared = ask(Toy(), cache)
    results.put((prepared.rwd.tobytes(), prepared.images[:].tobytes()))


def test_two_processes_at_once_get_the_same_and_leave_one_folder(run, cache):
    expected = ask(run, cache.parent / "other")
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=ask_and_report, args=(cache, barrier, results)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    answers = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert answers == [(expected.rwd.tobytes(), expected.images[:].tobytes())] * 2
    assert sorted(path.name for path in only(cache).iterdir()) == [
        "images.npy",
        "notes.json",
        "rwd.npy",
        "spots.npy",
    ]


def test_the_second_to_finish_takes_what_the_first_left(run, cache, monkeypatch):
    """The loser of the race removes its own folder and reads the winner's."""
    write = module.write_prepared

    def write_and_be_late(*arguments):
        monkeypatch.setattr(module, "write_prepared", write)
        ask(Toy(), cache)
        write(*arguments)

    monkeypatch.setattr(module, "write_prepared", write_and_be_late)
    ask(run, cache)
    assert json.loads((only(cache) / "notes.json").read_text())["run"] == "toy"


def test_the_progress_bar_counts_the_frames(run, cache, capsys):
    prepare(run, 4, cache)
    bar = capsys.readouterr().err
    assert "preparing toy" in bar
    assert "4/4" in bar
    prepare(run, 4, cache)
    assert capsys.readouterr().err == ""
