"""The course around the lessons: where they lie, and how they are executed and rendered."""

import shutil
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def notebook_folder():
    """Folder that holds the lessons.

    Returns
    -------
    pathlib.Path
        ``notebooks/`` of the checkout where the package runs from one, else the copy inside the
        installed package.

    Raises
    ------
    FileNotFoundError
        When neither holds a lesson.
    """
    for folder in (PACKAGE.parent / "notebooks", PACKAGE / "notebooks"):
        if find_notebooks(folder):
            return folder
    raise FileNotFoundError(
        f"Found no lesson in {PACKAGE.parent / 'notebooks'} or {PACKAGE / 'notebooks'}, expected "
        "files such as 00_start_here.ipynb. Install sfxtutor again, or work in a full checkout."
    )


def find_notebooks(folder):
    """Lessons in a folder, in the order of the course: the files named with a two-digit number.

    Parameters
    ----------
    folder : path

    Returns
    -------
    list of pathlib.Path
    """
    return sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))


def working_copy(folder="sfxtutor_notebooks"):
    """Folder in which a learner may change the lessons.

    In a checkout these are the lessons themselves. Those inside an installed package belong to
    the installation, so they are copied; a lesson that is already there is never overwritten.

    Parameters
    ----------
    folder : path
        Where the copy goes.

    Returns
    -------
    pathlib.Path
    """
    source = notebook_folder()
    if not source.is_relative_to(PACKAGE):
        return source
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in find_notebooks(source):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return folder
