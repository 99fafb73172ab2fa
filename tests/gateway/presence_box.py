"""A presence on a real store, under a clock that the test moves."""

import asyncio
import json
from contextlib import asynccontextmanager

from gateway.clock import Clock
from gateway.own import OwnEvents
from gateway.presence import Presence
from gateway.record import EVENT
from gateway.registry import Registry
from gateway.tables import Identity
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from shared import frames, words
from tests.gateway.helpers import opened
from tests.gateway.rig import FakePendant, registry

NOON_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z
PENDANTS = [FakePendant(bytes((0xA0, 0, 0, 0, 0, n)), bytes((n,)) * 16) for n in range(5)]
P = PENDANTS[0]
MISSING_AFTER_S = 3 * 300 + 45


class Box:
    """A presence on a real store, under a clock that the test moves."""

    def __init__(self, store, known, switch_on, now_s, run):
        self.store, self.now_s, self.is_bridge_up, self.trusted = store, now_s, True, True
        clock = Clock(
            is_trusted=lambda: self.trusted, wall_s=lambda: NOON_MS / 1_000 + self.now_s, stamp_s=lambda: self.now_s
        )
        self.states = []
        self.changes = []
        self.presence = Presence(
            store=store, own=OwnEvents(store, Identity(b"gggggg", run, switch_on, True), clock.stamp_ms), clock=clock,
            switch_on=switch_on, offset_ms=lambda switch_on: clock.offset_ms(), registry=known,
            topics=Topics("tiexin", "home", "gw"), common={"site": "home", "gateway": "gw"}, run="g-1",
            put_state=lambda topic, render: self.states.append((topic, render())),
            is_bridge_up=lambda: self.is_bridge_up, trace=Trace(silent_sink),
        )  # fmt: skip
        self.presence.watch(self.changes.append)
        self.beats = 0

    def beat(self, pendant=P, flags=words.WORN, boot=3, rssi_dbm=-48, every_s=300):
        """It beats now."""
        self.beats += 1
        seq = int(frames.FIRST_BEAT_SEQ) + self.beats
        beat = frames.Beat(boot, seq, 3900, 80, -60, 1, flags, (0, 2, 0), self.beats * every_s)
        self.presence.heard(pendant, rssi_dbm, words.BEAT, beat)

    def poll(self, pendant=P):
        """It asks."""
        self.presence.heard(pendant, -50, words.POLL, frames.Poll(1, 1))

    async def pass_s(self, seconds):
        """Let time pass, a second at a time, and let the store settle."""
        for _ in range(seconds):
            self.now_s += 1
            self.presence.tick()
        await self.store.settled()
        await asyncio.sleep(0)

    async def told(self):
        """(type, subject, data) of everything that was told, in order."""
        await self.store.settled()
        found = [json.loads(record.body) for record in await self.store.claim(EVENT, 0, 999)]
        return [(one["type"].removeprefix("tiexin."), one["subject"], one["data"]) for one in found]

    async def kinds(self):
        """Only the types."""
        return [kind for kind, _, _ in await self.told()]

    def last_state(self, pendant=P):
        """What is retained of a pendant."""
        payload = [body for topic, body in self.states if topic.endswith(pendant.id.hex())][-1]
        return json.loads(payload) if payload else None


def boxed(directory, *stories, pendants=PENDANTS, between=lambda: None):
    """Tell the stories, each to a gateway that has been started anew on the same store."""
    path = registry(directory, *pendants)

    @asynccontextmanager
    async def box(number, now_s, switch_on):
        async with opened(directory / "s.db", stamp_ms=lambda: 5) as store:
            known = Registry(path)
            known.refresh()
            made = Box(store, known, switch_on, now_s, number)
            made.known = known
            await made.presence.load()
            yield made
            made.presence.save()
            await store.settled()

    async def run():
        now_s, switch_on = 10.0, 1
        for number, story in enumerate(stories, 1):
            async with box(number, now_s, switch_on) as made:
                ended = await story(made)
                now_s, switch_on = made.now_s, switch_on + (ended == "switched off")
                now_s = 10.0 if ended == "switched off" else now_s
            between()

    asyncio.run(run())
