"""Files and folders: where they are, and how one is written whole or not at all."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def cache_dir():
    """Folder for downloaded and computed data: Path, `$SFXTUTOR_DATA` or the user's cache."""
    import pooch

    return Path(os.environ.get("SFXTUTOR_DATA") or pooch.os_cache("sfxtutor")).expanduser()


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


@contextmanager
def atomic_write(path):
    """A temporary path, which gets the name `path` at the end: no reader sees half a file.

    Where something fails, the temporary file is removed, and one that was at `path` stays.
    """
    path = Path(path)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path, text):
    """Write a text file whole or not at all."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def expanded(path):
    """A path with ~ as the user's home, as a shell has it where it is not quoted; None from None.

    What is neither text nor a path, such as an array, stays what it is.
    """
    return os.path.expanduser(path) if isinstance(path, str | os.PathLike) else path


def printable(path):
    """A path as text for the screen; what is no UTF-8 in it as question marks."""
    return os.fsencode(path).decode(errors="replace")


def need_folder(path):
    """Raise FileNotFoundError if there is no folder to write that file in."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Found no folder {folder}, expected one for {Path(path).name}. Make it first."
        )


def check_space(path, needed):
    """Raise OSError with a sentence if `needed` bytes do not fit on the disk of `path`."""
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise OSError(
            errno.ENOSPC,
            f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} are free",
            str(path),
        )
