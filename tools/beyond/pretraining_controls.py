"""Controls of lesson 10: what small frames cost, and whether longer training would change much."""

import numpy as np

from sfxtutor.beyond import pretraining as beyond

from .pretraining import CONTRASTIVE_STEPS, GAN_STEPS, STEPS, TESTED, Bench, load

RUNS = ("LN84",)
BUDGETS = {50: 2, 200: 2}  # labels: draws of them


def rows(seed):
    """Rows of the controls: list of dict."""
    found = []
    for name in RUNS:
        bench = Bench(name, load(name), seed)
        larger(bench)
        longer(bench)
        found += bench.rows
    return found


def larger(bench):
    """From scratch on frames of 180 x 180, that are not binned again."""
    x, tested = (
        beyond.small_frames(np.asarray(part.images[:TESTED]), 180)
        for part in (bench.frames.seen, bench.frames.tested)
    )
    method = "small CNN from scratch, pooled, 180 x 180"
    bench.trained(
        method, lambda: beyond.build_small_cnn(180), x, tested, draws=bench.draws(budgets=BUDGETS)
    )


def longer(bench):
    """From scratch with twice the steps; GAN and contrastive learning with three times as many."""
    bench.from_scratch(
        "small CNN from scratch, pooled, twice the steps", beyond.build_small_cnn,
        steps=2 * STEPS, draws=bench.draws(budgets=BUDGETS),
    )  # fmt: skip
    gan = beyond.Gan(bench.seed)
    gan.train(bench.frames.small, 3 * GAN_STEPS, seed=bench.seed)
    bench.heads("GAN base, three times the steps", gan.encoder)
    encoder, _ = beyond.train_contrastive(bench.frames.small, 3 * CONTRASTIVE_STEPS, bench.seed)
    bench.heads("contrastive base, three times the steps", encoder)
