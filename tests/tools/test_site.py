"""The site: real lessons with made-up outputs become pages that need no network."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib.image import imsave
from nbformat.v4 import new_output
from places import ROOT

from sfxtutor.course.lessons import find_notebooks
from tools import site as site_tool
from tools.check_site import faults

DOCS = ROOT / "docs"
LESSONS = find_notebooks(ROOT / "notebooks")
FIGURE, WIDGET = "A figure, grey & <flat>.", "A frame with three spots."
BARE = "WidgetWithoutPicture"
VIEW = {"application/vnd.jupyter.widget-view+json": {"model_id": "1", "version_major": 2}}


def picture(value, alt, **kinds):
    """A display of a grey picture, described by `alt`, with other kinds beside it."""
    file = BytesIO()
    imsave(file, np.full((4, 4, 3), value), format="png")
    kinds["image/png"] = b64encode(file.getvalue()).decode()
    return new_output("display_data", data=kinds, metadata={"image/png": {"alt": alt}})


def executed(folder, failed=""):
    """Every lesson with outputs that nobody computed, and the record of their run."""
    folder.mkdir()
    verdict = {"text/html": '<div role="status">Not yet</div>', "text/plain": "Not yet"}
    outputs = [
        picture(0.25, FIGURE),
        picture(0.75, WIDGET, **VIEW, **{"text/plain": "Widget()", "text/html": "<b>widget</b>"}),
        new_output("display_data", data=VIEW | {"text/plain": BARE}),
        new_output("execute_result", data=verdict | {"application/vnd.sfxtutor.check+json": {}}),
        new_output("stream", text="3 of 4\n"),
    ]
    for path in LESSONS:
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata.language_info["pygments_lexer"] = "ipython3"  # as a kernel says
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        first.outputs = outputs
        nbformat.write(notebook, folder / path.name)
    timings = [
        {"name": path.stem, "title": f"{path.stem[:2]} T: long", "question": "Is 1 | 2?",
         "seconds": 90.0, "peak_mb": 1.0, "error": failed}
        for path in LESSONS
    ]  # fmt: skip
    record = {"date": "2001-02-03", "profile": "quick", "source": "twin", "seed": 5}
    record |= {"machine": "Abacus", "timings": timings}
    (folder / "record.json").write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site that the command made, of all lessons."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--executed", executed(folder / "build"), "--out", folder / "build" / "site"]
    command = [sys.executable, "-m", "tools.site", *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout == f"Open {folder / 'build' / 'site' / 'index.html'} to read it.\n"
    assert list(folder.glob("build/.site*")) == []
    return folder / "build" / "site"


def lesson(site):
    return (site / "notebooks" / f"{LESSONS[2].stem}.html").read_text()


def test_nothing_is_broken_or_loaded_from_elsewhere(site):
    assert faults(site) == []


def test_every_page_is_there_and_linked_from_the_first(site):
    pages = [*LESSONS, *(page for page in DOCS.glob("*.md") if page.stem != "index")]
    wanted = {page.relative_to(ROOT).with_suffix(".html").as_posix() for page in pages}
    wanted |= {"data/README.html", "data/results/README.html", "genindex.html"}
    index = (site / "index.html").read_text()
    assert {one for one in wanted if f'href="{one}"' in index and (site / one).exists()} == wanted


def test_the_first_page_tells_of_the_run(site):
    index = (site / "index.html").read_text()
    assert "Executed on 2001-02-03: profile quick, source twin, seed 5." in index
    assert "on Abacus" in index
    assert len(re.findall(r"<td><p>1\.5</p></td>", index)) == len(LESSONS)
    assert ">00 T</a>" in index


def test_figures_and_widgets_are_described_pictures(site):
    page = lesson(site)
    assert 'alt="A figure, grey &amp; &lt;flat&gt;."' in page
    assert f'alt="{WIDGET}"' in page
    assert not re.search(f"widget-view|<b>widget|{BARE}|require.*js|Widget\\(\\)", page)
    assert '<div role="status">Not yet</div>' in page


def test_formulas_are_mathml_and_nothing_needs_a_script_for_them(site):
    page = lesson(site)
    assert page.count("<math ") > 3
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">' in page
    assert "MathJax" not in page


def test_search_and_index_know_the_words_of_the_glossary(site):
    assert 'href="docs/glossary.html#term-Ewald-sphere"' in (site / "genindex.html").read_text()
    assert re.search(r'"?ewald"?:\[', (site / "searchindex.js").read_text())
    assert "SHOW_SEARCH_SUMMARY: false" in (site / "_static/documentation_options.js").read_text()


def test_the_glossary_keeps_every_entry(site):
    terms = re.findall(r"^\*\*.+?\.\*\* ", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    page = (site / "docs" / "glossary.html").read_text()
    assert page.count('<dt id="term-') == len(terms) > 40


def test_a_site_that_cannot_be_made_leaves_the_former_one(tmp_path, monkeypatch, capfd):
    folder, out = executed(tmp_path / "build"), tmp_path / "site"
    monkeypatch.setattr(site_tool, "find_notebooks", lambda folder: LESSONS[:1])
    out.mkdir()
    (out / "index.html").write_text("former")
    path = folder / LESSONS[0].name
    path.write_text(path.read_text().replace("(01_sfx_background.ipynb)", "(01_nowhere.ipynb)"))
    assert site_tool.make(folder, out) == [
        "Sphinx gave the warnings above, expected none. Correct the pages they name."
    ]
    said = capfd.readouterr()
    assert re.search(r"00_start_here\.ipynb.*WARNING.*01_nowhere\.ipynb", said.err)
    assert said.out == "Changed since they were executed: 00_start_here. `make run` renews them.\n"
    assert (out / "index.html").read_text() == "former"


def test_a_lesson_that_failed_or_is_missing_is_named(tmp_path):
    failed = executed(tmp_path / "failed", failed="in cell 3: KeyError: 1")
    with pytest.raises(ValueError, match=r"failed \(00_start_here in cell 3: KeyError: 1; 01_"):
        site_tool.make(failed, tmp_path / "site")
    with pytest.raises(FileNotFoundError, match="Found no executed 00_start_here, 01_"):
        site_tool.make(tmp_path, tmp_path / "site")


def test_links_out_of_the_site_lead_to_the_repository():
    relink = site_tool.relink
    text = "[a](../data/README.md#x) [b](../LICENSE) [c](gone.md) [d](https://e.f/g) [h](#i)"
    address = "https://github.com/sfxtutor/sfxtutor/blob/main/LICENSE"
    assert relink(text, Path("docs"), {"data/README.md"}) == (
        f"[a](/data/README.md#x) [b]({address}) [c](gone.md) [d](https://e.f/g) [h](#i)"
    )


GOOD = (
    '<html lang="en"><head><title>T</title><link rel="stylesheet" href="a.css"></head>'
    '<body id="here"><a href="#here">a</a> <a href="b%20c.html?q=1#there">b</a>'
    '<a href="https://elsewhere.org">c</a><img src="data:," alt="one two three"></body></html>'
)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", None),
        ("#here", "#gone", "link to #gone, which has no such anchor"),
        ("#there", "#gone", "link to b%20c.html?q=1#gone, which has no such anchor"),
        ("b%20c", "gone", "link to gone.html?q=1#there, which is not there"),
        ("<title>T", "<title>", "no title"),
        (' lang="en"', "", "no language"),
        ("a.css", "gone.css", "loads gone.css, not here"),
        ("a.css", "gone.css", "no style for dark mode"),
        (' alt="one two three"', "", "picture data:, has no description"),
        ("one two three", "a.png", "picture data:, has no description"),
        ("data:,", "//cdn.org/x.png", "loads //cdn.org/x.png, not here"),
        (
            "<body",
            "<script src='https://cdn.org/x.js'></script><body",
            "loads https://cdn.org/x.js",
        ),
        ("<body", "<style>@import 'http://x.org/y'</style><body", "loads http://x.org/y"),
        ("<body", "<link rel='icon' href='https://x.org/i'><body", "loads https://x.org/i"),
    ],
)
def test_the_check_finds_what_is_broken(tmp_path, old, new, fault):
    (tmp_path / "index.html").write_text(GOOD.replace(old, new) if old else GOOD)
    (tmp_path / "b c.html").write_text('<p id="there"></p>')
    (tmp_path / "a.css").write_text("@media (prefers-color-scheme: dark) {} a{b: url(a.css)}")
    found = [one for one in faults(tmp_path) if one.startswith("index.html: ")]
    assert (found == []) == (fault is None)
    assert fault is None or any(fault in one for one in found)


def test_the_check_reads_style_sheets(tmp_path):
    (tmp_path / "index.html").write_text(GOOD.replace("b%20c.html?q=1#there", "#here"))
    style = "@media (prefers-color-scheme: dark) {} @font-face {src: url('https://x.org/f')}"
    (tmp_path / "a.css").write_text(style)
    assert faults(tmp_path) == ["a.css: loads https://x.org/f, not here."]
