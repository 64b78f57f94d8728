"""Lessons, exercises and pages use the field's words: the table in CONTRIBUTING.md."""

import re

import nbformat
import pytest
from places import ROOT

LESSONS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
PAGES = [
    ROOT / "README.md",
    ROOT / "data" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "sfxtutor" / "course" / "exercises" / "words").glob("*.toml")),
    *sorted((ROOT / "sfxtutor" / "course" / "quizzes").glob("*.toml")),
]


def table():
    """The rows of the table: words not to be used, and the phrases that they may stand in."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.search(r"^## Words\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line[:1] == "|"]
    for words, _, phrases in rows[2:]:
        yield re.findall(r"\w+", words), [phrase.strip() for phrase in phrases.split(",")]


WORDS, PHRASES = (
    "|".join(part for parts in column for part in parts if part)
    for column in zip(*table(), strict=True)
)


def banned(text):
    """The banned words of a text, each with what stands around it."""
    text = re.sub(rf"\b({PHRASES})\b".replace(" ", r"\s+"), "", text, flags=re.IGNORECASE)
    found = re.finditer(rf"(?<![a-zA-Z])({WORDS})(?![a-zA-Z])", text, re.IGNORECASE)
    return [" ".join(text[max(0, hit.start() - 40) : hit.end() + 40].split()) for hit in found]


def prose(text):
    """Markdown without its code."""
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)


def code(text):
    """Code without the name under which a claim's conclusion is stored."""
    return re.sub(r"""\[["']verdict["']\]""", "", text)


def named(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", LESSONS, ids=named)
def test_a_lesson_uses_the_words_of_the_field(path):
    cells = nbformat.read(path, as_version=4).cells
    texts = [(prose if cell.cell_type == "markdown" else code)(cell.source) for cell in cells]
    assert banned("\n".join(texts)) == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_uses_the_words_of_the_field(path):
    assert banned(prose(path.read_text(encoding="utf-8"))) == []


def test_a_banned_word_would_be_seen():
    assert banned("Mended, then the Verdict") == ["Mended, then the Verdict"] * 2
    assert banned("my_verdict") == ["my_verdict"]
    assert banned("at\nleast, amended, far apart") == []


def terms():
    """The list of terms below the table."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = re.search(r"reads this list:\n\n(.*?)\n\n", text, re.DOTALL)[1]
    return " ".join(listed.split()).split(", ")


@pytest.mark.parametrize("term", terms())
def test_a_term_is_in_the_glossary_and_in_a_lesson(term):
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
    assert f"**{term.lower()}.**" in glossary
    written = re.compile(re.escape(term).replace(r"\ ", r"\s+"), re.IGNORECASE)
    lessons = (path for path in LESSONS if path.parent.name == "notebooks")
    cells = (cell for path in lessons for cell in nbformat.read(path, as_version=4).cells)
    assert any(written.search(cell.source) for cell in cells if cell.cell_type == "markdown")
