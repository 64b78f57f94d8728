"""Label by eye: the choice of frames, agreement, cost, exchange, and the widget's course."""

from threading import Thread
from time import sleep

import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.runs.run import LABELS
from sfxtutor.widgets import label_by_eye as module
from sfxtutor.widgets.agreement import (  # fmt: skip
    Labelling,
    agree_with_student,
    agreement,
    cost,
    pick,
    read_labelling,
    write_labelling,
)
from sfxtutor.widgets.canvas import to_bytes
from sfxtutor.widgets.frame_stages import coarse, take, true_spots
from sfxtutor.widgets.label_by_eye import KEYS, LabelByEye


@pytest.fixture(scope="module")
def run():
    return sfx.open_run("LN83")


def labelling(labels=("HIT", "MISS"), frames=None, **changes):
    fields = {"student": "Ada", "run": "LN83", "source": "twin", "seed": 0, "seconds": [1.0]}
    frames = list(range(len(labels))) if frames is None else frames
    return Labelling(**(fields | {"frames": frames, "labels": list(labels)} | changes))


def test_the_choice_has_all_classes_alike_and_is_the_same_for_all(run):
    frames = pick(run.labels)
    assert frames == pick(run.labels)
    assert frames != pick(run.labels, seed=1)
    assert len(set(frames)) == 30
    assert [np.count_nonzero(run.labels[frames] == label) for label in LABELS] == [10, 10, 10]
    order = run.labels[frames]
    assert len({*order[:6]}) > 1  # not class by class


def test_a_class_that_runs_short_is_made_up_by_the_others():
    labels = np.array(["HIT"] * 20 + ["MAYBE"] * 2 + ["MISS"] * 20)
    chosen = labels[pick(labels, 12)]
    assert [np.count_nonzero(chosen == label) for label in LABELS] == [5, 2, 5]


@pytest.mark.parametrize(("labels", "found"), [(None, "no labels"), (np.array(["HIT"]), "1 lab")])
def test_too_few_frames_are_refused(labels, found):
    with pytest.raises(ValueError, match=f"Found {found}.*expected 30 or more"):
        pick(labels)


def test_kappa_is_cohens():
    # Cohen 1960: (p_o - p_e) / (1 - p_e), p_o the share agreed, p_e the share agreed by chance
    first, second = ["HIT"] * 3 + ["MISS"] * 3, ["HIT"] * 3 + ["HIT", "MISS", "HIT"]
    result = agreement(first, second)
    expected = (3 * 5 + 3 * 1) / 36
    assert result.kappa == pytest.approx((4 / 6 - expected) / (1 - expected))
    assert result.confusion.tolist() == [[3, 0, 0], [0, 0, 0], [2, 0, 1]]
    low, high = sfx.wilson(4, 6)
    assert f"66.7 % (4/6, 95 %: {100 * low:.0f} to {100 * high:.0f})" in str(result)


def test_chance_gives_no_kappa_and_one_label_leaves_it_undefined():
    assert agreement(["HIT", "HIT", "MISS", "MISS"], ["HIT", "MISS"] * 2).kappa == pytest.approx(0)
    assert agreement(["HIT", "MAYBE", "MISS"], ["HIT", "MAYBE", "MISS"]).kappa == 1
    alone = agreement(["MISS"] * 4, ["MISS"] * 4)
    assert np.isnan(alone.kappa)
    assert str(alone).endswith("kappa not defined")


@pytest.mark.parametrize("lists", [([], []), (["HIT"], ["HIT", "MISS"])])
def test_lists_that_cannot_be_compared_are_refused(lists):
    with pytest.raises(ValueError, match="the same frames"):
        agreement(*lists)


def test_students_are_compared_on_the_frames_that_both_labelled():
    mine = labelling(["HIT", "MISS", "MAYBE"], [5, 6, 7])
    other = labelling(["MISS", "MISS", "HIT"], [7, 6, 9])
    result = agree_with_student(mine, other)
    assert (result.agreed, result.total) == (1, 2)
    assert result.confusion[LABELS.index("MAYBE"), LABELS.index("MISS")] == 1  # mine in rows


@pytest.mark.parametrize(
    "other", [labelling(run="LN84"), labelling(seed=1), labelling(source="cxidb"),
              labelling(frames=[8, 9])]
)  # fmt: skip
def test_other_frames_are_no_comparison(other):
    with pytest.raises(ValueError, match="none in common"):
        agree_with_student(labelling(), other)


def test_cost_is_the_median_times_the_frames_of_a_run():
    assert "3.0 s a frame (median of 3): 2,000 frames would take 1.7 hours" in cost([2.0, 3.0, 600])
    assert "two frames" in cost([])


def test_labels_go_to_a_file_and_back(tmp_path):
    path = write_labelling(labelling(), tmp_path / "ada.json")
    assert read_labelling(f" {path} ") == read_labelling(path.read_text()) == labelling()


@pytest.mark.parametrize("text", ["", "nowhere.json"])
def test_no_file_is_said(text):
    with pytest.raises(FileNotFoundError, match="Ask for the exported file"):
        read_labelling(text)


@pytest.mark.parametrize("text", ["{", '{"student": "Ada"}', '{"a": 1}'])
def test_foreign_text_is_refused(text):
    with pytest.raises(ValueError, match="Export them again"):
        read_labelling(text)


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 frames and 1 labels, among them PERHAPS"):
        labelling(["PERHAPS"], [1, 2])


@pytest.fixture
def widget(run, monkeypatch):
    clock = iter(np.arange(0, 10_000, 2.5))
    monkeypatch.setattr(module, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(module, "_KEPT", {})
    return LabelByEye(run, count=6, student="<Ada>")


def press(widget, keys):
    for key in keys:
        widget.canvas._handle_custom_msg({"key": key}, [])


def key_of(label):
    return next(key for key in KEYS if KEYS[key] == label)


def test_keys_and_buttons_answer_and_the_next_frame_is_shown(widget, run):
    first = widget.canvas.pixels
    press(widget, "h")
    second = widget.canvas.pixels
    widget.buttons[2].click()
    assert widget.labels == ["HIT", "MISS"]
    assert len({first, second, widget.canvas.pixels}) == 3
    assert "Frame 3 of 6" in widget.canvas.caption
    assert widget.progress.value == 2
    press(widget, "u")
    assert widget.canvas.pixels == second
    assert (widget.labels, widget.seconds) == (["HIT"], [])


def test_nothing_tells_the_label_before_the_answer(widget, run):
    shown = widget.canvas.caption + widget.canvas.alt + widget.figure().axes[0].get_title()
    label = run.labels[widget.frames[0]]
    assert label not in shown
    assert str(widget.frames[0]) not in shown.replace("of 6", "").replace("Frame 1", "")
    assert widget.results.value == ""
    assert widget.exchange.layout.display == "none"


def test_truth_gives_full_agreement_and_the_cost(widget, run):
    press(widget, [key_of(run.labels[i]) for i in widget.frames])
    assert widget.done
    assert "100.0 % (6/6, 95 %: 61 to 100), Cohen's kappa 1.00" in widget.results.value
    assert "2.5 s a frame (median of 5): 2,000 frames would take 1.4 hours" in widget.results.value
    assert widget.exchange.layout.display == "flex"
    press(widget, "h")  # after the end nothing is answered
    assert len(widget.labels) == 6


def answer(widget, run, wrong):
    """Label all frames, those at the places `wrong` by another class."""
    right = [key_of(run.labels[i]) for i in widget.frames]
    keys = [{"h": "m", "m": "x", "x": "h"}[k] if i in wrong else k for i, k in enumerate(right)]
    press(widget, keys)


def test_the_key_taken_is_shown(widget):
    press(widget, "m")
    assert "Frame 1 of 6: you labelled it: <b>MAYBE</b>" in widget.taken.value
    assert [button.button_style for button in widget.buttons] == ["", "info", ""]
    press(widget, "x")
    assert [button.button_style for button in widget.buttons] == ["", "", "info"]
    press(widget, "u")
    assert "Frame 2 of 6: taken back: <b>MISS</b>" in widget.taken.value
    assert [button.button_style for button in widget.buttons] == ["", "info", ""]


def test_the_end_shows_the_frames_on_which_one_disagrees(widget, run):
    answer(widget, run, wrong=(1, 4))
    assert widget.missed() == [1, 4]
    frames = [widget.frames[i] for i in (1, 4)]
    for caption, i, frame in zip(widget.gallery.captions, (1, 4), frames, strict=True):
        expected = f"No. {i + 1}, frame {frame}: you {widget.labels[i]}, the twin's truth "
        assert caption == expected + run.labels[frame]
    assert widget.gallery.shape == [2, 120, 120]
    assert widget.gallery.layout.display is None
    widget.gallery.chosen = 1  # as a click in the browser does
    picture = coarse(take(run, frames[1], "LCN"))
    bytes_ = to_bytes(picture.image, *picture.limits, mask=picture.good)
    assert widget.canvas.pixels == bytes_.tobytes()
    assert widget.canvas.caption.startswith(widget.gallery.captions[1])
    (circled,) = widget.canvas.overlays
    y, x = picture.place(*true_spots(run, frames[1]))
    assert circled["y"] == pytest.approx(np.round(y, 2))
    assert circled["x"] == pytest.approx(np.round(x, 2))


def test_circles_of_a_thumbnail_lie_on_its_spots(widget, run):
    hit = int(np.flatnonzero(run.labels == "HIT")[0])
    widget.frames[0] = hit
    picture, spots = widget._thumbnail(0)
    assert len(spots) > 10
    near = [picture[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max()
            for y, x in np.rint(spots).astype(int)]  # fmt: skip
    assert np.median(near) > 1.5 * np.median(picture)


def test_full_agreement_has_no_gallery(widget, run):
    answer(widget, run, wrong=())
    assert widget.gallery.layout.display == "none"
    assert "disagree" not in widget.results.value
    assert widget.canvas.overlays == []


def test_running_the_cell_again_loses_no_label(widget, run):
    press(widget, "hmx")
    again = LabelByEye(run, count=6, student="<Ada>")
    assert again.labels == ["HIT", "MAYBE", "MISS"]
    assert "3 labels given before are kept" in again.taken.value
    assert "Frame 4 of 6" in again.canvas.caption
    press(again, "hh")
    assert again.seconds == [2.5, 2.5, 2.5]  # the first after each start has no time
    assert LabelByEye(run, count=6, student="Grace").labels == []
    assert LabelByEye(run, count=6, seed=1, student="<Ada>").labels == []


def test_labels_are_discarded_by_two_presses_in_a_row(widget, run):
    assert widget.restart.disabled
    press(widget, "hm")
    widget.restart.click()
    assert (widget.labels, widget.restart.description) == (["HIT", "MAYBE"], "discard 2?")
    press(widget, "x")
    assert widget.restart.description == "start again"
    widget.restart.click()
    widget.restart.click()
    assert widget.labels == []
    assert "Frame 1 of 6" in widget.canvas.caption
    assert LabelByEye(run, count=6, student="<Ada>").labels == []


def test_students_exchange_labels(widget, tmp_path):
    press(widget, "hhmmxx")
    widget.path.value = str(tmp_path / "ada.json")
    widget.export.click()
    assert read_labelling(widget.path.value) == widget.labelling
    assert "<Ada>" not in widget.between.value
    assert "&lt;Ada&gt;" in widget.between.value
    widget.other.value = (tmp_path / "ada.json").read_text()
    widget.compare.click()
    assert "6/6" in widget.between.value
    assert "<Ada>" not in widget.between.value


def test_a_file_that_is_not_there_is_said_in_the_widget(widget):
    press(widget, "hhmmxx")
    widget.other.value = "nowhere.json"
    widget.compare.click()
    assert "Found no file" in widget.error.value
    with pytest.raises(FileNotFoundError):  # ipywidgets logs what a button's answer raises
        widget.guard(widget.load)


def test_the_name_is_that_given_to_the_lab(run, monkeypatch):
    monkeypatch.setenv("SFXTUTOR_STUDENT", "Grace")
    assert LabelByEye(run).labelling.student == "Grace"
    monkeypatch.delenv("SFXTUTOR_STUDENT")
    assert LabelByEye(run).labelling.student == "student"


def test_a_spot_is_seen_in_the_picture(widget, run):
    hit = int(np.flatnonzero(run.labels == "HIT")[0])
    widget.frames[0] = hit
    widget._draw()
    shape = widget.canvas.shape
    dark = np.frombuffer(widget.canvas.pixels, np.uint8).reshape(shape) == 255
    y, x = np.rint(widget._picture().place(*true_spots(run, hit))).astype(int)
    inside = (np.array([y, x]) > 0).all(axis=0) & (np.array([y, x]) < 239).all(axis=0)
    seen = [
        dark[b - 1 : b + 2, a - 1 : a + 2].any() for b, a in zip(y[inside], x[inside], strict=True)
    ]
    assert np.mean(seen) > 0.7
    assert dark.mean() < 0.02


def test_static_figure_and_words(widget):
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "labelled by eye" in metadata["image/png"]["alt"]


def test_callbacks_of_two_widgets_take_turns(run):
    """They share answers, and JupyterLab may run one in a thread beside the other."""
    inside, most = [], []

    def act():
        inside.append(1)
        most.append(len(inside))
        sleep(0.05)
        inside.pop()

    widgets = [LabelByEye(run, count=3, student="Turns") for _ in range(2)]
    threads = [Thread(target=widget.guard, args=(act,)) for widget in widgets * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
