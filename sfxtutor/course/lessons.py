"""The course around the lessons: where they lie, and how they are executed and rendered."""

import shutil
from pathlib import Path

from ..support import disk


def notebook_folder():
    """Folder that holds the lessons.

    Returns
    -------
    pathlib.Path
        ``notebooks/`` inside the installed package, or of the checkout that it runs from.

    Raises
    ------
    FileNotFoundError
        When there is neither.
    """
    return disk.shipped_folder("notebooks", "notebooks")


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
    if not source.is_relative_to(disk.PACKAGE):
        return source
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in find_notebooks(source):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return folder
