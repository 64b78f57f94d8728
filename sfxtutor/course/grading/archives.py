"""Zip files that were handed in, opened into a temporary folder within limits."""

import atexit
import shutil
import stat
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath

LARGEST = 50_000_000  # bytes of a file that was handed in
LARGEST_ZIP = 200_000_000  # bytes that a student's zip may hold
LARGEST_CLASS = 4_000_000_000  # bytes of the download of a whole class
MOST_FILES = 20_000


class BadArchive(ValueError):
    """A zip that is not opened; the message says why and what to do."""


def unpack(path, most=LARGEST_ZIP):
    """Folder with the files of a zip; it is deleted when the process ends.

    Hidden files and links are left out.

    Parameters
    ----------
    path : pathlib.Path
    most : int
        Bytes that it may hold.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    BadArchive
        It is no zip, encrypted, too large, or has a path that leads out of it; a sentence.
    """
    folder = Path(tempfile.mkdtemp(prefix="sfxtutor-zip-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not ignored(info)]
            check(path.name, members, most)
            for info in members:
                take(archive, info, folder)
    except BadArchive:
        raise
    except Exception as error:  # a zip may hold anything, and zipfile raises many kinds
        raise BadArchive(
            f"{path.name} cannot be opened ({error or type(error).__name__}). "
            "Ask for the .ipynb file."
        ) from error
    return folder


def first_names(path):
    """The first two parts of the names in a zip, a set of tuples; empty where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not ignored(info)]
    except Exception:  # `unpack` says why
        return set()
    return {PurePosixPath(member_name(info)).parts[:2] for info in members}


def ignored(info):
    """Whether a member of a zip is none of the files that were handed in."""
    parts = PurePosixPath(member_name(info)).parts
    link = stat.S_ISLNK(info.external_attr >> 16)
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return not parts or info.is_dir() or link or hidden


def member_name(info):
    """Name of a member; a Mac writes UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def check(name, members, most):
    """Raise BadArchive where the members of a zip are not to be unpacked."""
    outside = [
        info.filename
        for info in members
        if ".." in (path := PurePosixPath(member_name(info))).parts
        or path.is_absolute()
        or ":" in path.parts[0]
    ]
    if outside:
        raise BadArchive(
            f"{name} has the path {outside[0]!r}, which leads out of it. Open it by hand."
        )
    size = sum(info.file_size for info in members)
    if len(members) > MOST_FILES or size > most:
        raise BadArchive(
            f"{name} holds {len(members)} files of {size / 1e6:.0f} MB, "
            f"at most {MOST_FILES} of {most / 1e6:.0f} MB are opened. Unpack it by hand."
        )


def take(archive, info, folder):
    """Write one member, at most a byte more than `LARGEST`: enough to see that it is too large."""
    path = folder / member_name(info)
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as source, path.open("wb") as target:
        left = LARGEST + 1
        while left and (block := source.read(min(left, 1 << 20))):
            target.write(block)
            left -= len(block)
