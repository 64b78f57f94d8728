"""Hostile submissions: nothing is left of them, and in a container they reach nothing."""

import os
import socket
import subprocess
import uuid

import psutil
import pytest
from classroom import cell
from nbformat.v4 import new_notebook

from sfxtutor.course.grading import container, watch
from sfxtutor.course.grading.pool import Limits, run_all

CONTAINED = pytest.param(
    "bwrap", marks=pytest.mark.skipif(bool(container.obstacle()), reason=container.obstacle())
)
SURVIVOR = "import subprocess\nsubprocess.Popen(['env', '-i', 'sleep', '{}'], "
SURVIVOR += "start_new_session=True)\n"


def executed(answer, test, kind):
    """The reply to a submission with that answer."""
    notebook = new_notebook(
        cells=[
            cell("g1-answer", answer, code=True, solution=True),
            cell("g1-test", test, code=True, grade=True, points=1),
        ]
    )
    limits = Limits(cell_seconds=30, memory_gib=4, at_once=1, container=kind)
    (reply,) = run_all([("mallory", notebook)], limits, lambda number, reply: None)
    return reply


def some_seconds():
    """A number of seconds that no other process sleeps, as text."""
    return str(10**6 + uuid.uuid4().int % 10**6)


def alive(seconds):
    """Whether a sleep of that many seconds is going on."""
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return any(command[-2:] == ["sleep", seconds] for command in commands)


REACH = """
import os, pathlib, socket, subprocess

def tries(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "reached"

secret = pathlib.Path({secret!r})
found = [
    tries(lambda: socket.create_connection(("127.0.0.1", {port}), 2)),
    tries(lambda: secret.read_text()),
    tries(lambda: (secret.parent / "new").write_text("x")),
    tries(lambda: os.kill({neighbour}, 9)),
    tries(lambda: pathlib.Path({source!r}).read_text()),
    tries(lambda: (pathlib.Path({package!r}) / "new.py").write_text("x")),
    tries(lambda: pathlib.Path("/new").write_text("x")),
]
"""


@pytest.mark.parametrize("kind", [CONTAINED])
def test_a_contained_submission_reaches_nothing(kind, tmp_path):
    secret = tmp_path / "grades.csv"
    secret.write_text("ada,6")
    seconds = some_seconds()
    source = container.PACKAGE.parent / "notebooks" / "00_start_here.ipynb"
    with socket.create_server(("127.0.0.1", 0)) as server:
        neighbour = subprocess.Popen(["sleep", "60"])
        code = REACH.format(
            secret=str(secret),
            port=server.getsockname()[1],
            neighbour=neighbour.pid,
            source=str(source),
            package=str(container.PACKAGE),
        )
        code += SURVIVOR.format(seconds)
        reply = executed(code, "assert 'reached' not in found and len(found) == 7, found", kind)
        lived = neighbour.poll() is None
        neighbour.kill()
        neighbour.wait()
    assert reply["errors"] == []
    outcome = reply["tests"]["demo05-g1-test"]
    assert outcome["passed"], outcome["error"]
    assert lived
    assert source.exists()
    assert os.listdir(tmp_path) == ["grades.csv"]
    assert not alive(seconds)


BOMB = """
import os, time
for _ in range(200):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
time.sleep(25)
"""


@pytest.mark.parametrize("kind", ["none", CONTAINED])
def test_many_processes_are_ended_and_none_is_left(kind):
    seconds = some_seconds()
    reply = executed(SURVIVOR.format(seconds) + BOMB, "pass", kind)
    assert (reply["status"], reply["tests"]) == ("kernel died", {})
    assert f"more than {watch.PROCESSES} processes" in reply["reason"]
    assert not alive(seconds)


def test_a_process_that_hides_is_ended_with_its_kernel():
    seconds = some_seconds()
    reply = executed(SURVIVOR.format(seconds), "pass", "none")
    assert reply["tests"]["demo05-g1-test"]["passed"]
    assert not alive(seconds)


def test_one_that_ends_its_runner_stops_no_other():
    reply = executed("import os\nos.kill(os.getppid(), 9)", "pass", "none")
    assert reply["status"] == "kernel died"
    assert "was ended or stopped" in reply["reason"]


def test_memory_and_disk_of_the_whole_are_limited(tmp_path, monkeypatch):
    child = subprocess.Popen(["sleep", "60"])
    try:
        assert watch.Watch(tmp_path, 2**40).look() == ""
        assert watch.Watch(tmp_path, 1).look() == "memory"
        monkeypatch.setattr(watch, "DISK", 5)
        (tmp_path / "below").mkdir()
        (tmp_path / "below" / "a").write_text("12345")
        assert watch.Watch(tmp_path, 2**40).look() == ""
        (tmp_path / "b").write_text("6")
        assert watch.Watch(tmp_path, 2**40).look() == "disk"
    finally:
        child.kill()
        child.wait()


def test_a_long_temporary_folder_leaves_room_for_the_path_of_a_socket(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with container.scratch_folder() as folder:
        assert len(str(folder / "link" / "kernel-5")) < 100


def test_without_bubblewrap_a_warning_says_what_is_not_contained(monkeypatch):
    monkeypatch.setenv("PATH", "")
    lines = []
    assert container.choose("auto", lines.append) == "none"
    assert "not contained" in lines[0]
    assert container.choose("none", lines.append) == "none"
    assert len(lines) == 1
    with pytest.raises(ValueError, match="Found no bubblewrap"):
        container.choose("bwrap", lines.append)
