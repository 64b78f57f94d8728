"""Beat the paper with 200 labels: models are scored on frames that their authors do not see.

`challenge` scores a model in a notebook and keeps a leaderboard on this computer; `score_files`,
the command `sfxtutor challenge`, scores the files that students hand in, each in its own process.
"""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..cache.prepared import prepare
from ..metrics import auc, count, is_positive, rate_text, threshold_at
from ..preprocess import ROWS
from ..results import Table, paper_rows
from ..runs.twin.run import TwinRun
from ..support.disk import cache_dir, write_text
from .grading.kernel import limit

if TYPE_CHECKING:
    import keras

HIDDEN = 7  # seed of the crystals; an instructor's own is a secret
SPECIFICITY = 0.95  # at which models are compared
BIN = 4  # of the images of both profiles
SIDES = (180, 360, 720)  # pixels, of images that `prepare` gives
HEADER = ("", "model", f"recall at {SPECIFICITY:.0%} specificity", "AUC", "recall at p = 0.5",
          "specificity at p = 0.5")  # fmt: skip


def challenge(model: "keras.Model", name: str = "my model", run: str = "LN83") -> Table:
    """Score a model on 2,000 frames of the same sample from another visit: the leaderboard.

    Parameters
    ----------
    model : keras.Model
        Trained with 200 labels of the run: of images (n, y, x, 1) as `prepare(...).images`, or of
        vectors (n, 720) as `prepare(...).rwd`; gives p("hit or maybe"), (n, 1).
    name : str
        The model's on the leaderboard; the same name again replaces its line.
    run : "LN83", "LN84" or "LO19"

    Returns
    -------
    Table, the best first: recall where 95 % of the misses are recognised (the threshold is read
    from these frames, for every model alike), area under the ROC curve, recall and specificity at
    p = 0.5, with counts and 95 % intervals.

    Raises
    ------
    ValueError
        If the model takes neither images nor vectors of this course.
    """
    path = cache_dir() / "challenge" / f"{run}.json"
    lines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    lines = [line for line in lines if line["name"] != name]
    lines.append({"name": name, "date": str(date.today()), **score(model, run, HIDDEN)})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(lines, indent=1))
    return leaderboard(lines, run)


def score(model, run, seed):
    """Counts and area under the curve of a model on the twin of that seed: a dict."""
    from ..training import predict

    hidden = TwinRun(run, seed)
    p, truth = predict(model, inputs(model, hidden)), is_positive(hidden.labels)
    same = count(truth, p >= threshold_at(p, truth, SPECIFICITY))
    own = count(truth, p > 0.5)
    return {
        "hits_at_95": same.hits_found, "hits_total": own.hits_total, "auc": auc(p, truth),
        "hits_found": own.hits_found, "misses_found": own.misses_found,
        "misses_total": own.misses_total,
    }  # fmt: skip


def inputs(model, run):
    """Frames of a run as the model takes them: images (n, y, x) or vectors (n, 720).

    Raises
    ------
    ValueError
        If it takes neither.
    """
    shape = tuple(model.input_shape[1:])
    vectors = shape in ((ROWS,), (ROWS, 1))
    if not (vectors or shape in [(side, side, 1) for side in SIDES]):
        raise ValueError(
            f"The model takes inputs of shape {shape}, expected (180, 180, 1), images, or "
            f"({ROWS},), vectors. Build it for what `sfx.prepare` gives."
        )
    seen = prepare(run, BIN if vectors else ROWS // shape[0], progress=False)
    return seen.rwd if vectors else seen.images


def leaderboard(lines, run):
    """Scores with a `name` each, or an `error`, as a `Table`: the best first, last the paper's."""
    scored = sorted((line for line in lines if "error" not in line),
                    key=lambda line: (-line["hits_at_95"], -line["auc"]))  # fmt: skip
    text = [
        (str(place), line["name"], rate_text(line["hits_at_95"], line["hits_total"]),
         f"{line['auc']:.4f}", rate_text(line["hits_found"], line["hits_total"]),
         rate_text(line["misses_found"], line["misses_total"]))
        for place, line in enumerate(scored, 1)
    ]  # fmt: skip
    text += [("–", line["name"], line["error"], "", "", "") for line in lines if "error" in line]
    text += [
        ("–", f"paper, real run: {row['method']}", "", "",
         rate_text(row["hits_found"], row["hits_total"]),
         rate_text(row["misses_found"], row["misses_total"]))
        for row in paper_rows()
        if row["table"] in (2, 4) and row["test_on"] == run
    ]  # fmt: skip
    return Table(f"Challenge on {run}: 200 labels, 2,000 hidden frames of the twin", HEADER, text)


def models_in(places):
    """Saved models: of folders all files NAME.keras, sorted, and files as they are: list of Path.

    Raises
    ------
    FileNotFoundError
        If there is no such place, or no model in any of them.
    """
    found = []
    for place in map(Path, places):
        if not place.exists():
            raise FileNotFoundError(f"There is no {place}. Give files NAME.keras or their folder.")
        found += sorted(place.rglob("*.keras")) if place.is_dir() else [place]
    if not found:
        raise FileNotFoundError(
            f"No model in {', '.join(map(str, places))}, expected files NAME.keras. "
            "Students write them by model.save."
        )
    return found


def score_files(paths, run, seed, seconds, memory):
    """Score saved models, each in a process of its own with limits: list of dict.

    Parameters
    ----------
    paths : list of Path, NAME.keras
    run, seed : of the hidden twin
    seconds, memory : processor time in s and address space in GiB that a model may take

    Returns
    -------
    list of dict, each with `name` and what `score` gives, or `error`, one sentence
    """
    prepare(TwinRun(run, seed), BIN, progress=False)  # once, for all
    lines = []
    for path in paths:
        command = [sys.executable, "-m", __name__, path, run, seed, int(memory * 2**30), seconds]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        lines.append({"name": path.stem, **_reply(done, seconds, memory)})
    return lines


def _reply(done, seconds, memory):
    """What a process said of its model: a dict."""
    last = done.stdout.strip().splitlines()[-1:]
    if done.returncode == 0 and last:
        return json.loads(last[0])
    if done.returncode < 0:
        return {"error": f"stopped: it took more than {seconds:g} s or {memory:g} GiB"}
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return {"error": f"no model that can be scored: {reason}"}


def score_file(path, run, seed):
    """The score of a saved model, printed as JSON; code in the file is not executed."""
    import keras

    from .. import layers  # noqa: F401  the course's own layers, by their names

    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    print(json.dumps(score(model, run, int(seed))))


if __name__ == "__main__":
    limit(*map(int, sys.argv[4:6]))
    score_file(*sys.argv[1:4])
