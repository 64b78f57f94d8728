"""Pages for students and for the instructor; no hidden test and no solution stands on the former.

The pages show what submissions contain, so they forbid scripts and anything from the network.
"""

import copy
import json

import jinja2
from nbformat.v4 import new_output

from ..cells import grade_id, regions, role, task, visible_text
from ..exercises import check
from ..pages import TEMPLATES, LessonExporter
from .marks import GRADED
from .report import describe_statuses

REMOVED = "[output removed: it repeats a test that is not shown]"


def feedback_page(graded, assignment):
    """A student's page: marks, what each check said, and the notebook as it was executed.

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
    body = ""
    if graded.points and graded.notebook:
        body = notebook_body(without_secrets(graded, assignment))
    rows = [
        (name, graded.points.get(name), most, sentence(graded, name))
        for name, most in graded.most.items()
    ]
    return render_page("feedback.html.j2", graded=graded, rows=rows, body=body, done=GRADED)


def notebook_body(notebook):
    """HTML of a notebook; a remark where its outputs are too strange to be shown."""
    try:
        return LessonExporter(template_name="basic").from_notebook_node(notebook)[0]
    except Exception as error:  # a submission may hold anything; its marks are to be shown anyway
        return f"<p>The notebook cannot be shown here ({type(error).__name__}).</p>"


def without_secrets(graded, assignment):
    """Copy of the executed notebook to be shown to its author.

    A test shows its visible part and what the check said, nothing else that it printed or raised:
    tracebacks and the student's own prints would show the hidden part.
    """
    hidden = hidden_lines(assignment)
    shown = {grade_id(cell): cell.source for cell in assignment.released.cells}
    notebook = copy.deepcopy(graded.notebook)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if grade_id(cell) and role(cell) == "test":
            cell.source = shown[grade_id(cell)]
            cell.outputs = check_outputs(graded, task(cell))
        else:
            cell.outputs = [clean(output, hidden) for output in cell.outputs]
    return notebook


def hidden_lines(assignment):
    """Lines of an assignment's hidden tests that stand nowhere in its release; a set."""
    public = "\n".join(visible_text(cell) for cell in assignment.released.cells)
    tests = [cell for cell in assignment.source.cells if role(cell) == "test"]
    lines = {line.strip() for cell in tests for line in regions(cell.source)[1]}
    return {line for line in lines if len(line) >= 8 and line not in public}


def clean(output, hidden):
    """An output, or a remark in its place where it holds one of the hidden lines."""
    parts = [output.get("text", ""), *output.get("traceback", ()), output.get("evalue", "")]
    text = "\n".join(map(str, [*parts, *output.get("data", {}).values()]))
    if any(line in text for line in hidden):
        return new_output("stream", name="stdout", text=REMOVED)
    return output


def check_outputs(graded, name):
    """Outputs in place of a test's own: the result and a sentence on the points."""
    outputs = []
    result = graded.results[name]
    if result:
        result = check.Result(**result)
        outputs.append(new_output("display_data", data=result._repr_mimebundle_()))
    text = f"{number(graded.points[name])} of {number(graded.most[name])} points."
    text = f"{text} {sentence(graded, name, with_check=False)}".strip()
    return [*outputs, new_output("stream", name="stdout", text=text)]


def sentence(graded, name, with_check=True):
    """What a student is told about a task beside the points; "" where nothing is to be said."""
    if name in graded.comments:
        return graded.comments[name]
    if not graded.points:
        return ""
    result, points = graded.results[name], graded.points[name]
    if result and result["passed"] and not points:
        return "Right in the visible test, but not on a further case that is not shown."
    if result and 0 < points < graded.most[name] and not with_check:
        return "Part of the points: some parts of the answer are right."
    if result:
        return f"{result['text']} {result.get('detail', '')}".strip() if with_check else ""
    return "" if points else graded.failures[name][1]


def report_page(findings, statuses):
    """The misconception report as HTML; the arguments as of `report.misconceptions`."""
    return render_page(
        "misconceptions.html.j2", findings=findings, intro=describe_statuses(statuses)
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
