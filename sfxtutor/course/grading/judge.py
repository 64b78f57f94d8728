"""The comparison: runs the tests of an assignment on values that a submission's kernel gives.

It runs outside the kernel. A test sees the names of the locked cells as the source defines them,
and asks the kernel for any other: values come as plain data, functions as functions that call it.
"""

import builtins
import inspect
import pickle
from contextlib import redirect_stdout, suppress
from dataclasses import asdict
from io import StringIO

import numpy as np
from IPython.core.inputtransformer2 import TransformerManager

from ..exercises import check
from .marks import exercise_of
from .wire import Odd, encode, receive, send

KINDS = sorted(kind for name, kind in vars(inspect.Parameter).items() if name.isupper())
KEPT_VALUES = 100_000  # characters of the values that are kept, to find copied ones


class Gone(BaseException):  # no test and no check catches it
    """The kernel does not answer: it has ended, or it ran out of time."""


class Kernel:
    """The kernel's side of the comparison, asked over a connection.

    Parameters
    ----------
    connection : socket.socket
        To `sfxtutor.course.grading.values.serve`.
    """

    def __init__(self, connection):
        self.connection = connection

    def value(self, name):
        """The value of a name; KeyError where the kernel has none."""
        reply, (value, _) = self.exchange({"do": "get", "name": name})
        if reply.get("missing") is True:
            raise KeyError(name)
        return value

    def act(self, action, target, *arguments):
        """What an action on something that the kernel holds gives; arguments may be changed."""
        reply, (value, changed) = self.exchange({"do": action, "target": target}, arguments)
        if changed is not None:
            copy_back(list(arguments), changed)
        print(reply.get("printed", ""), end="")
        return value

    def exchange(self, request, arguments=()):
        """Send a request and wait for its reply, (dict, pair); raises what the kernel raised."""
        try:
            send(self.connection, request, list(arguments), handed)
            answer = receive(self.connection, self.held)
        except OSError as error:
            raise Gone("The kernel has hung up.") from error
        if answer is None:
            raise Gone("The kernel has hung up.")
        reply, value = answer
        if "error" in reply:
            raise student_error(*map(str, reply["error"]))
        return reply, value if isinstance(value, list) and len(value) == 2 else (None, None)

    def held(self, tree):
        """What stands for a function or an object of the kernel."""
        if "function" in tree:
            return function_of(self, tree["function"], tree["name"], tree["parameters"])
        return Remote(self, tree["object"], str(tree["type"])[:60])


class Remote:
    """An object that stays in the kernel: its attributes, parts and calls are asked for there.

    Two of these are never equal, and none equals a value.
    """

    def __init__(self, kernel, number, kind):
        self._kernel, self._number, self._kind = kernel, number, kind

    def __call__(self, *arguments, **named):
        return self._kernel.act("call", self._number, arguments, named)

    def __getattr__(self, name):
        if name.startswith("__"):  # what Python and NumPy look for
            raise AttributeError(name)
        return self._kernel.act("attribute", self._number, name)

    def __getitem__(self, key):
        return self._kernel.act("item", self._number, key)

    def __len__(self):
        return self._kernel.act("length", self._number)

    def __iter__(self):
        return (self[number] for number in range(len(self)))

    def __array__(self, *_, **__):
        raise TypeError(f"Found a {self._kind}, expected numbers.")

    def __bool__(self):
        return True

    def __repr__(self):
        return f"<{self._kind}>"


def function_of(kernel, number, name, parameters):
    """A function that calls the kernel's, with its name and parameters."""

    def function(*arguments, **named):
        return kernel.act("call", number, arguments, named)

    function.__name__ = function.__qualname__ = str(name)[:60]
    with suppress(ValueError, TypeError):  # what the kernel tells of them may be anything
        function.__signature__ = inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    KINDS[kind],
                    default=None if default else inspect.Parameter.empty,
                )
                for name, kind, default in parameters
            ]
        )
    function.kernel_number = number
    return function


def handed(value):
    """JSON for an argument of any other type: held by the kernel, or the course's own, pickled."""
    number = value._number if isinstance(value, Remote) else getattr(value, "kernel_number", None)
    if number is not None:
        return {"held": number}
    try:
        return {"pickle": pickle.dumps(value).hex()}
    except Exception as error:  # pickle raises errors of many kinds
        raise Odd(f"Found a {type(value).__name__}, which cannot be given to a kernel.") from error


def copy_back(old, new):
    """Change arrays, lists and dicts as a call in the kernel has changed them; what came out."""
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        if old.shape == new.shape and old.flags.writeable:
            old[...] = new
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        parts = {key: copy_back(old.get(key), part) for key, part in new.items()}
        old.clear()
        old.update(parts)
        return old
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        parts = [copy_back(*pair) for pair in zip(old, new, strict=False)] + list(new[len(old) :])
        if isinstance(old, list):
            old[:] = parts
        return old
    return new


def student_error(kind, message):
    """An exception as the kernel reports it: Python's own of that name where there is one."""
    known = getattr(builtins, kind, None)
    if not (isinstance(known, type) and issubclass(known, Exception)):
        known = type(kind[:60], (Exception,), {})
    try:
        error = known(message)
    except TypeError:  # UnicodeDecodeError and its kind need more
        error = type(kind, (Exception,), {})(message)
    error.of_student = True
    return error


class Names(dict):
    """The names that a test sees: its own, those of the locked cells, the kernel's, older ones."""

    def __init__(self, locked, kernel, older):
        super().__init__(locked)
        self.kernel, self.older, self.asked = kernel, older, {}

    def __missing__(self, name):
        if hasattr(builtins, name) or name.startswith("__") or self.kernel is None:
            raise KeyError(name)
        try:
            value = self.kernel.value(name)
        except KeyError:
            return self.older[name]
        self.asked[name] = self[name] = value
        return value


class Judge:
    """Runs the locked cells and the tests of one submission, in their order.

    Attributes
    ----------
    outcomes : dict of str to dict
        Of a test's nbgrader id: "passed"; "result", what its check found, as a dict, {} without
        one; "error", [kind, message], of what ended it early, or None; "of_student", whether the
        student's code raised that; "values", see `kept`.
    """

    def __init__(self):
        self.locked, self.older, self.outcomes = {}, {}, {}

    def follow(self, source):
        """Run a locked cell; a name that it cannot make here is asked of the kernel later."""
        names = Names(self.locked, None, {})
        with suppress(Exception), redirect_stdout(StringIO()):
            exec(compiled(source, "a locked cell"), names)
        self.locked = {name: value for name, value in names.items() if name != "__builtins__"}

    def test(self, cell, connection):
        """Run the test in a cell, on what answers at the other end of a connection."""
        shown = []
        names = Names(self.locked, Kernel(connection), self.older)
        names["display"] = lambda *things, **_: shown.extend(things)
        outcome = {"passed": False, "error": None, "of_student": False}
        try:
            with redirect_stdout(StringIO()):
                exec(compiled(cell.source, "the test"), names)
            outcome["passed"] = True
        except Gone:
            raise
        except Exception as error:  # of the test, or repeated from the student's code
            outcome["error"] = [type(error).__name__, str(error)[:500]]
            outcome["of_student"] = getattr(error, "of_student", False)
        found = [asdict(x) for x in shown if isinstance(x, check.Result)]
        found = [result for result in found if result["id"] == exercise_of(cell)]
        outcome |= {"result": found[-1] if found else {}, "values": kept(names.asked)}
        self.outcomes[cell.metadata.nbgrader.grade_id] = outcome
        own = names.keys() - names.asked.keys() - self.locked.keys()
        self.older = self.older | {name: names[name] for name in own}


def compiled(source, name):
    """Code of a cell, IPython's own lines included."""
    return compile(TransformerManager().transform_cell(source), f"<{name}>", "exec")


def kept(values):
    """The values that a test took, as JSON; {} where one is a function, or they are too long."""
    found = {}
    for name, value in values.items():
        blobs = []
        try:
            found[name] = [encode(value, blobs), [blob.hex() for blob in blobs]]
        except Odd:
            return {}
    return found if len(repr(found)) <= KEPT_VALUES else {}
