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
BETWEEN_MESSAGES_S = 0.32  # the player pauses 350 ms between two messages, and not so long inside one
_PAUSE_MS = 310  # of it at least, by the plan; the player looks at its clock every few milliseconds
_FAR_MS = 120  # an edge farther off than that, and than the board says that it may be late, is another message's
_UNTOLD = 20  # what no lateness explains weighs as much more
_EACH_MS = 200  # what every message weighs: one that was said late is likelier than two that happen to fit
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
        if group and pulse.start_s - group[-1].end_s > BETWEEN_MESSAGES_S + pulse.start_late_s:
            felt += _messages(group)
            group = []
        if pulse.end_s is None:
            return felt  # the rest is being said
        group.append(pulse)
    if group and now_s - group[-1].end_s > BETWEEN_MESSAGES_S:
        felt += _messages(group)
    return felt


def _messages(group: Sequence[Any]) -> list[Felt]:
    """The likeliest reading of pulses that may belong together."""
    readings: list[tuple[float, list[Felt]] | None] = [None] * len(group) + [(0.0, [])]  # of what begins at each pulse
    for first in reversed(range(len(group))):
        for name, pattern in _MESSAGES.items():
            after = first + (len(pattern) + 1) // 2
            if after > len(group) or (rest := readings[after]) is None:
                continue
            far_ms = _far_ms(group[first:after], pattern, group[after:])
            if far_ms is not None and ((best := readings[first]) is None or far_ms + rest[0] < best[0]):
                readings[first] = far_ms + rest[0], [_felt(group[first:after], name), *rest[1]]
    return _parted(group) if readings[0] is None else readings[0][1]


def _parted(group: Sequence[Any]) -> list[Felt]:
    """What cannot be read as it stands: parted where it was silent for long, as "?" where it was not."""
    pauses_s = [after.start_s - before.end_s for before, after in pairwise(group)]
    longest_s = max(pauses_s, default=0.0)
    if longest_s <= BETWEEN_MESSAGES_S:
        return [_felt(group, "?")]
    at = pauses_s.index(longest_s) + 1
    return _messages(group[:at]) + _messages(group[at:])


def _far_ms(pulses: Sequence[Any], pattern: Sequence[int], rest: Sequence[Any]) -> float | None:
    """How far pulses are from the plan, to which the player keeps however late it is called; None: it is another."""
    spans_ms = _spans_ms(pulses)
    if spans_ms[0] <= 0:
        return None  # it was over as it began: caught up with, so it belongs to what began before
    offs_ms = [is_ms - due_ms for is_ms, due_ms in zip(accumulate(spans_ms), accumulate(pattern), strict=True)]
    # The plan begins where the player was called; the motor, at which all the rest is measured, perhaps later.
    most_late_ms = min(_ms(pulses[0].start_late_s), _LATE_MS)
    too_soon_ms = sum(pattern) + _PAUSE_MS - _ms(rest[0].start_s - pulses[0].start_s) if rest else 0
    if too_soon_ms > most_late_ms:
        return None
    began_late_ms = max(0, too_soon_ms, min(-min(offs_ms), most_late_ms))
    far_ms = 0.0
    for off_ms, late_ms in zip(offs_ms, _lates_ms(pulses), strict=True):
        is_off_ms = off_ms + began_late_ms
        untold_ms = max(-is_off_ms, is_off_ms - late_ms, 0)
        if untold_ms >= _FAR_MS:
            return None
        far_ms = max(far_ms, abs(is_off_ms) + _UNTOLD * untold_ms)  # one stop makes all that follows late
    return began_late_ms + far_ms + _EACH_MS


def _felt(pulses: Sequence[Any], name: str) -> Felt:
    return Felt(pulses[0].start_s, name, _spans_ms(pulses), max(_lates_ms(pulses)))


def _spans_ms(pulses: Sequence[Any]) -> tuple[int, ...]:
    edges = [edge for pulse in pulses for edge in (pulse.start_s, pulse.end_s)]
    return tuple(_ms(after - before) for before, after in pairwise(edges))


def _lates_ms(pulses: Sequence[Any]) -> tuple[int, ...]:
    """How late each edge after the first may have been made, at most."""
    lates_s = [late_s for pulse in pulses for late_s in (pulse.start_late_s, pulse.end_late_s)]
    return tuple(_ms(late_s) for late_s in lates_s[1:])


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
