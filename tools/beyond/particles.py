"""Lesson 12: single particles from label budgets, and what false ones do to a merged intensity.

Of some of the 2,000 frames of the run, drawn at random, the labels are used; all methods get the
same draws and are tested on the same further frames.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

import sfxtutor as sfx
from sfxtutor.beyond import assembly, particles
from sfxtutor.beyond.claims_particles import (
    CNN,
    FALSE_SHARE,
    MERGED,
    PHOTONS,
    PROFILE,
    SIZE,
    SPECTRUM,
    TURNED,
)
from sfxtutor.paper.claims import FURTHER
from tools.study.networks import Scored
from tools.study.rows import further_row

from .pretraining import TruthOf

NAME = "PR772"
BUDGETS = (100, 200, 400, 1000)
OF_IMAGES = (200, 1000)  # the same of the 2D CNNs, which take longer
CONTROL = 200  # labels of the control with twice the steps
RECALL = 0.8  # at which false singles are counted
ORIENTATIONS = 600
COMPILED = {}  # a `Retraining` for each method: compiling takes as long as a training


class Frames(NamedTuple):
    """Frames as the methods see them, first those whose labels may be used, then those tested.

    `x` maps a method to its inputs; `kinds`, `sums` and `rings` are of the merge.
    """

    truth: np.ndarray
    tested_truth: np.ndarray
    x: dict
    tested: dict
    kinds: np.ndarray
    sums: np.ndarray
    rings: particles.Rings
    card: sfx.Card


@cache
def load():
    """`Frames` of the run of seed 0."""
    run = sfx.open_run(NAME)
    more = run.further(FURTHER)
    rings = particles.rings_of(run)
    (x, _), (tested, sums) = (inputs(part, rings) for part in (run, more))
    for method in (SPECTRUM, PROFILE):
        mean, spread = x[method].mean(axis=0), x[method].std(axis=0) + 1e-6
        x[method], tested[method] = ((z[method] - mean) / spread for z in (x, tested))
    truth, tested_truth = (sfx.is_positive(part.labels) for part in (run, more))
    return Frames(truth, tested_truth, x, tested, more.kinds, sums, rings, run.card)


def inputs(run, rings):
    """What each method sees of a run's frames: a dict; and the photons in the bins of the rings."""
    images, sums = [], []
    for start in range(0, len(run), 500):
        frames = particles.photons(run, range(start, min(start + 500, len(run))))
        images.append(particles.particle_images(frames, run))
        sums.append(rings.sums(frames))
    images, sums = np.concatenate(images), np.concatenate(sums)
    spectrum = particles.angular_spectrum(sums, rings)
    radius, _ = particles.size_fit(sums, rings)
    x = {SPECTRUM: spectrum.reshape(len(sums), -1), PROFILE: spectrum[..., 0], CNN: images,
         TURNED: images, SIZE: radius, PHOTONS: sums.sum(axis=(1, 2))}  # fmt: skip
    return x, sums


def rows(seed):
    """Rows of all methods and budgets, then those of the merged intensities: list of dict."""
    frames, found = load(), []
    for labels in BUDGETS:
        chosen = particles.draw_labelled(frames.truth, labels, seed)
        networks = (SPECTRUM, PROFILE) + ((CNN, TURNED) if labels in OF_IMAGES else ())
        for method in networks:
            found.append(scored(frames, method, chosen, seed))
        for method in (SIZE, PHOTONS):
            found.append(ruled(frames, method, chosen, seed))
        print(f"seed {seed}: {labels} labels", flush=True)
    chosen = particles.draw_labelled(frames.truth, CONTROL, seed)
    for method in (SPECTRUM, CNN, TURNED):
        found.append(scored(frames, method, chosen, seed, times=2))
    return found + merged(frames, seed)


def builder(method, frames):
    """Function that builds the untrained network of a method."""
    if method in (CNN, TURNED):
        return lambda: particles.build_particle_cnn(method == TURNED)
    return lambda: particles.build_spectrum_net(frames.x[method].shape[1])


def scored(frames, method, chosen, seed, times=1):
    """The row of a network trained on the frames chosen, for so many times the usual steps."""
    key = method, times
    if key not in COMPILED:
        COMPILED[key] = sfx.Retraining(
            builder(method, frames), times * particles.STEPS, particles.BATCH, particles.RATE
        )
    model = COMPILED[key].fit(frames.x[method][chosen], frames.truth[chosen], seed)
    p = sfx.predict(model, frames.tested[method], 500)
    if times > 1:
        del COMPILED[key]  # its frames would fill the memory
    return row(frames, method if times == 1 else f"{method}, twice the steps", p, chosen, seed)


def ruled(frames, method, chosen, seed):
    """The row of a rule with one number: the distance from the median of the labelled singles."""
    x, truth = frames.x[method], frames.truth
    middle = np.median(x[chosen][truth[chosen]])
    score, tested = (-np.abs(np.log(z / middle)) for z in (x, frames.tested[method]))
    threshold = sfx.best_threshold(score[chosen], truth[chosen])
    threshold = float(np.nextafter(threshold, -np.inf))  # `called` asks for more than it
    return row(frames, method, tested, chosen, seed, threshold)


def row(frames, method, score, chosen, seed, threshold=0.5):
    """The row of scores of the tested frames."""
    truth = frames.tested_truth
    origin = {"seed": seed, "profile": "paper", "source": "twin"}
    about = Scored(method, NAME, "", NAME, {}, None, np.asarray(score), threshold)
    found = further_row(about, {NAME: TruthOf(truth)}, origin)
    lowest = np.sort(score[truth])[round((1 - RECALL) * truth.sum())]
    return found | {
        "run": NAME, "labels": len(chosen), "repeat": 0,
        "singles_labelled": int(frames.truth[chosen].sum()),
        "hits_at_80": int(np.sum(score[truth] >= lowest)),
        "kept_at_80": int(np.sum(score[~truth] >= lowest)),
    }  # fmt: skip


# --- the merged intensity


def merged(frames, seed):
    """R-factors of merged sets: 100 singles, half of them, and with false ones among them."""
    rng = np.random.default_rng((seed, 13))
    sums = frames.sums - frames.sums[frames.kinds == "empty"].mean(axis=0)
    singles = rng.permutation(np.flatnonzero(frames.kinds == "single"))[:100]
    others = rng.permutation(np.flatnonzero(~np.isin(frames.kinds, ("single", "empty"))))
    vectors = assembly.bin_vectors(frames.rings, frames.card)
    rotations = assembly.random_orientations(ORIENTATIONS, seed)
    radius = sfx.open_run(NAME).setup.radius
    expected = assembly.virus_slices(vectors, rotations, radius)
    sets = {"100 singles": singles, "50 singles": singles[:50]}
    for share in FALSE_SHARE:
        false = others[: round(100 * share / (1 - share))]
        sets[f"100 singles, {100 * share:.0f} % of all false"] = np.concatenate([singles, false])
    found = []
    for name, chosen in sets.items():
        part = np.maximum(sums[chosen], 0)
        turned = rotations[assembly.orient_shots(part, frames.rings, expected)]
        intensity = assembly.merge_shots(part, frames.rings, vectors, turned)
        r = assembly.r_factor(intensity, radius)
        found.append({"method": MERGED, "set": name, "shots": len(chosen), "seed": seed,
                      "r": [round(float(x), 5) for x in r], "profile": "paper", "source": "twin",
                      "run": NAME})  # fmt: skip
    return found
