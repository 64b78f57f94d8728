"""The inner loops of `kernels.count_spots`, compiled by Numba (see `sfxtutor.fast.lcn`).

The variance is needed only where a pixel stands out of its window, one in 700 of noise, so only the
sums slide; the squares are summed for those pixels alone.
"""

import numpy as np

from ..support.jit import compiled
from .lcn import slide


@compiled
def count_in_crop(
    crop, n, gain, kernel, sigma_background, sigma_strong, global_threshold, min_pixels
):
    """Strong pixels, row by row, each joined to the spot of its left and upper neighbour."""
    rows, columns = crop.shape
    padded = np.zeros(columns + 2 * kernel, np.int32)  # column sums, zeros beside the crop
    sums, nothing = padded[kernel : kernel + columns], np.zeros(columns, np.uint16)
    totals, maybe = np.empty(columns, np.int32), np.empty(columns, np.int32)
    limit = np.float32(sigma_strong**2 * gain * (1 - 1e-5))  # the exact test comes after
    above, here = np.full(columns + 1, -1, np.int32), np.full(columns + 1, -1, np.int32)
    root, pixels = np.empty(crop.size, np.int32), np.empty(crop.size, np.int32)
    spots = 0
    for y in range(-kernel, rows):
        enters = crop[y + kernel] if y + kernel < rows else nothing
        slide(sums, enters, crop[y - kernel - 1] if y > kernel else nothing)
        if y < 0:
            continue
        totals[:] = 0
        for k in range(2 * kernel + 1):
            _add(totals, padded[k : k + columns])
        above, here = here, above
        here[:] = -1  # one longer than the row: here[-1] stays -1, the left of the first pixel
        if not _stand_out(crop[y], totals, n[y], limit, global_threshold, maybe):
            continue
        for x in range(columns):
            if maybe[x] and _is_strong(
                crop, y, x, totals[x], n[y, x], gain, kernel, sigma_background, sigma_strong
            ):
                root[spots], pixels[spots] = spots, 0
                spot = spots
                spots += 1
                for neighbour in (here[x - 1], above[x]):
                    if neighbour >= 0:
                        spot = _join(root, pixels, neighbour, spot)
                pixels[spot] += 1
                here[x] = spot
    count = 0
    for spot in range(spots):
        if root[spot] == spot and pixels[spot] >= min_pixels:
            count += 1
    return count


@compiled
def _add(totals, sums):
    for x in range(totals.shape[0]):
        totals[x] = np.int32(totals[x] + sums[x])


@compiled
def _stand_out(pixel, totals, n, limit, global_threshold, maybe):
    """Mark pixels with p - m > sigma sqrt(gain m), as (n p - n m)**2 > sigma**2 gain n (n m)."""
    marked = np.int32(0)
    for x in range(pixel.shape[0]):
        height = np.int32(n[x] * np.int32(pixel[x]) - totals[x])
        square = np.float32(height) * np.float32(height)
        enough = square > limit * np.float32(n[x]) * np.float32(totals[x])
        maybe[x] = np.int32(enough & (height > 0) & (pixel[x] > global_threshold))
        marked = np.int32(marked + maybe[x])
    return marked


@compiled
def _is_strong(crop, y, x, total, n, gain, kernel, sigma_background, sigma_strong):
    """The test of `find_spots`, in its words."""
    squares = np.int64(0)
    for i in range(max(y - kernel, 0), min(y + kernel + 1, crop.shape[0])):
        for pixel in crop[i, max(x - kernel, 0) : x + kernel + 1]:
            squares += np.int64(pixel) * np.int64(pixel)
    mean = total / n  # n > 1: a pixel alone in its window does not stand out of it
    dispersion = (squares - total * mean) / (n - 1) / mean
    uneven = dispersion > gain * (1 + sigma_background * np.sqrt(2 / (n - 1)))
    return uneven and crop[y, x] - mean > sigma_strong * np.sqrt(gain * mean)


@compiled
def _join(root, pixels, a, b):
    """Make one spot of two; its number."""
    while root[a] != a:
        a = root[a]
    while root[b] != b:
        b = root[b]
    if a != b:
        root[b] = a
        pixels[a] += pixels[b]
    return a
