"""Which notebooks were handed in, by whom, for which assignment; every file gets a row."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path

from ..student import plain_name
from .archives import LARGEST
from .files import assignment_of, files_of_class
from .roster import orders_of

MISSING = "nothing handed in"
SHOWN = re.compile(r"You are: (?P<name>.+?) \(seed \d+\)")  # what an assignment's setup shows


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in, or why there is none: `problem` is "" or a sentence.

    Attributes
    ----------
    student : str
        Under which the row, the marks and the feedback stand: the name in the roster, else that in
        the file's name; with the id behind it where several students have the name.
    id : str
        As the platform writes it into names, else as the roster has it; "" where there is none.
    late : bool
    notes : tuple of str
    works_as : str
        Name that the personal seed is made of; "" where it is `student`.
    aliases : tuple of str
        The student's other names: login, id and the name in the file's name.
    missing : bool
        Nothing was handed in; only the roster has the student.
    """

    student: str
    assignment: str
    path: Path
    problem: str = ""
    id: str = ""
    late: bool = False
    notes: tuple = ()
    works_as: str = ""
    aliases: tuple = ()
    missing: bool = False

    @property
    def seed_name(self):
        """Name that the personal seed is made of; str."""
        return self.works_as or self.student


def find_submissions(folder, names, roster=None, due=None):
    """The submissions in a folder or zip, in the order of students and assignments.

    Read are ``STUDENT/ASSIGNMENT.ipynb``, ``STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb``, flat
    ``STUDENT_ASSIGNMENT.ipynb``, the names that learning platforms write
    (`sfxtutor.course.grading.owners`), and zip files of all that. What is no notebook has a
    problem.

    Parameters
    ----------
    folder : path
    names : iterable of str
        The assignments there are.
    roster : sfxtutor.course.grading.roster.Roster, optional
        Who of it handed in nothing for an assignment that others handed in has a row, too.
    due : str, optional
        ISO time: what was handed in after it is late, where a name tells the time.

    Returns
    -------
    list of Submission

    Raises
    ------
    FileNotFoundError
        The folder is missing or holds nothing of the kind.
    ValueError
        `due` is no time, or the zip cannot be opened.
    """
    names = list(names)
    pieces = [timed(piece, due) for piece in files_of_class(Path(folder), names)]
    if not pieces:
        raise FileNotFoundError(
            f"Found no submission in {folder}, expected STUDENT/{names[0]}.ipynb or "
            f"STUDENT_{names[0]}.ipynb. Name the folder that holds the students' folders."
        )
    submissions = []
    for student, own in by_student(pieces, names, roster).items():
        submissions += without_doubles(of_student(student, own, names))
    if roster:
        submissions += missing(submissions, roster)
    return sorted(submissions, key=lambda one: (one.student, one.assignment, one.problem))


# When, and whose


def timed(piece, due):
    """A piece with `late` decided by the time when it was due, where its name tells a time."""
    if not due:
        return piece
    limit = due_time(due)
    if piece.owner.time:
        return replace(piece, owner=replace(piece.owner, late=piece.owner.time > limit))
    if piece.owner.timely:
        return piece
    return replace(piece, notes=(*piece.notes, "its name does not tell when it was handed in"))


def due_time(text):
    """Local time without a zone of an ISO text; a date alone is the end of that day."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"Found the time {text!r}, expected one such as 2026-11-23T23:59. Correct --due."
        ) from error
    if len(text) <= len("2026-11-23"):
        time = time.replace(hour=23, minute=59, second=59)
    return time.astimezone().replace(tzinfo=None) if time.tzinfo else time


def by_student(pieces, names, roster):
    """The pieces of each student, {label: list of Piece}: by the roster, else by name and id."""
    groups, unknown = defaultdict(list), defaultdict(list)
    for piece in pieces:
        person, note = roster.find(piece.owner) if roster else (None, "")
        if note:
            piece = replace(piece, notes=(*piece.notes, note))
        if person:
            label = safe(roster.label(person))
            groups[label, person].append(piece)
        else:
            unknown[piece.owner.name].append(piece)
    for name, same in unknown.items():
        several = distinct(same, names)
        for piece in same:
            label = f"{name} ({piece.owner.id})" if several and piece.owner.id else name
            note = f"{several} students are named {name}: distinguished by their ids"
            notes = (*piece.notes, note) if several else piece.notes
            groups[safe(label), None].append(replace(piece, notes=notes))
    return groups


def distinct(pieces, names):
    """How many students of one name there are by their ids; 0 where it is one."""
    if len({piece.owner.id for piece in pieces}) < 2:
        return 0
    ids = defaultdict(set)
    for piece in pieces:
        scope = "" if piece.owner.lasting else tuple(sorted(assignment_of(piece, names)))
        ids[scope].add(piece.owner.id)
    most = max(len(same - {""}) for same in ids.values())
    return most if most > 1 else 0


def safe(name):
    """A name that is also the name of a folder for feedback."""
    name = re.sub(r"[/\\\0]", "-", name).strip()
    return name if name.strip(".") else "-"


def of_student(student, pieces, names):
    """The submissions of a student: (label, Person or None)."""
    notebooks = [piece for piece in pieces if is_notebook(piece)]
    others = [piece for piece in pieces if piece not in notebooks]
    submissions = [submission(student, piece, names) for piece in notebooks]
    found = {one.assignment for one in submissions}
    refused = defaultdict(list)
    for piece in others:
        known = assignment_of(piece, names, look=False)
        name = known.pop() if len(known) == 1 else ""
        if name not in found and (name or not found):
            refused[name].append(piece)
    left = [piece for piece in others if piece not in [*chain(*refused.values())]]
    note = (f"not graded: {listed(left)}",) if left else ()
    for name, same in refused.items():
        there = listed(same)
        problem = f"Found {there}, expected a notebook. Ask for the .ipynb file."
        submissions.append(made(student, same[0], name, problem))
    return [replace(one, notes=(*one.notes, *note)) for one in submissions]


def listed(pieces):
    """Names of files in a sentence, the first five of them."""
    names = [piece.path.name for piece in pieces]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def is_notebook(piece):
    """Whether a piece is to be read as a notebook, or cannot be read at all."""
    return bool(piece.problem) or piece.path.is_symlink() or notebook_note(piece) is not None


def submission(student, piece, names):
    """The `Submission` of a notebook: (label, Person or None) is whose it is."""
    if piece.problem:
        known = assignment_of(piece, names, look=False)
        return made(student, piece, known.pop() if len(known) == 1 else "", piece.problem)
    if piece.path.is_symlink():
        return made(student, piece, "", f"{piece.path.name} is a link. Put the file itself there.")
    known = assignment_of(piece, names)
    name = known.pop() if len(known) == 1 else ""
    if piece.path.stat().st_size > LARGEST:
        problem = f"{piece.path.name} has more than 50 MB. Ask for it with its outputs cleared."
        return made(student, piece, name, problem)
    if not name:
        problem = f"{piece.path.name} names no single assignment. Name it after the assignment."
        return made(student, piece, "", problem)
    note = notebook_note(piece)
    return made(student, replace(piece, notes=(*piece.notes, note) if note else piece.notes), name)


def made(student, piece, assignment, problem=""):
    """A `Submission` of a student, (label, Person or None)."""
    (label, person), owner = student, piece.owner
    name = (person.works_as or person.name) if person else owner.name
    others = (person.login, *person.ids, person.name, owner.name) if person else (owner.id,)
    return Submission(
        label,
        assignment,
        piece.path,
        problem,
        id=owner.id or (person.id if person else ""),
        late=owner.late,
        notes=piece.notes,
        works_as="" if name == label else name,
        aliases=tuple(sorted({other for other in others if other} - {name})),
    )


def notebook_note(piece):
    """Note on a notebook under another ending, "" on one with its own, None on any other file."""
    suffix = piece.path.suffix.lower()
    if suffix == ".ipynb":
        return ""
    if suffix not in (".txt", ".json", "") or piece.path.stat().st_size > LARGEST:
        return None
    try:
        content = json.loads(piece.path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    if isinstance(content, dict) and {"nbformat", "cells"} <= content.keys():
        return f"{piece.path.name} is a notebook under another ending"
    return None


def without_doubles(submissions):
    """The submissions of a student, one for each assignment.

    Where several notebooks differ, that is a problem. One that can be read goes before what cannot.
    """
    groups = defaultdict(list)
    for one in submissions:
        groups[one.assignment].append(one)
    return [joined(same) for same in groups.values()]


def joined(same):
    """The `Submission` that stands for several of one student and assignment."""
    readable = [one for one in same if not one.problem]
    notes = [note for one in same for note in one.notes]
    problems = [one.problem for one in same if one.problem]
    first, problem = (readable or same)[0], " ".join(dict.fromkeys(problems))
    if readable:
        notes += problems
        problem = different(readable)
        if len(readable) > 1 and not problem:
            notes.append(f"handed in {len(readable)} times, all alike")
    late = any(one.late for one in same)
    return replace(first, problem=problem, notes=tuple(dict.fromkeys(notes)), late=late)


def different(submissions):
    """Sentence on notebooks for one assignment that are not all alike, "" if they are."""
    if len({sha256(one.path.read_bytes()).digest() for one in submissions}) < 2:
        return ""
    names = ", ".join(sorted(one.path.name for one in submissions))
    return f"There are {len(submissions)} notebooks for it ({names}). Keep the one that counts."


def missing(submissions, roster):
    """Rows of those in the roster who handed in nothing for an assignment that others handed in."""
    rows, handed_in = [], defaultdict(set)
    for one in submissions:
        handed_in[one.student].add(one.assignment)
    labels = {safe(roster.label(person)): person for person in roster.people}
    strangers = {plain_name(one.seed_name) for one in submissions if one.student not in labels}
    for assignment in sorted({one.assignment for one in submissions} - {""}):
        for student, person in labels.items():
            if assignment in handed_in[student]:
                continue
            problem = f"Nothing was handed in for {assignment}."
            if "" in handed_in[student]:
                problem += " See the student's other row."
            if plain_name(person.name) in strangers:
                problem += " See the row of that name which fits nobody in the roster."
            rows.append(Submission(student, assignment, Path(), problem, person.id, missing=True))
    return rows


def under_own_name(submission, cells):
    """A submission under that name of its student's which the notebook shows, and notes.

    An assignment's setup shows the name under which its author works. Another student's name is
    not taken.

    Parameters
    ----------
    submission : Submission
    cells : list of dict
        See `sfxtutor.course.grading.repair.read_cells`.

    Returns
    -------
    Submission
    list of str
    """
    text = json.dumps([cell["outputs"] for cell in cells], ensure_ascii=False)
    shown = {match["name"] for match in SHOWN.finditer(text)}
    own = (submission.seed_name, *submission.aliases)
    if not shown or any(plain_name(name) == plain_name(own[0]) for name in shown):
        return submission, []
    for name in sorted(shown):
        if any({plain_name(name), *orders_of(name)} & {plain_name(one)} for one in own):
            note = f"made under the name {name!r}, and graded under it"
            return replace(submission, works_as=name), [note]
    return submission, [f"made under the name {sorted(shown)[0]!r}, graded as {own[0]!r}"]
