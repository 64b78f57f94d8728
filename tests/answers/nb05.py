WRONG = {
    ("nb05.q1", "axis swapped"): """
def my_rwd(frames):
    return np.ptp(frames, axis=frames.ndim - 2)
""",
    ("nb05.q1", "maximum alone"): """
def my_rwd(frames):
    return np.max(frames, axis=-1)
""",
}
