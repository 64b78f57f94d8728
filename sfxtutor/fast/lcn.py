"""The inner loops of `sfxtutor.fast.kernels`, compiled by Numba.

Three things make them cheap:

- LCN after GCN needs no GCN.  With the window's mean m and deviation s and the frame's deviation,
  all in ADU, it is (x - m) / max(s, deviation of the frame).
- Box sums slide: the next row's column sums are these, plus the row that enters, minus the row
  that leaves.  In integers (squares: in float64, below 2**53) that is exact.
- Times 25, x - m is an integer too: D = 25 x - sum.  Likewise V = 25 sum of squares - sum**2 is
  625 s**2, and the result is D / sqrt(max(V, F)) with F = 625 (deviation of the frame)**2.

The loops run over whole rows, each neighbour a slice of its own, because the compiler turns only
such loops into vector instructions; `np.int32(...)` keeps Numba from widening to 64 bits, which
would halve their speed.
"""

import numpy as np

from ..support.jit import compiled

CANDIDATES = 16  # pixels looked at one by one for a row's extreme; more cost as much as all
PATIENCE = 36  # rows done in full, one in twenty, after which no more candidates are looked for


@compiled
def sums(crop, good):
    """Sum and sum of squares of the good pixels: 64 bits hold 724 x 724 x 65535**2."""
    total, squares = np.uint64(0), np.uint64(0)
    for y in range(crop.shape[0]):
        pair = _row_sums_where(crop[y], good.at[y]) if good.flawed[y] else _row_sums(crop[y])
        total, squares = total + pair[0], squares + pair[1]
    return total, squares


@compiled
def _row_sums(row):
    total, squares = np.uint64(0), np.uint64(0)
    for x in range(row.shape[0]):
        value = np.uint64(row[x])
        total += value
        squares += value * value
    return total, squares


@compiled
def _row_sums_where(row, good):
    total, squares = np.uint64(0), np.uint64(0)
    for x in range(row.shape[0]):
        value = np.uint64(row[x]) * np.uint64(good[x])
        total += value
        squares += value * value
    return total, squares


@compiled
def slide(columns, enters, leaves):
    """Move the column sums (x,) down by a row."""
    for x in range(columns.shape[0]):
        columns[x] = np.int32(columns[x] + np.int32(enters[x]) - np.int32(leaves[x]))


@compiled
def _slide_squares(squares, enters, leaves):
    """Move the column sums of squares down by a row: a**2 - b**2 = (a - b) (a + b)."""
    for x in range(squares.shape[0]):
        a, b = np.int32(enters[x]), np.int32(leaves[x])
        squares[x] += np.float64(np.int32(a - b)) * np.float64(np.int32(a + b))


@compiled
def _differences(pixel, s0, s1, s2, s3, s4, d):
    """D = 25 x - (sum of the window) along a row, from the column sums shifted by 0 to 4."""
    low, high = np.int32(2**31 - 1), np.int32(-(2**31) + 1)
    for x in range(d.shape[0]):
        total = np.int32(s0[x] + s1[x] + s2[x] + s3[x] + s4[x])
        d[x] = np.int32(np.int32(25) * np.int32(pixel[x]) - total)
        low, high = np.int32(min(low, d[x])), np.int32(max(high, d[x]))
    return low, high


@compiled
def _blank(d, whole):
    """Set D to 0 where the window holds a bad pixel."""
    low, high = np.int32(2**31 - 1), np.int32(-(2**31) + 1)
    for x in range(d.shape[0]):
        d[x] = np.int32(d[x] * np.int32(whole[x]))
        low, high = np.int32(min(low, d[x])), np.int32(max(high, d[x]))
    return low, high


@compiled
def _signed_squares(pixel, d, q0, q1, q2, q3, q4, floor, t):
    """t = D abs(D) / max(V, F) along a row, the LCN squared with its sign: float32.

    Squares keep the order, so the square root can wait until only the maxima are left.
    """
    for x in range(d.shape[0]):
        total = np.float64(np.int32(np.int32(25) * np.int32(pixel[x]) - d[x]))
        v = 25.0 * (q0[x] + q1[x] + q2[x] + q3[x] + q4[x]) - total * total
        height = np.float32(d[x])
        t[x] = height * abs(height) / np.float32(v if v > floor else floor)


@compiled
def _order(bits):
    """Turn the bits of float32 into integers of the same order, or back; (lowest, highest).

    Positive floats are ordered as their bits are, negative ones the other way round.  The compiler
    vectorises the maximum of integers, not that of floats.
    """
    low, high = np.int32(2**31 - 1), np.int32(-(2**31) + 1)
    for x in range(bits.shape[0]):
        value = np.int32(bits[x] ^ np.int32((bits[x] >> np.int32(31)) & np.int32(2**31 - 1)))
        bits[x] = value
        low, high = np.int32(min(low, value)), np.int32(max(high, value))
    return low, high


@compiled
def _maximum(highest, ordered):
    for x in range(ordered.shape[0]):
        highest[x] = np.int32(max(highest[x], ordered[x]))


@compiled
def _roots(t):
    """From t to the LCN, in place."""
    for x in range(t.shape[0]):
        t[x] = np.copysign(np.sqrt(abs(t[x])), t[x])


@compiled
def pair(crop, floor, whole, bin):
    """RWD vector and image binned by maximum: every pixel's LCN, once."""
    rows, columns = crop.shape[0] - 4, crop.shape[1] - 4
    sums, squares = np.zeros(columns + 4, np.int32), np.zeros(columns + 4, np.float64)
    nothing = np.zeros(columns + 4, np.uint16)
    d, t = np.empty(columns, np.int32), np.empty(columns, np.float32)
    ordered, highest = t.view(np.int32), np.empty(columns, np.int32)
    extremes = np.empty((2, rows), np.float32)
    image = np.empty((rows // bin, columns // bin), np.float32)
    extremes_ordered, image_ordered = extremes.view(np.int32), image.view(np.int32)
    for y in range(rows + 4):
        leaves = crop[y - 5] if y >= 5 else nothing
        slide(sums, crop[y], leaves)
        _slide_squares(squares, crop[y], leaves)
        if y < 4:
            continue
        row = y - 4
        pixel = crop[y - 2, 2:]
        _differences(pixel, sums, sums[1:], sums[2:], sums[3:], sums[4:], d)
        if whole.flawed[row]:
            _blank(d, whole.at[row])
        _signed_squares(
            pixel, d, squares, squares[1:], squares[2:], squares[3:], squares[4:], floor, t
        )
        extremes_ordered[0, row], extremes_ordered[1, row] = _order(ordered)
        if row % bin == 0:
            highest[:] = ordered
        else:
            _maximum(highest, ordered)
        if row % bin == bin - 1:
            out = image_ordered[row // bin]
            out[:] = highest[::bin]
            for k in range(1, bin):
                _maximum(out, highest[k::bin])
            _order(out)
            _roots(image[row // bin])
    _order(extremes_ordered[0])
    _order(extremes_ordered[1])
    return _difference_of_roots(extremes), image


@compiled
def _difference_of_roots(extremes):
    """RWD from the lowest and highest t of each row, (2, y)."""
    _roots(extremes[0])
    _roots(extremes[1])
    return extremes[1] - extremes[0]


@compiled
def rwd(crop, floor, whole):
    """RWD vector without the variance of most windows.

    A window counts only if it can still beat the extreme of its row, and as its LCN is at most
    abs(D) / sqrt(F), few can: one or two in a row, five in pure noise.  A row with more than
    CANDIDATES of them, or with all D of one sign, is done in full, and so is the rest of a frame
    that has many such rows: no frame costs much more than `pair`.
    """
    rows, columns = crop.shape[0] - 4, crop.shape[1] - 4
    sums, nothing = np.zeros(columns + 4, np.int32), np.zeros(columns + 4, np.uint16)
    squares, in_full = np.empty(columns + 4, np.float64), 0
    d, t = np.empty(columns, np.int32), np.empty(columns, np.float32)
    ends = np.empty(2, np.float32)  # of one row: lowest and highest t
    ordered, ends_ordered = t.view(np.int32), ends.view(np.int32)
    extremes = np.empty((2, rows), np.float32)
    for y in range(rows + 4):
        slide(sums, crop[y], crop[y - 5] if y >= 5 else nothing)
        if in_full > PATIENCE:
            _slide_squares(squares, crop[y], crop[y - 5])
        if y < 4:
            continue
        row = y - 4
        pixel = crop[y - 2, 2:]
        low, high = _differences(pixel, sums, sums[1:], sums[2:], sums[3:], sums[4:], d)
        if whole.flawed[row]:
            low, high = _blank(d, whole.at[row])
        top = bottom = -1.0
        if in_full <= PATIENCE:
            top = _highest(crop, row, d, np.int32(1), high, floor)
            bottom = _highest(crop, row, d, np.int32(-1), -low, floor) if top >= 0 else top
        if bottom >= 0:
            extremes[0, row], extremes[1, row] = -bottom, top
            continue
        if in_full <= PATIENCE:
            _squares(crop[row], crop[row + 1], crop[row + 2], crop[row + 3], crop[row + 4], squares)
            in_full += 1
        _signed_squares(
            pixel, d, squares, squares[1:], squares[2:], squares[3:], squares[4:], floor, t
        )
        ends_ordered[0], ends_ordered[1] = _order(ordered)
        _order(ends_ordered)
        extremes[0, row], extremes[1, row] = ends[0], ends[1]
    return _difference_of_roots(extremes)


@compiled
def _highest(crop, row, d, sign, high, floor):
    """Highest sign * t of a row with highest sign * D `high`; -1 if that takes the row in full."""
    if high <= 0:
        return 0.0 if high == 0 else -1.0
    # The highest D first: what it reaches sets the limit that the others must be above.
    x = _last_above(d, sign, np.int32(high - 1))
    best = np.float64(high) ** 2 / max(_variance(crop, row, x), floor)
    x = d.shape[0]
    for _ in range(CANDIDATES):
        # An equal D reaches as much, and 1e-6 keeps rounding from making it a candidate.
        limit = np.int32(np.sqrt(best * floor) + 1e-6)
        if limit >= high:
            return best
        x = _last_above(d[:x], sign, limit)
        if x < 0:
            return best
        best = max(best, np.float64(d[x]) ** 2 / max(_variance(crop, row, x), floor))
    return -1.0


@compiled
def _last_above(d, sign, limit):
    """Last position with sign * D above the limit, or -1.

    Without a branch, and so by vector instructions: quicker than a search that stops.
    """
    last = np.int32(0)
    for x in range(d.shape[0]):
        is_above = np.int32(np.int32(sign * d[x]) > limit)
        last = np.int32(max(last, np.int32(np.int32(x + 1) * is_above)))
    return last - 1


@compiled
def _variance(crop, y, x):
    """V = 625 times the variance of the window from (y, x): float64, exact."""
    total, squares = np.int64(0), np.int64(0)
    for i in range(y, y + 5):
        for j in range(x, x + 5):
            value = np.int64(crop[i, j])
            total += value
            squares += value * value
    return np.float64(25 * squares - total * total)


@compiled
def _squares(r0, r1, r2, r3, r4, squares):
    """Column sums of squares of five rows."""
    for x in range(squares.shape[0]):
        a, b, c = np.float64(r0[x]), np.float64(r1[x]), np.float64(r2[x])
        d, e = np.float64(r3[x]), np.float64(r4[x])
        squares[x] = a * a + b * b + c * c + d * d + e * e
