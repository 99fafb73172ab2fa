"""Without this file three gateways in one home would be a hope: does each alarm come once, and from the right room?

106 pendants on a floor of 60 by 15 m, three gateways along it, ranges that overlap. Signal strength: 40 dB at 1 m, 30
dB a decade (walls and bodies), 5 dB of shadow that belongs to the place, 3 dB that changes with every frame; a frame
below -92 dBm is lost. All radios sense each other. Every pendant calls three times, at random moments of two minutes.
"""

import math
from typing import Any, NamedTuple

from gateway.record import Record
from shared import gateway_frames, words
from tools.gateway_bench.twins import make_pendants
from tools.home.rooms import Rooms
from tools.radio_model.gateway import DiskTimes, ModelGateway
from tools.radio_model.pendant import ModelPendant
from tools.radio_model.world import World

CHANNEL = 6
_LENGTH_M, _WIDTH_M = 60.0, 15.0
_SENT_DBM = 10
_SHADOW_DB, _FADING_DB = 5.0, 3.0
_WEAKEST_DBM = -92
_UPLINK_US = 40_000  # from the store to the platform


class Outcome(NamedTuple):
    """What the platform made of it."""

    alarms: int
    rung: int  # ids that rang
    rung_twice: int
    copies: int
    strongest_named: int  # the gateway named is the one that hears that pendant best on average
    within_6_db: int  # ... or one that hears it nearly as well
    acknowledged_ms: list[float]


def run(times: DiskTimes, pendants: int = 106, calls: int = 3, seed: int = 1) -> Outcome:
    """One floor, one evening."""
    world = World(seed)
    rooms = Rooms()
    rung: list[str] = []
    born_us: dict[tuple[bytes, int, int], int] = {}
    acknowledged_ms: list[float] = []
    copies = 0
    shadow: dict[tuple[Any, Any], float] = {}

    def mean_dbm(one: Any, other: Any) -> float:
        key = (min(id(one), id(other)), max(id(one), id(other)))
        if key not in shadow:
            shadow[key] = world.chance.gauss(0, _SHADOW_DB)
        metres = max(1.0, math.dist(one.position, other.position))
        return _SENT_DBM - 40 - 30 * math.log10(metres) + shadow[key]

    strengths: dict[tuple[int, int], int] = {}

    def reaches(sender: Any, receiver: Any) -> list[int]:
        dbm = mean_dbm(sender, receiver) + world.chance.gauss(0, _FADING_DB)
        strengths[id(sender), id(receiver)] = round(dbm)
        return [0] if dbm >= _WEAKEST_DBM else []

    def stored(gateway: ModelGateway, record: Record) -> None:
        if record.kind != words.ALARM:
            return
        name = gateway_frames.event_id(record.sender, record.boot, record.seq)
        event = {"id": name, "gateway": gateway.name, "data": {"rssi_dbm": record.rssi_dbm}}
        world.at(_UPLINK_US, lambda: arrive(event))

    def arrive(event: dict[str, Any]) -> None:
        nonlocal copies
        copies += 1
        if rooms.take(event, world.now_us / 1e6):
            rung.append(event["id"])

    def acknowledged(pendant: Any, event: tuple[int, int], at_us: int) -> None:
        acknowledged_ms.append((at_us - born_us[(pendant.mac, *event)]) / 1e3)

    world.reaches = reaches
    gateways = []
    for number in range(3):
        gateway = ModelGateway(world, f"gw{number + 1}", CHANNEL, 115_200, times, pendants, stored)
        gateway.position = (10.0 + 20.0 * number, _WIDTH_M / 2)
        gateway.rssi = lambda sender, gateway=gateway: strengths[id(sender), id(gateway)]  # type: ignore[misc]
        gateways.append(gateway)
    carried: dict[bytes, ModelPendant] = {}
    for number, twin in enumerate(make_pendants(pendants), 1):
        pendant = ModelPendant(world, number, twin.key, CHANNEL, acknowledged)
        pendant.position = (world.chance.uniform(0, _LENGTH_M), world.chance.uniform(0, _WIDTH_M))
        carried[pendant.mac] = pendant

        def call(pendant: ModelPendant = pendant) -> None:
            boot, seq = pendant.raise_alarm()
            born_us[pendant.mac, boot, seq] = world.now_us

        for _ in range(calls):
            world.at(world.chance.randrange(120_000_000), call)
    world.run(300_000_000)

    best = near = 0
    for name in rung:
        pendant = carried[bytes.fromhex(name[:12])]
        by_strength = sorted(gateways, key=lambda one: -mean_dbm(pendant, one))
        named = next(one for one in gateways if one.name == rooms.of(name).gateway)
        best += named is by_strength[0]
        near += mean_dbm(pendant, by_strength[0]) - mean_dbm(pendant, named) <= 6
    return Outcome(
        pendants * calls, len(set(rung)), len(rung) - len(set(rung)), copies, best, near, sorted(acknowledged_ms)
    )
