"""Where it looks: pixels painted and erased, what each edit does to the scores, and the game."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

import keras

import sfxtutor as sfx
from sfxtutor.widgets.frame_stages import true_spots
from sfxtutor.widgets.retouch import SHAPES, erase, paint
from sfxtutor.widgets.where_it_looks import CNN, COUNT, REMOVE, RWD, WhereItLooks

SPOTS = 5  # spots found that make a hit


@pytest.fixture(scope="module")
def run():
    return sfx.open_run("LN83")


@pytest.fixture(scope="module")
def networks():
    """Untrained: what the widget does with a network does not depend on its weights."""
    sfx.set_seed(0)
    return sfx.build_cnn((180, 180, 1), filters=(4, 4)), sfx.build_rwd_cnn()


@pytest.fixture(scope="module")
def hit(run):
    return int(np.flatnonzero(run.labels == "HIT")[0])


@pytest.fixture
def widget(run, networks, hit):
    cnn, rwd = networks
    return WhereItLooks(run, cnn, SPOTS, rwd, frame=hit)


@pytest.fixture
def noise():
    return np.random.default_rng(0).poisson(100, (60, 60)).astype(np.uint16)


@pytest.mark.parametrize(("shape", "pixels"), [*zip(SHAPES, (1, 3, 9), strict=True)])
def test_a_shape_adds_its_pixels_and_nothing_else(noise, shape, pixels):
    before = noise.copy()
    painted = paint(noise, 20, 30, shape, 1000)
    assert np.array_equal(noise, before)
    added = painted.astype(int) - noise
    assert added[20, 30] == 1000
    y, x = np.nonzero(added)
    assert len(y) == pixels
    assert max(abs(y - 20).max(), abs(x - 30).max()) <= 1


def test_a_pixel_cannot_hold_more_and_a_spot_is_cut_at_the_edge(noise):
    assert paint(noise, 5, 5, "1 hot pixel", 10**6)[5, 5] == 65535
    corner = paint(noise, 0, 0, "spot of 3 x 3 pixels", 1000)
    assert np.count_nonzero(corner != noise) == 4


def test_an_erased_spot_is_noise_and_the_rest_stays(noise):
    painted = paint(paint(noise, 20, 30, "spot of 3 x 3 pixels", 3000), 40, 40, "1 hot pixel", 900)
    good = np.ones(noise.shape, bool)
    erased = erase(painted, good, 22, 28)
    changed = erased != painted
    assert not changed[35:, 35:].any()
    y, x = np.nonzero(changed)
    assert 9 <= len(y) <= 25
    assert max(abs(y - 20).max(), abs(x - 30).max()) <= 2
    assert abs(erased[19:22, 29:32].astype(float) - 100).max() < 40  # 4 standard deviations
    assert np.array_equal(erased, erase(painted, good, 22, 28))


def test_noise_and_masked_pixels_are_no_spot(noise):
    good = np.ones(noise.shape, bool)
    with pytest.raises(ValueError, match="Found no spot there, expected one within 4 pixels"):
        erase(np.full_like(noise, 7), good, 20, 30)
    painted = paint(noise, 20, 30, "1 hot pixel", 3000)
    good[20, 30] = False
    with pytest.raises(ValueError, match="no spot there"):
        erase(painted, good, 20, 30, near=0)


def plain(run, crop):
    """What the functions that are written to be read make of a crop: image and RWD vector."""
    good = run.good()
    lcn = sfx.lcn(sfx.gcn(crop, good), mask=good)
    return sfx.bin_max(lcn, 4), sfx.rwd(lcn)


def test_scores_are_those_of_the_edited_frame_preprocessed_plainly(widget, run, networks):
    widget.tool.value, widget.adu.value = "spot of 3 x 3 pixels", 10000
    for place in ((20, 30), (90, 140), (150, 60)):
        widget.act(*place)
    expected = run.crop(widget.frame)
    for row, column in ((20, 30), (90, 140), (150, 60)):  # LCN takes 2 pixels, a bin has 4
        expected = paint(expected, 4 * row + 4, 4 * column + 4, "spot of 3 x 3 pixels", 10000)
    assert np.array_equal(widget.crop, expected)
    image, vector = plain(run, expected)
    cnn, rwd = networks
    assert widget.scores[CNN] == pytest.approx(sfx.predict(cnn, image[None])[0], abs=2e-4)
    assert widget.scores[RWD] == pytest.approx(sfx.predict(rwd, vector[None])[0], abs=2e-4)
    spots = sfx.find_spots(expected, run.card.gain, mask=run.good())
    assert widget.scores[COUNT] == len(spots)
    assert widget.scores != widget.first
    assert f">{widget.scores[CNN]:.3f}, " in widget.table.value


def test_pixels_are_counted_and_a_pixel_changed_twice_is_one(widget):
    widget.tool.value = "1 hot pixel"
    for place in ((20, 30), (20, 30), (90, 140)):
        widget.act(*place)
    assert widget.changed == 2
    assert "pixels changed: 2." in widget.canvas.caption
    widget.buttons[2].click()
    assert widget.changed == 0
    assert widget.scores == widget.first


def test_without_its_spots_a_hit_has_as_few_as_a_miss(widget, run):
    assert widget.scores[COUNT] >= SPOTS
    removed = [take_away(widget, y, x) for y, x in true_spots(run, widget.frame).T]
    assert widget.scores[COUNT] <= widget.first[COUNT] - 0.7 * sum(removed)  # some lie side by side
    for _ in range(3):  # the finder also finds spots that are too faint for a person
        found = sfx.find_spots(widget.crop, run.card.gain, mask=run.good())
        for spot in found:
            take_away(widget, spot["y"] + 598, spot["x"] + 598)
    misses = np.flatnonzero(run.labels == "MISS")[:20]
    noise = [sfx.count_spots(run.crop(i), run.card.gain, mask=run.good()) for i in misses]
    assert widget.scores[COUNT] <= max(noise) < SPOTS
    assert (True, COUNT) in widget.best


def take_away(widget, y, x):
    """Remove a spot at a detector pixel by the widget's tool: whether there was one to remove."""
    row, column = (int(np.rint(at)) for at in widget._picture.place(y, x))
    if not (0 <= row < 180 and 0 <= column < 180):
        return False
    widget.tool.value = REMOVE
    before = widget.changed
    widget.act(row, column)
    return widget.changed > before


def test_the_fewest_pixels_of_each_turn_are_kept(widget, run):
    widget.press("m")
    miss = widget.frame
    assert run.labels[miss] == "MISS"
    assert widget.scores[COUNT] < SPOTS
    widget.tool.value, widget.adu.value = "3 hot pixels side by side", 60000
    missing = SPOTS - widget.scores[COUNT]
    places = [(20 + 10 * k, 30) for k in range(missing)]
    for k, place in enumerate(places):
        assert ((False, COUNT) in widget.best) == (k > missing)
        widget.act(*place)
    assert widget.best[False, COUNT] == (3 * missing, miss)
    widget.act(150, 150)  # more pixels are no better
    widget.press("r")
    assert widget.best[False, COUNT] == (3 * missing, miss)
    assert f"{3 * missing} (frame {miss})" in widget.table.value
    assert not [key for key in widget.best if key == (True, COUNT)]


def test_single_hot_pixels_are_never_counted_as_spots(widget):
    widget.press("m")
    widget.tool.value = "1 hot pixel"
    for k in range(8):
        widget.act(20 + 10 * k, 30)
    assert widget.scores[COUNT] == widget.first[COUNT]


def test_the_next_hit_and_miss_come_in_the_order_of_the_run_and_then_from_its_start(widget, run):
    positive = np.flatnonzero(run.labels != "MISS")
    widget.open(int(positive[-2]))
    for expected in (positive[-1], positive[0]):
        widget.canvas._handle_custom_msg({"key": "h"}, [])
        assert widget.frame == expected


@pytest.mark.parametrize("kind", ["activation", "occlusion"])
def test_the_map_lies_on_the_places_it_is_of(widget, networks, kind):
    widget.map.value = kind
    seen = (
        sfx.activation_map(networks[0], widget.image[None])[0]
        if kind == "activation"
        else sfx.occlusion(networks[0], widget.image)
    )
    assert np.allclose(widget.seen, seen, atol=1e-6)
    size = 180 // len(seen)
    expected = np.rint(14 * np.clip(np.kron(seen, np.ones((size, size))), 0, None) / seen.max())
    shown = np.frombuffer(widget.canvas.pixels, np.uint8).reshape(180, 180).astype(int)
    assert np.array_equal(((shown - 1) % 15)[shown > 0], expected[shown > 0])
    assert np.array_equal(shown == 0, widget.image == 0)
    widget.map.value = "none"
    plain = np.frombuffer(widget.canvas.pixels, np.uint8).reshape(180, 180).astype(int)
    assert not ((plain - 1) % 15)[plain > 0].any()


def test_a_click_arrives_as_a_place_and_a_wrong_place_is_explained(widget):
    widget.tool.value = "1 hot pixel"
    widget.canvas._handle_custom_msg({"act": [40, 50]}, [])
    assert widget.changed == 1
    assert widget.crop[164, 204] > widget.original[164, 204]
    widget.canvas.row, widget.canvas.column = 40, 50
    assert "rows 760 to 763 and columns 800 to 803 of the detector" in widget.canvas.caption
    widget.tool.value = REMOVE
    widget.act(90, 90)  # under the beam stop
    assert "Choose a bright dot" in widget.canvas.caption
    assert widget.changed == 1


def test_true_spots_are_circled_at_their_places_on_demand(widget, run):
    assert [each["kind"] for each in widget.canvas.overlays] == ["ticks", "plus", "cross"]
    assert widget.canvas.overlays[0]["labels"] == [str(n) for n in range(700, 1300, 100)]
    widget.truth.value = True
    circled = widget.canvas.overlays[-1]
    y, x = true_spots(run, widget.frame)
    np.testing.assert_allclose(4 * np.array(circled["y"]) + 601.5, y, atol=0.05)
    np.testing.assert_allclose(4 * np.array(circled["x"]) + 601.5, x, atol=0.05)


def test_the_static_figure_has_axes_in_detector_pixels_and_words(widget):
    ax = widget.figure().axes[0]
    assert ax.get_xlim() == (600, 1320)
    assert "pixels of the detector" in ax.get_ylabel()
    assert f"frame {widget.frame}: HIT, pixels changed: 0. {CNN} " in widget.alt()
    assert "true visible spots circled" in widget.alt()
    assert "circled" not in widget.canvas.alt  # on demand
    assert f"Strongest orange: {widget.seen.max():.2g} of the log-odds." in widget.canvas.caption


def test_without_an_rwd_network_there_are_two_methods(run, networks, hit):
    looks = WhereItLooks(run, networks[0], SPOTS, frame=hit)
    assert [*looks.scores] == [CNN, COUNT]
    assert RWD not in looks.table.value + looks.alt()


def test_a_network_of_other_images_is_refused(run, networks):
    other = keras.Sequential([keras.Input((100, 100, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match="expected square images that divide 720"):
        WhereItLooks(run, other, SPOTS)
