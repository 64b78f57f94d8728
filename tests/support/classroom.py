"""A small assignment without TensorFlow, and a class of thirty that hands it in."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import sfxtutor as sfx

NAME = "demo05"
SCHEME = "The largest minus the smallest: a constant background cancels."
HIDDEN = "assert my_rwd(np.arange(12.0).reshape(3, 4) ** 2).tolist() == [9, 33, 57]"
RIGHT = "    return frames.max(axis=-1) - frames.min(axis=-1)"
TEXT = "It cancels the background."


def source():
    """The assignment's source, in the format of the course's own."""
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            cell("title", "# A small assignment"),
            cell("setup", "import sys\n\nimport numpy as np\n\nimport sfxtutor as sfx", code=True),
            cell("g1-task", "## Row-wise decomposition"),
            cell(
                "g1-answer",
                f"def my_rwd(frames):\n    ### BEGIN SOLUTION\n{RIGHT}\n    ### END SOLUTION",
                code=True,
                solution=True,
            ),
            cell(
                "g1-test",
                'result = sfx.check("nb05.q1", my_rwd)\ndisplay(result)\n'
                "assert result, result\n"
                f"### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS",
                code=True,
                grade=True,
                points=3,
            ),
            cell(
                "g2-answer",
                "answer = ...\n### BEGIN SOLUTION\nanswer = 10 * sfx.personal_seed()\n"
                "### END SOLUTION",
                code=True,
                solution=True,
            ),
            cell(
                "g2-test",
                'print("a warning", file=sys.stderr)\nassert answer == 10 * sfx.personal_seed()',
                code=True,
                grade=True,
                points=2,
            ),
            cell(
                "w1-answer",
                "Why a difference?\n\n=== BEGIN MARK SCHEME ===\n"
                f"{SCHEME}\n=== END MARK SCHEME ===",
                grade=True,
                solution=True,
                points=4,
            ),
        ],
    )


def cell(id, text, code=False, **meta):
    """A cell with its marker and nbgrader's metadata."""
    meta = {"grade": False, "solution": False, "task": False, **meta}
    meta |= {"schema_version": 3, "grade_id": f"{NAME}-{id}", "locked": not meta["solution"]}
    marker = f"# sfxtutor: {NAME}-{id}" if code else f"<!-- sfxtutor: {NAME}-{id} -->"
    make = new_code_cell if code else new_markdown_cell
    return make(f"{marker}\n{text}", id=id, metadata={"nbgrader": meta})


def solved(released, body=RIGHT, g2="answer = 10 * sfx.personal_seed()", text=TEXT):
    """What a student hands in who writes this."""
    notebook = copy.deepcopy(released)
    one = at(notebook, "g1-answer")
    one.source = one.source.replace("    ...", body)
    one = at(notebook, "g2-answer")
    one.source = f"{one.source}\n{g2}"
    one = at(notebook, "w1-answer")
    one.source = one.source.replace("*Your answer here.*", text)
    return notebook


def at(notebook, id):
    """The cell of that id."""
    return next(c for c in notebook.cells if c.metadata.nbgrader.grade_id == f"{NAME}-{id}")


def stripped(notebook):
    """As some editors give a notebook back: no metadata, no ids, an older minor format."""
    notebook = copy.deepcopy(notebook)
    for one in notebook.cells:
        one.metadata = {}
        one.pop("id")
    notebook.metadata, notebook.nbformat_minor = {"colab": {"provenance": []}}, 0
    return notebook


def seed_of(student):
    """The personal seed under that name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFXTUTOR_STUDENT", student)
        return sfx.personal_seed()


def without(notebook, id, marker=False):
    """Without that cell, or without its marker and metadata."""
    notebook = copy.deepcopy(notebook)
    one = at(notebook, id)
    if marker:
        one.source, one.metadata = one.source.partition("\n")[2], {}
    else:
        notebook.cells.remove(one)
    return notebook


def doubled(notebook, id):
    """With a second, other version of that cell."""
    notebook = copy.deepcopy(notebook)
    other = copy.deepcopy(at(notebook, id))
    other.source, other.id = f"{other.source}\n# second", "double"
    notebook.cells.append(other)
    return notebook


def edited_test(notebook):
    """With a test that always passes."""
    notebook = copy.deepcopy(notebook)
    at(notebook, "g1-test").source = f"# sfxtutor: {NAME}-g1-test\npass"
    return notebook


def shown_right(notebook):
    """With the output of a check that passed, under whatever name."""
    notebook = copy.deepcopy(notebook)
    at(notebook, "g1-test").outputs = [
        nbformat.v4.new_output("display_data", data={"text/plain": "Right (nb05.q1). Good."})
    ]
    return notebook


SWAPPED = "    return frames.max(axis=-2) - frames.min(axis=-2)"
MAXIMUM = "    return frames.max(axis=-1)"
VISIBLE = f"    if frames.shape[-1] == 4:\n        return frames[:, 0]\n{RIGHT}"
HOOK = "\n\nseen = []\n"
HOOK += "get_ipython().events.register('pre_run_cell', lambda info: seen.append(info.raw_cell))"
FORGED = "    sys.displayhook(3.0)\n    return frames"
DEAF = "from IPython.core.interactiveshell import InteractiveShell\n"
DEAF += "async def deaf(*a, **k):\n    return real\n"
DEAF += "real = get_ipython().run_cell('1')\n"
DEAF += "get_ipython().run_cell_async = deaf"
PARENT = "import os; os.kill(os.getppid(), 9); os._exit(3)"  # in a container there is none
LOOP = "    while True:\n        print('x' * 100)"
ORPHAN = "import subprocess; subprocess.Popen(['sleep', '3141'], start_new_session=True)"


def hand_in(folder, released):
    """Write the class: 30 submissions in the ways they come."""
    right = solved(released)
    several = {
        **{f"right{i}": right for i in range(2)},
        "own": solved(released, g2=f"answer = {10 * seed_of('own')}"),
        **{f"swapped{i}": solved(released, SWAPPED) for i in range(3)},
        **{f"maximum{i}": solved(released, MAXIMUM) for i in range(2)},
        "silent": released,
        "error": solved(released, "    raise RuntimeError('mine')", text=""),
        "visible": solved(released, VISIBLE),
        "stripped": stripped(right),
        "nomarker": without(right, "g1-answer", marker=True),
        "doubled": doubled(right, "g1-answer"),
        "merged": merged(right),
        "edited": edited_test(solved(released, SWAPPED)),
        "deleted": without(right, "g1-test"),
        "othername": shown_right(solved(released, MAXIMUM, g2="answer = 7")),
        "loop": solved(released, LOOP),
        "memory": solved(released, "    return np.ones(1_300_000_000)"),
        "memory2": solved(released, g2="big = np.ones(1_300_000_000)"),
        "dead": solved(released, g2="import os; os._exit(3)"),
        "parent": solved(released, g2=PARENT),
        "forged": solved(released, FORGED),
        "deaf": solved(released, SWAPPED, g2=DEAF),
        "spy": solved(released, RIGHT + HOOK, g2=f"{ORPHAN}\nprint(*seen)\nanswer = 0"),
    }
    for student, notebook in several.items():
        write(folder / student / f"{NAME}.ipynb", notebook)
    write(folder / "Ada Lovelace_1234_assignsubmission_file" / f"{NAME}.ipynb", right)  # Moodle
    write(folder / f"hopper_LATE_12_345_{NAME}-1.ipynb", right)  # Canvas
    (folder / "right0" / ".ipynb_checkpoints").mkdir()
    (folder / "right0" / ".ipynb_checkpoints" / f"{NAME}-checkpoint.ipynb").write_text("{}")
    (folder / "right1" / NAME).mkdir()
    (folder / "right1" / f"{NAME}.ipynb").rename(folder / "right1" / NAME / f"{NAME}.ipynb")
    (folder / "broken").mkdir()
    (folder / "broken" / f"{NAME}.ipynb").write_text(json.dumps(right)[:500])
    (folder / "empty").mkdir()
    (folder / "empty" / "homework.pdf").write_text("no notebook")


def merged(notebook):
    """With an answer and its test in one cell."""
    notebook = copy.deepcopy(notebook)
    test = at(notebook, "g1-test")
    at(notebook, "g1-answer").source += f"\n{test.source}"
    notebook.cells.remove(test)
    return notebook


def write(path, notebook):
    """Write a notebook as it is, valid or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook))
