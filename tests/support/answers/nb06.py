WRONG = {
    ("nb06.q1", "stored statistics used"): """
def my_adabn(z, mean, variance, gamma, beta, eps):
    return (z - mean) * gamma / (variance + eps) ** 0.5 + beta
""",
    ("nb06.q1", "each frame by itself"): """
def my_adabn(z, mean, variance, gamma, beta, eps):
    out = []
    for frame in z:
        m, v = frame.mean(axis=(0, 1)), frame.var(axis=(0, 1))
        out.append(gamma * (frame - m) / np.sqrt(v + eps) + beta)
    return np.array(out)
""",
    ("nb06.q1", "all filters together"): """
def my_adabn(z, mean, variance, gamma, beta, eps):
    return gamma * (z - z.mean()) / np.sqrt(z.var() + eps) + beta
""",
    ("nb06.q1", "scale and shift left out"): """
def my_adabn(z, mean, variance, gamma, beta, eps):
    flat = z.reshape(-1, z.shape[-1])
    return (z - flat.mean(axis=0)) / np.sqrt(flat.var(axis=0) + eps)
""",
    ("nb06.q1", "variance for standard deviation"): """
def my_adabn(z, mean, variance, gamma, beta, eps):
    flat = z.reshape(-1, z.shape[-1])
    return gamma * (z - flat.mean(axis=0)) / (flat.var(axis=0) + eps) + beta
""",
    ("nb06.q1", "small constant forgotten"): """
def my_adabn(z, mean, variance, gamma, beta, eps):
    return gamma * (z - z.mean(axis=(0, 1, 2))) / z.std(axis=(0, 1, 2)) + beta
""",
    ("nb06.q2", "share called a hit"): """
def my_share(truth, decision, decision_target):
    return np.count_nonzero(decision_target) / len(decision_target)
""",
    ("nb06.q2", "share of the source"): """
def my_share(truth, decision, decision_target):
    return truth.sum() / truth.size
""",
    ("nb06.q2", "recall alone"): """
def my_share(truth, decision, decision_target):
    recall = (truth & decision).sum() / truth.sum()
    return min(1, decision_target.mean() / recall)
""",
    ("nb06.q2", "false positives alone"): """
def my_share(truth, decision, decision_target):
    false = (~truth & decision).sum() / (~truth).sum()
    return max(0, decision_target.mean() - false)
""",
    ("nb06.q2", "precision for recall"): """
def my_share(truth, decision, decision_target):
    n, called = len(decision_target), decision_target.sum()
    hits = called * np.mean(truth[decision]) + (n - called) * np.mean(truth[~decision])
    return hits / n
""",
    ("nb06.q2", "outside 0 to 1"): """
def my_share(truth, decision, decision_target):
    counts = sfx.count(truth, decision)
    a, b = counts.recall, 1 - counts.specificity
    return (decision_target.mean() - b) / (a - b)
""",
    ("nb06.q3", "ratio upside down"): """
def my_p(p, share, prior):
    odds = p / (1 - p) * prior / share * (1 - share) / (1 - prior)
    return odds / (1 + odds)
""",
    ("nb06.q3", "prior left out"): """
def my_p(p, share, prior):
    return p * share / (p * share + (1 - p) * (1 - share))
""",
    ("nb06.q3", "misses not weighted"): """
def my_p(p, share, prior):
    odds = p / (1 - p) * share / prior
    return odds / (1 + odds)
""",
    ("nb06.q3", "sum not one"): """
def my_p(p, share, prior):
    return share / prior * p
""",
    ("nb06.q3", "p shifted"): """
def my_p(p, share, prior):
    return p - (prior - share)
""",
    ("nb06.q4", "frames taken twice"): """
def my_frames(spots, threshold, share, n):
    rng, is_hit = np.random.default_rng(0), spots >= threshold
    p = np.where(is_hit, share / is_hit.sum(), (1 - share) / (~is_hit).sum())
    return rng.choice(len(spots), n, p=p)
""",
    ("nb06.q4", "share of the target kept"): """
def my_frames(spots, threshold, share, n):
    return np.random.default_rng(1).permutation(len(spots))[:n]
""",
    ("nb06.q4", "half of them hits"): """
def my_frames(spots, threshold, share, n):
    order = np.argsort(spots)
    return np.append(order[: n // 2], order[-n // 2 :])
""",
    ("nb06.q4", "threshold left out"): """
def my_frames(spots, threshold, share, n):
    k = round(share * n)
    hits, others = np.where(spots > threshold)[0], np.where(spots <= threshold)[0]
    return np.append(hits[:k], others[: n - k])
""",
    ("nb06.q4", "no hits at all"): """
def my_frames(spots, threshold, share, n):
    return np.argsort(spots)[:n]
""",
    ("nb06.q4", "hits and misses exchanged"): """
def my_frames(spots, threshold, share, n):
    few, k = spots < threshold, int(share * n)
    return np.append(np.where(few)[0][:k], np.where(~few)[0][: n - k])
""",
}
