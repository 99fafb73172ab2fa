"""Without this file "it repeats until it is stored" would have no number: how long, at which loss.

One pendant, one gateway, a calm channel that loses a share of all frames in each direction, doubles a tenth and delays
each copy by up to 30 ms, so that they overtake each other.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from gateway.record import Record
from shared import words
from tools.gateway_bench.twins import make_pendants
from tools.radio_model.gateway import DiskTimes, ModelGateway
from tools.radio_model.pendant import ModelPendant
from tools.radio_model.world import World

CHANNEL = 6
_DOUBLED = 0.1
_JITTER_US = 30_000
_EVERY_US = 60_000_000  # between two alarms: even at 70 % the one before is safe by then

IsLost = Callable[[Any, Any], bool]  # of a sender's frame at a receiver
MakeLoss = Callable[[World], IsLost]


class Outcome(NamedTuple):
    """Alarms raised, stored, stored twice; ms from the first send to the acknowledgement, sorted; frames an alarm."""

    raised: int
    stored: int
    twice: int
    acknowledged_ms: list[float]
    stored_ms: list[float]
    frames_each: float


def evenly(loss: float) -> MakeLoss:
    """Each frame with the same chance, in both directions."""

    def make(world: World) -> IsLost:
        return lambda sender, receiver: world.chance.random() < loss

    return make


def run(make_loss: MakeLoss, alarms: int, times: DiskTimes, seed: int = 1, has_beats: bool = True) -> Outcome:
    """Raise that many alarms, one a minute, each just as a beat has been sent."""
    world = World(seed)
    is_lost = make_loss(world)
    born_us: dict[int, int] = {}
    stored_us: dict[int, int] = {}
    acknowledged_us: dict[int, int] = {}
    twice = 0

    def reaches(sender: Any, receiver: Any) -> list[int]:
        if is_lost(sender, receiver):
            return []
        copies = 2 if world.chance.random() < _DOUBLED else 1
        return [world.chance.randrange(_JITTER_US) for _ in range(copies)]

    def stored(_gateway: ModelGateway, record: Record) -> None:
        nonlocal twice
        if record.kind == words.ALARM:
            twice += record.seq in stored_us
            stored_us.setdefault(record.seq, world.now_us)

    def acknowledged(_pendant: Any, event: tuple[int, int], at_us: int) -> None:
        acknowledged_us.setdefault(event[1], at_us)

    world.reaches = reaches
    ModelGateway(world, "gw", CHANNEL, 115_200, times, 1, stored)
    pendant = ModelPendant(world, 1, make_pendants(1)[0].key, CHANNEL, acknowledged)

    def call() -> None:
        if has_beats:
            pendant.beat()
        seq = pendant.raise_alarm()[1]
        born_us[seq] = world.now_us

    for number in range(alarms):
        world.at(number * _EVERY_US + world.chance.randrange(1_000_000), call)
    world.run(alarms * _EVERY_US + 600_000_000)
    sent = sum(medium.sent for medium in world.media())
    return Outcome(
        alarms,
        len(stored_us),
        twice,
        sorted((at - born_us[seq]) / 1e3 for seq, at in acknowledged_us.items()),
        sorted((at - born_us[seq]) / 1e3 for seq, at in stored_us.items()),
        sent / alarms,
    )
