"""Label shift: the target's share of hits, estimated without its labels, and given to the source.

A DANN makes the features of source and target alike, and with them the shares of frames called a
hit; where the shares differ it must go wrong (Zhao et al., ICML 2019).
"""

import numpy as np

import sfxtutor as sfx

LEAST = 0.02  # a share nearer to 0 or 1 than that is not believed


def black_box(p_source, truth, p_target):
    """Share of hits of the target by BBSE (Lipton et al., ICML 2018): float.

    Parameters
    ----------
    p_source, truth : (n,) of frames of the source that did not train; the confusion matrix
    p_target : (m,), of frames of the target
    """
    counts = sfx.count(truth, p_source > 0.5)
    false = 1 - counts.specificity
    share = (np.mean(p_target > 0.5) - false) / max(counts.recall - false, 1e-6)
    return float(np.clip(share, LEAST, 1 - LEAST))


def maximum_likelihood(p_target, prior=0.5, rounds=200):
    """Share of hits of the target by expectation maximisation (Saerens et al., Neural Comput. 14,
    21, 2002): float.  `prior` is that at which p was trained, 0.5 with balanced classes."""
    p, share = np.asarray(p_target, float), prior
    for _ in range(rounds):
        hit, miss = p * share / prior, (1 - p) * (1 - share) / (1 - prior)
        share = float(np.clip(np.mean(hit / (hit + miss)), LEAST, 1 - LEAST))
    return share


def resampled(truth, share, seed):
    """Numbers of frames, (n,), drawn from n with labels so that this share of them are hits."""
    rng, n = np.random.default_rng(seed), len(truth)
    hits, misses = np.flatnonzero(truth), np.flatnonzero(~truth)
    wanted = round(share * n)
    return np.r_[drawn(rng, hits, wanted), drawn(rng, misses, n - wanted)]


def drawn(rng, frames, n):
    """So many of the frames, each as often as any other, give or take one."""
    whole, rest = divmod(n, len(frames))
    return np.r_[np.tile(frames, whole), rng.permutation(frames)[:rest]]
