"""Repair: the visible marker decides which cell is which, and no answer in words is lost.

The small assignment stands in classroom.py; `lesson` is one of the course's own, in which a cell
with the question stands above the written answer.
"""

import copy
import json

import classroom
import nbformat
import pytest
from classroom import HIDDEN, NAME, at
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from sfxtutor.course.assignments import assignment_folder, read_assignment
from sfxtutor.course.cells import grade_id
from sfxtutor.course.grading.marks import written_text
from sfxtutor.course.grading.repair import Refused, plain, read_cells, restore

TEXT = "The interval is wide.\nSo the two are alike."


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / NAME / f"{NAME}.ipynb"
    classroom.write(path, classroom.source())
    return read_assignment(path)


@pytest.fixture(scope="module")
def lesson():
    return read_assignment(assignment_folder() / "lesson03" / "lesson03.ipynb")


def restored(assignment, notebook):
    return restore(assignment, [plain(cell) for cell in notebook.cells])


def cell_of(notebook, id):
    (cell,) = (cell for cell in notebook.cells if grade_id(cell).endswith(f"-{id}"))
    return cell


def place(notebook, id):
    return notebook.cells.index(cell_of(notebook, id))


def answer_in(assignment, made, id="w1-answer"):
    return written_text(cell_of(made, id), assignment)


def refusal(assignment, notebook):
    with pytest.raises(Refused) as caught:
        restored(assignment, notebook)
    return str(caught.value)


def halves(notebook, id, line):
    """As JupyterLab splits a cell: both halves with the metadata, the marker in the first."""
    cell = cell_of(notebook, id)
    lines = cell.source.split("\n")
    second = copy.deepcopy(cell)
    cell.source, second.source = "\n".join(lines[:line]), "\n".join(lines[line:])
    second.id = "second"
    notebook.cells.insert(notebook.cells.index(cell) + 1, second)


def retype(notebook, id, line):
    """With another first line, in a cell without metadata."""
    cell = cell_of(notebook, id)
    cell.source = f"{line}\n{cell.source.partition(chr(10))[2]}"
    cell.metadata = {}


# Order


def test_repaired_cells_stand_in_the_order_of_the_source(assignment):
    notebook = classroom.stripped(classroom.solved(assignment.released))
    notebook.cells = [*notebook.cells[::-1], new_code_cell("x = 1")]  # last: behind the title
    made, _ = restored(assignment, notebook)
    ids = [grade_id(cell) for cell in made.cells]
    expected = [grade_id(cell) for cell in assignment.source.cells]
    assert ids == [expected[0], "", *expected[1:]]
    assert made.cells[1].source == "x = 1"
    assert classroom.RIGHT in cell_of(made, "g1-answer").source
    assert HIDDEN in cell_of(made, "g1-test").source


# Markers


def test_same_answer_twice_counts_once_and_metadata_alone_will_do(assignment):
    notebook = classroom.solved(assignment.released)
    notebook.cells.append(copy.deepcopy(at(notebook, "g1-answer")))
    at(notebook, "g2-answer").source = "answer = 5"  # the marker deleted, the metadata kept
    made, notes = restored(assignment, notebook)
    assert len(made.cells) == len(assignment.source.cells)
    assert cell_of(made, "g2-answer").source == "answer = 5"
    assert notes == []


def test_a_split_answer_is_its_first_half_and_the_second_stays_behind_it(assignment):
    notebook = classroom.solved(assignment.released)
    at(notebook, "g1-answer").source += "\n\nprint(my_rwd)"
    halves(notebook, "g1-answer", 4)
    made, notes = restored(assignment, notebook)
    assert cell_of(made, "g1-answer").source.endswith(classroom.RIGHT)
    second = made.cells[place(made, "g1-answer") + 1]
    assert (second.source, dict(second.metadata)) == ("print(my_rwd)", {})
    assert notes == [
        f"{NAME}-g1-answer was split or copied: the cell with the visible marker counts, the other "
        "is one of the student's own"
    ]


def test_a_split_written_answer_is_put_together(assignment):
    notebook = classroom.solved(assignment.released, text=TEXT)
    halves(notebook, "w1-answer", 4)
    made, notes = restored(assignment, notebook)
    assert answer_in(assignment, made).split() == TEXT.split()
    assert any("goes on in a cell below" in note for note in notes)


@pytest.mark.parametrize(
    "old",
    [
        "# sfxtutor: {name}-g1-answer\n# def my_rwd(frames):\n#     return frames.max(axis=-1)",
        '# sfxtutor: {name}-g1-answer\n"""\ndef my_rwd(frames):\n    return 0\n"""',
        "# sfxtutor: {name}-g1-answer\ndef my_rwd(frames):\n    ...",
    ],
)
@pytest.mark.parametrize("below", [0, 1])
def test_an_old_try_that_does_nothing_is_left_out(assignment, old, below):
    notebook = classroom.solved(assignment.released)
    copied = copy.deepcopy(at(notebook, "g1-answer"))
    copied.source, copied.id = old.format(name=NAME), "copy"
    notebook.cells.insert(place(notebook, "g1-answer") + below, copied)
    made, notes = restored(assignment, notebook)
    assert classroom.RIGHT in cell_of(made, "g1-answer").source
    assert len(made.cells) == len(assignment.source.cells)
    assert notes == [f"{NAME}-g1-answer is there more than once: an old or empty copy is left out"]


def test_an_old_try_kept_as_text_is_left_out(assignment):
    notebook = classroom.solved(assignment.released)
    notebook.cells.append(new_markdown_cell(f"# sfxtutor: {NAME}-g1-answer\nreturn 0"))
    assert classroom.RIGHT in cell_of(restored(assignment, notebook)[0], "g1-answer").source


@pytest.mark.parametrize(
    "line",
    [
        "# SFXtutor: {name}-G1-Answer",
        "#sfxtutor {name} g1 answer",
        "sfxtutor: {name}-g1-answer",
        "# sfxtutor：{name}–ｇ１–answer",
        "## sfxtutor:{name}-g1-answer",
    ],
)
def test_a_marker_that_was_retyped_is_known_and_corrected(assignment, line):
    notebook = classroom.solved(assignment.released)
    retype(notebook, "g1-answer", line.format(name=NAME))
    made, notes = restored(assignment, notebook)
    assert cell_of(made, "g1-answer").source.startswith(f"# sfxtutor: {NAME}-g1-answer\ndef my_rwd")
    assert notes == [
        f"the first line of {NAME}-g1-answer was changed to {line.format(name=NAME)!r}"
    ]


def test_a_marker_that_differs_in_spaces_alone_needs_no_note(assignment):
    notebook = classroom.solved(assignment.released)
    retype(notebook, "g1-answer", f"  #sfxtutor:   {NAME}-g1-answer  ")
    assert restored(assignment, notebook)[1] == []


def test_a_heading_with_the_tasks_name_is_no_marker(assignment):
    notebook = classroom.solved(assignment.released)
    notebook.cells.insert(0, new_markdown_cell(f"# {NAME} g1 answer\nMy thoughts"))
    made, _ = restored(assignment, notebook)
    assert classroom.RIGHT in cell_of(made, "g1-answer").source
    assert made.cells[0].source.endswith("My thoughts")


def test_two_different_answers_are_refused_and_the_advice_works(assignment):
    notebook = classroom.doubled(classroom.solved(assignment.released), "g1-answer")
    line = f"# sfxtutor: {NAME}-g1-answer"
    assert f"Delete the line '{line}' from those" in refusal(assignment, notebook)
    notebook.cells[-1].source = notebook.cells[-1].source.replace(f"{line}\n", "")  # metadata stays
    made, notes = restored(assignment, notebook)
    assert "# second" not in cell_of(made, "g1-answer").source
    assert made.cells[-1].source.endswith("# second")
    assert "was split or copied" in notes[0]


def test_a_split_answer_without_its_marker_is_refused_and_the_advice_works(assignment):
    notebook = classroom.solved(assignment.released)
    halves(notebook, "g1-answer", 2)
    line, _, rest = at(notebook, "g1-answer").source.partition("\n")
    at(notebook, "g1-answer").source = rest
    assert f"Put the line '{line}' above the one that counts" in refusal(assignment, notebook)
    at(notebook, "g1-answer").source = f"{line}\n{rest}"
    assert cell_of(restored(assignment, notebook)[0], "g1-answer").source == f"{line}\n{rest}"


def test_a_missing_answer_is_refused_and_the_advice_works(assignment):
    notebook = classroom.without(classroom.solved(assignment.released), "w1-answer", marker=True)
    line = f"<!-- sfxtutor: {NAME}-w1-answer -->"
    assert f"No cell carries {NAME}-w1-answer. Put the line '{line}' above" in refusal(
        assignment, notebook
    )
    notebook.cells[-1].source = f"{line}\n{notebook.cells[-1].source}"
    assert answer_in(assignment, restored(assignment, notebook)[0]) == classroom.TEXT


def test_merged_answers_are_refused_and_the_advice_works(assignment):
    notebook = classroom.solved(assignment.released)
    first, second = at(notebook, "g1-answer"), at(notebook, "g2-answer")
    notebook.cells.remove(second)
    whole = first.source
    first.source = f"{whole}\n\n{second.source}"
    text = refusal(assignment, notebook)
    assert f"carries the marks of {NAME}-g1-answer and {NAME}-g2-answer" in text
    first.source = whole
    notebook.cells.append(new_code_cell(second.source))
    assert restored(assignment, notebook)[1] == []


def test_answer_pasted_over_another_is_refused(assignment):
    notebook = classroom.solved(assignment.released)
    at(notebook, "g2-answer").source = at(notebook, "g1-answer").source
    assert f"No cell carries {NAME}-g2-answer" in refusal(assignment, notebook)


def test_marks_of_another_assignment_are_named(assignment, lesson):
    assert "It holds marks of lesson03-g1-answer" in refusal(assignment, lesson.released)


def test_a_copy_of_a_test_is_no_change_of_it(assignment):
    notebook = classroom.solved(assignment.released)
    copied = copy.deepcopy(at(notebook, "g1-test"))
    copied.source += "\nprint(1)"
    notebook.cells.append(copied)
    assert restored(assignment, notebook)[1] == []
    at(notebook, "g1-test").source += "\npass"
    assert restored(assignment, notebook)[1] == [f"{NAME}-g1-test was changed and is restored"]


# Written answers


def test_picture_in_a_written_answer_is_pointed_at(assignment):
    notebook = classroom.solved(assignment.released)
    at(notebook, "w1-answer")["attachments"] = {"a.png": {"image/png": ""}}
    assert restored(assignment, notebook)[1] == [
        f"{NAME}-w1-answer holds a picture: see the submitted notebook"
    ]


@pytest.mark.parametrize(
    "cells",
    [
        [new_markdown_cell(TEXT)],
        [new_raw_cell(TEXT)],
        [new_code_cell(TEXT)],
        [new_code_cell("\n".join(f"# {line}" for line in TEXT.split("\n")))],
        [new_markdown_cell(line) for line in TEXT.split("\n")],
    ],
    ids=["markdown", "raw", "code", "comment", "two"],
)
def test_a_written_answer_below_its_empty_cell_is_found(lesson, cells):
    notebook = copy.deepcopy(lesson.released)
    fill(notebook)
    notebook.cells += copy.deepcopy(cells)
    made, notes = restored(lesson, notebook)
    assert answer_in(lesson, made).replace("# ", "").split() == TEXT.split()
    assert len(made.cells) == len(lesson.source.cells)
    assert notes == ["the answer to w1 was found in a cell below its own"]


def fill(notebook):
    """Answers to the tasks with code, so that these are no part of the matter."""
    for id in ("g1-answer", "g2-answer"):
        cell_of(notebook, id).source += "\n    return 1"


def test_a_written_answer_above_its_cell_or_in_the_question_is_found(lesson):
    notebook = copy.deepcopy(lesson.released)
    notebook.cells.insert(place(notebook, "w1-answer"), new_markdown_cell(TEXT))
    made, notes = restored(lesson, notebook)
    assert answer_in(lesson, made) == TEXT
    assert "the cell above it is shown in its place" in notes[0]
    notebook = copy.deepcopy(lesson.released)
    cell_of(notebook, "w1-task").source += f"\n\n{TEXT}"
    made, notes = restored(lesson, notebook)
    assert answer_in(lesson, made) == TEXT
    assert "was found in the cell of the question" in notes[0]
    assert TEXT not in cell_of(made, "w1-task").source


def test_what_is_no_answer_stays_where_it_is(lesson):
    notebook = copy.deepcopy(lesson.released)
    own = [new_markdown_cell("a remark on task 2"), new_code_cell("print(report)")]
    notebook.cells.insert(place(notebook, "w1-task"), own[0])
    notebook.cells.append(own[1])
    made, notes = restored(lesson, notebook)
    assert answer_in(lesson, made) == ""
    assert made.cells[place(made, "w1-task") - 1].source == own[0].source
    assert made.cells[-1].source == own[1].source
    assert notes == [
        "the answer to w1 is empty, and the student's own cells follow it: look at them"
    ]
    assert restored(lesson, lesson.released)[1] == []


def test_a_written_answer_goes_on_in_the_cell_below(lesson):
    notebook = copy.deepcopy(lesson.released)
    cell = cell_of(notebook, "w1-answer")
    cell.source = cell.source.replace("*Your answer here.*", "First.")
    notebook.cells += [new_markdown_cell("Second."), new_code_cell("# not words")]
    notebook.cells[-2]["attachments"] = {"a.png": {}}
    made, notes = restored(lesson, notebook)
    assert answer_in(lesson, made).split() == ["First.", "Second."]
    assert made.cells[-1].source == "# not words"
    assert notes == [
        "the answer to w1 goes on in a cell below",
        "lesson03-w1-answer holds a picture: see the submitted notebook",
    ]


# Damaged files


@pytest.fixture(scope="module")
def good(assignment):
    """Text of a notebook without damage."""
    notebook = classroom.solved(assignment.released, text="Größe")
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def handed_in(tmp_path, data):
    path = tmp_path / "lesson03.ipynb"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


CONFLICT = "<<<<<<< HEAD\n{\n=======\n{\n>>>>>>> theirs\n"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda good: "", "is empty (0 bytes)"),
        (lambda good: "\0\0\n", "is empty (3 bytes)"),
        (lambda good: good[:2000], "is cut off after 2000 characters"),
        (lambda good: good.partition("[")[0], "is cut off after"),
        (
            lambda good: good.replace("{\n", CONFLICT, 1),
            "merge conflict of Git (<<<<<<< in line 1)",
        ),
        (lambda good: good.replace('"cells": [', '"cells": [,', 1), "is damaged in line"),
        (lambda good: good.encode("latin-1"), "is not in UTF-8 (byte"),
        (lambda good: good.encode("utf-16")[:-1], "is not in UTF-8 (byte"),
        (lambda good: "<!DOCTYPE html><html>", "is a web page"),
        (lambda good: b"PK\x03\x04" + b"x" * 9, "is a zip file under another ending"),
        (lambda good: "print(1)", "is no notebook of format 4"),
        (lambda good: "[]", "holds no cells"),
        (lambda good: '{"cells": 3}', "holds no cells"),
        (lambda good: '{"cells": [3]}', "is no notebook of format 4"),
        (lambda good: '{"cells": [{"source": "x"}]}', "of format 4 (KeyError in a cell)"),
        (lambda good: '{"worksheets": 3, "nbformat": 3}', "old format and cannot be converted"),
        (lambda good: "[" * 100_000, "is no notebook of format 4"),
    ],
)
def test_a_damaged_file_is_refused_by_name_cause_and_next_step(tmp_path, good, damage, words):
    with pytest.raises(Refused) as caught:
        read_cells(handed_in(tmp_path, damage(good)))
    text = str(caught.value)
    assert text.startswith("lesson03.ipynb ")
    assert words in text
    assert any(step in text for step in ("Ask for", "Save it", "Rename it", "save it"))


def old_format(good):
    notebook = nbformat.from_dict(json.loads(good))
    return nbformat.writes(notebook, version=3).encode()


@pytest.mark.parametrize(
    ("convert", "note"),
    [
        (lambda good: good.encode("utf-8-sig"), None),
        (lambda good: good.encode("utf-16"), "it was saved as UTF-16"),
        (old_format, "it was of an old format and is converted"),
    ],
)
def test_what_can_be_converted_for_certain_is_taken(tmp_path, assignment, good, convert, note):
    notes = []
    cells = read_cells(handed_in(tmp_path, convert(good)), notes)
    assert notes == ([note] if note else [])
    made, _ = restore(assignment, cells)
    assert classroom.RIGHT in cell_of(made, "g1-answer").source
    assert answer_in(assignment, made) == "Größe"
