"""A page to look at the scores of a screening: charts, a contact sheet, the bad pixels.

sfxtutor look scores.csv --out run.html
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from ...support.disk import need_folder, printable, write_text
from ..model.screener import SHIPPED
from .page import Facts, page
from .scores import tally
from .sheet import Reading, read_sheet


@dataclass(frozen=True)
class Looked:
    """What came of it: the page, and how many frames it shows, of how many that it should."""

    out: Path
    shown: int
    wanted: int

    def __str__(self):
        missing = self.wanted - self.shown
        more = f", {missing} could not be read" if missing else ""
        return f"{self.shown} frames to look at{more}: {printable(self.out)}"


def look(scores, out, screener, reading=None, source=None):
    """Write the page of a screening as one HTML file: `Looked`.

    Parameters
    ----------
    scores : path
        A CSV file as `screen` writes it.
    out : path
    screener : Screener
        The model, with the threshold, that gave the scores.
    reading : Reading, optional
        How the frames are read again; at most 36, and 9 to look for bad pixels.
    source : str, optional
        What the page calls the scores, where the file is not kept.

    Raises
    ------
    FileNotFoundError
        If there are no scores, or no folder for the page.
    ValueError
        If the file holds no scores, or the page would replace it or frames.
    """
    scores, out, reading = Path(scores), Path(out), reading or Reading()
    check_place(out, [scores])
    counted = tally(scores, screener.threshold)
    rows = [*counted.surest_hits, *counted.surest_misses, *counted.nearest]
    check_place(out, [name for name, _ in counted.names] + [row.file for row in rows])
    sheet = read_sheet(rows, screener, reading, scores.parent)
    now = f"{datetime.datetime.now():%Y-%m-%d %H:%M}"
    name = _model_name(screener)
    facts = Facts(name, source or str(scores), now, screener.whole, reading.search)
    write_text(out, page(counted, sheet, facts))
    shown = sum(shot.picture is not None for shot in sheet.shots.values())
    return Looked(out, shown, len(sheet.shots))


def check_place(out, read):
    """Refuse a page without a folder, or in the place of what is read."""
    need_folder(out)
    if out.is_dir() or out.resolve() in {Path(name).resolve() for name in read}:
        why = "is a folder" if out.is_dir() else "is one of the files that are read"
        raise ValueError(f"{out} {why}, expected a name for the page. Choose another --out.")


def _model_name(screener):
    """The name of a shipped model, or of its file."""
    path = screener.path
    return path.stem if path.stem in SHIPPED and path.parent.name == "weights" else path.name
