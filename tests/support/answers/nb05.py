TIMES = """
rng = np.random.default_rng(sfx.personal_seed())
preprocessing, network_1d, network_2d = rng.uniform((6, 0.1, 24), (20, 0.4, 60))
"""

VECTORS = """
from answers.networks import constant, counting, frames, linear
from sfxtutor.course.exercises.trained import Hot

x, y = frames("LN83", "rwd", Hot)
"""

WRONG = {
    ("nb05.q1", "axis swapped"): """
def my_rwd(frames):
    return frames.max(axis=0) - frames.min(axis=0)
""",
    ("nb05.q1", "axis counted from the front"): """
def my_rwd(frames):
    return frames.max(axis=1) - frames.min(axis=1)
""",
    ("nb05.q1", "maximum alone"): """
def my_rwd(frames):
    return np.max(frames, axis=-1)
""",
    ("nb05.q1", "distance from the middle"): """
def my_rwd(frames):
    return (frames - frames.mean(axis=-1, keepdims=True)).max(axis=-1)
""",
    ("nb05.q1", "maximum of the absolute values"): """
def my_rwd(frames):
    return abs(frames).max(axis=-1)
""",
    ("nb05.q1", "standard deviation"): """
def my_rwd(frames):
    return np.std(frames, axis=-1)
""",
    ("nb05.q2", "one mean for the whole set"): """
def my_relative(vectors):
    return vectors / vectors.mean() - 1
""",
    ("nb05.q2", "mean subtracted, not divided by"): """
def my_relative(vectors):
    return vectors - np.expand_dims(np.mean(vectors, axis=-1), -1)
""",
    ("nb05.q2", "divided by the standard deviation"): """
def my_relative(vectors):
    if vectors.ndim == 1:
        return (vectors - np.mean(vectors)) / np.std(vectors)
    return np.array([my_relative(vector) for vector in vectors])
""",
    ("nb05.q3", "weights counted"): """
def my_multiply_adds(length, channels, filters, window, step):
    kernel = np.zeros((window, channels, filters))
    return kernel.size
""",
    ("nb05.q3", "step ignored"): """
def my_multiply_adds(length, channels, filters, window, step):
    return length * filters * window * channels
""",
    ("nb05.q3", "input channels forgotten"): """
def my_multiply_adds(length, channels, filters, window, step):
    positions = len(range(0, length, step))
    return positions * window * filters
""",
    ("nb05.q4", "networks alone"): TIMES
    + """
answer = (1000 / network_1d) / (1000 / network_2d)
""",
    ("nb05.q4", "preprocessing on one way only"): TIMES
    + """
answer = network_2d / (preprocessing + network_1d)
""",
    ("nb05.q4", "slower over faster upside down"): TIMES
    + """
rates = [1000 / (preprocessing + network) for network in (network_1d, network_2d)]
answer = rates[1] / rates[0]
""",
    ("nb05.q5", "rows moved"): """
def my_other(frame):
    return np.random.default_rng(1).permutation(frame, axis=0)
""",
    ("nb05.q5", "rows left as they were"): """
def my_other(frame):
    changed = frame.copy()
    changed[0] = changed[0, ::-1]
    return changed
""",
    ("nb05.q6", "another input"): VECTORS
    + """
my_model = sfx.build_rwd_cnn(360)
""",
    ("nb05.q6", "untrained"): """
my_model = sfx.build_rwd_cnn(filters=(8, 8, 8))
""",
    ("nb05.q6", "labels inverted"): VECTORS
    + """
my_model = counting(x, ~y, 0.1)
""",
    ("nb05.q6", "threshold off"): VECTORS
    + """
height = x / x.mean(axis=1, keepdims=True) - 1
size = np.where(height > 0.1, height, 0).mean(axis=1)
my_model = counting(x, y & (size > np.median(size[y])), 0.1)
""",
    ("nb05.q6", "trained without them"): VECTORS
    + """
x, y = frames("LN83", "rwd")
my_model = counting(x, y, 0.3)
""",
    ("nb05.q6", "overfitted"): VECTORS
    + """
my_model = linear(x, y)
""",
    ("nb05.q6", "one answer to every frame"): VECTORS
    + """
my_model = constant((720,))
""",
    ("nb05.q6", "below the mark"): VECTORS
    + """
my_model = counting(x, y, 1.6)
""",
}
