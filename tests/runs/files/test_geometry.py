"""Geometry files of CrystFEL: places of pixels, bad regions, resolution, and damaged files."""

import csv
import warnings

import h5py
import numpy as np
import pytest
from hypothesis import given, strategies as st

from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.cli.main import main
from sfxtutor.fast.peaks import View
from sfxtutor.preprocess import center_crop
from sfxtutor.runs.files.geometry import read_geometry
from sfxtutor.runs.files.run import FileRun
from sfxtutor.runs.open import open_run

HEAD = """; made by a test
clen = 0.1 m
photon_energy = 9500 eV   ; a comment = not a value
adu_per_eV = 0.001
res = 10000
data = /entry_1/data_1/data
a line without a value
"""
REGION = "\nbad_r/min_x = {}\nbad_r/max_x = {}\nbad_r/min_y = {}\nbad_r/max_y = {}\n"


def panel(name, rows, columns, corner, fs="+1.0x +0.0y", ss="+0.0x +1.0y", **more):
    values = {"min_ss": rows[0], "max_ss": rows[1], "min_fs": columns[0], "max_fs": columns[1],
              "corner_x": corner[0], "corner_y": corner[1], "fs": fs, "ss": ss, **more}  # fmt: skip
    return "".join(f"{name}/{key} = {value}\n" for key, value in values.items())


def one(size=(20, 30), corner=(-15, -10), **more):
    return panel("p0", (0, size[0] - 1), (0, size[1] - 1), corner, **more)


def written(tmp_path, text, name="d.geom"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def geometry_of(tmp_path, text):
    return read_geometry(written(tmp_path, text))


def cxi(path, data):
    with h5py.File(path, "w") as file:
        file["entry_1/data_1/data"] = data
    return path


# places


def test_a_panel_turned_by_a_quarter(tmp_path):
    geometry = geometry_of(tmp_path, HEAD + one(fs="-y", ss="+1.0x - 0.5z", corner=(5, 9.5)))
    y, x = geometry.places([0, 3, 0], [0, 0, 4])
    assert y.tolist() == [9, 9, 5]  # a step along a row goes down, one to the next row to the right
    assert x.tolist() == [5.5, 8.5, 5.5]
    assert (geometry.shape, geometry.panel_rows) == ((20, 30), None)


def test_beside_the_panels_there_is_no_place(tmp_path):
    text = HEAD + panel("a", (0, 3), (0, 4), (0, 0)) + panel("b", (4, 7), (6, 9), (0, 0))
    y, x = geometry_of(tmp_path, text).places([[0, 4], [-1, 7], [0, 8]], [[5, 6], [0, 10], [-3, 7]])
    inside = [[False, True], [False, False], [False, False]]
    assert (np.isfinite(y) == inside).all()
    assert (np.isfinite(x) == inside).all()


def test_panels_by_their_number_in_any_order(tmp_path):
    """dim1 is the axis of the panels; values without a panel hold for those named later."""
    head = HEAD + "dim0 = %\ndim2 = ss\ndim3 = fs\nmin_ss = 0\nmax_ss = 5\nmin_fs = 0\nmax_fs = 9\n"
    text = head
    for plane in (2, 0, 1):
        text += (f"m{plane}/dim1 = {plane}\nm{plane}/corner_x = {100 * plane}\n"
                 f"m{plane}/corner_y = 1\nm{plane}/fs = x\nm{plane}/ss = y\n")  # fmt: skip
    geometry = geometry_of(tmp_path, text + "max_fs = 3\n")
    assert (geometry.shape, geometry.panel_rows) == ((18, 10), 6)
    y, x = geometry.places([0, 6, 17], [0, 0, 9])
    assert y.tolist() == [1.5, 1.5, 6.5]
    assert x.tolist() == [0.5, 100.5, 209.5]
    geometry.check((3, 6, 10), "r")
    geometry.check((18, 10), "r")
    for stored in ((2, 6, 10), (3, 7, 10), (3, 6, 9), (17, 10)):
        with pytest.raises(ValueError, match="The frames of r have shape .* 6 x 10 a plane"):
            geometry.check(stored, "r")


def test_panels_side_by_side_in_a_slab(tmp_path):
    """Two modules of four ASICs each, (12, 16), as EXtra-geom writes JUNGFRAU."""
    text = HEAD + "rigid_group_all = a,b\ngroup_all = a,b\n"
    for module in range(2):
        for k in range(4):
            row, column = 6 * module + 3 * (k // 2), 8 * (k % 2)
            corner = (1000 * module - column, 50 - row)
            text += panel(f"p{module}a{k}", (row, row + 2), (column, column + 7), corner,
                          "-1.0x +0.0y", "+0.0x -1.0y")  # fmt: skip
    geometry = geometry_of(tmp_path, text)
    assert (geometry.shape, geometry.panel_rows) == ((12, 16), 3)
    y, x = geometry.places(*np.indices((12, 16)))
    np.testing.assert_array_equal(geometry.all_places((14, 17))[0][:12, :16], y)
    np.testing.assert_array_equal(geometry.all_places((12, 16))[1], x)
    assert np.isnan(geometry.all_places((14, 17))[0]).sum() == 14 * 17 - 12 * 16
    column = np.arange(16)
    for row in range(12):
        across = 1000 * (row // 6) - column // 8 * 8 - (column % 8 + 0.5)
        np.testing.assert_allclose(x[row], across)
        np.testing.assert_allclose(y[row], 50 - row // 3 * 3 - (row % 3 + 0.5))


@given(st.data())
def test_a_place_is_corner_plus_steps(tmp_path_factory, data):
    number = st.floats(-2, 2).map(lambda value: round(value, 6))
    panels, text = [], HEAD
    for k in range(data.draw(st.integers(1, 4))):
        corner, fs, ss = (data.draw(st.tuples(number, number)) for _ in range(3))
        panels.append((corner, fs, ss))
        vectors = (f"{v[0]:+f}x {v[1]:+f}y" for v in (fs, ss))
        text += panel(f"q{k}", (5 * k, 5 * k + 4), (0, 6), corner, *vectors)
    geometry = geometry_of(tmp_path_factory.mktemp("g"), text)
    row, column = data.draw(st.integers(0, 5 * len(panels) - 1)), data.draw(st.integers(0, 6))
    corner, fs, ss = panels[row // 5]
    along, down = column + 0.5, row % 5 + 0.5
    y, x = geometry.places(row, column)
    assert x == pytest.approx(corner[0] + along * fs[0] + down * ss[0])
    assert y == pytest.approx(corner[1] + along * fs[1] + down * ss[1])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 4), (5, 9)], 5),
        ([(0, 4), (5, 8)], None),  # of two heights
        ([(0, 4), (6, 10)], None),  # with a row in no panel
        ([(0, 9)], None),  # one image
    ],
)
def test_rows_of_a_panel(tmp_path, rows, expected):
    text = "".join(panel(f"p{k}", of, (0, 9), (0, 0)) for k, of in enumerate(rows))
    assert geometry_of(tmp_path, HEAD + text).panel_rows == expected


# resolution


def test_resolution_is_that_of_braggs_law(tmp_path):
    geometry = geometry_of(tmp_path, HEAD + one(size=(2000, 2001), corner=(-1000, -1000)))
    wavelength = 12398.419843 / 9500
    d = geometry.resolution(999.5, 1999.5, None)  # 1000 pixels of 0.1 mm at 100 mm: 45 degrees
    assert d == pytest.approx(wavelength / (2 * np.sin(np.pi / 8)))
    assert geometry.resolution(999.5, 1999.5, 2 * wavelength) == pytest.approx(2 * d)
    assert geometry.resolution(999.5, 999.5) == np.inf
    further = geometry.resolution(999.5, 1999.5, distance=200)
    assert further == pytest.approx(wavelength / (2 * np.sin(np.arctan(0.5) / 2)))


@pytest.mark.parametrize(
    ("head", "distance", "wavelength"),
    [
        ("clen = 100 mm\nphoton_energy = 9.5 keV", 100, 1.30510),
        ("clen = 0.1m\nwavelength = 1.2 A", 100, 1.2),
        ("clen = 1e-1\nwavelength = 1.2e-10 m", 100, 1.2),
        ("clen = /LCLS/detector_1/EncoderValue\nphoton_energy = /LCLS/photon_energy_eV eV",
         None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_distance_and_wavelength(tmp_path, head, distance, wavelength):
    geometry = geometry_of(tmp_path, f"{head}\npixel_pitch = 0.0001\n{one()}")
    assert geometry.distance == pytest.approx(distance)
    assert geometry.wavelength == pytest.approx(wavelength, abs=1e-5)
    known = geometry.resolution(0, 0, 1.2, 100)
    assert known == pytest.approx(1.2 / (2 * np.sin(np.arctan(np.hypot(14.5, 9.5) / 1000) / 2)))
    assert (geometry.resolution(0, 0) is None) == (distance is None)


def test_an_offset_of_a_panel_and_clen_in_the_panels(tmp_path):
    offset = geometry_of(tmp_path, HEAD + one(coffset=0.1)).resolution(0, 0)
    assert offset == pytest.approx(geometry_of(tmp_path, HEAD + one()).resolution(0, 0, None, 200))
    assert geometry_of(tmp_path, HEAD.replace("clen", "old") + one(clen=0.3)).distance == 300


# bad regions


def bad_of(geometry, shape=(20, 30)):
    return np.argwhere(~geometry.good(shape)).tolist()


def test_bad_regions_of_the_laboratory(tmp_path):
    geometry = geometry_of(tmp_path, HEAD + one() + REGION.format(-1, 1, -9.5, -8.5))
    assert bad_of(geometry) == [[0, 14], [0, 15], [1, 14], [1, 15]]
    large = geometry_of(tmp_path, HEAD + one((600, 30)) + REGION.format(-14.6, -13, 500, 1e9))
    assert bad_of(large, (600, 30)) == [[row, k] for row in range(510, 600) for k in (0, 1)]


@pytest.mark.parametrize(
    ("name", "rows"), [("\nbad_f/panel = b", [14, 15, 16]), ("", [4, 5, 6, 14, 15, 16])]
)
def test_bad_regions_of_the_dataset_stay_in_their_panel(tmp_path, name, rows):
    text = HEAD + "".join(panel(p, (0, 9), (0, 9), (0, 0), dim0=k, dim1="ss", dim2="fs")
                          for k, p in enumerate("ab"))  # fmt: skip
    text += f"bad_f/min_ss = 4\nbad_f/max_ss = 6\nbad_f/min_fs = 8\nbad_f/max_fs = 99{name}\n"
    expected = [[row, column] for row in rows for column in (8, 9)]
    assert bad_of(geometry_of(tmp_path, text), (20, 10)) == expected


@pytest.mark.parametrize(("low", "high"), [(-9, -5), (30, 40), (6, 5), (-1e300, -1)])
def test_a_bad_region_without_pixels(tmp_path, low, high):
    text = f"bad_f/min_ss = {low}\nbad_f/max_ss = {high}\nbad_f/min_fs = 0\nbad_f/max_fs = 9\n"
    assert bad_of(geometry_of(tmp_path, HEAD + one() + text)) == []


def test_edges_whole_panels_and_what_is_in_none(tmp_path):
    text = HEAD + panel("a", (0, 4), (0, 4), (0, 0), mask_edge_pixels=2)
    text += panel("b", (0, 4), (5, 9), (0, 0), no_index=1) + panel("c", (5, 9), (0, 4), (0, 0))
    text += panel("d", (10, 12), (0, 4), (0, 0), no_index="false", mask_edge_pixels=9)
    good = np.zeros((14, 10), bool)
    good[2, 2], good[5:10, :5] = True, True
    np.testing.assert_array_equal(geometry_of(tmp_path, text).good((14, 10)), good)


# damaged files


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no panel"),
        ("# a CSV file\n1,2,3\n", "names no panel"),
        ("\0\1binary", "is no text"),
        (HEAD + one().replace("p0/max_fs = 29\n", ""), "has nothing for p0/max_fs; .* whole"),
        (HEAD + one().replace("29", "2x"), "has '2x' for p0/max_fs"),
        (HEAD + one().replace("29", "-1"), "has '-1' for p0/max_fs"),
        (HEAD + one().replace("min_fs = 0", "min_fs = 40"), "'29' for p0/max_fs; expected 40 or"),
        (HEAD + one().replace("29", "999999999"), "999999999' for p0/max_fs"),
        (HEAD + one((9999, 99999)), "frame of 9999 x 99999 pixels"),
        (HEAD + one(corner=("nan", 0)), "'nan' for p0/corner_x"),
        (HEAD + one(fs="+1.0x +0.0w"), "'.1.0x .0.0w' for p0/fs; expected a vector"),
        (HEAD + one(fs="1e999x"), "expected finite"),
        (HEAD + one(fs=""), "'' for p0/fs; expected a vector"),
        (HEAD + one(dim0="fs", dim1="ss"), "'ss' for p0/dim1; expected one dimension"),
        (HEAD + one(dim0=1, dim1=2, dim2="ss", dim3="fs"), "for p0/dim3; expected one dimension"),
        (HEAD + one(res=0), "'0' for p0/res; expected more than 0"),
        (HEAD.replace("0.1 m", "0.1 parsec") + one(), "'0.1 parsec' for clen"),
        (HEAD + one() + "bad_a/min_x = 3\n", "has nothing for bad_a/min_y|bad_a/max"),
        (HEAD + one() + REGION.format(0, 1, 0, 1) + "bad_r/panel = q\n", "'q' for bad_r/panel"),
        (HEAD + one(data="/a") + panel("b", (0, 1), (0, 1), (0, 0)), "from several datasets"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=sentence) as told:
        geometry_of(tmp_path, text)
    assert str(told.value).startswith("d.geom ")
    assert "expected" in str(told.value)


@given(st.binary(max_size=60), st.integers(0, 600))
def test_any_bytes_give_a_geometry_or_a_sentence(tmp_path_factory, content, at):
    text = (HEAD + one() + REGION.format(0, 1, 0, 1)).encode()
    path = tmp_path_factory.mktemp("g") / "d.geom"
    path.write_bytes(text[:at] + content + text[at + len(content) :])
    sentence = ""
    try:
        geometry = read_geometry(path)
        assert geometry.good(geometry.shape).shape == geometry.shape
    except ValueError as error:
        sentence = str(error)
    assert sentence == "" or sentence.startswith("d.geom ")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no geometry file"):
        read_geometry(tmp_path / "none.geom")


def test_a_changed_file_is_read_again(tmp_path):
    assert geometry_of(tmp_path, HEAD + one()).shape == (20, 30)
    assert geometry_of(tmp_path, HEAD + one((200, 300))).shape == (200, 300)


# runs and screenings


def test_a_run_joins_the_bad_regions_to_its_mask(tmp_path):
    frames = np.random.default_rng(0).integers(1, 99, (2, 2, 10, 30), dtype="u2")
    mask = np.ones((20, 30), bool)
    mask[19, 29] = False
    text = HEAD + "".join(panel(p, (0, 9), (0, 29), (-15, 20 * k), dim0="%", dim1=k, dim2="ss",
                                dim3="fs") for k, p in enumerate("ab"))  # fmt: skip
    path = written(tmp_path, text + REGION.format(-15, -14, 20, 21))
    run = FileRun(cxi(tmp_path / "a.cxi", frames), mask=mask, geometry=path)
    assert np.argwhere(~run.mask).tolist() == [[10, 0], [19, 29]]
    assert run.geometry.panel_rows == run.panel == 10
    with pytest.raises(ValueError, match=r"shape \(20, 20\), the 2 panels of d.geom need 10 x 30"):
        FileRun(cxi(tmp_path / "b.cxi", frames[:, 0].reshape(1, -1, 20)[:, :20]), geometry=path)
    with pytest.warns(UserWarning, match="d.geom cover 600 of the 1600 pixels of c"):
        FileRun(cxi(tmp_path / "c.cxi", np.ones((1, 40, 40), "u2")), geometry=path)


def scores(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [(line["p_hit"], line["status"]) for line in csv.DictReader(file)]


def test_a_screening_by_rwd_takes_the_bad_regions_as_a_mask(tmp_path):
    frames = np.random.default_rng(0).poisson(90, (4, 740, 800)).astype("u2")
    frames[:, 200:300, 300:500] += np.random.default_rng(1).integers(0, 900, (4, 100, 200), "u2")
    path, good = cxi(tmp_path / "a.cxi", frames), np.ones((740, 800), bool)
    good[200:300, 300:500] = False
    np.save(tmp_path / "m.npy", good)
    text = HEAD + one((740, 800), (0, 0))
    geometry = written(tmp_path, text + REGION.format(300, 500, 200, 300))
    plain = ["screen", str(path), "--model", "rwd", "--no-bad-pixel-search", "--out"]
    for name, more in (("none", []), ("mask", ["--mask", str(tmp_path / "m.npy")]),
                       ("geometry", ["--geometry", str(geometry)])):  # fmt: skip
        assert main([*plain, str(tmp_path / name), *more]) == 0
    assert scores(tmp_path / "geometry") == scores(tmp_path / "mask") != scores(tmp_path / "none")
    assert (center_crop(~good)).any()


def test_the_model_of_peaks_takes_bad_regions_and_places_of_a_geometry(tmp_path):
    mean = np.full((300, 260), 2.0)
    mean[100:150, 100:200:8] += 40  # what the region hides
    frames = np.random.default_rng(0).poisson(mean, (4, 300, 260)).astype("u2")
    path, good = cxi(tmp_path / "a.cxi", frames), np.ones((300, 260), bool)
    good[95:155, 95:205] = False
    text = HEAD + one((300, 260), (0, 0))
    geometry = written(tmp_path, text + REGION.format(95, 205, 95, 155))
    plain = ["screen", str(path), "--no-bad-pixel-search", "--out"]
    for name, more in (("none", []), ("geometry", ["--geometry", str(geometry)])):
        assert main([*plain, str(tmp_path / name), *more]) == 0
    hidden, seen = ([float(p) for p, _ in scores(tmp_path / name)] for name in ("geometry", "none"))
    screener, run = Screener(), open_run(path, geometry=geometry)
    view = View(*run.readings, places=run.geometry.places)
    p = screener.score([screener.features(frame, good, view) for frame in frames])
    np.testing.assert_allclose(hidden, p, atol=1e-5)
    assert hidden != seen


def test_a_geometry_that_does_not_fit_or_is_damaged(tmp_path, capsys):
    path = cxi(tmp_path / "a.cxi", np.ones((1, 730, 730), "u2"))
    large = written(tmp_path, HEAD + one((800, 800)))
    with pytest.warns(UserWarning, match="a.cxi is left out: .*panels of d.geom need"):
        assert main(["screen", str(path), "--out", str(tmp_path / "s"), "--geometry", str(large)])
    assert "panels of d.geom" in scores(tmp_path / "s")[0][1]
    written(tmp_path, "nothing")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["screen", str(path), "--out", str(tmp_path / "t"), "--geometry", str(large)])
    assert "names no panel" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


def test_another_geometry_is_another_screening(tmp_path, monkeypatch):
    frames = np.random.default_rng(0).poisson(90, (2, 730, 730)).astype("u2")
    path, geometry = cxi(tmp_path / "a.cxi", frames), written(tmp_path, HEAD + one((730, 730)))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sfxtutor.beamline.screen.screen._write", killed)
        with pytest.raises(KeyboardInterrupt):
            screen([path], tmp_path / "s.csv", geometry=geometry, progress=False)
    written(tmp_path, HEAD + one((730, 730)) + REGION.format(0, 9, 0, 9))
    with pytest.raises(ValueError, match="s.csv.partial"):
        screen([path], tmp_path / "s.csv", geometry=geometry, progress=False)
    written(tmp_path, HEAD + one((730, 730)))
    assert screen([path], tmp_path / "s.csv", geometry=geometry, progress=False).found == 2


# masks


FLAGS = np.zeros((20, 30), "u4")
FLAGS[2, 3], FLAGS[4, 5], FLAGS[6, 7] = 1, 0x100, 0x101


@pytest.mark.parametrize(
    ("lines", "bad"),
    [
        ("mask = /flags\nmask_good = 0x0000\nmask_bad = 0xff\n", FLAGS & 0xFF != 0),
        ("mask0_data = /flags\nmask0_badbits = 0x100\n", FLAGS & 0x100 != 0),
        ("mask1_data = /%/flags\nmask1_goodbits = 256\n", FLAGS & 0x100 != 0),
        ("mask = /flags\nmask_bad=1\nmask3_data = /flags\nmask3_badbits = 0x100\n", FLAGS != 0),
    ],
)
def test_masks_that_it_names_leave_pixels_out(tmp_path, lines, bad):
    path = cxi(tmp_path / "run.h5", np.random.default_rng(0).poisson(9, (4, 20, 30)).astype("u2"))
    with h5py.File(path, "a") as file:
        file["flags"] = FLAGS
        file["entry_1/flags"] = np.stack([FLAGS ^ 0x100] * 4)  # one for each frame, set if good
    geometry = written(tmp_path, HEAD + lines + one())
    with FileRun(path, geometry=geometry, dataset="/%/data_1/data") as run:
        np.testing.assert_array_equal(~run.mask, bad)


def test_a_mask_in_a_file_of_its_own_and_panels_in_an_axis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frames = np.random.default_rng(0).poisson(9, (3, 2, 20, 30)).astype("u2")
    path = cxi(tmp_path / "run.cxi", frames)
    with h5py.File("mask.h5", "w") as file:
        file["flags"] = np.stack([FLAGS, 0 * FLAGS])
    lines = (
        "mask = /flags\nmask_file = mask.h5\nmask_bad = 0xffff\ndim0 = %\ndim2 = ss\ndim3 = fs\n"
    )
    text = HEAD + lines + one(dim1=0) + one(dim1=1, corner=(40, 0)).replace("p0/", "p1/")
    with FileRun(path, geometry=written(tmp_path, text)) as run:
        np.testing.assert_array_equal(~run.mask, np.concatenate([FLAGS, 0 * FLAGS]) != 0)


@pytest.mark.parametrize(
    "lines", ["mask = /none\n", "mask = /flags\nmask_file = none.h5\n", "mask = /entry_1\n"]
)
def test_a_mask_that_is_not_there_is_warned_of_and_the_frames_are_read(tmp_path, lines):
    path = cxi(tmp_path / "run.cxi", np.ones((2, 20, 30), "u2"))
    geometry = written(tmp_path, HEAD + lines + one())
    with pytest.warns(UserWarning, match=r"d.geom names the mask /\w+, which \S+ does not hold"):
        run = FileRun(path, geometry=geometry)
    assert run.mask is None
    run.close()


def test_bits_that_are_no_number_are_named(tmp_path):
    text = HEAD + "mask = /flags\nmask_bad = all\n" + one()
    with pytest.raises(ValueError, match="d.geom has 'all' for mask_bad; expected an integer"):
        geometry_of(tmp_path, text)
