NETWORKS = """
import keras
from answers.networks import constant, counting, fitted, frames, linear

x, y = frames("LN84", "rwd")
x_source, y_source = frames("LO19", "rwd")
sfx.set_seed(0)
source = fitted(sfx.build_rwd_cnn(), x_source, y_source)
"""

WRONG = {
    ("nb04.q1", "test frames counted in"): """
n = 20 + sfx.personal_seed() % 100
answer = [n + 200 + 400, n + 200 + 400, n + 400]
""",
    ("nb04.q1", "source labels counted in"): """
n = 20 + sfx.personal_seed() % 100
answer = (1200 + n + 200, n + 200, n)
""",
    ("nb04.q1", "validation labels forgotten"): """
n = 20 + sfx.personal_seed() % 100
answer = np.array([n, n, n])
""",
    ("nb04.q1", "validation counted for the spot count"): """
n = 20 + sfx.personal_seed() % 100
answer = [200 + n for method in ("transfer", "scratch", "spots")]
""",
    ("nb04.q2", "base left trainable"): """
def my_open(names, open_blocks):
    return np.ones(len(names), bool)
""",
    ("nb04.q2", "opened from the bottom"): """
def my_open(names, open_blocks):
    is_open = []
    for name in names:
        if name.startswith("block"):
            is_open.append(int(name[len("block")]) <= open_blocks)
        else:
            is_open.append(True)
    return is_open
""",
    ("nb04.q2", "classifier frozen"): """
def my_open(names, open_blocks):
    top = [f"block{4 - k}_" for k in range(open_blocks)]
    return [any(name.startswith(block) for block in top) for name in names]
""",
    ("nb04.q2", "batch norm left open"): """
def my_open(names, open_blocks):
    shut = [f"block{i}_conv" for i in range(1, 5 - open_blocks)]
    return [name not in shut for name in names]
""",
    ("nb04.q2", "batch norm left frozen"): """
def my_open(names, open_blocks):
    parts = ["features", *(f"block{4 - k}_conv" for k in range(open_blocks))]
    first = names.index(parts[-1])
    return [i >= first and not name.endswith("norm") for i, name in enumerate(names)]
""",
    ("nb04.q2", "one block too many"): """
def my_open(names, open_blocks):
    first = names.index(f"block{4 - open_blocks}_conv")
    return [i >= first for i in range(len(names))]
""",
    ("nb04.q3", "small constant forgotten"): """
def my_norm(z, mean, variance, training, trainable):
    if not (training and trainable):
        return (z - mean) / np.sqrt(variance), mean, variance
    m, v = z.mean(0), z.var(0)
    return (z - m) / np.sqrt(v), 0.9 * mean + 0.1 * m, 0.9 * variance + 0.1 * v
""",
    ("nb04.q3", "variance of a sample"): """
def my_norm(z, mean, variance, training, trainable):
    if not (training and trainable):
        return (z - mean) / np.sqrt(variance + 0.001), mean, variance
    m, v = z.mean(0), z.std(0, ddof=1) ** 2
    out = (z - m) / np.sqrt(v + 0.001)
    return out, 0.9 * mean + 0.1 * m, 0.9 * variance + 0.1 * v
""",
    ("nb04.q3", "frozen batch norm still learning"): """
def my_norm(z, mean, variance, training, trainable):
    if training:
        m, v = np.mean(z, 0), np.mean((z - np.mean(z, 0)) ** 2, 0)
        mean, variance = 0.9 * mean + 0.1 * m, 0.9 * variance + 0.1 * v
        return (z - m) / (v + 0.001) ** 0.5, mean, variance
    return (z - mean) / (variance + 0.001) ** 0.5, mean, variance
""",
    ("nb04.q3", "batch statistics though frozen"): """
def my_norm(z, mean, variance, training, trainable):
    m, v = (z.mean(0), z.var(0)) if training else (mean, variance)
    out = (z - m) / np.sqrt(v + 0.001)
    if training and trainable:
        mean = 0.9 * mean + 0.1 * m
        variance = 0.9 * variance + 0.1 * v
    return out, mean, variance
""",
    ("nb04.q3", "momentum swapped"): """
def my_norm(z, mean, variance, training, trainable):
    if not (training and trainable):
        return (z - mean) / np.sqrt(variance + 0.001), mean, variance
    m, v = z.mean(0), z.var(0)
    return (z - m) / np.sqrt(v + 0.001), 0.1 * mean + 0.9 * m, 0.1 * variance + 0.9 * v
""",
    ("nb04.q3", "statistics move outside training"): """
def my_norm(z, mean, variance, training, trainable):
    m, v = (z.mean(0), z.var(0)) if trainable else (mean, variance)
    return (z - m) / np.sqrt(v + 0.001), 0.9 * mean + 0.1 * m, 0.9 * variance + 0.1 * v
""",
    ("nb04.q4", "test data used for choosing"): """
def my_choice(p, truth, learn, choose, test):
    merits = []
    for row in p:
        decision = row > 0.5
        merits.append(decision[truth].mean() - decision[~truth].mean())
    return merits.index(max(merits))
""",
    ("nb04.q4", "training frames used for choosing"): """
def my_choice(p, truth, learn, choose, test):
    known = np.concatenate([learn, choose])
    counts = [sfx.count(truth[known], row[known] > 0.5) for row in p]
    return np.argmax([c.recall + c.specificity for c in counts])
""",
    ("nb04.q4", "accuracy instead of the two rates"): """
def my_choice(p, truth, learn, choose, test):
    right = (p[:, choose] > 0.5) == truth[choose]
    return right.sum(axis=1).argmax()
""",
    ("nb04.q5", "nothing trained"): NETWORKS
    + """
tuned = source
answer = source, tuned
""",
    ("nb04.q5", "labels inverted"): NETWORKS
    + """
answer = source, fitted(sfx.transfer_from(source), x, ~y)
""",
    ("nb04.q5", "one answer to every frame"): NETWORKS
    + """
answer = source, constant((720,), 3.0)
""",
    ("nb04.q5", "overfitted"): NETWORKS
    + """
answer = source, linear(x, y)
""",
    ("nb04.q5", "networks exchanged"): NETWORKS
    + """
answer = [counting(x, y, 0.2), counting(x, y, 1.0, weights={0: 9, 1: 1})]
""",
    ("nb04.q5", "statistics moved"): NETWORKS
    + """
tuned = keras.models.clone_model(source)
tuned.set_weights(source.get_weights())
for _ in range(9):
    tuned(x[y][:20], training=True)
answer = source, tuned
""",
    ("nb04.q5", "base frozen throughout"): NETWORKS
    + """
tuned = keras.models.clone_model(source)
tuned.set_weights(source.get_weights())
lower, upper = sfx.cut(tuned, 0)
fitted(upper, sfx.outputs(lower, x), y, epochs=1, rate=1e-6)
answer = source, tuned
""",
    ("nb04.q5", "no clear gain"): NETWORKS
    + """
tuned = keras.models.clone_model(source)
tuned.set_weights(source.get_weights())
answer = source, fitted(tuned, x_source, y_source, epochs=1, rate=1e-5)
""",
}
