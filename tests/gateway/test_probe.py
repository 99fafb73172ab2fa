"""The test to the platform: every step that happened has its time, and the first that did not is named."""

import asyncio
import json

import pytest

from gateway import probe
from gateway.mqtt_session import Inbound
from gateway.own import OwnEvents
from gateway.probe import Probe
from gateway.record import EVENT
from gateway.tables import Identity
from tests.gateway.helpers import opened

TOPIC = "tiexin/home/gw/command"


class Broker:
    """Takes what the outflow would send, and brings back what is published, if the test lets it."""

    def __init__(self, *, confirms=True, returns=True, nonce=None):
        self.confirms, self.returns, self._nonce = confirms, returns, nonce
        self.probe = None

    def reply(self, topic, payload, _correlation):
        """The way back."""
        if self.returns:
            payload = json.dumps({**json.loads(payload), "id": self._nonce}).encode() if self._nonce else payload
            message = Inbound(topic, payload, None, None, 1)
            asyncio.get_running_loop().call_later(0.01, lambda: self.probe.takes(message))
        return True

    async def serve(self, store):
        """Confirm what waits."""
        while self.confirms:
            for record in await store.claim(EVENT, 0, 10):
                self.probe.confirmed(record)
            await asyncio.sleep(0.01)


def run(tmp_path, monkeypatch, broker, patience_s=20):
    """One test against that broker: its steps, and what was stored."""
    monkeypatch.setattr(probe, "PATIENCE_S", patience_s)

    async def scene():
        async with opened(tmp_path / "s.db") as store:
            own = OwnEvents(store, Identity(b"gggggg", 1, 1, True), lambda: 5)
            broker.probe = Probe(store=store, own=own, gateway="gw", command_topic=TOPIC, sender=broker)
            task = asyncio.create_task(broker.serve(store))
            steps = await broker.probe.run()
            task.cancel()
            return steps, await store.claim(EVENT, 0, 10)

    return asyncio.run(scene())


def test_there_and_back(tmp_path, monkeypatch):
    """Three steps in their order; the event says that it is a test."""
    steps, records = run(tmp_path, monkeypatch, Broker())

    assert [step.name for step in steps] == list(probe.STEPS)
    assert probe.made(steps)
    assert 0 < steps[0].ms <= steps[1].ms <= steps[2].ms < 5_000
    (record,) = records
    assert json.loads(record.body) == {"type": "tiexin.gateway.test", "subject": "gw", "data": {"test": True}}


@pytest.mark.parametrize(
    ("how", "missing"),
    [
        ({"confirms": False}, ["confirmed", "returned"]),
        ({"returns": False}, ["returned"]),
        ({"nonce": "of an earlier test"}, ["returned"]),
    ],
)
def test_what_did_not_happen_is_named(tmp_path, monkeypatch, how, missing):
    """And what comes behind it is not waited for."""
    steps, _ = run(tmp_path, monkeypatch, Broker(**how), 0.5)

    assert [step.name for step in steps if step.ms is None] == missing


def test_what_a_broker_has_confirmed_was_stored_before(tmp_path):
    """The store's word may come behind the broker's: no step is shown before the one that it follows."""

    async def scene():
        async with opened(tmp_path / "s.db") as store:
            own = OwnEvents(store, Identity(b"gggggg", 1, 1, True), lambda: 5)
            broker = Broker()
            broker.probe = made = Probe(store=store, own=own, gateway="gw", command_topic=TOPIC, sender=broker)
            held = []
            store.add = lambda record, frame, then: held.append((record, then))
            running = asyncio.create_task(made.run())
            while not held:
                await asyncio.sleep(0)
            made.confirmed(held[0][0])
            await asyncio.sleep(0.05)
            held[0][1]("stored")
            return await running

    steps = asyncio.run(scene())

    assert steps[0].ms <= steps[1].ms <= steps[2].ms


def test_only_our_own_words_are_taken():
    """A platform's command goes its way; a probe of an earlier test goes nowhere."""
    one = Probe(store=None, own=None, gateway="gw", command_topic=TOPIC, sender=None)

    def takes(payload, topic=TOPIC):
        return one.takes(Inbound(topic, payload, None, None, 1))

    assert not takes(b'{"command": "answer", "id": "1"}')
    assert not takes(b"[" * 100)
    assert not takes(b"\xff")
    assert not takes(b'{"command": "probe"}' + b" " * 300)
    assert not takes(b'{"command": "probe", "id": "x"}', "another/topic")
    assert takes(b'{"command": "probe", "id": "x"}')
