"""The pages that are made: each is up to date, and the plans in the guide fit the minutes."""

import json
import re

import numpy as np
import pytest
from places import ROOT

import sfxtutor as sfx
from tools.pages import make, timings, trials
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


def test_the_epoch_of_each_rule_is_judged_by_what_it_reaches_on_the_target():
    scores = [{"a": a, "b": b} for a, b in zip([-1, -3, -0.5, -2], [0, 0.1, 2, 3], strict=True)]
    note = {
        "auc": [0.6, 0.9, 0.8, 0.5], "recall": [1, 0.8, 0.9, 1], "specificity": [0, 0.9, 1, 0],
        "kept_epoch": 1, "scores": scores, "seed": 0,
    }  # fmt: skip
    kept, *_, last, oracle = epochs = trials.kept_epochs(note)
    assert epochs == {kept: 0, "a": 2, "b": 3, last: 3, oracle: 1}
    found = trials.scorers([{"scorers": [note, note | {"seed": 1}]}, {}])
    assert (found["kept"], found["others"], found["trainings"], found["seeds"]) == (kept, 3, 2, 2)
    assert (found["better"], found["worse"]) == (["a"], ["b", last])
    cells = (
        "0.8000 (0.8000 to 0.8000) | 95.0 (95.0 to 95.0) | 10.00 | 10.00 | 20.00 (20.00 to 20.00)"
    )
    assert f"| a | {cells} |" in found["table"]
    assert trials.scorers([{}]) is None


def test_a_row_at_full_size_stands_beside_the_binned_one_of_its_seed():
    def line(seed, found):
        counts = sfx.count(np.arange(100) < 50, np.arange(100) < found)
        return sfx.row(2, "m", "LN83", "LN83", counts, seed=seed, profile="paper", source="twin")

    records = [
        {"rows": [line(0, 20)], "full_size": [line(0, 45)]},
        {"rows": [line(1, 45)], "full_size": [line(1, 20)]},
        {"rows": [line(2, 45)]},
    ]
    found = trials.full_size(records)
    assert (found["rows"], found["more"], found["fewer"]) == (2, 1, 1)
    assert found["mean"]["hits"].value == 0
    assert found["mean"]["misses"].value == 0
    assert "| 2 | LN83 | LN83 | 0 | 90.0 % (45/50" in found["table"]
    assert trials.full_size(records[2:]) is None


def test_only_a_complete_quick_run_is_kept_as_timings():
    with pytest.raises(ValueError, match="01_x"):
        timings.keep({"profile": "quick", "timings": [{"name": "01_x", "error": "in cell 3"}]})
    with pytest.raises(ValueError, match="paper"):
        timings.keep({"profile": "paper", "timings": []})


def test_the_minutes_of_a_section_are_its_share_of_the_words():
    titles = ("", "1 One", "2 Two", "Exercises")
    parts = [{"title": t, "words": 30 * n, "seconds": n} for n, t in enumerate(titles, start=1)]
    shared = list(timings.sections({"sections": parts}, 10))
    assert shared == [("1 One", "4", "2"), ("2 Two", "6", "3")]


def test_the_head_of_a_lesson_gives_the_minutes_that_were_measured():
    for lesson in json.loads(timings.MEASURED.read_text())["timings"]:
        text = (ROOT / "notebooks" / f"{lesson['name']}.ipynb").read_text(encoding="utf-8")
        said = int(re.search(r"\*\*Minutes\.\*\*.* (\d+) to run", text)[1])
        assert abs(said - lesson["seconds"] / 60) <= 1, lesson["name"]


@pytest.mark.parametrize(("plan", "sessions"), [("Three", 3), ("Six", 6), ("Two", 2)])
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
    beyond, paper = {"10", "11", "12"}, run.keys() - {"90"}  # the appendix is no lesson
    assert plan == "Three" or lessons.keys() == (beyond if plan == "Two" else paper - beyond)
