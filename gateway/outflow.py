"""Without this file a million waiting heartbeats would stand between an alarm and the platform.

The lanes' way to the broker: claimed from the store, most urgent first, while there is room (under_way.py), and
forgotten after the PUBACK. A backlog of telemetry travels in batches (batches.py). What cannot be sent stays in the
store, and the others go on: what the broker refuses is tried again (passed_by.py), what it hangs up on goes last
(suspects.py), what makes no sense waits for the next connection.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from itertools import chain

from gateway import passed_by, suspects
from gateway.aside import aside
from gateway.batches import Batches
from gateway.events import BATCH_CONTENT, EVENT_CONTENT, Renderer, subject
from gateway.mqtt_session import Session
from gateway.passed_by import PassedBy
from gateway.record import ALARM, LANE_NAMES, LANES, TELEMETRY, Record
from gateway.store import Store
from gateway.suspects import Suspects
from gateway.topics import Topics
from gateway.trace import Trace
from gateway.under_way import Flight, UnderWay

CLAIM = 280  # records of telemetry read from the store at once
_READ_AGAIN_S = 1.0


class Outflow:
    """The lanes' way into a session. All of it runs in the event loop."""

    def __init__(self, store: Store, topics: Topics, renderer: Renderer, wake: asyncio.Event, trace: Trace) -> None:
        self._store = store
        self._topics = topics
        self._renderer = renderer
        self._wake = wake  # set whenever there may be something to send, or room for it
        self._trace = trace
        self._session: Session | None = None
        self.under_way = UnderWay()
        self._cursor = [0, 0, 0]  # the last n of each lane that was claimed
        self._is_fresh = [True, True, True]  # there may be records behind the cursor
        self._batches = Batches()
        self._passed_by = PassedBy()
        self._suspects = Suspects()
        self.on_confirmed: Callable[[Record], None] = lambda record: None

    def stored(self, lane: int) -> None:
        """A record has been stored in this lane."""
        self._is_fresh[lane] = True
        self._wake.set()

    def begin(self, session: Session) -> None:
        """From now on all goes into this session, again from the oldest on; what was under way has to go again."""
        self._session = session
        self.under_way = UnderWay()
        self._cursor = [0, 0, 0]
        self._is_fresh = [True, True, True]
        self._batches.begin(session.longest_packet)
        self._passed_by = PassedBy()
        self._suspects.begin(time.monotonic())

    def end(self) -> None:
        """The session is over: what was under way may be why."""
        self._session = None
        blamed = self._batches.ended(list(self.under_way.records()))
        if (ends := self._suspects.ended(chain.from_iterable(blamed))) > suspects.FROM:
            said = f"{ends} connections in a row have ended over the same event; it is kept, the others go first"
            self._trace.trouble("broker-hangs-up", said)

    # ---- out

    async def send_some(self, session: Session) -> bool:
        """Send from the most urgent lane that has something and room; False if none has."""
        for lane in LANES:
            room = self.under_way.room(lane, session.most_under_way, session.under_way)
            if room and await self._send_from(session, lane, room):
                return True
            if not room and lane != TELEMETRY and self._is_fresh[lane] and self.under_way.has(lane):
                return False  # more of it waits for a PUBACK: nothing less urgent goes before it
        return False

    async def _send_from(self, session: Session, lane: int, room: int) -> bool:
        """Send of one lane what is next, at most so many messages; False if nothing of it may go now."""
        now_s = time.monotonic()
        if self._passed_by.is_due(lane, now_s):
            self._send(session, lane, [self._passed_by.take(lane)])
        elif self._passed_by.is_full(lane):
            return False
        elif self._is_suspect_next(lane, now_s):
            self._send(session, lane, [self._suspects.take(lane)])
            self._wake_for_suspects(lane, now_s)
        elif lane == TELEMETRY and self._batches:
            self._send_telemetry(session)
            await asyncio.sleep(0)  # whoever drains a backlog still listens for alarms
        elif self._is_fresh[lane] and not self._suspects.is_full(lane):
            return await self._claim_and_send(session, lane, CLAIM if lane == TELEMETRY else room)
        else:
            return False
        return True

    async def _claim_and_send(self, session: Session, lane: int, limit: int) -> bool:
        """Send what is behind the cursor; False if nothing is there."""
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
        if not records:
            return False
        if len(records) == limit:
            self._is_fresh[lane] = True
        self._cursor[lane] = records[-1].n
        clear = self._suspects.sift(lane, records)
        self._wake_for_suspects(lane, time.monotonic())
        if clear and lane == TELEMETRY:
            self._batches.put(clear)
            if len(clear) < len(records):  # a batch is forgotten from its first to its last, and all between them
                self._batches.split(len(clear))
            self._send_telemetry(session)
        elif clear:
            self._send(session, lane, clear)
        return True

    def _is_suspect_next(self, lane: int, now_s: float) -> bool:
        """Last of its lane, and the only suspect under way: if the broker hangs up now it is known on what."""
        is_last = self._suspects.is_full(lane) or not (self._is_fresh[lane] or (lane == TELEMETRY and self._batches))
        if not is_last or self.under_way.has(lane) or self._suspects.wait_s(lane, now_s) != 0:
            return False
        # An alarm waits for no suspect of a lower lane, at the price of a connection in which two are blamed.
        return lane == ALARM or not any(self._suspects.are(records) for records in self.under_way.records())

    def _wake_for_suspects(self, lane: int, now_s: float) -> None:
        if (wait_s := self._suspects.wait_s(lane, now_s)) is not None:
            asyncio.get_running_loop().call_later(wait_s, self._wake.set)

    def _send_telemetry(self, session: Session) -> None:
        """Send one message of what was claimed ahead."""
        records = self._batches.next()
        if len(records) == 1:
            self._send(session, TELEMETRY, records)
        elif payload := self._rendered(records[0], self._renderer.batch, records):
            self._publish(session, TELEMETRY, records, self._topics.telemetry_batch, payload)
        else:
            self._batches.split(len(records))
            return
        self._batches.gone(len(records))

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
        self.under_way.add(mid, Flight(lane, records, len(payload), time.monotonic()))
        if is_told:
            self._trace.step("published", event=records[0].event_id, lane=LANE_NAMES[lane])

    # ---- and confirmed

    def puback(self, mid: int, is_accepted: bool) -> None:
        """The broker has taken a message, or refuses it."""
        flight = self.under_way.answered(mid)
        self._wake.set()
        if flight is None:
            return  # a state, a reply
        self._suspects.confirmed(flight.records)
        if not self._suspects:
            self._trace.well("broker-hangs-up", "no event is left that connections end over")
        if is_accepted:
            self._taken(flight)
        else:
            self._refused(flight)

    def _taken(self, flight: Flight) -> None:
        """The platform has it now: only from here on may the store forget it."""
        first, last = flight.records[0], flight.records[-1]
        self._batches.arrived(len(flight.records))
        self.under_way.adapt(flight, time.monotonic())
        if flight.lane != TELEMETRY:
            self._trace.step("confirmed", event=first.event_id, lane=LANE_NAMES[flight.lane])
            if not self._passed_by:
                self._trace.well("broker-access", "the broker accepts events again")
        if flight.lane == ALARM:
            self._watch_listeners()
        # Before it is forgotten: what this notes is committed no later.
        aside(self._trace, "who hears of confirmations", self.on_confirmed, first)
        self._store.forget(flight.lane, first.n, last.n, partial(self._forgotten, self.under_way, flight))

    def _refused(self, flight: Flight) -> None:
        """It stays in the store and is tried again; the others need not wait for it."""
        said = f"the broker refuses {flight.records[0].event_id}: check its access list, its quota"
        self._trace.trouble("broker-access", said)
        self._passed_by.put(flight.lane, flight.records, time.monotonic())
        self.under_way.landed(flight)
        asyncio.get_running_loop().call_later(passed_by.AGAIN_S, self._wake.set)

    def _watch_listeners(self) -> None:
        """An alarm that the broker gives to nobody rings nowhere: whoever reads the log shall know."""
        if self._session and self._session.is_unheard:
            said = "the broker takes alarms, but nobody has subscribed to them: let the platform subscribe"
            self._trace.trouble("platform", said)
        else:
            self._trace.well("platform", "somebody listens to alarms")

    def _forgotten(self, under_way: UnderWay, flight: Flight) -> None:
        if flight.lane != TELEMETRY:
            self._trace.fine("forgotten", event=flight.records[0].event_id)
        under_way.landed(flight)  # that of its own connection, which may be over
        self._wake.set()
