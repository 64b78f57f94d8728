"""Frames without a crystal that a screening may take for hits, of many kinds.

Each kind is a function (scene, day, rng) that gives an `Effect`: `day` draws what stays for all
frames of a call (a noisy column), `rng` what changes with each frame (a cosmic ray).
"""

import zlib
from dataclasses import dataclass
from functools import partial

import numpy as np

from .frames import BLANKS as CODE, Frames, finish, shot
from .response import common_mode, draw_counts
from .scene import build_scene


@dataclass
class Effect:
    """What a kind of blank does to a frame; what is None stays as it is.

    Attributes
    ----------
    expected : of the shape detector.flat, photons to be expected, instead of the background
    added : (rows, columns, photons), signal that arises in the pixels themselves, not by light
    after : function of the values before rounding, of the shape detector.flat
    """

    expected: np.ndarray | None = None
    added: tuple | None = None
    after: object = None


def blanks(kind, name, background=0.5, count=20, seed=0):
    """Frames without a crystal, of one of `BLANKS`, on a detector of `DETECTORS`: Frames.

    Parameters
    ----------
    background : float, photons, mean of the good pixels; not used by the kinds named flat_...,
        whose number is the photons a pixel
    """
    scene, code = build_scene(name, float(background), seed), zlib.crc32(kind.encode())
    maker = BLANKS[kind]

    def make(i):
        day = np.random.default_rng([seed, CODE, code])
        rng = np.random.default_rng([seed, CODE, code, i])
        return _render(rng, scene, maker(scene, day, rng))

    return Frames(scene, count, make)


def _render(rng, scene, effect):
    counts = shot(rng, scene) if effect.expected is None else draw_counts(rng, effect.expected)
    return finish(rng, scene, counts, effect.added, effect.after)


def _flat(level, scene, day, rng):
    """The same everywhere."""
    return Effect(scene.detector.active * np.float32(level))


def _good_pixels(scene, rng, count):
    """That many good pixels at random: rows, columns."""
    rows, columns = (rng.integers(n, size=3 * count + 50) for n in scene.detector.flat)
    good = np.flatnonzero(scene.good[rows, columns])[:count]
    return rows[good], columns[good]


def _zingers(scene, day, rng):
    """Three cosmic rays, each in one or two pixels, of 20 to 500 photons."""
    rows, columns = _good_pixels(scene, rng, 3)
    beside = np.minimum(columns + 1, scene.detector.flat[1] - 1)
    photons = 10 ** rng.uniform(1.3, 2.7, 3)
    second = photons * rng.uniform(0, 0.6, 3) * (rng.random(3) < 0.5)
    return Effect(added=(np.r_[rows, rows], np.r_[columns, beside], np.r_[photons, second]))


def _muons(scene, day, rng):
    """Tracks of cosmic rays that come in at a slant: one to five lines of 5 to 20 pixels."""
    count = int(rng.integers(1, 6))
    rows, columns = _good_pixels(scene, rng, count)
    places = []
    for row, column in zip(rows, columns, strict=True):
        steps, angle = np.arange(rng.integers(5, 21)), rng.uniform(0, 2 * np.pi)
        track = np.stack([row + steps * np.sin(angle), column + steps * np.cos(angle)])
        places.append(np.clip(np.rint(track).astype(int).T, 0, np.array(scene.detector.flat) - 1))
    places = np.concatenate(places)
    return Effect(added=(*places.T, rng.exponential(12, len(places)) + 1))


def _line(scene, angle, past, width, length, strength):
    """A streak: photons, Gaussian across and falling off along it, on both sides of its middle."""
    y, x = scene.from_beam()
    along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    across = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle)) - np.float32(past)
    return strength * np.exp(-0.5 * (across / width) ** 2 - np.abs(along) / length)


def _streak(through_beam, lines, scene, day, rng):
    """Light scattered by the jet, or by a slit, which stands out 5 to 50 times."""
    expected = scene.expected.copy()
    for _ in range(lines):
        past = 0 if through_beam else rng.uniform(-0.5, 0.5) * scene.detector.reach
        line = _line(scene, rng.uniform(0, np.pi), past, rng.uniform(0.8, 3),
                     rng.uniform(0.1, 0.6) * scene.detector.reach,
                     rng.uniform(5, 50) * (scene.background + 0.2))  # fmt: skip
        expected += line * scene.detector.active
    return Effect(expected)


def _air(level, fall, scene, day, rng):
    """Air scatter: photons at the beam, and the pixels in which they fall to 1/e."""
    y, x = scene.from_beam()
    steep = np.float32(level) * np.exp(-np.hypot(y, x) / np.float32(fall))
    return Effect(scene.expected + steep * scene.detector.active)


ICE = 1 / np.array([3.90, 3.67, 3.44, 2.67, 2.25, 2.07, 1.95, 1.92])  # 1/Å, hexagonal ice


def _rings(scene, at, wide, strength):
    """Rings: of the shape detector.flat, photons; all arguments but the scene 1/Å and photons."""
    radius = np.hypot(*scene.from_beam())
    steps = np.arange(int(radius.max()) + 2)
    q = scene.q_at(steps)[:, None]
    curve = (strength * np.exp(-0.5 * ((q - at) / wide) ** 2)).sum(axis=1)
    image = curve.astype(np.float32)[np.rint(radius).astype(np.int32)]
    return image * (scene.profile > 0)


def _ice(scene, day, rng):
    """Smooth rings of a fine powder of ice, 2 to 15 times the background."""
    strength = rng.uniform(1, 14) * (scene.background + 0.1) * day.uniform(0.2, 1, ICE.size)
    return Effect(scene.expected + _rings(scene, ICE, 0.0035, strength))


def _powder(scene, day, rng):
    """Sharp rings of a salt, three to ten of them."""
    count = int(day.integers(3, 11))
    at = day.uniform(0.15, 0.95, count) * scene.q_max
    strength = rng.uniform(1, 20) * (scene.background + 0.1) * day.uniform(0.1, 1, count)
    return Effect(scene.expected + _rings(scene, at, 0.002, strength))


def _liquid(scene, day, rng):
    """A diffuse ring of a thick jet, 10 to 40 times the background."""
    strength = rng.uniform(10, 40, 2) * (scene.background + 0.05) * [1, 0.3]
    return Effect(scene.expected + _rings(scene, np.array([0.32, 0.48]), 0.05, strength))


def _glare(scene, day, rng):
    """Light on the edge of the beam stop: bright crescents, two to four pixels wide."""
    y, x = scene.from_beam()
    size = day.uniform(14, 40) * scene.detector.reach / 1000
    edge = np.exp(-0.5 * ((np.hypot(y, x) - size) / day.uniform(1, 2)) ** 2)
    bright = np.clip(np.cos(np.arctan2(y, x) - day.uniform(0, 2 * np.pi)), 0, None) ** 2
    glare = rng.uniform(10, 200) * (scene.background + 0.1) * edge * bright
    return Effect(scene.expected + glare.astype(np.float32) * scene.detector.active)


def module_edges(detector):
    """Pixels on the edges of modules, and of chips of 256 pixels in them: bool, detector.flat."""
    if not detector.modules:
        edge = np.zeros(detector.flat, bool)
        for rows, columns, _ in detector.places:
            edge[rows, columns] = _rim(*(s.stop - s.start for s in (rows, columns)))
        return edge
    (rows, columns), (gap_y, gap_x) = detector.modules
    one = np.pad(_rim(rows, columns), ((0, gap_y), (0, gap_x)))
    times = [-(-n // m) for n, m in zip(detector.flat, one.shape, strict=True)]
    return np.tile(one, times)[: detector.flat[0], : detector.flat[1]] & detector.active


def _rim(rows, columns):
    edge = np.zeros((rows, columns), bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    for at in (255, 256):
        edge[at : rows - 1 : 256] = True
        edge[:, at : columns - 1 : 256] = True
    return edge


def _edges(scene, day, rng):
    """Larger pixels on the edges of modules and chips, with two to three times the photons."""
    factor = np.where(module_edges(scene.detector), np.float32(day.uniform(2, 3)), np.float32(1))
    return Effect(scene.expected * factor)


def _lines_of_pixels(scene, day, rng):
    """One to four columns and rows of a module that count too much, in all frames."""
    expected = scene.expected.copy()
    for _ in range(int(day.integers(1, 5))):
        rows, columns, panel = scene.detector.places[day.integers(len(scene.detector.places))]
        level, high = 10 ** day.uniform(0, 1.5) * (scene.background + 0.5), day.random() < 0.5
        start = int(day.integers(0, max(panel.shape[0] - 200, 1)))
        at = int(day.integers(panel.shape[1 - high])) if high else int(day.integers(panel.shape[0]))
        piece = expected[rows, columns]
        if high:
            piece[start : start + 500, min(at, panel.shape[1] - 1)] += level
        else:
            piece[at, :500] += level
    return Effect(expected * scene.detector.active)


def _noisy_pixels(scene, day, rng):
    """A hundred pixels in a million that flicker, alone or beside another, marked by no mask."""
    rows, columns = _good_pixels(scene, day, int(scene.dead.size * 1e-4) + 5)
    level = day.exponential(30, rows.size) * rng.exponential(1, rows.size)
    return Effect(added=(rows, columns, rng.poisson(level)))


def _saturated(scene, day, rng):
    """A module that reads the highest value, or nearly so."""
    detector = scene.detector
    rows, columns, _ = detector.places[day.integers(len(detector.places))]
    if detector.modules:
        (high, wide), (gap_y, gap_x) = detector.modules
        i, j = int(day.integers(detector.flat[0] // high)), int(day.integers(
            max(detector.flat[1] // wide, 1)))  # fmt: skip
        rows = slice(i * (high + gap_y), i * (high + gap_y) + high)
        columns = slice(j * (wide + gap_x), j * (wide + gap_x) + wide)
    elif len(detector.panels) == 1:
        rows, columns = slice(0, detector.flat[0] // 4), slice(0, detector.flat[1] // 4)
    top = 2e5 if detector.kind == "counter" else 1.5e4 * detector.gain

    def after(value):
        value = value.copy()
        piece = value[rows, columns]
        piece[:] = top + rng.normal(0, top * 1e-4, piece.shape)
        return value

    return Effect(after=after)


def _shadow(scene, day, rng):
    """A holder or tape with a sharp edge, behind which a part of the light is missing."""
    y, x = scene.from_beam()
    angle, past = day.uniform(0, 2 * np.pi), day.uniform(0.1, 0.5) * scene.detector.reach
    across = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) - np.float32(past)
    wide = day.uniform(0.05, 0.6) * scene.detector.reach
    passes = np.where((across > 0) & (across < wide), np.float32(day.uniform(0.1, 0.6)), 1)
    return Effect(scene.expected * passes.astype(np.float32))


def _gradient(scene, day, rng):
    """Light that grows five times and more from one side of the detector to the other."""
    y, x = scene.detector.positions
    angle, steep = day.uniform(0, 2 * np.pi), day.uniform(0.8, 1.6)
    along = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) / scene.detector.reach
    return Effect(scene.expected * np.exp(np.float32(steep) * along))


def _diffuse(scene, day, rng):
    """Diffuse scattering: 5 to 30 clouds, 10 to 30 pixels wide at half height."""
    image = scene.expected.copy()
    for row, column in zip(*_good_pixels(scene, rng, int(rng.integers(5, 31))), strict=True):
        sigma = rng.uniform(10, 30) / 2.355
        half = int(4 * sigma)
        y, x = (slice(max(at - half, 0), at + half) for at in (row, column))
        piece = image[y, x]
        i, j = np.ogrid[y.start : y.start + piece.shape[0], x.start : x.start + piece.shape[1]]
        cloud = np.exp(-0.5 * ((i - row) ** 2 + (j - column) ** 2) / sigma**2)
        piece += rng.uniform(0.5, 4) * (scene.background + 0.05) * cloud
    return Effect(image * scene.detector.active)


def _asics(scene, day, rng):
    """ASICs that differ: their offsets by three noises, or of counters their efficiency by 15 %."""
    detector = scene.detector
    if detector.kind == "counter":
        return Effect(scene.expected * np.clip(1 + common_mode(day, detector, 0.15), 0.3, None))
    return Effect(after=lambda value: value + common_mode(rng, detector, 3 * detector.noise))


def _spikes(scene, day, rng):
    """Radiation in the sensor, behind the optics: 20 to 200 sharp spikes of one or two pixels."""
    rows, columns = _good_pixels(scene, rng, int(rng.integers(20, 201)))
    height = scene.detector.gain * 10 ** rng.uniform(0.7, 2.5, rows.size)
    beside, tail = np.minimum(columns + 1, scene.detector.flat[1] - 1), rng.random(rows.size) < 0.3

    def after(value):
        value = value.astype(np.float32)
        value[rows, columns] += height
        value[rows[tail], beside[tail]] += 0.3 * height[tail]
        return value

    return Effect(after=after)


def _pattern(scene, day, rng):
    """A residual of the flat field: a pattern of fibres 12 pixels wide, and pixel to pixel 5 %."""
    y, x = np.ogrid[: scene.detector.flat[0], : scene.detector.flat[1]]
    waves = sum(
        np.cos(2 * np.pi * (x * np.cos(a) + y * np.sin(a)) / 12) for a in np.radians([0, 60, 120])
    )
    pixels = 0.05 * day.standard_normal(scene.detector.flat, np.float32)
    return Effect(scene.expected * np.clip(1 + 0.04 * waves + pixels, 0.5, None))


LEVELS = (0.0001, 0.001, 0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30)  # photons a pixel of the flat blanks
BLANKS = {
    **{f"flat_{level:g}": partial(_flat, level) for level in LEVELS},
    "zingers": _zingers,
    "muons": _muons,
    "streak_from_jet": partial(_streak, True, 1),
    "streak_anywhere": partial(_streak, False, 1),
    "two_streaks": partial(_streak, True, 2),
    "air_steep": partial(_air, 20, 15),
    "air_wide": partial(_air, 2, 50),
    "ice_rings": _ice,
    "powder_rings": _powder,
    "liquid_ring": _liquid,
    "beam_stop_glare": _glare,
    "module_edges": _edges,
    "noisy_lines": _lines_of_pixels,
    "noisy_pixels": _noisy_pixels,
    "saturated_module": _saturated,
    "shadow": _shadow,
    "gradient": _gradient,
    "diffuse": _diffuse,
    "asic_offsets": _asics,
    "spikes": _spikes,
    "fixed_pattern": _pattern,
}
