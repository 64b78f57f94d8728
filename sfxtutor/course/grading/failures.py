"""Why a test gave no points though no check showed a result: the name, the error, the assert."""

import ast
import re

UNDEFINED, RAISED, WRONG = "not defined", "an error in the test", "wrong, without a diagnosis"
TELLING = 8  # characters of its own by which a message is known
TALK = {
    UNDEFINED: "The name that the task asks for was never defined, or its cell raised an error.",
    RAISED: "The test ended early: let them read the last line of the traceback aloud.",
    WRONG: "The answer was there, and wrong. A check with diagnoses would say more: see "
    "'Own exercises' in the instructor guide.",
}


def failure(name, message, released):
    """Kind and text of the error that ended a test.

    Parameters
    ----------
    name, message : str
        Of the error.
    released : nbformat.NotebookNode
        The test as students have it.

    Returns
    -------
    kind : str
        A key of `TALK`.
    text : str
        For the student. The message of an assert is quoted where students can read it in their
        copy: that of a hidden test would give it away.
    """
    if name == "NameError":
        return UNDEFINED, f"The test ended early: NameError: {message[:200]}."
    if name != "AssertionError":
        return RAISED, f"The test ended early: {name}."
    if message.strip() and shown(message.strip(), released.source):
        return WRONG, message.strip()[:500]
    return WRONG, "The answer is defined, but a test of it failed."


def shown(message, source):
    """Whether the message of an assert can come from an assert in `source`."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command
        return False
    patterns = [
        pattern(node.msg) for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg
    ]
    telling = [text for text in patterns if len(text.replace(".+", "")) >= TELLING]
    return any(re.fullmatch(text, message, re.DOTALL) for text in telling)


def pattern(text):
    """Regular expression of what a string in the syntax tree may become."""
    if isinstance(text, ast.Constant):
        return re.escape(str(text.value).strip())
    if isinstance(text, ast.JoinedStr):
        return "".join(pattern(part) for part in text.values)
    return ".+" if isinstance(text, ast.FormattedValue) else "(?!)"
