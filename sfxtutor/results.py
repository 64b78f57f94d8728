"""Results on disk: those of the lessons just run, and those of the paper profile, kept for all."""

import json
import os
from pathlib import Path

from .support.disk import shipped_folder, write_text


def references():
    """What the paper profile gave on the twin: a list of dict, one for each seed that was run.

    Each is the `record.json` of `sfxtutor run --profile paper --seed N`: profile, source, seed,
    date, versions, machine, rows, speeds, domains, claims, timings (see data/results/README.md).

    Raises
    ------
    FileNotFoundError
        If the package lacks them.
    """
    folder = shipped_folder("reference", "data/results")
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("twin-seed*.json"))]


def reference_rows(table=None):
    """The rows of `references`, of all seeds: list of dict, as in `results.json`.

    Parameters
    ----------
    table : int, only those of this table of the paper; None, all
    """
    rows = [row for record in references() for row in record["rows"]]
    return [row for row in rows if table in (None, row["table"])]


def save_results(content, name):
    """Write rows, or anything JSON, to results/<name>.json in $SFXTUTOR_OUT (else build): a `Path`.

    A lesson saves its rows as "nb" and its number; `sfxtutor run` gathers them.
    """
    path = _folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(content, indent=1))
    return path


def load_results(name):
    """What `save_results` wrote under that name.

    Raises
    ------
    FileNotFoundError
        If nothing was saved under it.
    """
    path = _folder() / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(
            f"No results at {path}, expected those of an executed lesson. "
            f"Run the lesson that saves {name!r} first."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _folder():
    return Path(os.environ.get("SFXTUTOR_OUT") or "build") / "results"
