"""An instructor's own assignment: made in nbgrader's panel, its exercises those of the guide."""

import copy
import re

import classroom
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from places import ROOT

NAME = "lesson10"
TEST = 'result = sfx.check("lesson10.g1", spot)\ndisplay(result)\nassert result, result'
HIDDEN = "assert spot(np.array([9, 7]), 0)[1] == 4.0"
PLAIN = "assert answer < 5, f'found {answer}, expected less than 5'\nassert answer == 3"
SOLUTION = "    total = counts.sum()\n    return total - counts.size * background, np.sqrt(total)"
WRONG = {
    "right": SOLUTION,
    "mistaken": "    return counts.sum() - background, np.sqrt(counts.sum())",
    "other": "    return 1.0, 2.0",
}
SCHEME = "1 point: photons of the background are counted too\n\n1 point: they fluctuate"


def example():
    """The file exercises.py of the instructor guide."""
    text = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return found


def source():
    """A source without markers, with the ids that nbgrader's panel makes."""
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            new_markdown_cell("# Counting photons"),
            new_code_cell(
                "import numpy as np\n\nimport sfxtutor as sfx\n\nsfx.student.show_name()"
            ),
            graded("cell-1a", f"def spot(counts, background):\n{SOLUTION}", solution=True),
            graded(
                "cell-2b",
                f"{TEST}\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS",
                grade=True,
                points=3,
            ),
            graded("cell-3c", "answer = 3", solution=True),
            graded("cell-4d", PLAIN, grade=True, points=2),
            graded("cell-5e", SCHEME, new_markdown_cell, grade=True, solution=True, points=2),
        ],
    )


def graded(id, text, make=new_code_cell, **meta):
    """A cell with the metadata that nbgrader's panel gives it."""
    meta = {"grade": False, "solution": False, "task": False, **meta}
    meta |= {"schema_version": 3, "grade_id": id, "locked": not meta["solution"]}
    return make(text, metadata={"nbgrader": meta})


def write_source(folder):
    """The source and its exercises in a folder, as an instructor has them: the folder."""
    classroom.write(folder / NAME / f"{NAME}.ipynb", source())
    (folder / NAME / "exercises.py").write_text(example(), encoding="utf-8")
    return folder


def at(notebook, id):
    """The cell with that marker."""
    return next(c for c in notebook.cells if f"sfxtutor: {NAME}-{id}" in c.source)


def solved(released, spot, text, answer=3):
    """What a student hands in."""
    notebook = copy.deepcopy(released)
    head = at(notebook, "g1-answer").source.partition("\n")[0]
    at(notebook, "g1-answer").source = f"{head}\ndef spot(counts, background):\n{spot}"
    at(notebook, "g2-answer").source += f"\nanswer = {answer}"
    one = at(notebook, "w1-answer")
    one.source = one.source.replace("*Your answer here.*", text)
    return notebook
