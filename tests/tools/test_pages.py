"""The pages that are made: each is up to date, and the plans in the guide fit the minutes."""

import json
import re

import pytest
from places import ROOT

from tools.pages import make, timings
from tools.pages.markdown import table, with_block


@pytest.mark.parametrize("path", make.PAGES)
def test_a_page_is_up_to_date(path):
    said = (ROOT / path).read_text(encoding="utf-8")
    assert said == make.PAGES[path](), f"{path} is out of date: run make docs"


def test_a_block_is_replaced_and_the_rest_stays():
    text = "a\n<!-- x begin -->\nold\n<!-- x end -->\nb\n"
    assert with_block(text, "x", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="y begin"):
        with_block(text, "y", "new")


def test_a_table_has_a_line_each():
    assert table(("a", "b"), [(1, 2)]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_only_a_complete_quick_run_is_kept_as_timings():
    with pytest.raises(ValueError, match="01_x"):
        timings.keep({"profile": "quick", "timings": [{"name": "01_x", "error": "in cell 3"}]})
    with pytest.raises(ValueError, match="paper"):
        timings.keep({"profile": "paper", "timings": []})


@pytest.mark.parametrize(("plan", "sessions"), [("Three", 3), ("Six", 6)])
def test_the_plans_fill_their_sessions_and_leave_time_to_run(plan, sessions):
    guide = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
    part = guide.partition(f"## {plan} sessions of 90 minutes")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*?)\| (\d+) \| (.*) \|$", part, re.MULTILINE)
    minutes, lessons = [], {}
    for session, time, what in rows:
        minutes += [0] if session.strip() else []
        minutes[-1] += int(time)
        lessons |= {number: int(time) for number in re.findall(r"^Lesson (\d\d)", what)}
    assert minutes == [90] * sessions
    measured = json.loads(timings.MEASURED.read_text())["timings"]
    run = {lesson["name"][:2]: lesson["seconds"] / 60 for lesson in measured}
    assert {number for number in lessons if run[number] > lessons[number] / 5} == set()
    assert plan == "Three" or lessons.keys() == run.keys()
