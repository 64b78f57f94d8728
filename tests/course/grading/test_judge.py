"""The comparison: what a test sees of a kernel, and what the kernel cannot do to it.

The kernel's side runs in a thread here; test_containment.py has real ones.
"""

import json
import socket
import threading
from types import SimpleNamespace

import numpy as np
import pytest

import sfxtutor as sfx
from sfxtutor.course.grading import values
from sfxtutor.course.grading.judge import Gone, Judge
from sfxtutor.course.grading.wire import HEAD, Odd, decode, encode, receive, send

SETUP = "import numpy as np\nimport sfxtutor as sfx"


def judged(test, names, judge=None):
    """Outcome of a test on a kernel with those names."""
    judge = judge or Judge()
    judge.follow(SETUP)
    mine, theirs = socket.socketpair()

    def kernel():
        with theirs:
            values.answer_all(theirs, names)

    side = threading.Thread(target=kernel)
    side.start()
    metadata = SimpleNamespace(nbgrader=SimpleNamespace(grade_id="demo-g1-test"))
    with mine:
        judge.test(SimpleNamespace(source=test, metadata=metadata), mine)
    side.join(10)
    return judge.outcomes["demo-g1-test"]


def passes(test, **names):
    return judged(test, names)["passed"]


STRUCTURED = np.array([(1, 2.5)], [("h", "i4"), ("d", "f4")])


@pytest.mark.parametrize(
    "value",
    [
        None, ..., True, 3, -0.5, 2j, "ü", (1, [2, {"a": (3,)}]), {1: 2}, {4, 5}, range(3),
        slice(0, 5), np.arange(6).reshape(2, 3), np.array(["HIT", "MISS"]), np.float32(0.1),
        np.array([], int), np.array([1, None], object), STRUCTURED, 10**30, float("inf"),
        np.array([[[1, 2], [3]], None], object)[0],
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_arrives_as_it_was(value):
    blobs = []
    found = decode(json.loads(json.dumps(encode(value, blobs))), blobs)
    assert type(found) is type(value)
    assert repr(found) == repr(value)
    if isinstance(value, np.ndarray):
        assert found.dtype == value.dtype
        found[:] = found  # it can be written


@pytest.mark.parametrize("value", [object(), np.array([object()]), [lambda: 0]])
def test_anything_else_is_an_error(value):
    with pytest.raises(Odd, match="expected plain data"):
        encode(value, [])


@pytest.mark.parametrize(
    "sent",
    [
        b"no JSON",
        b"[]",
        b'{"value": {"array": 0}, "sizes": [3]}...',
        b'{"value": {"array": 7}, "sizes": []}',
        b'{"value": {"pickle": "80"}, "sizes": []}',
        b'{"value": 1, "sizes": [-1]}',
        b'{"value": 1, "sizes": [99999999999]}',
        b'{"value": ' + b'{"list": [' * 5000 + b"]}" * 5000 + b', "sizes": []}',
    ],
)
def test_a_broken_message_is_an_error_and_no_value(sent):
    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.sendall(HEAD.pack(len(sent.removesuffix(b"..."))) + sent)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(Odd):
            receive(mine)


def test_a_message_that_claims_too_much_is_not_read():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.sendall(HEAD.pack(2**60))
        with pytest.raises(Odd, match="more than 512 MB"):
            receive(mine)


def test_a_test_sees_the_kernels_values_and_calls_its_functions():
    assert passes("assert seen[1] == 5 and np.sum(seen) == 9", seen=np.array([4, 5]))
    assert not passes("assert seen[1] == 4", seen=np.array([4, 5]))
    assert passes("assert double(x=[1, 2]) == [1, 2, 1, 2]", double=lambda x: 2 * x)
    assert passes("first = [n for n in range(3)]\nassert all(f(n) == n for n in first)", f=int)


def test_a_change_in_place_is_seen():
    def rude(frames, more):
        frames[0] = 7
        more["n"].append(2)
        return frames

    assert passes(
        "given = np.zeros(3)\nmore = {'n': [1]}\nback = rude(given, more)\n"
        "assert given[0] == 7 and more == {'n': [1, 2]} and back[0] == 7",
        rude=rude,
    )
    assert passes("given = np.zeros(3)\nf(given)\nassert given[0] == 0", f=lambda x: x + 1)


def test_errors_come_back_by_their_name():
    def fails(kind):
        raise {"v": ValueError("mine"), "k": KeyError("x"), "e": SystemExit("out")}[kind]

    test = "try:\n    fails('v')\nexcept ValueError as error:\n    assert str(error) == 'mine'"
    assert passes(test, fails=fails)
    assert judged("fails('k')", {"fails": fails})["error"] == ["KeyError", "'x'"]
    outcome = judged("fails('e')", {"fails": fails})
    assert outcome["error"] == ["SystemExit", "out"]
    assert outcome["of_student"]
    assert not judged("assert False", {})["of_student"]


def test_a_missing_name_is_a_name_error():
    assert judged("report", {})["error"] == ["NameError", "name 'report' is not defined"]


def test_the_kernel_cannot_replace_what_compares():
    class Equal(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    def yes(*arguments, **named):
        return True

    fake = SimpleNamespace(allclose=yes, personal_seed=yes, check=yes)
    names = {"np": fake, "sfx": fake, "abs": yes, "sum": lambda x: 5, "__builtins__": {}}
    assert not passes("assert answer == 5", answer=Equal(4))
    assert not passes("assert np.allclose(answer, 5)", answer=4, **names)
    assert not passes("assert sum([answer]) == 5", answer=4, **names)
    assert not passes("assert answer == 5", answer=type("Same", (), {"__eq__": yes})())
    assert not passes('result = sfx.check("nb03.g1", report)\nassert result', report=yes, **names)


def test_an_object_stays_in_the_kernel():
    class Counter:
        total = 3

        def add(self, n):
            self.total += n
            return self.total

        def __getitem__(self, key):
            return 2 * key

        def __len__(self):
            return 6

    names = {"counter": Counter(), "Counter": Counter}
    assert passes("assert counter.total == 3 and counter.add(4) == 7", **names)
    assert passes("assert counter[4] == 8 and len(counter) == 6", **names)
    assert passes("assert Counter().add(1) == 4", **names)
    assert not passes("assert np.allclose(counter, 3)", **names)


def test_what_is_printed_can_be_tested():
    test = "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n"
    test += "    hello()\nassert out.getvalue() == 'hello\\n'"
    assert passes(test, hello=lambda: print("hello"))


def test_the_courses_own_objects_can_be_given_to_a_function():
    test = "counts = sfx.count(np.array([True, False]), np.array([True, True]))\n"
    assert passes(test + "assert recall(counts) == 1", recall=lambda counts: counts.recall)
    outcome = judged("f(lambda: 0)", {"f": lambda g: g()})
    assert "cannot be given to a kernel" in outcome["error"][1]


def test_a_check_is_made_with_the_kernels_function():
    def report(labels, p, threshold):
        truth = labels != "MISS"
        k, n = int(np.sum(p[truth] > threshold)), int(np.sum(truth))
        return k, n, *sfx.wilson(k, n)

    test = 'result = sfx.check("nb03.g1", report)\ndisplay(result)\nassert result, result'
    assert judged(test, {"report": report})["result"]["passed"]
    wrong = judged(test, {"report": lambda labels, p, threshold: (1, 1, 0, 1)})
    assert not wrong["passed"]
    assert "for labels = " in wrong["result"]["detail"]  # the parameters' own names


def test_names_of_earlier_tests_are_there_and_newer_ones_of_the_kernel_count():
    judge = Judge()
    assert judged("kept = 4\nframes = 1", {}, judge)["passed"]
    assert judged("assert kept == 4 and frames == 2", {"frames": 2}, judge)["passed"]


def test_a_kernel_that_hangs_up_gives_no_outcome():
    mine, theirs = socket.socketpair()
    theirs.close()
    judge = Judge()
    cell = SimpleNamespace(source="answer", metadata=None)
    with mine, pytest.raises(Gone):
        judge.test(cell, mine)
    assert judge.outcomes == {}


def test_a_reply_of_another_form_is_no_value():
    mine, theirs = socket.socketpair()
    judge = Judge()
    metadata = SimpleNamespace(nbgrader=SimpleNamespace(grade_id="demo-g1-test"))
    with mine, theirs:
        send(theirs, {"hello": 1}, 5)
        judge.test(SimpleNamespace(source="assert answer == 5", metadata=metadata), mine)
    assert not judge.outcomes["demo-g1-test"]["passed"]
