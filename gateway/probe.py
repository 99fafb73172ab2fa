"""Without this file an installer would have to let somebody fall to know whether an alarm gets through.

A test that is marked as one travels as an alarm would: onto the disk, to the broker, and from there back to us over the
topic of the commands, which every access list lets us write and read. Each step has its time.
"""

import asyncio
import json
import secrets
import time
from typing import NamedTuple, Protocol

from gateway.mqtt_session import Inbound
from gateway.own import OwnEvents
from gateway.record import OWN, Record
from gateway.store import REFUSED, Store

TEST = "tiexin.gateway.test"
COMMAND = "probe"  # what comes back to us; no platform may send it
STORED, CONFIRMED, RETURNED = STEPS = ("stored", "confirmed", "returned")
PATIENCE_S = 10.0  # for each step
_MOST_BYTES = 256


class Sender(Protocol):
    """The uplink, as far as it is needed here."""

    def reply(self, topic: str, payload: bytes, correlation: bytes | None) -> bool:
        """Publish; False if there is no connection."""


class Timed(NamedTuple):
    """One step: milliseconds since the beginning, None if it did not happen."""

    name: str
    ms: float | None


class Probe:
    """One test at a time. All of it runs in the event loop."""

    def __init__(self, *, store: Store, own: OwnEvents, gateway: str, command_topic: str, sender: Sender) -> None:
        self._store = store
        self._own = own
        self._gateway = gateway
        self._topic = command_topic
        self._sender = sender
        self._running = asyncio.Lock()
        self._record: Record | None = None
        self._nonce = ""
        self._happened: dict[str, asyncio.Future[float]] = {}

    @property
    def is_running(self) -> bool:
        """Whether a test is under way."""
        return self._running.locked()

    async def run(self) -> list[Timed]:
        """Do it; the steps in their order, up to the first that did not happen in its time."""
        async with self._running:
            began_s = time.monotonic()
            self._happened = {name: asyncio.get_running_loop().create_future() for name in STEPS}
            self._nonce = secrets.token_hex(8)
            self._record = record = self._own.make(TEST, self._gateway, {"test": True})
            try:
                self._store.add(record, (record.boot, record.seq), self._stored)
                return [Timed(name, ms) for name, ms in [(name, await self._ms(name, began_s)) for name in STEPS]]
            finally:
                self._record = None
                self._nonce = ""

    def confirmed(self, record: Record) -> None:
        """A broker has confirmed a record: perhaps it is ours, and then the way back is tried."""
        mine = self._record
        if mine and record.kind == OWN and (record.boot, record.seq) == (mine.boot, mine.seq):
            self._step(STORED)  # it was, though the store's own word may come a moment later
            self._step(CONFIRMED)
            payload = json.dumps({"command": COMMAND, "id": self._nonce}).encode()
            self._sender.reply(self._topic, payload, None)

    def takes(self, message: Inbound) -> bool:
        """True if a message on the topic of the commands is one of ours, of this test or of an earlier one."""
        if len(message.payload) > _MOST_BYTES or message.topic != self._topic:
            return False
        try:
            said = json.loads(message.payload)
            is_ours = said["command"] == COMMAND
        except (ValueError, TypeError, KeyError, RecursionError):
            return False
        if is_ours and self._nonce and said.get("id") == self._nonce:
            self._step(RETURNED)
        return bool(is_ours)

    def _stored(self, verdict: str) -> None:
        if verdict != REFUSED:
            self._step(STORED)

    def _step(self, name: str) -> None:
        happened = self._happened.get(name)
        if happened and not happened.done():
            happened.set_result(time.monotonic())

    async def _ms(self, name: str, began_s: float) -> float | None:
        """When a step happened; waits for it, unless the one before it did not happen either."""
        before = STEPS[: STEPS.index(name)]
        if not all(self._happened[one].done() for one in before):
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                at_s = await asyncio.shield(self._happened[name])
        except TimeoutError:
            return None
        return round((at_s - began_s) * 1_000, 1)


def made(steps: list[Timed]) -> bool:
    """Whether all of it happened."""
    return all(step.ms is not None for step in steps)
