"""A number whose name speaks of time says in which unit: `hold_ms`, never `hold`."""

import ast
import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("firmware", "gateway", "shared", "tools", "hil_tests", "tests")
_TIME = re.compile(
    r"(^|_)(timeout|wait|pause|delay|hold|interval|duration|uptime|deadline|latency|within)$", re.IGNORECASE
)


def _is_number(value):
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "const" and value.args:
        value = value.args[0]
    return (
        isinstance(value, ast.Constant) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool)
    )


def _numbers(tree):
    """(line, name) of whatever is a number: constants, fields, parameters, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_number(node.value):
            yield from ((node.lineno, getattr(target, "id", getattr(target, "attr", ""))) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and getattr(node.annotation, "id", "") in {"int", "float"}:
            yield node.lineno, getattr(node.target, "id", getattr(node.target, "attr", ""))
        elif isinstance(node, ast.arg) and getattr(node.annotation, "id", "") in {"int", "float"}:
            yield node.lineno, node.arg


def test_a_length_of_time_says_its_unit():
    """Wherever numbers stand, on the bench and in tests too; all that do not are named at once."""
    unsaid = [
        f"{path.relative_to(_ROOT)}:{line}: {name}"
        for part in _PARTS
        for path in sorted((_ROOT / part).rglob("*.py"))
        for line, name in _numbers(ast.parse(path.read_text(encoding="utf-8")))
        if _TIME.search(name)
    ]

    assert not unsaid, "in which unit? " + ", ".join(unsaid)
