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

    The lessons alone are copied: those inside an installed package belong to the installation, and
    beside those of a checkout lie the assignments' sources with their solutions. A lesson that is
    already there is never overwritten.

    Parameters
    ----------
    folder : path
        Where the copy goes.

    Returns
    -------
    pathlib.Path
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in find_notebooks(notebook_folder()):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    return folder
