"""Small pictures: a spot of one pixel stays visible, and bad pixels have one colour."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from sfxtutor.beamline.look.pictures import (
    BAD,
    FOUND,
    LEVELS,
    NOTHING,
    Layout,
    frame_picture,
    mask_picture,
    png,
)
from sfxtutor.plots.style import COLOURS, MASKED

SHAPES = [((1065, 1030), None), ((619, 487), None), ((32 * 185, 388), 185), ((16 * 512, 128), 512),
          ((7 * 40, 30), 40), ((30, 20), None)]  # fmt: skip


@pytest.mark.parametrize(("shape", "panel"), SHAPES)
def test_a_pixel_is_seen_where_its_place_is(shape, panel):
    layout, rng = Layout(shape, panel), np.random.default_rng(0)
    for row, column in zip(
        rng.integers(shape[0], size=20), rng.integers(shape[1], size=20), strict=True
    ):
        frame = np.zeros(shape, np.float32)
        frame[row, column] = 1
        y, x = (int(place) for place in layout.place(row, column))
        assert np.argwhere(layout.shrink(frame, np.float32(0))).tolist() == [[y, x]]


@pytest.mark.parametrize(("shape", "panel"), SHAPES)
def test_a_picture_is_small_and_about_square(shape, panel):
    layout = Layout(shape, panel)
    assert max(layout.size) <= 450
    assert max(layout.size) < 2 * min(layout.size)
    assert layout.pixels.sum() == np.prod(shape)


def test_a_spot_of_one_pixel_stands_out_and_noise_stays_dark():
    rng = np.random.default_rng(1)
    frame, good = rng.poisson(20, (1200, 1200)), np.ones((1200, 1200), bool)
    layout = Layout(frame.shape)
    calm = frame_picture(frame, good, layout)
    assert np.median(calm) < LEVELS / 2
    frame[500, 700] = 300
    y, x = (int(place) for place in layout.place(500, 700))
    picture = frame_picture(frame, good, layout)
    assert picture[y, x] == LEVELS - 1
    assert np.median(picture) < LEVELS / 2


def test_masked_pixels_have_the_colour_of_masked_pixels():
    frame, good = np.random.default_rng(2).poisson(5.0, (900, 600)), np.ones((900, 600), bool)
    good[300:330] = False
    frame[300:330] = 10**6  # what a gap reads must not set the contrast
    picture = frame_picture(frame, good, Layout(frame.shape))
    assert (picture[100:110] == BAD).all()
    assert (np.delete(picture, range(100, 110), axis=0) < LEVELS).all()
    assert len(np.unique(picture)) > 5
    grey = imread(io.BytesIO(png(picture)))[105, 50, :3]
    assert grey == pytest.approx(to_rgb(MASKED), abs=1 / 255)


def test_a_frame_without_a_good_reading_is_shown_as_bad():
    picture = frame_picture(np.zeros((300, 300)), np.zeros((300, 300), bool), Layout((300, 300)))
    assert (picture == BAD).all()


def test_one_bad_pixel_is_seen_in_the_picture_of_the_mask():
    masked, found = np.zeros((2, 2000, 2000), bool)
    masked[800:820], found[1500, 333] = True, True
    layout = Layout(masked.shape, edge=500)
    picture = mask_picture(masked, found, layout)
    assert np.argwhere(picture == FOUND).tolist() == [[375, 83]]
    assert (picture[200:205] == BAD).all()
    assert np.count_nonzero(picture == BAD) == 5 * 500
    red = imread(io.BytesIO(png(picture)))[375, 83, :3]
    assert red == pytest.approx(to_rgb(COLOURS["red"]), abs=1 / 255)


def test_what_is_no_detector_is_transparent():
    layout = Layout((7 * 40, 30), 40)
    picture = frame_picture(np.ones((280, 30)), np.ones((280, 30), bool), layout)
    assert np.count_nonzero(picture == NOTHING) == picture.size - 280 * 30
    alpha = imread(io.BytesIO(png(picture)))[..., 3]
    assert ((alpha == 0) == (picture == NOTHING)).all()
