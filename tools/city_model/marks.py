"""Without this file a run of the city would end in a heap of times; here they become a table."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Ledger = list[tuple[str, str, float]]  # id, kind, when it was handed to the gateway


class Span(NamedTuple):
    """A part of the run: events that were handed over from begin_s (inclusive) to end_s."""

    name: str
    begin_s: float
    end_s: float


class Mark(NamedTuple):
    """What became of one kind of event in one span; milliseconds from the gateway to the platform."""

    events: int
    p50_ms: float
    p99_ms: float
    most_ms: float


def latencies(ledger: Ledger, first_s: Mapping[bytes, float], spans: Iterable[Span]) -> dict[tuple[str, str], Mark]:
    """By (span, kind): how long arrived events took."""
    spans = list(spans)
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for event, kind, at_s in ledger:
        arrived_s = first_s.get(event.encode())
        if arrived_s is None:
            continue
        for span in spans:
            if span.begin_s <= at_s < span.end_s:
                times[span.name, kind].append((arrived_s - at_s) * 1000)
    return {key: _mark(values) for key, values in times.items()}


def lost(ledger: Ledger, counts: Mapping[bytes, int]) -> list[str]:
    """Ids that were acknowledged and never arrived."""
    return [event for event, _, _ in ledger if event.encode() not in counts]


def invented(ledger: Ledger, refused: int, counts: Counter[bytes]) -> int:
    """Arrivals that nobody was told are stored: with nothing refused there may be none."""
    known = {event.encode() for event, _, _ in ledger}
    return max(0, sum(name not in known for name in counts) - refused)


def _mark(values: list[float]) -> Mark:
    values.sort()
    return Mark(len(values), values[len(values) // 2], values[int(len(values) * 0.99)], values[-1])
