COUNTS = """
from sfxtutor.course.student import night

hits_kept, hits_lost, misses_kept, misses_rejected = night()
"""
RATES = """
from sfxtutor.course.student import history

rates = history()
test = rates["test"]
"""
RATE = """
from sfxtutor.course.student import hit_rate

rate = hit_rate()
"""

FRAMES = """
import keras
from answers.networks import constant, counting, frames, linear

x, y = frames("LN83", "images")
"""

WRONG = {
    ("nb03.q1", "precision of the test frames"): COUNTS
    + """
kept = hits_kept + misses_kept
answer = 1 - misses_kept / kept
""",
    ("nb03.q1", "recall read as precision"): COUNTS
    + """
answer = hits_kept / (hits_kept + hits_lost)
""",
    ("nb03.q1", "rates not weighted"): COUNTS
    + """
recall = hits_kept / (hits_kept + hits_lost)
slipped = misses_kept / (misses_kept + misses_rejected)
answer = recall / (recall + slipped)
""",
    ("nb03.q1", "specificity for its opposite"): COUNTS
    + """
found = 100 * hits_kept / (hits_kept + hits_lost)
rejected = 9900 * misses_rejected / (misses_kept + misses_rejected)
answer = found / (found + rejected)
""",
    ("nb03.q1", "accuracy read as precision"): COUNTS
    + """
found = 100 * hits_kept / (hits_kept + hits_lost)
rejected = 9900 * misses_rejected / (misses_kept + misses_rejected)
answer = (found + rejected) / 10_000
""",
    ("nb03.q2", "test data used for choosing"): RATES
    + """
balanced = [(recall + specificity) / 2 for recall, specificity in test]
epoch = balanced.index(max(balanced))
answer = epoch, test[epoch][0]
""",
    ("nb03.q2", "recall alone decides"): RATES
    + """
recalls = [row[0] for row in rates["validation"]]
epoch = int(np.argsort(recalls)[-1])
answer = (epoch, float(test[epoch, 0]))
""",
    ("nb03.q2", "last epoch kept"): RATES
    + """
best = np.argmax(np.mean(rates["training"], axis=1))
answer = np.array([best, test[best, 0]])
""",
    ("nb03.q2", "validation rate reported"): RATES
    + """
validation = rates["validation"]
epoch = np.argmax(validation[:, 0] + validation[:, 1])
answer = [epoch, validation[epoch, 0]]
""",
    ("nb03.q2", "epoch counted from one"): RATES
    + """
merits = [sum(row) for row in rates["validation"]]
best = merits.index(max(merits))
answer = best + 1, test[best, 0]
""",
    ("nb03.q2", "specificity reported"): RATES
    + """
best = np.argmax(rates["validation"].mean(axis=1))
answer = best, test[best, 1]
""",
    ("nb03.q3", "misses taken for positives"): RATE
    + """
n = 1500 - round(1500 * rate)
answer = sfx.wilson(0.97 * n, n)[0]
""",
    ("nb03.q3", "textbook interval"): RATE
    + """
n = 1500 * rate
answer = 0.97 - 1.96 * np.sqrt(0.97 * 0.03 / n)
""",
    ("nb03.q3", "upper end given"): RATE
    + """
n = 1500 * rate
answer = max(sfx.wilson(0.97 * n, n))
""",
    ("nb03.q3", "width given"): RATE
    + """
low, high = sfx.wilson(0.97 * 1500 * rate, 1500 * rate)
answer = high - low
""",
    ("nb03.q3", "percent"): RATE
    + """
answer = 100 * sfx.wilson(0.97 * 1500 * rate, 1500 * rate)[0]
""",
    ("nb03.q4", "frame in two parts"): """
def my_split(n, sizes, gap):
    a, b, c = sizes
    return range(a), range(a - gap, a - gap + b), range(n - c, n)
""",
    ("nb03.q4", "tested on the past"): """
def my_split(n, sizes, gap):
    a, b, c = sizes
    return (
        np.arange(c + gap + b + gap, c + gap + b + gap + a),
        np.arange(c + gap, c + gap + b),
        np.arange(c),
    )
""",
    ("nb03.q4", "shuffled split"): """
def my_split(n, sizes, gap):
    frames = list(range(n))
    np.random.default_rng().shuffle(frames)
    ends = np.cumsum(sizes)
    return frames[: ends[0]], frames[ends[0] : ends[1]], frames[ends[1] : ends[2]]
""",
    ("nb03.q4", "gap forgotten"): """
def my_split(n, sizes, gap):
    return np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:2])
""",
    ("nb03.q5", "another input"): FRAMES
    + """
my_model = linear(x[..., 0], y)
""",
    ("nb03.q5", "untrained"): """
my_model = sfx.build_cnn((180, 180, 1), pooling="average")
""",
    ("nb03.q5", "labels inverted"): FRAMES
    + """
my_model = counting(x, ~y, 2)
""",
    ("nb03.q5", "threshold off"): FRAMES
    + """
my_model = counting(x, y, 2, weights={0: 300, 1: 1})
""",
    ("nb03.q5", "normalised once more"): FRAMES
    + """
z = (x - x.mean()) / x.std()
my_model = counting(z, y, 4, relative=False)
""",
    ("nb03.q5", "overfitted"): FRAMES
    + """
my_model = linear(x, y)
""",
    ("nb03.q5", "one answer to every frame"): FRAMES
    + """
my_model = constant((180, 180, 1), 4.0)
""",
    ("nb03.q5", "below the mark"): FRAMES
    + """
my_model = counting(x, y, 5.5)
""",
}
