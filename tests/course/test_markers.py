"""Markers and ids for a source that was made in nbgrader's panel."""

import copy

import classroom
import ownlesson
import pytest
from ownlesson import NAME

from sfxtutor.course.assignments import read_assignment
from sfxtutor.course.cells import grade_id, role
from sfxtutor.course.markers import add_markers


def test_cells_get_ids_by_their_task_and_whole_answers_a_region():
    source = ownlesson.source()
    roles = [role(cell) for cell in source.cells]
    assert add_markers(source, NAME) == 7
    assert [grade_id(cell).removeprefix(f"{NAME}-") for cell in source.cells] == [
        "text1",
        "text2",
        "g1-answer",
        "g1-test",
        "g2-answer",
        "g2-test",
        "w1-answer",
    ]
    assert [role(cell) for cell in source.cells] == roles
    assert source.cells[0].metadata.nbgrader.locked
    assert source.cells[0].source == f"<!-- sfxtutor: {NAME}-text1 -->\n# Counting photons"
    assert source.cells[4].source == (
        f"# sfxtutor: {NAME}-g2-answer\n### BEGIN SOLUTION\nanswer = 3\n### END SOLUTION"
    )
    assert add_markers(source, NAME) == 0


def test_two_answers_of_one_test_and_marked_sources():
    source = ownlesson.source()
    source.cells.insert(3, copy.deepcopy(source.cells[4]))
    add_markers(source, NAME)
    ids = [grade_id(cell) for cell in source.cells]
    assert ids[2:5] == [f"{NAME}-{end}" for end in ("g1-answer", "g1-answer2", "g1-test")]
    assert add_markers(classroom.source(), classroom.NAME) == 0


@pytest.mark.parametrize(
    ("cell", "old", "new", "sentence"),
    [
        (1, "import numpy", "%%time\nimport numpy", "cell 2 begins with %%time"),
        (3, "### END HIDDEN TESTS", "", "cell 4: END HIDDEN TESTS is missing"),
    ],
)
def test_cell_that_cannot_be_marked_is_named(tmp_path, cell, old, new, sentence):
    source = ownlesson.source()
    assert old in source.cells[cell].source
    source.cells[cell].source = source.cells[cell].source.replace(old, new)
    path = tmp_path / NAME / f"{NAME}.ipynb"
    classroom.write(path, source)
    with pytest.raises(ValueError, match=sentence):
        read_assignment(path)
