"""Without this file the pages of installers, and the motion round a fall, could be tried only with a whole gateway.

Lends a house (house.py) what those pages need: health as it might be, a real walk, a real test to a broker that is
played here, real windows of motion.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from gateway import motion_parts, motion_store
from gateway.hearings import Hearings
from gateway.motion_shelf import MotionShelf
from gateway.mqtt_session import Inbound
from gateway.own import OwnEvents
from gateway.probe import Probe
from gateway.record import EVENT, Record, event_parts
from gateway.tables import Identity
from gateway.vitals import Vitals
from shared import gateway_frames, waves, words
from tools.motion import synthesise
from tools.station_page.house import House

_TOPIC = "tiexin/home/gw/command"
_HEALTH = {
    "pendants": 6,
    "store": {
        "waiting": {"alarm": 0, "event": 2, "telemetry": 214}, "used_mb": 3.1, "max_mb": 512, "holds_h": 1_830.0,
        "folded": 0, "pushed_out": 0,
    },
    "certificates": {"cert_file": 412, "ca_file": 24},
}  # fmt: skip
_COUNTS = {
    "frames": {"heard": 4_210, "stored": 4_198}, "refused": {"unknown pendant": 31, "replayed": 2, "altered": 0},
    "line": {"damaged": 0, "dropped_by_bridge": 0},
}  # fmt: skip


class _Nobody:
    def heard(self, *_said: Any) -> None:
        """Presence is the house's own."""


class _Broker:
    """Confirms what waits, and brings back what is published."""

    def __init__(self) -> None:
        self.probe: Probe | None = None

    def reply(self, topic: str, payload: bytes, _correlation: bytes | None) -> bool:
        """Back it comes."""
        if self.probe:
            message = Inbound(topic, payload, None, None, 1)
            asyncio.get_running_loop().call_later(0.012, self.probe.takes, message)
        return True

    async def serve(self, house: House) -> None:
        """Confirm, for ever."""
        while True:
            for record in await house._store.claim(EVENT, 0, 100):  # noqa: SLF001
                if self.probe:
                    self.probe.confirmed(record)
            await asyncio.sleep(0.02)


async def lend(house: House) -> dict[str, Any]:
    """What Sources takes beside the rest; set house.lend to this before the house is opened."""
    store, clock, registry = house._store, house._clock, house._registry  # noqa: SLF001
    hearings, broker = Hearings(clock.stamp_ms, _Nobody()), _Broker()
    vitals = Vitals(
        store=store, clock=clock, registry=registry, cases=house.cases, hearings=hearings,
        states=house.presence.states, data_dir=house.directory,
        switch_on=1, is_broker_up=lambda: True, is_bridge_up=lambda: True, channel=lambda: 6,
        health=lambda: _HEALTH, counts=lambda: _COUNTS,
    )  # fmt: skip
    own = OwnEvents(store, Identity(b"prober", 1, 1, True), clock.stamp_ms)
    broker.probe = Probe(store=store, own=own, gateway="gw", command_topic=_TOPIC, sender=broker)
    shelf = MotionShelf(store, house.cases.touched)
    await shelf.load()
    tasks = [asyncio.create_task(broker.serve(house)), asyncio.create_task(vitals.run())]
    asyncio.get_running_loop().call_soon(lambda: house._tasks.extend(tasks))  # noqa: SLF001 - once its own are there
    house._watch(partial(_listen, house, hearings))  # noqa: SLF001
    return {"vitals": vitals, "probe": broker.probe, "motion": shelf}


def _listen(house: House, hearings: Hearings, record: Record) -> None:
    pendant = house._registry.get(record.sender)  # noqa: SLF001
    if pendant and record.kind in (words.ALARM, words.EVENT, words.BEAT):
        is_beat = record.kind == words.BEAT
        said = gateway_frames.unpack_beat(record.body) if is_beat else gateway_frames.unpack_event(record.body)
        hearings.heard(pendant, record.rssi_dbm, record.kind, said)


async def move(house: House, fall: str, scene: str = "fall_forward", seed: int = 1) -> None:
    """The motion round that fall, as one of the scenes of tools/motion has it."""
    shelf: MotionShelf = house.lent["motion"]
    parts = event_parts(fall)
    assert parts is not None, fall
    body = motion_parts.pack_window(parts[1], parts[2], bytes(_coded(scene, seed)))
    kept = motion_store.Kept(*parts, body, 1, 0)
    await house._store.do(partial(motion_store.put, kept=kept))  # noqa: SLF001
    shelf.kept(*parts)


def _coded(scene: str, seed: int) -> Iterable[int]:
    """The window round the largest sample, as a pendant would make it."""
    samples = synthesise(scene, seed=seed).acc_mg.astype(np.int64)
    first = int(np.argmax((samples**2).sum(1))) - 2 * int(waves.IMPACT)
    pairs = samples[first : first + 2 * int(waves.SAMPLES)].reshape(-1, 2, 3)
    larger = np.argmax((pairs**2).sum(2), axis=1)
    chosen = np.take_along_axis(pairs, larger[:, None, None], 1)[:, 0]
    return (waves.code_of(int(value)) for sample in chosen for value in sample)
