"""Ctrl-C, which shall stop what is under way, once, and lose nothing."""

import signal
import sys
import threading
from _thread import interrupt_main
from contextlib import contextmanager
from types import SimpleNamespace


@contextmanager
def every_ctrl_c():
    """Raise a KeyboardInterrupt again that Python has dropped.

    What is raised in a finalizer, such as that of Dask's futures, is printed and forgotten: now and
    then a Ctrl-C would stop nothing. Finalizers that stumble over one cut short are not printed.
    """
    before, pressed = sys.unraisablehook, threading.Event()

    def again(dropped):
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            pressed.set()
            threading.Timer(0.01, interrupt_main).start()  # s: when the finalizer has ended
        elif not pressed.is_set():
            before(dropped)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def interruptible():
    """Within it a first Ctrl-C only sets `asked`, so that what is under way is brought to its end.

    The second one raises KeyboardInterrupt, as ever. In a thread, where no signal arrives, nothing
    changes.
    """
    stop = SimpleNamespace(asked=False)

    def note(number, frame):
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
