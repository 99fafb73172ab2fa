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
_APART_MS = 40  # half of what the beginnings of any two such messages differ by
_RHYTHM = 5  # spans, from which on messages differ by so much that one late edge makes none like another
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
        if group and pulse.start_s - group[-1].end_s > BETWEEN_MESSAGES_S:
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
    late_ms = _late_ms(group)
    return Felt(group[0].start_s, _nearest(spans_ms, late_ms), spans_ms, late_ms)


def _nearest(spans_ms: Sequence[int], late_ms: int) -> str:
    """The message of as many spans that is nearest; "?" if even that one is far off."""
    distances = {
        name: max(abs(span - wanted) for span, wanted in zip(spans_ms, pattern, strict=True))
        for name, pattern in _MESSAGES.items()
        if len(pattern) == len(spans_ms)
    }
    nearest = min(distances, key=distances.__getitem__, default="?")
    if len(spans_ms) == 3:  # two pulses: one that ended late is no longer, they began as far apart as they should
        for name, off_ms in distances.items():
            is_near = off_ms < _FAR_MS + min(late_ms, _LATE_MS)
            if is_near and abs(sum(spans_ms[:2]) - sum(_MESSAGES[name][:2])) < _APART_MS:
                return name
    if distances.get(nearest, _FAR_MS) < _FAR_MS:
        return nearest
    said = [
        name for name in distances if len(spans_ms) >= _RHYTHM and _is_said_late(spans_ms, _MESSAGES[name], late_ms)
    ]
    return said[0] if len(said) == 1 else "?"


def _is_said_late(spans_ms: Sequence[int], pattern: Sequence[int], late_ms: int) -> bool:
    """Every edge is where it belongs, or as much later as the board may have been: the player keeps to its plan."""
    edges = zip(accumulate(spans_ms), accumulate(pattern), strict=True)
    return all(-_FAR_MS < is_ms - due_ms < _FAR_MS + late_ms for is_ms, due_ms in edges)


def _spans_ms(group: Sequence[Any]) -> tuple[int, ...]:
    edges = [edge for pulse in group for edge in (pulse.start_s, pulse.end_s)]
    return tuple(round(1000 * (after - before)) for before, after in pairwise(edges))


def _late_ms(group: Sequence[Any]) -> int:
    """How late an edge after the first may have been made, at most."""
    late_s: list[float] = [pulse.end_late_s for pulse in group]
    late_s += [pulse.start_late_s for pulse in group[1:]]
    return round(1000 * max(late_s))
