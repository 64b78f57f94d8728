"""Label files in the form of the experts: a line a frame, `r0018_2000.h5 [1] MISS`."""

import json
import re
from pathlib import Path

import numpy as np

from .run import LABELS


def read_labels(path, frames):
    """Read an expert annotation: (frames,) str array of "HIT", "MAYBE" or "MISS".

    A line is `r0018_2000.h5 [1] MISS`, frame number from 1, in any order.  The lines of frames
    beyond `frames` are left out, so that the first frames of a run go with its whole annotation.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has another form, a word is unknown, a frame stands twice or is missing, or
        there are fewer labels than frames.
    """
    labels = read_some_labels(path)
    missing = [i for i in range(frames) if i not in labels]
    if missing:
        raise ValueError(
            f"{Path(path).name} has {len(labels)} labels, none for frame {missing[0] + 1}; expected"
            f" one for each of the {frames} frames. Use the annotation of this run, or open it "
            "unlabelled."
        )
    return np.array([labels[i] for i in range(frames)], dtype="U5")


def read_some_labels(path):
    """Read labels of some frames: a dict of frame, from 0, to "HIT", "MAYBE" or "MISS".

    Lines as in `read_labels`, or the JSON file that labels given by eye are exported to.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has another form, a word is unknown, or a frame stands twice.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No annotation file {path}. Fetch labels: sfxtutor data fetch.")
    text = path.read_text(errors="replace")
    if text.lstrip().startswith("{"):
        return _exported(path, text)
    labels = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*\S.*\[(\d+)\]\s+(\S+)\s*", line)
        if not match or match[2].upper() not in LABELS:
            raise ValueError(
                f"Line {number} of {path.name} reads {line.strip()[:60]!r}; expected "
                '"FILE [FRAME] HIT", MAYBE or MISS. Correct the line.'
            )
        frame = int(match[1]) - 1
        if frame in labels:
            raise ValueError(
                f"Frame {frame + 1} stands twice in {path.name} (again in line {number}); expected "
                "one label a frame. Remove one."
            )
        labels[frame] = match[2].upper()
    return labels


def _exported(path, text):
    """The labels in the JSON that a widget exports: frames from 0, and a label for each."""
    try:
        content = json.loads(text)
        labels = dict(zip(content["frames"], content["labels"], strict=False))
        if all(type(frame) is int for frame in labels) and set(labels.values()) <= set(LABELS):
            return labels
    except (ValueError, KeyError, TypeError):
        pass
    raise ValueError(
        f"{path.name} is no export of labels, expected JSON with frames and their labels, HIT, "
        "MAYBE or MISS. Export them again."
    )


def write_labels(run, path, frames=None, file="run.h5"):
    """Write labels as the experts do, `FILE [1] HIT` a line, frame from 1; return the Path."""
    if run.labels is None:
        raise ValueError(f"{run.name} has no labels to write. Open it with labels=.")
    path = Path(path)
    labels = run.labels[:frames]
    path.write_text("".join(f"{file} [{i}] {label}\n" for i, label in enumerate(labels, 1)))
    return path
