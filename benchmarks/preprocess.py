"""Time the fused preprocessing beside the plain one, in one run, on one core.

    python benchmarks/preprocess.py [repeats]

"plain" is `rwd(lcn(gcn(crop)))` as the lesson teaches it; "bare" is the same arithmetic in SciPy
without any check of the input.  Each time is the least of all repeats, ms a frame, because other
work on the machine only ever adds to it; the ways take turns, so that it adds to all alike.
"""

import sys
import time

import numpy as np
from scipy import ndimage

from sfxtutor.kernels import count_spots, fast_binned, fast_pair, fast_rwd
from sfxtutor.preprocess import bin_max, find_spots, gcn, lcn, rwd

SIZE = 724  # pixels


def noise(seed=0, slope=0.9):
    """Water-like background of 3000 ADU, variance / mean 0.27, falling off with radius."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    mean = 3000 * (1.2 - slope * np.hypot(y, x) / SIZE)
    image = mean + np.sqrt(0.27 * mean) * rng.standard_normal(mean.shape)
    return np.rint(image).astype(np.uint16)


def hit(seed=0, spots=100):
    """The same with spots of 3 x 3 pixels, 200 to 5000 ADU high."""
    rng, frame = np.random.default_rng(seed), noise(seed).astype(float)
    profile = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    for y, x in rng.integers(0, SIZE - 2, (spots, 2)):
        frame[y : y + 3, x : x + 3] += rng.uniform(200, 5000) * profile
    return frame.astype(np.uint16)


def bare_lcn(crop):
    x = (crop - crop.mean()) / crop.std()
    mean = ndimage.uniform_filter(x, 5)[2:-2, 2:-2]
    variance = ndimage.uniform_filter(x * x, 5)[2:-2, 2:-2] - mean**2
    return (x[2:-2, 2:-2] - mean) / np.maximum(np.sqrt(np.maximum(variance, 0)), 1)


def least_times(ways, crop, repeats):
    """Least time of each way, ms: {name: time}."""
    times = dict.fromkeys(ways, np.inf)
    for way in ways.values():
        way(crop)  # compiled, and in the cache
    for _ in range(repeats):
        for name, way in ways.items():
            for _ in range(1 if name.startswith(("plain", "bare")) else 10):
                began = time.perf_counter()
                way(crop)
                times[name] = min(times[name], 1e3 * (time.perf_counter() - began))
    return times


WAYS = {
    "RWD": {
        "plain": lambda crop: rwd(lcn(gcn(crop))),
        "bare": lambda crop: np.ptp(bare_lcn(crop), axis=1),
        "fused": fast_rwd,
    },
    "binned 2 x 2": {
        "plain": lambda crop: bin_max(lcn(gcn(crop))),
        "bare": lambda crop: bare_lcn(crop).reshape(360, 2, 360, 2).max((1, 3)),
        "fused": fast_binned,
        "fused, and RWD": fast_pair,
    },
    "spots": {"plain": find_spots, "fused": count_spots},
}


def main(repeats):
    frames = {"hit": hit(), "noise": noise(), "noise, no gradient": noise(slope=0)}
    print(f"{'':14}{'':20}{'':18}{'ms':>8}{'plain /':>10}{'bare /':>10}")
    for task, ways in WAYS.items():
        for name, crop in frames.items():
            times = least_times(ways, crop, repeats)
            for way, ms in times.items():
                ratios = [f"{times[k] / ms:10.1f}" for k in ("plain", "bare") if k in times]
                print(f"{task:14}{name:20}{way:18}{ms:8.2f}{''.join(ratios)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
