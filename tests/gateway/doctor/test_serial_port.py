"""What is at the other end of the serial line, told apart."""

import contextlib
import os
import select
import sqlite3
import termios
import threading
import tty
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial

from gateway import presence_tables, tables, usb_ports
from gateway.config import SerialConfig
from gateway.doctor import serial_port
from gateway.presence_news import BRIDGE
from shared import framing
from tests.gateway.rig import FakeBridge


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A test does not wait six seconds for nobody."""
    monkeypatch.setattr(serial_port, "WAIT_S", 2.0)


@pytest.fixture
def board(tmp_path):
    """A board at a pty that says something over and over."""
    ends, talking = [], []
    done = threading.Event()

    def make(said):
        master, slave = os.openpty()
        tty.setraw(slave)
        tty.setraw(master)
        ends.append((master, slave))

        def talk():
            while said and not done.wait(0.05):
                if select.select([], [master], [], 0)[1]:
                    os.write(master, said)

        talking.append(threading.Thread(target=talk, daemon=True))
        talking[-1].start()
        return os.ttyname(slave)

    yield make
    done.set()
    for thread in talking:
        thread.join()  # or it would talk into the next test's line, which gets the same number
    for master, slave in ends:
        os.close(slave)
        os.close(master)


def found(port, *, is_running=False, data_dir=Path("nowhere")):
    """What the doctor finds there."""
    config = SimpleNamespace(serial=SerialConfig(str(port), wait=False, baud=115_200), data_dir=data_dir)
    finding = serial_port.look(config, is_running=is_running)
    assert all(finding.text(language) for language in ("zh", "en"))
    return finding


def test_a_bridge_answers(tmp_path):
    """With its firmware and its channel."""
    bridge = FakeBridge(tmp_path / "tty")
    finding = found(tmp_path / "tty")
    bridge.pull_out()

    assert finding.code == "serial_well"
    assert "firmware 0.1.0, channel 6" in finding.text("en")


def test_no_such_port(tmp_path):
    """What is there instead is said."""
    assert found(tmp_path / "none").code == "serial_missing"


def test_a_port_in_use(board):
    """By somebody else; the gateway's own hold on it is no fault."""
    port = board(b"")
    with serial.Serial(port, exclusive=True):
        assert found(port).code == "serial_busy"
    assert found(port, is_running=True).code == "serial_in_use_by_us"


def test_a_port_that_is_pulled_as_it_is_opened(board, monkeypatch):
    """What pyserial raises there is no OSError: a finding, no traceback."""
    port = board(b"")

    def pulled(*_, **__):
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(serial_port.serial, "Serial", pulled)

    assert found(port).code == "serial_not_one"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not open the port: run it as root")
def test_a_port_that_is_not_allowed(board):
    """The group to join is named."""
    port = board(b"")
    Path(port).chmod(0o660)
    os.chown(port, 0, 20)
    os.seteuid(65534)
    try:
        finding = found(port)
    finally:
        os.seteuid(0)

    assert finding.code == "serial_denied"
    assert "usermod -aG" in finding.text("en")


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (b"", "serial_silent", "no bridge has answered"),
        (b"ets Jun  8 2016 rst:0x1 MicroPython REPL >>> \r\n", "serial_wrong_firmware", "MicroPython REPL"),
        (
            framing.encode(framing.HELLO, bytes((99, 0, 1, 0, 6)) + bytes(12)),
            "serial_wrong_version",
            "speaks version 99",
        ),
    ],
)
def test_not_our_bridge(board, said, code, words):
    """Silence, another program, another version: each has its own remedy."""
    finding = found(board(said))

    assert finding.code == code
    assert words in finding.text("en")
    assert "make flash ROLE=bridge" in finding.text("en")


def test_not_a_serial_port(tmp_path):
    """A file."""
    (tmp_path / "file").write_text("")

    assert found(tmp_path / "file").code == "serial_not_one"


def test_auto_without_any(monkeypatch):
    """Nothing is plugged in."""
    monkeypatch.setattr(usb_ports.list_ports, "comports", list)

    assert found("auto").code == "serial_none"


def test_a_running_gateway_without_any_port(monkeypatch, tmp_path):
    """All is not well because a gateway runs: it has nothing to hear with."""
    monkeypatch.setattr(usb_ports.list_ports, "comports", list)

    assert found("auto", is_running=True).code == "serial_none"
    assert found(tmp_path / "none", is_running=True).code == "serial_missing"


def test_a_running_gateway_that_no_bridge_answers(board, tmp_path):
    """It holds the port and has told that nobody says hello there; once told as found, all is well."""
    port = board(b"")
    with contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as db:
        db.executescript(f"PRAGMA user_version = {tables.FORMAT}; {presence_tables.SCHEMA}")
        presence_tables.note_told(db, BRIDGE, is_missing=True)
        db.commit()
        assert found(port, is_running=True, data_dir=tmp_path).code == "serial_unheard"

        presence_tables.note_told(db, BRIDGE, is_missing=False)
        db.commit()
    assert found(port, is_running=True, data_dir=tmp_path).code == "serial_in_use_by_us"
