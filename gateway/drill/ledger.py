"""Without this file a drill and a soak would each count losses in their own way.

What was said, what was acknowledged, what arrived: by name, with times. The promise that both are held to: whatever
was acknowledged arrives, once or more; whatever was said is acknowledged in the end.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_NAMED = 10


@dataclass
class Ledger:
    """Names are the ids of events, as bytes; times are of one monotonic clock, in seconds."""

    said_s: dict[bytes, float] = field(default_factory=dict)  # first said
    acked_s: dict[bytes, float] = field(default_factory=dict)  # acknowledged: stored
    arrived_s: dict[bytes, float] = field(default_factory=dict)  # first arrival
    copies: Counter[bytes] = field(default_factory=Counter)  # arrivals

    def say(self, name: bytes, now_s: float) -> None:
        """It was said; repeats change nothing."""
        self.said_s.setdefault(name, now_s)

    def ack(self, name: bytes, now_s: float) -> None:
        """The gateway has taken responsibility for it."""
        self.acked_s.setdefault(name, now_s)

    def arrive(self, name: bytes, now_s: float) -> None:
        """It has arrived, once more."""
        self.arrived_s.setdefault(name, now_s)
        self.copies[name] += 1

    def missing(self) -> set[bytes]:
        """Acknowledged, and not arrived: under way, or lost."""
        return {name for name in list(self.acked_s) if name not in self.copies}

    def unacked(self) -> set[bytes]:
        """Said, and not acknowledged: its pendant still repeats it."""
        return {name for name in list(self.said_s) if name not in self.acked_s}

    def balance(self, kept: frozenset[bytes] = frozenset()) -> "Balance":
        """How it stands. kept: what still waits in the store."""
        missing = self.missing()
        lost = missing - kept
        delays = [at_s - self.said_s[name] for name, at_s in list(self.arrived_s.items()) if name in self.said_s]
        return Balance(
            said=len(self.said_s),
            acknowledged=len(self.acked_s),
            arrived=len([name for name in self.acked_s if name in self.copies]),
            lost=len(lost),
            kept=len(missing & kept),
            unacknowledged=len(self.unacked()),
            repeated=sum(self.copies.values()) - len(self.copies),
            longest_delay_s=round(max(delays), 3) if delays else None,
            names_of_lost=tuple(name.decode() for name in sorted(lost)[:MOST_NAMED]),
        )


@dataclass(frozen=True)
class Balance:
    """How many there are of each."""

    said: int
    acknowledged: int
    arrived: int
    lost: int  # acknowledged, not arrived, and in no store
    kept: int  # acknowledged, not arrived, but still in the store
    unacknowledged: int
    repeated: int  # copies beyond the first
    longest_delay_s: float | None  # from first said to first arrived
    names_of_lost: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether everything that was said arrived."""
        return not (self.lost or self.kept or self.unacknowledged)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "names_of_lost": list(self.names_of_lost)}
