"""Within a submission's kernel, at the place of a test: hand out values, and call functions.

No test is in the kernel. What compares is another process, `sfxtutor.course.grading.judge`, which
asks here for the values of names and for calls of the student's functions.
"""

import inspect
import io
import operator
import pickle
import socket
from contextlib import redirect_stdout

from .wire import Odd, encode, receive, send

PRINTED = 100_000  # characters that a call may print
ACTIONS = {
    "call": lambda function, args, named: function(*args, **named),
    "attribute": getattr,
    "item": operator.getitem,
    "length": len,
}


class Printed(io.StringIO):
    """What a call prints, up to a limit: an endless print fills no memory."""

    def write(self, text):
        return super().write(text) if self.tell() < PRINTED else len(text)


class Server:
    """Answers one request after the other.

    Parameters
    ----------
    names : dict
        The kernel's.
    """

    def __init__(self, names):
        self.names, self.held = names, []

    def answer(self, connection, request, arguments):
        """Do what a request asks for, and send what came out."""
        before = encoded(arguments)
        printed = Printed()
        try:
            if request["do"] == "get":
                if request["name"] not in self.names:
                    return send(connection, {"missing": True})
                value = self.names[request["name"]]
            else:
                target = self.held[request["target"]]
                with redirect_stdout(printed):
                    value = ACTIONS[request["do"]](target, *arguments)
            after = encoded(arguments)
            changed = None if after == before else arguments
            send(connection, {"printed": printed.getvalue()}, [value, changed], self.hold)
        except BaseException as error:  # an exit or an interrupt is an answer, too
            known = next((kind for kind in (MemoryError, Odd) if isinstance(error, kind)), None)
            kind = "TypeError" if known is Odd else (known or type(error)).__name__
            send(connection, {"error": [kind, error_message(error)]})

    def hold(self, value):
        """JSON that stands for a value of any other type, which stays here."""
        self.held.append(value)
        number = len(self.held) - 1
        if not inspect.isroutine(value):
            return {"object": number, "type": type(value).__name__}
        return {"function": number, "name": value.__name__, "parameters": parameters(value)}

    def given(self, tree):
        """An argument of any other type: one that is held here, or the course's own, pickled."""
        if "pickle" in tree:
            return pickle.loads(bytes.fromhex(tree["pickle"]))
        return self.held[tree["held"]]


def encoded(arguments):
    """Arguments in a form that shows whether a call changed them; None where none can be made."""
    blobs = []
    try:
        return encode(arguments, blobs, id), blobs
    except (Odd, RecursionError):
        return None


def parameters(function):
    """Parameters of a function as (name, kind, whether it has a default); None where unknown."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in found]


def error_message(error):
    """What an error says, as the error of another process can repeat it."""
    first = error.args[0] if len(error.args) == 1 else None
    try:
        return first[:1000] if isinstance(first, str) else str(error)[:1000]
    except Exception:  # a student's own error may raise another one
        return ""


def serve(address, names):
    """Answer requests until the other side hangs up.

    Parameters
    ----------
    address : str or (str, int)
        Of a Unix socket, or of a port.
    names : dict
        Values by name.
    """
    kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(kind) as connection:
        connection.connect(address)
        answer_all(connection, names)


def answer_all(connection, names):
    """Answer requests from a connection until the other side hangs up."""
    server = Server(names)
    while (message := receive(connection, server.given)) is not None:
        server.answer(connection, *message)
