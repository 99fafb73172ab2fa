"""Without this file the model would end at the antenna: bridge, serial line, gateway and disk take their time too.

The bridge's relay, the framing, the gateway's custody, its downlinks and its registry are the real ones. Modelled are
what the relay waits for (the line, 10 bits a byte) and the store: one writer that commits in groups, with the times
measured from the real store on this machine (`measure`), or as an SD card would have them.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from firmware.bridge.relay import Relay
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
from shared import frames, framing, words
from tools.gateway_bench.twins import make_pendants, write_registry
from tools.radio_model.world import World

_LISTEN_US = 4_000  # how long a byte from the gateway may wait while the bridge listens
_HELLO_US = 2_000_000
_HEARD_MOST, _WRITTEN_MOST = 64, 4  # as in firmware/bridge/run.py
_RADIO_BUFFER_BYTES = 4_096
_CUSTODY_US = 400  # opening, deciding and sealing one frame: assumed; a Pi has not been measured
_TURN_US = 300  # one turn of the bridge's loop, and each frame in it, in MicroPython


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
        on_stored: Callable[["ModelGateway", Record], None],
    ) -> None:  # fmt: skip
        self.world = world
        self.name = name
        self.mac = name.encode().ljust(6, b"-")[:6]
        self.channel = channel
        self.position = (0.0, 0.0)
        self.rssi: Callable[[Any], int] = lambda sender: -60
        self._byte_us = 10_000_000 / baud
        self._relay = Relay((0, 1, 0), b"bridge", channel, 2_000, 0)
        self._radio_buffer: list[tuple[Any, bytes]] = []
        self._radio_bytes = 0
        self._wakes_us = -1
        self.radio_dropped = 0
        self._decoder = framing.Decoder()
        self._to_bridge = bytearray()  # what the gateway has written and the line has not carried yet
        self._to_bridge_free_us = 0
        self._at_bridge = bytearray()
        self._gateway_free_us = 0
        self.store = ModelStore(world, times, lambda record: on_stored(self, record))
        with tempfile.TemporaryDirectory() as directory:
            registry = Registry(write_registry(Path(directory) / "pendants.jsonl", make_pendants(pendants)))
            registry.refresh()
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
        world.at(0, self._turn)

    def _now_ms(self) -> int:
        return self.world.now_us // 1_000

    @property
    def dropped(self) -> int:
        """Frames that the bridge has dropped."""
        return int(self._relay.dropped) + self.radio_dropped

    # ---- the bridge

    def hears(self, sender: Any, frame: bytes) -> None:
        """A frame from the air: into the radio's own buffer, as far as it goes."""
        for delay_us in self.world.reaches(sender, self):
            self.world.at(delay_us, lambda: self._receive(sender, frame))

    def _receive(self, sender: Any, frame: bytes) -> None:
        if self._radio_bytes + len(frame) + 13 > _RADIO_BUFFER_BYTES:
            self.radio_dropped += 1
            return
        self._radio_bytes += len(frame) + 13
        self._radio_buffer.append((sender, frame))
        self._wake(0)

    def _turn(self) -> None:
        """Once round the loop of firmware/bridge/run.py; what blocks there takes its time here."""
        self._wakes_us = -1  # awake
        relay = self._relay
        relay.update(self._now_ms() % (1 << 30))
        taken = self._radio_buffer[: _HEARD_MOST + 1]
        del self._radio_buffer[: _HEARD_MOST + 1]
        for sender, frame in taken:
            self._radio_bytes -= len(frame) + 13
            relay.heard(sender.mac, self.rssi(sender), frame)
        wait_us = _TURN_US * (1 + len(taken))
        self._write_some(_WRITTEN_MOST, wait_us, len(taken))

    def _write_some(self, left: int, wait_us: int, taken: int) -> None:
        """Give the line one message, and take from it what has come meanwhile."""
        for frame in self._relay.from_line(self._take_line()):
            self.world.medium(self.channel).offer(self, frame)
            wait_us += _TURN_US
        data = self._relay.for_line() if left else b""
        if data:
            line_us = int(len(data) * self._byte_us)
            self.world.at(wait_us + line_us, lambda: self._arrived(data))
            self.world.at(wait_us + line_us, lambda: self._write_some(left - 1, 0, taken))
        elif self._radio_buffer or self._at_bridge or left < _WRITTEN_MOST:
            self.world.at(wait_us, self._turn)
        else:
            self._wakes_us = 1 << 62
            self._wake(wait_us + _HELLO_US)

    def _wake(self, in_us: int) -> None:
        """The loop waits for a frame: end that wait then, unless it ends before."""
        at_us = self.world.now_us + in_us
        if at_us < self._wakes_us:
            self._wakes_us = at_us
            self.world.at(in_us, lambda: self._turn() if self._wakes_us == at_us else None)

    def _reached_bridge(self, data: bytes) -> None:
        self._at_bridge.extend(data)
        self._wake(self.world.chance.randrange(_LISTEN_US))

    def _take_line(self) -> bytes:
        chunk = bytes(self._at_bridge[:128])
        del self._at_bridge[:128]
        return chunk

    # ---- the gateway

    def _arrived(self, data: bytes) -> None:
        for kind, body in self._decoder.feed(data):
            if kind == framing.HEARD:
                self._gateway_free_us = max(self._gateway_free_us, self.world.now_us) + _CUSTODY_US
                rssi_dbm = body[6] - 256 if body[6] > 127 else body[6]
                self.world.at(
                    self._gateway_free_us - self.world.now_us, partial(self.custody.heard, rssi_dbm, body[7:])
                )

    def _write(self, air: bytes, *_: Any, **__: Any) -> bool:
        """The gateway writes to its port: the line carries it at its own pace."""
        data = framing.encode(framing.SEND, b"\xff" * 6 + air)
        begins_us = max(self._to_bridge_free_us, self.world.now_us)
        self._to_bridge_free_us = begins_us + int(len(data) * self._byte_us)
        self.world.at(self._to_bridge_free_us - self.world.now_us, lambda: self._reached_bridge(data))
        return True
