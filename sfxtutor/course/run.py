"""Execute the lessons headless and gather what they found.

Each lesson runs in a kernel of its own, told by the environment which profile and source to use
and where to save its results. After every lesson the pages, ``results.json``, ``claims.json``
and ``timings.json`` are written again, so an interrupted run keeps what is finished.
"""

import json
import os
import re
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from nbformat.reader import NotJSONError

from ..paper.claims import claims as judge
from ..support.disk import write_text
from ..support.errors import first_line
from ..support.provenance import origin
from . import pages

CELL_TIMEOUT = 3600  # seconds; the paper profile trains for minutes in one cell


@dataclass
class Outcome:
    """What became of one lesson: duration in seconds, peak memory in MB, error "" if it ran.

    `sections` are dicts of a section's title, words and seconds, in their order.
    """

    name: str
    title: str = ""
    question: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""
    sections: list = field(default_factory=list)


def run_course(notebooks, profile="quick", source="twin", out="build", seed=0):
    """Execute lessons one after the other, each in a fresh kernel, and write their report.

    A lesson that fails is reported with its cell, and the others go on.

    Parameters
    ----------
    notebooks : list of path
        The lessons, in order (see `sfxtutor.course.lessons.find_notebooks`).
    profile : {"quick", "paper"}
    source : {"twin", "cxidb"}
    out : path
        Folder for ``NAME.ipynb`` and ``NAME.html`` of every lesson, ``index.html``,
        ``results.json``, ``claims.json``, ``timings.json`` and ``record.json``, which holds them
        all with date, versions and machine.
    seed : int
        Of the trainings.

    Returns
    -------
    int
        Exit status: 0 when every lesson ran, else 1.

    Raises
    ------
    FileNotFoundError
        When the list of lessons is empty.
    """
    notebooks = [Path(notebook) for notebook in notebooks]
    if not notebooks:
        raise FileNotFoundError(
            "Found no lesson to run, expected notebooks such as 00_start_here.ipynb."
        )
    out = Path(out).resolve()
    (out / "results").mkdir(parents=True, exist_ok=True)
    env = kernel_environment(profile, source, out, seed)
    outcomes = []
    for number, path in enumerate(notebooks, start=1):
        print(f"[{number}/{len(notebooks)}] {path.stem} ...", end=" ", flush=True)
        outcomes.append(run_lesson(path, env, out))
        print(outcome_text(outcomes[-1]), flush=True)
        write_report(outcomes, profile, source, out, seed)
    failed = [outcome.name for outcome in outcomes if outcome.error]
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    print(
        f"{len(outcomes) - len(failed)} of {len(outcomes)} lessons ran, {minutes:.1f} min in all."
    )
    print(f"Open {out / 'index.html'} to read them.")
    return 1 if failed else 0


def outcome_text(outcome):
    """One line on an outcome: minutes, memory and, where it failed, why."""
    line = f"{outcome.seconds / 60:.1f} min, {outcome.peak_mb:.0f} MB"
    return f"{line}, FAILED {outcome.error}" if outcome.error else line


def kernel_environment(profile, source, out, seed=0):
    """Environment variables of a lesson's kernel, as a dict of str."""
    env = dict(os.environ)
    env.pop("MPLBACKEND", None)  # else no figure would appear in the page
    env.update(
        SFXTUTOR_PROFILE=profile,
        SFXTUTOR_SOURCE=source,
        SFXTUTOR_OUT=str(out),
        SFXTUTOR_SEED=str(seed),
        TF_CPP_MIN_LOG_LEVEL="3",
    )
    return env


def run_lesson(path, env, out):
    """Execute one lesson and write its executed notebook and its page; return an `Outcome`."""
    outcome = Outcome(path.stem, title=path.stem)
    for stale in (out / "results").glob(f"{results_name(path.stem)}*.json"):
        stale.unlink()  # rows of an earlier run must not pass for those of one that now fails
    try:
        notebook = nbformat.read(path, as_version=4)
    except (NotJSONError, nbformat.ValidationError) as error:
        outcome.error = f"to open: {path} is no notebook ({first_line(error)}). Restore the file."
        return outcome
    outcome.title, outcome.question = pages.title_and_question(notebook)
    start = time.perf_counter()
    outcome.error, outcome.peak_mb = execute(notebook, path.parent, env)
    outcome.seconds = round(time.perf_counter() - start, 1)
    outcome.sections = sections(notebook)
    write_text(out / path.name, nbformat.writes(notebook))
    page = pages.lesson_page(notebook, path.parent, outcome)
    write_text(out / f"{path.stem}.html", page)
    return outcome


def execute(notebook, folder, env):
    """Execute a notebook in place, in a fresh kernel.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Receives the outputs.
    folder : path
        The kernel's working directory.
    env : dict of str
        The kernel's environment.

    Returns
    -------
    error : str
        "" or where and why the execution ended.
    peak_mb : float
        Largest resident memory of the kernel and its children, MB, sampled 5 times a second.
    """
    started = []
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,  # a page must be readable without the scripts widgets need
        extra_arguments=["--log-level=ERROR"],  # no advice on sockets between the progress lines
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )
    error = ""
    with PeakMemory(lambda: client.km.provisioner.pid) as memory:
        try:
            client.execute(env=env)
        except (CellControlSignal, RuntimeError) as failure:
            error = f"in cell {started[-1] + 1 if started else 1}: {reason(failure)}"
    return error, memory.peak_mb


def sections(notebook):
    """The sections of an executed lesson, a list of dict: title, words of its text, seconds.

    What stands before the first heading of the second level is the head, title "".
    """
    found = [{"title": "", "words": 0, "seconds": 0.0}]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found[-1]["seconds"] += seconds(cell)
            continue
        head, *rest = re.split(r"^## +", cell.source, flags=re.MULTILINE)
        found[-1]["words"] += len(head.split())
        for text in rest:
            title, _, body = text.partition("\n")
            found.append({"title": title.strip(), "words": len(body.split()), "seconds": 0.0})
    return [section | {"seconds": round(section["seconds"], 1)} for section in found]


def seconds(cell):
    """Seconds that a code cell ran; 0 for one that was not executed."""
    times = cell.metadata.get("execution", {})
    begin, end = times.get("iopub.execute_input"), times.get("shell.execute_reply")
    if not (begin and end):
        return 0.0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def reason(failure):
    """First line of what a failed cell raised, without the traceback."""
    name, value = getattr(failure, "ename", None), getattr(failure, "evalue", "")
    return first_line(f"{name}: {value}" if name else failure)


class PeakMemory:
    """Context that samples the resident memory of a process and its children; `peak_mb` in MB.

    Parameters
    ----------
    get_pid : callable
        Returns the process id; it may raise AttributeError while there is no process yet.
    """

    def __init__(self, get_pid):
        self.get_pid = get_pid
        self.peak_mb = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._done.set()
        self._thread.join()

    def _sample(self):
        while not self._done.wait(0.2):
            try:
                parent = psutil.Process(self.get_pid())
                family = [parent, *parent.children(recursive=True)]
                resident = sum(process.memory_info().rss for process in family)
            except (AttributeError, psutil.Error):  # not started yet, or just ended
                continue
            self.peak_mb = max(self.peak_mb, resident / 1e6)


def write_report(outcomes, profile, source, out, seed):
    """Write the results, the conclusions and the page that lists them; see `run_course`."""
    names = [results_name(outcome.name) for outcome in outcomes]
    rows = [row for name in names for row in read_results(out, name) or []]
    speeds = next(filter(None, (read_results(out, f"{name}_speeds") for name in names)), None)
    domains = next(filter(None, (read_results(out, f"{name}_domains") for name in names)), {})
    claims = judge(rows, speeds, domains.get("pairs", ()))
    timings = [asdict(outcome) for outcome in outcomes]
    record = origin(profile, source, seed) | {
        "rows": rows, "speeds": speeds, "domains": domains, "claims": claims, "timings": timings,
    }  # fmt: skip
    for name, content in (
        ("timings", timings),
        ("results", rows),
        ("claims", claims),
        ("record", record),
    ):
        write_text(out / f"{name}.json", json.dumps(content, indent=1))
    page = pages.index_page(outcomes, rows, claims, profile, source)
    write_text(out / "index.html", page)


def results_name(lesson):
    """Name under which a lesson saves its rows: "nb03" for 03_benchmark_cnn; speeds add _speeds."""
    return f"nb{lesson[:2]}"


def read_results(out, name):
    """What a lesson saved under that name, None where it saved nothing."""
    path = out / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
