"""The prompts of a real MicroPython: recognised, made to show themselves, and left."""

import asyncio
import os
import select
import signal
import subprocess
import time
import tty

import pytest

from gateway import bridge_prompt, serial_link
from gateway.config import SerialConfig
from gateway.serial_link import SerialLink
from gateway.trace import Trace
from tests.conftest import NO_VM, VM
from tests.gateway.test_serial_link import until
from tests.tools.flashing.bench import plugged, put_in_service

_WITHIN_S = 10.0
_SOFT_RESET = 5  # machine.SOFT_RESET
_PLAIN, _BLOCK, _RAW, _PASTE = b">>> ", b"... ", b"raw REPL; CTRL-B to exit\r\n>", b"=== "
_RUBBISH = bytes((0x84, 0x11, 0x00, 0x78, 0xFF))  # a line with an x in it


class Terminal:
    """The VM at a terminal; what it has said so far."""

    def __init__(self):
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.process = subprocess.Popen([str(VM)], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.said = b""

    def type(self, data):
        """Bytes for it."""
        os.write(self._master, data)

    def expect(self, wanted):
        """Read until it has said this."""
        end_s = time.monotonic() + _WITHIN_S
        while wanted not in self.said:
            assert time.monotonic() < end_s, self.said
            if select.select([self._master], [], [], 0.1)[0]:
                self.said += os.read(self._master, 4096)

    def close(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal():
    """A MicroPython at its prompt."""
    if not VM.exists():
        pytest.skip(NO_VM)
    made = Terminal()
    made.expect(_PLAIN)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("typed", "prompt"),
    [
        pytest.param(b"", _PLAIN, id="plain"),
        pytest.param(_RUBBISH, b"x", id="in the middle of a line"),
        pytest.param(b"if x:\r", _BLOCK, id="in a block"),
        pytest.param(b"\x01", _RAW, id="raw"),
        pytest.param(b"\x01" + _RUBBISH, _RAW, id="raw, in the middle of something"),
        pytest.param(b"\x05", _PASTE, id="paste"),
        pytest.param(b"\x05" + _RUBBISH, _PASTE, id="paste, in the middle of something"),
        pytest.param(b"a\x1b", b"a", id="in an escape sequence"),
        pytest.param(b"a\x1b[1", b"a", id="deep in an escape sequence"),
    ],
)
def test_a_prompt_is_recognised_and_left(terminal, typed, prompt):
    """Whatever was typed: the plain prompt's end is a soft reset, which ends this VM."""
    terminal.type(typed)
    terminal.expect(prompt)
    assert bridge_prompt.is_there(terminal.said)

    terminal.type(bridge_prompt.LEAVE)

    assert terminal.process.wait(_WITHIN_S) == 0


@pytest.mark.parametrize(
    ("typed", "prompt"),
    [
        pytest.param(b"", _PLAIN, id="plain"),
        pytest.param(_RUBBISH, _PLAIN, id="in the middle of a line"),
        pytest.param(b"(", _BLOCK, id="in brackets"),
        pytest.param(b"\x01", _PLAIN, id="raw"),
        pytest.param(b"\x01" + _RUBBISH, _PLAIN, id="raw, in the middle of something"),
        pytest.param(b"\x05", _PASTE, id="paste"),
    ],
)
def test_a_prompt_shows_itself(terminal, typed, prompt):
    """To who has come later and knows nothing of what was said."""
    terminal.type(typed + bridge_prompt.SHOW)
    terminal.expect(prompt)
    terminal.said = terminal.said.partition(_PLAIN)[2]
    terminal.expect(prompt)

    assert bridge_prompt.is_there(terminal.said)


def test_what_has_been_left_is_not_there():
    """A start prints no prompt; one that ends at a prompt again does."""
    banner = b"MicroPython v1.29.0 on 2026-09-01; Generic ESP32 module with ESP32\r\n>>> "

    assert not bridge_prompt.is_there(b"")
    assert not bridge_prompt.is_there(b"ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET)\r\n")
    assert not bridge_prompt.is_there(banner + b"\r\nMPY: soft reboot\r\n")
    assert bridge_prompt.is_there(banner + b"\r\nMPY: soft reboot\r\n" + banner)


def test_a_bridge_that_was_interrupted_serves_again(tmp_path, monkeypatch):
    """The real firmware on a virtual board: Ctrl-C ends it, the gateway sees the prompt and starts it."""
    if not VM.exists():
        pytest.skip(NO_VM)
    monkeypatch.setattr(serial_link, "SILENT_S", 3.0)
    told = []

    async def run(board):
        link = SerialLink(SerialConfig(board.port, wait=True, baud=115_200), Trace(lambda *step: told.append(step)))
        task = asyncio.create_task(link.run())
        await until(lambda: link.is_up, 20)
        board.interrupt()
        await until(lambda: board.lives[-1].main_ended is not None, 20)
        link.send(b"the rest of what Ctrl-C was in")
        await until(lambda: not link.is_up, 20)
        await until(lambda: link.is_up, 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with plugged(tmp_path, "bridge_esp32") as (_, (board,)):
        put_in_service(board, tmp_path, role="bridge")
        asyncio.run(run(board))
        causes = [life.reset_cause for life in board.lives]

    assert causes[-1] == _SOFT_RESET
    # On a busy machine the silence is told, too: that is another trouble.
    assert [step for step, facts in told if facts.get("about") == "bridge-prompt"] == ["trouble", "well"]
