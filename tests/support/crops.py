"""Crops on which a shortcut may fail: noise, hits, and spoiled ones."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

ATOL = 1e-4  # the design's
SIZE = 724


def noise(shape=(SIZE, SIZE), seed=0, level=3000):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    mean = level * (1.2 - 0.9 * np.hypot(y - shape[0] / 2, x - shape[1] / 2) / max(shape))
    image = mean + np.sqrt(0.27 * mean) * rng.standard_normal(shape)
    return np.clip(np.rint(image), 0, 65535).astype(np.uint16)


def hit(shape=(SIZE, SIZE), seed=0, spots=100):
    frame, rng = noise(shape, seed).astype(int), np.random.default_rng(seed)
    for y, x in rng.integers(0, np.array(shape) - 2, (spots, 2)):
        frame[y : y + 3, x : x + 3] += rng.integers(200, 5000, (3, 3))
    return np.clip(frame, 0, 65535).astype(np.uint16)


def spoil(kind):
    """Frames on which shortcuts fail."""
    frame, rng = noise(), np.random.default_rng(1)
    y, x = np.mgrid[:SIZE, :SIZE]
    match kind:
        case "hot pixel":
            frame[300, 300] = 65535
        case "hot pixels":
            frame[rng.random(frame.shape) < 0.001] = 65535
        case "saturated blocks with noise":
            frame[100:140, 200:260] = 65535 - rng.integers(0, 800, (40, 60))
            frame[500:507, 3:10] = 65535
        case "constant rows":
            frame[::3] = 100
            frame[40:60] = 65535
        case "constant but for a pixel":
            frame[:] = 65535
            frame[200, 500] = 65534
        case "gradient":
            frame = (90 * y).astype(np.uint16)
        case "grid":  # hundreds of equal candidates a row
            frame = np.where((y % 9 == 0) | (x % 11 == 0), 65535, 0).astype(np.uint16)
        case "stripes of rows":  # all differences of a row have one sign
            frame = np.where(y % 6 < 3, 60000, 500).astype(np.uint16) + rng.integers(
                0, 9, y.shape, dtype=np.uint16
            )
        case "checkers":
            frame = ((y // 6 + x // 6) % 2 * 60000 + rng.integers(0, 5000, y.shape)).astype("u2")
        case "uniform":
            frame = rng.integers(0, 65536, frame.shape, dtype=np.uint16)
    return frame


KINDS = (
    "hot pixel",
    "hot pixels",
    "saturated blocks with noise",
    "constant rows",
    "constant but for a pixel",
    "gradient",
    "grid",
    "stripes of rows",
    "checkers",
    "uniform",
)


def pixels():
    """Pixel values that are all alike, few, extreme or anything, of a small frame."""
    shapes = st.tuples(st.integers(5, 24), st.integers(5, 24))
    values = st.one_of(
        st.integers(0, 65535),
        st.integers(0, 3),
        st.integers(65532, 65535),
        st.sampled_from([0, 3000, 65535]),
    )
    return shapes.flatmap(lambda shape: values.flatmap(lambda v: frames_about(shape, v)))


def frames_about(shape, value):
    near = st.integers(max(value - 60, 0), min(value + 60, 65535))
    return arrays(np.uint16, shape, elements=st.one_of(near, st.integers(0, 65535)), fill=near)
