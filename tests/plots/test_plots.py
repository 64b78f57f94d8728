"""Figures: the data that the Axes hold, in the units that their labels name."""

from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle

from sfxtutor.metrics import wilson
from sfxtutor.plots import frames, networks, scores, style as looks

mpl.use("agg")

CARD = SimpleNamespace(
    name="mini",
    wavelength=1.3,
    distance=120.0,
    pixel=0.2,
    beam_center=(50.0, 48.0),
    shape=(100, 100),
)


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def frame():
    return np.random.default_rng(0).normal(1000, 30, (100, 100))


def circles(ax):
    return [patch for patch in ax.patches if isinstance(patch, Circle)]


def line(ax, label):
    (found,) = [artist for artist in ax.lines if artist.get_label() == label]
    return found


def test_style_uses_only_colours_of_okabe_and_ito():
    looks.style()
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    assert set(cycle) <= set(looks.COLOURS.values())
    assert len(set(cycle)) == len(cycle) >= 6


def test_contrast_comes_from_percentiles_of_the_good_pixels(frame):
    frame[:10] = 1e6  # a hot block that must not set the contrast
    mask = np.ones(frame.shape, bool)
    mask[:10] = False
    image = frames.plot_frame(frame, mask=mask, percentiles=(2, 98)).images[0]
    assert image.get_clim() == pytest.approx(np.percentile(frame[10:], (2, 98)))


def test_masked_pixels_and_nan_are_grey(frame):
    frame[5, 6] = np.nan
    mask = np.ones(frame.shape, bool)
    mask[7, 8] = False
    image = frames.plot_frame(frame, mask=mask).images[0]
    shown = image.to_rgba(image.get_array())
    assert shown[5, 6] == pytest.approx([0.6, 0.6, 0.6, 1])
    assert shown[7, 8] == pytest.approx([0.6, 0.6, 0.6, 1])
    assert image.get_array().mask.sum() == 2


def test_ring_obeys_braggs_law():
    d = 3.1
    two_theta = np.arctan(frames.ring_radius(d, CARD) / CARD.distance)
    assert 2 * d * np.sin(two_theta / 2) == pytest.approx(CARD.wavelength)


def test_ring_that_cannot_scatter_is_refused():
    with pytest.raises(ValueError, match="1.3 Å"):
        frames.ring_radius(0.6, CARD)


@pytest.mark.parametrize(("unit", "per_pixel"), [("pixel", 1), ("mm", CARD.pixel)])
def test_ring_lies_around_the_beam_in_either_unit(frame, unit, per_pixel):
    ax = frames.plot_frame(frame, card=CARD, rings=[20], unit=unit)
    (ring,) = circles(ax)
    centre = (48, 50) if unit == "pixel" else (0, 0)
    assert ring.center == pytest.approx(centre)
    assert ring.radius == pytest.approx(frames.ring_radius(20, CARD) / CARD.pixel * per_pixel)
    assert ax.get_xlabel() == f"x, {unit}"


def test_ring_keeps_its_place_on_a_crop_and_on_a_binned_crop(frame):
    (full,) = circles(frames.plot_frame(frame, card=CARD, rings=[20]))
    (crop,) = circles(frames.plot_frame(frame[20:80, 20:80], card=CARD, rings=[20]))
    (binned,) = circles(frames.plot_frame(frame[20:80:2, 20:80:2], card=CARD, rings=[20], bin=2))
    assert np.array(crop.center) + 20 == pytest.approx(full.center)
    # the centre of binned pixel i is that of the pixels 2i and 2i + 1 together
    assert 2 * np.array(binned.center) + 0.5 == pytest.approx(crop.center)
    assert 2 * binned.radius == pytest.approx(crop.radius)


@pytest.mark.parametrize("unit", ["pixel", "mm"])
def test_pixel_and_its_spot_meet(unit):
    frame = np.zeros((100, 100))
    frame[30, 70] = 1
    spots = np.array([(30, 70)], dtype=[("y", float), ("x", float)])
    ax = frames.plot_frame(frame, card=CARD, spots=spots, unit=unit)
    (x,), (y,) = line(ax, "spot").get_data()
    left, right, bottom, top = ax.images[0].get_extent()
    assert int((x - left) / (right - left) * 100) == 70
    assert int((y - top) / (bottom - top) * 100) == 30


def test_colour_bar_names_the_unit_and_can_be_left_out(frame):
    with_bar = frames.plot_frame(frame).figure
    assert [ax.get_ylabel() for ax in with_bar.axes[1:]] == ["ADU"]
    assert len(frames.plot_frame(frame, label="").figure.axes) == 1


def test_frame_passes_options_to_imshow(frame):
    image = frames.plot_frame(frame, vmin=3, cmap="gray").images[0]
    assert image.get_clim()[0] == 3
    assert image.cmap.name == "gray"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame": np.zeros((2, 3, 3))}, r"shape \(y, x\), got \(2, 3, 3\)"),
        ({"frame": np.zeros((3, 3)), "rings": [3.1]}, "Found no geometry in None"),
        ({"frame": np.zeros((3, 3)), "unit": "mm"}, "Pass card=run.card"),
    ],
)
def test_frame_says_what_is_missing(options, message):
    with pytest.raises(ValueError, match=message):
        frames.plot_frame(**options)


def test_constant_and_fully_masked_frames_are_drawn():
    for mask in (None, np.zeros((8, 8), bool)):
        assert len(frames.plot_frame(np.full((8, 8), 7), mask=mask).images) == 1


def test_histogram_counts_every_finite_pixel(frame):
    frame[0, 0] = np.nan
    ax = frames.plot_histogram(frame, bins=50)
    counts = np.array(ax.patches[0].get_path().vertices)[1:-1:2, 1]
    assert counts.sum() == frame.size - 1
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "ADU")


def test_examples_show_every_frame_under_its_label(frame):
    axes = frames.plot_examples(
        [frame, frame + 1, frame + 2, frame + 3], ["HIT", "MAYBE", "MISS", "HIT 7"]
    )
    drawn = [ax for ax in axes.ravel() if ax.images]
    assert [ax.get_title() for ax in drawn] == ["HIT", "MAYBE", "MISS", "HIT 7"]
    assert [ax.images[0].get_array()[0, 0] - frame[0, 0] for ax in drawn] == pytest.approx(
        [0, 1, 2, 3]
    )
    assert drawn[0].title.get_color() == drawn[3].title.get_color() != drawn[2].title.get_color()
    assert not any(ax.axison for ax in axes.ravel() if not ax.images)


def test_excited_lattice_points_obey_braggs_law():
    wavelength, thickness = 1.3, 0.002
    ax = frames.plot_ewald(wavelength, cell=(73, 96), angle=17, thickness=thickness)
    x, y = line(ax, "excited: gives a spot").get_data()
    assert len(x) > 3
    inverse_d = np.hypot(x, y)
    # 2 sin(theta) = wavelength / d, with theta from the direction of the scattered beam
    two_theta = np.arctan2(np.abs(y), x + 1 / wavelength)
    assert 2 * np.sin(two_theta / 2) / wavelength == pytest.approx(inverse_d, abs=2 * thickness)


def test_turning_the_crystal_excites_other_points_of_the_same_lattice():
    sets = [frames.plot_ewald(1.3, angle=angle) for angle in (0, 7)]
    excited = [line(ax, "excited: gives a spot").get_data() for ax in sets]
    assert not np.array_equal(*excited)
    totals = [sum(len(artist.get_xdata()) for artist in ax.lines) for ax in sets]
    assert totals[0] == totals[1]


def test_history_starts_at_epoch_one_and_marks_the_epoch_kept():
    history = SimpleNamespace(
        loss=[3, 2, 1], val_loss=[4, 3, 3], recall=[0.5, 0.9, 0.8], best_epoch=2
    )
    ax = scores.plot_history(history)
    assert list(line(ax, "training loss").get_xdata()) == [1, 2, 3]
    assert list(line(ax, "validation loss").get_ydata()) == [4, 3, 3]
    assert line(ax, "kept: epoch 2").get_xdata()[0] == 2
    rates = scores.plot_history(history, names=["recall"])
    assert list(line(rates, "validation recall").get_ydata()) == history.recall


def test_history_of_a_dann_names_its_domain_head():
    history = SimpleNamespace(val_loss=[2, 1], domain_val_loss=[0.6, 0.7], best_epoch=0)
    ax = scores.plot_history(history, names=("val_loss", "domain_val_loss"))
    assert list(line(ax, "validation loss").get_ydata()) == [2, 1]
    assert list(line(ax, "domain head: validation loss").get_ydata()) == [0.6, 0.7]


def row(**changes):
    counts = {"hits_found": 63, "hits_total": 65, "misses_found": 333, "misses_total": 335}
    runs = {"train": "LN83", "adapt_to": "", "test_on": "LN83"}
    return {"method": "2D CNN, 1200 labels"} | runs | counts | changes


def test_rates_carry_their_wilson_interval():
    ax = scores.plot_rates([row(), row(test_on="LN84", hits_found=195, hits_total=216)])
    bars = {bar.get_label(): bar for bar in ax.containers}
    points, _, (segments,) = bars["recall"].lines
    assert points.get_xdata() == pytest.approx([100 * 63 / 65, 100 * 195 / 216])
    ends = np.array([segment[:, 0] for segment in segments.get_segments()])
    assert ends == pytest.approx(100 * np.array([wilson(63, 65), wilson(195, 216)]))
    specificity = bars["specificity"].lines[0].get_xdata()
    assert specificity == pytest.approx([100 * 333 / 335] * 2)


def test_rates_put_the_papers_value_hollow_beside_its_own_row():
    ours = [row(test_on="LO19"), row(hits_found=60)]
    ax = scores.plot_rates(ours, paper=[row(), row(method="other", hits_found=1)])
    paper = line(ax, "recall, paper")
    assert paper.get_markerfacecolor() == "none"
    assert np.isnan(paper.get_xdata()[0])
    assert paper.get_xdata()[1] == pytest.approx(100 * 63 / 65)
    bar = next(bar for bar in ax.containers if bar.get_label() == "recall")
    assert to_hex(paper.get_markeredgecolor()) == to_hex(bar.lines[0].get_color())


def test_rates_without_a_published_value_promise_none():
    assert "recall, paper" not in [
        artist.get_label() for artist in scores.plot_rates([row()]).lines
    ]


def test_a_published_rate_whose_count_is_not_known_is_left_out():
    ax = scores.plot_rates([row()], paper=[row(misses_found=None)])
    labels = [artist.get_label() for artist in ax.lines]
    assert "recall, paper" in labels
    assert "specificity, paper" not in labels


def test_a_table_holds_rates_with_counts_by_run_trained_on_and_tested_on():
    rows = [row(), row(train="LN84", hits_found=44), row(train="LN84", test_on="LN84")]
    ax = scores.plot_table(rows)
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    low, high = wilson(44, 65)
    assert texts[0, 1] == f"67.7 %\n44/65\n{100 * low:.0f} to {100 * high:.0f} %"
    assert (1, 0) not in texts
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["LN83", "LN84"]
    assert ax.images[0].get_array()[1, 0] == pytest.approx(100 * 44 / 65)
    assert np.isnan(ax.images[0].get_array().filled(np.nan)[0, 1])


def test_a_table_gives_seeds_their_mean_and_standard_deviation():
    ax = scores.plot_table([row(misses_found=k) for k in (301, 335)], kind="misses")
    (text,) = (text.get_text() for text in ax.texts)
    shares = [100 * k / 335 for k in (301, 335)]
    assert text == f"{np.mean(shares):.1f} %\n± {np.std(shares, ddof=1):.1f}\n2 seeds"


def test_a_table_says_where_a_count_is_not_known():
    (text,) = scores.plot_table([row(misses_found=None)], kind="misses").texts
    assert text.get_text() == "unknown"


def ways(ax, colour):
    """The arrows of a drawing in a colour: names of the boxes from which and to which each goes."""
    names = {text.get_position(): text.get_text() for text in ax.texts if text.get_bbox_patch()}
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    return {
        (names[arrow.xyann], names[arrow.xy])
        for arrow in arrows
        if to_hex(arrow.arrow_patch.get_edgecolor()) == looks.COLOURS[colour].lower()
    }


def test_each_gradient_of_a_dann_goes_back_on_the_way_of_its_loss():
    ax = networks.plot_dann()
    forward, label, domain = (ways(ax, colour) for colour in ("black", "blue", "orange"))
    assert {(b, a) for a, b in label | domain} < forward
    reached = [{name for way in ways for name in way} for ways in (label, domain)]
    assert reached[0] & reached[1] == {"base", "features"}
    assert ("domain head", "gradient reversal") in domain
    assert ("gradient reversal", "features") in domain
    assert not any("frames" in name for name in reached[0] | reached[1])
    turned = next(text for text in ax.texts if "λ" in text.get_text()).get_position()
    assert turned[0] < networks.BOXES["gradient reversal"][0]


def test_show_attaches_the_description_and_closes_the_figure(monkeypatch, frame):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: shown.append((a, k)))
    ax = frames.plot_frame(frame)
    looks.show(ax, "Noise around 1000 ADU, no spot.")
    assert shown == [
        ((ax.figure,), {"metadata": {"image/png": {"alt": "Noise around 1000 ADU, no spot."}}})
    ]
    assert not plt.fignum_exists(ax.figure.number)


def test_show_refuses_an_empty_description(frame):
    with pytest.raises(ValueError, match="empty alt"):
        looks.show(frames.plot_frame(frame), " ")
