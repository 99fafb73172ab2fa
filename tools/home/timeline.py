"""Without this file nobody could see how long each part of the trip took.

Moments from every process on one axis (Unix seconds of this machine), and the table that is made of them: one row an
alarm, milliseconds after the impact or after the button went down.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Moment:
    """Something that happened somewhere."""

    at_s: float
    who: str
    what: str
    pendant: str = ""


class Timeline:
    """Takes moments from any thread and hands each to a listener at once."""

    def __init__(self, listener: Callable[[Moment], None] | None = None) -> None:
        self.moments: list[Moment] = []
        self._lock = threading.Lock()
        self._listener = listener

    def add(self, moment: Moment) -> None:
        """Keep a moment."""
        with self._lock:
            self.moments.append(moment)
            if self._listener:
                self._listener(moment)

    def in_order(self) -> list[Moment]:
        """All moments by time."""
        with self._lock:
            return sorted(self.moments, key=lambda moment: moment.at_s)


COLUMNS = ("raised", "stored", "at the platform", "answered", "felt by the wearer")


@dataclass
class AlarmRow:
    """One alarm's way; times in Unix seconds, None for what has not happened."""

    pendant: str
    kind: str
    event_id: str
    cause_s: float  # the impact, or the moment the button went down
    times_s: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(COLUMNS))

    def after_ms(self, column: str) -> int | None:
        """Milliseconds from the cause to a column."""
        at_s = self.times_s[column]
        return None if at_s is None else round(1000 * (at_s - self.cause_s))

    @property
    def is_complete(self) -> bool:
        """Whether it went all the way and came back to the wearer."""
        return all(at_s is not None for at_s in self.times_s.values())
