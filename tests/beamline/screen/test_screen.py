"""Screening: every frame gets its line, once, whatever happens to its neighbours and workers."""

import csv
import errno
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import dask
import deadly
import distributed  # noqa: F401  its configuration must be there before it is changed
import h5py
import keras
import numpy as np
import psutil
import pytest
from minifiles import make_idh5, make_onnx
from places import ROOT, SHARED

from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen import cluster
from sfxtutor.beamline.screen.blocks import Job, blocks_of
from sfxtutor.beamline.screen.cluster import local_cluster, run_here, run_on_dask
from sfxtutor.beamline.screen.inputs import Inputs
from sfxtutor.beamline.screen.ledger import Ledger
from sfxtutor.beamline.screen.screen import ExtraOutputs, screen
from sfxtutor.cli.main import main
from sfxtutor.runs.twin.run import TwinRun

quietly = partial(screen, progress=False)
AS_RWD = ["--model", "rwd"]  # twelve times as fast where thousands of frames are scored
SFXTUTOR = [sys.executable, "-m", "sfxtutor"]


def lines_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def job():
    return Job(str(Screener("rwd").path))


@pytest.fixture(scope="module")
def twin_file(tmp_path_factory):
    """Six frames of a twin, hits and misses, as an idh5 file."""
    run = TwinRun("LN83")
    chosen = [*np.flatnonzero(run.labels == "HIT")[:3], *np.flatnonzero(run.labels == "MISS")[:3]]
    path = tmp_path_factory.mktemp("twin") / "twin.h5"
    make_idh5(path, {"run_0000": np.stack([run[i] for i in chosen])})
    return path


@pytest.fixture(scope="module")
def long_files(tmp_path_factory):
    """Ten files of 2,000 frames each; their 200 chunks are links to one, so they are small."""
    folder, run = tmp_path_factory.mktemp("long"), TwinRun("LN84")
    paths = [folder / f"run{number}.h5" for number in range(10)]
    for number, path in enumerate(paths):
        make_idh5(path, {"run_000": np.stack([run.crop(10 * number + i) for i in range(10)])})
        with h5py.File(path, "r+") as file:
            for chunk in range(1, 200):
                file[f"data/run_{chunk:03}"] = file["data/run_000"]
    return paths


def check_long(out, files):
    """Every frame of the long files has one line, and frames that are the same the same score."""
    lines = lines_of(out)
    assert [(line["file"], int(line["frame"])) for line in lines] == [
        (str(path), frame) for path in files for frame in range(1, 2001)
    ]
    assert {line["status"] for line in lines} == {"ok"}
    p = np.array([float(line["p_hit"]) for line in lines]).reshape(len(files), 200, 10)
    assert (p == p[:, :1]).all()
    assert np.ptp(p) > 0.5


def test_every_frame_has_a_line_with_its_score(twin_file, tmp_path):
    out = tmp_path / "scores.csv"
    summary = quietly([twin_file, twin_file], out)
    lines = lines_of(out)
    assert list(lines[0]) == ["file", "frame", "p_hit", "is_hit", "status"]
    assert [int(line["frame"]) for line in lines] == [1, 2, 3, 4, 5, 6] * 2
    assert {line["status"] for line in lines} == {"ok"}
    assert [line["p_hit"] for line in lines[:6]] == [line["p_hit"] for line in lines[6:]]
    threshold = Screener().threshold
    for line in lines:
        assert int(line["is_hit"]) == (float(line["p_hit"]) >= threshold)
    assert summary.frames == summary.scored == 12
    assert summary.hits == sum(int(line["is_hit"]) for line in lines)
    assert "(6/12, 95 %: 25 to 75)" in str(summary)
    assert list(tmp_path.iterdir()) == [out]


def test_hits_score_above_misses(twin_file, tmp_path):
    quietly([twin_file], tmp_path / "s.csv")
    p = [float(line["p_hit"]) for line in lines_of(tmp_path / "s.csv")]
    assert min(p[:3]) > max(p[3:])


def test_rwd_gives_frames_of_a_photon_counter_a_status_and_no_score(twin_file, tmp_path):
    counted = np.random.default_rng(0).poisson(0.5, (3, 800, 800)).astype("u2")
    counted[0, 400:403, 400:403] += 40  # a spot
    make_idh5(tmp_path / "eiger.h5", {"run_0": counted})
    summary = quietly([tmp_path / "eiger.h5", twin_file], tmp_path / "s.csv", "rwd")
    lines = lines_of(tmp_path / "s.csv")
    assert all("counted photons" in line["status"] for line in lines[:3])
    assert {(line["p_hit"], line["is_hit"]) for line in lines[:3]} == {("", "")}
    assert {line["status"] for line in lines[3:]} == {"ok"}
    assert (summary.frames, summary.scored) == (9, 6)


def spotted(shape, photons, seed, count=25, background=0.5):
    """A frame of counted photons with a point spread of spots, and one without: two u2 arrays."""
    rng = np.random.default_rng(seed)
    mean = np.full(shape, background)
    spread = np.outer(*[np.exp(-np.square(np.arange(-2, 3)) / 0.9)] * 2)
    for y, x in rng.integers(8, np.array(shape) - 8, (count, 2)):
        mean[y - 2 : y + 3, x - 2 : x + 3] += photons * spread / spread.sum()
    return rng.poisson(mean).astype("u2"), rng.poisson(background, shape).astype("u2")


@pytest.mark.parametrize("shape", [(800, 800), (487, 619), (256, 256)])
def test_frames_of_a_photon_counter_of_any_size_are_scored(shape, tmp_path):
    frames = [frame for seed in range(3) for frame in spotted(shape, 40, seed)]
    make_idh5(tmp_path / "eiger.h5", {"run_0": np.stack(frames)})
    summary = quietly([tmp_path / "eiger.h5"], tmp_path / "s.csv")
    lines = lines_of(tmp_path / "s.csv")
    assert {line["status"] for line in lines} == {"ok"}
    assert [line["is_hit"] for line in lines] == ["1", "0"] * 3
    assert (summary.scored, summary.hits) == (6, 3)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real frame is for developers (../shared)")
def test_the_real_hit_is_called_a_hit(tmp_path):
    quietly([SHARED / "real" / "mfx_rayonix_hit.h5"], tmp_path / "s.csv")
    (line,) = lines_of(tmp_path / "s.csv")
    assert line["is_hit"] == "1"


def test_a_model_of_ones_own(tmp_path, twin_file):
    inputs = keras.Input((720,))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
    model.save(tmp_path / "mine.keras")
    summary = quietly([twin_file], tmp_path / "s.csv", tmp_path / "mine.keras")
    assert summary.scored == 6


def test_a_thousand_frames_take_no_more_memory_than_a_few(tmp_path):
    frame = TwinRun("LN83").crop(0)
    path = tmp_path / "long.h5"
    make_idh5(path, {"run_0000": np.stack([frame] * 2)})
    with h5py.File(path, "r+") as file:  # 1,000 frames, most of them without room on the disk
        chunk = file["data/run_0000"]
        del chunk["images"]
        chunk.create_dataset("images", shape=(1000, 724, 724), dtype="u2", chunks=(1, 724, 724),
                             compression="gzip", compression_opts=1)  # fmt: skip
        for i in range(0, 1000, 100):
            chunk["images"][i] = frame
        for name in ("distance", "wavelength", "timestamp"):
            value = chunk[name][0]
            del chunk[name]
            chunk[name] = [value] * 1000
    quietly([path], tmp_path / "warm.csv")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    summary = quietly([path], tmp_path / "s.csv")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert summary.frames == 1000
    assert summary.scored == 10  # the others are constant: each says so
    assert "contrast" in lines_of(tmp_path / "s.csv")[1]["status"]
    assert grown < 50_000  # kB; the frames themselves are 1 GB


def test_screening_loads_no_tensorflow(twin_file, tmp_path):
    code = (
        "import sys; from sfxtutor.beamline.screen.screen import screen;"
        f"screen([{str(twin_file)!r}], {str(tmp_path / 's.csv')!r}, progress=False);"
        "sys.exit('tensorflow' in sys.modules or 'distributed' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_broken_file_has_one_line_and_the_others_go_on(twin_file, tmp_path):
    broken = tmp_path / "broken.h5"
    broken.write_bytes(twin_file.read_bytes()[:4000])
    with pytest.warns(UserWarning, match="broken.h5 is left out"):
        summary = quietly([broken, twin_file], tmp_path / "s.csv")
    first, *others = lines_of(tmp_path / "s.csv")
    assert first["file"] == str(broken)
    assert first["frame"] == first["p_hit"] == ""
    assert len(first["status"]) > 20
    assert len(others) == 6
    assert summary.failed == 1


def test_a_detector_that_is_too_small_for_rwd_says_so_in_each_line(tmp_path):
    make_idh5(tmp_path / "small.h5", {"run_0000": np.ones((2, 300, 400), "u2")})
    summary = quietly([tmp_path / "small.h5"], tmp_path / "s.csv", "rwd")
    assert summary.scored == 0
    assert all("724" in line["status"] for line in lines_of(tmp_path / "s.csv"))


def test_a_corrupt_chunk_costs_its_frame_and_no_other(twin_file, tmp_path, job):
    path = tmp_path / "corrupt.h5"
    make_idh5(path, {"run_0000": np.zeros((1, 1, 1), "u2")})
    with h5py.File(path, "r+") as file, h5py.File(twin_file) as good:
        del file["data/run_0000/images"]
        frames = good["data/run_0000/images"][:, :730, :730]
        stack = file.create_dataset("data/run_0000/images", data=frames, chunks=(1, 730, 730),
                                    compression="gzip", fletcher32=True)  # fmt: skip
        chunk = stack.id.get_chunk_info(2)
    with open(path, "r+b") as file:
        file.seek(chunk.byte_offset + chunk.size // 2)
        file.write(b"\xff\x00" * 50)
    quietly([path], tmp_path / "s.csv")
    lines = lines_of(tmp_path / "s.csv")
    assert [line["status"] == "ok" for line in lines] == [True, True, False, True, True, True]
    assert "Frame 2 of corrupt cannot be read" in lines[2]["status"]
    assert lines[2]["p_hit"] == ""


def test_a_file_that_is_cut_while_it_is_read_keeps_its_first_scores(tmp_path, job):
    path = tmp_path / "cut.h5"
    make_idh5(path, {"run_0000": np.stack([TwinRun("LN83").crop(i) for i in range(6)])})
    results = []
    for _, result in run_here(blocks_of(0, str(path), range(6), size=2), job):
        results += result
        os.truncate(path, path.stat().st_size // 2)
    assert [status for _, status in results[:2]] == ["ok", "ok"]
    assert results[-1][0] is None
    assert "damaged or still being written" in results[-1][1]
    ((_, reopened),) = run_here(blocks_of(0, str(path), range(6)), job)
    assert all(p is None and "Copy or fetch it again" in why for p, why in reopened)


def test_a_file_that_is_replaced_is_opened_anew(tmp_path):
    path, run = tmp_path / "run.h5", TwinRun("LN83")
    p = []
    for label in ("HIT", "MISS"):
        path.unlink(missing_ok=True)
        make_idh5(path, {"run_0000": run.crop(np.flatnonzero(run.labels == label)[0])[None]})
        quietly([path], tmp_path / "s.csv")
        p += [float(line["p_hit"]) for line in lines_of(tmp_path / "s.csv")]
    assert p[0] > p[1] + 0.3


def full_disk(limit):
    """Let no file of the process grow beyond that size in bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_a_full_disk_keeps_what_was_scored_and_the_same_command_goes_on(long_files, tmp_path):
    out = tmp_path / "s.csv"
    command = [*SFXTUTOR, "screen", str(long_files[0]), "--out", str(out), *AS_RWD]
    done = subprocess.run(
        command, preexec_fn=partial(full_disk, 20_000), capture_output=True, text=True
    )
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("sfxtutor: Cannot write")
    assert "goes on where it stopped" in error
    assert not out.exists()
    kept = (tmp_path / "s.csv.partial").read_bytes()
    assert 10_000 < len(kept) <= 20_000
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert f"{kept.count(b'[0, ') - (not kept.endswith(b']' + bytes([10])))} of them before" in (
        done.stdout
    )
    check_long(out, long_files[:1])


def wait_for(condition, process, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def size_of(path):
    return path.stat().st_size if path.exists() else 0


def workers_of(process):
    """The processes that score, of a screening on several cores."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.Error):  # dead by now, as the one that was killed before
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def start(command):
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_a_worker_that_is_killed_twice_costs_no_frame(long_files, tmp_path):
    out, kept = tmp_path / "s.csv", tmp_path / "s.csv.partial"
    command = [*SFXTUTOR, "screen", *map(str, long_files), "--out", str(out), "--workers", "2"]
    command += AS_RWD
    process, memory = start(command), 0
    for _ in range(2):
        before = size_of(kept)
        wait_for(lambda before=before: size_of(kept) > before + 5_000, process)
        victim = workers_of(process)[0]
        memory = max(memory, victim.memory_info().rss)
        victim.kill()
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    assert "20000 of 20000 frames scored" in output
    assert "Traceback" not in errors
    assert memory < 1e9  # bytes
    check_long(out, long_files)


def test_ctrl_c_ends_in_one_sentence_and_the_same_command_goes_on(long_files, tmp_path):
    files, out = long_files[:4], tmp_path / "s.csv"
    kept = tmp_path / "s.csv.partial"
    command = [*SFXTUTOR, "screen", *map(str, files), "--out", str(out), "--workers", "2"]
    command += AS_RWD
    process = start(command)
    wait_for(lambda: size_of(kept) > 10_000, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the command
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "sfxtutor: stopped; what was finished is kept" in errors
    assert "Traceback" not in errors
    assert not out.exists()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "of them before" in done.stdout
    check_long(out, files)


class PressesCtrlC:
    """Is pressed while Python runs a finalizer, where an exception is dropped."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_a_finalizer_is_not_lost(long_files, tmp_path, monkeypatch, capfd):
    def score(blocks, job):
        for pair in run_here(blocks, job):
            PressesCtrlC()
            yield pair

    monkeypatch.setattr("sfxtutor.beamline.screen.screen.run_here", score)
    out = tmp_path / "s.csv"
    assert main(["screen", str(long_files[0]), "--out", str(out), *AS_RWD]) == 130
    errors = capfd.readouterr().err
    assert "sfxtutor: stopped; what was finished is kept" in errors
    assert "Traceback" not in errors
    monkeypatch.undo()
    assert 0 < quietly(long_files[:1], out, "rwd").found < 2000
    check_long(out, long_files[:1])


def test_a_killed_screening_goes_on_and_scores_no_frame_twice(long_files, tmp_path):
    files, out, kept = long_files[:2], tmp_path / "s.csv", tmp_path / "s.csv.partial"
    command = [*SFXTUTOR, "screen", *map(str, files), "--out", str(out), *AS_RWD]
    process = start(command)
    wait_for(lambda: size_of(kept) > 10_000, process)
    process.kill()
    process.communicate(timeout=60)
    with open(kept, "ab") as file:
        file.write(b'[1, 1999, 0.7, "o')  # torn by the kill
    finished = kept.read_bytes().count(b"\n") - 1
    summary = quietly(files, out, "rwd")
    assert summary.found == finished
    check_long(out, files)


def test_two_screenings_do_not_write_one_file(twin_file, tmp_path):
    out = tmp_path / "s.csv"
    held = "import time\nfrom pathlib import Path\n"
    held += "from sfxtutor.beamline.screen.screen import _alone\n"
    held += f"with _alone(Path({str(out)!r} + '.partial')): print(1, flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", held], stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        with pytest.raises(OSError, match="Another screening is writing"):
            quietly([twin_file], out)
    finally:
        other.kill()
        other.communicate()
    assert quietly([twin_file], out).scored == 6


def test_a_frame_that_kills_its_workers_costs_itself_alone(long_files, job, monkeypatch):
    monkeypatch.setattr(cluster, "score_block", deadly.score_block)
    blocks = [*blocks_of(0, str(long_files[0]), range(12), size=4)]
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), local_cluster(1) as at:
        found = {}
        for block, result in run_on_dask(blocks, job, at):
            found |= dict(zip(block.frames, result, strict=True))
    assert sorted(found) == list(range(12))
    assert [i for i, (p, _) in found.items() if p is None] == [5]
    assert found[5][1] == "every worker that read this frame died"


@pytest.fixture
def dask_processes():
    """Start and stop a scheduler and workers of a Dask cluster as commands of their own."""
    running = []

    def begin(kind, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        command += ["--no-dashboard"]
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        return running[-1]

    yield begin
    for process in running:
        process.kill()  # a worker that is asked to end first waits for a scheduler that is gone
        process.wait(30)


def test_a_scheduler_that_is_killed_and_started_again(long_files, job, dask_processes, free_port):
    address = f"tcp://127.0.0.1:{free_port}"

    def begin():
        scheduler = dask_processes("scheduler", "--host", "127.0.0.1", "--port", str(free_port))
        dask_processes("worker", address, "--nthreads", "1", "--no-nanny")
        return scheduler

    scheduler, done = begin(), []
    blocks = [*blocks_of(0, str(long_files[0]), range(2000), size=100)]
    for block, result in run_on_dask(blocks, job, address):
        done += block.frames
        assert all(status == "ok" for _, status in result)
        if scheduler and len(done) >= 500:
            scheduler.kill()
            scheduler.wait()
            begin()
            scheduler = None
    assert scheduler is None
    assert sorted(done) == list(range(2000))


def test_no_scheduler_is_one_sentence(job, free_port):
    with pytest.raises(OSError, match="No scheduler answers at tcp://.* goes on where it stopped"):
        list(run_on_dask([*blocks_of(0, "x", [0])], job, f"tcp://127.0.0.1:{free_port}", 0.1))


FAKE_SLURM = {  # what the two commands of SLURM do, on this machine; the script is gone soon after
    "sbatch": 'job=$(cat "$1")\nsetsid bash -c "$job" > /dev/null 2>&1 &\n'
    'echo "Submitted batch job $!"\n',
    "scancel": 'for job; do kill -- "-$job"; echo "$job" >> "$(dirname "$0")/ended"; done\n',
}


def test_the_script_for_slurm_submits_workers_screens_and_cancels_them(long_files, tmp_path):
    for name, text in FAKE_SLURM.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}")
        (tmp_path / name).chmod(0o755)
    script = ROOT / "examples" / "slurm_screen.py"
    command = [sys.executable, script, "--workers", "2", "--interface", "lo", "--out", "s.csv"]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([*command, *AS_RWD, *long_files[:1]], cwd=tmp_path, env=os.environ | path,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert "2000 of 2000 frames scored" in done.stdout, done.stderr
    check_long(tmp_path / "s.csv", long_files[:1])
    assert len((tmp_path / "ended").read_text().split()) >= 2


def test_a_script_without_a_guard_is_told_what_is_missing(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from sfxtutor.beamline.screen.cluster import *\nwith local_cluster(1): pass\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


def test_one_file_is_open_at_a_time(long_files):
    inputs = Inputs(long_files[:3])
    assert inputs.frames == [2000] * 3
    first = inputs[0]
    assert first[0].shape == (724, 724)
    assert inputs[0] is first
    assert inputs[1][0].shape == (724, 724)
    with pytest.raises(ValueError, match="is closed"):
        first[0]


def test_workers_and_one_process_give_the_same(twin_file, tmp_path):
    for workers in (1, 2):
        quietly([twin_file], tmp_path / f"{workers}.csv", workers=workers)
    assert (tmp_path / "1.csv").read_text() == (tmp_path / "2.csv").read_text()


def test_the_ledger_takes_each_frame_once_and_cuts_a_torn_line(tmp_path):
    path = tmp_path / "ledger"
    first, second = blocks_of(0, "x", range(4), size=2)
    with Ledger(path, ["key"], [4]) as ledger:
        ledger.add(first, [(0.25, "ok"), (None, "broken")])
        ledger.add(first, [(0.75, "ok"), (0.75, "ok")])
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with Ledger(path, ["key"], [4]) as ledger:
            ledger.add(first, [(0.25, "ok"), (None, "broken")])
            ledger.add(second, [(0.5, "ok"), (0.5, "ok")])
        with Ledger(path, ["key"], [4]) as ledger:
            assert ledger.frames_done == 4
            np.testing.assert_array_equal(ledger.p[0], [0.25, np.nan, 0.5, 0.5])
            assert ledger.problems == {(0, 1): "broken"}
            assert (ledger.scored, ledger.hits(0.5)) == (3, 2)
        assert path.read_bytes().count(b"\n") == 5


def test_the_scores_of_another_screening_are_not_gone_on_with(twin_file, tmp_path):
    out = tmp_path / "s.csv"
    with Ledger(tmp_path / "s.csv.partial", ["another"], [6]):
        pass
    with pytest.raises(ValueError, match="scores of another screening.* Choose another --out"):
        quietly([twin_file], out)


def test_numbers_that_make_no_sense(twin_file, tmp_path):
    with pytest.raises(ValueError, match="Found 0 workers"):
        quietly([twin_file], tmp_path / "s.csv", workers=0)
    with pytest.raises(ValueError, match="share of misses of 20, expected 0 to 1"):
        ExtraOutputs(keep_misses=20, hits="h.h5")
    with pytest.raises(ValueError, match="expected --hits or --events"):
        ExtraOutputs(keep_misses=0.1)


def test_the_command_says_what_it_did_and_fails_in_one_sentence(twin_file, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert main(["screen", str(twin_file), "--out", str(out)]) == 0
    assert "6 of 6 frames scored" in capsys.readouterr().out
    assert len(lines_of(out)) == 6
    assert main(["screen", str(twin_file), "--out", str(tmp_path / "none" / "s.csv")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("sfxtutor: Found no folder")
    assert error.count("\n") == 1


def test_frames_of_another_file_format_are_named(tmp_path):
    (tmp_path / "words.h5").write_text("no frames")
    with pytest.warns(UserWarning, match="is not an HDF5 file"):
        summary = quietly([tmp_path / "words.h5"], tmp_path / "s.csv")
    assert (summary.frames, summary.failed) == (0, 1)


@pytest.mark.parametrize(
    ("also", "why"),
    [
        ({"hits": "in.h5"}, "is one of the files to be screened"),
        ({"events": "in.h5"}, "is one of the files to be screened"),
        ({"hits": "other.h5"}, "holds frames"),
        ({"parquet": "other.h5"}, "holds frames"),
        ({"events": "s.csv"}, "is named twice"),
        ({"events": "e.lst", "hits": "e_misses.lst", "keep_misses": 0.5}, "is named twice"),
        ({"hits": "folder"}, "is a folder"),
    ],
)
def test_nothing_that_is_there_is_overwritten(twin_file, tmp_path, also, why):
    for name in ("in.h5", "other.h5"):
        (tmp_path / name).write_bytes(twin_file.read_bytes())
    (tmp_path / "folder").mkdir()
    places = {k: v if k == "keep_misses" else tmp_path / v for k, v in also.items()}
    with pytest.raises(ValueError, match=why):
        quietly([tmp_path / "in.h5"], tmp_path / "s.csv", also=ExtraOutputs(**places))
    for name in ("in.h5", "other.h5"):
        assert (tmp_path / name).read_bytes() == twin_file.read_bytes()
    assert not (tmp_path / "s.csv").exists()


def test_a_model_that_is_changed_under_its_name_is_another_one(twin_file, tmp_path):
    for p in (0.875, 0.125):
        make_onnx(tmp_path / "m.onnx", [p])
        quietly([twin_file], tmp_path / "s.csv", tmp_path / "m.onnx")
        assert {line["p_hit"] for line in lines_of(tmp_path / "s.csv")} == {f"{p:.5f}"}


def test_what_a_model_must_be(twin_file, tmp_path):
    with pytest.raises(ValueError, match=r"p_hit of each, \(n, 1\)"):
        Screener(make_onnx(tmp_path / "two.onnx", [0.1, 0.9]))
    for threshold in (float("nan"), 50):
        with pytest.raises(ValueError, match="expected p_hit from 0 to 1"):
            Screener(threshold=threshold)
    summary = quietly([twin_file], tmp_path / "s.csv", make_onnx(tmp_path / "n.onnx", [np.nan]))
    assert (summary.frames, summary.scored, summary.hits) == (6, 0, 0)
    assert {line["status"] for line in lines_of(tmp_path / "s.csv")} == {
        "the model gave no number for this frame"
    }


def test_a_file_that_grew_is_not_scored_under_old_numbers(twin_file, job):
    (block,) = blocks_of(0, str(twin_file), range(3), of=5)
    ((_, result),) = run_here([block], job)
    assert [p for p, _ in result] == [None] * 3
    assert "holds 6 frames and held 5 when the screening began" in result[0][1]


def test_a_file_that_changed_before_the_hits_were_written_is_refused(twin_file, tmp_path):
    path = tmp_path / "a.h5"
    path.write_bytes(twin_file.read_bytes())
    inputs = Inputs([path])
    os.utime(path, (1, 1))
    with pytest.raises(ValueError, match="has changed since the screening began"):
        inputs[0]


def test_links_to_files_keep_their_names(twin_file, tmp_path):
    (tmp_path / "blob").write_bytes(twin_file.read_bytes())
    (tmp_path / "LN84.h5").symlink_to(tmp_path / "blob")
    good = np.ones((1920, 1920), bool)
    np.savez(tmp_path / "masks.npz", LN84=good, LN83=good)  # chosen by the file's name
    summary = quietly([tmp_path / "LN84.h5"], tmp_path / "s.csv", mask=tmp_path / "masks.npz")
    assert summary.scored == 6


def test_a_name_that_is_no_text_is_kept(twin_file, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.h5"))
    path.write_bytes(twin_file.read_bytes())
    quietly([path], tmp_path / "s.csv", also=ExtraOutputs(events=tmp_path / "e.lst"))
    for name in ("s.csv", "e.lst"):
        assert b"caf\xe9.h5" in (tmp_path / name).read_bytes()


def test_a_worker_without_the_model_is_one_sentence(long_files):
    with local_cluster(1) as at, pytest.raises(ValueError, match="A worker failed on .*nothing"):
        list(run_on_dask([*blocks_of(0, str(long_files[0]), [0])], Job("nothing.onnx"), at))


def test_patience_is_counted_from_when_the_scheduler_is_lost(job, monkeypatch):
    block, lives = next(blocks_of(0, "x", [0])), []

    def session(blocks, job, address):
        lives.append(time.monotonic())
        if len(lives) < 3:
            time.sleep(0.3)  # longer than the patience: at work all the time
            raise ConnectionError("gone")
        yield block, [(0.5, "ok")]

    monkeypatch.setattr(cluster, "session", session)
    monkeypatch.setattr(cluster.time, "sleep", lambda seconds: None)
    assert list(run_on_dask([block], job, "tcp://nowhere", patience=30)) == [(block, [(0.5, "ok")])]
    lives.clear()
    with pytest.raises(OSError, match="No scheduler answers at tcp://nowhere"):
        list(run_on_dask([block], job, "tcp://nowhere", patience=-1))
    assert len(lives) == 1


def test_a_damaged_ledger_is_believed_up_to_the_damage(tmp_path):
    path = tmp_path / "ledger"
    first, second = blocks_of(0, "x", range(4), size=2)
    with Ledger(path, ["key"], [4]) as ledger:
        ledger.add(first, [(0.25, "ok"), (0.5, "ok")])
    good = path.read_bytes()
    path.write_bytes(good + b'[0, 2, 0.5, "o\n\x00\x00\n[0, 3, 0.75, "ok"]\n')
    with pytest.warns(UserWarning, match="is damaged"):
        ledger = Ledger(path, ["key"], [4])
    with ledger:
        assert ledger.missing(0).tolist() == [2, 3]
        ledger.add(second, [(0.5, "ok"), (0.5, "ok")])
    assert path.read_bytes().startswith(good)
    with Ledger(path, ["key"], [4]) as ledger:
        assert ledger.frames_done == 4


POISON = {
    "a p above 1": b'[0, 2, 7.5, "ok"]',
    "no number": b'[0, 2, NaN, "ok"]',
    "infinity": b'[0, 2, 1e999, "ok"]',
    "a frame before the first": b'[0, -1, 0.5, "ok"]',
    "a file before the first": b'[-1, 2, 0.5, "ok"]',
    "a frame behind the last": b'[0, 4, 0.5, "ok"]',
    "a huge frame": b'[0, 99999999999999999999999, 0.5, "ok"]',
    "booleans": b'[false, true, 0.5, "ok"]',
    "a boolean for p": b'[0, 2, true, "ok"]',
    "a score with a reason for none": b'[0, 2, 0.5, "broken"]',
    "no score without a reason": b'[0, 2, null, "ok"]',
    "a reason that is none": b"[0, 2, null, 7]",
    "an object": b'{"0": 2}',
    "too many values": b'[0, 2, 0.5, "ok", 1]',
    "nested": b"[" * 50_000,
    "long": b'[0, 2, null, "' + b"a" * 200_000 + b'"]',
    "no text": b'[0, 2, null, "\xff"]',
}


@pytest.mark.parametrize("line", POISON.values(), ids=POISON)
def test_what_no_screening_wrote_is_not_believed(line, tmp_path):
    path = tmp_path / "ledger"
    first, second = blocks_of(0, "x", range(4), size=2)
    with Ledger(path, ["key"], [4]) as ledger:
        ledger.add(first, [(0.25, "ok"), (None, "café 'x'")])
    good = path.read_bytes()
    path.write_bytes(good + line + b"\n")
    with pytest.warns(UserWarning, match="damaged behind its first 2 frames"):
        ledger = Ledger(path, ["key"], [4])
    with ledger:
        assert ledger.missing(0).tolist() == [2, 3]
        assert ledger.p[0][0] == 0.25
        ledger.add(second, [(1.0, "ok"), (0.0, "ok")])
    assert path.read_bytes().startswith(good + b"[0, 2, 1.0")
    with Ledger(path, ["key"], [4]) as ledger:
        assert ledger.frames_done == 4


def test_a_file_that_is_no_ledger_is_not_written_over(tmp_path):
    path = tmp_path / "ledger"
    path.write_bytes(b"notes of mine, in one line")
    with pytest.raises(ValueError, match="scores of another screening"):
        Ledger(path, ["key"], [4])
    assert path.read_bytes() == b"notes of mine, in one line"


def test_a_damaged_ledger_is_one_sentence_and_the_screening_is_complete(twin_file, tmp_path):
    out = tmp_path / "s.csv"
    quietly([twin_file], tmp_path / "expected.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sfxtutor.beamline.screen.writers.write_csv", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            quietly([twin_file], out)
    partial_ = tmp_path / "s.csv.partial"
    head, *lines = partial_.read_bytes().splitlines(keepends=True)
    partial_.write_bytes(head + b"".join(lines[:3]) + b'[0, -2, 0.9, "ok"]\n' + lines[4])
    with pytest.warns(UserWarning, match="the others are scored again") as found:
        summary = quietly([twin_file], out)
    assert len(found) == 1
    assert (summary.found, summary.scored) == (3, 6)
    assert out.read_bytes() == (tmp_path / "expected.csv").read_bytes()


def test_a_path_may_begin_with_the_users_home(twin_file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.h5").write_bytes(twin_file.read_bytes())
    np.save(tmp_path / "good.npy", np.ones((1920, 1920), bool))
    make_onnx(tmp_path / "m.onnx", [0.875])
    words = ["~/a.h5", "--out", "~/s.csv", "--mask", "~/good.npy", "--model", "~/m.onnx"]
    assert main(["screen", *words, "--events", "~/e.lst", "--parquet", "~/s.parquet"]) == 0
    assert {line["file"] for line in lines_of(tmp_path / "s.csv")} == {str(tmp_path / "a.h5")}
    assert (tmp_path / "e.lst").is_file()
    assert (tmp_path / "s.parquet").is_file()


@pytest.mark.parametrize("also", ["parquet", "hits"])
def test_a_name_that_is_no_text_is_refused_before_anything_is_scored(
    also, twin_file, tmp_path, monkeypatch
):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.h5"))
    odd.write_bytes(twin_file.read_bytes())
    (tmp_path / "link.h5").symlink_to(odd)
    monkeypatch.setattr(Screener, "score", lambda *_: 1 / 0)
    for path, place in ((odd, "x"), (tmp_path / "link.h5", "x"), (twin_file, odd.stem)):
        with pytest.raises(ValueError, match=r"caf\\xe9.*is no UTF-8.*Rename it"):
            quietly([path], tmp_path / "s.csv", also=ExtraOutputs(**{also: tmp_path / place}))
    assert not list(tmp_path.glob("s.csv*"))


def test_scores_under_a_name_that_is_no_text_are_told(twin_file, tmp_path, capsys):
    out = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")
    model = make_onnx(tmp_path / "m.onnx", [0.5])
    assert main(["screen", str(twin_file), "--out", out, "--model", str(model)]) == 0
    said = capsys.readouterr().out
    assert said.encode().decode() == said
    assert len(lines_of(out)) == 6


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_a_sentence_with_a_way_out(
    number, twin_file, tmp_path, monkeypatch, capsys
):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    assert main(["screen", str(twin_file), "--out", str(tmp_path / "s.csv")]) == 1
    error = capsys.readouterr().err
    assert "offers no locks" in error
    assert "such as a local one" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("model", ["peaks", "rwd"])
def test_exposures_of_one_crystal_score_as_the_first_of_them_alone(model, tmp_path):
    run, rng = TwinRun("LN83"), np.random.default_rng(0)
    hit = run.crop(np.flatnonzero(run.labels == "HIT")[0])
    exposures = np.rint(hit + rng.normal(0, 5, (8, *hit.shape))).clip(0, 65535).astype("u2")
    exposures[:, 200, 300:302] += 20_000  # two hot pixels, which are to be found all the same
    for name, frames in (("alone", exposures[:1].copy()), ("all", exposures)):
        if name == "alone":
            frames[:, 200, 300:302] = frames[:, 199, 300:302]
        make_idh5(tmp_path / f"{name}.h5", {"run_0": frames})
        quietly([tmp_path / f"{name}.h5"], tmp_path / f"{name}.csv", model)
    alone, first = (
        float(lines_of(tmp_path / f"{name}.csv")[0]["p_hit"]) for name in ("alone", "all")
    )
    assert alone > {"peaks": Screener().threshold, "rwd": 0.9}[model]
    assert first == pytest.approx(alone, abs=0.05)


@pytest.fixture(scope="module")
def hot_misses(tmp_path_factory):
    """Five misses of a twin without and with 60 hot pixels: paths of two idh5 files."""
    run, folder = TwinRun("LN83"), tmp_path_factory.mktemp("hot")
    miss = np.stack([run.crop(i) for i in np.flatnonzero(run.labels == "MISS")[:5]])
    make_idh5(folder / "clean.h5", {"run_0": miss})
    miss[:, *np.random.default_rng(0).integers(0, 724, (2, 60))] = 60_000
    return folder / "clean.h5", make_idh5(folder / "hot.h5", {"run_0": miss})


def test_hot_pixels_in_all_frames_make_no_hit(hot_misses, tmp_path):
    scores = []
    for path in hot_misses:
        assert quietly([path], tmp_path / f"{path.stem}.csv").hits == 0
        scores += [[float(line["p_hit"]) for line in lines_of(tmp_path / f"{path.stem}.csv")]]
    np.testing.assert_allclose(*scores, atol=0.02)


def test_bad_pixels_are_looked_for_or_not(hot_misses, tmp_path):
    words = ["screen", str(hot_misses[1]), *AS_RWD, "--out"]
    assert main([*words, str(tmp_path / "found.csv")]) == 0
    assert main([*words, str(tmp_path / "kept.csv"), "--no-bad-pixel-search"]) == 0
    found, kept = (
        [float(line["p_hit"]) for line in lines_of(tmp_path / name)]
        for name in ("found.csv", "kept.csv")
    )
    assert max(found) < min(kept)
