"""What a class misunderstood: the diagnoses that fired, how often, and what to say about each."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ..cells import role, task
from ..exercises import check
from .marks import exercise_of

SILENT = "no result"  # the test raised before the check could speak
TALK = {
    check.UNANSWERED: "Ask where they stopped: the task, the code, or the time?",
    check.FAILED: "Let them read the last line of the traceback aloud.",
    check.OTHER: "Look at two of these by hand: is there a mistake that the course lacks?",
    SILENT: "The name that the task asks for was never defined, or its cell raised an error.",
}


@dataclass
class Finding:
    """A task: how many were marked, right, right at first sight only, and the diagnoses.

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
    name, id = task(cell), exercise_of(cell)
    known = {x.id: x for x in check.every()}.get(id)
    talk = TALK | {m.name: m.talk for m in (known.mistakes if known else ())}
    students, cases = defaultdict(list), defaultdict(list)
    full = seen = 0
    for entry in marked:
        result = entry.results[name]
        if entry.points[name]:
            full += 1
        elif result.get("passed"):
            seen += 1
        else:
            diagnosis = result.get("diagnosis") if result else SILENT
            diagnosis = diagnosis if diagnosis in talk else check.OTHER
            students[diagnosis].append(entry.submission.student)
            if diagnosis == check.OTHER:
                case = f"{result.get('text', '')} {result.get('detail', '')}".strip()
                cases[case].append(entry.submission.student)
    fired = [(what, names, talk[what]) for what, names in ranking(students)]
    title = known.title if known else name
    return Finding(assignment, name, title, len(marked), full, seen, fired, ranking(cases))


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
            lines += ["", "Answers that no known mistake fits:", ""]
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
