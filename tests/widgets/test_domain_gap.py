"""The domain gap: the numbers shown are those of the lessons' functions on the same frames."""

import html
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from spotcnn import spot_cnn

from sfxtutor import DomainGap, TwinRun, open_run
from sfxtutor.domains import adapt_batch_norm
from sfxtutor.metrics import auc, count, is_positive, rate_text
from sfxtutor.models import build_rwd_cnn
from sfxtutor.preprocess import bin_max, gcn, lcn
from sfxtutor.runs.twin.shot import label_of
from sfxtutor.spots import find_spots
from sfxtutor.training import predict
from sfxtutor.widgets.shifted import ADABN, FROZEN, METHODS, SPOTS, Outcome, Setting, Shifted

N = 8  # frames of each class
FAR = Setting(246.0, 4, 20)


@pytest.fixture(scope="module")
def shifted():
    return Shifted(spot_cnn(), TwinRun("LN83"), threshold=5, frames=N)


@pytest.fixture
def widget():
    return DomainGap(spot_cnn(), TwinRun("LN83"), threshold=5, frames=N)


def visit(widget, setting):
    for slider, value in zip(widget.sliders, setting, strict=True):
        slider.value = value
    widget.finish()


def text_of(control):
    return " ".join(re.sub("<[^>]+>", " ", html.unescape(control.value)).split())


def outcome(recalls, specificities, setting=FAR):
    """An `Outcome` in which the CNN finds so many of 40 hits and of 40 misses, before and after
    AdaBN.
    """
    frame = np.arange(80)
    truth = frame < 40
    decisions = {
        name: np.where(truth, frame < recall, frame < 80 - specificity)
        for name, recall, specificity in zip((FROZEN, ADABN), recalls, specificities, strict=True)
    }
    return Outcome(setting, 0.3, {}, truth, decisions, decisions)


# ---- frames


def test_the_frames_are_the_twins_own_in_its_own_setup_and_none_of_the_runs(shifted):
    run = TwinRun("LN83")
    after = run.further(2000)
    assert (is_positive(after.labels[shifted.frames]) == shifted.truth).all()
    assert shifted.truth.sum() == (~shifted.truth).sum() == N
    for i in shifted.frames[[0, -1]]:
        assert np.array_equal(shifted.at(106.0, 1).crop(i), after.crop(i))
        assert not np.array_equal(after.crop(i), run.crop(i))


@pytest.mark.parametrize(("distance", "background"), [(106.0, 4), (246.0, 1), (76.0, 0.25)])
def test_frames_are_paired_from_setting_to_setting(shifted, distance, background):
    home, away = shifted.at(106.0, 1), shifted.at(distance, background)
    same = []
    for i in shifted.frames:
        one, other = home.drawn(i), away.drawn(i)
        assert (one.pulse, one.edge, one.wavelength, one.key) == (
            other.pulse, other.edge, other.wavelength, other.key,
        )  # fmt: skip
        assert np.array_equal(one.hot, other.hot)
        pairs = [*zip(one.crystals, other.crystals, strict=False)]
        assert all(np.array_equal(a, b) for (a, _), (b, _) in pairs)  # orientations
        same.append(len(one.crystals) == len(other.crystals) and [
            a for _, a in one.crystals] == [b for _, b in other.crystals])  # fmt: skip
    assert np.mean(same) > 0.5
    hits = [label_of(away.spots(i)[1].sum()) for i in shifted.frames[:2]]
    assert hits == away.labels[shifted.frames[:2]].tolist()


def test_background_is_a_factor_of_all_light_and_distance_is_the_distance(shifted):
    own, setup = TwinRun("LN83").setup, shifted.at(150.0, 2).setup
    expected = {name: 2 * getattr(own, name) for name in ("water", "air", "plain", "halo")}
    assert setup == replace(own, distance=150.0, **expected)


# ---- numbers


@pytest.mark.parametrize("setting", [Setting(106.0, 1, 20), Setting(76.0, 4, 70)])
def test_what_is_shown_is_what_the_functions_of_the_lessons_give(widget, setting):
    visit(widget, setting)
    shifted = widget.shifted
    run = shifted.at(setting.distance, setting.background)
    mask, crops = run.good(), [run.crop(i) for i in shifted.frames]
    images = np.stack([bin_max(lcn(gcn(crop, mask), mask=mask), 8) for crop in crops])
    images = images.astype(np.float16)
    k = round(setting.share * N / 100)
    chosen = images[[*range(k), *range(N, 2 * N - k)]]
    scores = {
        FROZEN: predict(spot_cnn(), images),
        ADABN: predict(adapt_batch_norm(spot_cnn(), chosen), images),
        SPOTS: np.array([len(find_spots(crop, run.card.gain, mask=mask)) for crop in crops]),
    }
    shown, table = text_of(widget.status), text_of(widget.table)
    for name, score in scores.items():
        counts = count(shifted.truth, score > (4 if name == SPOTS else 0.5))
        recall = rate_text(counts.hits_found, N)
        specificity = rate_text(counts.misses_found, N)
        area = f"{auc(score, shifted.truth):.3f}"
        assert f"{name} {recall} {specificity} {area}" in table
    noise = np.median(images[images != 0].astype(np.float32))
    assert f"noise {noise:.3f}, {noise / shifted.home.noise:.2f} times the source's" in shown
    assert str(setting) in shown


def test_more_hits_among_the_frames_of_adabn_lower_its_recall_and_nothing_else(shifted):
    few, many = (shifted.measure(Setting(106.0, 1, share)) for share in (0, 90))
    assert many.scores[ADABN][:N].mean() < few.scores[ADABN][:N].mean() - 0.01
    for name in (FROZEN, SPOTS):
        assert np.array_equal(few.scores[name], many.scores[name])


def test_so_many_of_adabns_frames_are_hits(shifted):
    for share in (0, 20, 50, 90):
        chosen = shifted.unlabelled(share)
        assert len(set(chosen)) == N
        assert shifted.truth[chosen].sum() == round(share * N / 100)


def test_the_gain_of_40_hits_and_40_misses_by_hand():
    """12 hits more, 4 misses less: +0.3 and -0.1, a mean of +0.1."""
    gain = outcome((20, 32), (36, 32)).gain
    half = 1.96 / 2 * np.sqrt((13 - 144 / 42) / 42**2 + (5 - 16 / 42) / 42**2)
    assert (gain.value, gain.low, gain.high) == pytest.approx((0.1, 0.1 - half, 0.1 + half))


# ---- the widget


@pytest.mark.parametrize(
    ("recalls", "specificities", "helps", "harms"),
    [
        ((20, 27), (36, 36), False, False),  # +8.75 points
        ((20, 28), (36, 36), True, False),  # +10
        ((20, 36), (36, 24), False, False),  # +40 and -30: +5
        ((36, 28), (36, 36), False, True),  # -10
        ((0, 40), (40, 8), True, False),  # +100 and -80: +10, and 95 % are +4 to +16
    ],
)
def test_goals_are_reached_by_the_numbers(widget, recalls, specificities, helps, harms):
    widget.outcomes = {FAR: outcome(recalls, specificities)}
    reached = {name: found is not None for name, found in widget.reached.items()}
    assert reached == {"helps": helps, "harms": harms}


def test_a_gain_that_may_be_chance_reaches_no_goal(widget):
    truth = np.arange(10) < 5  # one hit of five more: +10 points, 95 % from -7.5 on
    decisions = {FROZEN: np.arange(10) < 3, ADABN: np.arange(10) < 4}
    widget.outcomes = {FAR: Outcome(FAR, 0.3, {}, truth, decisions, decisions)}
    assert widget.outcomes[FAR].gain.value == pytest.approx(0.1)
    assert widget.reached == {"helps": None, "harms": None}


def test_a_goal_stays_reached_and_names_its_best_setting(widget):
    small, large = outcome((20, 28), (36, 36)), outcome((4, 36), (36, 36), Setting(76.0, 8, 10))
    bad = outcome((36, 16), (36, 36), Setting(106.0, 1, 90))
    widget.outcomes |= {each.setting: each for each in (small, large, bad)}
    assert widget.reached == {"helps": large, "harms": bad}
    visit(widget, Setting(106.0, 1, 30))
    goals = text_of(widget.goals)
    assert "helps by 10 points: reached at 76 mm, background × 8, 10 % hits: +40.0 points" in goals
    assert "harms by 10 points: reached at 106 mm, background × 1, 90 % hits: -25.0 points" in goals


def test_a_new_setting_is_computed_in_the_background_and_a_visited_one_is_at_hand(widget):
    first = text_of(widget.table)
    widget.sliders[1].value = 4
    assert "computing 106 mm, background × 4" in text_of(widget.status)
    widget.finish()
    assert "106 mm, background × 4, 20 % hits: noise" in text_of(widget.status)
    assert text_of(widget.table) != first
    known = dict(widget.outcomes)
    widget.sliders[1].value = 1  # and no wait
    assert text_of(widget.table) == first
    assert "106 mm, background × 1, 20 % hits: noise" in text_of(widget.status)
    assert widget.outcomes == known
    assert widget.outcome is known[Setting(106.0, 1, 20)]


def test_what_the_slider_only_passes_is_not_computed(widget):
    for factor in (1.4, 2, 2.8, 4):
        widget.sliders[1].value = factor
    widget.finish()
    assert [setting.background for setting in widget.outcomes] == [1, 4]
    widget.sliders[1].value = 8
    widget.sliders[1].value = 4  # back at once: nothing waits
    widget.finish()
    assert [setting.background for setting in widget.outcomes] == [1, 4]
    assert "background × 4" in text_of(widget.status)


def test_another_share_of_hits_simulates_nothing(shifted):
    told = []
    shifted.measure(Setting(106.0, 2, 20), told.append)
    assert told[0] == 0
    told.clear()
    shifted.measure(Setting(106.0, 2, 50), told.append)
    assert told == []


def test_an_error_is_shown_beneath_and_the_next_move_goes_on(widget, monkeypatch):
    raised = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    widget.shifted.threshold = "many"
    visit(widget, Setting(106.0, 1, 50))
    assert len(raised) == 1
    assert "Error" in text_of(widget.error)
    widget.shifted.threshold = 5
    visit(widget, Setting(106.0, 1, 60))
    assert text_of(widget.error) == ""
    assert "60 % hits: noise" in text_of(widget.status)


def test_it_comes_with_a_static_picture_and_words(widget):
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    alt = metadata["image/png"]["alt"]
    assert all(name in alt for name in METHODS)
    assert alt.count("95 %:") == 7  # two rates of three methods, and the gain
    roc, hit, miss = widget.figure().axes
    assert (roc.get_xlabel(), roc.get_ylabel()) == ("false positives, % of the misses", "recall, %")
    assert hit.get_title().startswith("a hit: p = ")
    assert miss.get_title().startswith("a miss: p = ")
    assert all(canvas.alt == canvas.caption for canvas in widget.canvases.values())


def test_a_setting_can_be_measured_without_going_there(widget):
    found, before = widget.measure(246.0, 4, 20), dict(widget.outcomes)
    assert found.gain.value >= 0.1
    assert (widget.outcomes, widget.setting) == (before, Setting(106.0, 1, 20))
    assert widget.reached["helps"] is None
    visit(widget, FAR)
    assert str(widget.outcome.gain) == str(found.gain)
    assert widget.reached["helps"] is widget.outcome


def test_every_slider_has_a_name_and_starts_at_the_source(widget):
    names = [slider.description for slider in widget.sliders]
    assert names == ["detector distance", "background", "share of hits"]
    assert widget.setting == Setting(106.0, 1, 20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run": open_run("LN83"), "frames": 1}, "Got 1 frames of each class, expected 2 to 409"),
        ({"run": open_run("LN83"), "frames": 500}, "Got 500 frames of each class"),
        ({"cnn": build_rwd_cnn()}, r"inputs of shape \(720.*\), expected square images"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    parts = {"cnn": spot_cnn(), "run": TwinRun("LN83"), "threshold": 5} | change
    with pytest.raises(ValueError, match=message):
        DomainGap(**parts)


def test_measured_frames_are_refused():
    class Measured:
        source = "cxidb"

    with pytest.raises(ValueError, match="Found a run from 'cxidb', expected the twin"):
        DomainGap(spot_cnn(), Measured(), 5)
