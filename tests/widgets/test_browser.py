"""The widgets and an exercise in JupyterLab, in a browser: each control by mouse and by keyboard.

Lessons 00 to 05 are opened as they are, and the cells run that their widget needs. Lessons 07 and
08 train for minutes; small notebooks build the same widgets in the same way on small data.
Screenshots and `latency.json` are left in build/screenshots.
"""

import ast
import html
import json
import re
from collections import Counter

import ipywidgets as controls
import numpy as np
import pytest
from driver import Driver
from IPython.core.inputtransformer2 import TransformerManager
from PIL import Image
from places import ROOT
from scipy.spatial.transform import Rotation

import sfxtutor as sfx
from sfxtutor.widgets.canvas import FrameCanvas
from sfxtutor.widgets.frame_stages import coarse, take
from sfxtutor.widgets.lattice import CAMERAS, reciprocal
from sfxtutor.widgets.still import LIT
from tools.browser import (
    FOCUSED,
    PICTURES,
    SCREENSHOTS,
    free_port,
    jupyterlab,
    write_notebook,
)
from tools.walk import code_cells, copy_lessons, walk

SLIDERS = (
    controls.FloatSlider | controls.IntSlider | controls.FloatRangeSlider | controls.SelectionSlider
)
LIGHT = re.compile(r"sfx\.(FrameInspector|CrystalExplorer|LabelByEye)\(")
DATA = """import numpy as np

rng = np.random.default_rng(0)
truth = rng.random(400) < 0.45
p = np.clip(rng.normal(np.where(truth, 0.7, 0.25), 0.25), 0, 1)
frames = rng.gamma(2, 1, (400, 180, 180)).astype(np.float16)
kinds = ("source only", "DANN")
maps = {f"{kind}, perplexity 10, seed 0": rng.normal(size=(400, 2)) for kind in kinds}"""
THRESHOLDS = """from sfxtutor import ThresholdExplorer

spots = np.round(40 * np.clip(p + rng.normal(0, 0.1, 400), 0, 1))
scores = {"2D CNN, 200 labels": p, "spot count, 200 labels": spots}
ThresholdExplorer(scores, truth, {"2D CNN, 200 labels": 0.5, "spot count, 200 labels": 14.0})"""
REFLECTIONS = """import numpy as np
import sfxtutor as sfx

run = sfx.open_run("LO19")
frames = np.flatnonzero(run.labels != "MISS")[:60]
measured = run.integrate(frames, d_min=3.0)
visible = np.array([run.spots(i)[1].sum() for i in frames])
scores = {"2D CNN, 200 labels": visible / (20 + visible), "spot count, 200 labels": visible}"""
PAYOFF = "sfx.Payoff(measured, frames, scores)"
GAP = """import sfxtutor as sfx

sfx.DomainGap(spot_cnn(), sfx.TwinRun("LN83"), 5, frames=12)"""
CRYSTAL = """import sfxtutor as sfx

explorer = sfx.CrystalExplorer("LN83")"""
PLAYING = "print('playing' if explorer.lattice.playing else 'stopped')"
RUN = """import sfxtutor as sfx

run = sfx.open_run("LN83")"""
INSPECTOR = "sfx.FrameInspector(run, frame=400)"
LABELS = 'sfx.LabelByEye(run, 6, student="{}")'
EMBEDDING = """from sfxtutor import EmbeddingExplorer

EmbeddingExplorer(
    maps,
    {"run": ["LN83"] * 200 + ["LN84"] * 200, "label": np.where(truth, "HIT", "MISS"),
     "verdict": {name: np.where(p > 0.1 + 0.5 * i, "hit", "miss") for i, name in enumerate(maps)}},
    lambda point: frames[point],
    [f"LN83, frame {i}" for i in range(400)],
)"""
TRAINING = """import numpy as np
import sfxtutor as sfx
from sfxtutor import TrainingMonitor

rng = np.random.default_rng(0)
x, y = rng.random((60, 24, 24)).astype("float32"), np.arange(60) % 3 == 0
sfx.set_seed(0)
dann = sfx.Dann(sfx.build_cnn((24, 24, 1), filters=(2, 2), dense=(4,)))"""
MONITOR = """monitor = TrainingMonitor()
display(monitor)
history = sfx.fit_dann(dann, x[:40], y[:40], x[:40], (x[40:], y[40:], x[40:]),
                       sfx.Training(2000), title=None, watch=monitor)
print(f"trained for {len(history.loss)} epochs")"""
OWN_VECTORS = """import numpy as np

rng, truth = np.random.default_rng(0), sfx.is_positive(run.labels)
rwd = rng.normal(0.3, 0.03, (len(truth), 128)).astype(np.float32)
rwd[truth, 20:22] += rng.uniform(0.02, 0.2, (truth.sum(), 1))


def build():
    return sfx.build_rwd_cnn(128, filters=(4, 8), pools=(4, 2), dense=(8,))"""
NEXT = "sfx.NextLabel(run, rwd, sfx.Retraining(build), rounds=4)"
TWO_KINDS = """import numpy as np
import sfxtutor as sfx

rng = np.random.default_rng(0)
kinds = [level + 0.1 * rng.normal(size=(20, 60, 60, 1)) for level in (0.5, -0.5)]"""
GENERATED = "sfx.RealOrGenerated(*kinds, lambda x: x.mean(axis=(1, 2, 3)), count=4)"
SOURCE = """import threading

import sfxtutor as sfx
from sfxtutor.beamline.stream.source import send
from sfxtutor.beamline.stream.stream import stream

run, address = sfx.open_run("LN83"), "tcp://127.0.0.1:%d"
source = threading.Thread(target=send, args=(run, address, 30), kwargs={"pool": 30}, daemon=True)
source.start()"""
NETWORKS = """import numpy as np
import sfxtutor as sfx

run = sfx.open_run("LN83")
hit = int(np.flatnonzero(run.labels == "HIT")[3])
sfx.set_seed(0)
cnn, rwd = sfx.build_cnn((180, 180, 1), filters=(4, 4)), sfx.build_rwd_cnn()"""
LOOKS = "sfx.WhereItLooks(run, cnn, 5, rwd, frame=hit)"
STREAM = """monitor = sfx.StreamMonitor()
monitor.show()
report = stream(address, watch=monitor)
print(f"scored {report.scored} frames")"""
QUIZ = """import sfxtutor as sfx

sfx.quiz("nb03.b")"""

PAIR = """import ipywidgets as controls
import sfxtutor as sfx
from sfxtutor.widgets.base import Widget, line, play, static_figure
from sfxtutor.widgets.canvas import FrameCanvas, geometry, link, to_bytes
from sfxtutor.widgets.frame_stages import coarse, take

run = sfx.open_run("LN83")


class Pair(Widget):
    def __init__(self):
        fine = take(run, 400, "crop")
        self.pictures, self.canvases = [fine, coarse(fine)], []
        for picture in self.pictures:
            canvas = FrameCanvas(size=340, cursor=True, row=9, column=9)
            canvas.geometry = geometry(run.card)
            bytes = to_bytes(picture.image, *picture.limits, mask=picture.good)
            canvas.draw(bytes, picture.image, unit="ADU", alt="frame 400", acts=picture.bin > 1,
                        place=[picture.top, picture.left, picture.bin])
            self.canvases.append(canvas)
        link(*self.canvases)
        self.slider = controls.IntSlider(description="turn, °", max=9)
        self._assemble(line(*self.canvases), line(self.slider, play(self.slider, 0.1)))
        self.connect(self.canvases[0], self.tell, "row")
        self.canvases[1].on_act(self.act)

    def tell(self):
        self.canvases[0].caption = f"row {self.canvases[0].row}"

    def act(self, row, column):
        self.canvases[1].caption = f"acted at {row}, {column}"

    def figure(self):
        return static_figure(2, 1)[0]

    def alt(self):
        return "Axes with nothing in them."
"""
CONTROLS = """import ipywidgets as controls

boxes = [sfx.FrameInspector(run, frame=400, spots=True).box, sfx.CrystalExplorer().box,
         sfx.LabelByEye(run).box, sfx.ThresholdExplorer(p, truth, 0.5).box]"""
ALL = "controls.VBox(boxes)"

pytestmark = pytest.mark.timeout(300)


def network():
    """The source of a CNN that needs no training: `spot_cnn`."""
    return (ROOT / "tests" / "support" / "spotcnn.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("lab")
    notebooks = copy_lessons(scratch / "notebooks")
    write_notebook(notebooks / "pair.ipynb", PAIR, "Pair()")
    write_notebook(notebooks / "controls.ipynb", f"{DATA}\n{RUN}\n{CONTROLS}", ALL)
    write_notebook(notebooks / "thresholds.ipynb", DATA, THRESHOLDS)
    write_notebook(notebooks / "payoff.ipynb", REFLECTIONS, PAYOFF)
    write_notebook(notebooks / "inspector.ipynb", RUN, INSPECTOR)
    write_notebook(notebooks / "crystal.ipynb", CRYSTAL, "explorer", PLAYING)
    write_notebook(notebooks / "next.ipynb", f"{RUN}\n{OWN_VECTORS}", NEXT)
    write_notebook(notebooks / "generated.ipynb", TWO_KINDS, GENERATED)
    write_notebook(notebooks / "embedding.ipynb", DATA, EMBEDDING)
    for way in ("mouse", "keyboard"):
        write_notebook(notebooks / f"labels_{way}.ipynb", RUN, LABELS.format(way))
    write_notebook(notebooks / "gap.ipynb", network(), GAP)
    write_notebook(notebooks / "looks.ipynb", NETWORKS, LOOKS)
    write_notebook(notebooks / "monitor.ipynb", TRAINING, MONITOR)
    write_notebook(notebooks / "stream.ipynb", SOURCE % free_port(), STREAM)
    write_notebook(notebooks / "quiz.ipynb", QUIZ)
    with jupyterlab(chromium, notebooks, scratch) as lab:
        yield lab


def names(source):
    """Names that a cell uses, and names that it makes."""
    tree, used, made = ast.parse(TransformerManager().transform_cell(source)), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            made |= {alias.asname or alias.name for alias in node.names}
    return used, made


def needed(cells, index):
    """Numbers of the cells before that one that make what it uses, directly or through others."""
    wanted, found = names(cells[index])[0], []
    for i in sorted((i for i in cells if i < index), reverse=True):
        used, made = names(cells[i])
        if made & wanted:
            found.append(i)
            wanted |= used
    return found[::-1]


def lessons_with_widgets():
    """Notebook, number of the widget's cell and its kind, of each lesson that can be run here."""
    for path in sorted((ROOT / "notebooks").glob("0[0-5]_*.ipynb")):
        for index, source in code_cells(path).items():
            if kind := LIGHT.search(source):
                yield pytest.param(path.name, index, kind[1], id=path.stem)


def note_latency(name, milliseconds):
    """Add a median to build/screenshots/latency.json: a report, no test."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / "latency.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(found | {name: milliseconds}, indent=1, sort_keys=True) + "\n")


def test_each_control_of_the_payoff_changes_the_picture(lab):
    lab.open("payoff.ipynb")
    lab.run(0)
    driver = Driver(lab, lab.run(1))
    lab.until(lambda: driver.cell.locator("svg[role=img]").count() == 2)
    driver.sliders()
    driver.choices()
    note_latency("payoff", driver.latency())
    lab.shoot("payoff", driver.cell)
    assert driver.idle == []
    assert driver.faults() == []


class Sight:
    """One of the pictures of `Pair` in the browser: moves the pointer over it, and reads."""

    def __init__(self, lab, cell, number, picture):
        self.lab, self.mouse, self.picture = lab, lab.page.mouse, picture
        self.root = cell.locator(".sfxtutor-canvas").nth(number)
        self.canvas = self.root.locator("canvas[tabindex]")
        self.scale = self.box["width"] / picture.image.shape[1]

    @property
    def box(self):
        """Where it is on the page, which may be scrolled."""
        return self.canvas.bounding_box()

    def to(self, x, y):
        """Move the pointer to a place of the picture, CSS pixels from its corner."""
        left, top = self.box["x"], self.box["y"]
        self.mouse.move(left + x + 1, top + y)
        self.mouse.move(left + x, top + y)

    def at(self, x, y, zoom=1, top=0, left=0):
        """Row and column at a place on the screen, where so much is seen."""
        scale = self.scale * zoom
        return int(top + y / scale), int(left + x / scale)

    def words(self, row, column):
        """What is said of a pixel, computed from the run alone."""
        picture, card = self.picture, run().card
        y, x = picture.top + picture.bin * row, picture.left + picture.bin * column
        middle = np.array([y, x]) + (picture.bin - 1) / 2 - card.beam_center
        angle = np.arctan(card.pixel * np.hypot(*middle) / card.distance)
        end = picture.bin - 1
        y, x = (f"{at} to {at + end}" if end else f"{at}" for at in (y, x))
        value, d = picture.image[row, column], card.wavelength / (2 * np.sin(angle / 2))
        return f"y {y}, x {x}, {value:,} ADU, {d:.2f} Å"

    def shows(self, *pixel):
        """Wait until the line above the picture says what is computed."""
        line, expected = self.root.locator(".hover"), self.words(*pixel)
        try:
            self.lab.until(lambda: line.inner_text() == expected, 10)
        except TimeoutError:
            assert line.inner_text() == expected  # with both texts in the report
            raise

    def caption(self):
        return self.root.locator("[role=status]").inner_text()


def run():
    return sfx.open_run("LN83")


def open_pair(lab):
    """The two pictures of `Pair` in the browser: the cell and a `Sight` of each."""
    lab.open("pair.ipynb")
    lab.run(0)
    cell = lab.run(1)
    lab.until(lambda: cell.locator("canvas[data-drawn]").count() == 2)
    cell.locator(".sfxtutor-canvas").first.evaluate("root => root.scrollIntoView()")
    fine = take(run(), 400, "crop")
    return cell, [Sight(lab, cell, i, each) for i, each in enumerate([fine, coarse(fine)])]


def test_the_wheel_zooms_at_the_pointer_a_drag_pans_and_linked_pictures_follow(lab):
    cell, (fine, broad) = open_pair(lab)
    x, y = 101, 133
    fine.to(x, y)
    start = fine.at(x, y)
    fine.shows(*start)
    broad.shows(*(each // 3 for each in start))
    lab.until(lambda: fine.caption() == f"row {start[0]}")
    for _ in range(3):
        fine.mouse.wheel(0, -300)
        lab.page.wait_for_timeout(100)
    fine.shows(*start)
    zoom = np.exp(0.0015 * 900)
    seen = {"zoom": zoom, "top": y / fine.scale * (1 - 1 / zoom),
            "left": x / fine.scale * (1 - 1 / zoom)}  # fmt: skip
    fine.to(x + 60, y - 30)
    there = fine.at(x + 60, y - 30, **seen)
    fine.shows(*there)
    broad.shows(*(each // 3 for each in there))
    broad.to(x + 60, y - 30)  # the same part is seen there
    fine.shows(*(3 * (each // 3) + 1 for each in there))
    lab.shoot("pair_zoomed", cell)
    fine.to(x + 60, y - 30)
    fine.mouse.down()
    fine.to(x, y)
    fine.mouse.up()
    fine.shows(*there)  # the pixel that was taken hold of
    assert broad.caption() == ""
    fine.mouse.dblclick(fine.box["x"] + x, fine.box["y"] + y)
    fine.shows(*start)
    broad.to(x, y)
    broad.mouse.down()
    broad.to(x + 20, y)
    broad.mouse.up()  # a drag is no act
    broad.canvas.click(position={"x": 50, "y": 60})
    row, column = broad.at(50, 60)
    lab.until(lambda: broad.caption() == f"acted at {row}, {column}")
    note_latency("hover over 340 x 340, ms a move", hover_cost(fine))
    assert Driver(lab, cell).faults() == []


def hover_cost(sight, moves=100):
    """Milliseconds of the page's own thread for a move of the pointer over a picture."""
    session = sight.lab.page.context.new_cdp_session(sight.lab.page)
    session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    session.send("Performance.enable")

    def spent():
        found = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in found if each["name"] == "TaskDuration")

    left, top = sight.box["x"], sight.box["y"]
    before = spent()
    for i in range(moves):
        sight.mouse.move(left + 20 + i, top + 30 + 2 * i)
    cost = round(1000 * (spent() - before) / moves, 1)
    session.detach()
    return cost


def test_keys_zoom_and_move_and_the_picture_is_saved_and_fills_the_screen(lab):
    cell, (fine, broad) = open_pair(lab)
    fine.canvas.focus()
    for key in ("ArrowDown", "Shift+ArrowRight"):
        lab.page.keyboard.press(key)
    fine.shows(10, 19)
    broad.shows(3, 6)
    assert fine.root.locator("[role=status]").get_attribute("aria-live") == "polite"
    before = fine.canvas.get_attribute("data-drawn")
    for key in ("+", "+", "z"):
        lab.page.keyboard.press(key)
    lab.until(lambda: fine.canvas.get_attribute("data-drawn") != before)
    glass = fine.root.get_by_role("button", name="magnifier")
    lab.until(lambda: glass.get_attribute("aria-pressed") == "true")
    fine.to(100, 100)
    lab.until(
        lambda: fine.root.locator("[role=status]").get_attribute("aria-live") == "off"
    )  # a caption that changes under the pointer is not read aloud
    lab.shoot("pair_magnified", cell)
    with lab.page.expect_download() as download:
        fine.root.get_by_role("button", name="save the picture as PNG").click()
    width, height = (int(fine.canvas.get_attribute(edge)) for edge in ("width", "height"))
    assert download.value.suggested_filename == "frame_400.png"
    with Image.open(download.value.path()) as saved:
        assert saved.size == (width, height)
    fine.root.get_by_role("button", name="full screen").click()
    lab.until(lambda: fine.box["width"] > 500)
    lab.page.evaluate("document.exitFullscreen()")
    lab.until(lambda: fine.box["width"] == 340)
    turn = cell.locator(".widget-readout").first
    player = cell.get_by_role("group", name="play turn")
    player.get_by_role("button", name="play").click()
    lab.until(lambda: int(turn.inner_text()) > 2)
    player.get_by_role("button", name="pause").click()
    lab.page.keyboard.press("Control+b")  # hides the list of lessons
    for width in (900, 360):
        lab.page.set_viewport_size({"width": width, "height": 900})
        lab.until(lambda: no_picture_is_cut_off(cell))
    assert fine.box["width"] < 300
    lab.page.set_viewport_size({"width": 1280, "height": 900})
    assert Driver(lab, cell).faults() == []


def no_picture_is_cut_off(cell):
    """Whether every picture ends before the page of its cell does."""
    area = cell.locator(".jp-OutputArea-output").last.bounding_box()
    edges = [canvas.bounding_box() for canvas in pictures(cell)]
    return all(edge["x"] + edge["width"] <= area["x"] + area["width"] + 1 for edge in edges)


def within(widget):
    """A widget and all in it that is seen."""
    yield widget
    children = getattr(widget, "children", ())
    if isinstance(widget, controls.Tab | controls.Accordion):
        children = [] if widget.selected_index is None else [children[widget.selected_index]]
    for child in children:
        if child.layout.display != "none":
            yield from within(child)


def test_every_control_has_a_name_a_value_and_a_state_in_the_accessibility_tree(lab):
    lab.open("controls.ipynb")
    lab.run(0)
    cell, box = lab.run(1), alone(DATA, RUN, CONTROLS, ALL)
    found = list(within(box))
    sliders = [each for each in found if isinstance(each, SLIDERS)]
    lab.until(lambda: cell.locator(".noUi-handle[aria-label]").count() >= len(sliders))
    session = lab.page.context.new_cdp_session(lab.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    named = [(node["role"]["value"], node["name"]["value"]) for node in nodes if "name" in node]
    expected = []
    for slider in sliders:
        ends = [", lower end", ", upper end"] if isinstance(slider.value, tuple) else [""]
        expected += [slider.description.split(", ")[0] + end for end in ends]
    names = [name for role, name in named if role == "slider"]
    assert "" not in names
    assert Counter(expected) <= Counter(names)  # a picture may have one of its own
    alts = {each.alt for each in found if isinstance(each, FrameCanvas)}
    assert alts <= {name for role, name in named if role == "image"}
    groups = [each for each in found if isinstance(each, controls.ToggleButtons)]
    assert groups
    for group in groups:
        shown = cell.get_by_role("group", name=group.description, exact=True).first
        pressed = shown.locator("button[aria-pressed=true]").all_inner_texts()
        assert [text.strip() for text in pressed] == [group.label]
    texts = [
        handle.get_attribute("aria-valuetext") for handle in cell.locator(".noUi-handle").all()
    ]
    assert [text for text in texts if re.search(r"\d{7}", text)] == []
    assert {"9.52 keV", "0.0 °"} <= set(texts)
    described = [node["description"]["value"] for node in nodes if node.get("description")]
    keys = [text for text in described if text.startswith("Keys: ")]
    canvases = cell.locator(".sfxtutor-canvas canvas[tabindex]").all()
    assert len(keys) == sum(canvas.is_visible() for canvas in canvases) > 0
    assert Driver(lab, cell).faults() == []


def test_a_saved_lesson_shows_its_figure_and_a_restarted_kernel_is_told(lab):
    faults = list(lab.said)
    lab.open("pair.ipynb")
    lab.run(0)
    cell = lab.run(1)
    figure, live = cell.locator("img.sfxtutor-figure"), cell.locator(".sfxtutor-box")
    lab.until(lambda: live.count() == 1 and not figure.is_visible())
    lab.page.keyboard.press("Control+s")
    lab.page.get_by_role("button", name="Restart the kernel", exact=True).click()
    lab.page.locator(".jp-Dialog button.jp-mod-accept").click()
    gone = cell.get_by_text("The kernel was restarted: run this cell again.")
    lab.until(gone.is_visible)
    lab.shoot("pair_restarted", cell)
    lab.open("pair.ipynb")
    cell = lab.cell(1)
    again = "getComputedStyle(element, '::after').content"
    lab.until(lambda: cell.locator("img.sfxtutor-figure").is_visible())
    dead = cell.locator(".jp-OutputArea-output").last
    lab.until(lambda: "Run this cell" in dead.evaluate(f"element => {again}"))
    assert cell.locator("img.sfxtutor-figure").get_attribute("alt") == "Axes with nothing in them."
    lab.shoot("pair_reopened", cell)
    lab.run(0)
    cell = lab.run(1)
    lab.until(lambda: cell.locator("canvas[data-drawn]").count() == 2)
    assert not cell.locator("img.sfxtutor-figure").is_visible()
    lab.said[:] = faults  # JupyterLab logs an error for the widget that it does not find


def words(text):
    """The words of a page or of its HTML."""
    return re.sub("<[^>]+>", " ", html.unescape(text)).split()


def alone(*sources):
    """The widget that the last of these cells makes, in this process and without a browser."""
    *first, last = ast.parse("\n".join(sources)).body
    names = {}
    exec(compile(ast.Module(first, []), "cells", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cells", "eval"), names)


def test_a_change_of_method_shows_what_the_kernel_computes(lab):
    lab.open("thresholds.ipynb")
    lab.run(0)
    cell, explorer = lab.run(1), alone(DATA, THRESHOLDS)
    lab.until(lambda: cell.locator("[role=slider][aria-label^=operating]").count() == 1)
    few, many = explorer.all["spot count, 200 labels"], explorer.all["2D CNN, 200 labels"]
    assert len(few.threshold) < many.nearest(0.5)  # the old index is beyond the new thresholds
    for method in ("spot count, 200 labels", "2D CNN, 200 labels", "spot count, 200 labels"):
        cell.locator("select").first.select_option(label=method)
        explorer.method.value = method
        expected = words(explorer.table.value), explorer.slider.label
        lab.until(lambda e=expected: shown(cell) == e)
        lab.page.wait_for_timeout(500)  # the browser may have a word to add
        assert shown(cell) == expected


def shown(cell):
    """What stands under the slider of a widget, in words, and beside it."""
    below = cell.locator("[role=status]").first.inner_text()
    return words(below), cell.locator(".widget-readout").first.inner_text()


def test_a_change_of_class_shows_the_next_frame_of_it(lab):
    lab.open("inspector.ipynb")
    lab.run(0)
    cell, inspector = lab.run(1), alone(RUN, INSPECTOR)
    lab.until(lambda: cell.locator("canvas[tabindex]").count() > 0)
    for label in ("HIT", "MAYBE", "any", "MISS", "HIT"):
        cell.get_by_role("button", name=label, exact=True).click()
        inspector.class_choice.value = label
        expected = inspected(inspector)
        lab.until(lambda e=expected: inspection(cell) == e)
        lab.page.wait_for_timeout(500)
        assert inspection(cell) == expected
    assert inspector.frame_choice.value > 400


def inspection(cell):
    """Number of the frame, ends of the contrast, and the captions of the pictures that are seen."""
    captions = cell.locator(".sfxtutor-canvas:visible [role=status]").all_inner_texts()
    number = cell.locator("input[type=number]").input_value()
    limits = cell.locator(".sfxtutor-limits").inner_text()
    return number, words(limits), [words(text) for text in captions]


def inspected(inspector):
    """The same of a widget in this process."""
    captions = [words(canvas.caption) for canvas in inspector.pictures]
    return str(inspector.frame_choice.value), words(inspector.limits.value), captions


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_the_inspector_shows_the_frame_and_the_row_that_the_kernel_does(lab, way):
    lab.open("inspector.ipynb")
    lab.run(0)
    cell, inspector = lab.run(1), alone(RUN, INSPECTOR)
    field = cell.locator("input[type=number]")
    lab.until(lambda: inspection(cell) == inspected(inspector))
    field.fill("1234")  # B2: it stood still, and went blank
    field.press("Enter" if way == "keyboard" else "Tab")
    inspector.number.value = 1234
    lab.until(lambda: inspection(cell) == inspected(inspector))
    choose(cell.get_by_role("button", name="compare"), way, lab)
    inspector.stage_choice.value = "compare"
    lab.until(lambda: inspection(cell) == inspected(inspector))
    middle = cell.locator("canvas[tabindex]:visible").nth(1)
    gcn = inspector.trio["GCN"]
    if way == "mouse":
        box = middle.bounding_box()
        middle.hover(position={"x": 0.3 * box["width"], "y": 0.3 * box["height"]})
        lab.until(lambda: re.search(r"GCN\. Row \d+", cell.inner_text()))
        lab.page.wait_for_timeout(300)
        row = int(re.search(r"GCN\. Row (\d+)", cell.inner_text())[1])
        assert row not in (241, inspector.trio["LCN"].row)  # it was there before
        gcn.row = row
    else:
        middle.focus()
        for key in ("Shift+ArrowDown", "ArrowDown", "ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp"):
            lab.page.keyboard.press(key)
        gcn.row -= 10
    lab.until(lambda: inspection(cell) == inspected(inspector))
    lab.shoot(f"inspector_{way}", cell)
    note_latency(f"inspector, three stages, {way}", Driver(lab, cell).latency(5))
    lab.until(lambda: inspection(cell) == inspected(inspector))
    select = cell.locator("select").last
    if way == "mouse":
        select.select_option(index=1)
    else:
        Driver(lab, cell).press(select, "Space", "ArrowDown", "Enter")
    quest = inspector.quest.options[1]
    inspector.quest.value = quest
    lab.until(lambda: inspection(cell) == inspected(inspector))
    told = cell.locator(".sfxtutor-told")
    for _ in range(2):
        if way == "mouse":
            cell.get_by_role("button", name="found it (F)").click()
        else:
            middle.focus()
            lab.page.keyboard.press("f")
        inspector.claim_it()
        lab.until(lambda: words(told.inner_text()) == words(inspector.told.value))
    select.select_option(index=0)
    inspector.quest.value = inspector.quest.options[0]
    lab.until(lambda: inspection(cell) == inspected(inspector))
    assert Driver(lab, cell).faults() == []


def choose(button, way, lab):
    """Press a button by mouse or by keyboard."""
    if way == "mouse":
        button.click()
    else:
        button.focus()
        lab.page.keyboard.press("Space")


def roc_shown(cell):
    """What the threshold explorer says: numbers, costs, rivals, and the operating point."""
    texts = [words(table.inner_text()) for table in cell.locator("table").all()]
    point = cell.locator("[role=slider][aria-label^=operating]")
    names = ("aria-label", "aria-valuenow", "aria-valuetext")
    return texts, [point.get_attribute(name) for name in names]


def roc_expected(explorer):
    """The same of a widget in this process."""
    tables = [explorer.table.value, explorer.costs.value, explorer.rivals.value]
    texts = [words(re.search("<table.*</table>", table)[0]) for table in tables]
    number, i = explorer.curves.at
    name = list(explorer.all)[number]
    return texts, [f"operating point of {name}", str(i), explorer.curves.value]


def roc_place(cell, explorer, method, i):
    """Where the i-th point of a method lies on the screen, from the labels of the axes."""
    svg = cell.locator(".sfxtutor-roc > svg")
    box, points = svg.bounding_box(), explorer.all[method]
    x0, x1, y0, y1 = explorer.curves.view
    across = (100 * points.specificity[i] - x0) / (x1 - x0)
    down = (y1 - 100 * points.recall[i]) / (y1 - y0)
    return (box["x"] + 44 + across * (box["width"] - 58),
            box["y"] + 12 + down * (box["height"] - 52))  # fmt: skip


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_the_operating_point_shows_what_the_kernel_computes(lab, way):
    lab.open("thresholds.ipynb")
    lab.run(0)
    cell, explorer = lab.run(1), alone(DATA, THRESHOLDS)
    point = cell.locator("[role=slider][aria-label^=operating]")
    lab.until(lambda: point.count() == 1)

    def agree():
        lab.until(lambda: roc_shown(cell) == roc_expected(explorer))

    agree()
    cnn, spots = explorer.all
    for method, steps in ((cnn, 40), (cnn, -90), (spots, 3), (cnn, 25)):
        before = explorer.place[method]
        target = before + steps
        if way == "mouse":
            point.scroll_into_view_if_needed()
            drag(lab, cell, explorer, method, target)
            found = int(point.get_attribute("aria-valuenow"))
            a, b = (np.array(roc_place(cell, explorer, method, i)) for i in (found, target))
            assert np.abs(a - b).max() < 2  # two points may share a pixel
            explorer.curves.at = [list(explorer.all).index(method), found]
        else:
            if explorer.method.value != method:
                select = cell.locator("select").first
                key = "ArrowDown" if method == spots else "ArrowUp"
                Driver(lab, cell).press(select, "Space", key, "Enter")
                explorer.method.value = method
                agree()
            press_steps(lab, point, steps)
            explorer.slider.index += steps
        agree()
    lab.shoot(f"thresholds_{way}", cell)
    note_latency(f"thresholds, {way}", Driver(lab, cell).latency(5))
    Driver(lab, cell).press(point, "End")
    explorer.slider.index = len(explorer.points.threshold) - 1
    agree()
    for number, control in enumerate((explorer.slider, explorer.hit_rate)):
        move_slider(lab, cell, number, control, way)
        agree()
    for number, control in ((1, explorer.view), (2, explorer.goal)):
        take_next(lab, cell.locator("select").nth(number), control, way)
        agree()
        assert words(cell.locator(".sfxtutor-goal").inner_text()) == words(explorer.reached.value)
    assert explorer.reached.value
    lab.shoot(f"thresholds_{way}_corner", cell)
    assert Driver(lab, cell).faults() == []


def drag(lab, cell, explorer, method, target):
    """Press on the point, or on another curve, and drag to one of its points."""
    near = explorer.place[method]
    if method != explorer.method.value:  # where the two curves are farthest from each other
        curves = [np.column_stack([each.specificity, each.recall])
                  for each in (explorer.all[method], explorer.points)]  # fmt: skip
        near = int(np.abs(curves[0][:, None] - curves[1]).sum(axis=2).min(axis=1).argmax())
    lab.page.mouse.move(*roc_place(cell, explorer, method, near))
    lab.page.mouse.down()
    lab.page.mouse.move(*roc_place(cell, explorer, method, target), steps=5)
    lab.page.mouse.up()


def press_steps(lab, element, steps):
    """Keys that move a point by so many places: tens, then ones."""
    element.focus()
    tens, ones = divmod(abs(steps), 10)
    large, small = ("PageUp", "ArrowRight") if steps > 0 else ("PageDown", "ArrowLeft")
    for key in [large] * tens + [small] * ones:
        lab.page.keyboard.press(key)


def move_slider(lab, cell, number, control, way):
    """Move the slider of that number down by a step, or to a third of its length; both widgets."""
    if way == "keyboard":
        Driver(lab, cell).press(cell.locator(".noUi-handle").nth(number), "ArrowLeft")
        control.index -= 1
        return
    control.index = (len(control.options) - 1) // 3
    track = cell.locator(".noUi-base").nth(number)
    box, share = track.bounding_box(), control.index / (len(control.options) - 1)
    place = {"x": share * box["width"], "y": box["height"] / 2}
    track.click(position=place, force=True)


def take_next(lab, select, control, way):
    """Take the next option of a list, in the browser and in the widget of this process."""
    control.index += 1
    if way == "mouse":
        select.select_option(index=control.index)
    else:
        Driver(lab, lab.page).press(select, "Space", "ArrowDown", "Enter")


def embedded(cell):
    """What the embedding explorer says: the counts, the thumbnails, the point."""
    counts = cell.locator(".sfxtutor-counts")
    tiles = cell.locator(".sfxtutor-gallery button").all_inner_texts()
    maps = [canvas.get_attribute("aria-label")
            for canvas in cell.locator("canvas[role=img]:visible").all()]  # fmt: skip
    return words(counts.inner_text()), [words(tile) for tile in tiles], maps


def embedded_expected(explorer):
    """The same of a widget in this process."""
    pictures = [scatter.alt for scatter, _ in explorer._shown()] + [explorer.canvas.alt]
    tiles = [words(caption) for caption in explorer.gallery.captions]
    return words(explorer.counts.value), tiles, pictures


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_brushed_cluster_shows_the_frames_that_the_kernel_finds(lab, way):
    lab.open("embedding.ipynb")
    lab.run(0)
    cell, explorer = lab.run(1), alone(DATA, EMBEDDING)
    scatters = cell.locator("canvas[role=img]")
    lab.until(lambda: scatters.count() == 3)

    def agree():
        lab.until(lambda: embedded(cell) == embedded_expected(explorer))

    agree()
    if way == "mouse":
        at_point(lab, scatters.first, explorer.places[explorer.map.value][37])
        explorer.point.value = 37
        agree()
        explorer.scatter.box = brush(lab, scatters.first, (0.2, 0.3), (0.6, 0.5))
    else:
        Driver(lab, cell).press(scatters.first, "ArrowRight", "ArrowDown")
        explorer.point.value = 2
        agree()
        x, y = explorer.places[explorer.map.value][2]
        keys = ["Shift+ArrowUp"] * 3 + ["Shift+ArrowLeft"] * 2 + ["Shift+ArrowRight"]
        Driver(lab, cell).press(scatters.first, *keys)
        explorer.scatter.box = [x - 0.08, y, x + 0.04, y + 0.12]
    assert explorer.brushed.sum() > 1
    agree()
    lab.shoot(f"embedding_{way}", cell)
    tiles = cell.locator(".sfxtutor-gallery button")
    if way == "mouse":
        tiles.nth(1).click()
    else:
        Driver(lab, cell).press(tiles.first, "ArrowRight", "Enter")
    explorer.gallery.chosen = 1
    agree()
    assert tiles.nth(1).get_attribute("aria-pressed") == "true"
    for number, control in enumerate((explorer.map, explorer.second, explorer.colour)):
        take_next(lab, cell.locator("select").nth(number), control, way)
        agree()
    lab.page.wait_for_timeout(900)  # the points are on their way
    lab.shoot(f"embedding_{way}_two_maps", cell)
    Driver(lab, cell).press(scatters.first, "Escape")
    explorer.scatter.box = []
    agree()
    note_latency(f"embedding, {way}", Driver(lab, cell).latency(5))
    assert Driver(lab, cell).faults() == []


def on_map(canvas, x, y):
    """A place of the map, 0 to 1, on the screen."""
    box = canvas.bounding_box()
    inner = box["width"] - 28
    return box["x"] + 14 + x * inner, box["y"] + 14 + (1 - y) * inner


def at_point(lab, canvas, xy):
    canvas.scroll_into_view_if_needed()
    lab.page.mouse.click(*on_map(canvas, *map(float, xy)))


def brush(lab, canvas, low, high):
    """Drag a rectangle between two corners, 0 to 1: the rectangle."""
    lab.page.mouse.move(*on_map(canvas, *low))
    lab.page.mouse.down()
    lab.page.mouse.move(*on_map(canvas, *high), steps=4)
    lab.page.mouse.up()
    return [*low, *high]


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_labelling_by_eye_ends_with_what_one_got_wrong(lab, way):
    lab.open(f"labels_{way}.ipynb")
    lab.run(0)
    cell, widget = lab.run(1), alone(RUN, LABELS.format(way))
    widget.answers.clear()  # of a test before this one
    canvas = cell.locator("canvas[tabindex]").first
    lab.until(lambda: canvas.count() > 0)

    def agree():
        lab.until(lambda: labelled(cell) == labelled_expected(widget))

    agree()
    for name, key in (("hit (H)", "h"), ("miss (X)", "x"), ("undo (U)", "u"), ("maybe (M)", "m")):
        act(lab, cell, name, key, way)
        widget.press(key)
        agree()
    lab.shoot(f"labels_{way}", cell)
    for _ in range(4):
        act(lab, cell, "hit (H)", "h", way)
        widget.press("h")
        agree()
    assert len(widget.missed()) >= 3
    tiles = cell.locator(".sfxtutor-gallery button")
    if way == "mouse":
        tiles.nth(2).click()
    else:
        Driver(lab, cell).press(tiles.first, "ArrowRight", "ArrowRight", "Enter")
    widget.gallery.chosen = 2
    agree()
    lab.shoot(f"labels_{way}_done", cell)
    cell = lab.run(1)  # again: nothing is lost
    lab.until(lambda: "6 labels given before are kept" in cell.inner_text())
    lab.until(lambda: tiles.count() == len(widget.missed()))
    again = cell.get_by_role("button", name="start again")
    choose(again, way, lab)
    lab.until(lambda: cell.get_by_role("button", name="discard 6?").count() == 1)
    choose(cell.get_by_role("button", name="discard 6?"), way, lab)
    lab.until(lambda: "Frame 1 of 6" in cell.inner_text())
    assert Driver(lab, cell).faults() == []


def act(lab, cell, name, key, way):
    """A button by mouse, or its key on the picture."""
    if way == "mouse":
        cell.get_by_role("button", name=name).click()
    else:
        Driver(lab, cell).press(cell.locator("canvas[tabindex]").first, key)


def labelled(cell):
    """What the labelling widget says: the key taken, the caption, the picture, the gallery."""
    said = [words(text) for text in cell.locator("[role=status]").all_inner_texts()]
    tiles = [words(tile) for tile in cell.locator(".sfxtutor-gallery button").all_inner_texts()]
    return said, cell.locator("canvas[tabindex]").first.get_attribute("aria-label"), tiles


def labelled_expected(widget):
    """The same of a widget in this process."""
    said = [words(text) for text in (widget.taken.value, widget.canvas.caption) if text]
    return said, widget.canvas.alt, [words(caption) for caption in widget.gallery.captions]


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_the_domain_gap_shows_what_the_kernel_computes(lab, way):
    lab.open("gap.ipynb")
    lab.run(0)
    cell, gap = lab.run(1), alone(network(), GAP)
    lab.until(lambda: cell.locator("svg[role=img]").count() == 1)
    lab.until(lambda: gap_shown(cell) == gap_expected(gap))
    lab.shoot("gap", cell)
    moves = [(1, 4), (2, 3), (0, 14), (0, -14), (2, -3)]  # which slider, so many steps
    for number, steps in moves:
        slider, handle = gap.sliders[number], cell.locator(".noUi-handle").nth(number)
        slider.index += steps
        gap.finish()
        if way == "keyboard":
            handle.focus()
            for _ in range(abs(steps)):
                lab.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
        else:
            track = cell.locator(".noUi-base").nth(number)
            box, share = track.bounding_box(), slider.index / (len(slider.options) - 1)
            place = {"x": 1 + share * (box["width"] - 2), "y": box["height"] / 2}
            track.click(position=place, force=True)
        lab.until(lambda: gap_shown(cell) == gap_expected(gap))
    lab.shoot(f"gap_{way}", cell)
    assert "helps by 10 points: reached" in cell.inner_text()
    alerts = cell.locator("[role=alert]").all_inner_texts()
    assert lab.faults() + [text for text in alerts if text] == []


def gap_shown(cell):
    """What stands in the status and in the table of the domain gap, and beneath its pictures."""
    parts = (cell.locator(part).first.inner_text() for part in ("[role=status]", "table"))
    drawn = [picture.get_attribute("aria-label") for picture in pictures(cell)]
    return [words(part) for part in parts], drawn


def pictures(cell):
    """The pictures of a cell; above each lies a canvas for the cursor, which cannot be focused."""
    return cell.locator("canvas[tabindex]").all()


def gap_expected(gap):
    return [words(gap.status.value), words(gap.table.value)], [
        canvas.alt for canvas in gap.canvases.values()
    ]


class Crystal:
    """The crystal explorer in the browser, and the same in this process, moved alike."""

    def __init__(self, lab):
        self.lab, self.page = lab, lab.page
        lab.open("crystal.ipynb")
        lab.run(0)
        self.cell, self.alone = lab.run(1), alone(CRYSTAL, "explorer")
        self.view, self.picture = (self.cell.locator("canvas[tabindex]").nth(i) for i in (0, 1))
        lab.until(lambda: self.cell.locator("canvas[data-drawn]").count() == 2)
        self.agree()

    def shown(self):
        """Both pictures in words, and what stands under them."""
        said = self.cell.locator("[role=status]").all_inner_texts()
        drawn = [canvas.get_attribute("aria-label") for canvas in (self.view, self.picture)]
        return drawn, [words(text) for text in said]

    def expected(self):
        here = self.alone
        return [here.lattice.alt, here.canvas.alt], [
            words(text) for text in (here.canvas.caption, here.reflection.value)
        ]

    def agree(self):
        self.lab.until(lambda: self.shown() == self.expected())

    def turn(self, rotation):
        """Turn the one in this process as the browser should have been turned."""
        turned = rotation @ np.reshape(self.alone.lattice.turned, (3, 3))
        self.alone.lattice.turned = turned.ravel().tolist()
        self.agree()

    def drag(self, start, end):
        """With the pointer, from one place of the view to another, shares of its size."""
        box = self.view.bounding_box()
        places = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)
        ]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        self.page.mouse.move(*places[1])
        self.page.mouse.up()
        return np.subtract(places[1], places[0])

    def place(self, spot):
        """Where a reflection is in the view: right and down, CSS pixels."""
        here = self.alone
        hkl = np.array([[spot[name] for name in "hkl"]])
        points = hkl @ reciprocal(here.settings.cell, here.settings.rotation)
        share = CAMERAS["oblique"].place(points, 1 / here.settings.wavelength)[0]
        return (1 + share) * self.view.bounding_box()["width"] / 2


def about(axis, degrees):
    """Rotation matrix about x, y or z."""
    return Rotation.from_euler(axis, degrees, degrees=True).as_matrix()


def test_a_crystal_turned_by_hand_shows_what_the_kernel_computes(lab):
    crystal = Crystal(lab)
    lab.shoot("crystal", crystal.cell)
    keys = {"ArrowRight": about("y", -0.1), "ArrowDown": about("x", 0.1),
            "Shift+ArrowLeft": about("z", -1)}  # fmt: skip
    crystal.view.focus()
    for key, rotation in keys.items():
        lab.page.keyboard.press(key)
        crystal.turn(rotation)
    right, down = crystal.drag((0.25, 0.7), (0.4, 0.65))
    seen = CAMERAS["oblique"].matrix  # the hand turns what is seen, a tenth of a degree a pixel
    crystal.turn(seen.T @ about("x", 0.1 * down) @ about("y", -0.1 * right) @ seen)
    lab.shoot("crystal_dragged", crystal.cell)
    before = crystal.alone.settings
    crystal.drag((0.95, 0.5), (0.5, 0.95))  # at the rim: a quarter of a turn about the beam
    said = r"tilt (.*)°, turn (.*)°, spin (.*)°"

    def angles():
        return [float(x) for x in re.search(said, crystal.shown()[0][0]).groups()]

    lab.until(lambda: abs(angles()[2] - before.spin - 90) < 1)
    assert np.abs(np.array(angles()[:2]) - before.angles[:2]).max() < 0.06
    crystal.cell.get_by_role("button", name="start again").click()
    crystal.alone.start()
    crystal.agree()
    handle, track = (crystal.cell.locator(f".noUi-{part}").nth(1) for part in ("handle", "base"))
    right = {"x": 0.6 * track.bounding_box()["width"], "y": 2}
    for act in (
        lambda: handle.press("ArrowRight"),
        lambda: track.click(position=right, force=True),
    ):
        old = handle.get_attribute("aria-valuenow")
        act()
        lab.until(lambda old=old: handle.get_attribute("aria-valuenow") != old)
        crystal.alone.sliders["turn"].value = float(handle.get_attribute("aria-valuenow"))
        crystal.agree()
    alerts = crystal.cell.locator("[role=alert]").all_inner_texts()
    assert lab.faults() + [text for text in alerts if text] == []


def test_a_spot_and_its_lattice_point_light_up_together_and_play_ends_with_the_view(lab):
    crystal = Crystal(lab)
    here = crystal.alone
    for key, by in (("n", 1), ("n", 1), ("p", -1)):
        (crystal.view if by > 0 else crystal.picture).press(key)
        here.step(by)
        crystal.agree()
    lab.shoot("crystal_spot", crystal.cell)
    scale = crystal.picture.bounding_box()["width"] / here.canvas.shape[1]
    for spot in here.exposure.pictured[:2]:
        y, x = (float(at + 0.5) * scale for at in here._shown.place(spot["y"], spot["x"]))
        crystal.picture.hover(position={"x": x, "y": y})
        here.lattice.chosen = [int(spot[name]) for name in "hkl"]
        crystal.agree()
    spots = here.exposure.spots[here.exposure.kind >= LIT]
    places = np.array([crystal.place(spot) for spot in spots])
    near = np.sort(np.linalg.norm(places[:, None] - places, axis=2), axis=1)[:, 1]
    for number in np.argsort(near)[-2:]:  # those furthest from all others
        x, y = places[number].tolist()
        crystal.view.hover(position={"x": x, "y": y})
        here.lattice.chosen = [int(spots[number][name]) for name in "hkl"]
        crystal.agree()
    lab.shoot("crystal_point", crystal.cell)
    crystal.cell.locator("[role=tab]", has_text="play").click()
    turning = crystal.view.get_attribute("aria-label")
    crystal.cell.locator("button", has_text="play").click()
    lab.until(lambda: crystal.view.get_attribute("aria-label") != turning)

    def printed():
        return lab.run(2).locator(".jp-OutputArea-output").inner_text().strip()

    assert printed() == "playing"
    lab.shoot("crystal_play", crystal.cell)
    lab.run(1)  # its view is gone, and there is a new one
    assert printed() == "stopped"
    assert lab.faults() == []


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_labels_are_learned_at_once_and_the_experts_label_the_rest(lab, way):
    lab.open("next.ipynb")
    lab.run(0)
    cell, widget = lab.run(1), alone(RUN, OWN_VECTORS, NEXT)
    canvas = cell.locator("canvas[tabindex]").first
    lab.until(lambda: canvas.count() > 0)

    def click(name, key):
        button = cell.get_by_role("button", name=name)
        if way == "mouse":
            button.click()
        else:
            (button if key == "Enter" else canvas).focus()
            lab.page.keyboard.press(key)

    def as_computed():
        caption, curves = (cell.locator("[role=status]").nth(i).inner_text() for i in (0, 1))
        shown = (words(caption), words(curves), points(cell.locator("svg[role=img]").first))
        plain = (words(widget.canvas.caption), words(widget.alt()), widget.curves.value)
        return shown[:2] == plain[:2] and all(point in plain[2] for point in shown[2])

    lab.until(as_computed)
    lab.shoot(f"NextLabel_{way}", cell)
    lab.page.wait_for_timeout(500)  # answers in less than a blink do not count
    for name, key in (("hit (H)", "h"), ("maybe (M)", "m"), ("miss (X)", "x")):
        click(name, key)
        widget.press(key)
        lab.until(as_computed, 60)
        lab.page.wait_for_timeout(500)
    lab.shoot(f"NextLabel_{way}_labelled", cell)
    click("experts label the rest", "Enter")
    widget.let_experts()
    lab.until(as_computed, 60)
    assert words(widget.results.value) == words(cell.locator("ul").last.inner_text())
    assert cell.get_by_role("button", name="hit (H)").is_disabled()
    lab.shoot(f"NextLabel_{way}_done", cell)
    assert Driver(lab, cell).faults() == []


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_generated_frames_are_answered_and_the_round_ends_with_both_scores(lab, way):
    lab.open("generated.ipynb")
    lab.run(0)
    cell, widget = lab.run(1), alone(TWO_KINDS, GENERATED)
    canvas = cell.locator("canvas[tabindex]").first
    lab.until(lambda: canvas.count() > 0)

    def as_computed():
        label, text = canvas.get_attribute("aria-label"), "".join(words(cell.inner_text()))
        said = ["".join(words(one)) for one in (widget.canvas.caption, widget.says.value)]
        return label == widget.canvas.alt and all(one in text for one in said)

    lab.until(as_computed)
    lab.shoot(f"RealOrGenerated_{way}", cell)
    for name, key in (("measured (M)", "m"), ("generated (G)", "g")) * 2:
        act(lab, cell, name, key, way)
        widget.press(key)
        lab.until(as_computed)
    assert "".join(words(widget.results.value)) in "".join(words(cell.inner_text()))
    assert cell.get_by_role("button", name="measured (M)").is_disabled()
    lab.shoot(f"RealOrGenerated_{way}_done", cell)
    choose(cell.get_by_role("button", name="another round"), way, lab)
    widget.start()
    lab.until(as_computed)
    assert Driver(lab, cell).faults() == []


def points(svg):
    """The curves of a chart as it is drawn in the browser: list of str."""
    return [line.get_attribute("points") for line in svg.locator("polyline").all()]


@pytest.mark.parametrize(("name", "index", "kind"), [*lessons_with_widgets()])
def test_the_widget_of_a_lesson_works_in_it(lab, name, index, kind):
    lab.open(name)
    for i in needed(code_cells(ROOT / "notebooks" / name), index):
        lab.run(i)
    driver = Driver(lab, lab.run(index))
    lab.until(lambda: driver.cell.locator("canvas[tabindex]").count() > 0)
    lab.shoot(kind, driver.cell)
    if driver.cell.locator(".noUi-handle").count():
        note_latency(kind, driver.latency())
    driver.sliders()
    driver.choices()
    driver.boxes()
    driver.toggles()
    driver.special(kind)
    lab.shoot(f"{kind}_moved", driver.cell)
    assert driver.idle == []
    assert driver.faults() == []


class Hand:
    """Works on the picture of `WhereItLooks`, in one of two ways: "mouse" or "keyboard"."""

    def __init__(self, lab, cell, way):
        self.driver, self.page, self.way = Driver(lab, cell), lab.page, way
        self.at = [45, 45]  # of the cursor

    def choose(self, select, steps):
        """Take the option so many places on."""
        if self.way == "keyboard":
            return self.driver.press(select, "Space", *["ArrowDown"] * steps, "Enter")
        index = select.evaluate("choice => choice.selectedIndex")
        return select.select_option(index=index + steps)

    def act(self, row, column):
        """Use the tool at a pixel of the picture."""
        if self.way == "mouse":
            canvas = self.driver.canvas
            scale = canvas.bounding_box()["width"] / 180  # the page may be narrow
            place = {"x": (column + 0.5) * scale, "y": (row + 0.5) * scale}
            return canvas.click(position=place)
        self.driver.canvas.focus()
        for axis, keys in enumerate((("ArrowUp", "ArrowDown"), ("ArrowLeft", "ArrowRight"))):
            way = (row, column)[axis] - self.at[axis]
            tens, ones = divmod(abs(way), 10)
            for key in [f"Shift+{keys[way > 0]}"] * tens + [keys[way > 0]] * ones:
                self.page.keyboard.press(key)
        self.at = [row, column]
        return self.page.keyboard.press("Enter" if row % 2 else "Space")

    def press(self, name, key):
        """A button, or its key."""
        if self.way == "mouse":
            return self.driver.cell.get_by_role("button", name=name).click()
        return self.driver.press(self.driver.canvas, key)


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_pixels_changed_by_hand_give_the_scores_that_the_kernel_computes(lab, way):
    lab.open("looks.ipynb")
    lab.run(0)
    cell, looks = lab.run(1), alone(NETWORKS, LOOKS)
    lab.until(lambda: cell.locator("table").count() == 1)
    hand, (tool, _, kind) = Hand(lab, cell, way), cell.locator("select").all()

    def agree():
        table, expected = cell.locator("table"), words(looks.table.value)
        lab.until(lambda: table.inner_text().split() == expected)
        caption = cell.locator("[role=status]").first
        lab.until(lambda: looks._words() in caption.inner_text())

    agree()
    hand.driver.boxes()  # true spots
    y, x = looks._picture.place(*looks._spots)
    inside = (np.minimum(y, x) > 5) & (np.maximum(y, x) < 174)
    spots = np.rint(np.array([y, x]).T[inside]).astype(int)[:2].tolist()
    for spot in spots:
        hand.act(*spot)
        looks.act(*spot)
        agree()
    assert looks.changed > 8
    lab.shoot(f"looks_{way}_removed", cell)
    hand.choose(tool, 2)
    looks.tool.value = "3 hot pixels side by side"
    hand.press("next miss", "m")
    looks.press("m")
    agree()
    for k in range(5 - looks.scores["spot count"]):
        hand.act(20, 30 + 10 * k)
        looks.act(20, 30 + 10 * k)
        agree()
    assert (False, "spot count") in looks.best
    hand.driver.move("map", lambda: hand.choose(kind, 1))  # occlusion
    lab.page.wait_for_timeout(1000)
    lab.shoot(f"looks_{way}", cell)
    hand.press("reset", "r")
    looks.press("r")
    agree()
    assert hand.driver.idle == []
    assert hand.driver.faults() == []


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_the_monitor_draws_while_a_model_trains_and_its_button_stops_it(lab, way):
    lab.open("monitor.ipynb")
    lab.run(0)
    cell, _ = lab.start(1)
    lab.until(lambda: re.search(r"epoch \d+ of 2000", cell.inner_text()), 120)
    before = cell.evaluate(PICTURES)
    lab.until(lambda: cell.evaluate(PICTURES) != before)
    lab.shoot("monitor", cell)
    button = cell.get_by_role("button", name="Stop after this epoch")
    if way == "mouse":
        button.click()
    else:
        button.focus()
        lab.page.keyboard.press("Enter")
    lab.until(lambda: re.search(r"trained for \d+ epochs", cell.inner_text()), 60)
    assert re.search(r"stopped after \d+ of 2000 epochs", cell.inner_text())
    lab.idle()
    lab.until(button.is_disabled)
    lab.shoot("monitor_stopped", cell)
    assert lab.faults() == []


def test_the_stream_monitor_draws_while_frames_arrive_and_its_button_stops_it(lab):
    lab.open("stream.ipynb")
    lab.run(0)
    cell, _ = lab.start(1)
    lab.until(lambda: re.search(r"hit rate \d+", cell.inner_text()), 120)
    before = cell.evaluate(PICTURES)
    lab.until(lambda: cell.evaluate(PICTURES) != before)
    lab.until(lambda: cell.locator("polygon").count() == 1)
    lab.shoot("stream", cell)
    cell.get_by_role("button", name="Stop").click()
    lab.until(lambda: re.search(r"scored \d+ frames", cell.inner_text()), 60)
    assert "Stopped before its end" in cell.inner_text()
    lab.idle()
    lab.until(cell.get_by_role("button", name="Stop").is_disabled)
    lab.shoot("stream_stopped", cell)
    assert lab.faults() == []


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_choice_of_a_quiz_says_whether_it_is_right_and_can_be_tried_again(lab, way):
    lab.open("quiz.ipynb")
    cell, question = lab.run(0), sfx.quiz("nb03.b")
    choices, replies = cell.locator("summary"), cell.locator("details > div")
    lab.until(lambda: choices.count() == len(question.choices))
    choices.first.focus()
    for i, choice in enumerate(question.choices):
        later = [replies.nth(j) for j in range(i, len(question.choices))]
        assert not any(reply.is_visible() for reply in later)
        if way == "mouse":
            choices.nth(i).click()
        else:
            lab.until(lambda i=i: choices.nth(i).evaluate(FOCUSED))
            lab.page.keyboard.press(("Enter", "Space")[i % 2])
        lab.until(later[0].is_visible)
        assert words(later[0].inner_text())[1:] == choice.reply.split()
        lab.page.keyboard.press("Tab")
    lab.shoot(f"quiz_{way}", cell)
    assert lab.faults() == []


def test_a_newcomer_solves_an_exercise_and_a_wrong_answer_is_explained(lab):
    walk(lab, SCREENSHOTS)
    assert lab.faults() == []
