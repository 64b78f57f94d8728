"""The page of a screening: its numbers, its circles, and what is left where files are gone."""

import csv
import re
from collections import Counter
from html.parser import HTMLParser
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from sfxtutor.beamline.look.look import look
from sfxtutor.beamline.look.pictures import BAD, EDGE, FOUND, Layout
from sfxtutor.beamline.look.scores import tally
from sfxtutor.beamline.look.sheet import Reading, read_sheet
from sfxtutor.beamline.model.screener import Screener
from sfxtutor.beamline.screen.screen import screen
from sfxtutor.cli.main import main
from sfxtutor.runs.open import simulate_run
from tools.browser import SCREENSHOTS
from tools.detectors import files, hits, misses

COUNT = 5  # hits, and as many misses
VOID = ("meta", "input", "br")


class Page(HTMLParser):
    """What is on a page: tags with their attributes, cells of tables by id, text; well formed."""

    def __init__(self, path):
        super().__init__()
        self.text, self.open, self.tags, self.tables, self.words = "", [], [], {}, []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.rows = self.tables.setdefault(dict(attrs)["id"], [])
        if tag == "tr":
            self.rows.append([])

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
        if self.open and self.open[-1] == "td":
            self.rows[-1].append(data)

    @property
    def all_text(self):
        return " ".join("".join(self.words).split())

    def of(self, tag, kind):
        return [attrs for name, attrs in self.tags if name == tag and attrs.get("class") == kind]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Hits, then misses, of a small detector in one NeXus file, their scores, and their page."""
    folder = tmp_path_factory.mktemp("run")
    seen, empty = hits("eiger_1m", 0.1, COUNT), misses("eiger_1m", 0.1, COUNT)
    [master] = files.write(seen, folder)
    [data] = folder.glob("*_data_000001.h5")
    with h5py.File(data, "r+") as file:
        stack = file["entry/data/data"]
        frames = np.concatenate([stack[:], empty.stack()])
        del file["entry/data/data"]
        file["entry/data"].create_dataset("data", data=frames, chunks=(1, *frames.shape[1:]))
    scores, page = folder / "scores.csv", folder / "run.html"
    command = ["screen", str(master), "--out", str(scores), "--report", str(page)]
    assert main(command) == 0
    return SimpleNamespace(folder=folder, master=master, seen=seen, scores=scores, page=page)


@pytest.fixture(scope="module")
def page(run):
    return Page(run.page)


@pytest.fixture(scope="module")
def sheet(run):
    screener = Screener()
    counted = tally(run.scores, screener.threshold)
    rows = [*counted.surest_hits, *counted.surest_misses, *counted.nearest]
    return read_sheet(rows, screener, Reading())


def lines_of(scores):
    with open(scores, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_numbers_of_the_page_are_those_of_the_scores(run, page):
    lines = lines_of(run.scores)
    hit = [int(line["is_hit"]) for line in lines]
    p = [float(line["p_hit"]) for line in lines]
    doubtful = sum(0.2 <= one <= 0.8 for one in p)
    text = page.all_text
    assert f"{sum(hit)} of {len(hit)} scored frames are hits" in text
    assert f"{doubtful} frames (" in text
    assert [row[:3] for row in page.tables["rates"] if row] == [["1 to 10", "10", str(sum(hit))]]
    assert sum(int(row[1]) for row in page.tables["bars"] if row) == len(lines)
    shown = Counter(one["data-p"] for one in page.of("figure", "frame"))
    assert shown == Counter(line["p_hit"] for line in lines)  # each once: they are fewer than 36


def test_the_page_tells_the_facts(run, page):
    with h5py.File(run.master) as file:
        masked = np.count_nonzero(file["entry/instrument/detector/pixel_mask"])
    text = page.all_text
    assert "1065 x 1030 pixels, uint32" in text
    assert f"the file itself: {masked:,} pixels ({100 * masked / (1065 * 1030):.1f} %)" in text
    assert f"peaks, threshold {Screener().threshold:.3f}" in text
    assert "warning" not in [attrs.get("class") for _, attrs in page.tags]


def test_the_page_needs_nothing_else(page):
    assert re.findall(r"https?:|//\w|url\(|@import", re.sub(r'"data:[^"]*"', "", page.source)) == []
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe"})
    images = [attrs for tag, attrs in page.tags if tag == "image"]
    assert len(images) == 2 * COUNT + 1
    assert all(one["href"].startswith("data:image/png;base64,") for one in images)
    drawn = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(drawn) == len(images) + 2
    assert all(one["role"] == "img" and one["aria-label"] for one in drawn)


def test_circles_are_at_the_spots_of_the_crystal(run, sheet):
    layout = Layout(run.seen.scene.detector.shape)
    found = told = marked = 0
    for i, spots in enumerate(run.seen.spots):
        shot = sheet.shots[str(run.master), i]
        truth = np.column_stack(layout.place(spots.rows, spots.columns))
        far = np.hypot(*(truth[:, None] - shot.spots[None]).transpose(2, 0, 1))
        clear = spots.photons > 3 * spots.limit
        found += np.count_nonzero(far[clear].min(axis=1) < 2)
        told += np.count_nonzero(clear)
        marked += np.count_nonzero(far.min(axis=0) < 2) / max(len(shot.spots), 1)
    assert told > 50
    assert found > 0.7 * told
    assert marked > 0.9 * COUNT


def test_frames_without_a_crystal_have_hardly_a_circle(run, sheet):
    of_misses = [len(sheet.shots[str(run.master), i].spots) for i in range(COUNT, 2 * COUNT)]
    assert np.mean(of_misses) < 3


def test_circles_of_the_page_are_those_of_the_sheet(page, sheet):
    assert len(page.of("circle", "spot")) == sum(len(s.spots) for s in sheet.shots.values())
    assert len(page.of("circle", "other")) == sum(len(s.others) for s in sheet.shots.values())


def test_bad_pixels_that_were_found_are_circled(page, sheet):
    assert 0 < sheet.detector.found < 200
    assert len(page.of("circle", "found")) == np.count_nonzero(sheet.detector.picture == FOUND)


def test_the_gap_between_modules_is_grey(sheet):
    for shot in sheet.shots.values():
        middle = shot.picture.shape[0] // 2
        assert (shot.picture[middle] == BAD).all()
        assert (shot.picture[: middle // 2] != BAD).mean() > 0.99


def test_files_that_are_gone_cost_their_pictures_alone(run, tmp_path):
    scores = tmp_path / "scores.csv"
    text = run.scores.read_text(encoding="utf-8").replace(
        str(run.master), "gone/eiger_1m_master.h5"
    )
    scores.write_text(text, encoding="utf-8")
    looked = look(scores, tmp_path / "a.html", Screener())
    page = Page(looked.out)
    assert (looked.shown, looked.wanted) == (0, 2 * COUNT)
    assert len(page.of("div", "lost")) == 2 * COUNT
    assert "10 of 10 frames could not be read again" in page.all_text
    moved = [str(scores), str(run.master), "--out", str(tmp_path / "b.html")]
    assert main(["look", *moved]) == 0
    assert Page(tmp_path / "b.html").of("div", "lost") == []


def test_scores_of_another_model_or_threshold_are_noticed(run, tmp_path):
    lines = run.scores.read_text(encoding="utf-8").splitlines()
    other = [re.sub(r",[\d.]+,[01],ok$", f",{0.7 + i / 100:.5f},{int(i > 5)},ok", line)
             for i, line in enumerate(lines)]  # fmt: skip
    scores = tmp_path / "scores.csv"
    scores.write_text("\n".join(other) + "\n", encoding="utf-8")
    page = Page(look(scores, tmp_path / "run.html", Screener()).out)
    assert len(page.of("p", "warning")) == 2
    assert "10 of 10 frames that were scored again" in page.all_text
    assert "the lowest p of a hit is 0.760" in page.all_text


def test_a_model_of_crops_has_no_circles(tmp_path):
    scores, out = tmp_path / "scores.csv", tmp_path / "run.html"
    twin, _ = simulate_run("LN83", tmp_path / "ln83.h5", frames=3, progress=False)
    screen([twin], scores, "rwd", progress=False)
    page = Page(look(scores, out, Screener("rwd")).out)
    assert "724 x 724 pixels, the central crop" in page.all_text
    assert len(page.of("figure", "frame")) == 3
    assert page.of("div", "lost") == page.of("p", "warning") == []
    assert [tag for tag, _ in page.tags if tag == "circle"] == []


def test_a_file_without_scores_is_screened_first(run, tmp_path, capsys):
    out = tmp_path / "run.html"
    assert main(["look", str(run.master), "--out", str(out), "--threshold", "0.9"]) == 0
    assert f"{2 * COUNT} of {2 * COUNT} frames scored" in capsys.readouterr().out
    page = Page(out)
    assert "peaks, threshold 0.900" in page.all_text
    assert page.of("p", "warning") == []
    assert [path.name for path in tmp_path.iterdir()] == ["run.html"]


def test_the_page_does_not_replace_what_is_read(run, capsys):
    before = run.scores.read_bytes()
    assert main(["look", str(run.scores), "--out", str(run.scores)]) == 1
    assert main(["look", str(run.scores), "--out", str(run.master)]) == 1
    assert main(["screen", str(run.master), "--report", str(run.master)]) == 1
    assert capsys.readouterr().err.count("is one of the files") == 3
    assert run.scores.read_bytes() == before
    assert h5py.is_hdf5(run.master)


def test_a_run_of_one_frame_without_a_score_has_a_page(tmp_path):
    scores = tmp_path / "scores.csv"
    scores.write_text("file,frame,p_hit,is_hit,status\na.h5,1,,,<it> is lost. Try again.\n")
    page = Page(look(scores, tmp_path / "run.html", Screener()).out)
    assert page.tables["statuses"][-1] == ["1", "<it> is lost"]
    assert "No frame has a score" in page.all_text


@pytest.mark.parametrize("width", [1400, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_screen_and_a_phone(run, chromium, width, scheme):
    one = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said = []
    one.on("console", lambda message: said.append(message.text))
    one.goto(run.page.as_uri())
    assert one.evaluate("document.documentElement.scrollWidth") <= width
    image = one.locator(".frame svg").first.bounding_box()
    assert 140 < image["width"] <= EDGE
    circle = one.locator("circle").first
    assert circle.is_visible()
    one.get_by_label("Show circles").uncheck()
    assert not circle.is_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    one.screenshot(path=SCREENSHOTS / f"look_{width}_{scheme}.png", full_page=True)
    one.close()
    assert said == []
