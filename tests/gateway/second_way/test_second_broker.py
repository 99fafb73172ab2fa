"""The second broker gets what waits, when it is wanted, and forgets nothing of ours."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gateway.events import Renderer
from gateway.record import ALARM
from gateway.second_way.second_broker import SecondBroker
from gateway.topics import Topics
from gateway.trace import Trace
from shared import words
from tests.gateway.helpers import NOON_MS, booked
from tests.gateway.rig import Platform, broker
from tests.gateway.running import broker_config


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
