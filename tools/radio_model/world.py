"""Without this file nothing would happen in the model: virtual time, and the channel that all radios share.

CSMA/CA as 802.11 has it for broadcasts: who finds the channel idle for a DIFS begins at the next slot; who finds it
busy draws 0 to 31 slots and counts them down while it is idle; who reach zero in the same slot collide, and nobody
hears either. Everybody senses everybody (no hidden stations) and no frame is strong enough to survive a collision.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.radio_model.airtime import DIFS_US, SLOT_US, WINDOW, airtime_us


class World:
    """Virtual time in microseconds, and one source of chance."""

    def __init__(self, seed: int) -> None:
        self.now_us = 0
        self.chance = random.Random(seed)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0
        self._media: dict[int, Medium] = {}
        # In how many us a frame that was not collided reaches whom, as often as there are copies; [] = lost.
        self.reaches: Callable[[Any, Any], list[int]] = lambda sender, receiver: [0]

    def at(self, delay_us: int, what: Callable[[], None]) -> None:
        """Let something happen later."""
        self._number += 1
        heapq.heappush(self._due, (self.now_us + max(0, delay_us), self._number, what))

    def run(self, until_us: int) -> None:
        """Let time pass."""
        while self._due and self._due[0][0] <= until_us:
            self.now_us, _, what = heapq.heappop(self._due)
            what()
        self.now_us = until_us

    def medium(self, channel: int) -> "Medium":
        """A channel; channels do not disturb each other here."""
        if channel not in self._media:
            self._media[channel] = Medium(self)
        return self._media[channel]

    def replace(self, channel: int, medium: "Medium") -> None:
        """Another model of a channel."""
        self._media[channel] = medium

    def media(self) -> "list[Medium]":
        """All channels that were ever used."""
        return list(self._media.values())


@dataclass
class Contender:
    """A frame that waits for its turn."""

    radio: Any
    frame: bytes
    slots: int = 0


@dataclass
class Medium:
    """One channel. Radios have hears(sender, frame), called for each frame that arrives."""

    world: World
    radios: list[Any] = field(default_factory=list)
    sent: int = 0
    collided: int = 0
    busy_us: int = 0
    _waiting: list[Contender] = field(default_factory=list)
    _idle_from_us: int = -(10**9)
    _epoch: int = 0
    _is_busy: bool = False

    def offer(self, radio: Any, frame: bytes) -> None:
        """A radio wants to send."""
        now_us = self.world.now_us
        is_idle = not self._is_busy and not self._waiting and now_us - self._idle_from_us >= DIFS_US
        slots = 0 if is_idle else self.world.chance.randint(0, WINDOW)
        if not self._is_busy:
            self._count_down(now_us)
        self._waiting.append(Contender(radio, frame, slots))
        if not self._is_busy:
            self._schedule()

    def _count_down(self, now_us: int) -> None:
        """Slots that have passed while the channel was idle."""
        passed = max(0, (now_us - self._idle_from_us - DIFS_US) // SLOT_US)
        if passed and self._waiting:
            for contender in self._waiting:
                contender.slots = max(0, contender.slots - passed)
            self._idle_from_us += passed * SLOT_US
        elif not self._waiting:
            self._idle_from_us = max(self._idle_from_us, now_us - DIFS_US)

    def _schedule(self) -> None:
        self._epoch += 1
        epoch = self._epoch
        first = min(contender.slots for contender in self._waiting)
        # A radio that would begin at once begins with the next slot: so do all others that decide within this one.
        start_us = max(self._idle_from_us + DIFS_US + first * SLOT_US, self.world.now_us + SLOT_US)
        self.world.at(start_us - self.world.now_us, lambda: self._begin(epoch))

    def _begin(self, epoch: int) -> None:
        if epoch != self._epoch or self._is_busy:
            return
        first = min(contender.slots for contender in self._waiting)
        senders = [contender for contender in self._waiting if contender.slots == first]
        self._waiting = [contender for contender in self._waiting if contender.slots > first]
        for contender in self._waiting:
            contender.slots -= first
        self._is_busy = True
        self.sent += len(senders)
        longest_us = max(airtime_us(len(contender.frame)) for contender in senders)
        self.busy_us += longest_us
        self._began(senders, longest_us)
        self.world.at(longest_us, lambda: self._end(senders))

    def _began(self, senders: list[Contender], longest_us: int) -> None:
        """These are in the air now."""

    def _end(self, senders: list[Contender]) -> None:
        self._is_busy = False
        self._idle_from_us = self.world.now_us
        if len(senders) == 1:
            (one,) = senders
            for radio in self.radios:
                if radio is not one.radio:
                    radio.hears(one.radio, one.frame)
        else:
            self.collided += len(senders)
        if self._waiting:
            self._schedule()
