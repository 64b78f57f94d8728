JUDGED = """
from sfxtutor.course.student import judged

my_p, my_truth = judged()
inside = (my_p >= 0.6) & (my_p < 0.8)
"""
WATCHED = """
from sfxtutor.course.student import watched

frames, rejected, looked_at, positive = watched()
"""

NETWORKS = """
from answers.networks import constant, counting, frames, linear

x, y = frames("LN84", "rwd")
"""

WRONG = {
    ("nb08.q1", "share of all positives"): JUDGED
    + """
answer = my_p[inside].mean(), np.mean(inside[my_truth])
""",
    ("nb08.q1", "share of frames"): JUDGED
    + """
answer = np.mean(my_p[inside]), inside.sum() / len(my_p)
""",
    ("nb08.q1", "bin open above"): JUDGED
    + """
sure = [(p, y) for p, y in zip(my_p, my_truth) if p >= 0.6]
answer = np.mean(sure, axis=0)
""",
    ("nb08.q2", "test data used for choosing"): """
def my_operating_point(p_valid, truth_valid, p_test, truth_test, wanted):
    score = np.concatenate([p_valid[truth_valid], p_test[truth_test]])
    threshold = np.sort(score)[int((1 - wanted) * len(score))]
    return threshold, (p_test[truth_test] >= threshold).mean()
""",
    ("nb08.q2", "validation rate reported"): """
def my_operating_point(p_valid, truth_valid, p_test, truth_test, wanted):
    threshold = np.quantile(p_valid[truth_valid], 1 - wanted, method="lower")
    return threshold, sfx.count(truth_valid, p_valid >= threshold).recall
""",
    ("nb08.q2", "all frames in the quantile"): """
def my_operating_point(p_valid, truth_valid, p_test, truth_test, wanted):
    threshold = np.percentile(p_valid, 100 * (1 - wanted))
    return threshold, sfx.count(truth_test, p_test >= threshold).recall
""",
    ("nb08.q2", "wrong end of the quantile"): """
def my_operating_point(p_valid, truth_valid, p_test, truth_test, wanted):
    found = np.sort(p_valid[truth_valid])
    threshold = found[int(wanted * len(found))]
    return threshold, sfx.count(truth_test, p_test >= threshold).recall
""",
    ("nb08.q2", "too few found on validation"): """
def my_operating_point(p_valid, truth_valid, p_test, truth_test, wanted):
    threshold = np.quantile(p_valid[truth_valid], 1 - wanted)
    return threshold, sfx.count(truth_test, p_test >= threshold).recall
""",
    ("nb08.q3", "R on the wrong error"): """
def my_threshold(p, truth, ratio):
    def loss(t):
        counts = sfx.count(truth, p >= t)
        false_hits = counts.misses_total - counts.misses_found
        return counts.hits_total - counts.hits_found + ratio * false_hits

    return min(sorted(p), key=loss)
""",
    ("nb08.q3", "threshold of a calibrated p"): """
def my_threshold(p, truth, ratio):
    return 1 / (ratio + 1)
""",
    ("nb08.q3", "dearest threshold"): """
def my_threshold(p, truth, ratio):
    def loss(t):
        return ratio * np.sum(truth & (p < t)) + np.sum(~truth & (p >= t))

    return max(sorted(p), key=loss)
""",
    ("nb08.q3", "R ignored"): """
def my_threshold(p, truth, ratio):
    accuracy = [np.mean((p >= t) == truth) for t in np.sort(p)]
    return np.sort(p)[np.argmax(accuracy)]
""",
    ("nb08.q3", "shares instead of counts"): """
def my_threshold(p, truth, ratio):
    def loss(t):
        counts = sfx.count(truth, p >= t)
        return ratio * (1 - counts.recall) + (1 - counts.specificity)

    return min(sorted(p), key=loss)
""",
    ("nb08.q4", "only those looked at"): WATCHED
    + """
low, high = sfx.wilson(positive, looked_at)
answer = positive, looked_at * low, looked_at * high
""",
    ("nb08.q4", "scaled to all frames"): WATCHED
    + """
answer = [frames * rate for rate in (positive / looked_at, *sfx.wilson(positive, looked_at))]
""",
    ("nb08.q4", "textbook interval"): WATCHED
    + """
rate = positive / looked_at
half = 1.96 * np.sqrt(rate * (1 - rate) / looked_at)
answer = rejected * np.array([rate, rate - half, rate + half])
""",
    ("nb08.q5", "the larger count wins"): """
def my_decision(a, b, n):
    return "a" if a / n > b / n else "b"
""",
    ("nb08.q5", "intervals must not touch"): """
def my_decision(a, b, n):
    if sfx.wilson(a, n)[0] > sfx.wilson(b, n)[1]:
        return "a"
    if sfx.wilson(b, n)[0] > sfx.wilson(a, n)[1]:
        return "b"
    return "undecided"
""",
    ("nb08.q5", "one rate taken as exact"): """
def my_decision(a, b, n):
    low, high = sfx.wilson(b, n)
    if low <= a / n <= high:
        return "undecided"
    return "a" if a > b else "b"
""",
    ("nb08.q5", "textbook interval"): """
def my_decision(a, b, n):
    error = np.sqrt(a / n * (1 - a / n) / n + b / n * (1 - b / n) / n)
    z = (a - b) / n / error
    return "undecided" if abs(z) < 1.96 else "a" if z > 0 else "b"
""",
    ("nb08.q6", "labels inverted"): NETWORKS
    + """
answer = counting(x, ~y, 0.2), 0.4
""",
    ("nb08.q6", "one answer to every frame"): NETWORKS
    + """
answer = [constant((720,), 3.0), 0.4]
""",
    ("nb08.q6", "a half by habit"): NETWORKS
    + """
answer = counting(x, y, 1.0, weights={0: 9, 1: 1}), 0.5
""",
    ("nb08.q6", "too many lost"): NETWORKS
    + """
answer = counting(x, y, 0.2), 0.97
""",
    ("nb08.q6", "too many kept"): NETWORKS
    + """
answer = (counting(x, y, 0.2), 0)
""",
    ("nb08.q6", "below the mark"): NETWORKS
    + """
answer = linear(x, y), 0.01
""",
}
