"""The command `sfxtutor`: run the course, open it, assign and grade, get data, screen files."""

import argparse
import os
import subprocess
import sys

from sfxtutor import __version__


def main(arguments=None):
    """Run a command; return its exit status. Expected errors are one sentence, no traceback."""
    options = parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except (OSError, ValueError, IndexError, ImportError) as error:
        print(f"sfxtutor: {error}", file=sys.stderr)
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

    screen = commands.add_parser("screen", help="score every frame of files")
    screen.add_argument("files", nargs="+", metavar="FILE", help="idh5, CXI, NeXus or CBF")
    screen.add_argument("--out", default="scores.csv", help="the scores, one line a frame")
    screen.add_argument(
        "--model",
        default="rwd",
        help="rwd (shipped), cnn (after `train-screener --model cnn`) or a .keras file",
    )
    screen.add_argument("--mask", help="good pixels: .npy, .npz, HDF5, CBF or a DIALS mask")
    screen.add_argument("--threshold", type=float, help="p_hit from which a frame is a hit")
    screen.set_defaults(command=_screen)

    train = commands.add_parser("train-screener", help="make a model of `screen`")
    train.add_argument("--model", choices=("rwd", "cnn"), default="rwd")
    train.add_argument("--out", help="the .keras file; default: the package's own")
    train.add_argument("--beamlines", type=int, default=600, help="imaginary beamlines simulated")
    train.add_argument("--seed", type=int, default=0)
    train.set_defaults(command=_train)

    _add_data(commands.add_parser("data", help="list, fetch, check or simulate runs"))
    return top


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
    from sfxtutor.course import find_notebooks, notebook_folder
    from sfxtutor.course.execute import run_course

    lessons = find_notebooks(notebook_folder())
    return run_course(lessons, options.profile, options.source, options.out, options.seed)


def _lab(options):
    from sfxtutor.course import working_copy

    student = {"SFXTUTOR_STUDENT": options.student} if options.student else {}
    command = [sys.executable, "-m", "jupyterlab", str(working_copy())]
    return subprocess.call(command, env=os.environ | student)


def _assign(options):
    from sfxtutor.course.assign import assign

    for path in assign(options.out, options.source):
        print(path)


def _grade(options):
    from sfxtutor.course.grade import grade, without_marks
    from sfxtutor.course.grading.pool import Limits

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
    from sfxtutor.beamline.screen import screen

    summary = screen(options.files, options.out, options.model, mask=options.mask,
                     threshold=options.threshold)  # fmt: skip
    print(summary)
    return 0 if summary.scored else 1


def _train(options):
    from sfxtutor.beamline.train_screener import train

    print(train(options.model, options.out, options.beamlines, options.seed))


def _data_list(options):
    from sfxtutor.beamline.fetch import list_runs

    for run in list_runs():
        place = "simulated here" if run["source"] == "twin" else run["address"]
        here = f"  fetched: {', '.join(run['local'])}" if run["local"] else ""
        print(f"{run['name']}  {run['source']:5}  {run['frames']} frames  {place}{here}")


def _data_info(options):
    from sfxtutor.beamline.fetch import info
    from sfxtutor.runs import TWINS, open_run

    print(info(options.run))
    if options.run in TWINS:
        print(f"\n{open_run(options.run).card}")


def _data_fetch(options):
    from sfxtutor.beamline.fetch import fetch_labels, fetch_mask, fetch_run

    print(fetch_run(options.run, options.frames, options.crop))
    print(fetch_labels(options.run))
    try:
        print(fetch_mask(options.run))
    except ValueError as error:  # L498 has none
        print(error)


def _data_verify(options):
    from sfxtutor.beamline.fetch import verify_run

    for sentence in verify_run(options.run):
        print(sentence)


def _data_simulate(options):
    from sfxtutor.beamline.export import simulate_run

    for path in simulate_run(options.run, options.out, options.frames, options.crop,
                             options.seed):  # fmt: skip
        print(path)
