"""Who may import what: the layers of the house, walked in the syntax trees."""

import ast
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_HARDWARE = {"machine", "espnow", "network", "esp32", "bluetooth"}
_MAY_TOUCH_HARDWARE = ("firmware/start.py", "firmware/radio.py", "firmware/boards/", "firmware/drivers/")
_SHARED_MAY_IMPORT = {"struct", "array", "binascii", "collections", "shared"}
_COMPAT_MAY_IMPORT = _SHARED_MAY_IMPORT | {"micropython", "time", "cryptolib", "cryptography"}
# What each part may import of the house. A part that is not named may import anything.
_HOUSE = {"firmware", "gateway", "shared", "tools", "tests", "hil_tests"}
_MAY_KNOW = {
    "firmware": {"firmware", "shared"},
    "shared": {"shared"},
    "gateway": {"gateway", "shared"},
    "hil_tests/virtual/stand_ins": set(),
    "hil_tests/helper": set(),
    "tools": {"firmware", "gateway", "hil_tests", "shared", "tools"},
}


def sources(part):
    """Every Python file of a part of the house, as a path relative to its root."""
    return sorted(path.relative_to(_ROOT).as_posix() for path in (_ROOT / part).rglob("*.py"))


def imported(path):
    """The dotted modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse((_ROOT / path).read_text(encoding="utf-8"), path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import (MicroPython and readers want the whole name)"
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def heads(path):
    """The top-level packages that a file imports."""
    return {name.split(".")[0] for name in imported(path)}


def test_hardware_is_touched_at_the_edge_only():
    """machine, espnow, network and esp32 are imported by main.py, boards/, drivers/ and radio.py alone."""
    for path in sources("firmware") + sources("shared") + sources("gateway"):
        if not path.startswith(_MAY_TOUCH_HARDWARE):
            assert not heads(path) & _HARDWARE, path


def test_shared_does_no_io():
    """shared/ imports struct, array, binascii, collections and itself; compat.py alone knows the two Pythons."""
    for path in sources("shared"):
        allowed = _COMPAT_MAY_IMPORT if path == "shared/compat.py" else _SHARED_MAY_IMPORT

        assert heads(path) <= allowed, path


@pytest.mark.parametrize("part", sorted(_MAY_KNOW))
def test_a_part_knows_only_what_it_must(part):
    """The firmware does not know the gateway, the gateway not the firmware, shared/ knows nobody, nobody the tests."""
    for path in sources(part):
        assert heads(path) & _HOUSE <= _MAY_KNOW[part], path


def test_only_the_tools_calculate_with_numpy():
    """Neither a pendant nor a gateway on a small Pi needs numpy."""
    for path in sources("firmware") + sources("shared") + sources("gateway"):
        assert "numpy" not in heads(path), path


def test_no_import_runs_in_a_circle():
    """Modules can be read in an order: what a file imports does not import it back."""
    modules = {}
    for part in _HOUSE:
        for path in sources(part):
            if "stand_ins" not in path:
                name = path[:-3].replace("/", ".").removesuffix(".__init__")
                modules[name] = path
    graph = {name: {other for other in imported(path) if other in modules} - {name} for name, path in modules.items()}
    done = set()

    def visit(name, trail):
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, [*trail, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])
