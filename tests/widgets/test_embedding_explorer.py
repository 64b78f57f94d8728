"""Embedding explorer: a point chosen shows its frame; colours say the group."""

import numpy as np
import pytest

from sfxtutor import EmbeddingExplorer
from sfxtutor.widgets.canvas import to_bytes
from sfxtutor.widgets.embedding_explorer import coded, unit_square

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
    np.testing.assert_array_equal(drawn(explorer), unit_square(explorer.maps["DANN"]))
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
    data, metadata = explorer._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "Chosen: frame 0" in metadata["image/png"]["alt"]
    points, frame = explorer.figure().axes
    assert len(points.get_legend().get_texts()) == 2
    assert frame.images[0].get_array().shape == (12, 16)


def test_it_is_shown_by_colabs_older_ipywidgets(explorer, monkeypatch):
    """ipywidgets 7 makes no bundle; and Colab adds what it needs to displays, not to results."""
    monkeypatch.delattr("ipywidgets.Widget._repr_mimebundle_")
    data, _ = explorer._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.box.model_id
    assert type(explorer)._ipython_display_  # goes before the bundle
