"""Without this file what the pendants say would stay in the house.

Hands every stored record to the broker and forgets it after the PUBACK, for ever. Alarms overtake events, events
overtake telemetry, also when a million records wait: only a small window is under way at any time. A backlog of
telemetry travels in batches.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from gateway.backoff import Backoff
from gateway.config import BrokerConfig
from gateway.errors import SetUpError
from gateway.events import BATCH_CONTENT, EVENT_CONTENT, Renderer, subject
from gateway.mqtt_session import HungUp, Inbound, Refused, Session, Unreachable, Will, WrongVersion
from gateway.record import ALARM, LANE_NAMES, LANES, TELEMETRY, Record
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace

WINDOW = (64, 64, 32)  # messages of each lane under way; this much, at most, comes twice after a lost connection
WINDOW_BYTES = 192 * 1024  # of telemetry under way, at most
SLOW_S = 0.25  # a PUBACK that takes longer: less telemetry under way, or an alarm would wait behind it on a slow link
BATCH = 28  # records in one message: 16 kB, which every broker known to us takes
CLAIM = 280  # records of telemetry read from the store at once
BATCH_FROM = 8  # fewer than this are sent one by one, each under its pendant's topic
_LONGEST_BEAT_BYTES = 800  # a beat as a CloudEvent has about 600
_READ_AGAIN_S = 1.0
_HUNG_UP_MOST = 3  # a broker that is just starting may hang up once or twice
ALARM_PATIENCE_S = 8.0  # an alarm under way and not a word from the broker for so long: the link is half open
PATIENCE_S = 20.0


class _Flight(NamedTuple):
    """What is under way under one number."""

    lane: int
    records: list[Record]
    size: int
    since_s: float


class Uplink:
    """The way to the platform. All of it runs in the event loop."""

    def __init__(
        self, config: BrokerConfig, topics: Topics, store: Store, renderer: Renderer, status: Callable[[bool], bytes],
        trace: Trace,
    ) -> None:  # fmt: skip
        self._config = config
        self._topics = topics
        self._store = store
        self._renderer = renderer
        self._status = status  # the birth (True) or the last will (False)
        self._trace = trace
        self._session: Session | None = None
        self._known_version: str | None = None
        self._flights: dict[int, _Flight] = {}
        self._cursor = [0, 0, 0]  # the last n of each lane that is under way
        self._under_way = [0, 0, 0]
        self._bytes_under_way = 0
        self._window_bytes = WINDOW_BYTES
        self._ahead: list[Record] = []  # telemetry that was claimed and is not under way yet
        self._batch = BATCH
        self._has_batch_arrived = False
        self._hung_up = 0  # times in a row that a broker was there and closed the connection at once
        self._is_fresh = [True, True, True]  # there may be records behind the cursor
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._states: dict[str, Callable[[], bytes]] = {}
        self._dirty: dict[str, None] = {}
        self.has_custody: Callable[[], bool] = lambda: True  # False: nothing would be lost if we gave up now
        self.on_connected: Callable[[], None] = lambda: None
        self.on_confirmed: Callable[[Record], None] = lambda record: None
        self.on_command: Callable[[Inbound], None] = lambda message: None

    @property
    def is_connected(self) -> bool:
        """Whether a broker listens to us at this moment."""
        return self._session is not None and not self._session.ended.is_set()

    def stored(self, lane: int) -> None:
        """A record has been stored in this lane."""
        self._is_fresh[lane] = True
        self._wake.set()
        if lane != TELEMETRY:
            self._urgent.set()

    def put_state(self, topic: str, render: Callable[[], bytes]) -> None:
        """Let the broker keep render() as the last known state; only the newest counts, made when it is sent."""
        self._states[topic] = render
        self._dirty[topic] = None
        self._wake.set()

    def reply(self, topic: str, payload: bytes, correlation: bytes | None) -> bool:
        """Answer a command; False if there is no connection: whoever asked will ask again."""
        if self._session is None or self._session.ended.is_set():
            return False
        self._session.publish(topic, payload, content="application/json", correlation=correlation)
        return True

    def acknowledge(self, message: Inbound) -> None:
        """A command has been dealt with; the broker need not repeat it."""
        if self._session:
            self._session.acknowledge(message.mid)

    # ---- the connection

    async def run(self) -> None:
        """Connect, serve, lose, for ever. SetUpError only if the login is refused before anything was in custody."""
        backoff = Backoff()
        try:
            while True:
                is_refused = await self._connect_and_serve(backoff)
                await self._pause(backoff, is_refused=is_refused)
        finally:
            if self._session:
                self._say_farewell(self._session)

    def _say_farewell(self, session: Session) -> None:
        """Say that we go; where the broker takes no further message the last will says it."""
        has_room = session.under_way < session.most_under_way
        if has_room:
            session.publish(self._topics.status, self._status(False), content=EVENT_CONTENT, retain=True)
        session.close(farewell=has_room)

    async def _connect_and_serve(self, backoff: Backoff) -> bool:
        """True if the broker has refused us."""
        where = f"{self._config.host}:{self._config.port}"
        try:
            session = await self._connect()
        except Refused:
            sentence = refused_sentence(self._config)
            if not self.has_custody():
                raise SetUpError(sentence) from None
            self._trace.trouble("broker", sentence + " Events are kept meanwhile.")
            return True
        except HungUp:
            self._hung_up += 1
            sentence = hung_up_sentence(self._config)
            if self._hung_up >= _HUNG_UP_MOST and not self.has_custody():
                raise SetUpError(sentence) from None
            self._trace.trouble("broker", sentence + " Events are kept meanwhile.")
            return False
        except (Unreachable, WrongVersion) as fault:
            self._trace.trouble("broker", f"{where}: no broker ({fault}); events are kept, trying again")
            return False
        backoff.reset()
        self._hung_up = 0
        self.on_connected()
        self._trace.well("broker", f"{where}: connected", waiting=sum(self._store.waiting))
        self._trace.step("connected", broker=where, mqtt=session.version)
        try:
            await self._serve(session)
        finally:
            if session.ended.is_set():
                self._session = None
                self._judge_batch()
        self._trace.trouble("broker", f"{where}: connection lost ({session.why}); events are kept, trying again")
        return False

    def _judge_batch(self) -> None:
        """A broker that hangs up whenever a batch comes may not take messages of that size, and cannot say so."""
        has_batch = any(len(flight.records) > 1 for flight in self._flights.values())
        if has_batch and not self._has_batch_arrived:
            self._batch = max(1, self._batch // 2)

    async def _connect(self) -> Session:
        wanted = self._known_version or self._config.version
        for version in ("5", "3.1.1") if wanted == "auto" else (wanted,):
            session = Session(
                self._config,
                f"tiexin-{self._topics.prefix.replace('/', '-')}",
                version,
                Will(self._topics.status, self._status(False)),
                self._puback,
                self.on_command,
                self._wake.set,
            )
            try:
                await session.open()
                return session
            except WrongVersion:
                if version in {wanted, "3.1.1"}:
                    raise
                self._known_version = "3.1.1"
            except HungUp:
                if version in {wanted, "3.1.1"}:
                    raise  # else: some brokers only hang up on a version that they do not know
        raise AssertionError("a loop over two versions returns or raises")

    async def _pause(self, backoff: Backoff, *, is_refused: bool) -> None:
        is_urgent = self._store.waiting[ALARM] > 0 or self._store.waiting[1] > 0
        pause_s = backoff.next_s(is_urgent=is_urgent, is_refused=is_refused)
        self._urgent.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._urgent.wait(), pause_s)
            # An alarm has come while we waited long: one attempt for it soon, though not at once in every house.
            await asyncio.sleep(min(pause_s, backoff.next_s(is_urgent=True)))

    # ---- serving a connection

    async def _serve(self, session: Session) -> None:
        # What the last connection had confirmed is on its way out of the store: let it go first.
        await self._store.settled()
        self._session = session
        self._flights.clear()
        self._cursor, self._under_way, self._bytes_under_way = [0, 0, 0], [0, 0, 0], 0
        self._is_fresh = [True, True, True]
        self._ahead = []
        self._batch = max(1, min(self._batch, session.longest_packet // _LONGEST_BEAT_BYTES))
        self._dirty = dict.fromkeys(self._states)
        session.subscribe(self._topics.command)
        session.publish(self._topics.status, self._status(True), content=EVENT_CONTENT, retain=True)
        watch = asyncio.create_task(self._watch(session), name="uplink-watch")
        try:
            while not session.ended.is_set():
                if not await self._send_some(session):
                    await self._rest()
        finally:
            watch.cancel()

    async def _rest(self) -> None:
        await self._wake.wait()
        self._wake.clear()

    async def _send_some(self, session: Session) -> bool:
        """Send from the most urgent lane that has something and room; False if none has."""
        for lane in LANES:
            if not (limit := self._room(session, lane)):
                continue
            if lane == TELEMETRY and self._ahead:
                self._send_telemetry(session)
                await asyncio.sleep(0)  # whoever drains a backlog still listens for alarms
                return True
            if not self._is_fresh[lane]:
                continue
            self._is_fresh[lane] = False
            try:
                records = await self._store.claim(lane, self._cursor[lane], limit)
            except sqlite3.Error as fault:
                self._trace.trouble("store-read", f"the store cannot be read ({fault}); trying again")
                self._is_fresh[lane] = True
                await asyncio.sleep(_READ_AGAIN_S)
                return True
            self._trace.well("store-read", "the store can be read again")
            if session.ended.is_set():
                return True
            if len(records) == limit:
                self._is_fresh[lane] = True
            if not records:
                continue
            self._cursor[lane] = records[-1].n
            if lane == TELEMETRY:
                self._ahead = records
                self._send_telemetry(session)
            else:
                self._send(session, lane, records)
            return True
        return self._send_states(session)

    def _room(self, session: Session, lane: int) -> int:
        """How many records of a lane may be claimed now."""
        broker_takes = session.most_under_way - session.under_way - (session.most_under_way > 4)  # one for a reply
        if lane != ALARM:
            broker_takes -= session.most_under_way // 4  # a quarter is kept for alarms
        if self._under_way[lane] >= WINDOW[lane] or broker_takes <= 0:
            return 0
        if lane != TELEMETRY:
            return min(WINDOW[lane] - self._under_way[lane], broker_takes)
        return CLAIM if self._bytes_under_way < self._window_bytes else 0

    def _send_telemetry(self, session: Session) -> None:
        """Send one message of what was claimed ahead: a batch, or a single beat if there are few."""
        size = self._batch if len(self._ahead) >= min(BATCH_FROM, self._batch) else 1
        records, self._ahead = self._ahead[:size], self._ahead[size:]
        if size == 1:
            self._send(session, TELEMETRY, records)
        else:
            self._publish(session, TELEMETRY, records, self._topics.telemetry_batch, self._renderer.batch(records))

    def _send(self, session: Session, lane: int, records: list[Record]) -> None:
        for record in records:
            if lane != TELEMETRY:
                self._trace.fine("claimed", event=record.event_id)
            topic = self._topics.lane(LANE_NAMES[lane], subject(record))
            self._publish(session, lane, [record], topic, self._renderer.event(record))

    def _publish(self, session: Session, lane: int, records: list[Record], topic: str, payload: bytes) -> None:
        if session.ended.is_set():
            return
        is_told = lane != TELEMETRY
        if is_told:
            self._trace.fine("publishing", event=records[0].event_id, lane=LANE_NAMES[lane])
        content = BATCH_CONTENT if topic == self._topics.telemetry_batch else EVENT_CONTENT
        mid = session.publish(topic, payload, content=content)
        self._flights[mid] = _Flight(lane, records, len(payload), time.monotonic())
        self._under_way[lane] += 1
        self._bytes_under_way += len(payload) if lane == TELEMETRY else 0
        if is_told:
            self._trace.step("published", event=records[0].event_id, lane=LANE_NAMES[lane])

    def _send_states(self, session: Session) -> bool:
        """Retained states come when nothing else waits; a lost one is replaced by the next."""
        for topic in list(self._dirty):
            if session.under_way >= min(WINDOW[ALARM], session.most_under_way // 2 + 1):
                return False  # the next PUBACK wakes us
            del self._dirty[topic]
            session.publish(topic, self._states[topic](), content=EVENT_CONTENT, retain=True)
        return bool(self._dirty)

    def _puback(self, mid: int, is_accepted: bool) -> None:
        flight = self._flights.pop(mid, None)
        self._wake.set()
        if flight is None:
            return  # a state, a reply
        first, last = flight.records[0], flight.records[-1]
        if not is_accepted:
            self._trace.trouble(
                "broker-access", f"the broker refuses {first.event_id}: check its access list, its quota"
            )
            if self._session:
                self._session.close()
            return
        self._has_batch_arrived = self._has_batch_arrived or len(flight.records) > 1
        if flight.lane == TELEMETRY:
            self._adapt_window(flight)
        if flight.lane != TELEMETRY:
            self._trace.step("confirmed", event=first.event_id, lane=LANE_NAMES[flight.lane])
            self._trace.well("broker-access", "the broker accepts events again")
        self._store.forget(flight.lane, first.n, last.n, partial(self._forgotten, self._session, flight))
        self.on_confirmed(first)

    def _adapt_window(self, flight: _Flight) -> None:
        """Halved by a slow PUBACK, grown by a quick one: what is under way never takes much longer than SLOW_S."""
        if time.monotonic() - flight.since_s > SLOW_S:
            self._window_bytes = max(1, self._window_bytes // 2)  # one message is always allowed
        else:
            self._window_bytes = min(WINDOW_BYTES, self._window_bytes + flight.size)

    def _forgotten(self, session: Session | None, flight: _Flight) -> None:
        if flight.lane != TELEMETRY:
            self._trace.fine("forgotten", event=flight.records[0].event_id)
        if session is self._session:
            self._under_way[flight.lane] -= 1
            self._bytes_under_way -= flight.size if flight.lane == TELEMETRY else 0
            self._wake.set()

    async def _watch(self, session: Session) -> None:
        """A half-open link swallows everything without a sound: notice it while something is under way."""
        received, since_s = session.received, time.monotonic()
        while not session.ended.is_set():
            await asyncio.sleep(0.5)
            now_s = time.monotonic()
            if session.received != received:
                received, since_s = session.received, now_s
            for flight in self._flights.values():
                patience_s = PATIENCE_S if flight.lane == TELEMETRY else ALARM_PATIENCE_S
                if now_s - max(flight.since_s, since_s) > patience_s:
                    session.close()
                    session.why = f"not a word for {patience_s:.0f} s"
                    break


def refused_sentence(config: BrokerConfig) -> str:
    """What to do about a refused login."""
    return (
        f"{config.host}:{config.port}: the broker refuses the user name or the password;"
        " correct [broker] username and the file named by password_file."
    )


def hung_up_sentence(config: BrokerConfig) -> str:
    """What to do about a broker that ends the connection at the login; several refuse a password in this way."""
    return (
        f"{config.host}:{config.port}: the broker closes the connection at our login: it may refuse the user name, the"
        " password or the certificate; correct [broker] username and the file named by password_file."
    )
