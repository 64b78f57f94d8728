WRONG = {
    ("nb02.q1", "offsets swapped"): """
def my_crop(frames, size):
    y, x = frames.shape[-1], frames.shape[-2]
    top, left = (y - size) // 2, (x - size) // 2
    return frames[..., top : top + size, left : left + size]
""",
    ("nb02.q1", "corner, not centre"): """
def my_crop(frames, size):
    rows = np.arange(size)
    return frames[..., rows[:, None], rows]
""",
    ("nb02.q1", "end taken for a length"): """
def my_crop(frames, size):
    rows, columns = frames.shape[-2:]
    return frames[..., (rows - size) // 2 : size, (columns - size) // 2 : size]
""",
    ("nb02.q1", "stack cropped as a frame"): """
def my_crop(frames, size):
    rows, columns = frames.shape[:2]
    top, left = (rows - size) // 2, (columns - size) // 2
    return frames[top : top + size, left : left + size]
""",
    ("nb02.q2", "whole set at once"): """
def my_gcn(frames):
    return (frames - np.mean(frames)) / np.std(frames)
""",
    ("nb02.q2", "first axis"): """
def my_gcn(frames):
    mean, std = np.mean(frames, 0), np.std(frames, 0)
    return (frames - mean) / std
""",
    ("nb02.q2", "mean alone"): """
def my_gcn(frames):
    return frames - frames.mean((-1, -2))[..., None, None]
""",
    ("nb02.q2", "variance for spread"): """
def my_gcn(frames):
    mean = frames.mean((-1, -2), keepdims=True)
    spread = ((frames - mean) ** 2).mean((-1, -2), keepdims=True)
    return (frames - mean) / spread
""",
    ("nb02.q3", "no floor"): """
def my_lcn(frame):
    return sfx.lcn(frame, floor=0)
""",
    ("nb02.q3", "floor added"): """
def my_lcn(frame):
    out = np.zeros((frame.shape[0] - 4, frame.shape[1] - 4))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            window = frame[y : y + 5, x : x + 5]
            out[y, x] = (window[2, 2] - window.mean()) / (1 + window.std())
    return out
""",
    ("nb02.q3", "ceiling, not floor"): """
def my_lcn(frame):
    out = np.zeros((frame.shape[0] - 4, frame.shape[1] - 4))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            window = frame[y : y + 5, x : x + 5]
            out[y, x] = (window[2, 2] - window.mean()) / min(window.std(), 1)
    return out
""",
    ("nb02.q3", "pixel beside its window"): """
def my_lcn(frame):
    out = np.zeros((frame.shape[0] - 4, frame.shape[1] - 4))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            window = frame[y : y + 5, x : x + 5]
            out[y, x] = (frame[y + 4, x + 4] - window.mean()) / max(window.std(), 1)
    return out
""",
    ("nb02.q3", "variance for spread"): """
def my_lcn(frame):
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
    return (frame[2:-2, 2:-2] - windows.mean((2, 3))) / np.maximum(windows.var((2, 3)), 1)
""",
    ("nb02.q3", "spread of the whole frame"): """
def my_lcn(frame):
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
    return (frame[2:-2, 2:-2] - windows.mean((2, 3))) / max(frame.std(), 1)
""",
    ("nb02.q4", "mean of the block"): """
def my_bin(frame, bin):
    total = sum(frame[i::bin, j::bin] for i in range(bin) for j in range(bin))
    return total / bin**2
""",
    ("nb02.q4", "one pixel of each block"): """
def my_bin(frame, bin):
    return np.array([[frame[y, x] for x in range(0, frame.shape[1], bin)]
                     for y in range(0, frame.shape[0], bin)])
""",
    ("nb02.q4", "blocks mixed up"): """
def my_bin(frame, bin):
    shape = frame.shape[0] // bin, frame.shape[1] // bin
    return frame.reshape(*shape, bin**2).max(axis=-1)
""",
    ("nb02.q5", "follows the pulse energy"): """
def my_score(frame):
    return frame.mean()
""",
    ("nb02.q5", "follows the background's shape"): """
def my_score(frame):
    return frame.max() / frame.mean()
""",
    ("nb02.q5", "same score for many"): """
def my_score(frame):
    image = sfx.lcn(sfx.gcn(frame))
    bright = image > 2.5
    return np.count_nonzero(bright)
""",
    ("nb02.q5", "spots no higher than noise"): """
def my_score(frame):
    x = (frame - frame.mean()) / frame.std()
    windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5))
    return ((x[2:-2, 2:-2] - windows.mean((2, 3))) / windows.std((2, 3))).max()
""",
    ("nb02.q3", "zero where it is quiet"): """
def my_lcn(frame):
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
    mean, spread = windows.mean(axis=(-1, -2)), windows.std(axis=(-1, -2))
    return np.where(spread >= 1, (frame[2:-2, 2:-2] - mean) / spread, 0)
""",
    ("nb02.q3", "mean left in"): """
def my_lcn(frame):
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
    return frame[2:-2, 2:-2] / np.maximum(windows.std(axis=(-1, -2)), 1)
""",
    ("nb02.q3", "median for mean"): """
def my_lcn(frame):
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5)).reshape(
        frame.shape[0] - 4, frame.shape[1] - 4, 25
    )
    middle = windows[..., 12] - np.median(windows, axis=-1)
    return middle / np.maximum(windows.std(axis=-1), 1)
""",
    ("nb02.q3", "sample standard deviation"): """
def my_lcn(frame):
    windows = np.lib.stride_tricks.sliding_window_view(frame, (5, 5))
    std = np.std(windows, axis=(2, 3), ddof=1)
    return (frame[2:-2, 2:-2] - windows.mean(axis=(2, 3))) / np.maximum(std, 1)
""",
}
