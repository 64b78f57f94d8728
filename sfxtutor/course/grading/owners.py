"""Who handed a file in, as learning platforms write it into the names of files and folders.

Canvas, Blackboard and nbgrader give a student the same id in every assignment. The numbers that
Moodle, Brightspace and Gradescope write differ from assignment to assignment.
"""

import re
import unicodedata
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_(?P<rest>.*))?")
CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?:\d+_(?P<rest>.+)|(?:text|link)\.html)",
    re.IGNORECASE,
)
CANVAS_ANONYMOUS = re.compile(r"(?P<name>anon_[^_]+)(?P<late>_LATE)?_\d+_(?P<rest>.+)")
BRIGHTSPACE = re.compile(
    r"(?P<id>\d+-\d+) - (?P<name>.+?) - (?P<time>[^\W\d]\w*\.? \d+, \d{4} [\d:.]+ ?[AP]M)"
    r"(?: - (?P<rest>.+))?"
)
BLACKBOARD = re.compile(
    r"(?P<title>.*)_(?P<name>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<rest>.*)|\.txt)?"
)
GRADESCOPE = re.compile(r"(?P<name>submission_(?P<id>\d+))")
INBOUND = re.compile(  # where nbgrader's exchange collects
    r"(?P<name>[^+]+)\+(?P<title>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^+]*)(?:\+\w+)?"
)
PATTERNS = (MOODLE, BRIGHTSPACE, BLACKBOARD, INBOUND, CANVAS_ANONYMOUS, CANVAS, GRADESCOPE)
LASTING = (CANVAS, BLACKBOARD)  # ids that are the student's in every assignment
TIMED = re.compile(r"(\d{4})\W(\d\d)\W(\d\d)[\sT-](\d\d)\W(\d\d)\W(\d\d)(?:\.\d+)?\s*(\S+)?")


@dataclass(frozen=True)
class Owner:
    """Who handed in, as a name tells: `rest` is the file's own name, `title` the assignment's.

    `late` and `time` (local, without zone; None where it is not known) tell when; `timely` if the
    platform marks what is late. `lasting` if the id is the student's in every assignment.
    """

    name: str
    id: str = ""
    lasting: bool = False
    timely: bool = False
    late: bool = False
    time: datetime | None = None
    rest: str = ""
    title: str = ""


def owner_in(text):
    """The `Owner` that a platform wrote into the name of a file or folder, else None."""
    text = unicodedata.normalize("NFC", text)
    for pattern in PATTERNS:
        if match := pattern.fullmatch(text):
            parts = {key: value or "" for key, value in match.groupdict().items()}
            name = parts["name"].strip()
            return Owner(
                name,
                parts.get("id") or (name if pattern is BLACKBOARD else ""),
                pattern in LASTING,
                pattern in (CANVAS, CANVAS_ANONYMOUS),
                bool(parts.get("late")),
                time_in(parts.get("time", "")),
                parts.get("rest", ""),
                parts.get("title", ""),
            )
    return None


def time_in(text):
    """The time in a text as ISO, Blackboard, Brightspace and nbgrader write it: local, or None.

    A zone (UTC, +01:00, Europe/Berlin) is converted to that of this computer.
    """
    if match := TIMED.search(text):
        *numbers, zone = match.groups()
        with suppress(ValueError):
            time = datetime(*map(int, numbers))
            zone = zone_in(zone or "")
            return time.replace(tzinfo=zone).astimezone().replace(tzinfo=None) if zone else time
    for form in ("%b %d, %Y %I%M %p", "%b %d, %Y %I:%M %p", "%B %d, %Y %I%M %p"):
        with suppress(ValueError):
            return datetime.strptime(text, form)
    return None


def zone_in(text):
    """Time zone of a name or an offset, None where there is none."""
    if match := re.fullmatch(r"([+-])(\d\d):?(\d\d)", text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC" if text == "Z" else text) if text else None
    return None


def known_beside(folder):
    """What files of the platform in a folder say: {name of a submission: list of Owner}.

    Gradescope names its folders by a number and the students in ``submission_metadata.yml``;
    Blackboard writes a text beside each file, with the student's full name.
    """
    known = defaultdict(list)
    metadata = folder / "submission_metadata.yml"
    if metadata.is_file():
        known |= in_metadata(metadata)
    for path in folder.glob("*_attempt_*.txt"):
        owner = owner_in(path.name)
        text = path.read_text("utf-8", errors="replace")[:10_000]
        if owner and (
            name := re.search(r"^Name:\s*(.+?)\s*\(([^()\n]+)\)\s*$", text, re.MULTILINE)
        ):
            known[owner.id] = [replace(owner, name=name[1])]
    return known


def in_metadata(path):
    """The students in Gradescope's metadata, {name of a folder: list of Owner}; {} if damaged."""
    try:
        rows = yaml.load(
            path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
        return {
            name: [
                Owner(
                    str(person[":name"]),
                    str(
                        person.get(":sid")
                        or person.get(":email")
                        or GRADESCOPE.fullmatch(name)["id"]
                    ),
                    lasting=True,
                    time=time_in(str(row.get(":created_at", ""))),
                )
                for person in row[":submitters"]
            ]
            for name, row in rows.items()
        }
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}
