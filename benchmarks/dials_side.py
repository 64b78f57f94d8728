"""Run by DIALS' own Python, not by this package's: spots of each frame, as JSON.

python dials_side.py refl FILE.refl FRAMES              counts of a result of dials.find_spots
python dials_side.py arrays FILE.h5 GAIN THRESHOLD      its algorithm alone, on frames in memory
"""

import json
import sys
import time


def counts_of(path, frames):
    """Spots of each frame in a .refl file: list of int."""
    from dials.array_family import flex

    numbers = list(flex.reflection_table.from_file(path)["id"])
    counts = [0] * frames
    for number in numbers:
        counts[number] += 1
    return {"counts": counts}


def in_memory(path, gain, threshold):
    """Counts and time, ms a frame, of threshold and connected pixels alone, without any file."""
    import h5py
    import numpy as np
    from dials.algorithms.image.threshold import DispersionThreshold
    from dials.array_family import flex
    from dials.model.data import PixelList, PixelListLabeller

    with h5py.File(path, "r") as file:
        frames = file["entry/data/data"][()].astype(np.int32)
        good = flex.bool(file["entry/instrument/detector/pixel_mask"][()] == 0)
    images = [flex.int(frame).as_double() for frame in frames]
    shape = images[0].all()
    gains = flex.double(images[0].accessor(), gain)
    find = DispersionThreshold(shape, (3, 3), 6.0, 3.0, threshold, 2)

    def count(image):
        strong = flex.bool(flex.grid(shape))
        find(image, good, gains, strong)
        labeller = PixelListLabeller()
        labeller.add(PixelList(0, image, strong))
        return int((np.bincount(np.array(labeller.labels_2d(), int)) >= 3).sum())

    counts = [count(image) for image in images]
    began = time.perf_counter()
    for image in images:
        count(image)
    return {"counts": counts, "ms": 1e3 * (time.perf_counter() - began) / len(images)}


if __name__ == "__main__":
    if sys.argv[1] == "refl":
        print(json.dumps(counts_of(sys.argv[2], int(sys.argv[3]))))
    else:
        print(json.dumps(in_memory(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))))
