"""Without this file a flag of a beat would be all a carer sees: one wearer as a row, in words and in order of need."""

from dataclasses import dataclass

from gateway.pendant_state import MISSING, UNKNOWN, PendantState
from gateway.registry import Pendant

NEVER, CHARGING, WORN, STILL, OFF = "never", "charging", "worn", "still", "off"
LOW_PERCENT = 15
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


def view(pendant: Pendant, now: PendantState, days: int | None, *, has_alarm: bool) -> WearerView:
    """The row of one."""
    return WearerView(
        id=pendant.id.hex(),
        name=pendant.name,
        room=pendant.room or "",
        state=state(now),
        percent=now.battery_percent,
        days=days,
        seen_s=None if now.seen_unix_ms is None else now.seen_unix_ms // 1000,
        has_alarm=has_alarm,
    )


def state(now: PendantState) -> str:
    """The one word about it: first whether it is there at all, then what it last said about itself."""
    if now.presence == MISSING:
        return MISSING
    if now.presence == UNKNOWN:
        return NEVER if now.unheard_s is None else UNKNOWN
    if now.charging:
        return CHARGING
    if now.worn is False:
        return OFF
    return STILL if now.still else WORN
