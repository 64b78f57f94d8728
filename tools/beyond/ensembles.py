"""Lesson 11: many networks, and labels made by machines, on the frames and draws of lesson 10.

Every training has the same number of steps, whatever its labels; snapshots go on for as many steps
as the members of an ensemble have together.
"""

import numpy as np

import sfxtutor as sfx
from sfxtutor.beyond import ensembles as many, pretraining, weak_labels as weak
from sfxtutor.runs.datasets import TWINS

from .pretraining import RATE, TESTED, Bench, load

STEPS = 400  # of every training, whatever its labels
THRESHOLDS = dict.fromkeys((10, 20, 50, 100, 200), 1)  # labels: draws of them for each seed
DRAWS = dict.fromkeys((20, 50, 100, 200), 1)  # the same, of labels that networks learn from
FEW, MOST = 50, 200  # labels of bagging and snapshots, and of stacking and errors
CHOSEN = (50, 100)  # labels, of which an ensemble chose those beyond the fewest of `DRAWS`
FOLDS = 3
CHECKED = 0.1  # share of the frames that a person could look at once more
LIMITS = (2, 4, 8, 16)  # spots from which a weak labeller calls a hit: a factor of 2 or 4 off
FLIPPED = 0.2  # share of wrong labels
MARKED = 50  # hits that were marked, where nobody marked a miss
PU_BATCH = 40  # of a positive-unlabelled training and its control: its loss is a mean of a batch
RWD, CNN = "RWD 1D CNN", "small CNN"
FIVE = f"{RWD}, {many.MEMBERS} members"
COMPILED = {}


def rows(seed):
    """Rows of all methods on each run: list of dict."""
    found = []
    for name in TWINS:
        bench = Ensembles(name, load(name), seed)
        bench.everything()
        found += bench.rows
        print(f"seed {seed}: {name}", flush=True)
    return found


def compiled(kind, **options):
    """A `Retraining` of that kind; compiling takes as long as a training."""
    key = kind, *options.items()
    if key not in COMPILED:
        build = sfx.build_rwd_cnn if kind == RWD else pretraining.build_small_cnn
        options = {"steps": STEPS, "learning_rate": RATE} | options
        COMPILED[key] = sfx.Retraining(build, **options)
    return COMPILED[key]


class Ensembles(Bench):
    """What is trained on one run with one seed, and the rows that it gives."""

    def __init__(self, name, frames, seed):
        super().__init__(name, frames, seed)
        self.first = 10 * seed  # of the members; no two seeds share one
        self.truth, self.spots = frames.truth, np.asarray(frames.seen.spots)
        self.x = {RWD: frames.seen.rwd, CNN: frames.small}
        self.tested = {RWD: frames.tested.rwd[:TESTED], CNN: frames.tested_small}
        self.weak = self.spots >= weak.RULE

    def everything(self):
        self.machine_labels()
        self.members()
        self.stacked()
        self.noisy()
        self.marked()

    def predict(self, model, kind=RWD):
        return sfx.predict(model, self.tested[kind], many.AT_ONCE)

    def row(self, method, p, labels, repeat=0, threshold=0.5, **more):
        self.add(method, p, labels, repeat, threshold)
        self.rows[-1] |= more

    def draw(self, labels, repeat=0):
        return pretraining.draw_labels(self.truth, labels, self.seed, repeat)

    # ---- no label

    def machine_labels(self):
        """The spot count as it is, and networks that learn from it."""
        tested = np.asarray(self.frames.tested.spots[:TESTED])
        for limit in LIMITS:
            self.row(f"spot count, {limit} or more", tested, 0, threshold=limit)
            labels = self.spots >= limit
            p = self.predict(compiled(RWD).fit(self.x[RWD], labels, self.first))
            self.row(f"{RWD}, weak labels from {limit} spots", p, 0, **self.quality(labels))
            if limit == weak.RULE:
                self.with_threshold("spot count", self.spots, tested)
                seen = sfx.predict(compiled(RWD).model, self.x[RWD], many.AT_ONCE)
                self.with_threshold(f"{RWD}, weak labels from {limit} spots", seen, p)
                self.seen = seen
        self.self_training()
        model = compiled(CNN).fit(self.x[CNN], self.weak, self.first)
        self.row(f"{CNN}, weak labels from {weak.RULE} spots", self.predict(model, CNN), 0)

    def self_training(self):
        """Networks that learn from what the one with weak labels says of the pool: `self.seen`."""
        labels = weak.by_share(self.seen, self.weak.mean())
        for name, share in (("surest", weak.SURE), ("all", 1.0)):
            used = weak.surest(self.seen, labels, share)
            model = compiled(RWD).fit(self.x[RWD][used], labels[used], self.first)
            self.row(f"{RWD}, self-training on {name} decisions", self.predict(model), 0)

    def quality(self, labels):
        """How right labels of the 2,000 frames are: a dict."""
        counts = sfx.count(self.truth, labels)
        return {"weak_hits": counts.hits_found, "weak_misses": counts.misses_found}

    def with_threshold(self, method, seen, tested):
        """A score that needs no label, with the threshold that labelled frames give."""
        for labels, repeat, chosen in self.draws(budgets=THRESHOLDS):
            threshold = sfx.best_threshold(seen[chosen], self.truth[chosen])
            if seen.dtype.kind == "f":  # a decision is p above it, not p from it on
                threshold = np.nextafter(threshold, np.float32(0))
            self.row(f"{method}, threshold from labels", tested, labels, repeat, threshold)

    # ---- many networks

    def members(self):
        """One network, the mean of several, bagging and snapshots, with labels at random."""
        for labels, repeat, drawn in self.draws(budgets=DRAWS):
            p = self.ensemble(drawn)
            if labels == min(DRAWS):
                self.active(drawn, p)
            tested = p[:, len(self.truth) :]
            self.row(f"{RWD}, one member", tested[0], labels, repeat)
            self.row(FIVE, tested.mean(axis=0), labels, repeat, **self.caught(tested))
        drawn = self.draw(FEW)
        learned = self.x[RWD][drawn], self.truth[drawn], self.tested[RWD]
        for name, make in (("bagging", many.bagging), ("snapshots", many.snapshots)):
            p = make(compiled(RWD), *learned, seed=self.first)
            self.row(f"{RWD}, {name}", p.mean(axis=0), FEW)
        drawn, longer = self.draw(MOST), compiled(RWD, steps=2 * STEPS)
        model = longer.fit(self.x[RWD][drawn], self.truth[drawn], self.first)
        self.row(f"{RWD}, twice the steps", self.predict(model), MOST)

    def active(self, chosen, p):
        """Goes on from labels at random and the members' p: the most uncertain frames are next."""
        pool = len(self.truth)
        for labels in CHOSEN:
            score = many.entropy(p[:, :pool].mean(axis=0))
            score[chosen] = -1  # has its label
            chosen = np.append(chosen, np.argsort(-score)[: labels - len(chosen)])
            p = self.ensemble(chosen)
            hits = int(self.truth[chosen].sum())
            tested = p[:, pool:].mean(axis=0)
            self.row(f"{FIVE}, most uncertain", tested, labels, labelled_hits=hits)

    def ensemble(self, drawn):
        """p of the pool and of the tested frames by networks with these labels: (members, n)."""
        both = np.concatenate([self.x[RWD], self.tested[RWD]])
        learned = self.x[RWD][drawn], self.truth[drawn]
        return many.members(compiled(RWD), *learned, both, seed=self.first)

    def caught(self, p):
        """How many errors of the mean lie among the most uncertain frames, by two measures."""
        mean, number = p.mean(axis=0), round(CHECKED * len(p[0]))
        wrong = (mean > 0.5) != self.frames.tested_truth
        orders = {"disagreement": many.disagreement(p), "entropy": many.entropy(mean)}
        found = {f"errors_by_{name}": int(wrong[np.argsort(-of)[:number]].sum())
                 for name, of in orders.items()}  # fmt: skip
        return {"errors": int(wrong.sum()), **found}

    def stacked(self, labels=MOST):
        """RWD, images and the spot count, put together by a regression on the same labels."""
        chosen = self.draw(labels)
        y, spots = self.truth[chosen], np.asarray(self.frames.tested.spots[:TESTED])
        learned, tested = [np.log1p(self.spots[chosen])], [np.log1p(spots)]
        p = {}
        for kind in (RWD, CNN):
            x = self.x[kind][chosen]
            out = many.out_of_fold(compiled(kind), x, y, FOLDS, self.first)
            p[kind] = self.predict(compiled(kind).fit(x, y, self.first), kind)
            learned.append(many.log_odds(out))
            tested.append(many.log_odds(p[kind]))
        self.row(CNN, p[CNN], labels)
        self.row("mean of RWD 1D CNN and small CNN", (p[RWD] + p[CNN]) / 2, labels)
        for name, columns in (("RWD, CNN, spots", [0, 1, 2]), ("RWD, CNN", [1, 2])):
            model = many.stack(np.stack(learned, axis=1)[:, columns], y)
            stacked = model.predict_proba(np.stack(tested, axis=1)[:, columns])[:, 1]
            self.row(f"stacking of {name}", stacked, labels)

    # ---- labels with errors, and labels of hits alone

    def noisy(self):
        """Labels of which some are wrong, before and after confident learning."""
        chosen, rng = self.draw(MOST), np.random.default_rng((self.seed, 11))
        x, y = self.x[RWD][chosen], self.truth[chosen]
        given = y.copy()
        given[rng.permutation(MOST)[: round(FLIPPED * MOST)]] ^= True
        p = many.out_of_fold(compiled(RWD), x, given, FOLDS, self.first)
        found, wrong = weak.label_errors(p, given), given != y
        report = {"errors": int(wrong.sum()), "flagged": int(found.sum()),
                  "errors_flagged": int((found & wrong).sum())}  # fmt: skip
        removed = {"as given": ~y & y, "without the flagged": found, "without the wrong": wrong}
        for name, out in removed.items():
            model = compiled(RWD).fit(x[~out], given[~out], self.first)
            method = f"{RWD}, {FLIPPED:.0%} wrong, {name}"
            self.row(method, self.predict(model), MOST, **report)

    def marked(self):
        """Marks on hits alone: unmarked frames as misses, and the positive-unlabelled loss."""
        rng = np.random.default_rng((self.seed, 12))
        marks = np.zeros(len(self.truth), bool)
        marks[rng.permutation(np.flatnonzero(self.truth))[:MARKED]] = True
        prior = float(np.mean(self.weak[~marks]))  # the spot count's, not the labels'
        positive_unlabelled = sfx.Retraining(
            sfx.build_rwd_cnn, STEPS, PU_BATCH, RATE, weak.pu_risk(prior)
        )
        kinds = {
            "unmarked as misses": compiled(RWD, batch=PU_BATCH),
            "positive-unlabelled": positive_unlabelled,
        }
        for name, retraining in kinds.items():
            p = self.predict(retraining.fit(self.x[RWD], marks, self.first))
            self.row(f"{RWD}, hits marked, {name}", p, MARKED, prior=round(prior, 4))
