"""Write the minutes of the lessons into instructor.md: python docs/make_timings_table.py [RECORD].

With the record.json of a run of the quick profile from nothing, docs/timings.json is renewed first.
"""

import json
import re
import sys
from pathlib import Path

import nbformat

import sfxtutor as sfx
from sfxtutor.course.lessons import find_notebooks

DOCS = Path(__file__).resolve().parent
GUIDE, MEASURED = DOCS / "instructor.md", DOCS / "timings.json"
BEGIN, END = "<!-- timings begin -->", "<!-- timings end -->"
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
        {name: lesson[name] for name in ("name", "title", "seconds", "peak_mb")}
        for lesson in record["timings"]
    ]
    MEASURED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def reading():
    """Minutes to read that each lesson's head gives, a dict by the lesson's name."""
    minutes = {}
    for path in find_notebooks(DOCS.parent / "notebooks"):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        minutes[path.stem] = int(re.search(r"\*\*Minutes\.\*\* (?:About )?(\d+) to read", text)[1])
    return minutes


def table():
    """Markdown: a line a lesson, and where the numbers come from."""
    measured, read = json.loads(MEASURED.read_text(encoding="utf-8")), reading()
    lines = ["| Lesson | Read, min | Run, min | Memory, GB |", "|---|---|---|---|"]
    lessons = measured["timings"]
    for lesson in lessons:
        name, memory = lesson["name"], f"{lesson['peak_mb'] / 1000:.1f}"
        title = f"{name[:2]} {re.sub(r'^[0-9]+ ', '', lesson['title']).partition(':')[0]}"
        link = f"[{title}](../notebooks/{name}.ipynb)"
        lines.append(f"| {link} | {read[name]} | {lesson['seconds'] / 60:.1f} | {memory} |")
    minutes = sum(lesson["seconds"] for lesson in lessons) / 60
    total, most = sum(read.values()), max(lesson["peak_mb"] for lesson in lessons) / 1000
    lines.append(f"| all | {total} | {minutes:.1f} | {most:.1f} at most |")
    return "\n".join([*lines, "", origin(measured), "", paper(sfx.references())])


def origin(measured):
    """A sentence or two on how the minutes were measured."""
    versions = measured["versions"]
    return (
        f"Read: estimated. Run: measured on {measured['date']}, {measured['machine']}, Python "
        f"{versions['python']}, Keras {versions['keras']}; profile {measured['profile']}, "
        "all lessons one after the other in `make run`, nothing prepared before. Alone, lessons 04, "
        "06 and 07 first train what they share with 03."
    )


def paper(records):
    """A sentence on the time of runs of the paper profile (list of dict, `sfxtutor.references`)."""
    minutes = [sum(lesson["seconds"] for lesson in record["timings"]) / 60 for record in records]
    lessons = [lesson["name"][:2] for lesson in records[0]["timings"]]
    return (
        f"Paper profile, lessons {lessons[0]} to {lessons[-1]}: {min(minutes):.0f} to "
        f"{max(minutes):.0f} minutes for a seed ({len(records)} seeds), with some trainings taken from "
        "the cache, and the long ones beside other work. A quiet run from nothing was not timed."
    )


def guide():
    """The instructor guide with the table as it is now."""
    before, _, rest = GUIDE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    if sys.argv[1:]:
        keep(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    GUIDE.write_text(guide(), encoding="utf-8")
