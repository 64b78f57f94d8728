"""Errors: which of them a sentence explains, and that sentence."""

import dis
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
_RAISE = dis.opmap["RAISE_VARARGS"]
_KINDS = (OSError, ValueError, IndexError, KeyError, ImportError)


def is_expected(error):
    """Whether an error explains itself: bool.  Any other one is a bug, and wants its traceback.

    It explains itself where a `raise` of this package raised it, with a sentence written for the
    reader, or where the operating system refused something (a missing file, a full disk).  The same
    kinds of error come from a bug, too, but then from within a library or an expression.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return True
    return isinstance(error, _KINDS) and _was_raised_here(error)


def _was_raised_here(error):
    """Whether the error came from a `raise` statement of this package."""
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    ours = Path(code.co_filename).resolve().is_relative_to(PACKAGE)
    return ours and code.co_code[trace.tb_lasti] == _RAISE


def sentence(error):
    """What an error says, in one line without its kind: str."""
    said = error.args[0] if isinstance(error, KeyError) and error.args else error
    return " ".join(str(said).split()) or type(error).__name__
