"""What an instructor may look into: traces of tricks in the code, and answers of other students.

These are notes. They take no points, and each can have an honest reason.
"""

import hashlib
import io
import re
import tokenize
from collections import defaultdict

from ..cells import MARKER, grade_id, own_text, role, task
from ..exercises.compare import agree
from ..student import plain_name
from .wire import Odd, decode

TRACES = {
    r"sfxtutor\.course": "the course's own checks",
    r"\.reference\(": "the right answers of the exercises",
    r"__eq__": "an object with a comparison of its own",
    r"\.(?:allclose|isclose|array_equal|check|wilson)\s*=(?!=)": "a replaced function",
    r"setattr\(": "a replaced attribute",
    r"ast_transformers|run_cell": "a change of how cells are executed",
    r"getppid|psutil|os\.kill|/proc/": "other processes of the machine",
}
NAME = re.compile(r"SFXTUTOR_STUDENT[\"'\]\s,]*=?\s*[\"']?([^\"'\n)]*)")
LONG_ENOUGH = {"answer": 250, "written": 60, "all": 200}  # characters, no spaces: else chance


def in_code(cells, released, student):
    """Traces of tricks in a submission's own code.

    Parameters
    ----------
    cells : list of dict
        As of `repair.read_cells`.
    released : nbformat.NotebookNode
        What was given out is no trace.
    student : str
        Name that the personal seed is made of.

    Returns
    -------
    list of str
        Sentences.
    """
    given = {cell.source.strip() for cell in released.cells}
    own = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    code = "\n".join(source for source in own if source.strip() not in given)
    notes = [
        f"the code has {found[0].strip()!r}: {what}?"
        for pattern, what in TRACES.items()
        if (found := re.search(pattern, code))
    ]
    names = {name.strip() for name in NAME.findall(code)} - {""}
    foreign = sorted(name for name in names if plain_name(name) != plain_name(student))
    return notes + [f"the code works under the name {name!r}" for name in foreign]


def fingerprints(notebook, released):
    """Fingerprints of a student's answers, to find equal ones.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Restored, see `repair.restore`.
    released : nbformat.NotebookNode

    Returns
    -------
    dict of str to [str, int]
        Of every task that was answered ("g1"), and of "all" together: hash, and length of the text.
        Comments, spaces and lines of the release do not count.
    """
    given = {grade_id(cell): cell.source for cell in released.cells}
    texts = {}
    for cell in notebook.cells:
        kind = role(cell) if grade_id(cell) else ""
        if kind in ("answer", "written"):
            text = squeezed(cell, given[grade_id(cell)])
            if text:
                texts[f"{task(cell)} {kind}"] = text
    together = "".join(texts.values())
    texts |= {"all all": together} if together else {}
    return {
        name: [hashlib.sha256(text.encode()).hexdigest()[:16], len(text)]
        for name, text in texts.items()
    }


def squeezed(cell, given):
    """The student's words of an answer, without spaces."""
    text = MARKER.sub("", own_text(cell.source, given))
    return re.sub(r"\s+", "", without_comments(text) if cell.cell_type == "code" else text)


def without_comments(code):
    """Code without its comments; as it is where it cannot be read."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
        kept = [token for token in tokens if token.type != tokenize.COMMENT]
        return " ".join(token.string for token in kept)
    except (tokenize.TokenError, SyntaxError):
        return code


def in_class(graded):
    """Answers that belong to another student.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded

    Returns
    -------
    dict of (str, str) to list of str
        Of student and assignment: sentences.
    """
    notes = defaultdict(list)
    groups = defaultdict(list)
    for entry in graded:
        groups[entry.submission.assignment].append(entry)
    for assignment, entries in groups.items():
        for entry, note in [*equal_answers(entries), *foreign_answers(entries)]:
            notes[entry.submission.student, assignment].append(note)
    return notes


def equal_answers(entries):
    """Pairs of a submission and a note, for long answers that several students wrote alike."""
    same = defaultdict(list)
    for entry in entries:
        for name, (print_, length) in entry.prints.items():
            if length >= LONG_ENOUGH[name.split()[1]]:
                same[name, print_].append(entry)
    for (name, _), alike in same.items():
        for entry in alike if len(alike) > 1 else ():
            others = [other.submission.student for other in alike if other is not entry]
            what = "all answers are" if name == "all all" else f"the answer to {name.split()[0]} is"
            yield entry, f"{what} the same as of {listed(others)}"


def listed(names):
    """Some names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(sorted(names)[:3]) + more


def foreign_answers(entries):
    """Pairs of a submission and a note, for wrong values that are another student's right ones."""
    right = defaultdict(list)
    for entry in entries:
        for name, values in entry.values.items():
            if values and entry.points.get(name):
                right[name].append((entry.submission.student, restored(values)))
    for entry in entries:
        for name, values in entry.values.items():
            if not values or entry.points.get(name) or name not in right:
                continue
            mine = restored(values)
            owners = [student for student, theirs in right[name] if agree(mine, theirs, 1e-4)]
            if owners and mine:
                yield entry, f"the answer to {name} is right for {listed(owners)}"


def restored(values):
    """Values as `judge.kept` gives them, by name; those that cannot be read are left out."""
    found = {}
    for name, (tree, blobs) in values.items():
        try:
            found[name] = decode(tree, [bytes.fromhex(blob) for blob in blobs])
        except (Odd, ValueError, LookupError, TypeError):
            continue
    return found
