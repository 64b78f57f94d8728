"""Executing lessons: what is written, what a failure leaves, and that pages need no network."""

import datetime
import json
import platform
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from places import ROOT

import sfxtutor
from sfxtutor.course import pages
from sfxtutor.course.lessons import find_notebooks, notebook_folder, working_copy
from sfxtutor.course.run import Outcome, execute, kernel_environment, run_course, sections
from sfxtutor.metrics import rate_text

ROW = {
    "table": 1, "method": "always miss", "train": "LN83", "adapt_to": "", "test_on": "LN83",
    "hits_found": 0, "hits_total": 65, "misses_found": 335, "misses_total": 335,
    "seed": 0, "profile": "quick", "source": "twin",
}  # fmt: skip

GOOD = [
    """# A small lesson

**Question.** Does a page
read *well* offline?

Bragg: $\\lambda = 2 d \\sin\\theta$""",
    "$$\\frac{1}{d} \\le \\frac{2}{\\lambda}$$\n\n`cost = $5 or $6`",
    f"""import json, os, pathlib
told = {{name: os.environ["SFXTUTOR_" + name.upper()] for name in ("profile", "source")}}
rows = [{ROW!r} | told | {{"seed": int(os.environ["SFXTUTOR_SEED"])}}]
folder = pathlib.Path(os.environ["SFXTUTOR_OUT"]) / "results"
(folder / "nb00.json").write_text(json.dumps(rows))
speeds = dict(rwd=[900, 890, 910], cnn=[10, 9, 11], arithmetic=95, setting="Here")
(folder / "nb00_speeds.json").write_text(json.dumps(speeds))
pair = dict(source="LN83", target="LN84", seed=7, val_loss=[3, 2, 1], domain_val_loss=[1, 2, 1],
    a_distance={{"source only": 2, "DANN": 1}}, neighbours={{"source only": 0, "DANN": 1}})
(folder / "nb00_domains.json").write_text(json.dumps(dict(pairs=[pair, pair])))""",
    """import matplotlib.pyplot as plt
from sfxtutor import show
ax = plt.subplots()[1]
show(ax, "Empty axes from 0 to 1.")""",
]
BAD = ["# One that fails", "value = 1", "print('before')\n1 / 0", "value = 2"]


def write(path, sources):
    cells = [
        (new_markdown_cell if re.match(r"#|\$\$|\*\*", source) else new_code_cell)(source)
        for source in sources
    ]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A run of a lesson that works and of one that fails, with what an older run left behind."""
    folder, out = tmp_path_factory.mktemp("lessons"), tmp_path_factory.mktemp("out")
    lessons = [write(folder / "00_good.ipynb", GOOD), write(folder / "01_bad.ipynb", BAD)]
    (out / "results").mkdir()
    for name in ("nb01", "nb08"):  # of a lesson that fails now, and of one that is not run now
        (out / "results" / f"{name}.json").write_text(json.dumps([ROW]))
    before = [lesson.read_bytes() for lesson in lessons]
    status = run_course([lessons[1], lessons[0]], "paper", "cxidb", out, seed=7)
    assert [lesson.read_bytes() for lesson in lessons] == before, "a lesson was changed in place"
    return status, out


def test_a_failing_lesson_is_named_with_its_cell_and_the_others_go_on(report):
    status, out = report
    bad, good = json.loads((out / "timings.json").read_text())
    assert status == 1
    assert bad["error"] == "in cell 3: ZeroDivisionError: division by zero"
    assert (good["name"], good["error"]) == ("00_good", "")
    index = (out / "index.html").read_text()
    assert "failed in cell 3: ZeroDivisionError" in index


def test_executed_notebooks_hold_outputs_up_to_the_failure(report):
    cells = nbformat.read(report[1] / "01_bad.ipynb", as_version=4).cells
    assert cells[2].outputs[0].text == "before\n"
    assert cells[2].outputs[1].ename == "ZeroDivisionError"
    assert cells[3].execution_count is None


def test_results_are_gathered_and_stale_ones_of_a_failed_lesson_dropped(report):
    rows = json.loads((report[1] / "results.json").read_text())
    assert rows == [ROW | {"profile": "paper", "source": "cxidb", "seed": 7}]
    assert rate_text(335, 335) in (report[1] / "index.html").read_text()


def test_claims_are_judged_by_rows_and_speeds(report):
    claims = {one["id"]: one for one in json.loads((report[1] / "claims.json").read_text())}
    assert "900 vectors/s" in claims["rwd-is-faster"]["detail"]
    assert claims["heads-converge-and-oscillate"]["verdict"] == "holds"
    assert {one["verdict"] for one in claims.values()} <= {"holds", "fails", "unresolved"}
    index = (report[1] / "index.html").read_text()
    assert "900 vectors/s" in index


def test_the_record_holds_all_that_was_found_and_where_it_comes_from(report):
    out = report[1]
    record = json.loads((out / "record.json").read_text())
    for name in ("claims", "timings"):
        assert record[name] == json.loads((out / f"{name}.json").read_text())
    assert record["rows"] == json.loads((out / "results.json").read_text())
    assert record["speeds"]["arithmetic"] == 95
    assert len(record["domains"]["pairs"]) == 2
    assert (record["profile"], record["source"], record["seed"]) == ("paper", "cxidb", 7)
    today = datetime.date.today()
    assert datetime.date.fromisoformat(record["date"]) in (today, today - datetime.timedelta(1))
    assert record["versions"]["numpy"] == np.__version__
    assert record["versions"]["sfxtutor"] == sfxtutor.__version__
    assert record["versions"]["python"] == platform.python_version()
    assert re.fullmatch(r"\S+ \S+, .+, \d+ cores, \d+ GiB", record["machine"])


def test_the_record_holds_no_path_of_the_machine(report, tmp_path):
    text = (report[1] / "record.json").read_text()
    for path in (report[1], Path.home(), Path.cwd(), tmp_path.parent, sys.prefix):
        assert str(path) not in text or str(path) == "/"  # the home of some containers


def test_time_and_memory_are_recorded(report):
    for lesson in json.loads((report[1] / "timings.json").read_text()):
        assert 0.1 < lesson["seconds"] < 120
        assert 20 < lesson["peak_mb"] < 4000  # a Python with IPython is not smaller


def test_a_section_has_the_words_of_its_text_and_the_seconds_of_its_cells():
    def code(begin, end):
        times = {"iopub.execute_input": begin, "shell.execute_reply": end} if end else {}
        return new_code_cell("x", metadata={"execution": times})

    cells = [new_markdown_cell("# A lesson\n\nfour words in all"), code("2026-01-01T00:00:00Z", "")]
    cells += [new_markdown_cell("still the head\n\n## One\n\nthree words here\n\n## Two")]
    cells += [code("2026-01-01T00:00:00.5Z", "2026-01-01T00:01:02.0Z"), new_markdown_cell("### a")]
    assert sections(new_notebook(cells=cells)) == [
        {"title": "", "words": 10, "seconds": 0},
        {"title": "One", "words": 3, "seconds": 0},
        {"title": "Two", "words": 2, "seconds": 61.5},
    ]


def test_the_seconds_of_the_sections_are_those_of_the_lesson(report):
    _, good = json.loads((report[1] / "timings.json").read_text())
    (head,) = good["sections"]
    assert 0 < head["seconds"] <= good["seconds"]


def test_no_temporary_file_is_left(report):
    assert list(report[1].rglob(".*")) == []


@pytest.mark.parametrize("page", ["00_good.html", "01_bad.html", "index.html"])
def test_pages_need_no_network(report, page):
    html = (report[1] / page).read_text()
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)|url\(([^)]+)\)|@import""", html)
    outside = [one for pair in loaded for one in pair if re.match(r"(https?:)?//", one)]
    assert outside == []
    assert "<script" not in html
    assert 'lang="en"' in html
    assert "prefers-color-scheme: dark" in html


def test_figures_carry_their_description(report):
    images = re.findall(r"<img[^>]*>", (report[1] / "00_good.html").read_text())
    assert len(images) == 1
    assert 'alt="Empty axes from 0 to 1."' in images[0]
    assert "data:image/png;base64," in images[0]


def test_formulas_become_mathml_and_dollars_in_code_stay(report):
    html = (report[1] / "00_good.html").read_text()
    assert html.count("<math") == 2
    assert "<mfrac>" in html
    assert "cost = $5 or $6" in html


def test_a_formula_with_a_typo_is_shown_as_written():
    page = new_notebook(cells=[new_markdown_cell("$\\left( x < 1$")])
    html = pages.lesson_page(page, ".", Outcome("05_x"))
    assert '<code class="formula">\\left( x &lt; 1</code>' in html


def test_a_fold_holds_what_it_hides():
    help_ = "<details><summary>Hint 1</summary>\n\nTry *small* cases.\n\n</details>"
    renderer = pages.MathMLRenderer(escape=False, embed_images=True)
    page = pages.MarkdownWithMath(renderer=renderer).render(help_)
    assert page.index("</summary>") < page.index("<em>small</em>") < page.index("</details>")


def test_title_and_question_reach_the_index(report):
    index = (report[1] / "index.html").read_text()
    assert "A small lesson</a>" in index
    assert "Does a page read well offline?" in index


TELL = "print(os.environ['SFXTUTOR_PROFILE'], os.environ['SFXTUTOR_SEED'], os.getcwd())"


def test_every_kernel_is_fresh_and_sees_profile_and_seed(tmp_path):
    env = kernel_environment("paper", "twin", tmp_path, 3)
    for _ in range(2):
        notebook = new_notebook(
            cells=[new_code_cell("import os\nassert 'seen' not in dir()\nseen = 1")]
        )
        notebook.cells.append(new_code_cell(TELL))
        error, _ = execute(notebook, tmp_path, env)
        assert error == ""
        assert notebook.cells[1].outputs[0].text == f"paper 3 {tmp_path}\n"


def test_a_kernel_that_dies_is_a_failure_of_its_cell(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("import os"), new_code_cell("os._exit(1)")])
    error, _ = execute(notebook, tmp_path, kernel_environment("quick", "twin", tmp_path))
    assert error.startswith("in cell 2: Kernel died")


def test_a_file_that_is_no_notebook_is_reported(tmp_path, capsys):
    (tmp_path / "00_torn.ipynb").write_text('{"cells": [')
    assert run_course([tmp_path / "00_torn.ipynb"], out=tmp_path / "out") == 1
    assert "00_torn.ipynb is no notebook" in capsys.readouterr().out


def test_no_lesson_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected notebooks such as 00_start_here\.ipynb"):
        run_course([], out=tmp_path)


def test_a_lesson_without_title_or_question_still_gets_a_page():
    notebook = new_notebook(cells=[new_code_cell("1")])
    assert pages.title_and_question(notebook) == ("", "")
    assert "<title>" in pages.lesson_page(notebook, ".", Outcome("05_x", title="05_x"))


def test_notebooks_are_found_by_their_number(tmp_path):
    for name in ("03_b.ipynb", "00_a.ipynb", "draft.ipynb", "04_c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_notebooks(tmp_path)] == ["00_a.ipynb", "03_b.ipynb"]


def test_an_installed_course_is_copied_and_never_overwritten(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "sfxtutor"
    (package / "notebooks").mkdir(parents=True)
    for name in ("00_a.ipynb", "01_b.ipynb"):
        (package / "notebooks" / name).write_text("new")
    monkeypatch.setattr("sfxtutor.support.disk.PACKAGE", package)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "00_a.ipynb").write_text("my work")
    assert working_copy(mine) == mine
    assert [path.read_text() for path in find_notebooks(mine)] == ["my work", "new"]


def test_the_copy_of_a_checkout_holds_no_source_of_an_assignment(tmp_path, monkeypatch):
    source = tmp_path / "notebooks" / "assignments" / "source" / "lesson00" / "lesson00.ipynb"
    source.parent.mkdir(parents=True)
    for path in (source, tmp_path / "notebooks" / "00_a.ipynb", tmp_path / "pyproject.toml"):
        path.touch()
    monkeypatch.setattr("sfxtutor.support.disk.PACKAGE", tmp_path / "sfxtutor")
    assert notebook_folder() == tmp_path / "notebooks"
    mine = working_copy(tmp_path / "mine")
    assert [path.name for path in mine.rglob("*")] == ["00_a.ipynb"]


def test_the_wheel_carries_every_lesson_and_no_solution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    carried = {name for name in wheel if name.startswith("notebooks")}
    assert carried == {f"notebooks/{path.name}" for path in find_notebooks(ROOT / "notebooks")}
    assert all(wheel[name] == f"sfxtutor/{name}" for name in carried)


def test_a_course_without_lessons_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr("sfxtutor.support.disk.PACKAGE", tmp_path / "sfxtutor")
    with pytest.raises(FileNotFoundError, match="Install sfxtutor again"):
        notebook_folder()
