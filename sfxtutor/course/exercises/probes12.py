"""Data, probes and wrong answers of the exercises of lesson 12; see nb12.

All numbers are synthetic.
"""

import numpy as np

from ..student import personal_seed, virus_experiment

ZERO = 4.493  # first root of tan u = u: where a sphere is dark first


def specificity(odds=lambda share: share / (1 - share)):
    """An answer to q1 with other odds of a single."""
    return lambda precision, recall, share: 1 - recall * odds(share) * (1 - precision) / precision


def probe_specificity(answer):
    cases = (0.9, 0.8, 0.05), (0.5, 1.0, 0.1), (0.99, 0.6, 0.02), (0.8, 0.9, 0.3)
    return tuple(answer(*case) for case in cases)


def threshold(score, truth, recall, of=lambda score, truth: score[truth], rounded=np.ceil):
    """The threshold of q2, of other scores or another rounding."""
    scores = np.sort(of(score, truth))[::-1]
    needed = int(rounded(np.round(recall * len(scores), 9)))
    return scores[max(needed, 1) - 1]


def precision_at(keeps=np.greater_equal, **change):
    """An answer to q2 that keeps or chooses otherwise."""
    return lambda score, truth, recall: np.mean(
        truth[keeps(score, threshold(score, truth, recall, **change))]
    )


def scored():
    """Scores and singles of frames, some of them with equal scores: (n,) and (n,) bool, twice."""
    rng = np.random.default_rng(12)
    truth = rng.random(200) < 0.2
    score = np.round(np.clip(rng.normal(0.35 + 0.3 * truth, 0.15), 0, 1), 2)
    small = np.array([0.9, 0.8, 0.7, 0.7, 0.6, 0.4, 0.2, 0.1])
    return (small, np.array([1, 0, 1, 0, 1, 0, 0, 1], bool)), (score, truth)


def probe_precision(answer):
    (small, right), (score, truth) = scored()
    return (
        answer(small, right, 0.5), answer(small, right, 0.6),
        answer(score, truth, 0.8), answer(score, truth, 0.53),
    )  # fmt: skip


def pattern():
    """Ring (pixels), pixel (mm), distance (mm) and wavelength (nm) of your own: four numbers."""
    rng = np.random.default_rng(personal_seed())
    return rng.uniform((8, 0.3, 300, 0.5), (20, 0.9, 700, 1.2))


def radius(zero=ZERO, part=0.5):
    """An answer to q3, nm, with another phase at the dark ring or another part of the angle."""
    ring, pixel, distance, wavelength = pattern()
    angle = np.arctan(ring * pixel / distance)
    return float(zero * wavelength / (4 * np.pi * np.sin(part * angle)))


def in_degrees():
    """An answer to q3 whose sine gets degrees."""
    ring, pixel, distance, wavelength = pattern()
    angle = np.degrees(np.arctan(ring * pixel / distance))
    return float(ZERO * wavelength / (4 * np.pi * np.sin(angle / 2)))


def gapped():
    """Rings (sectors,) with gaps of no data, filled with rubbish there: two pairs."""
    rng = np.random.default_rng(4)
    there = np.ones(12, bool)
    there[[3, 9]] = False
    angle = 2 * np.pi * np.arange(12) / 12
    ring = np.where(there, 6 + 3 * np.cos(2 * angle) + rng.normal(0, 0.3, 12), 40.0)
    short = np.array([1.0, 5.0, 3.0, 9.0, 7.0])
    return (short, np.array([1, 1, 1, 0, 1], bool)), (ring, there)


def correlation(pairs=lambda there, d: np.sum(there & np.roll(there, -d)), middle=np.mean):
    """An answer to q4 that divides by something else or subtracts something else."""

    def correlate(ring, there):
        deviation = np.where(there, ring - middle(ring[there]), 0)
        sums = [np.sum(deviation * np.roll(deviation, -d)) for d in range(len(ring))]
        return np.array([s / pairs(there, d) for d, s in enumerate(sums)])

    return correlate


def probe_correlation(answer):
    return tuple(answer(ring.copy(), there.copy()) for ring, there in gapped())


def counted():
    """Photons (n, bins) of shots and the intensities (m, bins) of orientations, in odd units."""
    rng = np.random.default_rng(5)
    shape = rng.gamma(1.0, 1.0, (5, 20)) + 0.05
    expected = shape / shape.sum(axis=1, keepdims=True) * np.array([[1], [50], [0.2], [8], [3]])
    of = np.array([0, 1, 2, 3, 4, 2, 0])
    light = np.array([60, 400, 90, 3000, 150, 1000, 40])
    share = expected[of] / expected[of].sum(axis=1, keepdims=True)
    return rng.poisson(share * light[:, None]).astype(float), expected


def orientation(share=lambda x: x / x.sum(axis=1, keepdims=True), log=np.log, axis=1):
    """An answer to q5 with one step changed."""
    return lambda photons, expected: np.argmax(photons @ log(share(expected)).T, axis=axis)


def nearest():
    """An answer to q5 by the smallest squared difference."""

    def answer(photons, expected):
        return np.argmin(((photons[:, None] - expected) ** 2).sum(axis=2), axis=1)

    return answer


def probe_orientation(answer):
    return answer(*counted())


def contrast(background=1, of=lambda high, low: (high - low) / (high + low)):
    """An answer to g1 that subtracts the background so many times, or another ratio."""

    def visibility(profile, dark):
        rest = profile - background * dark
        low = 1 + np.argmax((rest[1:-1] < rest[:-2]) & (rest[1:-1] <= rest[2:]))
        return of(rest[low:].max(), rest[low])

    return visibility


def profiles():
    """Ring profiles with a first dark ring, and their backgrounds, photons a pixel: pairs."""
    q = np.linspace(0.05, 0.4, 24)
    for size, level in ((35, 0.1), (28, 0.6)):
        u = q * size
        light = 900 * (3 * (np.sin(u) - u * np.cos(u)) / u**3) ** 2
        dark = level * (1 + np.exp(-q / 0.1))
        yield light + 0.3 + dark, dark


def probe_contrast(answer):
    return tuple(answer(profile.copy(), dark.copy()) for profile, dark in profiles())


def own_counts(
    false=lambda recall, specificity, share: (1 - specificity) * (1 - share), found=True
):
    """An answer to g2: singles and false ones kept of 100,000 frames, hours for those needed."""
    share, rate, recall, specificity, needed = virus_experiment()
    kept = 100_000 * recall * share
    wrong = 100_000 * false(recall, specificity, share)
    hours = needed / ((recall if found else 1) * share * rate * 3600)
    return kept, wrong, hours
