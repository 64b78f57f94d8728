"""The files that were handed in: found in folders and zips, each with the name it was given."""

import glob
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from .archives import LARGEST, LARGEST_CLASS, BadArchive, first_names, unpack
from .owners import Owner, known_beside, owner_in, time_in

# What no student hands in, and what lies beside the students' folders.
BESIDE = {"thumbs.db", "desktop.ini", "timestamp.txt", "__macosx", "__pycache__"}
OF_PLATFORM = {"submission_metadata.yml", "index.html"}


@dataclass(frozen=True)
class Piece:
    """A file that was handed in: whose it is, or why it cannot be read."""

    owner: Owner
    path: Path
    problem: str = ""
    notes: tuple = ()

    @property
    def name(self):
        """The file's own name, without what a platform put before it."""
        return self.owner.rest or self.path.name


def files_of_class(path, names):
    """The files in a folder or zip with the submissions of a class.

    Parameters
    ----------
    path : pathlib.Path
    names : list of str
        The assignments there are.

    Returns
    -------
    list of Piece

    Raises
    ------
    FileNotFoundError
        The folder is missing.
    ValueError
        The zip cannot be opened.
    """
    if path.is_file() and is_zip(path):
        path = without_wrapper(unpack(path, LARGEST_CLASS), names)
    if not path.is_dir():
        raise FileNotFoundError(f"Found no folder {path}, expected one with the submissions.")
    if (path / "submitted").is_dir() and (path / "source").is_dir():  # of an nbgrader course
        path = path / "submitted"
    return list(in_class(path, names))


def in_class(folder, names, zipped=False):
    """The pieces in a folder of a class; `zipped` if a zip was opened on the way."""
    known = known_beside(folder)
    for path in sorted(folder.iterdir()):
        if not counts(path):
            continue
        owner = owner_in(path.name)
        if path.is_dir() and not owner and of_class(path, names):
            yield from in_class(path, names, zipped)
        elif path.is_dir():
            owner = owner or Owner(unicodedata.normalize("NFC", path.name).strip())
            for one in known.get(path.name, [owner]):
                yield from in_folder(path, replace(one, time=one.time or owner.time))
        else:
            yield from flat(path, names, known, zipped)


def counts(path):
    """Whether a file or folder beside those of students is one that was handed in."""
    text = re.search(r"_attempt_[\d-]+\.txt$", path.name)  # Blackboard's own, beside the files
    if text and [*path.parent.glob(f"{glob.escape(path.stem)}_*")]:
        return False
    return from_student(path.name) and path.name.lower() not in OF_PLATFORM


def from_student(name):
    """Whether a file of that name is one that students hand in."""
    return not name.startswith(".") and name.lower() not in BESIDE


def of_class(folder, names):
    """Whether a folder holds those of students: by its name or by a platform's names in it."""
    inside = [path for path in folder.iterdir() if counts(path)]
    folders = [path for path in inside if path.is_dir()]
    if folder.name == "submitted" or assignments_in(folder.name, names) == {folder.name}:
        return bool(folders) and folders == inside
    return any(owner_in(path.name) for path in inside)


def without_wrapper(folder, names):
    """The folder that holds the submissions: a zip often has one folder around them."""
    inside = [path for path in folder.iterdir() if counts(path)]
    if len(inside) == 1 and inside[0].is_dir() and not owner_in(inside[0].name):
        below = [path for path in inside[0].iterdir() if counts(path) and path.is_dir()]
        if len(below) > 1 and not any(assignments_in(path.name, names) for path in below):
            return inside[0]
    return folder


def in_folder(folder, owner):
    """The pieces in a student's folder."""
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if (path.is_file() or path.is_symlink())
        and all(from_student(part) for part in path.relative_to(folder).parts)
    ]
    if not paths:
        yield Piece(owner, folder, "Found an empty folder, expected a notebook. Ask for the file.")
    for path in paths:
        stamp = path.parent / "timestamp.txt"  # of nbgrader
        time = time_in(stamp.read_text("utf-8", errors="replace")) if stamp.is_file() else None
        within = path.relative_to(folder).parent.name
        own = replace(owner, rest=path.name, title=within or owner.title, time=owner.time or time)
        yield from unzipped(path, own) if is_zip(path) else [Piece(own, path)]


def flat(path, names, known, zipped):
    """The pieces in a file that lies among those of the class; arguments as of `in_class`."""
    owner = flat_owner(path, names, known)
    if not zipped and is_zip(path) and (not owner or holds_class(path)):
        yield from zip_of_class(path, names)
    elif is_zip(path) and owner:
        yield from unzipped(path, owner)
    elif owner:
        yield Piece(owner, path)
    else:
        step = "Rename it" if path.suffix == ".ipynb" else "Find out whose it is"
        problem = f"Found {path.name}, expected STUDENT_{names[0]}.ipynb. {step}."
        yield Piece(Owner(unicodedata.normalize("NFC", path.stem)), path, problem)


def flat_owner(path, names, known):
    """The `Owner` of a file that lies among those of the class, None where its name tells none."""
    text = unicodedata.normalize("NFC", path.name)
    if owner := owner_in(text):
        return replace(known.get(owner.id, [owner])[0], rest=owner.rest, title=owner.title)
    place = pattern(names).search(text)
    name = text[: place.start()].rstrip("_ -") if place else ""
    return Owner(name, rest=text[place.start() :]) if name else None


def is_zip(path):
    """Whether a file is to be unpacked."""
    return path.suffix.lower() == ".zip" and not path.is_symlink()


def holds_class(path):
    """Whether a zip that bears no platform's mark holds files that do."""
    within = (part for name in first_names(path) for part in name)
    return not owner_in(path.name) and any(owner_in(part) for part in within)


def zip_of_class(path, names):
    """The pieces in a zip that belongs to no student."""
    try:
        folder = without_wrapper(unpack(path, LARGEST_CLASS), names)
    except BadArchive as error:
        return [Piece(Owner(path.stem), path, str(error))]
    pieces = [
        replace(piece, notes=(f"from {path.name}", *piece.notes))
        for piece in in_class(folder, names, zipped=True)
    ]
    empty = f"Found no file in {path.name}, expected notebooks. Ask for it again."
    return pieces or [Piece(Owner(path.stem), path, empty)]


def unzipped(path, owner):
    """The pieces in a student's zip."""
    try:
        folder = unpack(path)
    except BadArchive as error:
        return [Piece(owner, path, str(error))]
    title = owner.title or owner.rest
    return [
        Piece(replace(owner, rest=inner.name, title=title), inner, notes=(f"from {path.name}",))
        for inner in sorted(folder.rglob("*"))
        if inner.is_file() and from_student(inner.name)
    ] or [
        Piece(owner, path, f"Found no file in {path.name}, expected a notebook. Ask for it again.")
    ]


def pattern(names):
    """Pattern of the assignments' names as students write them: "Lesson 03" is lesson03."""
    forms = (
        re.sub(r"(?<=[^\W\d])(?=\d)", "[ _-]?", re.escape(name))
        for name in sorted(names, key=len, reverse=True)
    )
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(forms)})(?![0-9])", re.IGNORECASE)


def assignments_in(text, names):
    """The assignments that a text names; a set."""
    known = {re.sub(r"[ _-]", "", name).lower(): name for name in names}
    found = pattern(names).findall(text)
    return {known[re.sub(r"[ _-]", "", one).lower()] for one in found}


def marked_in(path, names):
    """The assignments whose markers a file holds; a set."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(LARGEST).casefold()
    except OSError:
        return set()  # `read_cells` says why
    marks = {name: rf"sfxtutor[\s:]*{re.escape(name.casefold())}-" for name in names}
    return {name for name, mark in marks.items() if re.search(mark, text)}


def assignment_of(piece, names, look=True):
    """The assignments that a file's own name, else its markers, else its platform's title tells."""
    found = assignments_in(Path(piece.name).stem, names)
    if not found and look and piece.path.is_file() and not piece.path.is_symlink():
        found = marked_in(piece.path, names)
    return found or assignments_in(piece.owner.title, names)
