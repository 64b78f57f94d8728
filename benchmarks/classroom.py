"""A class of 200 that hands in lesson 03, graded by one command that is killed once on the way.

    python -m benchmarks.classroom            # prints the minutes, and every row that is wrong

Ordinary submissions, accidents and hostile ones, each with the row that it deserves.
"""

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from copy import deepcopy
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell

from sfxtutor.course.assignments import assignment_folder, read_assignments
from sfxtutor.course.cells import grade_id

NAME = "lesson03"
G1 = """    truth = labels != "MISS"
    k, n = int(np.sum(p[truth] > threshold)), int(np.sum(truth))
    return k, n, *sfx.wilson(k, n)"""
G2 = """    distance = np.abs(np.asarray(test)[:, None] - np.asarray(train))
    return int(np.sum(distance.min(axis=1) <= reach))"""
TEXT = "Counts and an interval are missing; the frames were shuffled; the test chose the epoch."
GRADED, BY_HAND, REFUSED = "graded", "needs manual grading", "refused"
DEAD = "kernel died"


@dataclass(frozen=True)
class Kind:
    """A way to hand in: the answers, what else is done to the notebook, and the row it deserves.

    `change` takes the notebook and may change it; `file` is where it is put, with the student's
    name and number filled in; `row` is (status, g1, g2).
    """

    row: tuple = (BY_HAND, "3", "3")
    g1: str = G1
    g2: str = G2
    text: str = TEXT
    change: object = None
    file: str = "{student}/lesson03.ipynb"


def at(notebook, id):
    """The cell of that id."""
    return next(cell for cell in notebook.cells if grade_id(cell) == f"{NAME}-{id}")


def first(source):
    """Change that puts a cell of the student's own in front."""
    return lambda notebook: notebook.cells.insert(0, new_code_cell(source))


def split(notebook):
    """JupyterLab's split cell: both halves carry the metadata, one the marker."""
    answer = at(notebook, "g1-answer")
    head, _, rest = answer.source.partition("\n    truth")
    later = deepcopy(answer)
    later.source = f"def report(labels, p, threshold):\n    truth{rest}"
    answer.source = f"{head.partition(chr(10))[0]}\nuseful = 1"
    notebook.cells.insert(notebook.cells.index(answer) + 1, later)


def old_try(notebook):
    """An old try, copied and commented out, below the answer."""
    answer = at(notebook, "g2-answer")
    copy = deepcopy(answer)
    copy.source = "\n".join(f"# {line}" for line in answer.source.splitlines()[1:])
    notebook.cells.insert(notebook.cells.index(answer) + 1, copy)


def below(notebook):
    """The written answer in a cell of its own, below the empty one."""
    answer = at(notebook, "w1-answer")
    answer.source = answer.source.replace(TEXT, "*Your answer here.*")
    notebook.cells.insert(notebook.cells.index(answer) + 1, new_markdown_cell(TEXT))


def without_metadata(notebook):
    """As some editors give a notebook back."""
    for cell in notebook.cells:
        cell.metadata = {}


def timed(notebook):
    """A magic below the marker."""
    answer = at(notebook, "g1-answer")
    answer.source = answer.source.replace("\n", "\n%%time\n", 1)


def wrong(old, new):
    """The first answer with a mistake."""
    assert old in G1
    return G1.replace(old, new)


SURVIVOR = "import subprocess\nsubprocess.Popen(['env', '-i', 'sleep', '31415'], "
SURVIVOR += "start_new_session=True)"
FORKS = "import os\nwhile True:\n    os.fork()"
PATCHED = "np.allclose = np.array_equal = lambda *a, **k: True\nsfx.check = lambda *a: True\n"
PATCHED += "report = None\nin_doubt = None"
COMMON = (Kind(), Kind(file="{student}_{number}_{number}7_lesson03.ipynb"), Kind(text=""))
RARE = (
    Kind(file="{student}_LATE_{number}_{number}7_lesson03-1.ipynb"),
    Kind(file="{student}_{number}_assignsubmission_file_/Kopie von lesson03 (2).ipynb"),
    Kind(row=(BY_HAND, "0.75", "3"), g1=wrong("p[truth]", "p[labels == 'HIT']")),
    Kind(row=(BY_HAND, "0.75", "3"), g1=wrong("> threshold", ">= threshold")),
    Kind(row=(BY_HAND, "1.5", "3"), g1=wrong("*sfx.wilson(k, n)", "*(100 * x for x in "
                                             "sfx.wilson(k, n))")),
    Kind(row=(BY_HAND, "0", "0"), g1="    ...", g2="    ..."),
    Kind(change=split),
    Kind(change=old_try),
    Kind(change=below),
    Kind(change=without_metadata),
    Kind(change=timed),
    Kind(file="{student}_{number}_{number}7_lesson03.zip"),
)  # fmt: skip
ONCE = (
    Kind(row=(REFUSED, "", ""), file="{student}_{number}_{number}7_lesson03.pdf"),
    Kind(row=(REFUSED, "", ""), file="{student}_{number}_{number}7_lesson03.py"),
    Kind(row=(BY_HAND, "0", "0"), change=lambda n: n.cells.append(new_code_cell(PATCHED)),
         g1="    return None", g2="    return None"),
    Kind(row=(BY_HAND, "3", "3"), change=first(SURVIVOR)),
    Kind(row=(DEAD, "", ""), change=first("import os\nos._exit(3)")),
    Kind(row=(DEAD, "", ""), change=first(FORKS)),
    Kind(row=("timed out", "", ""), change=first("while True:\n    pass")),
    Kind(row=("out of memory", "", ""), change=first("import numpy\nnumpy.ones(10**10)")),
    Kind(change=first("import os, pathlib\nlist(pathlib.Path('/').iterdir())\nos.getppid()")),
)  # fmt: skip


def solved(released, kind):
    """The notebook that a student of that kind has written."""
    notebook = deepcopy(released)
    for id, text in (("g1", kind.g1), ("g2", kind.g2)):
        answer = at(notebook, f"{id}-answer")
        answer.source = answer.source.replace("    ...", text)
    answer = at(notebook, "w1-answer")
    answer.source = answer.source.replace("*Your answer here.*", kind.text)
    if kind.change:
        kind.change(notebook)
    return notebook


def hand_in(folder, count):
    """Write the class; {student: the row that is deserved}."""
    released = read_assignments(assignment_folder())[NAME].released
    kinds, deserved = [*ONCE, *RARE], {}
    often = cycle((*COMMON, *COMMON, *COMMON, *RARE))
    kinds += [next(often) for _ in range(count - len(kinds))]
    for number, kind in enumerate(kinds, start=1000):
        student = f"student{number}"
        path = folder / kind.file.format(student=student, number=number)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(solved(released, kind))
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(f"{NAME}.ipynb", text)
        else:
            path.write_text(text, encoding="utf-8")
        row = kind.row if kind.text or kind.row[0] != BY_HAND else (GRADED, *kind.row[1:])
        deserved[student] = row
    return deserved


def grading(folder, out, seconds, killed):
    """Run the command; killed after some lines where `killed` is a number. Returns the seconds."""
    command = [sys.executable, "-m", "sfxtutor", "grade", str(folder), "--out", str(out)]
    began, lines = time.perf_counter(), 0
    with subprocess.Popen([*command, "--seconds", str(seconds)], stdout=subprocess.PIPE,
                          text=True, start_new_session=True) as process:  # fmt: skip
        for _ in process.stdout:
            lines += 1
            if lines == killed:
                os.kill(process.pid, signal.SIGKILL)
    return time.perf_counter() - began


def main():
    """Hand in, grade, kill, grade again, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20, help="that a cell may take (20)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place) / "in", Path(place) / "out"
        deserved = hand_in(folder, options.students)
        spent = [grading(folder, out, options.seconds, options.students // 2)]
        spent.append(grading(folder, out, options.seconds, None))
        with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    found = {row["student"].split(" ")[0]: (row["status"], row["g1"], row["g2"]) for row in rows}
    wrong_rows = {name: (row, found.get(name)) for name, row in deserved.items()
                  if found.get(name) != row}  # fmt: skip
    print(json.dumps({"students": len(deserved), "rows": len(rows), "wrong": wrong_rows,
                      "minutes": [round(s / 60, 2) for s in spent]}, indent=1))  # fmt: skip
    return 1 if wrong_rows or len(rows) != len(deserved) else 0


if __name__ == "__main__":
    sys.exit(main())
