"""Which notebooks were handed in, by whom, for which assignment."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

LMS_FOLDER = re.compile(r"_\d+_assignsubmission_\w*$")  # Moodle: "Ada Lovelace_1234_assign..."
LMS_FILE = re.compile(r"(_LATE)?(_\d+_\d+)?$", re.IGNORECASE)  # Canvas: "lovelaceada_LATE_12_345"
LARGEST = 50_000_000  # bytes of a notebook


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in, or why there is none: `problem` is "" or a sentence."""

    student: str
    assignment: str
    path: Path
    problem: str = ""
    id: str = ""
    late: bool = False
    missing: bool = False


def find_submissions(folder, names):
    """The submissions in a folder, in the order of students and assignments.

    Read are ``STUDENT/ASSIGNMENT.ipynb``, ``STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb``, folders as
    Moodle names them, and flat ``STUDENT_ASSIGNMENT.ipynb``, also as Canvas names them.

    Parameters
    ----------
    folder : path
    names : iterable of str
        The assignments there are.

    Returns
    -------
    list of Submission

    Raises
    ------
    FileNotFoundError
        The folder is missing or holds nothing of the kind.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"Found no folder {folder}, expected one with the submissions.")
    name = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, names))})(?![0-9])")
    submissions = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        if path.is_dir():
            submissions += in_folder(path, name)
        elif path.suffix == ".ipynb":
            submissions.append(flat(path, name))
    if not submissions:
        raise FileNotFoundError(
            f"Found no submission in {folder}, expected STUDENT/{names[0]}.ipynb or "
            f"STUDENT_{names[0]}.ipynb. Name the folder that holds the students' folders."
        )
    return without_doubles(submissions)


def in_folder(folder, name):
    """Submissions of the student whose folder it is; `name` finds an assignment's name."""
    student = LMS_FOLDER.sub("", folder.name).strip()
    paths = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    ]
    if not paths:
        there = ", ".join(sorted(path.name for path in folder.iterdir())) or "an empty folder"
        problem = f"Found {there}, expected a notebook. Ask for the .ipynb file."
        return [Submission(student, "", folder, problem)]
    return [submission(student, path, name) for path in paths]


def flat(path, name):
    """Submission in a file named STUDENT_ASSIGNMENT.ipynb."""
    place = name.search(path.stem)
    student = LMS_FILE.sub("", path.stem[: place.start()].rstrip("_ -")) if place else ""
    if student:
        return submission(student, path, name)
    problem = f"Found {path.name}, expected STUDENT_ASSIGNMENT.ipynb. Rename it."
    return Submission(path.stem, "", path, problem)


def submission(student, path, name):
    """One `Submission`; the assignment is told by the file's name, else by the markers in it."""
    if path.is_symlink():
        return Submission(student, "", path, f"{path.name} is a link. Put the file itself there.")
    if path.stat().st_size > LARGEST:
        problem = f"{path.name} has more than 50 MB. Ask for it with its outputs cleared."
        return Submission(student, "", path, problem)
    known = set(name.findall(path.stem)) or set(
        re.findall(rf"sfxtutor: {name.pattern}-", path.read_text("utf-8", errors="replace"))
    )
    if len(known) == 1:
        return Submission(student, known.pop(), path)
    problem = f"{path.name} names no single assignment. Name it after the assignment."
    return Submission(student, "", path, problem)


def without_doubles(submissions):
    """The submissions sorted, those of one student for one assignment joined into a problem."""
    groups = defaultdict(list)
    for submission in submissions:
        groups[submission.student, submission.assignment, submission.problem].append(submission)
    joined = []
    for (student, assignment, problem), same in sorted(groups.items()):
        if len(same) > 1 and not problem:
            names = ", ".join(sorted(submission.path.name for submission in same))
            problem = f"There are {len(same)} notebooks for it ({names}). Keep the one that counts."
        joined.append(Submission(student, assignment, same[0].path, problem))
    return joined
