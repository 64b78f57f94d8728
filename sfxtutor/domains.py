"""How alike two runs look to a network, and AdaBN, which makes them more so.

No function here takes labels of the target.
"""

import keras
import numpy as np

from .metrics import count
from .training import channelled


def adapt_batch_norm(cnn: keras.Model, x: np.ndarray) -> keras.Model:
    """AdaBN: a copy of a CNN with the batch-norm statistics of other frames (n, y, x), no labels.

    Weights stay; each normalisation gets the mean and variance that its input has on these frames
    (Li et al., Pattern Recognit. 80, 109, 2018).
    """
    copy = keras.models.clone_model(cnn)
    copy.set_weights(cnn.get_weights())
    features = channelled(x, copy)
    for layer in copy.get_layer("base").layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(features.mean(axis=(0, 1, 2)))
            layer.moving_variance.assign(features.var(axis=(0, 1, 2)))
        features = np.concatenate(
            [layer(features[i : i + 64], training=False) for i in range(0, len(features), 64)]
        )
    return copy


def features(cnn: keras.Model, x: np.ndarray, batch: int = 50) -> np.ndarray:
    """What the base of a CNN makes of each image: (n, features) float32."""
    return outputs(cnn.get_layer("base"), x, batch)


def outputs(model: keras.Model, x: np.ndarray, batch: int = 50) -> np.ndarray:
    """Output of a model, or of a lower half (`cut`), for each of the inputs: (n, ...) float32."""
    rows = [
        model.predict_on_batch(channelled(x[i : i + batch], model)) for i in range(0, len(x), batch)
    ]
    return np.concatenate(rows)


def proxy_a_distance(a: np.ndarray, b: np.ndarray, seed: int = 0) -> float:
    """How far apart features a (n, f) and b (m, f) lie: 0, the same, to 2, always distinguished.

    2 (1 - 2 e), e the balanced error of a linear classifier on the half of the rows that did not
    train it (Ben-David et al., Mach. Learn. 79, 151, 2010); not below 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(seed)
    x = np.concatenate([a, b])
    y = np.arange(len(x)) >= len(a)
    order = rng.permutation(len(x))
    train, test = order[::2], order[1::2]
    linear = LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
    predicted = make_pipeline(StandardScaler(), linear).fit(x[train], y[train]).predict(x[test])
    counts = count(y[test], predicted)
    return max(0.0, 2 * (2 * counts.balanced_accuracy - 1))


def foreign_neighbours(a: np.ndarray, b: np.ndarray, k: int = 10) -> float:
    """Mixing of features a (n, f) and b (m, f): 0, apart, to 1 or a little more, fully mixed.

    The share of the k nearest neighbours that come from the other set, over the share expected if
    both were drawn from one distribution; averaged over both sets.
    """
    from sklearn.neighbors import NearestNeighbors

    x = np.concatenate([a, b])
    second = np.arange(len(x)) >= len(a)
    nearest = NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x, return_distance=False)
    foreign = (second[nearest[:, 1:]] != second[:, None]).mean(axis=1)
    expected = np.where(second, len(a), len(b)) / (len(x) - 1)
    share = foreign / expected
    return float((share[second].mean() + share[~second].mean()) / 2)
