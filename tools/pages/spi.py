"""docs/spi.md: the twin of single particles beside theory, its kinds of shots, and the claims."""

from statistics import fmean

import numpy as np
from scipy.integrate import quad

import sfxtutor as sfx
from sfxtutor.beyond.claims_particles import CNN, MERGED, SPECTRUM, TURNED, merges, of
from sfxtutor.beyond.particles import STEPS
from sfxtutor.runs.spi.detector import Detector
from sfxtutor.runs.spi.particle import ball
from sfxtutor.runs.spi.shot import ELECTRON_RADIUS, KINDS, Part, Setup, Shot, expected, scattered

from ..twin_points import near
from .markdown import table
from .twin import points

RADIUS = 35.0  # nm, of the sphere that is compared with theory


def values():
    """What the template says; frames of the twin are simulated for it."""
    run, rows = sfx.open_run("PR772"), sfx.particle_rows()
    return {
        "setup": run.setup, "detector": run.setup.detector,
        "edge": run.setup.detector.q_of(run.setup.detector.shape[1] / 2),
        "points": points(physics(run)), "kinds": kinds(run),
        "claims": sfx.particle_claims(rows), "control": control(rows), "merged": merged(rows),
        "steps": STEPS, "seeds": sorted({row["seed"] for row in rows}),
    }  # fmt: skip


def physics(run):
    """Points of comparison with theory: list of `Point`."""
    bare = Setup(detector=Detector(gap=0, hole=0), flat=0.0, halo=0.0)
    detector, parts = bare.detector, sphere()
    light = scattered(bare, parts, 1e5)
    inside = detector.radius[detector.mask] <= 50
    shot = Shot(parts, 0.3, 1.0, 1.0)
    mean = expected(run.setup, shot)
    counts = np.random.default_rng(0).poisson(mean, (200, len(mean)))
    bright = mean > 0.05
    picture = np.log(detector.frame(light))
    near_beam = detector.radius < 25
    friedel = np.corrcoef(picture[near_beam], picture[::-1, ::-1][near_beam])[0, 1]
    return [
        near("photons of a sphere within 50 pixels", light[inside].sum(), in_theory(bare), 0.01),
        near("q R of its first dark ring", RADIUS * dark_ring(detector, light), 4.493, 0.03),
        near(
            "variance / mean of the counts", np.mean(counts.var(0)[bright] / mean[bright]), 1, 0.02
        ),
        near("Friedel: correlation of opposite sides, inner 25 pixels", friedel, 1, 0.02),
        near("fitted radius of singles, median (nm)", fitted(run), run.setup.radius, 0.02),
    ]


def sphere():
    return (Part("ellipsoid", np.full(3, RADIUS), np.eye(3), np.zeros(3)),)


def in_theory(setup):
    """Photons that a sphere scatters within 50 pixels, from its cross section."""
    k = 2 * np.pi / setup.detector.wavelength
    electrons = setup.density * 4 / 3 * np.pi * RADIUS**3
    part = quad(lambda q: ball(q * RADIUS) ** 2 * 2 * np.pi * q / k**2, 0, setup.detector.q_of(50))[
        0
    ]
    return 1e5 * ELECTRON_RADIUS**2 * electrons**2 * part


def dark_ring(detector, light):
    """q of the first dark ring, from the mean of each ring of half a pixel, 1/nm."""
    away = detector.radius[detector.mask]
    number = np.round(2 * away).astype(int)
    mean = np.bincount(number, light) / np.maximum(np.bincount(number), 1)
    at = np.arange(12, 40)
    return detector.q_of(at[np.argmin(mean[at])] / 2)


def fitted(run):
    rings, singles = sfx.rings_of(run), np.flatnonzero(run.kinds == "single")
    radius, _ = sfx.size_fit(rings.sums(sfx.photons(run, singles)), rings)
    return np.median(radius)


def kinds(run, number=60):
    """Each kind of shot: its share and the photons on the detector."""
    lines = []
    for kind, share in zip(KINDS, run.setup.shares, strict=True):
        frames = sfx.photons(run, np.flatnonzero(run.kinds == kind)[:number])
        low, middle, high = np.percentile(frames.sum(axis=(1, 2)), (5, 50, 95))
        lines.append((kind, f"{100 * share:.0f} %", f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"))
    return table(("kind", "share", "photons, median (5 to 95 %)"), lines)


def control(rows):
    """Hits at 95 % specificity with the usual steps and with twice as many, on the same labels."""
    lines = []
    for method in (SPECTRUM, CNN, TURNED):
        for twice in of(rows, f"{method}, twice the steps"):
            [once] = [row for row in of(rows, method) if row["seed"] == twice["seed"]]
            found = [sfx.rate_text(r["hits_at_95"], r["hits_total"]) for r in (once, twice)]
            lines.append((method, twice["seed"], *found, f"{once['auc']:.3f}, {twice['auc']:.3f}"))
    header = ("method", "seed", "recall at 95 % specificity", "twice the steps", "AUC of both")
    return table(header, lines)


def merged(rows):
    """R-factor of each merged set, mean of the seeds and its range."""
    shots = {row["set"]: row["shots"] for row in rows if row["method"] == MERGED}
    lines = [
        (name, shots[name], f"{fmean(found):.3f} ({min(found):.3f} to {max(found):.3f})")
        for name, found in merges(rows).items()
    ]
    return table(("merged", "shots", "R-factor, mean and range of the seeds"), lines)
