"""Which pixels are good: one class for all that takes a mask, and its one check."""

import math
from collections import namedtuple
from functools import cached_property, lru_cache

import numpy as np

# Where a mask is True, and the rows where it is not True throughout: (y, x) and (y,) bool.  Most
# rows of a detector have no bad pixel; not to look at them halves what a frame takes from memory.
Good = namedtuple("Good", "at flawed")


class Mask:
    """Good pixels of a frame or a crop, looked at once, not again with each frame of a run.

    Whatever takes a mask takes this, or a plain array (y, x) bool, or None, by `Mask.of`.

    Parameters
    ----------
    good : (y, x) bool, True = good pixel; not to be changed after

    Attributes
    ----------
    good : (y, x) bool array, read-only
    shape : (y, x)
    pixels : int, how many are good

    Raises
    ------
    ValueError
        If it is no array of booleans, or no pixel is good.
    """

    def __init__(self, good: np.ndarray):
        good = np.asarray(good)
        if good.dtype != bool or good.ndim != 2:
            raise ValueError(_unlike(good, "(y, x)"))
        if not good.any():
            raise ValueError("The mask leaves no good pixel. True means good: invert it: ~mask.")
        # Numba takes what may be written; to all others it is shown read-only, since it is shared.
        self._good = np.require(good, bool, "CAW")
        self.good = self._good.view()
        self.good.flags.writeable = False
        self.shape, self.pixels = good.shape, int(np.count_nonzero(good))
        self._in_windows = {}

    @classmethod
    def of(cls, mask: "Mask | np.ndarray | None", shape: tuple[int, int]) -> "Mask":
        """The `Mask` of frames of that shape: of None (all are good), an array, or a `Mask`.

        Raises
        ------
        ValueError
            If the mask has another shape, or is none.
        """
        if mask is None:
            return _all_good(tuple(shape))
        if isinstance(mask, cls) and mask.shape == tuple(shape):
            return mask
        good = np.asarray(mask)
        if good.shape != tuple(shape) or good.dtype != bool:
            raise ValueError(_unlike(good, tuple(shape)))
        return _of_bits(np.packbits(good).tobytes(), good.shape)

    @property
    def at(self):
        """`good`, writeable: compiled code is compiled once more for what it must not write."""
        return self._good

    def __array__(self, dtype=None, copy=None):
        return np.array(self.good, dtype, copy=copy)

    @cached_property
    def flags(self) -> tuple[Good, Good]:
        """Good pixels, and LCN windows (y - 4, x - 4) without a bad one, as `fast.lcn` wants."""
        whole = box_sum(self._good, 5) == 25
        return tuple(Good(at, ~at.all(axis=1)) for at in (self._good, whole))

    def in_windows(self, kernel):
        """Good pixels of the window around each pixel, cut at the edge: (y, x) int32."""
        if kernel not in self._in_windows:
            counted = box_sum(np.pad(self.good, kernel), 2 * kernel + 1)
            self._in_windows[kernel] = counted.astype(np.int32)
        return self._in_windows[kernel]


def box_sum(image, size):
    """Sum over each whole size x size window of an image: (y - size + 1, x - size + 1) float64.

    By a table of the sums over everything above and left of a pixel: four looks a window, whatever
    its size.  Exact for integers as long as all of the image sums to less than 2**53.
    """
    table = np.pad(np.cumsum(np.cumsum(image, axis=0, dtype=float), axis=1), ((1, 0), (1, 0)))
    rows = table[size:] - table[:-size]
    return rows[:, size:] - rows[:, :-size]


def _unlike(good, shape):
    return (
        f"Expected a mask of booleans, shape {shape}, got {good.dtype}, {good.shape}. "
        "Crop it as the frames, and compare to make it boolean (True = good pixel)."
    )


@lru_cache(maxsize=4)
def _of_bits(packed, shape):
    """The `Mask` of packed bits: a run gives the same array with every frame."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=math.prod(shape))
    return Mask(bits.reshape(shape).astype(bool))


@lru_cache(maxsize=4)
def _all_good(shape):
    return Mask(np.ones(shape, bool))
