"""Tricks get no points and a note, and honest ways of working get no note."""

import copy
import csv
import re

import classroom
import nbformat
import pytest
from classroom import NAME, at
from nbformat.v4 import new_code_cell, new_output

from sfxtutor.cli.main import main
from sfxtutor.course.assignments import Assignment, assignment_folder, read_assignments
from sfxtutor.course.cells import regions, role
from sfxtutor.course.exercises import check
from sfxtutor.course.grading import cell_code, suspicions
from sfxtutor.course.grading.failures import failure
from sfxtutor.course.grading.feedback import public_result, with_outputs
from sfxtutor.course.grading.marks import Graded
from sfxtutor.course.grading.submissions import Submission

TRICKS = """
import numpy as np
import sfxtutor as sfx
np.allclose = np.array_equal = lambda *a, **k: True
sfx.check = lambda *a: True
class Equal(int):
    __hash__ = int.__hash__
    def __eq__(self, other):
        return True
answer = Equal(1)
import ast
class Dropped(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Dropped())
get_ipython = None
from sfxtutor.course.exercises.check import find
"""
STORED = "    global seen\n    seen = frames\n    raise ValueError(f'stored {frames.tolist()}')"


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """A class of three with one who tries everything: rows by student, pages by student."""
    base = tmp_path_factory.mktemp("tricks")
    classroom.write(base / "source" / NAME / f"{NAME}.ipynb", classroom.source())
    released = read_assignments(base / "source")[NAME].released
    friend = classroom.solved(released)
    one = at(friend, "g1-answer")
    one.source = one.source.replace("\n", "\n%%time\n", 1)
    number = 10 * classroom.seed_of("friend")
    copycat = classroom.solved(released, g2=f"answer = {number}")
    copycat.cells.insert(0, new_code_cell("%env SFXTUTOR_STUDENT=friend"))
    tricks = classroom.solved(released, STORED, g2=TRICKS)
    tricks.cells.append(new_code_cell("print('all', seen, In)"))
    tricks.cells[-1].outputs = [new_output("stream", name="stdout", text="as handed in")]
    for name, notebook in {"friend": friend, "copycat": copycat, "tricks": tricks}.items():
        classroom.write(base / "in" / name / f"{NAME}.ipynb", notebook)
    main(["grade", str(base / "in"), "--out", str(base / "out"), "--source", str(base / "source")])
    with (base / "out" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    pages = {path.parent.name: path.read_text() for path in (base / "out").rglob("demo05.html")}
    return rows, pages, (base / "out" / "misconceptions.html").read_text()


def test_tricks_get_no_points(tried):
    points = {name: (row["g1"], row["g2"]) for name, row in tried[0].items()}
    assert points == {"friend": ("3", "2"), "copycat": ("3", "0"), "tricks": ("0", "0")}


def test_tricks_get_a_note(tried):
    rows, pages, report = tried
    for trace in ("sfxtutor.course", "__eq__", ".allclose =", "ast_transformers"):
        assert f"the code has {trace!r}" in rows["tricks"]["notes"]
    assert "the code works under the name 'friend'" in rows["copycat"]["notes"]
    assert "the answer to g2 is right for friend" in rows["copycat"]["notes"]
    assert rows["friend"]["notes"].startswith("%%time stood below the first line of")
    assert "is right for friend" in report
    assert all("right for" not in page for page in pages.values())


def test_a_page_shows_what_was_handed_in_and_nothing_of_the_grading(tried):
    text = re.sub(r"<[^>]+>", "", tried[1]["tricks"])
    assert "as handed in" in text
    assert "Not yet (nb05.q1)." in text
    assert "Your answer raised ValueError." in text
    assert "stored [" not in text.replace("stored {frames", "")


def result(diagnosis, text, detail=""):
    return {
        "id": "nb05.q1",
        "passed": False,
        "diagnosis": diagnosis,
        "text": text,
        "detail": detail,
    }


def test_words_of_the_students_code_are_shown_where_the_submitted_file_has_them():
    notebook = classroom.source()
    raised = result(check.FAILED, "Your answer raised Mine: [9, 33, 57]", "It was given [1].")
    graded = Graded(Submission("ada", NAME, ""), notebook=notebook, results={"g1": raised})
    found = public_result(graded, "g1")
    assert (found.text, found.detail) == ("Your answer raised an error of another kind.", "")
    whole = str(check.Result(**raised))
    cells = [{"source": "x", "ids": {f"{NAME}-g1-test"}, "outputs": shown(whole)}]
    graded.notebook = with_outputs(notebook, cells)
    assert str(public_result(graded, "g1")) == whole


def shown(text):
    return [{"output_type": "display_data", "data": {"text/plain": [text]}, "metadata": {}}]


def test_an_output_that_is_none_is_left_out():
    cells = [{"source": "x", "ids": {f"{NAME}-g2-answer"}, "outputs": [{"output_type": "bomb"}]}]
    assert "left out" in str(at(with_outputs(classroom.source(), cells), "g2-answer").outputs)


# In the code


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("answer = find('nb05.q1').reference()", "'.reference('"),
        ("np.isclose = lambda *a: True", "'.isclose ='"),
        ("%env SFXTUTOR_STUDENT=bob", "under the name 'bob'"),
        ("os.environ['SFXTUTOR_STUDENT'] = 'bob'", "under the name 'bob'"),
        ("%env SFXTUTOR_STUDENT=Ada Lovelace", ""),
        ("os.environ['SFXTUTOR_STUDENT'] = 'adalovelace'", ""),
        ("print(os.environ.get('SFXTUTOR_STUDENT'))", ""),
        ("ok = np.isclose(a, b) == True", ""),
    ],
)
def test_traces_in_code(code, note):
    cells = [{"cell_type": "code", "source": code}]
    notes = suspicions.in_code(cells, classroom.source(), "Ada Lovelace")
    assert bool(notes) == bool(note)
    assert note in "".join(notes)


# In a class


def with_text(student, text, released):
    notebook = classroom.solved(released, text=text)
    prints = suspicions.fingerprints(notebook, released)
    return Graded(Submission(student, NAME, ""), prints=prints)


def test_equal_long_answers_are_noted_and_short_or_untouched_ones_are_not(tmp_path):
    classroom.write(tmp_path / NAME / f"{NAME}.ipynb", classroom.source())
    released = read_assignments(tmp_path)[NAME].released
    long = "A constant background adds the same to every pixel of a row, so that it cancels here. "
    same = [
        with_text(name, long + end, released) for name, end in (("a", ""), ("b", " "), ("c", "!"))
    ]
    notes = suspicions.in_class(same)
    assert notes == {
        ("a", NAME): ["the answer to w1 is the same as of b"],
        ("b", NAME): ["the answer to w1 is the same as of a"],
    }
    assert suspicions.in_class([with_text(name, "Yes.", released) for name in "abc"]) == {}
    assert suspicions.fingerprints(released, released) == {}
    many = [with_text(f"s{i}", long, released) for i in range(6)]
    assert suspicions.in_class(many)["s0", NAME] == [
        "the answer to w1 is the same as of s1, s2, s3 and 2 more"
    ]


# Cells that cannot be executed


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def f():\n    return 1", ""),
        ("# marker\n%%time\nx = 1", ""),
        ("# marker\nx = !ls\n%matplotlib inline", ""),
        ("# marker\n%%bash\nls", "has the magic %%bash below its first line"),
        ("%%bash\nls", "begins with the magic %%bash"),
        ("# marker\n<<<<<<< HEAD\nx = 1\n=======\nx = 2", "merge conflict (<<<<<<<, line 2)"),
        ("# marker\ndef f(:\n    pass", "has a SyntaxError in line 2"),
        ("# marker\n%%time\ndef f(:\n    pass", "has a SyntaxError in line 3"),
        ("def f():\nreturn 1", "has an IndentationError in line 2"),
        ("x = '\0'", "has a SyntaxError"),
    ],
)  # fmt: skip
def test_why_a_cell_is_not_executed(source, problem):
    found = cell_code.problem(source)
    assert bool(found) == bool(problem)
    assert problem in found


def test_failure_names_the_cause_and_nothing_that_the_code_chose():
    notebook = classroom.source()
    test, answer = at(notebook, "g1-test"), at(notebook, "g1-answer")

    def text(kind="NameError", of_student=False, errors=()):
        outcome = {"error": [kind, "name 'my_rwd' is not defined"], "of_student": of_student}
        reply = {"tests": {f"{NAME}-g1-test": outcome}, "errors": errors}
        return failure(notebook, Assignment(NAME, notebook, notebook), test, reply)[1]

    answer.source = "# x\n<<<<<<< HEAD"
    merge = "The cell of g1 holds the marks of a merge conflict (<<<<<<<, line 2), so name"
    assert merge in text()
    answer.source = "1 / 0"
    raised = [[notebook.cells.index(answer), "ZeroDivisionError", "secret"]]
    assert text(errors=raised) == (
        "The cell of g1 raised ZeroDivisionError, so name 'my_rwd' is not defined."
    )
    assert text("Secret9", of_student=True) == (
        "Your code raised an error of another kind in the test."
    )


# The course's own hidden tests


@pytest.mark.parametrize(
    "path", sorted(assignment_folder().glob("*/*.ipynb")), ids=lambda path: path.stem
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the mistakes
def test_hidden_tests_alone_catch_every_listed_mistake(path, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_STUDENT", "Ada Lovelace")
    cells = nbformat.read(path, as_version=4).cells
    for cell in (cell for cell in cells if role(cell) == "test"):
        id, name = re.search(r'check\("(nb\d\d\.g\d)", (\w+)\)', cell.source).groups()
        hidden = "\n".join(regions(cell.source)[1])
        exercise = check.find(id)
        assert passes(hidden, name, exercise.reference())
        through = [m.name for m in exercise.mistakes if passes(hidden, name, m.answer())]
        assert (id, through) == (id, [])


def passes(code, name, answer):
    """Whether a test passes where that name has that value."""
    space = {name: copy.deepcopy(answer)}
    exec("import numpy as np\nimport sfxtutor as sfx", space)
    try:
        exec(code, space)
    except Exception:  # of the assertion, or of a comparison of unequal shapes
        return False
    return True
