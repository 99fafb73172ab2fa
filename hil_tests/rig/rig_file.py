"""Without this file a wrong line about the bench would show itself as a test that fails at midnight.

`load(path)` reads the TOML file that says what a bench has (hil_tests/rig.example.toml) or ends the run with one
sentence: which key, what is wrong, what to do.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_USAGE = 4  # pytest's exit code for a wrong call
_MOST_LATE_MS = 1_000


@dataclass(frozen=True)
class Bench:
    """What is on the bench; relative paths are meant from the file's folder."""

    board: str  # the pendant's board, as in firmware/boards
    record: dict[str, Any]  # id and key, as make flash wrote them
    helper_port: Path
    bridge_port: Path
    console_port: Path | None
    motion: str  # "none", "arm" or "person"
    motor_line: str  # the watched line at the motor or buzzer
    led_line: str
    led_colour: str
    late_ms: int  # how late the pendant may be run, for whatever is read from its edges: a real board never is


def load(path: Path) -> Bench:
    """Read and check the file."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        _end(f"{path}: cannot be read ({fault.strerror}); name the rig's file with --rig-file.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        _end(f"{path}: is not TOML ({fault}).")
    home = path.parent
    bench = Bench(
        board=_text(path, said, "pendant", "board"),
        record=_record(home / _text(path, said, "pendant", "record")),
        helper_port=home / _text(path, said, "helper", "port"),
        bridge_port=home / _text(path, said, "bridge", "port"),
        console_port=home / said["pendant"]["console"] if "console" in said["pendant"] else None,
        motion=_text(path, said, "motion", "kind", "none"),
        motor_line=_text(path, said, "helper", "motor", "motor"),
        led_line=_text(path, said, "helper", "led", "led"),
        led_colour=_text(path, said, "pendant", "led_colour", "red"),
        late_ms=_count(path, said, "pendant", "late_ms", 0),
    )
    if bench.motion not in {"none", "arm", "person"}:
        _end(f'{path}: [motion] kind is "{bench.motion}"; write none, arm or person.')
    return bench


def _record(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        record["id"], record["key"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        _end(f"{path}: is no record of a pendant ({fault}); name the file in flashed/records that make flash wrote.")
    return record


def _text(path: Path, said: dict[str, Any], section: str, key: str, default: str | None = None) -> str:
    value = said.get(section, {}).get(key, default)
    if not isinstance(value, str) or not value:
        _end(f'{path}: [{section}] needs {key} = "..."; hil_tests/rig.example.toml shows one.')
    return value


def _count(path: Path, said: dict[str, Any], section: str, key: str, default: int) -> int:
    value = said.get(section, {}).get(key, default)
    if type(value) is not int or not 0 <= value <= _MOST_LATE_MS:
        _end(f"{path}: [{section}] {key} is {value!r}; write a number from 0 to {_MOST_LATE_MS}.")
    return value


def _end(sentence: str) -> Any:
    pytest.exit(sentence, _USAGE)
