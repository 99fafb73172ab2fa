"""Without these records nobody could tell how a chip slept, and how its life ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ending:
    """How a life ended: reset, soft_reset, watchdog, deepsleep (with ms), power, cut, died."""

    how: str
    ms: int = 0


@dataclass(frozen=True)
class Sleep:
    """One light or deep sleep; woken_by is a wake reason of stand_ins.wire, or 0 when power or a reset ended it."""

    kind: str
    start_s: float
    end_s: float
    asked_ms: int
    woken_by: int
