"""Every command is a file of its own that the list names."""

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gateway.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_file_and_a_help(name):
    """Registered under its own name, with one sentence of help."""
    command = importlib.import_module(COMMANDS[name]).command

    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help or isinstance(command, click.Group)


def test_no_file_is_forgotten():
    """What lies in cli/ and has a command is registered."""
    known = set(COMMANDS.values())
    for path in (ROOT / "gateway" / "cli").glob("*.py"):
        module = f"gateway.cli.{path.stem}"
        if hasattr(importlib.import_module(module), "command"):
            assert module in known


def test_a_command_loads_only_what_it_needs():
    """To forget a pendant no broker's library and no web server is loaded."""
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gateway", "forget", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip

    assert "gateway.enrol" in said
    assert "paho" not in said
    assert "aiohttp" not in said
