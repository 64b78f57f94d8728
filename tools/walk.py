"""A newcomer's path in JupyterLab, from the list of lessons to a solved exercise.

python -m tools.walk    # draws docs/pictures/path_*.png and lesson_01.png again
"""

import shutil
import tempfile
from pathlib import Path

import nbformat

from .browser import FLAGS, ROOT, find_browser, jupyterlab

PICTURES = ROOT / "docs" / "pictures"
WRONG = "return frames.max(axis=-2) - frames.min(axis=-2)"
RIGHT = "return frames.max(axis=-1) - frames.min(axis=-1)"


def copy_lessons(folder):
    """The lessons of the checkout, to be worked in."""
    folder.mkdir()
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copyfile(lesson, folder / lesson.name)
    return folder


def code_cells(path):
    """Source of each code cell of a notebook, by its number."""
    cells = nbformat.read(path, as_version=4).cells
    return {i: cell.source for i, cell in enumerate(cells) if cell.cell_type == "code"}


def walk(lab, folder):
    """From the list of lessons to a solved exercise; a picture of each step in `folder`."""
    name = "05_row_wise_decomposition.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    lab.open(name)
    lab.page.screenshot(path=folder / "path_1.png")
    cells = code_cells(ROOT / "notebooks" / name)
    first, stub = (
        next(i for i, source in cells.items() if words in source)
        for words in ("import sfxtutor as sfx", 'sfx.check("nb05.q1"')
    )
    lab.run(first)
    cell = lab.run(stub)
    lab.until(lambda: "Not yet (nb05.q1)" in cell.inner_text())
    answer(lab, cell, "...", WRONG)
    lab.run(stub)
    lab.until(lambda: "one number per column" in cell.inner_text())
    lab.page.screenshot(path=folder / "path_2.png")
    answer(lab, cell, WRONG, RIGHT)
    lab.run(stub)
    lab.until(lambda: "Right (nb05.q1)" in cell.inner_text())
    lab.page.screenshot(path=folder / "path_3.png")


def play(lab, folder):
    """The crystal of lesson 01 and its controls, as the README shows them."""
    name = "01_sfx_background.ipynb"
    cells = code_cells(ROOT / "notebooks" / name)
    first, widget = (
        next(i for i, source in cells.items() if words in source)
        for words in ("import sfxtutor as sfx", "sfx.CrystalExplorer(")
    )
    lab.open(name)
    lab.run(first)
    cell = lab.run(widget)
    cell.locator("canvas[data-drawn]").first.wait_for()
    cell.get_by_text("circle the visible spots").click()
    lab.page.keyboard.press("Control+b")  # hides the list of lessons
    lab.page.wait_for_timeout(2000)
    cell.evaluate("cell => cell.scrollIntoView()")
    lab.page.screenshot(path=folder / "lesson_01.png")


def answer(lab, cell, old, new):
    """Type over the line of a cell that holds `old`."""
    cell.locator(".cm-line", has_text=old).last.click()
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Shift+End")
    lab.page.keyboard.type(new)


def main():
    """Draw docs/pictures/path_1.png and so on, and lesson_01.png."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        notebooks = copy_lessons(Path(scratch) / "notebooks")
        with jupyterlab(browser, notebooks, Path(scratch), size=(1000, 640)) as lab:
            walk(lab, PICTURES)
            play(lab, PICTURES)
        browser.close()


if __name__ == "__main__":
    main()
