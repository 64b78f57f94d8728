"""Level and noise of a frame, tile by tile, measured in the frame itself.

Nothing is assumed of gain, offset or readout noise: the variance of a tile is the noise of its
pixels, whatever made it, and how the variance rises with the level tells the ADU of a photon.
A frame is (y, x) of any real type; panels of `height` rows each may be stacked in it, and no tile
reaches from one panel into the next.
"""

import math

import numpy as np

from ..support.jit import compiled

TILE, CELL = 16, 4  # pixels along a tile's side, and along a cell's
LEAST = 48  # good pixels of a tile that tell its noise
ROUNDS = 3  # in which tiles off the line are left out
ENOUGH = 2000  # tiles that tell the ADU of a photon
KEPT = 5, 7  # of nine tiles about a tile, those of the smallest variances: others may hold spots
SPOT = 1.5  # times that of the tiles kept: the variance from which a tile is one of spots
FEW = 0.2  # photons of noise a pixel: with fewer, tiles differ by chance, and more are kept


@compiled
def tile_rows(rows, height):
    """First and last row + 1 of each row of tiles: (n, 2) int64."""
    spans = np.empty((math.ceil(height / TILE) * (rows // height), 2), np.int64)
    k = 0
    for top in range(0, rows, height):
        for start in range(top, top + height, TILE):
            spans[k] = start, min(start + TILE, top + height)
            k += 1
    return spans


@compiled
def moments(frame, good, low, high, spans):
    """Mean, variance and number of the readings of each tile.

    The variance is that about the plane through the tile, so that a steep background is no noise.
    The plane is that of its cells of 4 x 4 pixels, by least squares along each side.

    Parameters
    ----------
    frame : (y, x) array
    good : (y, x) bool
    low, high : float
        The smallest and the largest number that is a reading; NaN is none.
    spans : (n, 2) int array, from `tile_rows`

    Returns
    -------
    (3, n, m) float32 array: NaN where a tile has fewer than `LEAST` readings
    """
    columns = frame.shape[1]
    result = np.full((3, len(spans), math.ceil(columns / TILE)), np.nan, np.float32)
    near = np.zeros(columns, np.float32)  # a reading of each tile, for float32 to hold the squares
    sums = np.zeros((3, TILE // CELL, result.shape[2] * TILE), np.float32)
    cells = np.empty((3, TILE // CELL, result.shape[2] * TILE // CELL), np.float32)
    none = np.zeros(columns, np.bool_)
    for t in range(len(spans)):
        top, bottom = spans[t]
        sums[:] = 0
        _set_near(frame[top], good[top], low, high, near)
        for y in range(top, bottom, CELL):
            a, b, c = min(y + 1, bottom - 1), min(y + 2, bottom - 1), min(y + 3, bottom - 1)
            rows = frame[y], frame[a], frame[b], frame[c]
            known = (
                good[y],
                good[a] if a > y else none,
                good[b] if b > a else none,
                good[c] if c > b else none,
            )
            cell = (y - top) // CELL
            _add(rows, known, low, high, near, sums[0, cell], sums[1, cell], sums[2, cell])
        for number in range(3):
            for cell in range(TILE // CELL):
                _add_fours(sums[number, cell], cells[number, cell])
        _moments_of(cells, near, result[:, t])
    return result


@compiled
def _set_near(row, good, low, high, near):
    """The first reading of each tile in a row, where there is one."""
    for left in range(0, len(row), TILE):
        right = min(left + TILE, len(row))
        for x in range(left, right):
            value = np.float32(row[x])
            if good[x] and low <= value <= high:
                near[left:right] = value
                break


@compiled
def _add(rows, good, low, high, near, total, number, square):
    """Sums over four rows of each column; at once, for them to stay in registers."""
    row_a, row_b, row_c, row_d = rows
    good_a, good_b, good_c, good_d = good
    for x in range(len(near)):
        a, of_a = _off(row_a[x], good_a[x], low, high, near[x])
        b, of_b = _off(row_b[x], good_b[x], low, high, near[x])
        c, of_c = _off(row_c[x], good_c[x], low, high, near[x])
        d, of_d = _off(row_d[x], good_d[x], low, high, near[x])
        total[x] = a + b + c + d
        number[x] = of_a + of_b + of_c + of_d
        square[x] = a * a + b * b + c * c + d * d


@compiled
def _off(pixel, good, low, high, near):
    """How far a reading is off a number, and 1; 0 and 0 where there is none."""
    value = np.float32(pixel)
    known = good & (value >= low) & (value <= high)
    return (value - near if known else np.float32(0)), np.float32(known)


@compiled
def _add_fours(sums, cells):
    """Sums over four columns each."""
    for k in range(len(cells)):
        cells[k] = sums[4 * k] + sums[4 * k + 1] + sums[4 * k + 2] + sums[4 * k + 3]


@compiled
def _moments_of(cells, near, result):
    """Mean, variance and number of the readings of a row of tiles, by the sums of their cells.

    Sums of readings, numbers and sums of squares, (3, 4, 4 m).
    """
    mean, variance, number = result
    zero = np.float32(0)
    for k in range(result.shape[1]):
        off = square = n = n_y = n_yy = n_x = n_xx = off_y = off_x = zero
        for y in range(TILE // CELL):
            for x in range(TILE // CELL):
                a, b = cells[0, y, 4 * k + x], cells[1, y, 4 * k + x]
                off, n, square = off + a, n + b, square + cells[2, y, 4 * k + x]
                off_y, n_y, n_yy = off_y + y * a, n_y + y * b, n_yy + y * y * b
                off_x, n_x, n_xx = off_x + x * a, n_x + x * b, n_xx + x * x * b
        left = square - off * off / n
        left -= _of_slope(off_y, off, n_yy, n_y, n) + _of_slope(off_x, off, n_xx, n_x, n)
        enough, number[k] = n >= LEAST, n
        mean[k] = near[k * TILE] + off / n if enough else np.float32(np.nan)
        variance[k] = max(left / (n - 3), zero) if enough else np.float32(np.nan)


@compiled
def _of_slope(off_y, off, n_yy, n_y, n):
    """The sum of squares that the slope along a side of a tile explains, by its cells."""
    spread, rise = n_yy - n_y * n_y / n, off_y - off * n_y / n
    within = n * np.float32((CELL * CELL - 1) / 12 / (CELL * CELL))  # in units of a cell's side
    return (rise / spread) ** 2 * (spread + within) if spread > 0 else np.float32(0)


@compiled
def local_noise(mean, variance, per_panel, photon):
    """Level and variance about each tile, without what spots add, and the slope of the level.

    The variance is the mean over those of the tiles about a tile, in its panel, that have the
    smallest ones, and what the photons add by which its level is above theirs. The level is the
    tile's own, or that of the tiles about it if it holds a spot.

    Parameters
    ----------
    mean, variance : (n, m) float32 arrays, from `moments`
    per_panel : int
        Rows of tiles in a panel.
    photon : float
        ADU of a photon, 0 if it is unknown.

    Returns
    -------
    level : (3, n, m) float32 array
        The level in the middle of each tile, and its rise a row and a column.
    noise : (n, m) float32 array
    """
    rows, columns = mean.shape
    level = np.full((3, rows, columns), np.nan, np.float32)
    noise, limit = np.zeros((rows, columns), np.float32), np.empty(columns, np.float32)
    near, near_levels = np.empty((2, 9, columns), np.float32)
    about, unknown = np.empty(columns, np.float32), np.float32(np.nan)
    variances, means = _framed(variance, np.inf), _framed(mean, 0)
    for t in range(rows):
        first = t - t % per_panel
        _take_near(variances, t, first, first + per_panel, near)
        _sort(near)
        _of_smallest(near, photon, noise[t], limit)
        _take_near(variances, t, first, first + per_panel, near)
        _take_near(means, t, first, first + per_panel, near_levels)
        _level_of_smallest(near, near_levels, limit, about)
        for k in range(columns):
            own, dense = mean[t, k], noise[t, k] >= FEW * photon * photon
            more = photon * (own - about[k]) if dense else 0.0
            if variance[t, k] <= SPOT * (limit[k] + max(more, 0)):
                level[0, t, k] = own
                noise[t, k] = max(noise[t, k] + more, noise[t, k] / 2)
            else:
                level[0, t, k] = _level_about(mean, variance, t, k, first, per_panel, limit[k])
    for t in range(rows):
        above, below = t % per_panel > 0, (t + 1) % per_panel > 0
        for k in range(columns):
            own = level[0, t, k]
            before = level[0, t - 1, k] if above else unknown
            after = level[0, t + 1, k] if below else unknown
            level[1, t, k] = _slope(before, own, after) / TILE
            before = level[0, t, k - 1] if k > 0 else unknown
            after = level[0, t, k + 1] if k + 1 < columns else unknown
            level[2, t, k] = _slope(before, own, after) / TILE
    return level, noise


@compiled
def _framed(of_tiles, none):
    """The numbers of tiles with `none` on both sides, in a last row, and in place of NaN."""
    rows, columns = of_tiles.shape
    framed = np.full((rows + 1, columns + 2), none, np.float32)
    for t in range(rows):
        for k in range(columns):
            if not np.isnan(of_tiles[t, k]):
                framed[t, k + 1] = of_tiles[t, k]
    return framed


@compiled
def _take_near(framed, t, first, last, near):
    """The numbers of the nine tiles about each tile of a row, of those that are `_framed`."""
    for i in range(3):
        row = framed[t + i - 1] if first <= t + i - 1 < last else framed[-1]
        for j in range(3):
            near[3 * i + j] = row[j : j + near.shape[1]]


@compiled
def _sort(near):
    """Sort each column, all columns at once: odd-even transposition (Knuth, TAOCP 3, 5.3.4)."""
    for turn in range(9):
        for j in range(turn % 2, 8, 2):
            for k in range(near.shape[1]):
                a, b = near[j, k], near[j + 1, k]
                near[j, k], near[j + 1, k] = min(a, b), max(a, b)


@compiled
def _of_smallest(near, photon, noise, limit):
    """Mean of the smallest variances of each column, and the largest of these."""
    for k in range(near.shape[1]):
        n = 0
        while n < 9 and near[n, k] < np.inf:
            n += 1
        limit[k] = -np.inf
        if n:
            few = photon > 0 and near[n // 2, k] < FEW * photon * photon
            kept = max(n * KEPT[1 if few else 0] // 9, 1)
            noise[k], limit[k] = near[:kept, k].mean(), near[kept - 1, k]


@compiled
def _level_of_smallest(near, levels, limit, about):
    """Mean level of the tiles whose variance is not above the limit of their column."""
    number = np.zeros(len(about), np.float32)
    about[:] = 0
    for j in range(9):
        for k in range(len(about)):
            kept = np.float32(near[j, k] <= limit[k])
            about[k] += kept * levels[j, k]
            number[k] += kept
    for k in range(len(about)):
        about[k] /= max(number[k], np.float32(1))


@compiled
def _level_about(mean, variance, t, k, first, per_panel, limit):
    """Level in a tile by tiles on its opposite sides, else by any beside, that hold no spot."""
    pairs, in_pairs, others, n = 0.0, 0, 0.0, 0
    for a, b in ((0, 1), (1, -1), (1, 0), (1, 1)):
        total, number = 0.0, 0
        for side in (-1, 1):
            i, j = t + side * a, k + side * b
            inside = first <= i < first + per_panel and 0 <= j < mean.shape[1]
            if inside and variance[i, j] <= SPOT * limit:
                total += mean[i, j]
                number += 1
        if number == 2:
            pairs += total / 2
            in_pairs += 1
        others += total
        n += number
    if in_pairs:
        return pairs / in_pairs
    return others / n if n else mean[t, k]


@compiled
def _slope(before, own, after):
    """Slope of the level at a tile, per tile, by those on its sides; none at a step or a spot.

    The monotonized central difference of van Leer (J. Comput. Phys. 23, 276, 1977); NaN is no tile.
    """
    up, on = own - before, after - own
    if np.isnan(up):
        up = on
    if np.isnan(on):
        on = up
    if not up * on > 0:
        return np.float32(0)
    least = min(2 * abs(up), 2 * abs(on), abs(up + on) / 2)
    return least if up > 0 else -least


def photon(mean, variance):
    """ADU of a photon by the rise of the variance with the level of the tiles: float, 0 unknown.

    Var = readout + photon * mean (the photon transfer curve of Janesick, Photon Transfer, 2007),
    fitted to the tiles without those of spots. Tiles of one level tell it too, as long as photons
    are few: the mean and the variance of what was counted vary together.
    """
    known = np.isfinite(mean)
    m, v = mean[known].astype(float), variance[known].astype(float)
    step = max(len(m) // ENOUGH, 1)
    m, v = m[::step], v[::step]
    if len(m) < 8:
        return 0.0
    if np.median(v) == 0:  # most tiles have no photon
        lit = (m > 0) & (v > 0)
        return float(np.quantile(v[lit] / m[lit], 0.1)) if lit.any() else 0.0
    kept = v <= np.quantile(v, 0.6)  # spots and hot pixels are in the others
    for _ in range(ROUNDS):
        x, y = m[kept], v[kept]
        spread = x.var()
        if spread == 0 or kept.sum() < 8:
            return 0.0
        slope = np.mean((x - x.mean()) * (y - y.mean())) / spread
        off = v - (y.mean() + slope * (m - x.mean()))
        width = 1.4826 * np.median(np.abs(off[kept]))
        kept = np.abs(off) <= 4 * max(width, 1e-3 * y.mean())  # few photons: all on the line
    error = np.std(off[kept]) / math.sqrt(spread * kept.sum())
    return float(slope) if slope > 3 * error else 0.0


@compiled
def summed_noise(frame, good, low, high, spans, mean, variance):
    """Variance of sums over 3 x 3 pixels over nine times that of a pixel: float, 1 to 9.

    A point spread makes neighbours alike, and the noise of their sum larger. The median over one
    tile in nine or more.
    """
    step = max(3, math.ceil(math.sqrt(mean.size / ENOUGH)) * 3)
    ratios, n = np.empty(len(spans) * mean.shape[1] // step + 1, np.float32), 0
    sums = np.empty(25, np.float32)
    for t in range(0, len(spans), step):
        top, bottom = spans[t]
        if bottom - top < 15:
            continue
        for k in range((t // step) % step, mean.shape[1], step):
            left = k * TILE
            if np.isnan(mean[t, k]) or variance[t, k] <= 0 or left + 15 > frame.shape[1]:
                continue
            whole = True
            for i in range(25):
                y, x = top + 3 * (i // 5), left + 3 * (i % 5)
                total = np.float32(0)
                for a in range(3):
                    for b in range(3):
                        value = np.float32(frame[y + a, x + b])
                        whole &= good[y + a, x + b] & (value >= low) & (value <= high)
                        total += value - mean[t, k]
                sums[i] = total
            if whole:
                ratios[n] = _off_plane(sums) / (9 * variance[t, k])
                n += 1
    if n < 4:
        return 1.0
    return min(max(float(np.median(ratios[:n])), 1.0), 9.0)


@compiled
def _off_plane(sums):
    """Variance of 5 x 5 numbers about the plane through them."""
    middle, down, across = sums.mean(), 0.0, 0.0
    for i in range(25):
        down += (i // 5 - 2) * sums[i] / 50
        across += (i % 5 - 2) * sums[i] / 50
    total = 0.0
    for i in range(25):
        total += (sums[i] - middle - down * (i // 5 - 2) - across * (i % 5 - 2)) ** 2
    return total / 22
