"""Without this file a fall of last night would be shown in the zone of a server: times as the home's clock has them."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.station import words

_DAY_S = 86_400


class Times:
    """Moments in the home's zone, in words."""

    def __init__(self, zone: ZoneInfo, now_s: Callable[[], float] = time.time) -> None:
        self.zone = zone
        self._now_s = now_s

    def now(self) -> datetime:
        """The home's time."""
        return self.local(self._now_s())

    def local(self, at_s: float) -> datetime:
        """Unix seconds as the home's time."""
        return datetime.fromtimestamp(at_s, UTC).astimezone(self.zone)

    def moment(self, at_s: float | None, tongue: str) -> str:
        """14:05:09 today, yesterday 14:05, else with the date; a word where nobody knows."""
        if at_s is None:
            return words.say("time_unknown", language=tongue)
        at, today = self.local(at_s), self.now().date()
        if at.date() == today:
            return at.strftime("%H:%M:%S")
        if at.date() == today - timedelta(days=1):
            return words.say("yesterday_at", language=tongue, time=at.strftime("%H:%M"))
        return f"{self.day(at.date(), tongue)} {at.strftime('%H:%M')}"

    def took(self, ms: int, tongue: str) -> str:
        """0.9 s, 12 s, 2:05 min, 1:30 h."""
        if ms < 10_000:
            return words.say("took_s", language=tongue, s=f"{ms / 1000:.1f}")
        seconds = ms // 1000
        if seconds < 60:
            return words.say("took_s", language=tongue, s=seconds)
        if seconds < 3_600:
            return words.say("took_min", language=tongue, min=f"{seconds // 60}:{seconds % 60:02d}")
        return words.say("took_h", language=tongue, h=f"{seconds // 3_600}:{seconds % 3_600 // 60:02d}")

    def day(self, of: date, tongue: str) -> str:
        """A date with its weekday."""
        weekday = words.say(f"weekday_{of.weekday()}", language=tongue)
        return words.say("date", language=tongue, month=of.month, day=of.day, year=of.year, weekday=weekday)
