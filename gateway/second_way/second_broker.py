"""Without this file a platform whose broker is down would hear of a fall from a telephone, or not at all.

The same alarms, under the same ids and topics, at another broker: alarms only, from the same store, in a session of its
own. It forgets nothing: that is the uplink's business, which goes on trying. What this broker has is noted, so that
nobody is woken for it.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable

from gateway.aside import aside
from gateway.backoff import Backoff
from gateway.cases import Cases
from gateway.config import BrokerConfig
from gateway.events import EVENT_CONTENT, Renderer, subject
from gateway.mqtt_session import HungUp, Refused, Session, Unreachable, Will, WrongVersion
from gateway.passed_by import AGAIN_S
from gateway.record import ALARM, LANE_NAMES, Record
from gateway.store import Store
from gateway.suspects import Suspects
from gateway.topics import Topics
from gateway.trace import Trace
from gateway.under_way import ALARM_PATIENCE_S

TICK_S = 0.2
WINDOW = 32  # alarms under way


class SecondBroker:
    """Keeps a session open, and publishes what waits as soon as is_wanted is set."""

    def __init__(
        self, config: BrokerConfig, topics: Topics, store: Store, renderer: Renderer, cases: Cases,
        status: Callable[[bool], bytes], trace: Trace,
    ) -> None:  # fmt: skip
        self._config = config
        self._topics = topics
        self._store = store
        self._renderer = renderer
        self._cases = cases
        self._status = status
        self._trace = trace
        self._under_way: dict[int, tuple[Record, float]] = {}
        self._suspects = Suspects()
        self._where = f"{config.host}:{config.port}"
        self._refused_s = 0.0  # when it first refused one since the last offer; 0: it has not
        self.is_wanted = False  # an alarm has waited too long for the first broker
        self.is_connected = False
        self.on_confirmed: Callable[[Record], None] = lambda record: None

    async def run(self) -> None:
        """Connect, serve, lose, for ever."""
        backoff = Backoff()
        while True:
            session = await self._connect()
            if session:
                backoff.reset()
                await self._serve(session)
            await asyncio.sleep(backoff.next_s(is_urgent=self.is_wanted, is_refused=False))

    async def _connect(self) -> Session | None:
        version = self._config.version
        for one in ("5", "3.1.1") if version == "auto" else (version,):
            session = Session(
                self._config,
                f"tiexin-{self._topics.prefix.replace('/', '-')}-second",
                one,
                Will(self._topics.status, self._status(False)),
                self._puback,
                lambda message: None,
                lambda: None,
            )
            try:
                await session.open()
            except Refused:
                said = "it refuses the user name or the password; correct [second_broker]"
            except (HungUp, Unreachable, WrongVersion) as fault:
                said = str(fault)
            else:
                return session
        self._trace.trouble("second-broker", f"{self._where}: {said}; trying again")
        return None

    async def _serve(self, session: Session) -> None:
        self._trace.well("second-broker", f"{self._where}: connected")
        self._trace.step("second-broker-connected", broker=self._where, mqtt=session.version)
        self._under_way.clear()
        self._suspects.begin(time.monotonic())
        self._refused_s = 0.0
        session.publish(self._topics.status, self._status(True), content=EVENT_CONTENT, retain=True)
        self.is_connected = True
        after_n = 0
        try:
            while not session.ended.is_set():
                if self._is_refused_again():
                    after_n = 0
                after_n = await self._send_waiting(session, after_n)
                if any(time.monotonic() - since_s > ALARM_PATIENCE_S for _, since_s in self._under_way.values()):
                    session.close()
                await asyncio.sleep(TICK_S)
        finally:
            self.is_connected = False
            self._suspects.ended(record for record, _ in self._under_way.values())
            self._say_farewell(session)
        self._trace.trouble("second-broker", f"{self._where}: connection lost ({session.why}); trying again")

    def _say_farewell(self, session: Session) -> None:
        if not session.ended.is_set():
            session.publish(self._topics.status, self._status(False), content=EVENT_CONTENT, retain=True)
        session.close(farewell=True)

    async def _send_waiting(self, session: Session, after_n: int) -> int:
        """All alarms that wait, in their order, once one of them has waited too long; return how far it came."""
        room = min(WINDOW, session.most_under_way) - len(self._under_way)
        if not self.is_wanted or room <= 0:
            return after_n
        try:
            records = await self._store.claim(ALARM, after_n, room)
        except sqlite3.Error as fault:
            self._trace.trouble("store-read", f"the store cannot be read ({fault}); trying again")
            return after_n
        going = self._suspects.sift(ALARM, records)
        if not records and not self._under_way and self._suspects.wait_s(ALARM, time.monotonic()) == 0:
            going = [self._suspects.take(ALARM)]
        for record in going:
            if not session.ended.is_set():
                aside(self._trace, "second-broker", self._publish, session, record)
        return records[-1].n if records else after_n

    def _publish(self, session: Session, record: Record) -> None:
        if self._cases.second_has(record) or any(record.n == one.n for one, _ in self._under_way.values()):
            return
        topic = self._topics.lane(LANE_NAMES[ALARM], subject(record))
        mid = session.publish(topic, self._renderer.event(record), content=EVENT_CONTENT)
        self._under_way[mid] = (record, time.monotonic())
        self._trace.step("published-second", event=record.event_id)

    def _is_refused_again(self) -> bool:
        """Whether it is time to offer once more what it has refused, and all else that it does not have."""
        if not self._refused_s or time.monotonic() - self._refused_s < AGAIN_S:
            return False
        self._refused_s = 0.0
        return True

    def _puback(self, mid: int, is_accepted: bool) -> None:
        record, _ = self._under_way.pop(mid, (None, 0.0))
        if record is None:
            return
        self._suspects.confirmed([record])
        if not is_accepted:
            self._trace.trouble("second-broker-access", f"{self._where} refuses {record.event_id}: check its rights")
            self._refused_s = self._refused_s or time.monotonic()
            return
        self._trace.well("second-broker-access", f"{self._where} accepts alarms again")
        self._trace.step("confirmed-second", event=record.event_id)
        self._cases.confirmed(record, is_second=True)
        self.on_confirmed(record)
