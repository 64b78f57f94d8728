"""The model that scores, and the bad pixels it is spared."""

import json

import keras
import numpy as np
import onnxruntime
import pytest
from minifiles import ArrayRun, make_idh5, make_onnx
from scipy import ndimage
from scipy.special import ndtr
from sklearn.metrics import roc_auc_score

from sfxtutor import build_cnn, build_rwd_cnn
from sfxtutor.beamline.model import train
from sfxtutor.beamline.model.bad_pixels import dark_pixels, good_pixels, sample_crops, stuck_pixels
from sfxtutor.beamline.model.noise import noise_of, unfamiliar
from sfxtutor.beamline.model.screener import MODELS, PEAK_FEATURES, SHIPPED, Screener, onnx_of
from sfxtutor.cli.main import main
from sfxtutor.fast.kernels import fast_rwd
from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.twin.run import TwinRun
from sfxtutor.training import predict


def test_gaps_and_the_beam_stop_are_dark_and_single_zeros_are_not():
    crop = np.full((724, 724), 50, np.uint16)
    crop[100:110] = 0
    crop[500, 500] = 0
    dark = dark_pixels([crop, crop])
    assert dark[99:111].all()
    assert not dark[500, 500]
    assert not dark_pixels([crop, np.full_like(crop, 50)]).any()  # lit in another frame
    assert not dark_pixels([np.zeros_like(crop)]).any()  # a dark frame has no gaps


def test_stuck_pixels_are_found_but_not_in_copies_of_one_frame():
    rng = np.random.default_rng(0)
    crops = [rng.poisson(50, (200, 200)).astype("u2") for _ in range(4)]
    for crop in crops:
        crop[20, 30] = 5000
    crops[0][50, 60] = 5000
    stuck = stuck_pixels(crops)
    assert stuck[20, 30]
    assert stuck.sum() == 1
    assert not stuck_pixels([crops[0]] * 5).any()


def test_stuck_pixels_are_those_far_above_the_median_of_their_window():
    rng = np.random.default_rng(1)
    crops = [TwinRun("LN84").crop(i) for i in range(5)]
    at = tuple(rng.integers(0, 724, (2, 300)))
    for crop in crops:  # some hot, some warm, in noise, in the shadow of the beam stop, at the edge
        crop[at] += np.linspace(0, 400, 300).astype(np.uint16)
        crop[0, :9] = crop[300:303, 300:303] = 6000
    lowest = np.min(crops, axis=0).astype(float)
    above = lowest - ndimage.median_filter(lowest, 5)
    expected = above > max(12 * np.median(np.abs(above)), 20)
    assert 50 < expected.sum() < 400
    differ = stuck_pixels(crops) != expected
    assert differ.sum() <= 3  # of pixels at the limit, which is estimated from fewer windows


def spots_of(sigma, rng):
    """Bragg spots of a Gaussian point spread, at any place within a pixel: (400, 400) float."""
    image, pixels = np.zeros((400, 400)), np.arange(400)
    for at in rng.uniform(10, 390, (120, 2)):
        y, x = (ndtr((pixels + 0.5 - c) / sigma) - ndtr((pixels - 0.5 - c) / sigma) for c in at)
        image += rng.uniform(300, 3000) * np.outer(y, x)
    return image


@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.2])
def test_bragg_spots_of_repeated_exposures_are_no_stuck_pixels(sigma):
    rng = np.random.default_rng(0)
    spots = spots_of(sigma, rng)
    crops = [rng.poisson(50 + spots).astype("u2") for _ in range(5)]
    hot = np.zeros((400, 400), bool)
    for y, x in ((5, 5), (0, 100), (399, 399), (150, 200), (300, 77)):
        hot[y, x] = True
    hot[200:202, 250:252] = hot[60, 61:63] = True  # two by two, and two by one
    for crop in crops:
        crop[hot] = 3000
    stuck = stuck_pixels(crops)
    assert stuck[hot].all()
    bright = spots > 60
    assert bright.sum() > 300
    assert (stuck & ~hot).sum() < 0.03 * bright.sum()


def test_a_run_of_good_pixels_loses_none():
    frames = np.random.default_rng(0).poisson(50, (3, 760, 760)).astype("u2")
    run = ArrayRun(frames)
    assert good_pixels(sample_crops(run), run.good()).pixels == 724**2
    run.mask = np.ones((760, 760), bool)
    run.mask[500, 500] = False
    assert good_pixels(sample_crops(run), run.good()).pixels == 724**2 - 1


@pytest.mark.parametrize("photons", [1e-4, 0.05, 0.5, 3.0])
def test_counted_photons_are_noise_that_the_model_rwd_never_met(photons):
    rng, least = np.random.default_rng(1), Screener("rwd").least_reading
    slope = photons * np.linspace(0.5, 1.5, 724)
    crops = [rng.poisson(slope, (724, 724)).astype("u2") for _ in range(2)]
    crops[0][300:304, 300:304] += 50  # a spot
    mean, dispersion = noise_of(crops)
    assert mean == pytest.approx(photons, rel=0.2, abs=0.02)
    assert dispersion == pytest.approx(1, abs=0.1)
    assert "counted photons" in unfamiliar(crops, None, least)
    good = np.ones((724, 724), bool)
    good[:, ::40] = False
    assert "counted photons" in unfamiliar(crops, good, least)
    assert unfamiliar(crops, None, 0) == ""  # a model whose notes say nothing of it


@pytest.mark.parametrize("name", TWINS)
def test_a_rayonix_and_a_dark_subtracted_detector_are_scored(name):
    run, rng, least = TwinRun(name), np.random.default_rng(0), Screener("rwd").least_reading
    assert 5 < least < 20
    assert unfamiliar(sample_crops(run), None, least) == ""
    subtracted = np.maximum(rng.normal(2, 8, (724, 724)), 0).astype("u2")
    assert unfamiliar([subtracted], None, least) == ""
    assert unfamiliar([np.zeros((724, 724), "u2")], None, least) == ""


@pytest.mark.parametrize("model", SHIPPED)
@pytest.mark.parametrize("name", TWINS)
def test_a_shipped_model_knows_the_hits_of_a_twin_it_never_saw(name, model):
    run, screener = TwinRun(name, seed=3), Screener(model)
    hits = np.flatnonzero(run.labels == "HIT")[:25]
    misses = np.flatnonzero(run.labels == "MISS")[:25]
    good = good_pixels(sample_crops(run), run.good())
    p = screener.score([screener.features(run.crop(i), good) for i in [*hits, *misses]])
    assert roc_auc_score(np.arange(50) < 25, p) > 0.9


@pytest.mark.parametrize("name", TWINS)
def test_the_notes_of_rwd_say_how_well_it_knows_the_twins(name):
    notes = json.loads((MODELS / "rwd.json").read_text())
    assert notes["twins"][name]["model_auc"] > 0.98


def test_the_default_model_is_that_of_peaks_and_weighs_them():
    screener = Screener()
    assert (screener.path, screener.whole, screener.bin) == (MODELS / "peaks.onnx", True, None)
    assert screener.least_reading == 0
    run = TwinRun("LN83")
    features = screener.features(run.crop(int(np.flatnonzero(run.labels == "HIT")[0])))
    assert features.shape == PEAK_FEATURES
    weights = screener.weights(features)
    assert weights.shape == (160,)
    assert (weights[features[1:, 0] == 0] == 0).all()
    assert 0.5 < weights.max() <= 1
    assert screener.score([]).shape == (0,)
    with pytest.raises(ValueError, match=r'Use Screener\("peaks"\)'):
        Screener("rwd").weights(features)


def test_the_model_rwd_beats_the_spot_count_on_beamlines_it_never_saw():
    notes = json.loads((MODELS / "rwd.json").read_text())
    assert notes["auc on them"] > notes["spots auc on them"]
    left_out = np.array(list(notes["auc of model and spot count, family left out"].values()))
    assert len(left_out) == 7
    model, spots = left_out.mean(axis=0)
    assert model > spots


def test_the_onnx_file_of_rwd_is_its_keras_model():
    keras_model = keras.saving.load_model(MODELS / "rwd.keras", compile=False)
    run = TwinRun("LN84")
    vectors = np.stack([fast_rwd(run.crop(i)) for i in range(40)])
    expected = predict(keras_model, vectors)
    assert np.ptp(expected) > 0.5
    np.testing.assert_allclose(Screener("rwd").score(vectors), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["vectors", "images"])
def test_a_model_of_the_lessons_gives_what_keras_gives(kind, tmp_path):
    keras.utils.set_random_seed(1)
    model = build_rwd_cnn() if kind == "vectors" else build_cnn((90, 90, 1))
    model.save(tmp_path / "mine.keras")
    x = np.random.default_rng(0).gamma(2, 1, (37, *model.input_shape[1:])).astype(np.float32)
    screener = Screener(tmp_path / "mine.keras")
    np.testing.assert_allclose(screener.score(list(x)), predict(model, x), rtol=0, atol=1e-5)
    assert screener.bin == (None if kind == "vectors" else 8)
    assert screener.score([]).shape == (0,)
    run = TwinRun("LN83")
    assert screener.features(run.crop(0)).shape == model.input_shape[1:]


def test_a_model_is_converted_once_and_a_changed_one_anew(tmp_path):
    path, kept = tmp_path / "mine.keras", []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        build_rwd_cnn().save(path)
        kept.append(onnx_of(path))
        made = kept[-1].stat().st_mtime_ns
        assert onnx_of(path) == kept[-1]
        assert kept[-1].stat().st_mtime_ns == made
        onnxruntime.InferenceSession(str(kept[-1]))
    assert kept[0] != kept[1]
    assert onnx_of(kept[0]) == kept[0]
    assert not list(kept[0].parent.glob(".*"))  # no half-written file


def test_a_model_trained_here_leaves_the_shipped_ones_alone(monkeypatch):
    shipped = {path: path.read_bytes() for path in MODELS.iterdir()}
    monkeypatch.setattr(train, "TESTED", 10)
    monkeypatch.setitem(train.EPOCHS, "cnn", 1)
    path = train.train("cnn", beamlines=8)
    assert not path.is_relative_to(MODELS)
    assert Screener("cnn").path == path.with_suffix(".onnx")
    assert {path: path.read_bytes() for path in MODELS.iterdir()} == shipped


def test_the_threshold_is_ones_own_then_the_models_then_a_half(tmp_path):
    inputs = keras.Input((720,))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
    model.save(tmp_path / "mine.keras")
    assert Screener(tmp_path / "mine.keras").threshold == 0.5
    (tmp_path / "mine.json").write_text('{"threshold": 0.25}')
    assert Screener(tmp_path / "mine.keras").threshold == 0.25
    assert Screener(tmp_path / "mine.keras", threshold=0.75).threshold == 0.75


@pytest.mark.parametrize(
    "notes",
    ["[1]", '{"threshold": null}', '{"threshold": true}', '{"threshold": "0.5"}', "no JSON",
     '{"threshold": NaN}', '{"threshold": -1}', '{"least reading": []}', "[" * 100_000, "\udcff",
     '{"a": "' + "a" * 2**20 + '"}', '{"threshold": ' + "9" * 5000 + "}"],
    ids=range(12),
)  # fmt: skip
def test_notes_that_are_damaged_are_one_sentence(notes, tmp_path, capsys):
    model = make_onnx(tmp_path / "m.onnx", [0.5])
    (tmp_path / "m.json").write_bytes(notes.encode(errors="surrogateescape"))
    make_idh5(tmp_path / "a.h5", {"run_0": np.ones((1, 724, 724), "u2")})
    words = ["screen", str(tmp_path / "a.h5"), "--out", str(tmp_path / "s.csv"), "--model"]
    assert main([*words, str(model)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "threshold" in error
    assert len(error) < 400


def test_models_that_are_not_there_or_do_not_fit(tmp_path):
    with pytest.raises(FileNotFoundError, match="rwd, cnn or .* .onnx or .keras"):
        Screener("xgboost")
    inputs = keras.Input((100,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "odd.keras")
    with pytest.raises(ValueError, match=r"inputs of shape \(100,\), expected \(720,\)"):
        Screener(tmp_path / "odd.keras")
    for name, sentence in (("bad.keras", "Save it again"), ("bad.onnx", "Export it again")):
        (tmp_path / name).write_bytes(b"no model")
        with pytest.raises(ValueError, match=sentence):
            Screener(tmp_path / name)
