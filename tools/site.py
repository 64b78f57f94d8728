"""Write the site from the executed lessons: python -m tools.site (after `sfxtutor run`).

The pages are gathered in a folder laid out like the repository, so that a relative link leads to
the same page here, on GitHub and in JupyterLab. Any warning of Sphinx, and any fault that
`check_site` finds, leaves the former site as it was.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

import sfxtutor as sfx
from sfxtutor.course.lessons import find_notebooks
from tools.colab import repository

from .check_site import faults

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/*.md", "data/README.md", "data/results/README.md")
PICTURES = "docs/pictures/*"
SHOWN = ("text/html", "image/png", "image/svg+xml", "text/markdown", "text/latex", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"


def make(executed, out):
    """Build the site in `out`; return its faults, a sentence each, [] when it was written.

    Parameters
    ----------
    executed : path
        What `sfxtutor run` wrote: NAME.ipynb of every lesson, and record.json.
    out : path

    Raises
    ------
    FileNotFoundError, ValueError
        When a lesson was not executed, or failed.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site") as folder:
        tree, html = Path(folder, "tree"), Path(folder, "html")
        gather(Path(executed), tree)
        options = ["-c", ROOT / "docs", "-d", Path(folder, "doctrees"), "-q", "-W", "--keep-going"]
        done = subprocess.run([sys.executable, "-m", "sphinx", "-b", "html", *options, tree, html])
        if done.returncode:
            return ["Sphinx gave the warnings above, expected none. Correct the pages they name."]
        if found := faults(html):
            return found
        shutil.rmtree(out, ignore_errors=True)
        html.rename(out)
    return []


def gather(executed, tree):
    """Copy everything that becomes a page to the folder `tree`."""
    lessons = find_notebooks(ROOT / "notebooks")
    record = read_record(executed, [lesson.stem for lesson in lessons])
    pages = [path.relative_to(ROOT) for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    pictures = [path.relative_to(ROOT) for path in ROOT.glob(PICTURES)]
    notebooks = [path.relative_to(ROOT) for path in lessons]
    known = {path.as_posix() for path in (*pages, *pictures, *notebooks)}
    for page in pages:
        text = relink((ROOT / page).read_text(encoding="utf-8"), page.parent, known)
        target = tree / page
        if page.as_posix() == "docs/index.md":
            text, target = index(text, record, pages), tree / "index.md"
        elif page.as_posix() == "docs/glossary.md":
            text = glossary(text)
        elif page.as_posix() == "data/results/README.md":
            text = f"{text}\n{tables()}"
        write(target, text)
    for picture in pictures:
        (tree / picture).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / picture, tree / picture)
    changed = []
    for lesson in notebooks:
        notebook = nbformat.read(executed / lesson.name, as_version=4)
        if sources(notebook) != sources(nbformat.read(ROOT / lesson, as_version=4)):
            changed.append(lesson.stem)
        write(tree / lesson, nbformat.writes(static(notebook)))
    if changed:
        print(f"Changed since they were executed: {', '.join(changed)}. `make run` renews them.")


def read_record(executed, names):
    """The record of the run, after a look whether every lesson is in it and ran."""
    path = executed / "record.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"timings": []}
    errors = {lesson["name"]: lesson["error"] for lesson in record["timings"]}
    missing = [name for name in names if name not in errors]
    if missing:
        raise FileNotFoundError(
            f"Found no executed {', '.join(missing)} in {executed}, expected every lesson. "
            "Run `make run` first."
        )
    failed = [f"{name} {errors[name]}" for name in names if errors[name]]
    if failed:
        raise ValueError(
            f"Found lessons that failed ({'; '.join(failed)}), expected none. "
            "Correct them and run `make run`."
        )
    return record


def relink(text, folder, known):
    """Text with its relative links written from the site's root.

    A file of the repository that is no page of the site is linked to where the repository lies.
    A link that leads nowhere is left as it is, for Sphinx to name.
    """

    def written(match):
        path, _, anchor = match[1].partition("#")
        path = os.path.normpath(folder / path).replace(os.sep, "/")
        address = f"/{path}" if path in known else f"{repository()}/blob/main/{path}"
        there = path in known or (ROOT / path).exists()
        return f"]({address}{'#' * bool(anchor)}{anchor})" if there else match[0]

    text = re.sub(r"\]\((?![a-z]+:|#)([^)\s]+)\)", written, text)
    return re.sub(r"(?<=\{include\} )\.\./", "/", text)


def index(text, record, pages):
    """The first page, with the lessons listed and the minutes each took, and with every page."""
    lines = ["| | Lesson | Question | Minutes |", "|---|---|---|---|"]
    entries = []
    for lesson in record["timings"]:
        number, title = lesson["name"][:2], re.sub(r"^\d\d ", "", lesson["title"])
        place, minutes = f"/notebooks/{lesson['name']}", f"{lesson['seconds'] / 60:.1f}"
        question = lesson["question"].replace("|", "&#124;")
        lines.append(f"| {number} | [{title}]({place}.ipynb) | {question} | {minutes} |")
        entries.append(f"{number} {title.partition(':')[0]} <{place}>")
    said = (
        f"Executed on {record['date']}: profile {record['profile']}, source {record['source']}, "
        f"seed {record['seed']}. Minutes are those it took to run, on {record['machine']}."
    )
    toctree = ["```{toctree}", ":hidden:", ":caption: Lessons", "", *entries, "```"]
    content = "\n".join([*lines, "", said, "", *toctree])
    names = [page.with_suffix("").as_posix() for page in pages]
    others = [name for name in names if name not in (*text.split(), "README", "docs/index")]
    text = text.replace("OTHER PAGES\n", "".join(f"{name}\n" for name in others))
    return text.replace("<!-- lessons begin -->", content)


def glossary(text):
    """The glossary with its entries as terms, so that the index and the search know them."""
    head, *entries = re.split(r"^\*\*(.+?)\.\*\* ", text, flags=re.MULTILINE)
    lines = ["```{glossary}"]
    for term, meaning in zip(entries[::2], entries[1::2], strict=True):
        lines += [term, *(f"  {line}" for line in meaning.strip().splitlines()), ""]
    return "\n".join([head, *lines, "```", ""])


def tables():
    """Every table of the paper profile, beside the paper's, as Markdown with HTML."""
    rows = sfx.reference_rows()
    numbers = sorted({row["table"] for row in rows})
    pages = {n: f'<div class="wide">{sfx.table(rows, n)._repr_html_()}</div>' for n in numbers}
    return "\n\n".join(f"## Table {n}\n\n{page}" for n, page in pages.items())


def sources(notebook):
    """The sources of a notebook's cells; two that agree are the same lesson."""
    return [cell.source for cell in notebook.cells]


def static(notebook):
    """A notebook whose outputs need no script: of a widget its picture stays, or nothing."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            outputs = map(plain, cell.outputs)
            cell.outputs = [output for output in outputs if output.get("data", True)]
    return notebook


def plain(output):
    """An output with the kinds a page can show; its data are empty where there are none."""
    if "data" in output:
        data = output.data
        figure = "sfxtutor-figure" in "".join(data.get("text/html", ""))  # of a widget
        kinds = ("image/png",) if WIDGET in data or figure else SHOWN
        output.data = {kind: data[kind] for kind in kinds if kind in data}
    return output


def write(path, text):
    """Write a text file, and its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--executed", type=Path, default=Path("build"))
    options.add_argument("--out", type=Path, default=Path("build/site"))
    chosen = options.parse_args()
    try:
        found = make(chosen.executed, chosen.out)
    except (FileNotFoundError, ValueError) as error:
        found = [str(error)]
    print("\n".join(found) or f"Open {chosen.out / 'index.html'} to read it.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
