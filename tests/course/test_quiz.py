"""The questions at ends of sections: their form, their numbers, and that lessons show them."""

import re
from collections import Counter
from html.parser import HTMLParser

import nbformat
import pytest
from places import ROOT

import sfxtutor as sfx
from sfxtutor.course import quiz as quizzes

LESSONS = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
ALL = [one for name in quizzes.lessons() for one in quizzes.questions(name).values()]


def shown(path):
    """The questions that a lesson shows, in its order."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return re.findall(r'sfx\.quiz\("([^"]*)"\)', code)


def answer(question):
    [right] = [choice for choice in question.choices if choice.right]
    return right


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
def test_one_choice_is_right_and_each_has_a_sentence_of_its_own(question):
    assert sum(choice.right for choice in question.choices) == 1
    assert len(question.choices) in (3, 4)
    assert question.question.endswith("?")
    says = {choice.says for choice in question.choices}
    assert len(says) == len(question.choices) == len({choice.text for choice in question.choices})
    assert all(10 <= len(text.split()) <= 60 for text in says)
    assert all(choice.text.endswith(".") for choice in question.choices)


def test_neither_position_nor_length_gives_the_answer_away():
    places = Counter(question.choices.index(answer(question)) for question in ALL)
    assert all(len(ALL) / 8 < places[place] < len(ALL) / 2.5 for place in range(4))
    longest = [max(question.choices, key=lambda c: len(c.text)) for question in ALL]
    assert sum(choice.right for choice in longest) < len(ALL) / 2


def test_a_lesson_shows_each_of_its_questions_once():
    found = [id for path in LESSONS.values() for id in shown(path)]
    assert sorted(found) == sorted(question.id for question in ALL)


@pytest.mark.parametrize("lesson", sorted(quizzes.lessons()))
def test_a_lesson_has_two_to_four_questions(lesson):
    assert 2 <= len(quizzes.questions(lesson)) <= 4
    if lesson != "lg36":  # those about LG36 are in lesson 08
        of_lesson = [id for id in shown(LESSONS[lesson[2:]]) if id.startswith(f"{lesson}.")]
        assert of_lesson == [question.id for question in quizzes.questions(lesson).values()]


def test_every_lesson_has_questions():
    assert {f"nb{number}" for number in LESSONS} - {"nb90"} <= set(quizzes.lessons())


def in_percent(share):
    return f"{100 * share:.0f} %"


def test_the_numbers_in_the_questions_are_right():
    low, high = sfx.wilson(3, 20)
    assert f"{100 * low:.0f} to {in_percent(high)}" in sfx.quiz("nb00.b").question
    low, high = sfx.wilson(19, 20)
    assert f"{100 * low:.0f} to {in_percent(high)}" in sfx.quiz("nb03.a").question
    kept = 0.04 * 0.95, 0.96 * 0.05
    assert in_percent(kept[0] / sum(kept)) in answer(sfx.quiz("nb01.b")).text
    assert in_percent((0.35 - 0.05) / (0.8 - 0.05)) in answer(sfx.quiz("nb06.c")).text
    assert in_percent((1 - 0.4) / (1 - 0.2)) in answer(sfx.quiz("nb07.b")).text


def test_the_committed_results_on_lg36_are_as_its_questions_say():
    rows = [row for record in sfx.references() for row in record["further"]]
    rows = [row for row in rows if row["test_on"] == "LG36" != row["train"] and not row["adapt_to"]]
    tested = {(row["method"], row["train"]): row for row in rows}
    rwd, flat = "RWD 1D CNN across datasets", "2D CNN, 1200 labels"
    counts = {key: sfx.counts_of(row) for key, row in tested.items()}
    auc = {key: row["auc"] for key, row in tested.items()}
    assert len(tested) == len(rows) == 6  # one training each
    assert counts[rwd, "LN83"].specificity < 0.05 < 0.9 < auc[rwd, "LN83"]
    assert counts[rwd, "LN84"].recall < 0.1
    assert max(auc, key=auc.get) == (rwd, "LN84")
    assert sorted(auc.values())[0] == auc[flat, "LO19"] < 0.6 < 0.85 < sorted(auc.values())[1]
    assert all(min(each.recall, each.specificity) < 0.7 for each in counts.values())


class Details(HTMLParser):
    """What is in sight while all choices are closed, and whether one is open from the start."""

    def __init__(self, page):
        super().__init__()
        self.path, self.sight, self.count, self.open = [], [], 0, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.path.append(tag)
        self.count += tag == "details"
        self.open |= tag == "details" and "open" in dict(attributes)

    def handle_endtag(self, tag):
        assert self.path.pop() == tag

    def handle_data(self, data):
        if "details" not in self.path or "summary" in self.path:
            self.sight.append(data)


def test_a_page_shows_question_and_choices_and_hides_what_is_right():
    question = sfx.quiz("nb03.b")
    page = Details(question._repr_html_())
    seen = "".join(page.sight)
    assert page.count == len(question.choices)
    assert not page.open
    assert page.path == []
    assert question.question in seen
    assert all(choice.text in seen and choice.says not in seen for choice in question.choices)
    assert "Right" not in seen
    assert question._repr_html_().count("✓ Right.") == 1


def test_signs_of_html_are_escaped():
    choices = (quizzes.Choice("p < 0.5 & <b>", "1 < 2", True), quizzes.Choice("no", "3 > 2"))
    page = quizzes.Quiz("nb00.x", "a < b?", choices)._repr_html_()
    assert "<b>" not in page
    assert page.count("&lt;") == 4


def test_as_text_the_question_comes_before_what_is_said():
    question = sfx.quiz("nb03.b")
    asked, replies = repr(question).split("\n\n")
    assert all(choice.text in asked and choice.says in replies for choice in question.choices)
    assert f"d: Right. {answer(question).says}" in replies


@pytest.mark.parametrize(("id", "there"), [("nb03.z", "nb03.a, nb03.b"), ("nb77.a", "lg36, nb00")])
def test_an_unknown_question_is_refused(id, there):
    with pytest.raises(KeyError, match=f"Found no question '{id}', expected one of: {there}"):
        sfx.quiz(id)
