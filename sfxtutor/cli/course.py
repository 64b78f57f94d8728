"""Commands of the course: run and open the lessons, write and grade the assignments."""

import argparse
import os
import subprocess
import sys


def add_commands(commands):
    """Add the commands of the course to the subparsers of argparse."""
    run = commands.add_parser("run", help="execute every lesson and write the results as pages")
    run.add_argument("--profile", choices=("quick", "paper"), default="quick")
    run.add_argument("--source", choices=("twin", "cxidb"), default="twin")
    run.add_argument("--out", default="build", help="folder of the pages and results (build)")
    run.add_argument("--seed", type=int, default=0, help="of the trainings (0)")
    run.set_defaults(command=_run)

    lab = commands.add_parser("lab", help="open JupyterLab in the course")
    lab.add_argument("--student", metavar="NAME", help="your name: gives you crystals of your own")
    lab.set_defaults(command=_lab)

    assign = commands.add_parser("assign", help="write the students' release of the assignments")
    assign.add_argument("--out", required=True, metavar="DIR", help="folder of the release")
    assign.add_argument(
        "--solutions", action="store_true", help="write the solved notebooks with mark schemes"
    )
    assign.set_defaults(command=_assign)
    grade = commands.add_parser("grade", help="grade a folder of submitted notebooks")
    grade.add_argument("submitted", help="folder or zip with STUDENT/lessonNN.ipynb")
    grade.add_argument("--out", default="graded", help="folder of marks and feedback (graded)")
    grade.add_argument("--seconds", type=float, default=60, help="that a cell may take (60)")
    grade.add_argument("--memory", type=float, default=6, help="GiB for a submission (6)")
    grade.add_argument("--jobs", type=int, help="submissions at once (cores, as memory allows)")
    grade.add_argument("--container", default="auto", choices=("auto", "bwrap", "none"),
                       help="of the submissions (auto: bubblewrap, if it is there)")  # fmt: skip
    grade.add_argument(
        "--late-penalty", type=_percent, default=0.0, metavar="PERCENT",
        help="of the points reached, for late submissions (0)",
    )  # fmt: skip
    grade.add_argument("--roster", metavar="FILE", help="CSV of the class: name, login, id")
    grade.add_argument("--due", metavar="TIME", help="after it, a submission is late (ISO time)")
    grade.set_defaults(command=_grade)
    submit = commands.add_parser("submit-check", help="check your notebook before you hand it in")
    submit.add_argument("file", help="the notebook, such as lesson03.ipynb")
    submit.set_defaults(command=_submit_check)
    contest = commands.add_parser("challenge", help="score the models that students handed in")
    contest.add_argument("models", nargs="+", help="files NAME.keras, or folders of them")
    contest.add_argument("--run", default="LN83", choices=("LN83", "LN84", "LO19"))
    contest.add_argument("--seed", type=int, default=7, help="of the hidden frames; keep it secret")
    contest.add_argument("--seconds", type=int, default=120, help="that a model may take (120)")
    contest.add_argument("--memory", type=float, default=6, help="GiB for a model (6)")
    contest.set_defaults(command=_challenge)
    for action in (assign, grade):
        action.add_argument("--source", help="folder of your own assignments")


def _run(options):
    from ..course.lessons import find_notebooks, notebook_folder
    from ..course.run import run_course

    lessons = find_notebooks(notebook_folder())
    return run_course(lessons, options.profile, options.source, options.out, options.seed)


def _lab(options):
    from ..course.lessons import working_copy

    student = {"SFXTUTOR_STUDENT": options.student} if options.student else {}
    command = [sys.executable, "-m", "jupyterlab", str(working_copy())]
    return subprocess.call(command, env=os.environ | student)


def _assign(options):
    from ..course.assignments import assign

    for path in assign(options.out, options.source, options.solutions):
        print(path)


def _grade(options):
    from ..course.grading.container import choose
    from ..course.grading.grade import Terms, grade, without_marks
    from ..course.grading.pool import Limits, jobs_at_once

    limits = Limits(
        cell_seconds=options.seconds,
        total_seconds=max(300, options.seconds),
        memory_gib=options.memory,
        at_once=jobs_at_once(options.memory, options.jobs),
        container=choose(options.container, lambda line: print(line, file=sys.stderr)),
    )
    graded = grade(options.submitted, options.out, options.source, limits,
                   terms=Terms(options.roster, options.due, options.late_penalty))  # fmt: skip
    handed_in = [entry for entry in graded if not entry.submission.missing]
    left = len(without_marks(graded))
    print(f"{len(handed_in) - left} of {len(handed_in)} submissions have marks: "
          f"{options.out}/grades.csv")  # fmt: skip
    return 1 if left else 0


def _submit_check(options):
    from pathlib import Path

    from ..course.submit_check import check_submission

    found = check_submission(Path(options.file))
    print("\n".join(found) or f"{options.file} can be handed in.")
    return 1 if found else 0


def _percent(text):
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"expected 0 to 100, found {text}")
    return value


def _challenge(options):
    from ..course.challenge import leaderboard, models_in, score_files

    lines = score_files(models_in(options.models), options.run, options.seed, options.seconds,
                        options.memory)  # fmt: skip
    print(leaderboard(lines, options.run))
    return 1 if any("error" in line for line in lines) else 0
