"""Level and noise of a frame, tile by tile, measured in the frame itself.

Nothing is assumed of gain, offset or readout noise: the variance of a tile is the noise of its
pixels, whatever made it, and how the variance rises with the level tells the ADU of a photon.
A frame is (y, x) of any real type; panels of `height` rows each may be stacked in it, and no tile
reaches from one panel into the next.
"""

import math

import numpy as np

from ..support.jit import compiled

TILE = 16  # pixels along a tile's side
LEAST = 48  # good pixels of a tile that tell its noise
ENOUGH = 4000  # tiles that tell the ADU of a photon
KEPT = 5, 7  # of nine tiles about a tile, those of the smallest variances: others may hold spots
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

    The variance is that about the plane through the tile, so that a steep background is no noise,
    but at least a quarter of that about the mean.

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
    half, total = np.empty((2, columns), np.float32), np.empty((2, columns), np.float32)
    square, centre = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for t in range(len(spans)):
        top, bottom = spans[t]
        total[:], square[:] = 0, 0
        middle = (top + bottom) // 2
        for y in range(top, bottom):
            if y == middle:
                half[:] = total
            _add(frame[y], good[y], low, high, total[0], total[1])
        for k in range(result.shape[2]):
            part = slice(k * TILE, min(k * TILE + TILE, columns))
            n = total[1, part].sum()
            result[2, t, k] = n
            centre[part] = total[0, part].sum() / n if n > 0 else 0
        for y in range(top, bottom):
            _add_squares(frame[y], good[y], low, high, centre, square)
        for k in range(result.shape[2]):
            if result[2, t, k] >= LEAST:
                part = slice(k * TILE, min(k * TILE + TILE, columns))
                result[0, t, k] = centre[k * TILE]
                variance = square[part].sum() / (result[2, t, k] - 1)
                plane = _plane(half[:, part], total[:, part], bottom - top)
                result[1, t, k] = max(variance - plane, variance / 4)
    return result


@compiled
def _plane(half, total, height):
    """Variance of the plane through a tile, by the means of its halves."""
    result, middle = np.float32(0), total.shape[1] // 2
    for k in range(2):
        if k == 0:
            value, n, length = half[0].sum(), half[1].sum(), height
        else:
            value, n, length = total[0, :middle].sum(), total[1, :middle].sum(), total.shape[1]
        rest, m = total[0].sum() - value, total[1].sum() - n
        if n > 0 and m > 0:
            slope = (rest / m - value / n) / (length / 2)
            result += slope * slope * (length * length - 1) / 12
    return result


@compiled
def _add(row, good, low, high, total, number):
    for x in range(row.shape[0]):
        value = np.float32(row[x])
        reading = np.float32(good[x] & (value >= low) & (value <= high))
        total[x] += value if reading else np.float32(0)
        number[x] += reading


@compiled
def _add_squares(row, good, low, high, centre, square):
    for x in range(row.shape[0]):
        value = np.float32(row[x])
        off = value - centre[x] if good[x] & (value >= low) & (value <= high) else np.float32(0)
        square[x] += off * off


@compiled
def local_noise(mean, variance, per_panel, photon):
    """Level and variance about each tile, without what spots add: two (n, m) float32 arrays.

    The mean over those of the tiles about it, in its panel, that have the smallest variances.

    Parameters
    ----------
    mean, variance : (n, m) float32 arrays, from `moments`
    per_panel : int
        Rows of tiles in a panel.
    photon : float
        ADU of a photon, 0 if it is unknown.
    """
    rows, columns = mean.shape
    level, noise = (
        np.full((rows, columns), np.nan, np.float32),
        np.zeros((rows, columns), np.float32),
    )
    near, order = np.empty((9, 2), np.float32), np.empty(9, np.float32)
    for t in range(rows):
        first, last = t - t % per_panel, t - t % per_panel + per_panel
        for k in range(columns):
            n = 0
            for i in range(max(t - 1, first), min(t + 2, last)):
                for j in range(max(k - 1, 0), min(k + 2, columns)):
                    if not np.isnan(mean[i, j]):
                        near[n, 0], near[n, 1] = mean[i, j], variance[i, j]
                        n += 1
            if n == 0:
                continue
            for i in range(n):  # insertion: nine numbers at most
                j = i
                while j > 0 and order[j - 1] > near[i, 1]:
                    order[j] = order[j - 1]
                    j -= 1
                order[j] = near[i, 1]
            few = photon > 0 and order[n // 2] < FEW * photon * photon
            kept = max(n * (KEPT[1] if few else KEPT[0]) // 9, 1)
            limit = order[kept - 1]
            noise[t, k] = order[:kept].mean()
            held, count = np.float32(0), 0
            for i in range(n):
                if near[i, 1] <= limit:
                    held += near[i, 0]
                    count += 1
            own = mean[t, k]
            level[t, k] = own if variance[t, k] <= limit else held / count
    return level, noise


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
    for _ in range(6):
        x, y = m[kept], v[kept]
        spread = x.var()
        if spread == 0 or kept.sum() < 8:
            return 0.0
        slope = np.mean((x - x.mean()) * (y - y.mean())) / spread
        off = v - (y.mean() + slope * (m - x.mean()))
        width = 1.4826 * np.median(np.abs(off[kept]))
        kept = np.abs(off) <= 4 * max(width, 1e-12)
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
