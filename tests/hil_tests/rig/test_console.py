"""A console's lines are each read once, in their order, on both benches; its log is whole at any moment."""

import os
import time
from types import SimpleNamespace

import pytest

from hil_tests.rig.console_port import ConsolePort
from hil_tests.rig.log import Log
from hil_tests.rig.virtual_parts import Console as VirtualPart
from hil_tests.virtual.clock import Clock
from hil_tests.virtual.console import Console


@pytest.fixture
def wire(tmp_path):
    """A port that a test writes to: (say, console, path of the log)."""
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    home = SimpleNamespace(log=Log(), now_s=time.monotonic)
    log = tmp_path / "console.log"
    with ConsolePort(home, os.ttyname(theirs), log) as console:
        until_s = time.monotonic() + 20
        while not (log.exists() and log.stat().st_size) and time.monotonic() < until_s:
            os.write(ours, b"\n")  # what comes before it has opened the port is lost
            time.sleep(0.05)
        yield lambda data: os.write(ours, data), console, log
    os.close(ours)
    os.close(theirs)


def test_two_lines_of_one_breath_are_two_on_a_virtual_board(tmp_path):
    """They have one time, and the second was passed over."""
    made = Console(Clock(), tmp_path / "console.log")
    part = VirtualPart(SimpleNamespace(pendant=SimpleNamespace(console=made)))
    made.feed(b"fell\r\nsaid\r\nfell\r\n")

    assert [part.expect(text, 1.0) for text in ("fell", "said", "fell")] == ["fell", "said", "fell"]
    with pytest.raises(AssertionError, match="no 'fell'"):
        part.expect("fell", 0.01)
    made.close()


def test_two_lines_of_one_breath_are_two_on_a_bench(wire):
    """As on a virtual board."""
    say, console, _ = wire
    say(b"fell\nsaid\nfell\n")

    assert [console.expect(text, 20.0) for text in ("fell", "said", "fell")] == ["fell", "said", "fell"]


def test_what_has_no_end_of_line_is_in_the_log_at_once_and_bounded(wire):
    """The last words of a board that died; a bridge's binary stream is no endless line."""
    say, console, log = wire
    say(b"panic")
    until_s = time.monotonic() + 20
    while not log.read_bytes().endswith(b"panic") and time.monotonic() < until_s:
        time.sleep(0.02)
    assert log.read_bytes().endswith(b"\npanic")
    for _ in range(3):
        say(b"x" * 2_000)
        time.sleep(0.1)

    assert console.expect("xxxx", 20.0).startswith("panicx")
