"""Without this file a million waiting heartbeats would stand between an alarm and the platform.

What of the store is under way to the broker: claimed from the lanes, most urgent first, within a window, and forgotten
after the PUBACK. A backlog of telemetry travels in batches. The window and the batches adapt to what the broker says it
takes, to what it takes in silence, and to how fast the link is. What cannot be sent stays in the store, and the others
go on: what the broker refuses is tried again (passed_by.py), what it hangs up on goes last (suspects.py), what makes no
sense waits for the next connection.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import NamedTuple

from gateway import passed_by, suspects
from gateway.aside import aside
from gateway.events import BATCH_CONTENT, EVENT_CONTENT, Renderer, subject
from gateway.mqtt_session import Session
from gateway.passed_by import PassedBy
from gateway.record import ALARM, LANE_NAMES, LANES, TELEMETRY, Record
from gateway.store import Store
from gateway.suspects import Suspects
from gateway.topics import Topics
from gateway.trace import Trace
from shared import words

WINDOW = (64, 64, 32)  # messages of each lane under way; this much, at most, comes twice after a lost connection
WINDOW_BYTES = 192 * 1024  # of telemetry under way, at most
FIRST_WINDOW_BYTES = 32 * 1024  # until it is known how fast the link is
SLOW_S = 0.25  # a PUBACK that takes longer: less telemetry under way, or an alarm would wait behind it on a slow link
BATCH = 28  # records in one message: 16 kB, which every broker known to us takes
CLAIM = 280  # records of telemetry read from the store at once
BATCH_FROM = 8  # fewer than this are sent one by one, each under its pendant's topic
ALARM_PATIENCE_S = 8.0  # an alarm under way and not a word from the broker for so long: the link is half open
PATIENCE_S = 20.0
_LONGEST_BEAT_BYTES = 800  # a beat as a CloudEvent has about 600
_READ_AGAIN_S = 1.0


class Flight(NamedTuple):
    """What is under way under one number."""

    lane: int
    records: list[Record]
    size: int
    since_s: float


class Outflow:
    """The lanes' way into a session. All of it runs in the event loop."""

    def __init__(self, store: Store, topics: Topics, renderer: Renderer, wake: asyncio.Event, trace: Trace) -> None:
        self._store = store
        self._topics = topics
        self._renderer = renderer
        self._wake = wake  # set whenever there may be something to send, or room for it
        self._trace = trace
        self._session: Session | None = None
        self.flights: dict[int, Flight] = {}
        self._cursor = [0, 0, 0]  # the last n of each lane that is under way
        self._under_way = [0, 0, 0]
        self._bytes_under_way = 0
        self._window_bytes = FIRST_WINDOW_BYTES
        self._ahead: list[Record] = []  # telemetry that was claimed and is not under way yet
        self._batch = BATCH
        self._has_batch_arrived = False
        self._is_fresh = [True, True, True]  # there may be records behind the cursor
        self._passed_by = PassedBy()
        self._suspects = Suspects()
        self._singly = 0  # so many of those ahead go one by one: together they could not be told
        self.on_confirmed: Callable[[Record], None] = lambda record: None

    def stored(self, lane: int) -> None:
        """A record has been stored in this lane."""
        self._is_fresh[lane] = True
        self._wake.set()

    def begin(self, session: Session) -> None:
        """From now on all goes into this session, again from the oldest on; what was under way has to go again."""
        self._session = session
        self.flights.clear()
        self._cursor, self._under_way, self._bytes_under_way = [0, 0, 0], [0, 0, 0], 0
        self._window_bytes = FIRST_WINDOW_BYTES
        self._is_fresh = [True, True, True]
        self._ahead = []
        self._passed_by = PassedBy()
        self._suspects.begin()
        self._singly = 0
        self._batch = max(1, min(self._batch, session.longest_packet // _LONGEST_BEAT_BYTES))

    def end(self) -> None:
        """The session is over. A broker that hangs up on every batch may not take messages of that size."""
        self._session = None
        under_way = [flight.records for flight in self.flights.values()]
        if not self._has_batch_arrived and any(len(records) > 1 for records in under_way):
            self._batch = max(1, self._batch // 2)
            under_way = [records for records in under_way if len(records) == 1]
        if (ends := self._suspects.ended(chain.from_iterable(under_way))) > suspects.FROM:
            said = f"{ends} connections in a row have ended over the same event; it is kept, the others go first"
            self._trace.trouble("broker-hangs-up", said)

    def silence(self, heard_s: float) -> float | None:
        """After how many seconds without a word the link must be called dead; None while it need not be.

        heard_s: when the broker was last heard.
        """
        now_s = time.monotonic()
        for flight in self.flights.values():
            patience_s = PATIENCE_S if flight.lane == TELEMETRY else ALARM_PATIENCE_S
            if now_s - max(flight.since_s, heard_s) > patience_s:
                return patience_s
        return None

    # ---- out

    async def send_some(self, session: Session) -> bool:
        """Send from the most urgent lane that has something and room; False if none has."""
        for lane in LANES:
            if not (limit := self._room(session, lane)):
                if lane != TELEMETRY and self._is_fresh[lane] and self._under_way[lane]:
                    return False  # more of it waits for a PUBACK: nothing less urgent goes before it
                continue
            if self._passed_by.is_due(lane):
                self._send(session, lane, [self._passed_by.take(lane)])
                return True
            if self._is_suspect_next(lane):
                self._send(session, lane, [self._suspects.take(lane)])
                self._wake_for_suspects(lane)
                return True
            if lane == TELEMETRY and self._ahead:
                self._send_telemetry(session)
                await asyncio.sleep(0)  # whoever drains a backlog still listens for alarms
                return True
            if not self._is_fresh[lane] or self._suspects.is_full(lane):
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
            records = self._suspects.sift(lane, records)
            self._wake_for_suspects(lane)
            if not records:
                return True
            if lane == TELEMETRY:
                self._ahead = records
                self._send_telemetry(session)
            else:
                self._send(session, lane, records)
            return True
        return False

    def _room(self, session: Session, lane: int) -> int:
        """How many records of a lane may be claimed now."""
        broker_takes = session.most_under_way - session.under_way - (session.most_under_way > 4)  # one for a reply
        if lane != ALARM:
            broker_takes -= session.most_under_way // 4  # a quarter is kept for alarms
        if self._under_way[lane] >= WINDOW[lane] or broker_takes <= 0:
            return 0
        if self._passed_by.is_full(lane):
            return int(self._passed_by.is_due(lane))
        if lane != TELEMETRY:
            return min(WINDOW[lane] - self._under_way[lane], broker_takes)
        return CLAIM if self._bytes_under_way < self._window_bytes else 0

    def _is_suspect_next(self, lane: int) -> bool:
        """Last of its lane, and the only suspect under way: if the broker hangs up now it is known on what."""
        is_last = self._suspects.is_full(lane) or not (self._is_fresh[lane] or (lane == TELEMETRY and self._ahead))
        if not is_last or self._under_way[lane] or self._suspects.wait_s(lane) != 0:
            return False
        # An alarm waits for no suspect of a lower lane, at the price of a connection in which two are blamed.
        return lane == ALARM or not any(self._suspects.are(flight.records) for flight in self.flights.values())

    def _wake_for_suspects(self, lane: int) -> None:
        if (wait_s := self._suspects.wait_s(lane)) is not None:
            asyncio.get_running_loop().call_later(wait_s, self._wake.set)

    def _send_telemetry(self, session: Session) -> None:
        """Send one message of what was claimed ahead: a batch, or a single beat if there are few.

        A window of motion goes alone: it is as large as seven beats.
        """
        size = self._batch if len(self._ahead) >= min(BATCH_FROM, self._batch) and not self._singly else 1
        beats = [record.kind == words.BEAT for record in self._ahead[:size]]
        size = max(1, beats.index(False)) if False in beats else size
        records = self._ahead[:size]
        if size == 1:
            self._singly = max(0, self._singly - 1)
            self._send(session, TELEMETRY, records)
        elif payload := self._rendered(records[0], self._renderer.batch, records):
            self._publish(session, TELEMETRY, records, self._topics.telemetry_batch, payload)
        else:
            self._singly = size
            return
        del self._ahead[:size]

    def _send(self, session: Session, lane: int, records: list[Record]) -> None:
        for record in records:
            if lane != TELEMETRY:
                self._trace.fine("claimed", event=record.event_id)
            payload = self._rendered(record, self._renderer.event, record)
            if payload:
                self._publish(session, lane, [record], self._topics.lane(LANE_NAMES[lane], subject(record)), payload)

    def _rendered(self, first: Record, render: Callable[..., bytes], what: object) -> bytes | None:
        """None for what cannot be told, of a later version or damaged: others must not wait behind it for ever."""
        try:
            return render(what)
        except Exception as fault:
            said = f"{first.event_id} makes no sense ({fault!r}); it is kept, the others go on; please report this"
            self._trace.trouble("events", said)
            return None

    def _publish(self, session: Session, lane: int, records: list[Record], topic: str, payload: bytes) -> None:
        if session.ended.is_set():
            return
        is_told = lane != TELEMETRY
        if is_told:
            self._trace.fine("publishing", event=records[0].event_id, lane=LANE_NAMES[lane])
        content = BATCH_CONTENT if topic == self._topics.telemetry_batch else EVENT_CONTENT
        mid = session.publish(topic, payload, content=content)
        self.flights[mid] = Flight(lane, records, len(payload), time.monotonic())
        self._under_way[lane] += 1
        self._bytes_under_way += len(payload) if lane == TELEMETRY else 0
        if is_told:
            self._trace.step("published", event=records[0].event_id, lane=LANE_NAMES[lane])

    # ---- and confirmed

    def puback(self, mid: int, is_accepted: bool) -> None:
        """The broker has taken a message, or refuses it."""
        flight = self.flights.pop(mid, None)
        self._wake.set()
        if flight is None:
            return  # a state, a reply
        self._suspects.confirmed(flight.records)
        if not self._suspects:
            self._trace.well("broker-hangs-up", "no event is left that connections end over")
        first, last = flight.records[0], flight.records[-1]
        if not is_accepted:
            self._pass_by(flight)
            return
        self._has_batch_arrived = self._has_batch_arrived or len(flight.records) > 1
        if flight.lane == TELEMETRY:
            self._adapt_window(flight)
        if flight.lane != TELEMETRY:
            self._trace.step("confirmed", event=first.event_id, lane=LANE_NAMES[flight.lane])
            if not self._passed_by:
                self._trace.well("broker-access", "the broker accepts events again")
        if flight.lane == ALARM:
            self._watch_listeners()
        # Before it is forgotten: what this notes is committed no later.
        aside(self._trace, "who hears of confirmations", self.on_confirmed, first)
        self._store.forget(flight.lane, first.n, last.n, partial(self._forgotten, self._session, flight))

    def _pass_by(self, flight: Flight) -> None:
        """The broker refuses it: it stays in the store and is tried again; the others need not wait for it."""
        self._trace.trouble(
            "broker-access", f"the broker refuses {flight.records[0].event_id}: check its access list, its quota"
        )
        self._passed_by.put(flight.lane, flight.records)
        self._landed(flight)
        asyncio.get_running_loop().call_later(passed_by.AGAIN_S, self._wake.set)

    def _watch_listeners(self) -> None:
        """An alarm that the broker gives to nobody rings nowhere: whoever reads the log shall know."""
        if self._session and self._session.is_unheard:
            said = "the broker takes alarms, but nobody has subscribed to them: let the platform subscribe"
            self._trace.trouble("platform", said)
        else:
            self._trace.well("platform", "somebody listens to alarms")

    def _adapt_window(self, flight: Flight) -> None:
        """Halved by a slow PUBACK, grown by a quick one: what is under way never takes much longer than SLOW_S."""
        if time.monotonic() - flight.since_s > SLOW_S:
            self._window_bytes = max(1, self._window_bytes // 2)  # one message is always allowed
        else:
            self._window_bytes = min(WINDOW_BYTES, self._window_bytes + flight.size)

    def _forgotten(self, session: Session | None, flight: Flight) -> None:
        if flight.lane != TELEMETRY:
            self._trace.fine("forgotten", event=flight.records[0].event_id)
        if session is self._session:
            self._landed(flight)
            self._wake.set()

    def _landed(self, flight: Flight) -> None:
        self._under_way[flight.lane] -= 1
        self._bytes_under_way -= flight.size if flight.lane == TELEMETRY else 0
