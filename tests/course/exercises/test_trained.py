"""Exercises in which a network is trained: the solutions, and how networks are judged."""

import numpy as np
import pytest
from foldedcells import solution

import sfxtutor as sfx
from sfxtutor.course.exercises import check, trained
from sfxtutor.metrics import is_positive
from sfxtutor.runs.twin.run import TwinRun

FRAMES = {"LN83": 400, "LO19": 1600, "LN84": 1600}  # that the solutions train and validate with
IDS = [x.id for x in check.every() if x.report]


def short(name):
    """The frames of a run that a solution may use."""
    run = TwinRun(name)
    run.labels = run.labels[: FRAMES[name]]
    run.fingerprint += f" first {FRAMES[name]}"
    return run


class Prepared(dict):
    """What the lessons call `data` or `prepared`, each run when it is first used."""

    def __missing__(self, name):
        self[name] = sfx.prepare(short(name), 4, progress=False)
        return self[name]


class Labels(dict):
    """What they call `positive` or `truth`."""

    def __missing__(self, name):
        return is_positive(short(name).labels)


@pytest.mark.parametrize("id", IDS)
def test_solution_of_the_lesson_passes(id, monkeypatch):
    monkeypatch.setattr(sfx, "open_run", short)
    data, labels, profile = Prepared(), Labels(), sfx.profile("quick")
    space = {
        "np": np, "sfx": sfx, "SEED": 0, "data": data, "prepared": data, "positive": labels,
        "truth": labels, "PROFILE": profile, "profile": profile,
    }  # fmt: skip
    exec(compile(solution(id), "<solution>", "exec"), space)
    found = sfx.check(id, space.get("my_model") or space["answer"])
    assert found.passed, found
    assert "On 400 hidden frames" in found.detail


def test_hidden_frames_are_neither_the_students_nor_those_of_the_leaderboard():
    run = trained.hidden("LN83")
    assert len(run) == trained.FRAMES
    for other in (TwinRun("LN83"), TwinRun("LN83", trained.HIDDEN)):
        assert run.fingerprint != other.fingerprint
        assert not np.array_equal(run.crop(0), other.crop(0))
    assert np.array_equal(trained.own("LN83").crop(3), TwinRun("LN83").crop(3))


def test_hot_pixels_are_added_and_nothing_else():
    run = trained.own("LN83")
    cold, hot = run.crop(5), trained.Hot(run).crop(5)
    changed = hot.astype(int) - cold
    assert np.count_nonzero(changed) == 8
    assert set(changed[changed != 0]) == {5000}
    assert run.good().good[changed != 0].all()
    assert run.fingerprint != trained.Hot(run).fingerprint


def test_a_network_of_the_wrong_input_is_named_and_one_that_raises_is_an_error():
    found = sfx.check("nb03.q5", trained.by_hand((90, 90, 1)))
    assert found.detail == "It takes inputs of shape (90, 90, 1)."
    assert sfx.check("nb03.q5", "no model").diagnosis == check.FAILED
