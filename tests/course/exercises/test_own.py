"""Exercises of an instructor's own: checked before the release, neutral for students, graded."""

import csv
import re

import nbformat
import numpy as np
import ownlesson
import pytest
from nbformat.v4 import new_output
from ownlesson import NAME, WRONG, at

import sfxtutor as sfx
from sfxtutor.cli.main import main
from sfxtutor.course.exercises import check
from sfxtutor.course.exercises.own import known_from, problems

TEXTS = {"right": "Photons of the background count.", "mistaken": "", "other": "They fluctuate."}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return ownlesson.write_source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def released(source, tmp_path_factory):
    """The folder of the release, and what the command said."""
    out = tmp_path_factory.mktemp("release")
    assert main(["assign", "--source", str(source), "--out", str(out)]) == 0
    return out


def test_students_get_markers_and_no_exercises(released):
    assert [path.name for path in released.rglob("*") if path.is_file()] == [f"{NAME}.ipynb"]
    notebook = nbformat.read(released / NAME / f"{NAME}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert text.count(f"sfxtutor: {NAME}-") == len(notebook.cells)
    assert at(notebook, "g2-answer").source.endswith("\n...")
    for secret in ("np.sqrt", "fluctuate", ownlesson.HIDDEN):
        assert secret not in text


def test_without_the_source_a_check_is_neutral():
    result = sfx.check("lesson10.g1", 3)
    assert result
    assert not result.passed
    assert str(result).endswith("This task is checked when it is graded.")
    with pytest.raises(KeyError):
        sfx.check("lesson10.q1", 3)


def test_with_the_source_an_answer_gets_its_diagnosis(source):
    with known_from(source):
        assert sfx.check("lesson10.g1", check.find("lesson10.g1").reference()).passed
        wrong = sfx.check("lesson10.g1", lambda counts, background: (counts.sum(), 0.0))
        assert (wrong.passed, wrong.diagnosis) == (False, check.OTHER)
        with pytest.raises(KeyError):
            sfx.check("lesson10.g9", 3)
        with pytest.raises(KeyError):
            sfx.check("lesson11.g1", 3)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '"lesson10.g1"',
            '"lesson11.g1"',
            "'lesson11.g1' is not one of its own such as",
        ),
        ("spot(pixels=lambda counts: 1)", "spot()", "'background of one pixel' is taken for right"),
        (
            "spot(pixels=lambda counts: 1)",
            "spot(pixels=lambda counts: 0)",
            "'background of one pixel' is taken for 'background not subtracted'",
        ),
        ("EXERCISES = (", "ANSWERS = (", "defines no EXERCISES"),
        ("import numpy", "import nothing_there", "line 3: ModuleNotFoundError"),
        ("reference=spot,", "reference=lambda: 3,", "its answers or its probe raised TypeError"),
    ],
)
def test_wrong_exercises_are_refused(tmp_path, capsys, old, new, sentence):
    folder = ownlesson.write_source(tmp_path / "source")
    path = folder / NAME / "exercises.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert main(["assign", "--source", str(folder), "--out", str(tmp_path / "out")]) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_source_whose_solution_fails_a_hidden_test_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ownlesson, "HIDDEN", "assert spot(np.array([9, 7]), 0)[1] == 4.5")
    folder = ownlesson.write_source(tmp_path / "source")
    assert main(["assign", "--source", str(folder), "--out", str(tmp_path / "out")]) == 1
    assert f"{NAME}-g1-test fails with the solution (AssertionError" in capsys.readouterr().err


def test_every_mistake_of_the_example_has_its_diagnosis(source):
    with known_from(source):
        assert problems(source / NAME / "exercises.py", check.check) == []
        (exercise,) = check.own_exercises(NAME)
        assert len(exercise.mistakes) == 3
        rng = np.random.default_rng(0)
        signal, deviation = exercise.reference()(rng.poisson(50, 9), 10.0)
    assert 0 < signal < deviation**2


def test_solutions_show_answers_and_mark_schemes_but_no_hidden_test(source, tmp_path):
    assert main(["assign", "--solutions", "--source", str(source), "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.rglob("*.ipynb")
    assert path.name == f"{NAME}-solution.ipynb"
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert ownlesson.SOLUTION in text
    assert "**Mark scheme**\n\n1 point: photons" in text
    assert ownlesson.HIDDEN not in text
    assert re.findall("BEGIN|END|sfxtutor: ", text) == []
    assert all(cell.metadata == {} for cell in notebook.cells)


def test_class_is_graded_with_the_instructors_diagnoses(source, released, tmp_path):
    notebook = nbformat.read(released / NAME / f"{NAME}.ipynb", as_version=4)
    for name, spot in WRONG.items():
        answer = 3 if name == "right" else 7 if name == "mistaken" else 4
        handed_in = ownlesson.solved(notebook, spot, TEXTS[name], answer)
        if answer > 5:  # as the student's own copy shows it
            said = f"found {answer}, expected less than 5"
            error = new_output("error", ename="AssertionError", evalue=said)
            ownlesson.at(handed_in, "g2-test").outputs = [error]
        ownlesson.classroom.write(tmp_path / "in" / name / f"{NAME}.ipynb", handed_in)
    out = tmp_path / "graded"
    assert main(["grade", str(tmp_path / "in"), "--source", str(source), "--out", str(out)]) == 0
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {n: (r["g1"], r["g2"]) for n, r in rows.items()} == {
        "right": ("3", "2"),
        "mistaken": ("0", "0"),
        "other": ("0", "0"),
    }
    report = (out / "misconceptions.md").read_text()
    assert "| background of one pixel | 1 of 3 | What is the unit of `background`" in report
    assert "| wrong, without a diagnosis | 2 of 3 |" in report
    assert "- 1 of 3: found 7, expected less than 5" in report
    page = (out / "feedback" / "mistaken" / f"{NAME}.html").read_text()
    assert "You subtracted the background of one pixel." in page
    assert "found 7, expected less than 5" in page
    other = (out / "feedback" / "other" / f"{NAME}.html").read_text()
    assert "is not what the test expects" in other
