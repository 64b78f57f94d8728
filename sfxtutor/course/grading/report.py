"""What a class misunderstood: the diagnoses that fired, how often, and what to say about each."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ..cells import role, task
from ..exercises import check
from . import failures
from .marks import exercise_of

VISIBLE = "right in the visible test alone"
TALK = failures.TALK | {
    VISIBLE: "For which input does the hidden test differ from the visible one? Look at the edges: "
    "equal values, another size, another name.",
    check.UNANSWERED: "Ask where they stopped: the task, the code, or the time?",
    check.FAILED: "Let them read the last line of the traceback aloud.",
    check.OTHER: "Look at two of these by hand: is there a mistake that the course lacks?",
}


@dataclass
class Finding:
    """A task: how many were marked, have all points, passed the visible test alone; diagnoses.

    `diagnoses` is a list of (diagnosis, students, talking point), the most frequent first;
    `unknown` one of (the case that went wrong, students), of answers that no known mistake fits.
    """

    assignment: str
    task: str
    title: str
    marked: int
    right: int
    only_visible: int
    diagnoses: list
    unknown: list = field(default_factory=list)


def findings(graded, assignments):
    """The findings of a class, in the order of assignments and tasks.

    Parameters
    ----------
    graded : list of sfxtutor.course.grading.marks.Graded
    assignments : dict of str to sfxtutor.course.assignments.Assignment

    Returns
    -------
    list of Finding
    """
    classes = defaultdict(list)
    for entry in graded:
        if entry.points:
            classes[entry.submission.assignment].append(entry)
    return [
        finding(name, cell, classes[name])
        for name in sorted(classes)
        for cell in assignments[name].source.cells
        if role(cell) == "test"
    ]


def finding(assignment, cell, marked):
    """The `Finding` of one test in the submissions that were marked."""
    name = task(cell)
    known = exercise_behind(cell)
    talk = TALK | {m.name: m.talk for m in (known.mistakes if known else ())}
    students, cases = defaultdict(list), defaultdict(list)
    full = 0
    for entry in marked:
        if entry.points[name] >= entry.most[name]:
            full += 1
            continue
        diagnosis, case = diagnosed(entry, name)
        diagnosis = diagnosis if diagnosis in talk else check.OTHER
        students[diagnosis].append(entry.submission.student)
        if diagnosis in (check.OTHER, failures.WRONG):
            cases[case].append(entry.submission.student)
    fired = [(what, names, talk[what]) for what, names in ranking(students)]
    seen = len(students[VISIBLE])
    title = known.title if known else name
    return Finding(assignment, name, title, len(marked), full, seen, fired, ranking(cases))


def exercise_behind(cell):
    """The `Exercise` that a test checks, None where it checks none."""
    id = exercise_of(cell)
    return check.find(id) if id else None


def diagnosed(entry, name):
    """Diagnosis of an answer without all points, and the case that shows it: two str."""
    result = entry.results.get(name, {})
    if result.get("passed"):
        return VISIBLE, ""
    if result:
        return result["diagnosis"], f"{result['text']} {result.get('detail', '')}".strip()
    return entry.failures.get(name, ("", "No test was executed."))


def ranking(students):
    """Of a dict of lists of students: (key, sorted students), the most frequent first."""
    numbers = Counter({key: len(names) for key, names in students.items()})
    return [(key, sorted(students[key])) for key, _ in numbers.most_common()]


def misconceptions(findings, statuses):
    """The report as Markdown.

    Parameters
    ----------
    findings : list of Finding
    statuses : dict of str to int
        How many submissions ended how.

    Returns
    -------
    str
    """
    lines = ["# Misconceptions", "", describe_statuses(statuses), ""]
    for finding in findings:
        lines += [
            f"## {finding.assignment}, {finding.task}: {finding.title}",
            "",
            counts(finding),
            "",
        ]
        if finding.diagnoses:
            lines += ["| diagnosis | students | talking point |", "|---|---|---|"]
        for diagnosis, students, talk in finding.diagnoses:
            lines.append(f"| {diagnosis} | {len(students)} of {finding.marked} | {talk} |")
        if finding.unknown:
            lines += ["", "Answers without a diagnosis, by the case that shows it:", ""]
        lines += [f"- {len(who)} of {finding.marked}: {case}" for case, who in finding.unknown]
        lines.append("")
    return "\n".join(lines)


def describe_statuses(statuses):
    """How many submissions ended how, in a sentence."""
    parts = ", ".join(f"{status} {count}" for status, count in sorted(statuses.items()))
    return f"{sum(statuses.values())} submissions: {parts}. Only those with points are counted."


def counts(finding):
    """The counts of a `Finding`, in a sentence."""
    line = f"{finding.right} of {finding.marked} right."
    if finding.only_visible:
        line += f" {finding.only_visible} right in the visible test alone: not on another case."
    return line
