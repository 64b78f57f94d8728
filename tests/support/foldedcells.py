"""The exercises as they stand in the lessons: stubs, hints and folded solutions."""

import re

import nbformat
from places import ROOT

NOTEBOOKS = ROOT / "notebooks"
# without the appendices, from 90 on
LESSONS = [f"nb{path.name[:2]}" for path in sorted(NOTEBOOKS.glob("[0-8]*.ipynb"))]


def cells(lesson):
    (path,) = NOTEBOOKS.glob(f"{lesson[2:]}_*.ipynb")
    return nbformat.read(path, as_version=4).cells


def stub(exercise):
    """The cell of a lesson that calls `check` for this exercise."""
    call = f'sfx.check("{exercise}"'
    (source,) = (c.source for c in cells(exercise[:4]) if call in c.source)
    return source


def folded(exercise):
    """The folded parts of the cell that follows the stub: {summary: text}."""
    lesson = cells(exercise[:4])
    at = next(i for i, c in enumerate(lesson) if f'sfx.check("{exercise}"' in c.source)
    parts = re.findall(
        r"<details>\s*<summary>(.+?)</summary>(.+?)</details>", lesson[at + 1].source, re.DOTALL
    )
    return {summary.strip(): text.strip() for summary, text in parts}


def solution(exercise):
    """The code of the folded solution."""
    return re.search(r"```python\n(.+?)```", folded(exercise)["Solution"], re.DOTALL)[1]
