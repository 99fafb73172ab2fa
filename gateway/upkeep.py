"""Without this file nobody would look after what changes slowly: the list, the certificates, the holes, old answers.

What a gateway does every few seconds or minutes beside its work; each loop is one screen, and all of them run together.
A store that refuses ends none of them: the gateway must not go down for what can be done an hour later.
"""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from gateway import gaps, motion_store, tables
from gateway.answers import Answers
from gateway.clock import Clock
from gateway.config import Config
from gateway.errors import SetUpError
from gateway.health import CERTIFICATE_WARN_DAYS
from gateway.own import OwnEvents
from gateway.registry import Registry
from gateway.status import Status
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace
from gateway.uplink import Uplink
from shared import gateway_frames

REGISTRY_S = 2.0
METRICS_S = 60.0
HEALTH_S = 600.0
GAPS_S = 60.0
CERTIFICATE_EXPIRES = "tiexin.gateway.certificate_expires"


class Upkeep:
    """The slow loops. All of them run in the event loop."""

    def __init__(
        self, *, config: Config, clock: Clock, store: Store, switch_on: int, registry: Registry, answers: Answers,
        own: OwnEvents, status: Status, status_now: Callable[[bool], bytes], uplink: Uplink, topics: Topics,
        metrics: Callable[[], dict[str, Any]], list_changed: Callable[[], None], trace: Trace,
    ) -> None:  # fmt: skip
        self._config = config
        self._clock = clock
        self._store = store
        self._switch_on = switch_on
        self._registry = registry
        self._answers = answers
        self._own = own
        self._status = status
        self._status_now = status_now
        self._uplink = uplink
        self._topics = topics
        self._metrics = metrics
        self._list_changed = list_changed
        self._trace = trace

    async def run(self) -> None:
        """All loops, for ever; if one dies, all end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_registry(), name="registry")
            tasks.create_task(self._tell_metrics(), name="metrics")
            tasks.create_task(self._watch_health(), name="health")
            tasks.create_task(self._watch_gaps(), name="gaps")

    async def _watch_registry(self) -> None:
        while True:
            await asyncio.sleep(REGISTRY_S)
            try:
                if self._registry.refresh():
                    self._trace.well("registry", "the list of pendants is readable again")
                    self._trace.step("pendants", pendants=len(self._registry))
                    self._list_changed()
            except SetUpError as fault:
                self._trace.trouble("registry", f"{fault} The list read before stays in force.")

    async def _tell_metrics(self) -> None:
        """Let the platform see what was heard and what was refused: retained, once a minute if it has changed."""
        told: dict[str, Any] = {}
        while True:
            await asyncio.sleep(METRICS_S)
            if self._metrics() != told:
                told = self._metrics()
                self._uplink.put_state(self._topics.metrics, self._render_metrics)

    def _render_metrics(self) -> bytes:
        return json.dumps(self._metrics(), separators=(",", ":")).encode()

    async def _watch_health(self) -> None:
        """How long the store would hold, how long the certificates are good: in the status, in the log, and in time."""
        warned: dict[str, int] = {}
        while True:
            for name, days in self._status.certificates().items():
                if days < CERTIFICATE_WARN_DAYS and warned.get(name) != days:
                    warned[name] = days
                    self._trace.step("certificate-expires", file=name, days=days)
                    self._own.tell(CERTIFICATE_EXPIRES, self._config.gateway, {"file": name, "days": days})
            await self._unless_refused("health", self._look_into_the_store)
            self._trace.step("health", text=self._status.in_words())
            self._uplink.put_state(self._topics.status, partial(self._status_now, True))
            await asyncio.sleep(HEALTH_S)

    async def _look_into_the_store(self) -> None:
        await self._status.look()
        await self._drop_what_is_old()

    async def _drop_what_is_old(self) -> None:
        keep_ms = self._config.answers_keep_h * 3_600_000
        now_ms = self._clock.stamp_ms()
        old = partial(tables.drop_old_answers, switch_on=self._switch_on, now_ms=now_ms, keep_ms=keep_ms)
        for answer in await self._store.do(old):
            self._answers.felt(answer.pendant, answer.boot, answer.seq, answer.stage)
            self._trace.step("answer-too-old", event=gateway_frames.event_id(answer.pendant, answer.boot, answer.seq))
        if now_s := self._clock.unix_s():
            await self._store.do(partial(motion_store.drop_old, now_unix_ms=now_s * 1_000))
        ours = [pendant.id for pendant in self._registry]
        await self._store.do(partial(motion_store.keep_only, pendants=ours))

    async def _watch_gaps(self) -> None:
        watch = gaps.Watch()
        while True:
            await asyncio.sleep(GAPS_S)
            await self._unless_refused("gaps", partial(self._tell_gaps, watch))

    async def _tell_gaps(self, watch: gaps.Watch) -> None:
        for gap in watch.ripe(await self._store.read(gaps.find), self._clock.stamp_ms()):
            noted = partial(gaps.note_reported, gap=gap)  # with the telling: what finds no room now is told later
            if await self._own.told(gaps.GAP, gap.sender.hex(), gaps.describe(gap), noted):
                self._trace.step("events-missing", pendant=gap.sender.hex(), **gaps.describe(gap))

    async def _unless_refused(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it; what the store refuses is told once, and tried again when the loop comes round."""
        try:
            await work()
        except sqlite3.Error as fault:
            self._trace.trouble(f"upkeep-{name}", f"the store refuses ({fault}); this is tried again later")
        else:
            self._trace.well(f"upkeep-{name}", "the store takes it again")
