"""Merging: one intensity for each reflection, from all crystals, and how good it is by resolution.

Monte Carlo integration (Kirian et al., Opt. Express 18, 5713, 2010): a still records an unknown
part of each reflection, from a crystal of unknown size; the mean over many crystals is proportional
to the whole.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...support.jit import compiled
from .integration import Reflections

SHELLS = 15  # of equal volume in reciprocal space, so that each has as many reflections
LIMIT = 0.5  # CC1/2: where it falls below, merged data are cut
_PARTIAL = 0.45  # (variance / mean²) of partiality: that of exp(-e²/2) for e even within ±2.5


@dataclass(frozen=True, eq=False)
class Merged:
    """How good merged intensities are, by resolution shell, from low to high resolution.

    Attributes
    ----------
    crystals : int, merged
    d : (shells,) float array, Å
        In the middle of a shell: of the mean 1/d² of its reflections.
    possible, measured : (shells,) int arrays
        Unique reflections in the shell, and those measured once or more.
    multiplicity : (shells,) float array
        Measurements per reflection measured.
    cc_half, r_split : (shells,) float arrays
        Agreement of the means of two random halves of the crystals; see `merge`.
    i_sigma : (shells,) float array
        Mean intensity over mean standard error, where there are two measurements or more.
    cc_true : (shells,) float array
        Correlation of all crystals' means with the true intensities.
    """

    crystals: int
    d: np.ndarray
    possible: np.ndarray
    measured: np.ndarray
    multiplicity: np.ndarray
    cc_half: np.ndarray
    r_split: np.ndarray
    i_sigma: np.ndarray
    cc_true: np.ndarray

    @property
    def completeness(self) -> np.ndarray:
        """Share of the possible reflections that are measured, (shells,)."""
        return self.measured / self.possible

    @property
    def cc_star(self) -> np.ndarray:
        """The correlation with the truth that CC1/2 lets expect, (shells,); nan below 0.

        CC* = sqrt(2 CC1/2 / (1 + CC1/2)) (Karplus & Diederichs, Science 336, 1030, 2012).
        """
        positive = np.where(self.cc_half > 0, self.cc_half, np.nan)
        return np.sqrt(2 * positive / (1 + positive))

    def resolution(self, limit: float = LIMIT) -> float:
        """Where CC1/2 first falls below the limit, Å: on a line, in 1/d², between two shells.

        nan where the first shell is below it already, and the last shell's d where none is.
        Karplus & Diederichs (Science 336, 1030, 2012) show that data with a CC1/2 near 0.1 still
        improve a structure; 0.3 and 0.5 are cuts in use (Evans & Murshudov, Acta Cryst. D69, 1204,
        2013).
        """
        below = np.flatnonzero(~(self.cc_half >= limit))
        if len(below) == 0:
            return float(self.d[-1])
        i = below[0]
        if i == 0:
            return float("nan")
        (a, b), (low, high) = self.cc_half[i - 1 : i + 1], self.d[i - 1 : i + 1] ** -2.0
        share = (a - limit) / (a - b) if b == b else 0.0
        return float((low + share * (high - low)) ** -0.5)


def merge(
    reflections: Reflections, frames: np.ndarray | None = None, *,
    scaled: bool = True, shells: int = SHELLS, seed: int = 0,
) -> Merged:  # fmt: skip
    """Merge what was measured in some frames, and compare two random halves of the crystals.

    Parameters
    ----------
    reflections : Reflections
        From `TwinRun.integrate`.
    frames : (k,) int array, optional
        The frames to merge, such as those that a filter kept; all without it. Those without an
        indexed crystal add nothing.
    scaled : bool
        Give each crystal one scale factor, that of the least squared difference from the plain
        mean, and weight measurements by their variance, to which partiality adds a share of the
        squared intensity (as error models do: Brewster et al., Acta Cryst. D75, 959, 2019).
        False: the plain mean, which is what CrystFEL's process_hkl computes (White et al., J.
        Appl. Cryst. 45, 335, 2012).
    shells : int
        Resolution shells.
    seed : int
        Of the two halves. A crystal is in the same half whatever else is merged.

    Returns
    -------
    Merged

    Raises
    ------
    ValueError
        If there are fewer than two crystals to merge.

    Notes
    -----
    CC1/2 is the correlation of the two halves' intensities (Karplus & Diederichs 2012).
    R_split = Σ|I₁ - I₂| / √2 / (½ Σ(I₁ + I₂)) (White et al. 2012).
    Scale factors and weights come from all crystals, so that the halves share them.
    """
    kept = np.ones(len(reflections.frame), bool)
    if frames is not None:
        kept = np.isin(reflections.frame, frames)
    if kept.sum() < 2:
        raise ValueError(
            f"Found {kept.sum()} indexed crystals in the frames to merge, expected two or more. "
            "Merge more hits."
        )
    half = np.random.default_rng(seed).integers(2, size=len(kept))
    measured = (reflections.unique, reflections.intensity, reflections.sigma, reflections.crystal)
    scale, mean = np.where(kept, 1.0, 0.0), np.zeros(len(reflections.d))
    sums = _sums(*measured, scale, half, mean, False)
    if scaled:
        mean = _ratio(*sums.sum(axis=0).T[[2, 1]])
        scale = _scales(*measured, scale, mean)
        sums = _sums(*measured, scale, half, mean, True)
    return _statistics(sums, reflections, shells, int(kept.sum()))


@compiled
def _sums(unique, intensity, sigma, crystal, scale, half, mean, weighted):
    """Sums over the measurements of each reflection in each half: (2, m, 4) float.

    Of 1, of the weight w, of w times and of w times the squared intensity on the common scale.
    Crystals of scale 0 are left out; `mean`, (m,), is an estimate of the intensities.
    """
    sums = np.zeros((2, len(mean), 4))
    for i in range(len(unique)):
        factor = scale[crystal[i]]
        if factor > 0:
            value, weight = intensity[i] / factor, 1.0
            if weighted:
                partial = max(mean[unique[i]], 0.0) ** 2 * _PARTIAL
                weight = 1 / ((sigma[i] / factor) ** 2 + partial)
            cell = sums[half[crystal[i]], unique[i]]
            cell[0] += 1
            cell[1] += weight
            cell[2] += weight * value
            cell[3] += weight * value * value
    return sums


@compiled
def _scales(unique, intensity, sigma, crystal, scale, mean):
    """Each kept crystal's brightness against the mean (n,): (crystals,), 0 where it is dark."""
    above, below = np.zeros(len(scale)), np.zeros(len(scale))
    for i in range(len(unique)):
        if scale[crystal[i]] > 0:
            weight = mean[unique[i]] / sigma[i] ** 2
            above[crystal[i]] += weight * intensity[i]
            below[crystal[i]] += weight * mean[unique[i]]
    return np.maximum(above, 0) / np.where(below > 0, below, 1)


def _statistics(sums, reflections, shells, crystals):
    count, weight, first, second = sums.sum(axis=0).T
    one, two = (_ratio(half[:, 2], half[:, 1]) for half in sums)
    mean = _ratio(first, weight)
    error = np.sqrt(np.maximum(_ratio(second, weight) - mean**2, 0) / np.maximum(count - 1, 1))
    rows = []
    for shell in _shells(reflections.d, shells):
        seen, twice = count[shell] > 0, count[shell] > 1
        both = ~np.isnan(one[shell] + two[shell])
        halves = one[shell][both], two[shell][both]
        rows.append((
            np.mean(reflections.d[shell] ** -2.0) ** -0.5, len(seen), seen.sum(),
            _ratio(count[shell].sum(), seen.sum()), _correlation(*halves), _r_split(*halves),
            _ratio(mean[shell][twice].sum(), error[shell][twice].sum()),
            _correlation(mean[shell][seen], reflections.truth[shell][seen]),
        ))  # fmt: skip
    d, possible, measured, *rest = (np.array(column) for column in zip(*rows, strict=True))
    return Merged(crystals, d, possible, measured, *rest)


def _shells(d, shells):
    """Slices of d, from large to small, for shells of equal volume in 1/d; empty ones left out."""
    edges = np.searchsorted(d**-3.0, np.linspace(0, d[-1] ** -3.0, shells + 1)[1:-1])
    edges = np.unique([0, *edges, len(d)])
    return [slice(a, b) for a, b in pairwise(edges)]


def _ratio(above, below):
    """above / below, nan where there is nothing below."""
    return np.divide(
        above, below, out=np.full(np.shape(above), np.nan), where=np.asarray(below) > 0
    )


def _correlation(a, b):
    """Pearson's correlation, nan for fewer than three pairs or a constant."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return np.corrcoef(a, b)[0, 1]


def _r_split(a, b):
    total = 0.5 * (a + b).sum()
    return np.abs(a - b).sum() / np.sqrt(2) / total if total > 0 else np.nan
