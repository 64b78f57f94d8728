"""Files and folders of the package and of the user."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def shipped_folder(inside, beside):
    """Folder that a wheel holds inside the package, and a checkout beside it: a Path.

    The one inside goes first, and the one beside counts only in a checkout, which has a
    pyproject.toml: beside an installed package lie the folders of other packages.

    Parameters
    ----------
    inside, beside : str
        Path within the package, and within the checkout.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    """
    within, checkout = PACKAGE / inside, PACKAGE.parent
    if within.is_dir():
        return within
    if (checkout / "pyproject.toml").is_file() and (checkout / beside).is_dir():
        return checkout / beside
    raise FileNotFoundError(
        f"Found no folder {within}, expected it in every installation. Install sfxtutor again, or "
        "work in a full checkout."
    )
