"""Frames of single particles as methods see them: rings, angular correlations, size, images.

Everything is taken about the beam.  `Rings` sorts the good pixels of a detector into rings of q and
sectors of angle; the rest works on stacks of photons (n, y, x) of the twin or of a file.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers
from scipy.sparse import csr_matrix

from ..models import build_cnn
from ..runs.run import Card, Run
from ..runs.spi.particle import ball

Q_RANGE = (0.05, 0.53)  # 1/nm, of the rings: from the hole to the nearest edge at CXIDB 58
HARMONICS = (2, 4, 6, 8, 10, 12)  # by Friedel's law the odd ones are noise at small angles
RADII = np.arange(15.0, 80.5, 0.5)  # nm, that a size is looked for among
SIDE = 64  # pixels of an image
EMPTY = 0.01  # photons a pixel, added before the logarithm of a ring
FAINT = 0.1  # likewise of an image, in which one photon in four pixels is much
STEPS, BATCH, RATE = 1000, 16, 2e-3  # of the trainings that are compared


@dataclass(frozen=True)
class Rings:
    """Which bin of ring and sector each pixel belongs to.

    Attributes
    ----------
    matrix : (pixels, rings * sectors) sparse, 1 where a pixel is in a bin
    pixels : (rings, sectors) float, good pixels of each bin
    q : (rings,) float, 1/nm, of the middle of each ring
    """

    matrix: csr_matrix
    pixels: np.ndarray
    q: np.ndarray

    def sums(self, frames: np.ndarray) -> np.ndarray:
        """Photons in each bin: frames (n, y, x) -> (n, rings, sectors) float32."""
        flat = np.asarray(frames, np.float32).reshape(len(frames), -1)
        return (self.matrix.T @ flat.T).T.reshape(-1, *self.pixels.shape)


def rings_of(run: Run, rings: int = 24, sectors: int = 48) -> Rings:
    """The `Rings` of a run's detector, by its card and mask.

    Raises
    ------
    ValueError
        If the card does not say wavelength, distance and pixel size, or no pixel lies in a ring.
    """
    card = run.card
    if None in (card.wavelength, card.distance, card.pixel):
        raise ValueError(
            f"The card of {run.name} has wavelength {card.wavelength}, distance {card.distance}, "
            f"pixel {card.pixel}; expected Å, mm and mm. Set them by run.card = "
            "dataclasses.replace(run.card, ...)."
        )
    y, x = from_beam(run)
    q = q_at(np.hypot(y, x), card)
    edges = np.linspace(*Q_RANGE, rings + 1)
    ring = np.digitize(q, edges) - 1
    sector = np.floor(np.arctan2(y, x) / (2 * np.pi) * sectors).astype(int) % sectors
    good = (ring >= 0) & (ring < rings)
    if run.mask is not None:
        good &= run.mask
    if not good.any():
        low, high = Q_RANGE
        raise ValueError(
            f"No pixel of {run.name} is good and lies at q from {low} to {high} 1/nm: its detector "
            f"reaches from {q.min():.3g} to {q.max():.3g} 1/nm. Check wavelength, distance, pixel."
        )
    place, number = np.flatnonzero(good), (ring * sectors + sector)[good]
    ones, shape = np.ones(len(place), np.float32), (good.size, rings * sectors)
    matrix = csr_matrix((ones, (place, number)), shape)
    pixels = np.bincount(number, minlength=rings * sectors).reshape(rings, sectors)
    return Rings(matrix, pixels.astype(float), (edges[1:] + edges[:-1]) / 2)


def from_beam(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of each pixel from the beam, pixels: two (y, x) float64."""
    rows, columns = run.card.shape
    center = run.card.beam_center or ((rows - 1) / 2, (columns - 1) / 2)
    y, x = np.indices((rows, columns), dtype=float)
    return y - center[0], x - center[1]


def q_at(pixels: np.ndarray, card: Card) -> np.ndarray:
    """q at that distance from the beam in pixels, 1/nm."""
    angle = np.arctan(pixels * card.pixel / card.distance)
    return 40 * np.pi / card.wavelength * np.sin(angle / 2)  # the card's wavelength is in Å


def photons(run: Run, frames: object = None) -> np.ndarray:
    """Frames of a run as photons, (n, y, x) float32, 0 without data; all frames if none are given.

    Of a file they are its values as measured: give one that counts photons.
    """
    read = getattr(run, "values", run.__getitem__)
    frames = range(len(run)) if frames is None else frames
    return np.nan_to_num(np.stack([read(int(i)) for i in frames]).astype(np.float32))


def ring_profile(sums: np.ndarray, rings: Rings) -> np.ndarray:
    """Mean photons a pixel in each ring: sums (n, rings, sectors) -> (n, rings) float64."""
    return sums.sum(axis=-1, dtype=float) / rings.pixels.sum(axis=-1)


def ring_correlation(sums: np.ndarray, rings: Rings) -> np.ndarray:
    """How a ring's deviations from its mean correlate around it: (n, rings, sectors) float64.

    At shift d it is the mean of (I(a) - m) (I(a + d) - m) over the angles a at which both bins have
    pixels, photons squared; at d = 0 the variance of the counting, m / pixels, is taken away.
    """
    there = rings.pixels > 0
    mean = sums / np.maximum(rings.pixels, 1)
    middle = ring_profile(sums, rings)
    deviation = np.where(there, mean - middle[..., None], 0)
    pairs = np.fft.irfft(np.abs(np.fft.rfft(there)) ** 2, there.shape[1])
    found = np.fft.irfft(np.abs(np.fft.rfft(deviation)) ** 2, there.shape[1])
    found /= np.maximum(pairs, 1)
    found[..., 0] -= middle * inverse_pixels(rings)
    return found


def inverse_pixels(rings):
    """Mean of 1 / pixels over the bins of each ring that have some: (rings,)."""
    there = rings.pixels > 0
    return np.where(there, 1 / np.maximum(rings.pixels, 1), 0).sum(axis=1) / there.sum(axis=1)


def angular_spectrum(sums: np.ndarray, rings: Rings) -> np.ndarray:
    """What a turn about the beam does not change: (n, rings, 1 + len(HARMONICS)) float32.

    First the logarithm of the ring's mean, then the power of each harmonic of its angular
    correlation, over m**2 + m / pixels: 0 for noise alone, the contrast squared where light is
    plenty.
    """
    middle = ring_profile(sums, rings)
    power = np.fft.rfft(ring_correlation(sums, rings)).real / rings.pixels.shape[1]
    scale = middle**2 + middle * inverse_pixels(rings) + EMPTY**2
    contrast = power[..., list(HARMONICS)] / scale[..., None]
    return np.concatenate([np.log10(middle + EMPTY)[..., None], contrast], -1).astype(np.float32)


def size_fit(sums: np.ndarray, rings: Rings) -> tuple[np.ndarray, np.ndarray]:
    """The sphere whose scattering fits the rings best: radius (n,) nm, misfit (n,), no unit.

    Amplitude and a flat background are fitted for each radius, ring by ring weighted by counting
    statistics; the misfit is the weighted mean squared deviation.
    """
    found = ring_profile(sums, rings)
    weight = rings.pixels.sum(axis=-1) / np.maximum(found, 1 / rings.pixels.sum(axis=-1))
    misfit = np.stack([_misfit(found, weight, ball(rings.q * r) ** 2) for r in RADII], axis=1)
    best = np.argmin(misfit, axis=1)
    return RADII[best], misfit[np.arange(len(best)), best]


def _misfit(found, weight, model):
    """Weighted mean squared deviation of found (n, rings) from a * model + b, a and b fitted."""
    total = weight.sum(axis=1)
    at, of = (
        (weight * x).sum(axis=1) / total for x in (np.broadcast_to(model, found.shape), found)
    )
    x, y = model - at[:, None], found - of[:, None]
    slope = np.maximum((weight * x * y).sum(axis=1) / (weight * x * x).sum(axis=1), 0)
    return (weight * (y - slope[:, None] * x) ** 2).mean(axis=1)


def particle_images(frames: np.ndarray, run: Run) -> np.ndarray:
    """What a 2D CNN sees: (n, y, x) photons -> (n, SIDE, SIDE) float32, about the beam.

    Pixels that are masked get the mean of the good ones at their distance from the beam; 2 x 2
    become one by their mean; a logarithm lets it see bright and faint fringes, log10(photons +
    `FAINT`) + 1, which is 0 where there is no light.  What lies outside the circle is 0, so that an
    image can be turned.
    """
    y, x = from_beam(run)
    filled = without_gaps(frames, np.hypot(y, x), run.mask)
    top, left = (round(-axis.min() - SIDE + 0.5) for axis in (y, x))
    part = filled[:, top : top + 2 * SIDE, left : left + 2 * SIDE]
    binned = part.reshape(len(part), SIDE, 2, SIDE, 2).mean(axis=(2, 4))
    middle = np.arange(SIDE) - (SIDE - 1) / 2
    circle = np.hypot(middle[:, None], middle) <= SIDE / 2
    return (np.log10(binned + FAINT) + 1) * circle


def without_gaps(frames, away, mask):
    """Frames whose masked pixels have the mean of the good ones as far from the beam: float32."""
    filled, away = np.array(frames, np.float32), np.rint(away).astype(int)
    good = np.ones(away.shape, bool) if mask is None else mask
    away = np.maximum(away, away[good].min())  # what lies behind the hole: as at its edge
    for radius in np.unique(away[~good]):
        ring = away == radius
        if (good & ring).any():
            filled[:, ring & ~good] = filled[:, ring & good].mean(axis=1, keepdims=True)
    return filled


def build_spectrum_net(features: int) -> keras.Model:
    """Standardised features (n, features) -> p("single") (n, 1), untrained: one hidden layer."""
    return keras.Sequential(
        [
            keras.Input((features,)),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def build_particle_cnn(turned: bool) -> keras.Model:
    """Images (n, SIDE, SIDE, 1) of `particle_images` -> p("single") (n, 1), untrained.

    turned : in training, turn each image by an angle of its own
    """
    cnn = build_cnn((SIDE, SIDE, 1), filters=(16, 32, 32))
    turn = [layers.RandomRotation(0.5, fill_mode="constant")] if turned else []
    return keras.Sequential([keras.Input((SIDE, SIDE, 1)), *turn, cnn])


def draw_labelled(y: np.ndarray, labels: int, seed: int) -> np.ndarray:
    """Frames drawn at random for labels: (labels,) int; at least two singles among the first 100.

    y : (n,) bool, True = single; a larger budget of the same seed contains the smaller ones
    """
    rng = np.random.default_rng((seed, 12))
    while True:
        order = rng.permutation(len(y))
        if y[order[:100]].sum() >= 2:
            return order[:labels]


def precision_of(recall: float, specificity: float, share: float) -> float:
    """Share of singles among the frames kept, where singles are that share of all frames."""
    kept, false = recall * share, (1 - specificity) * (1 - share)
    return kept / (kept + false) if kept + false else float("nan")
