"""What a student can check before handing in."""

import copy

import classroom
import nbformat
import pytest
from classroom import NAME, at

from sfxtutor.cli.main import main
from sfxtutor.course.assignments import read_assignment
from sfxtutor.course.grading.archives import LARGEST
from sfxtutor.course.submit_check import check_submission, too_large


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / NAME / f"{NAME}.ipynb"
    classroom.write(path, classroom.source())
    return read_assignment(path).released


def named(notebook, text="You are: ada (seed 7)."):
    """With what its setup cell printed."""
    notebook = copy.deepcopy(notebook)
    at(notebook, "setup").outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    return notebook


def found(tmp_path, notebook):
    path = tmp_path / f"{NAME}.ipynb"
    classroom.write(path, notebook)
    return check_submission(path)


def test_solved_notebook_can_be_handed_in(tmp_path, released, capsys):
    good = named(classroom.solved(released))
    assert found(tmp_path, good) == []
    assert main(["submit-check", str(tmp_path / f"{NAME}.ipynb")]) == 0
    assert "can be handed in" in capsys.readouterr().out


def test_dots_and_empty_answers_are_named(tmp_path, released, capsys):
    sentences = found(tmp_path, named(released))
    assert [sentence.split()[0] for sentence in sentences] == [
        f"{NAME}-g1-answer",
        f"{NAME}-g2-answer",
        f"{NAME}-w1-answer",
    ]
    assert main(["submit-check", str(tmp_path / f"{NAME}.ipynb")]) == 1
    assert capsys.readouterr().out.splitlines() == sentences


def test_missing_and_doubled_markers_are_named(tmp_path, released):
    right = named(classroom.solved(released))
    assert found(tmp_path, classroom.without(right, "g1-answer", marker=True)) == [
        f"The line '# sfxtutor: {NAME}-g1-answer' is missing: put it back as the first line of its "
        "cell."
    ]
    (sentence,) = found(tmp_path, classroom.doubled(right, "g2-answer"))
    assert sentence.startswith(f"{NAME}-g2-answer stands in 2 cells")


def test_name_under_which_the_cells_ran_is_looked_at(tmp_path, released):
    right = classroom.solved(released)
    assert "without a name" in found(tmp_path, named(right, "No name is set: you have"))[0]
    assert "were not run" in found(tmp_path, right)[0]


def test_large_file_and_a_wrong_one_are_named(tmp_path, capsys):
    path = tmp_path / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)  # takes no disk
    assert "at most 50" in next(too_large(path))
    for text, sentence in (
        ("{}", "holds no cells"),
        ('{"cells": []}', "has no line such"),
    ):
        path.write_text(text)
        assert main(["submit-check", str(path)]) == 1
        assert sentence in capsys.readouterr().err
