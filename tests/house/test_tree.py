"""The tree of the house: what stands where, and that each file says what it is for."""

import ast
import re
import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_TOP = {
    "firmware", "gateway", "shared", "tools", "tests", "hil_tests", "docs", "locks", ".ci",
    "Makefile", "README.md", "README.zh-CN.md", "pyproject.toml", "CHANGELOG.md", "LICENSE", "SECURITY.md",
    "CONTRIBUTING.md", ".editorconfig", ".gitignore", ".gitattributes",
}  # fmt: skip
_LINES_MOST = 450
_TWINLESS = {
    # A file without logic of its own, or whose test is a journey: the reason stands behind it.
    "shared/words.py": "numbers and their names",
    "shared/forest.py": "tables made by tools/train.py; tests/shared/test_fall.py reads them",
}


def tracked():
    """Every file that git tracks."""
    listing = subprocess.run(["git", "ls-files"], cwd=_ROOT, capture_output=True, text=True, check=True)
    return [name for name in listing.stdout.splitlines() if (_ROOT / name).exists()]


def test_the_top_level_is_the_design_s():
    """Nothing stands at the top that the design does not name."""
    assert {name.split("/")[0] for name in tracked()} <= _TOP


def test_every_module_says_what_it_is_for():
    """Each Python file that ships begins with a docstring."""
    for name in tracked():
        if name.endswith(".py") and (_ROOT / name).stat().st_size:
            assert ast.get_docstring(ast.parse((_ROOT / name).read_text(encoding="utf-8"))), name


def test_every_module_says_what_would_be_missing():
    """Whoever opens a file of the house reads first why it is there: "Without this ..."."""
    for name in tracked():
        is_test = name.startswith("tests/") or "/test_" in name
        if name.endswith(".py") and not is_test and not name.endswith("__init__.py"):
            said = ast.get_docstring(ast.parse((_ROOT / name).read_text(encoding="utf-8")))
            first = said.split("\n\n")[0]

            assert re.search(r"\b[Ww]ithout\b", first), f"{name}: {first}"


def test_no_module_is_a_book():
    """A file that nobody reads in one sitting has two purposes; what training writes is read by no one."""
    for name in tracked():
        if name.endswith(".py") and name != "shared/forest.py":
            lines = (_ROOT / name).read_text(encoding="utf-8").count("\n")

            assert lines <= _LINES_MOST, f"{name} has {lines} lines"


def test_every_test_keeps_a_promise():
    """Each test function has a docstring: the promise that it keeps."""
    for name in tracked():
        if re.search(r"(^|/)test_[^/]*\.py$", name):
            for node in ast.walk(ast.parse((_ROOT / name).read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    assert ast.get_docstring(node), f"{name}: {node.name}"


def test_the_shared_modules_have_a_twin_among_the_tests():
    """tests/shared/test_x.py tests shared/x.py."""
    for path in sorted((_ROOT / "shared").glob("*.py")):
        name = path.relative_to(_ROOT).as_posix()
        if path.stem != "__init__" and name not in _TWINLESS:
            assert list((_ROOT / "tests" / "shared").glob(f"test_{path.stem}*.py")), name


def test_nothing_is_committed_that_does_not_belong():
    """No recordings, no compiled files, no large files, no path of somebody's machine."""
    for name in tracked():
        path = _ROOT / name
        assert path.suffix not in {".npz", ".npy", ".mpy", ".pyc", ".whl", ".bin", ".db"}, name
        assert path.stat().st_size < 1_000_000, name
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".in"} or path.name == "Makefile":
            text = path.read_text(encoding="utf-8")

            assert not re.search(r"(?<![\w.])/(work|root)/\w", text), name
