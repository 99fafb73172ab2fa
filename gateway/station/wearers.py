"""Without this file nobody could see how a battery goes down: what pendants say, noted for the curves and timelines.

How a pendant is now is presence.py's to say. `take` is called in the event loop for every stored record and only notes;
what must outlive a restart goes to the book in groups, later.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from gateway.clock import Clock
from gateway.record import Record
from gateway.station import battery, history
from gateway.station.book import Book
from gateway.station.history import HOUR_S, Happening, Hour
from shared import frames, gateway_frames, words

MOST_WAITING = 5_000  # events for the book, if its disk hangs
MOST_DELAYS = 1_000
DAYS_EVERY_S = 1_800


@dataclass
class _Waiting:
    hours: dict[tuple[bytes, int], Hour] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)


class Wearers:
    """The past of all pendants, as far as it is kept here."""

    def __init__(self, clock: Clock, book: Book) -> None:
        self._clock = clock
        self._book = book
        self._waiting = _Waiting()
        self._delays: OrderedDict[str, int] = OrderedDict()
        self._days: dict[bytes, int | None] = {}
        self._worked_out_s: dict[bytes, float] = {}
        self.on_changed: Callable[[bytes], None] = lambda pendant: None

    def days(self, pendant: bytes) -> int | None:
        """For how many days its battery still lasts; None while nobody can know."""
        return self._days.get(pendant)

    def delay_ms(self, event: str) -> int | None:
        """From the cause to the alarm, as the pendant measured it."""
        return self._delays.get(event)

    async def load(self) -> None:
        """Take up what was known before the restart."""
        known: list[tuple[str, int]] = []
        self._delays.update(reversed(await self._book.do(partial(history.delays, limit=MOST_DELAYS), known)))

    def take(self, record: Record) -> None:
        """A pendant has said something."""
        offset_ms = self._clock.offset_ms()
        at_s = None if offset_ms is None else (record.heard_ms + offset_ms) // 1000
        if record.kind == words.BEAT:
            self._take_beat(record, at_s)
        elif record.kind in (words.ALARM, words.EVENT):
            self._take_event(record, at_s)

    async def flush(self) -> None:
        """Write what has gathered to the book."""
        waiting, self._waiting = self._waiting, _Waiting()
        if waiting.hours or waiting.happenings:
            work = partial(history.put, hours=list(waiting.hours.values()), happenings=waiting.happenings)
            await self._book.do(work, None)

    async def tidy(self) -> None:
        """Keep the book in its bounds."""
        if now_s := self._clock.unix_s():
            await self._book.do(partial(history.drop_old, now_s=now_s), None)

    async def work_out_days(self, pendants: list[bytes], most: int = 100) -> None:
        """How long batteries last, a few at a time."""
        now_s = self._clock.unix_s()
        due = [one for one in pendants if now_s - self._worked_out_s.get(one, 0) > DAYS_EVERY_S]
        for pendant in due[:most]:
            curve: list[battery.Point] = []
            since_s = now_s - battery.LOOK_BACK_S
            read = partial(history.points, pendant=pendant, since_s=since_s, charging=words.CHARGING)
            days = battery.days_left(await self._book.do(read, curve), now_s)
            self._worked_out_s[pendant] = now_s
            if days != self._days.get(pendant):
                self._days[pendant] = days
                self.on_changed(pendant)

    def _take_beat(self, record: Record, at_s: int | None) -> None:
        if at_s is None:
            return  # an hour without a date has no place on a curve
        beat = gateway_frames.unpack_beat(record.body)
        percent = None if beat.battery_percent == frames.PERCENT_UNKNOWN else beat.battery_percent
        key = (record.sender, at_s // HOUR_S)
        before = self._waiting.hours.get(key)
        if before is None and len(self._waiting.hours) >= MOST_WAITING:
            return
        count = before.beats + 1 if before else 1
        self._waiting.hours[key] = Hour(*key, percent, beat.battery_mv or None, beat.flags, count, record.rssi_dbm)

    def _take_event(self, record: Record, at_s: int | None) -> None:
        event = gateway_frames.unpack_event(record.body)
        delay_ms = None if event.delay_ms == frames.DELAY_UNKNOWN_MS else event.delay_ms
        if delay_ms is not None and event.code in words.ALARM_CODES:
            self._delays[record.event_id] = delay_ms
            while len(self._delays) > MOST_DELAYS:
                self._delays.popitem(last=False)
        if at_s is None or len(self._waiting.happenings) >= MOST_WAITING:
            return
        age_s = 0 if event.age_ms == frames.AGE_UNKNOWN else event.age_ms // 1000
        self._waiting.happenings.append(
            Happening(record.sender, record.event_id, at_s - age_s, event.code, event.arg, delay_ms)
        )
