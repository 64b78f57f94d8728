"""Noise that a screening model was not trained on: that of photons which are counted one by one."""

import numpy as np

BLOCK = 8  # pixels along the side of the blocks in which mean and variance are taken
COUNTED = (0.8, 1.25)  # variance / mean of photons that are counted: 1, and what a slope adds


def noise_of(crops, good=None):
    """What a pixel reads on average, and the noise about it: mean and variance / mean, in ADU.

    Each is the median over blocks of 8 x 8 pixels of all crops, so that spots, rings and shadows
    hardly count; of the variance / mean, over the blocks that hold a reading.

    Parameters
    ----------
    crops : list of (y, x) uint16 arrays, ADU
    good : Mask, or (y, x) bool array, optional; a block with a bad pixel is left out

    Returns
    -------
    mean, dispersion : float; nan where no block is left
    """
    blocks = np.concatenate([_blocks(crop) for crop in crops]).astype(np.float32)
    if good is not None:
        blocks = blocks[np.tile(_blocks(np.asarray(good)).all(axis=1), len(crops))]
    mean, variance = blocks.mean(axis=1), blocks.var(axis=1, ddof=1)
    lit = mean > 0
    if not len(mean):
        return np.nan, np.nan
    return float(np.median(mean)), float(np.median(variance[lit] / mean[lit])) if lit.any() else 0.0


def unfamiliar(crops, good, least_reading):
    """Why a model cannot score frames like these, in a sentence; "" if it can.

    Trained on detectors with an offset, nearly all of which read `least_reading` ADU or more, it
    has met no frame of a photon counter (EIGER, PILATUS) at a few photons a pixel.
    """
    mean, dispersion = noise_of(crops, good)
    if not (mean < least_reading and COUNTED[0] < dispersion < COUNTED[1]):
        return ""
    return (
        f"not scored: a pixel reads {mean:.2g} with a variance / mean of {dispersion:.2f}, as of "
        f"counted photons; the model was trained on readings of {least_reading:.3g} and more. "
        "Count the spots: sfxtutor.count_spots(crop, gain=1, global_threshold=0)."
    )


def _blocks(image):
    """The whole blocks of an image, a row each: (n, 64)."""
    rows, columns = (length // BLOCK for length in image.shape)
    image = image[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return image.swapaxes(1, 2).reshape(rows * columns, BLOCK * BLOCK)
