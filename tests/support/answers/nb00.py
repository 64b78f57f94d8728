WRONG = {
    ("nb00.q1", "edges left out"): """
def my_label(visible):
    label = "MISS"
    if visible > 4:
        label = "MAYBE"
    if visible > 10:
        label = "HIT"
    return label
""",
    ("nb00.q1", "HIT never reached"): """
def my_label(visible):
    if visible < 4:
        return "MISS"
    elif visible >= 4:
        return "MAYBE"
    elif visible >= 10:
        return "HIT"
""",
    ("nb00.q1", "maybe called a hit"): """
def my_label(visible):
    return "MISS" if visible <= 3 else "HIT"
""",
    ("nb00.q2", "accuracy read as recall"): """
rng = np.random.default_rng(sfx.personal_seed())
found, false = rng.integers(40, 52), rng.integers(40, 60)
wrong = (65 - found) + false
answer = 1 - wrong / 400
""",
    ("nb00.q2", "precision read as recall"): """
rng = np.random.default_rng(sfx.personal_seed())
found, false = rng.integers(40, 52), rng.integers(40, 60)
answer = round(1 / (1 + false / found), 4)
""",
    ("nb00.q2", "specificity read as recall"): """
rng = np.random.default_rng(sfx.personal_seed())
found, false = rng.integers(40, 52), rng.integers(40, 60)
rejected = 400 - 65 - false
answer = rejected / (rejected + false)
""",
    ("nb00.q2", "percent"): """
rng = np.random.default_rng(sfx.personal_seed())
found, false = rng.integers(40, 52), rng.integers(40, 60)
answer = found / 0.65
""",
    ("nb00.q3", "half the width"): """
n = 20
while sfx.wilson(0.95 * n, n)[0] < 0.90:  # five points below the rate
    n += 20
answer = n
""",
    ("nb00.q3", "textbook formula"): """
n = (2 * 1.96 / 0.05) ** 2 * 0.95 * 0.05
answer = int(np.ceil(n / 20) * 20)
""",
    ("nb00.q3", "frames found, not frames there"): """
for k in range(1, 1000):
    low, high = sfx.wilson(k, k / 0.95)
    if high - low <= 0.05 and (20 * k) % 19 == 0 and (20 * k // 19) % 20 == 0:
        answer = k
        break
""",
    ("nb00.q4", "everything kept"): """
def my_threshold(spots, truth):
    for threshold in range(spots.max() + 1):
        if np.mean(spots[truth] >= threshold) >= 0.95:
            return threshold
""",
    ("nb00.q4", "accuracy made largest"): """
def my_threshold(spots, truth):
    candidates = np.arange(spots.max() + 2)
    right = [np.sum((spots >= t) == truth) for t in candidates]
    return candidates[np.argmax(right)]
""",
    ("nb00.q4", "the lesson's sum"): """
def my_threshold(spots, truth):
    return sfx.best_threshold(spots, truth)
""",
    ("nb00.q4", "one spot too low"): """
def my_threshold(spots, truth):
    best = None
    for threshold in range(spots.max()):
        lost = np.sum(spots[truth] <= threshold)
        if lost / truth.sum() <= 0.05:
            best = threshold
    return best
""",
    ("nb00.q3", "one step too far"): """
n, width = 20, 1
while width > 0.05:
    low, high = sfx.wilson(0.95 * n, n)
    width = high - low
    n += 20
answer = n
""",
    ("nb00.q3", "twice too strict"): """
n = 20
while sfx.wilson(0.95 * n, n)[1] - sfx.wilson(0.95 * n, n)[0] > 0.025:
    n += 20
answer = n
""",
    ("nb00.q3", "a width, not a number"): """
low, high = sfx.wilson(0.95 * 320, 320)
answer = high - low
""",
    ("nb00.q4", "a quantile"): """
def my_threshold(spots, truth):
    return float(np.quantile(spots[truth], 0.05, method="lower"))
""",
    ("nb00.q4", "rate of another kind"): """
def my_threshold(spots, truth):
    for threshold in range(spots.max() + 1):
        if truth[spots >= threshold].mean() >= 0.95:  # precision
            return threshold
""",
}
