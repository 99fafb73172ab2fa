"""Without this file a flag of a beat would be all a carer sees: one wearer as a row, in words and in order of need."""

from dataclasses import dataclass

from gateway.registry import Pendant
from gateway.station.wearers import LOW_PERCENT, Wearer
from shared import words

NEVER, MISSING, CHARGING, WORN, STILL, OFF = "never", "missing", "charging", "worn", "still", "off"
LOW_DAYS = 2


@dataclass(frozen=True, slots=True)
class WearerView:
    """One row."""

    id: str
    name: str
    room: str
    state: str
    percent: int | None
    days: int | None
    seen_s: int | None
    has_alarm: bool

    @property
    def is_low(self) -> bool:
        """Whether the battery must be charged soon."""
        is_empty = self.percent is not None and self.percent <= LOW_PERCENT
        return self.state != CHARGING and (is_empty or (self.days is not None and self.days < LOW_DAYS))

    @property
    def needs_care(self) -> bool:
        """Whether somebody should look after it: these come first."""
        return self.state in {MISSING, NEVER} or self.is_low

    @property
    def order(self) -> str:
        """Sorts rows: who has an alarm, who needs care, then by name."""
        return f"{0 if self.has_alarm else 1 if self.needs_care else 2}{self.name}"


def view(pendant: Pendant, wearer: Wearer, *, is_missing: bool, has_alarm: bool) -> WearerView:
    """The row of one."""
    return WearerView(
        id=pendant.id.hex(),
        name=pendant.name,
        room=pendant.room or "",
        state=state(wearer, is_missing=is_missing),
        percent=wearer.percent,
        days=wearer.days,
        seen_s=wearer.seen_s,
        has_alarm=has_alarm,
    )


def state(wearer: Wearer, *, is_missing: bool) -> str:
    """The one word about it."""
    if wearer.seen_s is None and wearer.seen_stamp_ms is None:
        return NEVER
    if is_missing:
        return MISSING
    flags = wearer.flags or 0
    if flags & words.CHARGING:
        return CHARGING
    if wearer.flags is not None and not flags & words.WORN:
        return OFF
    return STILL if flags & words.STILL else WORN
