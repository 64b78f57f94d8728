"""How a file marks pixels without data where it does not say so: found in a few of its frames.

Detectors write the largest numbers of an unsigned type (2**n - 1 in gaps, 2**n - 2 in dead
pixels), or -1 and -2, where they have no data.  But an overloaded pixel of 16 bits reads 65535, and
the noise of a dark-subtracted detector -1.  So such a number is a mark of the file only if, in at
least one in a thousand pixels of a frame,

- it stands in the same pixels in most frames (in most of those that hold it, most of its pixels),
- or it fills them solidly: nine in ten have such a neighbour to the right or below;

and not where pixels around it are bright themselves (an overload, smeared by the point spread),
nor, for -1 and -2, in a file with readings below -2.  Fewer pixels that read it in most frames are
bad pixels, and the number means what it says everywhere else.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .pixels import NoData, offset_of, scale_of

AREA = 1e-3  # of a frame, that a mark fills
SOLID = 0.9
LOST = 0.999  # of a frame without data: it says nothing of the others


@dataclass(frozen=True)
class Known:
    """What is known of the pixels of a run.

    `no_data` a NoData, `bad` the pixels without data in most frames, (y, x) bool, or None, `scale`
    and `offset` what its pixels are multiplied by, and what is then added.
    """

    no_data: NoData
    bad: np.ndarray | None = None
    scale: float = 1.0
    offset: int = 0


def suspects(dtype, saturation=None):
    """Numbers of a type that may stand for no data, above a saturation that is known: tuple."""
    if dtype.kind == "i":
        return -1, -2
    if dtype.kind == "u" and dtype.itemsize <= 2:
        top = int(np.iinfo(dtype).max)
        return tuple(mark for mark in (top, top - 1) if mark > (saturation or 0))
    return ()


def look_at(samples, stated, marks):
    """What some raw frames of a run tell: a `Known`.

    Parameters
    ----------
    samples : iterable of (y, x) arrays, raw pixels; one is held at a time
    stated : NoData, what the file says
    marks : tuple, what may stand for no data besides (`suspects`)
    """
    missing, seen, change = [], {mark: [] for mark in marks}, None
    for raw in samples:
        missing.append(_Bits(stated.where(raw)))
        if raw.dtype.kind == "i" and (raw[~missing[-1].pixels] < -2).any():
            seen = {}
        for mark in seen:
            seen[mark].append(_Bits(_without_overloads(raw == mark, raw)))
        if change is None and missing[-1].share < LOST and raw.min() != raw.max():
            change = _change(raw, missing[-1].pixels)
    found, alone = {}, []
    for mark, each in seen.items():
        found[mark], lonely = _judge([bits for bits in each if bits.share < LOST])
        alone += [lonely] if lonely is not None else []
    flags = [mark for mark, is_mark in found.items() if is_mark]
    if flags:  # who writes -1 writes -2, and what lies beyond a mark is none but another
        flags = [mark for mark in seen if abs(mark) >= min(map(abs, flags))]
    for k, bits in enumerate(missing):
        for mark in flags:
            missing[k] = bits = _Bits(bits.pixels | seen[mark][k].pixels)
    bad = _most([bits for bits in missing if bits.share < LOST])
    for pixels in alone:
        bad = pixels if bad is None else bad | pixels
    no_data = NoData(tuple({*stated.flags, *flags}), stated.lowest)
    scale, offset = change or (1.0, 0)
    if offset and flags:  # the noise of a photon counter: its marks are what was negative
        offset = 0
    return Known(no_data, bad if bad is not None and bad.any() else None, scale, offset)


def _change(raw, missing):
    """Scale and offset for frames like this one."""
    scale = scale_of(raw) if raw.dtype.kind == "f" else 1.0
    return scale, offset_of(raw[~missing], scale)


class _Bits:
    """An image of bools in an eighth of the memory."""

    def __init__(self, pixels):
        self.share, self._shape = float(pixels.mean()), pixels.shape
        self._packed = np.packbits(pixels) if self.share else None

    @property
    def pixels(self):
        if self._packed is None:
            return np.zeros(self._shape, bool)
        count = self._shape[0] * self._shape[1]
        return np.unpackbits(self._packed, count=count).view(bool).reshape(self._shape)


def _judge(each):
    """Whether a number is a mark, and the few pixels that read it in most frames, or None."""
    bearing = [bits for bits in each if bits.share]
    if not bearing:
        return False, None
    steady = _most(each)
    shares = [np.count_nonzero(bits.pixels & steady) / bits.pixels.sum() for bits in bearing]
    constant = len(each) > 1 and np.median(shares) >= 0.5
    if constant and steady.mean() >= AREA:
        return True, None
    if any(bits.share >= AREA and _solid(bits.pixels) for bits in bearing):
        return True, None
    few = len(each) == 1 and each[0].share < AREA
    return False, steady if constant or few else None


def _most(each):
    """Pixels that are set in more than half of the images; None without an image."""
    if not each:
        return None
    counts = np.zeros(each[0].pixels.shape, np.uint8)
    for bits in each:
        if bits.share:
            counts += bits.pixels
    return 2 * counts > len(each)


def _solid(pixels):
    """Whether most set pixels have a set one to the right, or below."""
    total = np.count_nonzero(pixels)
    right = np.count_nonzero(pixels[:, 1:] & pixels[:, :-1])
    below = np.count_nonzero(pixels[1:] & pixels[:-1])
    return max(right, below) >= SOLID * total


def _without_overloads(marked, raw):
    """Set pixels of areas that are not bordered by bright ones."""
    if raw.dtype.kind != "u" or not marked.any():
        return marked
    top, typical = int(np.iinfo(raw.dtype).max), 0 if marked.all() else np.median(raw[~marked])
    bright = (raw > max(top // 8, 2 * float(typical))) & (raw < top - 1)
    if not bright.any():
        return marked
    rim = [ndimage.convolve(image.astype(np.uint8), np.ones((3, 3), np.uint8), mode="constant")
           for image in (bright, ~marked)]  # fmt: skip
    areas, count = ndimage.label(marked)
    sums = [ndimage.sum_labels(image, areas, np.arange(count + 1)) for image in rim]
    overload = 2 * sums[0] > sums[1]
    return marked & ~overload[areas]
