"""Without this file nobody could see who is well: the last word of every pendant, and how long ago that was.

`take` is called in the event loop for every stored record and only notes; what must outlive a restart goes to the book
in groups, later.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from gateway.clock import Clock
from gateway.record import Record
from gateway.registry import Pendant, Registry
from gateway.station import battery, history
from gateway.station.book import Book
from gateway.station.history import HOUR_S, Happening, Hour, Sight
from shared import frames, words

MISSING_S = 3 * 300 + 60  # three beats and a little: as the platform is told
MOST_WAITING = 5_000  # events for the book, if its disk hangs
MOST_DELAYS = 1_000
LOW_PERCENT = 15
DAYS_EVERY_S = 1_800


@dataclass
class Wearer:
    """What is known of one pendant now."""

    seen_stamp_ms: int | None = None  # in this switching-on
    seen_s: int | None = None  # unix, where the time was known
    percent: int | None = None
    flags: int | None = None  # of the last beat; None: there was none
    rssi_dbm: int = 0
    firmware: str = ""
    days: int | None = None
    days_at_s: float = 0.0  # when that was worked out


@dataclass
class _Waiting:
    hours: dict[tuple[bytes, int], Hour] = field(default_factory=dict)
    sights: dict[bytes, Sight] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)


class Wearers:
    """All of them."""

    def __init__(self, registry: Registry, clock: Clock, book: Book) -> None:
        self._registry = registry
        self._clock = clock
        self._book = book
        self._known: dict[bytes, Wearer] = {}
        self._waiting = _Waiting()
        self._delays: OrderedDict[str, int] = OrderedDict()
        self._began_ms = clock.stamp_ms()
        self._missing: set[bytes] = set()
        self.on_changed: Callable[[bytes], None] = lambda pendant: None

    def __iter__(self) -> Iterator[tuple[Pendant, Wearer]]:
        """Everybody on the list who is not revoked."""
        for pendant in self._registry:
            if not pendant.is_revoked:
                yield pendant, self.get(pendant.id)

    def get(self, pendant: bytes) -> Wearer:
        """What is known of one; never heard is known as well."""
        return self._known.get(pendant) or Wearer()

    def delay_ms(self, event: str) -> int | None:
        """From the cause to the alarm, as the pendant measured it."""
        return self._delays.get(event)

    async def load(self) -> None:
        """Take up what was known before the restart."""
        nothing: list[Sight] = []
        for sight in await self._book.do(history.sights, nothing):
            self._known[sight.pendant] = Wearer(None, *sight[1:])
        known: list[tuple[str, int]] = []
        self._delays.update(reversed(await self._book.do(partial(history.delays, limit=MOST_DELAYS), known)))

    def take(self, record: Record) -> None:
        """A pendant has said something."""
        if record.kind not in (words.ALARM, words.EVENT, words.BEAT):
            return
        wearer = self._known.setdefault(record.sender, Wearer())
        wearer.seen_stamp_ms, wearer.rssi_dbm = record.heard_ms, record.rssi_dbm
        offset_ms = self._clock.offset_ms()
        wearer.seen_s = None if offset_ms is None else (record.heard_ms + offset_ms) // 1000
        if record.kind == words.BEAT:
            self._take_beat(record, wearer)
        else:
            self._take_event(record, wearer.seen_s)
        if wearer.seen_s is not None:
            self._waiting.sights[record.sender] = Sight(
                record.sender, wearer.seen_s, wearer.percent, wearer.flags, wearer.rssi_dbm, wearer.firmware
            )
        self.on_changed(record.sender)

    def is_missing(self, wearer: Wearer) -> bool:
        """Whether it has been silent for too long; a gateway that has just been started waits first."""
        now_ms = self._clock.stamp_ms()
        last_ms = max(wearer.seen_stamp_ms or 0, self._began_ms)
        return now_ms - last_ms > MISSING_S * 1000 and (wearer.seen_s or wearer.seen_stamp_ms) is not None

    def turned(self) -> set[bytes]:
        """Who has gone missing, or come back, since this was last asked."""
        missing = {pendant.id for pendant, wearer in self if self.is_missing(wearer)}
        changed = missing ^ self._missing
        self._missing = missing
        return changed

    async def flush(self) -> None:
        """Write what has gathered to the book."""
        waiting, self._waiting = self._waiting, _Waiting()
        if waiting.sights or waiting.happenings:
            work = partial(
                history.put,
                hours=list(waiting.hours.values()),
                sights=list(waiting.sights.values()),
                happenings=waiting.happenings,
            )
            await self._book.do(work, None)

    async def tidy(self) -> None:
        """Keep the book in its bounds."""
        if now_s := self._clock.unix_s():
            await self._book.do(partial(history.drop_old, now_s=now_s), None)

    async def work_out_days(self, most: int = 100) -> None:
        """How long batteries last, a few at a time."""
        now_s = self._clock.unix_s()
        due = [(p.id, w) for p, w in self if w.percent is not None and now_s - w.days_at_s > DAYS_EVERY_S]
        for pendant, wearer in due[:most] if now_s else []:
            curve: list[battery.Point] = []
            since_s = now_s - battery.LOOK_BACK_S
            read = partial(history.points, pendant=pendant, since_s=since_s, charging=words.CHARGING)
            days = battery.days_left(await self._book.do(read, curve), now_s)
            wearer.days_at_s = now_s
            if days != wearer.days:
                wearer.days = days
                self.on_changed(pendant)

    def _take_beat(self, record: Record, wearer: Wearer) -> None:
        beat = frames.unpack_beat(record.body)
        wearer.percent = None if beat.battery_percent == frames.PERCENT_UNKNOWN else beat.battery_percent
        wearer.flags = beat.flags
        wearer.firmware = "{}.{}.{}".format(*beat.firmware)
        if wearer.seen_s is None:
            return  # an hour without a date has no place on a curve
        key = (record.sender, wearer.seen_s // HOUR_S)
        before = self._waiting.hours.get(key)
        self._waiting.hours[key] = Hour(
            *key, wearer.percent, beat.battery_mv or None, beat.flags, before.beats + 1 if before else 1,
            record.rssi_dbm,
        )  # fmt: skip

    def _take_event(self, record: Record, seen_s: int | None) -> None:
        event = frames.unpack_event(record.body)
        delay_ms = None if event.delay_ms == frames.DELAY_UNKNOWN_MS else event.delay_ms
        if delay_ms is not None and event.code in words.ALARM_CODES:
            self._delays[record.event_id] = delay_ms
            while len(self._delays) > MOST_DELAYS:
                self._delays.popitem(last=False)
        if seen_s is None or len(self._waiting.happenings) >= MOST_WAITING:
            return
        age_s = 0 if event.age_ms == frames.AGE_UNKNOWN else event.age_ms // 1000
        self._waiting.happenings.append(
            Happening(record.sender, record.event_id, seen_s - age_s, event.code, event.arg, delay_ms)
        )
