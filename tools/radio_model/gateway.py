"""Without this file the model would end at the antenna: bridge, serial line, gateway and disk take their time too.

The gateway's custody, its downlinks and its registry are the real ones. Modelled are the bridge's surroundings
(bridge.py) and the store: one writer that commits in groups, with the times measured from the real store on this
machine (`measure`), or as an SD card would have them.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from gateway import tables
from gateway.answers import Answers
from gateway.clock import Clock
from gateway.custody import Custody
from gateway.downlink import Downlink
from gateway.keyring import Keyring
from gateway.orders import Orders
from gateway.own import OwnEvents
from gateway.record import Record
from gateway.registry import Registry
from gateway.space import Limits
from gateway.store import REPEATED, STORED, Store
from gateway.trace import Trace, silent_sink
from shared import bundle, frames, framing, known, words
from tools.gateway_bench.twins import make_pendants, write_registry
from tools.radio_model.bridge import ESP32, BridgeTimes, ModelBridge
from tools.radio_model.world import World

_CUSTODY_US = 400  # opening, deciding and sealing one frame: assumed; a Pi has not been measured
_NATIVE_USB_BAUD = 921_600  # from here on the line waits for its reader
_HELLO_SIZE = 17  # of a bridge that names no abilities


class DiskTimes(NamedTuple):
    """How long a COMMIT takes: for itself, and for each record in it, in microseconds."""

    commit_us: int
    record_us: int


def measure(number: int = 500) -> DiskTimes:
    """The real store's times on this machine: one alarm alone, and many that come at once."""

    async def run(directory: Path) -> DiskTimes:
        store = Store(directory / "store.db", Limits(64_000_000, 4_000_000), lambda: 5, "model", Trace(silent_sink))
        store.open()
        try:
            alone_us = min([await _time_us(store, 1, 1 + try_) for try_ in range(20)])
            many_us = await _time_us(store, number, 100)
            return DiskTimes(alone_us, max(1, (many_us - alone_us) // number))
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(run(Path(directory)))


async def _time_us(store: Store, number: int, first: int) -> int:
    began_s = time.perf_counter()
    for seq in range(first, first + number):
        body = frames.pack_event(frames.Event(1, seq, words.HELP_REQUESTED, 0, 0, 1, 0, 0, 0))
        store.add(Record(0, 0, b"pppppp", 1, seq, words.ALARM, body, -50, 1, 5, 0), (1, seq), lambda verdict: None)
    await store.settled()
    return int((time.perf_counter() - began_s) * 1e6)


class ModelStore:
    """One writer that commits what has gathered while it was busy; an id is stored once."""

    def __init__(self, world: World, times: DiskTimes, on_stored: Callable[[Record], None]) -> None:
        self._world = world
        self._times = times
        self._on_stored = on_stored
        self._seen: set[tuple[bytes, int, int]] = set()
        self._waiting: list[tuple[Record, Callable[[str], None]]] = []
        self._is_busy = False
        self.commits = 0

    def add(self, record: Record, frame: tuple[int, int], then: Callable[[str], None]) -> None:
        """As the store's."""
        self._waiting.append((record, then))
        if not self._is_busy:
            self._begin()

    def ask(self, work: Any, then: Callable[[Any], None]) -> None:
        """Nothing of the model's asks for more."""

    def _begin(self) -> None:
        group, self._waiting = self._waiting, []
        self._is_busy = True
        self.commits += 1
        took_us = self._times.commit_us + len(group) * self._times.record_us
        self._world.at(took_us, lambda: self._end(group))

    def _end(self, group: list[tuple[Record, Callable[[str], None]]]) -> None:
        self._is_busy = False
        for record, then in group:
            key = (record.sender, record.boot, record.seq)
            verdict = REPEATED if key in self._seen else STORED
            if verdict == STORED:
                self._seen.add(key)
                self._on_stored(record)
            then(verdict)
        if self._waiting and not self._is_busy:
            self._begin()


class Nobody:
    """Presence is not part of the model."""

    def heard(self, *said: Any) -> None:
        """Do nothing."""


class ModelGateway:
    """A bridge and the gateway behind it."""

    def __init__(
        self, world: World, name: str, channel: int, baud: int, times: DiskTimes, pendants: int,
        on_stored: Callable[["ModelGateway", Record], None], *, bridge_times: BridgeTimes = ESP32,
        understands_short: bool = True,
    ) -> None:  # fmt: skip
        self.world = world
        self.name = name
        self.mac = name.encode().ljust(6, b"-")[:6]
        self.channel = channel
        self.position = (0.0, 0.0)
        self.rssi: Callable[[Any], int] = lambda sender: -60
        self.is_away = False  # no power: neither hears nor speaks
        self._decoder = framing.Decoder()
        self._is_short = False
        self._understands_short = understands_short
        self._gateway_free_us = 0
        self.bridge = ModelBridge(
            world, self, channel, baud, bridge_times, self._arrived, has_flow_control=baud >= _NATIVE_USB_BAUD
        )
        self.store = ModelStore(world, times, lambda record: on_stored(self, record))
        with tempfile.TemporaryDirectory() as directory:
            registry = Registry(write_registry(Path(directory) / "pendants.jsonl", make_pendants(pendants)))
            registry.refresh()
        self._known = known.make([pendant.id for pendant in registry])
        identity = tables.Identity(self.mac, 1, 1, True)
        store: Any = self.store
        keyring = Keyring(
            registry=registry, path=Path("none"), store=store, waiting=Orders(),
            own=OwnEvents(store, identity, self._now_ms), trace=Trace(silent_sink),
        )  # fmt: skip
        self.custody = Custody(
            registry=registry, store=store, downlink=Downlink(identity, lambda: None), answers=Answers(),
            keyring=keyring, clock=Clock(is_trusted=lambda: False, stamp_s=lambda: world.now_us / 1e6), switch_on=1,
            newest_frames={}, send=self._write, listener=Nobody(), trace=Trace(silent_sink),
        )  # fmt: skip
        world.medium(channel).radios.append(self)

    def _now_ms(self) -> int:
        return self.world.now_us // 1_000

    @property
    def dropped(self) -> int:
        """Frames that the bridge has dropped."""
        return self.bridge.dropped

    def hears(self, sender: Any, frame: bytes) -> None:
        """A frame from the air."""
        for delay_us in self.world.reaches(sender, self):
            self.world.at(delay_us, lambda: self._receive(sender, frame))

    def _receive(self, sender: Any, frame: bytes) -> None:
        if not self.is_away:
            self.bridge.receive(sender, self.rssi(sender), frame)

    def set_away(self, is_away: bool) -> None:
        """Its power goes, or comes back; what its bridge had not passed on is lost, what was stored is there."""
        self.is_away = is_away
        self.bridge.restart()

    # ---- the gateway: as gateway/serial_link.py treats the line

    def _arrived(self, data: bytes) -> None:
        if self.is_away:
            return
        for kind, body in self._decoder.feed(data):
            if kind == framing.HEARD:
                self._heard(body[6] - 256 if body[6] > 127 else body[6], body[7:])
            elif kind == framing.ALARMS:
                for rssi_dbm, air in bundle.split(body):
                    self._heard(rssi_dbm, air)
            elif kind == framing.HELLO:
                self._greeted(body)

    def _heard(self, rssi_dbm: int, air: bytes) -> None:
        self._gateway_free_us = max(self._gateway_free_us, self.world.now_us) + _CUSTODY_US
        self.world.at(self._gateway_free_us - self.world.now_us, partial(self.custody.heard, rssi_dbm, air))

    def _greeted(self, hello: bytes) -> None:
        self.bridge.write(framing.encode(framing.KNOWN, self._known))
        self._is_short = self._understands_short and len(hello) > _HELLO_SIZE
        if self._is_short:
            self.bridge.write(framing.encode(framing.ALLOW, bytes((framing.SHORT_FORMS,))))

    def _write(self, air: bytes, *_: Any, **__: Any) -> bool:
        if self.is_away:
            return False
        if self._is_short:
            self.bridge.write(framing.encode(framing.SEND_ALL, air))
        else:
            self.bridge.write(framing.encode(framing.SEND, b"\xff" * 6 + air))
        return True
