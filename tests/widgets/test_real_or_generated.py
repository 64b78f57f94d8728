"""Measured or generated: the round, its score, and that nothing tells before the answer."""

import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.widgets.canvas import to_bytes


@pytest.fixture
def kinds():
    """Measured frames (20, 8, 8, 1), about 0.5, and generated ones (30, 8, 8, 1), about -0.5."""
    rng = np.random.default_rng(0)
    return [level + 0.1 * rng.normal(size=(n, 8, 8, 1)) for level, n in ((0.5, 20), (-0.5, 30))]


@pytest.fixture
def widget(kinds):
    return sfx.RealOrGenerated(*kinds, lambda x: x.mean(axis=(1, 2, 3)), count=8, seed=3)


def press(widget, keys):
    for key in keys:
        widget.canvas._handle_custom_msg({"key": key}, [])


def truth(widget):
    """The right keys of the round."""
    return ["mg"[kind] for kind, _ in widget.frames]


def test_half_of_the_frames_are_generated_and_none_comes_twice(widget):
    assert truth(widget).count("m") == 4
    assert len(set(widget.frames)) == 8
    assert len(set(truth(widget)[:4])) == 2  # not one kind after the other, with this seed


def test_right_answers_are_counted_and_compared_with_the_discriminator(widget):
    press(widget, truth(widget))
    assert widget.done
    assert widget.right == 8
    assert "You:</b> 100.0 % (8/8" in widget.results.value
    assert "discriminator:</b> 100.0 % (8/8" in widget.results.value
    press(widget, "m")  # after the end nothing is answered
    assert len(widget.answers) == 8


def test_wrong_answers_are_told_at_once(widget):
    first = truth(widget)[0]
    press(widget, {"m": "g", "g": "m"}[first])
    was = {"m": "measured", "g": "generated"}[first]
    assert f"Frame 1 of 8: Wrong, it was <b>{was}</b>" in widget.says.value
    press(widget, truth(widget)[1])
    assert "Frame 2 of 8: Right" in widget.says.value
    assert widget.right == 1


def test_a_discriminator_that_is_wrong_is_shown_as_wrong(kinds):
    widget = sfx.RealOrGenerated(*kinds, lambda x: -x.mean(axis=(1, 2, 3)), count=4)
    press(widget, truth(widget))
    assert "discriminator:</b> 0.0 % (0/4" in widget.results.value
    plain = sfx.RealOrGenerated(*kinds, count=4)
    press(plain, truth(plain))
    assert "discriminator" not in plain.results.value


def test_nothing_tells_before_the_answer(widget):
    for _ in range(8):
        shown = widget.canvas.caption + widget.canvas.alt + widget.figure().axes[0].get_title()
        assert shown.count("measured") == shown.count("generated")
        assert widget.results.value == ""
        kind, i = widget.frames[len(widget.answers)]
        picture = widget.kinds[kind][i]
        assert widget.canvas.pixels == to_bytes(picture, *widget.limits).tobytes()
        press(widget, "m")


def test_a_key_and_a_button_do_the_same(widget, kinds):
    other = sfx.RealOrGenerated(*kinds, count=8, seed=3)
    press(widget, "mgg")
    for number in (0, 1, 1):
        other.buttons[number].click()
    assert widget.answers == other.answers == [0, 1, 1]
    assert widget.progress.value == other.progress.value == 3
    assert "Frame 4 of 8" in widget.canvas.caption


def test_another_round_has_other_frames_and_begins_at_its_end_alone(widget):
    first = list(widget.frames)
    assert widget.restart.disabled
    press(widget, "mmmmmmmm")
    assert not widget.restart.disabled
    assert all(button.disabled for button in widget.buttons)
    widget.restart.click()
    assert (widget.answers, widget.done) == ([], False)
    assert widget.frames != first
    assert widget.says.value == widget.results.value == ""


@pytest.mark.parametrize(
    "change", [lambda a, b: (a[:3], b), lambda a, b: (a, b[:3]), lambda a, b: (a[:, :6], b)]
)
def test_frames_that_cannot_be_compared_are_refused(kinds, change):
    with pytest.raises(ValueError, match="expected at least 4 of each kind, of one size"):
        sfx.RealOrGenerated(*change(*kinds), count=8)


def test_an_error_of_the_discriminator_is_shown(kinds):
    widget = sfx.RealOrGenerated(*kinds, lambda x: 1 / 0, count=2)
    press(widget, truth(widget)[:1])
    with pytest.raises(ZeroDivisionError):
        widget.guard(widget.press, truth(widget)[1])
    assert "ZeroDivisionError" in widget.error.value or "division" in widget.error.value


def test_static_figure_and_words(widget):
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "Frame 1 of 8" in metadata["image/png"]["alt"]
