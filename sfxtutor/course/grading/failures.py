"""Why a test gave no points though no check showed a result: the name, the error, the assert."""

import ast
import builtins

from ..cells import grade_id, role, task
from . import cell_code

UNDEFINED, RAISED, WRONG = "not defined", "an error in the test", "wrong, without a diagnosis"
TALK = {
    UNDEFINED: "The name that the task asks for was never defined, or its cell raised an error.",
    RAISED: "The test ended early: let them read the last line of the traceback aloud.",
    WRONG: "The answer was there, and wrong. A check with diagnoses would say more: see "
    "'Own exercises' in the instructor guide.",
}


def failure(notebook, assignment, test, reply):
    """Kind and text of what ended a test that showed no result of a check.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The one that was executed.
    assignment : sfxtutor.course.assignments.Assignment
    test : nbformat.NotebookNode
        The test, a cell of `notebook`.
    reply : dict
        See `sfxtutor.course.grading.runner.execute_submission`.

    Returns
    -------
    kind : str
        A key of `TALK`.
    text : str
        For the student. It holds nothing that the submission's code can choose, which may have seen
        a hidden test, and the message of an assert only where students can read it in their copy.
    """
    outcome = reply["tests"][grade_id(test)]
    kind, message = outcome["error"]
    if outcome["of_student"]:
        return RAISED, f"Your code raised {plain_kind(kind)} in the test."
    if kind == "AssertionError":
        (released,) = (c for c in assignment.released.cells if grade_id(c) == grade_id(test))
        if message and shown(message, test, released):
            return WRONG, message
        return WRONG, "The answer is not what the test expects."
    if kind == "NameError":
        why = cause(notebook, task(test), reply["errors"])
        return UNDEFINED, f"{why}, so {message}." if why else f"The test ended early: {message}."
    return RAISED, f"The test ended early: {kind}."


def cause(notebook, name, errors):
    """Why the cell of a task defined nothing, "" where that is not known."""
    for number, cell in enumerate(notebook.cells):
        if role(cell) != "answer" or task(cell) != name:
            continue
        if problem := cell_code.problem(cell.source):
            return f"The cell of {name} {problem}"
        if raised := [error[1] for error in errors if error[0] == number]:
            return f"The cell of {name} raised {plain_kind(raised[0])}"
    return ""


def plain_kind(kind):
    """Name of an error of Python's own; that of another is the student's choice."""
    known = getattr(builtins, kind, None)
    own = isinstance(known, type) and issubclass(known, BaseException)
    return kind if own else "an error of another kind"


def shown(message, test, released):
    """Whether the message of an assert is known to the student: from the own copy, or the test."""
    if message in str(test.get("outputs", "")):
        return True
    try:
        tree = ast.parse(released.source)
    except SyntaxError:  # a magic command
        return False
    messages = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return message in [one.value for one in messages if isinstance(one, ast.Constant)]
