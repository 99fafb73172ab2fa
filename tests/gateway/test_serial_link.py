"""The line to the bridge: opened alone, read in any pieces, found again."""

import asyncio
import os
from contextlib import asynccontextmanager

import pytest

from gateway import serial_link
from gateway.config import SerialConfig
from gateway.errors import SetUpError
from gateway.serial_link import SerialLink
from gateway.trace import Trace
from shared import framing, words
from tests.gateway.rig import FakeBridge, FakePendant


@asynccontextmanager
async def running(bridge, told):
    """A link that runs, and what it has heard."""
    link = SerialLink(SerialConfig(str(bridge.link), wait=True, baud=115_200), Trace(lambda *step: told.append(step)))
    heard = []
    link.heard = lambda rssi_dbm, air: heard.append((rssi_dbm, air))
    task = asyncio.create_task(link.run())
    try:
        yield link, heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(look, within_s=5.0):
    """Back when look() gives something true."""
    for _ in range(int(within_s / 0.01)):
        if look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come in time")


@pytest.fixture
def bridge(tmp_path):
    """A bridge on a pty."""
    made = FakeBridge(tmp_path / "tty")
    yield made
    if made.is_in:
        made.pull_out()


def test_frames_come_whole_in_whatever_pieces(bridge):
    """Byte by byte, with rubbish between: each whole frame is heard once, with its strength."""
    air = FakePendant().event(words.FALL_SUSPECTED)
    line = framing.encode(framing.HEARD, air[2:8] + b"\xce" + air)

    async def run():
        async with running(bridge, []) as (link, heard):
            await until(lambda: link.is_up)
            bridge.write(b"ets Jul 29 2019 12:21:46\r\nrst:0x1\x00")
            for byte in line:
                bridge.write(bytes((byte,)))
            bridge.write(line[: len(line) // 2] + b"\x00")
            bridge.write(line)
            await until(lambda: len(heard) == 2)
            assert heard == [(-50, air)] * 2

    asyncio.run(run())


def test_a_frame_for_the_air_reaches_the_bridge(bridge):
    """Framed, by broadcast."""

    async def run():
        async with running(bridge, []) as (link, _):
            await until(lambda: link.is_up)
            assert link.send(b"sealed")
            await until(lambda: bridge.sent == [b"sealed"])

    asyncio.run(run())


def test_without_a_bridge_nothing_is_sent(tmp_path):
    """And it is said, not pretended."""
    link = SerialLink(SerialConfig(str(tmp_path / "none"), wait=True, baud=115_200), Trace(lambda *step: None))

    assert not link.send(b"x")


def test_a_pulled_bridge_is_found_again(bridge):
    """Pulled and plugged, under another number: heard again, told once each way."""
    told = []

    async def run():
        async with running(bridge, told) as (link, heard):
            await until(lambda: link.is_up)
            bridge.pull_out()
            await until(lambda: not link.is_up)
            await asyncio.sleep(0.1)
            bridge.plug_in()
            await until(lambda: link.is_up)
            bridge.air(FakePendant().event(words.FALL_SUSPECTED))
            await until(lambda: heard)

    asyncio.run(run())

    assert [step for step, _ in told if step in {"trouble", "well"}] == ["trouble", "well"]


def test_silence_is_noticed_and_the_port_opened_anew(bridge, monkeypatch):
    """A bridge that says nothing is asked, then the port is opened again."""
    monkeypatch.setattr(serial_link, "SILENT_S", 0.1)
    monkeypatch.setattr(serial_link, "REOPEN_AFTER_S", 0.3)
    told = []

    async def run():
        bridge.hello = lambda: None
        async with running(bridge, told):
            await until(lambda: [step for step, _ in told].count("serial-open") >= 2)

    asyncio.run(run())

    assert any("no bridge has said hello" in facts.get("text", "") for _, facts in told)


def test_a_bridge_of_another_version_is_named(bridge):
    """Clear words instead of silence."""
    told = []

    async def run():
        bridge.hello = lambda: bridge.write(framing.encode(framing.HELLO, bytes((9,)) + bytes(16)))
        async with running(bridge, told) as (link, _):
            await until(lambda: any("flash it again" in facts.get("text", "") for _, facts in told))
            assert not link.is_up

    asyncio.run(run())


def test_a_port_in_use_is_said_in_one_sentence(bridge):
    """Opened for ourselves alone."""
    config = SerialConfig(str(bridge.link), wait=False, baud=115_200)
    first = SerialLink(config, Trace(lambda *step: None))
    first.open_first()

    with pytest.raises(SetUpError, match="in use by another program"):
        SerialLink(config, Trace(lambda *step: None)).open_first()
    first._close()


def test_a_missing_port_is_said_in_one_sentence(tmp_path):
    """Where, and what to do."""
    config = SerialConfig(str(tmp_path / "none"), wait=False, baud=115_200)

    with pytest.raises(SetUpError, match="no such serial port; plug the bridge in"):
        SerialLink(config, Trace(lambda *step: None)).open_first()


def test_something_else_under_that_name_is_said(tmp_path):
    """A plain file is no serial port."""
    (tmp_path / "file").write_text("")
    config = SerialConfig(str(tmp_path / "file"), wait=False, baud=115_200)

    with pytest.raises(SetUpError, match="does not open as a serial port"):
        SerialLink(config, Trace(lambda *step: None)).open_first()


def test_a_bridge_that_takes_nothing_costs_no_memory(bridge):
    """What it does not take is bounded; later frames are refused, and the pendant hears no false word."""

    async def run():
        async with running(bridge, []) as (link, _):
            await until(lambda: link.is_up)
            link._write = lambda: None
            answers = [link.send(os.urandom(200)) for _ in range(200)]
            assert answers[0]
            assert not answers[-1]
            assert len(link._unsent) < serial_link.MOST_UNSENT_BYTES + 400

    asyncio.run(run())
