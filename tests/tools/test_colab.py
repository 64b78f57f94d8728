"""Colab: every notebook says the same repository and tag, and its guard replaces nothing there.

`colab_check.py` beside this file plays the whole of it, with the network.
"""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PathDistribution, distribution, version

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import ROOT

import sfxtutor
from sfxtutor.course.lessons import find_notebooks
from tools import colab

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LESSONS = find_notebooks(ROOT / "notebooks")
ASSIGNMENTS = sorted((ROOT / "notebooks").glob("assignments/source/*/*.ipynb"))
KEPT = ("tensorflow", "keras", "numpy", "h5py")  # what the guard's constraints hold
HAS = dict(
    line.split("==")
    for line in (ROOT / "tools" / "colab_versions.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)
HAS = {canonicalize_name(name): number for name, number in HAS.items()}
INSTALLED = {name: version(name) for name in (*KEPT[1:], "matplotlib", "numba", "scipy", "tqdm")}


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, unpacked: what the guard installs."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "-w", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder)
    return folder


def required(dist):
    """Requirements of a distribution on this Python, with those of the extra that Colab gets."""
    for line in dist.requires or ():
        need = Requirement(line)
        if any(need.marker is None or need.marker.evaluate({"extra": e}) for e in ("", "colab")):
            yield need


def replaced(dist, there):
    """What installing a distribution would replace, given what is there: sentences.

    Follows the requirements of what is not there; they are those of the releases installed here,
    and not known where the distribution asks for other releases.
    """
    todo, seen = [dist], set()
    seen |= {
        canonicalize_name(need.name)
        for need in required(dist)
        if canonicalize_name(need.name) not in there
        and not need.specifier.contains(version(need.name), prereleases=True)
    }
    while todo:
        for need in required(todo.pop()):
            name = canonicalize_name(need.name)
            if name in there and not need.specifier.contains(there[name], prereleases=True):
                yield f"{need} would replace {name} {there[name]}"
            if name not in there and name not in seen:
                seen.add(name)
                todo.append(distribution(name))


@pytest.mark.parametrize("path", [*LESSONS, *ASSIGNMENTS], ids=lambda path: path.stem)
def test_every_notebook_names_this_repository_and_version(path):
    notebook = read(path)
    before = nbformat.writes(notebook)
    colab.renew(notebook, path.name if path in LESSONS else None)
    assert nbformat.writes(notebook) == before, "run: python -m tools.colab"


def test_repository_and_tag_come_from_one_place():
    assert colab.repository() == PROJECT["urls"]["Repository"]
    place = f"{PROJECT['urls']['Repository']}@v{sfxtutor.__version__}"
    assert re.findall(r"git\+([^\"]+)", colab.guard()) == [place]
    place = PROJECT["urls"]["Repository"].removeprefix("https://github.com/")
    assert f"/github/{place}/blob/v{sfxtutor.__version__}/notebooks/03_x.ipynb" in colab.link(
        "03_x.ipynb"
    )


def test_a_new_version_reaches_link_and_guard(monkeypatch):
    notebook = new_notebook(
        cells=[new_markdown_cell("# Title\n\n**Question.** Why?"), new_code_cell(colab.guard())]
    )
    colab.renew(notebook, "03_x.ipynb")
    monkeypatch.setattr(colab, "__version__", "7.8.9")
    colab.renew(notebook, "03_x.ipynb")
    head, code = (cell.source for cell in notebook.cells)
    assert head.splitlines()[::2] == ["# Title", colab.link("03_x.ipynb"), "**Question.** Why?"]
    assert "/v7.8.9/" in head
    assert '@v7.8.9"' in code
    assert sfxtutor.__version__ not in head + code


OLD = """import sys

if "google.colab" in sys.modules:
    %pip install sfxtutor"""


def test_an_assignment_keeps_its_first_cell_and_gets_no_link():
    around = "# sfxtutor: q1\n{}\n\nimport numpy as np\nif np:\n    pass"
    cells = [new_markdown_cell("# Title"), new_code_cell(around.format(OLD))]
    notebook = new_notebook(cells=cells)
    colab.renew(notebook)
    assert [cell.source for cell in notebook.cells] == ["# Title", around.format(colab.guard())]


@pytest.mark.parametrize(
    "cells", [[], [new_code_cell("import numpy")], [new_code_cell("# google.colab")]]
)
def test_a_first_cell_that_is_no_guard_is_never_overwritten(cells):
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), *cells])
    with pytest.raises(ValueError, match=r"expected the guard"):
        colab.renew(notebook)
    assert [cell.source for cell in notebook.cells[1:]] == [cell.source for cell in cells]


def test_renewing_the_checkout_changes_only_what_is_old(tmp_path, capsys):
    task = tmp_path / "assignments" / "source" / "nb03" / "nb03.ipynb"
    task.parent.mkdir(parents=True)
    old = new_notebook(cells=[new_markdown_cell("# Title"), new_code_cell(OLD)])
    for path in (tmp_path / "03_x.ipynb", task):
        nbformat.write(old, path)
    colab.main(tmp_path)
    assert capsys.readouterr().out.count("renewed") == 2
    assert colab.link("03_x.ipynb") in read(tmp_path / "03_x.ipynb").cells[0].source
    assert read(task).cells[0].source == "# Title"
    assert read(task).cells[1].source == colab.guard()
    colab.main(tmp_path)
    assert capsys.readouterr().out == ""


def test_guard_does_nothing_elsewhere():
    ran = []

    class Shell:
        def run_line_magic(self, *words):
            ran.append(words)

        system = run_line_magic

    source = TransformerManager().transform_cell(colab.guard())
    exec(source, {"get_ipython": Shell})
    assert ran == []
    exec(source.replace('"google.colab"', '"sys"'), {"get_ipython": Shell})
    assert [words[0].split()[0] for words in ran] == ["pip", "pip"]


def test_guard_holds_what_colab_has(tmp_path):
    holds = re.search(r"grep -iE (\"\S+\")", colab.guard())[1]
    names = [*KEPT, "tensorflow-cpu", "Keras", "fabio"]
    done = subprocess.run(
        f"grep -iE {holds}",
        shell=True,
        input="".join(f"{name}==1.0\n" for name in names),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [f"{name}==1.0" for name in names[:-1]]


@pytest.mark.parametrize("there", [HAS, INSTALLED], ids=["on Colab", "here"])
def test_wheel_replaces_nothing_that_is_there(wheel, there):
    dist = PathDistribution(next(wheel.glob("*.dist-info")))
    assert list(replaced(dist, there)) == []
    assert not [need.name for need in required(dist) if re.match("tensorflow|keras", need.name)]


@pytest.mark.parametrize("line", ["numpy>=99", 'h5py<3 ; extra == "colab"'])
def test_a_requirement_that_replaces_something_is_found(line):
    class Greedy:
        requires = ("fabio", line, 'jupyterlab>=99 ; extra == "lab"')

    name = re.match(r"\w+", line)[0]
    assert [text.split()[-2] for text in replaced(Greedy, HAS)] == [name]


def test_wheel_brings_the_lessons(wheel):
    assert [path.name for path in find_notebooks(wheel / "sfxtutor" / "notebooks")] == [
        path.name for path in LESSONS
    ]
