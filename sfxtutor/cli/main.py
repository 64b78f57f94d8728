"""The command `sfxtutor`: run the course, open it, assign and grade, get data, screen files."""

import argparse
import sys
import traceback

from .. import __version__
from ..support.errors import is_expected, one_line
from ..support.interrupts import every_ctrl_c
from . import beamline, course, data


def main(arguments=None):
    """Run a command; return its exit status.

    An error that explains itself is one sentence, with a traceback after `--debug`. An unexpected
    one, a bug, is raised.
    """
    options = parser().parse_args(arguments)
    try:
        with every_ctrl_c():
            return options.command(options) or 0
    except Exception as error:
        if not is_expected(error):
            raise
        if options.debug:
            traceback.print_exc()
        print(f"sfxtutor: {one_line(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sfxtutor: stopped; what was finished is kept.", file=sys.stderr)
        return 130


def parser():
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="sfxtutor", description=__doc__.splitlines()[0])
    top.add_argument("--version", action="version", version=f"sfxtutor {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for part in (course, beamline, data):
        part.add_commands(commands)
    debug = {"action": "store_true", "help": "show the traceback of every error"}
    top.add_argument("--debug", **debug)
    for command in commands.choices.values():  # also after the command's name
        command.add_argument("--debug", default=argparse.SUPPRESS, **debug)
    return top
