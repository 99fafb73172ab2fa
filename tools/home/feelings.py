"""Without this file a buzz would be a row of numbers: it reads the wearer's language back from the motor's own pulses.

Takes what the virtual board's output really did (on and off, with times) and names the message of
firmware/pendant/feelings.py that it was. So "felt" in the demo means felt, not said to be felt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from firmware.pendant import feelings

_MESSAGES = {
    "tick": feelings.TICK,
    "sent": feelings.SENT,
    "stored": feelings.STORED,
    "delivered": feelings.DELIVERED,
    "answered": feelings.ANSWERED,
    "nobody": feelings.NOBODY,
    "fallen?": feelings.FALLEN,
    "counting": feelings.COUNTING,
    "cancelled": feelings.CANCELLED,
    "sick": feelings.SICK[:3],  # its second half follows half a second later and reads the same
}
OUTPUTS = ("vibration", "buzzer")
_APART_MS = 40  # how exact the edges of a short message are: less than half of what any two differ by somewhere
_RHYTHM = 5  # spans, from which on messages differ by so much that edges need not be exact to tell them apart
BETWEEN_MESSAGES_S = 0.32  # the player pauses 350 ms between two messages, and not so long inside one
_LEAST_PAUSE_S = 0.22  # of that pause when the end before it came late
_FAR_MS = 120  # the loop that switches the motor looks every few milliseconds; a busy machine looks late
_LATE_MS = 300  # an edge that may be later proves nothing: a question that is hushed late would be felt as "sent"


@dataclass(frozen=True)
class Felt:
    """One message: when it began (seconds of the bench's clock) and its name, "?" for a pattern nobody knows."""

    at_s: float
    name: str
    spans_ms: tuple[int, ...]
    late_ms: int  # how late one of its edges may have been, at most

    @property
    def is_sure(self) -> bool:
        """Whether the name proves anything: on a busy machine edges come too late to be sure."""
        return self.late_ms <= _LATE_MS


def read(pulses: Iterable[Any], now_s: float) -> list[Felt]:
    """The messages among the activations of the board so far; one that may still go on is left for later."""
    felt: list[Felt] = []
    group: list[Any] = []
    for pulse in pulses:
        if pulse.output not in OUTPUTS or pulse.duty <= 0:
            continue
        if group and pulse.start_s - group[-1].end_s > BETWEEN_MESSAGES_S + min(pulse.start_late_s, _LATE_MS / 1000):
            felt += _messages(group)
            group = []
        if pulse.end_s is None:
            return felt  # the rest is being said
        group.append(pulse)
    if group and now_s - group[-1].end_s > BETWEEN_MESSAGES_S:
        felt += _messages(group)
    return felt


def _messages(group: Sequence[Any]) -> list[Felt]:
    """A group as one message; where that is none, as several: a late end makes the pause behind it short."""
    whole = _named(group)
    if whole.name != "?":
        return [whole]
    pauses_s = {at: group[at].start_s - group[at - 1].end_s for at in range(1, len(group))}
    for at in sorted(pauses_s, key=pauses_s.__getitem__, reverse=True):
        if pauses_s[at] <= _LEAST_PAUSE_S:
            break
        parts = [_named(group[:at]), *_messages(group[at:])]
        if all(part.name != "?" for part in parts):
            return parts
    return [whole]


def _named(group: Sequence[Any]) -> Felt:
    spans_ms = _spans_ms(group)
    lates_ms = _lates_ms(group)
    return Felt(group[0].start_s, _nearest(spans_ms, lates_ms), spans_ms, max(lates_ms))


def _nearest(spans_ms: Sequence[int], lates_ms: Sequence[int]) -> str:
    """The only message of as many spans whose plan this can be, or else the nearest; "?" if even that is far off."""
    near = {name: pattern for name, pattern in _MESSAGES.items() if len(pattern) == len(spans_ms)}
    if len(spans_ms) > 1:  # of a single buzz the length is all that it says
        far_ms = _FAR_MS if len(spans_ms) >= _RHYTHM else _APART_MS
        said = [name for name, pattern in near.items() if _is_said_late(spans_ms, pattern, lates_ms, far_ms)]
        if len(said) == 1:
            return said[0]
    distances = {
        name: max(abs(span - wanted) for span, wanted in zip(spans_ms, pattern, strict=True))
        for name, pattern in near.items()
    }
    nearest = min(distances, key=distances.__getitem__, default="?")
    return nearest if distances.get(nearest, _FAR_MS) < _FAR_MS else "?"


def _is_said_late(spans_ms: Sequence[int], pattern: Sequence[int], lates_ms: Sequence[int], far_ms: int) -> bool:
    """Every edge is where it belongs, or as much later as it may have been: the player keeps to its plan."""
    edges = zip(accumulate(spans_ms), accumulate(pattern), lates_ms, strict=True)
    return all(-far_ms < is_ms - due_ms < far_ms + late_ms for is_ms, due_ms, late_ms in edges)


def _spans_ms(group: Sequence[Any]) -> tuple[int, ...]:
    edges = [edge for pulse in group for edge in (pulse.start_s, pulse.end_s)]
    return tuple(round(1000 * (after - before)) for before, after in pairwise(edges))


def _lates_ms(group: Sequence[Any]) -> tuple[int, ...]:
    """How late each edge after the first may have been made, at most."""
    lates_s = [late_s for pulse in group for late_s in (pulse.start_late_s, pulse.end_late_s)]
    return tuple(round(1000 * late_s) for late_s in lates_s[1:])
