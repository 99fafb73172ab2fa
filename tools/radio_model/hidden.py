"""Without this file every pendant of the model would hear every other, as in no house with walls.

Two halves of the pendants, a gateway between them that hears both. Who belongs to one half does not sense the other: it
sends into the other's frame, and at the gateway both are lost. The gateway's own frames are sensed, and heard, by all
who do not send themselves.
"""

from typing import Any

from tools.radio_model.gateway import ModelGateway
from tools.radio_model.world import Contender, Medium, World

_LOOK_AGAIN_US = 200


class Half(Medium):
    """The channel as one half of the pendants senses it; the gateway waits its turn in the first."""

    other: "Half"
    is_sending = False
    is_hit = False  # the gateway could not make out what is in the air now

    def _began(self, senders: list[Contender], longest_us: int) -> None:
        self.is_sending = True
        self.is_hit = self.other.is_sending
        self.other.is_hit = self.other.is_hit or self.other.is_sending
        if _from_gateway(senders):
            self.other.sense(longest_us)

    def sense(self, for_us: int) -> None:
        """The gateway sends: nobody here begins meanwhile."""
        if not self._is_busy:
            self._count_down(self.world.now_us)
            self._is_busy = True
            self.world.at(for_us, self._is_free)

    def _end(self, senders: list[Contender]) -> None:
        is_hit, self.is_hit, self.is_sending = self.is_hit, False, False
        if is_hit and not _from_gateway(senders):
            self.collided += len(senders)
            self._is_free()
            return
        super()._end(senders)
        if len(senders) == 1 and _from_gateway(senders) and not is_hit:
            self.other.pass_on(senders[0])

    def pass_on(self, one: Contender) -> None:
        """The gateway's frame has come through."""
        for radio in list(self.radios):
            if radio is not one.radio:
                radio.hears(one.radio, one.frame)

    def _is_free(self) -> None:
        self._is_busy = False
        self._idle_from_us = self.world.now_us
        if self._waiting:
            self._schedule()


class _Radios:
    """Who listens, in which half."""

    def __init__(self, parted: "Parted") -> None:
        self._parted = parted

    def __contains__(self, radio: Any) -> bool:
        return any(radio in half.radios for half in self._parted.halves_of(radio))

    def append(self, radio: Any) -> None:
        """One more."""
        for half in self._parted.halves_of(radio):
            half.radios.append(radio)

    def remove(self, radio: Any) -> None:
        """One less."""
        for half in self._parted.halves_of(radio):
            half.radios.remove(radio)


class Parted(Medium):
    """Looks like one channel: each radio is led to its half."""

    def __init__(self, world: World, before: Medium) -> None:
        super().__init__(world)
        self.halves = (Half(world), Half(world))
        self.halves[0].other, self.halves[1].other = self.halves[1], self.halves[0]
        listeners, self.radios = before.radios, _Radios(self)  # type: ignore[assignment]
        for radio in listeners:
            self.radios.append(radio)

    def halves_of(self, radio: Any) -> tuple[Half, ...]:
        """By the pendant's number; the gateway hears both."""
        return self.halves if isinstance(radio, ModelGateway) else (self.halves[radio.mac[-1] % 2],)

    def offer(self, radio: Any, frame: bytes) -> None:
        """A radio wants to send. The gateway hears the second half too, and waits for it."""
        if isinstance(radio, ModelGateway) and self.halves[1].is_sending:
            self.world.at(_LOOK_AGAIN_US, lambda: self.offer(radio, frame))
            return
        self.halves_of(radio)[0].offer(radio, frame)
        self.sent = sum(half.sent for half in self.halves)
        self.collided = sum(half.collided for half in self.halves)
        self.busy_us = sum(half.busy_us for half in self.halves)


def part(world: World, channel: int) -> None:
    """From now on the pendants of this channel are two halves."""
    world.replace(channel, Parted(world, world.medium(channel)))


def _from_gateway(senders: list[Contender]) -> bool:
    return any(isinstance(one.radio, ModelGateway) for one in senders)
