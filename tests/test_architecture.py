"""The walls of the package: what may lie where and know what, as docs/architecture.md says."""

import ast
import re
import sys
import tomllib
from functools import cache

import nbformat
import pytest
from places import ROOT

PACKAGE = ROOT / "sfxtutor"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FILES = sorted(PACKAGE.rglob("*.py"))
MAINTAINERS = [
    path for room in ("tools", "benchmarks") for path in sorted((ROOT / room).rglob("*.py"))
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LESSONS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in FILES
}

# What a distribution is imported as, where the two names differ.
IMPORTED_AS = {"scikit-learn": "sklearn", "ipython": "IPython", "pyzmq": "zmq", "pyyaml": "yaml"}
# Extras that a room may lean on besides what every installation has.
ROOMS = {"beamline": {"beamline"}, "widgets": {"lab"}, "course": {"grade"}, "plots": {"lab"},
         "runs": {"cbf"}}  # fmt: skip


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path):
    return str(path.relative_to(ROOT))


def imports(path):
    """Every import of a file, late ones included, as (absolute module, name or None)."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((name.name, None) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from ((module, name.name) for name in node.names)


def strings(path):
    """Modules of the package that a file names in a string, as `python -m` does."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"^sfxtutor(?:\.[a-z_]\w*)+$", node.value)


def needs(path):
    """The modules of the package that a file names, by an import or by a string."""
    for module, name in imports(path):
        submodule = f"{module}.{name}"
        if submodule in MODULES:
            yield submodule
        elif module in MODULES:
            yield module
    yield from (module for module in strings(path) if module in MODULES)


def circle(graph):
    """A list of modules each of which needs the next, and the last the first; [] without one."""
    done, trail = set(), []

    def visit(module):
        if module in trail:
            return trail[trail.index(module) :]
        if module in done:
            return []
        trail.append(module)
        for other in graph.get(module, ()):
            if found := visit(other):
                return found
        done.add(trail.pop())
        return []

    return next(filter(None, map(visit, graph)), [])


def test_the_shelf_of_the_learner_is_read_in_an_evening():
    top = [path for path in FILES if path.parent == PACKAGE]
    plots = [path for path in FILES if path.parent == PACKAGE / "plots"]
    assert len(top) <= 12
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in top + plots)
    assert lines <= 2500


def test_no_two_modules_need_each_other():
    assert circle({name: sorted(set(needs(path)) - {name}) for name, path in MODULES.items()}) == []


# The rows of docs/pictures/rooms.svg, from the top: rooms, and files of the learner's shelf.
ROWS = (
    {"cli", "__main__", "__init__"},
    {"course", "widgets", "beamline", "beyond"},
    {"paper", "plots"},
    {"layers", "models", "training", "dann", "domains", "metrics", "results"},
    {"cache"},
    {"fast"},
    {"preprocess", "spots"},
    {"runs"},
    {"mask", "support"},
)


def row(module):
    """The number of the row that a module of the package is in, 0 at the top."""
    room = f"{module}.__init__".split(".")[1]
    return next(number for number, rooms in enumerate(ROWS) if room in rooms)


def test_a_file_imports_from_its_row_or_those_below():
    def upwards(path):
        module = next(name for name, other in MODULES.items() if other == path)
        return [other for other in needs(path) if row(other) < row(module)]

    assert offenders(upwards) == {}


def test_the_page_names_every_room_and_no_path_that_is_gone():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:sfxtutor|tests|notebooks|docs|tools|benchmarks)/[\w/.]*)`", text)
    assert [path for path in paths if "NN" not in path and not (ROOT / path).exists()] == []
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms == {path.split("/")[1] for path in paths if path.startswith("sfxtutor/")} & rooms


def test_the_answers_to_the_twelve_questions_are_true():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = re.search(r"^## Twelve questions\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    answers = re.findall(r"`(sfxtutor/[\w/.]+)`, `(\w+)`", section)
    assert len(answers) >= 12

    def names(path):
        for node in tree(ROOT / path).body:
            yield from [node.name] if hasattr(node, "name") else []
            yield from (getattr(target, "id", "") for target in getattr(node, "targets", []))

    assert [answer for answer in answers if answer[1] not in names(answer[0])] == []


def test_a_circle_would_be_seen():
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c"]
    assert circle({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def private_names(path):
    """What a file takes from another though its name begins with an underscore."""
    modules = {name for module, name in imports(path) if f"{module}.{name}" in MODULES}
    modules |= {
        name.asname
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in modules
    }
    return [
        *(name for _, name in imports(path) if name and re.match("_[a-z]", name)),
        *(
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if node.value.id in modules and re.match("_[a-z]", node.attr)
        ),
    ]


def offenders(check, files=FILES):
    """What a check finds, of the files where it finds something: {path: [...]}."""
    return {named(path): found for path in files if (found := check(path))}


def test_no_private_name_leaves_its_file():
    assert offenders(private_names, [*FILES, *MAINTAINERS, *TESTS]) == {}


def test_no_test_replaces_a_private_name():
    def replaced(path):
        text = path.read_text(encoding="utf-8")
        return re.findall(r"\.setattr\(\w+, \"_[a-z]\w*", text)

    assert offenders(replaced, TESTS) == {}


def absolute_imports(path):
    """The modules that a file names from the root: of other packages, if all is well."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def test_the_package_imports_itself_by_relative_paths():
    def of_itself(path):
        return [module for module in absolute_imports(path) if module.startswith("sfxtutor")]

    assert offenders(of_itself) == {}


def declared(extras):
    """The modules that an installation with these extras may import."""
    lines, waiting, seen = list(PROJECT["dependencies"]), list(extras), set()
    while waiting:
        extra = waiting.pop()
        if extra not in seen:
            seen.add(extra)
            lines += PROJECT["optional-dependencies"][extra]
            waiting += re.findall(r"sfxtutor\[(\w+)\]", " ".join(lines))
    names = {re.match(r"[\w-]+", line)[0].lower() for line in lines}
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


def test_every_import_is_declared():
    def undeclared(path):
        extras = ROOMS.get(path.relative_to(PACKAGE).parts[0], ())
        # TensorFlow and Keras come by one of three extras, or are there already.
        allowed = {*declared(extras), "keras", "tensorflow", *sys.stdlib_module_names}
        return sorted({module.split(".")[0] for module in absolute_imports(path)} - allowed)

    assert offenders(undeclared) == {}


def test_only_the_cli_knows_the_cli():
    def known(path):
        if path.relative_to(PACKAGE).parts[0] in ("cli", "__main__.py"):
            return []
        return [module for module in needs(path) if module.startswith("sfxtutor.cli")]

    assert offenders(known) == {}


@pytest.mark.parametrize("path", LESSONS, ids=named)
def test_a_lesson_imports_the_package_and_no_file_of_it(path):
    """`??` shows the source of what a lesson imports: the answers in course/exercises as well."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert re.findall(r"^\s*(?:from|import)\s+sfxtutor\..*", code, re.MULTILINE) == []


def test_public_functions_have_type_hints():
    def without(path):
        module = next(name for name, other in MODULES.items() if other == path)
        public = {name for place, name in imports(PACKAGE / "__init__.pyi") if place == module}
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and node.name in public:
                arguments = [*node.args.args, *node.args.kwonlyargs]
                hints = [argument.annotation for argument in arguments]
                if not all([*hints, node.returns]):
                    yield node.name

    assert offenders(lambda path: list(without(path))) == {}


def test_a_widget_is_in_the_file_named_as_its_class():
    public = [*imports(PACKAGE / "__init__.pyi")]
    widgets = {name: module for module, name in public if ".widgets." in module}
    assert len(widgets) > 5
    files = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in widgets}
    assert widgets == {name: f"sfxtutor.widgets.{file}" for name, file in files.items()}


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("preprocess", "lcn"),
        ("fast/", "fast_lcn"),
        ("dann", "fit_dann"),
        ("spots", "find_spots"),
        ("mask", "Mask"),
        ("claims", "claims"),
        ("screen", "screen"),
        ("stream", "stream"),
    ],
)
def test_a_public_name_is_where_its_word_stands(word, name):
    [module] = [module for module, public in imports(PACKAGE / "__init__.pyi") if public == name]
    assert word in named(MODULES[module])
