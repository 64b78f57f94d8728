"""Embedding explorer: a point chosen shows its frame; colours say the group."""

import numpy as np
import pytest

from sfxtutor import EmbeddingExplorer
from sfxtutor.widgets import base
from sfxtutor.widgets.canvas import to_bytes
from sfxtutor.widgets.embedding_explorer import coded, inside, turned, unit_square

N = 30


def arguments(n=N):
    rng = np.random.default_rng(0)
    frames = rng.random((n, 12, 16)).astype(np.float16)
    verdicts = {"CNN": ["hit", "miss"] * (n // 2), "DANN": ["miss"] * n}
    return {
        "maps": {name: rng.normal(size=(n, 2)) for name in ("CNN", "DANN")},
        "groups": {"run": ["LN83"] * (n // 2) + ["LN84"] * (n - n // 2), "verdict": verdicts},
        "frame": frames.__getitem__,
        "names": [f"frame {i}" for i in range(n)],
    }


@pytest.fixture
def explorer():
    return EmbeddingExplorer(**arguments())


def drawn(explorer):
    """The places on the screen, 0 to 1, (n, 2)."""
    return np.frombuffer(explorer.scatter.points, np.float32).reshape(-1, 2)


def test_a_point_chosen_in_the_map_shows_its_frame(explorer):
    explorer.scatter.chosen = 7  # as a click or a key in the browser does
    assert explorer.point.value == 7
    expected = to_bytes(arguments()["frame"](7), *explorer.limits)
    assert explorer.canvas.pixels == expected.tobytes()
    assert explorer.canvas.caption == "frame 7; run LN83; verdict miss"
    assert "frame 7" in explorer.scatter.alt


def test_the_slider_chooses_too(explorer):
    before = explorer.canvas.pixels
    explorer.point.value = 20
    assert explorer.scatter.chosen == 20
    assert explorer.canvas.pixels != before


def test_all_frames_share_one_contrast(explorer):
    limits = tuple(explorer.limits)
    explorer.point.value = 20
    assert tuple(explorer.limits) == limits


def test_another_map_moves_the_points_and_keeps_the_choice(explorer):
    explorer.point.value = 3
    before = drawn(explorer)
    explorer.map.value = "DANN"
    assert not np.array_equal(drawn(explorer), before)
    expected = unit_square(turned(explorer.maps["DANN"], explorer.maps["CNN"]))
    np.testing.assert_array_equal(drawn(explorer), expected)
    assert explorer.scatter.chosen == 3


def test_a_group_may_differ_from_map_to_map(explorer):
    explorer.colour.value = "verdict"
    assert [entry[0] for entry in explorer.scatter.legend] == ["hit", "miss"]
    assert explorer.canvas.caption.endswith("verdict hit")
    explorer.map.value = "DANN"
    assert [entry[0] for entry in explorer.scatter.legend] == ["miss"]
    assert explorer.canvas.caption.endswith("verdict miss")


def test_points_fill_the_square_and_keep_their_shape():
    xy = np.array([[0, 0], [4, 2], [2, 1]])
    np.testing.assert_allclose(unit_square(xy), [[0, 0.25], [1, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(unit_square(xy[:1]), [[0.5, 0.5]])


def test_a_map_is_turned_and_mirrored_to_lie_on_another_and_keeps_its_distances():
    first = np.random.default_rng(1).normal(size=(N, 2))
    angle = 2.0
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = 3 * (first * [1, -1]) @ spin + [5, -2]
    found = turned(other, first)
    np.testing.assert_allclose(found, 3 * (first - first.mean(axis=0)), atol=1e-12)


def test_a_rectangle_holds_the_points_between_its_edges():
    xy = np.array([[0.1, 0.1], [0.5, 0.5], [0.5, 0.9], [0.6, 0.6]])
    assert inside(xy, [0.4, 0.4, 0.6, 0.6]).tolist() == [False, True, False, True]
    assert not inside(xy, []).any()


def test_brushed_points_are_counted_and_their_frames_shown(explorer):
    explorer.scatter.box = [0.0, 0.0, 0.5, 1.0]  # as a drag in the browser does
    xy = drawn(explorer)
    chosen = np.flatnonzero(xy[:, 0] <= 0.5)
    assert 0 < len(chosen) < N
    assert np.flatnonzero(np.frombuffer(explorer.scatter.marked, np.uint8)).tolist() == [*chosen]
    assert f"{len(chosen)} of {N} points brushed" in explorer.counts.value
    runs = np.array(arguments()["groups"]["run"])[chosen]
    for name in ("LN83", "LN84"):
        assert f"{name} {np.sum(runs == name)}" in explorer.counts.value
    assert explorer.counted()["verdict"]["hit"] == np.sum(chosen % 2 == 0)
    assert explorer.gallery.captions == [explorer.describe(i) for i in chosen]
    expected = to_bytes(arguments()["frame"](chosen[2]), *explorer.limits)
    assert explorer.gallery.pixels[2 * 12 * 16 : 3 * 12 * 16] == expected.tobytes()
    explorer.gallery.chosen = 2
    assert explorer.point.value == chosen[2]
    explorer.scatter.box = []
    assert "Drag a rectangle" in explorer.counts.value
    assert explorer.gallery.shape == [0, 0, 0]


def test_a_cluster_stays_marked_in_another_map_and_counts_follow_it(explorer):
    explorer.scatter.box = [0.0, 0.0, 0.5, 1.0]
    marked = explorer.scatter.marked
    assert explorer.counted()["verdict"].keys() == {"hit", "miss"}
    explorer.map.value = "DANN"
    assert explorer.scatter.marked == marked
    assert explorer.counted()["verdict"].keys() == {"miss"}


def test_two_maps_share_the_point_and_the_brush(explorer):
    left, right = explorer.scatters
    assert right.layout.display == "none"
    explorer.second.value = "DANN"
    assert right.layout.display is None
    right.chosen = 9
    assert (left.chosen, explorer.point.value) == (9, 9)
    left.box = [0.0, 0.0, 0.5, 1.0]
    right.box = [0.5, 0.0, 1.0, 1.0]
    places = np.frombuffer(right.points, np.float32).reshape(-1, 2)
    expected = (places[:, 0] >= 0.5).astype(np.uint8).tobytes()
    assert left.marked == right.marked == expected
    assert left.box == []


def test_many_brushed_points_are_sampled(explorer, monkeypatch):
    monkeypatch.setattr("sfxtutor.widgets.embedding_explorer.THUMBNAILS", 5)
    explorer.scatter.box = [0.0, 0.0, 1.0, 1.0]
    assert explorer.thumbnails().tolist() == [0, 7, 14, 22, 29]
    assert "5 of them shown" in explorer.counts.value


def test_a_large_frame_is_binned_for_its_thumbnail(explorer):
    frame = np.zeros((180, 130), np.float16)
    frame[100, 10] = 9
    explorer.frame = lambda i: frame
    small = explorer._small(0)
    assert small.shape == (60, 43)
    assert small[33, 3] == 9


def test_groups_are_told_by_colour_and_by_shape():
    codes, legend = coded(["miss", "hit", "maybe", "hit"])
    assert [legend[code][0] for code in codes] == ["miss", "hit", "maybe", "hit"]
    assert len({colour for _, colour, _ in legend}) == 3
    assert len({shape for *_, shape in legend}) == 3
    with pytest.raises(ValueError, match="Found 9 groups, expected 7 at most"):
        coded(list("abcdefghi"))


@pytest.mark.parametrize("what", ["maps", "groups"])
def test_points_that_do_not_belong_together_are_refused(what):
    wrong = arguments()
    wrong[what] = wrong[what] | {"odd": np.zeros((N - 1, 2))}
    with pytest.raises(ValueError, match=f"Found {N - 1} points in {what[:-1]} 'odd'"):
        EmbeddingExplorer(**wrong)


def test_it_comes_with_a_static_picture(explorer):
    data, metadata = explorer.static()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "Chosen: frame 0" in metadata["image/png"]["alt"]
    points, frame = explorer.figure().axes
    assert len(points.get_legend().get_texts()) == 2
    assert frame.images[0].get_array().shape == (12, 16)


def test_it_is_shown_by_colabs_older_ipywidgets(explorer, monkeypatch):
    """ipywidgets 7 makes no bundle; and Colab adds what it needs to displays, not to results."""
    monkeypatch.delattr("ipywidgets.Widget._repr_mimebundle_")
    shown = []
    monkeypatch.setattr(base, "display", lambda data, **options: shown.append(data))
    explorer._ipython_display_()
    assert shown[1][base.VIEW]["model_id"] == explorer.box.model_id
