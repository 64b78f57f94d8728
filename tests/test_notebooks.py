"""The lessons: their form, and that each runs alone, in a fresh kernel, from top to bottom."""

import ast
import re
import subprocess
import sys

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from places import ROOT

from sfxtutor.course.lessons import find_notebooks
from sfxtutor.course.pages import MathMLRenderer
from sfxtutor.course.run import kernel_environment
from tools import colab

FOLDER = ROOT / "notebooks"
REQUIRED = [
    "00_start_here",
    "01_sfx_background",
    "02_preprocessing",
    "03_benchmark_cnn",
    "04_transfer_learning",
    "05_row_wise_decomposition",
    "06_domain_shift",
    "07_dann",
    "08_which_method",
    "09_screening_a_run",
    "10_unlabelled_frames",
    "11_few_labels",
    "12_single_particles",
    "90_appendix_scale",
]
NAMES = sorted({*REQUIRED, *(path.stem for path in find_notebooks(FOLDER))})
# what they find depends on the seed
TRAINING = [name for name in NAMES if "03" <= name < "90" and not name.startswith("09")]
HEAD = ("Question", "Objectives", "Minutes", "Prerequisites")
TAIL = ("Summary", "References", "Next")
MINUTES = 3  # the design's limit for one lesson in the quick profile


def faults(notebook):
    """Everything in a lesson that breaks the project's form, a sentence each."""
    cells = notebook.cells
    return [
        *stored(notebook),
        *sizes(cells),
        *structure(cells),
        *descriptions(cells),
        *formulas(cells),
    ]


def stored(notebook):
    """Outputs, execution counts and missing or doubled cell ids."""
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):
        yield "cell ids are missing or not unique"
    for number, cell in code(notebook.cells):
        if cell.outputs or cell.execution_count is not None:
            yield f"cell {number} stores an output or an execution count"
    if "widgets" in notebook.metadata:
        yield "widget state is stored"


def sizes(cells):
    """Cells that are too long to be one idea."""
    for number, cell in code(cells):
        if len(cell.source.splitlines()) > 15:
            yield f"cell {number} has more than 15 lines"
    for number, cell in text(cells):
        if len(cell.source.split()) > 150:
            yield f"cell {number} has more than 150 words"


def structure(cells):
    """The head before the first code cell, the Colab guard in it, the sections at the end."""
    first = next(code(cells), (1, None))
    head = "\n\n".join(cell.source for number, cell in text(cells) if number < first[0])
    if not re.match(r"# \S", head):
        yield "it does not begin with a title"
    for word in HEAD:
        if not re.search(rf"^\*\*{word}\.?\*\*\.?\s*\S", head, re.MULTILINE):
            yield f"its head has no **{word}.**"
    if not re.search(r"^\*\*Minutes\.?\*\*\.?.*\d", head, re.MULTILINE):
        yield "its **Minutes.** hold no number"
    if first[1] is None or first[1].source != colab.guard():
        yield "its first code cell is not the Colab guard"
    headings = re.findall(r"^## +(\w+)", "\n".join(cell.source for _, cell in text(cells)), re.M)
    if tuple(headings[-3:]) != TAIL:
        yield f"it ends in the sections {headings[-3:]}, expected {list(TAIL)}"


def descriptions(cells):
    """Figures and pictures that say nothing to those who do not see them."""
    for number, cell in code(cells):
        calls = {name for name, _ in called(cell.source)}
        alts = [alt for name, alt in called(cell.source) if name == "show"]
        draws = any(name.startswith("plot_") or name in ("subplots", "figure") for name in calls)
        if draws and not alts and not cell.metadata.get("alt"):
            yield f"cell {number} draws a figure without show(ax, alt=...)"
        if not all(alts):
            yield f"cell {number} shows a figure with an empty alt"
    for number, cell in text(cells):
        images = re.findall(r"!\[([^\]]*)\]\(", cell.source)
        images += re.findall(r"<img(?![^>]*\balt=\"[^\"]+\")()", cell.source)
        if any(len(alt.split()) < 3 for alt in images):
            yield f"cell {number} holds a picture without an alt text"


def formulas(cells):
    """Formulas that the offline pages could only show as LaTeX."""
    markdown = MarkdownWithMath(renderer=MathMLRenderer(escape=False))
    for number, cell in text(cells):
        if 'class="formula"' in markdown.render(cell.source):
            yield f"cell {number} holds a formula that cannot become MathML"


def called(source):
    """Names of the functions called in a code cell, each with its `alt` (True where computed)."""
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
        if isinstance(node, ast.Call):
            alt = [word.value for word in node.keywords if word.arg == "alt"] or node.args[1:2]
            said = alt[0].value if alt and isinstance(alt[0], ast.Constant) else bool(alt)
            yield getattr(node.func, "attr", getattr(node.func, "id", "")), said


def code(cells):
    return ((n, cell) for n, cell in enumerate(cells, start=1) if cell.cell_type == "code")


def text(cells):
    return ((n, cell) for n, cell in enumerate(cells, start=1) if cell.cell_type == "markdown")


@pytest.mark.parametrize("name", NAMES)
def test_lesson_keeps_the_form(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert list(faults(notebook)) == []


def test_the_first_lesson_links_to_all_the_others():
    notebook = nbformat.read(FOLDER / "00_start_here.ipynb", as_version=4)
    linked = re.findall(
        r"\]\((\d\d_\w+)\.ipynb\)", "".join(c.source for _, c in text(notebook.cells))
    )
    assert set(REQUIRED[1:]) <= set(linked)


# In the kernel of a lesson: keeps the boxes that its cells show, which nbval does not store.
KEEP_BOXES = """
import os, pathlib

def keep(result):
    shown = repr(result.result) if type(result.result).__name__ == "Findings" else ""
    with pathlib.Path(os.environ["SFXTUTOR_OUT"], "found.txt").open("a", encoding="utf-8") as file:
        file.write(shown + "\\n" if shown else "")

get_ipython().events.register("post_run_cell", keep)
"""


def run_alone(name, out, seed):
    """Execute a lesson with nbval in a fresh kernel: the text of the boxes that it shows."""
    path, startup = FOLDER / f"{name}.ipynb", out / "ipython" / "profile_default" / "startup"
    assert path.exists(), f"Found no {path.name}. Add the lesson, or take it off REQUIRED."
    startup.mkdir(parents=True)
    (startup / "keep.py").write_text(KEEP_BOXES, encoding="utf-8")
    env = kernel_environment("quick", "twin", out, seed=seed)
    env |= {"IPYTHONDIR": str(out / "ipython"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    options = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={60 * MINUTES * 3}"]
    # The lesson's cells are nbval's items: neither this project's timeout nor its warning filter
    # is about them.
    options += ["-p", "no:cacheprovider", "-o", "timeout=0", "-o", "filterwarnings=default", "-q"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=path.parent)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"\d+ passed", done.stdout)
    return (out / "found.txt").read_text(encoding="utf-8")


@pytest.mark.notebook
@pytest.mark.timeout(60 * MINUTES * 3)  # a busy machine is not the lesson's fault
@pytest.mark.parametrize("name", [name for name in NAMES if name not in TRAINING])
def test_lesson_runs_alone(name, tmp_path):
    run_alone(name, tmp_path, seed=0)


@pytest.mark.notebook
@pytest.mark.timeout(60 * MINUTES * 3)
@pytest.mark.parametrize("name", TRAINING)
def test_lesson_runs_alone_and_concludes_what_its_numbers_say_with_another_seed(name, tmp_path):
    boxes = run_alone(name, tmp_path, seed=1)
    titles = re.findall(r"^With .*", boxes, re.MULTILINE)
    assert titles
    assert all(title.startswith("With seed 1,") for title in titles)
    found = re.findall(r"^- (.*)", boxes, re.MULTILINE)
    assert len(found) >= 3
    assert [sentence for sentence in found if contradicts_itself(sentence)] == []


DIFFERENCE = re.compile(r" \([+-][\d.]+ points, 95 %: ([+-][\d.]+) to ([+-][\d.]+)\)")


def contradicts_itself(text):
    """Does a sentence claim a difference that its interval does not show, or the other sign?"""
    return any(
        contradicts(text[: found.start()].rpartition(". ")[2].lower(), *map(float, found.groups()))
        for found in DIFFERENCE.finditer(text)
    )


def contradicts(words, low, high):
    more = re.search(r"\b(more|higher|better|above|gains?)\b", words)
    less = re.search(r"\b(fewer|lower|worse|below|loses?|lost)\b", words)
    unclear = re.search(r"\b(no|not|neither|undecided|about)\b", words)
    if low <= 0 <= high:
        return not unclear
    return not unclear and bool(less if low > 0 else more)


def test_a_contradicted_sentence_is_found():
    right = ("A finds more hits (+3.0 points, 95 %: +1.0 to +5.0).",
             "A finds fewer hits (-3.0 points, 95 %: -5.0 to -1.0).",
             "No difference is shown (+3.0 points, 95 %: -1.0 to +7.0).",
             "The recall is 95.0 % (65/68).",
             "A finds more (+3.0 points, 95 %: +1.0 to +5.0). B finds fewer (-3.0 points, "
             "95 %: -5.0 to -1.0), C more.")  # fmt: skip
    wrong = ("A finds more hits (-3.0 points, 95 %: -5.0 to -1.0).",
             "A finds fewer hits (+3.0 points, 95 %: +1.0 to +5.0).",
             "A finds more hits (+3.0 points, 95 %: -1.0 to +7.0).",
             "A is not B. A finds more (-3.0 points, 95 %: -5.0 to -1.0).")  # fmt: skip
    assert [contradicts_itself(sentence) for sentence in right] == [False] * 5
    assert [contradicts_itself(sentence) for sentence in wrong] == [True] * 4


TEXT = """# A lesson

**Question.** Which?

**Objectives.** Tell one from the other.

**Minutes.** 10 to read, 1 to run.

**Prerequisites.** None."""


def lesson():
    cells = [
        new_markdown_cell(TEXT),
        new_code_cell(colab.guard()),
        new_markdown_cell("![a hit beside a miss](x.png)"),
        new_code_cell('ax = sfx.plot_frame(frame)\nsfx.show(ax, alt=f"A frame with {n} spots.")'),
        new_markdown_cell("## Summary\n\nBoth.\n\n## References\n\nXie.\n\n## Next\n\n01."),
    ]
    return new_notebook(cells=cells)


def test_a_lesson_in_form_has_no_fault():
    assert list(faults(lesson())) == []


def change(cell, **fields):
    def spoil(notebook):
        notebook.cells[cell].update(fields)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (change(1, execution_count=1), "cell 2 stores"),
        (change(1, outputs=[{"output_type": "stream"}]), "cell 2 stores"),
        (change(1, id="same") , "not unique"),
        (lambda notebook: notebook.metadata.update(widgets={}), "widget state"),
        (change(3, source="x = 1\n" * 16), "more than 15 lines"),
        (change(2, source="word " * 151), "more than 150 words"),
        (change(0, source=TEXT.replace("# A", "A")), "title"),
        *((change(0, source=TEXT.replace(f"**{word}.**", "")), word) for word in HEAD),
        (change(0, source=TEXT.replace("10", "ten").replace("1 ", "one ")), "no number"),
        (change(1, source="import sfxtutor as sfx"), "Colab guard"),
        (change(4, source="## Summary\n\n## Next\n\n## References"), "ends in the sections"),
        (change(3, source="sfx.plot_frame(frame)"), "cell 4 draws a figure"),
        (change(3, source="ax = plt.subplots()[1]"), "cell 4 draws a figure"),
        (change(3, source="show(ax, alt='')"), "empty alt"),
        (change(2, source=r"$\left( x$"), "cannot become MathML"),
        (change(2, source="![](x.png)"), "without an alt text"),
        (change(2, source='<img src="x.png">'), "without an alt text"),
    ],
)  # fmt: skip
def test_every_fault_is_found(spoil, fault):
    notebook = lesson()
    notebook.cells[0].id = "same"
    spoil(notebook)
    found = list(faults(notebook))
    assert len(found) == 1 or fault in ("Minutes", "not unique")
    assert fault in " ".join(found)
