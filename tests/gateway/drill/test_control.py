"""The small door: only for who may, only a drill's pendant, and nothing stays cut."""

import asyncio
import json
import os
import stat

import pytest

from gateway.audit import Audit, read_trail
from gateway.clock import Clock
from gateway.config import load
from gateway.drill.control import DRILL_ID, MOST_CUT_S, NAME, Control
from gateway.drill.drill import hold
from gateway.drill.line import Line
from gateway.drill.pendant import Pendant
from gateway.errors import SetUpError
from gateway.record import ALARM, EVENT
from gateway.registry import Registry
from gateway.trace import Trace
from shared import framing, words
from tests.gateway.helpers import a_record
from tests.gateway.rig import FakePendant, config, registry

KEY = bytes(16)


class FakeUplink:
    """Notes what is asked of it."""

    def __init__(self):
        self.is_connected = True
        self.asked = []

    def cut(self, seconds):
        """Cut."""
        self.asked.append(("cut", seconds))

    def mend(self):
        """Mend."""
        self.asked.append("mend")


def at_the_door(directory, visit):
    """Let visit(control, line) happen at an open door; what it returns."""

    async def run():
        known = Registry(registry(directory, FakePendant()))
        known.refresh()
        steps, sent = [], []
        clock = Clock(is_trusted=lambda: True)
        audit = Audit(directory, clock)
        control = Control(
            data_dir=directory, registry=known, uplink=FakeUplink(), audit=audit,
            send=lambda air, **how: sent.append(air) or True, about={"gateway": "gw"}, alarms_waiting=lambda: 2,
            trace=Trace(lambda step, facts: steps.append(step)),
        )  # fmt: skip
        control.known, control.sent, control.steps, control.taken = known, sent, steps, []
        control.heard = lambda rssi_dbm, air: control.taken.append(air)
        door = asyncio.create_task(control.run())
        line = Line(directory)
        try:
            assert await line.open_within(5)
            return await visit(control, line)
        finally:
            line.close()
            door.cancel()
            await asyncio.gather(door, return_exceptions=True)
            audit.close()

    return asyncio.run(asyncio.wait_for(run(), 20))


def test_only_its_user_may_knock(tmp_path):
    """The socket's own mode is the guard; who came is put down; at the end it is gone."""

    async def visit(control, line):
        return stat.S_IMODE((tmp_path / NAME).stat().st_mode)

    assert at_the_door(tmp_path, visit) == 0o600
    assert not (tmp_path / NAME).exists()
    (entry,) = read_trail(tmp_path, 9)
    assert (entry.action, entry.about, entry.outcome) == ("drill", "gw", "goes on")
    assert entry.actor.startswith("shell:")


def test_it_works_however_deep_the_folder_lies(tmp_path):
    """A Unix socket's path has 107 bytes at most; a data_dir may have more."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)

    async def visit(control, line):
        return await line.ask(do="mend")

    assert at_the_door(deep, visit) == {"done": "mend"}


def test_a_cut_is_bounded_and_mended(tmp_path):
    """By a real alarm at once; and when the drill goes, however it goes."""

    async def visit(control, line):
        await line.ask(do="cut", seconds=3_600)
        control.stored(a_record(lane=EVENT))
        control.stored(a_record(lane=ALARM))
        line.close()
        uplink = control._uplink
        while len(uplink.asked) < 3:
            await asyncio.sleep(0.01)
        return uplink.asked

    assert at_the_door(tmp_path, visit) == [("cut", MOST_CUT_S), "mend", "mend"]


def test_only_the_drill_s_frames_go_in_and_out(tmp_path):
    """Another pendant's frame is not taken from this door; what is meant for others goes into the air."""
    guest, other = Pendant(DRILL_ID, KEY), FakePendant()

    async def visit(control, line):
        heard = []
        line.on_air = heard.append
        await line.ask(do="enrol", key=KEY.hex())
        for one in (other, guest):
            air = one.event(words.HELP_REQUESTED)
            line.tell(do="line", bytes=framing.encode(framing.HEARD, bytes(7) + air).hex())
        await line.ask(do="mend")
        down = b"\x01\x81" + DRILL_ID + bytes(20)
        assert control.send(down)
        assert control.send(b"\x01\x81" + other.id + bytes(20), is_urgent=False)
        while not heard:
            await asyncio.sleep(0.01)
        assert heard == [down]
        assert [air[2:8] for air in control.sent] == [other.id]
        assert control.known.get(DRILL_ID).is_guest
        assert len(control.known) == 1
        return [air[2:8] for air in control.taken]

    assert at_the_door(tmp_path, visit) == [DRILL_ID]


def test_its_confirmations_are_told(tmp_path):
    """Of the drill's own alarms only."""

    async def visit(control, line):
        told = []
        line.on_confirmed = told.append
        control.confirmed(a_record(seq=1))
        control.confirmed(a_record(seq=2)._replace(sender=DRILL_ID))
        while not told:
            await asyncio.sleep(0.01)
        return told

    assert at_the_door(tmp_path, visit) == [f"{DRILL_ID.hex()}-1-2"]


@pytest.mark.parametrize(
    "said",
    [b"rubbish\n", b"[]\n", b"5\n", b"{}\n", b'{"do": "dance"}\n', b'{"do": "enrol", "key": "zz"}\n',
     b'{"do": "enrol", "key": "00"}\n', b'{"do": "cut"}\n', b'{"do": "cut", "seconds": "x"}\n',
     b'{"do": "line", "bytes": 5}\n', b"x" * 10_000 + b"\n"],
)  # fmt: skip
def test_rubbish_is_refused_and_the_door_stays(tmp_path, said):
    """One line back, the visitor goes, the next one is served."""

    async def visit(control, line):
        folder = os.open(tmp_path, os.O_RDONLY)
        reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{NAME}")
        writer.write(said)
        answer = json.loads(await reader.readline())
        writer.close()
        os.close(folder)
        assert await line.ask(do="mend") == {"done": "mend"}
        return answer

    assert "refused" in at_the_door(tmp_path, visit)


def test_a_folder_that_takes_no_socket_stops_no_gateway(tmp_path):
    """It says so, and serves on."""

    async def run():
        steps = []
        control = Control(
            data_dir=tmp_path / "gone", registry=None, uplink=None, audit=None, send=None, about={}, alarms_waiting=int,
            trace=Trace(lambda step, facts: steps.append(step)),
        )  # fmt: skip
        task = asyncio.create_task(control.run())
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        return steps

    assert asyncio.run(run()) == ["no-control"]


def test_nobody_at_home_is_said_in_a_sentence(tmp_path):
    """No gateway, or one that was killed and has left its socket."""
    with pytest.raises(SetUpError, match="no gateway runs here"):
        asyncio.run(Line(tmp_path).open())


def test_no_drill_while_somebody_may_need_help(tmp_path):
    """Alarms wait for the broker: the drill says so and does nothing."""

    async def visit(control, line):
        path = config(tmp_path, 1, "/dev/null")
        path.write_text(path.read_text().replace('data_dir = "data"', f'data_dir = "{tmp_path}"'))
        with pytest.raises(SetUpError, match="2 alarms wait"):
            await hold(load(path), 10, lambda text: None)
        return control._uplink.asked

    assert [asked for asked in at_the_door(tmp_path, visit) if asked != "mend"] == []
