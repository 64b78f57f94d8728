H = """
def h(p):
    return -p * np.log(p) - (1 - p) * np.log(1 - p)

"""

WRONG = {
    ("nb11.q1", "entropy of the mean alone"): H
    + """
def my_disagreement(p):
    return h(p.mean(axis=0))
""",
    ("nb11.q1", "mean of the entropies alone"): H
    + """
def my_disagreement(p):
    return np.mean([h(member) for member in p], axis=0)
""",
    ("nb11.q1", "spread of p"): """
def my_disagreement(p):
    return np.max(p, axis=0) - np.min(p, axis=0)
""",
    ("nb11.q1", "the other class forgotten"): """
def my_disagreement(p):
    mean = p.mean(axis=0)
    return -mean * np.log(mean) + (p * np.log(p)).mean(axis=0)
""",
    ("nb11.q1", "bits for nats"): """
def my_disagreement(p):
    def h(p):
        return -p * np.log2(p) - (1 - p) * np.log2(1 - p)

    return h(p.mean(axis=0)) - h(p).mean(axis=0)
""",
    ("nb11.q1", "axis swapped"): H
    + """
def my_disagreement(p):
    return h(p.mean(axis=-1)) - h(p).mean(axis=-1)
""",
    ("nb11.q2", "trained on all labels"): """
def my_out_of_fold(fit, x, y, fold):
    network, p = fit(x, y), np.zeros(len(y))
    for k in set(fold):
        p[fold == k] = network(x[fold == k])
    return p
""",
    ("nb11.q2", "trained on its own fold"): """
def my_out_of_fold(fit, x, y, fold):
    p = np.zeros(len(y))
    for k in range(fold.max() + 1):
        mine = fold == k
        p[mine] = fit(x[mine], y[mine])(x[mine])
    return p
""",
    ("nb11.q2", "sorted by fold"): """
def my_out_of_fold(fit, x, y, fold):
    p = []
    for k in range(fold.max() + 1):
        p.extend(fit(x[fold != k], y[fold != k])(x[fold == k]))
    return np.array(p)
""",
    ("nb11.q2", "one fold left out for all"): """
def my_out_of_fold(fit, x, y, fold):
    return fit(x[fold > 0], y[fold > 0])(x)
""",
    ("nb11.q3", "threshold of 0.5"): """
def my_suspects(p, given):
    return (p > 0.5) != given
""",
    ("nb11.q3", "one threshold for all"): """
def my_suspects(p, given):
    return (p > np.mean(p)) ^ given
""",
    ("nb11.q3", "thresholds of the wrong class"): """
def my_suspects(p, given):
    hit, miss = p[given].mean(), p[~given].mean()
    return np.where(given, p <= hit, p >= miss)
""",
    ("nb11.q3", "confident right labels"): """
def my_suspects(p, given):
    hit, miss = p[given].mean(), p[~given].mean()
    return (given & (p >= hit)) | (~given & (p <= miss))
""",
    ("nb11.q3", "hits alone"): """
def my_suspects(p, given):
    return (~given) & (p >= p[given].mean())
""",
    ("nb11.q4", "unlabelled as misses"): """
def my_risk(marked, others, prior):
    return prior * (1 - marked).mean() + others.mean()
""",
    ("nb11.q4", "negative cost of misses"): """
def my_risk(marked, others, prior):
    return prior * np.mean(1 - marked) + np.mean(others) - prior * np.mean(marked)
""",
    ("nb11.q4", "prior forgotten in the subtraction"): """
def my_risk(marked, others, prior):
    return prior * np.mean(1 - marked) + max(0, np.mean(others) - np.mean(marked))
""",
    ("nb11.q4", "prior forgotten for the marked"): """
def my_risk(marked, others, prior):
    return np.mean(1 - marked) + max(0, np.mean(others) - prior * np.mean(marked))
""",
    ("nb11.q4", "prior of misses"): """
def my_risk(marked, others, prior):
    misses = 1 - prior
    return misses * np.mean(1 - marked) + max(0, np.mean(others) - misses * np.mean(marked))
""",
    ("nb11.q5", "first crossing"): """
def my_fewest(labels, found, total):
    for number, k in zip(labels, found):
        if sfx.wilson(k, total)[0] > 0.95:
            return number
    return np.inf
""",
    ("nb11.q5", "recall itself"): """
def my_fewest(labels, found, total):
    fewest = np.inf
    for number, k in zip(labels[::-1], found[::-1]):
        if k / total <= 0.95:
            break
        fewest = number
    return fewest
""",
    ("nb11.q5", "upper end"): """
def my_fewest(labels, found, total):
    fewest = np.inf
    for number, k in zip(labels[::-1], found[::-1]):
        if sfx.wilson(k, total)[1] <= 0.95:
            break
        fewest = number
    return fewest
""",
    ("nb11.q5", "number with the highest recall"): """
def my_fewest(labels, found, total):
    best = np.argmax(found)
    return labels[best] if sfx.wilson(found[best], total)[0] > 0.95 else np.inf
""",
}
