"""The study: labels made without the target's, label shift, what is kept of scores, controls."""

import inspect
import json
from itertools import product
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from mininets import images, small_rwd, vectors

import sfxtutor as sfx
from sfxtutor.results import FIELDS, at_95
from tools.study import made_labels, networks, rows, scorers, shift, trials


@pytest.fixture(scope="module")
def runs():
    return {name: sfx.open_run(name) for name in ("LN83", "LN84")}


def spots_in(run, crop):
    return sfx.count_spots(crop, run.card.gain, mask=run.good())


def frame_of(run, label, least=0):
    """The first crop of that label in which so many spots are found."""
    crops = (run.crop(i) for i in np.flatnonzero(run.labels == label))
    return next(crop for crop in crops if spots_in(run, crop) >= least)


# ---- labels made on the target's own frames


def test_a_blanked_frame_has_no_spots_and_the_noise_it_had(runs):
    run = runs["LN84"]
    crop, good = frame_of(run, "HIT", 40), run.good().good
    blank, _ = made_labels.blanked(crop, good, np.random.default_rng(0))
    assert spots_in(run, blank) <= spots_in(run, crop) / 5
    assert (blank != crop).mean() < 0.05
    miss = frame_of(run, "MISS")
    vectors = [np.median(sfx.fast_rwd(image, run.good())) for image in (blank, miss)]
    assert vectors[0] == pytest.approx(vectors[1], rel=0.05)
    around = made_labels.noise(miss, good)
    deviation = (miss - around.level)[good] / around.sigma[good]
    assert deviation.std() == pytest.approx(1, abs=0.05)


def test_the_tails_of_the_noise_stay(runs):
    """Without them every row's maximum would be lower than in a frame that was measured."""
    run = runs["LN83"]
    miss, good = frame_of(run, "MISS"), run.good()
    blank, _ = made_labels.blanked(miss, good.good, np.random.default_rng(0))
    before, after = (sfx.fast_rwd(image, good) for image in (miss, blank))
    assert np.mean(np.isclose(before, after, rtol=1e-3)) > 0.95


def test_pasted_spots_are_those_of_the_source_in_units_of_the_targets_noise(runs):
    source, target = runs["LN83"], runs["LN84"]
    hit, miss = frame_of(source, "HIT", 40), frame_of(target, "MISS")
    spots = made_labels.spots_of(hit, source.good().good)
    blank, around = made_labels.blanked(miss, target.good().good, np.random.default_rng(0))
    made = made_labels.pasted(blank, around, spots)
    assert spots_in(target, blank) <= 3
    assert spots_in(target, made) == pytest.approx(spots_in(source, hit), rel=0.35)
    at = spots[0][np.isfinite(around.sigma.ravel()[spots[0]])]
    heights = (made.ravel()[at] - around.level.ravel()[at]) / around.sigma.ravel()[at]
    wanted = dict(zip(*spots, strict=True))
    np.testing.assert_allclose(heights, [wanted[i] for i in at], atol=0.1)


def test_made_frames_have_the_sources_labels_and_no_argument_for_the_targets(runs):
    arguments = inspect.signature(made_labels.make).parameters
    assert list(arguments) == ["spots", "truth", "target", "target_spots", "frames", "bin", "seed"]
    truth, frames = sfx.is_positive(runs["LN83"].labels), slice(0, 12)
    spots = made_labels.all_spots(runs["LN83"], 12)
    found = np.arange(12) % 5
    made = made_labels.make(spots, truth, runs["LN84"], found, frames, 4)
    again = made_labels.make(spots, truth, runs["LN84"], found, frames, 4)
    np.testing.assert_array_equal(made.truth, truth[frames])
    np.testing.assert_array_equal(made.images, again.images)
    assert made.rwd.shape == (12, 720)
    assert made.images.shape == (12, 180, 180)
    high = np.sum(made.rwd > 1.5, axis=1)  # rows with a spot
    assert high[truth[frames]].mean() > 3 * high[~truth[frames]].mean()


def test_the_frames_with_the_fewest_spots_are_taken():
    spots = np.array([9, 0, 5, 1, 2, 3, 8, 7, 6, 4])
    np.testing.assert_array_equal(made_labels.fewest(spots, slice(0, 10)), [1, 3, 4, 5])
    np.testing.assert_array_equal(made_labels.fewest(spots, slice(5, 10)), [5, 9])


# ---- label shift


def judged(share, n=4000, seed=0):
    """p of a network trained with balanced classes, and labels with that share of hits."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < share
    x = rng.normal(np.where(truth, 1, -1), 1)  # the log of the odds is 2 x
    return 1 / (1 + np.exp(-2 * x)), truth


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.8])
def test_the_targets_share_of_hits_is_estimated_without_its_labels(share):
    p_source, truth = judged(0.4, seed=1)
    p_target, _ = judged(share, seed=2)
    assert shift.black_box(p_source, truth, p_target) == pytest.approx(share, abs=0.04)
    assert shift.maximum_likelihood(p_target) == pytest.approx(share, abs=0.04)


def test_frames_are_drawn_with_the_share_wanted_each_about_as_often():
    truth = np.arange(100) < 20
    chosen = shift.resampled(truth, 0.5, seed=0)
    assert len(chosen) == 100
    assert truth[chosen].mean() == 0.5
    times = np.bincount(chosen, minlength=100)
    assert set(times[:20]) == {2, 3}
    assert set(times[20:]) <= {0, 1}


# ---- what is kept


def data_of(truth):
    return {"LN83": SimpleNamespace(truth=truth, more_truth=truth)}


def scored(p, threshold=0.5):
    return networks.Scored("a method", "LN84", "", "LN83", {3: slice(2, None)}, p, p, threshold)


def test_rows_of_tables_and_of_further_frames():
    truth = np.array([1, 1, 0, 0, 1, 0, 0, 0], bool)
    p = np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.1, 0.4])
    origin = {"seed": 3, "profile": "paper", "source": "twin"}
    (row,) = rows.table_rows(scored(p), data_of(truth), origin)
    assert tuple(row) == FIELDS
    assert [row[name] for name in FIELDS[5:9]] == [1, 1, 4, 5]
    further = rows.further_row(scored(p), data_of(truth), origin)
    assert (further["hits_found"], further["misses_found"]) == (2, 4)
    assert further["auc"] == pytest.approx(sfx.auc(p, truth), abs=1e-5)
    # all five misses must be recognised for 95 %: only 0.9 lies above 0.8
    assert (further["hits_at_95"], further["misses_at_95"]) == (1, 5)
    assert at_95([further])[0]["hits_found"] == 1
    assert json.loads(json.dumps(further)) == further
    counts = rows.further_row(scored(np.arange(8), 4), data_of(truth), origin)
    assert counts["hits_found"] == 1  # of frames 0, 1 and 4 only the last has four spots


@pytest.mark.filterwarnings("ignore:.*np.object.*:FutureWarning")
@pytest.mark.parametrize("control", networks.CONTROLS)
def test_the_quick_prediction_gives_the_numbers_of_keras(control):
    sfx.set_seed(0)
    options = networks.CONTROLS[control]
    model = sfx.build_cnn((32, 32, 1), filters=(4, 4), dense=(8,), **options)
    x = images(70, 1)[0] - images(70, 1)[0].min()
    np.testing.assert_allclose(
        networks.quick_predict(model)(x), sfx.predict(model, x), rtol=1e-3, atol=1e-5
    )


def test_a_network_that_learns_nothing_is_started_again_with_another_seed(monkeypatch):
    lab = networks.Lab.__new__(networks.Lab)
    lab.seed, lab.trainings, seeds = 4, [], []
    dead = sfx.training.History([1, 1], [1, 1], [0, 0], [1, 1], 1)
    alive = sfx.training.History([1, 1], [1, 1], [0.9, 0.9], [1, 1], 1)

    def fit(model, x, y, validation, settings, title):
        seeds.append(settings.seed)
        return dead if len(seeds) == 1 else alive

    monkeypatch.setattr(networks.sfx, "fit", fit)
    x, y = np.zeros((2000, 2)), np.arange(2000) % 2 == 0
    lab.fit(lambda: None, (x, y), networks.SMALL, ("m", "LN83", ""))
    assert seeds == [4, 1004]
    assert lab.trainings[0]["restarts"] == 1


def test_a_training_whose_best_epoch_is_the_last_is_not_kept():
    lab = networks.Lab.__new__(networks.Lab)
    lab.trainings = []
    with pytest.raises(AssertionError, match="best epoch is the last"):
        lab.note(("m", "LN83", ""), sfx.training.History([1], [1], [1], [1], 1), 200)


# ---- trials


def test_a_network_by_groups_has_no_statistics_of_a_run():
    model = trials.by_groups()
    plain, changed = (m.get_layer("base").layers for m in (sfx.build_rwd_cnn(), model))
    assert [layer.name for layer in changed] == [layer.name for layer in plain]
    kinds = {type(layer) for layer in changed if layer.name.endswith("_norm")}
    assert kinds == {keras.layers.GroupNormalization}
    assert sfx.Dann(model).used == []


def test_as_many_frames_are_called_hits_as_are_estimated():
    p, more = np.random.default_rng(0).random((2, 2000)).astype(np.float32)
    kept = {method: networks.Scored(method, "LN84", "", "LN83", {}, p**3, more)
            for method in (networks.WEIGHTED, networks.RWD_AWAY, "spot count")}  # fmt: skip
    weighted = kept.pop(networks.WEIGHTED)
    lab = SimpleNamespace(
        weighted=lambda: [weighted],
        cheap=kept.values,
        shares=[{"source": "LN84", "target": "LN83", "bbse": 0.3}],
    )
    found = list(trials.corrected(lab))
    assert [one.method.partition(", threshold")[0] for one in found] == [
        networks.RWD_AWAY, networks.WEIGHTED,
    ]  # fmt: skip
    assert rows.called(found[0].p, found[0]).mean() == pytest.approx(0.3, abs=1e-3)


def test_frames_are_flipped_and_shifted_by_whole_pixels_in_training_alone(monkeypatch):
    monkeypatch.setattr(networks.PROFILE.__class__, "shape", (32, 32, 1))
    sfx.set_seed(0)
    model = trials.flipped()
    x = np.random.default_rng(0).random((60, 32, 32, 1)).astype(np.float32)
    moved = keras.Sequential(model.layers[:-2])
    np.testing.assert_array_equal(moved(x, training=False), x)
    inner = slice(2, -2)
    ways = {
        (step, dy, dx): np.roll(x[:, :: step[0], :: step[1], 0], (dy, dx), (1, 2))[:, inner, inner]
        for step in product((1, -1), repeat=2)
        for dy, dx in product(range(-2, 3), repeat=2)
    }
    seen = set()
    for i, out in enumerate(moved(x, training=True).numpy()[:, inner, inner, 0]):
        (way,) = (way for way, images in ways.items() if np.array_equal(images[i], out))
        seen.add(way)
    assert len({flip for flip, _, _ in seen}) == 4
    assert {dy for _, dy, _ in seen} == {dx for _, _, dx in seen} == {-2, -1, 0, 1, 2}
    np.testing.assert_allclose(
        networks.quick_predict(trials.still(model))(x[..., 0]),
        sfx.predict(model, x),
        rtol=1e-3,
        atol=1e-5,
    )


def test_epochs_are_scored_without_a_change_to_the_training(monkeypatch):
    """The epoch kept is that of a training nobody looked at, and reaches what that one reaches."""
    monkeypatch.setattr(trials, "PAIRS", [("LN83", "LN84")])
    monkeypatch.setattr(trials, "MOST", sfx.split(200, "100/60/40"))
    monkeypatch.setattr(sfx, "build_rwd_cnn", small_rwd)
    profile = SimpleNamespace(
        training=lambda frames, seed: sfx.Training(6, seed, learning_rate=3e-3, patience=4)
    )
    monkeypatch.setattr(trials, "PROFILE", profile)
    (x, y), (target, _), (more, truth) = vectors(200, 0), vectors(200, 1), vectors(90, 2)
    target, more = target + 0.6, more + 0.6  # another background
    data = SimpleNamespace(more=SimpleNamespace(rwd=more), more_truth=truth)
    frames = {"LN83": (x, y), "LN84": (target, None)}
    lab = SimpleNamespace(seed=3, scorers=[], data={"LN84": data}, vectors=frames.get)
    assert list(trials.epochs(lab)) == []
    (found,) = lab.scorers
    sfx.set_seed(3)
    dann = sfx.Dann(small_rwd())
    train, valid, _ = trials.MOST
    history = sfx.fit_dann(
        dann, x[train], y[train], target[train], (x[valid], y[valid], target[valid]),
        profile.training(100, 3), title=None,
    )  # fmt: skip
    assert found["kept_epoch"] == history.best_epoch
    assert len(found["auc"]) == len(found["scores"]) == len(history.loss)
    kept = history.best_epoch - 1
    p = sfx.predict(dann.cnn("target"), more)
    counts = sfx.count(truth, p > 0.5)
    for name, value in (
        ("auc", sfx.auc(p, truth)), ("recall", counts.recall), ("specificity", counts.specificity),
    ):  # fmt: skip
        assert found[name][kept] == pytest.approx(value, abs=1e-4)
    scored = found["scores"][kept]
    assert set(scored) == set(scorers.SCORERS)
    assert scored["source loss"] == pytest.approx(-history.val_loss[kept], abs=1e-4)
    assert scored["entropy"] == pytest.approx(
        -networks.entropy(np.array(history.p_target[kept])), abs=1e-4
    )


def test_full_size_rows_are_of_the_frames_that_the_tables_test(monkeypatch):
    truth, asked = np.arange(2000) % 4 == 0, []
    runs = dict.fromkeys(networks.TWINS, SimpleNamespace(run=None, truth=truth))

    def fit(build, frames, part, what):
        asked.append((what, part.train, frames[0].shape[1:]))

    image = np.broadcast_to(np.float16(1), (2000, 720, 720))
    monkeypatch.setattr(trials.sfx, "prepare", lambda run, **_: SimpleNamespace(images=image))
    monkeypatch.setattr(trials, "quick_predict", lambda model: lambda x: np.ones(len(x)))
    lab = SimpleNamespace(seed=1, data=runs, fit=fit, full_size=[])
    assert (trials.full_size_few(lab), trials.full_size(lab)) == ((), ())
    few, full = (("2D CNN, 200 labels", 1600), ("2D CNN, 1200 labels", 400))
    home = [(2, *few, name, name) for name in networks.TWINS]
    away = [(1, *full, a, b) for a, b in product(networks.TWINS, repeat=2)]
    assert [
        (row["table"], row["method"], row["hits_total"] + row["misses_total"], row["train"],
         row["test_on"])
        for row in lab.full_size
    ] == home + away  # fmt: skip
    assert all(row["hits_found"] == row["hits_total"] for row in lab.full_size)
    assert {shape for _, _, shape in asked} == {(720, 720)}
    assert [part.stop for _, part, _ in asked] == [200] * 3 + [1200] * 3
