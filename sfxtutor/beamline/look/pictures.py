"""Small pictures of frames: what is brightest in each block of pixels, as PNG.

A Bragg spot is a few pixels wide: a mean over a block would hide it, the maximum shows it.
"""

import struct
import zlib
from functools import lru_cache

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb

from ...plots.style import COLOURS, MASKED

EDGE = 300  # pixels along a picture, about
LEVELS = 48  # of brightness: few, so that a page of pictures stays small
BAD, FOUND, NOTHING = LEVELS, LEVELS + 1, LEVELS + 2  # numbers of the other colours
DARKEST, BRIGHTEST = 1, 99.9  # per cent of the blocks
CALM = 8  # times the noise of the blocks that a picture shows at least: noise alone stays dark
POWER = 0.7  # of the pixels, of which brightness grows


class Layout:
    """Where the pixels of a frame lie in its picture.

    Panels that are stacked in a frame stand in columns, from the top down and from left to right,
    so that the picture is about square.

    Parameters
    ----------
    shape : (y, x) of a frame
    panel : int, rows of a panel where panels are stacked, or None
    edge : int, pixels along the picture, about

    Attributes
    ----------
    step : int, pixels along a block
    size : (y, x) of the picture
    pixels : (y, x) int array, how many pixels of the frame are in each block
    """

    def __init__(self, shape, panel=None, edge=EDGE):
        self._rows, self._columns = shape
        panels = self._rows // panel if panel else 1
        height = self._rows // panels
        self._down = height * min(
            range(1, panels + 1),
            key=lambda k: max(k * height, -(-panels // k) * self._columns),
        )
        across = -(-self._rows // self._down)
        self.step = max(round(max(self._down, across * self._columns) / edge), 1)
        self._wide = -(-self._columns // self.step) + (across > 1)  # a line between columns
        self.size = -(-self._down // self.step), across * self._wide - (across > 1)
        self.pixels = self.shrink(np.ones(shape, bool), False, np.sum)

    def shrink(self, pixels, empty, reduce=np.max):
        """The highest pixel of each block: (y, x) array; `empty` where no pixel lies.

        `reduce` may be another function of an array and its axes, such as `np.sum`.
        """
        parts = [
            _blocks(pixels[top : top + self._down], self.step, empty, reduce)
            for top in range(0, self._rows, self._down)
        ]
        picture = np.full(self.size, empty, parts[0].dtype)
        for column, part in enumerate(parts):
            left = column * self._wide
            picture[: len(part), left : left + part.shape[1]] = part
        return picture

    def place(self, rows, columns):
        """Pixels of the frame in the picture: y and x, floats, from its upper left corner."""
        y = (rows % self._down + 0.5) / self.step
        return y, (columns + 0.5) / self.step + self._wide * (rows // self._down)


def _blocks(pixels, step, empty, reduce):
    """Each block of step x step pixels reduced to one; those at the edge are filled up."""
    over = [(0, -length % step) for length in pixels.shape]
    if any(high for _, high in over):
        pixels = np.pad(pixels, over, constant_values=empty)
    rows, columns = pixels.shape
    return reduce(pixels.reshape(rows // step, step, columns // step, step), axis=(1, 3))


def frame_picture(frame, good, layout):
    """A frame as numbers of colours: (y, x) uint8.

    Its brightness goes from what is darkest to what all but one block in a thousand stay below,
    or to `CALM` times the noise above the middle. Blocks of which half are bad are `BAD`.

    Parameters
    ----------
    frame : (y, x) array
    good : (y, x) bool array, True = a good pixel with a reading
    layout : Layout
    """
    pixels = np.where(good, frame, -np.inf).astype(np.float32)
    blocks = layout.shrink(pixels, np.float32(-np.inf))
    picture = np.full(layout.size, NOTHING, np.uint8)
    seen = np.isfinite(blocks)
    if seen.any():
        low, high = _contrast(blocks[seen])
        share = np.clip((blocks[seen] - low) / max(high - low, 1e-9), 0, 1)
        picture[seen] = np.round(share**POWER * (LEVELS - 1))
    bad = layout.shrink(~good, False, np.sum)
    picture[2 * bad >= np.maximum(layout.pixels, 1)] = BAD
    return picture


def _contrast(blocks):
    """The darkest and the brightest value that a picture shows."""
    low, below, middle, above, high = np.percentile(blocks, (DARKEST, 16, 50, 84, BRIGHTEST))
    return low, max(high, middle + CALM * (above - below) / 2)


def mask_picture(masked, found, layout):
    """Bad pixels as numbers of colours: (y, x) uint8; a block with one bad pixel shows it.

    `masked` and `found` are (y, x) bool, True = bad, by the mask and found in frames; or None.
    """
    picture = np.where(layout.pixels > 0, LEVELS // 6, NOTHING).astype(np.uint8)
    for bad, colour in ((masked, BAD), (found, FOUND)):
        if bad is not None:
            picture[layout.shrink(bad, False)] = colour
    return picture


@lru_cache
def palette():
    """Colours of the pictures: (n, 3) uint8, of brightness, then `BAD`, `FOUND` and `NOTHING`."""
    bright = matplotlib.colormaps["viridis"](np.linspace(0, 1, LEVELS))[:, :3]
    others = [to_rgb(MASKED), to_rgb(COLOURS["red"]), (1, 1, 1)]
    return np.round(255 * np.vstack([bright, others])).astype(np.uint8)


def png(picture):
    """A picture of numbers of colours as a PNG file: bytes; `NOTHING` is transparent."""
    height, width = picture.shape
    colours = palette()
    rows = np.pad(picture, ((0, 0), (1, 0)))  # 0 before each row: no filter
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", colours.tobytes()),
        (b"tRNS", bytes([255] * NOTHING + [0])),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*parts, strict=True)))


def _chunk(kind, content):
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
