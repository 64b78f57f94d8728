"""The canvas of the widgets: bytes of a picture, what is sent to the browser, what is static."""

import base64
import re
from dataclasses import replace
from io import BytesIO

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from sfxtutor.plots.frames import ring_radius
from sfxtutor.runs.open import open_run
from sfxtutor.widgets import base
from sfxtutor.widgets.base import Widget, buttons, play, static_figure, with_gap
from sfxtutor.widgets.canvas import (  # fmt: skip
    MISSING,
    FrameCanvas,
    circles,
    geometry,
    link,
    palette,
    rings,
    span,
    ticks,
    to_bytes,
)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, float])
@pytest.mark.parametrize("log", [False, True])
def test_bytes_run_from_1_at_low_to_255_at_high_in_the_order_of_the_values(dtype, log):
    image = np.array([[0, 10, 11], [60, 109, 110], [111, 200, 255]], dtype)
    high = 20 if log else 110  # the logarithmic scale reaches ten times as far
    picture = to_bytes(image, 10, high, log)
    assert picture.dtype == np.uint8
    assert np.all(np.diff(picture.ravel().astype(int)) >= 0)
    assert picture[0, :2].tolist() == [1, 1]
    assert picture[1, 2] == picture[2, 2] == 255
    middle = 1 + 254 * (np.log1p(100 * 0.5) / np.log(101) if log else 0.5)
    assert picture[1, 0] == pytest.approx(middle, abs=1)


def test_the_two_ways_to_the_bytes_agree():
    image = np.random.default_rng(0).integers(0, 65536, (50, 60)).astype(np.uint16)
    for log in (False, True):
        one, other = (
            to_bytes(image, 900, 40_000, log),
            to_bytes(image.astype(float), 900, 40_000, log),
        )
        assert np.array_equal(one, other)


def test_masked_pixels_and_nan_are_missing_and_the_lowest_value_is_not():
    image = np.array([[0.0, np.nan], [1.0, 2.0]])
    mask = np.array([[True, True], [False, True]])
    assert to_bytes(image, 0, 2, mask=mask).tolist() == [[1, MISSING], [MISSING, 255]]
    assert MISSING == 0


def test_infinite_pixels_are_at_the_ends():
    assert to_bytes(np.array([[-np.inf, np.inf]]), 0, 1).tolist() == [[1, 255]]


@pytest.mark.parametrize(
    ("image", "low", "high", "message"),
    [
        (np.zeros(3), 0, 1, r"shape \(y, x\), got \(3,\). Pick one frame."),
        (np.zeros((2, 2)), 5, 5, "Expected low < high, got 5 and 5"),
        (np.zeros((2, 2)), 0, np.nan, "Expected low < high"),
    ],
)
def test_what_is_no_picture_is_refused(image, low, high, message):
    with pytest.raises(ValueError, match=message):
        to_bytes(image, low, high)


def test_palette_is_grey_for_missing_and_then_the_map():
    colours = np.frombuffer(palette("gray"), np.uint8).reshape(256, 3)
    assert colours[MISSING].tolist() == [150, 150, 150]
    assert colours[1].tolist() == [0, 0, 0]
    assert colours[255].tolist() == [255, 255, 255]


def test_a_picture_and_all_about_it_go_in_one_message(monkeypatch):
    canvas, sent = FrameCanvas(), []
    monkeypatch.setattr(canvas, "send_state", lambda key=None: sent.append(set(key)))
    canvas.draw(np.full((2, 3), 7, np.uint8), overlays=[circles([1], [2])], caption="seen")
    assert sent == [{"shape", "pixels", "overlays", "caption"}]
    assert canvas.shape == [2, 3]
    assert canvas.pixels == bytes([7] * 6)


def test_marks_are_plain_numbers():
    spots = np.array([(1.234, 5)], dtype=[("y", "f4"), ("x", "f4")])
    overlay = circles(spots["y"], spots["x"], "plus")
    assert (overlay["kind"], overlay["y"], overlay["x"]) == ("plus", [pytest.approx(1.23)], [5.0])
    ring = rings((np.float32(1), 2), {"a": np.float64(3)}.values(), ["3 Å"])
    assert (ring["center"], ring["radii"], ring["labels"]) == ([1.0, 2.0], [3.0], ["3 Å"])


def test_the_browser_gets_the_numbers_of_the_picture_that_it_asks_for(monkeypatch):
    canvas, sent = FrameCanvas(), []
    monkeypatch.setattr(canvas, "send", lambda content, buffers: sent.append((content, buffers)))
    image = np.array([[1, 65535]], np.uint16)
    canvas.draw(np.ones((1, 2), np.uint8), image)
    first = canvas.values
    canvas.draw(np.ones((1, 2), np.uint8), image / 2)
    for number in (first, canvas.values):
        canvas._handle_custom_msg({"values": number}, [])
    ((content, buffers),) = sent  # the first picture is gone
    assert content == {"values": canvas.values, "kind": "float32"}
    assert np.frombuffer(buffers[0], np.float32).tolist() == [0.5, 32767.5]
    canvas.draw(np.ones((1, 2), np.uint8), image)
    canvas._handle_custom_msg({"values": canvas.values}, [])
    assert sent[1][0]["kind"] == "uint16"
    assert np.frombuffer(sent[1][1][0], np.uint16).tolist() == [1, 65535]
    canvas.draw(np.ones((1, 2), np.uint8))
    assert canvas.values == 0


def test_linked_canvases_have_a_link_of_their_own():
    one, two, other = FrameCanvas(), FrameCanvas(), FrameCanvas()
    link(one, two)
    link(other)
    assert one.link == two.link
    assert other.link not in ("", one.link)


def test_the_geometry_of_a_card_is_that_of_its_rings_and_empty_where_something_is_unknown():
    card = open_run("LN83").card
    beam = geometry(card)
    radius = ring_radius(3.1, card)
    assert beam["wavelength"] / (2 * np.sin(np.arctan(radius / beam["distance"]) / 2)) == (
        pytest.approx(3.1)
    )
    assert beam["center"] == list(card.beam_center)
    assert geometry(replace(card, distance=None)) == {}


@pytest.mark.parametrize("log", [False, True])
def test_the_ends_of_the_colours_are_those_of_the_bytes(log):
    low, high = span(100.0, 200.0, log)
    assert to_bytes(np.array([[low, high, 0.999 * high]]), 100, 200, log).tolist()[0][:2] == [
        1,
        255,
    ]
    assert to_bytes(np.array([[low + 0.9 * (high - low)]]), 100, 200, log)[0, 0] < 255


def test_the_logarithmic_scale_keeps_the_background_dark():
    background, spot, strong = to_bytes(np.array([[140.0, 400, 1000]]), 100, 200, log=True)[0]
    assert background < 128 < spot < strong < 255


def test_only_keys_that_are_asked_for_are_answered():
    canvas, pressed = FrameCanvas(hot_keys=["h"]), []
    canvas.on_key(pressed.append)
    for content in ({"key": "h"}, {"key": "q"}, {}):
        canvas._handle_custom_msg(content, [])
    assert pressed == ["h"]


def test_a_place_on_which_the_picture_was_clicked_is_answered():
    canvas, places = FrameCanvas(acts=True), []
    canvas.on_act(lambda row, column: places.append((row, column)))
    for content in ({"act": [3, 4]}, {"key": "h"}, {}):
        canvas._handle_custom_msg(content, [])
    assert places == [(3, 4)]


def test_ticks_are_plain_numbers_with_words():
    assert ticks(np.array([1.5, 26.5]), np.array([600, 700])) == {
        "kind": "ticks", "places": [1.5, 26.5], "labels": ["600", "700"]
    }  # fmt: skip


class Minimal(Widget):
    def __init__(self, problem=None):
        self.slider = ipywidgets.IntSlider()
        self.seen, self.problem = [], problem
        self._assemble(self.slider)
        self.connect(self.slider, self.look)

    def look(self):
        if self.problem:
            raise self.problem
        self.seen.append(self.slider.value)

    def figure(self):
        return static_figure(2, 1)[0]

    def alt(self):
        return "Nothing but axes."


def test_a_widget_has_a_figure_with_words():
    exhibit = Minimal()
    data, metadata = exhibit.static()
    assert Image.open(BytesIO(data["image/png"])).size == (160, 80)
    assert metadata["image/png"]["alt"] == data["text/plain"] == "Nothing but axes."


def test_what_goes_wrong_is_seen_in_the_widget_and_goes_when_all_is_well():
    exhibit = Minimal(ValueError("found <3 spots"))
    with pytest.raises(ValueError, match="found <3 spots"):
        exhibit.slider.value = 1
    assert "ValueError: found &lt;3 spots" in exhibit.error.value
    exhibit.problem = None
    exhibit.slider.value = 2
    assert (exhibit.seen, exhibit.error.value) == ([2], "")


def test_play_moves_a_slider_from_its_end_to_its_start_and_stops_without_a_move():
    steps = ipywidgets.FloatSlider(min=1, max=2, step=0.1, value=1.8)
    choice = ipywidgets.SelectionSlider(options=["a", "b"])
    for slider, seen in ((steps, [1.9, 2.0, 1.0]), (choice, ["b", "a", "b"])):
        button, found = play(slider), []
        slider.observe(lambda change, found=found: found.append(change.new), "value")
        button.value, button.value, button.value = 1, 2, 3
        button.value = 0  # stop
        assert found == (pytest.approx(seen) if slider is steps else seen)


def test_the_handles_of_a_range_never_meet():
    slider = with_gap(ipywidgets.FloatRangeSlider(min=0, max=100, value=(20, 40), step=0.1), 0.05)
    slider.value = 30, 30
    assert slider.value == (30, 35)
    slider.value = 100, 100
    assert slider.value == (95, 100)
    slider.value = 10, 90
    assert slider.value == (10, 90)


def test_the_static_figure_is_an_output_of_its_own_before_the_view(monkeypatch):
    shown = []
    monkeypatch.setattr(base, "display", lambda data, **options: shown.append((data, options)))
    exhibit = Minimal()
    exhibit.show()
    (figure, options), (live, _) = shown
    assert base.VIEW not in figure
    assert options["metadata"]["image/png"]["alt"] == "Nothing but axes."
    (place,) = re.findall('base64,([^"]*)', figure["text/html"])
    assert base64.b64decode(place) == figure["image/png"]
    assert exhibit.box.children[-1].figure in figure["text/html"]  # by which it is hidden
    assert set(live) == {base.VIEW, "text/plain"}
    assert live[base.VIEW]["model_id"] == exhibit.box.model_id


def test_buttons_begin_with_the_value_that_is_asked_for():
    assert buttons(["a", "b"], "which").value == "a"
    assert buttons(["a", "b"], "which", "b").value == "b"
