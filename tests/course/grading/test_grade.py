"""Assigning and grading: no secret in the release, no failure scored 0, one command for a class.

The class and its small assignment stand in classroom.py; the course's own assignments are
executed here without a kernel.
"""

import csv
import re
import shutil
import time

import classroom
import nbformat
import psutil
import pytest
from classroom import HIDDEN, NAME, SCHEME, at
from IPython.core.inputtransformer2 import TransformerManager

from sfxtutor.cli.main import main
from sfxtutor.course.assignments import (
    assign,
    assignment_folder,
    leaks,
    read_assignment,
    read_assignments,
)
from sfxtutor.course.cells import grade_id, role
from sfxtutor.course.exercises import check
from sfxtutor.course.grading.marks import Graded, exercise_of
from sfxtutor.course.grading.submissions import Submission
from sfxtutor.course.grading.written import Marks, fingerprint

REAL = sorted(assignment_folder().glob("*/*.ipynb"))
FULL, SOME, NONE = ("3", "2"), ("0", "2"), ("0", "0")
BY_HAND, EMPTY = "needs manual grading", ("", "")
EXPECTED = {
    **dict.fromkeys(("Ada Lovelace", "hopper", "right0", "right1"), (BY_HAND, *FULL)),
    **dict.fromkeys(("own", "stripped", "deleted"), (BY_HAND, *FULL)),
    **dict.fromkeys(("swapped0", "swapped1", "swapped2"), (BY_HAND, *SOME)),
    **dict.fromkeys(("maximum0", "maximum1", "visible"), (BY_HAND, *SOME)),
    **dict.fromkeys(("edited", "forged"), (BY_HAND, *SOME)),
    "spy": (BY_HAND, "3", "0"),
    "othername": (BY_HAND, *NONE),
    "error": ("graded", *SOME),
    "silent": ("graded", *NONE),
    **dict.fromkeys(("broken", "doubled", "empty", "merged"), ("refused", *EMPTY)),
    **dict.fromkeys(("nomarker", "deaf"), ("refused", *EMPTY)),
    "loop": ("timed out", *EMPTY),
    **dict.fromkeys(("memory", "memory2"), ("out of memory", *EMPTY)),
    **dict.fromkeys(("dead", "parent"), ("kernel died", *EMPTY)),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Folder of the sources: the small assignment, and a paired script with its solutions."""
    folder = tmp_path_factory.mktemp("source")
    classroom.write(folder / NAME / f"{NAME}.ipynb", classroom.source())
    (folder / NAME / f"{NAME}.py").write_text(classroom.RIGHT)
    return folder


@pytest.fixture(scope="module")
def assignment(source):
    return read_assignments(source)[NAME]


@pytest.fixture(scope="module")
def lesson(source, assignment, tmp_path_factory):
    """The class of thirty, graded by one command: (status, folder of the results, seconds)."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("graded")
    classroom.hand_in(folder, assignment.released)
    before = contents(folder) | contents(source)
    start = time.perf_counter()
    status = grade(folder, out, source)
    print(f"30 submissions graded in {time.perf_counter() - start:.0f} s")
    assert contents(folder) | contents(source) == before, "grading changed what was handed in"
    return status, out, folder


def grade(folder, out, source):
    options = ["--out", str(out), "--source", str(source), "--seconds", "20"]
    return main(["grade", str(folder), *options])


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(out):
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


# The release


def test_release_holds_no_secret_and_notebooks_alone(source, tmp_path, capsys):
    assert main(["assign", "--out", str(tmp_path), "--source", str(source)]) == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written == [tmp_path / NAME / f"{NAME}.ipynb"]
    assert str(written[0]) in capsys.readouterr().out
    text = written[0].read_text()
    for secret in (SCHEME, HIDDEN[:30], "axis=-1", "personal_seed()\\n###", "BEGIN", "END "):
        assert secret not in text
    released = nbformat.read(written[0], as_version=4)
    nbformat.validate(released)
    marker = f"# sfxtutor: {NAME}-g1-answer\n"
    assert at(released, "g1-answer").source == f"{marker}def my_rwd(frames):\n    ..."
    assert at(released, "w1-answer").source.startswith(f"<!-- sfxtutor: {NAME}-w1-answer -->\nWhy")
    assert not at(released, "g1-test").metadata.editable


@pytest.mark.parametrize(
    ("cell", "old", "new", "sentence"),
    [
        ("g1-answer", "### END SOLUTION", "", "END SOLUTION is missing"),
        ("g1-test", "### BEGIN HIDDEN TESTS", "", "does not match"),
        ("g1-answer", "BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "does not match"),
        ("g2-answer", f"# sfxtutor: {NAME}-g2-answer\n", "", "does not begin with the marker"),
        ("title", "# A small", "### BEGIN SOLUTION\nx\n### END SOLUTION\n#", "expected none"),
    ],
)
def test_broken_source_is_refused(tmp_path, cell, old, new, sentence):
    broken = classroom.source()
    one = at(broken, cell)
    assert old in one.source
    one.source = one.source.replace(old, new)
    path = tmp_path / NAME / f"{NAME}.ipynb"
    classroom.write(path, broken)
    with pytest.raises(ValueError, match=sentence):
        read_assignment(path)


def test_two_cells_of_one_id_are_refused(tmp_path):
    broken = classroom.doubled(classroom.source(), "g1-test")
    classroom.write(tmp_path / f"{NAME}.ipynb", broken)
    with pytest.raises(ValueError, match="needs an id of its own"):
        read_assignment(tmp_path / f"{NAME}.ipynb")


def test_leak_stops_the_release(source, tmp_path):
    leaking = classroom.source()
    at(leaking, "title").metadata["note"] = SCHEME
    classroom.write(tmp_path / "in" / NAME / f"{NAME}.ipynb", leaking)
    with pytest.raises(ValueError, match="the release would show 'The largest minus"):
        assign(tmp_path / "out", tmp_path / "in")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="within the sources"):
        assign(source / "out", source)


# The assignments of the course


def run_without_kernel(notebook):
    """Tests that fail where the cells run one after the other: {nbgrader id: error}."""
    space, failed = {"display": lambda shown: None, "__name__": "__main__"}, {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            try:
                code = TransformerManager().transform_cell(cell.source)  # a % line in the setup
                exec(compile(code, grade_id(cell), "exec"), space)
            except Exception as error:
                failed[grade_id(cell)] = error
    return failed


def test_assignments_ask_every_graded_exercise_once():
    made = {path.stem: read_assignment(path) for path in REAL}
    asked = [
        exercise_of(cell)
        for one in made.values()
        for cell in one.source.cells
        if role(cell) == "test"
    ]
    assert sorted(asked) == sorted(x.id for x in check.every() if ".g" in x.id)
    assert len(made) >= 8


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_reference_of_the_course_passes_and_its_release_does_not(path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_STUDENT", "Ada Lovelace")
    made = read_assignment(path)
    tests = {grade_id(cell) for cell in made.source.cells if role(cell) == "test"}
    assert run_without_kernel(made.source) == {}
    failed = run_without_kernel(made.released)
    assert len(tests) >= 2
    assert tests <= failed.keys()
    assert leaks(made.source, made.released) == []


def test_an_installation_without_sources_says_where_they_are(tmp_path, monkeypatch, capsys):
    package = tmp_path / "sfxtutor"
    (package / "notebooks").mkdir(parents=True)
    monkeypatch.setattr("sfxtutor.support.disk.PACKAGE", package)
    assert main(["assign", "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "expected the repository's notebooks/assignments/source" in error
    assert "--source" in error


# A class


def test_class_gets_the_marks_that_it_deserves(lesson):
    status, out, _ = lesson
    found = rows(out)
    assert len(found) == 30
    assert {n: (r["status"], r["g1"], r["g2"]) for n, r in found.items()} == EXPECTED
    assert status == 1  # some have no marks
    for row in found.values():
        failed = row["status"] not in ("graded", BY_HAND)
        assert (row["automatic"] == "") == failed
        assert row["total"] == ("" if row["status"] != "graded" else row["automatic"])
        assert row["max"] == ("" if row["student"] == "empty" else "9")
        assert bool(row["reason"]) == (row["status"] != "graded")


def test_reasons_and_notes_say_what_happened(lesson):
    found = rows(lesson[1])
    for student, column, words in (
        ("loop", "reason", f"{NAME}-g1-test did not end within 20 s"),
        ("dead", "reason", f"{NAME}-g2-answer ended its own process"),
        ("spy", "notes", "the code has 'run_cell'"),
        ("parent", "reason", "ended"),
        ("parent", "notes", "the code has 'os.kill'"),
        ("memory2", "reason", "more memory than the limit"),
        ("deaf", "reason", "interferes with the tests"),
        ("nomarker", "reason", f"No cell carries {NAME}-g1-answer"),
        ("doubled", "reason", "2 times"),
        ("merged", "reason", f"{NAME}-g1-answer and {NAME}-g1-test"),
        ("broken", "reason", "is cut off after 500 characters"),
        ("empty", "reason", "Found homework.pdf"),
        ("edited", "notes", f"{NAME}-g1-test was changed and is restored"),
        ("deleted", "notes", f"{NAME}-g1-test was missing and is restored"),
        ("othername", "notes", "under another name than 'othername'"),
    ):
        assert words in found[student][column]
    noted = {"edited", "deleted", "othername", "spy", "parent", "deaf"}
    assert {s for s, row in found.items() if row["notes"]} == noted


def test_nothing_that_a_submission_started_goes_on(lesson):
    commands = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    assert ["sleep", "3141"] not in commands


def test_feedback_shows_no_secret(lesson):
    pages = {path.parent.name: path for path in (lesson[1] / "feedback").rglob("*.html")}
    assert pages.keys() == EXPECTED.keys()
    for path in pages.values():
        words = re.sub(r"<[^>]+>", "", path.read_text()).replace("&#39;", "'")
        for secret in ("[9, 33, 57]", "reshape(3, 4)", SCHEME, "Traceback (most"):
            assert secret not in words, path
        assert "default-src 'none'" in path.read_text()
    assert "reduce over the axis that counts x" in pages["swapped0"].read_text()
    assert "not on a further case" in pages["visible"].read_text()
    assert "This is not a mark of 0" in pages["loop"].read_text()
    assert "def my_rwd" in re.sub(r"<[^>]+>", "", pages["right0"].read_text())
    assert "Your answer raised RuntimeError." in pages["error"].read_text()


def test_report_counts_diagnoses_with_a_talking_point(lesson):
    text = (lesson[1] / "misconceptions.md").read_text()
    page = (lesson[1] / "misconceptions.html").read_text()
    assert "30 submissions: graded 2, kernel died 2," in text
    assert f"## {NAME}, g1: Write RWD\n\n8 of 19 right. 1 right in the visible test alone" in text
    for diagnosis, students in (("axis swapped", 4), ("maximum alone", 3), ("not answered", 1)):
        assert f"| {diagnosis} | {students} of 19 |" in text
    talk = "which axis disappears when a row becomes one number?"
    assert talk in text
    assert talk in page
    assert "edited, swapped0, swapped1, swapped2" in page
    (unknown,) = (line for line in text.splitlines() if line.startswith("- 1 of 19: Found values"))
    assert "One case: for frames = [[" in unknown


def test_written_answers_wait_for_the_instructor(lesson):
    page = (lesson[1] / "marking.html").read_text()
    assert SCHEME in page
    assert page.count(classroom.TEXT) == 1  # equal answers are marked once
    assert "the same from 17 students" in page
    text = (lesson[1] / "manual.csv").read_text()
    assert text.startswith("\ufeffstudent,id,assignment,task,max,points,lines,comment,answer\n")
    assert f"right0,,{NAME},w1,4,,,," in text


def test_rerun_gives_the_same_marks_and_the_reference_full_ones(lesson, source, tmp_path):
    _, first, folder = lesson
    out = tmp_path / "graded"
    out.mkdir()
    shutil.copytree(folder / "own", tmp_path / "in" / "own")
    shutil.copytree(folder / "swapped0", tmp_path / "in" / "swapped0")
    classroom.write(tmp_path / "in" / "reference" / f"{NAME}.ipynb", classroom.source())
    model = f"=== BEGIN MARK SCHEME ===\n{SCHEME}\n=== END MARK SCHEME ==="
    filled = (
        (first / "manual.csv")
        .read_text()
        .replace(f"own,,{NAME},w1,4,,,", f"own,,{NAME},w1,4,3.5,,good")
    )
    filled += f"reference,,{NAME},w1,4,4,,,{fingerprint(model)}\n"
    (out / "manual.csv").write_text(filled)
    assert grade(tmp_path / "in", out, source) == 0
    again = rows(out)
    assert (again["own"]["total"], again["own"]["status"]) == ("8.5", "graded")
    assert again["swapped0"] == rows(first)["swapped0"]
    assert (again["reference"]["total"], again["reference"]["max"]) == ("9", "9")
    assert "good" in (out / "feedback" / "own" / f"{NAME}.html").read_text()
    assert (out / "manual.csv").read_text().count("\n") == filled.count("\n")  # no row is lost


def test_a_second_grading_executes_nothing_and_loses_nobody(lesson, source, tmp_path, monkeypatch):
    _, first, folder = lesson
    shutil.copytree(first, tmp_path / "graded")
    shutil.copytree(folder / "own", tmp_path / "in" / "own")
    marks = tmp_path / "graded" / "manual.csv"
    marks.write_text(marks.read_text().replace(f"own,,{NAME},w1,4,,,", f"own,,{NAME},w1,4,3,,fine"))
    executed = []
    monkeypatch.setattr(
        "sfxtutor.course.grading.grade.run_all", lambda notebooks, *_: executed.extend(notebooks)
    )
    assert grade(tmp_path / "in", tmp_path / "graded", source) == 0
    assert executed == []
    again, before = rows(tmp_path / "graded"), rows(first)
    assert again.pop("own")["total"] == "8"
    del before["own"]
    assert again == before
    pages = {path.parent.name for path in (tmp_path / "graded" / "feedback").rglob("*.html")}
    assert pages == EXPECTED.keys()
    assert "fine" in (tmp_path / "graded" / "feedback" / "own" / f"{NAME}.html").read_text()
    changed = classroom.solved(nbformat.read(folder / "own" / f"{NAME}.ipynb", 4), g2="answer = 0")
    classroom.write(tmp_path / "in" / "own" / f"{NAME}.ipynb", changed)
    grade(tmp_path / "in", tmp_path / "graded", source)
    assert [student for student, _ in executed] == ["own"]


# Marks


def test_marks_of_a_changed_answer_are_not_used(tmp_path):
    path = tmp_path / "manual.csv"
    path.write_text("student;assignment;task;max;points;comment;answer\nada;x;w1;4;2,5;fine;old\n")
    graded = Graded(Submission("ada", "x", tmp_path), most={"w1": 4.0}, written={"w1": "new"})
    marks = Marks(path)
    marks.enter(graded)
    assert graded.points == {"w1": None}
    assert "changed" in graded.notes[0]
    marks.write()
    assert "(2,5 for an earlier answer) fine" in path.read_text()


@pytest.mark.parametrize("id", ["", "123", "4.56E+12"])
def test_marks_are_found_though_a_spreadsheet_took_the_id_for_a_number(tmp_path, id):
    path, print_ = tmp_path / "manual.csv", fingerprint("text")
    other = f"wang,88,x,w1,4,1,,{fingerprint('other')}"
    path.write_text(
        f"student,id,assignment,task,max,points,comment,answer\nwang,{id},x,w1,4,2,,{print_}\n{other}\n"
    )
    submission = Submission("wang", "x", tmp_path, id="00123")
    graded = Graded(submission, most={"w1": 4.0}, written={"w1": "text"})
    marks = Marks(path)
    marks.enter(graded)
    assert graded.points == {"w1": 2}
    marks.write()
    assert "wang,00123,x,w1,4,2," in path.read_text()
    assert path.read_text().count("wang") == 2


def test_fingerprint_is_no_number():
    assert all(fingerprint(str(i)).startswith("x") for i in range(100))
    assert len({fingerprint(str(i)) for i in range(100)}) == 100


@pytest.mark.parametrize("points", ["5", "-1", "many", "nan"])
def test_impossible_points_are_refused_with_their_line(tmp_path, points):
    path = tmp_path / "manual.csv"
    path.write_text(f"student,assignment,task,max,points,comment,answer\nada,x,w1,4,{points},,\n")
    with pytest.raises(
        ValueError, match="manual.csv, line 2: found '.+' points, expected a number from 0 to 4"
    ):
        Marks(path)


# The command


def test_lab_takes_a_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    seen = {}
    monkeypatch.setattr("subprocess.call", lambda command, env: seen.update(env) or 0)
    assert main(["lab", "--student", "Ada"]) == 0
    assert seen["SFXTUTOR_STUDENT"] == "Ada"
    assert seen["PATH"]
