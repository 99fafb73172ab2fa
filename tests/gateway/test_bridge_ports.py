"""The bridge's port: opened alone, found again; what stands in the way is one sentence."""

import asyncio
import errno
import termios
from types import SimpleNamespace

import pytest
import serial

from gateway import usb_ports
from gateway.bridge_ports import AUTO, BridgePorts
from gateway.config import SerialConfig
from gateway.errors import SetUpError
from gateway.trace import Trace
from tests.gateway.rig import FakeBridge


def ports(path, *, wait=False, told=None):
    """The ports of that configuration; told: the texts of what is wrong."""
    said = [] if told is None else told
    return BridgePorts(SerialConfig(str(path), wait=wait, baud=115_200), Trace(lambda _, facts: said.append(facts)))


@pytest.fixture
def bridge(tmp_path):
    """A bridge on a pty."""
    made = FakeBridge(tmp_path / "tty")
    yield made
    made.pull_out()


def test_a_port_in_use_is_said_in_one_sentence(bridge):
    """Opened for ourselves alone."""
    first = ports(bridge.link).open_named()

    with pytest.raises(SetUpError, match="in use by another program"):
        ports(bridge.link).open_named()
    first.close()


def test_a_missing_port_is_said_in_one_sentence(tmp_path):
    """Where, and what to do; with wait = true it is waited for, and a check still says it."""
    with pytest.raises(SetUpError, match="no such serial port; plug the bridge in"):
        ports(tmp_path / "none").open_named()
    assert ports(tmp_path / "none", wait=True).open_named() is None
    with pytest.raises(SetUpError, match="no such serial port; plug the bridge in"):
        ports(tmp_path / "none", wait=True).check()


def test_something_else_under_that_name_is_said(tmp_path):
    """A plain file is no serial port."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SetUpError, match="does not open as a serial port"):
        ports(tmp_path / "file").open_named()


def test_a_port_that_is_pulled_as_it_is_opened_is_said(tmp_path, monkeypatch):
    """Pyserial sets the line up and empties it: what fails there is no OSError, and ended the gateway."""
    path = tmp_path / "bridge"
    path.touch()

    def pulled(*_, **__):
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(serial, "Serial", pulled)
    told = []

    assert asyncio.run(ports(path, wait=True, told=told).open_any()) is None
    assert "Input/output error" in told[0]["text"]


def test_a_check_leaves_the_port_to_others(bridge):
    """Whoever comes next may open it."""
    ports(bridge.link).check()

    ports(bridge.link).open_named().close()


def test_a_port_that_was_silent_comes_last(bridge, monkeypatch, tmp_path):
    """Of two that open the other is taken; one that does not open is told and passed over."""
    silent = FakeBridge(tmp_path / "silent")
    there = [SimpleNamespace(vid=0x303A, device=str(path)) for path in (tmp_path / "gone", silent.link, bridge.link)]
    monkeypatch.setattr(usb_ports.list_ports, "comports", lambda: there)
    told = []
    auto = ports(AUTO, told=told)
    opened = [asyncio.run(auto.open_any())]
    auto.was_silent(str(silent.link))
    opened[0].close()
    opened.append(asyncio.run(auto.open_any()))
    opened[1].close()
    silent.pull_out()

    assert [port.port for port in opened] == [str(silent.link), str(bridge.link)]
    assert str(tmp_path / "gone") in told[0]["text"]


def test_no_port_at_all_is_said(monkeypatch):
    """Nothing is plugged in: the gateway looks again, a check says what to do."""
    monkeypatch.setattr(usb_ports.list_ports, "comports", list)
    told = []

    assert asyncio.run(ports(AUTO, told=told).open_any()) is None
    assert [facts["about"] for facts in told] == ["bridge"]
    with pytest.raises(SetUpError, match="plug the bridge in"):
        ports(AUTO).check()
