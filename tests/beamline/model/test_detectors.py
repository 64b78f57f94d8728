"""The imaginary detectors that the model of peaks is trained on: what is true of their frames."""

from dataclasses import replace

import numpy as np
import pytest

from sfxtutor.beamline.model import detectors
from sfxtutor.beamline.model.detectors import (
    FAINT,
    KINDS,
    SEEN,
    detector,
    frames,
    scene,
    shoot,
)

SMALL = 4e5  # pixels


def drawn(kind, suits, seed=0):
    """A small detector of a kind that suits, its scene without artefacts, a generator."""
    for number in range(seed, seed + 4000):
        rng = np.random.default_rng(number)
        line = detector(rng, kind)
        if np.prod(line.shape) < SMALL and suits(line):
            made = scene(rng, line)
            made.artefacts, made.pulse = {}, 0.0
            return line, made, rng
    raise AssertionError(f"no {kind} in 4000 suits")


def flat(line):
    """Whether a counter counts every photon, without a gain of its own or panels."""
    return line.gain is None and line.order is None and line.twice == 0


@pytest.mark.parametrize("kind", KINDS)
def test_frames_follow_from_the_seed_alone(kind):
    seed = next(s for s in range(99) if np.prod(next(frames(s, 1, kind)).image.shape) < SMALL)
    first, again = list(frames(seed, 3, kind)), list(frames(seed, 3, kind))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.mask, b.mask)
        np.testing.assert_array_equal(a.spots, b.spots)
        assert (a.height, a.centre, a.visible) == (b.height, b.centre, b.visible)
    assert not np.array_equal(first[0].image, first[1].image)
    other = next(frames(seed + 1, 1, kind))
    assert other.image.shape != first[0].image.shape


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("counter", {"uint16", "uint32"}),
        ("resolving", {"int32", "uint16", "float32"}),
        ("integrating", {"int32", "uint16", "float32"}),
        ("camera", {"uint16", "int32"}),
    ],
)
def test_each_kind_writes_what_such_detectors_write(kind, types):
    shots = [next(frames(seed, 1, kind)) for seed in range(6)]
    assert {shot.image.dtype.name for shot in shots} <= types
    for shot in shots:
        assert shot.image.shape == shot.mask.shape
        assert shot.image.ndim == 2
        assert min(shot.image.shape) >= 64
        assert shot.image.shape[0] % shot.height == 0
        assert shot.visible == (shot.spots[:, 2] >= 1).sum() <= len(shot.spots)
        assert shot.spots[:, 2].min(initial=9) >= FAINT
        assert np.isfinite(shot.image).all()


def test_kinds_are_drawn_as_often_as_stated_and_sizes_are_those_of_detectors():
    lines = [detector(np.random.default_rng(seed)) for seed in range(60)]
    counted = {kind: sum(line.kind == kind for line in lines) for kind in KINDS}
    expected = dict(zip(KINDS, (0.34, 0.22, 0.15, 0.29), strict=True))
    for kind, share in expected.items():  # four standard deviations
        assert abs(counted[kind] - 60 * share) < 4 * np.sqrt(60 * share * (1 - share))
    sides = np.array([line.shape for line in lines])
    assert sides.min() >= 256
    assert sides.max() <= 2200
    assert any(line.order is not None for line in lines)
    assert any(not line.mask.all() for line in lines)


def test_what_the_mask_leaves_out_is_a_part_and_holds_what_no_reading_is():
    line, made, rng = drawn("counter", lambda line: flat(line) and line.mask.mean() < 0.95)
    assert line.mask.mean() >= 0.4
    shot = shoot(rng, line, made, 0, 1)
    np.testing.assert_array_equal(shot.mask, line.mask)
    [mark] = set(shot.image[~shot.mask].tolist())
    assert mark in (0, np.iinfo(shot.image.dtype).max)


def test_counters_have_a_variance_as_large_as_the_mean():
    line, made, rng = drawn("counter", flat)
    made.distance *= 1e4  # faint spots of a blank, too, are then beside the detector
    y, x = np.indices(line.shape)
    made.background = (0.5 + 3 * x / line.shape[1] + 2 * (y > line.shape[0] / 2)).astype("f4")
    good = line.mask.copy()
    good[line.hot[:2]] = False
    images = [shoot(rng, line, made, 0, 1) for _ in range(40)]
    blank = np.array([shot.image for shot in images], float)[:, good]
    mean = made.background[good]
    off = (blank - mean) ** 2 / mean
    few = 3 / np.sqrt(off.size) * 2  # three standard deviations of the mean of off, which is 1
    assert off.mean() == pytest.approx(1, abs=few)
    assert (blank / mean).mean() == pytest.approx(1, abs=few)


@pytest.mark.parametrize("kind", ["counter", "integrating"])
def test_visible_spots_stand_out_as_far_as_stated(kind):
    """Their 3 x 3 pixels exceed the level as `SEEN` or `PEAK` has it, give or take the noise."""
    suits = lambda line: line.order is None and not line.uneven and not line.common  # noqa: E731
    line, made, rng = drawn(kind, suits, seed=100)
    made.background = np.full(line.shape, 2.0, np.float32)
    line.hot = tuple(part[:0] for part in line.hot)
    above, wanted = [], (4, 12, 30)
    for visible in wanted:
        shot = shoot(rng, line, made, visible, 5)
        assert 0 < shot.visible <= visible
        noise = np.sqrt(9 * (2.0 + (line.readout / line.photon) ** 2))
        scale = 8.0 / line.photon if shot.image.dtype.kind == "f" and kind == "resolving" else 1
        photons = (shot.image / scale - line.offset) / line.photon
        for y, x in np.rint(shot.spots[shot.spots[:, 2] >= 1, :2]).astype(int):
            near = np.s_[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            if shot.mask[near].all() and photons[near].size == 9:
                above.append((photons[near].sum() - 9 * 2.0) / noise)
    above = np.array(above)
    assert len(above) > 10
    assert above.min() > SEEN - 3.5
    assert np.mean(above > SEEN - 1) > 0.8


def test_no_spot_is_visible_where_none_is_wanted():
    line, made, rng = drawn("counter", flat)
    for _ in range(5):
        shot = shoot(rng, line, made, 0, 1)
        assert shot.visible == 0
        assert (shot.spots[:, 2] < 1).all()


@pytest.mark.parametrize("slab", [False, True])
@pytest.mark.parametrize("grid", [(1, 4), (4, 2)])
def test_panels_are_rearranged_with_their_spots(grid, slab):
    """The same shot, as it is and in panels: each spot lies at the pixel where it was."""
    suits = lambda line: line.order is not None and line.grid == grid and line.slab == slab  # noqa: E731
    line, made, _ = drawn("counter", suits)
    whole, cut = (
        shoot(np.random.default_rng(5), one, made, 30, 7)
        for one in (replace(line, order=None), line)
    )
    (down, across), (rows, columns) = grid, line.shape
    height, width = rows // down, columns // across
    kept = np.s_[: height * down, : width * across]
    for name in ("image", "mask"):
        flat_, panels = getattr(whole, name)[kept], getattr(cut, name)
        np.testing.assert_array_equal(np.sort(flat_, axis=None), np.sort(panels, axis=None))
    y, x = np.floor(whole.spots[:, :2].T + 0.5).astype(int)
    inside = (y < height * down) & (x < width * across)
    at = np.rint(cut.spots[:, :2]).astype(int)
    np.testing.assert_array_equal(whole.spots[inside, 2], cut.spots[:, 2])
    assert inside.sum() == len(at) >= cut.visible > 5
    assert (at >= 0).all()
    assert (at < cut.image.shape).all()
    for (row, column), (i, j) in zip(np.column_stack([y, x])[inside], at, strict=True):
        assert cut.image[i, j] == whole.image[row, column]
    expected = (height * down, width * across) if slab else (height * down * across, width)
    assert cut.image.shape == expected
    assert cut.height == (cut.image.shape[0] if slab else height)
    assert cut.centre is None


def test_panels_that_are_turned_are_upside_down():
    line, _, _ = drawn("counter", lambda line: line.order is not None and not line.slab)
    shot = shoot(np.random.default_rng(5), line, scene(np.random.default_rng(1), line), 0, 7)
    flat_ = shoot(np.random.default_rng(5), replace(line, order=None),
                  scene(np.random.default_rng(1), line), 0, 7)  # fmt: skip
    (down, across), (rows, columns) = line.grid, line.shape
    height, width = rows // down, columns // across
    for place, number in enumerate(line.order):
        i, j = divmod(int(number), across)
        own = flat_.image[i * height : (i + 1) * height, j * width : (j + 1) * width]
        own = own[::-1, ::-1] if line.turned[number] else own
        np.testing.assert_array_equal(shot.image[place * height : (place + 1) * height], own)


def test_the_module_names_what_it_is_trained_on():
    assert detectors.SPOTS.count(0) / len(detectors.SPOTS) == pytest.approx(1 / 3)
    assert {spots >= detectors.VISIBLE for spots in detectors.SPOTS} == {True, False}
