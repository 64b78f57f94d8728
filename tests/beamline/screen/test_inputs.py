"""What is screened: the same frames however a file stores them, and those that a list names."""

import csv
import json
import subprocess
import sys
from contextlib import contextmanager, nullcontext

import h5py
import numpy as np
import pytest
from minifiles import make_idh5

from sfxtutor.beamline.model.bad_pixels import dark_pixels, sample_crops, stuck_pixels
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.model.views import look_at
from sfxtutor.beamline.screen.blocks import Block, Job, forget, score_block
from sfxtutor.beamline.screen.inputs import Inputs
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.cli.main import main
from sfxtutor.runs.open import open_run
from sfxtutor.runs.twin.run import TwinRun

SIZE = 730
CLOSE = {"peaks": 1e-3, "rwd": 0.08}  # how far a score depends on the form of the pixels


@pytest.fixture(scope="module", params=["peaks", "rwd"])
def model(request):
    return request.param


@pytest.fixture(scope="module")
def twin():
    """Six frames of a twin, hits and misses, with gaps, and the good pixels: two arrays."""
    run = TwinRun("LN83")
    chosen = [*np.flatnonzero(run.labels == "HIT")[:3], *np.flatnonzero(run.labels == "MISS")[:3]]
    good = run.mask[595 : 595 + SIZE, 595 : 595 + SIZE].copy()
    good[:, 200:208] = good[400:420] = False
    frames = np.stack([run.crop(i, SIZE) for i in chosen])
    return np.where(good, np.minimum(frames, 60000), 0), good


def cxi(path, frames, good=None):
    with h5py.File(path, "w") as file:
        file.create_dataset("entry_1/data_1/data", data=frames, chunks=(1, *frames.shape[1:]))
        if good is not None:
            file["entry_1/data_1/mask"] = np.where(good, 0, 1).astype("u2")
    return path


def scores(path, folder, **options):
    """p_hit of each line, nan where there is none, and the statuses."""
    screen([path], folder / "s.csv", progress=False, **options)
    with open(folder / "s.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return np.array([float(line["p_hit"] or "nan") for line in lines]), [
        line["status"] for line in lines
    ]


def said_of_gaps(model, words):
    """What is caught: crops of RWD lose the pixels that one frame alone lacks, and that is said."""
    return pytest.warns(UserWarning, match=words) if model == "rwd" else nullcontext()


@pytest.fixture(scope="module")
def reference(twin, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    p, _ = scores(cxi(folder / "r.cxi", *twin), folder, model=model)
    assert p[:3].min() > 0.5 > p[3:].max()
    return p


STORED = {
    "uint16": lambda f, bad: np.where(bad, 65535, f).astype("u2"),
    "int32": lambda f, bad: np.where(bad, -1, f).astype("i4"),
    "int16": lambda f, bad: np.where(bad, -1, np.minimum(f, 32000)).astype("i2"),
    "uint32": lambda f, bad: np.where(bad, 2**32 - 1, f).astype("u4"),
    "NaN": lambda f, bad: np.where(bad, np.nan, f).astype("f4"),
    "a thousandth": lambda f, bad: np.where(bad, np.nan, f / 1000).astype("f4"),
    "a 300th": lambda f, bad: np.where(bad, np.nan, f / 300).astype("f4"),
    "background off": lambda f, bad: np.where(bad, np.nan, f - np.median(f[~bad])).astype("f4"),
}


@pytest.mark.parametrize("form", STORED)
@pytest.mark.filterwarnings("ignore:The pixels of")
def test_scores_do_not_depend_on_how_pixels_are_stored(twin, reference, model, tmp_path, form):
    frames, good = twin
    stored = np.stack([STORED[form](frame.astype(float), ~good) for frame in frames])
    p, statuses = scores(cxi(tmp_path / "r.cxi", stored), tmp_path, model=model)
    assert set(statuses) == {"ok"}
    np.testing.assert_allclose(p, reference, atol=CLOSE[model])


@pytest.mark.parametrize("lost", [0, 3])
def test_a_lost_frame_has_a_status_and_the_others_their_scores(
    twin, reference, model, tmp_path, lost
):
    frames = np.where(twin[1], twin[0], np.nan).astype("f4")
    frames[lost] = np.nan
    p, statuses = scores(cxi(tmp_path / "r.cxi", frames), tmp_path, model=model)
    words = {"rwd": "has no data", "peaks": "has readings in 0 of"}[model]
    assert [i for i, status in enumerate(statuses) if words in status] == [lost]
    others = np.arange(6) != lost
    assert {statuses[i] for i in np.flatnonzero(others)} == {"ok"}
    np.testing.assert_allclose(p[others], reference[others], atol=CLOSE[model])


def test_a_half_that_is_lost_in_a_frame_is_left_out_of_its_features(
    twin, reference, model, tmp_path
):
    frames = np.where(twin[1], twin[0], np.nan).astype("f4")
    frames[3, :300] = np.nan  # a miss: the edge would look like spots
    with said_of_gaps(model, "pixels without data"):
        p, statuses = scores(cxi(tmp_path / "r.cxi", frames), tmp_path, model=model)
    assert set(statuses) == {"ok"}
    assert p[3] < 0.5
    np.testing.assert_allclose(np.delete(p, 3), np.delete(reference, 3), atol=CLOSE[model])


def test_stuck_pixels_are_found_beside_a_frame_that_lost_a_part(twin, reference, model, tmp_path):
    frames, good = twin
    hot = np.zeros_like(good)
    hot[30:700:45, 37:700:53] = True
    stored = np.where(good, np.where(hot, 60_000, frames), np.nan).astype("f4")
    stored[2, :300] = np.nan  # one of those that are looked at for stuck pixels
    path, whole = cxi(tmp_path / "h.cxi", stored), [0, 1, 3, 4, 5]
    with said_of_gaps(model, "Frame 2 of h has .* pixels without data"):
        p, statuses = scores(path, tmp_path, model=model)
    assert set(statuses) == {"ok"}
    np.testing.assert_allclose(p[whole], reference[whole], atol=0.05)
    with said_of_gaps(model, "Frame 2 of h has .* pixels without data"):
        p, _ = scores(path, tmp_path, model=model, search=False)
    assert (abs(p[whole] - reference[whole]) > 0.05).any()


@pytest.mark.parametrize("lost", [0, 3])
@pytest.mark.parametrize("rows", [300, SIZE])
def test_stuck_pixels_and_gaps_are_found_beside_a_frame_of_zeros(twin, tmp_path, lost, rows):
    frames = np.where(twin[1], twin[0], 0).astype("u2")
    frames[:, 30:700:45, 37:700:53] = 60_000
    frames[lost, :rows] = 0
    crops = sample_crops(open_run(cxi(tmp_path / "z.cxi", frames)))
    whole = sample_crops(open_run(cxi(tmp_path / "w.cxi", np.delete(frames, lost, axis=0))))
    assert (stuck_pixels(crops) == stuck_pixels(whole)).all()
    assert (dark_pixels(crops) == dark_pixels(whole)).all()
    assert stuck_pixels(crops).sum() > 150
    assert dark_pixels(crops).sum() > 20_000


@pytest.mark.parametrize("search", [True, False])
def test_frames_are_scored_where_those_that_are_looked_at_are_all_lost(
    twin, model, tmp_path, search
):
    frames, good = np.repeat(twin[0].astype("f4"), 2, axis=0), twin[1]
    frames[[0, 4, 6, 8, 11]] = np.nan
    frames[1, 20:30, 20:30] = np.nan
    path = cxi(tmp_path / "l.cxi", frames, good)
    with said_of_gaps(model, "Frame 1 of l has 100 pixels without data"):
        p, statuses = scores(path, tmp_path, model=model, search=search)
    assert np.isfinite(p).tolist() == [s == "ok" for s in statuses]
    assert np.flatnonzero(np.isnan(p)).tolist() == [0, 4, 6, 8, 11]


def test_photons_in_floats_are_recognised_in_the_unit_of_their_file(tmp_path):
    rng = np.random.default_rng(0)
    photons = rng.poisson(0.5, (4, SIZE, SIZE)) + rng.normal(0, 0.05, (4, SIZE, SIZE))
    with pytest.warns(UserWarning, match="are read times"):
        _, statuses = scores(cxi(tmp_path / "r.cxi", photons.astype("f4")), tmp_path, model="rwd")
    assert all("of counted photons" in status for status in statuses)


def test_photons_in_floats_are_scored_by_peaks_in_any_unit(tmp_path):
    rng, mean = np.random.default_rng(0), np.full((300, 280), 0.5)
    for y, x in rng.integers(5, 275, (25, 2)):
        mean[y : y + 2, x : x + 2] += 12
    photons = np.stack([rng.poisson(m, mean.shape) for m in (mean, 0.5)] * 2)
    photons = photons + rng.normal(0, 0.05, photons.shape)
    found = []
    for unit in (1, 12.4, 1 / 300):
        path = cxi(tmp_path / f"{len(found)}.cxi", (photons * unit).astype("f4"))
        p, statuses = scores(path, tmp_path)
        assert set(statuses) == {"ok"}
        found.append(p)
    np.testing.assert_allclose(found, found[:1] * 3, atol=1e-3)
    assert min(found[0][::2]) > Screener().threshold > max(found[0][1::2])


@pytest.mark.parametrize(("dtype", "mark"), [("u2", 65535), ("i2", -1), ("u4", 2**32 - 2)])
def test_marks_of_no_data_in_gaps_score_as_the_plain_file(dtype, mark, tmp_path):
    """Panels of counted photons, their gaps marked in every frame; one frame lost altogether."""
    rng, mean = np.random.default_rng(1), np.full((300, 280), 3.0)
    for y, x in rng.integers(5, 275, (25, 2)):
        mean[y : y + 2, x : x + 2] += 25
    plain = np.stack([rng.poisson(m, mean.shape) for m in (mean, 3.0)] * 3).astype(dtype)
    good = np.ones(mean.shape, bool)
    good[100:110] = good[:, 140:150] = False
    marked = np.where(good, plain, np.array(mark, dtype))
    marked[4] = mark
    expected, _ = scores(cxi(tmp_path / "plain.cxi", plain, good), tmp_path)
    p, statuses = scores(cxi(tmp_path / "marked.cxi", marked), tmp_path)
    assert [status == "ok" for status in statuses] == [True] * 4 + [False, True]
    np.testing.assert_allclose(np.delete(p, 4), np.delete(expected, 4), atol=1e-3)
    assert (p[[0, 2]] > Screener().threshold).all()


def test_a_stack_of_panels_is_scored_as_its_panels_below_each_other(tmp_path):
    rng, mean = np.random.default_rng(2), np.full((4, 128, 180), 1.0)
    for panel in mean:
        for y, x in rng.integers(5, 120, (8, 2)):
            panel[y : y + 2, x : x + 2] += 15
    level = np.array([1, 4, 0.2, 9])[:, None, None]  # panels differ: an edge is no spot
    frames = np.stack([rng.poisson(m + level) for m in (mean, np.ones_like(mean))] * 2).astype("u2")
    p, statuses = scores(cxi(tmp_path / "stack.cxi", frames), tmp_path)
    assert set(statuses) == {"ok"}
    assert min(p[::2]) > Screener().threshold > max(p[1::2])
    screener, run = Screener(), open_run(tmp_path / "stack.cxi")
    assert run.panel == 128
    look = look_at(run, screener)
    assert look.view.panel == 128
    np.testing.assert_allclose(p, screener.score([look.features(i) for i in range(4)]), atol=1e-5)


def test_a_list_of_events_is_screened_frame_by_frame(twin, reference, model, tmp_path):
    cxi(tmp_path / "r.cxi", *twin)
    (tmp_path / "l.lst").write_text("r.cxi //4\nr.cxi //1\n")
    summary = screen([tmp_path / "l.lst"], tmp_path / "s.csv", model, progress=False)
    with open(tmp_path / "s.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert (summary.frames, summary.scored) == (2, 2)
    assert [int(line["frame"]) for line in lines] == [2, 5]
    p = [float(line["p_hit"]) for line in lines]
    np.testing.assert_allclose(p, reference[[1, 4]], atol=1e-4)
    (tmp_path / "l.lst").write_text("r.cxi //6\n")
    with pytest.warns(UserWarning, match=r"names the event //6 of .*r.cxi, which has 6 frames"):
        assert screen([tmp_path / "l.lst"], tmp_path / "t.csv", progress=False).failed == 1


@pytest.mark.parametrize("event", ["run_1//1", "//3"])
def test_an_event_counts_in_its_part_or_in_the_run(twin, reference, model, tmp_path, event):
    make_idh5(tmp_path / "r.h5", {"run_0": twin[0][:2], "run_1": twin[0][2:]}, MASK=twin[1])
    (tmp_path / "l.lst").write_text(f"r.h5 {event}\n")
    p, _ = scores(tmp_path / "l.lst", tmp_path, model=model)
    np.testing.assert_allclose(p, reference[[3]], atol=0.01)


def test_experiments_of_dials_are_screened_frame_by_frame(twin, reference, model, tmp_path):
    cxi(tmp_path / "r.cxi", *twin)
    sets = [{"images": ["r.cxi"], "single_file_indices": [4, 1]}]
    (tmp_path / "i.expt").write_text(json.dumps({"imageset": sets}))
    p, _ = scores(tmp_path / "i.expt", tmp_path, model=model)
    np.testing.assert_allclose(p, reference[[1, 4]], atol=1e-4)


def test_the_list_itself_is_not_overwritten(twin, tmp_path):
    cxi(tmp_path / "r.cxi", *twin)
    (tmp_path / "l.lst").write_text("r.cxi\n")
    with pytest.raises(ValueError, match="is one of the files to be screened"):
        screen([tmp_path / "l.lst"], tmp_path / "l.lst", progress=False)


def test_a_folder_and_a_pattern(twin, tmp_path):
    for name in ("b_2.cxi", "b_10.cxi"):
        cxi(tmp_path / name, twin[0][:1])
    names = [str(tmp_path / "b_2.cxi"), str(tmp_path / "b_10.cxi")]
    assert Inputs([tmp_path]).names == names
    assert Inputs([tmp_path / "b_*.cxi"]).names == names


def test_the_command_takes_a_dataset(twin, tmp_path, capsys):
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["data/data"] = twin[0]
    command = ["screen", str(tmp_path / "c.h5"), "--out", str(tmp_path / "s.csv")]
    assert main([*command, "--dataset", "data/data"]) == 0
    assert "6 of 6 frames scored" in capsys.readouterr().out


GROWING = """import h5py, sys
file = h5py.File(sys.argv[1], "a", libver="latest")
data = file["entry_1/data_1/data"]
file.swmr_mode = True
print("ready", flush=True)
input()
data.resize(len(data) + 1, 0)
data[-1] = data[0]
data.flush()
print("grown", flush=True)
input()
"""


@contextmanager
def growing(path, frames):
    """A file that another process writes: the function that adds a frame to it."""
    with h5py.File(path, "w", libver="latest") as file:
        stack = {"maxshape": (None, SIZE, SIZE), "chunks": (1, SIZE, SIZE)}
        file.create_dataset("entry_1/data_1/data", data=frames, **stack)
    writer = subprocess.Popen([sys.executable, "-c", GROWING, str(path)], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def grow():
        writer.stdin.write("\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "grown\n"

    with writer:
        assert writer.stdout.readline() == "ready\n"
        yield grow
        writer.communicate("\n")


def test_a_file_that_grows_is_screened_as_it_was_when_the_screening_began(twin, tmp_path):
    path = tmp_path / "g.cxi"
    with growing(path, twin[0]) as grow:
        inputs = Inputs([path])
        assert (inputs.frames, inputs.growing) == ([6], {0})
        grow()
        assert len(inputs[0]) == 7  # opened again: no complaint that it has changed
        inputs.close()
        p, statuses = scores(path, tmp_path)
        assert (len(p), set(statuses)) == (7, {"ok"})


def test_a_worker_opens_a_file_again_that_has_grown(twin, tmp_path):
    path, job = tmp_path / "g.cxi", Job(str(Screener("rwd").path))
    with growing(path, twin[0]) as grow:
        assert score_block(Block(0, str(path), (5,), "six"), job)[0][1] == "ok"
        grow()
        assert score_block(Block(0, str(path), (6,), "seven"), job)[0][1] == "ok"
        forget()
