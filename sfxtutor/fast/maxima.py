"""Local maxima of a whole frame that stand out from the level about them, by counted photons.

How unlikely a peak is, is said by the deviance of a count N where M is expected, in standard
deviations, sign(N - M) sqrt(2 (N ln(N / M) - N + M)), which holds for a few photons and, where M
is large, is the usual (N - M) / sigma (Li & Ma, Astrophys. J. 272, 317, 1983, use it for gamma
rays). Level and noise come from `tiles`, the level under a peak from the ring about it.

`settings` are the smallest and the largest reading, the ADU of a photon (0 unknown), the variance
of sums over 3 x 3 pixels over nine times that of a pixel, and the variance of a typical pixel.
"""

import math

import numpy as np

from ..support.jit import compiled
from .tiles import CELL, TILE

ROOM = 8192  # peaks held before the weaker half is dropped
FAINTEST = 4.0  # standard deviations
SOME, MORE = 2.5, 3.4  # of the highest pixel and of the 3 x 3 pixels, before the exact test
UNKNOWN = 1e30  # in place of a sum: more than any
RING, HOLE = 5, 2  # pixels: half widths of the window for the level, and of what it leaves out


@compiled
def find(frame, good, spans, height, level, noise, settings):
    """Local maxima that stand out: row, column and deviance, (n, 3) float32."""
    columns = frame.shape[1]
    low, high = settings[:2]
    found, n, least = np.empty((ROOM, 3), np.float32), 0, np.float32(FAINTEST)
    limits, readings = np.empty((3, columns), np.float32), np.empty((8, columns), np.float32)
    marked, places = np.zeros((CELL, (columns + 7) // 8 * 8), np.uint8), np.empty(columns, np.int64)
    for t in range(len(spans)):
        top, bottom = spans[t]
        first, end = top - top % height, top - top % height + height
        _set_limits(level, noise, t, bottom - top, settings, limits)
        if top == first:
            readings[(top - 1) % 8] = UNKNOWN
            _read(frame[top], good[top], low, high, readings[top % 8])
        for start in range(top, bottom, CELL):
            stop = min(start + CELL, bottom)
            for y in range(start + 1, stop + 1):
                if y < end:
                    _read(frame[y], good[y], low, high, readings[y % 8])
                else:
                    readings[y % 8] = UNKNOWN
            _mark(readings, start, limits, np.float32(start - top), marked)
            for y in range(start, stop):
                row = marked[y - start], readings[y % 8]
                for k in range(_take_bright(row, limits, y - top, places)):
                    x = places[k]
                    about = about_at(level, noise, y, x, height)
                    strength = strength_at(frame, good, y, x, first, height, about, settings)
                    if strength >= least:
                        found[n, 0], found[n, 1], found[n, 2] = y, x, strength
                        n, least = _made_room(found, n + 1, least)
    return found[:n].copy()


@compiled
def _take_bright(row, limits, down, places):
    """Write down which pixels of a row have a mark and are bright themselves: how many."""
    marked, readings = row
    eights, n = marked.view(np.uint64), 0  # most eights of pixels have no mark
    for k in range(len(eights)):
        if eights[k] == 0:
            continue
        for x in range(8 * k, min(8 * k + 8, len(readings))):
            if marked[x] and readings[x] >= limits[2, x] + down * limits[1, x] / 9:
                places[n] = x
                n += 1
    return n


@compiled
def _made_room(found, n, least):
    """How many of n peaks are held, and the least deviance of others; of too many, the stronger."""
    if n < ROOM:
        return n, least
    order = np.argsort(-found[:, 2])[: ROOM // 2]
    found[: ROOM // 2] = found[order]
    return ROOM // 2, found[ROOM // 2 - 1, 2]


@compiled
def _set_limits(level, noise, t, rows, settings, limits):
    """What 3 x 3 pixels of a tile's first row must hold, its rise a row, and what their middle.

    The count of a deviance d where M is expected is near M + d sqrt(M) + d^2 / 6.
    """
    _, _, photon, summed, _ = settings
    unit = photon * max(1.0, math.sqrt(summed) / 2)
    for k in range(level.shape[2]):
        base, down, across = level[0, t, k], level[1, t, k], level[2, t, k]
        base -= down * (rows - 1) / 2 + across * (TILE - 1) / 2
        sigma = math.sqrt(noise[t, k])
        above = np.float32(3 * MORE * math.sqrt(summed) * sigma + MORE * MORE / 6 * unit)
        for x in range(k * TILE, min(k * TILE + TILE, limits.shape[1])):
            here = base + across * np.float32(x - k * TILE)
            limits[0, x], limits[1, x] = 9 * here + above, 9 * down
            limits[2, x] = here + SOME * sigma


@compiled
def _read(row, good, low, high, readings):
    """The readings of a row of pixels, `UNKNOWN` where one is missing."""
    for x in range(row.shape[0]):
        value = np.float32(row[x])
        known = good[x] & (value >= low) & (value <= high)
        readings[x] = value if known else np.float32(UNKNOWN)


@compiled
def _mark(readings, start, limits, row, marked):
    """Mark pixels of four rows with a reading whose 3 x 3 pixels are above the limits.

    At once, so that the sums of three stay in registers. `row` is the first one's in its tile.
    """
    a, b, c = readings[(start - 1) % 8], readings[start % 8], readings[(start + 1) % 8]
    d, e, f = readings[(start + 2) % 8], readings[(start + 3) % 8], readings[(start + 4) % 8]
    limit, rise, unknown = limits[0], limits[1], np.float32(UNKNOWN)
    of_b, of_c, of_d, of_e = marked[0], marked[1], marked[2], marked[3]
    for x in (0, len(a) - 1):  # what is beside them is unknown
        of_b[x], of_c[x] = np.uint8(b[x] < unknown), np.uint8(c[x] < unknown)
        of_d[x], of_e[x] = np.uint8(d[x] < unknown), np.uint8(e[x] < unknown)
    for x in range(1, len(a) - 1):
        in_b, in_c = b[x - 1] + b[x] + b[x + 1], c[x - 1] + c[x] + c[x + 1]
        in_d, in_e = d[x - 1] + d[x] + d[x + 1], e[x - 1] + e[x] + e[x + 1]
        in_a, in_f = a[x - 1] + a[x] + a[x + 1], f[x - 1] + f[x] + f[x + 1]
        least, both = limit[x] + row * rise[x], in_c + in_d
        of_b[x] = np.uint8((in_a + in_b + in_c >= least) & (b[x] < unknown))
        of_c[x] = np.uint8((in_b + both >= least + rise[x]) & (c[x] < unknown))
        of_d[x] = np.uint8((both + in_e >= least + 2 * rise[x]) & (d[x] < unknown))
        of_e[x] = np.uint8((in_d + in_e + in_f >= least + 3 * rise[x]) & (e[x] < unknown))


@compiled
def about_at(level, noise, y, x, height):
    """What the tiles tell of a pixel: level, variance, and the level's rise a row and a column."""
    in_panel = y % height
    t = (y // height) * math.ceil(height / TILE) + in_panel // TILE
    k = x // TILE
    off_y = in_panel % TILE - (min(TILE, height - in_panel // TILE * TILE) - 1) / 2
    off_x = x % TILE - (TILE - 1) / 2
    down, across = level[1, t, k], level[2, t, k]
    return level[0, t, k] + off_y * down + off_x * across, noise[t, k], down, across


@compiled
def strength_at(frame, good, y, x, first, height, about, settings):
    """The deviance of a peak at a pixel, or 0 if there is none; the quick tests go first."""
    low, high, photon, summed, _ = settings
    base, variance, _, _ = about
    if not _highest(frame, good, y, x, first, height, high):
        return 0.0
    total, pixels = sum_about(frame, good, y, x, 1, first, height, low, high, np.float32(np.inf))
    excess, spread = total - pixels * base, summed * pixels * variance
    if not strength_of(excess, spread, photon, summed) >= MORE:  # NaN: too few readings about it
        return 0.0
    return deviance_of(frame, good, y, x, first, height, about, settings)[0]


@compiled
def _highest(frame, good, y, x, first, height, high):
    """Whether no pixel beside is higher; of equal ones the first counts."""
    value = frame[y, x]
    for i in range(max(y - 1, first), min(y + 2, first + height)):
        for j in range(max(x - 1, 0), min(x + 2, frame.shape[1])):
            beside = frame[i, j]
            before = i < y or (i == y and j < x)
            above = beside > value or (beside == value and before)
            if above and good[i, j] and beside <= high:
                return False
    return True


@compiled
def sum_about(frame, good, y, x, reach, first, height, low, high, cut):
    """Sum and number of the readings about a pixel; what is above `cut` counts as that."""
    total, pixels = np.float32(0), 0
    for i in range(max(y - reach, first), min(y + reach + 1, first + height)):
        for j in range(max(x - reach, 0), min(x + reach + 1, frame.shape[1])):
            value = np.float32(frame[i, j])
            if good[i, j] and low <= value <= high:
                total += min(value, cut)
                pixels += 1
    return total, pixels


@compiled
def deviance_of(frame, good, y, x, first, height, about, settings):
    """Deviance of a peak, its excess, the level about it, its variance, its pixels."""
    low, high, photon, summed, everywhere = settings
    base, variance, down, across = about
    total, pixels = sum_about(frame, good, y, x, 1, first, height, low, high, np.float32(np.inf))
    # another spot beside is no background
    rise = RING * (abs(down) + abs(across))
    cut = np.float32(base + rise + 5 * math.sqrt(variance) + 2 * photon)
    outer, n = sum_about(frame, good, y, x, RING, first, height, low, high, cut)
    inner, m = sum_about(frame, good, y, x, HOLE, first, height, low, high, cut)
    n -= m
    prior = 8  # the tile's level counts as so many pixels of the ring
    mean = (outer - inner + prior * base) / (n + prior)
    excess = total - pixels * mean
    spread = max(variance + photon * (mean - base), 0.25 * variance, 1e-6 * everywhere)
    spread *= pixels * summed * (1 + pixels / (n + prior))
    return strength_of(excess, spread, photon, summed), excess, mean, spread, pixels


@compiled
def strength_of(excess, spread, photon, summed):
    """The deviance of an excess over noise of a variance `spread`, both in ADU."""
    if excess <= 0:
        return 0.0
    if photon <= 0:
        return excess / math.sqrt(spread)
    unit = photon * max(1.0, math.sqrt(summed) / 2)
    expected = max(spread / unit**2, 1e-5)
    count = expected + excess / unit
    half = count * math.log(count / expected) - count + expected
    return math.sqrt(2 * max(half, 0.0))  # which rounds to less where the excess is nothing
