"""Without these verbs a test would know which bench it runs on.

A rig has them as attributes. A verb that a bench does not have is `Lacking`: the first use skips the test with one
sentence. Times are bench seconds of `rig.now_s()`; on a real bench they are real ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import pytest


@dataclass(frozen=True)
class Recording:
    """Motion to be played: N by 3 milli-g; impact is a sample, None in daily life."""

    name: str
    acc_mg: Any
    fs_hz: float
    impact: int | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.acc_mg) / self.fs_hz


@dataclass(frozen=True)
class Feeling:
    """One message of the wearer's language, read back from the motor or buzzer; "?" if it is none."""

    at_s: float
    name: str
    is_sure: bool = True  # False: a virtual board was run too late for its edges to prove anything


@dataclass(frozen=True)
class AirFrame:
    """One frame in the air."""

    at_s: float
    sender: bytes
    data: bytes


@dataclass(frozen=True)
class Event:
    """One event at the platform."""

    id: str
    type: str
    at_s: float
    copies: int
    data: Mapping[str, Any]
    gateway: str


class Power(Protocol):
    """The pendant's battery."""

    def cut(self) -> None:
        """Take it away at once."""

    def on(self) -> None:
        """Put it in."""

    def cut_while_writing(self, writes: int) -> None:
        """At the next `on` it goes in the middle of the flash write after so many. A virtual bench only."""


class Button(Protocol):
    """The pendant's one button."""

    def press(self, ms: float, bounce_ms: float = 0) -> float:
        """Press, hold, release; when it went down."""

    def down(self) -> None:
        """Put a finger on it."""

    def up(self) -> None:
        """Take the finger off."""


class Motion(Protocol):
    """What moves the pendant."""

    def play(self, recording: Recording) -> float:
        """Begin to play it; when the impact (or, without one, the first sample) will be."""

    def orient(self, x: float, y: float, z: float) -> None:
        """Lay it still with gravity along this direction."""


class Console(Protocol):
    """What the pendant prints."""

    def expect(self, text: str, within_s: float = 5.0) -> str:
        """The first new line with this text; AssertionError if none comes."""


class Radio(Protocol):
    """The air between pendants and bridges."""

    def lose(self, share: float) -> None:
        """Lose so much of all frames, both ways."""

    def lose_between(self, pendant_and_gateway: int, share: float) -> None:
        """Lose so much between the pendant and that gateway (0, 1 ...): walls, distance."""


class Air(Protocol):
    """A listener beside the pendant."""

    def record(self) -> Sequence[AirFrame]:
        """All frames so far."""


class Led(Protocol):
    """An eye on the pendant's light."""

    def colour(self) -> str:
        """The colour that it shows now, or "off"."""


class Vibration(Protocol):
    """A finger on the pendant's motor, or an ear at its buzzer."""

    def felt(self) -> Sequence[Feeling]:
        """All messages so far."""

    def expect(self, name: str, within_s: float, since_s: float = 0.0) -> Feeling:
        """The first message of that name; AssertionError if none comes."""


class Current(Protocol):
    """A meter in the pendant's supply."""

    def mean_ma(self, over_s: float) -> float:
        """The mean current over that time from now on."""


class Platform(Protocol):
    """The care platform at the other end of MQTT."""

    def expect(self, event: str, within_s: float, **data: Any) -> Event:
        """The first event of that type with that data that was not expected before; AssertionError if none comes."""

    def events(self, event: str | None = None) -> Sequence[Event]:
        """All so far, each id once, in the order of arrival."""

    def answer(self, event: Event) -> None:
        """A person accepts it."""

    def command(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Any command of docs/mqtt.md; the gateway's reply."""

    def missing(self) -> Sequence[str]:
        """Ids that the pendant has numbered and that never came."""


class Gateway(Protocol):
    """The gateway's process."""

    def kill(self) -> None:
        """As a pulled plug."""

    def stop(self) -> None:
        """Orderly, as an update does."""

    def start(self) -> None:
        """Start it; back when it serves and the broker is connected."""

    def jump_clock(self, seconds: float) -> None:
        """Let its clock jump."""


class Internet(Protocol):
    """The line between gateway and broker."""

    def cut(self) -> None:
        """Away."""

    def mend(self) -> None:
        """Back."""


class Bridge(Protocol):
    """The radio stick at the gateway."""

    def unplug(self) -> None:
        """Pull it out."""

    def plug(self) -> None:
        """Put it in."""


class Battery(Protocol):
    """The pendant's cell."""

    def set_mv(self, millivolts: int) -> None:
        """Its voltage."""


class Flash(Protocol):
    """The pendant's file system, over its own USB; its power goes off and on."""

    def put(self, path: str, data: bytes) -> None:
        """Write a file."""

    def remove(self, path: str) -> None:
        """Remove one."""


class Sleep(Protocol):
    """What is known of the pendant's sleep without asking it."""

    def wakes(self) -> int:
        """How often it has woken from deep sleep so far."""

    def awake_share(self) -> float:
        """Which part of the time since power-on it was awake."""


class Lacking:
    """A verb that this bench does not have: using it skips the test."""

    def __init__(self, verb: str, sentence: str) -> None:
        self._verb = verb
        self._sentence = sentence

    def __getattr__(self, name: str) -> NoReturn:
        pytest.skip(f"{self._verb}.{name}: {self._sentence}")
