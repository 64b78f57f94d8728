"""Write every page that is made: python -m tools.pages.make, or make docs.

A page is made of a template (templates/NAME.md.j2) and of the values that a module of the same name
computes; of README.md and docs/instructor.md only the blocks between two comments are made.
"""

from pathlib import Path

import jinja2

from . import beyond, claims, exercises, results, robustness, screening, speed, timings, twin
from .markdown import with_block

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def rendered(name, values):
    """The text of a template with these values."""
    return ENVIRONMENT.get_template(f"{name}.md.j2").render(values)


def instructor():
    """The guide for instructors with its two tables as they are now."""
    text = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
    text = with_block(text, "timings", f"\n{rendered('timings', timings.values())}\n")
    return with_block(text, "exercises", f"\n{exercises.block()}\n")


def readme():
    """The README with its blocks on speed and on the claims as they are now."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = with_block(text, "bench", rendered("readme_speed", speed.in_brief()))
    return with_block(text, "claims", rendered("readme_claims", claims.in_brief()))


PAGES = {  # path in the repository -> function that gives the page's text
    "README.md": readme,
    "docs/instructor.md": instructor,
    "docs/beyond.md": lambda: rendered("beyond", beyond.values()),
    "docs/claims.md": lambda: rendered("claims", claims.values()),
    "docs/results.md": lambda: rendered("results", results.values()),
    "docs/robustness.md": lambda: rendered("robustness", robustness.values()),
    "docs/screening.md": lambda: rendered("screening", screening.values()),
    "docs/speed.md": lambda: rendered("speed", speed.values()),
    "docs/twin.md": lambda: rendered("twin", twin.values()),
}


def main():
    for path, page in PAGES.items():
        (ROOT / path).write_text(page(), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
