"""Pages for students and for the instructor; no hidden test and no solution stands on the former.

A student's page shows the outputs of the submitted file: what the code shows while it is graded may
hold what it has seen of a hidden test. The pages show what submissions contain, so they forbid
scripts and anything from the network.
"""

import copy
import json
import re
from functools import lru_cache

import jinja2
import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbformat.v4.rwbase import rejoin_lines

from ..cells import grade_id, role, task
from ..exercises import check
from ..pages import TEMPLATES, LessonExporter
from .failures import plain_kind
from .marks import GRADED
from .report import describe_statuses

LARGEST = 2_000_000  # characters of a cell's outputs
LEFT_OUT = "[output left out: it is too large, or no output of a notebook]"


def feedback_page(graded, assignment):
    """A student's page: marks, what each check found, and the notebook as it was handed in.

    Parameters
    ----------
    graded : sfxtutor.course.grading.marks.Graded
    assignment : sfxtutor.course.assignments.Assignment or None
        None where the submission belongs to none.

    Returns
    -------
    str
        HTML.
    """
    body = notebook_body(shown(graded, assignment)) if graded.points and graded.notebook else ""
    rows = [
        (name, graded.points.get(name), most, sentence(graded, name))
        for name, most in graded.most.items()
    ]
    return render_page("feedback.html.j2", graded=graded, rows=rows, body=body, done=GRADED)


def notebook_body(notebook):
    """HTML of a notebook; a remark where its outputs are too strange to be shown."""
    try:
        return exporter().from_notebook_node(notebook)[0]
    except Exception as error:  # a submission may hold anything; its marks are to be shown anyway
        return f"<p>The notebook cannot be shown here ({type(error).__name__}).</p>"


@lru_cache
def exporter():
    """The exporter of all pages: it compiles its templates once."""
    return LessonExporter(template_name="basic")


def with_outputs(notebook, cells):
    """Copy of a restored notebook with the outputs that the submitted file has.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        See `sfxtutor.course.grading.repair.restore`.
    cells : list of dict
        See `sfxtutor.course.grading.repair.read_cells`.

    Returns
    -------
    nbformat.NotebookNode
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            for submitted in cells:
                same = submitted["source"].strip() == cell.source.strip()
                if (grade_id(cell) in submitted["ids"]) if grade_id(cell) else same:
                    cell.outputs += valid_outputs(submitted["outputs"])
    return notebook


def valid_outputs(outputs):
    """Outputs of a submitted cell as nbformat has them; a remark in place of what is none."""
    if len(str(outputs)) <= LARGEST:
        try:
            cell = new_code_cell(outputs=nbformat.from_dict(outputs))  # it must be valid
            return rejoin_lines(new_notebook(cells=[cell])).cells[0].outputs
        except Exception:  # a submission may hold anything
            pass
    return [new_output("stream", name="stdout", text=LEFT_OUT)]


def shown(graded, assignment):
    """Copy of a notebook to be shown to its author: its tests as they were given out."""
    released = {grade_id(cell): cell.source for cell in assignment.released.cells}
    notebook = copy.deepcopy(graded.notebook)
    for cell in notebook.cells:
        if grade_id(cell) and role(cell) == "test":
            cell.source = released[grade_id(cell)]
            cell.outputs = check_outputs(graded, task(cell))
    return notebook


def check_outputs(graded, name):
    """Outputs in place of a test's own: the result and a sentence on the points."""
    outputs = []
    result = public_result(graded, name)
    if result is not None:  # one that did not pass is false
        outputs.append(new_output("display_data", data=result._repr_mimebundle_()))
    text = f"{number(graded.points[name])} of {number(graded.most[name])} points."
    text = f"{text} {sentence(graded, name, with_check=False)}".strip()
    return [*outputs, new_output("stream", name="stdout", text=text)]


def public_result(graded, name):
    """What a check found, as a `Result` without words that the student's code can have chosen.

    A value or an error's message can repeat what the code has seen of a hidden test. They are shown
    where the submitted file shows the same, which cannot have seen one; None without a result.
    """
    result = graded.results.get(name)
    if not result:
        return None
    result = check.Result(**result)
    cells = [c for c in graded.notebook.cells if role(c) == "test" and task(c) == name]
    if str(result) in str([cell.outputs for cell in cells]):
        return result
    text = re.sub(r"raised (\w+).*", lambda found: f"raised {plain_kind(found[1])}.", result.text)
    chosen = result.diagnosis == check.FAILED
    return check.Result(result.id, result.passed, result.diagnosis, text if chosen else result.text)


def sentence(graded, name, with_check=True):
    """What a student reads about a task beside the points; "" where there is nothing to be said."""
    if name in graded.comments:
        return graded.comments[name]
    if not graded.points:
        return ""
    result, points = graded.results.get(name), graded.points[name]
    if result and result["passed"] and not points:
        return "Right in the visible test, but not on a further case that is not shown."
    if result and 0 < points < graded.most[name] and not with_check:
        return "Part of the points: some parts of the answer are right."
    if result:
        result = public_result(graded, name)
        return f"{result.text} {result.detail}".strip() if with_check else ""
    return graded.failures[name][1] if name in graded.failures else ""


def report_page(findings, statuses, notes=()):
    """The misconception report as HTML; the arguments as of `report.misconceptions`.

    Parameters
    ----------
    findings, statuses
    notes : list of (student, assignment, list of str)
        What the instructor may look into.

    Returns
    -------
    str
    """
    return render_page(
        "misconceptions.html.j2", findings=findings, intro=describe_statuses(statuses), notes=notes
    )


def number(value):
    """Points as text, "–" where there are none."""
    return "–" if value is None else f"{value:g}"


def rows_text(rows, columns):
    """Rows of a table as JSON, for a page's script: a list of lists of cells."""
    return json.dumps([[row[name] for name in columns] for row in rows])


def render_page(template, **values):
    """A page from a template; everything but the notebook's body is escaped."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters["number"] = number
    environment.filters["rows"] = rows_text
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(values, css=css)
