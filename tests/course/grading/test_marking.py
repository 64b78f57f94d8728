"""Marking written answers: the page in a real browser, its file put in place, graded again."""

import base64
import csv
import hashlib
import re

import ownlesson
import pytest
from ownlesson import NAME, SOLUTION, classroom

from sfxtutor.course.assignments import assignment_folder, read_assignments
from sfxtutor.course.cells import regions, role
from sfxtutor.course.grading.grade import grade
from sfxtutor.course.grading.marking import grouped, rubric
from tools.browser import SCREENSHOTS

EVIL = '<script>document.title = "hacked"</script> <b>They</b> fluctuate, "a" </pre>'
CLASS = {
    "Jürgen": "Photons of the background count.",
    "zoe": "photons of  the background COUNT.\n",
    "=cmd": EVIL,
    "empty": "",
}


def test_rubric_is_read_by_its_points():
    scheme = (
        "At most four:\n\n- 1 point: first,\n  over two lines\n- 2 points, second\n\n0.5 points: x"
    )
    assert rubric(scheme) == (
        "At most four:",
        [(1, "first, over two lines"), (2, "second"), (0.5, "x")],
    )
    assert rubric("The largest minus the smallest.") == ("The largest minus the smallest.", [])


@pytest.mark.parametrize("name", sorted(path.name for path in assignment_folder().iterdir()))
def test_lines_of_the_course_schemes_reach_the_points_of_the_task(name):
    (cell,) = (
        cell
        for cell in read_assignments(assignment_folder())[name].source.cells
        if role(cell) == "written"
    )
    intro, lines = rubric("\n".join(regions(cell.source)[1]))
    total, most = sum(points for points, _ in lines), cell.metadata.nbgrader.points
    assert total == most or (total > most and intro.startswith("At most four points"))


def row(student, points="", lines="", comment=""):
    names = {"student": student, "assignment": "x", "task": "w1"}
    return names | {"points": points, "lines": lines, "comment": comment}


def test_equal_answers_are_one_group_unless_they_were_marked_differently():
    new, marked, other = row("ada"), row("bob", "2", "1 2"), row("cy", "1", "1")
    (group,) = grouped([("Same  text", new), ("same TEXT\n", marked)])
    assert [one["student"] for one in group.rows] == ["ada", "bob"]
    assert group.row is marked
    assert len(grouped([("same", new), ("same", marked), ("same", other), ("more", new)])) == 4


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """A class that is graded once: (submissions, sources, results)."""
    folders = [tmp_path_factory.mktemp(name) for name in ("in", "source", "out")]
    source = ownlesson.write_source(folders[1])
    released = read_assignments(source)[NAME].released
    for student, text in CLASS.items():
        notebook = ownlesson.solved(released, SOLUTION, text)
        classroom.write(folders[0] / student / f"{NAME}.ipynb", notebook)
    grade(folders[0], folders[2], source, tell=lambda line: None)
    return folders


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {line["student"].lstrip("'"): line for line in csv.DictReader(file)}


def test_page_allows_its_own_script_alone_and_escapes_answers(week):
    page = (week[2] / "marking.html").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}'; ")
    assert "&lt;script&gt;document.title" in page
    assert re.findall(r"https?://|src=|<link", page.replace(script, "")) == []
    assert "1 handed in nothing here" in page


@pytest.fixture(scope="module")
def page(week, chromium):
    """The page in a browser."""
    one = chromium.new_page(viewport={"width": 1000, "height": 900})
    one.said = []
    one.on("pageerror", lambda error: one.said.append(str(error)))
    one.on("console", lambda message: one.said.append(message.text))
    one.goto((week[2] / "marking.html").as_uri())
    return one


def saved(page, folder):
    """What the button downloads, put into a folder."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save manual.csv").click()
    assert download.value.suggested_filename == "manual.csv"
    download.value.save_as(folder / "manual.csv")


def test_answers_are_marked_in_the_browser_and_graded_again(week, page):
    submitted, source, out = week
    before = rows(out / "grades.csv")
    answers = page.locator(".answer")
    assert answers.count() == 2  # equal ones once, the empty one not
    assert page.title() == "Mark written answers"
    same, other = (
        answers.filter(has_text="the same from 2 students"),
        answers.filter(has_text="</pre>"),
    )
    assert not page.get_by_text("Jürgen, zoe").is_visible()
    same.get_by_label("photons of the background are counted too").check()
    assert same.get_by_label("Points ").input_value() == "1"
    other.focus()
    page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type('=1+1; "gut", Zoë')
    assert "2 of 2 answers marked. 2 changed" in page.get_by_role("status").inner_text()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "marking.png", full_page=True)

    page.reload()  # what was entered is still there
    assert same.get_by_label("Points ").input_value() == "1"
    saved(page, out)
    entered = rows(out / "manual.csv")
    assert {name: (line["points"], line["lines"]) for name, line in entered.items()} == {
        "Jürgen": ("1", "1"),
        "zoe": ("1", "1"),
        "=cmd": ("1", "2"),
        "empty": ("", ""),
    }
    grade(submitted, out, source, tell=lambda line: None)
    after = rows(out / "grades.csv")
    marks = {"w1", "total", "status", "reason"}
    for student, line in after.items():
        changed = {name for name, value in line.items() if value != before[student][name]}
        assert changed == (set() if student == "empty" else marks)
        assert line["total"] == ("5" if student == "empty" else "6")
    feedback = (out / "feedback" / "=cmd" / f"{NAME}.html").read_text(encoding="utf-8")
    assert "=1+1; &#34;gut&#34;, Zoë" in feedback

    page.reload()  # the new page shows the marks that the file has
    assert page.get_by_role("status").inner_text() == "2 of 2 answers marked."
    assert other.get_by_label("fluctuate", exact=False).first.is_checked()
    assert page.said == []


def test_page_is_used_by_keys_and_loads_what_excel_saved(week, page, tmp_path):
    page.evaluate("localStorage.clear()")
    page.reload()
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.dataset.key")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.dataset.key") != first
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.dataset.key") == first
    page.keyboard.press("0")
    focused = page.locator(f"[data-key='{first}']")
    assert focused.get_by_label("Points ").input_value() == "0"
    focused.get_by_label("Points ").fill("7")
    page.get_by_role("button", name="Save manual.csv").click()
    assert "expected a number from 0 to 2" in page.get_by_role("status").inner_text()
    text = (week[2] / "manual.csv").read_text(encoding="utf-8-sig").replace(",", ";")
    text = re.sub(r"(;w1;2;)[^;]*;", r"\g<1>1,5;", text)
    (tmp_path / "excel.csv").write_bytes(text.encode("cp1252"))
    page.get_by_label("Load manual.csv").set_input_files(tmp_path / "excel.csv")
    page.get_by_text("Loaded: marks of 2 answers").wait_for()
    values = [box.input_value() for box in page.locator(".points").all()]
    assert values == ["1,5", "1,5"]
    page.get_by_label("Names").check()
    assert page.get_by_text("Jürgen, zoe").is_visible()
    page.get_by_label("Only without points").check()
    page.keyboard.press("Tab")
    assert not page.locator(".answer").first.is_visible()
    assert page.said == []
