"""Pages of executed lessons that need no network: images embedded, formulas as MathML."""

import html
import re
from importlib.metadata import version
from pathlib import Path

import jinja2
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

from ..results import table

TEMPLATES = Path(__file__).parent / "templates"


def formula(latex, display):
    """A LaTeX formula as MathML, or its source where it cannot be converted."""
    try:
        return convert(latex, display=display)
    except Exception:  # the converter's errors have no common base; a typo must not cost the page
        return f'<code class="formula">{html.escape(latex)}</code>'


class MathMLRenderer(IPythonRenderer):
    """Markdown renderer that writes formulas as MathML, which browsers draw without a script."""

    def inline_math(self, body):
        return formula(body, "inline")

    def block_math(self, body):
        return formula(body, "block")

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def _html_embed_images(self, html):
        # the parser that looks for pictures would close <details> right behind its summary
        return super()._html_embed_images(html) if "<img" in html else html


class LessonExporter(HTMLExporter):
    """Body of a lesson's page, without the scripts and styles nbconvert fetches from the net."""

    @jinja2.pass_context
    def markdown2html(self, context, source):
        renderer = MathMLRenderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=True,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            exclude_anchor_links=True,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def title_and_question(notebook):
    """Title (first heading) and question (the text after "**Question.**") of a lesson.

    Parameters
    ----------
    notebook : nbformat.NotebookNode

    Returns
    -------
    title, question : str
        "" where the lesson has none.
    """
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = re.search(r"^# +(.+)$", text, re.MULTILINE)
    question = re.search(r"^\*\*Question\.?\*\*\.?\s*(.+?)(?:\n\s*\n|\Z)", text, re.M | re.S)
    parts = (title and title[1], question and " ".join(question[1].split()))
    return tuple(re.sub(r"[*_`]", "", part or "") for part in parts)


def lesson_page(notebook, folder, outcome):
    """HTML page of an executed lesson, complete in itself.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    folder : path
        Where the pictures that its text links to lie.
    outcome : sfxtutor.course.run.Outcome

    Returns
    -------
    str
    """
    exporter = LessonExporter(template_name="basic")
    body, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    return _render("lesson.html.j2", body=body, outcome=outcome, css=_css() + _code_colours())


def index_page(outcomes, rows, claims, profile, source):
    """HTML page that lists the lessons, the conclusions on the claims and the counts.

    Parameters
    ----------
    outcomes : list of sfxtutor.course.run.Outcome
    rows, claims : list of dict
        As in ``results.json`` and ``claims.json``.
    profile, source : str

    Returns
    -------
    str
    """
    return _render(
        "index.html.j2",
        outcomes=outcomes,
        tables=[table(rows, n)._repr_html_() for n in sorted({row["table"] for row in rows})],
        claims=claims,
        profile=profile,
        source=source,
        version=version("sfxtutor"),
        css=_css(),
    )


def _render(template, **values):
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True)
    return environment.get_template(template).render(values)


def _css():
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


def _code_colours():
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    return (
        f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
        ".highlight { background: transparent !important; }\n"
    )
