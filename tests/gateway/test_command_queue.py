"""Commands wait in a bounded place, and none holds up the next."""

import asyncio

import pytest

from gateway import command_queue
from gateway.command_queue import CommandQueue
from gateway.mqtt_session import Inbound
from gateway.trace import Trace


class Bench:
    """Commands that do as they are told, and an uplink that notes what is acknowledged."""

    def __init__(self):
        self.done, self.acknowledged, self.steps = [], [], []
        self.goes_on = asyncio.Event()
        self.queue = CommandQueue(self, self, Trace(lambda step, facts: self.steps.append(step)))

    async def take(self, message):
        """As Commands do it."""
        if message.payload == b"wait":
            await self.goes_on.wait()
        if message.payload == b"fail":
            raise ValueError("a mistake")
        self.done.append(message.mid)

    def acknowledge(self, message):
        """As the uplink does it."""
        self.acknowledged.append(message.mid)


def _message(mid, payload=b"{}"):
    return Inbound("command", payload, None, None, mid)


def test_one_that_we_fail_at_does_not_come_again():
    """It is acknowledged; so is the next, once it is done."""

    async def run():
        bench = Bench()
        bench.queue.put(_message(1, b"fail"))
        bench.queue.put(_message(2))
        with pytest.raises(ValueError, match="a mistake"):
            await asyncio.wait_for(bench.queue.run(), 10)
        task = asyncio.create_task(bench.queue.run())
        while bench.acknowledged != [1, 2]:
            await asyncio.sleep(0.001)
        task.cancel()
        assert bench.done == [2]

    asyncio.run(asyncio.wait_for(run(), 10))


def test_one_that_is_not_done_is_not_acknowledged():
    """The gateway ends in the middle of it: the broker says it again."""

    async def run():
        bench = Bench()
        bench.queue.put(_message(1, b"wait"))
        task = asyncio.create_task(bench.queue.run())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert bench.acknowledged == []

    asyncio.run(run())


def test_a_flood_is_left_to_the_broker(monkeypatch):
    """What finds no place is neither done nor acknowledged, and said."""
    monkeypatch.setattr(command_queue, "MOST", 2)

    async def run():
        bench = Bench()
        for mid in range(1, 5):
            bench.queue.put(_message(mid))
        task = asyncio.create_task(bench.queue.run())
        await asyncio.sleep(0.01)
        task.cancel()
        assert bench.acknowledged == [1, 2]
        assert bench.steps == ["trouble"]

    asyncio.run(run())
