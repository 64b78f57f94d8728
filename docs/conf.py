"""Sphinx settings of the site; `tools/site.py` gathers its pages and calls Sphinx."""

import hashlib
import json
from base64 import b64decode
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

import sfxtutor

project = "sfxtutor"
author = "The sfxtutor authors"
copyright = "The sfxtutor authors. Text and figures CC BY 4.0, code MIT"
release = version = sfxtutor.__version__
language = "en"

extensions = ["myst_nb"]
exclude_patterns = ["README.md"]  # of the repository's root: parts of it stand in index.md
nitpicky = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# these would swallow or rewrite lines that are plain text in Jupyter and on GitHub
myst_disable_syntax = ["myst_line_comment", "myst_block_break", "myst_target"]
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}

html_theme = "furo"
html_title = "sfxtutor"
html_math_renderer = "mathml"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # it is fetched, which browsers refuse to a page on disk
pygments_style = "default"
pygments_dark_style = "github-dark"


def setup(app):
    """Add formulas without scripts, and descriptions of the lessons' figures."""
    inline, block = (formula("inline"), None), (formula("block"), None)
    app.add_html_math_renderer("mathml", inline_renderers=inline, block_renderers=block)
    app.connect("doctree-read", describe_figures)


def formula(display):
    """Visitor that writes a formula as MathML, "inline" or as a "block"."""

    def visit(translator, node):
        try:
            translator.body.append(convert(node.astext(), display=display))
        except Exception as error:  # the converter's errors have no common base
            logging.getLogger(__name__).warning(
                "latex2mathml cannot convert %r (%s).", node.astext(), error, location=node
            )
        raise nodes.SkipNode

    return visit


def describe_figures(app, doctree):
    """Give each figure of a lesson the description that `sfxtutor.plots.style.show` stored with it.

    MyST-NB leaves it out. It names a picture after the hash of its content: so is it found here.
    """
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    alts = {}
    for output in outputs:
        if png := "".join(output.get("data", {}).get("image/png", "")):
            name = hashlib.sha256(b64decode(png)).hexdigest()
            alts[name] = output["metadata"].get("image/png", {}).get("alt", "")
    for image in doctree.findall(nodes.image):
        if alt := alts.get(Path(image["uri"]).stem):
            image["alt"] = alt
