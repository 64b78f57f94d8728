"""What a grading keeps: a killed one goes on, and only what changed is executed again."""

import copy
import json
import os
import signal
import subprocess
import sys

import classroom
import pytest
from classroom import NAME, at

from sfxtutor.cli.main import main
from sfxtutor.course.assignments import read_assignments
from sfxtutor.course.grading.kept import Executed, key, other_rows, write_rows
from sfxtutor.course.grading.marks import Graded
from sfxtutor.course.grading.pool import Limits, jobs_at_once
from sfxtutor.course.grading.submissions import Submission


def test_a_killed_grading_goes_on_where_it_was(tmp_path):
    source, folder, out = (tmp_path / name for name in ("source", "in", "out"))
    classroom.write(source / NAME / f"{NAME}.ipynb", classroom.source())
    right = classroom.solved(read_assignments(source)[NAME].released, g2="answer = 5")
    for number in range(3):
        classroom.write(folder / f"ada{number}" / f"{NAME}.ipynb", right)
    options = ["grade", str(folder), "--out", str(out), "--source", str(source), "--jobs", "1"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sfxtutor", *options],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline().startswith("[1/3] ada0")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    before = {path: path.stat().st_mtime_ns for path in (out / "executed").iterdir()}
    assert 1 <= len(before) < 3
    assert not (out / "grades.csv").exists()
    assert main(options) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list((out / "executed").iterdir())) == 3
    assert (out / "grades.csv").read_text().count(f"{NAME},needs manual grading,,3,0,") == 3


def test_an_execution_is_known_by_all_that_it_depends_on():
    notebook, limits = classroom.source(), Limits()
    other = copy.deepcopy(notebook)
    at(other, "g2-answer").source += "\n"
    shown = copy.deepcopy(notebook)
    at(shown, "g2-answer").outputs = [{"output_type": "stream", "name": "stdout", "text": "5"}]
    same = key(notebook, "ada", limits)
    assert key(shown, "ada", Limits(at_once=9)) == same
    changed = {
        key(other, "ada", limits),
        key(notebook, "bob", limits),
        key(notebook, "ada", Limits(cell_seconds=5)),
        key(notebook, "ada", Limits(container="bwrap")),
    }
    assert len(changed | {same}) == 5


def test_what_the_machine_could_not_start_is_not_kept(tmp_path):
    executed = Executed(tmp_path / "executed")
    executed.write("a", {"reason": "The cell x could not be started (no memory)."})
    assert executed.read("a") is None
    executed.write("a", {"reason": "", "tests": {}})
    assert executed.read("a") == {"reason": "", "tests": {}}
    (tmp_path / "executed" / "a.json").write_text("{")
    assert executed.read("a") is None


def test_jobs_are_as_wished_and_at_least_one():
    assert jobs_at_once(6, 3) == 3
    assert jobs_at_once(10**6) == 1  # no machine has the memory
    with pytest.raises(ValueError, match="Found --jobs 0, expected 1 or more"):
        jobs_at_once(6, 0)


def graded(student, assignment, **parts):
    return Graded(Submission(student, assignment, "there"), **parts)


def test_rows_of_others_stay_and_the_file_says_when_it_is_damaged(tmp_path):
    first = [graded("ada", "x", points={"g1": 3.0}), graded("bob", ""), graded("cy", "")]
    write_rows(first, tmp_path)
    others = other_rows([graded("bob", "x"), graded("ada", "y")], tmp_path)
    assert [(row.submission.student, row.submission.assignment) for row in others] == [
        ("ada", "x"),
        ("cy", ""),
    ]
    assert others[0].points == {"g1": 3.0}
    (tmp_path / "graded.json").write_text(json.dumps([{"points": 1}]))
    with pytest.raises(ValueError, match=r"graded\.json cannot be read .* Delete it"):
        other_rows([], tmp_path)
