"""The command `sfxtutor`: run the course, open it, assign and grade, get data, screen files."""

import argparse
import os
import subprocess
import sys
import traceback

from . import __version__
from .support.errors import is_expected, one_line
from .support.interrupts import every_ctrl_c


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

    run = commands.add_parser("run", help="execute every lesson and write the results as pages")
    run.add_argument("--profile", choices=("quick", "paper"), default="quick")
    run.add_argument("--source", choices=("twin", "cxidb"), default="twin")
    run.add_argument("--out", default="build", help="folder of the pages and results (build)")
    run.add_argument("--seed", type=int, default=0, help="of the trainings (0)")
    run.set_defaults(command=_run)

    lab = commands.add_parser("lab", help="open JupyterLab in the course")
    lab.add_argument("--student", metavar="NAME", help="your name: gives you crystals of your own")
    lab.set_defaults(command=_lab)

    _add_grading(commands)

    _add_screen(commands.add_parser("screen", help="score every frame of files"))

    train = commands.add_parser("train-screener", help="make a model of `screen`")
    train.add_argument("--model", choices=("rwd", "cnn"), default="rwd")
    train.add_argument("--out", help="the .keras file; default: one in the cache")
    train.add_argument("--beamlines", type=int, help="imaginary beamlines (2400; cnn: 600)")
    train.add_argument("--seed", type=int, default=0)
    train.set_defaults(command=_train)

    _add_stream(commands)

    _add_data(commands.add_parser("data", help="list, fetch, check or simulate runs"))
    debug = {"action": "store_true", "help": "show the traceback of every error"}
    top.add_argument("--debug", **debug)
    for command in commands.choices.values():  # also after the command's name
        command.add_argument("--debug", default=argparse.SUPPRESS, **debug)
    return top


def _add_screen(screen):
    screen.add_argument("files", nargs="+", metavar="FILE", help="idh5, CXI, NeXus or CBF")
    screen.add_argument("--out", default="scores.csv", help="the scores, one line a frame")
    screen.add_argument(
        "--model",
        default="rwd",
        help="rwd (shipped), cnn (after `train-screener --model cnn`), a .onnx or .keras file",
    )
    screen.add_argument("--mask", help="good pixels: .npy, .npz, HDF5, CBF or a DIALS mask")
    screen.add_argument("--threshold", type=float, help="p_hit from which a frame is a hit")
    screen.add_argument("--workers", type=int, default=1, help="processes, a core each (1)")
    screen.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that runs")
    screen.add_argument("--parquet", metavar="FILE", help="the scores as Parquet, too")
    screen.add_argument("--events", metavar="FILE", help="the hits as a list for CrystFEL")
    screen.add_argument("--hits", metavar="FILE", help="an HDF5 file (CXI) of the hits alone")
    screen.add_argument("--copy", action="store_true", help="copy the hits' pixels, not link them")
    screen.add_argument(
        "--keep-misses",
        type=float,
        default=0,
        metavar="SHARE",
        help="of the misses, drawn at random, that are kept with the hits (0)",
    )
    screen.add_argument("--seed", type=int, default=0, help="of that draw (0)")
    screen.set_defaults(command=_screen)


def _add_grading(commands):
    assign = commands.add_parser("assign", help="write the students' release of the assignments")
    assign.add_argument("--out", required=True, metavar="DIR", help="folder of the release")
    assign.set_defaults(command=_assign)
    grade = commands.add_parser("grade", help="grade a folder of submitted notebooks")
    grade.add_argument("submitted", help="folder with STUDENT/lessonNN.ipynb")
    grade.add_argument("--out", default="graded", help="folder of marks and feedback (graded)")
    grade.add_argument("--seconds", type=float, default=60, help="that a cell may take (60)")
    grade.add_argument("--memory", type=float, default=6, help="GiB for a submission (6)")
    grade.set_defaults(command=_grade)
    for action in (assign, grade):
        action.add_argument("--source", help="folder of your own assignments")


def _add_stream(commands):
    send = commands.add_parser("send", help="send frames at a set rate, as a detector does")
    send.add_argument("run", metavar="RUN", help="LN83, LN84 or LO19 (a twin), or a file")
    send.add_argument("--to", required=True, metavar="ADDRESS", help="such as tcp://*:5555")
    send.add_argument("--rate", type=float, default=120, help="frames per second (120)")
    send.add_argument("--burst", type=int, default=1, help="frames sent back to back (1)")
    send.add_argument("--frames", type=int, help="how many; default: as many as the run has")
    send.add_argument("--seed", type=int, default=0, help="of a twin (0)")
    send.set_defaults(command=_send)
    stream = commands.add_parser("stream", help="score frames as they arrive")
    stream.add_argument(
        "--from", required=True, metavar="ADDRESS", dest="address", help="tcp://HOST:PORT"
    )
    stream.add_argument("--out", default="scores.csv", help="a new file, one line a frame")
    stream.add_argument("--model", default="rwd", help="as for `screen` (rwd)")
    stream.add_argument("--mask", help="good pixels; default: found in the first frames")
    stream.add_argument("--threshold", type=float, help="p_hit from which a frame is a hit")
    stream.add_argument("--idle", type=float, default=30, help="seconds of silence, the end (30)")
    stream.add_argument("--queue", type=int, default=64, help="frames that may wait (64)")
    stream.set_defaults(command=_stream)


def _add_data(data):
    actions = data.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="the runs of CXIDB 76 and what is here").set_defaults(
        command=_data_list
    )
    for name, help_, command in (
        ("info", "the card of a run", _data_info),
        ("fetch", "download a run, its labels and its mask", _data_fetch),
        ("verify", "check a downloaded run", _data_verify),
        ("simulate", "write a twin to a file of the same format", _data_simulate),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("run", help="LN83, LN84, LO19, LG36 or L498")
        action.set_defaults(command=command)
        if name in ("fetch", "simulate"):
            action.add_argument("--frames", type=int, help="only the first so many")
            action.add_argument("--crop", action="store_true", help="only the central 724 x 724")
        if name == "simulate":
            action.add_argument("--out", help="the HDF5 file; default: RUN_twinSEED.h5")
            action.add_argument("--seed", type=int, default=0)


def _run(options):
    from .course import find_notebooks, notebook_folder
    from .course.execute import run_course

    lessons = find_notebooks(notebook_folder())
    return run_course(lessons, options.profile, options.source, options.out, options.seed)


def _lab(options):
    from .course import working_copy

    student = {"SFXTUTOR_STUDENT": options.student} if options.student else {}
    command = [sys.executable, "-m", "jupyterlab", str(working_copy())]
    return subprocess.call(command, env=os.environ | student)


def _assign(options):
    from .course.assign import assign

    for path in assign(options.out, options.source):
        print(path)


def _grade(options):
    from .course.grade import grade, without_marks
    from .course.grading.pool import Limits

    limits = Limits(
        cell_seconds=options.seconds,
        total_seconds=max(300, options.seconds),
        memory_gib=options.memory,
    )
    graded = grade(options.submitted, options.out, options.source, limits)
    left = len(without_marks(graded))
    print(f"{len(graded) - left} of {len(graded)} submissions have marks: {options.out}/grades.csv")
    return 1 if left else 0


def _screen(options):
    from .beamline.screen.screen import Also, screen

    also = Also(options.parquet, options.events, options.hits, options.copy, options.keep_misses,
                options.seed)  # fmt: skip
    summary = screen(options.files, options.out, options.model, options.mask, options.threshold,
                     workers=options.workers, scheduler=options.scheduler, also=also)  # fmt: skip
    print(summary)
    return 0 if summary.scored else 1


def _send(options):
    from .beamline.stream.source import send
    from .runs.open import open_run

    run = open_run(options.run, seed=options.seed)
    sent = send(run, options.to, options.rate, options.burst, options.frames)
    print(sent)
    return 130 if sent.interrupted else 0


def _stream(options):
    from .beamline.stream.stream import stream

    def watch(report):
        if sys.stderr.isatty():
            print(f"\r{report.line():<110}", end="\n" * bool(report.ended), file=sys.stderr)

    report = stream(options.address, options.out, options.model, options.mask, options.threshold,
                    options.idle, options.queue, watch)  # fmt: skip
    print(f"{report} Scores: {options.out}.")
    if report.ended == "interrupted":
        return 130
    return 0 if report.scored else 1


def _train(options):
    from .beamline.model.train import train

    print(train(options.model, options.out, options.beamlines, options.seed))


def _data_list(options):
    from .runs.files.fetch import list_runs

    for run in list_runs():
        place = "simulated here" if run["source"] == "twin" else run["address"]
        here = f"  fetched: {', '.join(run['local'])}" if run["local"] else ""
        print(f"{run['name']}  {run['source']:5}  {run['frames']} frames  {place}{here}")


def _data_info(options):
    from .runs.datasets import TWINS
    from .runs.files.fetch import info
    from .runs.open import open_run

    print(info(options.run))
    if options.run in TWINS:
        print(f"\n{open_run(options.run).card}")


def _data_fetch(options):
    from .runs.files.fetch import fetch_labels, fetch_mask, fetch_run

    print(fetch_run(options.run, options.frames, options.crop))
    print(fetch_labels(options.run))
    try:
        print(fetch_mask(options.run))
    except ValueError as error:  # L498 has none
        print(error)


def _data_verify(options):
    from .runs.files.fetch import verify_run

    for line in verify_run(options.run):
        print(line)


def _data_simulate(options):
    from .runs.open import simulate_run

    for path in simulate_run(options.run, options.out, options.frames, options.crop,
                             options.seed):  # fmt: skip
        print(path)
