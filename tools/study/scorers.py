"""Which epoch of an adaptation to keep, without labels of the target.

Each function takes what an epoch gives on frames of either run, and returns a score: the larger,
the better.  All take the same four arrays, whether they use them or not:

source_features : (n, f), of labelled frames of the source that did not train
source_loss : (n,), their class-balanced cross-entropies
target_features : (m, f), of frames of the target
target_p : (m,), their p("hit or maybe")
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TEMPERATURE = 0.05  # of the soft neighbourhood density, as its authors have it


def source_risk(source_features, source_loss, target_features, target_p):
    """Loss on the source: right where both runs are alike."""
    return -float(np.mean(source_loss))


def certainty(source_features, source_loss, target_features, target_p):
    """Low entropy of the decisions on the target (Morerio et al., ICLR 2018)."""
    p = np.clip(np.asarray(target_p, float), 1e-7, 1 - 1e-7)
    return float(np.mean(p * np.log(p) + (1 - p) * np.log(1 - p)))


def neighbourhood_density(source_features, source_loss, target_features, target_p):
    """Soft neighbourhood density (Saito et al., ICCV 2021): how many frames of the target lie
    near each, by the entropy of its similarities to the others."""
    p = np.asarray(target_p, float)
    unit = np.stack([p, 1 - p], 1) / np.hypot(p, 1 - p)[:, None]
    likeness = unit @ unit.T / TEMPERATURE
    np.fill_diagonal(likeness, -np.inf)
    weight = np.exp(likeness - likeness.max(1, keepdims=True))
    weight /= weight.sum(1, keepdims=True)
    return float(-np.sum(weight * np.log(np.maximum(weight, 1e-30)), 1).mean())


def importance_weighted(source_features, source_loss, target_features, target_p):
    """Importance-weighted validation (Sugiyama et al., J. Mach. Learn. Res. 8, 985, 2007): the loss
    on the source, each frame as often as the target has its like."""
    return -float(np.mean(density_ratio(source_features, target_features) * source_loss))


def deep_embedded(source_features, source_loss, target_features, target_p):
    """Deep embedded validation (You et al., ICML 2019): `importance_weighted` with the weight as a
    control variate, because its mean is known to be 1, which lowers the variance."""
    weight = density_ratio(source_features, target_features)
    loss = weight * source_loss
    slope = np.cov(loss, weight)[0, 1] / max(np.var(weight, ddof=1), 1e-12)
    return -float(loss.mean() - slope * (weight.mean() - 1))


def density_ratio(source_features, target_features):
    """Density of the target over that of the source at each of the source's frames, (n,): from the
    odds of a linear classifier that tells the two (Bickel et al., ICML 2007)."""
    x = np.concatenate([source_features, target_features])
    domain = np.arange(len(x)) >= len(source_features)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    log_odds = linear.fit(x, domain).decision_function(source_features)
    return np.exp(log_odds) * len(source_features) / len(target_features)


SCORERS = {
    "source loss": source_risk,
    "entropy": certainty,
    "soft neighbourhood density": neighbourhood_density,
    "importance-weighted validation": importance_weighted,
    "deep embedded validation": deep_embedded,
}
