"""The frame inspector: every stage of a frame, its rows, and what the controls do."""

from dataclasses import replace

import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.runs.datasets import TWINS
from sfxtutor.widgets.canvas import to_bytes
from sfxtutor.widgets.frame_inspector import SIDE, SIDE_BY_SIDE, FrameInspector
from sfxtutor.widgets.frame_stages import (  # fmt: skip
    STAGES,
    Picture,
    choose,
    coarse,
    count_text,
    ends,
    found_spots,
    largest,
    row_text,
    take,
    true_spots,
)
from sfxtutor.widgets.quests import quests_of


@pytest.fixture(scope="module")
def run():
    return sfx.open_run("LN83")


@pytest.fixture(scope="module")
def hit(run):
    return int(np.flatnonzero(run.labels == "HIT")[0])


@pytest.fixture
def widget(run, hit):
    return FrameInspector(run, frame=hit)


def test_every_stage_is_what_the_package_computes(run, hit):
    good = sfx.center_crop(run.mask)
    crop, gcn = run.crop(hit), sfx.gcn(run.crop(hit), good)
    assert np.array_equal(take(run, hit, "raw").image, sfx.bin_max(run[hit], 3))
    assert np.array_equal(take(run, hit, "crop").image, crop)
    assert np.array_equal(take(run, hit, "GCN").image, gcn)
    assert np.allclose(take(run, hit, "LCN").image, sfx.lcn(gcn, mask=good), atol=1e-4)


@pytest.mark.parametrize("stage", STAGES)
def test_a_true_spot_is_a_peak_of_the_picture_at_its_place(run, hit, stage):
    picture = take(run, hit, stage)
    for spot in [coarse(picture), picture] if stage == "LCN" else [picture]:
        y, x = np.rint(spot.place(*true_spots(run, hit))).astype(int)
        last = len(spot.image) - 2
        inside = (y > 1) & (x > 1) & (y < last) & (x < last)
        inside &= spot.good[np.clip(y, 0, last), np.clip(x, 0, last)]
        peaks = [spot.image[b - 1 : b + 2, a - 1 : a + 2].max() - np.median(
                 spot.image[max(b - 5, 0) : b + 6, max(a - 5, 0) : a + 6])
                 for b, a in zip(y[inside], x[inside], strict=True)]  # fmt: skip
        away = [spot.image[b - 1 : b + 2, a - 1 : a + 2].max() - np.median(
                spot.image[max(b - 5, 0) : b + 6, max(a - 5, 0) : a + 6])
                for b, a in zip(y[inside], last - x[inside], strict=True)]  # fmt: skip
        assert np.median(peaks) > 2 * np.median(away)


def test_places_are_counted_from_the_centre_of_a_binned_pixel():
    picture = Picture("raw", np.zeros((9, 9)), np.ones((9, 9), bool), top=10, left=20, bin=3)
    assert picture.place([11, 14], [21, 22]) == (pytest.approx([0, 1]), pytest.approx([0, 1 / 3]))


def test_one_bad_pixel_spoils_its_binned_pixel(run, hit):
    whole, again = take(run, hit, "raw"), coarse(take(run, hit, "crop"), 2)
    assert np.array_equal(whole.good, run.mask.reshape(640, 3, 640, 3).all(axis=(1, 3)))
    good = sfx.center_crop(run.mask).reshape(362, 2, 362, 2)
    assert np.array_equal(again.good, good.all(axis=(1, 3)))


def test_rows_of_the_lcn_frame_are_the_rwd_vector(run, hit):
    good = sfx.center_crop(run.mask)
    assert np.allclose(take(run, hit, "LCN").rows(), sfx.fast_rwd(run.crop(hit), good), atol=1e-5)


@pytest.mark.parametrize("stage", STAGES)
def test_a_row_and_its_words_agree_with_the_curve(run, hit, stage):
    picture = take(run, hit, stage)
    for number in (0, len(picture.image) // 2):
        values = picture.row(number)
        assert np.nanmax(values) - np.nanmin(values) == pytest.approx(picture.rows()[number])
    if stage == "crop":  # the beam stop is left out of both
        assert np.isnan(picture.row(362)).any()
        assert picture.rows()[362] < 3000
    assert f"difference {picture.rows()[0]:.{0 if stage in ('raw', 'crop') else 2}f} " in row_text(
        picture, 0
    )


def test_a_row_of_the_whole_detector_has_the_detectors_number(run, hit):
    assert row_text(take(run, hit, "raw"), 100).startswith("Row 300 of the detector: max ")
    assert "RWD value" in row_text(take(run, hit, "LCN"), 100)


def test_a_row_without_good_pixel_says_so(run, hit):
    picture = take(run, hit, "crop")
    good = picture.good.copy()
    good[5] = False
    picture = replace(picture, good=good)
    assert row_text(picture, 5) == "Row 5: no good pixel."
    assert picture.rows()[5] == 0


def test_largest_is_bin_max_and_leaves_the_rest_out():
    frame = np.random.default_rng(0).integers(0, 99, (13, 10))
    assert np.array_equal(largest(frame, 3), sfx.bin_max(frame[:12, :9], 3))


def test_classes_and_what_is_missing():
    labels = np.array(["HIT", "MISS", "HIT"])
    assert choose(labels, "HIT", 3) == [0, 2]
    assert choose(None, "any", 3) == [0, 1, 2]
    for missing in (labels, None):
        with pytest.raises(ValueError, match="no frame labelled MAYBE"):
            choose(missing, "MAYBE", 3)


def test_an_unknown_stage_is_refused(run):
    with pytest.raises(ValueError, match="'rwd'. .* raw, crop, GCN, LCN"):
        take(run, 0, "rwd")


def test_spots_are_counted_in_the_crop_and_on_the_detector(run, hit):
    spots, visible = run.spots(hit)
    text = count_text(run, found_spots(run, hit), true_spots(run, hit))
    assert f"({visible.sum()} on the detector)" in text
    middle = [abs(spots[axis][visible] - 959.5) < 362 for axis in "yx"]
    assert f"+ {np.sum(middle[0] & middle[1])} true ones" in text
    assert "measured run" in count_text(run, found_spots(run, hit), None)
    one = true_spots(run, hit)[:, middle[0] & middle[1]][:, :1]
    assert "○ 1 spot found in the crop, + 1 true one a person" in count_text(run, one, one)


def test_ends_of_the_contrast_carry_the_unit():
    assert ends(3.2, 900.4, "crop") == ["3", "900 ADU"]
    assert ends(-1e-9, 0.5, "LCN") == ["0.00", "0.50 std of the window"]


def test_the_class_filter_and_the_keys_walk_through_that_class(widget, run):
    widget.class_choice.value = "MAYBE"
    maybes = np.flatnonzero(run.labels == "MAYBE")
    shown = [widget.frame_choice.value]
    for key in "nnp":
        widget.canvas._handle_custom_msg({"key": key}, [])
        shown.append(widget.frame_choice.value)
    first = int(np.searchsorted(maybes, shown[0]))
    assert shown == maybes[first + np.array([0, 1, 2, 1])].tolist()
    assert f"frame {shown[-1]}: MAYBE" in widget.canvas.caption
    widget.next.click()
    assert widget.frame_choice.value == maybes[first + 2]
    widget.frame_choice.index = 0
    widget.previous.click()
    assert widget.frame_choice.value == maybes[0]


def test_every_control_changes_the_picture(widget):
    def change(action):
        before = widget.canvas.pixels, widget.canvas.overlays
        action()
        return before[0] != widget.canvas.pixels, before[1] != widget.canvas.overlays

    low, high = widget.contrast.value
    assert change(lambda: setattr(widget.contrast, "value", (low, 2 * high))) == (True, False)
    assert change(lambda: setattr(widget.log, "value", True)) == (True, False)
    assert change(lambda: setattr(widget.rings, "value", True)) == (False, True)
    assert change(lambda: setattr(widget.spots, "value", True)) == (False, True)
    assert [overlay["kind"] for overlay in widget.canvas.overlays] == ["ring", "circle", "plus"]
    assert change(lambda: setattr(widget.frame_choice, "index", 0)) == (True, True)


def test_the_contrast_is_reset_and_its_handles_cannot_meet(widget):
    before, slider = widget.contrast.value, widget.contrast
    slider.value = slider.max, slider.max
    low, high = slider.value
    assert low < high
    widget.reset.click()
    assert slider.value == pytest.approx(before)


def test_the_contrast_follows_the_frame_until_it_is_set_by_hand(widget, run):
    widget.number.value = 403
    assert widget.contrast.value == pytest.approx(take(run, 403, "crop").limits)
    low, high = widget.contrast.value
    widget.contrast.value = low, (low + high) / 2
    widget.number.value = 404
    assert widget.contrast.value == pytest.approx((low, (low + high) / 2))


def test_a_contrast_that_the_browser_sends_back_is_not_taken_for_one_set_by_hand(widget, run):
    """It rounds limits to the slider's steps, and its word may come after the next frame."""
    widget.number.value = 403
    late = [limit + 0.4 * widget.contrast.step for limit in widget.contrast.value]
    widget.contrast.value = late
    widget.number.value = 400
    widget.contrast.value = late
    assert widget.contrast.value == pytest.approx(take(run, 400, "crop").limits)
    widget.number.value = 403
    assert widget.contrast.value == pytest.approx(take(run, 403, "crop").limits)


@pytest.mark.parametrize("stage", STAGES)
def test_contrast_suits_each_stage(widget, stage):
    widget.stage_choice.value = stage
    slider = widget.contrast
    assert slider.min < slider.value[0] < slider.value[1] < slider.max
    assert slider.value == pytest.approx(widget.picture.limits, abs=slider.step)
    shades = np.bincount(np.frombuffer(widget.canvas.pixels, np.uint8), minlength=256)
    assert shades[255] < 0.02 * shades.sum()  # little is too bright to be told apart
    assert widget.limits.value == " to ".join(widget.canvas.scale)
    assert widget.canvas.scale == ends(*slider.value, stage)


def test_the_cursor_shows_the_row_and_nothing_else_changes(widget):
    before = widget.canvas.pixels
    widget.canvas.row = 77
    assert "Row 77: max" in widget.canvas.caption
    row = np.frombuffer(widget.canvas.profile, np.float32)
    assert np.array_equal(row, widget.picture.image[77].astype(np.float32))
    assert widget.canvas.pixels == before


def test_a_smaller_picture_gets_its_cursor_back(widget):
    widget.canvas.row = 723
    widget.stage_choice.value = "LCN"
    assert 0 <= widget.canvas.row < 720
    assert widget.error.value == ""


def test_a_number_typed_shows_that_frame_or_the_next_of_the_class(widget, run):
    widget.number.value = 1234
    assert widget.frame_choice.value == 1234
    assert "frame 1234: " in widget.canvas.caption
    widget.class_choice.value = "MAYBE"
    widget.number.value = 500
    expected = int(np.flatnonzero((run.labels == "MAYBE") & (np.arange(2000) >= 500))[0])
    assert (widget.number.value, widget.frame_choice.value) == (expected, expected)
    widget.next.click()
    assert widget.number.value == widget.frame_choice.value > expected


def test_a_picture_and_the_detector_have_the_same_places():
    picture = Picture("raw", np.zeros((9, 9)), np.ones((9, 9), bool), top=10, left=20, bin=3)
    assert picture.on_detector(0, 1) == (11, 24)
    assert picture.place(*picture.on_detector(4, 7)) == (4, 7)


def test_three_stages_stand_side_by_side_under_one_cursor(widget, run, hit):
    widget.stage_choice.value = SIDE
    assert widget.canvas.layout.display == "none"
    for stage, canvas in widget.trio.items():
        picture = take(run, hit, stage)
        expected = to_bytes(picture.image, *picture.limits, mask=picture.good)
        assert canvas.pixels == expected.tobytes()
        assert canvas.scale == ends(*picture.limits, stage)
    crop, gcn, lcn = (widget.trio[stage] for stage in SIDE_BY_SIDE)
    gcn.row, gcn.column = 301, 205  # as the pointer in the browser does
    gcn.row = 300
    assert (crop.row, crop.column, lcn.row, lcn.column) == (300, 205, 298, 203)
    for stage, canvas in widget.trio.items():
        picture = take(run, hit, stage)
        row = np.frombuffer(canvas.profile, np.float32)
        assert np.array_equal(row, picture.row(canvas.row), equal_nan=True)
        assert row_text(picture, canvas.row) in canvas.caption
        assert np.array_equal(np.frombuffer(canvas.side, np.float32), picture.rows())
    lcn.row = 0  # above it there are two rows more in the others
    assert (crop.row, gcn.row) == (2, 2)
    assert len({canvas.link for canvas in widget.trio.values()} - {""}) == 1
    assert len(widget.figure().axes) == 6  # each with its colours' scale
    widget.stage_choice.value = "LCN"
    assert widget.beside.layout.display == "none"
    assert widget.picture.stage == "LCN"


def quest(widget, word):
    """Begin to look for what has that word in its name."""
    widget.quest.value = next(text for text in widget.quests if word in text)


def put_cursor(widget, y, x):
    row, column = widget.picture.place(y, x)
    widget.canvas.row, widget.canvas.column = round(float(row)), round(float(column))


def test_a_maybe_is_found_and_its_label_is_hidden_till_then(widget, run):
    widget.spots.value = True
    widget.class_choice.value = "HIT"
    quest(widget, "MAYBE")
    assert widget.class_choice.value == "any"
    assert widget.class_choice.disabled
    words = widget.canvas.caption + widget.canvas.alt + widget.figure().axes[0].get_title()
    assert "HIT" not in words
    assert "true" not in words
    assert [overlay["kind"] for overlay in widget.canvas.overlays] == ["circle"]
    assert len(widget.figure().axes[0].lines) == 1
    widget.canvas._handle_custom_msg({"key": "f"}, [])
    assert "Not found:</b> frame" in widget.told.value
    widget.number.value = int(np.flatnonzero(run.labels == "MAYBE")[2])
    widget.claim.click()
    assert "Found:" in widget.told.value
    assert "Right in 1 of 2 tries" in widget.told.value
    widget.quest.value = "nothing"
    assert widget.told.value == ""
    assert widget.claim.disabled
    assert "MAYBE" in widget.canvas.caption


def test_a_hot_pixel_is_found_by_the_cursor(widget, run):
    widget.stage_choice.value = "raw"
    frame = next(i for i in range(2000) if len(run.drawn(i).hot))
    y, x, _ = run.drawn(frame).hot[0]
    widget.number.value = frame
    quest(widget, "hot")
    put_cursor(widget, (y + 900) % 1900, x)
    widget.claim.click()
    assert "no hot pixel here" in widget.told.value
    put_cursor(widget, y, x)
    widget.claim.click()
    assert f"Found:</b> a hot pixel of frame {frame}. Right in 1 of 2" in widget.told.value


def test_a_spot_that_the_finder_misses_is_found_by_the_cursor(widget, run, hit):
    quest(widget, "misses")
    truth, found = true_spots(run, hit).T, found_spots(run, hit).T
    far = np.array([np.abs(found - spot).max(axis=1).min() for spot in truth])
    in_crop = (np.abs(truth - 959.5) < 350).all(axis=1)
    missed, seen = truth[(far > 8) & in_crop], truth[(far < 1) & in_crop]
    spot = "a true spot that the finder"
    for (y, x), words in (
        (seen[0], f"<b>Not found:</b> {spot} finds"),
        (missed[0], f"<b>Found:</b> {spot} misses"),
    ):
        put_cursor(widget, y, x)
        widget.claim.click()
        assert words in widget.told.value
    assert "Right in 1 of 2" in widget.told.value


def test_a_measured_run_asks_only_what_its_labels_answer(run):
    class Measured:
        source, labels = "cxidb", run.labels

    assert [text[:7] for text in quests_of(Measured)] == ["a MAYBE"]
    Measured.labels = None
    assert quests_of(Measured) == {}
    assert len(quests_of(run)) == 3


def test_rings_lie_where_the_geometry_puts_them(widget, run):
    widget.rings.value = True
    (ring,) = widget.canvas.overlays
    assert ring["center"] == [365, 365]
    place = ring["labels"].index("3.1 Å")
    assert ring["radii"][place] == pytest.approx(sfx.ring_radius(3.1, run.card) / run.card.pixel)


def test_another_run_is_opened_when_it_is_chosen(widget):
    assert list(widget.run_choice.options) == [f"{name} (twin)" for name in TWINS]
    widget.run_choice.value = "LO19 (twin)"
    assert widget.canvas.caption.startswith("LO19 (twin), frame 0: ")


def test_a_run_without_labels_or_geometry_says_what_is_missing(widget, run, monkeypatch):
    class Bare(sfx.Run):
        name, source, labels, mask = "mine", "file", None, None
        card = type(run.card)("mine", "mine", "file", gain=0.27, shape=(1920, 1920))

        def __len__(self):
            return 3

        def _frame(self, i):
            return run[i]

    bare = FrameInspector(Bare(), frame=1, spots=True)
    assert "mine (file), frame 1: unlabelled" in bare.canvas.caption
    assert "measured run" in bare.canvas.caption
    with pytest.raises(ValueError, match="Found no geometry"):
        bare.rings.value = True
    assert "Found no geometry" in bare.error.value


def test_static_figure_and_words(widget):
    widget.spots.value = True
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == widget.canvas.alt
    assert "frame" in widget.alt()
    assert "HIT" in widget.alt()
    (image,) = widget.figure().axes[0].images
    assert image.get_clim() == pytest.approx(widget.contrast.value)
