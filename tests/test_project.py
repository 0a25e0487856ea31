"""The house rules of CONTRIBUTING.md, held to by reading the source.

Comes in: the files of the repository. Goes out: one failure per broken rule, naming
file and line. Called by pytest.
"""

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "wildwire"
GENERATED = PACKAGE / "functions" / "generated"
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
SOURCES = sorted(path for path in PACKAGE.rglob("*.py"))
WRITTEN = [path for path in SOURCES if GENERATED not in path.parents]
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve"}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def body_length(function):
    """Lines of the body without its docstring.

    The signature does not count: ruff gives every argument a line of its own, and the
    options of a command are a table.
    """
    body = function.body
    first = body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if is_docstring and isinstance(first.value.value, str):
        body = body[1:]
    return function.end_lineno - body[0].lineno + 1 if body else 0


def functions_of(tree):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def forbidden_in(tree):
    """(line, what) of everything that could run code from data."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in FORBIDDEN_CALLS:
                found.append((node.lineno, f"{node.func.id}()"))
        elif isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            found += [(node.lineno, name) for name in names & FORBIDDEN_MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")[0]
            found += [(node.lineno, module)] if module in FORBIDDEN_MODULES else []
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            is_off = isinstance(node.value, ast.Constant) and node.value.value is False
            found += [] if is_off else [(node.value.lineno, "allow_pickle")]
    return found


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_file_is_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{lines} lines: it wants to be two files"


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_functions_are_short(path):
    long = {
        f"{function.name} (line {function.lineno})": length
        for function in functions_of(parse(path))
        if (length := body_length(function)) > LONGEST_FUNCTION
    }
    assert not long, f"longer than {LONGEST_FUNCTION} lines: {long}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_file_says_what_it_is(path):
    assert ast.get_docstring(parse(path)), "the first docstring is missing"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_runs_code_from_data(path):
    assert forbidden_in(parse(path)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("eval('1')", 1),
        ("exec(x)", 1),
        ("import pickle", 1),
        ("from pickle import loads", 1),
        ("import cloudpickle.cloudpickle", 1),
        ("numpy.load(f, allow_pickle=True)", 1),
        ("numpy.load(f, allow_pickle=False)", 0),
        ("re.compile('a')", 0),
        ("network.eval(x)", 0),
    ],
)
def test_the_search_for_forbidden_calls_finds_them(text, count):
    assert len(forbidden_in(ast.parse(text))) == count


def test_length_is_that_of_the_body():
    tree = ast.parse(
        "def f(\n    a,\n    b,\n):\n    '''One.\n\n    Two.\n    '''\n    a = b\n\n    return 1\n"
    )
    assert body_length(functions_of(tree)[0]) == 3


def tracked_text_files():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    suffixes = {".py", ".toml", ".md", ".txt", ".wire", ".lark", ".csv", ""}
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.suffix in suffixes and path.is_file()]


def test_no_address_of_an_index_and_no_path_of_one_machine():
    pattern = re.compile(r"--(extra-)?index-url|/home/\w+/|/Users/\w+/|/root/|file:///")
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in tracked_text_files()
        if path != Path(__file__)
        and (match := pattern.search(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_every_constraint_is_one_exact_version():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    wrong = [
        line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.!]+", line)
    ]
    assert wrong == []
    names = [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines]
    assert len(names) == len(set(names))


def test_import_loads_the_standard_library_only():
    program = (
        "import sys; before = set(sys.modules); import wildwire; "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names) - {'wildwire'}))"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    # Tools that hook into every start of Python (coverage, editable installs) are
    # loaded before and so do not count.
    assert result.stdout.strip() == "[]"


def test_wheel_holds_the_data_files(tmp_path):
    builder = pytest.importorskip("hatchling.builders.wheel")
    wheel = next(builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path)))
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {
        path.relative_to(ROOT / "src").as_posix()
        for path in PACKAGE.rglob("*")
        if path.suffix in {".wire", ".lark", ".typed", ".py"}
    }
    assert data - names == set()
    assert "wildwire/py.typed" in names
    assert not [name for name in names if name.startswith("tests")]
    assert any(name.endswith("licenses/LICENSE") for name in names)
