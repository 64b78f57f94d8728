"""The minutes of the lessons in docs/instructor.md: python -m tools.pages.timings build/record.json

renews benchmarks/timings.json by the record of a run of the quick profile from nothing.
"""

import json
import re
import sys
from pathlib import Path

import nbformat

import sfxtutor as sfx
from sfxtutor.course.lessons import find_notebooks

from .markdown import table

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ROOT / "benchmarks" / "timings.json"
TAIL = ("", "Exercises", "Summary", "References", "Next")  # the head, and what ends a lesson
KEPT = ("profile", "source", "seed", "date", "versions", "machine")


def keep(record):
    """Store what a record (dict, see `sfxtutor.references`) says of times; refuse a failed run."""
    failed = [lesson["name"] for lesson in record["timings"] if lesson["error"]]
    if failed or record["profile"] != "quick":
        raise ValueError(
            f"Found profile {record['profile']}, failed: {', '.join(failed) or 'none'}; expected a "
            "complete run of the quick profile. Make one with `make run`."
        )
    kept = {name: record[name] for name in KEPT}
    kept["timings"] = [
        {name: lesson[name] for name in ("name", "title", "seconds", "peak_mb", "sections")}
        for lesson in record["timings"]
    ]
    MEASURED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def reading():
    """Minutes to read that each lesson's head gives, a dict by the lesson's name."""
    minutes = {}
    for path in find_notebooks(ROOT / "notebooks"):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        minutes[path.stem] = int(re.search(r"\*\*Minutes\.\*\* (?:About )?(\d+) to read", text)[1])
    return minutes


def values():
    """What the template of the block says."""
    measured, read = json.loads(MEASURED.read_text(encoding="utf-8")), reading()
    lessons, lines, parts = measured["timings"], [], []
    for lesson in lessons:
        name, memory = lesson["name"], f"{lesson['peak_mb'] / 1000:.1f}"
        title = f"{name[:2]} {re.sub(r'^[0-9]+ ', '', lesson['title']).partition(':')[0]}"
        link = f"[{title}](../notebooks/{name}.ipynb)"
        lines.append((link, read[name], f"{lesson['seconds'] / 60:.1f}", memory))
        parts += [(name[:2], *part) for part in sections(lesson, read[name])]
    minutes = sum(lesson["seconds"] for lesson in lessons) / 60
    most = max(lesson["peak_mb"] for lesson in lessons) / 1000
    lines.append(("all", sum(read.values()), f"{minutes:.1f}", f"{most:.1f} at most"))
    return {
        "table": table(("Lesson", "Read, min", "Run, min", "Memory, GB"), lines),
        "sections": table(("Lesson", "Section", "Read, min", "Run, s"), parts),
        "measured": measured,
        "paper": paper(sfx.references()),
    }


def sections(lesson, minutes):
    """Title, minutes to read and seconds to run of a lesson's sections, without its tail.

    The lesson's minutes are shared out by the words of its text.
    """
    parts = [part for part in lesson.get("sections", ()) if part["title"] not in TAIL]
    words = sum(part["words"] for part in parts)
    for part in parts:
        yield part["title"], f"{minutes * part['words'] / words:.0f}", f"{part['seconds']:.0f}"


def paper(records):
    """Minutes of the complete seeds of the study (list of dict, `sfxtutor.references`): a dict."""
    minutes = [record["minutes"] for record in records if record["domains"]]
    return {"seeds": len(minutes), "low": min(minutes), "high": max(minutes)}


if __name__ == "__main__":
    keep(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
