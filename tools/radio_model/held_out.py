"""Without this file the radio's figures would be those of the scenarios on which its times were chosen.

What was never used for choosing anything: losses that come in bursts, that differ between the two directions, pendants
that do not hear each other, other numbers of them, and a gateway that is away in the middle of it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tools.radio_model import earthquake, lossy
from tools.radio_model.gateway import DiskTimes, ModelGateway
from tools.radio_model.hidden import part
from tools.radio_model.world import World

FIRST_SEED = 1_001  # far from the seeds that were looked at while tuning
_MINUTE_US = 60_000_000


class Burst:
    """Gilbert and Elliott's channel: good and bad by turns, each for an exponential time; frames are lost in each."""

    def __init__(
        self, world: World, good_s: float, bad_s: float, lost_good: float = 0.01, lost_bad: float = 0.9
    ) -> None:
        self._world = world
        self._mean_us = (good_s * 1e6, bad_s * 1e6)
        self._lost = (lost_good, lost_bad)
        self._is_bad = False
        self._until_us = 0.0

    def is_lost(self) -> bool:
        """Whether a frame that is in the air now is lost."""
        while self._until_us <= self._world.now_us:
            self._is_bad = not self._is_bad
            self._until_us += self._world.chance.expovariate(1 / self._mean_us[self._is_bad])
        return self._world.chance.random() < self._lost[self._is_bad]


def bursts(good_s: float, bad_s: float) -> lossy.MakeLoss:
    """One channel for both directions: who stands in the way stands in both."""

    def make(world: World) -> lossy.IsLost:
        burst = Burst(world, good_s, bad_s)
        return lambda sender, receiver: burst.is_lost()

    return make


def one_sided(up: float, down: float) -> lossy.MakeLoss:
    """Independent losses, other ones in each direction."""

    def make(world: World) -> lossy.IsLost:
        return lambda sender, receiver: world.chance.random() < (up if isinstance(receiver, ModelGateway) else down)

    return make


class LossCase(NamedTuple):
    """A channel that nobody tuned for."""

    name: str
    loss: lossy.MakeLoss


LOSSES = (
    LossCase("bursts: 90 % lost for 1 s of 4 s", bursts(3, 1)),
    LossCase("bursts: 90 % lost for 5 s of 15 s", bursts(10, 5)),
    LossCase("up 60 %, down 10 %", one_sided(0.6, 0.1)),
    LossCase("up 10 %, down 60 %", one_sided(0.1, 0.6)),
)


def away(world: World, gateway: ModelGateway) -> None:
    """The gateway loses its power half a second into the earthquake, for a minute."""
    world.at(1_500_000, lambda: gateway.set_away(True))
    world.at(1_500_000 + _MINUTE_US, lambda: gateway.set_away(False))


class Quake(NamedTuple):
    """An earthquake that nobody tuned for."""

    name: str
    pendants: int
    disturb: Callable[[World, ModelGateway], None] = lambda world, gateway: None
    until_s: float = 60.0

    def run(self, times: DiskTimes, seed: int, **of_gateway: Any) -> earthquake.Outcome:
        """One of it."""
        return earthquake.run(self.pendants, times, seed=seed, disturb=self.disturb, until_s=self.until_s, **of_gateway)


QUAKES = (
    Quake("500, fresh seeds", 500),
    Quake("250", 250),
    Quake("1,000", 1_000),
    Quake("500 in two halves that do not hear each other", 500, lambda world, gateway: part(world, earthquake.CHANNEL)),
    Quake("500, 30 % lost both ways in bursts", 500, lambda world, gateway: _spoil(world)),
    Quake("500, the gateway away for a minute", 500, away, 600.0),
)


def _spoil(world: World) -> None:
    burst = Burst(world, 0.2, 0.1)
    world.reaches = lambda sender, receiver: [] if burst.is_lost() else [0]
