"""Who sees a test skipped can do something about it: its reason says what is missing, and how to get it."""

import ast
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FILES = sorted((_ROOT / "tests").rglob("*.py"))
_MEANS = ("run it ", "run `make extras`", "run these tests", "apt install ", "set TIEXIN_DATA", "npm install ")


def _reason(call):
    """What a call of skip, skipif or importorskip says, as text; None where it is worked out elsewhere."""
    name = getattr(call.func, "attr", "")
    if name == "skip":
        said = call.args[0] if call.args else None
    elif name in {"skipif", "importorskip"}:
        said = next((keyword.value for keyword in call.keywords if keyword.arg == "reason"), ast.Constant(""))
    else:
        return None
    if isinstance(said, ast.JoinedStr):
        return "".join(part.value for part in said.values if isinstance(part, ast.Constant))
    return said.value if isinstance(said, ast.Constant) else None


def test_a_skip_says_how_to_get_what_is_missing():
    """One sentence, with a command or a place."""
    for path in _FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            reason = _reason(node) if isinstance(node, ast.Call) else None
            if isinstance(reason, str):
                says_how = ": " in reason and any(means in reason for means in _MEANS)

                assert says_how, f"{path.name}:{node.lineno}: {reason!r}"
