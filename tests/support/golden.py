"""The numbers that each stage gives for a few frames, kept in golden.json.

A stage has a VERSION, of which the names of all caches are made. Where its numbers change, VERSION
is to be raised, so that nobody is answered with old ones. Then write golden.json anew:

    python tests/support/golden.py
"""

import json
import sys
import tempfile
import warnings
import zlib
from importlib import import_module
from pathlib import Path

import h5py
import numpy as np
from fabio.cbfimage import CbfImage
from minifiles import ArrayRun, make_idh5

FILE = Path(__file__).with_name("golden.json")
RUNS = ("LN83", "LN84", "LO19")


def crc(array):
    """A checksum of an array's shape, type and bytes: str, for numbers that are exact."""
    array = np.ascontiguousarray(array)
    head = f"{array.shape} {array.dtype.str}".encode()
    return f"{zlib.crc32(array.tobytes(), zlib.crc32(head)):08x}"


def summary(array, blocks=6):
    """Shape, and sums over a grid of blocks: numbers that a rounding elsewhere hardly moves."""
    array = np.asarray(array, float)
    for axis in range(array.ndim):
        edges = np.linspace(0, array.shape[axis], min(blocks, array.shape[axis]) + 1).astype(int)
        array = np.add.reduceat(array, edges[:-1], axis=axis)
    return array.ravel().tolist()


def frame(seed=0, size=130):
    """A frame of noise on a slope, with spots: (size, size) uint16, ADU."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size))
    image = rng.normal(2000 + 4 * y + 3 * x, 25)
    for row, column in rng.integers(5, size - 5, (12, 2)):
        image[row - 1 : row + 2, column - 1 : column + 2] += 900
    return image.astype(np.uint16)


def reading():
    """Frames, crops and masks of small files with every kind of pixel."""
    from sfxtutor.runs.open import open_run

    rng, found = np.random.default_rng(0), {}
    pixels = rng.integers(0, 5000, (3, 740, 750))
    nasty = pixels.astype(np.float32) + 0.4
    nasty[:, 3, 4], nasty[:, 5, 6], nasty[1, 7, 8], nasty[:, 9, 9] = np.nan, -7, 8e4, np.inf
    signed = pixels.astype(np.int32)
    signed[:, 10:20], signed[0, 30, 30], signed[:, 40, 40] = -1, -2, 70_000
    flagged = pixels.astype(np.uint32)
    flagged[:, :, 100:110], flagged[1, 0, 0] = 2**32 - 1, 65_536
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each tells of pixels that are changed
        for path in _files(Path(folder), pixels.astype(np.uint16), nasty, signed, flagged):
            with open_run(path) as run:
                good = np.ones(run.card.shape, bool) if run.mask is None else run.mask
                images = [crc(run[i]) for i in range(len(run))] + [crc(run.crop(0))]
                found[path.name] = [*images, crc(good), str(run.card.beam_center)]
    return found


def _files(folder, pixels, nasty, signed, flagged):
    """Write one file of each format, and CXI files of each type: yields their paths."""
    geometry = {"PIXEL_SIZE": 0.177, "BEAM_CENTER_X": 65.0, "BEAM_CENTER_Y": 66.0}
    yield make_idh5(folder / "plain.h5", {"run_0": pixels}, **geometry)
    yield make_idh5(folder / "trusted.h5", {"run_0": signed}, MIN_TRUSTED_VALUE=-1)
    for name, data in (("floats", nasty), ("signed", signed), ("flagged", flagged)):
        with h5py.File(folder / f"{name}.cxi", "w") as file:
            file["cxi_version"] = 160
            file["entry_1/data_1/data"] = data
        yield folder / f"{name}.cxi"
    with h5py.File(folder / "nexus.nxs", "w") as file:
        file.create_group("entry").attrs["NX_class"] = "NXentry"
        file.create_group("entry/data").attrs["NX_class"] = "NXdata"
        file["entry/data/data"] = signed
    yield folder / "nexus.nxs"
    CbfImage(data=signed[0]).write(str(folder / "one.cbf"))
    yield folder / "one.cbf"


def twin():
    """Central crops, spots and visible spots of a hit, a maybe and a miss of each twin."""
    from sfxtutor.runs.twin.run import SETUPS

    return {f"{reading} {key}": found for reading in SETUPS for key, found in _twins(reading)}


def _twins(reading):
    from sfxtutor.runs.twin.run import TwinRun

    for name in RUNS:
        run = TwinRun(name, reading=reading)
        for label in ("HIT", "MAYBE", "MISS"):
            i = int(np.flatnonzero(run.labels == label)[0])
            spots, visible = run.spots(i)
            numbers = [i, len(spots), int(visible.sum()), float(spots["photons"].sum())]
            yield f"{name} {label}", numbers + summary(run.crop(i))
        yield f"{name} whole", [*summary(run[0], 3), int(run.mask.sum())]


def single_particles():
    """Mean photons of a shot of each kind of the second twin, before they are counted."""
    from sfxtutor.runs.spi.run import SpiRun
    from sfxtutor.runs.spi.shot import KINDS, expected

    run, found = SpiRun(0), {}
    for kind in KINDS:
        i = int(np.flatnonzero(run.kinds == kind)[0])
        mean = run.setup.detector.frame(expected(run.setup, run.drawn(i)))
        found[kind] = [i, *summary(mean), int(run.mask.sum())]
    return found


def preprocessing():
    """Every step on one frame, by the plain and by the fast path, and what `prepare` keeps."""
    import sfxtutor as sfx

    raw, mask = frame(), np.ones((130, 130), bool)
    mask[50:54, 60:63] = False
    normal, masked = sfx.lcn(sfx.gcn(raw)), sfx.lcn(sfx.gcn(raw, mask), mask=mask)
    big = np.tile(frame(1, 185), (4, 4))[:726, :728]
    with tempfile.TemporaryDirectory() as folder:
        prepared = sfx.prepare(ArrayRun(big[None]), 4, folder, progress=False)
        kept = [*summary(prepared.rwd), *summary(prepared.images), *prepared.spots.tolist()]
    return {
        "crop": summary(sfx.center_crop(big)),
        "gcn": summary(np.abs(sfx.gcn(raw, mask))),
        "lcn": summary(np.abs(normal)) + summary(np.abs(masked)),
        "lcn, jarrett": summary(np.abs(sfx.lcn(sfx.gcn(raw), method="jarrett"))),
        "rwd": summary(sfx.rwd(normal)) + summary(sfx.fast_rwd(raw, mask)),
        "binned": summary(sfx.bin_max(normal, 2)) + summary(sfx.fast_binned(raw, 3, mask)),
        "spots": [*summary(sfx.find_spots(raw, mask=mask)["intensity"]), len(sfx.find_spots(raw)),
                  sfx.count_spots(raw), sfx.count_spots(raw, 1.0, mask=mask)],
        "prepared": kept,
    }  # fmt: skip


def labelled(n, seed):
    """Small images (n, 32, 32) and labels."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3 == 0
    x = rng.normal(size=(n, 32, 32)).astype(np.float32)
    x[y, 10:12, 10:12] += 4
    return x, y


def training():
    """Losses and predictions of a small network after two epochs."""
    import sfxtutor as sfx

    sfx.set_seed(3)
    model = sfx.build_cnn((32, 32, 1), filters=(4, 4), dense=(8,))
    history = sfx.fit(
        model, *labelled(60, 0), labelled(30, 1), sfx.Training(2, cache=False), title=None
    )
    numbers = [*history.loss, *history.val_loss, history.best_epoch]
    return {"fit": numbers + sfx.predict(model, labelled(6, 2)[0]).tolist()}


def dann():
    """The same of a small DANN."""
    import sfxtutor as sfx

    sfx.set_seed(3)
    model = sfx.Dann(sfx.build_cnn((32, 32, 1), filters=(4, 4), dense=(8,)), dense=(8,))
    (x, y), target = labelled(60, 0), labelled(60, 5)[0]
    validation = *labelled(30, 1), labelled(30, 6)[0]
    history = sfx.fit_dann(
        model, x, y, target, validation, sfx.Training(2, cache=False), title=None
    )
    numbers = [*history.loss, *history.domain_loss, *history.domain_val_loss, history.best_epoch]
    return {"fit_dann": numbers + sfx.predict(model.cnn("target"), target[:6]).tolist()}


def bad_pixels():
    """Dark and stuck pixels of a few crops."""
    from sfxtutor.beamline.model.bad_pixels import dark_pixels, good_in_frames, stuck_pixels

    crops = [frame(seed) for seed in range(5)]
    for crop in crops:
        crop[:, 40:44], crop[7, 7], crop[90, 91] = 0, 0, 60_000
    found = {"dark": dark_pixels(crops), "stuck": stuck_pixels(crops)}
    found["good in frames"] = good_in_frames(crops).good
    return {name: crc(pixels) for name, pixels in found.items()}


def peaks():
    """The peaks of frames with a steep background, and what the network is told of them."""
    from sfxtutor.fast.peaks import View, describe

    found = {}
    for name, view in (("frame", None), ("panels", View(1900, 3500, 65)),
                       ("centre", View(centre=(40.5, 70.2)))):  # fmt: skip
        features, places = describe(frame(2), view=view)
        found[name] = [*summary(features), *summary(places), len(places)]
    return found


def detectors():
    """Frames of an imaginary detector of each kind, and the visible spots in them."""
    from sfxtutor.beamline.model.detectors import KINDS, frames

    return {kind: list(_shots(frames(7, 2, kind))) for kind in KINDS}


def _shots(shots):
    for shot in shots:
        image = np.where(shot.mask, shot.image, 0)
        yield [*summary(image, 3), int(shot.mask.sum()), shot.height, *summary(shot.spots, 4)]


def beamlines():
    """What the screening model sees of two imaginary beamlines."""
    from sfxtutor.beamline.model.train import simulate_beamline

    found = {}
    for seed in (1, 4):
        seen = simulate_beamline(seed)
        found[str(seed)] = [*summary(seen["x"]), *seen["spots"].tolist(), *seen["hit"].tolist()]
    return found


STAGES = {  # name: (module with its VERSION, its numbers, how far they may differ, relative)
    "reading": ("sfxtutor.runs.files.run", reading, 0),
    "twin": ("sfxtutor.runs.twin.run", twin, 1e-6),
    "single particles": ("sfxtutor.runs.spi.run", single_particles, 1e-4),
    "preprocessing": ("sfxtutor.preprocess", preprocessing, 1e-4),
    "training": ("sfxtutor.training", training, 0.01),
    "dann": ("sfxtutor.dann", dann, 0.01),
    "bad pixels": ("sfxtutor.beamline.model.bad_pixels", bad_pixels, 0),
    "peaks": ("sfxtutor.fast.peaks", peaks, 1e-4),
    "detectors": ("sfxtutor.beamline.model.detectors", detectors, 1e-4),
    "beamlines": ("sfxtutor.beamline.model.beamlines", beamlines, 1e-4),
}


def version(stage):
    """The VERSION of a stage, as it is now: int."""
    return import_module(STAGES[stage][0]).VERSION


def differences(stage, numbers, golden):
    """Names of what a stage gives otherwise than it did: list of str."""
    tolerance = STAGES[stage][2]
    names = sorted({*numbers, *golden})
    return [name for name in names if not _same(numbers.get(name), golden.get(name), tolerance)]


def _same(a, b, tolerance):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(*pair, tolerance) for pair in zip(a, b, strict=True))
    if isinstance(a, str) or isinstance(b, str) or None in (a, b):
        return a == b
    return bool(np.isclose(a, b, rtol=tolerance, atol=tolerance))


def judge(stage, kept):
    """What is wrong with a stage, in a sentence; "" if its numbers are those that are kept.

    Parameters
    ----------
    kept : dict
        "version" and "numbers", as in golden.json.
    """
    module, compute, _ = STAGES[stage]
    if version(stage) != kept["version"]:
        return f"VERSION of {module} was raised: run python tests/support/golden.py"
    other = differences(stage, json.loads(json.dumps(compute())), kept["numbers"])
    if other:
        return (
            f"the numbers of {stage} have changed ({', '.join(other)}): raise VERSION in {module}"
        )
    return ""


def main():
    """Write golden.json anew; what has changed under its old VERSION is refused."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    for stage, (_, compute, _) in STAGES.items():
        said = judge(stage, kept[stage]) if stage in kept else ""
        if "have changed" in said:
            sys.exit(said)
        if said or stage not in kept:
            kept[stage] = {"version": version(stage), "numbers": compute()}
            print(f"{stage}: written")
    FILE.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
