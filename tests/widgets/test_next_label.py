"""Ask for the next label: which frames are chosen, what is learned from them, what is shown."""

from functools import cache, partial

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from mininets import small_rwd

import sfxtutor as sfx
from sfxtutor.widgets import next_label as module
from sfxtutor.widgets.labelling_loop import (  # fmt: skip
    FIRST,
    OFFERED,
    Learner,
    first_frames,
    most_uncertain,
    score,
    truth_of,
)
from sfxtutor.widgets.next_label import NextLabel


@pytest.fixture(scope="module")
def run():
    return sfx.open_run("LN83")


@pytest.fixture(scope="module")
def truth(run):
    return sfx.is_positive(run.labels)


@pytest.fixture(scope="module")
def rwd(truth):
    """Vectors (n, 128) in which hits and maybes have 2 bright rows, not all of them clear."""
    rng = np.random.default_rng(0)
    x = rng.normal(0.3, 0.03, (len(truth), 128)).astype(np.float32)
    for i in np.flatnonzero(truth):
        x[i, rng.choice(128, 2, replace=False)] += rng.uniform(0.02, 0.3)
    return x


@pytest.fixture(scope="module")
def retraining():
    return sfx.Retraining(small_rwd, steps=12)


@pytest.fixture
def widget(run, rwd, retraining, monkeypatch):
    monkeypatch.setattr(module, "BLINK", 0)
    return NextLabel(run, rwd, retraining, rounds=4, seed=3)


def press(widget, keys):
    for key in keys:
        widget.canvas._handle_custom_msg({"key": key}, [])


def key_of(widget):
    """The key of the experts' label of the frame shown."""
    return "h" if widget.truth[widget.frame] else "x"


ANOTHER = cache(partial(sfx.Retraining, small_rwd, steps=12))  # compiled once, for seconds


def plain(learner, labels, n):
    """The score with the first n labels, computed by another network."""
    model = ANOTHER().fit(learner.x[learner.frames[:n]], np.array(labels[:n]), learner.seed)
    return score(sfx.predict(model, learner.x), learner.truth)


def test_the_frame_nearest_to_a_half_is_chosen():
    p = np.array([0.5, 0.9, 0.42, 0.55, 0.1])
    assert most_uncertain(p, np.array([1, 2, 3, 4])) == 3
    assert most_uncertain(p, np.array([1, 2, 4])) == 2


def test_the_first_frames_are_of_both_classes_alike_and_offered(truth):
    first = first_frames(truth, np.random.default_rng(0))
    assert len(set(first)) == 2 * FIRST
    assert truth[first].sum() == FIRST
    assert max(first) < OFFERED
    assert first != first_frames(truth, np.random.default_rng(1))


def test_the_score_is_that_of_the_frames_held_out(truth):
    p = np.where(truth, 0.9, 0.1)
    p[:OFFERED] = 1 - p[:OFFERED]  # all wrong where nothing is scored
    counts, area = score(p, truth)
    assert counts.recall == area == 1
    assert counts.hits_total == truth[OFFERED:].sum()
    rng = np.random.default_rng(0)
    counts, area = score(rng.random(len(truth)), truth)
    assert counts.specificity == pytest.approx(0.95, abs=0.005)
    assert counts.recall == pytest.approx(0.05, abs=0.05)
    assert area == pytest.approx(0.5, abs=0.05)


def test_the_uncertain_frame_is_that_of_the_network_trained_last(widget, rwd):
    press(widget, [key_of(widget)])
    learner = widget.learners["most uncertain"]
    assert widget.strategy == "most uncertain"
    p = sfx.predict(
        ANOTHER().fit(rwd[learner.frames], widget.truth[learner.frames], 3),
        rwd[:OFFERED],
    )
    far = np.abs(p - 0.5)
    far[learner.frames] = 1
    assert widget.frame == int(np.argmin(far))


def test_no_frame_twice_and_none_that_is_held_out(widget):
    shown = []
    while not widget.done:
        shown.append(widget.frame)
        press(widget, [key_of(widget)])
    assert len(shown) == len(set(shown)) == len(widget.answers)
    for learner in widget.learners.values():
        assert len(learner.frames) == len(set(learner.frames)) == 2 * FIRST + 4
        assert max(learner.frames) < OFFERED
    assert len(set(map(tuple, (each.frames for each in widget.learners.values())))) == 2


def test_a_frame_that_both_strategies_choose_is_labelled_once(widget):
    widget.answers[widget.order[1]] = True  # as if the other strategy had asked for it before
    press(widget, [key_of(widget), key_of(widget)])
    assert widget.learners["at random"].frames[-1] == widget.order[1]
    assert widget.learners["at random"].labels[-1] is True
    assert widget.strategy == "most uncertain"


def test_the_curves_are_what_is_computed_plainly(widget):
    press(widget, "hxmxhx")
    for panel, chart in enumerate(widget.charts()):
        for strategy, learner in widget.learners.items():
            [line] = [line for line in chart.lines if line.label == strategy]
            expected = [plain(learner, learner.labels, n) for n in range(10, 14)]
            values = [100 * (counts.recall, area)[panel] for counts, area in expected]
            np.testing.assert_allclose(line.y, values)
            assert line.x.tolist() == [10, 11, 12, 13]


def test_labels_by_the_student_are_what_is_learned(widget):
    frames = []
    for key in "hmx":
        frames.append(widget.frame)
        press(widget, [key])
    assert [widget.answers[i] for i in frames] == [True, True, False]
    first, second = widget.learners["at random"], widget.learners["most uncertain"]
    assert first.labels[-2:] == [True, False]
    assert second.labels[-1:] == [True]


def test_wrong_labels_are_scored_beside_the_experts(widget):
    while not widget.done:
        press(widget, ["x" if widget.truth[widget.frame] else "h"])  # all wrong
    for learner in widget.learners.values():
        right = learner.truth[learner.frames].tolist()
        assert learner.labels[10:] == [not label for label in right[10:]]
        assert learner.checked[-1] == plain(learner, right, 14)
        assert learner.scores[-1] == plain(learner, learner.labels, 14)
        assert learner.checked[0] == learner.scores[0]
    labels = [line.label for line in next(widget.charts()).lines]
    assert labels.count("at random, experts' labels") == 1
    assert widget.results.value.count("0.0 % (0/4") == 2


def test_nothing_tells_before_the_end_which_labels_are_wrong(widget):
    press(widget, ["x" if widget.truth[widget.frame] else "h"])
    assert [line.label for line in next(widget.charts()).lines] == ["at random", "most uncertain"]
    assert widget.results.value == ""
    shown = widget.canvas.caption + widget.canvas.alt
    assert str(widget.frame) not in shown.replace("10 spots", "")


def test_the_experts_label_the_rest(widget):
    press(widget, [key_of(widget)])
    widget.rest.click()
    assert widget.done
    assert widget.progress.value == 8
    assert widget.rest.disabled
    for learner in widget.learners.values():
        assert learner.labels == learner.truth[learner.frames].tolist()
        assert learner.checked == learner.scores
    assert "most uncertain: you labelled no frame" in widget.results.value
    assert "(1/1, " in widget.results.value
    press(widget, "h")  # after the end nothing is labelled
    assert widget.progress.value == 8


def test_a_key_and_a_button_do_the_same(widget, run, rwd, retraining):
    other = NextLabel(run, rwd, retraining, rounds=4, seed=3)
    press(widget, "hx")
    other.buttons[0].click()
    other.buttons[2].click()
    assert widget.answers == other.answers
    assert widget.curves.value == other.curves.value
    assert "Round 2 of 4" in other.canvas.caption


def test_a_key_pressed_twice_labels_no_frame_unseen(widget, monkeypatch):
    monkeypatch.setattr(module, "BLINK", 1)
    now = widget.drawn + 2
    monkeypatch.setattr(module, "monotonic", lambda: now)
    press(widget, "hh")
    assert len(widget.answers) == 1
    now += 1.5
    press(widget, "h")
    assert len(widget.answers) == 2


@pytest.mark.parametrize("change", [{"labels": slice(1, None)}, {"labels": slice(0, 404)}])
def test_a_run_that_is_too_short_is_refused(run, rwd, change):
    with pytest.raises(ValueError, match=r"Found 2000 vectors, \d+ labels.*expected one label"):
        truth_of(run.labels[change["labels"]], rwd, 30)
    with pytest.raises(ValueError, match="391 labels to give"):
        truth_of(run.labels, rwd, 391)


def test_an_error_is_shown_in_the_widget(widget, monkeypatch):
    monkeypatch.setattr(Learner, "add", _fail)
    with pytest.raises(RuntimeError):
        widget.guard(widget.press, "h")
    assert "no memory" in widget.error.value


def _fail(*_):
    raise RuntimeError("no memory")


def test_static_figure_and_words(widget):
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "10 labels, at random: recall" in metadata["image/png"]["alt"]
