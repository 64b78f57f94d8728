"""The exercises: right answers pass, stubs do not, and every usual mistake is told its own name.

The prompt, the stub and the folded solution stand in the lesson; what is right and wrong stands in
sfxtutor.course.exercises; wrong answers as a student writes them stand in tests/answers.
"""

import ast
import re
from importlib import import_module

import numpy as np
import pytest
from foldedcells import LESSONS, cells, folded, solution, stub

import sfxtutor as sfx
from sfxtutor.course.exercises import check

IN_LESSONS = [x for x in check.every() if ".q" in x.id]
MISTAKES = [(x.id, mistake.name) for x in check.every() for mistake in x.mistakes]
WRONG = {
    key: source
    for lesson in check.lessons()
    for key, source in import_module(f"answers.{lesson}").WRONG.items()
}


def answered(exercise, source):
    """The verdict on an answer in `source`, called as the lesson's stub calls it."""
    name = ast.parse(stub(exercise)).body[-1].value.args[1].id
    return sfx.check(exercise, run(source)[name])


def run(source):
    """What `source` defines where only NumPy and sfxtutor are at hand."""
    space = {"np": np, "sfx": sfx}
    exec(compile(source, "<answer>", "exec"), space)
    return space


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_has_three_to_six_exercises(lesson):
    ids = [x.id for x in check.of(lesson) if ".q" in x.id]
    assert 3 <= len(ids) <= 6
    in_cells = re.findall(r'check\("(.+?)"', "\n".join(c.source for c in cells(lesson)))
    assert in_cells == ids


@pytest.mark.parametrize("exercise", check.every(), ids=lambda x: x.id)
def test_reference_passes_and_two_to_ten_mistakes_are_known(exercise):
    verdict = sfx.check(exercise.id, exercise.reference())
    assert verdict.passed
    assert verdict.text == exercise.right
    assert 2 <= len(exercise.mistakes) <= 10


@pytest.mark.parametrize("exercise", IN_LESSONS, ids=lambda x: x.id)
def test_stub_is_not_answered(exercise):
    space = run(stub(exercise.id).rpartition("\n")[0])
    verdict = sfx.check(exercise.id, space[ast.parse(stub(exercise.id)).body[-1].value.args[1].id])
    assert not verdict.passed
    assert verdict.diagnosis == check.UNANSWERED


@pytest.mark.parametrize("exercise", IN_LESSONS, ids=lambda x: x.id)
def test_lesson_folds_away_two_hints_and_a_solution_that_passes(exercise):
    assert list(folded(exercise.id)) == ["Hint 1", "Hint 2", "Solution"]
    if not exercise.report:  # solutions that train a network: test_trained.py
        assert answered(exercise.id, solution(exercise.id)).passed


def test_every_mistake_has_a_wrong_answer():
    assert sorted(WRONG) == sorted(key for key in MISTAKES if ".q" in key[0])


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=map(": ".join, MISTAKES))
def test_mistake_gets_its_own_diagnosis(exercise, mistake):
    (made,) = (m for m in check.find(exercise).mistakes if m.name == mistake)
    verdicts = [sfx.check(exercise, made.answer())]
    if (exercise, mistake) in WRONG:
        verdicts.append(answered(exercise, WRONG[exercise, mistake]))
    for verdict in verdicts:
        assert not verdict.passed
        assert verdict.diagnosis == mistake
        assert verdict.text == made.says


@pytest.mark.parametrize("exercise", check.every(), ids=lambda x: x.id)
def test_sentences_are_short_and_differ(exercise):
    said = [exercise.right, *(m.says for m in exercise.mistakes)]
    assert len(set(said)) == len(said)
    assert all(8 <= len(text.split()) <= 60 for text in said)
    assert all(m.talk.strip() for m in exercise.mistakes)


def test_error_of_an_answer_is_its_verdict():
    def broken(frames):
        raise ZeroDivisionError("division by zero")

    verdict = sfx.check("nb05.q1", broken)
    assert verdict.diagnosis == check.FAILED
    assert "ZeroDivisionError: division by zero" in verdict.text


def test_unknown_exercise_names_those_there_are():
    with pytest.raises(KeyError, match=r"nb05\.q1"):
        sfx.check("nb05.q99", 1)
    with pytest.raises(KeyError, match="nb05"):
        sfx.check("nonsense", 1)


def test_strange_answer_is_told_kind_or_shape():
    for answer, said in (
        (lambda frames: np.zeros(3), "Found values of shape (3,), expected (6,)."),
        (lambda frames: "text", "Found str, expected ndarray."),
    ):
        verdict = sfx.check("nb05.q1", answer)
        assert verdict.diagnosis == check.OTHER
        assert verdict.text.startswith(said)


def test_verdict_in_a_notebook_carries_text_page_and_data():
    bundle = sfx.check("nb05.q1")._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Not yet (nb05.q1).")
    assert "&lt;" not in bundle["text/plain"]
    assert 'role="status"' in bundle["text/html"]
    assert bundle[check.MIME]["diagnosis"] == check.UNANSWERED
