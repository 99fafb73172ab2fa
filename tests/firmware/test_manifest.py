"""What a board is given is what its modules import."""

import ast
from pathlib import Path

import pytest

from firmware import manifest
from tools.forest_file import ON_BOARD, SOURCE

_ROOT = Path(__file__).resolve().parents[2]


def imported(path):
    """The project's files that a file imports, as paths from the root."""
    found = set()
    for node in ast.walk(ast.parse((_ROOT / path).read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            file = name.replace(".", "/") + ".py"
            if name.split(".")[0] in {"firmware", "shared"} and (_ROOT / file).is_file():
                found.add(file)
    return found


@pytest.mark.parametrize(
    ("role", "board"), [("pendant", "m5stickc_plus2"), ("pendant", "xiao_c3"), ("bridge", "bridge_esp32")]
)
def test_nothing_that_is_imported_is_forgotten(role, board):
    """Every import of a file on the board leads to a file on the board, but for the other role's."""
    files = set(manifest.EVERY + manifest.ROLES[role] + manifest.BOARDS[board])
    others = {file for name, part in manifest.ROLES.items() if name != role for file in part}
    others.add(SOURCE)  # the detector's tables as a module: a board has them as a file
    missing = {name for file in files if file.endswith(".py") for name in imported(file)} - files - others

    assert missing == set()


def test_nothing_is_listed_that_is_not_there():
    """A renamed file is noticed here."""
    every = [manifest.EVERY, *manifest.ROLES.values(), *manifest.BOARDS.values()]
    missing = [file for part in every for file in part if not (_ROOT / file).is_file() and file != ON_BOARD]

    assert missing == []


def test_every_firmware_file_is_on_some_board():
    """What no board needs has no place in firmware/."""
    every = {file for part in (manifest.EVERY, *manifest.ROLES.values(), *manifest.BOARDS.values()) for file in part}
    there = {str(path.relative_to(_ROOT)) for path in (_ROOT / "firmware").rglob("*.py")}

    assert there - every == {"firmware/manifest.py"}
