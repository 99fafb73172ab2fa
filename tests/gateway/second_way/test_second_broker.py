"""The second broker gets what waits, when it is wanted, and forgets nothing of ours."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gateway import suspects
from gateway.events import Renderer
from gateway.record import ALARM
from gateway.second_way import second_broker as module
from gateway.second_way.second_broker import SecondBroker
from gateway.topics import Topics
from gateway.trace import Trace
from shared import words
from tests.gateway.helpers import NOON_MS, a_record, add, booked
from tests.gateway.rig import Platform, broker
from tests.gateway.running import broker_config
from tests.gateway.small_broker import SmallBroker


@asynccontextmanager
async def serving(book, port, version="auto"):
    """A second broker's session over that book."""
    made = SecondBroker(
        broker_config(port, version), Topics("tiexin", "home", "gw"), book.store,
        Renderer("home", "gw", lambda switch_on: NOON_MS), book.cases,
        lambda is_online: json.dumps({"online": is_online}).encode(), Trace(lambda *step: None),
    )  # fmt: skip
    made.confirmed = []
    made.on_confirmed = made.confirmed.append
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_it_gets_alarms_when_it_is_wanted_and_they_stay_in_the_store(tmp_path, version):
    """In their order, alarms only; what it has confirmed is noted and not sent to it again after a restart."""
    made = broker(tmp_path, version)
    made.start()

    async def live():
        platform = await asyncio.to_thread(Platform, made.port, 5 if version == "5" else 4)
        async with booked(tmp_path) as book:
            async with serving(book, made.port) as second:
                await book.until(lambda: second.is_connected)
                for seq in (1, 2):
                    await book.say(words.HELP_REQUESTED, seq)
                await book.say(words.BATTERY_LOW, 3)
                await asyncio.sleep(0.5)
                assert platform.events == []
                second.is_wanted = True
                await book.until(lambda: len(second.confirmed) == 2)
                await book.until(lambda: all(case.waiting_since_ms is None for case in book.cases.open()))
            async with serving(book, made.port) as second:
                second.is_wanted = True
                await book.until(lambda: second.is_connected)
                await book.say(words.HELP_REQUESTED, 4)
                await book.until(lambda: len(second.confirmed) == 1)
            waiting = await book.store.claim(ALARM, 0, 9)
            steps = [step.name for step in book.cases.get("707070707070-1-1").steps]
        await asyncio.to_thread(platform.close)
        return [event["id"][-1] for _, _, event in platform.events], [record.seq for record in waiting], steps

    try:
        arrived, waiting, steps = asyncio.run(live())
    finally:
        made.stop()

    assert arrived == ["1", "2", "4"]
    assert waiting == [1, 2, 4]
    assert "second-broker" in steps
    assert "confirmed-by-broker" not in steps


def test_a_lost_connection_is_found_again_and_what_was_under_way_goes_again(tmp_path):
    """Nothing is lost between two sessions."""
    made = broker(tmp_path)

    async def live():
        async with booked(tmp_path) as book, serving(book, made.port) as second:
            await book.say(words.HELP_REQUESTED)
            second.is_wanted = True
            await asyncio.sleep(0.3)
            assert not second.is_connected
            await asyncio.to_thread(made.start)
            await book.until(lambda: len(second.confirmed) == 1)
            await asyncio.to_thread(made.stop)
            await book.until(lambda: not second.is_connected)
            await book.say(words.HELP_REQUESTED, 2)
            again = broker(tmp_path, port=made.port)
            await asyncio.to_thread(again.start)
            try:
                await book.until(lambda: len(second.confirmed) == 2)
            finally:
                await asyncio.to_thread(again.stop)
            return [record.seq for record in second.confirmed]

    assert asyncio.run(live()) == [1, 2]


def test_an_alarm_that_it_will_not_take_stands_before_nobody(tmp_path, monkeypatch):
    """One makes no sense, one is refused: the others go; what was refused is offered again."""
    monkeypatch.setattr(module, "AGAIN_S", 0.3)
    told, is_wrong = [], True
    small = SmallBroker(receive_most=100, refuses=lambda topic: is_wrong and topic.endswith(b"qqqqqq".hex()))

    async def live():
        nonlocal is_wrong
        server = await asyncio.start_server(small.speak, "127.0.0.1", 0)
        async with booked(tmp_path) as book, serving(book, server.sockets[0].getsockname()[1], "5") as second:
            await add(book.store, a_record(9, size=3), (1, 9))
            await book.say(words.HELP_REQUESTED, 1, pendant=b"qqqqqq")
            await book.say(words.HELP_REQUESTED, 2)
            second.is_wanted = True
            second.on_confirmed = lambda record: told.append(record.sender)
            await book.until(lambda: len(small.published) >= 5)
            assert told == [b"pppppp"]
            is_wrong = False
            await book.until(lambda: len(told) == 2)
        server.close()

    asyncio.run(live())

    assert told == [b"pppppp", b"qqqqqq"]


def test_an_alarm_that_it_hangs_up_on_stands_before_nobody(tmp_path, monkeypatch):
    """The others go; it is offered again, last, and taken when somebody has put it right."""
    monkeypatch.setattr(suspects, "PAUSES_S", (0.0, 0.3))
    is_wrong = True
    small = SmallBroker(receive_most=100, hangs_up=lambda topic: is_wrong and topic.endswith(b"qqqqqq".hex()))

    async def live():
        nonlocal is_wrong
        server = await asyncio.start_server(small.speak, "127.0.0.1", 0)
        async with booked(tmp_path) as book, serving(book, server.sockets[0].getsockname()[1], "5") as second:
            await book.say(words.HELP_REQUESTED, 1, pendant=b"qqqqqq")
            for seq in range(2, 6):
                await book.say(words.HELP_REQUESTED, seq)
            second.is_wanted = True
            await book.until(lambda: len({record.seq for record in second.confirmed}) == 4)
            assert {record.sender for record in second.confirmed} == {b"pppppp"}
            is_wrong = False
            await book.until(lambda: second.confirmed[-1].sender == b"qqqqqq")
        server.close()

    asyncio.run(live())
