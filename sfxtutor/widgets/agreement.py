"""What labels cost and how sure they are: choosing frames, comparing labels, keeping them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from ..metrics import rate_text
from ..runs.run import LABELS

RUN = 2000  # frames of a run of the course


@dataclass(frozen=True)
class Labelling:
    """The labels that one person gave.

    Attributes
    ----------
    student : str
    run, source : str
    seed : int or None
        Of the twin.
    frames : list of int
    labels : list of str
        One for each frame.
    seconds : list of float
        Time from the answer before to this one; one fewer than frames, for the first has none.
    """

    student: str
    run: str
    source: str
    seed: int | None
    frames: list
    labels: list
    seconds: list

    def __post_init__(self):
        if len(self.frames) != len(self.labels) or set(self.labels) - set(LABELS):
            raise ValueError(
                f"Found {len(self.frames)} frames and {len(self.labels)} labels, among them "
                f"{', '.join(sorted(set(self.labels)))}; expected HIT, MAYBE or MISS for each "
                "frame. Export the labels again."
            )

    @property
    def of(self):
        """Which frames it is about: run, source and seed."""
        return self.run, self.source, self.seed


@dataclass(frozen=True)
class Agreement:
    """How two people's labels of the same frames agree.

    Attributes
    ----------
    agreed, total : int
    kappa : float
        Cohen's: agreement beyond chance, 1 for all, 0 for as much as chance gives; NaN where both
        use one and the same label throughout, which leaves nothing to chance.
    confusion : (3, 3) int array
        Frames; rows are the first one's labels, columns the second one's, as `LABELS`.
    """

    agreed: int
    total: int
    kappa: float
    confusion: np.ndarray

    def __str__(self):
        kappa = "not defined" if np.isnan(self.kappa) else f"{self.kappa:.2f}"
        return f"agreement {rate_text(self.agreed, self.total)}, Cohen's kappa {kappa}"


def pick(labels, count=30, seed=0):
    """Frames to be labelled: list of int, each class as often as the others as far as there are.

    Parameters
    ----------
    labels : (n,) str array
    count : int
    seed : int
        The same seed gives the same frames in the same order, so that students can be compared.

    Raises
    ------
    ValueError
        When there are fewer frames than wanted, or no labels.
    """
    if labels is None or len(labels) < count:
        given = "no labels" if labels is None else f"{len(labels)} labelled frames"
        raise ValueError(f"Found {given}, expected {count} or more. Choose a labelled run.")
    rng = np.random.default_rng(seed)
    queues = [list(rng.permutation(np.flatnonzero(labels == label))) for label in LABELS]
    chosen = []
    while len(chosen) < count:  # in turn from each class that has any left
        chosen += [int(queue.pop()) for queue in queues if queue][: count - len(chosen)]
    return [int(i) for i in rng.permutation(chosen)]


def agreement(first, second):
    """Agreement of two lists of labels of the same frames: `Agreement`.

    Raises
    ------
    ValueError
        When they differ in length or are empty.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f"Found {len(first)} and {len(second)} labels, expected as many, one or more. "
            "Compare labels of the same frames."
        )
    same = int(np.sum(np.asarray(first) == np.asarray(second)))
    alone = len({*first, *second}) == 1
    kappa = np.nan if alone else float(cohen_kappa_score(first, second, labels=list(LABELS)))
    table = confusion_matrix(first, second, labels=list(LABELS))
    return Agreement(same, len(first), kappa, table)


def agree_with_student(mine, other):
    """Agreement on the frames that both labelled: `Agreement`, `mine` first.

    Raises
    ------
    ValueError
        When the two are about different runs or share no frame.
    """
    theirs = dict(zip(other.frames, other.labels, strict=True))
    pairs = [(label, theirs[i]) for i, label in zip(mine.frames, mine.labels, strict=True)
             if i in theirs]  # fmt: skip
    if mine.of != other.of or not pairs:
        raise ValueError(
            f"{other.student} labelled {len(other.frames)} frames of {other.of}, you "
            f"{len(mine.frames)} of {mine.of}: none in common. Label the same choice of frames."
        )
    return agreement(*(list(labels) for labels in zip(*pairs, strict=True)))


def cost(seconds, frames=RUN):
    """What labelling costs, in words; `seconds` (n,) are the times of single frames.

    The median, so that a pause does not count.
    """
    if not seconds:
        return "Label two frames or more to see what labels cost."
    each = float(np.median(seconds))
    return (f"{each:.1f} s a frame (median of {len(seconds)}): {frames:,} frames would take "
            f"{each * frames / 3600:.1f} hours without a break")  # fmt: skip


def write_labelling(labelling, path):
    """Write labels as JSON, for other students; returns the Path."""
    path = Path(path).expanduser()
    path.write_text(json.dumps(asdict(labelling)) + "\n", encoding="utf-8")
    return path


def read_labelling(text):
    """Read another student's labels, from JSON text or from a file of it: `Labelling`.

    Raises
    ------
    FileNotFoundError
        When `text` is neither JSON nor the path of a file.
    ValueError
        When the content is something else.
    """
    text = text.strip()
    if not text.startswith("{"):
        path = Path(text).expanduser()
        if not text or not path.is_file():
            raise FileNotFoundError(
                f"Found no file {text!r}, expected its path or its text. Ask for the exported file."
            )
        text = path.read_text(encoding="utf-8")
    try:
        return Labelling(**json.loads(text))
    except (json.JSONDecodeError, TypeError):
        raise ValueError(
            f"Found {text[:40]!r}, expected labels as the widget exports them. Export them again."
        ) from None
