"""The package as a whole: what importing costs, and that its files keep the project's rules."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest
from places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = sorted((ROOT / "sfxtutor").rglob("*.py"))
PAGES = [path for folder in ("", "docs", "data") for path in sorted((ROOT / folder).glob("*.md"))]
HEAVY = ("tensorflow", "keras", "numba", "matplotlib", "scipy", "sklearn", "IPython")


def python(code):
    """Run code in a fresh interpreter; return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_loads_nothing_heavy():
    loaded = python("import sfxtutor, sys; print(*{name.split('.')[0] for name in sys.modules})")
    assert set(HEAVY) & set(loaded.split()) == set()


def test_import_leaves_the_environment_as_it_is():
    code = "import os; before = dict(os.environ); import sfxtutor; print(before == os.environ)"
    assert python(code) == "True"


def test_every_public_name_exists():
    import sfxtutor

    assert len(sfxtutor.__all__) > 10
    missing = [name for name in sfxtutor.__all__ if getattr(sfxtutor, name, None) is None]
    assert missing == []
    assert set(sfxtutor.__all__) <= set(dir(sfxtutor))


def test_an_unknown_name_is_an_attribute_error():
    import sfxtutor

    with pytest.raises(AttributeError, match="open_rnu"):
        sfxtutor.open_rnu  # noqa: B018


def test_no_module_names_a_path_of_a_machine():
    paths = re.compile(r"\.\./shared|/(work|home|root)/")
    assert [path for path in MODULES if paths.search(path.read_text(encoding="utf-8"))] == []


def test_lock_holds_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9-]+==", lock, re.MULTILINE)
    assert len(pinned) > 50
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert not re.search(r"://|@ |--(?!hash=sha256:)", lock)  # no address, no option but hashes


def test_lock_holds_every_dependency():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    extras = PROJECT["optional-dependencies"]
    ours = ("cpu", "lab", "test", "site", "grade", "colab")
    wanted = PROJECT["dependencies"] + [line for name in ours for line in extras[name]]
    names = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in wanted} - {"sfxtutor"}
    assert [name for name in names if not re.search(rf"^{name}==", lock, re.MULTILINE)] == []


def test_tensorflow_is_never_required():
    assert not [line for line in PROJECT["dependencies"] if re.match("tensorflow|keras", line)]


def test_version_stands_in_one_place():
    import sfxtutor

    current = sfxtutor.__version__
    assert version("sfxtutor") == current, "the package was not installed again: make test does"
    sources = [ROOT / "pyproject.toml", ROOT / "CITATION.cff", *MODULES]
    found = [path.name for path in sources if f'"{current}"' in path.read_text(encoding="utf-8")]
    assert found == ["__init__.py"]
    released = re.search(r"^## (\S+?),", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert released[1] == current


@pytest.mark.parametrize(
    ("name", "begins", "ends"),
    [
        ("LICENSE", "MIT License", "SOFTWARE."),
        ("LICENSE-text", "The text of this project", "contacted at creativecommons.org."),
    ],
)
def test_licence_files_are_whole(name, begins, ends):
    text = (ROOT / name).read_text(encoding="utf-8").strip()
    assert text.startswith(begins)
    assert text.endswith(ends)


def test_papers_are_cited():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert {"10.1364/OE.492311", "10.1107/S1600577518004873"} <= set(citation.split())


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CITATION.cff"], ids=lambda path: path.name)
def test_repository_has_one_address(page):
    address = PROJECT["urls"]["Repository"].removeprefix("https://")
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"github\.com/[\w-]*/?sfxtutor[\w/-]*", text)) <= {address}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere_and_pictures_have_a_description(page):
    text = page.read_text(encoding="utf-8")
    for mark, description, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)#\s]+)", text):
        assert re.match("https?://", target) or (page.parent / target).exists(), target
        assert not mark or len(description.split()) >= 5, f"picture {target} lacks a description"
