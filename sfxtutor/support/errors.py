"""Errors: which of them explain themselves, and what they say in one line."""

import dis
import errno
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


def one_line(error):
    """What an error of ours says, without its line breaks: str."""
    message = error.args[0] if isinstance(error, KeyError) and error.args else error
    return " ".join(str(message).split()) or type(error).__name__


def first_line(error):
    """The first line of what an error of a library says, without the trace that may follow: str."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def disk_error(error, path):
    """The error of a failed write as one sentence with the next step: OSError."""
    why = {
        errno.ENOSPC: f"the disk is full ({error.strerror})",
        errno.EDQUOT: "your quota is used up",
        errno.EACCES: "the folder may not be written to",
        errno.EROFS: "the disk is read-only",
    }.get(error.errno, str(error))
    return OSError(
        f"{path} could not be written: {why}. Free space or set SFXTUTOR_DATA to another disk, "
        "and run the same command again: it goes on where it stopped."
    )
