"""The line to the bridge: opened alone, read in any pieces, found again."""

import asyncio
import os
from contextlib import asynccontextmanager

import pytest

from gateway import bridge_prompt, serial_link, usb_ports
from gateway.config import SerialConfig
from gateway.serial_link import SerialLink
from gateway.trace import Trace
from shared import bundle, framing, known, words
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


def able_hello():
    """A hello of a bridge that understands the short forms."""
    return framing.encode(framing.HELLO, bytes((1, 0, 1, 0, 6)) + bytes(12) + bytes((framing.SHORT_FORMS,)))


def test_a_bridge_that_is_able_is_allowed_and_spoken_to_shortly(bridge):
    """With each hello; what it sends together is heard one by one, and what is for the air goes without an address."""
    came = []
    took = bridge._decoder.feed
    alarms = [FakePendant().event(words.FALL_SUSPECTED) for _ in range(3)]

    async def run():
        async with running(bridge, []) as (link, heard):
            await until(lambda: link.is_up)
            bridge._decoder.feed = lambda chunk: came.extend(took(chunk)) or []
            for count in (1, 2):
                bridge.write(able_hello())
                await until(lambda count=count: came.count((framing.ALLOW, b"\x01")) == count)
            bridge.write(framing.encode(framing.ALARMS, b"".join(bundle.item(-50, air) for air in alarms)))
            await until(lambda: len(heard) == 3)
            assert heard == [(-50, air) for air in alarms]
            link.send(b"sealed")
            await until(lambda: (framing.SEND_ALL, b"sealed") in came)

    asyncio.run(run())


def test_a_bridge_of_before_is_spoken_to_as_before(bridge):
    """No abilities, nothing allowed; also after an abler one was there: another firmware may have been flashed."""
    came = []
    took = bridge._decoder.feed

    async def run():
        async with running(bridge, []) as (link, _):
            await until(lambda: link.is_up)
            bridge._decoder.feed = lambda chunk: came.extend(took(chunk)) or []
            bridge.write(able_hello())
            await until(lambda: (framing.ALLOW, b"\x01") in came)
            bridge.hello()
            await until(lambda: link.send(b"sealed") and (framing.SEND, b"\xff" * 6 + b"sealed") in came)
            assert came.count((framing.ALLOW, b"\x01")) == 1

    asyncio.run(run())


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 41, b"x" * 43, b"x" * 83, b"x" * 279])
def test_a_bundle_that_does_not_come_out_even_is_no_alarm(bridge, body):
    """Nothing is heard, nothing breaks, it is counted as damaged, the next one is heard."""
    air = FakePendant().event(words.FALL_SUSPECTED)

    async def run():
        async with running(bridge, []) as (link, heard):
            await until(lambda: link.is_up)
            bridge.write(framing.encode(framing.ALARMS, body))
            bridge.write(framing.encode(framing.ALARMS, bundle.item(-50, air)))
            await until(lambda: heard)
            assert heard == [(-50, air)]
            assert link.damaged == 1

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


def test_the_bridge_is_told_whose_frames_are_worth_the_line(bridge):
    """With its hello, in one message; a gateway without pendants says nothing, and everybody passes."""
    told = []
    bridge.on_known = told.append
    ours = [bytes((2, 0, 0, 0, 0, number)) for number in range(3)]

    async def run():
        async with running(bridge, []) as (link, _):
            link.known_pendants = lambda: ours
            await until(lambda: link.is_up)
            bridge.hello()
            await until(lambda: told)

    asyncio.run(run())

    assert all(known.may_contain(told[-1], pendant) for pendant in ours)
    assert not known.may_contain(told[-1], b"others")


def test_a_bridge_on_another_channel_than_configured_is_moved(bridge):
    """At each hello, so also after it was pulled out; that it has moved is told once."""
    told, steps = [], []
    bridge.on_channel = told.append

    async def run():
        config = SerialConfig(str(bridge.link), wait=True, baud=115_200, channel=11)
        link = SerialLink(config, Trace(lambda *step: steps.append(step)))
        task = asyncio.create_task(link.run())
        await until(lambda: told)
        bridge.write(framing.encode(framing.HELLO, bytes((1, 0, 1, 0, 11)) + bytes(12)))
        await until(lambda: any(step == "bridge-channel" for step, _ in steps))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())

    assert told[0] == b"\x0b"
    assert [facts for step, facts in steps if step == "bridge-channel"] == [{"channel": 11, "before": 6}]


_PROMPT = b"MicroPython v1.29.0 on 2026-09-01; Generic ESP32 module with ESP32\r\n>>> "
_BOOTS = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET)\r\n" * 3


@pytest.mark.parametrize("printed", [b"MPY: soft reboot\r\n" + _PROMPT, _BOOTS])
def test_a_board_that_is_no_bridge_is_named(bridge, monkeypatch, printed):
    """It talks, but not our language: what it prints is shown, and what to do. One at a prompt is started once."""
    monkeypatch.setattr(serial_link, "SILENT_S", 0.2)
    told, came = [], []

    async def run():
        bridge.hello = lambda: bridge.write(printed)
        bridge._decoder.feed = lambda chunk: came.append(chunk) or []
        async with running(bridge, told):
            for _ in range(30):
                bridge.write(printed)
                await asyncio.sleep(0.02)
            await until(lambda: any(facts.get("about") == "bridge" for _, facts in told))

    asyncio.run(run())

    (text,) = [facts["text"] for step, facts in told if facts.get("about") == "bridge"]
    assert "another program" in text
    assert "flash it as a bridge" in text
    assert b"".join(came).count(bridge_prompt.LEAVE) == (_PROMPT in printed)


def test_a_bridge_at_a_prompt_is_started_anew(bridge, monkeypatch):
    """Each time that it has come to one; the first hello after it ends the trouble."""
    monkeypatch.setattr(serial_link, "SILENT_S", 0.2)
    told, came = [], []
    hello, took = bridge.hello, bridge._decoder.feed

    async def run():
        async with running(bridge, told) as (link, _):
            await until(lambda: link.is_up)
            bridge.hello = lambda: None
            bridge._decoder.feed = lambda chunk: came.append(chunk) or took(chunk)
            for times in (1, 2):
                bridge.write(b"KeyboardInterrupt: \r\n" + _PROMPT)
                await until(lambda times=times: b"".join(came).count(bridge_prompt.LEAVE) == times)
                assert not link.is_up
                bridge.write(b"\x00")  # with which a bridge begins: what the boot has printed ends here
                hello()
                await until(lambda: link.is_up)

    asyncio.run(run())

    steps = [(step, facts["about"]) for step, facts in told if facts.get("about") == "bridge-prompt"]
    assert steps == [("trouble", "bridge-prompt"), ("well", "bridge-prompt")] * 2


def test_what_a_silent_bridge_has_said_is_no_other_program(bridge, monkeypatch):
    """Its last frames are text to nobody."""
    monkeypatch.setattr(serial_link, "SILENT_S", 0.2)
    told = []

    async def run():
        async with running(bridge, told) as (link, _):
            await until(lambda: link.is_up)
            bridge.hello = lambda: None
            for _ in range(20):
                bridge.write(framing.encode(framing.LOG, b"the radio's ring was torn"))
            await until(lambda: any("no bridge has said hello" in facts.get("text", "") for _, facts in told))

    asyncio.run(run())

    assert not any("another program" in facts.get("text", "") for _, facts in told)


def test_any_usb_port_that_says_hello_will_do(bridge, monkeypatch, tmp_path):
    """With "auto" as its port the board is found under whatever name it has now; a silent one beside it is left."""
    silent = FakeBridge(tmp_path / "silent")
    silent.hello = lambda: None
    monkeypatch.setattr(serial_link, "SILENT_S", 0.2)
    monkeypatch.setattr(serial_link, "REOPEN_AFTER_S", 0.4)

    class Port:
        vid = 0x303A

        def __init__(self, path):
            self.device = str(path)

    ports = [Port(silent.link), Port(bridge.link)]
    monkeypatch.setattr(usb_ports.list_ports, "comports", lambda: ports)

    async def run():
        link = SerialLink(SerialConfig("auto", wait=True, baud=115_200), Trace(lambda *step: None))
        task = asyncio.create_task(link.run())
        await until(lambda: link.is_up)
        bridge.pull_out()
        ports[:] = [Port(silent.link)]
        await until(lambda: not link.is_up)
        bridge.link = tmp_path / "renumbered"
        bridge.plug_in()
        ports.append(Port(bridge.link))
        await until(lambda: link.is_up, within_s=8)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    silent.pull_out()
