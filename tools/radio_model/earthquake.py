"""Without this file nobody would know whether a whole home can call at the same moment.

Many pendants, one gateway, every pendant raises one alarm within a second. Times are from the alarm to its COMMIT, and
from the alarm to the acknowledgement at the pendant.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from gateway.record import Record
from tools.gateway_bench.twins import make_pendants
from tools.radio_model.gateway import DiskTimes, ModelGateway
from tools.radio_model.pendant import ModelPendant
from tools.radio_model.world import World

CHANNEL = 6
_Event = tuple[bytes, int, int]


class Outcome(NamedTuple):
    """Latencies in ms, sorted; and what air and line had to carry."""

    pendants: int
    stored_ms: list[float]
    acknowledged_ms: list[float]
    frames: int
    collided: int
    dropped_by_bridge: int
    overrun_bytes: int
    busy_share: float

    @property
    def is_complete(self) -> bool:
        """Whether every alarm was stored and every pendant knows it."""
        return len(self.stored_ms) == len(self.acknowledged_ms) == self.pendants


def quantile(sorted_values: list[float], share: float) -> float:
    """The value below which that share lies; nan if there is none."""
    return (
        sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))] if sorted_values else float("nan")
    )


def run(
    pendants: int, times: DiskTimes, baud: int = 115_200, seed: int = 1, until_s: float = 60.0,
    disturb: Callable[[World, ModelGateway], None] = lambda world, gateway: None, **of_gateway: Any,
) -> Outcome:  # fmt: skip
    """One earthquake; the alarms arise at random moments of the second from 1 s on."""
    world = World(seed)
    born_us: dict[_Event, int] = {}
    stored_us: dict[_Event, int] = {}
    acknowledged_us: dict[_Event, int] = {}

    def stored(_gateway: ModelGateway, record: Record) -> None:
        stored_us[record.sender, record.boot, record.seq] = world.now_us

    def acknowledged(pendant: Any, event: tuple[int, int], at_us: int) -> None:
        acknowledged_us[(pendant.mac, *event)] = at_us

    gateway = ModelGateway(world, "gw", CHANNEL, baud, times, pendants, stored, **of_gateway)
    for number, twin in enumerate(make_pendants(pendants), 1):
        pendant = ModelPendant(world, number, twin.key, CHANNEL, acknowledged)
        assert pendant.mac == twin.id

        def call(pendant: ModelPendant = pendant) -> None:
            born_us[pendant.mac, 1, 1] = world.now_us
            pendant.raise_alarm()

        world.at(1_000_000 + world.chance.randrange(1_000_000), call)
    disturb(world, gateway)
    world.run(int(until_s * 1e6))
    medium = world.medium(CHANNEL)
    last_us = max(acknowledged_us.values(), default=world.now_us)
    return Outcome(
        pendants,
        sorted((at - born_us[key]) / 1e3 for key, at in stored_us.items()),
        sorted((at - born_us[key]) / 1e3 for key, at in acknowledged_us.items()),
        medium.sent,
        medium.collided,
        gateway.dropped,
        gateway.bridge.overrun_bytes,
        medium.busy_us / max(1, last_us - 1_000_000),
    )
