"""Colab: the link that opens a lesson there, and the first cell, which installs the course.

Both name the repository (``pyproject.toml``, Repository) and the tag of this version
(``sfxtutor/__init__.py``), and stand in the notebooks as text. After a change of either,
``python -m tools.colab`` writes them again into every notebook of the checkout.
"""

import re
from importlib.metadata import metadata

import nbformat

from sfxtutor import __version__
from sfxtutor.course.lessons import find_notebooks, notebook_folder

GUARD = re.compile(r'import sys\n\nif "google\.colab" in sys\.modules:.*(?:\n    .+)+')
LINK = re.compile(r"^\[Open in Colab\]\(.*\)$", re.MULTILINE)


def repository():
    """Address of the repository, as the package's metadata say."""
    urls = dict(url.split(", ", 1) for url in metadata("sfxtutor").get_all("Project-URL"))
    return urls["Repository"]


def tag():
    """Tag of this version in the repository: what Colab opens is what it installs."""
    return f"v{__version__}"


def link(name):
    """Markdown that opens a lesson on Colab: a text, since a picture would need the network.

    Parameters
    ----------
    name : str
        File name of the lesson, such as ``00_start_here.ipynb``.

    Returns
    -------
    str
    """
    place = repository().removeprefix("https://github.com/")
    address = "https://colab.research.google.com/github"
    return f"[Open in Colab]({address}/{place}/blob/{tag()}/notebooks/{name})"


def guard():
    """Source of the first code cell: on Colab it installs the course, elsewhere it does nothing.

    The constraints of pip hold what Colab has: should a requirement ever want another NumPy,
    pip looks for an older release of what requires it, or stops and says so.

    Returns
    -------
    str
    """
    return f"""import sys

if "google.colab" in sys.modules:  # Colab's own TensorFlow, Keras and NumPy stay as they are
    !pip list --format=freeze | grep -iE "^(tensorflow|keras|numpy|h5py)" > kept.txt
    %pip install -q -c kept.txt "sfxtutor[colab] @ git+{repository()}@{tag()}\""""


def renew(notebook, name=None):
    """Write the guard, and into a lesson also the link, with today's repository and tag.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place. Its first code cell holds a guard; what stands before and after it in an
        assignment stays.
    name : str, optional
        File name of a lesson. Default: an assignment, which gets no link: it is handed out as a
        file, and the repository holds its solutions.

    Raises
    ------
    ValueError
        When the first code cell holds no guard.
    """
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    if first is None or not GUARD.search(first.source):
        raise ValueError(
            f"Found {first.source[:40] if first else 'no code cell'!r}, expected the guard in the "
            "first code cell. Copy that of a lesson, and renew again."
        )
    first.source = GUARD.sub(lambda _: guard(), first.source, count=1)
    if name:
        head = notebook.cells[0]
        title, _, text = LINK.sub("", head.source).partition("\n")
        head.source = f"{title}\n\n{link(name)}\n\n{text.lstrip()}"


def main(folder=None):
    """Renew every lesson and every assignment of a folder; print those that changed."""
    folder = folder or notebook_folder()
    for path in [*find_notebooks(folder), *sorted(folder.glob("assignments/source/*/*.ipynb"))]:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        before = nbformat.writes(notebook)
        renew(notebook, path.name if path.parent == folder else None)
        if nbformat.writes(notebook) != before:
            nbformat.write(notebook, path)
            print(f"renewed {path.relative_to(folder)}")


if __name__ == "__main__":
    main()
